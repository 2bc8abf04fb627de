//! An order-flow market: what does a book look like that nobody but chance trades on?
//!
//! In: a seed and parameters. Out: groups of events of one time (levels, trades, quotes), the same on every machine. Must
//! never: use a float, a clock or a library's random numbers, or be taken for real data.
//!
//! The model, whole numbers and fixed point throughout:
//!
//! - limit orders, market orders and cancels arrive in clusters (a self-exciting process, [`arrivals`]);
//! - a limit order is put at a distance from the best price of the other side that follows a law ([`placement`]), so that it
//!   never crosses; a cancel takes any resting order with equal chance (zero intelligence: Smith, Farmer, Gillemot,
//!   Krishnamurthy 2003; Cont, Stoikov, Talreja 2010);
//! - market orders are parts of larger ones whose lengths have a heavy tail, so that buys follow buys for long (Lillo, Mike,
//!   Farmer 2005);
//! - both lean towards a fundamental value that walks and is drawn back ([`fundamental`]); instruments of one market share
//!   a part of its steps.

mod arrivals;
mod book;
mod fixed;
mod fundamental;
mod market;
mod placement;

pub use market::Market;
pub use placement::Placement;

/// Everything that a market of one instrument depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Seed of the market.
    pub seed: u64,
    /// Which instrument of the market, from 0.
    pub instrument: u32,
    /// Time of the first event, ns.
    pub start_ns: u64,
    /// First middle of the book, in ticks: [`START_MIN`] to [`START_MAX`].
    pub start: i64,
    /// Tick as a mantissa of prices, 1 to 10^9.
    pub tick: i64,
    /// Lot as a mantissa of quantities, 1 to 10^9.
    pub lot: i64,
    /// Arrivals of orders and cancels in 1,000 s: 1 to 10^9.
    pub rate_milli: u64,
    /// Arrivals in a thousand that answer earlier ones: 0 to 950.
    pub clustering: u64,
    /// Market orders in a thousand arrivals: 0 to 300.
    pub takers: u64,
    /// Orders that rest on a side, in the mean: 10 to 100,000.
    pub resting: u64,
    /// Where limit orders are put.
    pub placement: Placement,
    /// Farthest distance in ticks of an order from the other side: 5 to 1,000.
    pub levels: u32,
    /// Standard deviation of the fundamental in a minute, in thousandths of a tick: 0 to 10^6.
    pub volatility_milli: u64,
    /// Half-life of its distance from the start, s: 1 to 10^7.
    pub reversion_s: u64,
    /// Correlation of the fundamentals of two instruments of the market, in thousandths: 0 to 1,000.
    pub correlation: u64,
}

/// Smallest first price in ticks: the deepest level stays above 0 when the value halves.
pub const START_MIN: i64 = 4_000;

/// Largest first price in ticks.
pub const START_MAX: i64 = 1_000_000_000;

/// A market that looks like one: a hundred arrivals a second, one in sixteen takes, spread mostly of one to three ticks.
pub const STANDARD: Flow = Flow {
    seed: 1,
    instrument: 0,
    start_ns: 1_700_000_040_000_000_000,
    start: 10_000,
    tick: 1,
    lot: 1,
    rate_milli: 100_000,
    clustering: 700,
    takers: 60,
    resting: 150,
    placement: Placement::Power { exponent: 80 },
    levels: 60,
    volatility_milli: 10_000,
    reversion_s: 3_600,
    correlation: 0,
};

/// A parameter outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}; allowed are {least} to {most}")]
pub struct FlowFault {
    /// Which, with its unit.
    pub name: &'static str,
    /// What it is.
    pub value: i128,
    /// Smallest allowed.
    pub least: i128,
    /// Largest allowed.
    pub most: i128,
}

impl Flow {
    /// Checks every range.
    ///
    /// # Errors
    /// The first parameter outside its range.
    pub fn check(&self) -> Result<(), FlowFault> {
        let law = match self.placement {
            Placement::Power { exponent } => ("exponent of placement in hundredths", i128::from(exponent), 0, 400),
            Placement::Exponential { half } => ("half distance of placement", i128::from(half), 1, 1_000),
        };
        let ranges = [
            ("start in ns", i128::from(self.start_ns), 0, i128::from(u64::MAX / 2)),
            ("start in ticks", i128::from(self.start), i128::from(START_MIN), i128::from(START_MAX)),
            ("tick", i128::from(self.tick), 1, 1_000_000_000),
            ("lot", i128::from(self.lot), 1, 1_000_000_000),
            ("rate in thousandths", i128::from(self.rate_milli), 1, 1_000_000_000),
            ("clustering in thousandths", i128::from(self.clustering), 0, 950),
            ("takers in thousandths", i128::from(self.takers), 0, 300),
            ("resting orders", i128::from(self.resting), 10, 100_000),
            law,
            ("levels", i128::from(self.levels), 5, 1_000),
            ("volatility in thousandths of a tick", i128::from(self.volatility_milli), 0, 1_000_000),
            ("reversion in seconds", i128::from(self.reversion_s), 1, 10_000_000),
            ("correlation in thousandths", i128::from(self.correlation), 0, 1_000),
        ];
        let outside = ranges.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value));
        match outside {
            Some((name, value, least, most)) => Err(FlowFault { name, value, least, most }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
