//! W1: trades, EMA cross, through the built binary with the strategy as a component.

use ringfence_tests::work::{Work, line};
use ringfence_tests::{Run, binary, data, skip, workspace};

const TAPE: &str = "w1_spy_trades_20131007-11.csv.zst";
const CONFIG: &str = "w1_ema_cross.toml";
const ORACLE: &[&str] = &["orders", "fills", "cancels", "position", "fees", "final_equity"];

#[test]
fn whole_file_gives_the_oracle_for_same_event_and_next_event() {
    let (tape, release) = match data::wanted(TAPE).and_then(|tape| Ok((tape, binary::release()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let same = Work::new(&release, CONFIG, &tape).set("simulation.fill=same-event").json();
    assert_eq!(line(&same, ORACLE), "12829 12829 0 -100 42943.2536 9940171.7464");
    assert_eq!(line(&same, &["rows", "denied", "rejects"]), "1887450 0 0");
    let next = Work::new(&release, CONFIG, &tape).set("simulation.fill=next-event").json();
    assert_eq!(line(&next, &["orders", "fills", "cancels", "final_equity"]), "12829 12829 0 9955181.8734");
}

#[test]
fn parts_of_the_file_give_their_oracles() {
    let tape = match data::wanted(TAPE) {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    let run = |fill: &str, rows| {
        let work = Work::new(binary::dev(), CONFIG, &tape).set(&format!("simulation.fill={fill}")).rows(rows);
        line(&work.json(), &["orders", "fills", "final_equity"])
    };
    assert_eq!(run("same-event", 200_000), "1231 1231 9995431.8732");
    assert_eq!(run("same-event", 500_000), "3156 3156 9986860.371");
    assert_eq!(run("next-event", 100_000), "616 616 9997872.6122");
}

/// Begins the lines that another machine or toolchain prints otherwise: times, and what rests on the bytes of the component.
const OWN: [&str; 4] = ["event loop", "decoding / start-up", "state digest", "fuel digest"];

/// A line as far as it is the same everywhere.
fn same_everywhere(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match (OWN.iter().find(|label| line.trim().starts_with(**label)), words.as_slice()) {
        (Some(label), _) => (*label).to_owned(),
        // Fuel and the hash of the component are those of a toolchain.
        (None, [id, name, equity, calls, _, _, _, decisions, _]) if *id == "1" => {
            [*id, name, equity, calls, decisions].join(" ")
        }
        (None, words) => words.join(" "),
    }
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let (tape, release) = match data::wanted(TAPE).and_then(|tape| Ok((tape, binary::release()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (config, journal) = (workspace::root().join("config").join(CONFIG), folder.path().join("w1.journal"));
    let backtest = Run::of(&release, ["backtest", "--config"]).arg(config).arg("--data").arg(&tape);
    let backtest = backtest.arg("--journal").arg(&journal).finish();
    let replay = Run::of(&release, ["replay", "--verify", "--data"]).arg(&tape).arg(&journal).finish();
    let readme = std::fs::read_to_string(workspace::root().join("README.md")).expect("the README");
    let (_, shown) = readme.split_once("```text\nw1-ema-cross").expect("the README shows the demo");
    let (shown, _) = shown.split_once("\n```").expect("the block ends");
    let (first, second) = shown.split_once("== replay").expect("a replay follows");
    let lines = |text: &str| text.trim_end().lines().map(same_everywhere).collect::<Vec<String>>();
    // The picture is drawn otherwise where nobody says that letters beyond ASCII are shown.
    let table = |text: &str| lines(text.split("equity, USD").next().unwrap_or_default());
    assert_eq!(table(&format!("w1-ema-cross{first}")), table(&backtest.stdout));
    let own = |line: &String| line.starts_with("session");
    let (shown, said): (Vec<String>, Vec<String>) = (lines(second), lines(&replay.stdout));
    let shown: Vec<&String> = shown.iter().skip(1).take(said.len()).filter(|line| !own(line)).collect();
    assert_eq!(shown, said.iter().filter(|line| !own(line)).collect::<Vec<_>>());
}
