//! Question: which generated type is which type of the SDK?
//!
//! In: one. Out: the other, case by case, so that a new case in the WIT file does not compile until it is answered.
//! Must never be visible outside this module's parent. Events come flat and are read in `flat`.

use super::__private::bindings::ringfence::strategy::types as wit;
use crate::decimal::Decimal;
use crate::event::{Bar, InstrumentState, Quote, Side};
use crate::instrument::{Instrument, InstrumentKind};
use crate::intent::{
    Amend, Bound, Curve, EmitError, Extras, GroupKind, Intent, OrderType, Schedule, Size, Submit, TimeInForce, Trail,
    TrailUnit, TriggerBy,
};
use crate::number::{InstrumentId, IntentId, Price, Qty, TimeNs};
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
same_cases!(wit::InstrumentKind => InstrumentKind { Spot, Perpetual, Future, Option, Equity, FxPair });
same_cases!(wit::OrderState => OrderState {
    Submitted, Working, PartiallyFilled, PendingCancel, PendingAmend, Filled, Canceled, Rejected, Expired, Unknown,
    Held,
});
same_cases!(wit::EmitError => EmitError { Warmup, TooMany, Malformed, NoteTooLong, NotNow });
same_cases!(Side => wit::Side { Buy, Sell });
same_cases!(OrderType => wit::OrderType {
    Market, Limit, StopMarket, StopLimit, MarketIfTouched, LimitIfTouched, TrailingStopMarket, TrailingStopLimit,
    MarketToLimit,
});
same_cases!(TimeInForce => wit::TimeInForce { Gtc, Ioc, Fok, Day, Gtd, AtOpen, AtClose });
same_cases!(TriggerBy => wit::TriggerBy { Last, Touch, Mark });
same_cases!(TrailUnit => wit::TrailUnit { Price, Bps, Ticks });
same_cases!(GroupKind => wit::GroupKind { None, Oco, Ouo });
same_cases!(ChangeFilter => wit::ChangeFilter { Every, TouchPrice, Touch, TouchPriceOrOwn });
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
            trigger: Price(view.trigger),
        }
    }
}

impl From<Submit> for wit::Submit {
    #[inline]
    fn from(submit: Submit) -> Self {
        Self {
            instrument: submit.instrument.0,
            side: submit.side.into(),
            size: submit.size.into(),
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

impl From<Trail> for wit::Trail {
    fn from(trail: Trail) -> Self {
        Self { offset: trail.offset, unit: trail.unit.into(), limit_offset: trail.limit_offset }
    }
}

/// An order with what few orders ask for.
impl From<Submit> for wit::OrderRequest {
    fn from(submit: Submit) -> Self {
        let extras = submit.extras;
        let number = |id: Option<IntentId>| id.map_or(0, |id| id.0);
        Self {
            order: submit.into(),
            expire_at: extras.expire_at.map_or(0, |time| time.0),
            display_qty: extras.display_qty.map_or(0, |qty| qty.0),
            trail: extras.trail.map(Into::into),
            trigger_by: extras.trigger_by.into(),
            parent: number(extras.parent),
            group: number(extras.group),
            group_kind: extras.group_kind.into(),
        }
    }
}

impl From<Amend> for wit::Amend {
    fn from(amend: Amend) -> Self {
        Self {
            id: amend.id.0,
            price: amend.price.map(|price| price.0),
            qty: amend.qty.map(|qty| qty.0),
            trigger: amend.trigger.map(|price| price.0),
        }
    }
}

impl From<Size> for wit::Size {
    #[inline]
    fn from(size: Size) -> Self {
        match size {
            Size::Quantity(qty) => Self::Quantity(qty.0),
            Size::Notional(value) => Self::Notional(value.0),
        }
    }
}

impl From<Schedule> for wit::Schedule {
    fn from(schedule: Schedule) -> Self {
        Self {
            instrument: schedule.instrument.0,
            side: schedule.side.into(),
            size: schedule.size.into(),
            bound: match schedule.bound {
                Bound::Limit(price) => wit::Bound::Limit(price.0),
                Bound::Slippage(bps) => wit::Bound::Slippage(bps),
            },
            post_only: schedule.post_only,
            reduce_only: schedule.reduce_only,
            start: schedule.start.0,
            end: schedule.end.0,
            curve: match schedule.curve {
                Curve::Even(slices) => wit::Curve::Even(slices),
                Curve::Profile(weights) => wit::Curve::Profile(weights),
                Curve::Volume { slices, bps } => wit::Curve::Volume(wit::Participation { slices, bps }),
            },
        }
    }
}

/// An intent by the function that takes it.
pub(crate) enum Wish {
    /// `emit`
    Plain(wit::Intent),
    /// `emit-order`: through memory, and so only where there is something that does not fit otherwise.
    Order(wit::OrderRequest),
    /// `emit-schedule`
    Schedule(wit::Schedule),
}

impl From<Intent> for Wish {
    #[inline]
    fn from(intent: Intent) -> Self {
        Self::Plain(match intent {
            Intent::Submit(submit) if submit.extras != Extras::NONE => return Self::Order(submit.into()),
            Intent::Submit(submit) => wit::Intent::Submit(submit.into()),
            Intent::Cancel(id) => wit::Intent::Cancel(id.0),
            Intent::Amend(amend) => wit::Intent::Amend(amend.into()),
            Intent::CancelAll(scope) => wit::Intent::CancelAll(scope.map(|instrument| instrument.0)),
            Intent::Flatten(scope) => wit::Intent::Flatten(scope.map(|instrument| instrument.0)),
            Intent::WakeAt(time) => wit::Intent::WakeAt(time.0),
            Intent::Note(text) => wit::Intent::Note(text),
            Intent::Schedule(schedule) => return Self::Schedule((*schedule).into()),
        })
    }
}

impl From<BarSpec> for wit::BarSpec {
    fn from(spec: BarSpec) -> Self {
        match spec {
            BarSpec::TimeNs(interval) => Self::TimeNs(interval),
            BarSpec::Ticks(count) => Self::Ticks(count),
            BarSpec::Volume(qty) => Self::Volume(qty.0),
            BarSpec::Value(value) => Self::Value(value.0),
            BarSpec::TickImbalance(count) => Self::TickImbalance(count),
            BarSpec::VolumeImbalance(qty) => Self::VolumeImbalance(qty.0),
            BarSpec::ValueImbalance(value) => Self::ValueImbalance(value.0),
            BarSpec::TickRuns(count) => Self::TickRuns(count),
            BarSpec::VolumeRuns(qty) => Self::VolumeRuns(qty.0),
            BarSpec::ValueRuns(value) => Self::ValueRuns(value.0),
            BarSpec::Renko(price) => Self::Renko(price.0),
            BarSpec::Range(price) => Self::Range(price.0),
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
