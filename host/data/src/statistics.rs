//! Statistics: how does the market in this file behave?
//!
//! In: rows of one instrument in the order of the file. Out: spread by time, quantity by level, how long signs of trades and
//! bursts of arrivals go on. Must never: change a row, or grow with the length of the file.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use ringfence_core::instrument::Side;

use crate::decimal::Number;
use crate::row::{Row, What};

/// Levels of a side whose quantity is measured.
pub const LEVELS: usize = 10;

/// Trades between two whose signs are compared.
pub const LAGS: [usize; 6] = [1, 2, 5, 10, 20, 50];

/// Different spreads that are told apart.
const SPREADS_MAX: usize = 4_096;

/// Levels of a side that are kept; deeper ones are forgotten.
const BOOK_LEVELS_MAX: usize = 100_000;

/// A look at the depth every so many messages.
const MESSAGES_PER_LOOK: u64 = 16;

const SECOND_NS: u64 = 1_000_000_000;

/// How the market of one instrument behaves.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// ns at each spread, by the spread.
    spreads: BTreeMap<Number, u64>,
    quote: Option<(u64, Number)>,
    /// Smallest distance between two prices that was seen.
    tick: Option<Number>,
    book: [BTreeMap<Number, Number>; 2],
    depth: [f64; LEVELS],
    looks: u64,
    messages: u64,
    signs: VecDeque<i8>,
    products: [(i64, u64); LAGS.len()],
    trades: u64,
    buys: u64,
    trade: Option<(u64, i8)>,
    arrivals: Arrivals,
}

/// Numbers of arrivals in each second.
#[derive(Clone, Debug, Default)]
struct Arrivals {
    last: Option<u64>,
    first: u64,
    second: u64,
    count: u64,
    all: u64,
    squares: u128,
}

impl Statistics {
    /// Takes a row in.
    pub(crate) fn row(&mut self, row: &Row<'_>) {
        if matches!(row.what, What::Bar { .. }) {
            return;
        }
        self.arrivals.add(row.time);
        match row.what {
            What::Trade { aggressor: Some(side), .. } => self.trade(row.time, side),
            What::Quote { bid, ask } if bid.1.is_positive() && ask.1.is_positive() => {
                self.quote(row.time, bid.0, ask.0)
            }
            What::Clear { .. } => self.book = Default::default(),
            What::Level { side, price, qty, is_last } => self.level((side, price, qty), is_last),
            What::Quote { .. }
            | What::Trade { aggressor: None, .. }
            | What::Bar { .. }
            | What::Mark(_)
            | What::Funding(..)
            | What::Status(_) => {}
        }
    }

    fn quote(&mut self, time: u64, bid: Number, ask: Number) {
        if let Some((since, spread)) = self.quote {
            let held = time.saturating_sub(since);
            if self.spreads.len() < SPREADS_MAX || self.spreads.contains_key(&spread) {
                *self.spreads.entry(spread).or_default() += held;
            }
        }
        let spread = ask.plus(bid.negated());
        self.quote = spread.map(|spread| (time, spread));
        if let Some(spread) = spread.filter(|spread| spread.is_positive()) {
            self.tick = Some(self.tick.map_or(spread, |tick| tick.min(spread)));
        }
    }

    fn level(&mut self, (side, price, qty): (Side, Number, Number), is_last: bool) {
        let (half, key) = match side {
            Side::Buy => (&mut self.book[0], price.negated()),
            Side::Sell => (&mut self.book[1], price),
        };
        if qty.is_zero() {
            half.remove(&key);
        } else {
            half.insert(key, qty);
            if half.len() > BOOK_LEVELS_MAX {
                half.pop_last();
            }
        }
        if !is_last {
            return;
        }
        self.messages += 1;
        if self.messages.is_multiple_of(MESSAGES_PER_LOOK) {
            self.looks += 1;
            for half in &self.book {
                for (sum, qty) in self.depth.iter_mut().zip(half.values()) {
                    *sum += qty.to_double() / 2.0;
                }
            }
        }
    }

    /// Trades of one time and one side are one order that took.
    fn trade(&mut self, time: u64, side: Side) {
        let sign = if side == Side::Buy { 1 } else { -1 };
        if self.trade == Some((time, sign)) {
            return;
        }
        self.trade = Some((time, sign));
        self.trades += 1;
        self.buys += u64::from(sign == 1);
        for ((sum, count), lag) in self.products.iter_mut().zip(LAGS) {
            if let Some(before) = self.signs.len().checked_sub(lag).and_then(|at| self.signs.get(at)) {
                *sum += i64::from(sign * before);
                *count += 1;
            }
        }
        self.signs.push_back(sign);
        if self.signs.len() > LAGS[LAGS.len() - 1] {
            self.signs.pop_front();
        }
    }

    /// Share of the time at a spread of so many ticks, 1 to 5 and more than that; `None` without quotes.
    #[must_use]
    pub fn spread_shares(&self) -> Option<[f64; 6]> {
        let tick = self.tick?.to_double();
        let all: u64 = self.spreads.values().sum();
        let mut shares = [0.0; 6];
        for (spread, ns) in self.spreads.iter().filter(|(spread, _)| spread.is_positive()) {
            let ticks = (spread.to_double() / tick).round();
            let at = (1_u8..6).find(|at| ticks <= f64::from(*at)).unwrap_or(6);
            shares[usize::from(at - 1)] += ratio(*ns, all);
        }
        (all > 0).then_some(shares)
    }

    /// Smallest spread that was seen, which stands for the tick.
    #[must_use]
    pub fn tick(&self) -> Option<Number> {
        self.tick
    }

    /// Mean quantity of the best level, the second and so on, of both sides; `None` without a book.
    #[must_use]
    pub fn depth(&self) -> Option<[f64; LEVELS]> {
        let looks = ratio(self.looks, 1);
        (self.looks > 0).then(|| self.depth.map(|sum| sum / looks))
    }

    /// Orders that took, and the share of buys among them; `None` where no trade says who took.
    #[must_use]
    pub fn takers(&self) -> Option<(u64, f64)> {
        (self.trades > 0).then(|| (self.trades, ratio(self.buys, self.trades)))
    }

    /// Mean product of the signs of two trades that are so many apart ([`LAGS`]); `None` where there are not enough.
    #[must_use]
    pub fn sign_memory(&self) -> [Option<f64>; LAGS.len()] {
        #[expect(clippy::cast_precision_loss, reason = "sums of ones, far below 2^53")]
        self.products.map(|(sum, count)| (count > 0).then(|| sum as f64 / count as f64))
    }

    /// Arrivals in a second, and the variance of their number in a second over its mean (1 where they are independent);
    /// `None` under ten seconds. Rows of one time are one arrival.
    #[must_use]
    pub fn arrivals(&self) -> Option<(f64, f64)> {
        let Arrivals { first, second, all, squares, .. } = self.arrivals;
        // The last second is not whole.
        let seconds = second.saturating_sub(first);
        if seconds < 10 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a statistic, shown with two digits")]
        let (seconds, all, squares) = (seconds as f64, all as f64, squares as f64);
        let mean = all / seconds;
        Some((mean, (squares / seconds - mean * mean) / mean))
    }
}

impl Arrivals {
    fn add(&mut self, time: u64) {
        if self.last.is_some_and(|last| time <= last) {
            return;
        }
        let second = time / SECOND_NS;
        if self.last.is_none() {
            (self.first, self.second) = (second, second);
        }
        self.last = Some(time);
        if second != self.second {
            self.all += self.count;
            self.squares += u128::from(self.count) * u128::from(self.count);
            (self.second, self.count) = (second, 0);
        }
        self.count += 1;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share, shown with few digits")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(tick), Some(shares)) = (self.tick, self.spread_shares()) {
            write!(f, "\n  spread by time, in smallest spreads of {tick}:")?;
            for (share, name) in shares.iter().zip(["1", "2", "3", "4", "5", "more"]) {
                write!(f, " {name}: {:.1} %", 100.0 * share)?;
            }
        }
        if let Some(depth) = self.depth() {
            write!(f, "\n  mean quantity by level:")?;
            depth.iter().try_for_each(|qty| write!(f, " {qty:.3}"))?;
        }
        if let Some((trades, buys)) = self.takers() {
            write!(f, "\n  orders that took: {trades}, buys {:.1} %; signs so many apart:", 100.0 * buys)?;
            for (lag, memory) in LAGS.iter().zip(self.sign_memory()) {
                memory.map_or(Ok(()), |memory| write!(f, " {lag}: {memory:.2}"))?;
            }
        }
        if let Some((mean, dispersion)) = self.arrivals() {
            write!(f, "\n  arrivals: {mean:.1} a second, variance / mean {dispersion:.1} (independent: 1)")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text.as_bytes()).expect("a number")
    }

    #[track_caller]
    fn check(rows: impl IntoIterator<Item = (u64, What)>, want: Expect) {
        let mut statistics = Statistics::default();
        for (time, what) in rows {
            statistics.row(&Row { symbol: "", time, venue_time: 0, what, count: None, place: 1 });
        }
        want.assert_eq(statistics.to_string().trim_start_matches('\n'));
    }

    fn quote(bid: &str, ask: &str) -> What {
        let one = number("1");
        What::Quote { bid: (number(bid), one), ask: (number(ask), one) }
    }

    fn trade(side: Side) -> What {
        What::Trade { price: number("1"), qty: number("1"), aggressor: Some(side) }
    }

    #[test]
    fn a_spread_counts_as_long_as_it_lasts() {
        let rows = [(0, quote("1", "1.5")), (6, quote("1", "2")), (8, quote("1", "6")), (10, quote("1", "1.5"))];
        check(
            rows,
            expect![
                "  spread by time, in smallest spreads of 0.5: 1: 60.0 % 2: 20.0 % 3: 0.0 % 4: 0.0 % 5: 0.0 % more: 20.0 %"
            ],
        );
    }

    #[test]
    fn trades_of_one_time_and_side_are_one_order() {
        let sides = [(1, Side::Buy), (1, Side::Buy), (2, Side::Buy), (3, Side::Sell), (4, Side::Sell)];
        let rows = sides.map(|(time, side)| (time, trade(side)));
        check(rows, expect!["  orders that took: 4, buys 50.0 %; signs so many apart: 1: 0.33 2: -1.00"]);
    }

    #[test]
    fn regular_arrivals_do_not_vary_and_bursts_do() {
        let regular = (0..200_u64).map(|at| (at * SECOND_NS / 10, trade(Side::Buy)));
        let bursts = (0..200_u64).map(|at| (at / 20 * 2 * SECOND_NS + at % 20, trade(Side::Buy)));
        let line = |rows: Vec<(u64, What)>| {
            let mut statistics = Statistics::default();
            rows.iter().for_each(|(time, what)| {
                statistics.row(&Row { symbol: "", time: *time, venue_time: 0, what: *what, count: None, place: 1 });
            });
            statistics.arrivals().map(|(mean, dispersion)| format!("{mean:.1} {dispersion:.1}"))
        };
        assert_eq!(line(regular.collect()).as_deref(), Some("10.0 0.0"));
        assert_eq!(line(bursts.collect()).as_deref(), Some("10.0 10.0"));
        assert_eq!(line(vec![(0, trade(Side::Buy)), (9 * SECOND_NS, trade(Side::Buy))]), None);
    }

    #[test]
    fn depth_is_the_mean_of_both_sides_and_a_snapshot_begins_anew() {
        let level = |side, price: &str, qty: &str, is_last| What::Level {
            side,
            price: number(price),
            qty: number(qty),
            is_last,
        };
        let message = [
            What::Clear { is_last: false },
            level(Side::Buy, "9", "4", false),
            level(Side::Buy, "8", "1", false),
            level(Side::Sell, "10", "2", true),
        ];
        let rows = (0..16).flat_map(|_| message).map(|what| (1, what));
        check(rows, expect!["  mean quantity by level: 3.000 0.500 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000"]);
    }
}
