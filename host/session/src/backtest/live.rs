//! Live: a session that is fed from outside.
//!
//! In: inputs one after the other, each at the time by the clock. Out: steps in that order; commands, questions and the
//! end. Must never: let a command out before the disk has confirmed what decided it, or let orders go to a venue whose
//! state is not known.
//!
//! Inputs that wait are taken together, up to [`GROUP_MAX`], and confirmed by one sync; then what they led to goes out. Where
//! somebody beside writes the journal, the session goes on meanwhile, and sends what it decided as the confirmations come.
//! A venue is down in the stream from the start, and again whenever its adapter says so; it is up once its accounts were
//! compared, whatever the adapter says before.

use std::collections::{BTreeSet, VecDeque};

use ringfence_core::event::{Cause, EventKind, Mode, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{InstrumentId, TimeNs, VenueId};

use super::{Engine, NEVER, Order, Progress};
use crate::clock::Stopwatch;
use crate::curve::Curve;
use crate::error::SessionError;
use crate::live::{Ending, Heard, Input, Live, Outside, Place};
use crate::opening::Attached;
use crate::reconcile::{Next, Reconciler, live_orders};
use crate::record::Record;
use crate::replay::Resumed;
use crate::results::{Results, Totals};
use crate::scribe::Scribe;
use crate::script::Fact;
use crate::venue::{Outbox, Venue};

/// Most inputs that are taken before what they led to goes out.
const GROUP_MAX: usize = 256;
/// Longest time that an event waits for the disk where nothing has to go out, ns.
const SYNC_NS: u64 = 50_000_000;

impl Live<'_> {
    /// Runs until it is told to end. Results, unless it is suspended.
    ///
    /// # Errors
    /// [`SessionError`]; of the journal, nothing more may be sent but emergency cancels.
    pub fn run(self, outside: &mut dyn Outside) -> Result<Option<Results>, SessionError> {
        let Live { config, session, mode, keys, attached, host, place, timetable, resumed, observer } = self;
        let (venue, journal, reached) = match place {
            Place::Simulated(sim, journal) => (Venue::Sim(sim), journal, Vec::new()),
            Place::Real(reached, journal) => (Venue::Outside(Default::default()), Some(journal), reached),
        };
        let mut progress = |_: Progress| std::ops::ControlFlow::Continue(());
        let order = Order {
            config,
            session,
            mode: (mode, keys),
            host,
            script: &[],
            timetable,
            progress: &mut progress,
            pace: None,
            // Unpacked, because a shorter life does not reach through an Option.
            observer: match observer {
                Some(observer) => Some(observer),
                None => None,
            },
        };
        let mut engine = Engine::new(order, venue, Record::new(None));
        let mut desk = Desk {
            outside,
            reconciler: Reconciler::new(reached),
            synced_at: TimeNs(0),
            held: VecDeque::new(),
            told: 0,
            old: BTreeSet::new(),
        };
        match resumed.filter(|resumed| resumed.events() > 0) {
            Some(resumed) => engine.go_on(resumed, journal, &mut desk)?,
            None => engine.begin(journal, attached, &mut desk)?,
        }
        let ending = engine.hear(&mut desk)?;
        engine.end(ending, attached, &mut desk)
    }
}

/// Whom a session talks to.
struct Desk<'a> {
    outside: &'a mut dyn Outside,
    reconciler: Reconciler,
    /// When the disk was last asked to confirm.
    synced_at: TimeNs,
    /// Commands whose decisions the disk has not confirmed, behind the wish that it does.
    held: VecDeque<(u64, Vec<VenueCommand>)>,
    /// Notices that were told.
    told: usize,
    /// Instruments of which nothing newer is known than what was before an interruption.
    old: BTreeSet<InstrumentId>,
}

impl Engine<'_> {
    /// Opens a new session: nothing may be sent before somebody arms it and its venues were compared.
    fn begin(
        &mut self,
        journal: Option<Scribe>,
        attached: &[Attached],
        desk: &mut Desk<'_>,
    ) -> Result<(), SessionError> {
        self.record.go_on(journal, &self.blobs);
        let now = desk.outside.now();
        self.open(attached, Some(now))?;
        desk.reconciler.is_fresh();
        self.hold_orders(desk);
        let now = self.now(desk);
        self.settle(now)?;
        self.let_out(desk)
    }

    /// Goes on behind what was recorded. Of commands that were decided nobody knows whether they were sent.
    fn go_on(&mut self, resumed: Resumed, journal: Option<Scribe>, desk: &mut Desk<'_>) -> Result<(), SessionError> {
        let Resumed { core, blobs, wards, mut record, tally, seq, time, wake_at, owed, reconciled, .. } = resumed;
        record.go_on(journal, &blobs);
        (self.core, self.blobs, self.record, self.seq, self.time) = (core, blobs, record, seq, time);
        (self.counts, self.adjustments, self.fuel) = (tally.counts, tally.adjustments, tally.fuel);
        self.each = tally.each;
        self.care.wards = wards;
        self.effects.wake_at = wake_at;
        let now = self.now(desk);
        desk.reconciler.goes_on(now, reconciled);
        // Before anything else: what waited in the queue must not leave while the rest is stepped.
        self.hold_orders(desk);
        self.pending.extend(owed);
        self.settle(now)?;
        self.edges = self.timetable.map(|timetable| timetable.facts_from(now).peekable());
        self.next_fact = self.coming().into_iter().flatten().min().unwrap_or(NEVER);
        self.plan_checkpoints();
        let doubtful: Vec<Report> = live_orders(self.core.state())
            .filter(|order| order.state.is_in_flight())
            .map(|order| Report {
                cause: Cause::leg(order.key),
                instrument: order.terms.instrument,
                account: order.account,
                ..Report::control(EventKind::OutcomeUnknown(order.key))
            })
            .collect();
        self.pending.extend(doubtful);
        desk.old = self.config.instruments.iter().map(|it| it.id).collect();
        let stale = desk.old.iter().copied();
        self.pending.extend(stale.map(|instrument| Report { instrument, ..Report::control(EventKind::FeedStale) }));
        self.settle(now)?;
        self.let_out(desk)
    }

    /// Orders wait until somebody has armed the session and each venue was compared: what says so is stepped next.
    fn hold_orders(&mut self, desk: &Desk<'_>) {
        if self.mode == Mode::Live && self.core.state().trading_is_enabled() {
            self.pending.push_back(Report::control(EventKind::TradingDisabled));
        }
        let down = |venue| Report { venue, ..Report::control(EventKind::VenueDown) };
        self.pending.extend(desk.reconciler.venues().map(down));
    }

    /// Takes inputs until the session is to end.
    fn hear(&mut self, desk: &mut Desk<'_>) -> Result<Ending, SessionError> {
        loop {
            let due = [self.next_due(), Some(self.next_fact), desk.reconciler.next_due(), self.sync_due(desk)];
            let due = due.into_iter().flatten().min().filter(|due| *due != NEVER);
            match desk.outside.next(due) {
                Heard::Input(input) => self.take(input, desk)?,
                Heard::Due => {}
                Heard::End(ending) => return Ok(ending),
            }
            for _ in 1..GROUP_MAX {
                let Some(input) = desk.outside.waiting() else { break };
                self.take(input, desk)?;
            }
            let now = self.now(desk);
            self.reach(now)?;
            for next in desk.reconciler.pass_time(now) {
                self.follow(next, desk)?;
            }
            if self.seq >= self.care.checkpoint_due {
                self.keep_states()?;
            }
            self.let_out(desk)?;
        }
    }

    /// One input, at the time by the clock.
    fn take(&mut self, input: Input, desk: &mut Desk<'_>) -> Result<(), SessionError> {
        let now = self.now(desk);
        self.reach(now)?;
        match input {
            Input::Fact(Fact::Report(report)) if desk.reconciler.knows(report.venue) => self.said(&report, now, desk),
            Input::Fact(fact) => self.fact(&fact, now),
            Input::Answered(_, id, answer) => {
                let next = desk.reconciler.answered(id, &answer, (now, self.core.state()));
                next.into_iter().try_for_each(|next| self.follow(next, desk))
            }
            Input::Confirmed => Ok(()),
            Input::Reconcile => {
                let venues: Vec<_> = desk.reconciler.venues().collect();
                let up = |venue| self.core.state().venue_is_up(venue);
                let due: Vec<_> = venues.into_iter().filter(|venue| up(*venue)).collect();
                due.into_iter().try_for_each(|venue| self.compare(venue, desk))
            }
        }
    }

    /// What a venue says. That it is there again is not enough: first it is compared.
    fn said(&mut self, report: &Report, now: TimeNs, desk: &mut Desk<'_>) -> Result<(), SessionError> {
        desk.reconciler.ticks(report);
        if report.kind == EventKind::VenueUp {
            return self.compare(report.venue, desk);
        }
        // Whether an account was compared is for the session to say: an adapter only knows what it asked for itself.
        if matches!(report.kind, EventKind::ReconcileStarted | EventKind::ReconcileFinished(_)) {
            return Ok(());
        }
        if report.kind == EventKind::VenueDown {
            desk.reconciler.forget(report.venue);
        }
        self.renew_trust(report, now, desk)?;
        desk.reconciler.heard(report, self.core.state());
        if desk.reconciler.keeps(report, self.core.state()) {
            return Ok(());
        }
        let before = self.oddities();
        self.fact(&Fact::Report(*report), now)?;
        if self.oddities() > before {
            desk.reconciler.differs(report.venue);
        }
        Ok(())
    }

    /// Anomalies so far. That a fill is told again is none where somebody asked for all of a time.
    fn oddities(&self) -> u64 {
        self.counts.anomalies - self.counts.told_again
    }

    /// The first price behind an interruption makes an instrument's market one that can be trusted again.
    fn renew_trust(&mut self, report: &Report, now: TimeNs, desk: &mut Desk<'_>) -> Result<(), SessionError> {
        if desk.old.is_empty() {
            return Ok(());
        }
        let is_new = matches!(report.kind, EventKind::Quote(_) | EventKind::Bar(_) | EventKind::FeedRecovered);
        if !is_new || !desk.old.remove(&report.instrument) || report.kind == EventKind::FeedRecovered {
            return Ok(());
        }
        let recovered = Report { kind: EventKind::FeedRecovered, venue_time: TimeNs(0), ..*report };
        self.fact(&Fact::Report(recovered), now)
    }

    fn compare(&mut self, venue: VenueId, desk: &mut Desk<'_>) -> Result<(), SessionError> {
        let next = desk.reconciler.begin(venue, self.time);
        next.into_iter().try_for_each(|next| self.follow(next, desk))
    }

    fn follow(&mut self, next: Next, desk: &mut Desk<'_>) -> Result<(), SessionError> {
        match next {
            Next::Ask(venue, id, query) => {
                desk.outside.ask(venue, id, query);
                Ok(())
            }
            Next::Say(report) => {
                let now = self.now(desk);
                self.fact(&Fact::Report(report), now)
            }
            Next::Again(venue) => self.compare(venue, desk),
        }
    }

    /// The time by the clock, which does not go back in the stream.
    fn now(&self, desk: &mut Desk<'_>) -> TimeNs {
        desk.outside.now().max(self.time)
    }

    /// When what was stepped has to be on the disk although nothing goes out.
    fn sync_due(&self, desk: &Desk<'_>) -> Option<TimeNs> {
        (self.time > desk.synced_at).then(|| self.time.plus(SYNC_NS))
    }

    /// Sends what waits and the disk has confirmed; what else waits, it is asked to confirm.
    fn let_out(&mut self, desk: &mut Desk<'_>) -> Result<(), SessionError> {
        let commands: Vec<VenueCommand> = self.venue.outbox().into_iter().flat_map(Outbox::release).collect();
        let now = self.now(desk);
        let is_old = self.time > desk.synced_at && now.0.saturating_sub(desk.synced_at.0) >= SYNC_NS;
        if !commands.is_empty() || is_old {
            let wish = self.record.ask()?;
            desk.synced_at = now;
            desk.held.push_back((wish, commands));
        }
        let confirmed = self.record.confirmed()?;
        while let Some((_, commands)) = desk.held.pop_front_if(|(wish, _)| *wish <= confirmed) {
            commands.into_iter().for_each(|command| desk.outside.send(command));
        }
        for notice in self.care.notices.iter().skip(desk.told) {
            desk.outside.told(notice);
        }
        desk.told = self.care.notices.len();
        Ok(())
    }

    fn end(
        mut self,
        ending: Ending,
        attached: &[Attached],
        desk: &mut Desk<'_>,
    ) -> Result<Option<Results>, SessionError> {
        if ending == Ending::Close {
            let now = self.now(desk);
            self.pending.push_back(Report::control(EventKind::SessionClosed));
            self.settle(now)?;
        }
        self.let_out(desk)?;
        self.record.sync()?;
        self.let_out(desk)?;
        if ending == Ending::Suspend {
            return Ok(None);
        }
        let watch = Stopwatch::default();
        let (adjustments, cut) = (std::mem::take(&mut self.adjustments), std::mem::take(&mut self.cut));
        let (notices, halts) = (std::mem::take(&mut self.care.notices), std::mem::take(&mut self.care.halts));
        let (seconds, curve) = (watch.seconds(), Curve::none());
        let totals = Totals { seconds, decode_seconds: 0.0, curve, adjustments, cut, notices, halts };
        self.finish(attached, totals).map(Some)
    }
}
