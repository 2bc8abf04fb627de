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
mod live;
mod paced;
mod wards;

use std::collections::VecDeque;
use std::iter::Peekable;
use std::ops::ControlFlow;

use ringfence_core::blob::BlobTable;
use ringfence_core::config::{Config, EventDelivery};
use ringfence_core::decision::Effects;
use ringfence_core::event::{Event, EventKind, Mode, Report};
use ringfence_core::ids::{Seq, SessionId, StrategyId, TimeNs};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::Core;
use ringfence_core::strategy::{HaltCode, StrategyHost};
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
use crate::results::{Adjustments, Counts, Each, Results, Totals};
use crate::scribe::Scribe;
use crate::script::{Fact, Scripted, Timetable};
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

    fn rows(&mut self, events: &mut [Event], tape_of: &[u32], curve: &mut Curve) -> Result<(), SessionError> {
        let feed_ns = self.venue.feed_ns();
        if feed_ns == 0 {
            return match self.delivery() {
                EventDelivery::Batch if self.keeps_nothing() => self.rows_ahead(events, tape_of, curve),
                EventDelivery::Single | EventDelivery::Batch => self.rows_singly(events, tape_of, curve),
            };
        }
        for (event, tape) in events.iter_mut().zip(tape_of) {
            if let Some(observer) = &mut self.observer {
                observer.row(event, self.core.state());
            }
            let at = TimeNs(event.time.0.saturating_sub(feed_ns)).max(self.time);
            self.rows_until(at, curve)?;
            self.reach(at)?;
            self.meet(event, at)?;
            self.ahead.push_back((*event, *tape));
        }
        Ok(())
    }

    /// Feeds rows that strategies see when the venue meets them.
    fn rows_singly(&mut self, events: &mut [Event], tape_of: &[u32], curve: &mut Curve) -> Result<(), SessionError> {
        for (event, tape) in events.iter_mut().zip(tape_of) {
            if let Some(observer) = &mut self.observer {
                observer.row(event, self.core.state());
            }
            self.reach(event.time)?;
            self.meet(event, event.time)?;
            self.row(event, *tape, curve)?;
        }
        Ok(())
    }

    /// How the configuration in force lets events come to strategies.
    fn delivery(&self) -> EventDelivery {
        self.core.state().config().map_or(EventDelivery::Single, |config| config.execution.delivery)
    }

    /// Shows the core the rows up to `until` that the venue has met already.
    fn rows_until(&mut self, until: TimeNs, curve: &mut Curve) -> Result<(), SessionError> {
        while let Some((mut event, tape)) = self.ahead.front().copied().filter(|(event, _)| event.time <= until) {
            self.ahead.pop_front();
            self.reach(event.time)?;
            self.venue.on_time(event.time, &mut self.reports);
            self.pending.extend(self.reports.drain(..));
            self.settle(event.time)?;
            self.row(&mut event, tape, curve)?;
        }
        Ok(())
    }

    /// Feeds everything else that is due by a row's time.
    #[inline]
    fn reach(&mut self, time: TimeNs) -> Result<(), SessionError> {
        if self.next_fact <= time {
            self.scripted(time)?;
        }
        if self.next_due().is_some_and(|at| at <= time) {
            self.pass_time(time)?;
        }
        Ok(())
    }

    /// Shows the venue a row, and the core what the venue says to that.
    fn meet(&mut self, event: &Event, time: TimeNs) -> Result<(), SessionError> {
        self.venue.on_market(event, &mut self.reports);
        if self.reports.is_empty() { Ok(()) } else { self.answer(time) }
    }

    /// Shows the core what the venue has said.
    #[inline(never)]
    fn answer(&mut self, time: TimeNs) -> Result<(), SessionError> {
        self.pending.extend(self.reports.drain(..));
        self.settle(time)
    }

    /// Shows the core a row, and lets happen what it leads to.
    fn row(&mut self, event: &mut Event, tape: u32, curve: &mut Curve) -> Result<(), SessionError> {
        self.enter(event, tape);
        self.core.step(event, &self.blobs, self.host, &mut self.effects);
        self.take_effects()?;
        if !self.pending.is_empty() {
            self.settle(event.time)?;
        }
        if self.seq >= self.care.checkpoint_due {
            self.keep_states()?;
        }
        self.sample(curve)
    }

    /// Numbers a row: it is the next event of the stream.
    #[inline]
    fn enter(&mut self, event: &mut Event, tape: u32) {
        self.seq += 1;
        self.time = event.time;
        event.seq = Seq(self.seq);
        self.counts.rows += 1;
        self.record.row(event.seq, tape);
    }

    /// Adds a point to the curve, where it wants one.
    #[inline]
    fn sample(&self, curve: &mut Curve) -> Result<(), SessionError> {
        if curve.wants(self.counts.rows - 1)
            && let Some(point) = Totals::point(self.core.state())?
        {
            curve.push(self.counts.rows - 1, point);
        }
        Ok(())
    }

    /// When the next control event, the next opening or close, and the next restart is to come.
    fn coming(&mut self) -> [Option<TimeNs>; 3] {
        let told = self.edges.as_mut().and_then(|edges| edges.peek()).map(|edge| edge.time);
        [told, self.script.first().map(|next| next.time), self.care.next_restart()]
    }

    /// Feeds the control events up to `until`, each behind what is due by its time.
    #[inline(never)]
    fn scripted(&mut self, until: TimeNs) -> Result<(), SessionError> {
        loop {
            let coming = self.coming();
            let next = coming.into_iter().flatten().min();
            self.next_fact = next.unwrap_or(NEVER);
            let Some(next) = next.filter(|next| *next <= until) else { return Ok(()) };
            let at = next.max(self.time);
            self.pass_time(at)?;
            // Of one time: openings and closes, then what is written, then restarts.
            match coming.iter().position(|time| *time == Some(next)) {
                Some(0) => {
                    if let Some(edge) = self.edges.as_mut().and_then(Iterator::next) {
                        self.fact(&edge.fact, at)?;
                    }
                }
                Some(1) => {
                    if let Some((next, rest)) = self.script.split_first() {
                        self.script = rest;
                        self.fact(&next.fact, at)?;
                    }
                }
                Some(_) | None => self.restart(at)?,
            }
        }
    }

    /// One control event and everything it leads to. What is of the market the venue sees first.
    fn fact(&mut self, fact: &Fact, time: TimeNs) -> Result<(), SessionError> {
        self.venue.on_time(time, &mut self.reports);
        if let Fact::Report(report) = fact
            && report.kind.is_market()
        {
            self.venue.on_market(&report.at(Seq(0), time), &mut self.reports);
        }
        self.pending.extend(self.reports.drain(..));
        self.settle(time)?;
        self.time = time;
        if let Fact::Parameters(strategy, params) = fact {
            return self.change_parameters(*strategy, params);
        }
        if let Fact::Swap(strategy, component, bytes) = fact {
            return self.swap(*strategy, *component, bytes);
        }
        if let Fact::Resume(strategy) = fact {
            return self.resume(*strategy);
        }
        let report = fact.enter(&mut self.blobs);
        self.record.blobs(&self.blobs)?;
        self.pending.push_back(report);
        self.settle(time)?;
        match fact {
            Fact::Commanded(_, Some(then)) => self.fact(then, time),
            Fact::Commanded(_, None)
            | Fact::Report(_)
            | Fact::Config(_)
            | Fact::Parameters(..)
            | Fact::External(_)
            | Fact::Resume(_)
            | Fact::Refused(..)
            | Fact::Swap(..) => Ok(()),
        }
    }

    /// When the core wants to be woken, or a command on its way arrives at the venue.
    fn next_due(&self) -> Option<TimeNs> {
        match (self.effects.wake_at, self.venue.next_arrival()) {
            (Some(wake), Some(arrival)) => Some(wake.min(arrival)),
            (wake, arrival) => wake.or(arrival),
        }
    }

    /// Lets time pass up to `until`, one deadline after the other: at each the venue first, then the core.
    #[inline(never)]
    fn pass_time(&mut self, until: TimeNs) -> Result<(), SessionError> {
        let mut deadlines = 0_u64;
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            if deadlines == DEADLINES_MAX {
                return Err(SessionError::TimerFlood { seq: Seq(self.seq) });
            }
            deadlines += 1;
            if deadlines.is_multiple_of(EVENTS_PER_PROGRESS) {
                self.tell()?;
            }
            let at = due.max(self.time);
            self.venue.on_time(at, &mut self.reports);
            self.pending.extend(self.reports.drain(..));
            if self.effects.wake_at.is_some_and(|wake| wake <= at) {
                self.pending.push_back(Report::control(EventKind::TimeAdvanced));
            }
            self.settle(at)?;
        }
        Ok(())
    }

    /// Steps what is pending, and what that leads to, until nothing is left.
    #[inline(never)]
    fn settle(&mut self, time: TimeNs) -> Result<(), SessionError> {
        while let Some(report) = self.pending.pop_front() {
            self.seq += 1;
            self.time = time;
            let event = report.at(Seq(self.seq), time);
            self.counts.event(&event);
            self.each.event(&event);
            self.adjustments.event(&event)?;
            if let EventKind::StrategyHalted(id, _) = event.kind {
                self.keep_last_words(id)?;
            }
            self.record.event(&event);
            self.core.step(&event, &self.blobs, self.host, &mut self.effects);
            self.care.wards.event(&event, &self.blobs);
            if let Some(observer) = &mut self.observer {
                observer.brought(&event, &self.blobs);
                observer.event(&event, self.core.state());
            }
            self.take_effects()?;
            if let EventKind::StrategyHalted(id, halt) = event.kind {
                self.was_halted(id, halt)?;
            }
        }
        Ok(())
    }

    /// Records beside the event of a halt what is known of it, which nothing follows from.
    fn keep_last_words(&mut self, id: StrategyId) -> Result<(), SessionError> {
        if let Some(words) = self.host.last_words(id) {
            let end = words.floor_char_boundary(LAST_WORDS_BYTES_MAX);
            self.blobs.append(&words.as_bytes()[..end]);
        }
        Ok(self.record.blobs(&self.blobs)?)
    }

    /// Records what the step cost and decided, and carries that out.
    #[inline]
    fn take_effects(&mut self) -> Result<(), SessionError> {
        let is_batch = self.delivery() == EventDelivery::Batch;
        let effects = &mut self.effects;
        self.fuel.record(&effects.called, &effects.fuel);
        self.care.count_probation(&effects.called);
        for (strategy, cut) in &effects.cut {
            self.cut[usize::from(strategy.0)] += cut;
        }
        if let Some(observer) = &mut self.observer {
            observer.called(effects);
        }
        if is_batch {
            // What a call costs is not known of those that were handled ahead, so it is recorded of none.
            effects.fuel.clear();
        }
        if effects.decisions.is_empty() { Ok(self.record.effects(effects)?) } else { self.carry_out() }
    }

    /// Records what the step decided, then carries it out.
    #[inline(never)]
    fn carry_out(&mut self) -> Result<(), SessionError> {
        let effects = &mut self.effects;
        if let Some(observer) = &mut self.observer {
            observer.decided(effects, self.core.state());
        }
        self.record.effects(effects)?;
        if let Some(observer) = &mut self.observer {
            observer.recorded(effects);
        }
        self.counts.effects(effects);
        self.each.effects(effects);
        for command in effects.commands.drain(..) {
            self.venue.on_command(command, &mut self.reports);
        }
        self.pending.extend(self.reports.drain(..));
        // A halt is a decision of its step; its event is the next in the stream.
        for (strategy, halt) in effects.halts.drain(..).rev() {
            if halt.code == HaltCode::WallClock && self.mode == Mode::Backtest {
                return Err(SessionError::WallClock { strategy: strategy.0, seq: Seq(self.seq) });
            }
            if self.lookout.handler == Some(strategy) && halt.code != HaltCode::Reactions {
                // Its memory is not what it would be without batches, and that may be what ended it.
                let seq = Seq(self.seq);
                return Err(SessionError::Ahead { strategy: strategy.0, first: seq, last: seq, halt });
            }
            self.pending.push_front(Report::control(EventKind::StrategyHalted(strategy, halt)));
        }
        Ok(())
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
        let state = self.core.state();
        if let Some(observer) = self.observer {
            observer.end(state);
        }
        let digests = self.record.seal(state.digest())?;
        let memory = attached.iter().map(|it| self.host.memory_bytes(it.strategy)).collect();
        let each = Each { counts: &self.each, fuel: &self.fuel, memory };
        totals.results((state, self.config), (attached, &each), (self.counts, &digests))
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

/// What is recorded of the end of a strategy, at most.
const LAST_WORDS_BYTES_MAX: usize = 4096;

/// A time that does not come.
const NEVER: TimeNs = TimeNs(u64::MAX);

/// Often enough for a progress bar, rarely enough to cost nothing.
pub(crate) const EVENTS_PER_PROGRESS: u64 = 16_384;

/// Most deadlines between two rows: a timer of 100 ms over a weekend without a row. A strategy that asks for
/// them as often as it may would otherwise keep a run, and its journal, busy without end.
pub const DEADLINES_MAX: u64 = 3_000_000;
