//! Script: which control events does a file of `[[events]]` ask for?
//!
//! In: a file, and the configuration it is about. Out: facts with their times, or problems in the report of the
//! configuration. Must never: change what a running session has read once at its start.

use std::collections::BTreeMap;
use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::coded_enum;
use ringfence_core::config::{Config, encode_params};
use ringfence_core::event::{Adjustment, EventKind, Funding, KillLevel, Report};
use ringfence_core::ids::{InstrumentId, NameId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentStatus};
use ringfence_core::money::{Price, mantissa};
use ringfence_sandbox::{ComponentBytes, INTERPRETER_BYTES_MAX, Refusal, signature_path, signature_text};
use ringfence_session::script::{Fact, Scripted};

use crate::calendar::time_text;

use super::build::{self, about, no_such};
use super::checked::{Checked, Table};
use super::document::{self, Node, Nodes, Value};
use super::keys::{self, EVENT, EVENTS};
use super::kind::Key;
use super::problem::{ConfigCode, Origin, Problem, Problems};
use super::read::{self, Place};
use super::{actions, carry, file_text, is_refused, overrides, profile};

coded_enum! {
    /// What happens.
    ScriptKind {
        /// Submissions are allowed again.
        TradingEnabled = 1 "trading-enabled",
        /// Submissions stop.
        TradingDisabled = 2 "trading-disabled",
        /// A level of the kill switch is set or taken back.
        Kill = 3 "kill",
        /// Positions are to be closed.
        Flatten = 4 "flatten",
        /// New parameters of a strategy.
        Parameters = 5 "parameters",
        /// Keys of the configuration change.
        Config = 6 "config",
        /// A value from outside.
        Signal = 7 "signal",
        /// The trading status of an instrument.
        InstrumentStatus = 8 "instrument-status",
        /// Market data can no longer be trusted.
        FeedStale = 9 "feed-stale",
        /// It can be trusted again.
        FeedRecovered = 10 "feed-recovered",
        /// A venue cannot be reached.
        VenueDown = 11 "venue-down",
        /// It can be reached.
        VenueUp = 12 "venue-up",
        /// The venue's mark price of an instrument.
        MarkPrice = 13 "mark-price",
        /// The funding rate of a perpetual.
        FundingRate = 14 "funding-rate",
        /// A split, dividend, rename or delisting.
        CorporateAction = 15 "corporate-action",
        /// Another component in a strategy's place.
        Swap = 16 "swap",
    }
}

/// The configuration that a script is about.
pub(super) struct Base<'a> {
    /// Its file.
    pub(super) file: &'a Origin,
    /// What was written there and in flags, before its profile.
    pub(super) nodes: &'a Nodes,
    /// The configuration in force at the start; `None` = it could not be built, and names are not looked up.
    pub(super) core: Option<&'a Config>,
}

/// What a script asks for.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Facts in the order of the file.
    pub(super) facts: Vec<Scripted>,
    /// Signatures of the components that it swaps in.
    pub(super) signatures: Signatures,
}

/// Texts of signatures, by the SHA-256 of the component that each lies beside.
pub(crate) type Signatures = BTreeMap<Sha256Hash, Vec<u8>>;

/// Reads a script. Its problems are noted beside those of the configuration.
pub(super) fn load(file: &Path, base: &Base<'_>, problems: &mut Problems) -> Script {
    match file_text(file) {
        Ok(text) => from_text(&file.display().to_string(), &text, base, problems),
        Err(problem) => {
            problems.add(*problem);
            Script::default()
        }
    }
}

/// The same from the file's text.
fn from_text(file: &str, text: &str, base: &Base<'_>, problems: &mut Problems) -> Script {
    let mut found = Problems::new();
    let nodes = document::parse(file, text, &mut found);
    if !found.is_empty() {
        problems.append(found);
        return Script::default();
    }
    let tables = tables(Origin::File(file.to_owned()), &nodes, problems);
    note_times(&tables, problems);
    let mut scope = Scope { base, nodes: base.nodes.clone(), signatures: Signatures::new(), problems };
    let facts = tables.iter().filter_map(|(kind, table)| scope.scripted((*kind)?, table)).collect();
    Script { facts, signatures: scope.signatures }
}

/// Each table with its kind, where it has one. A key that is wrong or missing is noted; so is one that its kind has not.
fn tables(origin: Origin, nodes: &Nodes, problems: &mut Problems) -> Vec<(Option<ScriptKind>, Table)> {
    let place = Place { key: String::new(), origin: &origin };
    let items = read::entries(&place, nodes, &EVENTS[0], problems);
    items.iter().enumerate().filter_map(|(index, item)| event(index, item, problems)).collect()
}

fn event(index: usize, item: &Node, problems: &mut Problems) -> Option<(Option<ScriptKind>, Table)> {
    let key = format!("events.{index}");
    let Value::Table(nodes) = &item.value else {
        problems.add(read::wrong(&key, item, &EVENTS[0].kind, ConfigCode::Type));
        return None;
    };
    let place = Place { key, origin: &item.origin };
    let written = nodes.get("kind").map(|node| &node.value);
    let kind = ScriptKind::ALL.iter().find(|kind| written == Some(&Value::Text(kind.code().to_owned()))).copied();
    let table = match kind {
        Some(kind) => read::table(place, nodes, keys_of(kind), problems),
        // Of an unknown kind nobody can say which other keys it has.
        None => {
            let common = nodes.iter().filter(|(name, _)| EVENT.iter().any(|key| key.name == name.as_str()));
            read::table(place, &common.map(|(name, node)| (name.clone(), node.clone())).collect(), EVENT, problems)
        }
    };
    Some((kind, table))
}

fn keys_of(kind: ScriptKind) -> &'static [Key] {
    match kind {
        ScriptKind::TradingEnabled | ScriptKind::TradingDisabled => EVENT,
        ScriptKind::Kill => keys::EVENT_KILL,
        ScriptKind::Flatten => keys::EVENT_FLATTEN,
        ScriptKind::Parameters => keys::EVENT_PARAMETERS,
        ScriptKind::Config => keys::EVENT_CONFIG,
        ScriptKind::Signal => keys::EVENT_SIGNAL,
        ScriptKind::InstrumentStatus => keys::EVENT_STATUS,
        ScriptKind::FeedStale | ScriptKind::FeedRecovered => keys::EVENT_FEED,
        ScriptKind::VenueDown | ScriptKind::VenueUp => keys::EVENT_VENUE,
        ScriptKind::MarkPrice => keys::EVENT_MARK,
        ScriptKind::FundingRate => keys::EVENT_FUNDING,
        ScriptKind::CorporateAction => keys::EVENT_ACTION,
        ScriptKind::Swap => keys::EVENT_SWAP,
    }
}

/// Times may be equal; they do not go back.
fn note_times(tables: &[(Option<ScriptKind>, Table)], problems: &mut Problems) {
    let mut latest: Option<(u64, &Table)> = None;
    for (_, table) in tables {
        let Some(at) = table.time("at") else { continue };
        match latest {
            Some((before, other)) if at < before => problems.add(Problem {
                value: Some(time_text(at)),
                ..about(table, "at", ConfigCode::Range, &format!("is before {} at {}", time_text(before), other.origin))
            }),
            Some(_) | None => latest = Some((at, table)),
        }
    }
}

/// What events refer to, and the configuration as the events so far have changed it.
struct Scope<'a> {
    base: &'a Base<'a>,
    nodes: Nodes,
    signatures: Signatures,
    problems: &'a mut Problems,
}

impl Scope<'_> {
    fn scripted(&mut self, kind: ScriptKind, table: &Table) -> Option<Scripted> {
        let fact = self.fact(kind, table);
        Some(Scripted { time: TimeNs(table.time("at")?), fact: fact? })
    }

    fn fact(&mut self, kind: ScriptKind, table: &Table) -> Option<Fact> {
        let control = |kind| Some(Fact::Report(Report::control(kind)));
        match kind {
            ScriptKind::TradingEnabled => control(EventKind::TradingEnabled),
            ScriptKind::TradingDisabled => control(EventKind::TradingDisabled),
            ScriptKind::Kill => control(self.kill(table)?),
            ScriptKind::Flatten => control(EventKind::FlattenRequested(self.strategy_or_all(table)?)),
            ScriptKind::Parameters => self.parameters(table),
            ScriptKind::Config => self.config(table),
            ScriptKind::Signal => control(self.signal(table)?),
            ScriptKind::InstrumentStatus => {
                let status = InstrumentStatus::ALL.iter().find(|known| Some(known.code()) == table.text("status"));
                self.of_instrument(table, EventKind::InstrumentStatus(*status?))
            }
            ScriptKind::FeedStale => self.of_instrument(table, EventKind::FeedStale),
            ScriptKind::FeedRecovered => self.of_instrument(table, EventKind::FeedRecovered),
            ScriptKind::VenueDown => self.of_venue(table, EventKind::VenueDown),
            ScriptKind::VenueUp => self.of_venue(table, EventKind::VenueUp),
            ScriptKind::MarkPrice => self.mark_price(table),
            ScriptKind::FundingRate => {
                let rate_e9 = carry::rate_e9(table, table.decimal("rate")?, self.problems)?;
                let next_time = TimeNs(table.time("next").unwrap_or(0));
                self.of_instrument(table, EventKind::FundingRate(Funding { rate_e9, next_time }))
            }
            ScriptKind::CorporateAction => self.corporate_action(table),
            ScriptKind::Swap => self.swap(table),
        }
    }

    fn kill(&mut self, table: &Table) -> Option<EventKind> {
        let level = KillLevel::ALL.iter().find(|level| Some(level.code()) == table.text("level")).copied();
        let is_named = table.is_written("strategy");
        let strategy = self.strategy_or_all(table);
        match level? {
            KillLevel::L1 if !is_named => {
                let message = "missing, level L1 stops one strategy";
                self.problems.add(about(table, "strategy", ConfigCode::Missing, message));
                None
            }
            KillLevel::L2 | KillLevel::L3 | KillLevel::L4 if is_named => {
                let message = "levels L2 to L4 are of all strategies";
                self.problems.add(about(table, "strategy", ConfigCode::Value, message));
                None
            }
            level @ (KillLevel::Off | KillLevel::L1 | KillLevel::L2 | KillLevel::L3 | KillLevel::L4) => {
                Some(EventKind::KillSwitch(level, strategy?))
            }
        }
    }

    fn parameters(&mut self, table: &Table) -> Option<Fact> {
        let strategy = self.strategy(table);
        let params = encode_params(&build::params(table.table("params")?));
        Some(Fact::Parameters(strategy?, params))
    }

    fn swap(&mut self, table: &Table) -> Option<Fact> {
        let strategy = self.strategy(table);
        let path = table.path("component")?;
        let read =
            ComponentBytes::read(&path, INTERPRETER_BYTES_MAX).and_then(|bytes| Ok((bytes, self.signature(&path)?)));
        match read {
            Ok((bytes, signature)) => {
                self.signatures.extend(signature.map(|text| (bytes.sha256(), text)));
                Some(Fact::Swap(strategy?, bytes.sha256(), bytes.bytes().to_vec()))
            }
            Err(refusal) => {
                let problem = about(table, "component", ConfigCode::Component, &is_refused(&refusal));
                self.problems.add(Problem { fix: Some(refusal.fix), ..problem });
                None
            }
        }
    }

    /// What lies beside a component, where it says whom to trust.
    fn signature(&self, component: &Path) -> Result<Option<Vec<u8>>, Refusal> {
        if self.base.nodes.contains_key("trust") { signature_text(&signature_path(component)) } else { Ok(None) }
    }

    /// The configuration with these keys changed, beside those that events above changed.
    fn config(&mut self, table: &Table) -> Option<Fact> {
        let set = table.table("set")?;
        if set.entries.is_empty() && set.wrong.is_empty() {
            self.problems.add(about(table, "set", ConfigCode::Missing, "names no key to change"));
        }
        for (key, entry) in &set.entries {
            let Checked::Text(value) = &entry.value else { continue };
            if let Err(message) = self.set(key, value, &entry.origin) {
                let (origin, value) = (entry.origin.clone(), Some(format!("{value:?}")));
                let fix = Some(format!("it can change {CHANGEABLE}"));
                let key = format!("{}.{key:?}", set.key);
                self.problems.add(Problem { origin, key, value, code: ConfigCode::Override, message, fix });
            }
        }
        self.base.core?;
        self.changed().map(|config| Fact::Config(config.encode()))
    }

    fn set(&mut self, key: &str, value: &str, origin: &Origin) -> Result<(), String> {
        if !is_changeable(&overrides::segments(key)?) {
            return Err("is read once at the start, a running session cannot change it".to_owned());
        }
        overrides::set(&mut self.nodes, (key, value), origin)
    }

    fn changed(&mut self) -> Option<Config> {
        let mut nodes = self.nodes.clone();
        profile::expand(&mut nodes, self.problems);
        let place = Place { key: String::new(), origin: self.base.file };
        let root = read::table(place, &nodes, keys::ROOT, self.problems);
        build::build(&root, self.problems).core
    }

    fn signal(&mut self, table: &Table) -> Option<EventKind> {
        let (source, name) = (self.name(table, "source"), self.name(table, "name"));
        let value = table.decimal("value")?;
        // Normalised: a whole number has no digits behind its point.
        let whole = (value.scale() == 0).then(|| i64::try_from(value).ok()).flatten();
        if whole.is_none() {
            let problem = about(table, "value", ConfigCode::Range, "expected a whole number of 64 bits");
            self.problems.add(Problem { value: Some(value.to_string()), ..problem });
        }
        Some(EventKind::Signal(source?, name?, whole?))
    }

    fn name(&mut self, table: &Table, key: &str) -> Option<NameId> {
        let config = self.base.core?;
        let at = self.place(table, key, config.names.iter().map(String::as_str))?;
        u32::try_from(at).ok().map(NameId)
    }

    fn mark_price(&mut self, table: &Table) -> Option<Fact> {
        let instrument = self.instrument(table)?;
        let price = mantissa(table.decimal("price")?, instrument.price_scale);
        if let Err(error) = &price {
            self.problems.add(about(table, "price", ConfigCode::Range, &error.to_string()));
        }
        self.of_instrument(table, EventKind::MarkPrice(Price(price.ok()?)))
    }

    fn corporate_action(&mut self, table: &Table) -> Option<Fact> {
        let instrument = *self.instrument(table)?;
        let kind = *Adjustment::ALL.iter().find(|kind| Some(kind.code()) == table.text("action"))?;
        let number = |key: &str| table.integer(key).unwrap_or(0);
        let units = (number("numerator"), number("denominator"));
        let action = actions::checked(kind, units, table.decimal("cash").unwrap_or_default(), &instrument);
        if action.is_none() {
            let message =
                "a split has numerator and denominator, a dividend cash at the price scale, others none of them";
            self.problems.add(about(table, "action", ConfigCode::Value, message));
        }
        Some(actions::fact(action?, &instrument))
    }

    fn instrument(&mut self, table: &Table) -> Option<&Instrument> {
        let config = self.base.core?;
        let symbols: Vec<&str> = config.instruments.iter().map(|instrument| config.symbol(instrument.id)).collect();
        let at = self.place(table, "instrument", symbols.into_iter())?;
        config.instruments.get(at - 1)
    }

    fn of_instrument(&mut self, table: &Table, kind: EventKind) -> Option<Fact> {
        let config = self.base.core?;
        let symbols: Vec<&str> = config.instruments.iter().map(|instrument| config.symbol(instrument.id)).collect();
        let at = self.place(table, "instrument", symbols.into_iter())?;
        let instrument = InstrumentId(u32::try_from(at).ok()?);
        Some(Fact::Report(Report { instrument, ..Report::control(kind) }))
    }

    fn of_venue(&mut self, table: &Table, kind: EventKind) -> Option<Fact> {
        let config = self.base.core?;
        let at = self.place(table, "venue", config.venues.iter().map(|venue| venue.name.as_str()))?;
        let venue = VenueId(u16::try_from(at).ok()?);
        Some(Fact::Report(Report { venue, ..Report::control(kind) }))
    }

    fn strategy(&mut self, table: &Table) -> Option<StrategyId> {
        let config = self.base.core?;
        let at = self.place(table, "strategy", config.strategies.iter().map(|slot| slot.name.as_str()))?;
        u16::try_from(at).ok().map(StrategyId)
    }

    /// Strategy 0 where none is named.
    fn strategy_or_all(&mut self, table: &Table) -> Option<StrategyId> {
        if table.is_written("strategy") { self.strategy(table) } else { Some(StrategyId::EXTERNAL) }
    }

    /// Place from 1 of a name among those that are known.
    fn place<'a>(&mut self, table: &Table, key: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<usize> {
        let name = table.text(key)?;
        let at = known.clone().position(|known| known == name);
        if at.is_none() {
            self.problems.add(no_such(table, key, name, known));
        }
        at.map(|at| at + 1)
    }
}

/// What the core takes from a changed configuration. Everything else was read before the first event: by the sandbox, by the
/// simulated venue, or because ids must keep their meaning.
const CHANGEABLE: &str = "risk.*, execution.*, and strategies.NAME.capital, loss_max and instruments";

fn is_changeable(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["risk" | "execution", _] | ["strategies", _, "capital" | "loss_max" | "instruments"] => true,
        _other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::Kind;
    use super::*;

    fn choice(keys: &[Key], name: &str) -> Vec<&'static str> {
        let found = keys.iter().find(|key| key.name == name).map(|key| key.kind);
        let Some(Kind::Choice(words)) = found else { panic!("{name} is a choice") };
        words.to_vec()
    }

    #[test]
    fn the_words_of_events_are_those_of_their_enums() {
        assert_eq!(choice(EVENT, "kind"), ScriptKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>());
        assert_eq!(choice(keys::EVENT_KILL, "level"), KillLevel::ALL.iter().map(|l| l.code()).collect::<Vec<_>>());
        let statuses: Vec<_> = InstrumentStatus::ALL.iter().map(|status| status.code()).collect();
        assert_eq!(choice(keys::EVENT_STATUS, "status"), statuses);
    }

    #[test]
    fn every_event_has_a_time_and_a_kind_and_says_what_its_keys_mean() {
        for kind in ScriptKind::ALL {
            let keys = keys_of(*kind);
            assert_eq!(keys[..2].iter().map(|key| key.name).collect::<Vec<_>>(), ["at", "kind"], "{kind}");
            assert!(keys.iter().all(|key| key.doc.ends_with('.')), "{kind}");
        }
    }
}
