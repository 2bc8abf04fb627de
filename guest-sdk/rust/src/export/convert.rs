//! Question: which generated type is which type of the SDK?
//!
//! In: one. Out: the other, case by case, so that a new case in the WIT file does not compile until it is answered.
//! Must never be visible outside this module's parent.

use super::__private::bindings::ringfence::strategy::types as wit;
use crate::decimal::Decimal;
use crate::event::{
    Adjustment, Amended, Bar, BookAction, CancelReason, Canceled, Context, CorporateAction, Event, FeedState, Fill,
    Funding, InstrumentState, Liquidity, Outcome, OutcomeCode, Payload, Quote, Reject, RejectReason, Side, Signal,
    Trade,
};
use crate::instrument::{Instrument, InstrumentKind};
use crate::intent::{Amend, EmitError, Intent, OrderType, Size, Submit, TimeInForce};
use crate::number::{Amount, InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::plan::{BarSpec, ChangeFilter, EventKind, Plan, Subscription};
use crate::view::{Account, Level, OrderState, OrderView, Position, PositionSide};

/// Enums whose cases have the same names on both sides.
macro_rules! same_cases {
    ($from:ty => $to:ty { $($case:ident),+ $(,)? }) => {
        impl From<$from> for $to {
            #[inline]
            fn from(case: $from) -> Self {
                match case { $( <$from>::$case => Self::$case, )+ }
            }
        }
    };
}

same_cases!(wit::Side => Side { Buy, Sell });
same_cases!(wit::PositionSide => PositionSide { Net, Long, Short });
same_cases!(wit::InstrumentState => InstrumentState { Trading, Auction, Halted, Closed, Settled });
same_cases!(wit::FeedState => FeedState { Live, Stale });
same_cases!(wit::Adjustment => Adjustment { Split, Dividend, Rename, Delisting });
same_cases!(wit::BookAction => BookAction { Changed, Cleared });
same_cases!(wit::Liquidity => Liquidity { Maker, Taker, None });
same_cases!(wit::RejectReason => RejectReason {
    Unknown, InsufficientBalance, PriceOutOfBand, WouldTake, Duplicate, UnknownOrder, TooLate, RateLimited,
    TransmitRefused, MarketClosed,
});
same_cases!(wit::CancelReason => CancelReason { Asked, IocRemainder, Venue, Operator, KillSwitch, SelfTrade });
same_cases!(wit::OutcomeCode => OutcomeCode {
    Malformed, Superseded, Withdrawn, ApprovalExpired, DeniedQuantity, DeniedNotional, DeniedPosition,
    DeniedExposure, DeniedPriceCollar, DeniedOpenOrders, DeniedNotAuthorised, DeniedInstrumentStatus,
    DeniedStaleMarket, DeniedTradingDisabled, DeniedKillSwitch, DeniedLoss, DeniedDrawdown, DeniedVelocity,
    DeniedDuplicate, DeniedMargin, DeniedOther,
});
same_cases!(wit::InstrumentKind => InstrumentKind { Spot, Perpetual, Future, Option, Equity, FxPair });
same_cases!(wit::OrderState => OrderState {
    Submitted, Working, PartiallyFilled, PendingCancel, PendingAmend, Filled, Canceled, Rejected, Expired, Unknown,
});
same_cases!(wit::EmitError => EmitError { Warmup, TooMany, Malformed, NoteTooLong, NotNow });
same_cases!(Side => wit::Side { Buy, Sell });
same_cases!(OrderType => wit::OrderType { Market, Limit, StopMarket, StopLimit });
same_cases!(TimeInForce => wit::TimeInForce { Gtc, Ioc, Fok, Day });
same_cases!(ChangeFilter => wit::ChangeFilter { Every, TouchPrice, Touch });
same_cases!(EventKind => wit::EventKind {
    Trade, Quote, Book, Bar, MarkPrice, Funding, Status, Feed, CorporateAction, Order, Signal, Trading,
});

impl From<wit::Decimal> for Decimal {
    fn from(parts: wit::Decimal) -> Self {
        Self::from_parts(parts.lo, parts.hi, parts.scale).expect("a host sends decimals in range")
    }
}

impl From<wit::Quote> for Quote {
    #[inline]
    fn from(quote: wit::Quote) -> Self {
        Self {
            bid_price: Price(quote.bid_price),
            bid_qty: Qty(quote.bid_qty),
            ask_price: Price(quote.ask_price),
            ask_qty: Qty(quote.ask_qty),
        }
    }
}

impl From<wit::Bar> for Bar {
    #[inline]
    fn from(bar: wit::Bar) -> Self {
        Self {
            open: Price(bar.open),
            high: Price(bar.high),
            low: Price(bar.low),
            close: Price(bar.close),
            volume: Qty(bar.volume),
            open_time: TimeNs(bar.open_time),
            interval_ns: bar.interval_ns,
        }
    }
}

impl From<wit::Fill> for Fill {
    #[inline]
    fn from(fill: wit::Fill) -> Self {
        Self {
            id: IntentId(fill.id),
            price: Price(fill.price),
            qty: Qty(fill.qty),
            leaves: Qty(fill.leaves),
            fee: Amount(fill.fee),
            side: fill.side.into(),
            liquidity: fill.liquidity.into(),
        }
    }
}

impl From<wit::Reject> for Reject {
    #[inline]
    fn from(reject: wit::Reject) -> Self {
        Self { id: IntentId(reject.id), reason: reject.reason.into() }
    }
}

impl From<wit::CorporateAction> for CorporateAction {
    #[inline]
    fn from(action: wit::CorporateAction) -> Self {
        Self {
            kind: action.kind.into(),
            numerator: action.numerator,
            denominator: action.denominator,
            cash: Amount(action.cash),
        }
    }
}

impl From<wit::Payload> for Payload {
    #[inline]
    fn from(payload: wit::Payload) -> Self {
        use wit::Payload as W;
        match payload {
            W::Trade(trade) => Self::Trade(Trade {
                price: Price(trade.price),
                qty: Qty(trade.qty),
                aggressor: trade.aggressor.map(Into::into),
            }),
            W::Quote(quote) => Self::Quote(quote.into()),
            W::Book(action) => Self::Book(action.into()),
            W::Bar(bar) => Self::Bar(bar.into()),
            W::MarkPrice(price) => Self::MarkPrice(Price(price)),
            W::Funding(funding) => {
                Self::Funding(Funding { rate_e9: funding.rate_e9, next_time: TimeNs(funding.next_time) })
            }
            W::Status(state) => Self::Status(state.into()),
            W::Feed(state) => Self::Feed(state.into()),
            W::CorporateAction(action) => Self::CorporateAction(action.into()),
            W::Accepted(id) => Self::Accepted(IntentId(id)),
            W::Rejected(reject) => Self::Rejected(reject.into()),
            W::Filled(fill) => Self::Filled(fill.into()),
            W::Canceled(canceled) => Self::Canceled(Canceled {
                id: IntentId(canceled.id),
                leaves: Qty(canceled.leaves),
                reason: canceled.reason.into(),
            }),
            W::CancelRejected(reject) => Self::CancelRejected(reject.into()),
            W::Amended(amended) => Self::Amended(Amended {
                id: IntentId(amended.id),
                price: Price(amended.price),
                qty: Qty(amended.qty),
            }),
            W::AmendRejected(reject) => Self::AmendRejected(reject.into()),
            W::Expired(id) => Self::Expired(IntentId(id)),
            W::Unknown(id) => Self::Unknown(IntentId(id)),
            W::Busted(fill) => Self::Busted(fill.into()),
            W::Outcome(outcome) => Self::Outcome(Outcome { id: IntentId(outcome.id), code: outcome.code.into() }),
            W::Signal(signal) => {
                Self::Signal(Signal { source: signal.source, name: signal.name, value: signal.value })
            }
            W::Trading(enabled) => Self::Trading(enabled),
            W::Wake => Self::Wake,
        }
    }
}

impl From<wit::Event> for Event {
    #[inline]
    fn from(event: wit::Event) -> Self {
        Self {
            time: TimeNs(event.time),
            venue_time: TimeNs(event.venue_time),
            instrument: InstrumentId(event.instrument),
            kind: event.kind.into(),
        }
    }
}

impl From<wit::Context> for Context {
    #[inline]
    fn from(context: wit::Context) -> Self {
        Self {
            touch: Quote {
                bid_price: Price(context.bid_price),
                bid_qty: Qty(context.bid_qty),
                ask_price: Price(context.ask_price),
                ask_qty: Qty(context.ask_qty),
            },
            position: Qty(context.position),
        }
    }
}

impl From<wit::InstrumentView> for Instrument {
    fn from(view: wit::InstrumentView) -> Self {
        Self {
            id: InstrumentId(view.id),
            symbol: view.symbol,
            kind: view.kind.into(),
            price_scale: view.price_scale,
            qty_scale: view.qty_scale,
            tick: Price(view.tick),
            lot: Qty(view.lot),
            qty_min: Qty(view.qty_min),
            qty_max: Qty(view.qty_max),
            multiplier: view.multiplier.into(),
            base: view.base,
            quote: view.quote,
            settlement: view.settlement,
            settlement_scale: view.settlement_scale,
            state: view.state.into(),
        }
    }
}

impl From<wit::Level> for Level {
    fn from(level: wit::Level) -> Self {
        Self { price: Price(level.price), qty: Qty(level.qty) }
    }
}

impl From<wit::PositionView> for Position {
    fn from(view: wit::PositionView) -> Self {
        Self {
            side: view.side.into(),
            qty: Qty(view.qty),
            cost: view.cost.into(),
            realised: view.realised.into(),
            fees: view.fees.into(),
        }
    }
}

impl From<wit::AccountView> for Account {
    fn from(view: wit::AccountView) -> Self {
        Self {
            cash: view.cash.into(),
            equity: view.equity.into(),
            capital: view.capital.into(),
            drawdown: view.drawdown.into(),
        }
    }
}

impl From<wit::OrderView> for OrderView {
    fn from(view: wit::OrderView) -> Self {
        Self {
            id: IntentId(view.id),
            instrument: InstrumentId(view.instrument),
            side: view.side.into(),
            state: view.state.into(),
            price: Price(view.price),
            qty: Qty(view.qty),
            filled: Qty(view.filled),
        }
    }
}

impl From<Submit> for wit::Submit {
    #[inline]
    fn from(submit: Submit) -> Self {
        Self {
            instrument: submit.instrument.0,
            side: submit.side.into(),
            size: match submit.size {
                Size::Quantity(qty) => wit::Size::Quantity(qty.0),
                Size::Notional(value) => wit::Size::Notional(value.0),
            },
            order_type: submit.order_type.into(),
            limit_price: submit.limit_price.map(|price| price.0),
            stop_price: submit.stop_price.map(|price| price.0),
            tif: submit.tif.into(),
            max_slippage_bps: submit.slippage_bps_max,
            post_only: submit.post_only,
            reduce_only: submit.reduce_only,
        }
    }
}

impl From<Amend> for wit::Amend {
    fn from(amend: Amend) -> Self {
        Self { id: amend.id.0, price: amend.price.map(|price| price.0), qty: amend.qty.map(|qty| qty.0) }
    }
}

impl From<Intent> for wit::Intent {
    #[inline]
    fn from(intent: Intent) -> Self {
        match intent {
            Intent::Submit(submit) => Self::Submit(submit.into()),
            Intent::Cancel(id) => Self::Cancel(id.0),
            Intent::Amend(amend) => Self::Amend(amend.into()),
            Intent::CancelAll(scope) => Self::CancelAll(scope.map(|instrument| instrument.0)),
            Intent::Flatten(scope) => Self::Flatten(scope.map(|instrument| instrument.0)),
            Intent::WakeAt(time) => Self::WakeAt(time.0),
            Intent::Note(text) => Self::Note(text),
        }
    }
}

impl From<BarSpec> for wit::BarSpec {
    fn from(spec: BarSpec) -> Self {
        match spec {
            BarSpec::TimeNs(interval) => Self::TimeNs(interval),
            BarSpec::Ticks(count) => Self::Ticks(count),
            BarSpec::Volume(qty) => Self::Volume(qty.0),
        }
    }
}

impl From<&Subscription> for wit::Subscription {
    fn from(wish: &Subscription) -> Self {
        Self {
            instrument: wish.instrument.0,
            kind: wish.kind.into(),
            filter: wish.filter.into(),
            bars: wish.bars.map(Into::into),
            warm_up: wish.warm_up,
        }
    }
}

impl From<Plan> for wit::Plan {
    fn from(plan: Plan) -> Self {
        Self { subscriptions: plan.subscriptions().iter().map(Into::into).collect() }
    }
}
