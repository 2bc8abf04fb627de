//! Live sessions: a configuration, and a market that comes from outside.
//!
//! In: a loaded configuration, a journal folder that is new or holds an interrupted session. Out: a session that is ready
//! to hear. Must never: go on with another configuration or other components than the record's, or without asking the
//! record what was decided.

use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::Mode;
use ringfence_core::ids::{InstrumentId, Seq, SessionId};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::RULES_VERSION;
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::JournalReader;
use ringfence_journal::wire::header::{ComponentRef, Feed, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_sandbox::{Alarm, OPERATOR_COST_ID, Refusal, Workshop};
use ringfence_session::live::{Live, Outside, Place, Reached};
use ringfence_session::observer::Observer;
use ringfence_session::replay::Resumed;
use ringfence_session::results::Results;
use ringfence_session::scribe::Scribe;
use ringfence_sim::Sim;

use crate::config::Loaded;
use crate::exit::{Failure, Fault};
use crate::sessions::backtest::{Signing, provenance, sources};
use crate::sessions::mourning::Mourned;
use crate::sessions::replay::{Recorded, resume};
use crate::sessions::strategies::{Crew, set_up};
use crate::sessions::{journal_failure, session_failure};

/// What to run.
pub(crate) struct Order<'a> {
    /// Loaded for this mode.
    pub(crate) loaded: &'a Loaded,
    /// Paper, shadow or live.
    pub(crate) mode: Mode,
    /// Identity of a new session.
    pub(crate) drawn: SessionId,
    /// Where it is recorded; holds an interrupted session, or nothing.
    pub(crate) journal: Option<&'a Path>,
    /// The account at each venue that it sends to, as [`account_fact`] names it, by ascending name.
    pub(crate) accounts: Vec<(String, String)>,
    /// Who signs the record.
    pub(crate) signing: Option<Signing>,
    /// Keys that approvals are signed with, as often as they are needed.
    pub(crate) keys: &'a dyn Fn() -> Result<ApprovalKeys, Failure>,
}

/// A session that is ready to hear.
pub(crate) struct Prepared<'a> {
    loaded: &'a Loaded,
    mode: Mode,
    session: SessionId,
    crew: Crew,
    folder: Option<&'a Path>,
    journal: Option<JournalWriter>,
    resumed: Option<Resumed>,
    keys: ApprovalKeys,
}

/// Opens everything that the session needs.
pub(crate) fn prepare(order: Order<'_>) -> Result<Prepared<'_>, Failure> {
    let Order { loaded, mode, drawn, journal: folder, accounts, signing, keys } = order;
    let mut prepared = match folder.filter(|folder| holds_a_session(folder)) {
        Some(folder) => interrupted((loaded, mode), folder, &accounts, keys)?,
        None => fresh((loaded, mode), (drawn, accounts), folder, keys()?)?,
    };
    if let (Some(journal), Some(Signing { key, every_frames })) = (&mut prepared.journal, signing) {
        journal.sign_with(key, every_frames).map_err(|error| journal_failure(&error))?;
    }
    Ok(prepared)
}

/// True for a folder with segments of a journal that was begun, or of which that cannot be told.
pub(crate) fn holds_a_session(folder: &Path) -> bool {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut names = entries.into_iter().map(|entry| entry.file_name());
    names.any(|name| Path::new(&name).extension().is_some_and(|end| end == "seg"))
        && !JournalWriter::is_unbegun(folder).unwrap_or(false)
}

fn fresh<'a>(
    (loaded, mode): (&'a Loaded, Mode),
    (session, accounts): (SessionId, Vec<(String, String)>),
    folder: Option<&'a Path>,
    keys: ApprovalKeys,
) -> Result<Prepared<'a>, Failure> {
    let (crew, copies) = crew(loaded)?;
    let header = Header {
        session,
        mode,
        rules_version: RULES_VERSION,
        engine: format!("ringfence {}", env!("CARGO_PKG_VERSION")),
        operator_costs: OPERATOR_COST_ID.to_owned(),
        config: loaded.core.hash(),
        components: components(&crew),
        tapes: Vec::new(),
        feed: Feed { rows_max: None, repeat: 1 },
        facts: accounts,
    };
    let beginning = Beginning { header: &header, components: &copies, provenance: provenance(loaded) };
    let journal = folder.map(|folder| JournalWriter::create(folder, beginning, options())).transpose();
    let journal = journal.map_err(|error| journal_failure(&error))?;
    Ok(Prepared { loaded, mode, session, crew, folder, journal, resumed: None, keys })
}

/// The strategies of the configuration, and copies of their components.
fn crew(loaded: &Loaded) -> Result<(Crew, Vec<Vec<u8>>), Failure> {
    let sources = sources(loaded)?;
    let copies: Vec<Vec<u8>> = sources.iter().map(|source| source.bytes.bytes().to_vec()).collect();
    let blame = |strategy, refusal: &Refusal| loaded.refused(strategy, refusal);
    Ok((set_up(&loaded.core, sources, &blame)?, copies))
}

fn components(crew: &Crew) -> Vec<ComponentRef> {
    crew.attached.iter().map(|a| ComponentRef { strategy: a.strategy, sha256: a.component }).collect()
}

/// Every commit is confirmed by the disk: something may leave because of it.
const fn options() -> Options {
    Options::new(Durability::EveryCommit)
}

/// A session that was interrupted: its strategies are executed again up to where the record ends.
fn interrupted<'a>(
    (loaded, mode): (&'a Loaded, Mode),
    folder: &'a Path,
    accounts: &[(String, String)],
    keys: &dyn Fn() -> Result<ApprovalKeys, Failure>,
) -> Result<Prepared<'a>, Failure> {
    let (journal, recovery) = match JournalWriter::open(folder, options()) {
        Ok(opened) => opened,
        Err(error) if error.finding().code == JournalCode::Sealed => {
            let fault = Fault::new(format!("the session in {} ended for good", folder.display()));
            return Err(Failure::Usage(fault.coded("J-SEALED").fixed_by("name a new folder for a new session")));
        }
        Err(error) => return Err(journal_failure(&error)),
    };
    let reader = JournalReader::open(folder).map_err(|error| journal_failure(&error))?;
    let header = reader.header().clone();
    refuse_other(&header, (loaded, mode), folder)?;
    refuse_other_account(&header, accounts, folder)?;
    if recovery.next_seq == Seq(1) {
        return not_begun((loaded, mode), folder, (&header, journal), keys()?);
    }
    let (crew, resumed) = resume(folder, &loaded.isolation, keys)?;
    let (session, keys) = (header.session, keys()?);
    Ok(Prepared {
        loaded,
        mode,
        session,
        crew,
        folder: Some(folder),
        journal: Some(journal),
        resumed: Some(resumed),
        keys,
    })
}

/// A session that was interrupted before the disk had its first event: nothing was decided, so nothing was sent, and it begins.
fn not_begun<'a>(
    (loaded, mode): (&'a Loaded, Mode),
    folder: &'a Path,
    (header, journal): (&Header, JournalWriter),
    keys: ApprovalKeys,
) -> Result<Prepared<'a>, Failure> {
    let (crew, _copies) = crew(loaded)?;
    if components(&crew) != header.components {
        let fault = Fault::new(format!("the components are not those of the session in {}", folder.display()));
        return Err(Failure::Usage(fault.fixed_by("restore them, or name a new folder")));
    }
    let (session, folder, journal) = (header.session, Some(folder), Some(journal));
    Ok(Prepared { loaded, mode, session, crew, folder, journal, resumed: None, keys })
}

/// What goes on is what was interrupted: the same mode, rules and configuration.
fn refuse_other(header: &Header, (loaded, mode): (&Loaded, Mode), folder: &Path) -> Result<(), Failure> {
    let refused = |text: String, fix: &str| Err(Failure::Usage(Fault::new(text).fixed_by(fix)));
    let place = folder.display();
    if header.mode != mode {
        let text = format!("{place} holds a session of mode {}, not {mode}", header.mode);
        return refused(text, "name the folder of this mode's session, or a new one");
    }
    if mode != Mode::Live {
        let text = format!("{place} holds a {mode} session that was interrupted; its simulated venue is gone with it");
        return refused(text, "name a new folder; `ringfence replay` executes the interrupted session again");
    }
    if header.rules_version != RULES_VERSION {
        let text = format!("{place} was written by {}, which follows other rules than this release", header.engine);
        return refused(text, "let that release go on, and end the session with it");
    }
    if header.config != loaded.core.hash() {
        let text = format!("the configuration is not that of the session in {place}");
        return refused(text, "restore it, and change it while the session runs, or name a new folder");
    }
    Ok(())
}

/// What the header calls the account at a venue.
pub(crate) fn account_fact(venue: &str) -> String {
    format!("{ACCOUNT}{venue}")
}

/// What names of such facts begin with.
const ACCOUNT: &str = "account.";

/// Positions and orders of a record are those of its account. Records of earlier releases do not name one.
fn refuse_other_account(header: &Header, accounts: &[(String, String)], folder: &Path) -> Result<(), Failure> {
    for (fact, given) in accounts {
        let Some(recorded) = header.fact(fact).filter(|recorded| recorded != given) else { continue };
        let (place, venue) = (folder.display(), fact.trim_start_matches(ACCOUNT));
        let text = format!("{place} is the record of account {recorded} at venue {venue}, and {given} is given");
        let fix = format!("give {recorded} as its account id, or name a new folder for a session of {given}");
        return Err(Failure::Usage(Fault::new(text).fixed_by(fix)));
    }
    Ok(())
}

impl<'a> Prepared<'a> {
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// Events of the record that the session goes on behind; `None` = it is new.
    pub(crate) fn resumed_at(&self) -> Option<u64> {
        self.resumed.as_ref().map(Resumed::events)
    }

    /// Strategies that are halted because they decide otherwise than they did.
    pub(crate) fn recited(&self) -> Vec<u16> {
        self.resumed.iter().flat_map(|resumed| resumed.recited().iter().map(|id| id.0)).collect()
    }

    pub(crate) fn alarms(&self) -> &[Alarm] {
        &self.crew.alarms
    }

    /// SHA-256 of each component, in order of strategy id.
    pub(crate) fn components(&self) -> Vec<Sha256Hash> {
        self.crew.attached.iter().map(|attached| attached.component).collect()
    }

    /// Where components are made ready while the session runs.
    pub(crate) fn workshop(&self) -> Result<Workshop, Failure> {
        self.crew.sandbox.workshop().map_err(|alarm| Failure::outside(alarm.to_string()))
    }

    /// Runs until it is told to end: results, unless it goes on later. Why strategies died was told as it happened. `wake`
    /// is called by the thread that writes the journal; it has to make `outside` answer.
    pub(crate) fn run(
        self,
        outside: &mut dyn Outside,
        observer: Option<&mut dyn Observer>,
        wake: Box<dyn Fn() + Send>,
    ) -> Result<Option<Results>, Failure> {
        let Prepared { loaded, mode, session, mut crew, folder, journal, resumed, keys } = self;
        let journal = journal.map(|journal| beside(journal, wake)).transpose()?;
        let place = place(loaded, mode, journal)?;
        let attached = std::mem::take(&mut crew.attached);
        let mut recorded = Recorded::live(&mut crew.sandbox, folder)?;
        let mut host = Mourned::new(&mut recorded, &loaded.core);
        let live = Live {
            config: &loaded.core,
            session,
            mode,
            keys,
            attached: &attached,
            host: &mut host,
            place,
            timetable: Some(&loaded.calendars),
            resumed,
            observer: match observer {
                Some(observer) => Some(observer),
                None => None,
            },
        };
        live.run(outside).map_err(session_failure)
    }
}

/// Somebody writes the journal on a thread of its own, so that no step waits for the disk.
fn beside(journal: JournalWriter, wake: Box<dyn Fn() + Send>) -> Result<Scribe, Failure> {
    let (scribe, clerk) = Scribe::apart(journal, wake);
    let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || clerk.run());
    thread.map_err(|error| Failure::outside(format!("no thread for the journal: {error}")))?;
    Ok(scribe)
}

/// The one place where the modes differ.
fn place(loaded: &Loaded, mode: Mode, journal: Option<Scribe>) -> Result<Place, Failure> {
    match (mode, journal) {
        (Mode::Live, Some(journal)) => Ok(Place::Real(reached(loaded), journal)),
        (Mode::Live, None) => Err(Failure::usage("a live session is recorded: --journal DIR, or [journal] folder")),
        (Mode::Paper | Mode::Shadow | Mode::Backtest | Mode::Replay, journal) => {
            let rules = loaded.simulation.clone().expect("a configuration loaded for this mode has its rules");
            let sim = Sim::new(rules).map_err(|error| Failure::usage(error.to_string()))?;
            Ok(Place::Simulated(Box::new(sim), journal))
        }
    }
}

/// Venues with an adapter, with their accounts and instruments.
pub(crate) fn reached(loaded: &Loaded) -> Vec<Reached> {
    let of = |wire: &crate::config::Wire| {
        let accounts = loaded.core.accounts.iter().zip(1_u16..).filter(|(account, _)| account.venue == wire.venue);
        let instruments = loaded.core.instruments.iter().filter(|instrument| instrument.venue == wire.venue);
        Reached {
            venue: wire.venue,
            accounts: accounts.map(|(_, id)| ringfence_core::ids::AccountId(id)).collect(),
            instruments: instruments.map(|instrument| instrument.id).collect::<Vec<InstrumentId>>(),
        }
    };
    loaded.wires.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
