//! Backtest: tapes through the whole chain, with the simulated venue answering inside the process.
//!
//! In: configuration, tapes, strategies that have been set up. Out: results, and a journal where one is wanted.
//! Must never: feed a market event before everything the one before it led to has been stepped, or let a command out
//! before the step that decided it was recorded.
//!
//! The order of events (their numbers): timers and arrivals at the venue that are due by a row's time; openings and closes
//! of markets and control events of the script up to that time, each behind the timers and arrivals due by its own; execution events which the row causes
//! at the venue, with the row's time; the row; then, at zero latency, the venue's answers to what the row led to, until no
//! command is left. Control events behind the last row follow it. The session opens at the time of its first row or
//! control event.
//!
//! Under a feed leg the time of a row is that at which strategies see it, and the venue met it so much earlier: the row
//! waits between the two, and what it causes at the venue may come before it, with a time of its own.

mod ahead;
mod effects;
mod facts;
mod live;
mod paced;
mod rows;
mod wards;

use std::collections::VecDeque;
use std::iter::Peekable;
use std::ops::ControlFlow;

use ringfence_core::blob::BlobTable;
use ringfence_core::config::Config;
use ringfence_core::decision::Effects;
use ringfence_core::event::{Event, EventKind, Mode, Report};
use ringfence_core::ids::{Seq, SessionId, TimeNs};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::Core;
use ringfence_core::strategy::StrategyHost;
use ringfence_journal::writer::JournalWriter;
use ringfence_sim::Sim;
use ringfence_tape::Feed;

use self::ahead::Lookout;
use self::wards::Care;
use crate::by_strategy::ByStrategy;
use crate::clock::Stopwatch;
use crate::curve::Curve;
use crate::error::SessionError;
use crate::fuel::FuelTable;
use crate::observer::Observer;
use crate::opening::{Attached, opening_reports};
use crate::pace::Pace;
use crate::record::Record;
use crate::results::{Adjustments, Counts, Each, Left, Results, Totals};
use crate::scribe::Scribe;
use crate::script::{Scripted, Timetable};
use crate::venue::Venue;
use crate::wards::hash_in;

/// Everything a backtest needs.
pub struct Backtest<'a> {
    /// Configuration, checked.
    pub config: &'a Config,
    /// Identity, see [`crate::opening::backtest_session`].
    pub session: SessionId,
    /// Strategies in ascending id.
    pub attached: &'a [Attached],
    /// Runs them.
    pub host: &'a mut dyn StrategyHost,
    /// The venue.
    pub sim: Sim,
    /// The market.
    pub feed: Feed,
    /// Control events, in order of time.
    pub script: &'a [Scripted],
    /// Openings and closes of markets; of one time they come before control events. `None` = there are none.
    pub timetable: Option<&'a dyn Timetable>,
    /// Where to record; `None` = digests only.
    pub journal: Option<JournalWriter>,
    /// Told about every block of rows; may ask to stop.
    pub progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// `None` = a backtest: as fast as it goes, with nothing but what the script says.
    pub paced: Option<Paced<'a>>,
    /// Sees what happens, for a report; `None` = nobody does, and it costs a comparison a step.
    pub observer: Option<&'a mut dyn Observer>,
    /// Whether results hold an equity curve; without it there is the point at the end alone.
    pub has_curve: bool,
}

/// What makes a session one that runs by a clock.
pub struct Paced<'a> {
    /// Its mode.
    pub mode: Mode,
    /// Keys that approvals are signed with.
    pub keys: ApprovalKeys,
    /// Who sets the pace.
    pub pace: &'a mut dyn Pace,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows fed so far.
    pub rows: u64,
    /// Time of the last of them.
    pub time: TimeNs,
}

impl Backtest<'_> {
    /// Runs to the end of the tapes and of the script.
    ///
    /// # Errors
    /// [`SessionError`]; the journal then ends with what was committed and is not sealed.
    pub fn run(self) -> Result<Results, SessionError> {
        let Backtest { config, session, attached, host, sim, mut feed, script, timetable, journal, .. } = self;
        let Backtest { progress, paced, observer, has_curve, .. } = self;
        let (mode, keys, pace) = match paced {
            Some(Paced { mode, keys, pace }) => (mode, keys, Some(pace)),
            None => (Mode::Backtest, ApprovalKeys::simulation(session), None),
        };
        let order = Order { config, session, mode: (mode, keys), host, script, timetable, progress, pace, observer };
        let mut engine = Engine::new(order, Venue::Sim(Box::new(sim)), Record::new(journal.map(Scribe::from)));
        let mut decoding = Stopwatch::default();
        let mut stepping = Stopwatch::default();
        let mut curve = if has_curve { Curve::default() } else { Curve::none() };
        let mut is_open = false;
        while let Some(block) = decoding.time(|| feed.next_block())? {
            if !is_open {
                is_open = true;
                engine.open(attached, Some(block.events[0].time))?;
            }
            if engine.pace.is_some() {
                if engine.rows_paced(block.events, block.tape_of, &mut curve)?.is_break() {
                    engine.forget_what_is_to_come();
                    break;
                }
                continue;
            }
            stepping.time(|| engine.rows(block.events, block.tape_of, &mut curve))?;
            engine.tell()?;
        }
        if !is_open {
            engine.open(attached, None)?;
        }
        stepping.time(|| engine.close(&mut curve))?;
        let (adjustments, cut) = (std::mem::take(&mut engine.adjustments), std::mem::take(&mut engine.cut));
        let (notices, halts) = (std::mem::take(&mut engine.care.notices), std::mem::take(&mut engine.care.halts));
        let (seconds, decode_seconds) = (stepping.seconds(), decoding.seconds());
        let totals = Totals { seconds, decode_seconds, curve, adjustments, cut, notices, halts };
        engine.finish(attached, totals)
    }
}

/// What an engine is given by its caller and does not own.
struct Order<'a> {
    config: &'a Config,
    session: SessionId,
    mode: (Mode, ApprovalKeys),
    host: &'a mut dyn StrategyHost,
    script: &'a [Scripted],
    timetable: Option<&'a dyn Timetable>,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    pace: Option<&'a mut dyn Pace>,
    observer: Option<&'a mut dyn Observer>,
}

/// Openings and closes that are to come.
type Edges<'a> = Peekable<Box<dyn Iterator<Item = Scripted> + 'a>>;

/// One session in motion.
struct Engine<'a> {
    config: &'a Config,
    session: SessionId,
    mode: Mode,
    core: Core,
    blobs: BlobTable,
    host: &'a mut dyn StrategyHost,
    venue: Venue,
    /// Control events that are still to come.
    script: &'a [Scripted],
    timetable: Option<&'a dyn Timetable>,
    /// What the timetable still has, once the session is open.
    edges: Option<Edges<'a>>,
    /// Time of the first control event, opening, close or restart that is still to come.
    next_fact: TimeNs,
    /// What becomes of strategies between two events.
    care: Care,
    record: Record,
    effects: Effects,
    /// What the venue said last; emptied into `pending`.
    reports: Vec<Report>,
    /// Reports waiting to become events, in order.
    pending: VecDeque<Report>,
    /// Rows that the venue has met and the core not yet, with their tape; none without a feed leg.
    ahead: VecDeque<(Event, u32)>,
    /// What strategies are shown before it is stepped, where events come in batches.
    lookout: Lookout,
    seq: u64,
    time: TimeNs,
    counts: Counts,
    each: ByStrategy,
    adjustments: Adjustments,
    /// Intents that each strategy was refused as too many, by id.
    cut: Vec<u64>,
    fuel: FuelTable,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    pace: Option<&'a mut dyn Pace>,
    observer: Option<&'a mut dyn Observer>,
}

impl<'a> Engine<'a> {
    fn new(order: Order<'a>, venue: Venue, record: Record) -> Engine<'a> {
        let Order { config, session, mode: (mode, keys), host, script, timetable, progress, pace, observer } = order;
        Engine {
            config,
            session,
            mode,
            core: Core::new(keys),
            blobs: BlobTable::new(),
            host,
            venue,
            script,
            timetable,
            edges: None,
            next_fact: NEVER,
            care: Care::new(config.strategies.len()),
            record,
            effects: Effects::new(),
            reports: Vec::new(),
            pending: VecDeque::new(),
            ahead: VecDeque::new(),
            lookout: Lookout::default(),
            seq: 0,
            time: TimeNs(0),
            counts: Counts::default(),
            each: ByStrategy::new(config.strategies.len()),
            adjustments: Adjustments::default(),
            cut: vec![0; config.strategies.len() + 1],
            fuel: FuelTable::new(config.strategies.len()),
            progress,
            pace,
            observer,
        }
    }

    /// Opens the session at the time of its first row or control event.
    fn open(&mut self, attached: &[Attached], first_row: Option<TimeNs>) -> Result<(), SessionError> {
        let first_scripted = self.script.first().map(|scripted| scripted.time);
        let time = first_row.into_iter().chain(first_scripted).min().unwrap_or_default();
        let reports = opening_reports((self.session, self.mode), self.config, attached, &mut self.blobs);
        self.record.blobs(&self.blobs)?;
        self.pending.extend(reports);
        self.venue.open(&mut self.reports);
        self.pending.extend(self.reports.drain(..));
        self.settle(time)?;
        self.edges = self.timetable.map(|timetable| timetable.facts_from(time).peekable());
        self.next_fact = self.coming().into_iter().flatten().min().unwrap_or(NEVER);
        self.plan_checkpoints();
        Ok(())
    }

    /// A session that ends before its rows do has nothing more to come.
    fn forget_what_is_to_come(&mut self) {
        (self.script, self.edges) = (&[], None);
    }

    /// Feeds what is left of the rows and the script, and ends the session.
    fn close(&mut self, curve: &mut Curve) -> Result<(), SessionError> {
        self.rows_until(NEVER, curve)?;
        // Markets go on opening and closing for ever; a run ends with the last control event behind its rows.
        // (Times of a script may go back, so that its last event need not be the latest.)
        let latest = self.script.iter().map(|scripted| scripted.time).max();
        self.scripted(latest.map_or(self.time, |latest| latest.max(self.time)))?;
        self.pending.push_back(Report::control(EventKind::SessionClosed));
        self.settle(self.time)
    }

    /// Tells how far the run is, and stops when asked to.
    fn tell(&mut self) -> Result<(), SessionError> {
        let now = Progress { rows: self.counts.rows, time: self.time };
        let answer = (self.progress)(now);
        if answer.is_break() { Err(SessionError::Interrupted { seq: Seq(self.seq) }) } else { Ok(()) }
    }

    fn finish(mut self, attached: &[Attached], totals: Totals) -> Result<Results, SessionError> {
        self.counts.events = self.seq;
        let attached = &self.as_they_are(attached);
        let left = self.left(attached);
        let state = self.core.state();
        if let Some(observer) = self.observer {
            observer.end(state);
        }
        let digests = self.record.seal(state.digest())?;
        let each = Each { counts: &self.each, fuel: &self.fuel, left };
        totals.results((state, self.config), (attached, &each), (self.counts, &digests))
    }

    fn left(&self, attached: &[Attached]) -> Vec<Left> {
        let left = |id| Left {
            memory_bytes: self.host.memory_bytes(id),
            last_words: self.host.last_words(id).map(str::to_owned),
        };
        attached.iter().map(|it| left(it.strategy)).collect()
    }

    /// Strategies with the component that is in their place now.
    fn as_they_are(&self, attached: &[Attached]) -> Vec<Attached> {
        let now = |attached: &Attached| {
            let component = hash_in(&self.blobs, self.care.wards.of(attached.strategy).component);
            Attached { component: component.unwrap_or(attached.component), ..attached.clone() }
        };
        attached.iter().map(now).collect()
    }
}

/// A time that does not come.
const NEVER: TimeNs = TimeNs(u64::MAX);

/// Often enough for a progress bar, rarely enough to cost nothing.
pub(crate) const EVENTS_PER_PROGRESS: u64 = 16_384;

/// Most deadlines between two rows: a timer of 100 ms over a weekend without a row. A strategy that asks for
/// them as often as it may would otherwise keep a run, and its journal, busy without end.
pub const DEADLINES_MAX: u64 = 3_000_000;
