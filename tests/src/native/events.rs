//! Events: what happened, in the SDK's types?
//!
//! In: a call of the core. Out: the event and its context. Must never: show what the core delivers to nobody.

use ringfence_core::event::{
    Adjustment, Bar, BookAction, BookOrderAction, CancelReason, Command, CorporateAction, Event, EventKind, Fill,
    Liquidity, Quote, RejectReason,
};
use ringfence_core::ids::{IntentId, LegKey};
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::money::{Decimal, Price};
use ringfence_core::state::State;
use ringfence_core::strategy::{Call, CallContext, Delivery, OutcomeCode};
use ringfence_sdk as sdk;

/// The event of a call.
pub(super) fn event(call: &Call<'_>, state: &State) -> sdk::Event {
    let event = call.event;
    let (time, venue_time) = (sdk::TimeNs(event.time.0), sdk::TimeNs(event.venue_time.0));
    let instrument = sdk::InstrumentId(event.instrument.0);
    match call.delivery {
        Delivery::Event => sdk::Event { time, venue_time, instrument, kind: payload(event, state) },
        Delivery::Wake => sdk::Event { time, venue_time, instrument, kind: sdk::Payload::Wake },
        Delivery::Outcome(intent, code) => {
            // It has nothing to do with the event it comes before.
            let kind = sdk::Payload::Outcome(sdk::Outcome { id: id(intent), code: outcome(code) });
            sdk::Event { time, venue_time: sdk::TimeNs(0), instrument: sdk::InstrumentId::NONE, kind }
        }
    }
}

/// Touch and own position of the event's instrument; nothing with an outcome.
pub(super) fn context(call: &Call<'_>) -> sdk::Context {
    let context = match call.delivery {
        Delivery::Event | Delivery::Wake => call.context,
        Delivery::Outcome(..) => CallContext::default(),
    };
    sdk::Context { touch: quote(&context.touch), position: sdk::Qty(context.position.0) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the core delivers all other kinds to nobody")]
fn payload(event: &Event, state: &State) -> sdk::Payload {
    use sdk::Payload as P;
    match event.kind {
        EventKind::Trade(trade) => P::Trade(sdk::Trade {
            price: price(trade.price),
            qty: sdk::Qty(trade.qty.0),
            aggressor: trade.aggressor.map(side),
        }),
        EventKind::Quote(touch) => P::Quote(quote(&touch)),
        EventKind::BookLevel(level) => P::Book(match level.action {
            BookAction::Set => sdk::BookAction::Changed,
            BookAction::Clear => sdk::BookAction::Cleared,
        }),
        EventKind::BookOrder(order) => P::Book(match order.action {
            BookOrderAction::Clear => sdk::BookAction::Cleared,
            BookOrderAction::Add | BookOrderAction::Reduce | BookOrderAction::Delete | BookOrderAction::Fill => {
                sdk::BookAction::Changed
            }
        }),
        EventKind::Bar(closed) => P::Bar(bar(&closed)),
        EventKind::MarkPrice(mark) => P::MarkPrice(price(mark)),
        EventKind::FundingRate(funding) => {
            P::Funding(sdk::Funding { rate_e9: funding.rate_e9, next_time: sdk::TimeNs(funding.next_time.0) })
        }
        EventKind::InstrumentStatus(now) => P::Status(status(now)),
        EventKind::FeedStale => P::Feed(sdk::FeedState::Stale),
        EventKind::FeedRecovered => P::Feed(sdk::FeedState::Live),
        EventKind::CorporateAction(action) => P::CorporateAction(corporate_action(&action, event, state)),
        EventKind::Signal(source, name, value) => P::Signal(sdk::Signal { source: source.0, name: name.0, value }),
        EventKind::TradingEnabled => P::Trading(true),
        EventKind::TradingDisabled => P::Trading(false),
        EventKind::OrderAccepted(key) => P::Accepted(id(key.intent)),
        EventKind::OrderRejected(key, why) | EventKind::TransmitRefused(key, Command::Submit, why) => {
            P::Rejected(reject(key, why))
        }

        EventKind::OrderFilled(booked) => P::Filled(fill(&booked, event, state)),
        EventKind::OrderCanceled(key, leaves, why) => {
            P::Canceled(sdk::Canceled { id: id(key.intent), leaves: sdk::Qty(leaves.0), reason: cancel_reason(why) })
        }
        EventKind::CancelRejected(key, why) | EventKind::TransmitRefused(key, Command::Cancel, why) => {
            P::CancelRejected(reject(key, why))
        }
        EventKind::OrderAmended(key, at, qty) => {
            P::Amended(sdk::Amended { id: id(key.intent), price: price(at), qty: sdk::Qty(qty.0) })
        }
        EventKind::AmendRejected(key, why) | EventKind::TransmitRefused(key, Command::Amend, why) => {
            P::AmendRejected(reject(key, why))
        }
        EventKind::OrderExpired(key, _) => P::Expired(id(key.intent)),
        EventKind::OutcomeUnknown(key) => P::Unknown(id(key.intent)),
        EventKind::FillBusted(undone) => P::Busted(fill(&undone, event, state)),
        other => panic!("{} is delivered to no strategy", other.name()),
    }
}

fn id(intent: IntentId) -> sdk::IntentId {
    sdk::IntentId(intent.0)
}

fn price(price: Price) -> sdk::Price {
    sdk::Price(price.0)
}

pub(super) fn side(side: Side) -> sdk::Side {
    match side {
        Side::Buy => sdk::Side::Buy,
        Side::Sell => sdk::Side::Sell,
    }
}

pub(super) fn quote(touch: &Quote) -> sdk::Quote {
    sdk::Quote {
        bid_price: price(touch.bid_price),
        bid_qty: sdk::Qty(touch.bid_qty.0),
        ask_price: price(touch.ask_price),
        ask_qty: sdk::Qty(touch.ask_qty.0),
    }
}

pub(super) fn bar(bar: &Bar) -> sdk::Bar {
    sdk::Bar {
        open: price(bar.open),
        high: price(bar.high),
        low: price(bar.low),
        close: price(bar.close),
        volume: sdk::Qty(bar.volume.0),
        open_time: sdk::TimeNs(bar.open_time.0),
        interval_ns: bar.interval_ns,
    }
}

pub(super) fn status(status: InstrumentStatus) -> sdk::InstrumentState {
    match status {
        InstrumentStatus::Trading | InstrumentStatus::PostOnly => sdk::InstrumentState::Trading,
        InstrumentStatus::Auction => sdk::InstrumentState::Auction,
        InstrumentStatus::Halted | InstrumentStatus::CancelOnly | InstrumentStatus::Restricted => {
            sdk::InstrumentState::Halted
        }
        InstrumentStatus::Closed => sdk::InstrumentState::Closed,
        InstrumentStatus::Settled => sdk::InstrumentState::Settled,
    }
}

fn corporate_action(action: &CorporateAction, event: &Event, state: &State) -> sdk::CorporateAction {
    let cash =
        state.instrument(event.instrument).map_or(Decimal::ZERO, |found| found.price_decimal(Price(action.cash)));
    sdk::CorporateAction {
        kind: match action.kind {
            Adjustment::Split => sdk::Adjustment::Split,
            Adjustment::Dividend => sdk::Adjustment::Dividend,
            Adjustment::Rename => sdk::Adjustment::Rename,
            Adjustment::Delisting => sdk::Adjustment::Delisting,
        },
        numerator: action.numerator,
        denominator: action.denominator,
        cash: settled(cash, event, state),
    }
}

fn fill(fill: &Fill, event: &Event, state: &State) -> sdk::Fill {
    sdk::Fill {
        id: id(fill.order.intent),
        price: price(fill.price),
        qty: sdk::Qty(fill.qty.0),
        leaves: sdk::Qty(fill.leaves.0),
        fee: settled(fill.fee, event, state),
        side: side(fill.side),
        liquidity: match fill.liquidity {
            Liquidity::Maker => sdk::Liquidity::Maker,
            Liquidity::Taker => sdk::Liquidity::Taker,
            Liquidity::None => sdk::Liquidity::None,
        },
    }
}

/// An amount at the scale of the settlement currency, half to even.
fn settled(amount: Decimal, event: &Event, state: &State) -> sdk::Amount {
    let currency = state.instrument(event.instrument).map(|found| found.settlement);
    let scale = state.config().zip(currency).and_then(|(config, id)| Some(config.currency(id)?.scale)).unwrap_or(0);
    let mut rounded = amount.round_dp(scale.into());
    rounded.rescale(scale.into());
    sdk::Amount(i64::try_from(rounded.mantissa()).expect("amounts of a test are small"))
}

fn reject(key: LegKey, why: RejectReason) -> sdk::Reject {
    use sdk::RejectReason as R;
    let reason = match why {
        RejectReason::Unknown | RejectReason::NoLiquidity | RejectReason::ReduceOnly => R::Unknown,
        RejectReason::InsufficientBalance => R::InsufficientBalance,
        RejectReason::PriceOutOfBand => R::PriceOutOfBand,
        RejectReason::WouldTake => R::WouldTake,
        RejectReason::Duplicate => R::Duplicate,
        RejectReason::UnknownOrder => R::UnknownOrder,
        RejectReason::TooLate => R::TooLate,
        RejectReason::RateLimited => R::RateLimited,
        RejectReason::TransmitRefused => R::TransmitRefused,
        RejectReason::MarketClosed => R::MarketClosed,
    };
    sdk::Reject { id: id(key.intent), reason }
}

fn cancel_reason(why: CancelReason) -> sdk::CancelReason {
    match why {
        CancelReason::Asked => sdk::CancelReason::Asked,
        CancelReason::IocRemainder => sdk::CancelReason::IocRemainder,
        CancelReason::Venue | CancelReason::WouldTake | CancelReason::ReduceOnly | CancelReason::Fee => {
            sdk::CancelReason::Venue
        }
        CancelReason::Operator => sdk::CancelReason::Operator,
        CancelReason::KillSwitch => sdk::CancelReason::KillSwitch,
        CancelReason::SelfTrade => sdk::CancelReason::SelfTrade,
    }
}

/// The words are the same on both sides, but for one that the interface does not have.
fn outcome(code: OutcomeCode) -> sdk::OutcomeCode {
    let known = sdk::OutcomeCode::from_name(code.code());
    known.unwrap_or(sdk::OutcomeCode::DeniedOther)
}
