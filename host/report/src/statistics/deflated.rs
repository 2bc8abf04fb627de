//! Chance: could a Sharpe ratio as good as this one be luck, of a short series or of many tries?
//!
//! In: returns, or the moments of several series of returns that were tried. Out: probabilities, and the ratio that the
//! best of so many tries reaches by luck alone. Must never: take an annual ratio, for all formulas here are of one period.
//!
//! Bailey and Lopez de Prado: The Sharpe Ratio Efficient Frontier (2012); The Deflated Sharpe Ratio (2014).

use crate::statistics::{Basis, deviation, finite, float, ratios, tails};

/// What a ratio's distribution rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Returns.
    pub count: usize,
    /// Sharpe ratio of one period: `mean(r - f) / s(r - f)`.
    pub sharpe: f64,
    /// Skewness.
    pub skew: f64,
    /// Excess kurtosis.
    pub kurtosis: f64,
}

impl Moments {
    /// Moments of returns; `None` where they have no Sharpe ratio.
    #[must_use]
    pub fn of(returns: &[f64], basis: &Basis) -> Option<Moments> {
        let sharpe = ratios::sharpe(returns, basis)? / basis.periods_per_year().sqrt();
        let (skew, kurtosis) = (tails::skew(returns)?, tails::kurtosis(returns)?);
        Some(Moments { count: returns.len(), sharpe, skew, kurtosis })
    }

    /// Variance of the ratio's estimate, times `n - 1`: `1 - skew SR + (kurtosis + 2) / 4 SR^2`, of the excess kurtosis.
    fn spread(&self) -> f64 {
        1.0 - self.skew * self.sharpe + (self.kurtosis + 2.0) / 4.0 * self.sharpe * self.sharpe
    }
}

/// Confidence of [`track_record_min`].
pub const CONFIDENCE: f64 = 0.95;

/// Probabilistic Sharpe ratio (Bailey and Lopez de Prado, 2012): the probability that the true ratio of a period is above
/// `threshold`, `N((SR - threshold) sqrt(n - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR^2))`, with the kurtosis that is 3
/// of a normal distribution.
#[must_use]
pub fn probabilistic(moments: &Moments, threshold: f64) -> Option<f64> {
    let periods = moments.count.checked_sub(1).filter(|periods| *periods > 0)?;
    finite(normal((moments.sharpe - threshold) * float(periods).sqrt() / moments.spread().sqrt()))
}

/// Minimum track record length (the same, 2012): periods that it takes until a ratio above 0 is significant at
/// [`CONFIDENCE`], `1 + (1 - skew SR + (kurtosis - 1) / 4 SR^2) (N^-1(95 %) / SR)^2`. `None` of a ratio that is not above 0.
#[must_use]
pub fn track_record_min(moments: &Moments) -> Option<f64> {
    let quantile = upper_quantile(1.0 - CONFIDENCE);
    if moments.sharpe > 0.0 { finite(1.0 + moments.spread() * (quantile / moments.sharpe).powi(2)) } else { None }
}

/// Expected maximum Sharpe ratio of a period among `trials` independent tries without any skill (2014):
/// `s(SR) ((1 - g) N^-1(1 - 1 / N) + g N^-1(1 - 1 / (N e)))` with the deviation of the tries' ratios and Euler's constant
/// `g`. 0 of fewer than two.
#[must_use]
pub fn expected_maximum(sharpes: &[f64], trials: usize) -> f64 {
    let Some(spread) = deviation(sharpes).filter(|_| trials > 1) else { return 0.0 };
    let above = 1.0 / float(trials);
    let (one, other) = (upper_quantile(above), upper_quantile(above / std::f64::consts::E));
    spread * EULER.mul_add(other - one, one)
}

/// Deflated Sharpe ratio (2014): the probabilistic one above what the best of so many tries reaches by luck alone.
#[must_use]
pub fn deflated(moments: &Moments, expected_maximum: f64) -> Option<f64> {
    probabilistic(moments, expected_maximum)
}

/// The Euler-Mascheroni constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// The normal distribution: share of values up to `x`.
#[must_use]
pub fn normal(x: f64) -> f64 {
    libm::erfc(-x / std::f64::consts::SQRT_2) / 2.0
}

/// The value that a share `above` of a normal distribution (above 0, at most a half) lies above.
fn upper_quantile(above: f64) -> f64 {
    let log_density = |x: f64| -0.5 * x * x - 0.5 * (2.0 * std::f64::consts::PI).ln();
    // Newton's method on the logarithm of the tail, which is concave: from the left of the root it overshoots once at
    // most, and then comes down to it.
    let mut x = 0.0;
    for _ in 0..STEPS {
        let tail = normal(-x);
        let step = (tail.ln() - above.ln()) * (tail.ln() - log_density(x)).exp();
        x += step;
        if step.abs() < 1e-15 * x.abs() {
            break;
        }
    }
    x
}

/// Steps of Newton's method, which doubles the digits with each: a dozen are used, the rest is a bound.
const STEPS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(count: usize, sharpe: f64) -> Moments {
        Moments { count, sharpe, skew: 0.0, kurtosis: 0.0 }
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Odeh and Evans (1974), to ten digits.
        for (above, want) in [(0.5, 0.0), (0.05, 1.644_853_626_95), (0.01, 2.326_347_874_04), (1e-6, 4.753_424_308_82)]
        {
            assert!((upper_quantile(above) - want).abs() < 1e-10, "{above}: {}", upper_quantile(above));
        }
        assert!((normal(-upper_quantile(1e-12)) / 1e-12 - 1.0).abs() < 1e-12);
    }

    /// The example of the paper of 2014: an annual ratio of 2.5 over 1,250 days, skew -3, kurtosis 10, found as the best of
    /// 100 tries whose annual ratios vary by a half: no more than 0.1132 a day by luck, and 90 % that it is not.
    #[test]
    fn the_example_of_the_paper_is_reproduced() {
        let day = 250.0_f64.sqrt();
        // Two ratios whose sample variance is a half.
        let sharpes = [0.5, -0.5].map(|ratio: f64| ratio / day);
        assert!((deviation(&sharpes).unwrap() - (0.5_f64 / 250.0).sqrt()).abs() < 1e-15);
        let luck = expected_maximum(&sharpes, 100);
        assert!((luck - 0.1132).abs() < 5e-5, "{luck}");
        let best = Moments { count: 1250, sharpe: 2.5 / day, skew: -3.0, kurtosis: 7.0 };
        let deflated = deflated(&best, luck).unwrap();
        assert!((deflated - 0.9004).abs() < 5e-5, "{deflated}");
    }

    #[test]
    fn one_try_expects_no_luck_and_more_expect_more() {
        let sharpes = [0.1, 0.2, 0.3];
        assert_eq!((expected_maximum(&sharpes, 1), expected_maximum(&sharpes[..1], 9)), (0.0, 0.0));
        let many: Vec<f64> = [2, 10, 100, 10_000].map(|trials| expected_maximum(&sharpes, trials)).to_vec();
        assert!(many.is_sorted() && many[0] > 0.0, "{many:?}");
    }

    #[test]
    fn a_ratio_at_its_threshold_is_as_likely_above_as_below() {
        assert_eq!(probabilistic(&moments(100, 0.1), 0.1), Some(0.5));
        assert!(probabilistic(&moments(400, 0.1), 0.0) > probabilistic(&moments(100, 0.1), 0.0));
        assert_eq!((probabilistic(&moments(1, 0.1), 0.0), track_record_min(&moments(9, 0.0))), (None, None));
    }

    #[test]
    fn a_track_record_of_that_length_is_just_significant() {
        let length = track_record_min(&moments(0, 0.08)).unwrap();
        let [at, before] = [length.ceil(), length.floor()]
            .map(|n| probabilistic(&moments(crate::statistics::index(n), 0.08), 0.0).unwrap());
        assert!(at >= CONFIDENCE && before < CONFIDENCE, "{length}: {before} {at}");
    }

    #[test]
    fn returns_without_a_spread_have_no_moments() {
        let basis = Basis::new(252.0, 0.0).unwrap();
        assert_eq!((Moments::of(&[0.01; 9], &basis), Moments::of(&[], &basis)), (None, None));
    }
}
