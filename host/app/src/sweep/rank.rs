//! Ranks: what are combinations ranked by?
//!
//! In: what a trial came to. Out: one value of it, and which of two is better. Must never: compare money as a float, or let
//! a figure that is not defined win.

use std::cmp::Ordering;

use ringfence_core::money::Decimal;
use ringfence_report::figure::{Unit, shown};

use crate::report::results::decimal;
use crate::sweep::run::{Done, Trial};

/// What combinations are ranked by; where values are equal, the combination that comes first stays first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Rank {
    /// Equity at the end; the most first.
    FinalEquity,
    /// Equity at the end less that at the start; the most first.
    NetProfit,
    /// Realised profit without fees; the most first.
    RealizedPnl,
    /// Growth of a year, compounded; the most first.
    Cagr,
    /// Annual Sharpe ratio; the most first.
    Sharpe,
    /// Annual Sortino ratio; the most first.
    Sortino,
    /// Calmar ratio; the most first.
    Calmar,
    /// Omega ratio; the most first.
    Omega,
    /// Annual volatility; the least first.
    Volatility,
    /// Deepest fall from a peak in per cent of it, at ends of periods; the least first.
    MaxDrawdown,
    /// Largest fall of equity from a peak as an amount, at ends of periods; the least first.
    Drawdown,
    /// Sum of winning over sum of losing trades; the most first.
    ProfitFactor,
    /// Share of trades with a profit; the most first.
    HitRate,
    /// Mean profit of a trade; the most first.
    Expectancy,
    /// Closed trades; the most first.
    Trades,
    /// Fees; the least first.
    Fees,
}

/// A value that combinations are ranked by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// Money, exact.
    Money(Decimal),
    /// A statistic.
    Figure(f64, Unit),
}

impl Value {
    /// For people.
    pub(crate) fn text(&self) -> String {
        match self {
            Value::Money(amount) => decimal(*amount),
            Value::Figure(value, unit) => shown(*value, *unit),
        }
    }

    /// For tables that programs read.
    pub(crate) fn cell(&self) -> String {
        match self {
            Value::Money(amount) => decimal(*amount),
            Value::Figure(value, _) => crate::sweep::show::rounded(*value),
        }
    }

    /// For colours and other things that are only looked at.
    pub(crate) fn float(&self) -> f64 {
        match self {
            Value::Money(amount) => amount.to_string().parse().unwrap_or(f64::NAN),
            Value::Figure(value, _) => *value,
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Money(a), Value::Money(b)) => Some(a.cmp(b)),
            (Value::Figure(a, _), Value::Figure(b, _)) => Some(a.total_cmp(b)),
            (Value::Money(_), Value::Figure(..)) | (Value::Figure(..), Value::Money(_)) => None,
        }
    }
}

impl Rank {
    /// The value itself; `None` where the figure is not defined for this trial.
    pub(crate) fn of(self, done: &Done) -> Option<Value> {
        let (results, figures) = (&done.results, &done.figures);
        let figure = |value: Option<f64>, unit| value.map(|value| Value::Figure(value, unit));
        match self {
            Rank::FinalEquity => Some(Value::Money(results.equity)),
            Rank::NetProfit => Some(Value::Money(done.profit())),
            Rank::RealizedPnl => Some(Value::Money(results.realised)),
            Rank::Drawdown => done.drawdown().map(Value::Money),
            Rank::Fees => Some(Value::Money(results.fees)),
            Rank::Cagr => figure(figures.cagr, Unit::Share),
            Rank::Sharpe => figure(figures.sharpe, Unit::Ratio),
            Rank::Sortino => figure(figures.sortino, Unit::Ratio),
            Rank::Calmar => figure(figures.calmar, Unit::Ratio),
            Rank::Omega => figure(figures.omega, Unit::Ratio),
            Rank::Volatility => figure(figures.volatility, Unit::Share),
            Rank::MaxDrawdown => figure(figures.max_drawdown, Unit::Share),
            Rank::ProfitFactor => figure(figures.profit_factor, Unit::Ratio),
            Rank::HitRate => figure(figures.hit_rate, Unit::Share),
            Rank::Expectancy => figure(figures.expectancy, Unit::Money),
            Rank::Trades => Some(Value::Figure(figures.trades as f64, Unit::Count)),
        }
    }

    /// A deepest drawdown is a number below 0, so that the least deep one is the highest number.
    pub(crate) const fn is_least_first(self) -> bool {
        matches!(self, Rank::Drawdown | Rank::Fees | Rank::Volatility)
    }

    /// As it is written on the command line.
    pub(crate) fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self).map_or(String::new(), |value| value.get_name().to_owned())
    }

    /// Places of the trials, best first. Behind those with a value stand those for which it is not defined, behind them in the
    /// same way those in which a strategy was halted, and last those that were refused; equal ones in order of their numbers.
    pub(crate) fn order(self, trials: &[Trial]) -> Vec<usize> {
        let class = |trial: &Trial| match &trial.outcome {
            Ok(done) => {
                let (behind, value) = (if done.halted().is_some() { 2 } else { 0 }, self.of(done));
                (behind + u8::from(value.is_none()), value)
            }
            Err(_) => (4, None),
        };
        let keys: Vec<(u8, Option<Value>)> = trials.iter().map(class).collect();
        let mut places: Vec<usize> = (0..trials.len()).collect();
        // A stable sort keeps the order of the numbers.
        places.sort_by(|a, b| {
            let ((first, a), (second, b)) = (&keys[*a], &keys[*b]);
            let better = match (a, b) {
                (Some(a), Some(b)) if self.is_least_first() => a.partial_cmp(b),
                (Some(a), Some(b)) => b.partial_cmp(a),
                (None, _) | (_, None) => None,
            };
            first.cmp(second).then(better.unwrap_or(Ordering::Equal))
        });
        places
    }
}
