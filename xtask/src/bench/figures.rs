//! Figures: what was measured, and which targets does it meet?
//!
//! In: runs. Out: one line a workload, one a target. Must never: know how a figure is shown.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Built;
use super::swaps::Swaps;
use super::work::{
    BARS, Command, QUOTES, QUOTES_12, QUOTES_LATENCY, Ready, Runs, SWEEP, TRADES, TRADES_IN_BATCHES, TRADES_LATENCY,
};

/// Everything that was measured.
pub(crate) struct Figures {
    pub(crate) workloads: Vec<Workload>,
    pub(crate) latencies: Vec<Latency>,
    pub(crate) orders: Vec<Orders>,
    pub(crate) swaps: Swaps,
    pub(crate) targets: Vec<Target>,
    /// What the bench of the paths printed.
    pub(crate) paths: Value,
    /// The command that makes the binary.
    pub(crate) built: &'static str,
}

/// A workload through the binary.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) command: String,
    /// Of the event loop, best and middle; none where the command is many loops.
    pub(crate) rows_per_s: Option<(f64, f64)>,
    /// Of the whole process.
    pub(crate) cpu_s: (f64, f64),
    pub(crate) wall_s: (f64, f64),
    pub(crate) peak_bytes: f64,
}

/// From a row to the commands it led to.
pub(crate) struct Latency {
    pub(crate) name: &'static str,
    pub(crate) command: String,
    pub(crate) commands: u64,
    /// Until they are there.
    pub(crate) decided: Spread,
    /// Until they are recorded too.
    pub(crate) recorded: Spread,
}

/// Quantiles, in ns.
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) max: f64,
}

/// What an order costs where so many were sent.
pub(crate) struct Orders {
    pub(crate) rows: u64,
    pub(crate) orders: u64,
    pub(crate) ns: f64,
}

/// A figure and what it should be.
pub(crate) struct Target {
    pub(crate) id: &'static str,
    pub(crate) what: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    pub(crate) must: Option<f64>,
    pub(crate) aim: Option<f64>,
    pub(crate) command: String,
}

/// How a figure is counted; more is better only of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    MillionRowsPerSecond,
    CpuSeconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    Megabytes,
    PerCent,
}

impl Unit {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Unit::MillionRowsPerSecond => "M rows/s",
            Unit::CpuSeconds => "CPU s",
            Unit::Milliseconds => "ms",
            Unit::Microseconds => "us",
            Unit::Nanoseconds => "ns",
            Unit::Megabytes => "MB",
            Unit::PerCent => "%",
        }
    }
}

impl Target {
    /// A figure of the bench of the paths that is told and has no bounds.
    fn reported((id, what): (&'static str, &'static str), unit: Unit, value: f64) -> Target {
        Target { id, what, unit, value, must: None, aim: None, command: PATHS.to_owned() }
    }

    /// Whether the figure is at least as good as a bound; nothing where there is none.
    pub(crate) fn meets(&self, bound: Option<f64>) -> Option<bool> {
        bound.map(|bound| match self.unit {
            Unit::MillionRowsPerSecond => self.value >= bound,
            Unit::CpuSeconds
            | Unit::Milliseconds
            | Unit::Microseconds
            | Unit::Nanoseconds
            | Unit::Megabytes
            | Unit::PerCent => self.value <= bound,
        })
    }
}

const ORDER_COUNTS: [u64; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];

/// Measures everything, one after the other.
pub(crate) fn all(ready: &Ready, built: &Built) -> Result<Figures> {
    let of = |name, command: Command<'_>| workload(name, &ready.runs(command)?);
    let (trades, batches) = (ready.runs(TRADES)?, ready.runs(TRADES_IN_BATCHES)?);
    let digest = |runs: &Runs| runs.results[0]["decision_digest"].as_str().map(str::to_owned);
    ensure!(digest(&trades).is_some() && digest(&trades) == digest(&batches), "batches lead to other decisions");
    let workloads = vec![
        workload("W1, 1,887,450 trades", &trades)?,
        workload("W1 in batches", &batches)?,
        of("W2, 87,402 quotes and trades", QUOTES)?,
        of("W2 x 12, 1,048,824 rows", QUOTES_12)?,
        of("W3, 5,849 daily bars", BARS)?,
        of("W3, sweep of 100", SWEEP)?,
    ];
    let latencies =
        vec![latency("W1", &ready.runs(TRADES_LATENCY)?)?, latency("W2 x 12", &ready.runs(QUOTES_LATENCY)?)?];
    let mut orders = Vec::new();
    for rows in ORDER_COUNTS {
        orders.push(cost(rows, &ready.orders(rows)?)?);
    }
    let swaps = ready.swaps()?;
    eprintln!("measuring: {PATHS}");
    let paths = built.paths()?;
    let mut targets = targets(&workloads, &latencies, &orders, &paths)?;
    targets.push(pause(&swaps));
    Ok(Figures { workloads, latencies, orders, swaps, targets, paths, built: built.command() })
}

/// With the options of the compiler that the binary was built with.
const PATHS: &str = "cargo bench -p ringfence-tests --bench paths";

fn workload(name: &'static str, runs: &Runs) -> Result<Workload> {
    let seconds = |result: &Value| result["seconds"].as_f64().zip(result["rows"].as_f64());
    let seconds_per_row = runs.best_and_median(|_, result| seconds(result).map(|(s, rows)| s / rows));
    Ok(Workload {
        name,
        command: runs.command.clone(),
        rows_per_s: seconds_per_row.ok().map(|(best, median)| (1.0 / best, 1.0 / median)),
        cpu_s: runs.best_and_median(|used, _| Some(used.cpu_s))?,
        wall_s: runs.best_and_median(|used, _| Some(used.wall_s))?,
        peak_bytes: runs.best_and_median(|used, _| Some(used.peak_bytes as f64))?.1,
    })
}

/// Quantiles of the run with the smallest median: a run that was interrupted less.
fn latency(name: &'static str, runs: &Runs) -> Result<Latency> {
    let median = |result: &&Value| result["latency_ns"]["p50"].as_u64().unwrap_or(u64::MAX);
    let best = runs.results.iter().min_by_key(median).context("a run")?;
    let latency = &best["latency_ns"];
    Ok(Latency {
        name,
        command: runs.command.clone(),
        commands: latency["commands"].as_u64().unwrap_or_default(),
        decided: spread(latency)?,
        recorded: spread(&latency["recorded"])?,
    })
}

fn spread(told: &Value) -> Result<Spread> {
    let number = |key: &str| told[key].as_f64().with_context(|| format!("no {key} in {told}"));
    Ok(Spread { p50: number("p50")?, p99: number("p99")?, p99_9: number("p99_9")?, max: number("max")? })
}

fn cost(rows: u64, runs: &Runs) -> Result<Orders> {
    let orders = runs.results[0]["orders"].as_u64().context("a number of orders")?;
    let (best, _) = runs.best_and_median(|_, result| result["seconds"].as_f64())?;
    Ok(Orders { rows, orders, ns: best * 1e9 / orders as f64 })
}

fn targets(workloads: &[Workload], latencies: &[Latency], orders: &[Orders], paths: &Value) -> Result<Vec<Target>> {
    let [trades, batches, _, quotes, bars, sweep] = workloads else { anyhow::bail!("six workloads") };
    let of = |(id, what): (&'static str, &'static str), unit, value, (must, aim), command: &str| Target {
        id,
        what,
        value,
        unit,
        must: Some(must),
        aim: Some(aim),
        command: command.to_owned(),
    };
    let million = |workload: &Workload| workload.rows_per_s.map_or(0.0, |(best, _)| best / 1e6);
    let [on_trades, on_quotes] = latencies else { anyhow::bail!("two latencies") };
    let way = |what, latency: &Latency, ns: f64, bounds| {
        of(("T6", what), Unit::Microseconds, ns / 1e3, bounds, &latency.command)
    };
    let spread = orders.iter().map(|orders| orders.ns).fold(0.0, f64::max)
        / orders.iter().map(|orders| orders.ns).fold(f64::MAX, f64::min);
    let extra = paths["wasm"]["extra_ns"].as_f64().context("no wasm.extra_ns")?;
    let durable = |key: &str| paths["durable"][key]["p50"].as_f64().with_context(|| format!("no durable.{key}.p50"));
    use Unit as U;
    Ok(vec![
        of(("T1", "W1, event loop"), U::MillionRowsPerSecond, million(trades), (4.0, 7.0), &trades.command),
        of(("T2", "W1, whole process"), U::CpuSeconds, trades.cpu_s.0, (1.5, 0.6), &trades.command),
        of(("T3", "W2 x 12, event loop"), U::MillionRowsPerSecond, million(quotes), (3.0, 5.0), &quotes.command),
        of(("T4", "W3, whole process"), U::Milliseconds, bars.wall_s.0 * 1e3, (30.0, 10.0), &bars.command),
        of(("T5", "sweep of 100, whole process"), U::CpuSeconds, sweep.cpu_s.0, (0.4, 0.15), &sweep.command),
        way("row to command on W1, p50", on_trades, on_trades.decided.p50, (2.0, 1.0)),
        way("row to command on W1, p99", on_trades, on_trades.decided.p99, (15.0, 5.0)),
        way("row to all commands of a step on W2, p50", on_quotes, on_quotes.decided.p50, (2.0, 1.0)),
        way("row to all commands of a step on W2, p99", on_quotes, on_quotes.decided.p99, (15.0, 5.0)),
        Target::reported(
            ("T6b", "event to bytes at a peer, with fsync, p50"),
            U::Microseconds,
            durable("event_to_socket_ns")? / 1e3,
        ),
        Target::reported(("T6b", "fsync alone, p50"), U::Microseconds, durable("fsync_alone_ns")? / 1e3),
        of(("T7", "peak memory of W1"), U::Megabytes, trades.peak_bytes / 1e6, (80.0, 40.0), &trades.command),
        of(
            ("T8", "cost of an order, dearest against cheapest, 1 k to 100 k"),
            U::PerCent,
            (spread - 1.0) * 100.0,
            (20.0, 5.0),
            "see the table of orders",
        ),
        of(("T10", "Wasm, extra for each event"), U::Nanoseconds, extra, (150.0, 110.0), PATHS),
        Target {
            id: "T11",
            what: "W1 in batches, equal digests, event loop",
            value: million(batches),
            unit: U::MillionRowsPerSecond,
            must: None,
            aim: Some(20.0),
            command: batches.command.clone(),
        },
    ])
}

/// What a swap takes of a session that has the new instance set up beside it.
fn pause(swaps: &Swaps) -> Target {
    Target {
        id: "T12",
        what: "pause of a session that swaps a strategy, p50",
        value: swaps.pause.p50 / 1e3,
        unit: Unit::Microseconds,
        must: Some(50.0),
        aim: None,
        command: swaps.command.to_owned(),
    }
}

impl Figures {
    /// Everything as one object.
    pub(crate) fn json(&self) -> Value {
        let pair = |(best, median): (f64, f64)| json!({ "best": best, "median": median });
        let workloads = self.workloads.iter().map(|workload| {
            json!({
                "name": workload.name,
                "command": workload.command,
                "rows_per_s": workload.rows_per_s.map(pair),
                "cpu_s": pair(workload.cpu_s),
                "wall_s": pair(workload.wall_s),
                "peak_bytes": workload.peak_bytes,
            })
        });
        let spread =
            |of: &Spread| json!({ "p50_ns": of.p50, "p99_ns": of.p99, "p99_9_ns": of.p99_9, "max_ns": of.max });
        let latencies = self.latencies.iter().map(|latency| {
            json!({
                "name": latency.name,
                "command": latency.command,
                "commands": latency.commands,
                "decided": spread(&latency.decided),
                "recorded": spread(&latency.recorded),
            })
        });
        let orders = self.orders.iter().map(|at| json!({ "rows": at.rows, "orders": at.orders, "ns": at.ns }));
        let targets = self.targets.iter().map(|target| {
            json!({
                "id": target.id,
                "what": target.what,
                "value": target.value,
                "unit": target.unit.name(),
                "must": target.must,
                "aim": target.aim,
                "must_holds": target.meets(target.must),
                "aim_holds": target.meets(target.aim),
                "command": target.command,
            })
        });
        json!({
            "built": self.built,
            "workloads": workloads.collect::<Vec<_>>(),
            "latencies": latencies.collect::<Vec<_>>(),
            "orders": orders.collect::<Vec<_>>(),
            "swaps": {
                "command": self.swaps.command,
                "count": self.swaps.count,
                "pause": spread(&self.swaps.pause),
            },
            "paths": self.paths,
            "targets": targets.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(unit: Unit, value: f64) -> Target {
        Target { id: "T", what: "", value, unit, must: Some(4.0), aim: None, command: String::new() }
    }

    #[test]
    fn the_pause_of_a_swap_is_held_against_fifty_microseconds() {
        let swaps = |p50| {
            let pause = Spread { p50, p99: 90_000.0, p99_9: 90_000.0, max: 90_000.0 };
            super::pause(&Swaps { command: "ringfence run", count: 40, pause })
        };
        let (at, past) = (swaps(50_000.0), swaps(50_001.0));
        assert_eq!((at.meets(at.must), past.meets(past.must)), (Some(true), Some(false)));
        assert_eq!((at.id, at.unit, at.command.as_str()), ("T12", Unit::Microseconds, "ringfence run"));
    }

    #[test]
    fn more_rows_are_better_and_less_of_everything_else() {
        let meets = |unit, value| target(unit, value).meets(Some(4.0));
        assert_eq!([3.9, 4.0].map(|value| meets(Unit::MillionRowsPerSecond, value)), [Some(false), Some(true)]);
        assert_eq!([4.0, 4.1].map(|value| meets(Unit::CpuSeconds, value)), [Some(true), Some(false)]);
        assert_eq!(target(Unit::PerCent, 1.0).meets(None), None);
    }
}
