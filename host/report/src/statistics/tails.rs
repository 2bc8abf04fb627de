//! Tails: how do returns spread, and what do bad periods look like?
//!
//! In: returns. Out: quantiles and moments. Must never: assume a distribution.

use crate::statistics::{finite, float, index, mean, quantile, sorted};

/// Share of periods that value at risk and its mean look at.
pub const TAIL: f64 = 0.05;

/// Value at risk, historical: the quantile at `share` of the returns (negative = loss).
#[must_use]
pub fn value_at_risk(returns: &[f64], share: f64) -> Option<f64> {
    quantile(returns, share)
}

/// Conditional value at risk, historical (Rockafellar and Uryasev, 2000): mean of the lowest returns, those up to place
/// `floor((n - 1) * share)`.
#[must_use]
pub fn conditional_value_at_risk(returns: &[f64], share: f64) -> Option<f64> {
    if returns.is_empty() || !(0.0..=1.0).contains(&share) {
        return None;
    }
    let last = index((float(returns.len() - 1) * share).floor());
    mean(&sorted(returns)[..=last])
}

/// Tail ratio: `|quantile 95 %| / |quantile 5 %|`.
#[must_use]
pub fn tail_ratio(returns: &[f64]) -> Option<f64> {
    finite(quantile(returns, 1.0 - TAIL)?.abs() / quantile(returns, TAIL)?.abs())
}

/// Skewness of the sample, not corrected for its size: `m3 / m2^(3/2)` with central moments.
#[must_use]
pub fn skew(returns: &[f64]) -> Option<f64> {
    let [second, third, _] = moments(returns)?;
    finite(third / second.powf(1.5))
}

/// Excess kurtosis of the sample, not corrected for its size: `m4 / m2^2 - 3`.
#[must_use]
pub fn kurtosis(returns: &[f64]) -> Option<f64> {
    let [second, _, fourth] = moments(returns)?;
    finite(fourth / second.powi(2) - 3.0)
}

/// Second, third and fourth central moment.
fn moments(returns: &[f64]) -> Option<[f64; 3]> {
    let middle = mean(returns)?;
    let moment = |power: i32| mean(&returns.iter().map(|r| (r - middle).powi(power)).collect::<Vec<_>>());
    Some([moment(2)?, moment(3)?, moment(4)?])
}

/// Counts of returns in `bins` equal intervals from the lowest to the highest; the last interval holds its upper end.
#[must_use]
pub fn histogram(returns: &[f64], bins: usize) -> Vec<(f64, usize)> {
    let sorted = sorted(returns);
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    let width = (high - low) / float(bins.max(1));
    if width <= 0.0 {
        return vec![(*low, returns.len())];
    }
    let mut counts: Vec<(f64, usize)> = (0..bins).map(|bin| (width.mul_add(float(bin), *low), 0)).collect();
    for value in &sorted {
        counts[index(((value - low) / width).floor()).min(bins - 1)].1 += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_mirrored_returns_have_no_skew() {
        assert_eq!(skew(&[-1.0, 0.0, 1.0]), Some(0.0));
        assert_eq!((skew(&[1.0, 1.0]), kurtosis(&[]), tail_ratio(&[])), (None, None, None));
    }

    #[test]
    fn the_mean_of_the_tail_takes_at_least_the_lowest() {
        assert_eq!(conditional_value_at_risk(&[0.3, -0.1, 0.2], 0.05), Some(-0.1));
        assert_eq!(conditional_value_at_risk(&[0.5, -0.25], 1.0), Some(0.125));
        assert_eq!(conditional_value_at_risk(&[], 0.05), None);
    }

    proptest! {
        #[test]
        fn every_return_is_in_one_bin(values in prop::collection::vec(-1.0..1.0_f64, 0..200), bins in 1..50_usize) {
            let counted: usize = histogram(&values, bins).iter().map(|(_, count)| count).sum();
            prop_assert_eq!(counted, values.len());
        }

        #[test]
        fn the_mean_of_the_tail_is_not_above_its_edge(values in prop::collection::vec(-1.0..1.0_f64, 1..200)) {
            let edge = value_at_risk(&values, TAIL).unwrap();
            prop_assert!(conditional_value_at_risk(&values, TAIL).unwrap() <= edge + 1e-12);
        }
    }
}
