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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Trade;
    use crate::params::{Params, SetupError};
    use crate::plan::Plan;
    use crate::strategy::Handled;

    /// Takes nothing, and counts what it was asked to take.
    #[derive(Default)]
    struct Closed {
        asked: usize,
    }

    const NO_VIEW: &str = "nothing is asked in a batch";

    impl Host for Closed {
        fn top_of_book(&self, _: InstrumentId) -> Option<Quote> {
            panic!("{NO_VIEW}")
        }
        fn depth(&self, _: InstrumentId, _: Side, _: u8) -> Vec<Level> {
            panic!("{NO_VIEW}")
        }
        fn position_of(&self, _: InstrumentId) -> Position {
            panic!("{NO_VIEW}")
        }
        fn account(&self) -> Account {
            panic!("{NO_VIEW}")
        }
        fn open_orders(&self, _: InstrumentId, _: u16) -> Vec<OrderView> {
            panic!("{NO_VIEW}")
        }
        fn order(&self, _: IntentId) -> Option<OrderView> {
            panic!("{NO_VIEW}")
        }
        fn instrument(&self, _: InstrumentId) -> Option<Instrument> {
            panic!("{NO_VIEW}")
        }
        fn bars(&self, _: InstrumentId, _: BarSpec, _: u16) -> Vec<Bar> {
            panic!("{NO_VIEW}")
        }
        fn emit(&mut self, _: Intent) -> Result<IntentId, EmitError> {
            self.asked += 1;
            Err(EmitError::Malformed)
        }
    }

    /// Writes down what it is told, and cancels at a price of 7.
    #[derive(Default)]
    struct Clerk(Vec<String>);

    impl Strategy for Clerk {
        fn setup(_: &Params, _: &[Instrument]) -> Result<(Self, Plan), SetupError> {
            Ok((Self::default(), Plan::new()))
        }

        fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
            let at = (ctx.time().0, ctx.venue_time().map(|time| time.0), ctx.instrument().0);
            self.0.push(format!("{at:?} {trade:?} {:?} {}", ctx.touch(), ctx.position().0));
            if trade.price.0 == 7 { ctx.cancel(IntentId(1)).map(drop) } else { Ok(()) }
        }

        fn on_quote(&mut self, _: &mut Ctx<'_>, quote: &Quote) -> Handled {
            self.0.push(format!("{quote:?}"));
            Ok(())
        }

        fn on_bar(&mut self, _: &mut Ctx<'_>, bar: &Bar) -> Handled {
            self.0.push(format!("{bar:?}"));
            Ok(())
        }
    }

    /// An event of instrument 9 at 1: kind, payload from this word on, and a short position of 3.
    fn event(kind: u64, first: u64) -> [u64; EVENT_WORDS] {
        let [w0, w1, w2, w3, w4, w5, w6] = [0, 1, 2, 3, 4, 5, 6].map(|n| first + n);
        [kind << 32 | 9, 1, 2, w0, w1, w2, w3, w4, w5, w6, 10, 11, 12, 13, -3_i64 as u64]
    }

    #[test]
    fn every_event_reaches_its_method_with_its_context() {
        let mut buyer = event(0, 1);
        (buyer[5], buyer[6]) = (1, 0);
        let words = [buyer, event(1, 21), event(3, 31)].concat();
        let mut clerk = Clerk::default();
        assert_eq!(on_events(&mut clerk, &mut Closed::default(), &words), 3);
        expect_test::expect![[r#"
            (1, Some(2), 9) Trade { price: Price(1), qty: Qty(2), aggressor: Some(Buy) } Quote { bid_price: Price(10), bid_qty: Qty(11), ask_price: Price(12), ask_qty: Qty(13) } -3
            Quote { bid_price: Price(21), bid_qty: Qty(22), ask_price: Price(23), ask_qty: Qty(24) }
            Bar { open: Price(31), high: Price(32), low: Price(33), close: Price(34), volume: Qty(35), open_time: TimeNs(36), interval_ns: 37 }"#]]
        .assert_eq(&clerk.0.join("\n"));
    }

    #[test]
    fn it_stops_behind_an_emit_though_that_was_refused() {
        let mut trade = event(0, 7);
        (trade[5], trade[6]) = (0, 0);
        let words = [event(1, 1), trade, event(1, 1)].concat();
        let (mut clerk, mut host) = (Clerk::default(), Closed::default());
        assert_eq!(on_events(&mut clerk, &mut host, &words), 2);
        assert_eq!((clerk.0.len(), host.asked), (2, 2), "the cancel, and the note of its refusal");
    }
}
