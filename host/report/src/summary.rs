//! Summary: which figures does a run come to?
//!
//! In: configuration, results, what was recorded, the choices of whoever reads it. Out: groups of figures, the series they
//! rest on, and the basis in words. Must never: show a figure without its formula.

use ringfence_core::config::Config;
use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_session::results::Results;
use serde_json::{Map, Value as Json, json};

use crate::figure::{Figure, Unit};
use crate::recorder::{DAY_S, Recorded};
use crate::series::{Series, Year};
use crate::statistics::deflated::{self, Moments};
use crate::statistics::drawdown::Drawdown;
use crate::statistics::{Basis, BasisError, drawdown, mean, ratios, relative, returns, tails, trading};
use crate::{float, float_of};

/// What whoever reads the report chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// Bought and held for comparison; `None` = nothing is.
    pub benchmark: Option<InstrumentId>,
    /// Periods per year; `None` = by the kind of instruments.
    pub periods_per_year: Option<f64>,
    /// Yield of a year without risk (0.02 = two per cent).
    pub risk_free: f64,
}

/// Everything that a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Configuration of the run.
    pub config: &'a Config,
    /// What it came to.
    pub results: &'a Results,
    /// What was noted on the way.
    pub recorded: &'a Recorded,
    /// When the simulated venue fills, as the configuration says it: `same-event`, `next-event` or `next-open`.
    pub fill_moment: &'a str,
    /// What the simulated venue assumes of the path of prices inside a bar; told where bars were fed.
    pub bar_path: &'a str,
}

/// A group of figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// Its figures, in order.
    pub figures: Vec<Figure>,
}

/// All figures of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Values that the figures rest on.
    pub series: Series,
    /// Returns of the periods.
    pub returns: Vec<f64>,
    /// What annual figures rest on.
    pub basis: Basis,
    /// Why a year has so many periods.
    pub year: Year,
    /// What was bought and held for comparison: its symbol.
    pub benchmark: Option<String>,
    /// The figures.
    pub groups: Vec<Group>,
}

/// Drawdowns that are told one by one.
pub const DRAWDOWNS_MAX: usize = 5;

/// When a drawdown was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fall {
    /// Lowest value over peak, less 1: below 0.
    pub depth: f64,
    /// When the peak was.
    pub start: TimeNs,
    /// When the lowest value was.
    pub trough: TimeNs,
    /// When the peak was reached again; `None` = not in this run.
    pub end: Option<TimeNs>,
    /// From the peak to its recovery, or to the end of the run, in seconds.
    pub length_s: f64,
}

/// Share of the market's volume up to which capacity is reckoned.
pub const CAPACITY_SHARE: f64 = 0.1;

impl Summary {
    /// Computes all figures.
    ///
    /// # Errors
    /// [`BasisError`] for choices outside their ranges.
    pub fn new(run: &Run<'_>, choices: &Choices) -> Result<Summary, BasisError> {
        let series = Series::of(run.recorded, run.config, choices.benchmark);
        let year = match choices.periods_per_year {
            Some(periods) => Year { periods, reason: "as chosen".to_owned() },
            None => series.year(&run.recorded.samples, run.config),
        };
        let basis = Basis::new(year.periods, choices.risk_free)?;
        let returns = series.returns();
        let mut groups = vec![
            Group { title: "Return", figures: of_return(&returns, &basis) },
            Group { title: "Risk", figures: of_risk(&series.equity, &returns, &basis) },
            Group { title: "Return for risk", figures: of_ratios(&returns, &basis) },
        ];
        if let Some(benchmark) = series.benchmark_returns() {
            groups.push(Group { title: "Against the benchmark", figures: of_benchmark(&returns, &benchmark, &basis) });
        }
        groups.push(Group { title: "Trades", figures: of_trades(run) });
        groups.push(Group { title: "Execution", figures: of_execution(run, &series, &basis) });
        let benchmark = series.benchmark.as_ref().and(choices.benchmark).map(|id| run.config.symbol(id).to_owned());
        Ok(Summary { series, returns, basis, year, benchmark, groups })
    }

    /// True where the periods are shorter than a day: the run had fewer than [`crate::series::DAYS_MIN`] days, and what is
    /// annual is extrapolated.
    #[must_use]
    pub fn is_short(&self) -> bool {
        !self.returns.is_empty() && self.series.period_s < DAY_S
    }

    /// The deepest drawdowns, at ends of periods; the deepest first.
    #[must_use]
    pub fn falls(&self) -> Vec<Fall> {
        let times = &self.series.times;
        let fall = |fall: &Drawdown| {
            let (start, end) = (times[fall.peak], fall.end.map(|at| times[at]));
            let until = end.or(times.last().copied()).unwrap_or(start);
            let length_s = float_of(until.0.saturating_sub(start.0)) / 1e9;
            Fall { depth: fall.depth, start, trough: times[fall.trough], end, length_s }
        };
        drawdown::worst(&self.returns, DRAWDOWNS_MAX).iter().map(fall).collect()
    }

    /// A figure by its key.
    #[must_use]
    pub fn figure(&self, key: &str) -> Option<&Figure> {
        self.groups.iter().flat_map(|group| &group.figures).find(|figure| figure.key == key)
    }

    /// The figures for programs: a number or null for each key, and what they rest on.
    #[must_use]
    pub fn json(&self) -> Json {
        let all = self.groups.iter().flat_map(|group| &group.figures);
        let figures: Map<String, Json> = all.map(|figure| (figure.key.to_owned(), json!(figure.value))).collect();
        json!({
            "basis": {
                "period_s": self.series.period_s,
                "periods": self.returns.len(),
                "periods_per_year": self.basis.periods_per_year(),
                "periods_per_year_from": self.year.reason,
                "risk_free": self.basis.risk_free(),
                "benchmark": self.benchmark,
            },
            "figures": figures,
            "drawdowns": self.falls().iter().map(Fall::json).collect::<Vec<_>>(),
        })
    }
}

impl Fall {
    fn json(&self) -> Json {
        json!({
            "depth": self.depth,
            "start_ns": self.start.0,
            "trough_ns": self.trough.0,
            "end_ns": self.end.map(|time| time.0),
            "length_s": self.length_s,
        })
    }
}

const fn figure(
    (key, name, unit): (&'static str, &'static str, Unit),
    formula: &'static str,
    value: Option<f64>,
) -> Figure {
    Figure { key, name, formula, value, unit }
}

fn of_return(r: &[f64], basis: &Basis) -> Vec<Figure> {
    use Unit::Share;
    vec![
        figure(("total_return", "Total return", Share), "∏(1 + r) − 1", returns::total(r)),
        figure(("cagr", "CAGR", Share), "(∏(1 + r))^(periods per year / n) − 1", returns::cagr(r, basis)),
        figure(("mean_return", "Mean return of a period", Share), "Σr / n", returns::average(r)),
        figure(("best_period", "Best period", Share), "max r", returns::best(r)),
        figure(("worst_period", "Worst period", Share), "min r", returns::worst(r)),
        figure(("positive_periods", "Periods above 0", Share), "count(r > 0) / n", returns::positive_share(r)),
        figure(("stability", "Stability", Unit::Ratio), "R² of Σ ln(1 + r) against time", returns::stability(r)),
    ]
}

fn of_risk(equity: &[f64], r: &[f64], basis: &Basis) -> Vec<Figure> {
    use Unit::{Money, Periods, Ratio, Share};
    let longest = float_of(drawdown::longest(r) as u64);
    let tail = tails::TAIL;
    vec![
        figure(("volatility", "Volatility, annual", Share), "s(r) √periods per year", returns::volatility(r, basis)),
        figure(
            ("downside", "Downside deviation, annual", Share),
            "√mean(min(r − f, 0)²) √periods per year",
            returns::downside(r, basis),
        ),
        figure(
            ("max_drawdown", "Deepest drawdown", Share),
            "min(equity / peak − 1), at ends of periods",
            drawdown::deepest(r),
        ),
        figure(
            ("drawdown", "Largest fall of equity", Money),
            "max(peak − equity), at ends of periods",
            Some(drawdown::largest_fall(equity)),
        ),
        figure(
            ("longest_drawdown", "Longest drawdown, periods", Periods),
            "from a peak to its recovery",
            Some(longest),
        ),
        figure(("average_drawdown", "Average drawdown", Share), "mean depth of all drawdowns", drawdown::average(r)),
        figure(("under_water", "Time below a peak", Share), "periods below a peak / n", drawdown::under_water(r)),
        figure(("ulcer_index", "Ulcer index", Share), "√mean(drawdown²)", drawdown::ulcer(r)),
        figure(("value_at_risk", "Value at risk, 5 %", Share), "quantile of r at 5 %", tails::value_at_risk(r, tail)),
        figure(
            ("conditional_value_at_risk", "Conditional VaR, 5 %", Share),
            "mean of r up to that quantile",
            tails::conditional_value_at_risk(r, tail),
        ),
        figure(("skew", "Skew", Ratio), "m₃ / m₂^1.5", tails::skew(r)),
        figure(("kurtosis", "Excess kurtosis", Ratio), "m₄ / m₂² − 3", tails::kurtosis(r)),
        figure(("tail_ratio", "Tail ratio", Ratio), "|quantile 95 %| / |quantile 5 %|", tails::tail_ratio(r)),
    ]
}

fn of_ratios(r: &[f64], basis: &Basis) -> Vec<Figure> {
    use Unit::Ratio;
    let moments = Moments::of(r, basis);
    vec![
        figure(("sharpe", "Sharpe", Ratio), "mean(r − f) / s(r − f) √periods per year", ratios::sharpe(r, basis)),
        figure(("sortino", "Sortino", Ratio), "mean(r − f) periods per year / downside", ratios::sortino(r, basis)),
        figure(("calmar", "Calmar", Ratio), "CAGR / |deepest drawdown|", ratios::calmar(r, basis)),
        figure(("omega", "Omega", Ratio), "Σmax(r − f, 0) / Σmax(f − r, 0)", ratios::omega(r, basis)),
        figure(("gain_to_pain", "Gain to pain", Ratio), "Σr / Σ|r < 0|", ratios::gain_to_pain(r)),
        figure(("recovery_factor", "Recovery factor", Ratio), "total return / |deepest drawdown|", ratios::recovery(r)),
        figure(("martin", "Ulcer performance", Ratio), "(CAGR − f) / ulcer index", ratios::martin(r, basis)),
        figure(
            ("probabilistic_sharpe", "Probabilistic Sharpe", Unit::Share),
            "N(S √(n − 1) / √(1 − skew S + (kurtosis − 1) / 4 S²)), S = Sharpe of a period: chance that the true one is above 0",
            moments.and_then(|moments| deflated::probabilistic(&moments, 0.0)),
        ),
        figure(
            ("track_record_min", "Shortest track record, periods", Unit::Periods),
            "1 + (1 − skew S + (kurtosis − 1) / 4 S²) (1.645 / S)²: from so many on it is significant at 95 %",
            moments.and_then(|moments| deflated::track_record_min(&moments)),
        ),
    ]
}

fn of_benchmark(r: &[f64], b: &[f64], basis: &Basis) -> Vec<Figure> {
    use Unit::{Ratio, Share};
    vec![
        figure(("benchmark_return", "Benchmark, total return", Share), "∏(1 + b) − 1", returns::total(b)),
        figure(("benchmark_sharpe", "Benchmark, Sharpe", Ratio), "as above, of b", ratios::sharpe(b, basis)),
        figure(
            ("alpha", "Alpha, annual", Share),
            "(1 + mean(r − f − β(b − f)))^periods per year − 1",
            relative::alpha(r, b, basis),
        ),
        figure(("beta", "Beta", Ratio), "cov(r, b) / var(b)", relative::beta(r, b)),
        figure(("correlation", "Correlation", Ratio), "cov(r, b) / (s(r) s(b))", relative::correlation(r, b)),
        figure(
            ("information_ratio", "Information ratio", Ratio),
            "mean(r − b) / s(r − b) √periods per year",
            relative::information(r, b, basis),
        ),
        figure(
            ("tracking_error", "Tracking error, annual", Share),
            "s(r − b) √periods per year",
            relative::tracking_error(r, b, basis),
        ),
        figure(("treynor", "Treynor", Ratio), "mean(r − f) periods per year / β", relative::treynor(r, b, basis)),
        figure(
            ("up_capture", "Upside capture", Share),
            "CAGR over CAGR(b), where b > 0",
            relative::up_capture(r, b, basis),
        ),
        figure(
            ("down_capture", "Downside capture", Share),
            "CAGR over CAGR(b), where b < 0",
            relative::down_capture(r, b, basis),
        ),
    ]
}

fn of_trades(run: &Run<'_>) -> Vec<Figure> {
    use Unit::{Count, Money, Ratio, Seconds, Share};
    let trades = &run.recorded.tally.trades;
    vec![
        figure(
            ("trades", "Closed trades", Count),
            "flat to flat, or to the turn of the side",
            Some(float_of(trades.count)),
        ),
        figure(("hit_rate", "Hit rate", Share), "wins / trades", trading::hit_rate(trades)),
        figure(("profit_factor", "Profit factor", Ratio), "Σwins / Σ|losses|", trading::profit_factor(trades)),
        figure(("expectancy", "Expectancy", Money), "Σprofit / trades, after fees", trading::expectancy(trades)),
        figure(("average_win", "Average win", Money), "Σwins / count", trading::average_win(trades)),
        figure(("average_loss", "Average loss", Money), "Σlosses / count", trading::average_loss(trades)),
        figure(("payoff", "Payoff", Ratio), "average win / |average loss|", trading::payoff(trades)),
        figure(("best_trade", "Best trade", Money), "max profit", (trades.count > 0).then_some(trades.best)),
        figure(("worst_trade", "Worst trade", Money), "min profit", (trades.count > 0).then_some(trades.worst)),
        figure(
            ("losing_streak", "Longest losing streak", Count),
            "losses in a row",
            Some(float_of(trades.losing_streak)),
        ),
        figure(("holding_s", "Mean holding time", Seconds), "Σ(closed − opened) / trades", trading::holding_s(trades)),
        figure(("kelly", "Kelly fraction", Share), "p − (1 − p) / payoff", trading::kelly(trades)),
        figure(
            ("system_quality", "System quality number", Ratio),
            "mean profit / s(profit) √trades",
            trading::system_quality(trades),
        ),
    ]
}

fn of_execution(run: &Run<'_>, series: &Series, basis: &Basis) -> Vec<Figure> {
    use Unit::{Bps, Money, Ratio, Share};
    let (tally, fills) = (&run.recorded.tally, &run.recorded.tally.fills);
    let (traded, fees, slippage) = (float(fills.traded), float(fills.fees), float(fills.slippage));
    let years = float_of(series.equity.len().saturating_sub(1) as u64) / basis.periods_per_year();
    let average = mean(&series.equity).unwrap_or(0.0);
    let part = participation(run);
    let capacity = part.and_then(|part| trading::capacity(average, part, CAPACITY_SHARE));
    vec![
        figure(("fees", "Fees", Money), "Σfees", Some(fees)),
        figure(("fees_bps", "Fees of traded value", Bps), "Σfees / Σ|value|", trading::fees_bps(fees, traded)),
        figure(
            ("slippage", "Slippage", Money),
            "Σ(price − mark at dispatch) quantity, positive = worse",
            Some(slippage),
        ),
        figure(
            ("slippage_bps", "Slippage of traded value", Bps),
            "slippage / Σ|value|",
            trading::slippage_bps(slippage, traded),
        ),
        figure(
            ("fill_ratio", "Fill ratio", Share),
            "Σ|value filled| / Σ|value ordered|",
            trading::fill_ratio(traded, float(tally.ordered)),
        ),
        figure(
            ("maker_share", "Maker share", Share),
            "Σ|value of maker fills| / Σ|value|",
            trading::maker_share(float(fills.maker), traded),
        ),
        figure(
            ("turnover", "Turnover, annual", Ratio),
            "Σ|value| / (mean equity · years)",
            trading::turnover(traded, average, years),
        ),
        figure(("exposure", "Time in the market", Share), "samples with a position / samples", exposure(run)),
        figure(
            ("participation", "Participation", Share),
            "own / market volume on days with a fill, the highest of all instruments",
            part,
        ),
        figure(("capacity", "Capacity at 10 % of volume", Money), "mean equity · 10 % / participation", capacity),
    ]
}

/// Share of samples at which any position was held.
fn exposure(run: &Run<'_>) -> Option<f64> {
    let samples = &run.recorded.samples;
    let instruments = run.config.instruments.len();
    let first = 1 + run.config.strategies.len() + instruments;
    let mut held = vec![false; samples.len()];
    for column in first..first + instruments {
        for (place, qty) in samples.column(column).enumerate() {
            held[place] |= !qty.is_zero();
        }
    }
    let count = held.iter().filter(|is_held| **is_held).count();
    (!held.is_empty()).then(|| float_of(count as u64) / float_of(held.len() as u64))
}

/// The highest participation of all instruments.
fn participation(run: &Run<'_>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "shown only")]
    let one = |(own, market): (i128, i128)| trading::participation(own as f64, market as f64);
    run.recorded.tally.volumes().filter_map(one).max_by(f64::total_cmp)
}
