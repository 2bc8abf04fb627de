//! Control events in a backtest through the binary: what they do to a strategy, and what is wrong with a script.

use std::path::Path;

use ringfence_tests::work::{Journalled, Work};
use ringfence_tests::{Run, Setup, Tape, binary};
use serde_json::Value;

/// Time of a row of a tape, from 0.
fn time_of(tape: &Tape, row: usize) -> String {
    let text = String::from_utf8(tape.bytes()).expect("a tape is text");
    let line = text.lines().nth(row + 1).expect("the tape is long enough");
    line.split(',').next().expect("a first column").to_owned()
}

/// The demo strategy on a tape, with a script.
fn journalled(tape: &Tape, script: &str) -> Journalled {
    let folder = tempfile::tempdir().expect("a folder");
    let events = folder.path().join("events.toml");
    std::fs::write(&events, script).expect("written");
    Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).option("--events").option(&events).journalled()
}

fn inspected(journal: &Path, options: &[&str]) -> Vec<Value> {
    let finished = Run::dev(["inspect", "--json"]).arg(journal).args(options).finish();
    finished.expect_code(0);
    finished.json_lines()
}

/// Names of the records, in order.
fn names(records: &[Value]) -> Vec<&str> {
    records.iter().filter_map(|record| record["event"].as_str().or(record["decision"].as_str())).collect()
}

#[test]
fn a_kill_of_level_4_closes_everything_and_every_later_intent_is_denied_and_recorded() {
    let tape = Tape::seeded(1, "trades", 20_000);
    let at = time_of(&tape, 12_000);
    let free = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).json();
    let run = journalled(&tape, &format!("[[events]]\nat = {at}\nkind = \"kill\"\nlevel = \"L4\"\n"));
    assert_ne!(free["position"], "0");
    assert_eq!(run.json["position"], "0");
    assert_ne!(run.json["state_digest"], free["state_digest"]);
    let (denied, orders) = (run.json["denied"].as_u64().unwrap(), run.json["orders"].as_u64().unwrap());
    assert!(denied > 0 && orders > 0 && orders < free["orders"].as_u64().unwrap(), "{}", run.json);

    // What the host did is found under its own number.
    let closed = inspected(&run.journal, &["--intent", "1/h1"]);
    let shown = names(&closed);
    assert_eq!(shown.first(), Some(&"EMITTED"), "{shown:?}");
    assert!(shown.contains(&"DISPATCHED") && shown.contains(&"OrderFilled"), "{shown:?}");
    let order = closed.iter().find(|record| record["event"] == "OrderFilled").expect("it filled")["order"].clone();
    let order = order.as_str().expect("a name");
    assert!(order.starts_with("1/h1"), "{order}");
    assert!(names(&inspected(&run.journal, &["--order", order])).contains(&"OrderFilled"));

    // Behind the kill nothing but that leaves, and what is denied says why.
    let kill = inspected(&run.journal, &["--only", "KillSwitch"])[0]["seq"].as_u64().expect("a number").to_string();
    let sent = inspected(&run.journal, &["--from", &kill, "--only", "DISPATCHED"]);
    assert_eq!(sent.len(), 1, "{sent:?}");
    let denials = inspected(&run.journal, &["--from", &kill, "--only", "DENIED"]);
    assert_eq!(denials.len() as u64, denied);
    assert!(denials.iter().all(|denial| denial["code"] == "D-KILL-SWITCH"), "{denials:?}");
    let verdict = run.replay(binary::dev(), &tape.path);
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true);
}

#[test]
fn trading_goes_on_where_a_level_is_taken_back_and_under_the_changed_limit() {
    let tape = Tape::seeded(1, "trades", 20_000);
    let (first, second) = (time_of(&tape, 6_000), time_of(&tape, 12_000));
    let script = format!(
        "[[events]]\nat = {first}\nkind = \"kill\"\nlevel = \"L4\"\n\n\
         [[events]]\nat = {second}\nkind = \"kill\"\nlevel = \"off\"\n\n\
         [[events]]\nat = {second}\nkind = \"config\"\nset = {{ \"risk.order_qty_max\" = \"150\" }}\n"
    );
    let run = journalled(&tape, &script);
    let changes = inspected(&run.journal, &["--only", "ConfigChanged"]);
    let [opening, change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_ne!(opening["hash"], change["hash"]);
    // It opens with 100 shares; what would turn it with 200 is above the new limit.
    let after = change["seq"].as_u64().expect("a number").to_string();
    assert_eq!(inspected(&run.journal, &["--from", &after, "--only", "DISPATCHED"]).len(), 1);
    let denials = inspected(&run.journal, &["--from", &after, "--only", "DENIED"]);
    assert!(!denials.is_empty() && denials.iter().all(|denial| denial["code"] == "D-ORDER-QTY-MAX"), "{denials:?}");
    run.replay(binary::dev(), &tape.path).expect_code(0);
}

#[test]
fn equal_scripts_give_equal_sessions_and_another_script_another() {
    let tape = Tape::seeded(1, "trades", 2_000);
    let session = |script: &str| inspected(&journalled(&tape, script).journal, &[])[0]["session"].clone();
    let script = "[[events]]\nat = 2026-01-01T00:00:00Z\nkind = \"trading-disabled\"\n";
    let same = "# As above, one hour east of Greenwich.\nevents = [{ kind = 'trading-disabled', at = 2026-01-01T01:00:00+01:00 }]";
    let other = script.replace("disabled", "enabled");
    assert_eq!(session(script), session(same));
    assert_ne!(session(script), session(&other));
}

#[test]
fn the_example_of_a_script_loads_and_all_of_it_is_fed() {
    let tape = Tape::seeded(1, "trades", 300);
    let events = ringfence_tests::workspace::root().join("config/events/kill_switch.toml");
    let work = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).option("--events").option(&events);
    let run = work.journalled();
    let shown: Vec<String> = inspected(&run.journal, &[])
        .iter()
        .filter_map(|record| record["event"].as_str().map(str::to_owned))
        .filter(|name| ["ConfigChanged", "KillSwitch", "FlattenRequested"].contains(&name.as_str()))
        .collect();
    assert_eq!(shown, ["ConfigChanged", "ConfigChanged", "KillSwitch", "KillSwitch", "FlattenRequested"]);
}

const WRONG: &str = "\
[[events]]
at = 2026-01-01T00:00:01Z
kind = \"kil\"

[[events]]
at = 2026-01-01T00:00:02Z
kind = \"flatten\"
strategy = \"emu\"

[[events]]
at = 2026-01-01T00:00:01Z
kind = \"trading-disabled\"
";

#[test]
fn three_problems_of_a_script_stand_in_one_report() {
    let tape = Tape::trades(10);
    let ema = binary::component("ringfence_ema_cross");
    let config = Setup::default().strategy("ema", &ema, "params = { qty = \"1\" }").text();
    let run = |options: &[&str]| {
        let run = Run::dev(["backtest", "--config", "host.toml", "--events", "wrong.toml", "--journal", "run"]);
        let run = run.args(options).arg("--data").arg(&tape.path).file("host.toml", &config).file("wrong.toml", WRONG);
        let finished = run.finish();
        finished.expect_code(2);
        assert!(!finished.path("run").exists(), "nothing was begun");
        finished
    };
    let said = run(&[]).stderr;
    let lines: Vec<&str> = said.lines().collect();
    let [kind, strategy, time, closing] = lines.as_slice() else { panic!("{said}") };
    assert!(kind.starts_with("wrong.toml:3: events.0.kind = \"kil\": expected \"trading-enabled\", "), "{kind}");
    assert!(kind.ends_with("did you mean \"kill\"? [C-VALUE]"), "{kind}");
    assert_eq!(
        *strategy,
        "wrong.toml:8: events.1.strategy = \"emu\": points to nothing; did you mean \"ema\"? [C-REFERENCE]"
    );
    assert_eq!(
        *time,
        "wrong.toml:11: events.2.at = 2026-01-01T00:00:01Z: is before 2026-01-01T00:00:02Z at wrong.toml:5 [C-RANGE]"
    );
    assert!(closing.starts_with("3 problems;"), "{closing}");
    let problems = run(&["--json"]).json()["problems"].clone();
    assert_eq!(problems.as_array().map(Vec::len), Some(3));
    assert_eq!((&problems[1]["file"], &problems[1]["line"]), (&"wrong.toml".into(), &8.into()));
}
