//! The simulated venue passes the suite of all adapters.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ringfence_core::event::{Cause, Event, EventKind, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, StrategyId, VenueId};
use ringfence_sim::{QueueModel, Sim, SimAdapter};
use ringfence_venue::conformance::{self, Stage};
use ringfence_venue::{Capabilities, EmergencyCancel, Query, QueryId, Rates, Said, Setting, VenueAdapter, desk};

mod support;

struct Floor(SimAdapter);

impl Stage for Floor {
    type Adapter = SimAdapter;

    fn adapter(&mut self) -> &mut SimAdapter {
        &mut self.0
    }

    async fn market(&mut self, event: &Event) {
        self.0.on_market(event);
    }

    async fn settle(&mut self) -> Vec<Said> {
        std::iter::from_fn(|| poll_once(self.0.next())?).collect()
    }
}

fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn open(queue: QueueModel) -> Floor {
    let config = support::config(&[desk::instrument(1, (0, 0))], |config| config.queue = queue);
    Floor(SimAdapter::new(VenueId(1), Sim::new(config).expect("a sound configuration")))
}

#[test]
fn the_adapter_conforms_under_every_queue_model() {
    for queue in QueueModel::ALL {
        let verdicts = poll_once(conformance::run(|| open(*queue))).expect("the simulated venue answers at once");
        let failed: Vec<_> = verdicts.iter().filter(|verdict| verdict.failure.is_some()).collect();
        assert!(failed.is_empty(), "{queue}: {failed:#?}");
        assert!(verdicts.len() > 10);
    }
}

/// An adapter that says something else than its venue.
struct Twisted(Floor, fn(&mut Report));

impl VenueAdapter for Twisted {
    fn venue(&self) -> VenueId {
        self.0.0.venue()
    }

    async fn send(&mut self, command: VenueCommand) {
        self.0.0.send(command).await;
    }

    async fn send_emergency(&mut self, cancel: EmergencyCancel) {
        self.0.0.send_emergency(cancel).await;
    }

    fn capabilities(&self) -> Capabilities {
        self.0.0.capabilities()
    }

    async fn ask(&mut self, id: QueryId, query: Query) {
        self.0.0.ask(id, query).await;
    }

    async fn set(&mut self, id: QueryId, place: (AccountId, InstrumentId), setting: Setting) {
        self.0.0.set(id, place, setting).await;
    }

    fn rates(&self) -> Rates {
        self.0.0.rates()
    }

    async fn next(&mut self) -> Option<Said> {
        let mut said = self.0.0.next().await?;
        if let Said::Report(report) = &mut said {
            self.1(report);
        }
        Some(said)
    }

    async fn close(&mut self) {
        self.0.0.close().await;
    }
}

impl Stage for Twisted {
    type Adapter = Twisted;

    fn adapter(&mut self) -> &mut Twisted {
        self
    }

    async fn market(&mut self, event: &Event) {
        self.0.market(event).await;
    }

    async fn settle(&mut self) -> Vec<Said> {
        std::iter::from_fn(|| poll_once(self.next())?).collect()
    }
}

#[test]
fn the_suite_finds_a_wrong_cause_account_or_price() {
    let twists: [fn(&mut Report); 4] = [
        |report| report.cause = Cause::Outside,
        |report| report.cause = Cause::leg(LegKey { strategy: StrategyId(1), ..LegKey::default() }),
        |report| report.account = AccountId(1),
        |report| {
            if let EventKind::OrderFilled(fill) = &mut report.kind {
                fill.price.0 += 1;
            }
        },
    ];
    for (number, twist) in twists.into_iter().enumerate() {
        let run = conformance::run(|| Twisted(open(QueueModel::TradeThrough), twist));
        let verdicts = poll_once(run).expect("the simulated venue answers at once");
        assert!(verdicts.iter().any(|verdict| verdict.failure.is_some()), "twist {number} passes");
    }
}
