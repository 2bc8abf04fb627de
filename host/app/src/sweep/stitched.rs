//! Stitching: what would somebody have had who walked forward?
//!
//! In: steps of a walk. Out: one equity curve over all test windows, what it comes to, and how much of what was promised
//! in training came true. Must never: round an amount.
//!
//! Each window runs with the cash of the configuration; the curve is that cash and the profits of all windows so far.

use ringfence_core::config::Config;
use ringfence_core::ids::TimeNs;
use ringfence_core::money::Decimal;
use ringfence_report::page::charts::{Chart, Line, Shape};
use ringfence_report::recorder::{DAY_S, Samples};
use ringfence_report::series::{DAYS_MIN, Series};
use ringfence_report::statistics::trading::{self, Trades};
use ringfence_report::statistics::{Basis, BasisError, returns};
use ringfence_report::summary::Choices;
use ringfence_report::trial::{Figures, Track};

use crate::sweep::forward::{Chosen, Step, days, efficiency, profit};
use crate::sweep::run::Done;
use crate::sweep::window::Split;

/// The curve of all test windows, one behind the other.
#[derive(Debug)]
pub(crate) struct Stitched {
    /// Number of the split, time, equity; each window begins with a point before its first row.
    pub(crate) points: Vec<(usize, TimeNs, Decimal)>,
    /// What the curve comes to.
    pub(crate) figures: Figures,
    /// Cash that every window began with.
    pub(crate) start: Decimal,
    /// Equity behind the last window.
    pub(crate) end: Decimal,
    /// Profit a day of all test windows over that of all training windows.
    pub(crate) efficiency: Option<f64>,
    /// Test windows that made money, of how many.
    pub(crate) winners: (usize, usize),
    /// Length of a period, in seconds.
    pub(crate) period_s: u64,
}

impl Stitched {
    /// # Errors
    /// [`BasisError`] for choices outside their ranges.
    pub(crate) fn of(steps: &[Step], config: &Config, choices: &Choices) -> Result<Stitched, BasisError> {
        let tested: Vec<(usize, &Split, &Chosen, &Done)> = steps.iter().zip(1..).filter_map(tested).collect();
        let tracks: Vec<(&Track, Samples)> = tracks(&tested);
        let start = tested.first().map_or(Decimal::ZERO, |(.., done)| done.start);
        let (mut points, mut floats, mut equity) = (Vec::new(), Vec::new(), start);
        for ((number, ..), (track, samples)) in tested.iter().zip(&tracks) {
            points.push((*number, track.opened, equity));
            floats.push(float(equity));
            let base = equity - track.start;
            for (time, value) in samples.times().iter().zip(samples.column(0)) {
                equity = base + value;
                points.push((*number, *time, equity));
                floats.push(float(equity));
            }
        }
        let period_s = tracks.iter().map(|(_, samples)| samples.period_s()).max().unwrap_or(DAY_S);
        let basis = basis(&tracks, (config, choices), period_s)?;
        // Between two windows nothing happens: the first point of one is the last of the other.
        let windows: Vec<usize> = tracks.iter().map(|(_, samples)| samples.len() + 1).collect();
        let mut all = Vec::new();
        let mut rest = floats.as_slice();
        for length in windows {
            let (window, behind) = rest.split_at(length);
            all.extend(returns::simple(window));
            rest = behind;
        }
        let sum = tested.iter().fold(Trades::default(), |sum, (.., done)| joined(sum, done));
        let figures = Figures {
            trades: sum.count,
            hit_rate: trading::hit_rate(&sum),
            profit_factor: trading::profit_factor(&sum),
            expectancy: trading::expectancy(&sum),
            ..Figures::of_returns(&all, &basis)
        };
        let winners = tested.iter().filter(|(.., done)| done.profit() > Decimal::ZERO).count();
        let efficiency = of_all(&tested);
        Ok(Stitched { points, figures, start, end: equity, efficiency, winners: (winners, tested.len()), period_s })
    }

    /// The curve as a picture.
    pub(crate) fn chart(&self, currency: &str) -> Chart {
        let seconds = |time: &TimeNs| time.0 as f64 / 1e9;
        let mut borders: Vec<Option<f64>> = Vec::new();
        let mut last = 0;
        for (number, _, equity) in &self.points {
            borders.push((*number != last).then(|| float(*equity)));
            last = *number;
        }
        Chart {
            id: "walk-forward".to_owned(),
            title: format!("Equity out of sample, {currency}"),
            note: String::new(),
            is_time: true,
            unit: ringfence_report::figure::Unit::Money,
            x: self.points.iter().map(|(_, time, _)| seconds(time)).collect(),
            lines: vec![
                Line {
                    name: "equity".to_owned(),
                    shape: Shape::Line,
                    colour: 0,
                    is_apart: false,
                    y: self.points.iter().map(|(.., equity)| Some(float(*equity))).collect(),
                },
                Line {
                    name: "values chosen anew".to_owned(),
                    shape: Shape::Up,
                    colour: 1,
                    is_apart: false,
                    y: borders,
                },
            ],
            gap: None,
        }
    }
}

fn tested((step, number): (&Step, usize)) -> Option<(usize, &Split, &Chosen, &Done)> {
    let chosen = step.chosen.as_ref()?;
    Some((number, &step.split, chosen, chosen.tested.as_ref().ok()?))
}

/// Exact equity of each window at the ends of equally long periods.
fn tracks<'a>(tested: &[(usize, &Split, &Chosen, &'a Done)]) -> Vec<(&'a Track, Samples)> {
    let kept = || tested.iter().filter_map(|(.., done)| done.track.as_deref());
    let exact = || kept().filter_map(|track| track.exact.as_ref());
    let is_of_days = exact().map(|samples| samples.by_day().len()).sum::<usize>() >= DAYS_MIN;
    let longest = exact().map(Samples::period_s).max().unwrap_or(DAY_S);
    let period_s = if is_of_days { longest.max(DAY_S) } else { longest };
    kept().filter_map(|track| Some((track, track.exact.as_ref()?.by_period(period_s)))).collect()
}

fn basis(
    tracks: &[(&Track, Samples)],
    (config, choices): (&Config, &Choices),
    period_s: u64,
) -> Result<Basis, BasisError> {
    let longest = tracks.iter().max_by_key(|(_, samples)| samples.len());
    let empty = Samples::new(1);
    let samples = longest.map_or(&empty, |(_, samples)| samples);
    let series = Series { period_s, times: Vec::new(), equity: Vec::new(), benchmark: None };
    let periods = choices.periods_per_year.unwrap_or_else(|| series.year(samples, config).periods);
    Basis::new(periods, choices.risk_free)
}

fn joined(mut sum: Trades, done: &Done) -> Trades {
    if let Some(track) = &done.track {
        sum.join(&track.trades);
    }
    sum
}

fn of_all(tested: &[(usize, &Split, &Chosen, &Done)]) -> Option<f64> {
    let (mut out, mut inside) = ((0.0, 0.0), (0.0, 0.0));
    for (_, split, chosen, done) in tested {
        out = (out.0 + profit(done), out.1 + days(&split.test_time));
        inside = (inside.0 + profit(&chosen.trained), inside.1 + days(&split.train_time));
    }
    efficiency(out, inside)
}

fn float(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap_or(f64::NAN)
}
