//! The adapter around the simulated venue: waiting, closing, latency, and what is another venue's.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use ringfence_core::event::{EventKind, Quote, Report};
use ringfence_core::ids::{AccountId, InstrumentId, IntentId, LegKey, Seq, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{IntentKind, Submit};
use ringfence_core::money::{Price, Qty};
use ringfence_sim::{Latency, Sim, SimAdapter, SimConfig};
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::text::describe;
use ringfence_venue::{EmergencyCancel, Said, VenueAdapter};

mod support;

/// Counts how often somebody was woken.
#[derive(Default)]
struct Counter(AtomicU32);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll<T>(future: impl Future<Output = T>, waker: &Waker) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// A core and an adapter whose balances were taken.
struct Rig {
    desk: Desk,
    adapter: SimAdapter,
}

impl Rig {
    fn open(change: impl FnOnce(&mut SimConfig)) -> Rig {
        let instruments = [desk::instrument(1, (0, 0))];
        let sim = Sim::new(support::config(&instruments, change)).expect("a sound configuration");
        let mut rig = Rig { desk: Desk::open(&instruments), adapter: SimAdapter::new(VenueId(1), sim) };
        rig.heard();
        rig.quote(100, 102);
        rig
    }

    fn slow() -> Rig {
        Rig::open(|config| config.latency = Latency::constant(100))
    }

    fn quote(&mut self, bid: i64, ask: i64) {
        let touch = Quote { bid_price: Price(bid), bid_qty: Qty(10), ask_price: Price(ask), ask_qty: Qty(10) };
        let kind = EventKind::Quote(touch);
        let fact = Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) };
        self.adapter.on_market(&fact.at(Seq(0), self.desk.time()));
        self.desk.tell(&fact);
    }

    fn at(&mut self, time: u64) {
        self.desk.advance(TimeNs(time));
        self.adapter.on_time(TimeNs(time));
    }

    fn ask(&mut self, strategy: u16, wish: IntentKind) {
        for command in self.desk.ask(StrategyId(strategy), wish) {
            poll(self.adapter.send(command), Waker::noop()).expect("the simulated venue takes commands at once");
        }
    }

    fn emergency(&mut self, cancel: EmergencyCancel) {
        poll(self.adapter.send_emergency(cancel), Waker::noop()).expect("the simulated venue takes cancels at once");
    }

    /// What the venue said since the last time, which the core hears too.
    fn heard(&mut self) -> Vec<String> {
        let said = std::iter::from_fn(|| poll(self.adapter.next(), Waker::noop())?);
        let said: Vec<Report> = said.filter_map(Said::report).collect();
        said.iter().for_each(|report| assert!(self.desk.tell(report).is_empty()));
        said.iter().map(describe).collect()
    }
}

fn buy(price: i64) -> IntentKind {
    IntentKind::Submit(Submit::limit(InstrumentId(1), Side::Buy, Qty(5), Price(price)))
}

fn all(venue: u16, account: u16) -> EmergencyCancel {
    EmergencyCancel::account(VenueId(venue), AccountId(account))
}

#[test]
fn next_waits_for_the_venue_and_ends_when_it_is_closed() {
    let mut rig = Rig::open(|_| {});
    assert_eq!(poll(rig.adapter.next(), Waker::noop()), None, "nothing was said");
    rig.adapter.shut();
    assert_eq!(poll(rig.adapter.next(), Waker::noop()), Some(None), "closed");
}

#[test]
fn who_waits_is_woken_once_by_what_the_venue_says_and_by_the_close() {
    let mut rig = Rig::open(|_| {});
    let counter = Arc::new(Counter::default());
    let waker = Waker::from(Arc::clone(&counter));
    let woken = || counter.0.load(Ordering::Relaxed);
    rig.ask(1, buy(90));
    rig.heard();
    assert_eq!(woken(), 0, "nobody waited");
    assert!(poll(rig.adapter.next(), &waker).is_none());
    rig.ask(1, buy(91));
    rig.ask(1, buy(92));
    assert_eq!(woken(), 1, "the second report finds nobody waiting");
    assert_eq!(rig.heard(), ["accepted 1/2", "accepted 1/3"], "and none is lost");
    assert!(poll(rig.adapter.next(), &waker).is_none());
    rig.adapter.shut();
    assert_eq!(woken(), 2);
}

#[test]
fn what_is_under_way_at_the_close_or_sent_after_it_is_not_transmitted() {
    let mut rig = Rig::slow();
    rig.ask(1, buy(90));
    rig.at(100);
    assert_eq!(rig.heard(), ["accepted 1/1"]);
    rig.ask(1, IntentKind::Cancel(IntentId(1)));
    rig.ask(1, buy(91));
    rig.adapter.shut();
    rig.ask(1, buy(92));
    let refused =
        ["cancel 1/1", "submit 1/3", "submit 1/4"].map(|key| format!("transmit-refused {key} transmit-refused"));
    assert_eq!(rig.heard(), refused);
    assert_eq!(rig.adapter.next_arrival(), None);
    assert_eq!(poll(rig.adapter.next(), Waker::noop()), Some(None));
}

#[test]
fn the_next_arrival_is_that_of_the_oldest_command() {
    let mut rig = Rig::slow();
    assert_eq!(rig.adapter.next_arrival(), None);
    rig.at(50);
    rig.ask(1, buy(90));
    rig.at(70);
    rig.ask(1, buy(91));
    assert_eq!(rig.adapter.next_arrival(), Some(TimeNs(150)));
    rig.at(149);
    assert!(rig.heard().is_empty());
    rig.at(150);
    assert_eq!((rig.heard(), rig.adapter.next_arrival()), (vec!["accepted 1/1".to_owned()], Some(TimeNs(170))));
}

#[test]
fn under_latency_an_emergency_cancel_arrives_at_once_and_leaves_nothing_to_come_after_it() {
    let mut rig = Rig::slow();
    rig.ask(1, buy(90));
    rig.at(100);
    assert_eq!(rig.heard(), ["accepted 1/1"]);
    rig.ask(1, buy(91));
    rig.ask(2, buy(92));
    rig.emergency(all(1, 1));
    assert_eq!(rig.heard(), ["transmit-refused submit 1/2 transmit-refused", "canceled 1/1 open 5 kill-switch"]);
    rig.at(200);
    assert_eq!(rig.heard(), ["accepted 2/1"], "the other account's order comes");
    rig.ask(1, buy(93));
    rig.ask(1, buy(94));
    let order = (LegKey { intent: IntentId(3), strategy: StrategyId(1), ..LegKey::default() }, InstrumentId(1));
    rig.emergency(EmergencyCancel::order((VenueId(1), AccountId(1)), rig.desk.state().session(), order));
    assert_eq!(rig.heard(), ["transmit-refused submit 1/3 transmit-refused"]);
    rig.at(300);
    assert_eq!(rig.heard(), ["accepted 1/4"]);
}

#[test]
fn an_emergency_cancel_for_another_venue_ends_nothing_here() {
    let mut rig = Rig::open(|_| {});
    rig.ask(1, buy(90));
    assert_eq!(rig.heard(), ["accepted 1/1"]);
    rig.emergency(all(2, 1));
    let order = (LegKey { intent: IntentId(1), strategy: StrategyId(1), ..LegKey::default() }, InstrumentId(1));
    rig.emergency(EmergencyCancel::order((VenueId(2), AccountId(1)), rig.desk.state().session(), order));
    assert!(rig.heard().is_empty());
    rig.emergency(all(1, 1));
    assert_eq!(rig.heard(), ["canceled 1/1 open 5 kill-switch"]);
}

#[test]
fn an_adapter_tells_the_balances_of_its_own_venue_only() {
    let config = support::config(&[desk::instrument(1, (0, 0))], |config| config.accounts[0].venue = VenueId(2));
    let mut adapter = SimAdapter::new(VenueId(1), Sim::new(config).expect("a sound configuration"));
    let said = std::iter::from_fn(|| poll(adapter.next(), Waker::noop())?);
    let said: Vec<Report> = said.filter_map(Said::report).collect();
    assert_eq!(said.iter().map(|report| report.account).collect::<Vec<_>>(), [AccountId(2)]);
}
