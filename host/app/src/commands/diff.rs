//! `ringfence diff`: in what do two recorded sessions differ?
//!
//! In: two journals. Out: differing configuration, components, tapes, inputs and decisions, by strategy and intent. Must
//! never: execute anything, or call journals equal of which one was not read to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ringfence_core::config::Config;
use ringfence_core::ids::StrategyId;
use ringfence_journal::codes::Finding;
use ringfence_journal::reader::{Input, JournalReader};
use ringfence_journal::wire::header::Header;
use serde_json::{Map, Value as Json, json};

use crate::commands::number;
use crate::config::recorded;
use crate::diff::inputs::{Sequence, Told};
use crate::diff::lanes::Lane;
use crate::diff::read::{Found, Stopped, compare};
use crate::diff::{Differing, Pair, Placed, Side};
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic, hex};
use crate::render::{Fields, Renderer};
use crate::report::results::grouped;
use crate::sessions::replay::recorded_config;
use crate::sessions::strategies::strategy_of;
use crate::sessions::whatif::counterfactual_of;
use crate::sessions::{finding_failure, journal_failure, journal_folder};
use crate::table::Table;

/// Compare two journals: configuration, components, tapes, inputs and every decision.
///
/// Decisions are compared as the decision digest covers them: strategy by strategy, intent by intent, and not by the
/// numbers of events. Neither tapes nor components are needed. Exit code 1 when anything differs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence diff run1 run2
  ringfence diff run1 run2 --strategy ema --limit 5
  ringfence diff run1 run2 --all --json")]
pub struct Args {
    /// Folder of a journal.
    a: PathBuf,
    /// Folder of the other one.
    b: PathBuf,
    /// Only decisions of this strategy: its name or number in the first journal.
    #[arg(long, value_name = "STRATEGY")]
    strategy: Option<String>,
    /// Show at most so many differing decisions behind the first of each strategy.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = number::whole(0..=10_000_u32))]
    limit: u32,
    /// Show every differing decision, one a line as it is found; what they come to stands last.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// Runs the command.
///
/// # Errors
/// A journal that cannot be read at all, or two that are too far apart to be held against each other.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let (a, of_a) = Journal::open(&args.a)?;
    let (b, of_b) = Journal::open(&args.b)?;
    let journals = Pair { a, b };
    let only = args.strategy.as_deref().map(|name| strategy_of(name, &journals.a.config)).transpose()?;
    let teller = Teller { journals: &journals };
    let (mut kept, mut left_out) = (Vec::new(), 0_u64);
    let mut tell = |differing: Differing| {
        if args.all {
            teller.one(&differing, out);
        } else if kept.len() < args.limit as usize {
            kept.push(differing);
        } else {
            left_out += 1;
        }
    };
    let found = compare(Pair { a: of_a, b: of_b }, only, &mut tell).map_err(|why| stopped(why, &journals))?;
    let shown = Shown { teller, found: &found, kept: &kept, left_out, keys: keys(&journals) };
    match out.form() {
        Form::Json => out.json(&shown.json()),
        Form::Text => shown.lines().iter().for_each(|line| out.line(line)),
    }
    for journal in [&journals.a, &journals.b] {
        if let Some(finding) = &journal.ends {
            diagnostic(format_args!("{} ends here: {finding}\n  fix: {}", journal.name, finding.code.fix()));
        }
    }
    let is_damaged = journals.a.is_damaged || journals.b.is_damaged;
    Ok(if shown.is_equal() && !is_damaged { Exit::Fine } else { Exit::DoesNotHold })
}

/// A journal and what it says of itself.
struct Journal {
    name: String,
    header: Header,
    config: Config,
    /// Where it ends before its seal.
    ends: Option<Finding>,
    is_damaged: bool,
}

impl Journal {
    fn open(folder: &Path) -> Result<(Journal, JournalReader), Failure> {
        journal_folder(folder)?;
        let opened = JournalReader::open_prefix(folder).map_err(|error| journal_failure(&error));
        let (reader, damage) = opened?;
        let header = reader.header().clone();
        // Where damage begins before the configuration, it is the damage that has to be told.
        let early = |failure| damage.as_ref().map_or(failure, finding_failure);
        let config = recorded_config(folder, &header).map_err(early)?;
        let (is_damaged, ends) = (damage.is_some(), damage.or_else(|| reader.tail().cloned()));
        Ok((Journal { name: folder.display().to_string(), header, config, ends, is_damaged }, reader))
    }

    fn renderer(&self) -> Renderer<'_> {
        Renderer::new(&self.config, self.header.session)
    }

    fn json(&self) -> Json {
        json!({
            "journal": self.name,
            "session": self.header.session.to_string(),
            "mode": self.header.mode.code(),
            "counterfactual_of": counterfactual_of(&self.header),
            "engine": self.header.engine,
            "rules_version": self.header.rules_version,
            "operator_costs": self.header.operator_costs,
            "ends": self.ends.as_ref().map(Finding::to_string),
        })
    }

    /// Components by the names of their strategies.
    fn components(&self) -> BTreeMap<String, String> {
        let named = |id| self.config.strategy(id).map_or_else(|| id.0.to_string(), |slot| slot.name.clone());
        self.header.components.iter().map(|component| (named(component.strategy), hex(&component.sha256))).collect()
    }

    /// What it is fed with: tapes in order, and how much of them.
    fn tapes(&self) -> Vec<String> {
        let feed = &self.header.feed;
        let rows = feed.rows_max.map(|rows| format!("at most {rows} rows"));
        let passes = (feed.repeat > 1).then(|| format!("{} times", feed.repeat));
        self.header.tapes.iter().map(|tape| hex(&tape.sha256)).chain(rows).chain(passes).collect()
    }
}

fn stopped(why: Stopped, journals: &Pair<Journal>) -> Failure {
    match why {
        Stopped::Journal(side, error) => {
            let failure = journal_failure(&error);
            let Failure::Damaged(fault) = failure else { return failure };
            let message = format!("{}: {}", journals.of(side).name, fault.message);
            Failure::Damaged(Fault { message, ..fault })
        }
        Stopped::TooFarApart(strategy) => {
            let what = match strategy.and_then(|id| journals.a.config.strategy(id)) {
                Some(slot) => format!("the decisions of {}", slot.name),
                None => "the events".to_owned(),
            };
            let fault = Fault::new(format!("{what} are too far apart in the two journals to be held side by side"));
            Failure::Usage(fault.fixed_by("compare one strategy at a time with --strategy"))
        }
    }
}

/// Keys of the configuration that differ, with both values.
fn keys(journals: &Pair<Journal>) -> Vec<(String, Pair<Option<String>>)> {
    let (a, b) = (recorded::keys(&journals.a.config), recorded::keys(&journals.b.config));
    differing(&a, &b)
}

fn differing(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<(String, Pair<Option<String>>)> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let differs = |name: &&String| a.get(*name) != b.get(*name);
    let both = |name: &String| (name.clone(), Pair { a: a.get(name).cloned(), b: b.get(name).cloned() });
    names.into_iter().filter(differs).map(both).collect()
}

/// Shows decisions and events of either journal.
#[derive(Clone, Copy)]
struct Teller<'a> {
    journals: &'a Pair<Journal>,
}

impl Teller<'_> {
    fn decision(&self, side: Side, placed: &Placed) -> Fields {
        let place = (placed.seq(), placed.ordinal);
        self.journals.of(side).renderer().decision(place, &placed.decision, (&placed.notes, None))
    }

    /// The event that led to a decision.
    fn event(&self, side: Side, placed: &Placed) -> Fields {
        match &placed.input {
            Input::Event(event) => self.journals.of(side).renderer().event(event),
            Input::TapeRows { .. } | Input::Unknown { .. } => {
                Fields::new().with("seq", placed.seq().0).with("event", "row of a tape")
            }
        }
    }

    fn placed_json(&self, side: Side, placed: Option<&Placed>) -> Json {
        let Some(placed) = placed else { return Json::Null };
        let mut object = Map::new();
        if let Json::Object(fields) = self.decision(side, placed).json() {
            object.extend(fields);
        }
        object.insert("led_to_by".to_owned(), self.event(side, placed).json());
        Json::Object(object)
    }

    fn differing_json(&self, differing: &Differing) -> Json {
        json!({
            "a": self.placed_json(Side::A, differing.a.as_ref()),
            "b": self.placed_json(Side::B, differing.b.as_ref()),
        })
    }

    /// Both sides, each with the event that led to it.
    fn differing_lines(&self, differing: &Differing, indent: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for (side, name, placed) in [(Side::A, "a", &differing.a), (Side::B, "b", &differing.b)] {
            match placed {
                None => lines.push(format!("{indent}{name}  nothing")),
                Some(placed) => {
                    lines.push(format!("{indent}{name}  {}", self.decision(side, placed).text()));
                    lines.push(format!("{indent}   led to by {}", self.event(side, placed).text()));
                }
            }
        }
        lines
    }

    fn one(&self, differing: &Differing, out: &mut Output) {
        match out.form() {
            Form::Json => {
                let mut object = Map::new();
                object.insert("record".to_owned(), "difference".into());
                if let Json::Object(sides) = self.differing_json(differing) {
                    object.extend(sides);
                }
                out.json(&Json::Object(object));
            }
            Form::Text => self.differing_lines(differing, "").iter().for_each(|line| out.line(line)),
        }
    }

    fn told(&self, side: Side, told: Option<&Told>) -> Option<Fields> {
        told.map(|told| self.journals.of(side).renderer().event(&told.event))
    }

    fn strategy(&self, id: StrategyId) -> String {
        let named = |journal: &Journal| journal.config.strategy(id).map(|_| journal.renderer().strategy(id));
        let name = named(&self.journals.a).or_else(|| named(&self.journals.b));
        name.unwrap_or_else(|| self.journals.a.renderer().strategy(id))
    }
}

/// Everything that was found.
struct Shown<'a> {
    teller: Teller<'a>,
    found: &'a Found,
    kept: &'a [Differing],
    left_out: u64,
    keys: Vec<(String, Pair<Option<String>>)>,
}

impl Shown<'_> {
    fn components(&self) -> Vec<(String, Pair<Option<String>>)> {
        let Pair { a, b } = self.teller.journals;
        differing(&a.components(), &b.components())
    }

    fn tapes_are_equal(&self) -> bool {
        let Pair { a, b } = self.teller.journals;
        a.tapes() == b.tapes()
    }

    fn is_equal(&self) -> bool {
        let found = self.found;
        let inputs = found.outside.first.is_none() && found.venue.first.is_none() && found.rows.a == found.rows.b;
        let known = found.unknown == Pair::default();
        let same = self.keys.is_empty() && self.components().is_empty() && self.tapes_are_equal();
        inputs && known && same && found.lanes.values().all(Lane::is_equal)
    }

    fn json(&self) -> Json {
        let Pair { a, b } = self.teller.journals;
        let pairs = |list: &[(String, Pair<Option<String>>)], key: &str| -> Vec<Json> {
            list.iter().map(|(name, pair)| json!({ key: name, "a": pair.a, "b": pair.b })).collect()
        };
        json!({
            "record": "summary",
            "equal": self.is_equal(),
            "a": a.json(),
            "b": b.json(),
            "configuration": pairs(&self.keys, "key"),
            "components": pairs(&self.components(), "strategy"),
            "tapes": { "equal": self.tapes_are_equal(), "a": a.tapes(), "b": b.tapes() },
            "rows": { "a": self.found.rows.a, "b": self.found.rows.b },
            "outside_events": self.sequence_json(&self.found.outside),
            "venue_events": self.sequence_json(&self.found.venue),
            "unknown_records": { "a": self.found.unknown.a, "b": self.found.unknown.b },
            "strategies": self.found.lanes.iter().map(|(id, lane)| self.lane_json(*id, lane)).collect::<Vec<_>>(),
            "differences": self.kept.iter().map(|one| self.teller.differing_json(one)).collect::<Vec<_>>(),
            "differences_left_out": self.left_out,
        })
    }

    fn sequence_json(&self, sequence: &Sequence) -> Json {
        let first = sequence.first.as_ref().map(|first| {
            let shown = |side, told: &Option<Told>| self.teller.told(side, told.as_ref()).map(Fields::json);
            json!({ "a": shown(Side::A, &first.a), "b": shown(Side::B, &first.b) })
        });
        json!({ "a": sequence.counts.a, "b": sequence.counts.b, "first_difference": first })
    }

    fn lane_json(&self, id: StrategyId, lane: &Lane) -> Json {
        json!({
            "strategy": self.teller.strategy(id),
            "equal": lane.is_equal(),
            "equal_decisions": lane.equal,
            "equal_to_intent": lane.equal_to.map(|intent| format!("{}/{intent}", id.0)),
            "differing": lane.differing,
            "only_a": lane.only.a,
            "only_b": lane.only.b,
            "first_difference": lane.first.as_ref().map(|first| self.teller.differing_json(first)),
        })
    }

    fn lines(&self) -> Vec<String> {
        let Pair { a, b } = self.teller.journals;
        let mut lines = vec![if self.is_equal() { "EQUAL" } else { "DIFFERENT" }.to_owned()];
        for (name, journal) in [("a", a), ("b", b)] {
            let header = &journal.header;
            let of = counterfactual_of(header).map_or(String::new(), |of| format!(", a counterfactual of {of}"));
            lines.push(format!("  {name}  {}, {} session {}{of}", journal.name, header.mode.code(), header.session));
        }
        let made = |header: &Header| (header.engine.clone(), header.rules_version, header.operator_costs.clone());
        if made(&a.header) != made(&b.header) {
            let by = |header: &Header| {
                format!("{}, rules {}, fuel by {}", header.engine, header.rules_version, header.operator_costs)
            };
            lines.push(format!("  made by {}; {}", by(&a.header), by(&b.header)));
        }
        lines.extend(both("configuration", &self.keys));
        lines.extend(both("components", &self.components()));
        lines.extend(self.inputs());
        for (id, lane) in &self.found.lanes {
            lines.extend(self.lane(*id, lane));
        }
        if self.found.lanes.is_empty() {
            lines.push("decisions        none".to_owned());
        }
        if !self.kept.is_empty() {
            let all = self.kept.len() as u64 + self.left_out;
            lines.push(format!("\ndiffering decisions, {} of {}", grouped(self.kept.len() as u64), grouped(all)));
            for differing in self.kept {
                lines.extend(self.teller.differing_lines(differing, "  "));
            }
        }
        if self.left_out > 0 {
            lines.push(format!("  and {} more (--all shows them)", grouped(self.left_out)));
        }
        lines
    }

    fn inputs(&self) -> Vec<String> {
        let Pair { a, b } = self.teller.journals;
        let mut lines = Vec::new();
        let rows = &self.found.rows;
        if self.tapes_are_equal() && rows.a == rows.b {
            lines.push(format!("tapes            equal, {} rows", grouped(rows.a)));
        } else {
            lines.push("tapes            differ".to_owned());
            for (name, journal, rows) in [("a", a, rows.a), ("b", b, rows.b)] {
                lines.push(format!("  {name}  {} rows of {}", grouped(rows), journal.tapes().join(", ")));
            }
        }
        lines.extend(self.sequence("outside events", &self.found.outside));
        lines.extend(self.sequence("venue events", &self.found.venue));
        let unknown = &self.found.unknown;
        if *unknown != Pair::default() {
            let count = unknown.a + unknown.b;
            lines.push(format!("unknown records  {count}: a newer release wrote what cannot be compared here"));
        }
        lines
    }

    fn sequence(&self, name: &str, sequence: &Sequence) -> Vec<String> {
        let Pair { a, b } = &sequence.counts;
        let Some(first) = &sequence.first else { return vec![format!("{name:<15}  equal, {}", grouped(*a))] };
        let mut lines = vec![format!("{name:<15}  differ, {} and {}; the first", grouped(*a), grouped(*b))];
        for (side, name, told) in [(Side::A, "a", &first.a), (Side::B, "b", &first.b)] {
            let text = self.teller.told(side, told.as_ref()).map_or("nothing".to_owned(), |fields| fields.text());
            lines.push(format!("  {name}  {text}"));
        }
        lines
    }

    fn lane(&self, id: StrategyId, lane: &Lane) -> Vec<String> {
        let name = format!("strategy {}", self.teller.strategy(id));
        let same = format!("{} decisions equal", grouped(lane.equal));
        let Some(first) = &lane.first else { return vec![format!("{name:<15}  equal, {same}")] };
        let to = lane.equal_to.map_or("from the start".to_owned(), |intent| {
            format!("after {} equal decisions, the last of intent {}/{intent}", grouped(lane.equal), id.0)
        });
        let counts = format!(
            "{} differ, {} only in a, {} only in b",
            grouped(lane.differing),
            grouped(lane.only.a),
            grouped(lane.only.b)
        );
        let mut lines = vec![format!("{name:<15}  differs {to}; then {counts}; the first")];
        if lane.differing + lane.only.a + lane.only.b == 0 {
            lines.push("  every intent has the same decisions, they come in another order".to_owned());
        }
        lines.extend(self.teller.differing_lines(first, "  "));
        lines
    }
}

/// Names with both values, as a table.
fn both(what: &str, list: &[(String, Pair<Option<String>>)]) -> Vec<String> {
    if list.is_empty() {
        return vec![format!("{what:<15}  equal")];
    }
    let mut table = Table::new(&["", "a", "b"]);
    for (name, pair) in list {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        table.row([name.clone(), shown(&pair.a), shown(&pair.b)]);
    }
    vec![format!("{what:<15}  {} differ", list.len()), table.to_string()]
}
