//! Wishes: what does a strategy want, in the core's types?
//!
//! In: plans and intents of the SDK. Out: the core's. Must never: repair a wish that a host has to refuse.

use ringfence_core::ids::{InstrumentId, IntentId, TimeNs};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{
    Amend, Bound, Curve, Extras, GroupKind, IntentKind, Link, NoteSpan, OrderType, Schedule, Size, Submit, TimeInForce,
    Trail, TrailUnit, TriggerBy,
};
use ringfence_core::money::{Price, Qty};
use ringfence_core::normalize::SLIPPAGE_BPS_MAX;
use ringfence_core::plan::{BarSpec, ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::strategy::{EmitError, StateLoan};
use ringfence_sdk as sdk;

/// Subscriptions in the same order.
pub(super) fn plan(plan: &sdk::Plan) -> Plan {
    Plan { subscriptions: plan.subscriptions().iter().map(subscription).collect() }
}

pub(super) fn bar_spec(spec: sdk::BarSpec) -> BarSpec {
    match spec {
        sdk::BarSpec::TimeNs(ns) => BarSpec::TimeNs(ns),
        sdk::BarSpec::Ticks(count) => BarSpec::Ticks(count),
        sdk::BarSpec::Volume(qty) => BarSpec::Volume(qty.0),
        sdk::BarSpec::Value(value) => BarSpec::Value(value.0),
        sdk::BarSpec::TickImbalance(count) => BarSpec::TickImbalance(count),
        sdk::BarSpec::VolumeImbalance(qty) => BarSpec::VolumeImbalance(qty.0),
        sdk::BarSpec::ValueImbalance(value) => BarSpec::ValueImbalance(value.0),
        sdk::BarSpec::TickRuns(count) => BarSpec::TickRuns(count),
        sdk::BarSpec::VolumeRuns(qty) => BarSpec::VolumeRuns(qty.0),
        sdk::BarSpec::ValueRuns(value) => BarSpec::ValueRuns(value.0),
        sdk::BarSpec::Renko(price) => BarSpec::Renko(price.0),
        sdk::BarSpec::Range(price) => BarSpec::Range(price.0),
    }
}

fn subscription(wish: &sdk::Subscription) -> Subscription {
    Subscription {
        instrument: InstrumentId(wish.instrument.0),
        topic: topic(wish.kind),
        filter: match wish.filter {
            sdk::ChangeFilter::Every => ChangeFilter::Every,
            sdk::ChangeFilter::TouchPrice => ChangeFilter::TouchPrice,
            sdk::ChangeFilter::Touch => ChangeFilter::Touch,
            sdk::ChangeFilter::TouchPriceOrOwn => ChangeFilter::TouchPriceOrOwn,
        },
        bars: wish.bars.map(bar_spec),
        warm_up: wish.warm_up,
    }
}

fn topic(kind: sdk::EventKind) -> Topic {
    match kind {
        sdk::EventKind::Trade => Topic::Trade,
        sdk::EventKind::Quote => Topic::Quote,
        sdk::EventKind::Book => Topic::Book,
        sdk::EventKind::Bar => Topic::Bar,
        sdk::EventKind::MarkPrice => Topic::MarkPrice,
        sdk::EventKind::Funding => Topic::Funding,
        sdk::EventKind::Status => Topic::Status,
        sdk::EventKind::Feed => Topic::Feed,
        sdk::EventKind::CorporateAction => Topic::CorporateAction,
        sdk::EventKind::Order => Topic::Order,
        sdk::EventKind::Signal => Topic::Signal,
        sdk::EventKind::Trading => Topic::Trading,
    }
}

/// Hands an intent over as the interface describes it: quantities and values above 0, slippage from 1 to 5000, an
/// instrument that is not 0, an amend that changes something.
pub(super) fn emit(loan: &mut StateLoan, wish: &sdk::Intent) -> Result<IntentId, EmitError> {
    let kind = match wish {
        sdk::Intent::Note(text) => return loan.emit_note(text.as_bytes()),
        sdk::Intent::Schedule(wanted) => {
            let weights: &[u16] = if let sdk::Curve::Profile(weights) = &wanted.curve { weights } else { &[] };
            return loan.emit_schedule(schedule(wanted)?, weights);
        }
        sdk::Intent::Submit(wanted) => IntentKind::Submit(submit(wanted)?),
        sdk::Intent::Cancel(id) => IntentKind::Cancel(own(*id)?),
        sdk::Intent::Amend(wanted) => IntentKind::Amend(amend(wanted)?),
        sdk::Intent::CancelAll(scope) => IntentKind::CancelAll(scope.map(instrument).transpose()?),
        sdk::Intent::Flatten(scope) => IntentKind::Flatten(scope.map(instrument).transpose()?),
        sdk::Intent::WakeAt(time) => IntentKind::WakeAt(TimeNs(time.0)),
    };
    loan.emit(kind)
}

fn schedule(wanted: &sdk::Schedule) -> Result<Schedule, EmitError> {
    Ok(Schedule {
        instrument: instrument(wanted.instrument)?,
        side: match wanted.side {
            sdk::Side::Buy => Side::Buy,
            sdk::Side::Sell => Side::Sell,
        },
        size: match wanted.size {
            sdk::Size::Quantity(qty) => Size::Quantity(Qty(positive(qty.0)?)),
            sdk::Size::Notional(value) => Size::Notional(positive(value.0)?),
        },
        bound: match wanted.bound {
            sdk::Bound::Limit(price) => Bound::Limit(Price(price.0)),
            sdk::Bound::Slippage(bps) => {
                require((1..=SLIPPAGE_BPS_MAX).contains(&bps))?;
                Bound::Slippage(bps)
            }
        },
        post_only: wanted.post_only,
        reduce_only: wanted.reduce_only,
        position_side: PositionSide::Net,
        start: TimeNs(wanted.start.0),
        end: TimeNs(wanted.end.0),
        curve: match wanted.curve {
            sdk::Curve::Even(slices) => Curve::Even(slices),
            sdk::Curve::Profile(_) => Curve::Profile(NoteSpan::default()),
            sdk::Curve::Volume { slices, bps } => Curve::Volume { slices, bps },
        },
    })
}

fn submit(wanted: &sdk::Submit) -> Result<Submit, EmitError> {
    let bps = wanted.slippage_bps_max;
    require(bps.is_none_or(|bps| (1..=SLIPPAGE_BPS_MAX).contains(&bps)))?;
    Ok(Submit {
        instrument: instrument(wanted.instrument)?,
        side: match wanted.side {
            sdk::Side::Buy => Side::Buy,
            sdk::Side::Sell => Side::Sell,
        },
        size: match wanted.size {
            sdk::Size::Quantity(qty) => Size::Quantity(Qty(positive(qty.0)?)),
            sdk::Size::Notional(value) => Size::Notional(positive(value.0)?),
        },
        order_type: match wanted.order_type {
            sdk::OrderType::Market => OrderType::Market,
            sdk::OrderType::Limit => OrderType::Limit,
            sdk::OrderType::StopMarket => OrderType::StopMarket,
            sdk::OrderType::StopLimit => OrderType::StopLimit,
            sdk::OrderType::MarketIfTouched => OrderType::MarketIfTouched,
            sdk::OrderType::LimitIfTouched => OrderType::LimitIfTouched,
            sdk::OrderType::TrailingStopMarket => OrderType::TrailingStopMarket,
            sdk::OrderType::TrailingStopLimit => OrderType::TrailingStopLimit,
            sdk::OrderType::MarketToLimit => OrderType::MarketToLimit,
        },
        limit_price: wanted.limit_price.map(|price| Price(price.0)),
        stop_price: wanted.stop_price.map(|price| Price(price.0)),
        tif: match wanted.tif {
            sdk::TimeInForce::Gtc => TimeInForce::Gtc,
            sdk::TimeInForce::Ioc => TimeInForce::Ioc,
            sdk::TimeInForce::Fok => TimeInForce::Fok,
            sdk::TimeInForce::Day => TimeInForce::Day,
            sdk::TimeInForce::Gtd => TimeInForce::Gtd,
            sdk::TimeInForce::AtOpen => TimeInForce::AtOpen,
            sdk::TimeInForce::AtClose => TimeInForce::AtClose,
        },
        max_slippage_bps: bps,
        post_only: wanted.post_only,
        reduce_only: wanted.reduce_only,
        position_side: PositionSide::Net,
        extras: extras(&wanted.extras)?,
    })
}

fn extras(wanted: &sdk::Extras) -> Result<Extras, EmitError> {
    let named = |id: Option<sdk::IntentId>| id.map_or(Ok(IntentId(0)), own);
    Ok(Extras {
        expire_at: TimeNs(wanted.expire_at.map_or(0, |time| time.0)),
        display_qty: Qty(wanted.display_qty.map_or(Ok(0), |qty| positive(qty.0))?),
        trail: wanted.trail.map_or(Ok(Trail::NONE), trail)?,
        trigger_by: match wanted.trigger_by {
            sdk::TriggerBy::Last => TriggerBy::Last,
            sdk::TriggerBy::Touch => TriggerBy::Touch,
            sdk::TriggerBy::Mark => TriggerBy::Mark,
        },
        link: Link {
            parent: named(wanted.parent)?,
            group: named(wanted.group)?,
            group_kind: match wanted.group_kind {
                sdk::GroupKind::None => GroupKind::None,
                sdk::GroupKind::Oco => GroupKind::Oco,
                sdk::GroupKind::Ouo => GroupKind::Ouo,
            },
        },
    })
}

fn trail(wanted: sdk::Trail) -> Result<Trail, EmitError> {
    require(wanted.limit_offset >= 0)?;
    let unit = match wanted.unit {
        sdk::TrailUnit::Price => TrailUnit::Price,
        sdk::TrailUnit::Bps => TrailUnit::Bps,
        sdk::TrailUnit::Ticks => TrailUnit::Ticks,
    };
    Ok(Trail { offset: positive(wanted.offset)?, unit, limit_offset: wanted.limit_offset })
}

fn amend(wanted: &sdk::Amend) -> Result<Amend, EmitError> {
    require(wanted.price.is_some() || wanted.qty.is_some() || wanted.trigger.is_some())?;
    let qty = wanted.qty.map(|qty| positive(qty.0)).transpose()?;
    let price = |price: Option<sdk::Price>| price.map(|price| Price(price.0));
    Ok(Amend { order: own(wanted.id)?, price: price(wanted.price), qty: qty.map(Qty), trigger: price(wanted.trigger) })
}

fn instrument(id: sdk::InstrumentId) -> Result<InstrumentId, EmitError> {
    require(id != sdk::InstrumentId::NONE).map(|()| InstrumentId(id.0))
}

fn own(id: sdk::IntentId) -> Result<IntentId, EmitError> {
    require((1..=IntentId::MAX.0).contains(&id.0)).map(|()| IntentId(id.0))
}

fn positive(value: i64) -> Result<i64, EmitError> {
    require(value > 0).map(|()| value)
}

fn require(holds: bool) -> Result<(), EmitError> {
    if holds { Ok(()) } else { Err(EmitError::Malformed) }
}
