//! Schedules: which are under way, and how much should each have traded by now?
//!
//! In: schedules that Risk allowed, the fills and ends of their orders, what the market traded. Out: the next quantity, the
//! next time to look. Must never: send; an order of a schedule is a leg of its own that passes Normalizer and Risk again.
//!
//! A schedule has one order out at most. What an order of a slice did not fill is asked for again with the next slice, so
//! that the sum of all orders that could still fill never exceeds the whole; that whole is reserved from the start, and
//! an order takes its part of the reservation over.

use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::decision::EndCode;
use crate::event::{Adjustment, Event, EventKind};
use crate::ids::{AccountId, InstrumentId, IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::instrument::{Instrument, Side};
use crate::intent::{Bound, OrderTerms, Schedule as Wish, WEIGHTS_MAX};
use crate::money::{Qty, round_down_to_step};
use crate::normalize::Whole;
use crate::order::OrderState;
use crate::state::State;
use crate::strategy::OutcomeCode;

/// Unfinished schedules of one strategy: a bound on what an untrusted guest can make the host keep.
pub(crate) const SCHEDULES_MAX: usize = 64;

const BPS_PER_ONE: i128 = 10_000;

/// How the whole is spread over the slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Even,
    Profile([u16; WEIGHTS_MAX]),
    /// Basis points of the volume of the interval before.
    Volume(u32),
}

/// A schedule under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The intent, leg 0.
    pub(crate) key: LegKey,
    pub(crate) account: AccountId,
    pub(crate) wish: Wish,
    pub(crate) total: Qty,
    slices: u16,
    pace: Pace,
    next_leg: u16,
    /// Slices that have begun.
    slice: u16,
    /// No order of this slice has ended without being filled whole.
    may_send: bool,
    /// What a slice by volume may still send.
    room: i64,
    /// Sum of fills, less what was taken back.
    pub(crate) filled: i64,
    /// The order that is queued or live.
    pub(crate) child: Option<Child>,
    /// Of the whole, what no order carries.
    pub(crate) reserved: Qty,
    seen: Seen,
    /// It sends nothing more, and why.
    pub(crate) ending: Option<EndCode>,
    /// Cancels of the order that is out, and when the next may follow.
    pub(crate) cancels: u32,
    pub(crate) cancel_at: TimeNs,
    /// What its strategy was told last of an order that did not reach a venue.
    pub(crate) told: Option<OutcomeCode>,
}

/// An order of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    leg: LegId,
    qty: Qty,
    /// Slice that it was made for.
    slice: u16,
}

/// What the market traded in this slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    traded: i64,
    /// Volume comes from bars of this interval, as long as no trade has come.
    bars: Option<u64>,
    has_trades: bool,
}

/// Schedules in the order in which they began.
#[derive(Debug, Default)]
pub(crate) struct Schedules(Vec<Schedule>);

impl Schedules {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Schedule> {
        self.0.get(at)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut Schedule> {
        self.0.get_mut(at)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Schedule> {
        self.0.iter()
    }

    /// Place of a strategy's schedule.
    pub(crate) fn find(&self, strategy: StrategyId, intent: IntentId) -> Option<usize> {
        self.0.iter().position(|schedule| schedule.key.strategy == strategy && schedule.key.intent == intent)
    }

    /// True when a strategy has one in this instrument, or in any.
    pub(crate) fn has(&self, strategy: StrategyId, only: Option<InstrumentId>) -> bool {
        self.0.iter().any(|schedule| schedule.is_of(strategy, only))
    }

    pub(crate) fn is_full(&self, strategy: StrategyId) -> bool {
        self.0.iter().filter(|schedule| schedule.key.strategy == strategy).count() >= SCHEDULES_MAX
    }

    pub(crate) fn open(&mut self, key: LegKey, account: AccountId, whole: &Whole) {
        self.0.push(Schedule::new(key, account, whole));
    }

    /// Counts what the market traded, for those that follow it.
    fn watch(&mut self, event: &Event) {
        for schedule in self.0.iter_mut().filter(|schedule| schedule.wish.instrument == event.instrument) {
            schedule.seen.take(&event.kind);
        }
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        w.list(&self.0, |w, schedule| schedule.put(w));
    }
}

impl State {
    /// What an applied event means for schedules; called where there are any.
    pub(super) fn follow_schedules(&mut self, event: &Event) {
        self.schedules.watch(event);
        if let EventKind::CorporateAction(action) = event.kind
            && action.kind == Adjustment::Split
        {
            // Quantities and prices of its orders have lost their meaning.
            self.end_schedules(|schedule| schedule.wish.instrument == event.instrument, EndCode::CorporateAction);
        }
        let order = event.kind.order().and_then(|key| self.schedules.find(key.strategy, key.intent));
        if let Some(at) = order {
            self.settle_schedule(at);
        }
    }

    /// A fill of an order of a schedule was booked, or with a negative quantity taken back.
    pub(super) fn count_schedule_fill(&mut self, order: LegKey, (instrument, side): (InstrumentId, Side), qty: i64) {
        let Some(at) = self.schedules.find(order.strategy, order.intent) else { return };
        let schedule = &mut self.schedules.0[at];
        if (schedule.wish.instrument, schedule.wish.side) == (instrument, side) {
            schedule.filled = schedule.filled.saturating_add(qty);
        }
    }

    /// An order of a schedule will not be sent, or is not needed in the queue any more.
    pub(crate) fn lose_schedule_child(&mut self, key: LegKey) {
        let Some(at) = self.schedules.find(key.strategy, key.intent) else { return };
        let schedule = &mut self.schedules.0[at];
        if schedule.child.is_some_and(|child| child.leg == key.leg) {
            schedule.end_child(false);
            self.settle_schedule(at);
        }
    }

    /// These schedules send nothing more.
    pub(crate) fn end_schedules(&mut self, is_meant: impl Fn(&Schedule) -> bool, code: EndCode) {
        for at in 0..self.schedules.0.len() {
            if is_meant(&self.schedules.0[at]) {
                self.end_schedule(at, code);
            }
        }
    }

    /// A schedule sends nothing more; the first reason counts.
    pub(crate) fn end_schedule(&mut self, at: usize, code: EndCode) {
        self.schedules.0[at].ending.get_or_insert(code);
        self.settle_schedule(at);
    }

    /// Takes a schedule out; its order, where one is out, goes on by itself.
    pub(crate) fn close_schedule(&mut self, at: usize, code: EndCode) -> Schedule {
        self.end_schedule(at, code);
        self.schedules.0.remove(at)
    }

    /// An order of a schedule is made: it takes its part of the reservation over. `None` when every leg is used.
    pub(crate) fn send_schedule_child(&mut self, at: usize, qty: Qty) -> Option<LegKey> {
        let schedule = &mut self.schedules.0[at];
        let key = schedule.leg()?;
        schedule.child = Some(Child { leg: key.leg, qty, slice: schedule.slice });
        schedule.room -= qty.0;
        self.settle_schedule(at);
        Some(key)
    }

    /// Makes what a schedule reserves equal to what it may still send.
    fn settle_schedule(&mut self, at: usize) {
        let schedule = &mut self.schedules.0[at];
        let mut open = 0;
        if let Some(child) = schedule.child {
            let order = self.execution.orders.get(schedule.child_key(child));
            if let Some(order) = order.filter(|order| order.state.is_terminal()) {
                schedule.end_child(order.state == OrderState::Filled);
            } else {
                open = order.map_or(child.qty.0, |order| order.reserved.0);
            }
        }
        let left = if schedule.ending.is_some() { 0 } else { schedule.left() - open };
        let wanted = Qty(left.max(0));
        let delta = wanted.0 - schedule.reserved.0;
        schedule.reserved = wanted;
        let (strategy, account, terms) = (schedule.key.strategy, schedule.account, schedule.terms());
        self.execution.reserve(strategy, account, &terms, delta);
    }
}

impl Schedule {
    pub(crate) fn new(key: LegKey, account: AccountId, whole: &Whole) -> Schedule {
        Schedule {
            key,
            account,
            wish: whole.wish,
            total: whole.terms.qty,
            slices: whole.slices,
            pace: whole.pace,
            next_leg: 1,
            slice: 0,
            may_send: false,
            room: 0,
            filled: 0,
            child: None,
            reserved: whole.terms.qty,
            seen: Seen::default(),
            ending: None,
            cancels: 0,
            cancel_at: TimeNs(0),
            told: None,
        }
    }

    /// True for one of this strategy in this instrument, or in any.
    pub(crate) fn is_of(&self, strategy: StrategyId, only: Option<InstrumentId>) -> bool {
        self.key.strategy == strategy && only.is_none_or(|only| only == self.wish.instrument)
    }

    /// What is not filled, at least 0.
    pub(crate) fn left(&self) -> i64 {
        (self.total.0.saturating_sub(self.filled)).max(0)
    }

    /// Key of its order.
    pub(crate) fn child_key(&self, child: Child) -> LegKey {
        LegKey { leg: child.leg, ..self.key }
    }

    /// Key of its next leg; `None` when it has used every one that a client order id can name.
    pub(crate) fn leg(&mut self) -> Option<LegKey> {
        let key = LegKey { leg: LegId(self.next_leg), ..self.key };
        (self.next_leg <= LegId::MAX.0).then(|| {
            self.next_leg += 1;
            key
        })
    }

    /// True when its order was made for an earlier slice, or when fills that came late leave less to trade than it could.
    pub(crate) fn has_outgrown(&self, open: Qty) -> bool {
        self.child.is_some_and(|child| child.slice < self.slice) || open.0 > self.left()
    }

    /// Begins the slice that this time is in.
    pub(crate) fn begin_slice(&mut self, now: TimeNs, lot: i64) {
        let Some(slice) = self.slice_at(now).filter(|slice| *slice > self.slice) else { return };
        let has_interval = self.slice > 0;
        self.slice = slice;
        self.may_send = true;
        if let Pace::Volume(bps) = self.pace {
            let part = i128::from(self.seen.traded) * i128::from(bps) / BPS_PER_ONE;
            let part = i64::try_from(part).unwrap_or(i64::MAX);
            self.room = if has_interval { round_down_to_step(part, lot) } else { 0 };
        }
        self.seen.traded = 0;
    }

    /// The order that is due now, where none is out.
    pub(crate) fn due(&self, instrument: &Instrument) -> Option<Qty> {
        if !self.may_send || self.child.is_some() || self.ending.is_some() {
            return None;
        }
        let left = self.left();
        let wanted = match self.pace {
            Pace::Even | Pace::Profile(_) => self.target(instrument.lot).saturating_sub(self.filled),
            Pace::Volume(_) => self.room,
        };
        order_qty(wanted.min(left), left, instrument)
    }

    /// When it has to be looked at next; `None` where only an event about its order moves it on.
    pub(crate) fn next_time(&self, now: TimeNs) -> Option<TimeNs> {
        let boundary = if self.slice < self.slices { self.boundary(self.slice) } else { self.wish.end };
        let times = [Some(boundary), Some(self.wish.end), self.child.map(|_| self.cancel_at)];
        times.into_iter().flatten().filter(|time| *time > now).min()
    }

    /// What should be filled at the end of this slice: parts are rounded down to the lot, and the last one takes the rest.
    fn target(&self, lot: i64) -> i64 {
        if self.slice >= self.slices {
            return self.total.0;
        }
        let (part, whole) = match &self.pace {
            Pace::Even | Pace::Volume(_) => (i128::from(self.slice), i128::from(self.slices)),
            Pace::Profile(weights) => {
                let sum = |weights: &[u16]| weights.iter().map(|weight| i128::from(*weight)).sum::<i128>();
                (sum(&weights[..usize::from(self.slice)]), sum(weights))
            }
        };
        let target = i128::from(self.total.0) * part / whole;
        round_down_to_step(i64::try_from(target).expect("a part of the whole"), lot)
    }

    /// How many slices have begun at a time.
    fn slice_at(&self, now: TimeNs) -> Option<u16> {
        let (passed, length) = (now.age_of(self.wish.start)?, self.wish.end.0 - self.wish.start.0);
        let whole = u128::from(passed) * u128::from(self.slices) / u128::from(length);
        let mut begun = u16::try_from(whole.min(u128::from(self.slices - 1))).expect("below the number of slices");
        // Boundaries are rounded down, so that the next one may have come already.
        if begun + 1 < self.slices && self.boundary(begun + 1) <= now {
            begun += 1;
        }
        Some(begun + 1)
    }

    /// When a slice begins, counted from 0.
    fn boundary(&self, slice: u16) -> TimeNs {
        let length = u128::from(self.wish.end.0 - self.wish.start.0);
        let passed = length * u128::from(slice) / u128::from(self.slices);
        self.wish.start.plus(u64::try_from(passed).expect("a part of the length"))
    }

    /// Its order has ended; one that neither was filled whole nor canceled from here closes its slice.
    fn end_child(&mut self, was_filled: bool) {
        let own = self.child.take().is_some_and(|child| child.slice == self.slice);
        self.may_send &= was_filled || !own || self.cancels > 0;
        (self.cancels, self.cancel_at) = (0, TimeNs(0));
    }

    /// What reserving needs to know.
    fn terms(&self) -> OrderTerms {
        let order = self.wish.order(self.wish.size);
        OrderTerms {
            instrument: order.instrument,
            side: order.side,
            qty: self.total,
            order_type: order.order_type,
            limit_price: order.limit_price,
            stop_price: None,
            tif: order.tif,
            post_only: order.post_only,
            reduce_only: order.reduce_only,
            position_side: order.position_side,
            reference: order.limit_price.unwrap_or_default(),
        }
    }

    fn put(&self, w: &mut Writer) {
        self.key.put(w);
        w.u16(self.account.0);
        put_wish(&self.wish, w);
        w.i64(self.total.0);
        w.u16(self.slices);
        match &self.pace {
            Pace::Even => w.u8(1),
            Pace::Profile(weights) => {
                w.u8(2);
                w.list(weights, |w, weight| w.u16(*weight));
            }
            Pace::Volume(bps) => {
                w.u8(3);
                w.u32(*bps);
            }
        }
        w.u16(self.next_leg);
        w.u16(self.slice);
        w.flag(self.may_send);
        w.i64(self.room);
        w.i64(self.filled);
        w.option(self.child, |w, child| {
            w.u16(child.leg.0);
            w.i64(child.qty.0);
            w.u16(child.slice);
        });
        w.i64(self.reserved.0);
        w.i64(self.seen.traded);
        w.option(self.seen.bars, Writer::u64);
        w.flag(self.seen.has_trades);
        w.option(self.ending, |w, code| w.u8(code.number()));
        w.u32(self.cancels);
        w.u64(self.cancel_at.0);
        w.option(self.told, |w, code| w.u8(code.number()));
    }
}

impl Seen {
    /// Trades count; bars where no trade has ever come, and of the first interval that did: others tell the same again.
    fn take(&mut self, kind: &EventKind) {
        if let EventKind::Trade(trade) = kind {
            if !self.has_trades {
                *self = Seen { has_trades: true, ..Seen::default() };
            }
            self.traded = self.traded.saturating_add(trade.qty.0.max(0));
        } else if let EventKind::Bar(bar) = kind
            && !self.has_trades
            && *self.bars.get_or_insert(bar.interval_ns) == bar.interval_ns
        {
            self.traded = self.traded.saturating_add(bar.volume.0.max(0));
        }
    }
}

/// The largest order of a quantity on the lot grid that the instrument takes, and so that the rest is not too small to
/// send; `None` where it would be too small itself.
fn order_qty(wanted: i64, left: i64, instrument: &Instrument) -> Option<Qty> {
    let (lot, least) = (instrument.lot, instrument.qty_min.0);
    let mut qty = round_down_to_step(wanted.min(instrument.qty_max.0), lot);
    let rest = left - qty;
    if rest >= lot && rest < least {
        qty = round_down_to_step(left - least, lot);
    }
    (qty > 0 && qty >= least).then_some(Qty(qty))
}

fn put_wish(wish: &Wish, w: &mut Writer) {
    w.u32(wish.instrument.0);
    w.u8(wish.side.number());
    match wish.bound {
        Bound::Limit(price) => {
            w.u8(1);
            w.i64(price.0);
        }
        Bound::Slippage(bps) => {
            w.u8(2);
            w.u32(bps);
        }
    }
    w.flag(wish.post_only);
    w.flag(wish.reduce_only);
    w.u8(wish.position_side.number());
    w.u64(wish.start.0);
    w.u64(wish.end.0);
}
