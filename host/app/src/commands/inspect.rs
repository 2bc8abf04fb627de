//! `ringfence inspect`: what does a journal say?
//!
//! In: a journal and what of it is wanted. Out: events and decisions in order, as text or JSON lines; or State at an event
//! ([`at`]). Must never: execute a strategy, or hide that the journal is damaged.

mod at;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ringfence_core::blob::sha256;
use ringfence_core::config::Config;
use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::event::{Cause, Event, EventKind};
use ringfence_core::ids::{BlobId, ClientOrderId, InstrumentId, IntentId, LegId, LegKey, Seq, SessionId, StrategyId};
use ringfence_core::intent::{Action, IntentKind};
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::wire::header::Header;

use crate::commands::number;
use crate::config::nearest::nearest;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic, hex};
use crate::render::names::{self, TAPE_ROWS, UNKNOWN};
use crate::render::{self, Fields, Renderer, about, instrument_in};
use crate::sessions::replay::recorded_config;
use crate::sessions::strategies::strategy_of;
use crate::sessions::whatif::counterfactual_of;
use crate::sessions::{finding_failure, journal_failure, journal_folder};

/// Print the events and decisions of a journal.
///
/// Rows of tapes stand as one line for each stretch without a decision; their content is in the tape.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence inspect run1 --from 1 --to 20
  ringfence inspect run1 --strategy ema --only DENIED
  ringfence inspect run1 --order 1/17 --json
  ringfence inspect run1 --at 4711 --strategy ema --data trades.csv.zst
  ringfence inspect run1 --at 4711 --step          where to next?")]
pub struct Args {
    /// Folder of the journal.
    journal: PathBuf,
    /// Only what concerns this order, its cancels and amends included: STRATEGY/INTENT, STRATEGY/INTENT.LEG, or a client
    /// order id. The host's own intents, as those of a flatten, are 1/h1 and so on.
    #[arg(long, value_name = "ORDER", value_parser = order_name)]
    order: Option<OrderName>,
    /// Only what concerns this intent with all its legs: STRATEGY/INTENT.
    #[arg(long, value_name = "INTENT", value_parser = intent_key)]
    intent: Option<LegKey>,
    /// Only what concerns this strategy: its name or number.
    #[arg(long, value_name = "STRATEGY")]
    strategy: Option<String>,
    /// Only events and decisions of this name, for example OrderFilled or DENIED.
    #[arg(long, value_name = "NAME", value_parser = record_name)]
    only: Option<&'static str>,
    /// From this event on.
    #[arg(long, value_name = "SEQ", default_value_t = 0, value_parser = number::event)]
    from: u64,
    /// Up to this event.
    #[arg(long, value_name = "SEQ", default_value_t = u64::MAX, value_parser = number::event)]
    to: u64,
    #[command(flatten)]
    at: at::Looking,
}

/// How an order is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OrderName {
    /// By its leg.
    Leg(LegKey),
    /// By the id a venue sees, which holds the session too.
    Client(String, LegKey),
}

pub(crate) fn order_name(text: &str) -> Result<OrderName, String> {
    match ClientOrderId::parse(text) {
        Some((_, key)) => Ok(OrderName::Client(text.to_owned(), key)),
        None => leg_key(text).map(OrderName::Leg),
    }
}

impl OrderName {
    pub(crate) fn key(&self, session: SessionId) -> Result<LegKey, Failure> {
        match self {
            OrderName::Leg(key) => Ok(*key),
            OrderName::Client(text, key) if ClientOrderId::new(session, *key).as_str() == text => Ok(*key),
            OrderName::Client(text, _) => {
                let fault = Fault::new(format!("the order {text} is of another session than this journal"));
                Err(Failure::Usage(fault.fixed_by("name the journal of its session, or the order as STRATEGY/INTENT")))
            }
        }
    }
}

/// An intent in numbers; its legs are orders.
pub(crate) fn intent_key(text: &str) -> Result<LegKey, String> {
    match text.contains('.') {
        true => Err(format!("an intent has no leg, `--order {text}` names an order")),
        false => leg_key(text),
    }
}

/// The name of a record, in any case.
fn record_name(text: &str) -> Result<&'static str, String> {
    let known = names::all().find(|name| name.eq_ignore_ascii_case(text));
    known.ok_or_else(|| match nearest(text, names::all()) {
        Some(alike) => format!("no event or decision has this name; did you mean {alike}?"),
        None => {
            format!("no event or decision has this name; there are {}", names::all().collect::<Vec<_>>().join(", "))
        }
    })
}

/// `17`, or `h1` for the host's first.
fn intent_id(text: &str) -> Option<IntentId> {
    match text.strip_prefix('h') {
        None => text.parse().ok().map(IntentId).filter(|id| !id.is_of_host()),
        Some(count) => {
            let count = count.parse::<u64>().ok().filter(|count| (1..=HOST_INTENTS_MAX).contains(count))?;
            Some(IntentId::of_host(count))
        }
    }
}

/// As many as a client order id can carry.
const HOST_INTENTS_MAX: u64 = IntentId::MAX.0 - IntentId::of_host(0).0;

/// `STRATEGY/INTENT` or `STRATEGY/INTENT.LEG`, in numbers; the host's intents have an `h` before theirs.
fn leg_key(text: &str) -> Result<LegKey, String> {
    let wanted = || format!("expected STRATEGY/INTENT in numbers, for example 1/17 or 1/h1, not {text:?}");
    let (strategy, rest) = text.split_once('/').ok_or_else(wanted)?;
    let (intent, leg) = rest.split_once('.').unwrap_or((rest, "0"));
    Ok(LegKey {
        strategy: StrategyId(strategy.parse().map_err(|_| wanted())?),
        intent: intent_id(intent).ok_or_else(wanted)?,
        leg: LegId(leg.parse().map_err(|_| wanted())?),
    })
}

/// Runs the command; a journal that is damaged is shown up to the damage and does not hold (1).
///
/// # Errors
/// A journal that cannot be read at all.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    journal_folder(&args.journal)?;
    if args.at.at.is_some() {
        return at::run((&args.journal, args.strategy.as_deref()), &args.at, out);
    }
    let fault = |error| journal_failure(&error);
    let (mut reader, damage) = JournalReader::open_prefix(&args.journal).map_err(fault)?;
    reader.ignore_fuel();
    let header = reader.header().clone();
    // Where damage begins before the configuration, it is the damage that has to be told.
    let early = |failure| damage.as_ref().map_or(failure, finding_failure);
    let config = recorded_config(&args.journal, &header).map_err(early)?;
    if args.from > args.to {
        return Err(Failure::usage(format!("--from {} --to {}: there is nothing between them", args.from, args.to)));
    }
    let mut filter = Filter::of(args, &config, header.session)?;
    let renderer = Renderer::new(&config, header.session);
    if filter.is_everything() {
        show(head(&header, &config), "header", out);
    }
    let mut step = Step::new();
    while out.is_open() && reader.next_step(&mut step).map_err(fault)? {
        if !filter.may_follow(&step.input) {
            break;
        }
        print_step(&step, &mut filter, &renderer, out);
    }
    let end = if filter.lacks_leg() { Exit::DoesNotHold } else { Exit::Fine };
    if let Some(key) = filter.order.or(filter.intent).filter(|_| filter.lacks_leg()) {
        diagnostic(format_args!("nothing that was read is about {key}"));
    }
    let Some(finding) = damage.as_ref().or(reader.tail()) else { return Ok(end) };
    diagnostic(format_args!("the journal ends here: {finding}\n  fix: {}", finding.code.fix()));
    Ok(if damage.is_some() { Exit::DoesNotHold } else { end })
}

/// What is wanted.
struct Filter {
    order: Option<LegKey>,
    /// Legs that cancel or amend the order, as far as was read.
    about_order: BTreeSet<LegKey>,
    intent: Option<LegKey>,
    strategy: Option<StrategyId>,
    only: Option<&'static str>,
    from: u64,
    to: u64,
    /// Whether the order or intent that is asked for was met.
    is_met: bool,
    /// Instruments of intents: what later decisions about them leave out. One entry an intent of the journal.
    instruments: BTreeMap<(StrategyId, IntentId), InstrumentId>,
}

impl Filter {
    fn of(args: &Args, config: &Config, session: SessionId) -> Result<Filter, Failure> {
        let strategy = args.strategy.as_deref().map(|name| strategy_of(name, config)).transpose()?;
        let order = args.order.as_ref().map(|order| order.key(session)).transpose()?;
        let (intent, only, about_order) = (args.intent, args.only, BTreeSet::new());
        let (is_met, instruments) = (false, BTreeMap::new());
        let (from, to) = (args.from, args.to);
        Ok(Filter { order, about_order, intent, strategy, only, from, to, is_met, instruments })
    }

    /// Learns which legs are about the order: a strategy names its intent, a normalised action its leg.
    fn learn(&mut self, decision: &Decision) {
        if let Some(id) = instrument_in(&decision.kind) {
            self.instruments.insert((decision.key.strategy, decision.key.intent), id);
        }
        let key = decision.key;
        let is_intent = |wanted: LegKey| (key.strategy, key.intent) == (wanted.strategy, wanted.intent);
        self.is_met |= self.order.or(self.intent).is_some_and(is_intent);
        let Some(order) = self.order else { return };
        let own = |intent: IntentId| (decision.key.strategy, intent) == (order.strategy, order.intent);
        if acts_on(&decision.kind, own, order) {
            self.about_order.insert(decision.key);
        }
    }

    /// Whether an order or intent was asked for that was not met.
    fn lacks_leg(&self) -> bool {
        (self.order.is_some() || self.intent.is_some()) && !self.is_met
    }

    fn is_everything(&self) -> bool {
        self.order.is_none()
            && self.intent.is_none()
            && self.strategy.is_none()
            && self.only.is_none()
            && self.from <= 1
    }

    /// False once everything that follows is past the range.
    fn may_follow(&self, input: &Input) -> bool {
        let first = match input {
            Input::TapeRows { first_seq, .. } => *first_seq,
            Input::Event(event) => event.seq,
            Input::Unknown { seq, .. } => *seq,
        };
        first.0 <= self.to
    }

    fn has_range(&self, seq: Seq) -> bool {
        self.from <= seq.0 && seq.0 <= self.to
    }

    fn wants_name(&self, name: &str) -> bool {
        self.only.is_none_or(|only| only.eq_ignore_ascii_case(name))
    }

    /// Whether a leg is the one, one of those, or of the strategy asked for.
    fn wants_leg(&self, key: Option<LegKey>) -> bool {
        let same_intent =
            |wanted: LegKey| key.is_some_and(|k| (k.strategy, k.intent) == (wanted.strategy, wanted.intent));
        let of_order = |order| key == Some(order) || key.is_some_and(|key| self.about_order.contains(&key));
        self.order.is_none_or(of_order)
            && self.intent.is_none_or(same_intent)
            && self.strategy.is_none_or(|strategy| key.is_some_and(|key| key.strategy == strategy))
    }

    /// Whether an event is about such a leg, or about the strategy itself.
    fn wants_event(&self, event: &Event) -> bool {
        let asks_for_strategy = self.order.is_none() && self.intent.is_none() && self.strategy.is_some();
        asks_for_strategy && self.strategy == strategy_in(&event.kind) || self.wants_leg(leg_of(event))
    }

    fn wants_unknown(&self, seq: Seq) -> bool {
        self.has_range(seq) && self.wants_leg(None) && self.wants_name(UNKNOWN)
    }

    fn wants_rows(&self) -> bool {
        self.wants_leg(None) && self.wants_name(TAPE_ROWS)
    }
}

fn print_step(step: &Step, filter: &mut Filter, renderer: &Renderer<'_>, out: &mut Output) {
    match &step.input {
        Input::TapeRows { first_seq, rows } => {
            if filter.wants_rows() && filter.from <= step.input.last_seq().0 {
                show(tape_rows(*first_seq, *rows, &step.rows_per_tape), "rows", out);
            }
        }
        Input::Event(event) => {
            if filter.has_range(event.seq) && filter.wants_name(event.kind.name()) && filter.wants_event(event) {
                let shown = renderer.event(event).with_some("hash", config_hash(event, step));
                show(shown.and(asked(event, step)), "event", out);
            }
        }
        Input::Unknown { seq, number, version } => {
            if filter.wants_unknown(*seq) {
                let fields = Fields::new().with("seq", seq.0).with("type", *number).with("version", *version);
                show(fields, "unknown", out);
            }
        }
    }
    let seq = step.input.last_seq();
    for (ordinal, decision) in step.decisions.iter().enumerate() {
        let name = decision.kind.name();
        filter.learn(decision);
        if filter.has_range(seq) && filter.wants_name(name) && filter.wants_leg(Some(decision.key)) {
            let of = filter.instruments.get(&about(decision)).copied();
            show(renderer.decision((seq, ordinal), decision, (&step.notes, of)), "decision", out);
        }
    }
    if step.unknown_decisions > 0 && filter.wants_unknown(seq) {
        show(Fields::new().with("seq", seq.0).with("decisions", step.unknown_decisions), "unknown", out);
    }
}

/// What an event says in the blobs that it names.
fn asked(event: &Event, step: &Step) -> Fields {
    if let EventKind::StrategyHalted(..) = event.kind {
        // It names no bytes: those that stand before it are what was known of its end.
        let words = step.blobs.last().map(|(_, bytes)| String::from_utf8_lossy(bytes).trim_end().to_owned());
        return Fields::new().with_some("last_words", words);
    }
    let bytes = |id: BlobId| step.blobs.iter().find(|(known, _)| *known == id).map(|(_, bytes)| bytes.as_slice());
    render::asked(event, bytes)
}

/// Hash of the configuration that an event brings; its bytes stand before it.
fn config_hash(event: &Event, step: &Step) -> Option<String> {
    let EventKind::ConfigChanged(id) = event.kind else { return None };
    step.blobs.iter().find(|(known, _)| *known == id).map(|(_, bytes)| hex(&sha256(bytes)))
}

/// Whether a decision is about canceling or amending the order; `own` tells the intents of its strategy.
fn acts_on(kind: &DecisionKind, own: impl Fn(IntentId) -> bool, order: LegKey) -> bool {
    match kind {
        DecisionKind::Emitted(IntentKind::Cancel(intent)) => own(*intent),
        DecisionKind::Emitted(IntentKind::Amend(amend)) => own(amend.order),
        DecisionKind::Normalised(result) => match result.action {
            Action::Cancel(terms) => terms.order == order,
            Action::Amend(terms) => terms.order == order,
            Action::Submit(_) => false,
        },
        DecisionKind::Emitted(
            IntentKind::Submit(_)
            | IntentKind::CancelAll(_)
            | IntentKind::Flatten(_)
            | IntentKind::WakeAt(_)
            | IntentKind::Note(_)
            | IntentKind::Schedule(_),
        )
        | DecisionKind::Malformed(_)
        | DecisionKind::Denied(_)
        | DecisionKind::Allowed(_)
        | DecisionKind::Queued
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
        | DecisionKind::Tied(_) => false,
    }
}

/// The leg that an event is about, or that led to it.
fn leg_of(event: &Event) -> Option<LegKey> {
    event.kind.order().or(match event.cause {
        Cause::Leg { strategy, leg, intent } => Some(LegKey { intent, strategy, leg }),
        Cause::Outside | Cause::Event(_) => None,
    })
}

/// The strategy that a control event is about.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other kind is about a leg or about no strategy")]
fn strategy_in(kind: &EventKind) -> Option<StrategyId> {
    match kind {
        EventKind::KillSwitch(_, strategy)
        | EventKind::StrategyAttached(strategy, ..)
        | EventKind::StrategyDetached(strategy)
        | EventKind::StrategySwapped(strategy, ..)
        | EventKind::StrategyCheckpointed(strategy, _)
        | EventKind::StrategyHalted(strategy, _)
        | EventKind::StrategyResumed(strategy, _)
        | EventKind::ParametersChanged(strategy, _)
        | EventKind::ReloadRefused(strategy, _)
        | EventKind::FlattenRequested(strategy) => Some(*strategy),
        _ => None,
    }
}

fn tape_rows(first: Seq, rows: u64, per_tape: &[u64]) -> Fields {
    let fields = Fields::new().with("seq", first.0).with("last_seq", first.0 + rows - 1).with("rows", rows);
    if per_tape.len() > 1 { fields.with("per_tape", per_tape.to_vec()) } else { fields }
}

fn head(header: &Header, config: &Config) -> Fields {
    Fields::new()
        .with("session", header.session.to_string())
        .with("mode", header.mode.code())
        .with_some("counterfactual_of", counterfactual_of(header))
        .with("run", config.run.as_str())
        .with("rules_version", header.rules_version)
        .with("engine", header.engine.as_str())
        .with("operator_costs", header.operator_costs.as_str())
        .with("config", hex(&header.config))
        .with("components", header.components.iter().map(|component| hex(&component.sha256)).collect::<Vec<_>>())
        .with("tapes", header.tapes.iter().map(|tape| hex(&tape.sha256)).collect::<Vec<_>>())
}

fn show(fields: Fields, record: &'static str, out: &mut Output) {
    match out.form() {
        Form::Json => out.json(&Fields::new().with("record", record).and(fields).json()),
        Form::Text => out.line(format!("{record:<8} {}", fields.text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId([7; 16]);

    fn shown(text: &str) -> String {
        match order_name(text).map(|name| name.key(SESSION)) {
            Err(error) => error,
            Ok(key) => key.map_or_else(|failure| failure.to_string(), |key| key.to_string()),
        }
    }

    #[test]
    fn an_order_is_named_by_its_leg_or_by_the_id_a_venue_sees() {
        assert_eq!(shown("1/17"), "1/17");
        assert_eq!(shown("1/17.2"), "1/17.2");
        assert_eq!((shown("1/h1"), shown("1/h1.2")), ("1/h1".to_owned(), "1/h1.2".to_owned()));
        assert_eq!(shown("1/h17592186044415"), "1/h17592186044415");
        assert_eq!(shown("1/17592186044416"), "1/17592186044416");
        let key = LegKey { strategy: StrategyId(3), intent: IntentId(4), leg: LegId(0) };
        assert_eq!(shown(ClientOrderId::new(SESSION, key).as_str()), "3/4");
        let elsewhere = shown(ClientOrderId::new(SessionId([8; 16]), key).as_str());
        assert!(elsewhere.contains("is of another session"), "{elsewhere}");
        for text in [
            "",
            "1",
            "a/1",
            "1/",
            "1/2/3",
            "1/2.x",
            "99999/1",
            "1/h",
            "1/h0",
            "1/hh1",
            "1/h17592186044416",
            "1/17592186044417",
        ] {
            assert!(shown(text).starts_with("expected STRATEGY/INTENT"), "{text}");
        }
    }

    #[test]
    fn an_intent_has_no_leg_and_a_record_has_a_known_name() {
        assert!(intent_key("1/17").is_ok());
        assert_eq!(intent_key("1/h1").map(|key| key.to_string()), Ok("1/h1".to_owned()));
        assert_eq!(intent_key("1/17.2").unwrap_err(), "an intent has no leg, `--order 1/17.2` names an order");
        assert_eq!((record_name("orderfilled"), record_name("TAPEROWS")), (Ok("OrderFilled"), Ok("TapeRows")));
        let slip = record_name("OrderFild").unwrap_err();
        assert!(slip.ends_with("did you mean OrderFilled?"), "{slip}");
        assert!(record_name("zebra").unwrap_err().contains("there are Trade, Quote,"));
    }

    #[test]
    fn legs_that_cancel_or_amend_the_order_are_about_it() {
        let key = |intent| LegKey { strategy: StrategyId(1), intent: IntentId(intent), leg: LegId(0) };
        let mut filter = Filter { order: Some(key(2)), ..filter() };
        let cancel = |by, of| Decision { key: key(by), kind: DecisionKind::Emitted(IntentKind::Cancel(IntentId(of))) };
        filter.learn(&cancel(3, 2));
        filter.learn(&cancel(4, 1));
        let others = LegKey { strategy: StrategyId(2), ..key(5) };
        filter.learn(&Decision { key: others, ..cancel(5, 2) });
        assert!(filter.wants_leg(Some(key(3))) && !filter.wants_leg(Some(key(4))) && !filter.wants_leg(Some(others)));
    }

    fn filter() -> Filter {
        Filter {
            order: None,
            about_order: BTreeSet::new(),
            intent: None,
            strategy: None,
            only: None,
            from: 0,
            to: u64::MAX,
            is_met: false,
            instruments: BTreeMap::new(),
        }
    }

    #[test]
    fn each_filter_takes_its_own_and_nothing_else() {
        let key = |strategy, intent, leg| LegKey {
            strategy: StrategyId(strategy),
            intent: IntentId(intent),
            leg: LegId(leg),
        };
        let order = Filter { order: Some(key(1, 2, 1)), ..filter() };
        assert!(order.wants_leg(Some(key(1, 2, 1))) && !order.wants_leg(Some(key(1, 2, 0))) && !order.wants_leg(None));
        let intent = Filter { intent: Some(key(1, 2, 0)), ..filter() };
        assert!(intent.wants_leg(Some(key(1, 2, 1))) && !intent.wants_leg(Some(key(2, 2, 0))));
        let strategy = Filter { strategy: Some(StrategyId(2)), ..filter() };
        assert!(
            strategy.wants_leg(Some(key(2, 9, 0))) && !strategy.wants_leg(Some(key(1, 9, 0))) && !strategy.wants_rows()
        );
        let range = Filter { from: 5, to: 6, ..filter() };
        assert_eq!([4, 5, 6, 7].map(|seq| range.has_range(Seq(seq))), [false, true, true, false]);
        let only = Filter { only: Some("DENIED"), ..filter() };
        assert!(only.wants_name("DENIED") && !only.wants_name("DISPATCHED") && !only.wants_rows());
        assert!(filter().wants_rows() && filter().is_everything() && !range.is_everything());
    }
}
