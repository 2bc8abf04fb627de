//! Metrics: what does a monitoring system read?
//!
//! In: the board, requests that were answered, times of orders. Out: the text form of Prometheus. Must never: have an id as
//! a label, or a label whose values grow without end.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::api::Board;

/// Upper ends of the buckets of latencies, seconds.
const BUCKETS: [(&str, u64); 12] = [
    ("0.0001", 100_000),
    ("0.00025", 250_000),
    ("0.0005", 500_000),
    ("0.001", 1_000_000),
    ("0.0025", 2_500_000),
    ("0.005", 5_000_000),
    ("0.01", 10_000_000),
    ("0.025", 25_000_000),
    ("0.1", 100_000_000),
    ("0.5", 500_000_000),
    ("2.5", 2_500_000_000),
    ("10", 10_000_000_000),
];

/// What can become of a swap.
const SWAP_RESULTS: [&str; 3] = ["swapped", "not-swapped", "swapped-back"];

/// Times, counted by how long they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; BUCKETS.len()],
    count: u64,
    sum_ns: u128,
}

impl Histogram {
    /// Counts one.
    pub fn count(&mut self, ns: u64) {
        self.count += 1;
        self.sum_ns += u128::from(ns);
        if let Some(at) = BUCKETS.iter().position(|(_, end)| ns <= *end) {
            self.counts[at] += 1;
        }
    }
}

/// What is counted beside the board.
#[derive(Debug, Default)]
pub struct Metrics {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By route and status.
    requests: BTreeMap<(&'static str, u16), u64>,
    /// By command and whether it was taken.
    commands: BTreeMap<(&'static str, &'static str), u64>,
    /// By venue and kind.
    alarms: BTreeMap<(String, &'static str), u64>,
    /// By the code of the refusal.
    stopped: BTreeMap<&'static str, u64>,
    /// What became of strategies, by its code.
    notices: BTreeMap<&'static str, u64>,
    request_seconds: Histogram,
    order_seconds: Histogram,
    swap_seconds: Histogram,
}

impl Metrics {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was answered.
    pub(crate) fn request(&self, route: &'static str, status: u16, ns: u64) {
        let mut inner = self.inner();
        *inner.requests.entry((route, status)).or_default() += 1;
        inner.request_seconds.count(ns);
    }

    /// A command was taken or refused.
    pub(crate) fn command(&self, command: &'static str, result: &'static str) {
        *self.inner().commands.entry((command, result)).or_default() += 1;
    }

    /// Something was wrong at a venue of the configuration.
    pub fn alarm(&self, venue: &str, kind: &'static str) {
        *self.inner().alarms.entry((venue.to_owned(), kind)).or_default() += 1;
    }

    /// A request was not let through.
    pub(crate) fn stopped(&self, reason: &'static str) {
        *self.inner().stopped.entry(reason).or_default() += 1;
    }

    /// An order was answered so long after it was sent, by event time.
    pub fn order_answered(&self, ns: u64) {
        self.inner().order_seconds.count(ns);
    }

    /// Something became of a strategy between two events.
    pub fn noticed(&self, code: &'static str) {
        *self.inner().notices.entry(code).or_default() += 1;
    }

    /// The session stood still for so long while a component was swapped in.
    pub fn swapped(&self, ns: u64) {
        self.inner().swap_seconds.count(ns);
    }

    /// Everything as text.
    #[must_use]
    pub fn text(&self, board: &Board) -> String {
        let mut page = Page(String::new());
        page.session(board);
        page.strategies(board);
        let inner = self.inner();
        page.surface(&inner);
        page.0
    }
}

struct Page(String);

impl Page {
    fn head(&mut self, (name, kind): (&str, &str), help: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("a string grows");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let shown = labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value)));
        let shown = shown.collect::<Vec<_>>().join(",");
        let labels = if shown.is_empty() { shown } else { format!("{{{shown}}}") };
        writeln!(self.0, "{name}{labels} {value}").expect("a string grows");
    }

    fn one(&mut self, what: (&str, &str), help: &str, value: impl std::fmt::Display) {
        self.head(what, help);
        self.line(what.0, &[], value);
    }

    fn session(&mut self, board: &Board) {
        let counts = &board.counts;
        self.one(("ringfence_events_total", "counter"), "Events of the session.", board.seq);
        self.one(("ringfence_rows_total", "counter"), "Rows of market data.", board.rows);
        self.one(("ringfence_intents_total", "counter"), "Intents emitted.", counts.intents);
        self.one(("ringfence_malformed_total", "counter"), "Intents no order can be made of.", counts.malformed);
        self.head(("ringfence_denials_total", "counter"), "Intents that Risk denied, by rule.");
        for denial in &board.denials {
            self.line("ringfence_denials_total", &[("code", &denial.code)], denial.count);
        }
        self.one(("ringfence_refusals_total", "counter"), "Approvals that the gate refused.", counts.refused);
        self.head(("ringfence_orders_total", "counter"), "Orders, by what became of them.");
        let states = [
            ("sent", counts.orders),
            ("filled", counts.fills),
            ("canceled", counts.canceled),
            ("rejected", counts.rejected),
        ];
        for (status, count) in states {
            self.line("ringfence_orders_total", &[("status", status)], count);
        }
        self.one(("ringfence_halts_total", "counter"), "Strategies that were halted.", counts.halts);
        self.one(("ringfence_anomalies_total", "counter"), "Things that should not happen.", counts.anomalies);
        self.one(("ringfence_open_orders", "gauge"), "Orders at venues.", board.orders.len());
        let is = |flag: bool| u8::from(flag);
        self.one(("ringfence_up", "gauge"), "1 while the session runs.", is(!board.is_over));
        self.one(
            ("ringfence_trading_enabled", "gauge"),
            "1 while new orders are allowed.",
            is(board.trading == "enabled"),
        );
        self.one(("ringfence_armed", "gauge"), "1 once somebody has armed the session.", is(board.is_armed));
        let level = board.kill.strip_prefix('L').and_then(|digit| digit.parse::<u8>().ok()).unwrap_or(0);
        self.one(("ringfence_kill_level", "gauge"), "Level of the kill switch, 0 = released.", level);
        let held = board.held.len();
        self.one(
            ("ringfence_instruments_held", "gauge"),
            "Instruments that the host halts until they are enabled.",
            held,
        );
        self.head(("ringfence_venue_up", "gauge"), "1 while the venue can be reached.");
        for venue in &board.venues {
            self.line("ringfence_venue_up", &[("venue", &venue.name)], is(venue.is_up));
        }
        self.one(
            ("ringfence_equity", "gauge"),
            "Equity of all strategies in the base currency.",
            amount(&board.equity),
        );
        self.one(("ringfence_pnl", "gauge"), "Equity less capital.", amount(&board.pnl));
    }

    fn strategies(&mut self, board: &Board) {
        self.head(("ringfence_strategy_running", "gauge"), "1 while the strategy runs.");
        for it in &board.strategies {
            let runs = matches!(it.state.as_str(), "runs" | "external" | "warming-up");
            self.line("ringfence_strategy_running", &[("strategy", &it.name)], u8::from(runs));
        }
        self.head(("ringfence_strategy_quarantined", "gauge"), "1 while an operator has to act for it to run again.");
        for it in &board.strategies {
            let stands = u8::from(it.state.starts_with("quarantined"));
            self.line("ringfence_strategy_quarantined", &[("strategy", &it.name)], stands);
        }
        self.head(("ringfence_strategy_calls_total", "counter"), "Calls of the strategy.");
        for it in &board.strategies {
            self.line("ringfence_strategy_calls_total", &[("strategy", &it.name)], it.calls);
        }
        self.head(("ringfence_strategy_fuel_per_call", "gauge"), "Fuel of a call.");
        for it in &board.strategies {
            for (quantile, fuel) in [("0.5", it.fuel_p50), ("0.99", it.fuel_p99), ("1", it.fuel_max)] {
                self.line("ringfence_strategy_fuel_per_call", &[("strategy", &it.name), ("q", quantile)], fuel);
            }
        }
        self.head(("ringfence_strategy_pnl", "gauge"), "Equity less capital of the strategy.");
        for it in &board.strategies {
            self.line("ringfence_strategy_pnl", &[("strategy", &it.name)], amount(&it.pnl));
        }
    }

    fn surface(&mut self, inner: &Inner) {
        self.head(("ringfence_requests_total", "counter"), "Requests answered, by route and status.");
        for ((route, status), count) in &inner.requests {
            let status = status.to_string();
            self.line("ringfence_requests_total", &[("route", route), ("status", &status)], count);
        }
        self.head(("ringfence_requests_stopped_total", "counter"), "Requests that were not let through, by reason.");
        for (reason, count) in &inner.stopped {
            self.line("ringfence_requests_stopped_total", &[("reason", reason)], count);
        }
        self.head(("ringfence_alarms_total", "counter"), "Alarms of venues, by kind.");
        for ((venue, kind), count) in &inner.alarms {
            self.line("ringfence_alarms_total", &[("venue", venue), ("kind", kind)], count);
        }
        self.head(("ringfence_commands_total", "counter"), "Commands of operators, by what became of them.");
        for ((command, result), count) in &inner.commands {
            self.line("ringfence_commands_total", &[("command", command), ("result", result)], count);
        }
        self.head(
            ("ringfence_swaps_total", "counter"),
            "Components that were to be swapped in, by what became of them.",
        );
        for result in SWAP_RESULTS {
            let count = inner.notices.get(result).copied().unwrap_or_default();
            self.line("ringfence_swaps_total", &[("result", result)], count);
        }
        let restarts = inner.notices.get("restarted").copied().unwrap_or_default();
        self.one(("ringfence_restarts_total", "counter"), "Strategies that were started again.", restarts);
        let help = "Time that the session stood still while a component was swapped in.";
        self.histogram("ringfence_swap_pause_seconds", help, &inner.swap_seconds);
        self.histogram("ringfence_request_seconds", "Time to answer a request.", &inner.request_seconds);
        let help = "Time from sending an order to the venue's first answer, event time.";
        self.histogram("ringfence_order_latency_seconds", help, &inner.order_seconds);
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head((name, "histogram"), help);
        let bucket = format!("{name}_bucket");
        let mut so_far = 0;
        for ((end, _), count) in BUCKETS.iter().zip(histogram.counts) {
            so_far += count;
            self.line(&bucket, &[("le", end)], so_far);
        }
        self.line(&bucket, &[("le", "+Inf")], histogram.count);
        let (whole, rest) = (histogram.sum_ns / 1_000_000_000, histogram.sum_ns % 1_000_000_000);
        self.line(&format!("{name}_sum"), &[], format!("{whole}.{rest:09}"));
        self.line(&format!("{name}_count"), &[], histogram.count);
    }
}

/// A decimal as it is; what is none is not a number.
fn amount(text: &str) -> &str {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    if is_number && text != "-" { text } else { "NaN" }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::api::{DenialLine, StrategyLine};

    fn text() -> String {
        let metrics = Metrics::default();
        metrics.request("/v1/status", 200, 300_000);
        metrics.request("/v1/status", 200, 20_000_000_000);
        metrics.command("kill", "taken");
        metrics.stopped("host");
        let denials = vec![DenialLine { code: "D-VELOCITY".to_owned(), count: 3, last: String::new() }];
        let strategies =
            vec![StrategyLine { name: "a \"b\"\\".to_owned(), state: "runs".to_owned(), ..Default::default() }];
        metrics.text(&Board { denials, strategies, kill: "L3".to_owned(), pnl: "-1.5".to_owned(), ..Board::default() })
    }

    #[test]
    fn every_sample_has_a_head_and_no_name_is_odd() {
        let text = text();
        let mut known = Vec::new();
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("# TYPE ") {
                let (name, kind) = head.split_once(' ').expect("two words");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(!known.contains(&name), "twice: {line}");
                known.push(name);
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().expect("a name");
                let family =
                    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
                assert_eq!(known.last(), Some(&family), "{line}");
            }
        }
    }

    #[test]
    fn labels_are_escaped_and_times_add_up() {
        let text = text();
        let of = |part: &str| text.lines().filter(|line| line.contains(part)).collect::<Vec<_>>().join("\n");
        expect![[r#"
            ringfence_strategy_running{strategy="a \"b\"\\"} 1"#]]
        .assert_eq(&of("ringfence_strategy_running{"));
        expect![[r#"
            ringfence_request_seconds_bucket{le="0.00025"} 0
            ringfence_request_seconds_bucket{le="0.0005"} 1"#]]
        .assert_eq(&of("request_seconds_bucket{le=\"0.000").lines().skip(1).take(2).collect::<Vec<_>>().join("\n"));
        expect![[r#"
            ringfence_swap_pause_seconds_bucket{le="+Inf"} 0
            ringfence_request_seconds_bucket{le="+Inf"} 2
            ringfence_order_latency_seconds_bucket{le="+Inf"} 0"#]]
        .assert_eq(&of("+Inf"));
        assert_eq!(of("request_seconds_sum"), "ringfence_request_seconds_sum 20.000300000");
        assert_eq!(
            of("ringfence_kill_level "),
            "# HELP ringfence_kill_level Level of the kill switch, 0 = released.\n# TYPE ringfence_kill_level gauge\nringfence_kill_level 3"
        );
        assert!(text.contains("ringfence_pnl -1.5\n") && text.contains("ringfence_equity NaN\n"));
    }
}
