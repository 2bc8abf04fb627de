//! Showing a walk: what was chosen on each training window, and what did it come to afterwards?
//!
//! In: steps of a walk. Out: a table, a JSON object, files. Must never: leave out a window, or show money as a float.

use std::fmt::Write;

use ringfence_core::ids::TimeNs;
use ringfence_report::figure::{Unit, shown};
use ringfence_report::svg;
use serde_json::{Map, Value as Json, json};

use crate::calendar::time_text;
use crate::exit::{Exit, Failure};
use crate::report::results::decimal;
use crate::sweep::axis::Axis;
use crate::sweep::forward::{Chosen, Step, days};
use crate::sweep::rank::Rank;
use crate::sweep::run::{Done, Order};
use crate::sweep::show::{lined_up, outcome, quoted, rounded};
use crate::sweep::stitched::Stitched;

const SPLITS: &str = "splits.csv";
const EQUITY: &str = "equity.csv";
const PICTURE: &str = "equity.svg";
const WHOLE: &str = "walk_forward.json";
/// Every file of a walk.
pub(crate) const FILES: [&str; 4] = [SPLITS, EQUITY, PICTURE, WHOLE];

/// A walk that ended.
pub(crate) struct Walk<'a> {
    steps: Vec<Step>,
    stitched: Stitched,
    axes: &'a [Axis],
    rank: Rank,
    combinations: usize,
    currency: &'a str,
}

impl<'a> Walk<'a> {
    /// # Errors
    /// Choices outside their ranges.
    pub(crate) fn new(steps: Vec<Step>, (order, rank): (&Order<'a>, Rank)) -> Result<Walk<'a>, Failure> {
        let config = &order.loaded.core;
        let stitched =
            Stitched::of(&steps, config, order.choices).map_err(|error| Failure::usage(error.to_string()))?;
        let currency = config.currency(config.base_currency).map_or("", |currency| currency.code.as_str());
        Ok(Walk { steps, stitched, axes: order.axes, rank, combinations: order.numbers.len(), currency })
    }

    /// Tables for people.
    pub(crate) fn text(&self) -> String {
        let rank = self.rank.name().replace('-', " ");
        let mut head = vec!["test window".to_owned(), String::new()];
        head.extend(self.axes.iter().map(|axis| axis.name.clone()));
        head.extend([
            format!("{rank}, trained"),
            "tested".to_owned(),
            "profit".to_owned(),
            "of what was trained".to_owned(),
        ]);
        head.extend((self.halted().0 > 0).then(|| "halted".to_owned()));
        let mut rows = vec![head];
        let digits = self.digits();
        for step in &self.steps {
            let mut row = [step.split.test_time.start, step.split.test_time.end].map(|at| moment(at, digits)).to_vec();
            match &step.chosen {
                None => row.push("none: no combination has a value to be chosen by".to_owned()),
                Some(chosen) => {
                    row.extend(chosen.values.iter().cloned());
                    row.push(self.value(&chosen.trained));
                    match &chosen.tested {
                        Ok(done) => {
                            row.extend([
                                self.value(done),
                                decimal(done.profit()),
                                share(chosen.efficiency(&step.split)),
                            ]);
                            row.extend(chosen.halted());
                        }
                        Err(why) => row.push(format!("refused: {}", why.lines().next().unwrap_or_default())),
                    }
                }
            }
            rows.push(row);
        }
        format!("{}\n\n{}", lined_up(&rows), self.words())
    }

    fn value(&self, done: &Done) -> String {
        self.rank.of(done).map_or("–".to_owned(), |value| value.text())
    }

    /// Windows whose choice was halted, in training or in the test, of how many that have one.
    fn halted(&self) -> (usize, usize) {
        let chosen = || self.steps.iter().filter_map(|step| step.chosen.as_ref());
        (chosen().filter(|chosen| chosen.halted().is_some()).count(), chosen().count())
    }

    /// How much of a time tells two windows apart: the day, or minutes or seconds where a window is shorter.
    fn digits(&self) -> usize {
        let lengths = self.steps.iter().map(|step| days(&step.split.test_time)).filter(|length| *length > 0.0);
        let shortest = lengths.fold(f64::INFINITY, f64::min);
        match shortest {
            length if length >= 1.0 => DAY,
            length if length * 24.0 >= 1.0 => MINUTE,
            _ => SECOND,
        }
    }

    /// What all test windows come to.
    fn words(&self) -> String {
        let Stitched { figures, start, end, winners, .. } = &self.stitched;
        let optional = |value: Option<f64>, unit| value.map_or("–".to_owned(), |value| shown(value, unit));
        let halted = match self.halted() {
            (0, _) => String::new(),
            (count, all) => {
                format!("\na strategy was halted in {count} of {all} windows: these are no results of all their rows")
            }
        };
        format!(
            "out of sample: {} {} after {} {}, profit in {} of {} windows, {} trades\n\
             return {}, Sharpe {}, deepest drawdown {}, probabilistic Sharpe {}\n\
             walk-forward efficiency {}: profit a day out of sample, of that of the training windows\n\
             {} combinations on each of {} training windows; each test window starts flat, and its profit is added to the last{halted}",
            decimal(*end),
            self.currency,
            decimal(*start),
            self.currency,
            winners.0,
            winners.1,
            figures.trades,
            optional(figures.total_return, Unit::Share),
            optional(figures.sharpe, Unit::Ratio),
            optional(figures.max_drawdown, Unit::Share),
            optional(figures.probabilistic_sharpe, Unit::Share),
            share(self.stitched.efficiency),
            self.combinations,
            self.steps.len(),
        )
    }

    /// Everything as one object.
    pub(crate) fn json(&self) -> Json {
        let Stitched { figures, start, end, efficiency, winners, period_s, .. } = &self.stitched;
        json!({
            "rank": self.rank.name(),
            "combinations": self.combinations,
            "halted": self.halted().0,
            "splits": self.steps.iter().map(|step| self.step(step)).collect::<Vec<_>>(),
            "out_of_sample": {
                "start": decimal(*start),
                "final_equity": decimal(*end),
                "net_profit": decimal(*end - *start),
                "windows": winners.1,
                "windows_with_profit": winners.0,
                "efficiency": efficiency,
                "period_s": period_s,
                "periods": figures.periods,
                "total_return": figures.total_return,
                "cagr": figures.cagr,
                "volatility": figures.volatility,
                "sharpe": figures.sharpe,
                "sortino": figures.sortino,
                "calmar": figures.calmar,
                "omega": figures.omega,
                "max_drawdown": figures.max_drawdown,
                "probabilistic_sharpe": figures.probabilistic_sharpe,
                "trades": figures.trades,
                "hit_rate": figures.hit_rate,
                "profit_factor": figures.profit_factor,
                "expectancy": figures.expectancy,
            },
        })
    }

    fn step(&self, step: &Step) -> Json {
        let split = &step.split;
        let window = |time: &std::ops::Range<TimeNs>, rows: &std::ops::Range<usize>| {
            json!({
                "from": time_text(time.start.0),
                "to": time_text(time.end.0),
                "first_row": rows.start,
                "rows": rows.len(),
            })
        };
        let mut object = Map::new();
        object.insert("train".to_owned(), window(&split.train_time, &split.train));
        object.insert("test".to_owned(), window(&split.test_time, &split.test));
        object.insert("warm_up_rows".to_owned(), json!(split.test.start - split.warm_from));
        let Some(chosen) = &step.chosen else {
            object.insert("values".to_owned(), Json::Null);
            return Json::Object(object);
        };
        let named = self.axes.iter().zip(&chosen.values).map(|(axis, value)| (axis.name.clone(), json!(value)));
        object.insert("values".to_owned(), Json::Object(named.collect()));
        object.insert("in_sample".to_owned(), Json::Object(outcome(&chosen.trained, &chosen.luck)));
        match &chosen.tested {
            Ok(done) => {
                // Nothing was chosen on a test window: there is no luck of many tries to take off.
                let mut tested = outcome(done, &chosen.luck);
                tested.remove("deflated_sharpe");
                object.insert("out_of_sample".to_owned(), Json::Object(tested));
            }
            Err(why) => {
                object.insert("refused".to_owned(), json!(why));
            }
        }
        object.insert("efficiency".to_owned(), json!(chosen.efficiency(split)));
        Json::Object(object)
    }

    /// Names and contents of all files.
    pub(crate) fn files(&self) -> [(&'static str, String); FILES.len()] {
        let picture = svg::document(&self.stitched.chart(self.currency));
        [(SPLITS, self.splits()), (EQUITY, self.equity()), (PICTURE, picture), (WHOLE, format!("{:#}\n", self.json()))]
    }

    fn splits(&self) -> String {
        let mut text =
            String::from("split,train_from_ns,train_to_ns,test_from_ns,test_to_ns,train_rows,test_rows,warm_up_rows");
        for axis in self.axes {
            write!(text, ",{}", quoted(&axis.name)).expect("a String takes every write");
        }
        text += ",in_sample_rank,in_sample_profit,in_sample_deflated_sharpe,out_of_sample_rank,out_of_sample_profit,out_of_sample_trades,out_of_sample_fees,efficiency,in_sample_halted,out_of_sample_halted,refused\n";
        for (step, number) in self.steps.iter().zip(1..) {
            let split = &step.split;
            write!(
                text,
                "{number},{},{},{},{},{},{},{}",
                split.train_time.start.0,
                split.train_time.end.0,
                split.test_time.start.0,
                split.test_time.end.0,
                split.train.len(),
                split.test.len(),
                split.test.start - split.warm_from
            )
            .expect("a String takes every write");
            let cells = match &step.chosen {
                None => vec![String::new(); self.axes.len() + 11],
                Some(chosen) => self.cells(chosen, step),
            };
            writeln!(text, ",{}", cells.join(",")).expect("a String takes every write");
        }
        text
    }

    fn cells(&self, chosen: &Chosen, step: &Step) -> Vec<String> {
        let optional = |value: Option<f64>| value.map_or(String::new(), rounded);
        let ranked = |done: &Done| self.rank.of(done).map_or(String::new(), |value| value.cell());
        let mut cells: Vec<String> = chosen.values.iter().map(|value| quoted(value)).collect();
        cells.extend([
            ranked(&chosen.trained),
            decimal(chosen.trained.profit()),
            optional(chosen.luck.deflated(&chosen.trained)),
        ]);
        match &chosen.tested {
            Ok(done) => cells.extend([
                ranked(done),
                decimal(done.profit()),
                done.figures.trades.to_string(),
                decimal(done.results.fees),
                optional(chosen.efficiency(&step.split)),
                code(&chosen.trained),
                code(done),
                String::new(),
            ]),
            Err(why) => {
                cells.extend((0..5).map(|_| String::new()));
                cells.extend([code(&chosen.trained), String::new(), quoted(why)]);
            }
        }
        cells
    }

    fn equity(&self) -> String {
        let mut text = String::from("ts_ns,split,equity\n");
        for (number, time, equity) in &self.stitched.points {
            writeln!(text, "{},{number},{}", time.0, decimal(*equity)).expect("a String takes every write");
        }
        text
    }

    /// A walk without a tested choice does not hold.
    pub(crate) fn exit(&self) -> Exit {
        let chosen = || self.steps.iter().filter_map(|step| step.chosen.as_ref());
        let tested = || chosen().filter_map(|chosen| chosen.tested.as_ref().ok());
        match (tested().next().is_some(), self.halted().0 > 0) {
            (false, _) => Exit::DoesNotHold,
            (true, true) => Exit::Halted,
            (true, false) => Exit::Fine,
        }
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| shown(value, Unit::Share))
}

fn code(done: &Done) -> String {
    done.halted().unwrap_or_default().to_owned()
}

/// Characters of a time that end with its day, its minute, its second.
const DAY: usize = 10;
const MINUTE: usize = 16;
const SECOND: usize = 19;

/// The first characters of a time, without the letter between day and hour.
fn moment(time: TimeNs, digits: usize) -> String {
    time_text(time.0).get(..digits).unwrap_or_default().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_to_the_day_the_minute_or_the_second() {
        let time = TimeNs(1_700_000_045_000_000_000);
        let told = [DAY, MINUTE, SECOND].map(|digits| moment(time, digits));
        assert_eq!(told, ["2023-11-14", "2023-11-14 22:14", "2023-11-14 22:14:05"]);
    }
}
