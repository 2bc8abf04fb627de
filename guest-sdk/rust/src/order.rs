//! Question: how does an author say what order to have?
//!
//! In: a chain of calls. Out: one intent. Must never let an order type contradict its prices: the type follows from
//! what was given.

use crate::event::Side;
use crate::intent::{
    Amend, Bound, Curve, EmitError, Extras, GroupKind, Intent, OrderType, Schedule, Size, Submit, TimeInForce, Trail,
    TrailUnit, TriggerBy,
};
use crate::number::{InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::view::Host;

mod ladder;

/// An order being described. Nothing happens before [`OrderBuilder::send`].
#[must_use = "an order is emitted by `send`"]
pub struct OrderBuilder<'h> {
    host: &'h mut dyn Host,
    submit: Submit,
    tif: Option<TimeInForce>,
    way: Way,
    /// A trailing order that becomes a limit order.
    trails_limit: bool,
}

/// What an order waits for, or how it goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    AtOnce,
    Stop,
    Touched,
    Trailing,
    MarketToLimit,
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
            extras: Extras::NONE,
        };
        Self { host, submit, tif: None, way: Way::AtOnce, trails_limit: false }
    }

    /// At this price or better: a limit order, or together with a trigger the price it has once that came.
    pub fn limit(mut self, price: Price) -> Self {
        self.submit.limit_price = Some(price);
        self
    }

    /// Active when the market comes to this price from its worse side: a stop-market order, or with `limit` a stop-limit
    /// order. A buy waits for prices to rise to it, a sell for prices to fall to it.
    pub fn stop(mut self, price: Price) -> Self {
        (self.way, self.submit.stop_price) = (Way::Stop, Some(price));
        self
    }

    /// `stop` and `limit` in one.
    pub fn stop_limit(self, stop: Price, limit: Price) -> Self {
        self.stop(stop).limit(limit)
    }

    /// Active when the market comes to this price from its better side: a market-if-touched order, or with `limit` a
    /// limit-if-touched order. A buy waits for prices to fall to it, a sell for prices to rise to it.
    pub fn if_touched(mut self, price: Price) -> Self {
        (self.way, self.submit.stop_price) = (Way::Touched, Some(price));
        self
    }

    /// Active when the market turns by this much from the best price since: a trailing stop-market order.
    pub fn trailing(self, offset: Price) -> Self {
        self.trail(offset.0, TrailUnit::Price)
    }

    /// As `trailing`, with the offset in 1/10000 of the best price, at most 5000.
    pub fn trailing_bps(self, offset: u32) -> Self {
        self.trail(offset.into(), TrailUnit::Bps)
    }

    /// As `trailing`, with the offset in ticks.
    pub fn trailing_ticks(self, offset: u32) -> Self {
        self.trail(offset.into(), TrailUnit::Ticks)
    }

    fn trail(mut self, offset: i64, unit: TrailUnit) -> Self {
        self.way = Way::Trailing;
        let limit_offset = self.submit.extras.trail.map_or(0, |trail| trail.limit_offset);
        self.submit.extras.trail = Some(Trail { offset, unit, limit_offset });
        self
    }

    /// With a trailing trigger: a trailing stop-limit order, whose limit price lies this far beyond the trigger, in the
    /// unit of the trail (`trailing(Price(50)).limit_offset(10)`: mantissas).
    pub fn limit_offset(mut self, offset: i64) -> Self {
        self.trails_limit = true;
        let trail = self.submit.extras.trail.unwrap_or(Trail { offset: 0, unit: TrailUnit::Price, limit_offset: 0 });
        self.submit.extras.trail = Some(Trail { limit_offset: offset, ..trail });
        self
    }

    /// Which price triggers; the last trade unless this says otherwise.
    pub fn trigger_by(mut self, price: TriggerBy) -> Self {
        self.submit.extras.trigger_by = price;
        self
    }

    /// A market order whose remainder rests at the price of its last fill.
    pub fn market_to_limit(mut self) -> Self {
        self.way = Way::MarketToLimit;
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

    /// Until this time.
    pub fn good_till(mut self, time: TimeNs) -> Self {
        self.submit.extras.expire_at = Some(time);
        self.tif(TimeInForce::Gtd)
    }

    /// In the auction that opens the next session; what it leaves is canceled.
    pub fn at_open(self) -> Self {
        self.tif(TimeInForce::AtOpen)
    }

    /// In the auction that closes the session; what it leaves is canceled.
    pub fn at_close(self) -> Self {
        self.tif(TimeInForce::AtClose)
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

    /// The market may see at most this much of it at a time.
    pub fn display(mut self, qty: Qty) -> Self {
        self.submit.extras.display_qty = Some(qty);
        self
    }

    /// Sent when the order of this own earlier intent has filled.
    pub fn after(mut self, parent: IntentId) -> Self {
        self.submit.extras.parent = Some(parent);
        self
    }

    /// One of a group; `first` is the group's first intent, `None` for that intent itself.
    pub fn group(mut self, kind: GroupKind, first: impl Into<Option<IntentId>>) -> Self {
        (self.submit.extras.group_kind, self.submit.extras.group) = (kind, first.into());
        self
    }

    /// For an order that is a market order when it is sent: at most this far from the reference price, in 1/10000, 1 to 5000.
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
    pub fn send(self) -> Result<IntentId, EmitError> {
        let (host, submit) = self.described();
        host.emit(Intent::Submit(submit))
    }

    /// Emits it as the entry of a bracket: with a take-profit (a limit order) and a stop-loss (a stop-market order) on the
    /// other side, which wait until it fills, are sent in parts as it fills, only reduce the position, and of which a fill
    /// takes its quantity from the other. They are ordinary orders with ties ([`OrderBuilder::after`],
    /// [`OrderBuilder::group`]): write them out where you want others.
    ///
    /// # Errors
    /// As [`OrderBuilder::send`]; `Malformed` for an entry by value, whose quantity is not known. Where a later one of the
    /// three is refused (more than 64 intents in one call), the earlier ones have been emitted.
    pub fn bracket(self, take_profit: Price, stop_loss: Price) -> Result<Bracket, EmitError> {
        let (host, submit) = self.described();
        let Size::Quantity(qty) = submit.size else { return Err(EmitError::Malformed) };
        let entry = host.emit(Intent::Submit(submit))?;
        let out = Submit { size: qty.into(), ..submit };
        let take_profit = exit(host, &out, entry).limit(take_profit).group(GroupKind::Ouo, None).send()?;
        let stop_loss = exit(host, &out, entry).stop(stop_loss).group(GroupKind::Ouo, take_profit).send()?;
        Ok(Bracket { entry, take_profit, stop_loss })
    }

    /// The order as it was described, with the type that follows from it.
    fn described(mut self) -> (&'h mut dyn Host, Submit) {
        let submit = &mut self.submit;
        let has_limit = submit.limit_price.is_some();
        submit.order_type = match (self.way, has_limit) {
            (Way::AtOnce, false) => OrderType::Market,
            (Way::AtOnce, true) => OrderType::Limit,
            (Way::Stop, false) => OrderType::StopMarket,
            (Way::Stop, true) => OrderType::StopLimit,
            (Way::Touched, false) => OrderType::MarketIfTouched,
            (Way::Touched, true) => OrderType::LimitIfTouched,
            // The limit of a trailing order follows its trigger.
            (Way::Trailing, _) if self.trails_limit => OrderType::TrailingStopLimit,
            (Way::Trailing, _) => OrderType::TrailingStopMarket,
            (Way::MarketToLimit, _) => OrderType::MarketToLimit,
        };
        submit.tif = self.tif.unwrap_or(match submit.order_type {
            OrderType::Market => TimeInForce::Ioc,
            OrderType::Limit
            | OrderType::StopMarket
            | OrderType::StopLimit
            | OrderType::MarketIfTouched
            | OrderType::LimitIfTouched
            | OrderType::TrailingStopMarket
            | OrderType::TrailingStopLimit
            | OrderType::MarketToLimit => TimeInForce::Gtc,
        });
        (self.host, self.submit)
    }
}

/// An order that closes what the entry opens, once that has filled.
fn exit<'h>(host: &'h mut dyn Host, opens: &Submit, entry: IntentId) -> OrderBuilder<'h> {
    let side = match opens.side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    };
    OrderBuilder::new(host, opens.instrument, side, opens.size).reduce_only().after(entry)
}

/// The intents of a bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// Opens the position.
    pub entry: IntentId,
    /// Closes it at a profit.
    pub take_profit: IntentId,
    /// Closes it at a loss.
    pub stop_loss: IntentId,
}

/// An order that is worked over time, being described. Nothing happens before [`ScheduleBuilder::send`].
#[must_use = "a schedule is emitted by `send`"]
pub struct ScheduleBuilder<'h> {
    host: &'h mut dyn Host,
    schedule: Option<Schedule>,
}

impl<'h> ScheduleBuilder<'h> {
    fn new(order: OrderBuilder<'h>, end: TimeNs, curve: Curve) -> Self {
        let OrderBuilder { host, submit, tif, way, .. } = order;
        let bound = match (submit.limit_price, submit.slippage_bps_max) {
            (Some(price), None) => Some(Bound::Limit(price)),
            (None, Some(bps)) => Some(Bound::Slippage(bps)),
            (None, None) | (Some(_), Some(_)) => None,
        };
        // Its orders live by their slices.
        let is_possible = tif.is_none() && way == Way::AtOnce && submit.extras == Extras::NONE;
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
    /// See [`EmitError`]; `Malformed` without exactly one of a limit price and a bound of the slippage, and with anything
    /// that its orders cannot have (a trigger, a time in force, ties). What becomes of it comes as events of its orders, and as the outcome `ended`.
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
        Self { host, amend: Amend { id, price: None, qty: None, trigger: None } }
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

    /// The new price that triggers, while it is held; not for a trail.
    pub fn trigger(mut self, price: Price) -> Self {
        self.amend.trigger = Some(price);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Harness;
    use crate::{Ctx, Handled, Instrument, Notional, Params, Plan, SetupError, Strategy, Trade};

    /// Sends every kind of order at its first trade.
    struct Every;

    impl Strategy for Every {
        fn setup(_: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
            Ok((Self, Plan::new().trades(instruments[0].id)))
        }

        fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
            let (id, qty, price) = (ctx.instrument(), trade.qty, trade.price);
            ctx.buy(id, qty).send()?;
            ctx.buy(id, qty).stop(price).send()?;
            ctx.buy(id, qty).stop_limit(price, Price(price.0 + 1)).day().send()?;
            ctx.sell(id, qty).if_touched(price).slippage_bps_max(5).send()?;
            ctx.sell(id, qty).if_touched(price).limit(price).trigger_by(TriggerBy::Mark).send()?;
            ctx.sell(id, qty).trailing(Price(50)).send()?;
            ctx.sell(id, qty).trailing_bps(25).limit_offset(5).send()?;
            ctx.sell(id, qty).limit_offset(2).trailing_ticks(3).trigger_by(TriggerBy::Touch).send()?;
            ctx.buy(id, qty).market_to_limit().send()?;
            ctx.buy(id, qty).limit(price).good_till(TimeNs(5_000_000_000)).display(Qty(1)).send()?;
            ctx.buy(id, qty).at_open().send()?;
            ctx.buy(id, qty).limit(price).at_close().send()?;
            ctx.sell(id, qty).stop(price).after(IntentId(1)).group(GroupKind::Oco, None).send()?;
            ctx.sell(id, qty).limit(price).group(GroupKind::Ouo, IntentId(13)).send()?;
            ctx.buy(id, qty).limit(price).bracket(Price(price.0 + 50), Price(price.0 - 50))?;
            ctx.buy(id, qty).limit(price).twap(TimeNs(9_000_000_000), 4).from(TimeNs(2_000_000_000)).send()?;
            ctx.sell(id, qty).slippage_bps_max(5).vwap(TimeNs(9_000_000_000), [1, 2]).send()?;
            ctx.sell(id, qty)
                .limit(price)
                .post_only()
                .reduce_only()
                .participate(TimeNs(9_000_000_000), 4, 500)
                .send()?;
            let rungs = ctx.buy(id, Qty(11)).limit(price).post_only().scale(Price(price.0 - 10), 4)?;
            assert_eq!(rungs, [21, 22, 23, 24].map(IntentId));
            ctx.sell(id, Qty(2)).limit(price).reduce_only().day().scale(Price(price.0 + 7), 2)?;
            let malformed = Err(EmitError::Malformed);
            let to = Price(price.0 - 10);
            for steps in [0, 1, 5, 33] {
                assert_eq!(ctx.buy(id, Qty(4)).limit(price).scale(to, steps), malformed, "{steps} steps of 4");
            }
            assert_eq!(ctx.buy(id, qty).scale(to, 2), malformed, "no limit price");
            assert_eq!(ctx.buy(id, qty).stop_limit(price, price).scale(to, 2), malformed, "a trigger");
            assert_eq!(ctx.buy(id, Notional(500)).limit(price).scale(to, 2), malformed, "by value");
            assert_eq!(ctx.buy(InstrumentId(7), qty).limit(price).scale(to, 2), malformed, "no such instrument");
            assert_eq!(ctx.buy(id, qty).twap(TimeNs(5), 1).send(), Err(EmitError::Malformed));
            assert_eq!(ctx.buy(id, qty).limit(price).day().twap(TimeNs(5), 1).send(), Err(EmitError::Malformed));
            Ok(())
        }
    }

    #[test]
    fn the_type_follows_from_what_was_given() {
        let said = Harness::new("SPY 2 0").run::<Every>("1s trade SPY 10.00 5");
        expect_test::expect![[r#"
            1s #1 buy SPY 5 market ioc
            1s #2 buy SPY 5 stop-market stop @10.00 gtc
            1s #3 buy SPY 5 stop-limit @10.01 stop @10.00 day
            1s #4 sell SPY 5 market-if-touched stop @10.00 gtc slippage 5bps
            1s #5 sell SPY 5 limit-if-touched @10.00 stop @10.00 gtc by mark
            1s #6 sell SPY 5 trailing-stop-market gtc trail 0.50
            1s #7 sell SPY 5 trailing-stop-limit gtc trail 25bps limit-offset 5bps
            1s #8 sell SPY 5 trailing-stop-limit gtc trail 3ticks limit-offset 2ticks by touch
            1s #9 buy SPY 5 market-to-limit gtc
            1s #10 buy SPY 5 limit @10.00 gtd until 5s display 1
            1s #11 buy SPY 5 market at-open
            1s #12 buy SPY 5 limit @10.00 at-close
            1s #13 sell SPY 5 stop-market stop @10.00 gtc after #1 oco
            1s #14 sell SPY 5 limit @10.00 gtc ouo #13
            1s #15 buy SPY 5 limit @10.00 gtc
            1s #16 sell SPY 5 limit @10.50 gtc reduce-only after #15 ouo
            1s #17 sell SPY 5 stop-market stop @9.50 gtc reduce-only after #15 ouo #16
            1s #18 schedule buy SPY 5 @10.00 even 4 from 2s to 9s
            1s #19 schedule sell SPY 5 slippage 5bps profile [1, 2] to 9s
            1s #20 schedule sell SPY 5 @10.00 volume 4 500bps to 9s post-only reduce-only
            1s #21 buy SPY 3 limit @10.00 gtc post-only
            1s #22 buy SPY 3 limit @9.97 gtc post-only
            1s #23 buy SPY 3 limit @9.94 gtc post-only
            1s #24 buy SPY 2 limit @9.90 gtc post-only
            1s #25 sell SPY 1 limit @10.00 day reduce-only
            1s #26 sell SPY 1 limit @10.07 day reduce-only
        "#]]
        .assert_eq(&said);
    }
}
