//! Question: how far apart are a fast and a slow average, and how fast does an average move?
//!
//! In: one price or bar at a time. Out: differences and rates of averages.

use crate::Persist;
use crate::indicators::seeded::Chain;
use crate::indicators::window::ratio;
use crate::indicators::{Candle, Indicator, SeededEma, SmaF64, chained};

/// What [`Macd`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MacdLines {
    /// Fast average less slow average.
    pub macd: f64,
    /// Exponential average of `macd`.
    pub signal: f64,
    /// `macd` less `signal`.
    pub histogram: f64,
}

/// Moving average convergence divergence of exponential averages; 12, 26 and 9 are usual. The shorter of the first two is
/// the fast one, and is seeded with the values just before the slow one answers.
///
/// Warm-up: slow + signal - 1. G. Appel, 1979; as TA-Lib's MACD.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Macd {
    fast: SeededEma,
    slow: SeededEma,
    signal: SeededEma,
    /// Values that the fast average still leaves out.
    left_out: u32,
}

impl Macd {
    /// Of averages over `fast` and `slow` values, with a signal over `signal`.
    #[must_use]
    pub fn new(fast: u32, slow: u32, signal: u32) -> Self {
        let (fast, slow) = (SeededEma::new(fast.min(slow)), SeededEma::new(fast.max(slow)));
        let left_out = slow.warm_up() - fast.warm_up();
        Self { fast, slow, signal: SeededEma::new(signal), left_out }
    }
}

impl Indicator for Macd {
    type Input = f64;
    type Output = MacdLines;

    fn update(&mut self, input: f64) -> Option<MacdLines> {
        let slow = self.slow.update(input);
        if let Some(left) = self.left_out.checked_sub(1) {
            self.left_out = left;
            return None;
        }
        let macd = self.fast.update(input)? - slow?;
        let signal = self.signal.update(macd)?;
        Some(MacdLines { macd, signal, histogram: macd - signal })
    }

    fn warm_up(&self) -> u32 {
        self.slow.warm_up().saturating_add(self.signal.warm_up()) - 1
    }

    fn fresh(&self) -> Self {
        Self::new(self.fast.warm_up(), self.slow.warm_up(), self.signal.warm_up())
    }
}

/// Percentage price oscillator: the fast exponential average over the slow one, less one, in percent; 0 where the slow one
/// is 0. The shorter of the two is the fast one.
///
/// Warm-up: slow. As TA-Lib's PPO with exponential averages.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Ppo {
    fast: SeededEma,
    slow: SeededEma,
}

impl Ppo {
    /// Of averages over `fast` and `slow` values; 12 and 26 are usual.
    #[must_use]
    pub fn new(fast: u32, slow: u32) -> Self {
        Self { fast: SeededEma::new(fast.min(slow)), slow: SeededEma::new(fast.max(slow)) }
    }
}

impl Indicator for Ppo {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let (fast, slow) = (self.fast.update(input), self.slow.update(input));
        let (fast, slow) = (fast?, slow?);
        Some(ratio(fast - slow, slow, 0.0) * 100.0)
    }

    fn warm_up(&self) -> u32 {
        self.slow.warm_up()
    }

    fn fresh(&self) -> Self {
        Self { fast: self.fast.fresh(), slow: self.slow.fresh() }
    }
}

/// Awesome oscillator: the simple average of the bars' middles over 5 less that over 34 (or other lengths).
///
/// Warm-up: the longer of the two. B. Williams, New Trading Dimensions, 1998.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct AwesomeOscillator {
    fast: SmaF64,
    slow: SmaF64,
}

impl AwesomeOscillator {
    /// Of averages over `fast` and `slow` bars; 5 and 34 are usual.
    #[must_use]
    pub fn new(fast: u32, slow: u32) -> Self {
        Self { fast: SmaF64::new(fast), slow: SmaF64::new(slow) }
    }
}

impl Indicator for AwesomeOscillator {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let (fast, slow) = (self.fast.update(input.middle()), self.slow.update(input.middle()));
        Some(fast? - slow?)
    }

    fn warm_up(&self) -> u32 {
        self.fast.warm_up().max(self.slow.warm_up())
    }

    fn fresh(&self) -> Self {
        Self { fast: self.fast.fresh(), slow: self.slow.fresh() }
    }
}

/// Rate of change, from one value to the next and in percent, of an exponential average of an average of an average; 0
/// where the earlier value is 0.
///
/// Warm-up: 3n - 1. J. Hutson, Technical Analysis of Stocks & Commodities, 1983; as TA-Lib's TRIX.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Trix {
    chain: Chain<3>,
    last: Option<f64>,
}

impl Trix {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { chain: Chain::new(length), last: None }
    }
}

impl Indicator for Trix {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let [_, _, third] = self.chain.update(input)?;
        let last = self.last.replace(third)?;
        Some(ratio(third - last, last, 0.0) * 100.0)
    }

    fn warm_up(&self) -> u32 {
        chained(self.chain.length(), 3).saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.chain.length())
    }
}

/// True strength index: the change of the price, averaged twice, over its size, averaged twice, x 100; -100 to 100, and 0
/// where nothing moved. 25 and 13 are usual. Averages are exponential and begin with the mean of their first values.
///
/// Warm-up: long + short. W. Blau, Technical Analysis of Stocks & Commodities, November 1991.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Tsi {
    last: Option<f64>,
    changes: [SeededEma; 2],
    sizes: [SeededEma; 2],
}

impl Tsi {
    /// Averaged over `long` changes and then over `short` of those averages.
    #[must_use]
    pub fn new(long: u32, short: u32) -> Self {
        let averages = [SeededEma::new(long), SeededEma::new(short)];
        Self { last: None, changes: averages, sizes: averages }
    }
}

/// The average of the average.
fn twice(averages: &mut [SeededEma; 2], value: f64) -> Option<f64> {
    let [first, second] = averages;
    second.update(first.update(value)?)
}

impl Indicator for Tsi {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let change = input - self.last.replace(input)?;
        let (net, size) = (twice(&mut self.changes, change), twice(&mut self.sizes, change.abs()));
        Some(ratio(100.0 * net?, size?, 0.0))
    }

    fn warm_up(&self) -> u32 {
        let [long, short] = &self.changes;
        long.warm_up().saturating_add(short.warm_up())
    }

    fn fresh(&self) -> Self {
        let [long, short] = &self.changes;
        Self::new(long.warm_up(), short.warm_up())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_average_of_a_convergence_begins_beside_the_slow_one() {
        // Fast over 2 begins with (3 + 8) / 2, slow over 3 with (1 + 3 + 8) / 3. A signal over 1 is the line itself.
        let lines = MacdLines { macd: 5.5 - 4.0, signal: 5.5 - 4.0, histogram: 0.0 };
        assert_eq!(Macd::new(3, 2, 1).over(&[1.0, 3.0, 8.0]), [None, None, Some(lines)]);
        // In percent of the slow one it begins with (1 + 3) / 2 and has gone on: 2 + 2/3 * (8 - 2).
        assert_eq!(Ppo::new(3, 2).over(&[1.0, 3.0, 8.0]), [None, None, Some((6.0 - 4.0) / 4.0 * 100.0)]);
    }

    #[test]
    fn twice_averaged_changes_by_hand() {
        // Changes 1 -1 3, each average of 2: 0 and 1, then 1 + ... a = 2/3: first 0, 0 + 2/3 * 3 = 2; sizes 1, 1 + 2/3 * 2
        // = 7/3. Means of two: (0 + 2) / 2 = 1 and (1 + 7/3) / 2 = 5/3; 100 * 1 / (5/3) = 60.
        let got = Tsi::new(2, 2).over(&[1.0, 2.0, 1.0, 4.0]);
        assert_eq!(got[..3], [None; 3]);
        assert!((got[3].expect("warm") - 60.0).abs() < 1e-12, "{got:?}");
    }

    #[test]
    fn middles_of_bars_over_two_lengths() {
        let bar = |middle: f64| Candle { high: middle + 1.0, low: middle - 1.0, ..Candle::default() };
        assert_eq!(AwesomeOscillator::new(1, 2).over(&[bar(3.0), bar(7.0)]), [None, Some(7.0 - 5.0)]);
    }
}
