//! Question: who answers a strategy inside a component?
//!
//! In: the SDK's questions and intents. Out: calls of the imported interfaces `view` and `intents`, converted both
//! ways. Must never keep state.

use super::__private::bindings::ringfence::strategy::{intents, view};
use super::convert::Wish;
use crate::event::{Bar, Quote, Side};
use crate::instrument::Instrument;
use crate::intent::{EmitError, Intent};
use crate::number::{InstrumentId, IntentId};
use crate::plan::BarSpec;
use crate::view::{Account, Host, Level, OrderView, Position};

/// The host on the other side of the component boundary.
pub(super) struct WasmHost;

impl Host for WasmHost {
    fn top_of_book(&self, instrument: InstrumentId) -> Option<Quote> {
        view::top_of_book(instrument.0).map(Into::into)
    }

    fn depth(&self, instrument: InstrumentId, side: Side, levels: u8) -> Vec<Level> {
        view::depth(instrument.0, side.into(), levels).into_iter().map(Into::into).collect()
    }

    fn position_of(&self, instrument: InstrumentId) -> Position {
        view::position_of(instrument.0).into()
    }

    fn account(&self) -> Account {
        view::account().into()
    }

    fn open_orders(&self, instrument: InstrumentId, limit: u16) -> Vec<OrderView> {
        view::open_orders(instrument.0, limit).into_iter().map(Into::into).collect()
    }

    fn order(&self, id: IntentId) -> Option<OrderView> {
        view::order(id.0).map(Into::into)
    }

    fn instrument(&self, instrument: InstrumentId) -> Option<Instrument> {
        view::instrument(instrument.0).map(Into::into)
    }

    fn bars(&self, instrument: InstrumentId, spec: BarSpec, count: u16) -> Vec<Bar> {
        view::bars(instrument.0, spec.into(), count).into_iter().map(Into::into).collect()
    }

    #[inline]
    fn emit(&mut self, intent: Intent) -> Result<IntentId, EmitError> {
        let taken = match Wish::from(intent) {
            Wish::Plain(intent) => intents::emit(&intent),
            Wish::Order(request) => intents::emit_order(request),
            Wish::Schedule(schedule) => intents::emit_schedule(&schedule),
        };
        match taken {
            Ok(id) => Ok(IntentId(id)),
            Err(error) => Err(error.into()),
        }
    }
}
