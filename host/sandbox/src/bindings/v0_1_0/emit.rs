//! Emit: what does a guest of this version want?
//!
//! In: an intent made by hostile code. Out: a core intent whose every field is in range, numbered. Must never: say
//! anything about what Risk thinks of it, or build a core value from a field that was not checked.

use ringfence_core::ids::{InstrumentId, IntentId, TimeNs};
use ringfence_core::instrument::PositionSide;
use ringfence_core::intent::{
    Amend, Bound, Curve, Extras, GroupKind, IntentKind, Link, NOTE_BYTES_MAX, NoteSpan, OrderType, Schedule, Size,
    Submit, TimeInForce, Trail, TrailUnit, TriggerBy,
};
use ringfence_core::money::{Price, Qty};
use ringfence_core::normalize::SLIPPAGE_BPS_MAX;
use ringfence_core::strategy::{Emissions, EmitError};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use super::offer::offer;
use super::{elsewhere, record, types};
use crate::price::{self, charge};
use crate::room::Room;

/// Registers the functions of the interface.
pub(super) fn link(instance: &mut LinkerInstance<'_, Room>) -> wasmtime::Result<()> {
    offer(instance, "emit", |store, (intent,): (types::Intent,)| Ok((emit(store, intent)?,)))?;
    offer(instance, "emit-schedule", |store, (wish,): (types::Schedule,)| Ok((emit_schedule(store, wish)?,)))?;
    offer(instance, "emit-order", |store, (request,): (types::OrderRequest,)| Ok((emit_order(store, request)?,)))
}

type Answer = Result<u64, types::EmitError>;

/// What `emit` costs.
pub(super) fn price(intent: &types::Intent) -> u64 {
    let bytes = match intent {
        types::Intent::Note(text) => text.len() as u64,
        types::Intent::Submit(_)
        | types::Intent::Cancel(_)
        | types::Intent::Amend(_)
        | types::Intent::CancelAll(_)
        | types::Intent::Flatten(_)
        | types::Intent::WakeAt(_) => 0,
    };
    price::IMPORT + price::BYTE * bytes
}

/// What `emit-schedule` costs.
pub(super) fn schedule_price(wish: &types::Schedule) -> u64 {
    price::IMPORT + price::SCHEDULE + 2 * price::BYTE * weights(wish).len() as u64
}

fn weights(wish: &types::Schedule) -> &[u16] {
    match &wish.curve {
        types::Curve::Profile(weights) => weights,
        types::Curve::Even(_) | types::Curve::Volume(_) => &[],
    }
}

/// Checks an intent, and takes it.
pub(super) fn take(intent: &types::Intent, out: &mut Emissions) -> Result<IntentId, EmitError> {
    match wish(intent)? {
        Wish::Intent(kind) => out.emit(kind),
        Wish::Note(text) => out.emit_note(text.as_bytes()),
    }
}

/// Checks an order with what few ask for, and takes it.
pub(super) fn take_order(request: &types::OrderRequest, out: &mut Emissions) -> Result<IntentId, EmitError> {
    out.emit(IntentKind::Submit(order(request)?))
}

/// Checks a schedule, and takes it.
pub(super) fn take_schedule(wish: &types::Schedule, out: &mut Emissions) -> Result<IntentId, EmitError> {
    out.emit_schedule(schedule(wish)?, weights(wish))
}

fn emit(mut store: StoreContextMut<'_, Room>, intent: types::Intent) -> wasmtime::Result<Answer> {
    charge(&mut store, price(&intent))?;
    let taken = take(&intent, store.data_mut().emissions()?);
    if let types::Intent::Note(text) = &intent {
        store.data_mut().note(text);
    }
    Ok(answer(&mut store, taken, || elsewhere::Wish::Intent(intent)))
}

fn emit_order(mut store: StoreContextMut<'_, Room>, request: types::OrderRequest) -> wasmtime::Result<Answer> {
    charge(&mut store, price::IMPORT)?;
    let taken = take_order(&request, store.data_mut().emissions()?);
    Ok(answer(&mut store, taken, || elsewhere::Wish::Order(request)))
}

fn emit_schedule(mut store: StoreContextMut<'_, Room>, wish: types::Schedule) -> wasmtime::Result<Answer> {
    charge(&mut store, schedule_price(&wish))?;
    let taken = take_schedule(&wish, store.data_mut().emissions()?);
    Ok(answer(&mut store, taken, || elsewhere::Wish::Schedule(wish)))
}

/// The guest's answer; what was taken is said to the host where that is another process.
fn answer(
    store: &mut StoreContextMut<'_, Room>,
    taken: Result<IntentId, EmitError>,
    wish: impl FnOnce() -> elsewhere::Wish,
) -> Answer {
    if taken.is_ok() && store.data().is_apart() {
        store.data_mut().wished(|out| elsewhere::put(&wish(), out));
    }
    taken.map(|IntentId(id)| id).map_err(emit_error)
}

fn schedule(wish: &types::Schedule) -> Result<Schedule, EmitError> {
    Ok(Schedule {
        instrument: instrument(wish.instrument)?,
        side: record::side_from(wish.side),
        size: size(wish.size)?,
        bound: match wish.bound {
            types::Bound::Limit(price) => Bound::Limit(Price(price)),
            types::Bound::Slippage(bps) => Bound::Slippage(slippage(bps)?),
        },
        post_only: wish.post_only,
        reduce_only: wish.reduce_only,
        position_side: PositionSide::Net,
        start: TimeNs(wish.start),
        end: TimeNs(wish.end),
        // The weights travel beside it.
        curve: match &wish.curve {
            types::Curve::Even(slices) => Curve::Even(*slices),
            types::Curve::Profile(_) => Curve::Profile(NoteSpan::default()),
            types::Curve::Volume(part) => Curve::Volume { slices: part.slices, bps: part.bps },
        },
    })
}

fn size(size: types::Size) -> Result<Size, EmitError> {
    Ok(match size {
        types::Size::Quantity(qty) => Size::Quantity(Qty(positive(qty)?)),
        types::Size::Notional(value) => Size::Notional(positive(value)?),
    })
}

/// A checked intent; the text of a note travels beside it.
enum Wish<'a> {
    Intent(IntentKind),
    Note(&'a str),
}

fn wish(intent: &types::Intent) -> Result<Wish<'_>, EmitError> {
    Ok(Wish::Intent(match intent {
        types::Intent::Submit(wanted) => IntentKind::Submit(submit(wanted)?),
        types::Intent::Cancel(id) => IntentKind::Cancel(own_intent(*id)?),
        types::Intent::Amend(wanted) => IntentKind::Amend(amend(wanted)?),
        types::Intent::CancelAll(of) => IntentKind::CancelAll(of.map(instrument).transpose()?),
        types::Intent::Flatten(of) => IntentKind::Flatten(of.map(instrument).transpose()?),
        types::Intent::WakeAt(time) => IntentKind::WakeAt(TimeNs(*time)),
        types::Intent::Note(text) if text.len() > NOTE_BYTES_MAX => return Err(EmitError::NoteTooLong),
        types::Intent::Note(text) => return Ok(Wish::Note(text)),
    }))
}

fn submit(wanted: &types::Submit) -> Result<Submit, EmitError> {
    Ok(Submit {
        instrument: instrument(wanted.instrument)?,
        side: record::side_from(wanted.side),
        size: size(wanted.size)?,
        order_type: match wanted.order_type {
            types::OrderType::Market => OrderType::Market,
            types::OrderType::Limit => OrderType::Limit,
            types::OrderType::StopMarket => OrderType::StopMarket,
            types::OrderType::StopLimit => OrderType::StopLimit,
            types::OrderType::MarketIfTouched => OrderType::MarketIfTouched,
            types::OrderType::LimitIfTouched => OrderType::LimitIfTouched,
            types::OrderType::TrailingStopMarket => OrderType::TrailingStopMarket,
            types::OrderType::TrailingStopLimit => OrderType::TrailingStopLimit,
            types::OrderType::MarketToLimit => OrderType::MarketToLimit,
        },
        limit_price: wanted.limit_price.map(Price),
        stop_price: wanted.stop_price.map(Price),
        tif: match wanted.tif {
            types::TimeInForce::Gtc => TimeInForce::Gtc,
            types::TimeInForce::Ioc => TimeInForce::Ioc,
            types::TimeInForce::Fok => TimeInForce::Fok,
            types::TimeInForce::Day => TimeInForce::Day,
            types::TimeInForce::Gtd => TimeInForce::Gtd,
            types::TimeInForce::AtOpen => TimeInForce::AtOpen,
            types::TimeInForce::AtClose => TimeInForce::AtClose,
        },
        max_slippage_bps: wanted.max_slippage_bps.map(slippage).transpose()?,
        post_only: wanted.post_only,
        reduce_only: wanted.reduce_only,
        // Version 0.1.0 knows net positions only.
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    })
}

/// An order with what few orders ask for; whether that fits together is the Normalizer's question.
fn order(wanted: &types::OrderRequest) -> Result<Submit, EmitError> {
    let display_qty = if wanted.display_qty == 0 { 0 } else { positive(wanted.display_qty)? };
    let extras = Extras {
        expire_at: TimeNs(wanted.expire_at),
        display_qty: Qty(display_qty),
        trail: wanted.trail.as_ref().map_or(Ok(Trail::NONE), trail)?,
        trigger_by: match wanted.trigger_by {
            types::TriggerBy::Last => TriggerBy::Last,
            types::TriggerBy::Touch => TriggerBy::Touch,
            types::TriggerBy::Mark => TriggerBy::Mark,
        },
        link: Link {
            parent: own_intent_or_none(wanted.parent)?,
            group: own_intent_or_none(wanted.group)?,
            group_kind: match wanted.group_kind {
                types::GroupKind::None => GroupKind::None,
                types::GroupKind::Oco => GroupKind::Oco,
                types::GroupKind::Ouo => GroupKind::Ouo,
            },
        },
    };
    Ok(Submit { extras, ..submit(&wanted.order)? })
}

fn trail(wanted: &types::Trail) -> Result<Trail, EmitError> {
    if wanted.limit_offset < 0 {
        return Err(EmitError::Malformed);
    }
    let unit = match wanted.unit {
        types::TrailUnit::Price => TrailUnit::Price,
        types::TrailUnit::Bps => TrailUnit::Bps,
        types::TrailUnit::Ticks => TrailUnit::Ticks,
    };
    Ok(Trail { offset: positive(wanted.offset)?, unit, limit_offset: wanted.limit_offset })
}

fn amend(wanted: &types::Amend) -> Result<Amend, EmitError> {
    if wanted.price.is_none() && wanted.qty.is_none() && wanted.trigger.is_none() {
        return Err(EmitError::Malformed);
    }
    let qty = wanted.qty.map(positive).transpose()?;
    let (price, trigger) = (wanted.price.map(Price), wanted.trigger.map(Price));
    Ok(Amend { order: own_intent(wanted.id)?, price, qty: qty.map(Qty), trigger })
}

/// Instrument 0 is none; whether another one exists is the Normalizer's question.
fn instrument(id: u32) -> Result<InstrumentId, EmitError> {
    if id == InstrumentId::NONE.0 { Err(EmitError::Malformed) } else { Ok(InstrumentId(id)) }
}

/// A number that an intent can have.
fn own_intent(id: u64) -> Result<IntentId, EmitError> {
    if (1..=IntentId::MAX.0).contains(&id) { Ok(IntentId(id)) } else { Err(EmitError::Malformed) }
}

fn own_intent_or_none(id: u64) -> Result<IntentId, EmitError> {
    if id == 0 { Ok(IntentId(0)) } else { own_intent(id) }
}

fn positive(value: i64) -> Result<i64, EmitError> {
    if value > 0 { Ok(value) } else { Err(EmitError::Malformed) }
}

fn slippage(bps: u32) -> Result<u32, EmitError> {
    if (1..=SLIPPAGE_BPS_MAX).contains(&bps) { Ok(bps) } else { Err(EmitError::Malformed) }
}

fn emit_error(error: EmitError) -> types::EmitError {
    match error {
        EmitError::Warmup => types::EmitError::Warmup,
        EmitError::TooMany => types::EmitError::TooMany,
        EmitError::Malformed => types::EmitError::Malformed,
        EmitError::NoteTooLong => types::EmitError::NoteTooLong,
        EmitError::NotNow => types::EmitError::NotNow,
    }
}
