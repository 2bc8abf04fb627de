//! Benchmark: how do returns compare with those of something else?
//!
//! In: returns and those of the benchmark over the same periods. Out: figures relative to it; `None` when the two are not
//! equally long. Must never: shift one against the other.

use crate::statistics::ratios::excess;
use crate::statistics::{Basis, deviation, finite, mean, returns};

/// Pearson correlation: `cov(a, b) / (s(a) s(b))`.
#[must_use]
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    finite(covariance(a, b)? / (covariance(a, a)?.sqrt() * covariance(b, b)?.sqrt()))
}

/// Beta: `cov(r, b) / var(b)`.
#[must_use]
pub fn beta(values: &[f64], benchmark: &[f64]) -> Option<f64> {
    let variance = covariance(benchmark, benchmark).filter(|variance| *variance > 1e-30)?;
    finite(covariance(values, benchmark)? / variance)
}

/// Annual alpha (Jensen, 1968): `(1 + mean(r - f - beta (b - f)))^(periods per year) - 1`.
#[must_use]
pub fn alpha(values: &[f64], benchmark: &[f64], basis: &Basis) -> Option<f64> {
    let slope = beta(values, benchmark)?;
    let average = mean(&excess(values, basis))? - slope * mean(&excess(benchmark, basis))?;
    finite((basis.periods_per_year() * average.ln_1p()).exp_m1())
}

/// Annual tracking error: `s(r - b) * sqrt(periods per year)`.
#[must_use]
pub fn tracking_error(values: &[f64], benchmark: &[f64], basis: &Basis) -> Option<f64> {
    Some(deviation(&active(values, benchmark)?)? * basis.periods_per_year().sqrt())
}

/// Information ratio: `mean(r - b) / s(r - b) * sqrt(periods per year)`.
#[must_use]
pub fn information(values: &[f64], benchmark: &[f64], basis: &Basis) -> Option<f64> {
    let active = active(values, benchmark)?;
    finite(mean(&active)? / deviation(&active)? * basis.periods_per_year().sqrt())
}

/// Treynor ratio (1965): `mean(r - f) * periods per year / beta`.
#[must_use]
pub fn treynor(values: &[f64], benchmark: &[f64], basis: &Basis) -> Option<f64> {
    let slope = beta(values, benchmark)?;
    finite(mean(&excess(values, basis))? * basis.periods_per_year() / slope)
}

/// Upside capture: CAGR over the periods in which the benchmark rose, over the benchmark's.
#[must_use]
pub fn up_capture(values: &[f64], benchmark: &[f64], basis: &Basis) -> Option<f64> {
    capture(values, benchmark, basis, |b| b > 0.0)
}

/// Downside capture: CAGR over the periods in which the benchmark fell, over the benchmark's. Below 1 is good.
#[must_use]
pub fn down_capture(values: &[f64], benchmark: &[f64], basis: &Basis) -> Option<f64> {
    capture(values, benchmark, basis, |b| b < 0.0)
}

fn capture(values: &[f64], benchmark: &[f64], basis: &Basis, counts: impl Fn(f64) -> bool) -> Option<f64> {
    if values.len() != benchmark.len() {
        return None;
    }
    let chosen = values.iter().zip(benchmark).filter(|(_, b)| counts(**b));
    let (ours, theirs): (Vec<f64>, Vec<f64>) = chosen.unzip();
    finite(returns::cagr(&ours, basis)? / returns::cagr(&theirs, basis)?)
}

fn active(values: &[f64], benchmark: &[f64]) -> Option<Vec<f64>> {
    (values.len() == benchmark.len()).then(|| values.iter().zip(benchmark).map(|(r, b)| r - b).collect())
}

/// `mean((a - mean a)(b - mean b))`.
fn covariance(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 2 {
        return None;
    }
    let (middle_a, middle_b) = (mean(a)?, mean(b)?);
    mean(&a.iter().zip(b).map(|(x, y)| (x - middle_a) * (y - middle_b)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCHMARK: [f64; 4] = [0.01, -0.02, 0.03, -0.01];

    fn basis() -> Basis {
        Basis::new(252.0, 0.0).unwrap()
    }

    #[test]
    fn the_benchmark_against_itself_is_neutral() {
        let near = |value: Option<f64>, want: f64| (value.unwrap() - want).abs() < 1e-12;
        assert!(near(beta(&BENCHMARK, &BENCHMARK), 1.0) && near(correlation(&BENCHMARK, &BENCHMARK), 1.0));
        assert!(near(alpha(&BENCHMARK, &BENCHMARK, &basis()), 0.0));
        assert!(near(up_capture(&BENCHMARK, &BENCHMARK, &basis()), 1.0));
        assert!(near(down_capture(&BENCHMARK, &BENCHMARK, &basis()), 1.0));
        assert_eq!(information(&BENCHMARK, &BENCHMARK, &basis()), None);
    }

    #[test]
    fn twice_the_benchmark_has_a_beta_of_two() {
        let twice: Vec<f64> = BENCHMARK.iter().map(|b| 2.0 * b).collect();
        assert!((beta(&twice, &BENCHMARK).unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn series_of_different_length_are_not_compared() {
        let short = &BENCHMARK[1..];
        assert_eq!((beta(short, &BENCHMARK), tracking_error(short, &BENCHMARK, &basis())), (None, None));
        assert_eq!(up_capture(short, &BENCHMARK, &basis()), None);
    }

    #[test]
    fn a_benchmark_that_does_not_move_has_no_beta() {
        assert_eq!(beta(&BENCHMARK, &[0.0; 4]), None);
    }
}
