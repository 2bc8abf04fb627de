//! Held orders: which orders does Execution Control keep for their strategies?
//!
//! In: orders that wait for a price, and orders that were sent and have something left to be done for. Out: those that an
//! event may concern. Must never: send; what leaves here is a new leg that passes Normalizer and Risk again.

use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::ids::{AccountId, InstrumentId, IntentId, LegKey, Seq, StrategyId, TimeNs};
use crate::instrument::Side;
use crate::intent::{OrderTerms, OrderType, Submit, TrailUnit};
use crate::money::{Price, Qty};
use crate::state::market::InstrumentMarket;
use crate::state::orders::put_terms;
use crate::state::parents::put_submit;

/// Held orders of one strategy: an event looks at all that wait for its instrument, and a step must stay bounded.
pub(crate) const HELD_MAX: usize = 1_024;

const BPS_PER_ONE: i128 = 10_000;

/// Where a held order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It waits for its trigger price or its session.
    Waiting,
    /// Its trigger came; what other orders are there to close is in its way.
    Fired,
    /// Its leg was sent; there is something left to do when it ends, or at a time.
    Sent,
}

/// An order that Execution Control keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The intent, leg 0.
    pub(crate) key: LegKey,
    /// Account that its reservation is on.
    pub(crate) account: AccountId,
    /// As it was asked for; its size is a quantity.
    pub(crate) submit: Submit,
    /// As it was normalised: what is reserved while it waits.
    pub(crate) terms: OrderTerms,
    /// Where it stands.
    pub(crate) stage: Stage,
    /// Price that triggers it; 0 when it waits for none.
    pub(crate) trigger: Price,
    /// Best price that its trail has seen.
    pub(crate) best: Price,
    /// Price of the last fill of a leg; 0 = none.
    pub(crate) filled_at: Price,
    /// When its life ends; 0 = never.
    pub(crate) expire_at: TimeNs,
    /// What lets it go out.
    pub(crate) release: Release,
    /// Times that its end was asked for at the venue.
    pub(crate) rounds: u32,
    /// Event that it was emitted at: no price of that event triggers it, but what State knows does.
    pub(crate) opened: Seq,
    /// Leg of its next child.
    pub(crate) next_leg: u16,
}

/// What lets a held order go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// Its trigger price.
    Price,
    /// Its market: as soon as that trades.
    Market,
    /// The beginning of a trading day that ends later than this one tells when.
    DayAfter(TimeNs),
    /// A time.
    At(TimeNs),
}

impl Release {
    fn put(self, w: &mut Writer) {
        let (number, time) = match self {
            Release::Price => (1, TimeNs(0)),
            Release::Market => (2, TimeNs(0)),
            Release::DayAfter(end) => (3, end),
            Release::At(time) => (4, time),
        };
        w.u8(number);
        w.u64(time.0);
    }
}

/// Prices that one event shows to triggers: a bar shows a range, everything else one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) low: Price,
    pub(crate) high: Price,
    pub(crate) last: Price,
}

impl Seen {
    /// One price.
    pub(crate) const fn at(price: Price) -> Seen {
        Seen { low: price, high: price, last: price }
    }
}

impl Held {
    /// True while it waits here and its quantity is not out.
    pub(crate) fn waits(&self) -> bool {
        match self.stage {
            Stage::Waiting | Stage::Fired => true,
            Stage::Sent => false,
        }
    }

    /// True while it waits for its session, not for a price.
    pub(crate) fn waits_for_session(&self) -> bool {
        self.stage == Stage::Waiting && self.release != Release::Price
    }

    /// When there is next something to do for it; `None` = at no time that is known.
    fn due(&self) -> Option<TimeNs> {
        let end = Some(self.expire_at).filter(|end| *end != TimeNs(0));
        match self.release {
            Release::At(time) if self.stage == Stage::Waiting => end.into_iter().chain([time]).min(),
            Release::Price | Release::Market | Release::DayAfter(_) | Release::At(_) => end,
        }
    }

    /// Quantity that it reserves: all of it while it waits, unless it can only make a position smaller.
    pub(crate) fn reserved(&self) -> Qty {
        if self.waits() && !self.terms.reduce_only { self.terms.qty } else { Qty(0) }
    }

    /// True when it is triggered by prices that rise to its trigger, false by prices that fall to it.
    pub(crate) fn rises(&self) -> bool {
        rises(self.submit.order_type, self.terms.side)
    }

    /// The price that fires it, where what was seen does; a trail follows what was seen.
    pub(crate) fn look(&mut self, seen: Seen, market: &InstrumentMarket) -> Option<Price> {
        let rises = self.rises();
        let (worst, kindest) = if rises { (seen.high, seen.low) } else { (seen.low, seen.high) };
        let is_reached = |price: Price, trigger: Price| if rises { price >= trigger } else { price <= trigger };
        if is_reached(worst, self.trigger) {
            return Some(worst);
        }
        if !self.submit.order_type.is_trailing() {
            return None;
        }
        let is_better = if rises { kindest < self.best } else { kindest > self.best };
        if is_better {
            self.best = kindest;
            let trigger = trail_trigger(&self.submit, kindest, market);
            // In favour of the order only.
            self.trigger = if rises { self.trigger.min(trigger) } else { self.trigger.max(trigger) };
        }
        // Within a bar the best price came first, at the latest.
        is_reached(seen.last, self.trigger).then_some(seen.last)
    }

    fn put(&self, w: &mut Writer) {
        self.key.put(w);
        w.u16(self.next_leg);
        w.u8(3);
        w.u16(self.account.0);
        put_submit(&self.submit, w);
        put_terms(&self.terms, w);
        w.u8(match self.stage {
            Stage::Waiting => 1,
            Stage::Fired => 2,
            Stage::Sent => 3,
        });
        for price in [self.trigger, self.best, self.filled_at] {
            w.i64(price.0);
        }
        w.u64(self.expire_at.0);
        w.u32(self.rounds);
        w.u64(self.opened.0);
        self.release.put(w);
    }
}

/// True for orders that prices trigger which rise to the trigger.
pub(crate) const fn rises(order_type: OrderType, side: Side) -> bool {
    let is_buy = matches!(side, Side::Buy);
    match order_type {
        OrderType::StopMarket | OrderType::StopLimit | OrderType::TrailingStopMarket | OrderType::TrailingStopLimit => {
            is_buy
        }
        OrderType::MarketIfTouched | OrderType::LimitIfTouched => !is_buy,
        // These wait for no price.
        OrderType::Market | OrderType::Limit | OrderType::MarketToLimit => is_buy,
    }
}

/// Trigger of a trailing order whose best price is `best`: its offset away, rounded to the tick away from the market.
pub(crate) fn trail_trigger(submit: &Submit, best: Price, market: &InstrumentMarket) -> Price {
    away(best, submit.side, (submit.extras.trail.offset, submit.extras.trail.unit), market)
}

/// Limit of a trailing stop-limit order whose trigger is `trigger`.
pub(crate) fn trail_limit(submit: &Submit, trigger: Price, market: &InstrumentMarket) -> Price {
    away(trigger, submit.side, (submit.extras.trail.limit_offset, submit.extras.trail.unit), market)
}

/// A price this far above (for a buy) or below (for a sell), on the tick beyond; held at the ends of the range.
fn away(from: Price, side: Side, (offset, unit): (i64, TrailUnit), market: &InstrumentMarket) -> Price {
    let (from, tick) = (i128::from(from.0), i128::from(market.instrument.tick));
    let distance = match unit {
        TrailUnit::Price => i128::from(offset),
        TrailUnit::Ticks => i128::from(offset) * tick,
        TrailUnit::Bps => from.abs() * i128::from(offset) / BPS_PER_ONE,
    };
    let ticks = match side {
        Side::Buy => -(-(from + distance)).div_euclid(tick),
        Side::Sell => (from - distance).div_euclid(tick),
    };
    let bound = |end: i64| i128::from(end / market.instrument.tick);
    let ticks = ticks.clamp(bound(i64::MIN), bound(i64::MAX));
    Price(i64::try_from(ticks * tick).expect("held at the ends of the range"))
}

/// Held orders, by strategy and intent.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldOrders {
    orders: Vec<Held>,
    /// Orders that wait for a price or their session, by instrument: most market events concern none.
    waiting: Vec<u32>,
    /// Orders that wait for their session, in all instruments.
    sessions: u32,
    /// Orders whose trigger came and that wait for others to get out of their way.
    fired: u32,
    /// The earliest end or release; `None` = there is none.
    next_due: Option<TimeNs>,
}

impl HeldOrders {
    pub(crate) fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.orders.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<Held> {
        self.orders.get(at).copied()
    }

    /// True when an order waits for a price of this instrument.
    pub(crate) fn waits_for(&self, id: InstrumentId) -> bool {
        self.waiting.get(id.0 as usize).is_some_and(|count| *count > 0)
    }

    /// True when an order waits for its session.
    pub(crate) fn has_sessions(&self) -> bool {
        self.sessions > 0
    }

    /// True when an order waits for others to get out of its way.
    pub(crate) fn has_fired(&self) -> bool {
        self.fired > 0
    }

    /// When the first of them ends, or goes out by time.
    pub(crate) fn next_due(&self) -> Option<TimeNs> {
        self.next_due
    }

    /// Held orders of a strategy, in the order of their intents.
    pub(crate) fn of(&self, strategy: StrategyId) -> &[Held] {
        let start = self.orders.partition_point(|held| held.key.strategy < strategy);
        let end = self.orders.partition_point(|held| held.key.strategy <= strategy);
        &self.orders[start..end]
    }

    /// The held order of an intent.
    pub(crate) fn find(&self, strategy: StrategyId, intent: IntentId) -> Option<&Held> {
        self.place(strategy, intent).ok().map(|at| &self.orders[at])
    }

    /// True while there is room for the order of an intent that has none here: a strategy has [`HELD_MAX`].
    pub(crate) fn takes(&self, key: LegKey) -> bool {
        self.place(key.strategy, key.intent).is_err() && self.of(key.strategy).len() < HELD_MAX
    }

    /// Adds one; false where there is no room for it.
    pub(crate) fn open(&mut self, held: Held) -> bool {
        let Err(at) = self.place(held.key.strategy, held.key.intent) else { return false };
        let fits = self.of(held.key.strategy).len() < HELD_MAX;
        if fits {
            self.orders.insert(at, held);
            self.count_in(&held);
        }
        fits
    }

    /// Puts a changed one in the place of what it was.
    pub(crate) fn set(&mut self, held: Held) {
        if let Ok(at) = self.place(held.key.strategy, held.key.intent) {
            let old = core::mem::replace(&mut self.orders[at], held);
            if (old.stage, old.due()) != (held.stage, held.due()) {
                self.count_out(&old);
                self.count_in(&held);
            }
        }
    }

    /// Takes one out.
    pub(crate) fn remove(&mut self, strategy: StrategyId, intent: IntentId) -> Option<Held> {
        let at = self.place(strategy, intent).ok()?;
        let held = self.orders.remove(at);
        self.count_out(&held);
        Some(held)
    }

    fn place(&self, strategy: StrategyId, intent: IntentId) -> Result<usize, usize> {
        self.orders.binary_search_by_key(&(strategy, intent), |held| (held.key.strategy, held.key.intent))
    }

    fn count_in(&mut self, held: &Held) {
        self.sessions += u32::from(held.waits_for_session());
        match held.stage {
            Stage::Waiting => *self.waiting_mut(held.terms.instrument) += 1,
            Stage::Fired => self.fired += 1,
            Stage::Sent => {}
        }
        self.next_due = self.next_due.into_iter().chain(held.due()).min();
    }

    fn count_out(&mut self, held: &Held) {
        self.sessions -= u32::from(held.waits_for_session());
        match held.stage {
            Stage::Waiting => *self.waiting_mut(held.terms.instrument) -= 1,
            Stage::Fired => self.fired -= 1,
            Stage::Sent => {}
        }
        if self.next_due.is_some() && self.next_due == held.due() {
            self.next_due = self.orders.iter().filter_map(Held::due).min();
        }
    }

    fn waiting_mut(&mut self, id: InstrumentId) -> &mut u32 {
        let at = id.0 as usize;
        if at >= self.waiting.len() {
            self.waiting.resize(at + 1, 0);
        }
        &mut self.waiting[at]
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        self.orders.iter().for_each(|held| held.put(w));
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::instrument::PositionSide;
    use crate::intent::{Extras, Size, TimeInForce, Trail};

    fn held(intent: u64) -> Held {
        let submit = Submit {
            instrument: InstrumentId(1),
            side: Side::Buy,
            size: Size::Quantity(Qty(5)),
            order_type: OrderType::StopMarket,
            limit_price: None,
            stop_price: Some(Price(110)),
            tif: TimeInForce::Gtc,
            max_slippage_bps: None,
            post_only: false,
            reduce_only: false,
            position_side: PositionSide::Net,
            extras: Extras::NONE,
        };
        let terms = OrderTerms {
            instrument: submit.instrument,
            side: submit.side,
            qty: Qty(5),
            order_type: submit.order_type,
            limit_price: None,
            stop_price: submit.stop_price,
            tif: submit.tif,
            post_only: false,
            reduce_only: false,
            position_side: submit.position_side,
            reference: Price(110),
        };
        Held {
            key: LegKey { strategy: StrategyId(1), intent: IntentId(intent), ..LegKey::default() },
            account: AccountId(1),
            submit,
            terms,
            stage: Stage::Waiting,
            trigger: Price(110),
            best: Price(100),
            filled_at: Price(0),
            expire_at: TimeNs(0),
            release: Release::Price,
            rounds: 0,
            opened: Seq(1),
            next_leg: 1,
        }
    }

    #[test]
    fn a_strategy_has_so_many_held_orders_and_not_one_more() {
        let mut orders = HeldOrders::default();
        for intent in 1..=HELD_MAX as u64 {
            assert!(orders.open(held(intent)));
        }
        assert!(!orders.open(held(HELD_MAX as u64 + 1)));
        let other = held(1);
        assert!(orders.open(Held { key: LegKey { strategy: StrategyId(2), ..other.key }, ..other }));
        assert_eq!((orders.of(StrategyId(1)).len(), orders.of(StrategyId(2)).len()), (HELD_MAX, 1));
        assert!(orders.remove(StrategyId(1), IntentId(7)).is_some());
        assert!(orders.open(held(HELD_MAX as u64 + 1)));
    }

    #[test]
    fn counts_and_the_next_end_follow_every_change() {
        let mut orders = HeldOrders::default();
        let end = |intent, at| Held { expire_at: TimeNs(at), ..held(intent) };
        assert!(orders.open(end(1, 9)) && orders.open(end(2, 5)) && orders.open(held(3)));
        assert_eq!((orders.next_due(), orders.waits_for(InstrumentId(1))), (Some(TimeNs(5)), true));
        assert!(!orders.waits_for(InstrumentId(2)) && !orders.has_fired());
        orders.set(Held { stage: Stage::Sent, ..end(2, 7) });
        orders.set(Held { stage: Stage::Fired, ..held(3) });
        assert_eq!((orders.next_due(), orders.has_fired()), (Some(TimeNs(7)), true));
        assert!(orders.remove(StrategyId(1), IntentId(1)).is_some());
        assert!(!orders.waits_for(InstrumentId(1)));
        assert!(orders.remove(StrategyId(1), IntentId(2)).is_some());
        assert!(orders.remove(StrategyId(1), IntentId(3)).is_some());
        assert_eq!((orders.next_due(), orders.has_fired(), orders.len()), (None, false, 0));
    }

    #[test]
    fn what_waits_for_its_session_is_due_at_a_time_that_is_known() {
        let at = |release| Held { release, ..held(1) };
        let due = |held| {
            let mut orders = HeldOrders::default();
            assert!(orders.open(held));
            orders.next_due()
        };
        assert_eq!(due(at(Release::At(TimeNs(7)))), Some(TimeNs(7)));
        for release in [Release::Price, Release::Market, Release::DayAfter(TimeNs(7))] {
            assert_eq!(due(at(release)), None);
        }
        assert_eq!(due(Held { expire_at: TimeNs(9), ..at(Release::At(TimeNs(7))) }), Some(TimeNs(7)));
        assert_eq!(due(Held { stage: Stage::Sent, ..at(Release::At(TimeNs(7))) }), None);
    }

    #[test]
    fn everything_of_a_held_order_is_in_the_digest() {
        let plain = held(1);
        let trail = Trail { offset: 1, ..Trail::NONE };
        let all = vec![
            plain,
            held(2),
            Held { account: AccountId(2), ..plain },
            Held { submit: Submit { stop_price: Some(Price(111)), ..plain.submit }, ..plain },
            Held { submit: Submit { extras: Extras { trail, ..Extras::NONE }, ..plain.submit }, ..plain },
            Held { terms: OrderTerms { qty: Qty(6), ..plain.terms }, ..plain },
            Held { stage: Stage::Fired, ..plain },
            Held { stage: Stage::Sent, ..plain },
            Held { trigger: Price(111), ..plain },
            Held { best: Price(99), ..plain },
            Held { filled_at: Price(1), ..plain },
            Held { expire_at: TimeNs(1), ..plain },
            Held { release: Release::Market, ..plain },
            Held { release: Release::At(TimeNs(1)), ..plain },
            Held { release: Release::DayAfter(TimeNs(1)), ..plain },
            Held { rounds: 1, ..plain },
            Held { opened: Seq(2), ..plain },
            Held { next_leg: 2, ..plain },
        ];
        let mut seen = vec![];
        for held in all {
            let mut orders = HeldOrders::default();
            assert!(orders.open(held));
            let mut w = Writer::new();
            orders.put(&mut w);
            assert!(!seen.contains(&w.bytes().to_vec()), "{held:?}");
            seen.push(w.bytes().to_vec());
        }
    }
}
