//! Their side: what does hftbacktest make of a case?
//!
//! In: a case, or a market and a maker. Out: what its process printed. Must never: mend it.

use std::io::Write;
use std::process::{Command, Stdio};

use ringfence_sim::QueueModel;
use ringfence_tests::oracles;
use serde_json::Value;

use crate::case::{Filled, Fills, Legs, Models, Result as CaseResult};

/// Runs a case to its end, or to where hftbacktest stops with a fault of its own.
///
/// # Errors
/// A reason to skip.
pub(crate) fn run(models: &Models, lines: &str) -> Result<(CaseResult, Value), String> {
    let printed = printed(models, "orders", lines)?;
    let mut result = CaseResult { fills: fills(&printed), ..CaseResult::default() };
    for order in printed.iter().filter_map(|line| line.get("order")) {
        let (id, left) = (order["id"].as_u64().expect("a number"), order["left"].as_i64().expect("a number"));
        let word = match order["status"].as_str().expect("a word") {
            // It forgets with an amend that something was filled.
            "new" | "partially-filled" => "open",
            // It lets an order be cancelled that was filled to the lot.
            "canceled" if left == 0 => "filled",
            other => other,
        };
        result.orders.insert(id, (word.to_owned(), left));
    }
    Ok((result, printed.last().expect("a sum")["sum"].clone()))
}

/// Fills and sum of the maker with orders of 10 lots and a position of at most 50.
///
/// # Errors
/// A reason to skip.
pub(crate) fn maker(models: &Models, lines: &str) -> Result<(Vec<Filled>, Value), String> {
    let printed = printed(models, "maker:10:50", lines)?;
    Ok((fills(&printed), printed.last().expect("a sum")["sum"].clone()))
}

fn fills(printed: &[Value]) -> Vec<Filled> {
    let number = |value: &Value| value.as_i64().expect("a number");
    let fill = |fill: &Value| Filled {
        time: fill["time"].as_u64().expect("a number"),
        order: fill["order"].as_u64().expect("a number"),
        price: number(&fill["price"]),
        qty: number(&fill["qty"]),
        liquidity: fill["liquidity"].as_str().expect("a word").to_owned(),
    };
    printed.iter().filter_map(|line| line.get("fill")).map(fill).collect()
}

fn printed(models: &Models, run: &str, lines: &str) -> Result<Vec<Value>, String> {
    let binary = oracles::hft()?;
    let mut child = Command::new(&binary)
        .args(["tick=0.1", "lot=0.001", "maker=0.0002", "taker=0.0005"])
        .arg(format!("run={run}"))
        .args(words(models))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the oracle starts");
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("it reads all before it prints");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it prints text");
    Ok(text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect())
}

fn words(models: &Models) -> Vec<String> {
    let power = if models.power == 0 { String::new() } else { format!(":{}", models.power) };
    let fills = match models.fills {
        Fills::Whole => "whole",
        Fills::Partial => "partial",
    };
    let is_asked_as_it_is = models.is_raw || models.queue == QueueModel::RiskAverse;
    let least = if is_asked_as_it_is { "" } else { ":at-least-0" };
    let mut words = vec![format!("queue={}{power}{least}", models.queue.code()), format!("fills={fills}")];
    match &models.latency {
        Legs::Constant { entry_ns, response_ns } => {
            words.extend([format!("entry={entry_ns}"), format!("response={response_ns}")]);
        }
        Legs::Measured(rows) => {
            let row =
                |row: &ringfence_sim::LatencyRow| format!("{}:{}:{}", row.request.0, row.exchange.0, row.response.0);
            words.push(format!("latency={}", rows.iter().map(row).collect::<Vec<_>>().join(",")));
        }
    }
    words
}
