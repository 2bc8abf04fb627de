//! State: what is true after these events?
//!
//! In: events, in order, and the blobs they name. Out: Market, Execution and Control State, readable by anyone who has a
//! loan. Must never: know a strategy's code or a venue's protocol, read a clock, or change without an event (or a
//! decision the core itself has just recorded).

pub(crate) mod activity;
mod apply;
pub(crate) mod control;
mod conversion;
pub(crate) mod execution;
pub(crate) mod findings;
pub(crate) mod held;
mod index;
pub(crate) mod links;
pub mod market;
pub(crate) mod orders;
pub(crate) mod parents;
pub mod position;
pub(crate) mod schedules;
mod seen;
pub(crate) mod series;
pub mod survey;
pub mod view;

use alloc::vec::Vec;

use crate::blob::{Sha256Hash, sha256};
use crate::canonical::Writer;
use crate::config::Config;
use crate::event::Mode;
use crate::ids::{AccountId, LegKey, Seq, SessionId, TimeNs};
use crate::intent::Action;
use crate::state::activity::Activity;
use crate::state::control::Control;
use crate::state::execution::Execution;
use crate::state::held::HeldOrders;
use crate::state::links::Links;
use crate::state::market::InstrumentMarket;
use crate::state::parents::Parents;
use crate::state::schedules::Schedules;
use crate::state::series::Closed;

/// Everything derived from the event stream.
#[derive(Debug, Default)]
pub struct State {
    pub(crate) seq: Seq,
    pub(crate) time: TimeNs,
    pub(crate) session: SessionId,
    pub(crate) mode: Option<Mode>,
    pub(crate) rules_version: u32,
    pub(crate) config: Option<Config>,
    pub(crate) config_hash: Sha256Hash,
    pub(crate) markets: Vec<InstrumentMarket>,
    pub(crate) execution: Execution,
    pub(crate) control: Control,
    pub(crate) activity: Activity,
    pub(crate) parents: Parents,
    pub(crate) held: HeldOrders,
    pub(crate) schedules: Schedules,
    pub(crate) links: Links,
    /// Approvals given so far; numbers them.
    pub(crate) approvals: u64,
    /// Bars that closed with the last event, in order. Told in its step, and no part of the digest: they are kept.
    pub(crate) closed: Vec<Closed>,
    /// When the first open bar by time ends, of all instruments.
    pub(crate) bar_due: Option<TimeNs>,
}

impl State {
    /// Account that work belongs to: of the order it is about, otherwise of the strategy's slot; 0 when unknown.
    pub(crate) fn account_of(&self, key: LegKey, action: &Action) -> AccountId {
        let order = action.target().and_then(|target| self.execution.orders.get(target));
        let own = || self.slot(key.strategy).map_or(AccountId(0), |slot| slot.account);
        order.map_or_else(own, |order| order.account)
    }

    /// SHA-256 of the canonical State: equal streams give equal digests on every machine.
    #[must_use]
    pub fn digest(&self) -> Sha256Hash {
        let mut w = Writer::new();
        w.u64(self.seq.0);
        w.u64(self.time.0);
        w.raw(&self.session.0);
        w.option(self.mode, |w, mode| w.u8(mode.number()));
        w.u32(self.rules_version);
        w.raw(&self.config_hash);
        w.list(&self.markets, |w, market| market.put(w));
        self.execution.put(&mut w);
        self.control.put(&mut w);
        self.activity.put(&mut w);
        self.parents.put(&self.held, &mut w);
        self.schedules.put(&mut w);
        self.links.put(&mut w);
        w.u64(self.approvals);
        // Last, and nothing where no plan asks for bars: then the digest is what it is without them.
        for market in &self.markets {
            if let Some(series) = &market.series {
                w.u32(market.instrument.id.0);
                series.put(&mut w);
            }
        }
        sha256(w.bytes())
    }
}
