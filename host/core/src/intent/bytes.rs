//! Intents in bytes: which canonical form does each kind have?
//!
//! In: an intent with the buffer that its note or profile lies in, or bytes. Out: the bytes, or the intent. Must never: let
//! two intents have the same bytes, or one that was read hold more than an intent may.

use alloc::vec::Vec;

use crate::canonical::{Read, Reader, Writer};
use crate::ids::{InstrumentId, IntentId, TimeNs};
use crate::instrument::{PositionSide, Side};
use crate::intent::{
    Amend, Bound, Curve, Extras, IntentKind, NOTE_BYTES_MAX, NoteSpan, OrderType, Schedule, Size, Submit, TimeInForce,
};
use crate::money::{Price, Qty};

/// Appends the canonical bytes of an intent; a note or a profile lies in `notes`.
///
/// # Panics
/// When a span lies outside `notes` or is longer than [`NOTE_BYTES_MAX`]: the core gives out no such span.
pub fn put_intent(w: &mut Writer, kind: IntentKind, notes: &[u8]) {
    match kind {
        IntentKind::Submit(submit) if submit.extras == Extras::NONE => {
            w.u8(1);
            put_submit(w, &submit);
        }
        IntentKind::Submit(submit) => {
            w.u8(8);
            put_submit(w, &submit);
            submit.extras.put(w);
        }
        IntentKind::Cancel(intent) => {
            w.u8(2);
            w.u64(intent.0);
        }
        IntentKind::Amend(amend) => {
            w.u8(if amend.trigger.is_some() { 10 } else { 3 });
            w.u64(amend.order.0);
            w.option(amend.price, |w, price| w.i64(price.0));
            w.option(amend.qty, |w, qty| w.i64(qty.0));
            if let Some(trigger) = amend.trigger {
                w.i64(trigger.0);
            }
        }
        IntentKind::CancelAll(instrument) => {
            w.u8(4);
            w.option(instrument, |w, instrument| w.u32(instrument.0));
        }
        IntentKind::Flatten(instrument) => {
            w.u8(5);
            w.option(instrument, |w, instrument| w.u32(instrument.0));
        }
        IntentKind::WakeAt(time) => {
            w.u8(6);
            w.u64(time.0);
        }
        IntentKind::Note(span) => {
            w.u8(7);
            put_note(w, span, notes);
        }
        IntentKind::Schedule(schedule) => {
            w.u8(9);
            put_schedule(w, &schedule, notes);
        }
    }
}

fn put_note(w: &mut Writer, span: NoteSpan, notes: &[u8]) {
    let (start, len) = (span.start as usize, span.len as usize);
    assert!(len <= NOTE_BYTES_MAX, "a note of {len} bytes is above {NOTE_BYTES_MAX}");
    w.blob(&notes[start..][..len]);
}

/// Reads an intent; the bytes of a note or a profile are appended to `notes`.
///
/// # Errors
/// [`DecodeError`](crate::canonical::DecodeError) when the bytes are cut off or are no intent.
pub fn take_intent(r: &mut Reader<'_>, notes: &mut Vec<u8>) -> Read<IntentKind> {
    let instrument = |r: &mut Reader<'_>| r.u32().map(InstrumentId);
    match r.u8()? {
        1 => take_submit(r).map(IntentKind::Submit),
        2 => r.u64().map(|intent| IntentKind::Cancel(IntentId(intent))),
        kind @ (3 | 10) => {
            let (order, price, qty) = (IntentId(r.u64()?), r.option(take_price)?, r.option(take_qty)?);
            let trigger = if kind == 10 { Some(take_price(r)?) } else { None };
            Ok(IntentKind::Amend(Amend { order, price, qty, trigger }))
        }
        4 => r.option(instrument).map(IntentKind::CancelAll),
        5 => r.option(instrument).map(IntentKind::Flatten),
        6 => r.u64().map(|time| IntentKind::WakeAt(TimeNs(time))),
        7 => take_note(r, notes).map(IntentKind::Note),
        8 => {
            let (submit, extras) = (take_submit(r)?, Extras::take(r)?);
            if extras == Extras::NONE {
                return Err(r.invalid("extras of an order"));
            }
            Ok(IntentKind::Submit(Submit { extras, ..submit }))
        }
        9 => take_schedule(r, notes).map(IntentKind::Schedule),
        _ => Err(r.invalid("intent kind")),
    }
}

fn take_note(r: &mut Reader<'_>, notes: &mut Vec<u8>) -> Read<NoteSpan> {
    let bytes = r.blob()?;
    if bytes.len() > NOTE_BYTES_MAX {
        return Err(r.invalid("note length"));
    }
    let start = u32::try_from(notes.len()).map_err(|_| r.invalid("note buffer"))?;
    notes.extend_from_slice(bytes);
    Ok(NoteSpan { start, len: bytes.len() as u32 })
}

/// The weights of a profile stand where a note stands.
fn put_schedule(w: &mut Writer, schedule: &Schedule, notes: &[u8]) {
    w.u32(schedule.instrument.0);
    w.u8(schedule.side.number());
    put_size(w, schedule.size);
    match schedule.bound {
        Bound::Limit(price) => {
            w.u8(1);
            w.i64(price.0);
        }
        Bound::Slippage(bps) => {
            w.u8(2);
            w.u32(bps);
        }
    }
    w.flag(schedule.post_only);
    w.flag(schedule.reduce_only);
    w.u8(schedule.position_side.number());
    w.u64(schedule.start.0);
    w.u64(schedule.end.0);
    match schedule.curve {
        Curve::Even(slices) => {
            w.u8(1);
            w.u16(slices);
        }
        Curve::Profile(span) => {
            w.u8(2);
            put_note(w, span, notes);
        }
        Curve::Volume { slices, bps } => {
            w.u8(3);
            w.u16(slices);
            w.u32(bps);
        }
    }
}

fn take_schedule(r: &mut Reader<'_>, notes: &mut Vec<u8>) -> Read<Schedule> {
    Ok(Schedule {
        instrument: InstrumentId(r.u32()?),
        side: Side::take(r)?,
        size: take_size(r)?,
        bound: match r.u8()? {
            1 => Bound::Limit(take_price(r)?),
            2 => Bound::Slippage(r.u32()?),
            _ => return Err(r.invalid("bound of a schedule")),
        },
        post_only: r.flag()?,
        reduce_only: r.flag()?,
        position_side: PositionSide::take(r)?,
        start: take_time(r)?,
        end: take_time(r)?,
        curve: match r.u8()? {
            1 => Curve::Even(r.u16()?),
            2 => Curve::Profile(take_note(r, notes)?),
            3 => Curve::Volume { slices: r.u16()?, bps: r.u32()? },
            _ => return Err(r.invalid("curve of a schedule")),
        },
    })
}

fn put_size(w: &mut Writer, size: Size) {
    match size {
        Size::Quantity(qty) => {
            w.u8(1);
            w.i64(qty.0);
        }
        Size::Notional(value) => {
            w.u8(2);
            w.i64(value);
        }
    }
}

fn put_submit(w: &mut Writer, submit: &Submit) {
    w.u32(submit.instrument.0);
    w.u8(submit.side.number());
    put_size(w, submit.size);
    w.u8(submit.order_type.number());
    w.option(submit.limit_price, |w, price| w.i64(price.0));
    w.option(submit.stop_price, |w, price| w.i64(price.0));
    w.u8(submit.tif.number());
    w.option(submit.max_slippage_bps, Writer::u32);
    w.flag(submit.post_only);
    w.flag(submit.reduce_only);
    w.u8(submit.position_side.number());
}

fn take_submit(r: &mut Reader<'_>) -> Read<Submit> {
    Ok(Submit {
        instrument: InstrumentId(r.u32()?),
        side: Side::take(r)?,
        size: take_size(r)?,
        order_type: OrderType::take(r)?,
        limit_price: r.option(take_price)?,
        stop_price: r.option(take_price)?,
        tif: TimeInForce::take(r)?,
        max_slippage_bps: r.option(Reader::u32)?,
        post_only: r.flag()?,
        reduce_only: r.flag()?,
        position_side: PositionSide::take(r)?,
        extras: Extras::NONE,
    })
}

fn take_size(r: &mut Reader<'_>) -> Read<Size> {
    match r.u8()? {
        1 => r.i64().map(|qty| Size::Quantity(Qty(qty))),
        2 => r.i64().map(Size::Notional),
        _ => Err(r.invalid("size")),
    }
}

fn take_price(r: &mut Reader<'_>) -> Read<Price> {
    r.i64().map(Price)
}

fn take_qty(r: &mut Reader<'_>) -> Read<Qty> {
    r.i64().map(Qty)
}

fn take_time(r: &mut Reader<'_>) -> Read<TimeNs> {
    r.u64().map(TimeNs)
}
