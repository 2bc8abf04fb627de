//! Question: which event do the flat arguments of `on-event` mean?
//!
//! In: the 16 core values that the canonical ABI makes of `event` and `context`. Out: the payload, handed on in the
//! branch that knows its kind. Must never allocate.
//!
//! `on-event` is the one function that is read by hand. Generated code builds the variant first and looks at it
//! again afterwards, which costs twice the instructions on every event. The order of fields is the WIT file's; a test
//! of the component package pins it, and the tests below pin this file.

use crate::event::{
    Adjustment, Amended, Bar, BookAction, CancelReason, Canceled, Context, CorporateAction, FeedState, Fill, Funding,
    InstrumentState, Liquidity, Outcome, OutcomeCode, Payload, Quote, Reject, RejectReason, Side, Signal, Trade,
};
use crate::named::case_at;
use crate::number::{Amount, IntentId, Price, Qty, TimeNs};

/// The payload's words; a kind uses as many as it has fields. Narrow fields come zero-extended.
pub(super) type Words = [u64; 7];

/// Reads the payload of `kind` and goes on with it. Inlined with `then`, so that a call branches on the kind once.
///
/// # Panics
/// A kind or case that the WIT file does not have; a host sends none.
#[inline(always)]
pub(super) fn with_payload<T>(kind: u32, words: Words, then: impl FnOnce(&Payload) -> T) -> T {
    let word = words[0];
    match kind {
        0 => then(&Payload::Trade(trade(words))),
        1 => then(&Payload::Quote(quote(words))),
        2 => then(&Payload::Book(case_at(BookAction::ALL, word))),
        3 => then(&Payload::Bar(bar(words))),
        4 => then(&Payload::MarkPrice(Price(word as i64))),
        5 => then(&Payload::Funding(Funding { rate_e9: word as i64, next_time: TimeNs(words[1]) })),
        6 => then(&Payload::Status(case_at(InstrumentState::ALL, word))),
        7 => then(&Payload::Feed(case_at(FeedState::ALL, word))),
        8 => then(&Payload::CorporateAction(corporate_action(words))),
        9 => then(&Payload::Accepted(IntentId(word))),
        10 => then(&Payload::Rejected(reject(words))),
        11 => then(&Payload::Filled(fill(words))),
        12 => then(&Payload::Canceled(canceled(words))),
        13 => then(&Payload::CancelRejected(reject(words))),
        14 => then(&Payload::Amended(amended(words))),
        15 => then(&Payload::AmendRejected(reject(words))),
        16 => then(&Payload::Expired(IntentId(word))),
        17 => then(&Payload::Unknown(IntentId(word))),
        18 => then(&Payload::Busted(fill(words))),
        19 => then(&Payload::Outcome(outcome(words))),
        20 => then(&Payload::Signal(signal(words))),
        21 => then(&Payload::Trading(word != 0)),
        22 => then(&Payload::Wake),
        _ => panic!("an event kind of the WIT file"),
    }
}

/// Reads the context: touch (bid price and quantity, ask price and quantity) and position.
#[inline(always)]
pub(super) fn context([bid_price, bid_qty, ask_price, ask_qty, position]: [i64; 5]) -> Context {
    let touch = Quote {
        bid_price: Price(bid_price),
        bid_qty: Qty(bid_qty),
        ask_price: Price(ask_price),
        ask_qty: Qty(ask_qty),
    };
    Context { touch, position: Qty(position) }
}

#[inline(always)]
fn trade([price, qty, has_aggressor, aggressor, ..]: Words) -> Trade {
    let aggressor = (has_aggressor != 0).then(|| case_at(Side::ALL, aggressor));
    Trade { price: Price(price as i64), qty: Qty(qty as i64), aggressor }
}

#[inline(always)]
fn quote([bid_price, bid_qty, ask_price, ask_qty, ..]: Words) -> Quote {
    Quote {
        bid_price: Price(bid_price as i64),
        bid_qty: Qty(bid_qty as i64),
        ask_price: Price(ask_price as i64),
        ask_qty: Qty(ask_qty as i64),
    }
}

#[inline(always)]
fn bar([open, high, low, close, volume, open_time, interval_ns]: Words) -> Bar {
    Bar {
        open: Price(open as i64),
        high: Price(high as i64),
        low: Price(low as i64),
        close: Price(close as i64),
        volume: Qty(volume as i64),
        open_time: TimeNs(open_time),
        interval_ns,
    }
}

#[inline(always)]
fn corporate_action([kind, numerator, denominator, cash, ..]: Words) -> CorporateAction {
    CorporateAction { kind: case_at(Adjustment::ALL, kind), numerator, denominator, cash: Amount(cash as i64) }
}

#[inline(always)]
fn fill([id, price, qty, leaves, fee, side, liquidity]: Words) -> Fill {
    Fill {
        id: IntentId(id),
        price: Price(price as i64),
        qty: Qty(qty as i64),
        leaves: Qty(leaves as i64),
        fee: Amount(fee as i64),
        side: case_at(Side::ALL, side),
        liquidity: case_at(Liquidity::ALL, liquidity),
    }
}

#[inline(always)]
fn reject([id, reason, ..]: Words) -> Reject {
    Reject { id: IntentId(id), reason: case_at(RejectReason::ALL, reason) }
}

#[inline(always)]
fn canceled([id, leaves, reason, ..]: Words) -> Canceled {
    Canceled { id: IntentId(id), leaves: Qty(leaves as i64), reason: case_at(CancelReason::ALL, reason) }
}

#[inline(always)]
fn amended([id, price, qty, ..]: Words) -> Amended {
    Amended { id: IntentId(id), price: Price(price as i64), qty: Qty(qty as i64) }
}

#[inline(always)]
fn outcome([id, code, ..]: Words) -> Outcome {
    Outcome { id: IntentId(id), code: case_at(OutcomeCode::ALL, code) }
}

#[inline(always)]
fn signal([source, name, value, ..]: Words) -> Signal {
    Signal { source: source as u32, name: name as u32, value: value as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: u32, words: Words, want: &str) {
        let text = with_payload(kind, words, |payload| format!("{payload:?}"));
        assert_eq!(text, want);
    }

    /// Seven words that differ, with a small first one, as an enum in the first place needs.
    const ODD: Words = [1, 2, 3, 4, 5, 0, 1];

    #[test]
    fn market_events_are_read_field_by_field() {
        check(0, [7, 9, 1, 1, 0, 0, 0], "Trade(Trade { price: Price(7), qty: Qty(9), aggressor: Some(Sell) })");
        check(0, [7, 9, 0, 9, 0, 0, 0], "Trade(Trade { price: Price(7), qty: Qty(9), aggressor: None })");
        check(1, ODD, "Quote(Quote { bid_price: Price(1), bid_qty: Qty(2), ask_price: Price(3), ask_qty: Qty(4) })");
        check(2, ODD, "Book(Cleared)");
        check(
            3,
            ODD,
            "Bar(Bar { open: Price(1), high: Price(2), low: Price(3), close: Price(4), volume: Qty(5), \
             open_time: TimeNs(0), interval_ns: 1 })",
        );
        check(4, [u64::MAX, 0, 0, 0, 0, 0, 0], "MarkPrice(Price(-1))");
        check(5, ODD, "Funding(Funding { rate_e9: 1, next_time: TimeNs(2) })");
        check(6, ODD, "Status(Auction)");
        check(7, ODD, "Feed(Stale)");
        check(
            8,
            ODD,
            "CorporateAction(CorporateAction { kind: Dividend, numerator: 2, denominator: 3, cash: Amount(4) })",
        );
    }

    #[test]
    fn order_events_are_read_field_by_field() {
        let fill = "(Fill { id: IntentId(1), price: Price(2), qty: Qty(3), leaves: Qty(4), fee: Amount(5), \
                    side: Buy, liquidity: Taker })";
        check(9, ODD, "Accepted(IntentId(1))");
        check(10, ODD, "Rejected(Reject { id: IntentId(1), reason: PriceOutOfBand })");
        check(11, ODD, &format!("Filled{fill}"));
        check(12, ODD, "Canceled(Canceled { id: IntentId(1), leaves: Qty(2), reason: Operator })");
        check(13, ODD, "CancelRejected(Reject { id: IntentId(1), reason: PriceOutOfBand })");
        check(14, ODD, "Amended(Amended { id: IntentId(1), price: Price(2), qty: Qty(3) })");
        check(15, ODD, "AmendRejected(Reject { id: IntentId(1), reason: PriceOutOfBand })");
        check(16, ODD, "Expired(IntentId(1))");
        check(17, ODD, "Unknown(IntentId(1))");
        check(18, ODD, &format!("Busted{fill}"));
        check(19, ODD, "Outcome(Outcome { id: IntentId(1), code: Withdrawn })");
    }

    #[test]
    fn control_events_are_read_field_by_field() {
        check(20, [1, 2, u64::MAX, 0, 0, 0, 0], "Signal(Signal { source: 1, name: 2, value: -1 })");
        check(21, ODD, "Trading(true)");
        check(21, [0; 7], "Trading(false)");
        check(22, ODD, "Wake");
    }

    #[test]
    fn the_context_is_read_field_by_field() {
        let want = "Context { touch: Quote { bid_price: Price(1), bid_qty: Qty(2), ask_price: Price(3), \
                    ask_qty: Qty(4) }, position: Qty(-5) }";
        assert_eq!(format!("{:?}", context([1, 2, 3, 4, -5])), want);
    }

    #[test]
    fn the_order_of_cases_is_that_of_the_wit_file() {
        // The other half of this list stands in the component package, read from the WIT file.
        fn names<T: Copy>(cases: &[T], name: fn(T) -> &'static str) -> String {
            cases.iter().map(|case| name(*case)).collect::<Vec<_>>().join(" ")
        }
        let liquidity = names(Liquidity::ALL, Liquidity::name);
        assert_eq!((names(Side::ALL, Side::name).as_str(), liquidity.as_str()), ("buy sell", "maker taker none"));
        assert_eq!(names(InstrumentState::ALL, InstrumentState::name), "trading auction halted closed settled");
        assert_eq!(names(FeedState::ALL, FeedState::name), "live stale");
        assert_eq!(names(Adjustment::ALL, Adjustment::name), "split dividend rename delisting");
        assert_eq!(names(BookAction::ALL, BookAction::name), "changed cleared");
        assert_eq!(
            names(RejectReason::ALL, RejectReason::name),
            "unknown insufficient-balance price-out-of-band would-take duplicate unknown-order too-late rate-limited \
             transmit-refused market-closed"
        );
        assert_eq!(
            names(CancelReason::ALL, CancelReason::name),
            "asked ioc-remainder venue operator kill-switch self-trade"
        );
        assert_eq!(
            names(OutcomeCode::ALL, OutcomeCode::name),
            "malformed superseded withdrawn approval-expired denied-quantity denied-notional denied-position \
             denied-exposure denied-price-collar denied-open-orders denied-not-authorised denied-instrument-status \
             denied-stale-market denied-trading-disabled denied-kill-switch denied-loss denied-drawdown \
             denied-velocity denied-duplicate denied-margin denied-other ended expired"
        );
    }

    #[test]
    #[should_panic(expected = "an event kind of the WIT file")]
    fn a_kind_that_does_not_exist_halts_the_strategy() {
        check(23, ODD, "");
    }

    #[test]
    #[should_panic(expected = "a case of the WIT file")]
    fn a_case_that_does_not_exist_halts_the_strategy() {
        check(6, [5, 0, 0, 0, 0, 0, 0], "");
    }
}
