//! Markets as a whole: bytes for ever, and what is known of real books.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use ringfence_core::event::{BookAction, Event, EventKind};
use ringfence_core::instrument::Side;
use sha2::{Digest, Sha256};

use super::*;

fn groups(flow: Flow, count: usize) -> Vec<Vec<Event>> {
    let mut market = Market::new(flow).expect("within ranges");
    let next = || {
        let mut group = Vec::new();
        assert!(market.next(&mut group));
        group
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[track_caller]
fn check(flow: Flow, want: Expect) {
    let mut hash = Sha256::new();
    for event in groups(flow, 20_000).concat() {
        hash.update(format!("{} {:?}\n", event.time.0, event.kind));
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    want.assert_eq(&hash);
}

#[test]
fn equal_parameters_give_equal_events_for_ever() {
    check(STANDARD, expect!["162d43c9ebd64ab1b1bb34642c02f2637523f7e81c2b650f490890374732ed61"]);
    check(
        Flow { seed: u64::MAX, placement: Placement::Exponential { half: 4 }, correlation: 500, ..STANDARD },
        expect!["6b3c5b818dbaf7e4945b3cc25e9eb3f70530a282138b77b19e3261871f7d309d"],
    );
}

/// Applies levels and holds quotes and trades against the book they make.
#[expect(clippy::wildcard_enum_match_arm, reason = "a market makes three of the many kinds of events")]
#[test]
fn levels_quotes_and_trades_tell_the_same_book() {
    let mut books: [BTreeMap<i64, i64>; 2] = Default::default();
    let at = |side: Side| usize::from(side == Side::Sell);
    let mut time = 0;
    for group in groups(Flow { tick: 5, lot: 3, ..STANDARD }, 20_000) {
        let touch = |books: &[BTreeMap<i64, i64>; 2]| {
            let (bid, ask) = (books[0].last_key_value(), books[1].first_key_value());
            bid.zip(ask).map(|((bid, bid_qty), (ask, ask_qty))| (*bid, *bid_qty, *ask, *ask_qty))
        };
        let before = touch(&books);
        let mut taken: BTreeMap<(usize, i64), i64> = BTreeMap::new();
        let (mut quoted, mut last) = (None, 0);
        for (event, number) in group.iter().zip(1..) {
            assert!(event.time.0 >= time && group[0].time == event.time);
            match event.kind {
                EventKind::Trade(trade) => {
                    let side = trade.aggressor.expect("a side took").opposite();
                    let there = books[at(side)].get(&trade.price.0).copied().unwrap_or(0);
                    assert!(trade.qty.0 > 0 && trade.qty.0 <= there);
                    taken.insert((at(side), trade.price.0), there - trade.qty.0);
                }
                EventKind::BookLevel(level) if level.action == BookAction::Clear => {
                    books = Default::default();
                }
                EventKind::BookLevel(level) => {
                    assert_eq!((level.price.0 % 5, level.qty.0 % 3), (0, 0));
                    if let Some(left) = taken.remove(&(at(level.side), level.price.0)) {
                        assert_eq!(left, level.qty.0, "what a trade leaves");
                    }
                    match level.qty.0 {
                        0 => books[at(level.side)].remove(&level.price.0),
                        qty => books[at(level.side)].insert(level.price.0, qty),
                    };
                    if level.is_last {
                        last = number;
                    }
                }
                EventKind::Quote(quote) => {
                    quoted = Some((quote.bid_price.0, quote.bid_qty.0, quote.ask_price.0, quote.ask_qty.0));
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(taken.is_empty(), "each trade has its level");
        let levels = group.iter().filter(|event| matches!(event.kind, EventKind::BookLevel(_)));
        let behind = group.len() - usize::from(quoted.is_some());
        assert!(levels.count() > 0 && last == behind, "the last level closes the message, a quote may follow");
        let (bid, _, ask, _) = touch(&books).expect("no side is ever empty");
        assert!(bid < ask, "never crossed");
        let changed = touch(&books).filter(|touch| Some(*touch) != before);
        assert_eq!(quoted, changed, "a quote where the touch changed, and only there");
        time = group[0].time.0;
    }
}

#[test]
fn shorter_is_the_beginning_of_longer_and_seeds_and_instruments_differ() {
    let long = groups(STANDARD, 400);
    assert_eq!(groups(STANDARD, 100), long[..100]);
    assert_ne!(groups(Flow { seed: 2, ..STANDARD }, 100), long[..100]);
    assert_ne!(groups(Flow { instrument: 1, ..STANDARD }, 100), long[..100]);
}

/// Share of a market's time at spreads of one to three ticks, in percent; mean quantity at each of the first levels.
fn shape(flow: Flow, count: usize) -> (u64, Vec<u64>) {
    let mut books: [BTreeMap<i64, i64>; 2] = Default::default();
    let (mut narrow_ns, mut all_ns, mut before, mut is_narrow) = (0, 0, None, false);
    let (mut depth, mut looks) = ([0_u64; 12], 0);
    for (group, number) in groups(flow, count).into_iter().zip(0..) {
        let time = group[0].time.0;
        let passed = time - before.unwrap_or(time);
        before = Some(time);
        all_ns += passed;
        narrow_ns += if is_narrow { passed } else { 0 };
        for event in group {
            if let EventKind::BookLevel(level) = event.kind {
                let half = &mut books[usize::from(level.side == Side::Sell)];
                match level.qty.0 {
                    0 => half.remove(&level.price.0),
                    qty => half.insert(level.price.0, qty),
                };
            }
        }
        let bid = *books[0].last_key_value().expect("a bid").0;
        let ask = *books[1].first_key_value().expect("an ask").0;
        is_narrow = ask - bid <= 3;
        if number % 50 == 0 {
            looks += 1;
            for (sum, distance) in depth.iter_mut().zip(0..) {
                *sum += books[0].get(&(bid - distance)).copied().unwrap_or(0).unsigned_abs();
            }
        }
    }
    (100 * narrow_ns / all_ns, depth.iter().map(|sum| sum / looks).collect())
}

#[test]
fn the_spread_is_narrow_and_the_book_has_its_hump_behind_the_touch() {
    let (narrow, depth) = shape(STANDARD, 60_000);
    assert!(narrow >= 80, "{narrow} % of the time");
    let hump = depth.iter().enumerate().max_by_key(|(_, lots)| **lots).expect("levels").0;
    assert!((1..8).contains(&hump), "{depth:?}");
    assert!(depth[11] < depth[hump], "{depth:?}");
}

/// Correlation of the signs of trades with those so many trades later, in thousandths; variance of the number of arrivals
/// in a second over its mean, in hundredths.
fn memory(flow: Flow, count: usize) -> (Vec<i64>, u64) {
    let groups = groups(flow, count);
    let sign = |group: &Vec<Event>| {
        let EventKind::Trade(trade) = group[0].kind else { return None };
        Some(if trade.aggressor == Some(Side::Buy) { 1 } else { -1 })
    };
    let signs: Vec<i64> = groups.iter().filter_map(sign).collect();
    let of_lag = |lag: usize| {
        let products: i64 = signs.iter().zip(&signs[lag..]).map(|(one, later)| one * later).sum();
        1_000 * products / i64::try_from(signs.len() - lag).expect("few")
    };
    let start = groups[0][0].time.0;
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    groups.iter().for_each(|group| *counts.entry((group[0].time.0 - start) / 1_000_000_000).or_default() += 1);
    let seconds = counts.last_key_value().expect("a second").0 + 1;
    let all: u64 = counts.values().sum();
    let empty = seconds - counts.len() as u64;
    let squares: u64 =
        counts.values().map(|count| (count * seconds).abs_diff(all).pow(2)).sum::<u64>() + empty * all * all;
    ([1, 2, 10, 50].map(of_lag).to_vec(), 100 * squares / (seconds * seconds * all))
}

#[test]
fn buys_follow_buys_and_arrivals_come_in_clusters() {
    let (signs, dispersion) = memory(STANDARD, 60_000);
    assert!(signs[0] > 200 && signs[1] > 200 && signs[2] > 80, "{signs:?}");
    assert!(dispersion > 200, "{dispersion}");
    let (_, alone) = memory(Flow { clustering: 0, ..STANDARD }, 60_000);
    assert!((70..130).contains(&alone), "independent arrivals have 100: {alone}");
}

#[test]
fn parameters_have_ranges() {
    let fault = |flow: Flow| Market::new(flow).map(|_| ()).expect_err("outside").to_string();
    assert_eq!(fault(Flow { start: 3_999, ..STANDARD }), "start in ticks is 3999; allowed are 4000 to 1000000000");
    assert_eq!(fault(Flow { clustering: 951, ..STANDARD }), "clustering in thousandths is 951; allowed are 0 to 950");
    for flow in [
        Flow { start: START_MIN, clustering: 950, takers: 300, resting: 10, levels: 5, ..STANDARD },
        Flow { rate_milli: 1, takers: 0, volatility_milli: 1_000_000, reversion_s: 10_000_000, ..STANDARD },
        Flow { rate_milli: 1_000_000_000, levels: 1_000, tick: 1_000_000_000, start: START_MAX, ..STANDARD },
        Flow { placement: Placement::Exponential { half: 1 }, volatility_milli: 1_000_000, ..STANDARD },
        Flow { placement: Placement::Power { exponent: 400 }, reversion_s: 1, correlation: 1_000, ..STANDARD },
    ] {
        let last = groups(flow, 300).pop().expect("groups");
        assert!(last[0].time.0 > flow.start_ns);
    }
}
