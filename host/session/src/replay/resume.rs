//! Resume: where does an interrupted session go on?
//!
//! In: a replay of its journal, with its own strategies. Out: the core, the strategies and what the run loop keeps, as they
//! were behind the last event that the disk confirmed. Must never: carry out again what was decided before; what became of
//! that is for the venue to say.
//!
//! The record wins: a strategy that decides something else than it did is not asked any more. From the start its intents
//! come from the record, and it is halted where the session goes on.

use ringfence_core::blob::BlobTable;
use ringfence_core::event::{Event, EventKind, Halt, Report};
use ringfence_core::ids::{Seq, StrategyId, TimeNs, VenueId};
use ringfence_core::step::Core;
use ringfence_core::strategy::{Call, CallReport, HaltCode, StateLoan, StrategyHost};
use ringfence_journal::reader::Step;

use super::{Difference, DifferenceKind, Ended, Replay, Replayer};
use crate::by_strategy::ByStrategy;
use crate::error::SessionError;
use crate::fuel::FuelTable;
use crate::reciting::Reciting;
use crate::reconcile::note_clock;
use crate::record::Record;
use crate::results::{Adjustments, Counts};
use crate::wards::Wards;

/// An interrupted session, ready to go on.
#[derive(Debug)]
pub struct Resumed {
    pub(crate) core: Core,
    pub(crate) blobs: BlobTable,
    pub(crate) wards: Wards,
    pub(crate) record: Record,
    pub(crate) tally: Tally,
    pub(crate) seq: u64,
    pub(crate) time: TimeNs,
    pub(crate) wake_at: Option<TimeNs>,
    /// Events that the last step asked for and that were not recorded any more.
    pub(crate) owed: Vec<Report>,
    /// When the last comparison with each venue began that came to its end, by the venue's clock.
    pub(crate) reconciled: Vec<(VenueId, TimeNs)>,
    /// Strategies whose intents came from the record.
    pub(crate) recited: Vec<StrategyId>,
}

impl Resumed {
    /// State behind the last event.
    #[must_use]
    pub fn state(&self) -> &ringfence_core::state::State {
        self.core.state()
    }

    /// Events so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.seq
    }

    /// Strategies that decided something else than they had, and what: they are halted.
    #[must_use]
    pub fn recited(&self) -> &[StrategyId] {
        &self.recited
    }
}

/// What a run loop counts.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    pub(crate) each: ByStrategy,
    pub(crate) adjustments: Adjustments,
    pub(crate) fuel: FuelTable,
    /// When a comparison with each venue began, by its clock, and whether it ended.
    rounds: Vec<(VenueId, TimeNs, bool)>,
    /// What time it was at each venue when it last said one.
    clocks: Vec<(VenueId, TimeNs)>,
}

impl Tally {
    fn new(strategies: usize) -> Tally {
        Tally {
            counts: Counts::default(),
            each: ByStrategy::new(strategies),
            adjustments: Adjustments::default(),
            fuel: FuelTable::new(strategies),
            rounds: Vec::new(),
            clocks: Vec::new(),
        }
    }

    pub(super) fn event(&mut self, event: &Event) -> Result<(), SessionError> {
        self.counts.event(event);
        self.each.event(event);
        self.adjustments.event(event)?;
        note_clock(&mut self.clocks, (event.venue, event.venue_time));
        if event.kind == EventKind::ReconcileStarted {
            let clock = self.clocks.iter().find(|(venue, _)| *venue == event.venue);
            let began = clock.map_or(event.time, |(_, time)| *time);
            self.rounds.retain(|(venue, _, is_done)| *venue != event.venue || *is_done);
            self.rounds.push((event.venue, began, false));
        } else if matches!(event.kind, EventKind::ReconcileFinished(_))
            && let Some(at) = self.rounds.iter().position(|(venue, _, is_done)| *venue == event.venue && !is_done)
        {
            let (venue, began, _) = self.rounds.remove(at);
            self.rounds.retain(|(other, ..)| *other != venue);
            self.rounds.push((venue, began, true));
        }
        Ok(())
    }

    fn reconciled(&self) -> Vec<(VenueId, TimeNs)> {
        self.rounds.iter().filter(|(.., is_done)| *is_done).map(|(venue, began, _)| (*venue, *began)).collect()
    }
}

/// Why a session cannot go on from its record.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// A fault of journal or disk, or an interruption.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What was recorded is not what these rules decide, and no strategy is to blame.
    #[error("the record does not follow from its events: at event {} it differs", .0.seq.0)]
    Differs(Box<Difference>),
}

impl Replay<'_> {
    /// Executes a journal to its end, to go on behind it. `recited` strategies are not asked; their intents come from the
    /// record. Where a strategy differs that is not among them, the answer is its id, and the caller starts over with fresh
    /// instances.
    ///
    /// # Errors
    /// [`ResumeError`].
    pub fn resume(self, recited: &[StrategyId]) -> Result<Result<Resumed, StrategyId>, ResumeError> {
        let header = self.reader.header();
        let strategies = header.components.len();
        let (mut replayer, _costs) = self.into_replayer();
        replayer.recited = recited.to_vec();
        replayer.tally = Some(Tally::new(strategies));
        match replayer.steps(Seq(u64::MAX))? {
            Ended::Differs(difference) => {
                blame(&difference, recited).map(Err).ok_or_else(|| ResumeError::Differs(Box::new(difference)))
            }
            Ended::AtTheEnd | Ended::Until => Ok(Ok(replayer.into_resumed())),
        }
    }
}

impl Replayer<'_> {
    fn into_resumed(mut self) -> Resumed {
        self.core.sign_as_owned();
        let owed = self.effects.halts.iter().rev();
        let mut owed: Vec<Report> =
            owed.map(|(strategy, halt)| Report::control(EventKind::StrategyHalted(*strategy, *halt))).collect();
        let halted = Halt { code: HaltCode::Fault, limit: 0, used: 0 };
        let recited = self.recited.iter().filter(|id| self.core.state().halt(**id).is_none());
        owed.extend(recited.map(|id| Report::control(EventKind::StrategyHalted(*id, halted))));
        let tally = self.tally.expect("a session that goes on was counted");
        Resumed {
            seq: self.verified,
            time: self.core.state().time(),
            wake_at: self.effects.wake_at,
            core: self.core,
            blobs: self.inputs.into_blobs(),
            wards: self.wards,
            record: self.record,
            reconciled: tally.reconciled(),
            tally,
            owed,
            recited: self.recited,
        }
    }
}

/// The strategy without which nothing would differ, if there is one.
fn blame(difference: &Difference, recited: &[StrategyId]) -> Option<StrategyId> {
    let id = match &difference.kind {
        DifferenceKind::Decision { recorded, replayed, .. } => {
            let key = |decision: &Option<Box<ringfence_core::decision::Decision>>| {
                decision.as_ref().map(|it| it.key.strategy)
            };
            key(recorded).or(key(replayed))
        }
        DifferenceKind::Plan(id) | DifferenceKind::State(id) | DifferenceKind::Renewal(id, _) => Some(*id),
        DifferenceKind::Fuel { .. }
        | DifferenceKind::FuelLeft
        | DifferenceKind::TapeOrder
        | DifferenceKind::TimeBack
        | DifferenceKind::TapeShort
        | DifferenceKind::Unknown(_)
        | DifferenceKind::Seal(_) => None,
    };
    id.filter(|id| id.0 != 0 && !recited.contains(id))
}

/// A host that asks some strategies and recites others.
pub(super) struct Partly<'a> {
    host: &'a mut dyn StrategyHost,
    reciting: Reciting<'a>,
    recited: &'a [StrategyId],
}

impl<'a> Partly<'a> {
    pub(super) fn new(host: &'a mut dyn StrategyHost, recorded: &'a Step, recited: &'a [StrategyId]) -> Partly<'a> {
        Partly { host, reciting: Reciting::new(recorded), recited }
    }

    /// The host that asks all of them.
    pub(super) fn host(&mut self) -> &mut dyn StrategyHost {
        self.host
    }
}

impl StrategyHost for Partly<'_> {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        if self.recited.contains(&call.strategy) { self.reciting.call(call, loan) } else { self.host.call(call, loan) }
    }
}
