//! Showing a sweep: which combinations did best, and what did all of them come to?
//!
//! In: trials in the order of their numbers. Out: a ranked table, lines of JSON, a CSV file. Must never: leave out a
//! combination that failed, or show money as a float.

use std::fmt::Write;

use ringfence_report::figure::{Unit, shown};
use serde_json::{Map, Value as Json, json};

use crate::report::results::decimal;
use crate::sweep::axis::Axis;
use crate::sweep::luck::Luck;
use crate::sweep::rank::Rank;
use crate::sweep::run::{Done, Trial};

/// Columns of the table for people, behind those of the axes and the rank.
const COLUMNS: [Rank; 7] =
    [Rank::FinalEquity, Rank::Cagr, Rank::Sharpe, Rank::MaxDrawdown, Rank::ProfitFactor, Rank::HitRate, Rank::Trades];

/// Names of amounts and counts in files.
const AMOUNTS: [&str; 7] = ["final_equity", "realized_pnl", "fees", "drawdown", "orders", "fills", "denied"];

/// Amounts and counts of a trial, in the order of [`AMOUNTS`].
fn amounts(done: &Done) -> [String; AMOUNTS.len()] {
    let (results, counts) = (&done.results, done.results.counts);
    [
        decimal(results.equity),
        decimal(results.realised),
        decimal(results.fees),
        done.drawdown().map_or(String::new(), decimal),
        counts.orders.to_string(),
        counts.fills.to_string(),
        counts.denied.to_string(),
    ]
}

/// Names of statistics in files.
pub(crate) const FIGURES: [&str; 17] = [
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "omega",
    "max_drawdown",
    "trades",
    "hit_rate",
    "profit_factor",
    "expectancy",
    "periods",
    "skew",
    "kurtosis",
    "probabilistic_sharpe",
    "deflated_sharpe",
];

/// Statistics of a trial, in the order of [`FIGURES`].
pub(crate) fn figures(done: &Done, luck: &Luck) -> [Option<f64>; FIGURES.len()] {
    let figures = &done.figures;
    [
        figures.total_return,
        figures.cagr,
        figures.volatility,
        figures.sharpe,
        figures.sortino,
        figures.calmar,
        figures.omega,
        figures.max_drawdown,
        Some(figures.trades as f64),
        figures.hit_rate,
        figures.profit_factor,
        figures.expectancy,
        Some(figures.periods as f64),
        figures.moments.map(|moments| moments.skew),
        figures.moments.map(|moments| moments.kurtosis),
        figures.probabilistic_sharpe,
        luck.deflated(done),
    ]
}

/// The best `top` as a table; what they are ranked by stands first.
pub(crate) fn table((axes, rank): (&[Axis], Rank), trials: &[Trial], (places, top): (&[usize], usize)) -> String {
    let columns: Vec<Rank> = std::iter::once(rank).chain(COLUMNS.into_iter().filter(|other| *other != rank)).collect();
    let head = columns.iter().map(|column| column.name().replace('-', " "));
    let has_halts = trials.iter().any(|trial| trial.halted().is_some());
    let head = head.chain(has_halts.then(|| "halted".to_owned()));
    let mut rows = vec![axes.iter().map(|axis| axis.name.clone()).chain(head).collect::<Vec<_>>()];
    for place in places.iter().take(top) {
        let trial = &trials[*place];
        let cell = |done: &Done, rank: Rank| rank.of(done).map_or("–".to_owned(), |value| value.text());
        let figures = match &trial.outcome {
            Ok(done) => {
                let halted = done.halted().map(str::to_owned);
                columns.iter().map(|column| cell(done, *column)).chain(halted).collect()
            }
            Err(why) => vec![format!("refused: {}", why.lines().next().unwrap_or_default())],
        };
        rows.push(trial.values.iter().cloned().chain(figures).collect());
    }
    lined_up(&rows)
}

/// Rows as lines with a column for each field.
pub(crate) fn lined_up(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or(0);
    // A refusal is longer than any column and stands in the last one of its row.
    let widths: Vec<usize> = (0..columns).map(|column| width(column).min(WIDTH_MAX)).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}"));
        cells.collect::<String>().trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Widest column.
const WIDTH_MAX: usize = 24;

/// Every combination in order of its number, as CSV with a head. Statistics are rounded to twelve digits behind the point.
pub(crate) fn csv(axes: &[Axis], trials: &[Trial], luck: &Luck) -> String {
    let mut head: Vec<String> = axes.iter().map(|axis| quoted(&axis.name)).collect();
    head.extend(AMOUNTS.iter().chain(&FIGURES).map(|name| (*name).to_owned()));
    let mut text = head.join(",") + ",halted,refused\n";
    for trial in trials {
        let mut line: Vec<String> = trial.values.iter().map(|value| quoted(value)).collect();
        match &trial.outcome {
            Ok(done) => {
                line.extend(amounts(done));
                line.extend(figures(done, luck).map(|value| value.map_or(String::new(), rounded)));
                line.extend([done.halted().unwrap_or_default().to_owned(), String::new()]);
            }
            Err(why) => {
                line.extend((0..=AMOUNTS.len() + FIGURES.len()).map(|_| String::new()));
                line.push(quoted(why));
            }
        }
        writeln!(text, "{}", line.join(",")).expect("a String takes every write");
    }
    text
}

/// A statistic in a table: no exponent, and no digits that nobody reads.
pub(crate) fn rounded(value: f64) -> String {
    let text = format!("{value:.12}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if matches!(short, "-0" | "") { "0".to_owned() } else { short.to_owned() }
}

/// A field of CSV (RFC 4180).
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\n', '\r']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// One combination as a JSON object, with how many there were.
pub(crate) fn json(axes: &[Axis], trial: &Trial, luck: &Luck) -> Json {
    let named = axes.iter().zip(&trial.values).map(|(axis, value)| (axis.name.clone(), json!(value)));
    let values = Json::Object(named.collect::<Map<_, _>>());
    let done = match &trial.outcome {
        Ok(done) => done,
        Err(why) => return json!({ "values": values, "refused": why }),
    };
    let mut object = Map::new();
    object.insert("values".to_owned(), values);
    object.extend(outcome(done, luck));
    object.insert("tries".to_owned(), json!(luck.tries));
    object.insert("expected_maximum_sharpe".to_owned(), json!(luck.annual(done)));
    Json::Object(object)
}

/// What a run came to, by name.
pub(crate) fn outcome(done: &Done, luck: &Luck) -> Map<String, Json> {
    let results = &done.results;
    let exact = json!({
        "final_equity": decimal(results.equity),
        "net_profit": decimal(done.profit()),
        "realized_pnl": decimal(results.realised),
        "fees": decimal(results.fees),
        "drawdown": done.drawdown().map(decimal),
        "orders": results.counts.orders,
        "fills": results.counts.fills,
        "denied": results.counts.denied,
        "decision_digest": crate::output::hex(&results.decision_digest),
        "halted": done.halted(),
    });
    let Json::Object(mut object) = exact else { unreachable!("an object was written above") };
    let counted = |name: &str, value: Option<f64>| match name {
        "trades" => json!(done.figures.trades),
        "periods" => json!(done.figures.periods),
        _ => json!(value),
    };
    let named = FIGURES.iter().zip(figures(done, luck));
    object.extend(named.map(|(name, value)| ((*name).to_owned(), counted(name, value))));
    object
}

/// What to make of the best: how much of its Sharpe ratio is left when the tries are counted.
pub(crate) fn doubt(best: &Done, luck: &Luck) -> String {
    if let Some(code) = best.halted() {
        return format!("in each that ran a strategy was halted, in the first by {code}: none is a result of all rows");
    }
    if luck.tries == 1 {
        return only(best);
    }
    let warning = "the best of so many is likely to do worse on data that it was not chosen by";
    let (Some(sharpe), Some(expected), Some(deflated)) = (best.figures.sharpe, luck.annual(best), luck.deflated(best))
    else {
        return format!("{warning}; it has no Sharpe ratio to deflate");
    };
    let single = best.figures.probabilistic_sharpe.map_or("–".to_owned(), |share| shown(share, Unit::Share));
    format!(
        "the first has a Sharpe ratio of {}; without any skill the best of {} tries would have {}\n\
         deflated Sharpe ratio {}: the chance that it is more than luck, {single} if it had been the only try\n{warning}",
        shown(sharpe, Unit::Ratio),
        luck.tries,
        shown(expected, Unit::Ratio),
        shown(deflated, Unit::Share),
    )
}

/// Of one try there is no best.
fn only(done: &Done) -> String {
    let chance = done.figures.sharpe.zip(done.figures.probabilistic_sharpe);
    let chance = chance.map(|(sharpe, share)| (shown(sharpe, Unit::Ratio), shown(share, Unit::Share)));
    match chance {
        Some((sharpe, share)) => {
            format!("the only try has a Sharpe ratio of {sharpe}; the chance that the true one is above 0 is {share}")
        }
        None => "the only try has no Sharpe ratio".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn refused(values: &[&str], why: &str) -> Trial {
        Trial { values: values.iter().map(|value| (*value).to_owned()).collect(), outcome: Err(why.to_owned()) }
    }

    fn axes() -> Vec<Axis> {
        let axis = |name: &str| Axis { name: name.into(), key: name.into(), values: vec!["1".into()] };
        vec![axis("fast"), axis("slow")]
    }

    #[test]
    fn what_was_refused_is_shown_with_its_reason() {
        let trials = [refused(&["5", "4"], "fast must be below slow\nand more"), refused(&["6", "4"], "a,\"b\"")];
        assert_eq!(Rank::FinalEquity.order(&trials), [0, 1]);
        let luck = Luck::of(&trials);
        expect![[r#"
            best first
              fast  slow                      fees  final equity  cagr  sharpe  max drawdown  profit factor  hit rate  trades
                 5     4  refused: fast must be below slow
                 6     4            refused: a,"b""#]].assert_eq(&format!("best first\n{}", table((&axes(), Rank::Fees), &trials, (&[0, 1], 9))));
        expect![[r#"
            fast,slow,final_equity,realized_pnl,fees,drawdown,orders,fills,denied,total_return,cagr,volatility,sharpe,sortino,calmar,omega,max_drawdown,trades,hit_rate,profit_factor,expectancy,periods,skew,kurtosis,probabilistic_sharpe,deflated_sharpe,halted,refused
            5,4,,,,,,,,,,,,,,,,,,,,,,,,,,"fast must be below slow
            and more"
            6,4,,,,,,,,,,,,,,,,,,,,,,,,,,"a,""b"""
        "#]].assert_eq(&csv(&axes(), &trials, &luck));
    }

    #[test]
    fn statistics_in_tables_have_no_exponent_and_no_trailing_zeros() {
        let all = [1.0e-20, -1.0e-20, 0.25, -12.0, 1.0e10, 2.0 / 3.0].map(rounded);
        assert_eq!(all, ["0", "0", "0.25", "-12", "10000000000", "0.666666666667"]);
    }
}
