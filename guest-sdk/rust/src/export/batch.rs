//! Question: how does a strategy take many events with one call?
//!
//! In: 15 words an event, as the WIT file lays them out. Out: the author's method for each, and how many were handled: up
//! to the first at which the strategy emitted. Must never go on behind an emit, whatever its answer was.

use super::flat;
use crate::ctx::Ctx;
use crate::event::{Bar, Quote, Side};
use crate::instrument::Instrument;
use crate::intent::{EmitError, Intent};
use crate::number::{InstrumentId, IntentId, TimeNs};
use crate::plan::BarSpec;
use crate::strategy::{Strategy, deliver, note_refusal};
use crate::view::{Account, Host, Level, OrderView, Position};

/// Words of one event: head, time, venue time, payload (7), context (5).
const EVENT_WORDS: usize = 15;

/// Handles events up to the first at which the strategy emits; how many that were.
#[inline(always)]
pub(super) fn on_events<S: Strategy>(strategy: &mut S, host: &mut dyn Host, words: &[u64]) -> u32 {
    let mut host = Noticing { host, has_emitted: false };
    let mut handled = 0;
    for event in words.as_chunks::<EVENT_WORDS>().0 {
        on_event(strategy, &mut host, event);
        handled += 1;
        if host.has_emitted {
            break;
        }
    }
    handled
}

#[inline(always)]
fn on_event<S: Strategy>(strategy: &mut S, host: &mut Noticing<'_>, event: &[u64; EVENT_WORDS]) {
    let [head, time, venue_time, w0, w1, w2, w3, w4, w5, w6, context @ ..] = *event;
    let mut ctx = Ctx {
        host,
        time: TimeNs(time),
        venue_time: TimeNs(venue_time),
        instrument: InstrumentId(head as u32),
        context: flat::context(context.map(|word| word as i64)),
    };
    let words = [w0, w1, w2, w3, w4, w5, w6];
    let kind = (head >> 32) as u32;
    let handled = flat::with_payload(kind, words, |payload| deliver(strategy, &mut ctx, payload));
    if let Err(refusal) = handled {
        note_refusal(host, refusal);
    }
}

/// The host, which also notices that something was emitted.
struct Noticing<'a> {
    host: &'a mut dyn Host,
    has_emitted: bool,
}

impl Host for Noticing<'_> {
    fn top_of_book(&self, instrument: InstrumentId) -> Option<Quote> {
        self.host.top_of_book(instrument)
    }

    fn depth(&self, instrument: InstrumentId, side: Side, levels: u8) -> Vec<Level> {
        self.host.depth(instrument, side, levels)
    }

    fn position_of(&self, instrument: InstrumentId) -> Position {
        self.host.position_of(instrument)
    }

    fn account(&self) -> Account {
        self.host.account()
    }

    fn open_orders(&self, instrument: InstrumentId, limit: u16) -> Vec<OrderView> {
        self.host.open_orders(instrument, limit)
    }

    fn order(&self, id: IntentId) -> Option<OrderView> {
        self.host.order(id)
    }

    fn instrument(&self, instrument: InstrumentId) -> Option<Instrument> {
        self.host.instrument(instrument)
    }

    fn bars(&self, instrument: InstrumentId, spec: BarSpec, count: u16) -> Vec<Bar> {
        self.host.bars(instrument, spec, count)
    }

    fn emit(&mut self, intent: Intent) -> Result<IntentId, EmitError> {
        self.has_emitted = true;
        self.host.emit(intent)
    }
}
