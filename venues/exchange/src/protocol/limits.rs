//! Limits: who asks too often?
//!
//! In: weights of requests, with their time. Out: counts for headers, or the refusal. Must never: forget a ban before it
//! is over.

use std::collections::BTreeMap;

use super::fault::ApiFault;
use crate::matching::listing::Product;
use crate::settings::Rates;

const MINUTE_MS: u64 = 60_000;
const ORDERS_MS: u64 = 10_000;
/// Requests after a warning, before a ban.
const WARNINGS_MAX: u32 = 20;
const BAN_MS: u64 = 120_000;

/// What was used in the window that begins at `window_ms`.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    window_ms: u64,
    count: u64,
}

impl Used {
    fn add(&mut self, count: u64, now_ms: u64, length_ms: u64) -> u64 {
        let window_ms = now_ms - now_ms % length_ms;
        if window_ms != self.window_ms {
            *self = Self { window_ms, count: 0 };
        }
        self.count += count;
        self.count
    }
}

/// Counts of all limits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    rates: Rates,
    weights: BTreeMap<Product, Used>,
    orders: BTreeMap<(Product, usize), Used>,
    minutes: BTreeMap<(Product, usize), Used>,
    warnings: u32,
    banned_until_ms: u64,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self { rates, ..Self::default() }
    }

    /// The limits, as they are told to clients.
    pub(crate) fn rates(&self) -> Rates {
        self.rates
    }

    /// Counts a request's weight; the answer is the header that tells the sum.
    pub(crate) fn weigh(&mut self, product: Product, weight: u64, now_ms: u64) -> Result<(String, String), ApiFault> {
        if now_ms < self.banned_until_ms {
            return Err(self.banned(now_ms));
        }
        let most = match product {
            Product::Spot => self.rates.spot_weight,
            Product::Futures => self.rates.futures_weight,
        };
        let used = self.weights.entry(product).or_default().add(weight, now_ms, MINUTE_MS);
        if used <= most {
            self.warnings = 0;
            return Ok(("X-MBX-USED-WEIGHT-1M".to_owned(), used.to_string()));
        }
        self.warnings += 1;
        if self.warnings > WARNINGS_MAX {
            self.banned_until_ms = now_ms + BAN_MS;
            return Err(self.banned(now_ms));
        }
        Err(too_many(most, Some(MINUTE_MS - now_ms % MINUTE_MS)))
    }

    /// Counts an order; the answer is the headers that tell the sums.
    pub(crate) fn order(
        &mut self,
        product: Product,
        account: usize,
        now_ms: u64,
    ) -> Result<Vec<(String, String)>, ApiFault> {
        let used = self.orders.entry((product, account)).or_default().add(1, now_ms, ORDERS_MS);
        let minute = self.minutes.entry((product, account)).or_default().add(1, now_ms, MINUTE_MS);
        if used > self.rates.orders_10s {
            let message =
                format!("Too many new orders; current limit is {} orders per 10 SECOND.", self.rates.orders_10s);
            return Err(ApiFault::new(-1015, message).with_status(429));
        }
        let header = |name: &str, count: u64| (format!("X-MBX-ORDER-COUNT-{name}"), count.to_string());
        Ok(vec![header("10S", used), header("1M", minute)])
    }

    fn banned(&self, now_ms: u64) -> ApiFault {
        banned(self.banned_until_ms, now_ms)
    }
}

/// Status 429, with or without a time to wait.
pub(crate) fn too_many(most: u64, wait_ms: Option<u64>) -> ApiFault {
    let message = format!(
        "Too much request weight used; current limit is {most} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
    );
    let mut fault = ApiFault::new(-1003, message).with_status(429);
    fault.headers.extend(wait_ms.map(|wait| ("Retry-After".to_owned(), wait.div_ceil(1_000).to_string())));
    fault
}

/// Status 418.
pub(crate) fn banned(until_ms: u64, now_ms: u64) -> ApiFault {
    let message = format!(
        "Way too much request weight used; IP banned until {until_ms}. Please use WebSocket Streams for live updates to avoid bans."
    );
    let mut fault = ApiFault::new(-1003, message).with_status(418);
    fault.headers.push(("Retry-After".to_owned(), until_ms.saturating_sub(now_ms).div_ceil(1_000).to_string()));
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_at_the_limit_passes_and_one_more_waits_then_bans() {
        let mut limits = Limits::new(Rates { spot_weight: 10, ..Rates::default() });
        let header = limits.weigh(Product::Spot, 10, 61_000).expect("at the limit");
        assert_eq!(header.1, "10");
        let first = limits.weigh(Product::Spot, 1, 61_500).expect_err("one past");
        assert_eq!((first.status, first.headers[0].1.as_str()), (429, "59"));
        let statuses: Vec<u16> =
            (0..21).filter_map(|_| limits.weigh(Product::Spot, 1, 61_500).err()).map(|f| f.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 19);
        assert_eq!(statuses.last(), Some(&418));
        assert!(limits.weigh(Product::Futures, 1, 61_500 + BAN_MS - 1).is_err());
        assert!(limits.weigh(Product::Futures, 1, 61_500 + BAN_MS).is_ok());
    }
}
