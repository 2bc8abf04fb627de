//! The reader as a whole: text in, report or configuration out.

use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_core::event::Mode;

use super::*;

mod calendars;
mod carry;
mod control;
mod documented;
mod follow_ups;
mod laws;
mod money;
mod overrides;
mod recorded;
mod resolved;
mod script;
mod simulation;
mod tapes;

/// A small configuration in which nothing is wrong. Tests replace lines of it.
const GOOD: &str = r#"[session]
run = "t"
env = "dev"
base_currency = "USD"

[[venues]]
name = "US"
accounts = [{ name = "main", currency = "USD" }]

[[instruments]]
symbol = "US:SPY"
kind = "equity"
base = "SPY"
quote = "USD"
price_scale = 2
qty_scale = 0
tick = 0.01
lot = 1
qty_max = 1000

[[strategies]]
name = "ema"
component = "ema.wasm"
account = "main"
lane = "simulation"
capital = 1000
instruments = ["US:SPY"]
params = { fast = 5, label = "x", exact = 0.10, on = true }

[risk]
order_qty_max = 100
order_notional_max = "off"
position_strategy_max = "off"
position_account_max = "off"
exposure_gross_max = "off"
price_collar_bps = 50
open_orders_max = "off"
market_age_max = "5s"
order_qty_min = "off"
order_notional_min = "off"
position_instrument_max = "off"
exposure_net_max = "off"
exposure_asset_max = "off"
exposure_counterparty_max = "off"
leverage_max = "off"
margin_initial_use_max_bps = "off"
margin_maintenance_use_max_bps = "off"
balance_min = "off"
drawdown_session_max = "off"
drawdown_peak_max = "off"
loss_day_max = "off"
strategy_capital_use_max_bps = "off"
strategy_loss_max = "off"
velocity_orders_max = "off"
velocity_window = "off"
order_to_trade_max = "off"
order_to_trade_free = "off"
duplicate_window = "off"
self_trade = "off"
venue_unavailable = "off"
venue_window = "off"
region_blocked = "off"
leverage_reported = "off"
margin_mode_reported = "off"

[simulation]
fill = "same-event"
fees = { maker_bps = -0.1, taker_bps = 1 }
commission_rounding = "exact"
latency = { model = "constant", feed = "0ns", entry = "0ns", response = "0ns" }
queue = "trade-through"
resting_fills = "whole"
taker_size = "unlimited"
slippage = { model = "off" }
cash = { main = 1000 }
"#;

/// Loads text as if it stood in `t.toml`.
fn loaded(text: &str, sets: &[&str], purpose: Purpose) -> Result<Loaded, Report> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let request = Request { file: Path::new("t.toml"), sets: &sets, data: &[], events: None, purpose };
    let mut problems = Problems::new();
    match from_text(text, &request, &mut problems) {
        Some(loaded) if problems.is_empty() => Ok(loaded),
        Some(_) | None => Err(problems.into_report()),
    }
}

/// Replaces lines of [`GOOD`] (each must be there) and shows the report.
#[track_caller]
fn check(edits: &[(&str, &str)], want: Expect) {
    want.assert_eq(&report(&edited(edits), &[]));
}

#[track_caller]
fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(GOOD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "no {from:?} in the text");
        text.replacen(from, to, 1)
    })
}

fn report(text: &str, sets: &[&str]) -> String {
    match loaded(text, sets, Purpose::Show) {
        Ok(_) => "fine".to_owned(),
        Err(report) => report.problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

#[test]
fn nothing_is_wrong_with_the_small_configuration() {
    check(&[], expect!["fine"]);
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_was_meant() {
    check(
        &[("order_qty_max", "order_qty_mx"), ("[session]", "zebra = 1\n[session]")],
        expect![[r#"
            t.toml:1: zebra: unknown key; known here: session, venues, calendars, instruments, tapes, strategies, risk, execution, simulation, trust, journal, control, records, telemetry [C-UNKNOWN-KEY]
            t.toml:31: risk.order_qty_max: missing, expected a decimal above 0 or "off"; a limit has no default [C-MISSING]
            t.toml:32: risk.order_qty_mx: unknown key; did you mean order_qty_max? [C-UNKNOWN-KEY]
        "#]],
    );
}

#[test]
fn a_missing_limit_is_never_filled_in() {
    check(
        &[("price_collar_bps = 50\n", ""), ("market_age_max = \"5s\"\n", "")],
        expect![[r#"
            t.toml:30: risk.market_age_max: missing, expected a length of time with its unit (ns, us, ms, s, m, h, d), for example "250us" or "off"; a limit has no default [C-MISSING]
            t.toml:30: risk.price_collar_bps: missing, expected a whole number from 1 to 1000000 or "off"; a limit has no default [C-MISSING]
        "#]],
    );
}

#[test]
fn a_missing_section_is_one_problem_that_lists_what_it_needs() {
    let (head, _) = GOOD.split_once("[risk]").unwrap();
    expect![[r#"
        t.toml: risk: missing, expected a table with order_qty_min, order_qty_max, order_notional_min, order_notional_max, position_strategy_max, position_instrument_max, position_account_max, exposure_gross_max, exposure_net_max, exposure_asset_max, exposure_counterparty_max, leverage_max, margin_initial_use_max_bps, margin_maintenance_use_max_bps, balance_min, drawdown_session_max, drawdown_peak_max, loss_day_max, strategy_capital_use_max_bps, strategy_loss_max, price_collar_bps, open_orders_max, velocity_orders_max, velocity_window, order_to_trade_max, order_to_trade_free, duplicate_window, market_age_max, self_trade, venue_unavailable, venue_window, region_blocked, leverage_reported, margin_mode_reported; or write profile = "backtest-wide@1" there to try something [C-MISSING]
    "#]].assert_eq(&report(head, &[]));
}

#[test]
fn a_value_of_another_type_is_refused() {
    check(
        &[("run = \"t\"", "run = 5"), ("price_scale = 2", "price_scale = \"2\""), ("[\"US:SPY\"]", "\"US:SPY\"")],
        expect![[r#"
            t.toml:2: session.run = 5: expected text of 1 to 200 characters [C-TYPE]
            t.toml:15: instruments.US:SPY.price_scale = "2": expected a whole number from 0 to 18 [C-TYPE]
            t.toml:27: strategies.ema.instruments = "US:SPY": expected a list, each item text of 1 to 200 characters [C-TYPE]
        "#]],
    );
}

#[test]
fn a_number_without_its_unit_or_with_one_too_many_is_refused() {
    check(
        &[
            ("\"5s\"", "5"),
            ("order_qty_max = 100", "order_qty_max = \"100 shares\""),
            ("entry = \"0ns\"", "entry = \"3parsecs\""),
        ],
        expect![[r#"
            t.toml:31: risk.order_qty_max = "100 shares": expected a decimal above 0 or "off" [C-UNIT]
            t.toml:38: risk.market_age_max = 5: expected a length of time with its unit (ns, us, ms, s, m, h, d), for example "250us" or "off" [C-UNIT]
            t.toml:70: simulation.latency.entry = "3parsecs": expected a length of time with its unit (ns, us, ms, s, m, h, d), for example "250us" [C-UNIT]
        "#]],
    );
}

#[test]
fn a_number_outside_its_range_is_refused() {
    check(
        &[
            ("order_qty_max = 100", "order_qty_max = 0"),
            ("price_scale = 2", "price_scale = 19"),
            ("price_collar_bps = 50", "price_collar_bps = -1"),
            ("capital = 1000", "capital = -0.01"),
        ],
        expect![[r#"
            t.toml:15: instruments.US:SPY.price_scale = 19: expected a whole number from 0 to 18 [C-RANGE]
            t.toml:26: strategies.ema.capital = -0.01: expected a decimal of 0 or more [C-RANGE]
            t.toml:31: risk.order_qty_max = 0: expected a decimal above 0 or "off" [C-RANGE]
            t.toml:36: risk.price_collar_bps = -1: expected a whole number from 1 to 1000000 or "off" [C-RANGE]
        "#]],
    );
}

#[test]
fn text_that_is_no_decimal_is_refused() {
    check(
        &[("order_qty_max = 100", "order_qty_max = \"abc\""), ("taker_bps = 1", "taker_bps = 1e3")],
        expect![[r#"
            t.toml:31: risk.order_qty_max = "abc": expected a decimal above 0 or "off" [C-VALUE]
            t.toml:68: simulation.fees.taker_bps = 1e3: expected a decimal from -10000 to 10000 with at most 8 digits behind the point [C-VALUE]
        "#]],
    );
}

#[test]
fn a_word_that_is_not_allowed_is_refused() {
    check(
        &[("same-event", "same_event"), ("\"dev\"", "\"test\"")],
        expect![[r#"
            t.toml:3: session.env = "test": expected "dev", "staging" or "prod" [C-VALUE]
            t.toml:67: simulation.fill = "same_event": expected "same-event", "next-event" or "next-open"; did you mean "same-event"? [C-VALUE]
        "#]],
    );
}

#[test]
fn a_reference_to_nothing_is_refused() {
    check(
        &[
            ("symbol = \"US:SPY\"", "symbol = \"UK:SPY\""),
            ("account = \"main\"", "account = \"mian\""),
            ("cash = { main = 1000 }", "cash = { other = 1 }"),
        ],
        expect![[r#"
            t.toml:11: instruments.UK:SPY.symbol = "UK:SPY": no venue UK; known: US; or add [[venues]] name = "UK" for SPY [C-REFERENCE]
            t.toml:24: strategies.ema.account = "mian": points to nothing; did you mean "main"? [C-REFERENCE]
            t.toml:27: strategies.ema.instruments = "US:SPY": points to nothing; did you mean "UK:SPY"? [C-REFERENCE]
            t.toml:75: simulation.cash.main: missing, every account starts with some cash or 0 [C-MISSING]
            t.toml:75: simulation.cash.other = "other": points to nothing; known: main [C-REFERENCE]
        "#]],
    );
}

#[test]
fn the_same_name_twice_is_refused() {
    let twice = GOOD.replace("[risk]", "[[strategies]]\nname = \"ema\"\ncomponent = \"x\"\naccount = \"main\"\nlane = \"paper\"\ncapital = 0\ninstruments = [\"US:SPY\", \"US:SPY\"]\n[risk]");
    expect![[r#"
        t.toml:30: strategies.ema.name = "ema": the name is taken at t.toml:21 [C-DUPLICATE]
        t.toml:36: strategies.ema.instruments = "US:SPY": listed twice [C-DUPLICATE]
    "#]]
    .assert_eq(&report(&twice, &[]));
}

#[test]
fn a_definition_that_contradicts_itself_is_refused() {
    check(
        &[
            ("tick = 0.01", "tick = 0.001"),
            ("lot = 1", "lot = 7"),
            ("\"equity\"", "\"option\"\nexpiry = 2026-12-18T16:00:00Z"),
        ],
        expect![[r#"
            t.toml:10: instruments.US:SPY.right: missing, an instrument of kind option has one [C-DEFINITION]
            t.toml:10: instruments.US:SPY.strike: missing, an instrument of kind option has one [C-DEFINITION]
            t.toml:18: instruments.US:SPY.tick: does not fit the scale: 0.001 has more than 2 digits behind the point [C-DEFINITION]
        "#]],
    );
    check(
        &[("lot = 1", "lot = 7")],
        expect![[r#"
            t.toml:10: instruments.US:SPY: quantity limits 7..1000 must be ordered multiples of lot 7 [C-DEFINITION]
        "#]],
    );
    check(
        &[("price_scale = 2", "price_scale = 18"), ("qty_scale = 0", "qty_scale = 1")],
        expect![[r#"
            t.toml:10: instruments.US:SPY: price scale 18 plus quantity scale 1 exceeds 18 [C-DEFINITION]
        "#]],
    );
    check(
        &[("\"equity\"", "\"equity\"\nstrike = 5")],
        expect![[r#"
        t.toml:13: instruments.US:SPY.strike: an instrument of kind equity has none [C-DEFINITION]
    "#]],
    );
}

#[test]
fn every_syntax_error_is_reported_and_nothing_that_only_follows_from_one() {
    check(
        &[("run = \"t\"", "run = "), ("qty_scale = 0", "qty_scale 0")],
        expect![[r#"
        t.toml:2: string values must be quoted, expected literal string [C-SYNTAX]
        t.toml:16: key with no value, expected `=` [C-SYNTAX]
    "#]],
    );
}

#[test]
fn three_mistakes_of_three_kinds_stand_in_one_report() {
    let (text, sets) = (edited(&[("order_qty_max = 100\n", ""), ("\"5s\"", "5")]), ["simulation.fil=x"]);
    expect![[r#"
        t.toml:30: risk.order_qty_max: missing, expected a decimal above 0 or "off"; a limit has no default [C-MISSING]
        t.toml:37: risk.market_age_max = 5: expected a length of time with its unit (ns, us, ms, s, m, h, d), for example "250us" or "off" [C-UNIT]
        --set simulation.fil: simulation.fil: unknown key; did you mean fill? [C-UNKNOWN-KEY]
    "#]].assert_eq(&report(&text, &sets));
    let json = loaded(&text, &sets, Purpose::Show).unwrap_err().json();
    expect![[r#"
        {
          "code": "C-MISSING",
          "file": "t.toml",
          "line": 30,
          "flag": null,
          "key": "risk.order_qty_max",
          "value": null,
          "message": "missing, expected a decimal above 0 or \"off\"",
          "fix": "a limit has no default"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&json["problems"][0]).unwrap());
}

#[test]
fn an_unknown_profile_is_one_problem() {
    check(
        &[("[risk]", "[risk]\nprofile = \"backtest-wide@2\""), ("open_orders_max = \"off\"\n", "")],
        expect![[r#"
        t.toml:31: risk.profile = "backtest-wide@2": no such risk profile; did you mean "backtest-wide@1"? [C-PROFILE]
    "#]],
    );
}

#[test]
fn keys_beside_a_profile_replace_its_limits() {
    let (head, tail) = GOOD.split_once("[risk]").unwrap();
    let (_, tail) = tail.split_once("[simulation]").unwrap();
    let text = format!("{head}[risk]\nprofile = \"backtest-wide@1\"\nopen_orders_max = 7\n[simulation]{tail}");
    let loaded = loaded(&text, &["risk.order_qty_max=3"], Purpose::Show).unwrap();
    assert_eq!(loaded.core.risk.open_orders_max, Some(7));
    assert_eq!(loaded.core.risk.order_qty_max, Some(3.into()));
    assert_eq!(loaded.core.risk.price_collar_bps, Some(5000));
    assert_eq!(loaded.core.risk.market_age_ns_max, None);
}

#[test]
fn the_hash_covers_every_rule_and_no_path_or_way_of_writing() {
    let hash = |text: &str, sets: &[&str]| loaded(text, sets, Purpose::Show).unwrap().core.hash();
    let plain = hash(GOOD, &[]);
    for other in [
        "simulation.fill=next-open",
        "simulation.fees.maker_bps=0",
        "simulation.cash.main=1",
        "strategies.ema.capital=1",
    ] {
        assert_ne!(hash(GOOD, &[other]), plain, "{other}");
    }
    assert_eq!(hash(GOOD, &["strategies.ema.component=/elsewhere.wasm", "journal.folder=/tmp"]), plain);
    assert_eq!(hash(GOOD, &["journal.audit_key=elsewhere.key", "journal.checkpoint_every=7"]), plain);
    assert_eq!(hash(GOOD, &["strategies.ema.isolation=process"]), plain, "where it runs changes nothing");
    assert_eq!(hash(&edited(&[("feed = \"0ns\"", "feed = \"0s\""), ("-0.1", "\"-0.100\"")]), &[]), plain);
}

#[test]
fn live_trading_wants_a_process_for_what_is_not_ones_own() {
    let isolated = |sets: &[&str], mode| loaded(GOOD, sets, Purpose::Show).unwrap().isolated_enough(mode);
    for mode in [Mode::Backtest, Mode::Replay, Mode::Paper, Mode::Shadow] {
        assert!(isolated(&[], mode).is_ok(), "{mode:?}");
    }
    assert!(isolated(&["strategies.ema.isolation=process"], Mode::Live).is_ok());
    expect![[r#"
        t.toml:21: strategies.ema.isolation = "in-process": a component that is unsigned runs in a process of its own where orders are live; isolation = "process"; or name the key that signed it in [trust] own, if it is yours [C-VALUE]
        1 problem; `ringfence explain CODE` tells more"#]].assert_eq(&isolated(&[], Mode::Live).unwrap_err().to_string());
}

#[test]
fn the_core_reads_its_configuration_back_from_canonical_bytes() {
    let core = loaded(GOOD, &[], Purpose::Show).unwrap().core;
    assert_eq!(Config::decode(&core.encode()), Ok(core));
}

#[test]
fn a_check_wants_the_components_and_a_backtest_the_tapes_and_rules_too() {
    let shown = |purpose| match loaded(GOOD, &[], purpose) {
        Ok(_) => "fine".to_owned(),
        Err(report) => report.to_string(),
    };
    assert_eq!(shown(Purpose::Show), "fine");
    expect![[r#"
        t.toml:23: strategies.ema.component = "ema.wasm": no such file; build it, for example with `ringfence build DIR` [C-FILE]
        1 problem; `ringfence explain CODE` tells more"#]].assert_eq(&shown(Purpose::Check));
    expect![[r#"
        t.toml:23: strategies.ema.component = "ema.wasm": no such file; build it, for example with `ringfence build DIR` [C-FILE]
        t.toml: tapes: no market data is named; give --data FILE, or `file` in [[tapes]] [C-TAPE]
        2 problems; `ringfence explain CODE` tells more"#]].assert_eq(&shown(Purpose::Backtest));
    let (head, _) = GOOD.split_once("[simulation]").unwrap();
    expect![[r#"
        t.toml:23: strategies.ema.component = "ema.wasm": no such file; build it, for example with `ringfence build DIR` [C-FILE]
        t.toml: simulation: missing, a backtest needs every rule of its venue written out [C-MISSING]
        t.toml: tapes: no market data is named; give --data FILE, or `file` in [[tapes]] [C-TAPE]
        3 problems; `ringfence explain CODE` tells more"#]].assert_eq(&loaded(head, &[], Purpose::Backtest).unwrap_err().to_string());
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let show = |file: &Path| {
        let request = Request { file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        load(&request).unwrap_err().problems[0].to_string().replace(&folder.path().display().to_string(), "<folder>")
    };
    expect!["<folder>/none.toml: cannot be read: No such file or directory (os error 2) [C-FILE]"]
        .assert_eq(&show(&folder.path().join("none.toml")));
    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, [0xff, 0xfe]).unwrap();
    expect!["<folder>/binary.toml: is not UTF-8 text: invalid utf-8 sequence of 1 bytes from index 0 [C-SYNTAX]"]
        .assert_eq(&show(&binary));
    let huge = folder.path().join("huge.toml");
    std::fs::write(&huge, vec![b'#'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1]).unwrap();
    let past = "has more than 1048576 bytes, which is the limit [C-FILE]";
    assert_eq!(show(&huge), format!("<folder>/huge.toml: {past}"));
    // A device has no end, and a pipe may have nobody at its other one.
    let other = "cannot be read: not a regular file, but a pipe or a device [C-FILE]";
    assert_eq!(show(Path::new("/dev/zero")), format!("/dev/zero: {other}"));
    let largest = folder.path().join("largest.toml");
    std::fs::write(&largest, vec![b'#'; usize::try_from(FILE_BYTES_MAX).unwrap()]).unwrap();
    assert!(show(&largest).contains("C-MISSING"), "it is read");
}

#[test]
fn every_configuration_of_the_project_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|file| file.extension().is_some_and(|ending| ending == "toml")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let request = Request { file: &file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        let loaded = load(&request).unwrap_or_else(|report| panic!("{report}"));
        assert!(loaded.simulation.is_some(), "{}", file.display());
    }
}

#[test]
fn a_risk_limit_of_any_name_has_a_place_in_every_profile() {
    let (head, _) = GOOD.split_once("[risk]").unwrap();
    for (name, _) in profile::PROFILES {
        let text = format!("{head}[risk]\nprofile = \"{name}\"\n");
        assert_eq!(report(&text, &[]), "fine", "{name}");
    }
}

#[test]
fn the_schema_describes_every_key() {
    let schema = json_schema();
    assert_eq!(schema["additionalProperties"], false);
    let risk = &schema["properties"]["risk"]["properties"];
    expect![[r#"{"anyOf":[{"const":"off"},{"type":"integer","minimum":1,"maximum":1000000}],"description":"Largest distance of a limit price from the reference to the worse side, in basis points."}"#]].assert_eq(&risk["price_collar_bps"].to_string());
    expect![[
        r#"{"type":"integer","minimum":1,"maximum":1000000000000,"description":"Fuel of one call.","default":20000000}"#
    ]]
    .assert_eq(&schema["properties"]["strategies"]["items"]["properties"]["fuel_per_call"].to_string());
}

#[test]
fn text_nested_too_deeply_is_a_syntax_error() {
    let deep = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(report(&deep, &[]).contains("C-SYNTAX"));
    let dotted = format!("{} = 1", vec!["a"; 100_000].join("."));
    assert!(report(&dotted, &[]).contains("[C-"), "a long key is refused");
}
