//! Surveys: rows in, findings out.

use expect_test::{Expect, expect};

use super::*;

/// Rows as `time what count?`: `t5` a trade at 5, `q1/2` a quote, `b0+10` a bar of 10 ns from 0, `<5=2` a bid of 2 at 5, `>6=0` no ask
/// at 6, `c` a book that is emptied.
fn row(place: u64, text: &str) -> Row<'static> {
    let number = |text: &str| Number::parse(text.as_bytes()).expect("a number");
    let mut words = text.split(' ');
    let time = words.next().and_then(|word| word.parse().ok()).expect("a time");
    let word = words.next().expect("what");
    let count = words.next().map(|word| word.parse().expect("a count"));
    let what = match word.split_at(1) {
        ("t", price) => What::Trade { price: number(price), qty: number("1"), aggressor: None },
        ("q", prices) => {
            let (bid, ask) = prices.split_once('/').expect("two prices");
            What::Quote { bid: (number(bid), number("1")), ask: (number(ask), number("1")) }
        }
        ("c", _) => What::Clear { is_last: false },
        (side @ ("<" | ">"), level) => {
            let (price, qty) = level.split_once('=').expect("price and quantity");
            let side = if side == "<" { Side::Buy } else { Side::Sell };
            What::Level { side, price: number(price), qty: number(qty), is_last: true }
        }
        (_, times) => {
            let (open, length) = times.split_once('+').expect("open and length");
            let (open_time, interval_ns) = (open.parse().expect("a time"), length.parse().expect("a length"));
            What::Bar { prices: [number("1"); 4], volume: number("0"), open_time, interval_ns }
        }
    };
    Row { symbol: "X", time, venue_time: 0, what, count, place }
}

#[track_caller]
fn check(rows: &[&str], want: Expect) {
    let mut survey = Survey::new(Some(10));
    for (text, place) in rows.iter().zip(1..) {
        survey.row(&row(place, text)).expect("a survey takes every row");
    }
    let found = survey.instruments.get("X").map(InstrumentSurvey::findings).unwrap_or_default();
    let line = |(name, Finding { count, place, time, most }): &(&str, Finding)| {
        format!("{name} {count} first at {place} time {time} most {most}")
    };
    let mut lines: Vec<String> = found.iter().map(line).collect();
    if survey.bad.count > 0 {
        lines.push(format!("bad {} first at {}: {}", survey.bad.count, survey.bad.place, survey.bad_example));
    }
    want.assert_eq(&lines.join("\n"));
}

#[test]
fn a_row_before_an_earlier_one_is_backward_and_one_at_its_time_is_not() {
    check(&["5 t1", "5 t2", "4 t1", "2 t1", "5 t1"], expect!["backward 2 first at 3 time 4 most 3"]);
}

#[test]
fn numbers_tell_gaps_and_duplicates_of_trades() {
    check(
        &["1 t1 7", "1 t1 8", "1 t1 8", "1 t1 11", "2 t1 9"],
        expect![[r#"
            duplicates 2 first at 3 time 1 most 0
            gaps 1 first at 4 time 1 most 2"#]],
    );
    check(&["1 t1", "1 t1"], expect![""]);
}

#[test]
fn an_equal_quote_at_an_equal_time_is_a_duplicate() {
    check(&["1 q1/2", "1 q1/2", "2 q1/2", "2 q1/3"], expect!["duplicates 1 first at 2 time 1 most 0"]);
}

#[test]
fn a_bid_above_the_ask_is_crossed_and_at_it_locked() {
    check(
        &["1 q1/2", "2 q2/2", "3 q2.1/2"],
        expect![[r#"
        crossed 1 first at 3 time 3 most 0
        locked 1 first at 2 time 2 most 0"#]],
    );
}

#[test]
fn a_pause_of_the_length_asked_for_is_not_stale_and_one_more_is() {
    check(&["0 t1", "10 t1", "21 t1"], expect!["stale 1 first at 3 time 21 most 11"]);
    check(&["10 b0+10", "40 b30+10"], expect!["missing_bars 1 first at 2 time 40 most 2"]);
}

#[test]
fn bars_that_are_missing_or_overlap_are_counted_and_stand_apart_from_other_rows() {
    check(
        &["10 b0+10", "20 b10+10", "29 b19+10", "59 b49+10"],
        expect![[r#"
        missing_bars 1 first at 4 time 59 most 2
        overlapping_bars 1 first at 3 time 29 most 1"#]],
    );
    check(&["15 t1", "10 b0+10", "16 t1"], expect![""]);
}

#[test]
fn a_trade_of_nothing_is_no_row() {
    let mut survey = Survey::new(None);
    let what = What::Trade { price: Number::ZERO, qty: Number::ZERO, aggressor: None };
    survey.row(&Row { what, ..row(3, "1 t1") }).expect("a survey takes every row");
    assert_eq!((survey.total(), survey.bad.count, survey.bad.place), (0, 1, 3));
}

#[test]
fn a_book_is_crossed_when_all_levels_of_a_time_say_so() {
    // Between the two levels of time 2 it is crossed, after them it is not.
    check(&["1 <5=1", "1 >6=1", "2 <6.5=1", "2 >6=0", "3 >7=1", "4 t1"], expect![""]);
    // Crossed from 2 to 3, counted once, and again at 5; a snapshot makes good.
    check(
        &["1 >6=1", "2 <7=1", "3 <8=1", "4 >6=0", "5 >7=1", "6 c", "6 <1=1", "7 >2=1"],
        expect!["crossed_books 2 first at 2 time 2 most 0"],
    );
}
