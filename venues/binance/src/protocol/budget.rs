//! Budget: may this request go out now?
//!
//! In: what requests cost, what the venue says is used. Out: yes or no. Must never: let submits use what cancels and
//! queries need, or forget that the venue asked for silence.

use ringfence_core::ids::TimeNs;
use ringfence_venue::Rates;

const NS_PER_S: u64 = 1_000_000_000;
const WEIGHT_WINDOW_NS: u64 = 60 * NS_PER_S;
const ORDER_WINDOW_NS: u64 = 10 * NS_PER_S;
/// Part of the limit that only cancels and queries may use, in percent.
const RESERVE_PERCENT: u32 = 20;
/// Queries leave this part of the limit to cancels, in percent.
const CANCELS_PERCENT: u32 = 5;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// New exposure.
    Submit,
    /// Knowledge.
    Query,
    /// Less exposure.
    Cancel,
    /// Less exposure, whatever it costs.
    Emergency,
}

/// What is used of the venue's limits.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    limit: u32,
    used: u32,
    window: u64,
    orders_limit: u32,
    orders_used: u32,
    orders_window: u64,
    held_until: TimeNs,
}

impl Budget {
    pub(crate) fn new(limit: u32, orders_limit: u32) -> Budget {
        Budget { limit, used: 0, window: 0, orders_limit, orders_used: 0, orders_window: 0, held_until: TimeNs(0) }
    }

    /// Takes what a request costs; false where it may not go out now.
    pub(crate) fn spend(&mut self, class: Class, (weight, orders): (u32, u32), now: TimeNs) -> bool {
        self.roll(now);
        let most = match class {
            Class::Submit if now < self.held_until => 0,
            Class::Submit => self.limit - self.share(RESERVE_PERCENT + CANCELS_PERCENT),
            Class::Query if now < self.held_until => 0,
            Class::Query => self.limit - self.share(CANCELS_PERCENT),
            Class::Cancel => self.limit,
            Class::Emergency => u32::MAX,
        };
        let orders_fit = orders == 0 || self.orders_used.saturating_add(orders) <= self.orders_limit;
        let fits = self.used.saturating_add(weight) <= most && orders_fit;
        if fits {
            self.used = self.used.saturating_add(weight);
            self.orders_used = self.orders_used.saturating_add(orders);
        }
        fits
    }

    /// What the venue says is used, beyond what we know of.
    pub(crate) fn told(&mut self, weight: Option<u32>, orders: Option<u32>, now: TimeNs) {
        self.roll(now);
        self.used = self.used.max(weight.unwrap_or(0));
        self.orders_used = self.orders_used.max(orders.unwrap_or(0));
    }

    /// The venue's own limits.
    pub(crate) fn set_limits(&mut self, weight: Option<u32>, orders: Option<u32>) {
        self.limit = weight.unwrap_or(self.limit);
        self.orders_limit = orders.unwrap_or(self.orders_limit);
    }

    /// The venue asked for silence.
    pub(crate) fn hold(&mut self, until: TimeNs) {
        self.held_until = self.held_until.max(until);
    }

    pub(crate) fn rates(&self, now: TimeNs) -> Rates {
        let held_until = if now < self.held_until { self.held_until } else { TimeNs(0) };
        let used = if self.window == now.0 / WEIGHT_WINDOW_NS { self.used } else { 0 };
        Rates { used, limit: self.limit, reserve: self.share(RESERVE_PERCENT), held_until }
    }

    fn share(&self, percent: u32) -> u32 {
        u32::try_from(u64::from(self.limit) * u64::from(percent) / 100).expect("a part of 32 bits")
    }

    /// Windows are the venue's, and begin with its minutes; ours are off by less than one, and its word counts.
    fn roll(&mut self, now: TimeNs) {
        let (window, orders_window) = (now.0 / WEIGHT_WINDOW_NS, now.0 / ORDER_WINDOW_NS);
        if window != self.window {
            (self.window, self.used) = (window, 0);
        }
        if orders_window != self.orders_window {
            (self.orders_window, self.orders_used) = (orders_window, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_stops_at_its_own_edge() {
        let now = TimeNs(1);
        let mut budget = Budget::new(100, 10);
        assert!(budget.spend(Class::Submit, (75, 1), now));
        assert!(!budget.spend(Class::Submit, (1, 1), now));
        assert!(budget.spend(Class::Query, (20, 0), now));
        assert!(!budget.spend(Class::Query, (1, 0), now));
        assert!(budget.spend(Class::Cancel, (5, 0), now));
        assert!(!budget.spend(Class::Cancel, (1, 0), now));
        assert!(budget.spend(Class::Emergency, (1, 0), now));
        assert!(budget.spend(Class::Submit, (75, 1), TimeNs(WEIGHT_WINDOW_NS)));
    }

    #[test]
    fn the_venues_count_replaces_a_smaller_one_of_ours() {
        let now = TimeNs(1);
        let mut budget = Budget::new(100, 10);
        budget.told(Some(76), None, now);
        assert!(!budget.spend(Class::Submit, (1, 1), now));
        budget.told(Some(3), Some(10), now);
        assert_eq!(budget.rates(now).used, 76);
        assert!(!budget.spend(Class::Submit, (0, 1), now));
        assert!(budget.spend(Class::Query, (1, 0), now));
    }

    #[test]
    fn a_hold_stops_all_but_cancels() {
        let mut budget = Budget::new(100, 10);
        budget.hold(TimeNs(50));
        assert!(!budget.spend(Class::Submit, (1, 1), TimeNs(49)));
        assert!(!budget.spend(Class::Query, (1, 0), TimeNs(49)));
        assert!(budget.spend(Class::Cancel, (1, 0), TimeNs(49)));
        assert!(budget.spend(Class::Query, (1, 0), TimeNs(50)));
        assert_eq!((budget.rates(TimeNs(49)).held_until, budget.rates(TimeNs(50)).held_until), (TimeNs(50), TimeNs(0)));
    }
}
