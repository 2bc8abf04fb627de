//! Ratios: how much return came with how much risk?
//!
//! In: returns, a basis. Out: ratios without a unit. Must never: hide that a ratio is not defined.

use crate::statistics::{Basis, deviation, drawdown, finite, mean, returns};

/// Sharpe ratio (Sharpe, 1994): `mean(r - f) / s(r - f) * sqrt(periods per year)` with the risk-free rate `f` of a period.
#[must_use]
pub fn sharpe(values: &[f64], basis: &Basis) -> Option<f64> {
    let excess = excess(values, basis);
    // Equal returns differ by rounding alone; a ratio to that says nothing.
    let spread = deviation(&excess).filter(|s| *s > 1e-15)?;
    finite(mean(&excess)? / spread * basis.periods_per_year().sqrt())
}

/// Sortino ratio: `mean(r - f) * periods per year / downside deviation`, see [`returns::downside`].
#[must_use]
pub fn sortino(values: &[f64], basis: &Basis) -> Option<f64> {
    let downside = returns::downside(values, basis).filter(|d| *d > 0.0)?;
    finite(mean(&excess(values, basis))? * basis.periods_per_year() / downside)
}

/// Calmar ratio (Young, 1991), over the whole run: `CAGR / |deepest drawdown|`.
#[must_use]
pub fn calmar(values: &[f64], basis: &Basis) -> Option<f64> {
    finite(returns::cagr(values, basis)? / depth(values)?)
}

/// Omega ratio at the risk-free rate (Keating and Shadwick, 2002): `sum max(r - f, 0) / sum max(f - r, 0)`.
#[must_use]
pub fn omega(values: &[f64], basis: &Basis) -> Option<f64> {
    let excess = excess(values, basis);
    let (gains, losses) = gains_and_losses(&excess);
    if losses > 0.0 { finite(gains / losses) } else { None }
}

/// Gain to pain (Schwager): `sum r / sum |negative r|`.
#[must_use]
pub fn gain_to_pain(values: &[f64]) -> Option<f64> {
    let (gains, losses) = gains_and_losses(values);
    if losses > 0.0 { finite((gains - losses) / losses) } else { None }
}

/// Recovery factor: `total return / |deepest drawdown|`.
#[must_use]
pub fn recovery(values: &[f64]) -> Option<f64> {
    finite(returns::total(values)? / depth(values)?)
}

/// Ulcer performance index (Martin and McCann, 1989): `(CAGR - risk-free rate) / ulcer index`.
#[must_use]
pub fn martin(values: &[f64], basis: &Basis) -> Option<f64> {
    let ulcer = drawdown::ulcer(values).filter(|ulcer| *ulcer > 0.0)?;
    finite((returns::cagr(values, basis)? - basis.risk_free()) / ulcer)
}

/// Returns above the risk-free rate of a period.
pub(crate) fn excess(values: &[f64], basis: &Basis) -> Vec<f64> {
    let rate = basis.risk_free_per_period();
    values.iter().map(|r| r - rate).collect()
}

fn depth(values: &[f64]) -> Option<f64> {
    drawdown::deepest(values).map(f64::abs).filter(|depth| *depth > 0.0)
}

fn gains_and_losses(values: &[f64]) -> (f64, f64) {
    let gains = values.iter().filter(|r| **r > 0.0).sum();
    let losses: f64 = values.iter().filter(|r| **r < 0.0).sum();
    (gains, -losses)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: f64 = 252.0;

    fn basis(rate: f64) -> Basis {
        Basis::new(DAILY, rate).unwrap()
    }

    #[test]
    fn equal_returns_have_no_sharpe_ratio() {
        assert_eq!(sharpe(&[0.01; 40], &basis(0.0)), None);
    }

    #[test]
    fn without_a_loss_nothing_is_divided_by_it() {
        let up = [0.01, 0.02];
        assert_eq!((omega(&up, &basis(0.0)), calmar(&up, &basis(0.0)), sortino(&up, &basis(0.0))), (None, None, None));
        assert_eq!((gain_to_pain(&up), recovery(&up), martin(&up, &basis(0.0))), (None, None, None));
    }

    #[test]
    fn a_higher_risk_free_rate_lowers_every_ratio() {
        let values = [0.02, -0.01, 0.015, -0.005];
        for ratio in [sharpe, sortino, omega, martin] {
            assert!(ratio(&values, &basis(0.10)) < ratio(&values, &basis(0.0)));
        }
    }
}
