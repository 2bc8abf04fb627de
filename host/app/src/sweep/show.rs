//! Showing a sweep: which combinations did best, and what did all of them come to?
//!
//! In: trials in the order of their numbers. Out: a ranked table, lines of JSON, a CSV file. Must never: leave out a
//! combination that failed, or show money as a float.

use std::fmt::Write;

use ringfence_core::money::Decimal;
use ringfence_session::results::Results;
use serde_json::{Map, Value as Json, json};

use crate::report::results::decimal;
use crate::sweep::axis::Axis;
use crate::sweep::run::Trial;

/// What combinations are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Rank {
    /// Equity at the end; the most first.
    FinalEquity,
    /// Realised profit without fees; the most first.
    RealizedPnl,
    /// Largest fall of equity from a peak before it, over the points of the curve; the least first.
    Drawdown,
    /// Fees; the least first.
    Fees,
}

impl Rank {
    /// The figure itself.
    pub(crate) fn of(self, results: &Results) -> Decimal {
        match self {
            Rank::FinalEquity => results.equity,
            Rank::RealizedPnl => results.realised,
            Rank::Drawdown => drawdown(results),
            Rank::Fees => results.fees,
        }
    }

    const fn is_least_first(self) -> bool {
        matches!(self, Rank::Drawdown | Rank::Fees)
    }
}

/// Largest fall from a peak, at least 0.
fn drawdown(results: &Results) -> Decimal {
    let (mut peak, mut deepest) = (None, Decimal::ZERO);
    for point in &results.curve {
        let highest = peak.map_or(point.equity, |peak: Decimal| peak.max(point.equity));
        peak = Some(highest);
        deepest = deepest.max(highest - point.equity);
    }
    deepest
}

/// Places of the trials, best first; those that failed stand behind all others, equal ones in order of their numbers.
pub(crate) fn ranked(trials: &[Trial], rank: Rank) -> Vec<usize> {
    let figure = |at: &usize| trials[*at].outcome.as_ref().ok().map(|results| rank.of(results));
    let mut places: Vec<usize> = (0..trials.len()).collect();
    places.sort_by(|a, b| match (figure(a), figure(b)) {
        (Some(a), Some(b)) if rank.is_least_first() => a.cmp(&b),
        (Some(a), Some(b)) => b.cmp(&a),
        (a, b) => a.is_none().cmp(&b.is_none()),
    });
    places
}

/// Columns behind those of the axes.
const COLUMNS: [&str; 7] = ["final equity", "realised", "fees", "drawdown", "orders", "fills", "denied"];

fn cells(results: &Results) -> [String; 7] {
    let counts = results.counts;
    [
        decimal(results.equity),
        decimal(results.realised),
        decimal(results.fees),
        decimal(drawdown(results)),
        counts.orders.to_string(),
        counts.fills.to_string(),
        counts.denied.to_string(),
    ]
}

/// The best `top` as a table.
pub(crate) fn table(axes: &[Axis], trials: &[Trial], (places, top): (&[usize], usize)) -> String {
    let mut rows =
        vec![axes.iter().map(|axis| axis.name.clone()).chain(COLUMNS.map(str::to_owned)).collect::<Vec<_>>()];
    for place in places.iter().take(top) {
        let trial = &trials[*place];
        let figures = match &trial.outcome {
            Ok(results) => cells(results).to_vec(),
            Err(why) => vec![format!("refused: {}", why.lines().next().unwrap_or_default())],
        };
        rows.push(trial.values.iter().cloned().chain(figures).collect());
    }
    let width = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or(0);
    // A refusal is longer than any column and stands in the last one of its row.
    let widths: Vec<usize> = (0..axes.len() + COLUMNS.len()).map(|column| width(column).min(WIDTH_MAX)).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}"));
        cells.collect::<String>().trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Widest column.
const WIDTH_MAX: usize = 24;

/// Every combination in order of its number, as CSV with a head.
pub(crate) fn csv(axes: &[Axis], trials: &[Trial]) -> String {
    let head = axes.iter().map(|axis| quoted(&axis.name)).chain(COLUMNS.map(|name| name.replace(' ', "_")));
    let mut text = head.chain(["refused".to_owned()]).collect::<Vec<_>>().join(",") + "\n";
    for trial in trials {
        let values = trial.values.iter().map(|value| quoted(value));
        let line: Vec<String> = match &trial.outcome {
            Ok(results) => values.chain(cells(results)).chain([String::new()]).collect(),
            Err(why) => values.chain(COLUMNS.map(|_| String::new())).chain([quoted(why)]).collect(),
        };
        writeln!(text, "{}", line.join(",")).expect("a String takes every write");
    }
    text
}

/// A field of CSV (RFC 4180).
fn quoted(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\n', '\r']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// One combination as a JSON object.
pub(crate) fn json(axes: &[Axis], trial: &Trial) -> Json {
    let named = axes.iter().zip(&trial.values).map(|(axis, value)| (axis.name.clone(), json!(value)));
    let values = Json::Object(named.collect::<Map<_, _>>());
    match &trial.outcome {
        Ok(results) => json!({
            "values": values,
            "final_equity": decimal(results.equity),
            "realized_pnl": decimal(results.realised),
            "fees": decimal(results.fees),
            "drawdown": decimal(drawdown(results)),
            "orders": results.counts.orders,
            "fills": results.counts.fills,
            "denied": results.counts.denied,
            "decision_digest": crate::output::hex(&results.decision_digest),
            "halted": results.strategies.iter().any(|strategy| strategy.halt.is_some()),
        }),
        Err(why) => json!({ "values": values, "refused": why }),
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
        assert_eq!(ranked(&trials, Rank::FinalEquity), [0, 1]);
        expect![[r#"
            best first
              fast  slow              final equity  realised  fees  drawdown  orders  fills  denied
                 5     4  refused: fast must be below slow
                 6     4            refused: a,"b""#]]
        .assert_eq(&format!("best first\n{}", table(&axes(), &trials, (&[0, 1], 9))));
        expect![[r#"
            fast,slow,final_equity,realised,fees,drawdown,orders,fills,denied,refused
            5,4,,,,,,,,"fast must be below slow
            and more"
            6,4,,,,,,,,"a,""b"""
        "#]]
        .assert_eq(&csv(&axes(), &trials));
    }
}
