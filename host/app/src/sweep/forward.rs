//! Walking forward: what does a choice come to on rows that it was not made by?
//!
//! In: a sweep that is prepared, splits, a rank. Out: for each split the combination that was best on its training window,
//! and what that came to on its test window. Must never: let a test window be seen before the choice for it is made.
//!
//! Every run is a backtest of its own: flat, with the cash of the configuration. A test window's run is fed the rows before
//! it too, with trading disabled, so that the strategy knows the market when the window begins; what it wants earlier is
//! denied (D-TRADING-DISABLED). A position that is open at the end is valued at its last mark.

use ringfence_core::event::{EventKind, Report};
use ringfence_core::ids::TimeNs;
use ringfence_session::script::{Fact, Scripted};

use crate::exit::Failure;
use crate::sweep::ended::{all_refused, only_refusal};
use crate::sweep::luck::Luck;
use crate::sweep::rank::Rank;
use crate::sweep::run::{Done, Part, Stopped, Sweep, Task, Trial};
use crate::sweep::window::Split;

/// What a split came to.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) split: Split,
    /// `None` where no combination has a value to be chosen by.
    pub(crate) chosen: Option<Chosen>,
}

/// The combination that was best on a training window.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) values: Vec<String>,
    /// What it came to on the training window.
    pub(crate) trained: Done,
    /// What chance alone would have given the best of so many.
    pub(crate) luck: Luck,
    /// What it came to on the test window, or why it was refused there.
    pub(crate) tested: Result<Done, String>,
}

impl Chosen {
    /// Where it was halted, and the code of the first halt.
    pub(crate) fn halted(&self) -> Option<String> {
        let tested = self.tested.as_ref().ok().and_then(Done::halted).map(|code| format!("{code} in the test"));
        tested.or_else(|| self.trained.halted().map(|code| format!("{code} in training")))
    }

    /// Profit a day of the test window over that of the training window, where the latter is above 0.
    pub(crate) fn efficiency(&self, split: &Split) -> Option<f64> {
        let tested = self.tested.as_ref().ok()?;
        efficiency((profit(tested), days(&split.test_time)), (profit(&self.trained), days(&split.train_time)))
    }
}

/// Profit as a float, for ratios that are only shown.
pub(crate) fn profit(done: &Done) -> f64 {
    done.profit().to_string().parse().unwrap_or(f64::NAN)
}

/// Length in days.
pub(crate) fn days(time: &std::ops::Range<TimeNs>) -> f64 {
    time.end.0.saturating_sub(time.start.0) as f64 / 86_400e9
}

/// One profit a day over another; `None` where the other is not above 0.
pub(crate) fn efficiency((tested, test_days): (f64, f64), (trained, train_days): (f64, f64)) -> Option<f64> {
    let per_day = trained / train_days;
    Some(tested / test_days / per_day).filter(|ratio| per_day > 0.0 && ratio.is_finite())
}

/// Runs every combination on every training window, then the best of each on its test window.
///
/// # Errors
/// As for a sweep.
pub(crate) fn walk(
    (sweep, splits): (&Sweep<'_>, Vec<Split>),
    rank: Rank,
    told: &mut dyn FnMut(usize),
) -> Result<Vec<Step>, Failure> {
    let numbers = sweep.order().numbers;
    let trained = trained((sweep, &splits), told)?;
    if let Some(why) = only_refusal(&trained) {
        return Err(all_refused(why));
    }
    let mut best: Vec<Option<(u64, Trial, Luck)>> = Vec::new();
    let mut trials = trained.into_iter();
    for _ in &splits {
        let of_split: Vec<Trial> = trials.by_ref().take(numbers.len()).collect();
        best.push(chosen(of_split, (numbers, rank)));
    }
    let parts: Vec<Part> = splits.iter().map(|split| test_part(sweep, split)).collect();
    let wanted = best.iter().zip(&parts).filter_map(|(best, part)| Some((best.as_ref()?.0, part)));
    let tasks: Vec<Task<'_>> = wanted.map(|(number, part)| Task { number, part }).collect();
    let before = numbers.len() * splits.len();
    let all = before + tasks.len();
    let stopped = |stopped: Box<Stopped>| Stopped::counted(stopped.failure, before + stopped.done.len(), (all, RUNS));
    let mut tested = sweep.run(&tasks, &mut |done| told(before + done)).map_err(stopped)?.into_iter();
    let steps = splits.into_iter().zip(best).map(|(split, best)| {
        let chosen = best.map(|(_, trial, luck)| Chosen {
            values: trial.values,
            trained: trial.outcome.expect("only what ran has a value to be chosen by"),
            luck,
            tested: tested.next().expect("one task for each choice").outcome,
        });
        Step { split, chosen }
    });
    Ok(steps.collect())
}

/// Every combination on every training window, split by split.
fn trained((sweep, splits): (&Sweep<'_>, &[Split]), told: &mut dyn FnMut(usize)) -> Result<Vec<Trial>, Failure> {
    let parts: Vec<Part> =
        splits.iter().map(|split| Part { rows: Some(split.train.clone()), ..Part::default() }).collect();
    let numbers = sweep.order().numbers;
    let tasks: Vec<Task<'_>> =
        parts.iter().flat_map(|part| numbers.iter().map(move |number| Task { number: *number, part })).collect();
    let all = tasks.len() + splits.len();
    sweep.run(&tasks, told).map_err(|stopped| Stopped::counted(stopped.failure, stopped.done.len(), (all, RUNS)))
}

/// What is counted where a walk is interrupted: nothing of it is kept, for a choice needs every run of its window.
const RUNS: &str = "runs of the walk";

/// The best trial with its number; `None` where none has a value.
fn chosen(trials: Vec<Trial>, (numbers, rank): (&[u64], Rank)) -> Option<(u64, Trial, Luck)> {
    let luck = Luck::of(&trials);
    let place = *rank.order(&trials).first()?;
    let trial = trials.into_iter().nth(place)?;
    let has_value = trial.outcome.as_ref().ok().and_then(|done| rank.of(done)).is_some();
    has_value.then(|| (numbers[place], trial, luck))
}

fn test_part(sweep: &Sweep<'_>, split: &Split) -> Part {
    let time = |row: usize| sweep.rows().and_then(|rows| rows.get(row)).map_or(TimeNs(0), |event| event.time);
    let (from, warm_from) = (time(split.test.start), time(split.warm_from));
    let control = |time, kind| Scripted { time, fact: Fact::Report(Report::control(kind)) };
    let script = if split.warm_from < split.test.start {
        vec![control(warm_from, EventKind::TradingDisabled), control(from, EventKind::TradingEnabled)]
    } else {
        Vec::new()
    };
    Part { rows: Some(split.warm_from..split.test.end), script, from, is_kept: true }
}
