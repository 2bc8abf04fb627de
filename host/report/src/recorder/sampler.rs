//! Samples: how did equity, prices and positions stand at the end of each period?
//!
//! In: the time of every row, State when a period is over. Out: at most [`SAMPLES_MAX`] rows of equal width, of the
//! shortest period of [`PERIODS_S`] that keeps them that few. Must never: allocate after it was made.
//!
//! A period without a row has no sample, so nights and weekends take no room. A sample is the State before the first row
//! of a later period; what a timer does after the last row of a period counts to the next one. A period ends with its last
//! instant: a bar that closes at midnight is of the day that ends there.

use ringfence_core::ids::TimeNs;
use ringfence_core::money::Decimal;

/// Most samples: 45 years of days, a trading year of quarter hours.
pub const SAMPLES_MAX: usize = 16_384;

/// Lengths of periods in seconds; each divides the next, so that samples of one are samples of the next.
pub const PERIODS_S: [u64; 9] = [1, 10, 60, 300, 900, 3_600, 14_400, 86_400, 604_800];

/// A day, the longest period that figures are computed from.
pub const DAY_S: u64 = 86_400;

/// Samples of several columns.
#[derive(Clone, Debug)]
pub struct Samples<V = Decimal> {
    times: Vec<TimeNs>,
    values: Vec<V>,
    columns: usize,
    rung: usize,
    /// First time of the next period.
    next: u64,
}

impl<V: Copy> Samples<V> {
    /// Room for samples of `columns` values.
    #[must_use]
    pub fn new(columns: usize) -> Samples<V> {
        let values = Vec::with_capacity(SAMPLES_MAX * columns);
        Samples { times: Vec::with_capacity(SAMPLES_MAX), values, columns, rung: 0, next: 0 }
    }

    /// True when a row of this time begins a later period. True for the first row.
    #[must_use]
    pub fn is_due(&self, row: TimeNs) -> bool {
        row.0 >= self.next
    }

    /// Begins the period of a row.
    pub fn begin(&mut self, row: TimeNs) {
        self.next = end_of(row.0, self.width_ns()).saturating_add(1);
    }

    /// Adds a sample: one value for each column.
    ///
    /// # Panics
    /// When there are more or fewer values than columns.
    pub fn push(&mut self, time: TimeNs, values: impl IntoIterator<Item = V>) {
        while self.times.len() == SAMPLES_MAX && self.rung + 1 < PERIODS_S.len() {
            self.widen();
        }
        if self.times.len() == SAMPLES_MAX {
            return;
        }
        self.times.push(time);
        self.values.extend(values);
        assert_eq!(self.values.len(), self.times.len() * self.columns, "one value for each column");
    }

    /// Keeps the last sample of each longer period.
    fn widen(&mut self) {
        self.rung += 1;
        let width = self.width_ns();
        let mut kept = 0;
        for at in 0..self.times.len() {
            let is_same = kept > 0 && end_of(self.times[kept - 1].0, width) == end_of(self.times[at].0, width);
            let to = if is_same { kept - 1 } else { kept };
            self.times[to] = self.times[at];
            self.values.copy_within(at * self.columns..(at + 1) * self.columns, to * self.columns);
            kept = to + 1;
        }
        self.times.truncate(kept);
        self.values.truncate(kept * self.columns);
        self.next = end_of(self.next.saturating_sub(1), width).saturating_add(1);
    }

    /// Names the longest period that has no two samples: bars of a day are samples of days.
    pub(crate) fn settle(&mut self) {
        let gap = self.times.windows(2).map(|pair| pair[1].0 - pair[0].0).min().unwrap_or(0);
        let is_apart = |rung: usize| {
            let width = PERIODS_S[rung] * 1_000_000_000;
            let of = |time: &TimeNs| end_of(time.0, width);
            // What is a whole period apart needs no division.
            gap >= width || self.times.windows(2).all(|pair| of(&pair[0]) != of(&pair[1]))
        };
        let longest = (self.rung..PERIODS_S.len()).take_while(|rung| is_apart(*rung)).last();
        if self.times.len() > 1 {
            self.rung = longest.unwrap_or(self.rung);
        }
    }

    fn width_ns(&self) -> u64 {
        PERIODS_S[self.rung] * 1_000_000_000
    }

    /// Length of a period in seconds.
    #[must_use]
    pub fn period_s(&self) -> u64 {
        PERIODS_S[self.rung]
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// True without a sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// When each sample was taken: the time of the last event in it.
    #[must_use]
    pub fn times(&self) -> &[TimeNs] {
        &self.times
    }

    /// One column, from 0.
    pub fn column(&self, column: usize) -> impl Iterator<Item = V> + '_ {
        self.values.iter().skip(column).step_by(self.columns).copied()
    }

    /// The last sample of each day, where days are longer than the period now.
    #[must_use]
    pub fn by_day(&self) -> Samples<V> {
        self.by_period(DAY_S)
    }

    /// The last sample of each period of at least so many seconds, where those are longer than the period now.
    #[must_use]
    pub fn by_period(&self, seconds: u64) -> Samples<V> {
        let mut wider = self.clone();
        while wider.period_s() < seconds && wider.rung + 1 < PERIODS_S.len() {
            wider.widen();
        }
        wider
    }
}

/// Last instant of the period that a time is in.
fn end_of(time: u64, width: u64) -> u64 {
    time.div_ceil(width).saturating_mul(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(seconds: impl Iterator<Item = u64>) -> Samples {
        let mut samples = Samples::new(2);
        for s in seconds {
            let time = TimeNs(s * 1_000_000_000);
            if samples.is_due(time) {
                samples.begin(time);
                samples.push(time, [Decimal::from(s), Decimal::from(s * 2)]);
            }
        }
        samples
    }

    #[test]
    fn a_full_room_is_kept_whole_and_one_more_widens_it() {
        let full = sampled(0..16_384);
        assert_eq!((full.len(), full.period_s()), (16_384, 1));
        let wider = sampled(0..16_385);
        assert_eq!((wider.len(), wider.period_s()), (1_641, 10));
    }

    #[test]
    fn the_last_sample_of_a_longer_period_stays_with_all_its_columns() {
        let wider = sampled(0..16_385);
        let firsts: Vec<Decimal> = wider.column(0).take(3).collect();
        assert_eq!(firsts, [0, 10, 20].map(Decimal::from));
        assert!(wider.column(0).zip(wider.column(1)).all(|(a, b)| b == a + a));
    }

    #[test]
    fn every_length_divides_the_next() {
        assert!(PERIODS_S.windows(2).all(|pair| pair[1] % pair[0] == 0));
    }

    #[test]
    fn days_keep_one_sample_each() {
        assert_eq!(sampled((0..10).map(|day| day * DAY_S + 5)).by_day().len(), 10);
        assert_eq!(sampled(1..=100).by_day().len(), 1);
    }

    #[test]
    fn the_minute_that_closes_at_midnight_is_of_the_day_that_ends() {
        let minutes = sampled((1..=2 * 1_440).map(|minute| minute * 60)).by_day();
        assert_eq!(minutes.times(), [1, 2].map(|day| TimeNs(day * DAY_S * 1_000_000_000)));
    }

    #[test]
    fn bars_are_samples_of_their_own_interval() {
        let mut daily = sampled((0..10).map(|day| day * DAY_S));
        daily.settle();
        assert_eq!((daily.period_s(), daily.len()), (DAY_S, 10));
        let mut uneven = sampled([1, 5, 60].into_iter());
        uneven.settle();
        assert_eq!(uneven.period_s(), 1);
        let mut tens = sampled([1, 60, 600].into_iter());
        tens.settle();
        assert_eq!(tens.period_s(), 10);
    }

    #[test]
    fn room_is_made_once() {
        let empty = || Samples::<Decimal>::new(2);
        let (times, values) = (empty().times.capacity(), empty().values.capacity());
        let full = sampled(0..100_000);
        assert_eq!((full.times.capacity(), full.values.capacity()), (times, values));
    }

    #[test]
    fn a_run_without_end_stays_within_its_room() {
        let samples = sampled((0..30_000).map(|week| week * 604_800));
        assert_eq!(samples.len(), SAMPLES_MAX);
    }
}
