//! Market State: touch, last price, mark, depth and bars, and what they are used for.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use expect_test::{Expect, expect};

use crate::canonical::Writer;
use crate::ids::{InstrumentId, StrategyId};
use crate::instrument::{PositionSide, Side};
use crate::state::execution::Holder;
use crate::state::market::{BARS_MAX, BOOK_LEVELS_MAX};
use crate::tests::script::run_world;
use crate::tests::world::{A, B, C, SECOND, START, World};

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

#[test]
fn the_touch_moves_with_the_last_level_of_a_group() {
    let group = "0s level buy 99 1 more\n0s level sell 101 1";
    check(group, expect!["touch 1x99 101x1 buy at 101 sell at 99 mark 200/2"]);
    check(&format!("{group}\n1s level buy 102 1 more"), expect!["touch 1x99 101x1 buy at 101 sell at 99 mark 200/2"]);
    check(
        &format!("{group}\n1s level buy 102 1 more\n1s level sell 101 0 more\n1s level sell 103 2"),
        expect!["touch 1x102 103x2 buy at 103 sell at 102 mark 205/2"],
    );
    check(&format!("{group}\n1s clear more\n1s level buy 98 1 more"), expect!["touch - buy at - sell at - mark -"]);
    check(
        &format!("{group}\n1s clear more\n1s level buy 98 1 more\n1s level sell 99 1"),
        expect!["touch 1x98 99x1 buy at 99 sell at 98 mark 197/2"],
    );
}

#[test]
fn strategies_see_a_book_when_a_group_is_whole_and_when_it_is_emptied() {
    crate::tests::check(
        "with calls
         with filter touch-price
         0s level buy 99 1 more
         0s level sell 101 1
         1s level buy 100 1 more
         1s level buy 100 0
         2s clear more
         2s level buy 98 1 more
         2s level sell 99 1",
        expect![[r#"
            0s
            0s
              s1 called: BookLevel
              s2 called: BookLevel
              s3 called: BookLevel
            1s
            1s
            2s
              s1 called: BookLevel
              s2 called: BookLevel
              s3 called: BookLevel
            2s
            2s
              s1 called: BookLevel
              s2 called: BookLevel
              s3 called: BookLevel
        "#]],
    );
}

/// What an order is judged by and since when, in seconds.
fn references(script: &str) -> String {
    let world = run_world(script);
    let market = world.core.state().market(A).expect("configured");
    let of = |side| match market.reference_with_time(side) {
        None => String::from("-"),
        Some((price, time)) => format!("{} of {}s", price.0, (time.0 - START.0) / SECOND),
    };
    format!("buy at {}, sell at {}", of(Side::Buy), of(Side::Sell))
}

#[test]
fn every_price_has_the_time_at_which_it_was_stated_last() {
    expect!["buy at 50 of 1s, sell at 50 of 1s"].assert_eq(&references("1s mark 50"));
    expect!["buy at 60 of 2s, sell at 60 of 2s"].assert_eq(&references("1s mark 50\n2s trade 60 1\n3s mark 51"));
    expect!["buy at 60 of 1s, sell at 70 of 2s"].assert_eq(&references("1s trade 60 1\n2s quote 70 1 71 0"));
    expect!["buy at 5 of 1s, sell at 5 of 1s"].assert_eq(&references("1s bar 1 9 1 5 10\n2s mark 50"));
    expect!["buy at 101 of 2s, sell at 99 of 2s"]
        .assert_eq(&references("1s level buy 99 1 more\n2s level sell 101 1\n3s level buy 98 1 more"));
}

#[test]
fn a_split_changes_what_is_held_at_the_same_cost_and_forgets_prices() {
    crate::tests::check(
        "with calls
         strategy 1: buy 4 limit 100; buy 3 limit 90
         strategy 2: sell 2 limit 99
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         1s fill 2/1 2 @100
         1s bar 100 101 99 100 5
         2s split 3 2
         show position 1
         show position 2
         show account 1
         show orders
         show cash 1
         strategy 1: buy 1 market
         3s time",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              anomaly A-CROSS 1
              1/1 sent buy 4 limit @100 gtc on 1
              1/2 sent buy 3 limit @90 gtc on 1
              2/1 sent sell 2 limit @99 gtc on 1
            1s
              s1 called: OrderFilled
            1s
              s2 called: OrderFilled
            1s
              s1 called: Bar
              s2 called: Bar
              s3 called: Bar
            2s
              s1 called: CorporateAction
              s2 called: CorporateAction
              s3 called: CorporateAction
              position 1: qty 6 cost 400 realised 0 fees 0 reserved 3/0
              position 2: qty -3 cost -200 realised 0 fees 0 reserved 0/0
              account 1: qty 3 cost 200 realised 0 fees 0 reserved 3/0
              1/1 FILLED 4/4 @100 reserved 0
              1/2 SUBMITTED 0/3 @90 reserved 3
              2/1 FILLED 2/2 @99 reserved 0
              cash 1: cash 600 equity 1002 capital 1000 realised 0 fees 0
            3s
        "#]],
    );
    check(
        "0s quote 70 1 75 1\n0s mark 60\n0s trade 61 1\n0s level buy 69 1\n1s split 2 1",
        expect!["touch - buy at - sell at - mark 60/2"],
    );
    assert_eq!(run_world("0s bar 1 1 1 1 1\n1s split 2 1").core.state().bars(A, 0, 9).count(), 0);
}

#[test]
fn a_split_that_a_position_cannot_follow_exactly_changes_nothing_and_halts() {
    crate::tests::check(
        "with calls
         strategy 1: buy 4 limit 100
         strategy 2: buy 3 limit 100
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         1s fill 2/1 3 @100
         2s split 1 2
         show position 1
         show position 2
         show status A
         3s status trading
         3s split 18446744073709551615 1
         show position 1
         show status A",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 sent buy 4 limit @100 gtc on 1
              2/1 sent buy 3 limit @100 gtc on 1
            1s
              s1 called: OrderFilled
            1s
              s2 called: OrderFilled
            2s
              anomaly A-MISMATCH 3
              position 1: qty 4 cost 400 realised 0 fees 0 reserved 0/0
              position 2: qty 3 cost 300 realised 0 fees 0 reserved 0/0
              status A: halted
            3s
              s1 called: InstrumentStatus
              s2 called: InstrumentStatus
              s3 called: InstrumentStatus
            3s
              anomaly A-MISMATCH 4
              position 1: qty 4 cost 400 realised 0 fees 0 reserved 0/0
              status A: halted
        "#]],
    );
}

#[test]
fn actions_without_a_ratio_are_told_and_change_nothing() {
    crate::tests::check(
        "with calls
         strategy 1: buy 4 limit 100
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         2s dividend 55
         3s rename
         4s delisting
         show position 1",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 sent buy 4 limit @100 gtc on 1
            1s
              s1 called: OrderFilled
            2s
              s1 called: CorporateAction
              s2 called: CorporateAction
              s3 called: CorporateAction
            3s
              s1 called: CorporateAction
              s2 called: CorporateAction
              s3 called: CorporateAction
            4s
              s1 called: CorporateAction
              s2 called: CorporateAction
              s3 called: CorporateAction
              position 1: qty 4 cost 400 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn an_old_price_does_not_become_young_by_another_one() {
    // The side that a buy would take is empty: it is judged by the trade, and that is too old.
    crate::tests::check(
        "with market-age-ns-max 5000000000
         0s trade 60 1
         strategy 1: buy 1 limit 60; sell 1 limit 60
         5s quote 59 1 61 0
         strategy 1: buy 1 limit 60; sell 1 limit 60
         5s+1 quote 59 1 61 0
         # The mark is a price as well, when there is no other.
         strategy 1: C buy 1 limit 60
         6s C mark 60
         strategy 1: C buy 1 limit 60
         11s+1 enable",
        expect![[r#"
            0s
            5s
              1/1 sent buy 1 limit @60 gtc on 1
              1/2 sent sell 1 limit @60 gtc on 1
            5s+1
              1/3 denied D-STALE-MARKET limit 5000000000 value 5000000001 allowed 5000000000
              1/4 sent sell 1 limit @60 gtc on 1
            6s
              s1 outcome 3: denied-stale-market
              1/5 sent buy 1 limit @60 gtc on 1
            11s+1
              1/6 denied D-STALE-MARKET limit 5000000000 value 5000000001 allowed 5000000000
        "#]],
    );
}

#[test]
fn a_split_changes_the_positions_of_its_own_instrument_alone() {
    let held = |split: &str| {
        let world = run_world(&format!(
            "0s B quote 10000 50 10010 50
             0s C quote 10 5 10 5
             strategy 1: buy 6 market; B buy 60 market; C buy 8 market
             0s quote 100 5 101 5
             1s fill 1/1 6 @101
             1s B fill 1/2 60 @10010
             1s C fill 1/3 8 @10
             {split}"
        ));
        [A, B, C].map(|id| world.core.state().execution.net_qty(StrategyId(1), id).0)
    };
    assert_eq!(held("2s split 2 1"), [12, 60, 8]);
    assert_eq!(held("2s B split 2 1"), [6, 120, 8]);
    assert_eq!(held("2s C split 2 1"), [6, 60, 16]);
}

#[test]
fn nobody_holds_an_instrument_that_is_not_there() {
    let state = run_world(
        "strategy 1: buy 6 market
         strategy 2: buy 7 market
         0s quote 100 5 101 5
         1s fill 1/1 6 @101
         1s fill 2/1 7 @101",
    );
    let execution = &state.core.state().execution;
    let is_known =
        |id| execution.position(Holder::Strategy(StrategyId(1)), InstrumentId(id), PositionSide::Net).is_some();
    assert_eq!([0, 1, 3, 4].map(is_known), [false, true, true, false]);
}

#[test]
fn orders_positions_and_cash_are_in_the_digest() {
    let bytes = |script: &str| {
        let mut w = Writer::new();
        run_world(script).core.state().execution.put(&mut w);
        w.bytes().to_vec()
    };
    let order = "strategy 1: buy 6 market\n0s quote 100 5 101 5";
    let mut seen = vec![bytes("0s quote 100 5 101 5"), bytes(order)];
    seen.push(bytes(&format!("{order}\n1s accept 1/1")));
    seen.push(bytes(&format!("{order}\n1s fill 1/1 1 @101")));
    seen.push(bytes(&format!("{order}\n1s balance 5")));
    seen.push(bytes(&format!("{order}\n1s venue-down")));
    let different: alloc::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(different.len(), seen.len());
}
