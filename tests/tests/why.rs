//! Why a run came out as it did: from an empty folder with nothing but the program, a component and a tape, to the tear
//! sheet and the orders behind the worst trades.

use std::path::Path;

use ringfence_core::money::Decimal;
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Finished, Run, Setup, Tape, binary};
use serde_json::Value;

/// A run of two strategies that turn their positions; Risk denies one of them most of it.
fn run(tape: &Tape) -> Finished {
    let params = "params = { fast = 5, slow = 20, qty = \"40\" }";
    let large = "params = { fast = 10, slow = 50, qty = \"60\" }";
    let component = Path::new("strategy.wasm");
    let setup = Setup::default().strategy("small", component, params).strategy("large", component, large);
    run_of((setup.risk("order_qty_max = \"90\""), "ringfence_ema_cross"), tape)
}

/// A run in a folder of its own that holds a configuration, a component and a tape, with a journal and a report.
fn run_of((setup, component): (Setup, &str), tape: &Tape) -> Finished {
    let run = Run::dev([
        "backtest",
        "--config",
        "host.toml",
        "--data",
        "tape.csv",
        "--journal",
        "run1",
        "--report",
        "report",
    ]);
    let wasm = std::fs::read(binary::component(component)).expect("the component");
    let run = run.env("RINGFENCE_CACHE", machine_code()).file("host.toml", setup.text());
    let finished = run.file("strategy.wasm", wasm).file("tape.csv", tape.bytes()).finish();
    finished.expect_code(0);
    finished
}

#[track_caller]
fn why(of: &Finished, options: &[&str], code: i32) -> Finished {
    let finished = Run::dev(["why"]).arg(of.path("run1")).args(options).finish();
    finished.expect_code(code);
    finished
}

#[track_caller]
fn json(of: &Finished, options: &[&str]) -> Value {
    why(of, &[options, &["--json"]].concat(), 0).json()
}

fn amount(value: &Value) -> Decimal {
    value.as_str().expect("an amount").parse().expect("a decimal")
}

fn statistics(of: &Finished) -> Value {
    let text = std::fs::read(of.path("report").join("statistics.json")).expect("statistics");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn a_researcher_gets_from_a_tape_to_the_orders_behind_the_loss() {
    let of = run(&Tape::trades(20_000));
    // What the tear sheet says first.
    let statistics = statistics(&of);
    let title = statistics["findings"][0]["title"].as_str().expect("a finding");
    assert!(title.starts_with("It lost "), "{title}");
    assert!(of.path("report").join("report.html").is_file());
    // The trades behind it, told by the journal alone: tape, component and configuration are gone.
    for name in ["tape.csv", "strategy.wasm", "host.toml"] {
        std::fs::remove_file(of.path(name)).expect("it was there");
    }
    let told = json(&of, &["--worst", "2"]);
    let figure = |name: &str| statistics["figures"][name].as_f64().expect("a figure");
    assert_eq!(told["trades"].as_f64(), Some(figure("trades")));
    let worst = &told["explained"][0];
    let net: f64 = worst["net"].as_str().expect("an amount").parse().expect("a number");
    assert!((net - figure("worst_trade")).abs() < 1e-9, "{net} and {}", figure("worst_trade"));
    assert!(amount(&told["explained"][1]["net"]) >= amount(&worst["net"]));
    assert_eq!(amount(&worst["gross"]) - amount(&worst["fees"]), amount(&worst["net"]));
    let texts = |order: &Value| -> Vec<String> {
        let moments = order["moments"].as_array().expect("moments").iter();
        moments.map(|moment| moment["text"].as_str().expect("a sentence").to_owned()).collect()
    };
    let orders = worst["orders"].as_array().expect("orders");
    assert!(orders.len() >= 2, "{worst}");
    for order in orders {
        let chain = texts(order);
        let begins: Vec<&str> = chain.iter().filter_map(|text| text.split(' ').next()).collect();
        assert!(chain[0].contains(" wants to "), "{chain:?}");
        assert_eq!(begins[1..7], ["made", "Risk", "it", "the", "the", "filled:"], "{chain:?}");
    }
    let page = why(&of, &[], 0);
    assert!(page.stdout.contains("closed trades, ") && page.stdout.contains("opened by intent"), "{}", page.stdout);
}

#[test]
fn profits_that_are_told_are_those_of_the_fills() {
    let params = "params = { fast = 3, slow = 9, qty = \"40\" }";
    let setup = Setup::bars().strategy("long", Path::new("strategy.wasm"), params);
    let of = run_of((setup, "ringfence_sma_cross"), &Tape::of("bars", 2_000));
    let fills = std::fs::read_to_string(of.path("report").join("fills.csv")).expect("fills");
    let mut lines = fills.lines();
    let place = |name: &str, head: &str| head.split(',').position(|column| column == name).expect("a column");
    let head = lines.next().expect("a head");
    let columns = ["seq", "side", "qty", "price", "fee"].map(|name| place(name, head));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let told = json(&of, &["--strategy", "long", "--worst", "1000"]);
    let trades = told["explained"].as_array().expect("trades");
    assert!(trades.len() > 20, "{}", trades.len());
    assert_eq!(told["trades"].as_u64(), Some(trades.len() as u64));
    for trade in trades {
        let (mut held, mut cash) = (Decimal::ZERO, Decimal::ZERO);
        for fill in trade["fills"].as_array().expect("fills") {
            let seq = fill["seq"].to_string();
            let row = rows.iter().find(|row| row[columns[0]] == seq).expect("a fill of the report");
            let number = |at: usize| row[columns[at]].parse::<Decimal>().expect("a number");
            let signed = if row[columns[1]] == "buy" { number(2) } else { -number(2) };
            held += signed;
            cash -= signed * number(3) + number(4);
        }
        assert_eq!((held, amount(&trade["net"])), (Decimal::ZERO, cash.normalize()), "{trade}");
    }
}

#[test]
fn a_denied_intent_is_told_with_its_limit() {
    let of = run(&Tape::trades(5_000));
    let records = Run::dev(["inspect", "--json", "--only", "DENIED"]).arg(of.path("run1")).finish().json_lines();
    let denied = records[0]["intent"].as_str().expect("an intent").to_owned();
    let told = why(&of, &["--intent", &denied], 0);
    assert!(told.stdout.contains("Risk denies it: D-ORDER-QTY-MAX, 120 against a limit of 90"), "{}", told.stdout);
    let one = json(&of, &["--intent", &denied]);
    assert_eq!(one["moments"].as_array().map(Vec::len), Some(told.stdout.lines().count()));
}

#[test]
fn where_no_trade_was_closed_it_is_said_what_to_do_instead() {
    // Fewer rows than the slow average needs.
    let of = run(&Tape::trades(15));
    let told = why(&of, &["--strategy", "small"], 0);
    assert_eq!(
        told.stdout,
        "no trade of small was closed: `ringfence inspect JOURNAL --only EMITTED` lists what was wanted, and --intent or \
         --order explain one of it\n"
    );
    assert_eq!(json(&of, &[])["trades"], 0);
}

#[test]
fn what_is_not_in_the_journal_is_told() {
    let of = run(&Tape::trades(1_000));
    let said = |options: &[&str]| why(&of, options, 2).transcript();
    assert!(said(&["--intent", "1/99999"]).contains("the journal has no intent 1/99999"));
    assert!(said(&["--trade", "99999"]).contains("there is no trade 99999; "));
    assert!(said(&["--strategy", "nobody"]).contains("no strategy nobody"));
    assert!(said(&["--trade", "1", "--worst", "2"]).contains("cannot be used with"));
}
