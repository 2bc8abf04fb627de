//! The market: what does the next arrival do to the book, and which events tell it?
//!
//! In: parameters. Out: groups of events of one time, in order. Must never: cross the book, or go back in time.

use ringfence_core::event::{BookAction, BookLevel, Event, EventKind, Quote, Report, Trade};
use ringfence_core::ids::{Seq, TimeNs};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Price, Qty};

use super::arrivals::Arrivals;
use super::book::{Book, Point};
use super::fundamental::{Fundamental, Movement, VALUE_BITS};
use super::placement::Distances;
use super::{Flow, FlowFault};
use crate::random::SplitMix;

/// A market of one instrument that goes on for ever.
#[derive(Debug)]
pub struct Market {
    flow: Flow,
    random: SplitMix,
    arrivals: Arrivals,
    fundamental: Fundamental,
    distances: Distances,
    book: Book,
    parents: [Parent; PARENTS],
    passed_ns: u64,
    touch: [Option<Point>; 2],
}

/// An order that is worked in parts.
#[derive(Clone, Copy, Debug)]
struct Parent {
    side: Side,
    left: u64,
}

/// Larger orders that are worked at the same time.
const PARENTS: usize = 2;

/// Length of a larger order: so many doublings, each half as likely as the one before.
const PARENT_DOUBLINGS: u32 = 10;

/// Quantities, in lots: the same law.
const SIZE_DOUBLINGS: u32 = 6;

/// Levels that one market order takes at most.
const TAKEN_LEVELS_MAX: usize = 5;

/// What an arrival does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Take,
    Place,
    Cancel,
}

impl Market {
    /// A market before its first event.
    ///
    /// # Errors
    /// A parameter outside its range.
    pub fn new(flow: Flow) -> Result<Market, FlowFault> {
        flow.check()?;
        let own = SplitMix::new(flow.seed ^ u64::from(flow.instrument).wrapping_add(1).wrapping_mul(SEED_STEP)).next();
        let movement = Movement {
            start: flow.start,
            minute_milli: flow.volatility_milli,
            half_life_s: flow.reversion_s,
            correlation: flow.correlation,
        };
        Ok(Market {
            flow,
            random: SplitMix::new(own),
            arrivals: Arrivals::new(flow.rate_milli, flow.clustering),
            fundamental: Fundamental::new(movement, [flow.seed, own ^ SEED_STEP]),
            distances: Distances::new(flow.placement, flow.levels),
            book: Book::default(),
            parents: [Parent { side: Side::Buy, left: 0 }; PARENTS],
            passed_ns: 0,
            touch: [None; 2],
        })
    }

    /// Replaces the content of `out` by the next events: one message of the venue, all of one time. The first is a snapshot
    /// of the book. False once the time has left its range.
    pub fn next(&mut self, out: &mut Vec<Event>) -> bool {
        out.clear();
        if self.book.orders() == 0 {
            self.open(out);
            return true;
        }
        while out.is_empty() {
            self.passed_ns = self.passed_ns.saturating_add(self.arrivals.next(&mut self.random));
            if self.flow.start_ns.checked_add(self.passed_ns).is_none() {
                return false;
            }
            match self.act() {
                Act::Take => self.take(out),
                Act::Place => self.place(out),
                Act::Cancel => self.cancel(out),
            }
        }
        if let Some(EventKind::BookLevel(level)) = out.last_mut().map(|event| &mut event.kind) {
            level.is_last = true;
        }
        self.quote(out);
        true
    }

    /// Orders on both sides as the law of distances has them, and all levels.
    fn open(&mut self, out: &mut Vec<Event>) {
        let shares: Vec<u64> = self.distances.shares(self.flow.resting).collect();
        for side in [Side::Buy, Side::Sell] {
            for (count, distance) in shares.iter().zip(0..) {
                let price = self.flow.start + if side == Side::Buy { -distance } else { 1 + distance };
                for _ in 0..*count {
                    let lots = self.size();
                    self.book.add(side, price, lots);
                }
            }
        }
        let clear = BookLevel { action: BookAction::Clear, ..level(Side::Buy, (Price(0), Qty(0))) };
        out.push(self.event(EventKind::BookLevel(clear)));
        for side in [Side::Buy, Side::Sell] {
            for point in self.book.levels(side) {
                out.push(self.event(EventKind::BookLevel(level(side, self.scaled(point)))));
            }
        }
        if let Some(EventKind::BookLevel(level)) = out.last_mut().map(|event| &mut event.kind) {
            level.is_last = true;
        }
        self.quote(out);
    }

    /// Cancels are as frequent as orders once the book holds what it should, and more frequent above.
    fn act(&mut self) -> Act {
        if self.random.below(1_000) < self.flow.takers {
            return Act::Take;
        }
        let (orders, full) = (self.book.orders(), 4 * self.flow.resting);
        if self.random.below(full) < orders.min(full - full / 8) { Act::Cancel } else { Act::Place }
    }

    fn place(&mut self, out: &mut Vec<Event>) {
        let side = self.leaning_side(PLACE_LEAN);
        let distance = self.distances.draw(&mut self.random);
        let lots = self.size();
        let price = self.best(side.opposite()) - if side == Side::Buy { distance } else { -distance };
        let there = self.book.add(side, price, lots);
        out.push(self.level(side, (price, there)));
    }

    /// Any order with equal chance.
    fn cancel(&mut self, out: &mut Vec<Event>) {
        let number = self.random.below(self.book.orders());
        let bids = self.book.orders_of(Side::Buy);
        let (side, number) = if number < bids { (Side::Buy, number) } else { (Side::Sell, number - bids) };
        if let Some(point) = self.book.remove(side, number) {
            out.push(self.level(side, point));
        }
    }

    fn take(&mut self, out: &mut Vec<Event>) {
        let side = self.parent_side();
        let resting = side.opposite();
        let there = self.book.best(resting).map_or(0, |(_, lots)| lots);
        // Now and then somebody wants exactly what is shown.
        let mut open = if self.random.below(8) == 0 { there } else { self.size() };
        let mut left_at = Vec::new();
        while open > 0 && left_at.len() < TAKEN_LEVELS_MAX {
            let Some((price, taken, left)) = self.book.take(resting, open) else { break };
            open -= taken;
            let (at, qty) = self.scaled((price, taken));
            out.push(self.event(EventKind::Trade(Trade { price: at, qty, aggressor: Some(side) })));
            left_at.push((price, left));
        }
        out.extend(left_at.into_iter().map(|point| self.level(resting, point)));
    }

    /// The side of the next part of one of the larger orders; a new one leans towards the fundamental.
    fn parent_side(&mut self) -> Side {
        let at = usize::try_from(self.random.below(PARENTS as u64)).expect("below a small number");
        if self.parents[at].left == 0 {
            let side = self.leaning_side(TAKE_LEAN);
            self.parents[at] = Parent { side, left: self.random.heavy_tailed(PARENT_DOUBLINGS) };
        }
        self.parents[at].left -= 1;
        self.parents[at].side
    }

    /// A side, more often the one that moves the price to the fundamental.
    fn leaning_side(&mut self, lean: Lean) -> Side {
        let middle = (self.best(Side::Buy) + self.best(Side::Sell)) << (VALUE_BITS - 1);
        let away = self.fundamental.at(self.passed_ns) - middle;
        let most = lean.most;
        let bias = (away.saturating_mul(lean.by_tick) >> VALUE_BITS).clamp(-most, most);
        let buys = u64::try_from(500 + bias).expect("at most 500 away from 500");
        if self.random.below(1_000) < buys { Side::Buy } else { Side::Sell }
    }

    fn best(&self, side: Side) -> i64 {
        self.book.best(side).expect("a side keeps its last level").0
    }

    fn size(&mut self) -> u64 {
        self.random.heavy_tailed(SIZE_DOUBLINGS)
    }

    /// A quote where the touch is another than the last quote said.
    fn quote(&mut self, out: &mut Vec<Event>) {
        let touch = [Side::Buy, Side::Sell].map(|side| self.book.best(side));
        if touch == self.touch {
            return;
        }
        self.touch = touch;
        if let [Some(bid), Some(ask)] = touch {
            let ((bid_price, bid_qty), (ask_price, ask_qty)) = (self.scaled(bid), self.scaled(ask));
            out.push(self.event(EventKind::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty })));
        }
    }

    fn level(&self, side: Side, point: Point) -> Event {
        self.event(EventKind::BookLevel(level(side, self.scaled(point))))
    }

    /// Mantissas of a price in ticks and a quantity in lots.
    fn scaled(&self, (price, lots): Point) -> (Price, Qty) {
        let lots = i64::try_from(lots).unwrap_or(i64::MAX);
        (Price(price.saturating_mul(self.flow.tick)), Qty(lots.saturating_mul(self.flow.lot)))
    }

    fn event(&self, kind: EventKind) -> Event {
        Report::control(kind).at(Seq(0), TimeNs(self.flow.start_ns + self.passed_ns))
    }
}

fn level(side: Side, (price, qty): (Price, Qty)) -> BookLevel {
    BookLevel { action: BookAction::Set, side, price, qty, is_last: false }
}

/// How a side leans towards the fundamental, in thousandths.
#[derive(Clone, Copy, Debug)]
struct Lean {
    by_tick: i64,
    most: i64,
}

/// Market orders follow the fundamental, limit orders a little.
const TAKE_LEAN: Lean = Lean { by_tick: 20, most: 300 };
const PLACE_LEAN: Lean = Lean { by_tick: 15, most: 200 };

/// Between the seeds of the instruments of a market.
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;
