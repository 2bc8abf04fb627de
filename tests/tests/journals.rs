//! Looking into recorded sessions through the binary: two journals held against each other, a session run again with other
//! values, and State at any event.

use std::path::{Path, PathBuf};
use std::process::Command;

use ringfence_core::event::EventKind;
use ringfence_journal::wire::record::Record;
use ringfence_tests::forge::Forgery;
use ringfence_tests::setup::{Session, machine_code};
use ringfence_tests::{Finished, Run, Setup, Tape, binary, workspace};
use serde_json::{Value, json};

const PARAMS: &str = "params = { fast = 5, slow = 20, qty = \"40\" }";

fn setup() -> Setup {
    Setup::default().strategy("ema", &binary::component("ringfence_ema_cross"), PARAMS)
}

/// Two strategies; the limit binds the second alone.
fn two() -> Setup {
    let large = "params = { fast = 10, slow = 50, qty = \"60\" }";
    setup().strategy("large", &binary::component("ringfence_ema_cross"), large)
}

#[track_caller]
fn session(setup: &Setup, tape: &Tape, options: &[&str]) -> Session {
    let session = setup.backtest_with(tape, options);
    session.finished.expect_code(0);
    session
}

#[track_caller]
fn said(command: &str, journals: &[&Path], options: &[&str], code: i32) -> Finished {
    let run = Run::dev([command]).env("RINGFENCE_CACHE", machine_code()).args(journals).args(options);
    let finished = run.finish();
    finished.expect_code(code);
    finished
}

#[track_caller]
fn diff(a: &Session, b: &Session, options: &[&str], code: i32) -> Finished {
    said("diff", &[&a.journal, &b.journal], options, code)
}

#[track_caller]
fn what_if(of: &Session, options: &[&str]) -> Value {
    said("whatif", &[&of.journal], &[options, &["--json"]].concat(), 0).json()
}

fn figure(told: &Value, name: &str) -> [String; 3] {
    let all = told["figures"].as_array().expect("figures");
    let found = all.iter().find(|figure| figure["figure"] == name).unwrap_or_else(|| panic!("no {name} in {told}"));
    ["baseline", "what_if", "change"].map(|key| found[key].as_str().expect("an amount").to_owned())
}

// diff

#[test]
fn the_same_session_twice_is_equal() {
    let tape = Tape::trades(3_000);
    let (a, b) = (session(&two(), &tape, &[]), session(&two(), &tape, &[]));
    let text = diff(&a, &b, &[], 0).stdout;
    assert!(text.starts_with("EQUAL\n") && text.contains("configuration    equal"), "{text}");
    let told = diff(&a, &b, &["--json"], 0).json();
    assert_eq!((&told["equal"], &told["differences"]), (&json!(true), &json!([])));
    let strategies = told["strategies"].as_array().expect("strategies");
    let decided: u64 = strategies.iter().map(|one| one["equal_decisions"].as_u64().expect("a count")).sum();
    let counted = a.records(&[]).iter().filter(|record| record["record"] == "decision").count();
    assert_eq!((strategies.len(), decided), (2, counted as u64));
}

#[test]
fn another_limit_is_named_and_so_is_the_first_decision_that_it_changed() {
    let tape = Tape::trades(3_000);
    let (a, b) = (session(&two(), &tape, &[]), session(&two().risk("order_qty_max = \"90\""), &tape, &[]));
    let told = diff(&a, &b, &["--json"], 1).json();
    assert_eq!(told["configuration"], json!([{ "key": "risk.order_qty_max", "a": "1000000000", "b": "90" }]));
    let [ema, large] = [0, 1].map(|at| &told["strategies"][at]);
    assert_eq!((&ema["strategy"], &ema["equal"], &large["equal"]), (&json!("ema"), &json!(true), &json!(false)));
    let first = &large["first_difference"];
    assert_eq!((&first["a"]["decision"], &first["b"]["decision"]), (&json!("ALLOWED"), &json!("DENIED")));
    assert_eq!(first["b"]["code"], "D-ORDER-QTY-MAX");
    assert_eq!(first["a"]["seq"], first["a"]["led_to_by"]["seq"], "the event stands beside it");
    // What was equal up to there is what both journals hold of the strategy before that event.
    let before = |of: &Session| -> Vec<Value> {
        let up_to = first["a"]["seq"].as_u64().expect("a number") - 1;
        let records = of.records(&["--strategy", "large", "--to", &up_to.to_string()]);
        records.into_iter().filter(|record| record["record"] == "decision").collect()
    };
    let (in_a, in_b) = (before(&a), before(&b));
    let here = first["a"]["ordinal"].as_u64().expect("a place");
    assert_eq!(in_a.len(), in_b.len());
    assert!(large["equal_decisions"].as_u64() <= Some(in_a.len() as u64 + here), "{large}");
    let page = diff(&a, &b, &["--limit", "1"], 1).stdout;
    assert!(page.contains("risk.order_qty_max  1000000000  90"), "{page}");
    assert!(page.contains("strategy ema     equal, ") && page.contains("differing decisions, 1 of "), "{page}");
}

#[test]
fn every_difference_is_shown_when_all_are_asked_for() {
    let tape = Tape::trades(2_000);
    let (a, b) = (session(&setup(), &tape, &[]), session(&setup(), &tape, &["--set", "risk.order_qty_max=50"]));
    let lines = diff(&a, &b, &["--all", "--json"], 1).json_lines();
    let (summary, differences) = lines.split_last().expect("a summary");
    let count = |key: &str| summary["strategies"][0][key].as_u64().expect("a count");
    assert_eq!(differences.len() as u64, count("differing") + count("only_a") + count("only_b"));
    assert!(differences.len() > 20 && differences.iter().all(|line| line["record"] == "difference"));
    let limited = diff(&a, &b, &["--limit", "3", "--json"], 1).json();
    assert_eq!(limited["differences"].as_array().map(Vec::len), Some(3));
    assert_eq!(limited["differences_left_out"].as_u64(), Some(differences.len() as u64 - 3));
}

#[test]
fn other_components_tapes_and_control_events_are_named() {
    let tape = Tape::trades(2_000);
    let a = session(&setup(), &tape, &[]);
    let sma = Setup::default().strategy("ema", &binary::component("ringfence_sma_cross"), PARAMS);
    let other = diff(&a, &session(&sma, &tape, &[]), &["--json"], 1).json();
    assert_eq!((&other["configuration"], &other["components"][0]["strategy"]), (&json!([]), &json!("ema")));
    let longer = diff(&a, &session(&setup(), &Tape::trades(2_500), &[]), &["--json"], 1).json();
    assert_eq!((&longer["tapes"]["equal"], &longer["rows"]), (&json!(false), &json!({ "a": 2_000, "b": 2_500 })));
    let script = events();
    let stopped = session(&setup(), &tape, &["--events", script.path("events.toml").to_str().expect("a path")]);
    let told = diff(&a, &stopped, &["--json"], 1).json();
    let first = &told["outside_events"]["first_difference"];
    assert_eq!((&first["a"], &first["b"]["event"]), (&Value::Null, &json!("TradingDisabled")));
}

#[test]
fn a_journal_that_is_damaged_is_equal_to_none() {
    let tape = Tape::trades(3_000);
    let (a, b) = (session(&setup(), &tape, &[]), session(&setup(), &tape, &[]));
    let segment = b.journal.join("000001.seg");
    let mut bytes = std::fs::read(&segment).expect("the segment reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).expect("the segment is written");
    let told = diff(&a, &b, &[], 1);
    assert!(told.stderr.contains("J-BAD-FRAME"), "{}", told.stderr);
    assert!(said("diff", &[&a.journal, Path::new("nowhere")], &[], 2).stderr.contains("there is no folder nowhere"));
    assert!(diff(&a, &a, &["--strategy", "emu"], 2).stderr.contains("known: ema"));
}

// what if

/// Trading stops for a while, and a limit changes, on the day of the generated tapes.
fn events() -> Finished {
    let text = "[[events]]\nat = 2023-11-14T22:14:00Z\nkind = \"trading-disabled\"\n\n\
                [[events]]\nat = 2023-11-14T22:14:20Z\nkind = \"trading-enabled\"\n\n\
                [[events]]\nat = 2023-11-14T22:14:30Z\nkind = \"config\"\nset = { \"risk.open_orders_max\" = \"7\" }\n";
    Run::dev(["doctor", "--help"]).file("events.toml", text).finish()
}

#[test]
fn nothing_that_is_other_changes_nothing() {
    let (tape, script) = (Tape::trades(4_000), events());
    let path = script.path("events.toml");
    let of = session(&two(), &tape, &["--events", path.to_str().expect("a path")]);
    let told = what_if(&of, &[]);
    assert_eq!(
        (&told["counterfactual"], &told["same_decisions"], &told["changes"]),
        (&json!(true), &json!(true), &json!([]))
    );
    let figures = told["figures"].as_array().expect("figures");
    assert!(figures.iter().all(|figure| figure["change"] == "0"), "{told}");
    let result = of.json(0);
    assert_eq!(figure(&told, "equity")[0], result["final_equity"].as_str().expect("an amount"));
    assert_eq!(figure(&told, "denied")[0], result["denied"].to_string());
    assert_ne!(figure(&told, "denied")[0], "0", "the stop was fed again");
}

#[test]
fn a_counterfactual_is_the_backtest_with_the_other_value_and_says_what_it_is() {
    let (tape, script) = (Tape::trades(4_000), events());
    let path = script.path("events.toml");
    let options = ["--events", path.to_str().expect("a path")];
    let of = session(&two(), &tape, &options);
    let changes = ["--set", "risk.order_qty_max=90", "--set", "simulation.fill=next-event"];
    let real = session(&two(), &tape, &[&options[..], &changes].concat());
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("other");
    let told = what_if(&of, &[&changes[..], &["--journal", journal.to_str().expect("a path")]].concat());
    assert_eq!(told["what_if_decision_digest"], real.json(0)["decision_digest"]);
    assert_eq!(figure(&told, "equity")[1], real.json(0)["final_equity"].as_str().expect("an amount"));
    assert_eq!(told["changes"][0], json!({ "what": "risk.order_qty_max", "baseline": "1000000000", "what_if": "90" }));
    let large = told["strategies"].as_array().expect("strategies").iter().find(|one| one["strategy"] == "large");
    assert_ne!(figure(large.expect("the second"), "denied D-ORDER-QTY-MAX")[1], "0");
    // Its journal is that of the backtest, apart from the label.
    said("diff", &[&real.journal, &journal], &[], 0);
    let head = Run::dev(["inspect", "--json", "--to", "1"]).arg(&journal).finish().json_lines().remove(0);
    assert_eq!(head["counterfactual_of"], told["of_session"]);
    let replayed = said("replay", &[&journal], &["--verify"], 0).stdout;
    assert!(replayed.contains("this did not happen"), "{replayed}");
}

#[test]
fn another_component_is_run_on_the_recorded_market_and_the_table_shows_the_change() {
    let tape = Tape::trades(2_000);
    let of = session(&setup(), &tape, &[]);
    let idle = binary::component("ringfence_sma_cross");
    let swap = format!("ema={}", idle.display());
    let page = said("whatif", &[&of.journal], &["--strategy", &swap], 0).stdout;
    let intents = of.json(0)["intents"].as_u64().expect("a count");
    assert!(page.starts_with("COUNTERFACTUAL  this did not happen\n"), "{page}");
    let row = page.lines().find(|line| line.trim_start().starts_with("intents")).expect("a row");
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells, ["intents", &intents.to_string(), "0", &format!("-{intents}")]);
}

#[test]
fn wrong_ids_keys_and_values_are_told_as_a_backtest_tells_them() {
    let of = session(&setup(), &Tape::trades(300), &[]);
    let told = |options: &[&str]| said("whatif", &[&of.journal], options, 2).stderr;
    assert!(told(&["--strategy", "emu=x.wasm"]).contains("known: ema"));
    assert!(told(&["--strategy", "ema=x.wasm"]).contains("--strategy ema=x.wasm: strategies.ema.component"));
    assert!(told(&["--set", "strategies.emu.lane=live"]).contains("strategies has no entry emu"));
    assert!(told(&["--set", "simulation.fil=x"]).contains("did you mean fill?"));
    assert!(told(&["--set", "risk.order_qty_max=many"]).contains("expected a decimal above 0 or \"off\""));
    assert!(
        told(&["--set", "risk.profile=backtest-wide@1"]).contains("the limits of a recorded session are written out")
    );
    assert!(told(&["--set", "strategies.ema.params.fast=x"]).contains("E-SETUP"));
    let another = Tape::trades(299);
    let refused = said("whatif", &[&of.journal], &[&format!("--data={}", another.path.display())], 1).stderr;
    assert!(refused.contains("is no tape of this journal"), "{refused}");
    assert!(said("whatif", &[&of.journal], &[], 0).stderr.contains("so nothing should change"));
}

#[test]
fn a_session_that_does_not_replay_is_no_baseline() {
    let of = session(&setup(), &Tape::trades(300), &[]);
    let mut forgery = Forgery::of(&of.journal);
    for record in forgery.records() {
        if let Record::Event(event) = record
            && let EventKind::OrderFilled(fill) = &mut event.kind
        {
            fill.price.0 += 1;
        }
    }
    forgery.write();
    let tape = format!("--data={}", of.tape.path.display());
    let said = said("whatif", &[&of.journal], &[&tape, "--set", "risk.order_qty_max=50"], 1);
    assert!(said.stdout.is_empty() && said.stderr.contains("does not replay"), "{}{}", said.stdout, said.stderr);
}

// inspect --at

#[track_caller]
fn at(of: &Session, seq: u64, options: &[&str]) -> Value {
    said("inspect", &[&of.journal], &[&["--at", &seq.to_string(), "--json"], options].concat(), 0).json()
}

/// Numbers of the events of this name.
fn events_named(of: &Session, name: &str) -> Vec<u64> {
    of.records(&["--only", name]).iter().map(|record| record["seq"].as_u64().expect("a number")).collect()
}

#[test]
fn state_at_the_end_is_what_the_session_came_to() {
    let of = session(&two(), &Tape::trades(3_000), &[]);
    let (result, last) = (of.json(0), of.json(0)["events"].as_u64().expect("a count"));
    // Components are of no use to it: no strategy is executed.
    std::fs::remove_dir_all(of.journal.join("components")).expect("they were there");
    let end = at(&of, last, &["--strategy", "large"]);
    assert_eq!(end["accounts"][0]["equity"], result["final_equity"]);
    assert_eq!((&end["event"]["event"], &end["control"]["trading"]), (&json!("SessionClosed"), &json!("enabled")));
    let net: i64 = positions(&end, "strategy").iter().sum();
    assert_eq!((net, positions(&end, "account")), (positions(&end, "account")[0], vec![net]));
    assert_eq!(end["seen_account"]["equity"], end["strategies"][1]["equity"]);
}

fn positions(state: &Value, kind: &str) -> Vec<i64> {
    let all = state["positions"].as_array().expect("positions").iter().filter(|one| one["kind"] == kind);
    all.map(|one| one["qty"].as_str().expect("a quantity").parse().expect("whole shares")).collect()
}

#[test]
fn an_order_is_out_reserved_and_seen_between_its_dispatch_and_its_fill() {
    let of = session(&setup(), &Tape::trades(3_000), &[]);
    let accepted = events_named(&of, "OrderAccepted")[1];
    let there = at(&of, accepted, &["--strategy", "ema"]);
    let order = &there["orders"][0];
    assert_eq!(
        (&order["state"], &order["filled"], &order["reserved"]),
        (&json!("ACCEPTED"), &json!("0"), &order["qty"])
    );
    assert_eq!((&there["seen_orders"], &there["strategies"][0]["open_orders"]), (&there["orders"], &json!(1)));
    let reserved = format!("reserved_{}", order["side"].as_str().expect("a side"));
    assert_eq!(there["positions"][0][&reserved], order["qty"]);
    let behind = at(&of, accepted + 1, &["--strategy", "ema"]);
    assert_eq!((&behind["event"]["event"], &behind["orders"]), (&json!("OrderFilled"), &json!([])));
    assert_eq!(behind["positions"][0][&reserved], "0");
}

#[test]
fn decisions_of_the_step_are_those_that_are_recorded() {
    let of = session(&two().risk("order_qty_max = \"90\""), &Tape::trades(2_000), &[]);
    let denied = &of.records(&["--only", "DENIED"])[0];
    let seq = denied["seq"].as_u64().expect("a number");
    let mut recorded = of.records(&["--from", &seq.to_string(), "--to", &seq.to_string()]);
    recorded.retain(|record| record["record"] == "decision");
    let mut decided = at(&of, seq, &[])["decisions"].as_array().expect("decisions").clone();
    decided.iter_mut().for_each(|one| one["record"] = json!("decision"));
    assert_eq!(decided, recorded);
}

#[test]
fn steps_lead_forward_and_back_to_the_same_places() {
    let of = session(&setup(), &Tape::trades(1_500), &[]);
    let from = events_named(&of, "OrderFilled")[2];
    let strings = |object: &Value| object.as_object().expect("an object").clone();
    let plain = |seq: u64| strings(&at(&of, seq, &[]));
    let passed = |object: &Value| -> Vec<u64> {
        let all = object["passed"].as_array().expect("steps").iter();
        all.map(|step| step["event"]["seq"].as_u64().expect("a number")).collect()
    };
    let (ahead, back) = (at(&of, from, &["--step", "2"]), at(&of, from, &["--step", "-3"]));
    assert_eq!(passed(&ahead), [from, from + 1]);
    assert_eq!(passed(&back), [from - 3, from - 2, from - 1, from]);
    for (mut stepped, seq) in [(ahead, from + 2), (back, from - 3)] {
        stepped.as_object_mut().expect("an object").remove("passed");
        assert_eq!(strings(&stepped), plain(seq));
    }
    let typed = "n\np\n\n-2\n1\nwhere\n999999\ns\nq\nn\n";
    let run = Run::dev(["inspect", "--json", "--step", "--at", &from.to_string()]).arg(&of.journal).input(typed);
    let finished = run.finish();
    finished.expect_code(0);
    let seen: Vec<u64> = finished.json_lines().iter().map(|place| place["seq"].as_u64().expect("a number")).collect();
    assert_eq!(seen, [from, from + 1, from, from + 1, from - 1, 1, 1]);
    assert_eq!(strings(&finished.json_lines()[4]), plain(from - 1));
    assert!(finished.stderr.contains("\"where\" is no command: n next"), "{}", finished.stderr);
    assert!(finished.stderr.contains("there is no event 999999, the journal has 1 to "), "{}", finished.stderr);
}

#[test]
fn a_strategy_that_died_is_shown_as_halted_with_what_its_neighbour_does() {
    let trapper = binary::component("hostile_trapper");
    let of = setup().strategy("trapper", &trapper, "params = { at = 5 }").backtest(&Tape::trades(1_000));
    of.finished.expect_code(3);
    let last = of.finished.json()["events"].as_u64().expect("a count");
    let end = at(&of, last, &[]);
    let states: Vec<&str> =
        end["strategies"].as_array().expect("two").iter().filter_map(|s| s["state"].as_str()).collect();
    assert_eq!(states, ["runs", "halted H-TRAP"]);
}

#[test]
fn a_place_is_shown_lined_up_and_an_absent_one_is_told() {
    let of = session(&setup(), &Tape::trades(300), &[]);
    let page = said("inspect", &[&of.journal], &["--at", "5"], 0).stdout;
    for part in ["control\n  seq  time ", "instruments\n  instrument  status ", "\nqueue: none\n", "event     seq=5 "] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    for seq in ["0", "999999"] {
        let told = said("inspect", &[&of.journal], &["--at", seq], 2).stderr;
        assert!(told.contains(&format!("there is no event {seq}, the journal has 1 to ")), "{told}");
    }
    let told = said("inspect", &[&of.journal], &["--at", "5", "--only", "DENIED"], 2).stderr;
    assert!(told.contains("cannot be used with"), "{told}");
    std::fs::remove_file(&of.tape.path).expect("it was there");
    let told = said("inspect", &[&of.journal], &["--at", "5"], 4).stderr;
    assert!(told.contains("is not here") && told.contains("--data FILE"), "{told}");
}

// the guide

/// Commands of the guide with the exit codes that it gives them; the code is 0 where it gives none.
fn commands(text: &str) -> Vec<(Vec<String>, i32)> {
    let blocks = text.split("\n```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("ringfence "));
    let one = |line: &str| {
        let (command, note) = line.split_once('#').unwrap_or((line, ""));
        let code = note.trim().strip_prefix("exit ").and_then(|rest| rest.split(':').next()?.parse().ok());
        (command.split_whitespace().skip(1).map(str::to_owned).collect(), code.unwrap_or(0))
    };
    lines.map(one).collect()
}

#[test]
fn the_commands_of_the_guide_work_as_it_says() {
    let text = std::fs::read_to_string(workspace::root().join("docs/journals.md")).expect("the guide");
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes).expect("written");
    put("host.toml", Setup::default().strategy("ema", Path::new("ema.wasm"), PARAMS).text().into_bytes());
    put("ema.wasm", std::fs::read(binary::component("ringfence_ema_cross")).expect("a component"));
    put("other.wasm", std::fs::read(binary::component("ringfence_sma_cross")).expect("a component"));
    put("trades.csv", Tape::trades(2_000).bytes());
    let commands = commands(&text);
    assert!(commands.len() > 12, "{commands:?}");
    for (words, code) in commands {
        let output = Command::new(binary::dev())
            .args(&words)
            .current_dir(folder.path())
            .env("RINGFENCE_CACHE", machine_code())
            .stdin(std::process::Stdio::null())
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
    }
    let journals: Vec<PathBuf> = ["run1", "run2", "other1"].map(|name| folder.path().join(name)).into();
    assert!(journals.iter().all(|journal| journal.is_dir()), "{journals:?}");
}
