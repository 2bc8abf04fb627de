//! Question: which event of the SDK is a recorded one?
//!
//! In: `event` and `context` of the interface. Out: those of the SDK. Must never leave out a case.

use ringfence_sdk::{
    Adjustment, Amended, Amount, BookAction, CancelReason, Canceled, Context, CorporateAction, Event, FeedState, Fill,
    Funding, InstrumentId, IntentId, Liquidity, Outcome, OutcomeCode, Payload, Price, Qty, Quote, Reject, RejectReason,
    Side, Signal, TimeNs, Trade,
};

use crate::export::wit;

pub(crate) fn event(event: wit::Event) -> Event {
    Event {
        time: TimeNs(event.time),
        venue_time: TimeNs(event.venue_time),
        instrument: InstrumentId(event.instrument),
        kind: payload(event.kind),
    }
}

pub(crate) fn context(context: &wit::Context) -> Context {
    let touch = Quote {
        bid_price: Price(context.bid_price),
        bid_qty: Qty(context.bid_qty),
        ask_price: Price(context.ask_price),
        ask_qty: Qty(context.ask_qty),
    };
    Context { touch, position: Qty(context.position) }
}

fn payload(kind: wit::Payload) -> Payload {
    match kind {
        wit::Payload::Trade(trade) => Payload::Trade(Trade {
            price: Price(trade.price),
            qty: Qty(trade.qty),
            aggressor: trade.aggressor.map(Into::into),
        }),
        wit::Payload::Quote(quote) => Payload::Quote(quote.into()),
        wit::Payload::Book(action) => Payload::Book(case(BookAction::ALL, action as usize)),
        wit::Payload::Bar(bar) => Payload::Bar(bar.into()),
        wit::Payload::MarkPrice(price) => Payload::MarkPrice(Price(price)),
        wit::Payload::Funding(funding) => {
            Payload::Funding(Funding { rate_e9: funding.rate_e9, next_time: TimeNs(funding.next_time) })
        }
        wit::Payload::Status(state) => Payload::Status(state.into()),
        wit::Payload::Feed(state) => Payload::Feed(case(FeedState::ALL, state as usize)),
        wit::Payload::CorporateAction(action) => Payload::CorporateAction(CorporateAction {
            kind: case(Adjustment::ALL, action.kind as usize),
            numerator: action.numerator,
            denominator: action.denominator,
            cash: Amount(action.cash),
        }),
        wit::Payload::Accepted(id) => Payload::Accepted(IntentId(id)),
        wit::Payload::Rejected(told) => Payload::Rejected(reject(&told)),
        wit::Payload::Filled(told) => Payload::Filled(fill(&told)),
        wit::Payload::Canceled(told) => Payload::Canceled(Canceled {
            id: IntentId(told.id),
            leaves: Qty(told.leaves),
            reason: case(CancelReason::ALL, told.reason as usize),
        }),
        wit::Payload::CancelRejected(told) => Payload::CancelRejected(reject(&told)),
        wit::Payload::Amended(told) => {
            Payload::Amended(Amended { id: IntentId(told.id), price: Price(told.price), qty: Qty(told.qty) })
        }
        wit::Payload::AmendRejected(told) => Payload::AmendRejected(reject(&told)),
        wit::Payload::Expired(id) => Payload::Expired(IntentId(id)),
        wit::Payload::Unknown(id) => Payload::Unknown(IntentId(id)),
        wit::Payload::Busted(told) => Payload::Busted(fill(&told)),
        wit::Payload::Outcome(told) => {
            Payload::Outcome(Outcome { id: IntentId(told.id), code: case(OutcomeCode::ALL, told.code as usize) })
        }
        wit::Payload::Signal(told) => {
            Payload::Signal(Signal { source: told.source, name: told.name, value: told.value })
        }
        wit::Payload::Trading(is_enabled) => Payload::Trading(is_enabled),
        wit::Payload::Wake => Payload::Wake,
    }
}

fn reject(told: &wit::Reject) -> Reject {
    Reject { id: IntentId(told.id), reason: case(RejectReason::ALL, told.reason as usize) }
}

fn fill(told: &wit::Fill) -> Fill {
    Fill {
        id: IntentId(told.id),
        price: Price(told.price),
        qty: Qty(told.qty),
        leaves: Qty(told.leaves),
        fee: Amount(told.fee),
        side: Side::from(told.side),
        liquidity: case(Liquidity::ALL, told.liquidity as usize),
    }
}

/// Cases have the same order on both sides.
fn case<T: Copy>(cases: &[T], place: usize) -> T {
    cases.get(place).copied().expect("the SDK and the WIT file beside it have the same cases")
}
