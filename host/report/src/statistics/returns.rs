//! Returns: what did capital become?
//!
//! In: simple returns of consecutive periods, as fractions (0.01 = one per cent). Out: growth and its spread.
//! Must never: compare with a benchmark.

use crate::statistics::{Basis, deviation, finite, float, mean};

/// Simple returns of a series of values, `v[i] / v[i-1] - 1`. From a value that is not above 0 on, nothing is a return:
/// what was lost whole does not grow.
#[must_use]
pub fn simple(values: &[f64]) -> Vec<f64> {
    let pairs = values.windows(2).take_while(|pair| pair[0] > 0.0);
    pairs.map(|pair| pair[1] / pair[0] - 1.0).collect()
}

/// Growth of 1 over the periods: `prod (1 + r)`.
#[must_use]
pub fn growth(returns: &[f64]) -> f64 {
    returns.iter().map(|r| 1.0 + r).product()
}

/// Total return: `prod (1 + r) - 1`.
#[must_use]
pub fn total(returns: &[f64]) -> Option<f64> {
    if returns.is_empty() { None } else { finite(growth(returns) - 1.0) }
}

/// Compound annual growth rate: `(prod (1 + r))^(periods per year / n) - 1`.
#[must_use]
pub fn cagr(returns: &[f64], basis: &Basis) -> Option<f64> {
    let grown = growth(returns);
    if returns.is_empty() || grown < 0.0 {
        return None;
    }
    finite(grown.powf(basis.periods_per_year() / float(returns.len())) - 1.0)
}

/// Mean return of a period: `sum r / n`.
#[must_use]
pub fn average(returns: &[f64]) -> Option<f64> {
    mean(returns)
}

/// Annual volatility: `s * sqrt(periods per year)` with the deviation `s` of a sample.
#[must_use]
pub fn volatility(returns: &[f64], basis: &Basis) -> Option<f64> {
    Some(deviation(returns)? * basis.periods_per_year().sqrt())
}

/// Annual downside deviation below the risk-free rate `f` of a period (Sortino and van der Meer, 1991):
/// `sqrt(mean(min(r - f, 0)^2)) * sqrt(periods per year)`.
#[must_use]
pub fn downside(returns: &[f64], basis: &Basis) -> Option<f64> {
    let rate = basis.risk_free_per_period();
    let squares: Vec<f64> = returns.iter().map(|r| (r - rate).min(0.0).powi(2)).collect();
    Some(mean(&squares)?.sqrt() * basis.periods_per_year().sqrt())
}

/// Highest return of a period.
#[must_use]
pub fn best(returns: &[f64]) -> Option<f64> {
    returns.iter().copied().max_by(f64::total_cmp)
}

/// Lowest return of a period.
#[must_use]
pub fn worst(returns: &[f64]) -> Option<f64> {
    returns.iter().copied().min_by(f64::total_cmp)
}

/// Share of periods with a return above 0, 0 to 1.
#[must_use]
pub fn positive_share(returns: &[f64]) -> Option<f64> {
    let above = returns.iter().filter(|r| **r > 0.0).count();
    finite(float(above) / float(returns.len()))
}

/// How well a straight line explains the logarithm of growth: R^2 of the least-squares line through
/// `sum(ln(1 + r))` over the number of the period, 0 to 1.
#[must_use]
pub fn stability(returns: &[f64]) -> Option<f64> {
    if returns.len() < 2 {
        return None;
    }
    let mut sum = 0.0;
    let logs: Vec<f64> = returns.iter().map(|r| (sum += r.ln_1p(), sum).1).collect();
    let places: Vec<f64> = (0..logs.len()).map(float).collect();
    Some(crate::statistics::relative::correlation(&places, &logs)?.powi(2))
}

/// Sharpe ratio of each window of `length` returns, one for each window's last period.
#[must_use]
pub fn rolling_sharpe(returns: &[f64], length: usize, basis: &Basis) -> Vec<Option<f64>> {
    if length < 2 {
        return Vec::new();
    }
    returns.windows(length).map(|window| crate::statistics::ratios::sharpe(window, basis)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn year(periods: f64) -> Basis {
        Basis::new(periods, 0.0).unwrap()
    }

    #[test]
    fn capital_that_is_gone_has_no_further_returns() {
        assert_eq!(simple(&[2.0, 1.0, 0.0, 5.0]), [-0.5, -1.0]);
    }

    #[test]
    fn doubling_and_halving_ends_where_it_began() {
        assert_eq!((total(&[1.0, -0.5]), cagr(&[1.0, -0.5], &year(1.0))), (Some(0.0), Some(0.0)));
        assert_eq!(cagr(&[1.0], &year(2.0)), Some(3.0));
    }

    #[test]
    fn no_return_has_no_statistic() {
        assert_eq!((total(&[]), cagr(&[], &year(1.0)), volatility(&[], &year(1.0))), (None, None, None));
        assert_eq!((best(&[]), positive_share(&[]), stability(&[0.1])), (None, None, None));
    }

    #[test]
    fn more_than_everything_lost_does_not_compound() {
        assert_eq!(cagr(&[-1.5], &year(1.0)), None);
        assert_eq!(cagr(&[-1.0], &year(1.0)), Some(-1.0));
    }

    #[test]
    fn rolling_windows_end_at_each_period_from_the_first_full_one() {
        assert_eq!(rolling_sharpe(&[0.1, 0.2, 0.3], 2, &year(1.0)).len(), 2);
        assert_eq!(rolling_sharpe(&[0.1], 2, &year(1.0)).len(), 0);
    }
}
