//! JSON: has each command's output the fields that are documented, all of them and no other?

use ringfence_tests::{Finished, Run, Setup, Tape, binary};
use serde_json::Value;

use super::{EMA, ema, halting, run, session};

const BACKTEST: &str = "mode rows events seconds decode_seconds startup_seconds events_per_s intents denied orders fills \
    fill_reasons bar_path cancels rejects position fees funding adjustments realized_pnl final_equity state_digest decision_digest fuel_digest strategies";
const STRATEGY: &str = "id component_sha256 decision_digest calls fuel fuel_per_call_p50 fuel_per_call_p99 memory_bytes intents notes \
    malformed denied orders fills cancels rejects fees realized_pnl equity cut halts";
const REPLAY: &str = "approvals verified_events decisions match first_difference tail other_costs checkpoints \
    checkpoint counterfactual_of";
const CHECK: &str = "ok wit_version world imports size sha256 limits compile_limits refusals";

/// The value is an object with exactly these fields.
#[track_caller]
fn has_fields(value: &Value, fields: &str) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let mut found: Vec<&str> = object.keys().map(String::as_str).collect();
    let mut want: Vec<&str> = fields.split_whitespace().collect();
    found.sort_unstable();
    want.sort_unstable();
    assert_eq!(found, want, "{value}");
}

/// One object on standard output, nothing on standard error.
#[track_caller]
fn quiet(finished: &Finished, code: i32) -> Value {
    finished.expect_code(code);
    assert_eq!(finished.stderr, "");
    assert_eq!(finished.stdout.lines().count(), 1, "one object on one line: {}", finished.stdout);
    finished.json()
}

#[test]
fn json_of_every_command_has_the_documented_fields() {
    let tape = Tape::trades(300);
    let session = halting().backtest(&tape);
    session.finished.expect_code(3);
    assert_eq!(session.finished.stdout.lines().count(), 1, "why it was halted is told on standard error");
    let json = session.json(3);
    has_fields(&json, BACKTEST);
    for strategy in json["strategies"].as_array().unwrap() {
        has_fields(strategy, STRATEGY);
    }
    has_fields(&json["strategies"][1]["halts"][0], "code limit used");
    has_fields(&quiet(&session.replay(), 0), REPLAY);
    let good = binary::component("ringfence_ema_cross");
    let json = quiet(&Run::dev(["check", "--json"]).arg(&good).finish(), 0);
    has_fields(&json, CHECK);
    has_fields(&json["limits"][0], "name used limit");
    let json = quiet(&Run::dev(["check", "--json", "/dev/null"]).finish(), 1);
    has_fields(&json, CHECK);
    has_fields(&json["refusals"][0], "code detail");
    let json = quiet(&Run::dev(["data", "generate", "--json", "--rows", "1", "--out", "tape.csv"]).finish(), 0);
    has_fields(&json, "generated seed rows layout path");
    has_fields(&quiet(&Run::dev(["explain", "--json", "H-FUEL"]).finish(), 0), "code layer what why fix example");
    let json = quiet(&Run::dev(["doctor", "--json"]).finish(), 0);
    has_fields(&json, "ok checks");
    has_fields(&json["checks"][0], "name state detail fix");
}

#[test]
fn json_of_configuration_commands_has_the_documented_fields() {
    let with_file = |arguments: &[&str]| run(arguments).file("host.toml", ema().text()).finish();
    has_fields(&quiet(&with_file(&["config", "check", "--json", "--config", "host.toml"]), 0), "ok hash problems");
    has_fields(&quiet(&with_file(&["config", "show", "--json", "--config", "host.toml"]), 0), "hash toml");
    let failed = with_file(&["config", "check", "--json", "--config", "host.toml", "--set", "risk.x=1"]);
    failed.expect_code(2);
    has_fields(&failed.json(), "ok problems");
    has_fields(&failed.json()["problems"][0], "code file line flag key value message fix");
    let failed = Run::dev(["data", "generate", "--json", "--out", "/no/such/folder/x"]).finish();
    failed.expect_code(4);
    has_fields(&failed.json(), "ok code message fix");
}

/// Arguments that are wrong: people read of it on standard error, programs get one object.
#[test]
fn wrong_arguments_are_one_object_under_json() {
    for (arguments, said, fix) in [
        (&["--json", "bcktest"][..], "unrecognized subcommand 'bcktest'", "'backtest'"),
        (&["backtest", "--json"], "required arguments were not provided: --config <FILE>", "--help"),
        (
            &["backtest", "--config", "x", "--repeat", "0", "--json"],
            "invalid value '0' for '--repeat <TIMES>'",
            "--help",
        ),
        (&["inspect", "--json", "x", "--only", "OrderFild"], "no event or decision has this name", "--help"),
        (&["--json"], "requires a subcommand", "--help"),
    ] {
        let finished = Run::dev(arguments).finish();
        finished.expect_code(2);
        assert_eq!(finished.stdout.lines().count(), 1, "{arguments:?}: {}", finished.stdout);
        assert!(finished.stderr.starts_with("error: "), "{arguments:?}: {}", finished.stderr);
        let json = finished.json();
        has_fields(&json, "ok code message fix");
        assert_eq!(json["ok"], false);
        assert!(json["message"].as_str().unwrap().contains(said), "{said:?} is missing in {json}");
        assert!(json["fix"].as_str().unwrap().contains(fix), "{fix:?} is missing in {json}");
    }
    // What stands behind `--` is no flag.
    assert_eq!(Run::dev(["check", "--", "--json", "more"]).finish().stdout, "");
}

#[test]
fn decimals_are_strings_and_counts_are_numbers() {
    let json = session().json(0);
    for field in ["position", "fees", "realized_pnl", "final_equity"] {
        let text = json[field].as_str().unwrap_or_else(|| panic!("{field} is no string"));
        assert!(text.parse::<ringfence_core::money::Decimal>().is_ok(), "{field} {text}");
    }
    for field in ["state_digest", "decision_digest", "fuel_digest"] {
        assert_eq!(json[field].as_str().map(str::len), Some(64), "{field}");
    }
    for field in ["rows", "events", "events_per_s", "intents", "denied", "orders", "fills", "cancels", "rejects"] {
        assert!(json[field].is_u64(), "{field} {}", json[field]);
    }
    for field in ["seconds", "decode_seconds", "startup_seconds"] {
        assert!(json[field].is_number(), "{field}");
    }
    assert_eq!(json["mode"], "backtest");
}

/// A session by the clock waits for it, and how long its loop took says nothing.
#[test]
fn a_session_by_the_clock_tells_no_speed_of_its_loop() {
    let paper = |form: &[&str]| {
        let tape = Tape::trades(300);
        let run = run(&["run", "--mode", "paper", "--speed", "max", "--config", "host.toml", "--data"]);
        let finished = run.arg(&tape.path).args(form).file("host.toml", ema().text()).finish();
        finished.expect_code(0);
        finished
    };
    let json = paper(&["--json"]).json_lines().pop().expect("a last line");
    assert_eq!((&json["mode"], &json["rows"]), (&"paper".into(), &300.into()));
    let timed = ["seconds", "decode_seconds", "events_per_s"].map(|field| json.get(field).is_some());
    assert_eq!((timed, json["startup_seconds"].is_number()), ([false; 3], true));
    let text = paper(&[]).stdout;
    assert!(text.contains("start-up") && !text.contains("rows/s") && !text.contains("event loop"), "{text}");
}

#[test]
fn several_instruments_have_a_position_each() {
    let two = Setup::default().strategy("ema", &binary::component("ringfence_ema_cross"), EMA).text().replacen(
        "[[strategies]]",
        "[[instruments]]\nsymbol = \"US:QQQ\"\nkind = \"equity\"\nbase = \"QQQ\"\nquote = \"USD\"\nprice_scale = 2\n\
         qty_scale = 0\ntick = \"0.01\"\nlot = \"1\"\nqty_max = \"1000\"\n\n[[strategies]]",
        1,
    );
    let tape = Tape::trades(300);
    let data = |symbol: &str| format!("{symbol}={}", tape.path.display());
    let run = run(&["backtest", "--json", "--config", "host.toml"]).file("host.toml", two);
    let finished = run.args(["--data", &data("US:SPY"), "--data", &data("US:QQQ")]).finish();
    let json = quiet(&finished, 0);
    has_fields(&json["position"], "US:SPY US:QQQ");
    assert_eq!((&json["rows"], &json["position"]["US:QQQ"]), (&600.into(), &"0".into()));
}

#[test]
fn a_report_folder_holds_results_equity_and_the_configuration() {
    let tape = Tape::trades(300);
    let run = run(&["backtest", "--json", "--config", "host.toml", "--report", "report", "--data"]).arg(&tape.path);
    let finished = run.file("host.toml", ema().text()).finish();
    let printed = quiet(&finished, 0);
    let read = |name: &str| std::fs::read_to_string(finished.path("report").join(name)).unwrap();
    let written: Value = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(written["decision_digest"], printed["decision_digest"]);
    assert!(read("equity.csv").lines().count() > 10);
    let config: toml::Table = read("config.toml").parse().unwrap();
    assert_eq!(config["risk"]["price_collar_bps"].as_integer(), Some(5000), "the profile is expanded");
}

#[test]
fn latency_is_not_measured_where_rows_reach_the_core_late() {
    let options = ["--latency", "--set", "simulation.latency.feed=1ms"];
    let run = ema().backtest_with(&Tape::trades(100), &options).finished;
    run.expect_code(2);
    assert!(run.stderr.contains("--latency measures where rows reach the core at once"), "{}", run.stderr);
}

#[test]
fn latency_is_measured_outside_of_every_digest() {
    let tape = Tape::trades(600);
    let (plain, json) = (ema().backtest(&tape).json(0), ema().backtest_with(&tape, &["--latency"]).json(0));
    has_fields(&json, &format!("{BACKTEST} latency_ns"));
    let latency = &json["latency_ns"];
    has_fields(latency, "commands p50 p99 p99_9 max recorded");
    has_fields(&latency["recorded"], "commands p50 p99 p99_9 max");
    let quantiles = |spread: &Value| ["p50", "p99", "p99_9", "max"].map(|key| spread[key].as_u64().expect("whole ns"));
    let (decided, recorded) = (quantiles(latency), quantiles(&latency["recorded"]));
    assert!(decided[0] > 0 && decided.is_sorted() && recorded.is_sorted(), "{latency}");
    assert!(decided.iter().zip(&recorded).all(|(decided, recorded)| decided <= recorded), "{latency}");
    for spread in [latency, &latency["recorded"]] {
        assert_eq!(spread["commands"], json["orders"], "one command an order, and none is canceled");
    }
    for digest in ["state_digest", "decision_digest", "fuel_digest"] {
        assert_eq!(json[digest], plain[digest]);
    }
}
