//! Results: what did a backtest come to, for programs and for people?
//!
//! In: results, configuration, start-up time. Out: a JSON object with the keys that scripts rely on, in their order, or a
//! table. Must never: show money as a float.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::Config;
use ringfence_core::event::{BalanceReason, Halt, Mode};
use ringfence_core::money::Decimal;
use ringfence_session::histogram::Histogram;
use ringfence_session::latency::Latency;
use ringfence_session::pace::{Notice, NoticeKind};
use ringfence_session::results::{Adjusted, Counts, Results, StrategyResults};
use serde_json::{Map, Value as Json, json};

use crate::output::hex;
use crate::render::halt_text;
use crate::table::Table;

/// Results with what they are about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) results: &'a Results,
    pub(crate) config: &'a Config,
    pub(crate) startup_seconds: f64,
    /// Whether bars were fed.
    pub(crate) has_bars: bool,
    /// Time from a row to each command, where it was measured.
    pub(crate) latency: Option<&'a Latency>,
}

impl Shown<'_> {
    fn rows_per_second(&self) -> u64 {
        let rows = self.results.counts.rows as f64;
        if self.results.seconds > 0.0 { (rows / self.results.seconds) as u64 } else { 0 }
    }

    /// A session by the clock waits for it: how long its loop took says nothing.
    fn is_by_the_clock(&self) -> bool {
        match self.results.mode {
            Mode::Paper | Mode::Shadow | Mode::Live => true,
            Mode::Backtest | Mode::Replay => false,
        }
    }

    /// How long the loop took, for people.
    fn speed(&self) -> Vec<String> {
        let startup = format!("{:.3} s", self.startup_seconds);
        if self.is_by_the_clock() {
            return vec![line("start-up", startup)];
        }
        let results = self.results;
        vec![
            line("event loop", format!("{:.3} s, {} rows/s", results.seconds, grouped(self.rows_per_second()))),
            line("decoding / start-up", format!("{:.3} s / {startup}", results.decode_seconds)),
        ]
    }

    /// The object that `--json` prints.
    pub(crate) fn json(&self) -> Json {
        let (results, counts) = (self.results, self.results.counts);
        let mut object = json!({
            "mode": results.mode.code(),
            "rows": counts.rows,
            "events": counts.events,
            "seconds": rounded(results.seconds),
            "decode_seconds": rounded(results.decode_seconds),
            "startup_seconds": rounded(self.startup_seconds),
            "events_per_s": self.rows_per_second(),
            "intents": counts.intents,
            "denied": counts.denied,
            "orders": counts.orders,
            "fills": counts.fills,
            "fill_reasons": fill_reasons(&counts),
            "bar_path": self.has_bars.then_some(ringfence_sim::BAR_PATH),
            "cancels": counts.cancels,
            "rejects": counts.rejects,
            "position": self.position(),
            "fees": decimal(results.fees),
            "funding": decimal(results.adjusted.of(BalanceReason::Funding)),
            "adjustments": adjustments(&results.adjusted),
            "realized_pnl": decimal(results.realised),
            "final_equity": decimal(results.equity),
            "state_digest": hex(&results.state_digest),
            "decision_digest": hex(&results.decision_digest),
            "fuel_digest": hex(&results.fuel_digest),
            "strategies": results.strategies.iter().map(strategy).collect::<Vec<_>>(),
        });
        if self.is_by_the_clock()
            && let Json::Object(object) = &mut object
        {
            OF_A_LOOP.iter().for_each(|key| drop(object.shift_remove(*key)));
        }
        if !results.notices.is_empty() {
            object["notices"] = results.notices.iter().map(notice).collect();
        }
        if let Some(latency) = self.latency {
            object["latency_ns"] = spread(latency.decided());
            object["latency_ns"]["recorded"] = spread(latency.recorded());
        }
        object
    }

    /// One instrument: its position. Several: by symbol.
    fn position(&self) -> Json {
        match self.results.positions.as_slice() {
            [(_, only)] => json!(decimal(*only)),
            several => {
                let named = several.iter().map(|(id, qty)| (self.config.symbol(*id).to_owned(), json!(decimal(*qty))));
                Json::Object(named.collect::<Map<_, _>>())
            }
        }
    }

    /// The table for people.
    pub(crate) fn text(&self) -> String {
        let (results, counts) = (self.results, self.results.counts);
        let currency = self.config.currency(self.config.base_currency).map_or("", |currency| currency.code.as_str());
        let is_outside = matches!(results.mode, Mode::Paper | Mode::Shadow | Mode::Live) && counts.rows == 0;
        let mut lines = vec![
            format!("{}  {}", self.config.run, results.mode.code()),
            String::new(),
            line(
                "rows",
                if is_outside { "none, the market came from outside".to_owned() } else { grouped(counts.rows) },
            ),
            line("events", grouped(counts.events)),
            line("intents", grouped(counts.intents)),
            line("malformed / denied", format!("{} / {}", grouped(counts.malformed), grouped(counts.denied))),
            line("orders / fills", format!("{} / {}", grouped(counts.orders), grouped(counts.fills))),
            line("fills by reason", reasons_text(&counts)),
            line("cancels / rejects", format!("{} / {}", grouped(counts.cancels), grouped(counts.rejects))),
        ];
        if self.has_bars {
            lines.push(line("bars", ringfence_sim::BAR_PATH.to_owned()));
        }
        for (id, qty) in &results.positions {
            lines.push(line("position", format!("{} {}", decimal(*qty), self.config.symbol(*id))));
        }
        if let Some(latency) = self.latency {
            lines.push(line("row to command", spread_text(latency.decided())));
            lines.push(line("row to recorded", spread_text(latency.recorded())));
        }
        lines.extend([line("fees", format!("{} {currency}", decimal(results.fees)))]);
        for (reason, sum) in results.adjusted.by_reason() {
            lines.push(line(reason.code(), format!("{} {currency}", decimal(sum))));
        }
        lines.extend([
            line("realised profit", format!("{} {currency}", decimal(results.realised))),
            line("final equity", format!("{} {currency}", decimal(results.equity))),
        ]);
        lines.extend(self.speed());
        lines.extend([
            line("state digest", hex(&results.state_digest)),
            line("decision digest", hex(&results.decision_digest)),
            line("fuel digest", hex(&results.fuel_digest)),
            String::new(),
            self.strategies(),
        ]);
        lines.extend(results.strategies.iter().filter_map(halted));
        if !results.notices.is_empty() {
            lines.push(String::new());
            lines.extend(results.notices.iter().map(|notice| self.notice(notice)));
        }
        lines.join("\n")
    }

    fn notice(&self, notice: &Notice) -> String {
        let name = self.config.strategy(notice.strategy).map_or("", |slot| slot.name.as_str());
        format!("event {}: strategy {} {name} {}", notice.seq.0, notice.strategy.0, notice.kind)
    }

    fn strategies(&self) -> String {
        let traded = &["strategy", "equity", "realised", "fees", "intents", "denied", "orders", "fills"];
        let mut table = Table::new(traded);
        for strategy in &self.results.strategies {
            let counts = &strategy.counts;
            table.row([
                format!("{} {}", strategy.id.0, strategy.name),
                decimal(strategy.equity),
                decimal(strategy.realised),
                decimal(strategy.fees),
                grouped(counts.intents),
                grouped(counts.denied),
                grouped(counts.orders),
                grouped(counts.fills),
            ]);
        }
        format!("{table}\n\n{}", self.efforts())
    }

    /// What each strategy took, and what its decisions and its component are told by.
    fn efforts(&self) -> String {
        let mut table = Table::new(&["strategy", "calls", "fuel", "p50", "p99", "memory", "decisions", "component"]);
        for strategy in &self.results.strategies {
            let kib = |bytes: u64| format!("{} KiB", grouped(bytes.div_ceil(1024)));
            table.row([
                format!("{} {}", strategy.id.0, strategy.name),
                grouped(strategy.calls),
                grouped(strategy.fuel),
                strategy.fuel_p50.map_or("–".to_owned(), grouped),
                strategy.fuel_p99.map_or("–".to_owned(), grouped),
                strategy.memory_bytes.map_or("–".to_owned(), kib),
                short(&strategy.decision_digest),
                short(&strategy.component),
            ]);
        }
        table.to_string()
    }
}

/// What the loop of a session that does not wait took.
const OF_A_LOOP: [&str; 3] = ["seconds", "decode_seconds", "events_per_s"];

/// Quantiles by name, in per mille.
const QUANTILES: [(&str, u64); 3] = [("p50", 500), ("p99", 990), ("p99_9", 999)];

fn spread(spread: &Histogram) -> Json {
    let mut object = json!({ "commands": spread.count() });
    for (name, per_mille) in QUANTILES {
        object[name] = json!(spread.quantile(per_mille));
    }
    object["max"] = json!(spread.largest());
    object
}

fn spread_text(spread: &Histogram) -> String {
    let [p50, p99, p99_9] = QUANTILES.map(|(_, per_mille)| grouped(spread.quantile(per_mille)));
    format!("p50 {p50} ns, p99 {p99} ns, p99.9 {p99_9} ns of {}", grouped(spread.count()))
}

/// Number of fills by reason.
fn fill_reasons(counts: &Counts) -> Json {
    let named = counts.fills_by_reason().map(|(reason, count)| (reason.code().to_owned(), json!(count)));
    Json::Object(named.collect::<Map<_, _>>())
}

/// Cash that moved without a fill, by reason.
fn adjustments(adjusted: &Adjusted) -> Json {
    let named = adjusted.by_reason().map(|(reason, sum)| (reason.code().to_owned(), json!(decimal(sum))));
    Json::Object(named.collect::<Map<_, _>>())
}

fn reasons_text(counts: &Counts) -> String {
    let named: Vec<String> =
        counts.fills_by_reason().map(|(reason, count)| format!("{reason} {}", grouped(count))).collect();
    if named.is_empty() { "none".to_owned() } else { named.join(", ") }
}

fn strategy(strategy: &StrategyResults) -> Json {
    json!({
        "id": strategy.id.0,
        "component_sha256": hex(&strategy.component),
        "decision_digest": hex(&strategy.decision_digest),
        "calls": strategy.calls,
        "fuel": strategy.fuel,
        "fuel_per_call_p50": strategy.fuel_p50,
        "fuel_per_call_p99": strategy.fuel_p99,
        "memory_bytes": strategy.memory_bytes,
        "intents": strategy.counts.intents,
        "notes": strategy.counts.notes,
        "malformed": strategy.counts.malformed,
        "denied": strategy.counts.denied,
        "orders": strategy.counts.orders,
        "fills": strategy.counts.fills,
        "cancels": strategy.counts.cancels,
        "rejects": strategy.counts.rejects,
        "fees": decimal(strategy.fees),
        "realized_pnl": decimal(strategy.realised),
        "equity": decimal(strategy.equity),
        "cut": strategy.cut,
        "halts": strategy.halts.iter().map(halt).collect::<Vec<_>>(),
    })
}

fn notice(notice: &Notice) -> Json {
    let Notice { strategy, seq, kind } = notice;
    let mut object = json!({ "seq": seq.0, "strategy": strategy.0, "kind": kind.code(), "text": kind.to_string() });
    if let NoticeKind::Swapped(component, pause_ns) = kind {
        object["component_sha256"] = json!(hex(component));
        object["pause_ns"] = json!(pause_ns);
    }
    object
}

fn halt(halt: &Halt) -> Json {
    json!({ "code": halt.code.code(), "limit": halt.limit, "used": halt.used })
}

fn halted(strategy: &StrategyResults) -> Option<String> {
    let halt = strategy.halt?;
    let why = halt_text(&halt, strategy.last_words.as_deref());
    Some(format!("\nHALTED: strategy {} {}: {why}", strategy.id.0, strategy.name))
}

fn line(label: &str, value: String) -> String {
    format!("  {label:<20} {value}")
}

fn short(hash: &Sha256Hash) -> String {
    hex(&hash[..6])
}

/// An amount as plain text.
pub(crate) fn decimal(value: Decimal) -> String {
    value.normalize().to_string()
}

/// Microseconds are all that is told.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// A count with its thousands apart.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_000, 1_887_450].map(grouped), ["0", "999", "1,000", "1,887,450"]);
    }
}
