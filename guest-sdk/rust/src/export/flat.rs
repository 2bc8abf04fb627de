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
