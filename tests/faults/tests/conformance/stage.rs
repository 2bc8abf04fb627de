//! The stage: adapters of the Binance family at the local exchange, under the suite's control.
//!
//! In: acts. Out: what the exchange is told to do, what goes wrong on the way. Must never: tell a machine anything but
//! through the pipe.

use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::{Channel, Hosts, StreamKind};
use ringfence_core::event::{Fill, Report};
use ringfence_core::ids::{AccountId, ClientOrderId, CurrencyId, TimeNs};
use ringfence_core::instrument::InstrumentKind;
use ringfence_core::money::Decimal;
use ringfence_faults::{Disturbance, Of, Opening, Pipe, Trouble as Wrong};
use ringfence_venue::Said;
use ringfence_venue::conformance::{Act, Mishap, Stage, Switch, Truth, Wire, instruments};
use serde_json::json;

use crate::words;

/// Everything that is under way arrives in this time, and what is asked in answer to it too.
const SETTLE_NS: u64 = 1_000_000_000;
const FIRST: AccountId = AccountId(1);

/// Which of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Spot,
    UsdM,
    Aster,
}

/// Machines, a network, an exchange.
pub(crate) struct Floor {
    pipe: Pipe,
    product: Product,
}

impl Floor {
    /// A venue whose machines have begun.
    pub(crate) fn open(kind: Kind) -> Floor {
        let product = if kind == Kind::Spot { Product::Spot } else { Product::UsdM };
        let mut streams = vec![StreamKind::Touch, StreamKind::Depth];
        streams.extend(match kind {
            Kind::Spot => vec![StreamKind::Trades],
            Kind::UsdM | Kind::Aster => vec![StreamKind::AggTrades, StreamKind::Mark],
        });
        let [one, two] = instruments();
        let mut pipe = Pipe::open(Opening {
            streams,
            accounts: 2,
            second: Some(two),
            has_one_feed: true,
            ..Opening::new(product, hosts(kind), words::SESSION, one)
        });
        if std::env::var_os("RINGFENCE_SHOWN").is_some() {
            pipe.keep_shown();
        }
        pipe.dial();
        Floor { pipe, product }
    }

    /// What goes wrong from the beginning, for a test of the suite itself.
    pub(crate) fn disturb(mut self, trouble: Wrong, of: Of) -> Floor {
        self.pipe.disturb(Disturbance { name: "twist", trouble, of, times: u32::MAX });
        self
    }

    /// What happens on the way, where it is not the exchange that does it.
    fn on_the_way(&mut self, act: &Act) {
        if let Act::Next(ask, mishap) = *act {
            let trouble = if mishap == Mishap::Unsent { Wrong::Unsent } else { Wrong::RequestLost };
            for (method, path) in words::requests(self.product, ask) {
                let (trouble, of) = (trouble.clone(), Of::Request(method, path));
                self.pipe.disturb(Disturbance { name: "next", trouble, of, times: 1 });
            }
        }
        if let Act::Cut(Wire::Market, attempts) = *act {
            self.cut(Channel::Books, attempts);
            self.cut(Channel::Trades, attempts);
        }
        if let Act::Cut(Wire::User, attempts) = *act {
            self.cut(Channel::User, attempts);
        }
        if let Act::Network(Switch::Off) = *act {
            let (trouble, of, times) = (Wrong::Unsent, Of::Requests, u32::MAX);
            self.pipe.disturb(Disturbance { name: "network", trouble, of, times });
        }
        if let Act::Network(Switch::On) = *act {
            self.pipe.heal();
        }
    }

    /// Ends a connection, and lets so many not come about.
    fn cut(&mut self, channel: Channel, times: u32) {
        if self.pipe.cut_of(FIRST, channel) > 0 {
            let (trouble, of) = (Wrong::ConnectRefused, Of::Link(channel));
            self.pipe.disturb(Disturbance { name: "cut", trouble, of, times });
        }
    }

    fn pass(&mut self, ns: u64) {
        self.pipe.advance(self.pipe.now().plus(ns));
    }
}

/// Shows what went over the network, to people who look for a fault.
impl Drop for Floor {
    fn drop(&mut self) {
        self.pipe.shown().iter().for_each(|line| println!("{line}"));
    }
}

impl Stage for Floor {
    type Adapter = Pipe;

    fn adapter(&mut self, _account: AccountId) -> &mut Pipe {
        &mut self.pipe
    }

    fn can(&self, act: &Act) -> bool {
        // Spot has no keys, and no fundings.
        self.product == Product::UsdM || !matches!(act, Act::ExpireKey | Act::Fund)
    }

    async fn act(&mut self, act: &Act, _now: TimeNs) {
        if let Act::Pass(ms) = act {
            self.pass(ms * 1_000_000);
        } else if let Some(command) = words::command(act) {
            self.pipe.act(command).expect("the exchange does what a stage may ask");
        } else if let Some(rules) = words::rules(self.product, act) {
            self.pipe.faults(&json!({"rule": rules}));
        } else {
            self.on_the_way(act);
        }
    }

    async fn settle(&mut self) -> Vec<Said> {
        self.pass(SETTLE_NS);
        std::iter::from_fn(|| self.pipe.take_said()).collect()
    }

    fn has_ended(&self, _account: AccountId) -> bool {
        self.pipe.has_ended()
    }

    fn kind(&self) -> InstrumentKind {
        if self.product == Product::UsdM { InstrumentKind::Perpetual } else { InstrumentKind::Spot }
    }

    fn fee(&self, report: &Report, fill: &Fill) -> Option<(Decimal, CurrencyId)> {
        Some(words::fee(self.product, report, fill))
    }

    fn times_placed(&self, id: &ClientOrderId) -> Option<u32> {
        Some(self.pipe.orders().get(id.as_str()).copied().unwrap_or(0))
    }

    fn truth(&mut self, account: AccountId) -> Option<Truth> {
        Some(words::truth(&self.pipe.ledger(account)))
    }
}

fn hosts(kind: Kind) -> Hosts {
    let plain = Hosts::local("http://venue", "ws://venue");
    match kind {
        Kind::Spot => Hosts { user: "ws://venue/ws-api/v3".to_owned(), ..plain },
        Kind::UsdM => Hosts {
            books: "ws://venue/public".to_owned(),
            trades: "ws://venue/market".to_owned(),
            user: "ws://venue/private".to_owned(),
            ..plain
        },
        Kind::Aster => Hosts::aster(),
    }
}
