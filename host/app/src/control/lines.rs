//! Lines: how is what happens shown to whoever follows a session?
//!
//! In: events and decisions with the names of the configuration. Out: lines of the tail, reports of intents from outside.
//! Must never: show every row of a market.

use ringfence_control::api::{ExecutionReport, TailLine};
use ringfence_core::decision::{Decision, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::LegKey;
use ringfence_core::intent::IntentKind;

use crate::calendar::time_text;
use crate::render::{Fields, Renderer};

/// Fields that a line has a place of its own for.
const PLACED: [&str; 8] = ["seq", "ordinal", "time", "event", "decision", "strategy", "client_order_id", "tag"];

/// Something that is no event.
pub(super) fn told(name: &str, text: &str) -> TailLine {
    TailLine { name: name.to_owned(), text: text.to_owned(), tone: "plain".to_owned(), ..TailLine::default() }
}

/// An event, with what it says in blobs; `None` for the passing of time.
pub(super) fn event(renderer: &Renderer<'_>, event: &Event, said: Fields) -> Option<TailLine> {
    if event.kind == EventKind::TimeAdvanced {
        return None;
    }
    let fields = renderer.event(event).and(said);
    let owner = event.kind.order().map(|key| renderer.strategy(key.strategy));
    Some(TailLine {
        number: 0,
        seq: event.seq.0,
        time: time_text(event.time.0),
        name: event.kind.name().to_owned(),
        strategy: owner.unwrap_or_else(|| field(&fields, "strategy")),
        tone: tone_of(&event.kind).to_owned(),
        text: text(&fields),
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is neither good nor bad")]
fn tone_of(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::OrderFilled(_) | EventKind::TradingEnabled | EventKind::VenueUp | EventKind::StrategyResumed(..) => {
            "good"
        }
        EventKind::OrderRejected(..)
        | EventKind::TransmitRefused(..)
        | EventKind::OutcomeUnknown(_)
        | EventKind::FillBusted(_)
        | EventKind::StrategyHalted(..)
        | EventKind::KillSwitch(..)
        | EventKind::TradingDisabled
        | EventKind::VenueDown
        | EventKind::FeedStale => "bad",
        _ => "plain",
    }
}

/// A decision that people look at; what lies between wish and order is in the journal.
pub(super) fn decision(renderer: &Renderer<'_>, place: (&Effects, usize), time: u64) -> Option<TailLine> {
    let (effects, ordinal) = place;
    let decision = &effects.decisions[ordinal];
    if !is_shown(&decision.kind) {
        return None;
    }
    let fields = renderer.decision((effects.seq, ordinal), decision, (&effects.notes, None));
    Some(TailLine {
        number: 0,
        seq: effects.seq.0,
        time: time_text(time),
        name: decision.kind.name().to_owned(),
        strategy: renderer.strategy(decision.key.strategy),
        tone: if is_bad(&decision.kind) { "bad" } else { "plain" }.to_owned(),
        text: text(&fields),
    })
}

fn is_shown(kind: &DecisionKind) -> bool {
    match kind {
        DecisionKind::Emitted(intent) => !matches!(intent, IntentKind::WakeAt(_)),
        DecisionKind::Normalised(_) | DecisionKind::Allowed(_) | DecisionKind::Queued => false,
        DecisionKind::Malformed(_)
        | DecisionKind::Denied(_)
        | DecisionKind::Superseded(_)
        | DecisionKind::Withdrawn(_)
        | DecisionKind::ApprovalExpired(_)
        | DecisionKind::Dispatched(..)
        | DecisionKind::Refused(_)
        | DecisionKind::Halted(_)
        | DecisionKind::Anomaly(_)
        | DecisionKind::Held(_)
        | DecisionKind::Released(_)
        | DecisionKind::Dropped(_)
        | DecisionKind::Scheduled(_)
        | DecisionKind::Ended(_)
        | DecisionKind::Tied(_) => true,
    }
}

fn is_bad(kind: &DecisionKind) -> bool {
    matches!(
        kind,
        DecisionKind::Malformed(_)
            | DecisionKind::Denied(_)
            | DecisionKind::Refused(_)
            | DecisionKind::Halted(_)
            | DecisionKind::Anomaly(_)
    )
}

/// What a decision says about a leg of an intent from outside.
pub(super) fn report_of_decision(
    renderer: &Renderer<'_>,
    (effects, ordinal): (&Effects, usize),
    time: u64,
) -> (LegKey, ExecutionReport) {
    let decision: &Decision = &effects.decisions[ordinal];
    let fields = renderer.decision((effects.seq, ordinal), decision, (&effects.notes, None));
    let report = ExecutionReport {
        leg: decision.key.to_string(),
        seq: effects.seq.0,
        time: time_text(time),
        status: decision.kind.name().to_owned(),
        code: field(&fields, "code"),
        text: text(&fields),
        ..ExecutionReport::default()
    };
    (decision.key, report)
}

/// What an event says about an order; `None` where it is about none.
pub(super) fn report_of_event(renderer: &Renderer<'_>, event: &Event) -> Option<(LegKey, ExecutionReport)> {
    let key = event.kind.order()?;
    let fields = renderer.event(event);
    let report = ExecutionReport {
        leg: key.to_string(),
        seq: event.seq.0,
        time: time_text(event.time.0),
        status: status_of(&event.kind)?.to_owned(),
        code: field(&fields, "reason"),
        text: text(&fields),
        ..ExecutionReport::default()
    };
    Some((key, report))
}

/// The state that an event leaves an order in.
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is about no order")]
pub(super) fn status_of(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::OrderAccepted(_) => "ACCEPTED",
        EventKind::OrderRejected(..) | EventKind::TransmitRefused(..) => "REJECTED",
        EventKind::OrderFilled(fill) if fill.leaves.0 > 0 => "PARTIALLY_FILLED",
        EventKind::OrderFilled(_) => "FILLED",
        EventKind::OrderCanceled(..) => "CANCELED",
        EventKind::CancelRejected(..) => "CANCEL_REJECTED",
        EventKind::OrderAmended(..) => "AMENDED",
        EventKind::AmendRejected(..) => "AMEND_REJECTED",
        EventKind::OrderExpired(..) => "EXPIRED",
        EventKind::OutcomeUnknown(_) => "UNKNOWN",
        EventKind::FillBusted(_) => "FILL_BUSTED",
        EventKind::OrderReported(_) => "REPORTED",
        _ => return None,
    })
}

/// What a line says behind its name. The number of a blob tells nobody anything where its words stand beside it.
pub(super) fn text(fields: &Fields) -> String {
    let has_words = fields.shown().any(|(name, _)| matches!(name, "text" | "intent_id"));
    let is_left_out = |name: &str| PLACED.contains(&name) || has_words && name == "blob";
    let shown = fields.shown().filter(|(name, _)| !is_left_out(name));
    shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn field(fields: &Fields, wanted: &str) -> String {
    fields.shown().find(|(name, _)| *name == wanted).map_or_else(String::new, |(_, value)| value)
}
