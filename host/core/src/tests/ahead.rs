//! Which calls are certain: each condition holds, and then does not.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::fmt::Write;

use expect_test::{Expect, expect};

use crate::event::Event;
use crate::ids::Seq;
use crate::step::{AHEAD_ROWS_MAX, Ahead};
use crate::tests::reports;
use crate::tests::script::{Words, at, run_world};
use crate::tests::world::World;

/// What is certain of these rows after this script: how many of them, then each call with its row, touch and position.
fn certain(script: &str, rows: &str) -> String {
    let mut world = run_world(&format!("with batches\nwith strategies 1\n{script}"));
    let lines = rows.split(';').map(str::trim);
    let rows: Vec<Event> = lines.map(|line| row(&mut world, line)).collect();
    let mut ahead = Ahead::default();
    world.core.look_ahead(&rows, &mut ahead);
    let mut out = format!("{} rows", ahead.rows());
    for call in ahead.calls() {
        let touch = call.context.touch;
        let (row, position) = (call.row, call.context.position.0);
        let (bid, ask) = (touch.bid_price.0, touch.ask_price.0);
        write!(out, ", {row}: {bid}/{ask} {position}").expect("a string grows");
    }
    out
}

fn row(world: &mut World, line: &str) -> Event {
    let mut words = Words::new(line);
    let time = at(words.word());
    reports::report(world, time, &mut words).expect("a row").at(Seq(0), time)
}

#[track_caller]
fn check(script: &str, rows: &str, want: Expect) {
    want.assert_eq(&certain(script, rows));
}

const QUIET: &str = "0s quote 100 5 101 5";
const TWO: &str = "1s trade 100 1; 2s trade 101 1";

#[test]
fn trades_quotes_and_bars_are_certain_and_the_touch_moves_with_them() {
    let rows =
        "1s trade 100 1; 1s quote 90 1 91 1; 1s B trade 5 1; 2s trade 90 1; 3s bar 1 2 1 2 0; 3s B quote 1 1 2 1";
    check(QUIET, rows, expect!["6 rows, 0: 100/101 0, 1: 90/91 0, 2: 0/0 0, 3: 90/91 0, 4: 90/91 0, 5: 1/2 0"]);
}

#[test]
fn every_other_row_ends_what_is_certain() {
    for other in [
        "level buy 99 1 last",
        "mark 100",
        "status halted",
        "trade 100 0",
        "trade 100 -1",
        "quote 1 -1 2 1",
        "quote 1 1 2 -1",
        "bar 1 2 1 2 -1",
        "bar 1 1 2 1 1",
    ] {
        let rows = format!("1s trade 100 1; 1s {other}; 1s trade 100 1");
        assert_eq!(certain(QUIET, &rows), "1 rows, 0: 100/101 0", "{other}");
    }
}

#[test]
fn nothing_is_certain_while_anything_is_under_way() {
    let quiet = certain(QUIET, TWO);
    assert_eq!(quiet, "2 rows, 0: 100/101 0, 1: 100/101 0");
    for (script, why) in [
        ("strategy 1: buy 1 limit 100", "an order"),
        ("strategy 1: buy 1 stop 110", "a held order"),
        ("strategy 1: schedule buy 100 limit 101 even 4 to 40s", "a schedule"),
        ("strategy 1: wakes 1 9s", "a wake-up"),
        ("with order-qty-max 1\nstrategy 1: buy 2", "an outcome"),
        ("strategy 1: trap", "a halt"),
        ("with warm-up 9", "warm-up"),
        ("with bars 1000000000", "bars that are built"),
        ("with filter touch-price", "a filter"),
        ("with strategies 0", "nobody is there"),
    ] {
        let shown = certain(&format!("{script}\n{QUIET}"), TWO);
        assert!(shown.starts_with("0 rows"), "{why}: {shown}");
    }
}

#[test]
fn two_strategies_or_single_calls_leave_nothing_certain() {
    let shown = |script: &str| {
        let mut world = run_world(script);
        let rows = [row(&mut world, "1s trade 100 1")];
        let mut ahead = Ahead::default();
        world.core.look_ahead(&rows, &mut ahead);
        ahead.rows()
    };
    assert_eq!(shown(&format!("with batches\nwith strategies 1\n{QUIET}")), 1);
    assert_eq!(shown(&format!("with batches\nwith strategies 2\n{QUIET}")), 0);
    assert_eq!(shown(&format!("with strategies 1\n{QUIET}")), 0);
}

#[test]
fn a_position_is_told_and_what_is_done_is_under_way_no_more() {
    let script = "strategy 1: buy 5 ioc\n0s quote 100 5 101 5\n1s fill 1/1 5 @101";
    check(script, TWO, expect!["2 rows, 0: 100/101 5, 1: 100/101 5"]);
}

#[test]
fn no_more_than_a_bound_is_certain_at_once() {
    let rows = alloc::vec!["1s trade 100 1"; AHEAD_ROWS_MAX + 1].join(";");
    assert!(certain(QUIET, &rows).starts_with(&format!("{AHEAD_ROWS_MAX} rows")));
}
