//! Survey: what does somebody see who looks at all of State?
//!
//! In: State between two steps. Out: what `view` does not show strategies: other holders, unfinished parents and schedules,
//! what is known of each strategy. Must never: be asked by the core itself, or change anything.

use crate::event::Halt;
use crate::ids::{AccountId, InstrumentId, LegKey, StrategyId, TimeNs, VenueId};
use crate::instrument::{PositionSide, Side};
use crate::money::{Price, Qty};
use crate::plan::BarSpec;
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::market::InstrumentMarket;
use crate::state::parents::ParentKind;
use crate::state::position::Position;

/// An intent that outlives one send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParentView {
    /// The intent, leg 0.
    pub key: LegKey,
    /// What it does.
    pub work: ParentWork,
}

/// What a parent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentWork {
    /// Sends an order in parts: its instrument, and the quantity that no part was made for yet.
    Split(InstrumentId, Qty),
    /// Cancels what is open and closes what is held; `None` = in all instruments.
    Flatten(Option<InstrumentId>),
}

/// A schedule under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleView {
    /// The intent, leg 0.
    pub key: LegKey,
    /// Account it trades on.
    pub account: AccountId,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// All of it.
    pub total: Qty,
    /// Sum of fills.
    pub filled: Qty,
    /// What no order carries.
    pub reserved: Qty,
    /// The order that is queued or live.
    pub order: Option<LegKey>,
    /// When it ends.
    pub end: TimeNs,
}

/// What Control State knows of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrategyStatus {
    /// It was attached and has not left.
    pub is_attached: bool,
    /// The kill switch stops it alone.
    pub is_killed: bool,
    /// It still warms up: what it emits is refused.
    pub is_warming_up: bool,
    /// Why it is halted; `None` while it runs.
    pub halt: Option<Halt>,
    /// Intents that it emitted so far.
    pub intents: u64,
    /// Outcomes that it will be told with its next event.
    pub outcomes: usize,
    /// Orders live and queued.
    pub open_orders: u32,
}

impl State {
    /// What is known of a strategy; `None` for one that no configuration named.
    #[must_use]
    pub fn strategy_status(&self, id: StrategyId) -> Option<StrategyStatus> {
        let control = self.control.strategy(id)?;
        Some(StrategyStatus {
            is_attached: control.is_attached,
            is_killed: control.is_killed,
            is_warming_up: control.is_warming_up(),
            halt: control.halt,
            intents: control.intents,
            outcomes: control.outcomes.len(),
            open_orders: self.execution.open_counts.get(usize::from(id.0)).copied().unwrap_or(0),
        })
    }

    /// Instruments in which a strategy ever held or reserved anything.
    pub fn strategy_positions(&self, id: StrategyId) -> impl Iterator<Item = (InstrumentId, PositionSide, &Position)> {
        self.execution.positions(Holder::Strategy(id))
    }

    /// Unfinished parents in the order in which they were opened.
    pub fn unfinished_parents(&self) -> impl Iterator<Item = ParentView> {
        (0..self.parents.len()).filter_map(|at| self.parents.get(at)).map(|parent| {
            let work = match parent.kind {
                ParentKind::Split { part, left } => ParentWork::Split(part.instrument, left),
                ParentKind::Flatten { only, .. } => ParentWork::Flatten(only),
            };
            ParentView { key: parent.key, work }
        })
    }

    /// Schedules under way in the order in which they began.
    pub fn unfinished_schedules(&self) -> impl Iterator<Item = ScheduleView> {
        self.schedules.iter().map(|schedule| ScheduleView {
            key: schedule.key,
            account: schedule.account,
            instrument: schedule.wish.instrument,
            side: schedule.wish.side,
            total: schedule.total,
            filled: Qty(schedule.filled),
            reserved: schedule.reserved,
            order: schedule.child.map(|child| schedule.child_key(child)),
            end: schedule.wish.end,
        })
    }

    /// False while a venue is known to be out of reach.
    #[must_use]
    pub fn venue_is_up(&self, id: VenueId) -> bool {
        !self.execution.venue_is_down.get(usize::from(id.0)).copied().unwrap_or(true)
    }

    /// Bars of an instrument that are built for strategies: each series with how many it keeps.
    pub fn built_bars(&self, id: InstrumentId) -> impl Iterator<Item = (BarSpec, usize)> {
        self.market(id).and_then(|market| market.series.as_ref()).into_iter().flat_map(|series| series.kept_counts())
    }
}

impl InstrumentMarket {
    /// Last traded price; for bars the last close.
    #[must_use]
    pub fn last(&self) -> Option<Price> {
        self.last
    }

    /// True while its market data cannot be trusted.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }
}
