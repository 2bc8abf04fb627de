//! Wrong configurations through the binary: is every problem there in one report, with place, key, value and what is
//! allowed?

use std::path::{Path, PathBuf};

use ringfence_tests::{Finished, Run, Setup, Tape, binary, workspace};
use serde_json::{Value, json};

const SECRET: &str = "correct-horse-battery-staple-0123456789";

/// A configuration in which nothing is wrong, every limit written out. Tests replace lines of it.
fn good() -> String {
    let lines = "params = { fast = 5, slow = 20, qty = \"100\" }\nfuel_per_call = 1_000_000";
    let text = Setup::default().strategy("ema", &binary::component("ringfence_ema_cross"), lines).text();
    let limits: String = LIMITS.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    text.replace("profile = \"backtest-wide@1\"\n", &limits)
}

const LIMITS: [(&str, &str); 34] = [
    ("order_qty_max", "500"),
    ("order_notional_max", "\"100000.50\""),
    ("position_strategy_max", "500"),
    ("position_account_max", "\"off\""),
    ("exposure_gross_max", "1_000_000"),
    ("price_collar_bps", "500"),
    ("open_orders_max", "10"),
    ("market_age_max", "\"5s\""),
    ("order_qty_min", "1"),
    ("order_notional_min", "\"off\""),
    ("position_instrument_max", "\"off\""),
    ("exposure_net_max", "\"off\""),
    ("exposure_asset_max", "\"off\""),
    ("exposure_counterparty_max", "\"off\""),
    ("leverage_max", "3"),
    ("margin_initial_use_max_bps", "\"off\""),
    ("margin_maintenance_use_max_bps", "\"off\""),
    ("balance_min", "-100"),
    ("drawdown_session_max", "10000"),
    ("drawdown_peak_max", "\"off\""),
    ("loss_day_max", "\"off\""),
    ("strategy_capital_use_max_bps", "\"off\""),
    ("strategy_loss_max", "\"off\""),
    ("velocity_orders_max", "10"),
    ("velocity_window", "\"1s\""),
    ("order_to_trade_max", "\"off\""),
    ("order_to_trade_free", "\"off\""),
    ("duplicate_window", "\"off\""),
    ("self_trade", "\"off\""),
    ("venue_unavailable", "\"off\""),
    ("venue_window", "\"off\""),
    ("region_blocked", "\"off\""),
    ("leverage_reported", "\"off\""),
    ("margin_mode_reported", "\"off\""),
];

/// Replaces parts of [`good`]; each must be there.
#[track_caller]
fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(good(), |text, (from, to)| {
        assert!(text.contains(from), "no {from:?} in\n{text}");
        text.replacen(from, to, 1)
    })
}

fn config_check(text: &str, options: &[&str]) -> Finished {
    Run::dev(["config", "check", "--config", "host.toml"]).args(options).file("host.toml", text).finish()
}

/// Lines of the report, without the closing one; the exit code is 2.
#[track_caller]
fn report(finished: &Finished) -> Vec<String> {
    finished.expect_code(2);
    let mut lines: Vec<String> = finished.stderr.lines().map(str::to_owned).collect();
    let closing = lines.pop().unwrap_or_default();
    let plural = if lines.len() == 1 { "" } else { "s" };
    assert!(closing.starts_with(&format!("{} problem{plural};", lines.len())), "{}", finished.stderr);
    lines
}

/// The line, from 1, on which a configuration has this text.
#[track_caller]
fn line_of(text: &str, wanted: &str) -> usize {
    text.lines().position(|line| line.contains(wanted)).unwrap_or_else(|| panic!("no {wanted:?} in\n{text}")) + 1
}

/// One edit gives exactly one problem: on the line of `place`, with this text and code.
#[track_caller]
fn check((from, to): (&str, &str), place: &str, want: &str) {
    let text = edited(&[(from, to)]);
    let lines = report(&config_check(&text, &[]));
    let want = format!("host.toml:{}: {want}", line_of(&text, place));
    assert_eq!(lines, [want]);
}

#[test]
fn nothing_is_wrong_with_what_the_tests_change() {
    let finished = config_check(&good(), &[]);
    finished.expect_code(0);
    assert!(finished.stdout.starts_with("host.toml is fine; hash "), "{}", finished.stdout);
    assert_eq!(finished.stderr, "");
}

#[test]
fn every_example_loads() {
    let folder = workspace::root().join("config");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let finished = Run::dev(["config", "check", "--json", "--config"]).arg(&file).finish();
        finished.expect_code(0);
        let json = finished.json();
        assert_eq!((&json["ok"], &json["problems"]), (&json!(true), &json!([])));
        assert_eq!(json["hash"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn an_unknown_key_is_refused() {
    let near = "risk.order_qty_mx: unknown key; did you mean order_qty_max? [C-UNKNOWN-KEY]";
    check(("market_age_max", "order_qty_mx = 5\nmarket_age_max"), "order_qty_mx", near);
    let far = edited(&[("[session]", "zebra = 1\n[session]")]);
    let lines = report(&config_check(&far, &[]));
    assert!(lines[0].starts_with("host.toml:1: zebra: unknown key; known here: session, venues,"), "{lines:?}");
    let nested = "strategies.ema.fuel: unknown key; did you mean fuel_total? [C-UNKNOWN-KEY]";
    check(("fuel_per_call = 1_000_000", "fuel = 5"), "fuel = 5", nested);
}

#[test]
fn a_missing_risk_limit_is_refused() {
    for (name, value) in LIMITS {
        let text = edited(&[(&format!("{name} = {value}\n"), "")]);
        let lines = report(&config_check(&text, &[]));
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        let place = format!("host.toml:{}: risk.{name}: missing, expected ", line_of(&text, "[risk]"));
        assert!(line.starts_with(&place), "{line}");
        assert!(line.ends_with("or \"off\"; a limit has no default [C-MISSING]"), "{line}");
    }
    let (head, tail) = (good(), good());
    let without =
        format!("{}[simulation]{}", head.split_once("[risk]").unwrap().0, tail.split_once("[simulation]").unwrap().1);
    let lines = report(&config_check(&without, &[]));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(LIMITS.iter().all(|(name, _)| lines[0].contains(name)), "{lines:?}");
    let profile =
        "risk.profile = \"backtest-wide@2\": no such risk profile; did you mean \"backtest-wide@1\"? [C-PROFILE]";
    check(("order_qty_max = 500", "profile = \"backtest-wide@2\""), "profile", profile);
}

#[test]
fn a_value_in_a_wrong_unit_is_refused() {
    let duration = "expected a length of time with its unit (ns, us, ms, s, m, h, d), for example \"250us\"";
    check(
        ("market_age_max = \"5s\"", "market_age_max = 5"),
        "market_age_max",
        &format!("risk.market_age_max = 5: {duration} or \"off\" [C-UNIT]"),
    );
    check(
        ("entry = \"0ns\"", "entry = \"3parsecs\""),
        "latency",
        &format!("simulation.latency.entry = \"3parsecs\": {duration} [C-UNIT]"),
    );
    check(
        ("order_qty_max = 500", "order_qty_max = \"500 shares\""),
        "order_qty_max",
        "risk.order_qty_max = \"500 shares\": expected a decimal above 0 or \"off\" [C-UNIT]",
    );
}

#[test]
fn a_value_out_of_its_range_is_refused() {
    let integer = "expected a whole number from 1 to 1000000 or \"off\" [C-RANGE]";
    check(
        ("price_collar_bps = 500", "price_collar_bps = 1000001"),
        "price_collar",
        &format!("risk.price_collar_bps = 1000001: {integer}"),
    );
    check(
        ("price_collar_bps = 500", "price_collar_bps = 0"),
        "price_collar",
        &format!("risk.price_collar_bps = 0: {integer}"),
    );
    check(
        ("order_qty_max = 500", "order_qty_max = -1"),
        "order_qty_max",
        "risk.order_qty_max = -1: expected a decimal above 0 or \"off\" [C-RANGE]",
    );
    for edge in ["1_000_000", "1"] {
        let text = edited(&[("price_collar_bps = 500", &format!("price_collar_bps = {edge}"))]);
        config_check(&text, &[]).expect_code(0);
    }
}

#[test]
fn a_value_of_another_type_or_word_is_refused() {
    check(
        ("fill = \"same-event\"", "fill = \"same_event\""),
        "fill = ",
        "simulation.fill = \"same_event\": expected \"same-event\", \"next-event\" or \"next-open\"; did you mean \
         \"same-event\"? [C-VALUE]",
    );
    check(
        ("price_scale = 2", "price_scale = \"2\""),
        "price_scale",
        "instruments.US:SPY.price_scale = \"2\": expected a whole number from 0 to 18 [C-TYPE]",
    );
}

#[test]
fn an_absent_file_and_a_bad_component_are_refused() {
    let tape = Tape::trades(10);
    let component = binary::component("ringfence_ema_cross");
    let second = "[[strategies]]\nname = \"bad\"\ncomponent = \"bad.wasm\"\naccount = \"main\"\nlane = \"simulation\"\n\
                  capital = 1\ninstruments = [\"US:SPY\"]\n\n[risk]";
    let text = edited(&[(component.to_str().unwrap(), "absent.wasm"), ("[risk]", second)]);
    let run = Run::dev(["backtest", "--config", "host.toml", "--data", "nowhere.csv"]);
    let lines = report(&run.file("host.toml", &text).file("bad.wasm", "no component").finish());
    let starts = [
        format!("host.toml:{}: strategies.ema.component = ", line_of(&text, "absent.wasm")),
        format!("host.toml:{}: strategies.bad.component = ", line_of(&text, "bad.wasm")),
        "--data nowhere.csv: ".to_owned(),
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(&starts) {
        assert!(line.starts_with(start), "{line:?} does not start with {start:?}");
    }
    let parts = [
        "absent.wasm\": no such file; build it, for example with `ringfence build DIR` [C-FILE]",
        "is refused, E-PARSE",
        "no such file",
    ];
    for (line, part) in lines.iter().zip(parts) {
        assert!(line.contains(part), "{part:?} is missing in {line:?}");
    }
    let absent = Run::dev(["backtest", "--config", "nothing.toml", "--data"]).arg(&tape.path).finish();
    assert!(report(&absent)[0].starts_with("nothing.toml: cannot be read: "), "{}", absent.stderr);
}

/// Five mistakes of five kinds.
fn five_mistakes() -> (String, Run) {
    let component = binary::component("ringfence_ema_cross");
    let text = edited(&[
        (component.to_str().expect("paths of tests are text"), "bad.wasm"),
        ("open_orders_max = 10\n", ""),
        ("market_age_max = \"5s\"", "market_age_max = 5"),
        ("queue = \"trade-through\"", "queue = \"trade-through\"\nqeue = 1"),
    ]);
    let run = Run::dev(["backtest", "--config", "host.toml", "--data", "nowhere.csv"]).file("bad.wasm", "no component");
    let run = run.file("host.toml", &text);
    (text, run)
}

#[test]
fn three_problems_at_once_stand_in_one_report() {
    let (text, run) = five_mistakes();
    let lines = report(&run.finish());
    let at = |wanted: &str| format!("host.toml:{}: ", line_of(&text, wanted));
    let want = [
        (at("component = "), "strategies.ema.component", "C-COMPONENT"),
        (at("[risk]"), "risk.open_orders_max: missing, expected a whole number from 1 to 1000000", "C-MISSING"),
        (at("market_age_max"), "risk.market_age_max = 5: expected a length of time with its unit", "C-UNIT"),
        (at("qeue"), "simulation.qeue: unknown key; did you mean queue?", "C-UNKNOWN-KEY"),
        ("--data nowhere.csv: ".to_owned(), "no such file", "C-FILE"),
    ];
    assert_eq!(lines.len(), want.len(), "{lines:#?}");
    for (line, (place, problem, code)) in lines.iter().zip(want) {
        assert!(line.starts_with(&place) && line.contains(problem), "{line:?}: {place:?} {problem:?}");
        assert!(line.ends_with(&format!("[{code}]")), "{line:?}: {code}");
    }
}

#[test]
fn the_report_as_json_has_the_same_problems() {
    let (text, run) = five_mistakes();
    let finished = run.arg("--json").finish();
    finished.expect_code(2);
    let json = finished.json();
    assert_eq!(json["ok"], false);
    let problems = json["problems"].as_array().unwrap();
    assert_eq!(problems.len(), report(&finished).len(), "standard error has the report for people");
    let unit = problems.iter().find(|problem| problem["code"] == "C-UNIT").expect("the unit");
    assert_eq!(
        *unit,
        json!({
            "code": "C-UNIT", "file": "host.toml", "line": line_of(&text, "market_age_max"), "flag": null,
            "key": "risk.market_age_max", "value": "5", "fix": null,
            "message": "expected a length of time with its unit (ns, us, ms, s, m, h, d), for example \"250us\" or \"off\"",
        })
    );
    let flag = problems.iter().find(|problem| problem["code"] == "C-FILE").expect("the file");
    assert_eq!((&flag["flag"], &flag["file"]), (&json!("--data nowhere.csv"), &Value::Null));
}

/// `config show --resolved --json` with these options, as a table.
#[track_caller]
fn resolved(options: &[&str]) -> toml::Table {
    let run = Run::dev(["config", "show", "--resolved", "--json", "--config", "host.toml"]).args(options);
    let finished = run.file("host.toml", good()).finish();
    finished.expect_code(0);
    finished.json()["toml"].as_str().expect("text").parse().expect("the resolved text is TOML")
}

#[test]
fn set_changes_one_value_and_is_checked() {
    let (mut before, mut after) = (resolved(&[]), resolved(&["--set", "simulation.fill=next-event"]));
    let taken = |table: &mut toml::Table| table["simulation"].as_table_mut().unwrap().remove("fill");
    assert_eq!(taken(&mut before), Some("same-event".into()));
    assert_eq!(taken(&mut after), Some("next-event".into()));
    assert_eq!(before, after, "nothing else changed");
    let lines = report(&config_check(
        &good(),
        &[
            "--set",
            "simulation.fil=x",
            "--set",
            "risk.order_qty_max=abc",
            "--set",
            "strategies.bob.capital=5",
            "--set",
            "5",
        ],
    ));
    let want = [
        "--set 5: expected key=value, for example simulation.fill=next-event [C-SET]",
        "--set risk.order_qty_max: risk.order_qty_max = \"abc\": expected a decimal above 0 or \"off\" [C-VALUE]",
        "--set simulation.fil: simulation.fil: unknown key; did you mean fill? [C-UNKNOWN-KEY]",
        "--set strategies.bob.capital: strategies has no entry bob, it has 1 [C-SET]",
    ];
    assert_eq!(lines, want);
}

#[test]
fn set_reaches_the_session() {
    let tape = Tape::trades(500);
    let hash = |options: &[&str]| {
        let run = Run::dev(["backtest", "--json", "--config", "host.toml", "--data"]).arg(&tape.path).args(options);
        let run = run.env("RINGFENCE_CACHE", ringfence_tests::setup::machine_code());
        let finished = run.file("host.toml", good()).finish();
        finished.expect_code(0);
        finished.json()["decision_digest"].clone()
    };
    assert_ne!(hash(&[]), hash(&["--set", "strategies.ema.params.qty=50"]));
    assert_eq!(hash(&[]), hash(&["--set", "strategies.0.params.qty=100"]));
}

/// Every file under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[track_caller]
fn is_silent(finished: &Finished, secret: &str) {
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!said.contains(secret), "the secret is shown: {said}");
}

#[test]
fn secrets_never_appear() {
    let tape = Tape::trades(300);
    let run = Run::dev(["backtest", "--config", "host.toml", "--journal", "journal", "--report", "report", "--data"]);
    let run = run.arg(&tape.path).file("host.toml", good()).env("AIS_RISK_HMAC_SECRET", SECRET);
    let finished = run.finish();
    finished.expect_code(0);
    is_silent(&finished, SECRET);
    for file in files(&finished.path("journal")).into_iter().chain(files(&finished.path("report"))) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "in {}", file.display());
    }
    for command in [&["doctor"][..], &["doctor", "--json"], &["config", "show", "--resolved", "--config", "host.toml"]]
    {
        let run = Run::dev(command).file("host.toml", good()).env("AIS_RISK_HMAC_SECRET", SECRET);
        let finished = run.finish();
        finished.expect_code(0);
        is_silent(&finished, SECRET);
    }
}

#[test]
fn a_secret_that_cannot_be_used_is_named_and_not_shown() {
    let short = "too-short-to-be-a-secret";
    let finished = Run::dev(["doctor"]).env("AIS_RISK_HMAC_SECRET", short).finish();
    finished.expect_code(1);
    assert!(finished.stdout.contains("AIS_RISK_HMAC_SECRET has 24 bytes") && finished.stdout.contains("C-SECRET"));
    is_silent(&finished, short);
    // Somebody who writes it into the file is told of the key, not shown the value.
    let text = edited(&[("[risk]", &format!("[risk]\nhmac_secret = {SECRET:?}"))]);
    for options in [&[][..], &["--json"]] {
        let finished = config_check(&text, options);
        finished.expect_code(2);
        assert!(finished.stderr.contains("risk.hmac_secret: unknown key"), "{}", finished.stderr);
        is_silent(&finished, SECRET);
        let set = format!("risk.hmac_secret={SECRET}");
        let finished = config_check(&good(), &[options, &["--set", &set]].concat());
        finished.expect_code(2);
        assert!(
            finished.stderr.contains("--set risk.hmac_secret: risk.hmac_secret: unknown key"),
            "{}",
            finished.stderr
        );
        is_silent(&finished, SECRET);
    }
}

#[test]
fn the_resolved_configuration_is_the_same_from_another_folder() {
    let text = edited(&[(binary::component("ringfence_ema_cross").to_str().unwrap(), "../parts/ema.wasm")]);
    let component = std::fs::read(binary::component("ringfence_ema_cross")).unwrap();
    let run = Run::dev(["config", "show", "--resolved", "--config", "here/host.toml"]).file("here/host.toml", text);
    let shown = run.file("parts/ema.wasm", component).finish();
    shown.expect_code(0);
    let elsewhere = Run::dev(["config", "check", "--json", "--config", "far/away/host.toml"]);
    let checked = elsewhere.file("far/away/host.toml", &shown.stdout).finish();
    checked.expect_code(0);
    let hash = checked.json()["hash"].as_str().unwrap().to_owned();
    assert!(shown.stdout.starts_with(&format!("# configuration hash {hash}\n")), "{}", shown.stdout);
}

/// Without a rate, amounts in two currencies cannot be added up; silently leaving one out would be a lie.
#[test]
fn currencies_without_a_rate_between_them_are_refused() {
    let rate = "and no instrument gives a rate between them; add an instrument of kind fx-pair or spot with base \"USD\" \
                and quote \"EUR\" (or the other way round, or two over one other currency) and a tape of it [C-REFERENCE]";
    check(
        ("base_currency = \"USD\"", "base_currency = \"EUR\""),
        "accounts = ",
        &format!("venues.US.accounts.main.currency = \"USD\": is not the base currency EUR, {rate}"),
    );
    check(
        ("quote = \"USD\"", "quote = \"EUR\""),
        "instruments = [",
        "strategies.ema.instruments = \"US:SPY\": the instrument settles in EUR, the account holds USD; an account has one \
         currency [C-REFERENCE]",
    );
}

#[test]
fn a_second_file_for_one_tape_is_refused() {
    let tape = Tape::trades(10);
    let tapes = "[[tapes]]\nname = \"spy\"\ninstrument = \"US:SPY\"\n\n[risk]";
    let named = format!("spy={}", tape.path.display());
    let run = Run::dev(["backtest", "--config", "host.toml", "--data", &named, "--data", &named]);
    let lines = report(&run.file("host.toml", edited(&[("[risk]", tapes)])).finish());
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    assert!(line.contains("the tape spy has its file from --data spy=") && line.ends_with("[C-TAPE]"), "{line}");
}
