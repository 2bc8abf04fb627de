//! What does a market event cost the simulated venue, and what a command: `cargo bench -p ringfence-sim`.
//!
//! Prices are the same all the time, so nothing fills where nothing is said to.
#![allow(missing_docs, reason = "a measurement, not part of the venue")]

use divan::{Bencher, black_box};
use ringfence_core::event::{Event, EventKind, Quote, Report, Trade};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{InstrumentId, IntentId, Seq, StrategyId, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{IntentKind, OrderType, Submit};
use ringfence_core::money::{Price, Qty};
use ringfence_sim::{QueueModel, Sim};
use ringfence_venue::desk::{self, Desk};

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    divan::main();
}

/// A trade beside so many orders that rest where it does not reach.
#[divan::bench(args = [0, 1, 100, 10_000])]
fn trade_beside(bencher: Bencher<'_, '_>, resting: u64) {
    let mut venue = Venue::new();
    (0..resting).for_each(|_| venue.ask(limit(900)));
    let trade = venue.event(EventKind::Trade(Trade { price: Price(1_000), qty: Qty(5), aggressor: Some(Side::Sell) }));
    bencher.bench_local(|| venue.meet(&trade));
}

/// A quote beside so many orders at the touch: each has its place in the queue.
#[divan::bench(args = [0, 1, 100])]
fn quote_over(bencher: Bencher<'_, '_>, resting: u64) {
    let mut venue = Venue::new();
    (0..resting).for_each(|_| venue.ask(limit(999)));
    let quote = venue.event(venue.quote);
    bencher.bench_local(|| venue.meet(&quote));
}

/// A market order, filled when it comes; its decision is not in it.
#[divan::bench]
fn order_taken(bencher: Bencher<'_, '_>) {
    let mut venue = Venue::new();
    let market = IntentKind::Submit(Submit { order_type: OrderType::Market, limit_price: None, ..submit(1_000) });
    let mut commands = venue.commands(&[market; ROUNDS]);
    bencher.bench_local(|| venue.carry_out(&mut commands));
}

/// A limit order that comes to rest, then its cancel, beside so many others.
#[divan::bench(args = [0, 10_000])]
fn order_canceled_beside(bencher: Bencher<'_, '_>, resting: u64) {
    let mut venue = Venue::new();
    (0..resting).for_each(|_| venue.ask(limit(900)));
    let first = venue.intents + 1;
    let pair = |n: u64| [limit(950), IntentKind::Cancel(IntentId(first + 2 * n))];
    let wishes: Vec<IntentKind> = (0..ROUNDS as u64 / 2).flat_map(pair).collect();
    let mut commands = venue.commands(&wishes);
    bencher.bench_local(|| {
        venue.carry_out(&mut commands);
        venue.carry_out(&mut commands);
    });
}

/// Commands made ahead; more than divan asks for.
const ROUNDS: usize = 1 << 15;

struct Venue {
    desk: Desk,
    sim: Sim,
    reports: Vec<Report>,
    intents: u64,
    quote: EventKind,
}

impl Venue {
    fn new() -> Venue {
        let instruments = [desk::instrument(1, (0, 0))];
        let config = support::config(&instruments, |config| config.queue = QueueModel::BehindTouch);
        let (bid_price, ask_price) = (Price(999), Price(1_001));
        let quote = EventKind::Quote(Quote { bid_price, bid_qty: Qty(9), ask_price, ask_qty: Qty(9) });
        let mut venue = Venue {
            desk: Desk::open(&instruments),
            sim: Sim::new(config).expect("a sound configuration"),
            reports: Vec::new(),
            intents: 0,
            quote,
        };
        let event = venue.event(quote);
        venue.meet(&event);
        venue.desk.tell(&of_instrument(quote));
        venue
    }

    fn event(&self, kind: EventKind) -> Event {
        of_instrument(kind).at(Seq(0), self.desk.time())
    }

    fn meet(&mut self, event: &Event) {
        self.sim.on_market(black_box(event), &mut self.reports);
        self.reports.clear();
    }

    /// Commands for wishes whose answers the core does not wait for.
    fn commands(&mut self, wishes: &[IntentKind]) -> std::vec::IntoIter<VenueCommand> {
        let ask = |wish: &IntentKind| self.desk.ask(StrategyId(1), *wish);
        wishes.iter().flat_map(ask).collect::<Vec<_>>().into_iter()
    }

    fn carry_out(&mut self, commands: &mut std::vec::IntoIter<VenueCommand>) {
        if let Some(command) = commands.next() {
            self.sim.on_command(command, &mut self.reports);
            self.reports.clear();
        }
    }

    fn ask(&mut self, wish: IntentKind) {
        self.intents += 1;
        for command in self.desk.ask(StrategyId(1), wish) {
            self.sim.on_command(command, &mut self.reports);
        }
        for report in self.reports.drain(..) {
            self.desk.tell(&report);
        }
    }
}

fn of_instrument(kind: EventKind) -> Report {
    Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) }
}

fn submit(price: i64) -> Submit {
    Submit::limit(InstrumentId(1), Side::Buy, Qty(1), Price(price))
}

fn limit(price: i64) -> IntentKind {
    IntentKind::Submit(submit(price))
}
