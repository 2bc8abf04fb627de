//! `ringfence profile`: the fuel of functions adds up to what the session counts, and equal runs give equal bytes.

use std::path::{Path, PathBuf};

use ringfence_tests::setup::machine_code;
use ringfence_tests::{Finished, Run, Setup, Tape, binary};
use serde_json::Value;

const PARAMS: &str = "params = { fast = 5, slow = 20, qty = \"10\" }";

/// The same strategy with names of functions.
fn named(folder: &Path) -> PathBuf {
    let component = folder.join("named.wasm");
    let run = Run::dev(["build", "--names"]).arg(binary::strategy_source("ema-cross")).arg("--out").arg(&component);
    let known = ["HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter();
    let known = known.filter_map(|name| Some((name, std::env::var_os(name)?)));
    known.fold(run, |run, (name, value)| run.env(name, value)).finish().expect_code(0);
    component
}

fn profile(component: &Path, tape: &Tape) -> Finished {
    let setup = Setup::default().strategy("ema", component, PARAMS).text();
    let run = Run::dev(["profile", "--json", "--config", "ema.toml", "--out", "out", "--data"]);
    run.env("RINGFENCE_CACHE", machine_code()).arg(&tape.path).file("ema.toml", setup).finish()
}

fn backtest(component: &Path, tape: &Tape) -> Value {
    Setup::default().strategy("ema", component, PARAMS).backtest(tape).json(0)
}

fn written(finished: &Finished) -> [Vec<u8>; 2] {
    ["out/profile.speedscope.json", "out/profile.svg"]
        .map(|name| std::fs::read(finished.path(name)).expect("it is written"))
}

#[test]
fn the_functions_add_up_to_what_the_session_counts() {
    let (tape, component) = (Tape::trades(3_000), binary::component("ringfence_ema_cross"));
    let finished = profile(&component, &tape);
    finished.expect_code(0);
    let (json, counted) = (finished.json(), backtest(&component, &tape));
    let whole = &counted["strategies"][0];
    assert_eq!((&json["fuel"], &json["calls"]), (&whole["fuel"], &whole["calls"]));
    for digest in ["decision_digest", "fuel_digest"] {
        assert_eq!(json[digest], counted[digest], "{digest}");
    }
    let speedscope: Value = serde_json::from_slice(&written(&finished)[0]).expect("JSON");
    let weights = speedscope["profiles"][0]["weights"].as_array().expect("weights");
    let sum: u64 = weights.iter().filter_map(Value::as_u64).sum();
    assert_eq!(Value::from(sum), whole["fuel"]);
    assert!(finished.stderr.contains("--names"), "{}", finished.stderr);
    assert_eq!(written(&profile(&component, &tape)), written(&finished), "the same bytes again");
}

#[test]
fn functions_have_their_names_below_the_kind_of_event_where_the_component_has_them() {
    let (tape, folder) = (Tape::trades(500), tempfile::tempdir().expect("a temporary folder can be made"));
    let component = named(folder.path());
    let finished = profile(&component, &tape);
    finished.expect_code(0);
    assert_eq!(finished.json()["fuel"], backtest(&component, &tape)["strategies"][0]["fuel"]);
    let speedscope: Value = serde_json::from_slice(&written(&finished)[0]).expect("JSON");
    let frames = speedscope["shared"]["frames"].as_array().expect("frames");
    let names: Vec<&str> = frames.iter().filter_map(|frame| frame["name"].as_str()).collect();
    assert_eq!(names[0], "Trade");
    assert!(names.iter().any(|name| name.contains("on_event") || name.contains("on-event")), "{names:?}");
    assert!(names.iter().any(|name| name.contains("#emit")), "the import has a frame: {names:?}");
    assert!(String::from_utf8_lossy(&written(&finished)[1]).starts_with("<svg "));
}
