//! Ahead: which calls are certain to come, whatever else happens?
//!
//! In: State between two steps, and the rows that are to be stepped next. Out: the calls that the first of these rows will
//! make of one strategy, with the context that each will have. Must never: take a row whose step could be other than one
//! call of that strategy, or change anything.
//!
//! A strategy that sees nothing but events and their contexts can handle all of them at once, up to the one at which it
//! emits: until then nothing that it sees depends on what it does.

use alloc::vec::Vec;

use crate::blob::BlobTable;
use crate::config::EventDelivery;
use crate::event::{Event, EventKind};
use crate::ids::{InstrumentId, IntentId, StrategyId};
use crate::plan::{BarSpec, ChangeFilter, Topic};
use crate::state::State;
use crate::step::Core;
use crate::strategy::{AheadCall, CallContext, LookAhead};

/// Most rows shown ahead at once: what they come to as arguments fits the first-level cache of a processor twice over.
pub const AHEAD_ROWS_MAX: usize = 512;

/// Calls that are to come; its buffers are reused.
#[derive(Debug, Default)]
pub struct Ahead {
    strategy: StrategyId,
    next: IntentId,
    rows: usize,
    calls: Vec<AheadCall>,
    /// Instruments that were met so far, with the touch that the rows have left. Nothing moves positions.
    contexts: Vec<(InstrumentId, CallContext)>,
}

impl Ahead {
    /// How many of the rows are certain.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The calls that they make.
    #[must_use]
    pub fn calls(&self) -> &[AheadCall] {
        &self.calls
    }

    /// What a host is shown; `rows` are those that were asked about.
    ///
    /// # Panics
    /// When there are fewer rows than that.
    #[must_use]
    pub fn shown<'a>(&'a self, rows: &'a [Event]) -> LookAhead<'a> {
        LookAhead { strategy: self.strategy, rows: &rows[..self.rows], calls: &self.calls, next: self.next }
    }
}

impl Core {
    /// Finds out which of these rows are certain, from the first on; none when something is under way.
    pub fn look_ahead(&self, rows: &[Event], ahead: &mut Ahead) {
        (ahead.rows, ahead.strategy, ahead.next) = (0, StrategyId(0), IntentId(0));
        ahead.calls.clear();
        ahead.contexts.clear();
        let state = self.state();
        if !self.is_certain() {
            return;
        }
        let Some(strategy) = state.only_caller() else { return };
        ahead.strategy = strategy;
        ahead.next = state.control.strategy(strategy).map_or(IntentId(0), |own| IntentId(own.intents + 1));
        for (row, at) in rows.iter().take(AHEAD_ROWS_MAX).zip(0..) {
            let Some(is_called) = state.is_certain(row, strategy) else { return };
            let context = ahead.context(row.instrument, state);
            if let EventKind::Quote(quote) = row.kind {
                context.touch = quote;
            }
            let context = *context;
            if is_called {
                ahead.calls.push(AheadCall { row: at, context });
            }
            ahead.rows += 1;
        }
    }

    /// Steps a row that is certain, whose call, if it makes one, was handled and emitted nothing. What follows of it is State
    /// alone, so that is all that is done.
    ///
    /// # Panics
    /// When it is out of order, or was not certain.
    #[inline]
    pub fn pass(&mut self, row: &Event, blobs: &BlobTable) {
        let mut decisions = Vec::new();
        let state = self.state_mut();
        let change = state.apply(row, blobs, &mut decisions);
        let is_plain = change.is_some() && decisions.is_empty() && state.closed.is_empty();
        assert!(is_plain, "a row that was certain leads to more than State");
    }

    /// True while nothing but market events can lead to anything: nothing waits for time, a price or an order, and no bar
    /// is built.
    fn is_certain(&self) -> bool {
        let state = self.state();
        let asks = state.config().is_some_and(|config| config.execution.delivery == EventDelivery::Batch);
        asks && self.is_at_rest()
            && self.next_wake_of_its_own().is_none()
            && state.execution.open_counts.iter().all(|open| *open == 0)
            && state.execution.orders.live().next().is_none()
            && state.markets.iter().all(|market| market.series.is_none())
    }
}

impl Ahead {
    fn context(&mut self, instrument: InstrumentId, state: &State) -> &mut CallContext {
        let known = self.contexts.iter().position(|(known, _)| *known == instrument);
        let at = known.unwrap_or_else(|| {
            let touch = state.market(instrument).map(|market| market.touch).unwrap_or_default();
            let position = state.execution.net_qty(self.strategy, instrument);
            self.contexts.push((instrument, CallContext { touch, position }));
            self.contexts.len() - 1
        });
        &mut self.contexts[at].1
    }
}

impl State {
    /// The one strategy that is attached, where it runs, has warmed up, has heard of all its outcomes, and will not be
    /// refused an intent for having emitted many.
    fn only_caller(&self) -> Option<StrategyId> {
        let mut attached = self.control.strategies.iter().zip(0..).filter(|(control, _)| control.is_attached);
        let (control, id) = attached.next()?;
        let has_room = control.second.has_room_for_a_call(control.rates);
        let is_ready = control.runs() && !control.is_warming_up() && control.outcomes.is_empty() && has_room;
        (attached.next().is_none() && is_ready).then_some(StrategyId(id))
    }

    /// Whether the step of a row calls the strategy; `None` = it could do something else. What State would not accept is an
    /// anomaly, and changes of a book move more than a touch.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other kind is certain, however many there will be")]
    fn is_certain(&self, row: &Event, strategy: StrategyId) -> Option<bool> {
        self.market(row.instrument)?;
        let (topic, is_accepted) = match &row.kind {
            EventKind::Trade(trade) => (Topic::Trade, trade.qty.0 > 0),
            EventKind::Quote(quote) => (Topic::Quote, quote.bid_qty.0 >= 0 && quote.ask_qty.0 >= 0),
            EventKind::Bar(bar) => (Topic::Bar, bar.volume.0 >= 0 && bar.high >= bar.low),
            _other => return None,
        };
        match self.control.routes(row.instrument, topic) {
            _ if !is_accepted => None,
            [] => Some(false),
            [route] if route.strategy != strategy || route.filter != ChangeFilter::Every => None,
            [route] => Some(match (route.bars, &row.kind) {
                (Some(spec), EventKind::Bar(bar)) => spec == BarSpec::TimeNs(bar.interval_ns),
                (Some(_) | None, _) => true,
            }),
            [_, _, ..] => None,
        }
    }
}
