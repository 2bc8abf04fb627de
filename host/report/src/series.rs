//! Series: which values at which times do the figures rest on?
//!
//! In: samples of a run, the choice of a benchmark. Out: equity and benchmark at the ends of equal periods, monthly and
//! daily returns, what a year is. Must never: fill in a price that nobody stated.

use std::collections::BTreeMap;

use ringfence_core::config::Config;
use ringfence_core::event::{Adjustment, CorporateAction};
use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_core::instrument::InstrumentKind;

use crate::calendar;
use crate::recorder::{ACTIONS_MAX, Acted, DAY_S, Recorded, Samples};
use crate::statistics::returns;

/// Runs of at least so many days are reckoned in days, shorter ones in the period of their samples.
pub const DAYS_MIN: usize = 30;
/// Trading days in a year of instruments with sessions.
pub const SESSION_DAYS: f64 = 252.0;
/// Days in a year of instruments that always trade.
pub const CALENDAR_DAYS: f64 = 365.0;

/// Values at the ends of periods; the first is the start of the run.
#[derive(Clone, Debug)]
pub struct Series {
    /// Length of a period in seconds.
    pub period_s: u64,
    /// When each value was taken.
    pub times: Vec<TimeNs>,
    /// Equity over all accounts, in the base currency.
    pub equity: Vec<f64>,
    /// Equity of the same start that bought the benchmark at the end of the first period with a price, and held: splits multiply
    /// what it holds, dividends are kept as cash.
    pub benchmark: Option<Vec<f64>>,
}

/// What is one year, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Year {
    /// Periods per year.
    pub periods: f64,
    /// How that came about.
    pub reason: String,
}

impl Series {
    /// The series that figures are computed from.
    #[must_use]
    pub fn of(recorded: &Recorded, config: &Config, benchmark: Option<InstrumentId>) -> Series {
        let days = recorded.samples.by_day();
        let samples = if days.len() >= DAYS_MIN { &days } else { &recorded.samples };
        Series::over(samples, recorded, config, benchmark)
    }

    /// The same values at the ends of other periods.
    #[must_use]
    pub fn over(samples: &Samples, recorded: &Recorded, config: &Config, benchmark: Option<InstrumentId>) -> Series {
        let times = std::iter::once(recorded.opened).chain(samples.times().iter().copied()).collect();
        let equity: Vec<f64> = std::iter::once(recorded.start).chain(samples.column(0)).map(crate::float).collect();
        let benchmark = benchmark.and_then(|id| {
            let prices = prices(samples, price_column(config, id)?);
            held((samples.times(), &prices), &actions(recorded, config, id)?, equity[0])
        });
        Series { period_s: samples.period_s(), times, equity, benchmark }
    }

    /// Returns of equity.
    #[must_use]
    pub fn returns(&self) -> Vec<f64> {
        returns::simple(&self.equity)
    }

    /// Returns of the benchmark, where there is one.
    #[must_use]
    pub fn benchmark_returns(&self) -> Option<Vec<f64>> {
        self.benchmark.as_ref().map(|values| returns::simple(values))
    }

    /// What a year is, where nobody said: by the kind of instruments.
    #[must_use]
    pub fn year<V: Copy>(&self, samples: &Samples<V>, config: &Config) -> Year {
        let is_always_open = |kind: InstrumentKind| matches!(kind, InstrumentKind::Spot | InstrumentKind::Perpetual);
        let days = if config.instruments.iter().any(|instrument| is_always_open(instrument.kind)) {
            CALENDAR_DAYS
        } else {
            SESSION_DAYS
        };
        let why = if days == CALENDAR_DAYS { "an instrument trades on every day" } else { "trading days" };
        let of_period = crate::float_of(self.period_s) / crate::float_of(DAY_S);
        if self.period_s >= DAY_S {
            return Year { periods: days / of_period, reason: format!("{days} days a year ({why})") };
        }
        let per_day = if days == CALENDAR_DAYS {
            1.0 / of_period
        } else {
            crate::float_of(samples.len() as u64) / crate::float_of(samples.by_day().len().max(1) as u64)
        };
        let reason = format!("{days} days a year ({why}), {per_day:.0} periods of {} s a day", self.period_s);
        Year { periods: (days * per_day).max(1.0), reason }
    }
}

/// Place of an instrument's prices among the columns of samples.
#[must_use]
pub fn price_column(config: &Config, id: InstrumentId) -> Option<usize> {
    let place = usize::try_from(id.0).ok()?.checked_sub(1).filter(|place| *place < config.instruments.len())?;
    Some(1 + config.strategies.len() + place)
}

/// Prices of a column; `None` before there is one.
pub fn prices(samples: &Samples, column: usize) -> Vec<Option<f64>> {
    samples.column(column).map(|price| (!price.is_zero()).then(|| crate::float(price))).collect()
}

/// What happens to a holding at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Change {
    time: TimeNs,
    /// Units for each one from before.
    ratio: f64,
    /// Cash for each unit.
    cash: f64,
}

impl Change {
    fn of(time: TimeNs, action: &CorporateAction, price_digits: u8) -> Change {
        match action.kind {
            Adjustment::Split if action.numerator > 0 && action.denominator > 0 => {
                let ratio = crate::float_of(action.numerator) / crate::float_of(action.denominator);
                Change { time, ratio, cash: 0.0 }
            }
            Adjustment::Dividend => {
                #[expect(clippy::cast_precision_loss, reason = "shown only")]
                let cash = action.cash as f64 / 10_f64.powi(i32::from(price_digits));
                Change { time, ratio: 1.0, cash }
            }
            // A delisting ends at the last price, which is what a holding is worth from then on.
            Adjustment::Split | Adjustment::Rename | Adjustment::Delisting => Change { time, ratio: 1.0, cash: 0.0 },
        }
    }
}

/// Splits and dividends of an instrument; `None` where there were more than are followed.
fn actions(recorded: &Recorded, config: &Config, id: InstrumentId) -> Option<Vec<Change>> {
    let digits = config.instrument(id)?.price_scale.digits();
    let own = recorded.actions.iter().filter(|acted| acted.instrument == id);
    let changes = own.map(|Acted { time, action, .. }| Change::of(*time, action, digits));
    (recorded.actions.len() <= ACTIONS_MAX).then(|| changes.collect())
}

/// What `start` becomes when it buys at the first price and holds; the start itself comes first.
fn held((times, prices): (&[TimeNs], &[Option<f64>]), changes: &[Change], start: f64) -> Option<Vec<f64>> {
    let (bought, first) = times.iter().zip(prices).find_map(|(time, price)| Some((*time, (*price)?)))?;
    if first <= 0.0 {
        return None;
    }
    let mut due = changes.iter().filter(|change| change.time > bought).peekable();
    let (mut ratio, mut cash) = (1.0, 0.0);
    let values = times.iter().zip(prices).map(|(time, price)| {
        while let Some(change) = due.next_if(|change| change.time <= *time) {
            cash += start * ratio * change.cash / first;
            ratio *= change.ratio;
        }
        price.map_or(start, |price| start * ratio * price / first + cash)
    });
    Some(std::iter::once(start).chain(values).collect())
}

/// Returns of groups of periods, for a heat map: row and column of each, the return. What ends at midnight is of the day
/// before.
#[must_use]
pub fn grouped<K: Ord>(series: &Series, key: impl Fn(TimeNs) -> K) -> BTreeMap<K, f64> {
    let mut groups = BTreeMap::new();
    let pairs = series.equity.windows(2).zip(series.times.iter().skip(1));
    for (pair, time) in pairs.filter(|(pair, _)| pair[0] > 0.0) {
        *groups.entry(key(TimeNs(time.0.saturating_sub(1)))).or_insert(1.0) *= pair[1] / pair[0];
    }
    groups.into_iter().map(|(key, growth)| (key, growth - 1.0)).collect()
}

/// Returns by (year, month).
#[must_use]
pub fn by_month(series: &Series) -> BTreeMap<(i32, u8), f64> {
    grouped(series, |time| {
        let (year, month, _) = calendar::date(time);
        (year, month)
    })
}

/// Returns by (year, month, day).
#[must_use]
pub fn by_day(series: &Series) -> BTreeMap<(i32, u8, u8), f64> {
    grouped(series, calendar::date)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_NS: u64 = DAY_S * 1_000_000_000;

    #[test]
    fn months_multiply_their_periods() {
        let series = Series {
            period_s: DAY_S,
            times: [0, 1, 2, 40].map(|day| TimeNs(day * DAY_NS)).to_vec(),
            equity: vec![100.0, 110.0, 121.0, 60.5],
            benchmark: None,
        };
        let months = by_month(&series);
        assert!((months[&(1970, 1)] - 0.21).abs() < 1e-12 && (months[&(1970, 2)] + 0.5).abs() < 1e-12);
        assert_eq!(by_day(&series).len(), 3);
    }

    #[test]
    fn a_period_that_ends_at_midnight_is_of_the_month_that_ends_there() {
        let series = Series {
            period_s: DAY_S,
            times: [30, 31, 32].map(|day| TimeNs(day * DAY_NS)).to_vec(),
            equity: vec![100.0, 110.0, 99.0],
            benchmark: None,
        };
        assert_eq!(by_month(&series).into_keys().collect::<Vec<_>>(), [(1970, 1), (1970, 2)]);
        assert_eq!(by_day(&series).into_keys().collect::<Vec<_>>(), [(1970, 1, 31), (1970, 2, 1)]);
    }

    fn held_days(prices: &[Option<f64>], changes: &[Change]) -> Option<Vec<f64>> {
        let times: Vec<TimeNs> = (1..=prices.len() as u64).map(|day| TimeNs(day * DAY_NS)).collect();
        held((&times, prices), changes, 100.0)
    }

    #[test]
    fn a_benchmark_without_a_price_is_none() {
        assert_eq!(held_days(&[None, None], &[]), None);
        assert_eq!(held_days(&[None, Some(10.0), Some(15.0)], &[]), Some(vec![100.0, 100.0, 100.0, 150.0]));
    }

    #[test]
    fn splits_multiply_a_benchmark_that_is_held_and_dividends_are_added() {
        let action = |kind, numerator, cash| CorporateAction { kind, numerator, denominator: 1, cash };
        let change = |day: u64, action: CorporateAction| Change::of(TimeNs(day * DAY_NS - 1), &action, 2);
        let split = |day, by| change(day, action(Adjustment::Split, by, 0));
        let dividend = |day, cash| change(day, action(Adjustment::Dividend, 1, cash));
        // Before the first price nothing is held; at the end of a day its split is in its price.
        let prices = [None, Some(70.0), Some(10.0), Some(12.0), Some(6.0)];
        let changes = [split(1, 3), split(2, 2), split(3, 7), dividend(4, 50), split(5, 2)];
        // What was bought at 70 is seven times as many at 10, has 0.50 for each, and is twice as many at 6.
        let units = 100.0 / 70.0;
        let want = [100.0, 100.0, 100.0, units * 7.0 * 10.0, units * 7.0 * 12.5, units * (14.0 * 6.0 + 3.5)];
        let found = held_days(&prices, &changes).unwrap();
        assert_eq!(found.len(), want.len());
        let is_near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
        assert!(found.iter().zip(&want).all(is_near), "{found:?} for {want:?}");
        // What cannot be divided by changes nothing.
        assert_eq!(split(1, 0).ratio, 1.0);
    }
}
