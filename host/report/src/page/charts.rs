//! Charts: which pictures does a tear sheet have, and of which numbers?
//!
//! In: a run and its summary. Out: charts, each with at most [`POINTS_MAX`] points. Must never: drop the highest or lowest
//! value of a stretch when it thins.

use std::collections::BTreeSet;

use ringfence_core::instrument::Side;
use serde_json::{Value as Json, json};

use crate::figure::{Unit, grouped};
use crate::recorder::{Mark, Samples};
use crate::series::{Series, price_column, prices};
use crate::statistics::{drawdown, returns, tails};
use crate::summary::{Run, Summary};
use crate::{float, float_of};

/// Most points of a chart: more than a screen has columns.
pub const POINTS_MAX: usize = 2_400;
/// Instruments with a chart of their own.
pub const INSTRUMENTS_MAX: usize = 6;
/// Strategies with a line of their own.
pub const STRATEGIES_MAX: usize = 6;
const BINS: usize = 41;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Name of its file and its place in the page.
    pub id: String,
    /// Heading.
    pub title: String,
    /// What has to be known to read it.
    pub note: String,
    /// True where `x` is seconds since 1970.
    pub is_time: bool,
    /// Unit of the values.
    pub unit: Unit,
    /// Places along the axis, ascending.
    pub x: Vec<f64>,
    /// Lines over the same places.
    pub lines: Vec<Line>,
    /// Lines end, and begin anew, where the next place is farther away; `None` = nowhere.
    pub gap: Option<f64>,
}

/// A line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Name in the legend.
    pub name: String,
    /// How it is drawn.
    pub shape: Shape,
    /// Which of the colours, 0 = the first.
    pub colour: usize,
    /// True where it has an axis of its own, on the right.
    pub is_apart: bool,
    /// A value for each place; `None` = nothing is drawn.
    pub y: Vec<Option<f64>>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// From point to point.
    Line,
    /// The same, thin and in the background.
    Faint,
    /// Filled down to 0.
    Area,
    /// Keeps its value until the next point.
    Step,
    /// Columns.
    Bars,
    /// Triangles that point up.
    Up,
    /// Triangles that point down.
    Down,
}

impl Shape {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Shape::Line => "line",
            Shape::Faint => "faint",
            Shape::Area => "area",
            Shape::Step => "step",
            Shape::Bars => "bars",
            Shape::Up => "up",
            Shape::Down => "down",
        }
    }
}

impl Chart {
    /// What the page's script draws.
    #[must_use]
    pub fn json(&self) -> Json {
        let line = |line: &Line| {
            let y: Vec<Json> = line.y.iter().map(|value| json!(value.map(short))).collect();
            json!({
                "name": line.name,
                "shape": line.shape.code(),
                "colour": line.colour,
                "apart": line.is_apart,
                "y": y,
            })
        };
        json!({
            "id": self.id,
            "time": self.is_time,
            "gap": self.gap,
            "unit": match self.unit {
                Unit::Share => "share",
                Unit::Money => "money",
                Unit::Count | Unit::Periods => "count",
                Unit::Ratio | Unit::Seconds | Unit::Bps => "ratio",
            },
            "x": self.x.iter().map(|x| short(*x)).collect::<Vec<_>>(),
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
        })
    }

    /// Places that are kept: of each stretch the lowest and the highest of every line.
    fn kept(&self) -> Vec<usize> {
        let all = self.lines.iter().flat_map(|line| kept(&line.y, POINTS_MAX / self.lines.len().max(1)));
        all.collect::<BTreeSet<usize>>().into_iter().collect()
    }

    fn thinned(mut self) -> Chart {
        let kept = self.kept();
        if kept.len() < self.x.len() {
            self.x = kept.iter().map(|at| self.x[*at]).collect();
            for line in &mut self.lines {
                line.y = kept.iter().map(|at| line.y[*at]).collect();
            }
        }
        self
    }
}

/// Every chart of a run, in the order of the page.
#[must_use]
pub fn all(run: &Run<'_>, summary: &Summary) -> Vec<Chart> {
    let fine = Series::over(
        &run.recorded.samples,
        run.recorded,
        run.config,
        summary.benchmark.as_deref().and_then(|symbol| instrument_of(run, symbol)),
    );
    let mut charts = vec![equity(&fine, run, summary), drawdowns(&fine), rolling(summary)];
    charts.extend([distribution(summary), positions(run)]);
    charts.extend(run.config.instruments.iter().take(INSTRUMENTS_MAX).filter_map(|instrument| {
        let column = price_column(run.config, instrument.id)?;
        price(run, column, instrument.id)
    }));
    charts.push(strategies(run));
    let gap = gap(&seconds(run.recorded.samples.times()));
    let has_width = |chart: &Chart| chart.x.first() < chart.x.last();
    let with_gap = |chart: Chart| Chart { gap: gap.filter(|_| chart.is_time), ..chart };
    charts.into_iter().filter(has_width).map(Chart::thinned).map(with_gap).collect()
}

/// From which length on a stretch without a sample is a gap: twenty times the usual distance, and a twentieth of the whole.
fn gap(times: &[f64]) -> Option<f64> {
    let mut apart: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    apart.sort_by(f64::total_cmp);
    let usual = apart.get(apart.len() / 2)?;
    Some((usual * 20.0).max((times.last()? - times.first()?) / 20.0))
}

fn instrument_of(run: &Run<'_>, symbol: &str) -> Option<ringfence_core::ids::InstrumentId> {
    run.config.instruments.iter().map(|instrument| instrument.id).find(|id| run.config.symbol(*id) == symbol)
}

fn seconds(times: &[ringfence_core::ids::TimeNs]) -> Vec<f64> {
    times.iter().map(|time| float_of(time.0 / 1_000_000) / 1_000.0).collect()
}

fn line(name: &str, shape: Shape, colour: usize, y: impl IntoIterator<Item = Option<f64>>) -> Line {
    Line { name: name.to_owned(), shape, colour, is_apart: false, y: y.into_iter().collect() }
}

fn equity(fine: &Series, run: &Run<'_>, summary: &Summary) -> Chart {
    let mut lines = vec![line("Equity", Shape::Line, 0, fine.equity.iter().copied().map(Some))];
    if let (Some(values), Some(symbol)) = (&fine.benchmark, &summary.benchmark) {
        let is_apart = are_apart(&fine.equity, values);
        let name = format!("{symbol}, bought and held{}", if is_apart { " (right)" } else { "" });
        let line = line(&name, Shape::Faint, 6, values.iter().copied().map(Some));
        lines.push(Line { is_apart, ..line });
    }
    Chart {
        id: "equity".to_owned(),
        title: format!("Equity, {}", currency(run)),
        note: format!("At the end of every {}.", period(fine.period_s).trim_start_matches("a ")),
        is_time: true,
        unit: Unit::Money,
        x: seconds(&fine.times),
        lines,
        gap: None,
    }
}

/// Whether one of two lines would be flat on the scale of the other.
fn are_apart(one: &[f64], other: &[f64]) -> bool {
    let height = |values: &[f64]| {
        let (low, high) =
            values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        high - low
    };
    let (one, other) = (height(one), height(other));
    one.max(other) > APART * one.min(other)
}

/// Times the height of the other from which on a line has an axis of its own.
const APART: f64 = 3.0;

fn drawdowns(fine: &Series) -> Chart {
    let depths = drawdown::series(&returns::simple(&fine.equity));
    Chart {
        id: "drawdown".to_owned(),
        title: "Drawdown".to_owned(),
        note: "Equity below its highest value so far.".to_owned(),
        is_time: true,
        unit: Unit::Share,
        x: seconds(&fine.times[..depths.len()]),
        lines: vec![line("Drawdown", Shape::Area, 5, depths.into_iter().map(Some))],
        gap: None,
    }
}

/// Periods of a rolling window: a quarter of trading days, or a tenth of a shorter run.
#[must_use]
pub fn window(periods: usize) -> usize {
    (periods / 10).clamp(20, 63)
}

fn rolling(summary: &Summary) -> Chart {
    let length = window(summary.returns.len());
    let values = returns::rolling_sharpe(&summary.returns, length, &summary.basis);
    let times = summary.series.times.get(length..length + values.len()).unwrap_or_default();
    Chart {
        id: "rolling-sharpe".to_owned(),
        title: "Rolling Sharpe".to_owned(),
        note: format!("Over the last {length} periods of {}, annual.", period(summary.series.period_s)),
        is_time: true,
        unit: Unit::Ratio,
        x: seconds(times),
        lines: vec![line("Sharpe", Shape::Line, 0, values)],
        gap: None,
    }
}

fn distribution(summary: &Summary) -> Chart {
    let bins = tails::histogram(&summary.returns, BINS);
    let width = bins.get(1).map_or(0.0, |second| second.0 - bins[0].0);
    let (x, counts): (Vec<f64>, Vec<Option<f64>>) =
        bins.iter().map(|(low, count)| ((low + width / 2.0) * 100.0, Some(float_of(*count as u64)))).unzip();
    Chart {
        id: "distribution".to_owned(),
        title: "Distribution of returns".to_owned(),
        note: format!("Periods of {} by their return in per cent.", period(summary.series.period_s)),
        is_time: false,
        unit: Unit::Count,
        x,
        lines: vec![line("Periods", Shape::Bars, 0, counts)],
        gap: None,
    }
}

/// The price of an instrument with the fills on it; `None` without a price.
fn price(run: &Run<'_>, column: usize, id: ringfence_core::ids::InstrumentId) -> Option<Chart> {
    let samples = &run.recorded.samples;
    let prices = prices(samples, column);
    prices.iter().flatten().next()?;
    let kept = kept(&prices, POINTS_MAX / 2);
    let times = seconds(samples.times());
    let mut points: Vec<(f64, [Option<f64>; 3])> =
        kept.iter().map(|at| (times[*at], [prices[*at], None, None])).collect();
    let marks = &run.recorded.tally.marks;
    points.extend(marks.kept().iter().filter(|mark| mark.instrument == id).map(marked));
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|next, first| first.0.total_cmp(&next.0).is_eq() && joined(next, first));
    let pick = |which: usize| points.iter().map(move |(_, values)| values[which]);
    let note = match marks.every() {
        1 => "Every fill, at its price.".to_owned(),
        every => format!("One in {every} of {} fills, at its price.", grouped(float_of(run.results.counts.fills), 0)),
    };
    let symbol = run.config.symbol(id);
    Some(Chart {
        id: format!("price-{}", id.0),
        title: format!("Trades on the price of {symbol}"),
        note,
        is_time: true,
        unit: Unit::Money,
        x: points.iter().map(|(x, _)| *x).collect(),
        lines: vec![
            line("Price", Shape::Faint, 6, pick(0)),
            line("Bought", Shape::Up, 0, pick(1)),
            line("Sold", Shape::Down, 1, pick(2)),
        ],
        gap: None,
    })
}

fn marked(mark: &Mark) -> (f64, [Option<f64>; 3]) {
    let at = seconds(&[mark.time])[0];
    let price = Some(float(mark.price));
    match mark.side {
        Side::Buy => (at, [None, price, None]),
        Side::Sell => (at, [None, None, price]),
    }
}

/// Puts a point into another of the same time where its places are free.
fn joined(next: &(f64, [Option<f64>; 3]), first: &mut (f64, [Option<f64>; 3])) -> bool {
    let is_free = next.1.iter().zip(&first.1).all(|(next, first)| next.is_none() || first.is_none());
    if is_free {
        for (place, value) in first.1.iter_mut().zip(next.1) {
            *place = place.or(value);
        }
    }
    is_free
}

fn positions(run: &Run<'_>) -> Chart {
    let samples = &run.recorded.samples;
    let first = 1 + run.config.strategies.len() + run.config.instruments.len();
    let shown = run.config.instruments.iter().take(INSTRUMENTS_MAX).enumerate();
    let lines = shown.map(|(place, instrument)| {
        line(run.config.symbol(instrument.id), Shape::Step, place, column(samples, first + place))
    });
    Chart {
        id: "positions".to_owned(),
        title: "Positions, units".to_owned(),
        note: "Net over all accounts, at the end of each period.".to_owned(),
        is_time: true,
        unit: Unit::Ratio,
        x: seconds(samples.times()),
        lines: lines.collect(),
        gap: None,
    }
}

fn strategies(run: &Run<'_>) -> Chart {
    let samples = &run.recorded.samples;
    let shown = run.config.strategies.iter().take(STRATEGIES_MAX).enumerate();
    let lines = shown.map(|(place, slot)| {
        let capital = float(slot.capital);
        let profit = column(samples, 1 + place).map(move |equity| equity.map(|equity| equity - capital));
        line(&slot.name, Shape::Line, place, profit)
    });
    Chart {
        id: "strategies".to_owned(),
        title: format!("Profit of each strategy, {}", currency(run)),
        note: "Equity of its sub-account less its capital.".to_owned(),
        is_time: true,
        unit: Unit::Money,
        x: seconds(samples.times()),
        lines: lines.collect(),
        gap: None,
    }
}

fn column(samples: &Samples, column: usize) -> impl Iterator<Item = Option<f64>> + '_ {
    samples.column(column).map(|value| Some(float(value)))
}

/// Code of the base currency.
#[must_use]
pub fn currency<'a>(run: &Run<'a>) -> &'a str {
    run.config.currency(run.config.base_currency).map_or("", |currency| currency.code.as_str())
}

/// A length of periods in words.
#[must_use]
pub fn period(seconds: u64) -> String {
    const NAMES: [(u64, &str); 5] =
        [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let fits = NAMES.into_iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
    let (length, name) = fits.unwrap_or((1, "second"));
    match seconds / length {
        1 => format!("a {name}").replace("a hour", "an hour"),
        count => format!("{count} {name}s"),
    }
}

/// Places that a chart of `most` points keeps: first and last, and of each stretch the lowest and the highest.
fn kept(values: &[Option<f64>], most: usize) -> Vec<usize> {
    if values.len() <= most {
        return (0..values.len()).collect();
    }
    let stretch = values.len().div_ceil(most / 2 - 1);
    let mut kept = vec![0, values.len() - 1];
    for start in (0..values.len()).step_by(stretch) {
        let places = start..(start + stretch).min(values.len());
        let known = || places.clone().filter(|at| values[*at].is_some());
        let by_value = |a: &usize, b: &usize| values[*a].unwrap_or(0.0).total_cmp(&values[*b].unwrap_or(0.0));
        kept.extend(known().min_by(by_value));
        kept.extend(known().max_by(by_value));
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// Nine significant digits: more than a screen shows, and half the bytes.
fn short(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let text = format!("{value:.9e}");
    let rounded = text.parse().expect("a float in scientific notation is a float");
    if value.abs() > 1e9 { value.round() } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let values: Vec<Option<f64>> = (0..10_000).map(|n| Some(if n == 5_003 { 9.0 } else { 0.0 })).collect();
        let kept = kept(&values, 100);
        assert!(kept.len() <= 100 && kept.contains(&0) && kept.contains(&9_999) && kept.contains(&5_003));
        assert_eq!(super::kept(&values[..100], 100).len(), 100);
    }

    #[test]
    fn thinning_keeps_the_extremes_of_every_line() {
        let y = |peak| (0..10_000).map(|n| Some(if n == peak { 9.0 } else { 0.0 })).collect::<Vec<_>>();
        let lines = [3_001, 7_003].map(|peak| line("", Shape::Line, 0, y(peak))).to_vec();
        let (id, title, note) = (String::new(), String::new(), String::new());
        let x = (0..10_000_u64).map(float_of).collect();
        let chart = Chart { id, title, note, is_time: true, unit: Unit::Money, x, lines, gap: None }.thinned();
        assert!(chart.x.len() <= POINTS_MAX && chart.x.contains(&3_001.0) && chart.x.contains(&7_003.0));
        assert!(chart.lines.iter().all(|line| line.y.contains(&Some(9.0)) && line.y.len() == chart.x.len()));
    }

    #[test]
    fn a_gap_is_much_longer_than_usual_and_long_beside_the_whole() {
        let minutes =
            |skipped: u64| (0..100).map(|n| float_of(60 * if n < 50 { n } else { n + skipped })).collect::<Vec<f64>>();
        let is_gap = |skipped| gap(&minutes(skipped)).is_some_and(|gap| float_of(60 * (skipped + 1)) > gap);
        assert_eq!([0, 10, 19, 20, 1_000].map(is_gap), [false, false, false, true, true]);
        assert_eq!((gap(&[]), gap(&[1.0])), (None, None));
        let two = gap(&[0.0, 1_000.0]);
        assert_eq!(two, Some(20_000.0), "of two points nothing is usual");
    }

    #[test]
    fn lines_of_like_height_share_an_axis() {
        assert!(!are_apart(&[0.0, 1.0], &[5.0, 8.0]) && are_apart(&[0.0, 1.0], &[5.0, 8.1]));
        assert!(are_apart(&[1.0, 1.0], &[1.0, 2.0]) && !are_apart(&[1.0, 1.0], &[2.0, 2.0]));
    }

    #[test]
    fn periods_are_said_in_their_largest_unit() {
        let all = [1, 10, 60, 900, 3_600, 14_400, 86_400, 604_800].map(period).join(", ");
        assert_eq!(all, "a second, 10 seconds, a minute, 15 minutes, an hour, 4 hours, a day, a week");
    }

    #[test]
    fn windows_stay_within_their_limits() {
        assert_eq!([10, 200, 210, 630, 9_999].map(window), [20, 20, 21, 63, 63]);
    }
}
