//! Decisions on the wire: which bytes does each kind of decision have, stored and in a digest?
//!
//! In: a decision with the buffer its notes lie in, or the payload of a decision record. Out: the payload, or the
//! decision. Must never: let an approval number, a tag, fuel or the strategy's own id into a digest.

use ringfence_core::canonical::{Read, Reader, Writer};
use ringfence_core::decision::{
    Anomaly, AnomalyCode, ApprovalMark, Decision, DecisionKind, Denial, DenialCode, DropReason, EndCode, Ended,
    Malformed, MalformedCode, Normalised, Refusal, RefusalCode, Scheduled,
};
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, Seq, StrategyId, VenueId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{
    Action, AmendTerms, CancelTerms, Curve, IntentKind, NoteSpan, OrderTerms, OrderType, Schedule, TimeInForce,
    put_intent, take_intent,
};
use ringfence_core::risk::KeyId;

use super::event::{put_halt, take_array, take_halt, take_price, take_qty, take_time};

/// Position of a decision: the event it stands after and its place in that step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Event of the step.
    pub seq: Seq,
    /// Place in the step, from 0.
    pub ordinal: u32,
}

/// Appends the payload of a decision record; its type is `decision.kind.number()`.
///
/// # Panics
/// When a note's span lies outside `notes` or is longer than [`NOTE_BYTES_MAX`](ringfence_core::intent::NOTE_BYTES_MAX): the core gives out no such span.
pub fn put_decision(w: &mut Writer, number: Number, decision: &Decision, notes: &[u8]) {
    w.u64(number.seq.0);
    w.u32(number.ordinal);
    decision.key.put(w);
    Form::Stored.put(w, &decision.kind, notes);
}

/// Reads the payload of a decision record; the bytes of a note are appended to `notes`. `None` when no decision has this
/// number.
///
/// # Errors
/// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not exactly one decision of that kind.
pub fn take_decision(number: u16, payload: &[u8], notes: &mut Vec<u8>) -> Read<Option<(Number, Decision)>> {
    // Only an unknown number answers `None`; what it holds beyond its number is not ours to read.
    if matches!(take_kind(number, &mut Reader::new(&[]), notes), Ok(None)) {
        return Ok(None);
    }
    let r = &mut Reader::new(payload);
    let place = Number { seq: Seq(r.u64()?), ordinal: r.u32()? };
    let key = LegKey::take(r)?;
    let Some(kind) = take_kind(number, r, notes)? else { return Ok(None) };
    r.finish()?;
    Ok(Some((place, Decision { key, kind })))
}

/// Appends what a digest covers: intent number, leg, kind and payload; not seq, approval, tag, fuel, strategy id.
///
/// # Panics
/// As [`put_decision`].
pub fn put_for_digest(w: &mut Writer, decision: &Decision, notes: &[u8]) {
    w.u64(decision.key.intent.0);
    w.u16(decision.key.leg.0);
    w.u16(decision.kind.number());
    Form::Digest(decision.key.strategy).put(w, &decision.kind, notes);
}

/// Which of the two byte forms is meant.
#[derive(Clone, Copy)]
enum Form {
    /// Everything, as it is stored.
    Stored,
    /// Only what the strategy of this id shares with a run of its own.
    Digest(StrategyId),
}

impl Form {
    fn put(self, w: &mut Writer, kind: &DecisionKind, notes: &[u8]) {
        match *kind {
            DecisionKind::Emitted(intent) => put_intent(w, intent, notes),
            DecisionKind::Malformed(malformed) => put_malformed(w, malformed),
            DecisionKind::Normalised(normalised) => {
                self.put_action(w, &normalised.action);
                w.i64(normalised.reference.0);
            }
            DecisionKind::Denied(denial) => put_denial(w, denial),
            DecisionKind::Allowed(mark) => self.put_mark(w, &mark),
            DecisionKind::Queued => {}
            DecisionKind::Superseded(key) | DecisionKind::Withdrawn(key) | DecisionKind::Tied(key) => {
                self.put_key(w, key);
            }
            DecisionKind::ApprovalExpired(time) => w.u64(time.0),
            DecisionKind::Dispatched(venue, account) => {
                w.u16(venue.0);
                w.u16(account.0);
            }
            DecisionKind::Refused(refusal) => {
                w.u8(refusal.code.number());
                w.u64(refusal.approved_at.0);
            }
            DecisionKind::Halted(halt) => match self {
                Form::Stored => put_halt(w, halt),
                Form::Digest(_) => w.u8(halt.code.number()),
            },
            DecisionKind::Anomaly(anomaly) => {
                w.u8(anomaly.code.number());
                w.i64(anomaly.value);
            }
            DecisionKind::Held(price) | DecisionKind::Released(price) => w.i64(price.0),
            DecisionKind::Dropped(reason) => w.u8(reason.number()),
            DecisionKind::Scheduled(whole) => {
                w.i64(whole.qty.0);
                w.u64(whole.start.0);
                w.u64(whole.end.0);
                w.i64(whole.reference.0);
            }
            DecisionKind::Ended(end) => {
                w.u8(end.code.number());
                w.i64(end.filled.0);
                w.i64(end.left.0);
            }
        }
    }

    fn put_mark(self, w: &mut Writer, mark: &ApprovalMark) {
        match self {
            Form::Stored => {
                w.u64(mark.number);
                w.u32(mark.key_id.0);
                w.raw(&mark.tag);
            }
            Form::Digest(_) => {}
        }
    }

    /// In a digest an own leg is named without the strategy's id, which differs from host to host.
    fn put_key(self, w: &mut Writer, key: LegKey) {
        match self {
            Form::Stored => key.put(w),
            Form::Digest(own) => {
                let other = (key.strategy != own).then_some(key.strategy.0);
                w.option(other, Writer::u16);
                w.u64(key.intent.0);
                w.u16(key.leg.0);
            }
        }
    }

    fn put_action(self, w: &mut Writer, action: &Action) {
        match action {
            Action::Submit(terms) => {
                w.u8(1);
                put_order_terms(w, terms);
            }
            Action::Cancel(terms) => {
                w.u8(2);
                self.put_key(w, terms.order);
                w.u32(terms.instrument.0);
            }
            Action::Amend(terms) => {
                w.u8(3);
                self.put_key(w, terms.order);
                w.u32(terms.instrument.0);
                w.u8(terms.side.number());
                w.i64(terms.price.0);
                w.i64(terms.qty.0);
            }
        }
    }
}

fn take_kind(number: u16, r: &mut Reader<'_>, notes: &mut Vec<u8>) -> Read<Option<DecisionKind>> {
    let kind = match number {
        1000 => DecisionKind::Emitted(take_intent(r, notes)?),
        1001 => DecisionKind::Malformed(Malformed { code: MalformedCode::take(r)?, value: r.i64()?, limit: r.i64()? }),
        1002 => DecisionKind::Normalised(Normalised { action: take_action(r)?, reference: take_price(r)? }),
        1003 => DecisionKind::Denied(take_denial(r)?),
        1004 => DecisionKind::Allowed(ApprovalMark { number: r.u64()?, key_id: KeyId(r.u32()?), tag: take_array(r)? }),
        1005 => DecisionKind::Queued,
        1006 => DecisionKind::Superseded(LegKey::take(r)?),
        1007 => DecisionKind::Withdrawn(LegKey::take(r)?),
        1008 => DecisionKind::ApprovalExpired(take_time(r)?),
        1009 => DecisionKind::Dispatched(VenueId(r.u16()?), AccountId(r.u16()?)),
        1010 => DecisionKind::Refused(Refusal { code: RefusalCode::take(r)?, approved_at: take_time(r)? }),
        1011 => DecisionKind::Halted(take_halt(r)?),
        1012 => DecisionKind::Anomaly(Anomaly { code: AnomalyCode::take(r)?, value: r.i64()? }),
        1016 => DecisionKind::Held(take_price(r)?),
        1017 => DecisionKind::Released(take_price(r)?),
        1018 => DecisionKind::Dropped(DropReason::take(r)?),
        1013 => DecisionKind::Scheduled(Scheduled {
            qty: take_qty(r)?,
            start: take_time(r)?,
            end: take_time(r)?,
            reference: take_price(r)?,
        }),
        1014 => DecisionKind::Ended(Ended { code: EndCode::take(r)?, filled: take_qty(r)?, left: take_qty(r)? }),
        1015 => DecisionKind::Tied(LegKey::take(r)?),
        _ => return Ok(None),
    };
    Ok(Some(kind))
}

fn put_malformed(w: &mut Writer, malformed: Malformed) {
    w.u8(malformed.code.number());
    w.i64(malformed.value);
    w.i64(malformed.limit);
}

fn put_denial(w: &mut Writer, denial: Denial) {
    w.u8(denial.code.number());
    w.decimal(denial.limit);
    w.decimal(denial.value);
    w.decimal(denial.allowed);
}

fn take_denial(r: &mut Reader<'_>) -> Read<Denial> {
    Ok(Denial { code: DenialCode::take(r)?, limit: r.decimal()?, value: r.decimal()?, allowed: r.decimal()? })
}

fn put_order_terms(w: &mut Writer, terms: &OrderTerms) {
    w.u32(terms.instrument.0);
    w.u8(terms.side.number());
    w.i64(terms.qty.0);
    w.u8(terms.order_type.number());
    w.option(terms.limit_price, |w, price| w.i64(price.0));
    w.option(terms.stop_price, |w, price| w.i64(price.0));
    w.u8(terms.tif.number());
    w.flag(terms.post_only);
    w.flag(terms.reduce_only);
    w.u8(terms.position_side.number());
    w.i64(terms.reference.0);
}

fn take_order_terms(r: &mut Reader<'_>) -> Read<OrderTerms> {
    Ok(OrderTerms {
        instrument: InstrumentId(r.u32()?),
        side: Side::take(r)?,
        qty: take_qty(r)?,
        order_type: OrderType::take(r)?,
        limit_price: r.option(take_price)?,
        stop_price: r.option(take_price)?,
        tif: TimeInForce::take(r)?,
        post_only: r.flag()?,
        reduce_only: r.flag()?,
        position_side: PositionSide::take(r)?,
        reference: take_price(r)?,
    })
}

fn take_action(r: &mut Reader<'_>) -> Read<Action> {
    match r.u8()? {
        1 => take_order_terms(r).map(Action::Submit),
        2 => Ok(Action::Cancel(CancelTerms { order: LegKey::take(r)?, instrument: InstrumentId(r.u32()?) })),
        3 => Ok(Action::Amend(AmendTerms {
            order: LegKey::take(r)?,
            instrument: InstrumentId(r.u32()?),
            side: Side::take(r)?,
            price: take_price(r)?,
            qty: take_qty(r)?,
        })),
        _ => Err(r.invalid("action")),
    }
}

/// Whether the approval tags of two decisions must be equal to call the decisions equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    /// Both sides had the approval key: backtests, or a replay that was given it.
    Compared,
    /// One side had no key.
    Ignored,
}

/// True when two decisions say the same; notes are compared by their bytes, wherever they lie in their buffers.
#[must_use]
pub fn same_decision(left: (&Decision, &[u8]), right: (&Decision, &[u8]), tags: Tags) -> bool {
    let ((left, left_notes), (right, right_notes)) = (left, right);
    if left.key != right.key {
        return false;
    }
    match (&left.kind, &right.kind) {
        (DecisionKind::Emitted(IntentKind::Note(a)), DecisionKind::Emitted(IntentKind::Note(b))) => {
            note_bytes(*a, left_notes) == note_bytes(*b, right_notes)
        }
        (DecisionKind::Emitted(IntentKind::Schedule(a)), DecisionKind::Emitted(IntentKind::Schedule(b))) => {
            same_schedule((a, left_notes), (b, right_notes))
        }
        (DecisionKind::Allowed(a), DecisionKind::Allowed(b)) => {
            a.number == b.number && (tags == Tags::Ignored || (a.key_id, a.tag) == (b.key_id, b.tag))
        }
        (a, b) => a == b,
    }
}

fn same_schedule((a, left): (&Schedule, &[u8]), (b, right): (&Schedule, &[u8])) -> bool {
    match (a.curve, b.curve) {
        (Curve::Profile(own), Curve::Profile(other)) => {
            let is_same = note_bytes(own, left) == note_bytes(other, right);
            is_same && Schedule { curve: a.curve, ..*b } == *a
        }
        (own, other) => own == other && a == b,
    }
}

/// Bytes of a note or a profile, empty when the span lies outside the buffer.
#[must_use]
pub fn note_bytes(span: NoteSpan, notes: &[u8]) -> &[u8] {
    notes.get(span.start as usize..).and_then(|rest| rest.get(..span.len as usize)).unwrap_or_default()
}
