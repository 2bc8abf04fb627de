//! Decisions: what was decided about a leg, and on which numbers?
//!
//! In: a decision with its place. Out: its fields. Must never: skip a field.

use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::ids::{InstrumentId, IntentId, LegKey, Seq, StrategyId};
use ringfence_core::instrument::PositionSide;
use ringfence_core::intent::{
    Action, Amend, Bound, Curve, Extras, GroupKind, IntentKind, OrderTerms, Schedule, Size, Submit, TrailUnit,
    TriggerBy,
};
use ringfence_core::money::{Price, Qty};
use ringfence_journal::wire::decision::note_bytes;

use super::{Fields, Renderer};
use crate::calendar::time_text;
use crate::output::hex;

impl Renderer<'_> {
    /// Everything a decision says. `notes` are the bytes that its note points into; `of` is the instrument that it is about,
    /// where the reader knows it from what came before.
    pub(crate) fn decision(
        &self,
        (seq, ordinal): (Seq, usize),
        decision: &Decision,
        (notes, of): (&[u8], Option<InstrumentId>),
    ) -> Fields {
        Fields::new()
            .with("seq", seq.0)
            .with("ordinal", ordinal as u64)
            .with("decision", decision.kind.name())
            .with("strategy", self.strategy(decision.key.strategy))
            .with("intent", Renderer::leg(decision.key))
            .and(self.decided(&decision.kind, (notes, of)))
    }

    fn decided(&self, kind: &DecisionKind, (notes, of): (&[u8], Option<InstrumentId>)) -> Fields {
        let fields = Fields::new();
        let price = |names, price: Price| self.number(names, price.0, of.map(|id| self.price(id, price)));
        let qty = |names, qty: Qty| self.number(names, qty.0, of.map(|id| self.qty(id, qty)));
        match kind {
            DecisionKind::Emitted(intent) => self.intent(intent, (notes, of)),
            DecisionKind::Malformed(answer) => {
                fields.with("code", answer.code.code()).with("value", answer.value).with("limit", answer.limit)
            }
            DecisionKind::Normalised(result) => {
                let id = result.action.instrument();
                let reference = (result.reference.0 != 0).then(|| self.price(id, result.reference));
                self.action(&result.action).with_some("reference", reference)
            }
            DecisionKind::Denied(denial) => fields
                .with("code", denial.code.code())
                .with("limit", Renderer::decimal(denial.limit))
                .with("value", Renderer::decimal(denial.value))
                .with("allowed", Renderer::decimal(denial.allowed)),
            DecisionKind::Allowed(mark) => fields.with("approval", mark.number).with("tag", hex(&mark.tag)),
            DecisionKind::Queued => fields,
            DecisionKind::Withdrawn(by) if *by == LegKey::default() => fields.with("by", "kill-switch"),
            DecisionKind::Superseded(by) | DecisionKind::Withdrawn(by) => fields.with("by", Renderer::leg(*by)),
            DecisionKind::ApprovalExpired(approved_at) => fields.with("approved_at", time_text(approved_at.0)),
            DecisionKind::Dispatched(venue, account) => {
                fields.with("venue", self.venue(*venue)).with("account", self.account(*account))
            }
            DecisionKind::Refused(refusal) => {
                fields.with("code", refusal.code.code()).with("approved_at", time_text(refusal.approved_at.0))
            }
            DecisionKind::Halted(halt) => {
                fields.with("code", halt.code.code()).with("limit", halt.limit).with("used", halt.used)
            }
            DecisionKind::Anomaly(anomaly) => fields.with("code", anomaly.code.code()).with("value", anomaly.value),
            DecisionKind::Held(trigger) | DecisionKind::Released(trigger) => {
                price(["price", "price_mantissa"], *trigger)
            }
            DecisionKind::Dropped(reason) => fields.with("reason", reason.code()),
            DecisionKind::Tied(parent) => fields.with("parent", Renderer::leg(*parent)),
            DecisionKind::Scheduled(whole) => qty(["qty", "qty_mantissa"], whole.qty)
                .with("start", time_text(whole.start.0))
                .with("end", time_text(whole.end.0))
                .and(price(["valued_at", "valued_at_mantissa"], whole.reference)),
            DecisionKind::Ended(end) => fields
                .with("code", end.code.code())
                .and(qty(["filled", "filled_mantissa"], end.filled))
                .and(qty(["left", "left_mantissa"], end.left)),
        }
    }

    /// A decimal under the first name; the mantissa under the second where no instrument is known.
    fn number(&self, [name, mantissa]: [&'static str; 2], value: i64, decimal: Option<String>) -> Fields {
        match decimal {
            Some(decimal) => Fields::new().with(name, decimal),
            None => Fields::new().with(mantissa, value),
        }
    }

    fn intent(&self, intent: &IntentKind, (notes, of): (&[u8], Option<InstrumentId>)) -> Fields {
        let fields = Fields::new().with("kind", intent.name());
        match intent {
            IntentKind::Submit(submit) => fields.and(self.submit(submit)),
            IntentKind::Cancel(order) => fields.with("order", order.0),
            IntentKind::Amend(amend) => fields.and(self.amended(amend, of)),
            IntentKind::CancelAll(only) | IntentKind::Flatten(only) => {
                fields.with_some("instrument", only.map(|id| self.instrument(id)))
            }
            IntentKind::WakeAt(time) => fields.with("at", time_text(time.0)),
            IntentKind::Note(span) => {
                fields.with("note", String::from_utf8_lossy(note_bytes(*span, notes)).into_owned())
            }
            IntentKind::Schedule(schedule) => fields.and(self.schedule(schedule, notes)),
        }
    }

    fn amended(&self, amend: &Amend, of: Option<InstrumentId>) -> Fields {
        let price = |names, price: Price| self.number(names, price.0, of.map(|id| self.price(id, price)));
        let qty = |qty: Qty| self.number(["qty", "qty_mantissa"], qty.0, of.map(|id| self.qty(id, qty)));
        let none = Fields::new;
        Fields::new()
            .with("order", amend.order.0)
            .and(amend.price.map_or_else(none, |to| price(["price", "price_mantissa"], to)))
            .and(amend.qty.map_or_else(none, qty))
            .and(amend.trigger.map_or_else(none, |to| price(["trigger", "trigger_mantissa"], to)))
    }

    fn schedule(&self, schedule: &Schedule, notes: &[u8]) -> Fields {
        let id = schedule.instrument;
        let (name, size) = self.size(id, schedule.size);
        let fields =
            Fields::new().with("instrument", self.instrument(id)).with("side", schedule.side.code()).with(name, size);
        let fields = match schedule.bound {
            Bound::Limit(price) => fields.with("limit_price", self.price(id, price)),
            Bound::Slippage(bps) => fields.with("max_slippage_bps", bps),
        };
        let fields = match schedule.curve {
            Curve::Even(slices) => fields.with("curve", "even").with("slices", slices),
            Curve::Profile(span) => {
                let weights = note_bytes(span, notes).chunks_exact(2);
                let weights = weights.map(|weight| u16::from_le_bytes([weight[0], weight[1]]).to_string());
                fields.with("curve", "profile").with("weights", weights.collect::<Vec<_>>().join(","))
            }
            Curve::Volume { slices, bps } => {
                fields.with("curve", "volume").with("slices", slices).with("volume_bps", bps)
            }
        };
        let start = (schedule.start.0 != 0).then(|| time_text(schedule.start.0));
        fields
            .with_some("start", start)
            .with("end", time_text(schedule.end.0))
            .and(flags((schedule.post_only, schedule.reduce_only), schedule.position_side))
    }

    fn size(&self, id: InstrumentId, size: Size) -> (&'static str, String) {
        match size {
            Size::Quantity(qty) => ("qty", self.qty(id, qty)),
            Size::Notional(value) => ("notional", self.price(id, Price(value))),
        }
    }

    fn submit(&self, submit: &Submit) -> Fields {
        let id = submit.instrument;
        let (name, size) = self.size(id, submit.size);
        Fields::new()
            .with("instrument", self.instrument(id))
            .with("side", submit.side.code())
            .with(name, size)
            .with("type", submit.order_type.code())
            .with_some("limit_price", submit.limit_price.map(|price| self.price(id, price)))
            .with_some("stop_price", submit.stop_price.map(|price| self.price(id, price)))
            .with("tif", submit.tif.code())
            .with_some("max_slippage_bps", submit.max_slippage_bps)
            .and(flags((submit.post_only, submit.reduce_only), submit.position_side))
            .and(self.extras(id, &submit.extras))
    }

    /// What few orders ask for; nothing where an order asks for none of it.
    fn extras(&self, id: InstrumentId, extras: &Extras) -> Fields {
        let Extras { expire_at, display_qty, trail, trigger_by, link } = *extras;
        let offset = |value: i64| match trail.unit {
            TrailUnit::Price => self.price(id, Price(value)),
            TrailUnit::Bps | TrailUnit::Ticks => value.to_string(),
        };
        let has_trail = trail.offset != 0;
        Fields::new()
            .with_some("expire_at", (expire_at.0 != 0).then(|| time_text(expire_at.0)))
            .with_some("display_qty", (display_qty.0 != 0).then(|| self.qty(id, display_qty)))
            .with_some("trail_offset", has_trail.then(|| offset(trail.offset)))
            .with_some("trail_unit", has_trail.then(|| trail.unit.code()))
            .with_some("limit_offset", (trail.limit_offset != 0).then(|| offset(trail.limit_offset)))
            .with_some("trigger_by", (trigger_by != TriggerBy::Last).then(|| trigger_by.code()))
            .with_some("parent", (link.parent.0 != 0).then_some(link.parent.0))
            .with_some("group", (link.group.0 != 0).then_some(link.group.0))
            .with_some("group_kind", (link.group_kind != GroupKind::None).then(|| link.group_kind.code()))
    }

    fn action(&self, action: &Action) -> Fields {
        let fields = Fields::new().with("action", action.name());
        match action {
            Action::Submit(terms) => fields.and(self.terms(terms)),
            Action::Cancel(terms) => {
                fields.with("order", Renderer::leg(terms.order)).with("instrument", self.instrument(terms.instrument))
            }
            Action::Amend(terms) => fields
                .with("order", Renderer::leg(terms.order))
                .with("instrument", self.instrument(terms.instrument))
                .with("side", terms.side.code())
                .with("price", self.price(terms.instrument, terms.price))
                .with("qty", self.qty(terms.instrument, terms.qty)),
        }
    }

    fn terms(&self, terms: &OrderTerms) -> Fields {
        let id = terms.instrument;
        Fields::new()
            .with("instrument", self.instrument(id))
            .with("side", terms.side.code())
            .with("qty", self.qty(id, terms.qty))
            .with("type", terms.order_type.code())
            .with_some("limit_price", terms.limit_price.map(|price| self.price(id, price)))
            .with_some("stop_price", terms.stop_price.map(|price| self.price(id, price)))
            .with("tif", terms.tif.code())
            .with("valued_at", self.price(id, terms.reference))
            .and(flags((terms.post_only, terms.reduce_only), terms.position_side))
    }
}

/// The instrument that an intent names; others are about an earlier one, see [`about`].
#[expect(clippy::wildcard_enum_match_arm, reason = "of the many kinds of decisions three name an instrument")]
pub(crate) fn instrument_in(kind: &DecisionKind) -> Option<InstrumentId> {
    match kind {
        DecisionKind::Emitted(IntentKind::Submit(submit)) => Some(submit.instrument),
        DecisionKind::Emitted(IntentKind::Schedule(schedule)) => Some(schedule.instrument),
        DecisionKind::Normalised(result) => Some(result.action.instrument()),
        _ => None,
    }
}

/// The intent whose instrument a decision is about: its own, or the one that an amend names.
#[expect(clippy::wildcard_enum_match_arm, reason = "only an amend is about another intent")]
pub(crate) fn about(decision: &Decision) -> (StrategyId, IntentId) {
    let intent = match &decision.kind {
        DecisionKind::Emitted(IntentKind::Amend(amend)) => amend.order,
        _ => decision.key.intent,
    };
    (decision.key.strategy, intent)
}

fn flags((post_only, reduce_only): (bool, bool), position_side: PositionSide) -> Fields {
    let side = (position_side != PositionSide::Net).then(|| position_side.code());
    Fields::new()
        .with_some("post_only", post_only.then_some(true))
        .with_some("reduce_only", reduce_only.then_some(true))
        .with_some("position_side", side)
}
