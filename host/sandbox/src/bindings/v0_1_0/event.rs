//! Events: how does a guest of this version see what happened?
//!
//! In: one call of the core. Out: a record of 16 flat values, so that nothing is copied into guest memory. Must never:
//! carry what belongs to another strategy.

use ringfence_core::event::{
    Adjustment, Bar, BookAction, CancelReason, Command, CorporateAction, Event, EventKind, Fill, Liquidity, Quote,
    RejectReason,
};
use ringfence_core::ids::{IntentId, LegKey};
use ringfence_core::instrument::InstrumentStatus;
use ringfence_core::money::{Price, Qty};
use ringfence_core::state::State;
use ringfence_core::strategy::{Call, CallContext, Delivery, OutcomeCode};

use super::record::{mantissa_at, side};
use super::types;

/// The event of a call.
#[inline(always)]
pub(super) fn event(call: &Call<'_>, state: &State) -> types::Event {
    let event = call.event;
    let kind = match call.delivery {
        Delivery::Event => payload(event, state),
        Delivery::Outcome(id, code) => return outcome_event(event, id, code),
        Delivery::Wake => types::Payload::Wake,
    };
    types::Event { time: event.time.0, venue_time: event.venue_time.0, instrument: event.instrument.0, kind }
}

/// An outcome comes before an event that has nothing to do with it: of that event it takes the time alone.
#[cold]
fn outcome_event(event: &Event, id: IntentId, code: OutcomeCode) -> types::Event {
    let kind = types::Payload::Outcome(types::Outcome { id: id.0, code: outcome(code) });
    types::Event { time: event.time.0, venue_time: 0, instrument: 0, kind }
}

/// What nearly every event needs; nothing of it with an outcome.
#[inline(always)]
pub(super) fn context(call: &Call<'_>) -> types::Context {
    let context = match call.delivery {
        Delivery::Event | Delivery::Wake => call.context,
        Delivery::Outcome(..) => CallContext::default(),
    };
    types::Context {
        bid_price: context.touch.bid_price.0,
        bid_qty: context.touch.bid_qty.0,
        ask_price: context.touch.ask_price.0,
        ask_qty: context.touch.ask_qty.0,
        position: context.position.0,
    }
}

/// What happened, market facts and what venues say about the strategy's own orders.
#[inline(always)]
fn payload(event: &Event, state: &State) -> types::Payload {
    use types::Payload as P;
    match event.kind {
        EventKind::Trade(trade) => {
            P::Trade(types::Trade { price: trade.price.0, qty: trade.qty.0, aggressor: trade.aggressor.map(side) })
        }
        EventKind::Quote(touch) => P::Quote(quote(&touch)),
        EventKind::BookLevel(level) => P::Book(book_action(level.action)),
        EventKind::BookOrder(order) => P::Book(book_action(order.as_level().action)),
        EventKind::Bar(closed) => P::Bar(bar(&closed)),
        EventKind::MarkPrice(price) => P::MarkPrice(price.0),
        EventKind::FundingRate(funding) => {
            P::Funding(types::Funding { rate_e9: funding.rate_e9, next_time: funding.next_time.0 })
        }
        EventKind::InstrumentStatus(now) => P::Status(status(now)),
        EventKind::FeedStale => P::Feed(types::FeedState::Stale),
        EventKind::FeedRecovered => P::Feed(types::FeedState::Live),
        EventKind::CorporateAction(action) => P::CorporateAction(corporate_action(&action, event, state)),
        EventKind::Signal(source, name, value) => P::Signal(types::Signal { source: source.0, name: name.0, value }),
        EventKind::TradingEnabled => P::Trading(true),
        EventKind::TradingDisabled => P::Trading(false),
        EventKind::OrderAccepted(key) => P::Accepted(key.intent.0),
        EventKind::OrderRejected(key, reason) => P::Rejected(reject(key, reason)),
        EventKind::TransmitRefused(key, command, reason) => not_sent(command, reject(key, reason)),
        EventKind::OrderFilled(booked) => P::Filled(fill(&booked, event, state)),
        EventKind::OrderCanceled(key, Qty(leaves), reason) => {
            P::Canceled(types::Canceled { id: key.intent.0, leaves, reason: cancel_reason(reason) })
        }
        EventKind::CancelRejected(key, reason) => P::CancelRejected(reject(key, reason)),
        EventKind::OrderAmended(key, Price(price), Qty(qty)) => {
            P::Amended(types::Amended { id: key.intent.0, price, qty })
        }
        EventKind::AmendRejected(key, reason) => P::AmendRejected(reject(key, reason)),
        EventKind::OrderExpired(key, _) => P::Expired(key.intent.0),
        EventKind::OutcomeUnknown(key) => P::Unknown(key.intent.0),
        EventKind::FillBusted(undone) => P::Busted(fill(&undone, event, state)),
        // The core delivers these to nobody: they have no topic, or are told as what they made of an order.
        EventKind::InstrumentDefined(_)
        | EventKind::TradingDay(_)
        | EventKind::BalanceReported(_)
        | EventKind::BalanceAdjusted(_)
        | EventKind::PositionReported(_)
        | EventKind::OrderReported(_)
        | EventKind::LeverageReported(_)
        | EventKind::MarginModeReported(_)
        | EventKind::ReconcileStarted
        | EventKind::ReconcileFinished(_)
        | EventKind::VenueUp
        | EventKind::VenueDown
        | EventKind::SessionOpened(..)
        | EventKind::SessionClosed
        | EventKind::ConfigChanged(_)
        | EventKind::KillSwitch(..)
        | EventKind::StrategyAttached(..)
        | EventKind::StrategyDetached(_)
        | EventKind::StrategySwapped(..)
        | EventKind::StrategyCheckpointed(..)
        | EventKind::StrategyHalted(..)
        | EventKind::StrategyResumed(..)
        | EventKind::ParametersChanged(..)
        | EventKind::FlattenRequested(_)
        | EventKind::ExternalIntent(_)
        | EventKind::ClockAdjusted(_)
        | EventKind::OperatorCommand(_)
        | EventKind::ReloadRefused(..)
        | EventKind::TimeAdvanced => panic!("{} is delivered to no strategy", event.kind.name()),
    }
}

fn book_action(action: BookAction) -> types::BookAction {
    match action {
        BookAction::Set => types::BookAction::Changed,
        BookAction::Clear => types::BookAction::Cleared,
    }
}

pub(super) fn quote(touch: &Quote) -> types::Quote {
    types::Quote {
        bid_price: touch.bid_price.0,
        bid_qty: touch.bid_qty.0,
        ask_price: touch.ask_price.0,
        ask_qty: touch.ask_qty.0,
    }
}

pub(super) fn bar(bar: &Bar) -> types::Bar {
    types::Bar {
        open: bar.open.0,
        high: bar.high.0,
        low: bar.low.0,
        close: bar.close.0,
        volume: bar.volume.0,
        open_time: bar.open_time.0,
        interval_ns: bar.interval_ns,
    }
}

/// Narrower than the core's: what a strategy can do about it is the same.
pub(super) fn status(status: InstrumentStatus) -> types::InstrumentState {
    match status {
        InstrumentStatus::Trading | InstrumentStatus::PostOnly => types::InstrumentState::Trading,
        InstrumentStatus::Auction => types::InstrumentState::Auction,
        InstrumentStatus::Halted | InstrumentStatus::CancelOnly | InstrumentStatus::Restricted => {
            types::InstrumentState::Halted
        }
        InstrumentStatus::Closed => types::InstrumentState::Closed,
        InstrumentStatus::Settled => types::InstrumentState::Settled,
    }
}

fn corporate_action(action: &CorporateAction, event: &Event, state: &State) -> types::CorporateAction {
    let instrument = state.instrument(event.instrument);
    let cash =
        instrument.map_or(0, |i| mantissa_at(i.price_decimal(Price(action.cash)), settlement_scale(event, state)));
    types::CorporateAction {
        kind: match action.kind {
            Adjustment::Split => types::Adjustment::Split,
            Adjustment::Dividend => types::Adjustment::Dividend,
            Adjustment::Rename => types::Adjustment::Rename,
            Adjustment::Delisting => types::Adjustment::Delisting,
        },
        numerator: action.numerator,
        denominator: action.denominator,
        cash,
    }
}

fn fill(fill: &Fill, event: &Event, state: &State) -> types::Fill {
    types::Fill {
        id: fill.order.intent.0,
        price: fill.price.0,
        qty: fill.qty.0,
        leaves: fill.leaves.0,
        // State books fees in the settlement currency alone.
        fee: mantissa_at(fill.fee, settlement_scale(event, state)),
        side: side(fill.side),
        liquidity: match fill.liquidity {
            Liquidity::Maker => types::Liquidity::Maker,
            Liquidity::Taker => types::Liquidity::Taker,
            Liquidity::None => types::Liquidity::None,
        },
    }
}

fn settlement_scale(event: &Event, state: &State) -> u8 {
    let currency = state.instrument(event.instrument).map(|instrument| instrument.settlement);
    let config = state.config().zip(currency).and_then(|(config, id)| config.currency(id));
    config.map_or(0, |currency| currency.scale)
}

/// What could not be sent is refused in the words in which the venue refuses it.
fn not_sent(command: Command, reject: types::Reject) -> types::Payload {
    match command {
        Command::Submit => types::Payload::Rejected(reject),
        Command::Cancel => types::Payload::CancelRejected(reject),
        Command::Amend => types::Payload::AmendRejected(reject),
    }
}

fn reject(key: LegKey, reason: RejectReason) -> types::Reject {
    let IntentId(id) = key.intent;
    types::Reject { id, reason: reject_reason(reason) }
}

fn reject_reason(reason: RejectReason) -> types::RejectReason {
    use types::RejectReason as R;
    match reason {
        // Version 0.1.0 has no word for an empty book, and none for a position that is closed already.
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
    }
}

fn cancel_reason(reason: CancelReason) -> types::CancelReason {
    match reason {
        CancelReason::Asked => types::CancelReason::Asked,
        CancelReason::IocRemainder => types::CancelReason::IocRemainder,
        // Version 0.1.0 does not say why a venue canceled.
        CancelReason::Venue | CancelReason::WouldTake | CancelReason::ReduceOnly | CancelReason::Fee => {
            types::CancelReason::Venue
        }
        CancelReason::Operator => types::CancelReason::Operator,
        CancelReason::KillSwitch => types::CancelReason::KillSwitch,
        CancelReason::SelfTrade => types::CancelReason::SelfTrade,
    }
}

fn outcome(code: OutcomeCode) -> types::OutcomeCode {
    use types::OutcomeCode as W;
    match code {
        OutcomeCode::Malformed => W::Malformed,
        OutcomeCode::Superseded => W::Superseded,
        OutcomeCode::Withdrawn => W::Withdrawn,
        OutcomeCode::ApprovalExpired => W::ApprovalExpired,
        OutcomeCode::Expired => W::Expired,
        OutcomeCode::DeniedQuantity => W::DeniedQuantity,
        OutcomeCode::DeniedNotional => W::DeniedNotional,
        OutcomeCode::DeniedPosition => W::DeniedPosition,
        OutcomeCode::DeniedExposure => W::DeniedExposure,
        OutcomeCode::DeniedPriceCollar => W::DeniedPriceCollar,
        OutcomeCode::DeniedOpenOrders => W::DeniedOpenOrders,
        OutcomeCode::DeniedNotAuthorised => W::DeniedNotAuthorised,
        OutcomeCode::DeniedInstrumentStatus => W::DeniedInstrumentStatus,
        OutcomeCode::DeniedStaleMarket => W::DeniedStaleMarket,
        OutcomeCode::DeniedTradingDisabled => W::DeniedTradingDisabled,
        OutcomeCode::DeniedKillSwitch => W::DeniedKillSwitch,
        OutcomeCode::DeniedLoss => W::DeniedLoss,
        OutcomeCode::DeniedDrawdown => W::DeniedDrawdown,
        OutcomeCode::DeniedVelocity => W::DeniedVelocity,
        OutcomeCode::DeniedDuplicate => W::DeniedDuplicate,
        OutcomeCode::DeniedMargin => W::DeniedMargin,
        // Version 0.1.0 has no word for a refusal by the gate.
        OutcomeCode::DeniedOther | OutcomeCode::Refused => W::DeniedOther,
        OutcomeCode::Ended => W::Ended,
    }
}

#[cfg(test)]
mod tests {
    use ringfence_core::event::Report;
    use ringfence_core::ids::{Seq, TimeNs};

    use super::*;

    #[test]
    fn what_could_not_be_sent_is_refused_in_the_words_of_its_command() {
        let key = LegKey { intent: IntentId(7), ..LegKey::default() };
        let told = |command| {
            let kind = EventKind::TransmitRefused(key, command, RejectReason::TransmitRefused);
            payload(&Report::control(kind).at(Seq(1), TimeNs(1)), &State::default())
        };
        assert!(matches!(told(Command::Submit), types::Payload::Rejected(reject) if reject.id == 7));
        assert!(matches!(told(Command::Cancel), types::Payload::CancelRejected(reject) if reject.id == 7));
        assert!(matches!(told(Command::Amend), types::Payload::AmendRejected(reject) if reject.id == 7));
    }
}
