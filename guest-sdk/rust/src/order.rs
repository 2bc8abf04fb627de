//! Question: how does an author say what order to have?
//!
//! In: a chain of calls. Out: one intent. Must never let an order type contradict its prices: the type follows from
//! the prices given.

use crate::event::Side;
use crate::intent::{Amend, Bound, Curve, EmitError, Intent, OrderType, Schedule, Size, Submit, TimeInForce};
use crate::number::{InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::view::Host;

/// An order being described. Nothing happens before [`OrderBuilder::send`].
#[must_use = "an order is emitted by `send`"]
pub struct OrderBuilder<'h> {
    host: &'h mut dyn Host,
    submit: Submit,
    tif: Option<TimeInForce>,
}

impl<'h> OrderBuilder<'h> {
    pub(crate) fn new(host: &'h mut dyn Host, instrument: InstrumentId, side: Side, size: Size) -> Self {
        let submit = Submit {
            instrument,
            side,
            size,
            order_type: OrderType::Market,
            limit_price: None,
            stop_price: None,
            tif: TimeInForce::Ioc,
            slippage_bps_max: None,
            post_only: false,
            reduce_only: false,
        };
        Self { host, submit, tif: None }
    }

    /// At this price or better: a limit order, or together with `stop` a stop-limit order.
    pub fn limit(mut self, price: Price) -> Self {
        self.submit.limit_price = Some(price);
        self
    }

    /// Active when the market trades through this price: a stop-market order, or with `limit` a stop-limit order.
    pub fn stop(mut self, price: Price) -> Self {
        self.submit.stop_price = Some(price);
        self
    }

    /// Fill what is possible at once, cancel the remainder (a market order is always so unless told otherwise).
    pub fn ioc(self) -> Self {
        self.tif(TimeInForce::Ioc)
    }

    /// Fill whole at once or not at all.
    pub fn fok(self) -> Self {
        self.tif(TimeInForce::Fok)
    }

    /// Until the end of the trading day.
    pub fn day(self) -> Self {
        self.tif(TimeInForce::Day)
    }

    /// How long it lives. Without this call: `ioc` for market orders, `gtc` for all others.
    pub fn tif(mut self, tif: TimeInForce) -> Self {
        self.tif = Some(tif);
        self
    }

    /// Reject it rather than let it cross.
    pub fn post_only(mut self) -> Self {
        self.submit.post_only = true;
        self
    }

    /// Never let it open or enlarge a position.
    pub fn reduce_only(mut self) -> Self {
        self.submit.reduce_only = true;
        self
    }

    /// For a market order: at most this far from the reference price, in 1/10000, 1 to 5000.
    pub fn slippage_bps_max(mut self, bps: u32) -> Self {
        self.submit.slippage_bps_max = Some(bps);
        self
    }

    /// Work it in this many equal slices until `end`, instead of at once (TWAP). Its orders are limit orders at the limit
    /// price, or market orders within the slippage: one of the two is needed.
    pub fn twap(self, end: TimeNs, slices: u16) -> ScheduleBuilder<'h> {
        ScheduleBuilder::new(self, end, Curve::Even(slices))
    }

    /// Work it until `end` in one slice for each weight, as large as its weight says (VWAP by a profile of volume). A limit
    /// price or a bound of the slippage is needed.
    pub fn vwap(self, end: TimeNs, weights: impl Into<Vec<u16>>) -> ScheduleBuilder<'h> {
        ScheduleBuilder::new(self, end, Curve::Profile(weights.into()))
    }

    /// Work it in this many slices until `end`, each at most `bps` / 10000 of what the market traded in the interval before
    /// it. A limit price or a bound of the slippage is needed.
    pub fn participate(self, end: TimeNs, slices: u16, bps: u32) -> ScheduleBuilder<'h> {
        ScheduleBuilder::new(self, end, Curve::Volume { slices, bps })
    }

    /// Emits the intent.
    ///
    /// # Errors
    /// Refused before it became an intent: see [`EmitError`]. What Risk and the venue say comes as later events.
    pub fn send(mut self) -> Result<IntentId, EmitError> {
        let submit = &mut self.submit;
        submit.order_type = match (submit.limit_price, submit.stop_price) {
            (None, None) => OrderType::Market,
            (Some(_), None) => OrderType::Limit,
            (None, Some(_)) => OrderType::StopMarket,
            (Some(_), Some(_)) => OrderType::StopLimit,
        };
        submit.tif = match (self.tif, submit.order_type) {
            (Some(tif), _) => tif,
            (None, OrderType::Market) => TimeInForce::Ioc,
            (None, OrderType::Limit | OrderType::StopMarket | OrderType::StopLimit) => TimeInForce::Gtc,
        };
        self.host.emit(Intent::Submit(self.submit))
    }
}

/// An order that is worked over time, being described. Nothing happens before [`ScheduleBuilder::send`].
#[must_use = "a schedule is emitted by `send`"]
pub struct ScheduleBuilder<'h> {
    host: &'h mut dyn Host,
    schedule: Option<Schedule>,
}

impl<'h> ScheduleBuilder<'h> {
    fn new(order: OrderBuilder<'h>, end: TimeNs, curve: Curve) -> Self {
        let OrderBuilder { host, submit, tif } = order;
        let bound = match (submit.limit_price, submit.slippage_bps_max) {
            (Some(price), None) => Some(Bound::Limit(price)),
            (None, Some(bps)) => Some(Bound::Slippage(bps)),
            (None, None) | (Some(_), Some(_)) => None,
        };
        // Its orders live by their slices.
        let is_possible = tif.is_none() && submit.stop_price.is_none();
        let schedule = bound.filter(|_| is_possible).map(|bound| Schedule {
            instrument: submit.instrument,
            side: submit.side,
            size: submit.size,
            bound,
            post_only: submit.post_only,
            reduce_only: submit.reduce_only,
            start: TimeNs(0),
            end,
            curve,
        });
        Self { host, schedule }
    }

    /// Begin at this time; without it, or where it is past, at once.
    pub fn from(mut self, start: TimeNs) -> Self {
        if let Some(schedule) = &mut self.schedule {
            schedule.start = start;
        }
        self
    }

    /// Emits the intent.
    ///
    /// # Errors
    /// See [`EmitError`]; `Malformed` without exactly one of a limit price and a bound of the slippage, and with a stop
    /// price or a time in force. What becomes of it comes as events of its orders, and as the outcome `ended`.
    pub fn send(self) -> Result<IntentId, EmitError> {
        let schedule = self.schedule.ok_or(EmitError::Malformed)?;
        self.host.emit(Intent::Schedule(Box::new(schedule)))
    }
}

/// A change of a working order being described. Nothing happens before [`AmendBuilder::send`].
#[must_use = "a change is emitted by `send`"]
pub struct AmendBuilder<'h> {
    host: &'h mut dyn Host,
    amend: Amend,
}

impl<'h> AmendBuilder<'h> {
    pub(crate) fn new(host: &'h mut dyn Host, id: IntentId) -> Self {
        Self { host, amend: Amend { id, price: None, qty: None } }
    }

    /// The new limit price.
    pub fn price(mut self, price: Price) -> Self {
        self.amend.price = Some(price);
        self
    }

    /// The new whole quantity, filled included.
    pub fn qty(mut self, qty: Qty) -> Self {
        self.amend.qty = Some(qty);
        self
    }

    /// Emits the intent.
    ///
    /// # Errors
    /// See [`EmitError`]; an amend that changes nothing is `Malformed`.
    pub fn send(self) -> Result<IntentId, EmitError> {
        self.host.emit(Intent::Amend(self.amend))
    }
}
