//! Paths: what do the parts of the way from an event to a venue cost that no run of the binary shows alone?
//!
//! In: the W1 tape (`RINGFENCE_DATA`), its configuration, the components in `target/components`. Out: one JSON object on
//! standard output. Must never: assert a time; machines differ.
//!
//! `cargo bench -p ringfence-tests --bench paths`; `cargo xtask bench` runs it and writes the figures down.
#![allow(missing_docs, clippy::disallowed_methods, reason = "a bench is where time is measured")]

mod durable;
mod wasm;

use ringfence_tests::{data, workspace};

const TAPE: &str = "w1_spy_trades_20131007-11.csv.zst";
const CONFIG: &str = "config/w1_ema_cross.toml";

fn main() {
    let tape = match data::wanted(TAPE) {
        Ok(tape) => tape.display().to_string(),
        Err(reason) => {
            eprintln!("nothing measured: {reason}");
            return;
        }
    };
    let config = workspace::root().join(CONFIG);
    let request = ringfence::config::Request {
        file: &config,
        sets: &[],
        data: &[tape],
        events: None,
        purpose: ringfence::config::Purpose::Backtest,
    };
    let loaded = match ringfence::config::load(&request) {
        Ok(loaded) => loaded,
        Err(report) => panic!("{CONFIG} cannot be used (have the components been built?): {report}"),
    };
    println!("{}", serde_json::json!({ "wasm": wasm::measure(&loaded), "durable": durable::measure(&loaded) }));
}

/// Smallest and middle one of some measurements.
fn best_and_median(mut all: Vec<f64>) -> (f64, f64) {
    all.sort_unstable_by(f64::total_cmp);
    (all[0], all[all.len() / 2])
}
