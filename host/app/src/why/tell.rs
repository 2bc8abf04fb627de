//! Telling: what does a moment of an order's life say, as a sentence?
//!
//! In: a moment with the names and scales of its configuration. Out: one line with its numbers. Must never: show a strategy's
//! text unescaped, or a number without what it was held against.

use ringfence_core::decision::{Decision, DecisionKind, Denial};
use ringfence_core::event::{Event, EventKind, Fill};
use ringfence_core::ids::{InstrumentId, LegKey};
use ringfence_core::intent::{Action, Amend, IntentKind, OrderTerms, Size, Submit};
use ringfence_core::money::{Decimal, Price};
use ringfence_journal::wire::decision::note_bytes;

use crate::calendar::time_text;
use crate::render::{Renderer, halt_text};
use crate::why::life::Moment;

/// Turns moments into sentences.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Teller<'a> {
    pub(crate) renderer: Renderer<'a>,
    pub(crate) config: &'a ringfence_core::config::Config,
}

impl Teller<'_> {
    /// Where in the stream a moment stands.
    pub(crate) fn place(&self, moment: &Moment) -> String {
        match moment {
            Moment::Decided { seq, time: Some(time), .. } => format!("{} {}", seq.0, time_text(time.0)),
            Moment::Decided { seq, time: None, .. } => format!("{} row of a tape", seq.0),
            Moment::Happened(event) => format!("{} {}", event.seq.0, time_text(event.time.0)),
        }
    }

    /// What it says. `reference` = the price that Risk valued the order at.
    pub(crate) fn sentence(&self, moment: &Moment, reference: Option<Price>) -> String {
        match moment {
            Moment::Decided { decision, note, .. } => self.decided(decision, note),
            Moment::Happened(event) => self.happened(event, reference),
        }
    }

    fn decided(&self, decision: &Decision, note: &[u8]) -> String {
        let who = self.renderer.strategy(decision.key.strategy);
        match &decision.kind {
            DecisionKind::Emitted(intent) => format!("{who} wants {}", self.wanted(intent, note)),
            DecisionKind::Malformed(answer) => {
                format!(
                    "no order can be made of it: {}, value {}, limit {}",
                    answer.code.code(),
                    answer.value,
                    answer.limit
                )
            }
            DecisionKind::Normalised(result) => match &result.action {
                Action::Submit(terms) => format!("made into {}", self.terms(terms)),
                Action::Cancel(terms) => format!("made into a cancel of {}", terms.order),
                Action::Amend(terms) => format!(
                    "made into an amend of {} to {} at {}",
                    terms.order,
                    self.renderer.qty(terms.instrument, terms.qty),
                    self.renderer.price(terms.instrument, terms.price)
                ),
            },
            DecisionKind::Denied(denial) => denied(denial),
            DecisionKind::Allowed(mark) => {
                format!("Risk allows it, approval {}, and reserves its exposure", mark.number)
            }
            DecisionKind::Queued => "it waits in the queue".to_owned(),
            DecisionKind::Superseded(by) => format!("{by} takes its place in the queue"),
            DecisionKind::Withdrawn(by) if *by == LegKey::default() => {
                "the kill switch takes it out of the queue".to_owned()
            }
            DecisionKind::Withdrawn(by) => format!("{by} takes it out of the queue"),
            DecisionKind::ApprovalExpired(at) => format!("its approval of {} expired in the queue", time_text(at.0)),
            DecisionKind::Dispatched(venue, account) => format!(
                "the Gate lets it pass, and it goes to {} for the account {}",
                self.renderer.venue(*venue),
                self.renderer.account(*account)
            ),
            DecisionKind::Refused(refusal) => format!("the Gate refuses it: {}", refusal.code.code()),
            DecisionKind::Halted(halt) => {
                format!("{who} is halted: {}", halt_text(halt, None))
            }
            DecisionKind::Anomaly(anomaly) => format!("an anomaly: {}, {}", anomaly.code.code(), anomaly.value),
            DecisionKind::Scheduled(whole) => format!(
                "Risk allows the whole and reserves its exposure: it is worked from {} to {}",
                time_text(whole.start.0),
                time_text(whole.end.0)
            ),
            DecisionKind::Ended(end) => format!("it is over: {}", end.code.code()),
            DecisionKind::Tied(parent) => format!("it waits until {parent} fills"),
            // A leg does not say its instrument; what it was made into does.
            DecisionKind::Held(price) => format!("it is held until its trigger comes (mantissa {})", price.0),
            DecisionKind::Released(price) => format!("its trigger came (mantissa {}): it goes out", price.0),
            DecisionKind::Dropped(reason) => format!("it is held no more: {}", reason.code()),
        }
    }

    fn wanted(&self, intent: &IntentKind, note: &[u8]) -> String {
        let of = |only: &Option<InstrumentId>| only.map_or("everything".to_owned(), |id| self.renderer.instrument(id));
        match intent {
            IntentKind::Submit(submit) => self.submit(submit),
            IntentKind::Cancel(order) => format!("its order {} canceled", order.0),
            IntentKind::Amend(amend) => amended(amend),
            IntentKind::CancelAll(only) => format!("all orders in {} canceled", of(only)),
            IntentKind::Flatten(only) => format!("to be flat in {}", of(only)),
            IntentKind::WakeAt(time) => format!("to be woken at {}", time_text(time.0)),
            IntentKind::Note(span) => format!("to note {:?}", String::from_utf8_lossy(note_bytes(*span, note))),
            IntentKind::Schedule(schedule) => format!(
                "to {} {} {} over time, until {}",
                schedule.side.code(),
                self.size(schedule.instrument, schedule.size),
                self.renderer.instrument(schedule.instrument),
                time_text(schedule.end.0)
            ),
        }
    }

    fn size(&self, id: InstrumentId, size: Size) -> String {
        match size {
            Size::Quantity(qty) => self.renderer.qty(id, qty),
            Size::Notional(value) => format!("for {} of", self.renderer.price(id, Price(value))),
        }
    }

    fn submit(&self, submit: &Submit) -> String {
        let id = submit.instrument;
        let size = self.size(id, submit.size);
        let mut text =
            format!("to {} {size} {}, {}", submit.side.code(), self.renderer.instrument(id), submit.order_type.code());
        let price = |price: Price| self.renderer.price(id, price);
        text += &submit.limit_price.map_or(String::new(), |limit| format!(" at {}", price(limit)));
        text += &submit.stop_price.map_or(String::new(), |stop| format!(" from {} on", price(stop)));
        text += &format!(" {}", submit.tif.code());
        text += &submit.max_slippage_bps.map_or(String::new(), |bps| format!(", at most {bps} bp away"));
        text + flags(submit.post_only, submit.reduce_only)
    }

    fn terms(&self, terms: &OrderTerms) -> String {
        let id = terms.instrument;
        let price = |price: Price| self.renderer.price(id, price);
        let mut text = format!(
            "{} {} {}, {}",
            terms.side.code(),
            self.renderer.qty(id, terms.qty),
            self.renderer.instrument(id),
            terms.order_type.code()
        );
        text += &terms.limit_price.map_or(String::new(), |limit| format!(" at {}", price(limit)));
        text += &terms.stop_price.map_or(String::new(), |stop| format!(" from {} on", price(stop)));
        text += &format!(" {}", terms.tif.code());
        text += flags(terms.post_only, terms.reduce_only);
        text + &format!(", valued at {}", price(terms.reference))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only facts about orders are moments of one")]
    fn happened(&self, event: &Event, reference: Option<Price>) -> String {
        let id = event.instrument;
        let qty = |open| self.renderer.qty(id, open);
        match &event.kind {
            EventKind::OrderAccepted(_) => "the venue has it".to_owned(),
            EventKind::OrderRejected(_, reason) => format!("the venue rejects it: {}", reason.code()),
            EventKind::OrderFilled(fill) => format!("filled: {}", self.fill(fill, (id, reference))),
            EventKind::FillBusted(fill) => format!("the venue takes a fill back: {}", self.fill(fill, (id, reference))),
            EventKind::OrderCanceled(_, open, reason) => {
                format!("canceled with {} open: {}", qty(*open), reason.code())
            }
            EventKind::CancelRejected(_, reason) => format!("the venue rejects its cancel: {}", reason.code()),
            EventKind::OrderAmended(_, price, size) => {
                format!("amended to {} at {}", qty(*size), self.renderer.price(id, *price))
            }
            EventKind::AmendRejected(_, reason) => format!("the venue rejects its amend: {}", reason.code()),
            EventKind::OrderExpired(_, open) => format!("expired with {} open", qty(*open)),
            EventKind::OutcomeUnknown(_) => "nobody knows whether it arrived".to_owned(),
            EventKind::TransmitRefused(_, command, reason) => {
                format!("its {} could not be sent: {}", command.code(), reason.code())
            }
            EventKind::OrderReported(said) => format!("the venue states it as {}", said.state.code()),
            other => other.name().to_owned(),
        }
    }

    /// Quantity, price, fee, what made it fill, and how far from the price that Risk valued the order at.
    pub(crate) fn fill(&self, fill: &Fill, (id, reference): (InstrumentId, Option<Price>)) -> String {
        let mut text = format!(
            "{} {} at {}, {}, fee {} {}, {}",
            fill.side.code(),
            self.renderer.qty(id, fill.qty),
            self.renderer.price(id, fill.price),
            fill.liquidity.code(),
            Renderer::decimal(fill.fee),
            self.renderer.currency(fill.fee_currency),
            fill.reason.code()
        );
        if fill.ahead != Fill::AHEAD_UNKNOWN {
            text += &format!(" with {} in front", self.renderer.qty(id, fill.ahead));
        }
        if let Some(cost) = reference.and_then(|reference| self.slippage(fill, (id, reference))) {
            text += &match cost.is_zero() {
                true => ", at the price it was valued at".to_owned(),
                false if cost > Decimal::ZERO => format!(", {cost} worse than it was valued at"),
                false => format!(", {} better than it was valued at", -cost),
            };
        }
        text
    }

    /// What a fill cost against a price; positive = worse.
    pub(crate) fn slippage(&self, fill: &Fill, (id, reference): (InstrumentId, Price)) -> Option<Decimal> {
        let instrument = self.config.instrument(id)?;
        let moved = Price(fill.price.0.checked_sub(reference.0)?.checked_mul(fill.side.sign())?);
        Some(instrument.value_decimal(moved.times(fill.qty)).ok()?.normalize())
    }
}

fn denied(denial: &Denial) -> String {
    let [limit, value, allowed] = [denial.limit, denial.value, denial.allowed].map(Renderer::decimal);
    let code = denial.code.code();
    format!(
        "Risk denies it: {code}, {value} against a limit of {limit}; {allowed} would have passed (ringfence explain {code})"
    )
}

fn amended(amend: &Amend) -> String {
    let price = amend.price.map_or(String::new(), |price| format!(" price mantissa {}", price.0));
    let qty = amend.qty.map_or(String::new(), |qty| format!(" quantity mantissa {}", qty.0));
    let trigger = amend.trigger.map_or(String::new(), |price| format!(" trigger mantissa {}", price.0));
    format!("its order {} amended to{price}{qty}{trigger}", amend.order.0)
}

const fn flags(post_only: bool, reduce_only: bool) -> &'static str {
    match (post_only, reduce_only) {
        (false, false) => "",
        (true, false) => ", post-only",
        (false, true) => ", reduce-only",
        (true, true) => ", post-only, reduce-only",
    }
}
