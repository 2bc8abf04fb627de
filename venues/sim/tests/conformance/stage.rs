//! The stage: the simulated venue under the suite's control.
//!
//! In: acts. Out: market events, shown to the venue alone. Must never: let the venue see what a real one could not.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ringfence_core::event::{EventKind, Fill, Liquidity, Report, Trade};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, Seq, TimeNs, VenueId};
use ringfence_core::instrument::InstrumentStatus;
use ringfence_core::money::{Decimal, decimal};
use ringfence_sim::{QueueModel, RestingFills, Sim, SimAdapter, TakerSize};
use ringfence_venue::conformance::{Act, Level, Stage, Switch, instruments};
use ringfence_venue::{Said, VenueAdapter};

use crate::support;

/// How much an order finds, which decides what the stage can bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sizes {
    /// All it wants.
    Unlimited,
    /// What is displayed, once.
    Displayed,
}

/// The simulated venue and what it was shown.
pub(crate) struct Floor {
    pub(crate) adapter: SimAdapter,
    sizes: Sizes,
    queue: QueueModel,
    has_ended: bool,
}

impl Floor {
    pub(crate) fn open(queue: QueueModel, sizes: Sizes) -> Floor {
        let config = support::config(&instruments(), |config| {
            config.queue = queue;
            if sizes == Sizes::Displayed {
                (config.taker_size, config.resting) = (TakerSize::Consumed, RestingFills::Partial);
            }
        });
        let adapter = SimAdapter::new(VenueId(1), Sim::new(config).expect("a sound configuration"));
        Floor { adapter, sizes, queue, has_ended: false }
    }

    pub(crate) fn can(&self, act: &Act) -> bool {
        match act {
            Act::Touch(..) | Act::Pass(_) | Act::Halt(..) => true,
            Act::SizedTouch(..) => self.sizes == Sizes::Displayed,
            // A trade at the price of an order fills it where places in the queue are reckoned.
            Act::Trade(..) => self.sizes == Sizes::Displayed && self.queue == QueueModel::RiskAverse,
            Act::Level(..)
            | Act::Rule(..)
            | Act::Foreign(..)
            | Act::ForeignCancel(_)
            | Act::Transfer(..)
            | Act::Fund
            | Act::Next(..)
            | Act::Messages(_)
            | Act::Cut(..)
            | Act::Stall(..)
            | Act::Gap
            | Act::Echo
            | Act::Garble
            | Act::ExpireKey
            | Act::Skew(_)
            | Act::Network(_) => false,
        }
    }

    pub(crate) fn act(&mut self, act: &Act, now: TimeNs) {
        assert!(self.can(act), "{act:?} is not among what it can");
        if let Act::Pass(_) = act {
            return self.adapter.on_time(now);
        }
        if let Act::Touch(instrument, quote) | Act::SizedTouch(instrument, quote) = *act {
            self.show(instrument, EventKind::Quote(quote), now);
        }
        if let Act::Trade(instrument, side, Level { price, qty }) = *act {
            self.show(instrument, EventKind::Trade(Trade { price, qty, aggressor: Some(side) }), now);
        }
        if let Act::Halt(instrument, switch) = *act {
            let status = if switch == Switch::Off { InstrumentStatus::Halted } else { InstrumentStatus::Trading };
            self.show(instrument, EventKind::InstrumentStatus(status), now);
        }
    }

    fn show(&mut self, instrument: InstrumentId, kind: EventKind, now: TimeNs) {
        let fact = Report { instrument, venue: VenueId(1), ..Report::control(kind) };
        self.adapter.on_market(&fact.at(Seq(0), now));
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// What there is to hear now.
    pub(crate) fn hear(&mut self) -> Vec<Said> {
        let mut heard = Vec::new();
        loop {
            match poll_once(self.adapter.next()) {
                Some(Some(said)) => heard.push(said),
                Some(None) => {
                    self.has_ended = true;
                    return heard;
                }
                None => return heard,
            }
        }
    }

    /// Maker one basis point, taker two, in the quote currency.
    pub(crate) fn fee(report: &Report, fill: &Fill) -> (Decimal, CurrencyId) {
        let [one, two] = instruments();
        let definition = if report.instrument == two.id { two } else { one };
        let value = i128::from(fill.price.0) * i128::from(fill.qty.0);
        let scale = u32::from(definition.price_scale.digits() + definition.qty_scale.digits());
        let bps = if fill.liquidity == Liquidity::Maker { 1 } else { 2 };
        (decimal(value * bps, scale + 4).expect("a small number"), CurrencyId(1))
    }
}

impl Stage for Floor {
    type Adapter = SimAdapter;

    fn adapter(&mut self, _account: AccountId) -> &mut SimAdapter {
        &mut self.adapter
    }

    fn can(&self, act: &Act) -> bool {
        self.can(act)
    }

    async fn act(&mut self, act: &Act, now: TimeNs) {
        self.act(act, now);
    }

    async fn settle(&mut self) -> Vec<Said> {
        self.hear()
    }

    fn has_ended(&self, _account: AccountId) -> bool {
        self.has_ended
    }

    fn fee(&self, report: &Report, fill: &Fill) -> Option<(Decimal, CurrencyId)> {
        Some(Floor::fee(report, fill))
    }
}

/// Polls a future that never waits.
pub(crate) fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
