//! The simulated venue passes the suite of all adapters.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ringfence_core::event::{Event, Report};
use ringfence_core::ids::VenueId;
use ringfence_sim::{QueueModel, Sim, SimAdapter};
use ringfence_venue::conformance::{self, Stage};
use ringfence_venue::{VenueAdapter, desk};

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

    async fn settle(&mut self) -> Vec<Report> {
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

#[test]
fn next_waits_for_the_venue_and_ends_when_it_is_closed() {
    let mut adapter = open(QueueModel::TradeThrough).0;
    let balances = std::iter::from_fn(|| poll_once(adapter.next())?).count();
    assert_eq!(balances, 2);
    assert_eq!(poll_once(adapter.next()), None, "nothing was said");
    adapter.close();
    assert_eq!(poll_once(adapter.next()), Some(None), "closed");
}
