//! Equity curve: how did equity move over the run, in a bounded number of points?
//!
//! In: the wish to sample at each row. Out: at most [`POINTS_MAX`] points, evenly spread over the rows. Must never: cost
//! more than a comparison for a row that is not sampled.

use ringfence_core::ids::TimeNs;
use ringfence_core::money::Decimal;

/// Most points kept: more than a terminal or a page shows.
pub const POINTS_MAX: usize = 1024;

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Event time.
    pub time: TimeNs,
    /// Equity over all accounts of the base currency.
    pub equity: Decimal,
}

/// Samples every n-th row; n doubles, and every second point goes, whenever the room is used up.
#[derive(Clone, Debug)]
pub struct Curve {
    points: Vec<Point>,
    every: u64,
    next: u64,
}

impl Default for Curve {
    fn default() -> Curve {
        Curve { points: Vec::with_capacity(POINTS_MAX), every: 1, next: 0 }
    }
}

impl Curve {
    /// A curve without points, for runs of which nobody wants one.
    #[must_use]
    pub fn none() -> Curve {
        Curve { points: Vec::new(), every: 1, next: u64::MAX }
    }

    /// True when row number `row` (from 0) is to be sampled.
    #[must_use]
    pub fn wants(&self, row: u64) -> bool {
        row >= self.next
    }

    /// Adds the point of row number `row`.
    pub fn push(&mut self, row: u64, point: Point) {
        if self.points.len() == POINTS_MAX {
            let mut at = 0;
            self.points.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.every *= 2;
        }
        self.points.push(point);
        self.next = row + self.every;
    }

    /// The points, oldest first.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(rows: u64) -> Vec<u64> {
        let mut curve = Curve::default();
        for row in 0..rows {
            if curve.wants(row) {
                curve.push(row, Point { time: TimeNs(row), equity: Decimal::ZERO });
            }
        }
        curve.points().iter().map(|point| point.time.0).collect()
    }

    #[test]
    fn without_points_no_row_is_wanted() {
        assert!(!Curve::none().wants(0) && !Curve::none().wants(u64::MAX - 1));
    }

    #[test]
    fn few_rows_are_all_kept() {
        assert_eq!(sampled(5), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn many_rows_keep_a_bounded_and_even_choice() {
        let points = sampled(1_000_000);
        assert!(points.len() <= POINTS_MAX && points.len() > POINTS_MAX / 2 - 2, "{}", points.len());
        let gaps: Vec<u64> = points.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().max() <= gaps.iter().min().map(|gap| gap * 3).as_ref(), "uneven");
    }
}
