//! Configuration: what did the user ask for, and may the program trust it?
//!
//! In: one TOML file, overrides and data files from flags. Out: checked values for every layer, or one report with every
//! problem. Must never: start anything, use a default for a limit, read a secret.

mod actions;
mod build;
mod calendars;
mod carry;
mod checked;
mod components;
mod control;
mod document;
mod instruments;
mod keys;
mod kind;
mod latency;
mod limits;
mod money;
mod names;
pub mod nearest;
mod overrides;
mod problem;
mod profile;
mod read;
pub(crate) mod recorded;
mod schema;
mod script;
mod simulation;
mod tapes;
mod text;
mod value;
mod wires;

#[cfg(test)]
mod tests;

use std::io::Read;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use ringfence_core::config::Config;
use ringfence_core::event::Mode;
use ringfence_core::ids::StrategyId;
use ringfence_core::instrument::Instrument;
use ringfence_sandbox::{Isolation, Maker, Refusal, Trust};
use ringfence_session::script::Scripted;
use ringfence_sim::SimConfig;
use ringfence_tape::{Model, TapeSpec};

pub use calendars::Calendars;
pub(crate) use components::{is_refused, key_of};
pub use control::{Control, People, TokenPlace};
pub use problem::{ConfigCode, Origin, Problem, Report};
pub use schema::json_schema;
pub(crate) use value::duration_ns;
pub use wires::{AdapterKind, Wire};

use checked::Table;
use document::Nodes;
use problem::Problems;
use read::Place;
use text::View;

/// Largest configuration file; also bounds every count inside, so that ids cannot run out.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// What is loaded, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The file.
    pub file: &'a Path,
    /// Values of `--set`, in order.
    pub sets: &'a [String],
    /// Values of `--data`, in order.
    pub data: &'a [String],
    /// Value of `--events`: control events of a backtest.
    pub events: Option<&'a Path>,
    /// How much has to be there.
    pub purpose: Purpose,
}

/// How much has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Only the text: components and tapes need not exist.
    Show,
    /// The components too.
    Check,
    /// All that a backtest needs: components, tapes and the rules of the simulation.
    Backtest,
    /// The same on a market that is generated, in the place of tapes.
    Generated(Generated),
    /// The same for a recorded session that is run again: its tapes, control events and corporate actions are those of
    /// its journal, and come from there.
    Again,
    /// All that a session on a market from outside needs: components, a way to each venue, and, unless it is live, the rules
    /// of the simulation.
    Outside(Mode),
}

impl Purpose {
    /// Whether it has a market that does not come from a journal.
    fn has_market(self) -> bool {
        match self {
            Purpose::Backtest | Purpose::Generated(_) => true,
            Purpose::Show | Purpose::Check | Purpose::Again | Purpose::Outside(_) => false,
        }
    }
}

/// A market that is generated: what `ringfence data generate` would write, one tape an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Of the first tape; each further one has the next seed.
    pub seed: u64,
    /// Rows of each.
    pub rows: u64,
    /// What makes them; `None` = a walk of bars where the tape has a stamp, of trades otherwise.
    pub model: Option<Model>,
}

/// A configuration the program may trust.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the core knows; its hash is the configuration hash.
    pub core: Config,
    /// Rules of the simulated venue; `None` when the file has no `[simulation]`, or when only its text was asked for and
    /// latencies are in another file (never in a backtest).
    pub simulation: Option<SimConfig>,
    /// Component files, in order of strategy id.
    pub components: Vec<PathBuf>,
    /// What is believed of each component, in the same order; empty where the file does not say whom to trust.
    pub trust: Vec<Trust>,
    /// Where the signature of each lies.
    pub signatures: Vec<PathBuf>,
    /// Signatures of what the script swaps in, by SHA-256; `None` = what is swapped in comes from a journal, which knows it by
    /// its hash, and nobody's word is needed.
    pub(crate) swap_signatures: Option<script::Signatures>,
    /// Where the code of each runs, in the same order.
    pub isolation: Vec<Isolation>,
    /// Market data, in order of the merge; empty unless loaded for a backtest.
    pub tapes: Vec<TapeSpec>,
    /// Control events, in order of time.
    pub script: Vec<Scripted>,
    /// When markets open and close.
    pub calendars: Calendars,
    /// How venues are reached, for those that have an adapter.
    pub wires: Vec<Wire>,
    /// Folder of the journal, where the file names one.
    pub journal: Option<PathBuf>,
    /// File of the key that signs the journal, where the file names one.
    pub audit_key: Option<PathBuf>,
    /// How operators reach a session.
    pub control: Control,
    /// Frames between signed checkpoints.
    pub checkpoint_every: NonZeroU64,
    root: Table,
}

impl Loaded {
    /// The configuration in full as TOML: profiles expanded, defaults and overrides written out.
    #[must_use]
    pub fn resolved(&self) -> String {
        self.text(View::Resolved)
    }

    /// What stands in the file and the flags, without defaults and without what a profile adds.
    #[must_use]
    pub fn written(&self) -> String {
        self.text(View::Written)
    }

    /// Whether a named profile stands for limits of Risk.
    pub(crate) fn has_profile(&self) -> bool {
        self.root.table("risk").is_some_and(|risk| risk.is_written("profile"))
    }

    /// What the refusal of a strategy's component, or of its parameters, says about this configuration.
    pub(crate) fn refused(&self, strategy: StrategyId, refusal: &Refusal) -> Problem {
        let table = self.root.tables("strategies").nth(usize::from(strategy.0).saturating_sub(1));
        components::refused(table.expect("strategies are numbered in the order of their tables"), refusal)
    }

    /// What a mode asks of where strategies run, and this configuration does not give.
    ///
    /// # Errors
    /// A problem for each strategy that would have to run in a process of its own.
    pub fn isolated_enough(&self, mode: Mode) -> Result<(), Report> {
        let tables = self.root.tables("strategies").zip(&self.isolation).enumerate();
        let problems: Vec<Problem> = tables
            .filter_map(|(at, (table, isolation))| {
                let maker = self.trust.get(at).map_or(Maker::Nobody, Trust::maker);
                components::isolation_refused(table, (*isolation, maker), mode)
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(Report { problems }) }
    }

    /// What an audit key that cannot be used says about this configuration.
    pub(crate) fn audit_key_refused(&self, reason: &str) -> Problem {
        let table = self.root.table("journal").expect("a key file that is named stands in this table");
        let value = self.audit_key.as_ref().map(|path| format!("{:?}", path.display().to_string()));
        let fix = Some("`ringfence key new FILE` makes a key".to_owned());
        Problem { value, fix, ..build::about(table, "audit_key", ConfigCode::Secret, reason) }
    }

    fn text(&self, view: View) -> String {
        let sections = keys::ROOT.iter().filter_map(|key| self.root.entry(key.name).map(|entry| (key.name, entry)));
        let shown = sections.filter(|(_, entry)| view != View::Written || entry.origin != Origin::Default);
        let texts: Vec<String> = shown.map(|(name, entry)| text::section(name, entry, view)).collect();
        texts.join("\n")
    }
}

/// Reads, checks and resolves a configuration.
///
/// # Errors
/// A report with every problem of file and flags.
///
/// # Panics
/// When nothing could be built and no problem says why, which would be a mistake of this module.
pub fn load(request: &Request<'_>) -> Result<Loaded, Report> {
    let mut problems = Problems::new();
    let loaded = match file_text(request.file) {
        Ok(text) => from_text(&text, request, &mut problems),
        Err(problem) => {
            problems.add(*problem);
            None
        }
    };
    match loaded {
        Some(loaded) if problems.is_empty() => Ok(loaded),
        Some(_) | None => Err(reported(problems)),
    }
}

fn reported(problems: Problems) -> Report {
    assert!(!problems.is_empty(), "a configuration that cannot be built has a problem that says why");
    problems.into_report()
}

fn from_text(text: &str, request: &Request<'_>, problems: &mut Problems) -> Option<Loaded> {
    let file = request.file.display().to_string();
    let nodes = document::parse(&file, text, problems);
    if !problems.is_empty() {
        // What follows a syntax error would be reported as missing or unknown without being so.
        return None;
    }
    from_nodes(nodes, request, problems)
}

fn from_nodes(mut nodes: Nodes, request: &Request<'_>, problems: &mut Problems) -> Option<Loaded> {
    let file = request.file.display().to_string();
    overrides::apply(&mut nodes, request.sets, problems);
    let written = nodes.clone();
    profile::expand(&mut nodes, problems);
    let origin = Origin::File(file);
    let root = read::table(Place { key: String::new(), origin: &origin }, &nodes, keys::ROOT, problems);
    let built = build::build(&root, problems);
    let simulation = simulation::build(&root, built.core.as_ref(), request.purpose, problems);
    let files = components::build(&root, request.purpose, problems);
    let tapes = tapes_of(&root, &built.instruments, request, problems);
    let base = script::Base { file: &origin, nodes: &written, core: built.core.as_ref() };
    let script::Script { facts: mut script, signatures } =
        request.events.map_or_else(script::Script::default, |events| script::load(events, &base, problems));
    // Of one time, what a file of actions says comes before what was asked for.
    let mut facts = actions::load(&root, built.core.as_ref(), request.purpose, problems);
    facts.append(&mut script);
    facts.sort_by_key(|scripted| scripted.time);
    let script = facts;
    let calendars = calendars::build(&root, built.core.as_ref(), request.purpose, problems);
    let wires = wires::build(&root, problems);
    let control = control::build(&root, problems);
    let journal = root.table("journal");
    Some(Loaded {
        core: built.core?,
        simulation,
        components: files.paths,
        trust: files.trust,
        signatures: files.signatures,
        swap_signatures: (request.purpose != Purpose::Again).then_some(signatures),
        isolation: files.isolation,
        tapes,
        script,
        calendars,
        wires,
        journal: journal.and_then(|journal| journal.path("folder")),
        audit_key: journal.and_then(|journal| journal.path("audit_key")),
        control,
        checkpoint_every: journal.and_then(|journal| journal.integer("checkpoint_every")).and_then(NonZeroU64::new)?,
        root,
    })
}

fn file_text(file: &Path) -> Result<String, Box<Problem>> {
    let problem = |code, message: String| {
        let origin = Origin::File(file.display().to_string());
        Box::new(Problem { origin, key: String::new(), value: None, code, message, fix: None })
    };
    let unreadable = |error: std::io::Error| problem(ConfigCode::File, format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    // One byte more than allowed, so that what is too long is seen to be: a file may grow while it is read.
    let opened = crate::regular::open(file).map_err(unreadable)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(problem(ConfigCode::File, format!("has more than {FILE_BYTES_MAX} bytes, which is the limit")));
    }
    String::from_utf8(bytes).map_err(|error| problem(ConfigCode::Syntax, format!("is not UTF-8 text: {error}")))
}

fn tapes_of(
    root: &Table,
    instruments: &[(String, Option<Instrument>)],
    request: &Request<'_>,
    problems: &mut Problems,
) -> Vec<TapeSpec> {
    let is_simulated = matches!(request.purpose, Purpose::Outside(mode) if mode != Mode::Live);
    let runs = request.purpose.has_market() || request.purpose == Purpose::Again || is_simulated;
    if runs && !root.is_written("simulation") {
        problems.add(no_simulation(&root.origin));
    }
    match request.purpose {
        Purpose::Backtest => tapes::resolve(root, instruments, request.data, problems),
        Purpose::Generated(market) => tapes::generated(root, instruments, market, problems),
        Purpose::Show | Purpose::Check | Purpose::Again | Purpose::Outside(_) => {
            tapes::check(root, problems);
            Vec::new()
        }
    }
}

fn no_simulation(origin: &Origin) -> Problem {
    Problem {
        origin: origin.clone(),
        key: "simulation".to_owned(),
        value: None,
        code: ConfigCode::Missing,
        message: "missing, a backtest needs every rule of its venue written out".to_owned(),
        fix: None,
    }
}
