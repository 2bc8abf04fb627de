//! Backtests: a configuration and tapes through the whole chain.
//!
//! In: a loaded configuration, how much of the tapes, where to record. Out: results. Must never: let a path or the time of
//! day reach the core or the journal's chain.

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::SystemTime;

use ringfence_core::blob::{Sha256Hash, sha256};
use ringfence_core::config::GuestProfile;
use ringfence_core::event::Mode;
use ringfence_core::ids::{SessionId, StrategyId, TimeNs};
use ringfence_core::step::RULES_VERSION;
use ringfence_core::strategy::StrategyHost;
use ringfence_journal::checkpoint::AuditKey;
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::wire::header::{ComponentRef, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_sandbox::{
    Alarm, ComponentBytes, ENGINE_VERSION, OPERATOR_COST_ID, Place, Profiler, Refusal, Rules, Sandbox, Trust, Workshop,
};
use ringfence_session::backtest::{Backtest, Paced, Progress};
use ringfence_session::error::SessionError;
use ringfence_session::observer::Observer;
use ringfence_session::opening::{Inputs, TapeIdentity, backtest_session};
use ringfence_session::results::Results;
use ringfence_session::script::Fact;
use ringfence_sim::Sim;
use ringfence_tape::{Extent, TapeSpec, sha256_file};

use crate::calendar::time_text;
use crate::config::{Loaded, Report};
use crate::exit::{Failure, Fault};
use crate::output::hex;
use crate::sessions::mourning::Mourned;
use crate::sessions::strategies::{Crew, Source, deaths, set_up_profiled, unbatched};
use crate::sessions::{ended_ahead, journal_failure, session_failure, tapes};
use crate::versions;

/// What to run.
#[derive(Debug)]
pub struct Order<'a> {
    /// Loaded for a backtest.
    pub loaded: &'a Loaded,
    /// How much of the tapes.
    pub extent: Extent,
    /// Where to record; `None` = digests only.
    pub journal: Option<&'a Path>,
    /// Who signs the record; `None` = nobody.
    pub signing: Option<Signing>,
    /// Which session it is.
    pub identity: Identity,
    /// Further facts for the header of the journal: what the run is, where it is not the usual one.
    pub label: &'a [(String, String)],
    /// Who records where the fuel of a strategy goes; `None` = nobody.
    pub profiler: Option<Profiler>,
}

/// What a session is known by.
#[derive(Clone, Copy, Debug)]
pub enum Identity {
    /// A backtest's follows from configuration, tapes and script.
    Inputs,
    /// It was drawn, for a session in this mode.
    Drawn(Mode, SessionId),
    /// It follows from the session that this one is a counterfactual of, from configuration and components.
    Counterfactual(Mode, SessionId),
}

/// Who signs a journal, and how often.
#[derive(Debug)]
pub struct Signing {
    /// With this key.
    pub key: AuditKey,
    /// Frames between checkpoints.
    pub every_frames: NonZeroU64,
}

/// A backtest that is ready to run.
pub struct Prepared<'a> {
    loaded: &'a Loaded,
    session: SessionId,
    crew: Crew,
    feed: ringfence_tape::Feed,
    journal: Option<JournalWriter>,
    sim: Sim,
    /// Deaths of strategies are told as they happen.
    mourns: bool,
}

impl std::fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Opens everything that the run needs.
///
/// # Errors
/// Components that are refused (configuration), tapes, journal folder or engine (outside).
///
/// # Panics
/// When the configuration was not loaded for a backtest.
pub fn prepare<'a>(order: Order<'a>) -> Result<Prepared<'a>, Failure> {
    let loaded = order.loaded;
    let rules = loaded.simulation.clone().expect("a configuration loaded for a backtest has its rules");
    let queue = rules.queue;
    let sim = Sim::new(rules).map_err(|error| Failure::usage(error.to_string()))?;
    let sources = sources(loaded)?;
    let copies: Vec<Vec<u8>> = sources.iter().map(|source| source.bytes.bytes().to_vec()).collect();
    let blame = |strategy, refusal: &Refusal| loaded.refused(strategy, refusal);
    let crew = set_up_profiled(&loaded.core, sources, &blame, order.profiler)?;
    make_ready(loaded, &crew.sandbox)?;
    let feed = tapes::feed(loaded.tapes.clone(), order.extent)?;
    tapes::refuse_others(&loaded.core, &feed)?;
    tapes::refuse_twice(&loaded.core, &feed)?;
    tapes::refuse_without_orders(&loaded.core, queue, &feed)?;
    let hashes = tapes::hashes(&feed);
    let identity = |(sha256, spec): (&[u8; 32], &ringfence_tape::TapeSpec)| TapeIdentity {
        sha256: *sha256,
        instrument: spec.instrument.id,
        bar: spec.bar,
    };
    let rows = tapes::identities(&feed);
    let identities: Vec<TapeIdentity> = rows.iter().zip(&loaded.tapes).map(identity).collect();
    let inputs = Inputs { tapes: &identities, extent: order.extent, script: &loaded.script };
    let (mode, session) = match order.identity {
        Identity::Inputs => (Mode::Backtest, backtest_session(&loaded.core, &inputs)),
        Identity::Drawn(mode, session) => (mode, session),
        Identity::Counterfactual(mode, of) => (mode, counterfactual_session(of, loaded, &crew)),
    };
    let header = Header {
        session,
        mode,
        rules_version: RULES_VERSION,
        engine: format!("ringfence {}", env!("CARGO_PKG_VERSION")),
        operator_costs: OPERATOR_COST_ID.to_owned(),
        config: loaded.core.hash(),
        components: crew.attached.iter().map(|a| ComponentRef { strategy: a.strategy, sha256: a.component }).collect(),
        tapes: tapes::references(&hashes),
        feed: tapes::header_feed(order.extent),
        facts: facts(loaded, order.label),
    };
    let mut journal = order.journal.map(|folder| record(folder, &header, loaded, &copies)).transpose()?;
    if let (Some(journal), Some(Signing { key, every_frames })) = (&mut journal, order.signing) {
        journal.sign_with(key, every_frames).map_err(|error| journal_failure(&error))?;
    }
    Ok(Prepared { loaded, session, crew, feed, journal, sim, mourns: false })
}

impl Prepared<'_> {
    /// Admits and compiles what will be swapped in by facts that are not in the script.
    ///
    /// # Errors
    /// A component that is refused.
    pub(crate) fn make_ready<'a>(&self, facts: impl Iterator<Item = (TimeNs, &'a Fact)>) -> Result<(), Failure> {
        make_facts_ready(self.loaded, facts, &self.crew.sandbox)
    }

    /// The session that it will be.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// What an operator should look at: entries of the code cache that were not used.
    #[must_use]
    pub fn alarms(&self) -> &[Alarm] {
        &self.crew.alarms
    }

    /// What is said where events were to come in batches and cannot.
    #[must_use]
    pub fn unbatched(&self) -> Option<String> {
        unbatched(&self.crew.sandbox, &self.loaded.core)
    }

    /// Whether a tape holds bars.
    #[must_use]
    pub fn has_bars(&self) -> bool {
        tapes::has_bars(&self.feed)
    }

    /// Runs to the end of the tapes. Beside the results: why strategies died, for people.
    ///
    /// # Errors
    /// Faults of tapes and journal, the wall-clock safety net, an interruption.
    pub fn run(
        self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
        observer: Option<&mut dyn Observer>,
    ) -> Result<(Results, Vec<String>), Failure> {
        self.run_at(None, progress, observer)
    }

    /// SHA-256 of each component, in order of strategy id.
    #[must_use]
    pub fn components(&self) -> Vec<Sha256Hash> {
        self.crew.attached.iter().map(|attached| attached.component).collect()
    }

    /// Where components are made ready while the session runs.
    ///
    /// # Errors
    /// When the folder of the machine-code cache cannot be opened once more.
    pub fn workshop(&self) -> Result<Workshop, Failure> {
        self.crew.sandbox.workshop().map_err(|alarm| Failure::outside(alarm.to_string()))
    }

    /// The same, and why a strategy died is told as it happens.
    #[must_use]
    pub fn mourning(self) -> Self {
        Prepared { mourns: true, ..self }
    }

    /// As [`Prepared::run`], at a pace: a paper session.
    ///
    /// # Errors
    /// As there.
    pub fn run_at(
        self,
        paced: Option<Paced<'_>>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
        observer: Option<&mut dyn Observer>,
    ) -> Result<(Results, Vec<String>), Failure> {
        let Prepared { loaded, session, mut crew, feed, journal, sim, mourns } = self;
        let mut mourned;
        let host: &mut dyn StrategyHost = if mourns {
            mourned = Mourned::new(&mut crew.sandbox, &loaded.core);
            &mut mourned
        } else {
            &mut crew.sandbox
        };
        let run = Backtest {
            config: &loaded.core,
            session,
            attached: &crew.attached,
            host,
            sim,
            feed,
            script: &loaded.script,
            timetable: Some(&loaded.calendars),
            journal,
            progress,
            // Unpacked, because a shorter life does not reach through an Option.
            paced: paced.map(|Paced { mode, keys, pace }| Paced { mode, keys, pace }),
            observer: match observer {
                Some(observer) => Some(observer),
                None => None,
            },
            has_curve: true,
        };
        let results = run.run().map_err(|error| match &error {
            SessionError::Ahead { halt, .. } => ended_ahead(&error, halt.code, &deaths(&crew.sandbox, &loaded.core)),
            SessionError::Tape(_)
            | SessionError::Journal(_)
            | SessionError::Interrupted { .. }
            | SessionError::WallClock { .. }
            | SessionError::Money(_)
            | SessionError::TimerFlood { .. } => session_failure(error),
        })?;
        Ok((results, deaths(&crew.sandbox, &loaded.core)))
    }
}

/// Admits and compiles what the script will swap in.
pub(crate) fn make_ready(loaded: &Loaded, sandbox: &Sandbox) -> Result<(), Failure> {
    make_facts_ready(loaded, loaded.script.iter().map(|scripted| (scripted.time, &scripted.fact)), sandbox)
}

fn make_facts_ready<'a>(
    loaded: &Loaded,
    facts: impl Iterator<Item = (TimeNs, &'a Fact)>,
    sandbox: &Sandbox,
) -> Result<(), Failure> {
    let mut judged = BTreeSet::new();
    for (time, fact) in facts {
        let Fact::Swap(strategy, hash, bytes) = fact else { continue };
        let trust = trust_of_swap(loaded, *strategy, hash);
        // Signed may be that it is another strategy's, so that each has to be asked about.
        if !judged.insert((*strategy, *hash)) || (trust.is_none() && sandbox.has_ready(*strategy, hash)) {
            continue;
        }
        let workshop = sandbox.workshop().map_err(|alarm| Failure::outside(alarm.to_string()))?;
        let place = Place { strategy: *strategy, config: &loaded.core, params: None };
        let profile = loaded.core.strategy(*strategy).map_or(GuestProfile::Compiled, |slot| slot.profile);
        let ready = ComponentBytes::from_memory(bytes.clone(), Rules::of(profile).size_max)
            .map_err(|refusal| vec![refusal])
            .and_then(|bytes| workshop.make_code_ready(place, bytes, trust.as_ref()));
        match ready {
            Ok(ready) => versions::remember(ready.manifest.iter())?,
            Err(refusals) => {
                let name = loaded.core.strategy(*strategy).map_or("", |slot| slot.name.as_str());
                let what = format!("the component that event at {} swaps in for {name}", time_text(time.0));
                let first = refusals.first().expect("a refusal has a reason");
                let fault = Fault::new(format!("{what}: {}", first.found)).coded(first.code.code());
                return Err(Failure::Usage(fault.fixed_by(first.fix.clone())));
            }
        }
    }
    Ok(())
}

/// What is believed of the strategy, by the signature of this component.
fn trust_of_swap(loaded: &Loaded, strategy: StrategyId, component: &Sha256Hash) -> Option<Trust> {
    let signature = loaded.swap_signatures.as_ref()?.get(component).cloned();
    let trust = loaded.trust.get(usize::from(strategy.0) - 1)?;
    Some(Trust { signature, ..trust.clone() })
}

/// The same for the same question: what the components are counts, and not what their files are called.
fn counterfactual_session(of: SessionId, loaded: &Loaded, crew: &Crew) -> SessionId {
    let mut text = [of.0.as_slice(), &loaded.core.hash()].concat();
    text.extend(crew.attached.iter().flat_map(|attached| attached.component));
    let hash = sha256(&text);
    SessionId(std::array::from_fn(|at| hash[at]))
}

/// What a replay needs to know of the tapes, and what the run is, by ascending name.
fn facts(loaded: &Loaded, label: &[(String, String)]) -> Vec<(String, String)> {
    let mut facts = tapes::facts(&loaded.core, &loaded.tapes);
    facts.extend_from_slice(label);
    facts.sort();
    facts
}

pub(crate) fn sources(loaded: &Loaded) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    let slots = loaded.core.strategies.iter().zip(1_u16..);
    for (path, (slot, id)) in loaded.components.iter().zip(slots) {
        let strategy = StrategyId(id);
        match ComponentBytes::read(path, Rules::of(slot.profile).size_max) {
            Ok(bytes) => {
                let at = usize::from(id) - 1;
                let isolation = loaded.isolation.get(at).copied().unwrap_or_default();
                sources.push(Source { strategy, bytes, trust: loaded.trust.get(at).cloned(), isolation })
            }
            Err(refusal) => {
                return Err(Failure::Config(Report { problems: vec![loaded.refused(strategy, &refusal)] }));
            }
        }
    }
    Ok(sources)
}

fn record(folder: &Path, header: &Header, loaded: &Loaded, components: &[Vec<u8>]) -> Result<JournalWriter, Failure> {
    let provenance = provenance(loaded);
    let options = Options::new(Durability::AtSegmentEnd);
    let fault = |error| journal_failure(&error);
    JournalWriter::create(folder, Beginning { header, components, provenance }, options).map_err(fault)
}

/// What no hash covers: where the tapes lie, which program ran, where and when.
pub(crate) fn provenance(loaded: &Loaded) -> Provenance {
    let place = |tape: &TapeSpec| match tape.generated {
        Some(generation) => format!("generated {generation}"),
        None => absolute(&tape.path),
    };
    let tapes = loaded.tapes.iter().map(place).collect();
    let program = std::env::current_exe().ok().and_then(|path| sha256_file(&path).ok());
    #[expect(clippy::disallowed_methods, reason = "wall time is noted beside the journal, never in it")]
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut build = vec![
        ("engine".to_owned(), ENGINE_VERSION.to_owned()),
        ("host".to_owned(), format!("{} {}", std::env::consts::ARCH, std::env::consts::OS)),
        ("started".to_owned(), time_text(started.as_secs().saturating_mul(1_000_000_000))),
    ];
    build.extend(program.map(|hash| ("binary_sha256".to_owned(), hex(&hash))));
    Provenance { tapes, build }
}

/// A hint that still works from another working folder.
fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
