//! Luck: how good is the best of so many tries by chance alone?
//!
//! In: trials. Out: the Sharpe ratio that the best of them would have without any skill, and what is left of a trial's
//! above it. Must never: count fewer tries than there were.

use ringfence_report::statistics::deflated;

use crate::sweep::run::{Done, Trial};

/// What is expected of so many tries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Luck {
    /// Tries that ran.
    pub(crate) tries: usize,
    /// Sharpe ratio of a period that the best of them reaches by chance.
    pub(crate) expected_maximum: f64,
}

impl Luck {
    /// Of all that ran; those without a Sharpe ratio count as tries, and not for its spread.
    pub(crate) fn of(trials: &[Trial]) -> Luck {
        let done: Vec<&Done> = trials.iter().filter_map(|trial| trial.outcome.as_ref().ok()).collect();
        let sharpes: Vec<f64> = done.iter().filter_map(|done| Some(done.figures.moments?.sharpe)).collect();
        Luck { tries: done.len(), expected_maximum: deflated::expected_maximum(&sharpes, done.len()) }
    }

    /// Deflated Sharpe ratio of a trial: the probability that it is better than what chance gives the best.
    pub(crate) fn deflated(&self, done: &Done) -> Option<f64> {
        deflated::deflated(&done.figures.moments?, self.expected_maximum)
    }

    /// The expected maximum as an annual ratio, by the periods of a trial.
    pub(crate) fn annual(&self, done: &Done) -> Option<f64> {
        let scale = done.figures.sharpe? / done.figures.moments?.sharpe;
        Some(self.expected_maximum * scale).filter(|ratio| ratio.is_finite())
    }
}
