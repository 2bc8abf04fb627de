//! Drawdowns: how far below its peak was capital, and for how long?
//!
//! In: returns, or values where an amount is asked for. Out: depths as fractions of the peak (0 or below), amounts (0 or
//! above), durations in periods. Must never: count the start as anything but the first peak.

use crate::statistics::{finite, float, mean};

/// A fall from a peak and, where it came, the return to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawdown {
    /// Number of values before the fall: place of the peak, 0 = the start.
    pub peak: usize,
    /// Place of the lowest value.
    pub trough: usize,
    /// Place of the first value at or above the peak; `None` = not recovered.
    pub end: Option<usize>,
    /// Lowest value over peak, less 1: below 0.
    pub depth: f64,
}

/// Drawdown at each point, the start included: `value / highest so far - 1`.
#[must_use]
pub fn series(returns: &[f64]) -> Vec<f64> {
    let (mut value, mut peak) = (1.0_f64, 1.0_f64);
    let mut points = Vec::with_capacity(returns.len() + 1);
    points.push(0.0);
    for r in returns {
        value *= 1.0 + r;
        peak = peak.max(value);
        points.push(value / peak - 1.0);
    }
    points
}

/// Deepest drawdown: `min(value / highest so far - 1)`, 0 when capital never fell.
#[must_use]
pub fn deepest(returns: &[f64]) -> Option<f64> {
    if returns.is_empty() { None } else { series(returns).into_iter().min_by(f64::total_cmp) }
}

/// Largest fall from a peak as an amount: `max(highest so far - value)`, 0 when there was none.
#[must_use]
pub fn largest_fall(values: &[f64]) -> f64 {
    let (mut peak, mut largest) = (f64::NEG_INFINITY, 0.0_f64);
    for value in values {
        peak = peak.max(*value);
        largest = largest.max(peak - value);
    }
    largest
}

/// Every drawdown, in order of its peak.
#[must_use]
pub fn all(returns: &[f64]) -> Vec<Drawdown> {
    let mut found: Vec<Drawdown> = Vec::new();
    let mut open: Option<Drawdown> = None;
    for (at, depth) in series(returns).into_iter().enumerate() {
        open = match open.take() {
            None if depth < 0.0 => Some(Drawdown { peak: at - 1, trough: at, end: None, depth }),
            None => None,
            Some(fall) if depth < fall.depth => Some(Drawdown { trough: at, depth, ..fall }),
            Some(fall) if depth < 0.0 => Some(fall),
            Some(fall) => {
                found.push(Drawdown { end: Some(at), ..fall });
                None
            }
        };
    }
    found.extend(open);
    found
}

/// The `most` deepest drawdowns, the deepest first; of equal ones the earlier first.
#[must_use]
pub fn worst(returns: &[f64], most: usize) -> Vec<Drawdown> {
    let mut found = all(returns);
    found.sort_by(|a, b| a.depth.total_cmp(&b.depth));
    found.truncate(most);
    found
}

/// Mean depth of all drawdowns; `None` when there was none.
#[must_use]
pub fn average(returns: &[f64]) -> Option<f64> {
    mean(&all(returns).iter().map(|fall| fall.depth).collect::<Vec<_>>())
}

/// Longest time from a peak to the return to it, in periods; to the end where it did not return. 0 = capital never fell.
#[must_use]
pub fn longest(returns: &[f64]) -> usize {
    let length = |fall: &Drawdown| fall.end.unwrap_or(returns.len()) - fall.peak;
    all(returns).iter().map(length).max().unwrap_or(0)
}

/// Share of periods that ended below a peak, 0 to 1.
#[must_use]
pub fn under_water(returns: &[f64]) -> Option<f64> {
    let below = series(returns).iter().filter(|depth| **depth < 0.0).count();
    finite(float(below) / float(returns.len()))
}

/// Ulcer index (Martin and McCann, 1989): `sqrt(mean(drawdown^2))` over the ends of all periods.
#[must_use]
pub fn ulcer(returns: &[f64]) -> Option<f64> {
    let squares: Vec<f64> = series(returns).iter().skip(1).map(|depth| depth.powi(2)).collect();
    mean(&squares).map(f64::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(returns: &[f64], want: Expect) {
        let one = |fall: &Drawdown| {
            let end = fall.end.map_or("open".to_owned(), |end| end.to_string());
            format!("{}..{}..{end} {:.3}", fall.peak, fall.trough, fall.depth)
        };
        let lines: Vec<String> = all(returns).iter().map(one).collect();
        want.assert_eq(&format!("{}; longest {}", lines.join(", "), longest(returns)));
    }

    #[test]
    fn a_rise_has_no_drawdown() {
        check(&[0.1, 0.0, 0.1], expect!["; longest 0"]);
    }

    #[test]
    fn the_largest_fall_is_of_amounts_and_not_the_deepest_share() {
        assert_eq!(largest_fall(&[100.0, 50.0, 1_000.0, 900.0, 950.0]), 100.0);
        assert_eq!([largest_fall(&[]), largest_fall(&[5.0]), largest_fall(&[1.0, 2.0])], [0.0; 3]);
    }

    #[test]
    fn a_fall_ends_where_the_peak_is_reached_again() {
        check(&[0.1, -0.5, -0.5, 3.0, -0.1], expect!["1..3..4 -0.750, 4..5..open -0.100; longest 3"]);
    }

    #[test]
    fn the_worst_come_deepest_first() {
        let depths = |most| {
            worst(&[-0.1, 0.5, -0.3, 1.0, -0.2], most)
                .iter()
                .map(|fall| format!("{:.1}", fall.depth))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (depths(5), depths(2)),
            (vec!["-0.3".into(), "-0.2".into(), "-0.1".into()], vec!["-0.3".into(), "-0.2".into()])
        );
    }

    #[test]
    fn a_fall_from_the_start_counts() {
        check(&[-0.5, 0.5], expect!["0..1..open -0.500; longest 2"]);
        assert_eq!((deepest(&[-0.5, 0.5]), under_water(&[-0.5, 0.5]), deepest(&[])), (Some(-0.5), Some(1.0), None));
    }
}
