//! Statistics: what do a return series and a list of trades come to, in numbers?
//!
//! In: returns of equal periods, sums over trades, and the [`Basis`] of every annual figure. Out: one number a function,
//! `None` where it is not defined. Must never: choose a period, a benchmark or a rate itself; floats stay here and are
//! shown, no decision of a run depends on them.
//!
//! Each function names the formula it computes. `tests/oracles/statistics.py` computes the same figures from the same
//! prices without this code.

pub mod deflated;
pub mod drawdown;
pub mod ratios;
pub mod relative;
pub mod returns;
pub mod tails;
pub mod trading;

/// What annual figures rest on. A report states both numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basis {
    periods_per_year: f64,
    risk_free: f64,
}

/// A basis that no annual figure can rest on.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BasisError {
    /// Periods per year outside their range.
    #[error("{0} periods per year, expected a number above 0 and at most {PERIODS_PER_YEAR_MAX}")]
    Periods(f64),
    /// Risk-free rate outside its range.
    #[error("risk-free rate {0}, expected a yearly rate above -1 and below 10 (0.02 is two per cent)")]
    RiskFree(f64),
}

/// Most periods per year: one a nanosecond has no more.
pub const PERIODS_PER_YEAR_MAX: f64 = 4.0e16;

impl Basis {
    /// Returns of how many periods make a year (above 0), and what a year without risk yields (0.02 = two per cent).
    ///
    /// # Errors
    /// [`BasisError`] for numbers outside their ranges.
    pub fn new(periods_per_year: f64, risk_free: f64) -> Result<Basis, BasisError> {
        if !(periods_per_year > 0.0 && periods_per_year <= PERIODS_PER_YEAR_MAX) {
            return Err(BasisError::Periods(periods_per_year));
        }
        if !(risk_free > -1.0 && risk_free < 10.0) {
            return Err(BasisError::RiskFree(risk_free));
        }
        Ok(Basis { periods_per_year, risk_free })
    }

    /// Periods in a year.
    #[must_use]
    pub fn periods_per_year(&self) -> f64 {
        self.periods_per_year
    }

    /// Yield of a year without risk.
    #[must_use]
    pub fn risk_free(&self) -> f64 {
        self.risk_free
    }

    /// Yield of one period without risk, compounded: `(1 + rate)^(1 / periods) - 1`.
    #[must_use]
    pub fn risk_free_per_period(&self) -> f64 {
        // `exp_m1` and `ln_1p` keep the digits of rates near 0, which are all there are at short periods.
        (self.risk_free.ln_1p() / self.periods_per_year).exp_m1()
    }
}

/// A count as a float.
#[expect(clippy::cast_precision_loss, reason = "counts of periods and trades are far below 2^53")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// Numbers that are shown are finite; a division by nothing has no result.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Arithmetic mean; `None` of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { finite(values.iter().sum::<f64>() / float(values.len())) }
}

/// Standard deviation of a sample, `sqrt(sum (x - mean)^2 / (n - 1))`; `None` of fewer than two values.
#[must_use]
pub fn deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let middle = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    finite((squares / float(values.len() - 1)).sqrt())
}

/// Quantile by linear interpolation between order statistics at `(n - 1) * share` (type 7 of Hyndman and Fan, 1996).
/// `share` is 0 to 1.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    if values.is_empty() || !(0.0..=1.0).contains(&share) {
        return None;
    }
    let sorted = sorted(values);
    let place = float(sorted.len() - 1) * share;
    let below = index(place.floor());
    let above = (below + 1).min(sorted.len() - 1);
    finite(sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor()))
}

pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// A float that is a whole number within a list as its place.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 0 and below the length of a list"
)]
pub(crate) fn index(place: f64) -> usize {
    place as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_is_refused_one_past_its_limits() {
        assert!(Basis::new(PERIODS_PER_YEAR_MAX, 0.0).is_ok() && Basis::new(0.5, -0.99).is_ok());
        assert_eq!(Basis::new(0.0, 0.0), Err(BasisError::Periods(0.0)));
        assert_eq!(Basis::new(5.0e16, 0.0), Err(BasisError::Periods(5.0e16)));
        assert!(Basis::new(f64::NAN, 0.0).is_err() && Basis::new(252.0, f64::NAN).is_err());
        assert_eq!(Basis::new(252.0, -1.0), Err(BasisError::RiskFree(-1.0)));
        assert_eq!(Basis::new(252.0, 10.0), Err(BasisError::RiskFree(10.0)));
    }

    #[test]
    fn a_year_of_periods_yields_the_yearly_rate() {
        let basis = Basis::new(252.0, 0.05).unwrap();
        assert!((basis.risk_free_per_period().mul_add(1.0, 1.0).powf(252.0) - 1.05).abs() < 1e-12);
    }

    #[test]
    fn quantiles_interpolate_and_end_at_the_extremes() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!([0.0, 0.5, 1.0].map(|share| quantile(&values, share)), [Some(1.0), Some(2.5), Some(4.0)]);
        assert_eq!((quantile(&values, 1.01), quantile(&[], 0.5)), (None, None));
    }

    #[test]
    fn nothing_has_no_mean_and_one_value_no_deviation() {
        assert_eq!((mean(&[]), deviation(&[1.0]), deviation(&[1.0, 3.0])), (None, None, Some(2.0_f64.sqrt())));
    }
}
