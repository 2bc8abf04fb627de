//! Replays: a recorded session executed again, strategies included.
//!
//! In: a journal, its tapes by hash, components from the journal or others in their place. Out: a verdict. Must never:
//! change the journal, or take a tape whose hash is not the recorded one.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::{Config, GuestProfile};
use ringfence_core::event::{EventKind, Halt, Mode};
use ringfence_core::ids::{Seq, SessionId, StrategyId};
use ringfence_core::plan::Plan;
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::strategy::{Call, CallReport, Renewal, StateLoan, StrategyHost};
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::wire::header::{ComponentRef, Header};
use ringfence_sandbox::{Alarm, ComponentBytes, Isolation, OPERATOR_COST_ID, Place, Refusal, Rules, Sandbox};
use ringfence_session::backtest::Progress;
use ringfence_session::observer::Observer;
use ringfence_session::replay::{Approvals, Replay, Verdict};
#[cfg(feature = "venues")]
use ringfence_session::replay::{ResumeError, Resumed};
use ringfence_tape::{TapeSpec, sha256_file};

use crate::config::{Origin, Report};
use crate::debug::listener::Listener;
use crate::exit::{Failure, Fault};
use crate::output::hex;
#[cfg(feature = "venues")]
use crate::progress::Line;
use crate::secrets;
#[cfg(feature = "venues")]
use crate::sessions::strategies::Crew;
use crate::sessions::strategies::{Blame, Source, refused, set_up, strategy_of};
use crate::sessions::whatif::counterfactual_of;
use crate::sessions::{journal_failure, session_failure, tape_failure, tapes};

/// What to replay.
#[derive(Debug)]
pub struct Order<'a> {
    /// Folder of the journal.
    pub journal: &'a Path,
    /// Tapes, in any order: they are told by their hash. Hints of the journal are used for those not named.
    pub data: &'a [PathBuf],
    /// Other components in place of the recorded ones, by strategy id or name.
    pub strategies: &'a [(String, PathBuf)],
    /// Stop after this event.
    pub until: Option<Seq>,
    /// Where strategies run: a journal does not say where they did, and it makes no difference to it.
    pub isolation: Isolation,
}

/// Verdict and what it is about.
#[derive(Debug)]
pub struct Replayed {
    /// What was found.
    pub verdict: Verdict,
    /// Session of the journal.
    pub session: SessionId,
    /// The session of which it is a counterfactual; `None` = it happened.
    pub counterfactual_of: Option<String>,
    /// Recorded configuration, for names in messages.
    pub config: Config,
    /// What an operator should look at: entries of the code cache that were not used.
    pub alarms: Vec<Alarm>,
}

/// Executes the session again.
///
/// # Errors
/// A journal that cannot be read, tapes that are absent or others, components that are refused.
pub fn run(
    order: &Order<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    observer: Option<&mut dyn Observer>,
) -> Result<Replayed, Failure> {
    listening(order, progress, observer, None).map(|(replayed, _)| replayed)
}

/// The same, listening to a strategy; whether to all of its calls since its `setup`.
pub(crate) fn listening(
    order: &Order<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    observer: Option<&mut dyn Observer>,
    to: Option<(StrategyId, bool)>,
) -> Result<(Replayed, Option<Listener>), Failure> {
    let fault = |error| journal_failure(&error);
    let mut reader = JournalReader::open(order.journal).map_err(fault)?;
    let header = reader.header().clone();
    let config = recorded_config(order.journal, &header)?;
    let specs = specs(order, &header, &config, &hints(&reader))?;
    let replaced = replacements(order, &config)?;
    let blame = |strategy: StrategyId, refusal: &Refusal| {
        let other = replaced.get(&strategy).map(|flag| Origin::Flag(flag.shown.clone()));
        let origin = other.unwrap_or_else(|| Origin::File("the journal".to_owned()));
        refused(&config, (strategy, origin), refusal)
    };
    let sources = sources((&header, &config), &replaced, &mut reader, (&blame, order.isolation))?;
    let mut crew = set_up(&without_pins(&config, &replaced), sources, &blame)?;
    let feed = tapes::feed(specs, tapes::extent(&header))?;
    if tapes::references(&tapes::hashes(&feed)) != header.tapes {
        return Err(Failure::outside("a tape was changed while the replay was set up"));
    }
    let (keys, approvals) = keys(&header)?;
    let replaced: Vec<StrategyId> = replaced.keys().copied().collect();
    let library = JournalReader::open(order.journal).map_err(fault)?;
    let listener = to.map(|(strategy, is_whole)| Listener::new(strategy, is_whole, &mut crew.sandbox, &config));
    let mut host = Recorded { sandbox: &mut crew.sandbox, library: Some(library), listener };
    let replay = Replay {
        reader,
        feed,
        attached: &crew.attached,
        host: &mut host,
        replaced: &replaced,
        is_fuel_compared: to.is_none(),
        operator_costs: OPERATOR_COST_ID,
        keys,
        approvals,
        until: order.until,
        progress,
        observer: match observer {
            Some(observer) => Some(observer),
            None => None,
        },
    };
    let verdict = replay.run().map_err(session_failure)?;
    let counterfactual_of = counterfactual_of(&header).map(str::to_owned);
    let listener = host.listener;
    Ok((Replayed { verdict, session: header.session, counterfactual_of, config, alarms: crew.alarms }, listener))
}

/// Executes an interrupted session up to where its record ends, strategies included: State and strategies to go on with. One
/// that decides otherwise than it did is not asked; what it did comes from the record.
#[cfg(feature = "venues")]
pub(crate) fn resume(
    journal: &Path,
    isolation: &[Isolation],
    keys: &dyn Fn() -> Result<ApprovalKeys, Failure>,
) -> Result<(Crew, Resumed), Failure> {
    let fault = |error| journal_failure(&error);
    let mut recited = Vec::new();
    loop {
        let mut reader = JournalReader::open(journal).map_err(fault)?;
        let header = reader.header().clone();
        let config = recorded_config(journal, &header)?;
        let blame = |strategy: StrategyId, refusal: &Refusal| {
            refused(&config, (strategy, Origin::File("the journal".to_owned())), refusal)
        };
        let inside = (&blame as &Blame<'_>, Isolation::InProcess);
        let mut sources = sources((&header, &config), &Replacements::new(), &mut reader, inside)?;
        for source in &mut sources {
            let at = usize::from(source.strategy.0).saturating_sub(1);
            source.isolation = isolation.get(at).copied().unwrap_or_default();
        }
        let mut crew = set_up(&config, sources, &blame)?;
        let mut host = Recorded { sandbox: &mut crew.sandbox, library: Some(reopened(journal)?), listener: None };
        let line = Line::start("going on", Some(reader.totals().next_seq.0));
        let replay = Replay {
            reader,
            feed: tapes::feed(Vec::new(), tapes::extent(&header))?,
            attached: &crew.attached,
            host: &mut host,
            replaced: &[],
            is_fuel_compared: false,
            operator_costs: OPERATOR_COST_ID,
            keys: keys()?,
            approvals: Approvals::OfGivenKeys,
            until: None,
            progress: &mut |now| line.moved(now),
            observer: None,
        };
        let resumed = replay.resume(&recited);
        line.end();
        match resumed {
            Ok(Ok(resumed)) => return Ok((crew, resumed)),
            Ok(Err(other)) => recited.push(other),
            Err(ResumeError::Session(error)) => return Err(session_failure(error)),
            Err(error @ ResumeError::Differs(_)) => return Err(Failure::Damaged(Fault::new(error.to_string()))),
        }
    }
}

#[cfg(feature = "venues")]
fn reopened(journal: &Path) -> Result<JournalReader, Failure> {
    JournalReader::open(journal).map_err(|error| journal_failure(&error))
}

/// How large a strategy's component may be.
fn size_max(config: &Config, strategy: StrategyId) -> u64 {
    let profile = config.strategy(strategy).map_or(GuestProfile::Compiled, |slot| slot.profile);
    Rules::of(profile).size_max
}

/// The strategies of a journal: components that came in the course of the session are made ready when they are wanted.
pub(crate) struct Recorded<'a> {
    sandbox: &'a mut Sandbox,
    /// Where components of the session lie; `None` = it is not recorded, and has no others than those it began with.
    library: Option<JournalReader>,
    /// `None` = nobody listens.
    listener: Option<Listener>,
}

impl<'a> Recorded<'a> {
    /// The strategies of a session that runs, with the components that its journal holds.
    #[cfg(feature = "venues")]
    pub(crate) fn live(sandbox: &'a mut Sandbox, journal: Option<&Path>) -> Result<Recorded<'a>, Failure> {
        let library = journal.map(JournalReader::open).transpose().map_err(|error| journal_failure(&error))?;
        Ok(Recorded { sandbox, library, listener: None })
    }

    fn make_ready(&mut self, renewal: &Renewal<'_>, sha256: Sha256Hash) -> Result<(), String> {
        let component = ComponentRef { strategy: renewal.strategy, sha256 };
        let size_max = size_max(renewal.config, renewal.strategy);
        let library = self.library.as_mut().ok_or("nothing of the session is recorded")?;
        let bytes = library.component(&component, size_max).map_err(|error| error.to_string())?;
        let bytes = ComponentBytes::from_memory(bytes, size_max).map_err(|refusal| refusal.to_string())?;
        let workshop = self.sandbox.workshop().map_err(|alarm| alarm.to_string())?;
        let place = Place { strategy: renewal.strategy, config: renewal.config, params: renewal.params };
        let ready = workshop.make_code_ready(place, bytes, None);
        ready.map(|_| ()).map_err(|refusals| refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl StrategyHost for Recorded<'_> {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        match &mut self.listener {
            None => self.sandbox.call(call, loan),
            Some(listener) => listener.call(self.sandbox, call, loan),
        }
    }

    fn obeyed(&mut self, strategy: StrategyId, fuel: u64) {
        self.sandbox.obeyed(strategy, fuel);
    }

    fn last_words(&self, strategy: StrategyId) -> Option<&str> {
        self.sandbox.last_words(strategy)
    }

    fn memory_bytes(&self, strategy: StrategyId) -> Option<u64> {
        self.sandbox.memory_bytes(strategy)
    }

    fn snapshot(&mut self, strategy: StrategyId) -> Result<Vec<u8>, Halt> {
        self.sandbox.snapshot(strategy)
    }

    fn renew(&mut self, renewal: &Renewal<'_>) -> Result<Plan, String> {
        if let Some(hash) = renewal.component.filter(|hash| !self.sandbox.has_ready(renewal.strategy, hash)) {
            self.make_ready(renewal, hash)?;
        }
        let plan = self.sandbox.renew(renewal)?;
        if let Some(listener) = &mut self.listener {
            listener.renewed(self.sandbox, renewal);
        }
        Ok(plan)
    }
}

/// The configuration of the journal's first `ConfigChanged`.
///
/// # Errors
/// When the journal cannot be read or has none that this program understands.
pub fn recorded_config(journal: &Path, header: &Header) -> Result<Config, Failure> {
    let fault = |error| journal_failure(&error);
    let (mut reader, _) = JournalReader::open_prefix(journal).map_err(fault)?;
    reader.ignore_fuel();
    let mut blobs = Vec::new();
    let mut step = Step::new();
    while reader.next_step(&mut step).map_err(fault)? {
        blobs.append(&mut step.blobs);
        let Input::Event(event) = step.input else { break };
        if let EventKind::ConfigChanged(id) = event.kind {
            let bytes = blobs.iter().find(|(known, _)| *known == id).map(|(_, bytes)| bytes.as_slice());
            let config = bytes.and_then(|bytes| Config::decode(bytes).ok());
            let known = config.filter(|config| config.hash() == header.config);
            return known.ok_or_else(|| Failure::outside("the recorded configuration is not the one its header names"));
        }
    }
    let fault = Fault::new("the journal ends before its configuration");
    Err(Failure::Outside(fault.fixed_by("nothing was decided in it and nothing sent: name a new folder")))
}

pub(crate) fn hints(reader: &JournalReader) -> Vec<PathBuf> {
    let sidecar = reader.sidecar();
    sidecar.map_or_else(Vec::new, |sidecar| sidecar.provenance.tapes.iter().map(PathBuf::from).collect())
}

/// A file for each recorded tape, found by its hash.
pub(crate) fn specs(
    order: &Order<'_>,
    header: &Header,
    config: &Config,
    hints: &[PathBuf],
) -> Result<Vec<TapeSpec>, Failure> {
    let mut given = Vec::new();
    for path in order.data {
        given.push((sha256_file(path).map_err(|error| tape_failure(&error))?, path.clone()));
    }
    if let Some((_, path)) = given.iter().find(|(hash, _)| header.tapes.iter().all(|tape| tape.sha256 != *hash)) {
        let message = format!("{} is no tape of this journal", path.display());
        return Err(Failure::Damaged(Fault::new(message).fixed_by("name the file that the session was fed with")));
    }
    let mut specs = Vec::new();
    for (index, tape) in header.tapes.iter().enumerate() {
        let found = given.iter().find(|(hash, _)| *hash == tape.sha256).map(|(_, path)| path.clone());
        // A market that was generated is made once more, unless somebody wrote it to a file.
        let source = match (found, tapes::generation_of(header, index)) {
            (Some(path), _) => (path, None),
            (None, Some(generation)) => (PathBuf::from(format!("generated market {generation}")), Some(generation)),
            (None, None) => (hinted(hints.get(index), &tape.sha256)?, None),
        };
        let spec = tapes::spec_of(header, config, index, source);
        specs.push(spec.ok_or_else(|| Failure::outside("the journal does not say how its tapes are read"))?);
    }
    Ok(specs)
}

fn hinted(hint: Option<&PathBuf>, wanted: &Sha256Hash) -> Result<PathBuf, Failure> {
    let found = hint.filter(|path| path.is_file());
    let is_same = found.is_some_and(|path| sha256_file(path).is_ok_and(|hash| hash == *wanted));
    match found {
        Some(path) if is_same => Ok(path.clone()),
        Some(_) | None => {
            let hint = hint.map_or(String::new(), |path| format!(" (it was {})", path.display()));
            let message = format!("the tape with SHA-256 {} is not here{hint}", hex(wanted));
            Err(Failure::Outside(Fault::new(message).fixed_by("name it with --data FILE")))
        }
    }
}

/// A component in place of a recorded one, and the flag that says so.
struct Replacement {
    path: PathBuf,
    shown: String,
}

type Replacements = BTreeMap<StrategyId, Replacement>;

fn replacements(order: &Order<'_>, config: &Config) -> Result<Replacements, Failure> {
    let mut replaced = Replacements::new();
    for (name, path) in order.strategies {
        let id = strategy_of(name, config)?;
        let shown = format!("--strategy {name}={}", path.display());
        if let Some(first) = replaced.insert(id, Replacement { path: path.clone(), shown: shown.clone() }) {
            return Err(Failure::usage(format!("{} and {shown} name the same strategy", first.shown)));
        }
    }
    Ok(replaced)
}

/// A pin names the recorded component; it says nothing about one that takes its place.
fn without_pins(config: &Config, replaced: &Replacements) -> Config {
    let mut config = config.clone();
    for (slot, id) in config.strategies.iter_mut().zip(1_u16..) {
        slot.pin = slot.pin.filter(|_| !replaced.contains_key(&StrategyId(id)));
    }
    config
}

fn sources(
    (header, config): (&Header, &Config),
    replaced: &Replacements,
    reader: &mut JournalReader,
    (blame, isolation): (&Blame<'_>, Isolation),
) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for component in &header.components {
        let strategy = component.strategy;
        let size_max = size_max(config, strategy);
        let bytes = match replaced.get(&strategy) {
            Some(other) => ComponentBytes::read(&other.path, size_max),
            None => {
                let bytes = reader.component(component, size_max).map_err(|error| journal_failure(&error))?;
                ComponentBytes::from_memory(bytes, size_max)
            }
        };
        let refused = |refusal| Failure::Config(Report { problems: vec![blame(strategy, &refusal)] });
        // What ran is what the journal holds, by its hash: there is nothing left to believe.
        sources.push(Source { strategy, bytes: bytes.map_err(refused)?, trust: None, isolation });
    }
    Ok(sources)
}

/// Backtests sign with a key derived from the session; other sessions' tags can be checked only with their secret.
fn keys(header: &Header) -> Result<(ApprovalKeys, Approvals), Failure> {
    let simulation = || ApprovalKeys::simulation(header.session);
    match header.mode {
        Mode::Backtest | Mode::Replay => Ok((simulation(), Approvals::All)),
        Mode::Paper | Mode::Shadow | Mode::Live => {
            let refused = |message: String| Failure::Usage(Fault::new(message).coded("C-SECRET"));
            let secret = secrets::read(secrets::RISK_HMAC, &secrets::process_environment);
            let keys = match secret.map_err(|error| refused(error.to_string()))? {
                None => simulation(),
                Some(secret) => ApprovalKeys::of_secret(secret.expose()).map_err(|error| refused(error.to_string()))?,
            };
            Ok((keys, Approvals::OfGivenKeys))
        }
    }
}
