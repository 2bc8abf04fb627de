//! Question: what can a strategy see and do while it handles an event?
//!
//! In: the event, its context, a host. Out: answers and intents. Must never keep anything between events.

use crate::event::{Bar, Context, Event, Quote, Side};
use crate::instrument::Instrument;
use crate::intent::{EmitError, Intent, Size};
use crate::number::{InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::order::{AmendBuilder, OrderBuilder};
use crate::plan::BarSpec;
use crate::view::{Account, Host, Level, OrderView, Position};

/// What a strategy holds while it handles one event.
pub struct Ctx<'a> {
    pub(crate) host: &'a mut dyn Host,
    pub(crate) time: TimeNs,
    pub(crate) venue_time: TimeNs,
    pub(crate) instrument: InstrumentId,
    pub(crate) context: Context,
}

impl<'a> Ctx<'a> {
    /// For one call. Strategies are given one; whoever runs them builds it.
    #[must_use]
    pub fn new(host: &'a mut dyn Host, event: &Event, context: &Context) -> Self {
        Self { host, time: event.time, venue_time: event.venue_time, instrument: event.instrument, context: *context }
    }

    /// Now: the event's host receive time.
    #[must_use]
    pub fn time(&self) -> TimeNs {
        self.time
    }

    /// The venue's own time stamp, if it gave one.
    #[must_use]
    pub fn venue_time(&self) -> Option<TimeNs> {
        (self.venue_time != TimeNs(0)).then_some(self.venue_time)
    }

    /// The event's instrument, [`InstrumentId::NONE`] for an event without one and in `on_outcome`: remember the
    /// instrument of an intent beside its number.
    #[must_use]
    pub fn instrument(&self) -> InstrumentId {
        self.instrument
    }

    /// The own net position in the event's instrument, below 0 = short; 0 in `on_outcome`.
    #[must_use]
    pub fn position(&self) -> Qty {
        self.context.position
    }

    /// The touch of the event's instrument; empty in `on_outcome`.
    #[must_use]
    pub fn touch(&self) -> Quote {
        self.context.touch
    }

    /// The best bid of the event's instrument, if there is one.
    #[must_use]
    pub fn bid(&self) -> Option<Level> {
        level(self.context.touch.bid_price, self.context.touch.bid_qty)
    }

    /// The best ask of the event's instrument, if there is one.
    #[must_use]
    pub fn ask(&self) -> Option<Level> {
        level(self.context.touch.ask_price, self.context.touch.ask_qty)
    }

    /// The touch of any instrument given to `setup`; `None` = unknown, or neither side is shown.
    #[must_use]
    pub fn top_of_book(&self, instrument: InstrumentId) -> Option<Quote> {
        self.host.top_of_book(instrument)
    }

    /// Levels of one side of a book, best first, at most `levels`.
    #[must_use]
    pub fn depth(&self, instrument: InstrumentId, side: Side, levels: u8) -> Vec<Level> {
        self.host.depth(instrument, side, levels)
    }

    /// The own position in any instrument, with its cost.
    #[must_use]
    pub fn position_of(&self, instrument: InstrumentId) -> Position {
        self.host.position_of(instrument)
    }

    /// The own sub-account.
    #[must_use]
    pub fn account(&self) -> Account {
        self.host.account()
    }

    /// Own open orders by ascending intent, at most `limit`; [`InstrumentId::NONE`] = of all instruments.
    #[must_use]
    pub fn open_orders(&self, instrument: InstrumentId, limit: u16) -> Vec<OrderView> {
        self.host.open_orders(instrument, limit)
    }

    /// One own order; `None` = unknown or forgotten.
    #[must_use]
    pub fn order(&self, id: IntentId) -> Option<OrderView> {
        self.host.order(id)
    }

    /// The definition of an instrument as it is now.
    #[must_use]
    pub fn definition(&self, instrument: InstrumentId) -> Option<Instrument> {
        self.host.instrument(instrument)
    }

    /// The last `count` finished bars of a subscribed specification, oldest first.
    #[must_use]
    pub fn bars(&self, instrument: InstrumentId, spec: BarSpec, count: u16) -> Vec<Bar> {
        self.host.bars(instrument, spec, count)
    }

    /// Starts an order to buy: a quantity, or a value in money. A market order unless a price is given.
    pub fn buy(&mut self, instrument: InstrumentId, size: impl Into<Size>) -> OrderBuilder<'_> {
        OrderBuilder::new(self.host, instrument, Side::Buy, size.into())
    }

    /// Starts an order to sell: a quantity, or a value in money. A market order unless a price is given.
    pub fn sell(&mut self, instrument: InstrumentId, size: impl Into<Size>) -> OrderBuilder<'_> {
        OrderBuilder::new(self.host, instrument, Side::Sell, size.into())
    }

    /// Starts a change of a working order.
    pub fn amend(&mut self, id: IntentId) -> AmendBuilder<'_> {
        AmendBuilder::new(self.host, id)
    }

    /// Cancel the order of this intent.
    ///
    /// # Errors
    /// See [`EmitError`]; whether the venue cancels comes as a later event.
    pub fn cancel(&mut self, id: IntentId) -> Result<IntentId, EmitError> {
        self.host.emit(Intent::Cancel(id))
    }

    /// Cancel every own order of one instrument, or of all (`None`).
    ///
    /// # Errors
    /// See [`EmitError`].
    pub fn cancel_all(&mut self, scope: impl Into<Option<InstrumentId>>) -> Result<IntentId, EmitError> {
        self.host.emit(Intent::CancelAll(scope.into()))
    }

    /// Cancel every own order and close the own position, in one instrument or in all (`None`). What an own resting
    /// order would close is closed once its cancel has come through.
    ///
    /// # Errors
    /// See [`EmitError`].
    pub fn flatten(&mut self, scope: impl Into<Option<InstrumentId>>) -> Result<IntentId, EmitError> {
        self.host.emit(Intent::Flatten(scope.into()))
    }

    /// Be called with `on_wake` at `time`, or at the first event after it; 1 ms from now at the earliest.
    ///
    /// # Errors
    /// See [`EmitError`].
    pub fn wake_at(&mut self, time: TimeNs) -> Result<IntentId, EmitError> {
        self.host.emit(Intent::WakeAt(time))
    }

    /// Text for the journal. Allocates: not for every event.
    ///
    /// # Errors
    /// See [`EmitError`].
    pub fn note(&mut self, text: impl Into<String>) -> Result<IntentId, EmitError> {
        self.host.emit(Intent::Note(text.into()))
    }
}

fn level(price: Price, qty: Qty) -> Option<Level> {
    qty.is_positive().then_some(Level { price, qty })
}
