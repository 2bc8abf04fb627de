//! Market State: touch, last price, mark, depth and bars, and what they are used for.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use expect_test::{Expect, expect};

use crate::ids::StrategyId;
use crate::instrument::Side;
use crate::state::market::{BARS_MAX, BOOK_LEVELS_MAX};
use crate::tests::script::run_world;
use crate::tests::world::{A, World};

/// Touch, references and mark after a script.
fn market(world: &World) -> String {
    let market = world.core.state().market(A).expect("configured");
    let price = |price: Option<crate::money::Price>| price.map_or(String::from("-"), |price| format!("{}", price.0));
    let mark = market.mark_price().map_or(String::from("-"), |half| format!("{}/2", half.0));
    let (buy, sell) = (price(market.reference(Side::Buy)), price(market.reference(Side::Sell)));
    let touch = world.core.state().touch(A).map_or(String::from("-"), |touch| {
        format!("{}x{} {}x{}", touch.bid_qty.0, touch.bid_price.0, touch.ask_price.0, touch.ask_qty.0)
    });
    format!("touch {touch} buy at {buy} sell at {sell} mark {mark}")
}

#[track_caller]
fn check(script: &str, want: Expect) {
    want.assert_eq(&market(&run_world(script)));
}

#[test]
fn an_order_is_judged_at_the_touch_else_the_last_price_else_the_mark() {
    check("0s time", expect!["touch - buy at - sell at - mark -"]);
    check("0s mark 50", expect!["touch - buy at 50 sell at 50 mark 100/2"]);
    check("0s mark 50\n1s trade 60 1", expect!["touch - buy at 60 sell at 60 mark 100/2"]);
    check("0s trade 60 1\n1s quote 70 1 71 1", expect!["touch 1x70 71x1 buy at 71 sell at 70 mark 141/2"]);
    check("0s trade 60 1\n1s quote 70 1 71 0", expect!["touch 1x70 71x0 buy at 60 sell at 70 mark 120/2"]);
    check("0s bar 1 9 1 5 10", expect!["touch - buy at 5 sell at 5 mark 10/2"]);
}

#[test]
fn a_position_is_valued_at_the_mark_else_the_middle_else_the_last_price() {
    check("0s quote 70 1 75 1\n1s mark 60", expect!["touch 1x70 75x1 buy at 75 sell at 70 mark 120/2"]);
    check("0s trade 60 1\n1s quote 70 1 75 1", expect!["touch 1x70 75x1 buy at 75 sell at 70 mark 145/2"]);
    check("0s trade 60 1\n1s quote 70 0 75 1", expect!["touch 0x70 75x1 buy at 75 sell at 60 mark 120/2"]);
}

/// Both sides of the book, best first.
fn depth(script: &str) -> String {
    let world = run_world(script);
    let side = |side| -> Vec<String> {
        world.core.state().depth(A, side, 3).map(|(price, qty)| format!("{}x{}", qty.0, price.0)).collect()
    };
    format!("{} | {}", side(Side::Buy).join(" "), side(Side::Sell).join(" "))
}

#[test]
fn levels_stand_best_first_and_a_quantity_of_zero_removes_one() {
    let script = "0s level buy 99 1\n0s level buy 100 2\n0s level buy 98 3\n0s level buy 97 4
                  0s level sell 102 5\n0s level sell 101 6\n0s level sell 101 7";
    expect!["2x100 1x99 3x98 | 7x101 5x102"].assert_eq(&depth(script));
    expect!["1x99 3x98 4x97 | 5x102"]
        .assert_eq(&depth(&format!("{script}\n1s level buy 100 0\n1s level sell 103 0\n1s level sell 101 0")));
    expect!["5x100 | 6x101"].assert_eq(&depth("0s quote 100 5 101 6"));
    expect!["5x100 | "].assert_eq(&depth("0s quote 100 5 101 0"));
}

#[test]
fn the_book_keeps_its_best_levels_up_to_its_bound() {
    let mut script = String::new();
    for level in 0..BOOK_LEVELS_MAX {
        script += &format!("0s level buy {} 1\n", 1_000_000 - level);
    }
    let best = |script: &str| {
        let world = run_world(script);
        let book = world.core.state().market(A).expect("configured").book.bids.clone();
        (book.len(), book[0].0.0, book[book.len() - 1].0.0)
    };
    let last = 1_000_001 - i64::try_from(BOOK_LEVELS_MAX).expect("small");
    assert_eq!(best(&script), (BOOK_LEVELS_MAX, 1_000_000, last));
    assert_eq!(best(&format!("{script}0s level buy 5 1")), (BOOK_LEVELS_MAX, 1_000_000, last), "a worse one stays out");
    assert_eq!(best(&format!("{script}0s level buy 1000001 1")), (BOOK_LEVELS_MAX, 1_000_001, last + 1));
}

#[test]
fn the_last_bars_are_kept_and_asked_for_by_interval() {
    let mut script = String::new();
    for bar in 0..BARS_MAX + 2 {
        script += &format!("0s bar {bar} {bar} {bar} {bar} 1 every {}\n", if bar % 2 == 0 { 60 } else { 30 });
    }
    let world = run_world(&script);
    let closes =
        |interval, count| -> Vec<i64> { world.core.state().bars(A, interval, count).map(|bar| bar.close.0).collect() };
    let newest = i64::try_from(BARS_MAX + 1).expect("small");
    assert_eq!(closes(0, 3), [newest - 2, newest - 1, newest]);
    assert_eq!(closes(60, 2), [newest - 3, newest - 1]);
    assert_eq!((closes(0, 9_999).len(), closes(0, 9_999)[0]), (BARS_MAX, 2));
    assert_eq!(closes(7, 5), Vec::<i64>::new());
}

#[test]
fn a_strategy_sees_its_own_orders_and_position_alone() {
    let world = run_world(
        "strategy 1: buy 5 limit 101; buy 1 limit 90
         strategy 2: buy 7 limit 90
         0s quote 100 5 101 5
         1s fill 1/1 5 @101
         1s adjust 10 1",
    );
    let state = world.core.state();
    let open =
        |strategy| -> Vec<u64> { state.open_orders(StrategyId(strategy), A).map(|order| order.key.intent.0).collect() };
    assert_eq!((open(1), open(2)), (Vec::from([2]), Vec::from([1])));
    let held = |strategy| state.net_position(StrategyId(strategy), A).0;
    assert_eq!((held(1), held(2)), (5, 0));
    assert!(state.order(StrategyId(2), crate::ids::IntentId(2)).is_none(), "the second order is the first's");
    let cash = |strategy| format!("{}", state.account_view(StrategyId(strategy)).expect("small").cash);
    assert_eq!((cash(1), cash(2)), (String::from("505"), String::from("1000")));
    let position = state.position_view(StrategyId(1), A).expect("small");
    assert_eq!((position.qty.0, format!("{}", position.cost)), (5, String::from("505")));
}

#[test]
fn drawdown_is_what_is_missing_to_the_highest_equity_after_an_own_fill_or_now() {
    let drawdown = |script: &str| {
        let view = run_world(script).core.state().account_view(StrategyId(1)).expect("small");
        format!("equity {} drawdown {}", view.equity, view.drawdown)
    };
    let bought = "strategy 1: buy 5 limit 101\n0s quote 100 5 101 5\n1s fill 1/1 5 @101";
    // Below the capital of 1000, which is the first mark.
    assert_eq!(drawdown(bought), "equity 997.5 drawdown 2.5");
    let risen = format!("{bought}\n2s quote 110 5 112 5");
    assert_eq!(drawdown(&risen), "equity 1050 drawdown 0");
    // No own fill up there: the mark is still the capital.
    assert_eq!(drawdown(&format!("{risen}\n3s quote 90 5 92 5")), "equity 950 drawdown 50");
    let sold = format!("{bought}\nstrategy 1: sell 1 limit 110\n2s quote 110 5 112 5\n3s fill 1/2 1 @110");
    assert_eq!(drawdown(&sold), "equity 1049 drawdown 0");
    assert_eq!(drawdown(&format!("{sold}\n4s quote 90 5 92 5")), "equity 969 drawdown 80");
}
