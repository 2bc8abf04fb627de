//! Upkeep: what happens because time passes?
//!
//! In: the time that a caller says it is. Out: steps of the flow, orders that end, keys that run out, funding, messages.
//! Must never: depend on how often it is called: the same time gives the same state, in one call or in many.

use serde_json::json;

use super::account_futures::Income;
use super::answer::{Frame, SocketId};
use super::exchange::Exchange;
use crate::amount::Amount;
use crate::matching::happening::Why;
use crate::matching::listing::Product;

/// Distance of the instants at which things happen.
pub(super) const STEP_NS: u64 = 100_000_000;
/// Distance of fundings.
pub(super) const FUNDING_MS: u64 = 8 * 3_600_000;
/// What long positions pay short ones: a hundredth of a percent.
pub(super) const FUNDING_RATE: Amount = Amount::from_units(10_000);

const DAY_MS: u64 = 24 * 3_600_000;
const PING_SPOT_MS: u64 = 20_000;
const PING_FUTURES_MS: u64 = 180_000;

impl Exchange {
    /// Works off everything up to this time. Going back does nothing.
    pub fn advance(&mut self, now_ns: u64) {
        if self.now_ns == 0 {
            return;
        }
        loop {
            let next_ns = (self.now_ns / STEP_NS + 1) * STEP_NS;
            if next_ns > now_ns {
                break;
            }
            self.draw(next_ns);
            self.now_ns = next_ns;
            self.step(next_ns);
        }
        self.draw(now_ns);
        self.now_ns = self.now_ns.max(now_ns);
        self.release(now_ns);
    }

    /// Takes what the market outside did up to this time.
    fn draw(&mut self, until_ns: u64) {
        let Some(mut source) = self.source.take() else { return };
        while let Some(mut input) = source.next_until(until_ns) {
            input.time_ns = input.time_ns.max(self.now_ns);
            self.now_ns = input.time_ns;
            self.follow_input(&input);
        }
        self.source = Some(source);
        self.publish();
    }

    fn step(&mut self, now_ns: u64) {
        let now_ms = now_ns / 1_000_000;
        if let Some(mut flows) = self.flows.take() {
            flows[0].step(&mut self.spot, now_ms);
            flows[1].step(&mut self.futures, now_ms);
            self.flows = Some(flows);
        }
        self.spot.expire(now_ms);
        self.futures.expire(now_ms);
        self.count_down(now_ms);
        if now_ms.is_multiple_of(FUNDING_MS) {
            self.fund(now_ms);
        }
        self.publish();
        self.end_keys(now_ms);
        self.apply_due_faults(now_ns);
        self.publish_regularly(now_ms);
        self.ping(now_ms);
        self.release(now_ns);
    }

    fn count_down(&mut self, now_ms: u64) {
        let due: Vec<(usize, usize)> =
            self.countdowns.iter().filter(|(_, at)| **at <= now_ms).map(|(place, _)| *place).collect();
        for (account, listing) in due {
            self.countdowns.remove(&(account, listing));
            self.cancel_open(Product::Futures, account, Some(listing), now_ms);
        }
    }

    /// Positions pay each other.
    pub(super) fn fund(&mut self, now_ms: u64) {
        let accounts = 1..=self.users.len();
        for account in accounts {
            let margin = &self.futures.ledger.margins[account];
            let due = margin.positions.values().filter(|position| !position.qty.is_zero());
            let due: Vec<(usize, Amount)> = due
                .map(|position| (position.listing, position.notional(self.futures.desks[position.listing].mark())))
                .collect();
            for (listing, notional) in due {
                let amount = -notional.times(FUNDING_RATE);
                let symbol = self.desk(Product::Futures, listing).listing.symbol.clone();
                self.incomes.push(Income { account, kind: "FUNDING_FEE", symbol, amount, time_ms: now_ms });
                self.move_futures(account, &[], amount, Why::Funding);
            }
        }
    }

    /// Ends keys whose hour is over, and tells those who listen.
    pub(super) fn end_keys(&mut self, now_ms: u64) {
        for key in self.keys.expired(now_ms) {
            self.tell_expired(&key, now_ms);
        }
    }

    pub(super) fn tell_expired(&mut self, key: &super::keys::ListenKey, now_ms: u64) {
        let said = json!({"e": "listenKeyExpired", "E": now_ms, "listenKey": key.key});
        self.tell_user(key.product, key.account, &said);
        for open in self.sockets.values_mut() {
            open.listens.retain(|one| one.label != super::sockets::Label::Key(key.key.clone()));
        }
    }

    fn ping(&mut self, now_ms: u64) {
        let is_due = |product: Product| match product {
            Product::Spot => now_ms.is_multiple_of(PING_SPOT_MS),
            Product::Futures => now_ms.is_multiple_of(PING_FUTURES_MS),
        };
        let due: Vec<SocketId> =
            self.sockets.iter().filter(|(_, open)| is_due(open.product)).map(|(socket, _)| *socket).collect();
        for socket in due {
            self.push(socket, Frame::Ping(now_ms.to_string()));
        }
        let old: Vec<SocketId> = self
            .sockets
            .iter()
            .filter(|(_, open)| now_ms >= open.opened_ms + DAY_MS)
            .map(|(socket, _)| *socket)
            .collect();
        for socket in old {
            self.push(socket, Frame::Close);
            self.disconnect(socket);
        }
    }

    /// Lets out what was kept back until now.
    fn release(&mut self, now_ns: u64) {
        while let Some(entry) = self.held.first_entry() {
            if entry.key().0 > now_ns {
                break;
            }
            let outgoing = entry.remove();
            self.outgoing.push(outgoing);
        }
    }
}
