//! Stages: what ran, for how long, and what is the sum?
//!
//! In: named pieces of work. Out: a header and a time for each, at the end the failures, the skips and one closing line.
//! Must never: stop at a failure; whoever reads the summary wants all of them.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::skips::Skip;

/// What one piece of work adds to the sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests and checks that held.
    pub(crate) passed: u64,
    /// One line for each test or check that did not.
    pub(crate) failures: Vec<String>,
    /// Tests that could not show what they are for.
    pub(crate) skips: Vec<Skip>,
}

impl Tally {
    /// One check that held.
    pub(crate) fn one() -> Tally {
        Tally { passed: 1, ..Tally::default() }
    }

    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failures.extend(other.failures);
        self.skips.extend(other.skips);
    }
}

/// The stages so far.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    total: Tally,
    spent: Duration,
}

impl Stages {
    /// Runs one stage under a header; an error counts as one failure.
    pub(crate) fn run(&mut self, title: &str, work: impl FnOnce() -> Result<Tally>) {
        println!("\n== {title}");
        let (result, time) = timed(work);
        self.spent += time;
        let tally = result.unwrap_or_else(|error| {
            println!("{error:#}");
            let first = format!("{error:#}").lines().next().unwrap_or_default().to_owned();
            Tally { failures: vec![format!("{title}: {first}")], ..Tally::default() }
        });
        let verdict = if tally.failures.is_empty() { "ok" } else { "FAILED" };
        println!("-- {title}: {verdict}, {}", seconds(time));
        self.total.add(tally);
    }

    /// Prints failures, skips and the closing line.
    pub(crate) fn close(&self) {
        println!("\n{}", self.summary());
    }

    /// Whether the whole counts as passed.
    pub(crate) fn passed(&self, skips: SkipRule) -> bool {
        let skips_count = match skips {
            SkipRule::Allowed => false,
            SkipRule::Failure => !self.total.skips.is_empty(),
        };
        self.total.failures.is_empty() && !skips_count
    }

    fn summary(&self) -> String {
        let mut text = String::new();
        for failure in &self.total.failures {
            text.push_str(&format!("failed: {failure}\n"));
        }
        for Skip { test, reason } in &self.total.skips {
            text.push_str(&format!("skipped: {test}: {reason}\n"));
        }
        let (failed, skipped) = (self.total.failures.len(), self.total.skips.len());
        text + &format!("{}\n{} passed, {failed} failed, {skipped} skipped", took(self.spent), self.total.passed)
    }
}

/// What a skip means for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkipRule {
    /// It is only counted.
    Allowed,
    /// It fails the run.
    Failure,
}

/// Runs a piece of work and measures it.
#[expect(clippy::disallowed_methods, reason = "the one clock of the developer commands; nothing is decided by it")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// A time as people say it: `12.3 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn took(time: Duration) -> String {
    format!("{} min {} s in all", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(what: &str) -> Tally {
        Tally { failures: vec![what.to_owned()], ..Tally::default() }
    }

    fn skipping(test: &str) -> Tally {
        Tally { skips: vec![Skip { test: test.to_owned(), reason: "no data".to_owned() }], ..Tally::default() }
    }

    #[track_caller]
    fn check(parts: Vec<Tally>, want: &str) {
        let mut stages = Stages::default();
        parts.into_iter().for_each(|part| stages.total.add(part));
        assert_eq!(stages.summary(), want);
    }

    #[test]
    fn the_closing_line_is_the_last_and_stands_alone() {
        check(vec![Tally::one(), Tally::one()], "0 min 0 s in all\n2 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn failures_and_skips_are_named_before_the_closing_line() {
        check(
            vec![Tally::one(), failing("fmt: x"), skipping("w1::oracle"), failing("core::t")],
            "failed: fmt: x\nfailed: core::t\nskipped: w1::oracle: no data\n0 min 0 s in all\n1 passed, 2 failed, 1 skipped",
        );
    }

    #[test]
    fn an_error_of_a_stage_is_one_failure_with_its_first_line_and_the_next_stage_runs() {
        let mut stages = Stages::default();
        stages.run("first", || Err(anyhow::anyhow!("broken\ndetail")));
        stages.run("second", || Ok(Tally::one()));
        assert_eq!(stages.total, Tally { passed: 1, failures: vec!["first: broken".to_owned()], skips: Vec::new() });
    }

    #[test]
    fn a_skip_fails_the_whole_only_where_skips_are_failures() {
        let mut stages = Stages::default();
        assert!(stages.passed(SkipRule::Failure));
        stages.total.add(skipping("t"));
        assert!(stages.passed(SkipRule::Allowed));
        assert!(!stages.passed(SkipRule::Failure));
    }

    #[test]
    fn a_failure_fails_the_whole_under_both_rules() {
        let mut stages = Stages::default();
        stages.total.add(failing("t"));
        assert!(!stages.passed(SkipRule::Allowed) && !stages.passed(SkipRule::Failure));
    }
}
