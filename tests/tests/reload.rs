//! Reloads through the binary: swaps that a script asks for, files that change while a paper session runs, storms of both.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ringfence_core::blob::sha256;
use ringfence_tests::{Finished, Run, Setup, Tape, binary};
use serde_json::Value;

const PARAMS: &str = "params = { fast = 5, slow = 20, qty = \"10\" }";

/// The component with a custom section more, which changes nothing but its hash.
fn variant(component: &Path, tag: u16) -> Vec<u8> {
    let mut bytes = fs::read(component).expect("the component is built");
    let body = [b"\x03tag".as_slice(), &tag.to_le_bytes()].concat();
    bytes.extend([0, u8::try_from(body.len()).expect("short")]);
    bytes.extend(body);
    bytes
}

/// Of a component, as people are told.
fn short_hash(bytes: &[u8]) -> String {
    sha256(bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Written beside and renamed onto it, as editors and compilers do.
fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("tmp");
    fs::write(&beside, bytes).expect("written");
    fs::rename(&beside, path).expect("renamed");
}

/// Times of the rows of a tape.
fn times(tape: &Tape) -> Vec<u64> {
    let text = String::from_utf8(tape.bytes()).expect("a tape is text");
    let first = |line: &str| line.split(',').next().and_then(|time| time.parse().ok());
    text.lines().filter_map(first).collect()
}

fn kinds(json: &Value) -> Vec<&str> {
    let notices = json["notices"].as_array().map(Vec::as_slice).unwrap_or_default();
    notices.iter().map(|notice| notice["kind"].as_str().expect("a name")).collect()
}

#[track_caller]
fn check_replay(journal: &Path, tape: &Tape) {
    let verdict = Run::dev(["replay", "--json", "--verify", "--data"]).arg(&tape.path).arg(journal).finish();
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true);
}

#[test]
fn two_hundred_swaps_change_no_decision_and_replay() {
    let (folder, tape) = (tempfile::tempdir().expect("a folder"), Tape::trades(20_000));
    let component = binary::component("ringfence_ema_cross");
    for tag in [1, 2] {
        fs::write(folder.path().join(format!("{tag}.wasm")), variant(&component, tag)).expect("written");
    }
    let swap = |(n, time): (usize, &u64)| {
        let file = folder.path().join(format!("{}.wasm", 1 + n % 2));
        format!("[[events]]\nat = {time}\nkind = \"swap\"\nstrategy = \"ema\"\ncomponent = {file:?}\n\n")
    };
    let script: String = times(&tape).iter().step_by(100).take(200).enumerate().map(swap).collect();
    let (events, journal) = (folder.path().join("events.toml"), folder.path().join("journal"));
    fs::write(&events, script).expect("written");
    let run = |more: &[&Path]| {
        let run = Run::dev(["backtest", "--json", "--config", "ema.toml", "--data"]).arg(&tape.path).args(more);
        let finished = run.file("ema.toml", Setup::default().strategy("ema", &component, PARAMS).text()).finish();
        finished.expect_code(0);
        finished.json()
    };
    let plain = run(&[]);
    let stormy = run(&[Path::new("--events"), &events, Path::new("--journal"), &journal]);
    assert_eq!(kinds(&stormy), ["swapped"; 200]);
    assert_eq!(stormy["decision_digest"], plain["decision_digest"]);
    assert_ne!(plain["orders"], 0);
    assert_ne!(stormy["strategies"][0]["component_sha256"], plain["strategies"][0]["component_sha256"]);
    check_replay(&journal, &tape);
    check_what_if(&journal, &tape);
}

/// Twenty strategies on a tape as fast as it goes, each with ten swaps, in paper: no row is missed, and none decides otherwise.
#[test]
fn two_hundred_swaps_of_twenty_strategies_in_paper_change_no_decision_and_replay() {
    const STRATEGIES: usize = 20;
    let (folder, tape) = (tempfile::tempdir().expect("a folder"), Tape::trades(20_000));
    let component = binary::component("ringfence_ema_cross");
    for tag in [1, 2] {
        fs::write(folder.path().join(format!("{tag}.wasm")), variant(&component, tag)).expect("written");
    }
    let swap = |(n, time): (usize, &u64)| {
        let (strategy, file) = (n % STRATEGIES, folder.path().join(format!("{}.wasm", 1 + (n / STRATEGIES) % 2)));
        format!("[[events]]\nat = {time}\nkind = \"swap\"\nstrategy = \"s{strategy}\"\ncomponent = {file:?}\n\n")
    };
    let script: String = times(&tape).iter().step_by(100).take(200).enumerate().map(swap).collect();
    let (events, journal) = (folder.path().join("events.toml"), folder.path().join("journal"));
    fs::write(&events, script).expect("written");
    let several = |setup: Setup, n: usize| {
        let lines = format!("params = {{ fast = {}, slow = {}, qty = \"10\" }}", 3 + n, 20 + 2 * n);
        setup.strategy(&format!("s{n}"), &component, &lines)
    };
    let text = (0..STRATEGIES).fold(Setup::default(), several).text().replace("simulation\"\ncap", "paper\"\ncap");
    let run = |more: &[&Path]| {
        let run = Run::dev(["run", "--mode", "paper", "--json", "--speed", "max", "--config", "many.toml", "--data"]);
        let finished = run.arg(&tape.path).args(more).file("many.toml", &text).finish();
        finished.expect_code(0);
        finished.json()
    };
    let plain = run(&[]);
    let stormy = run(&[Path::new("--events"), &events, Path::new("--journal"), &journal]);
    assert_eq!(kinds(&stormy), ["swapped"; 200]);
    assert_eq!((&stormy["rows"], &stormy["decision_digest"]), (&20_000.into(), &plain["decision_digest"]));
    for (with, without) in
        stormy["strategies"].as_array().expect("a list").iter().zip(plain["strategies"].as_array().expect("a list"))
    {
        assert_eq!(with["decision_digest"], without["decision_digest"]);
        assert_ne!((&with["orders"], &with["component_sha256"]), (&0.into(), &without["component_sha256"]));
    }
    check_replay(&journal, &tape);
}

/// What would have come with nothing changed, and with another value: the swaps come at their places.
fn check_what_if(journal: &Path, tape: &Tape) {
    let what_if = |options: &[&str]| {
        let run = Run::dev(["whatif", "--json"]).env("RINGFENCE_CACHE", ringfence_tests::setup::machine_code());
        let finished = run.arg(journal).arg("--data").arg(&tape.path).args(options).finish();
        finished.expect_code(0);
        finished.json()
    };
    let same = what_if(&[]);
    assert_eq!((&same["counterfactual"], &same["same_decisions"]), (&true.into(), &true.into()), "{same}");
    assert_eq!(what_if(&["--set", "risk.order_qty_max=1"])["same_decisions"], false);
}

/// A paper session with files that are watched; a tape that takes `seconds`.
fn paper(tape: &Tape, seconds: u64) -> Run {
    let times = times(tape);
    let length = times.last().expect("rows") - times[0];
    let speed = (length / seconds / 1_000_000_000).max(1).to_string();
    let run = Run::dev(["run", "--mode", "paper", "--json", "--watch", "--config", "ema.toml", "--journal", "journal"]);
    let component = run.path("ema.wasm");
    let setup =
        Setup::default().strategy("ema", &component, PARAMS).text().replace("simulation\"\ncap", "paper\"\ncap");
    let built = fs::read(binary::component("ringfence_ema_cross")).expect("the component is built");
    let run = run.env("RINGFENCE_CACHE", ringfence_tests::setup::machine_code());
    run.args(["--speed", &speed, "--data"]).arg(&tape.path).file("ema.toml", setup).file("ema.wasm", built)
}

#[track_caller]
fn check_paper(finished: &Finished, tape: &Tape) -> Value {
    finished.expect_code(0);
    let json = finished.json();
    assert_eq!(json["mode"], "paper");
    check_replay(&finished.path("journal"), tape);
    json
}

#[test]
fn h50_files_that_change_are_taken_or_refused_while_a_paper_session_goes_on() {
    let tape = Tape::trades(2_000);
    let mut session = paper(&tape, 600).start();
    session.wait_for("Ctrl-C ends it");
    let (component, config) = (session.path("ema.wasm"), session.path("ema.toml"));
    replace(&component, &variant(&binary::component("ringfence_ema_cross"), 7));
    session.wait_for("swapped to component");
    replace(&component, b"half a fi");
    session.wait_for("strategy ema goes on as it was: E-PARSE");
    replace(&component, &variant(&binary::component("ringfence_ema_cross"), 8));
    session.wait_for("swapped to component");
    let text = fs::read_to_string(&config).expect("the configuration is there");
    replace(&config, text.replace("slow = 20", "slow = 30").as_bytes());
    session.wait_for("swapped to component");
    let other = variant(&binary::component("ringfence_ema_cross"), 9);
    fs::write(session.path("other.wasm"), &other).expect("written");
    let text = text.replace("ema.wasm", "other.wasm");
    replace(&config, text.replace("slow = 20", "slow = 30").as_bytes());
    session.wait_for(&format!("swapped to component {}", short_hash(&other)));
    replace(&config, text.replace("slow = 20", "slow = 0").as_bytes());
    session.wait_for("the new one was refused: E-SETUP");
    replace(&config, text.replace("queue = \"trade-through\"", "queue = \"behind-touch\"").as_bytes());
    session.wait_for("changed in more than parameters");
    let finished = session.interrupt();
    let json = check_paper(&finished, &tape);
    assert_eq!(kinds(&json), ["swapped", "swapped", "swapped", "swapped", "not-swapped"], "{json}");
    let notices = json["notices"].as_array().expect("notices");
    assert!(notices[..4].iter().all(|swap| swap["pause_ns"].as_u64() > Some(0)), "how long it stood still: {json}");
    assert_eq!(notices[3]["component_sha256"].as_str().map(|hash| &hash[..12]), Some(&*short_hash(&other)));
    assert_eq!(notices[4].get("pause_ns"), None, "nothing was swapped");
    check_what_if(&finished.path("journal"), &tape);
}

#[test]
fn h51_a_storm_of_writes_is_one_swap_a_second_at_most() {
    let tape = Tape::trades(2_000);
    let mut session = paper(&tape, 600).start();
    session.wait_for("Ctrl-C ends it");
    let (component, built) = (session.path("ema.wasm"), binary::component("ringfence_ema_cross"));
    for n in 0..200 {
        match n % 3 {
            0 => replace(&component, &variant(&built, n)),
            1 => fs::write(session.path(&format!("ema.wasm.{n}~")), "an editor's").expect("written"),
            _ => drop(fs::remove_file(&component)),
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    replace(&component, &variant(&built, 1_000));
    session.wait_for(&format!("swapped to component {}", short_hash(&variant(&built, 1_000))));
    let json = check_paper(&session.terminate(), &tape);
    // Two seconds of storm on a machine with time, some more on one without; each write would be more than sixty.
    let swaps = kinds(&json).iter().filter(|kind| **kind == "swapped").count();
    assert!((1..=12).contains(&swaps), "{json}");
}

#[test]
fn a_paper_session_on_a_generated_market_needs_no_file_and_decides_as_a_backtest_of_the_written_one_does() {
    check_generated(&Tape::seeded(7, "trades", 3_000), &[]);
    check_generated(&Tape::flow(7, 3_000), &["--model", "flow"]);
}

#[track_caller]
fn check_generated(tape: &Tape, model: &[&str]) {
    let setup = Setup::default().strategy("ema", &binary::component("ringfence_ema_cross"), PARAMS).text();
    let run = |arguments: &[&str]| {
        let run = Run::dev(["--json"]).env("RINGFENCE_CACHE", ringfence_tests::setup::machine_code());
        let run = run.args(arguments).args(["--config", "ema.toml"]);
        run.file("ema.toml", setup.replace("simulation\"\ncap", "paper\"\ncap"))
    };
    let generated = ["run", "--mode", "paper", "--speed", "max", "--generate", "7", "--rows", "3000"];
    let paper = run(&[&generated[..], model].concat()).args(["--journal", "journal"]).finish();
    paper.expect_code(0);
    assert!(paper.stderr.contains("GENERATED from seed 7"), "{}", paper.stderr);
    let backtest = run(&["backtest"]).arg("--data").arg(&tape.path).finish();
    for key in ["rows", "events", "orders", "fills", "decision_digest", "final_equity"] {
        assert_eq!(paper.json()[key], backtest.json()[key], "{key}");
    }
    assert_ne!(paper.json()["orders"], 0);
    let replayed = Run::dev(["replay", "--json", "--verify"]).arg(paper.path("journal")).finish();
    replayed.expect_code(0);
    assert_eq!(replayed.json()["match"], true);
    check_replay(&paper.path("journal"), tape);
    let bars = run(&["run", "--mode", "paper", "--speed", "max", "--generate", "--layout", "bars", "--rows", "9"]);
    assert_eq!(bars.finish().json()["rows"], 9);
    let both = run(&generated).args(["--data", "x.csv"]).finish();
    both.expect_code(2);
    let other = run(&generated).args(["--model", "flow", "--layout", "bars"]).finish();
    other.expect_code(2);
    assert!(other.stderr.contains("--layout: belongs to --model trades"), "{}", other.stderr);
}

/// Session of a journal.
fn session_of(journal: &Path) -> Value {
    let head = Run::dev(["inspect", "--json", "--to", "1"]).arg(journal).finish().json_lines().remove(0);
    head["session"].clone()
}

#[test]
fn a_counterfactual_of_a_paper_session_is_known_by_what_its_components_are_and_not_by_their_names() {
    let paper = Run::dev([
        "run",
        "--mode",
        "paper",
        "--speed",
        "max",
        "--generate",
        "7",
        "--rows",
        "50",
        "--config",
        "ema.toml",
    ]);
    let paper = paper.env("RINGFENCE_CACHE", ringfence_tests::setup::machine_code());
    let component = binary::component("ringfence_ema_cross");
    let setup = Setup::default().strategy("ema", &component, PARAMS).text();
    let paper =
        paper.file("ema.toml", setup.replace("simulation\"\ncap", "paper\"\ncap")).args(["--journal", "of"]).finish();
    paper.expect_code(0);
    let what_if = |file: &str, journal: &str| {
        let run = Run::dev(["whatif"]).env("RINGFENCE_CACHE", ringfence_tests::setup::machine_code());
        let swap = format!("--strategy=ema={}", paper.path(file).display());
        run.arg(paper.path("of")).arg(swap).arg("--journal").arg(paper.path(journal)).finish().expect_code(0);
        session_of(&paper.path(journal))
    };
    for (file, tag) in [("a.wasm", 1), ("b.wasm", 2), ("same.wasm", 1)] {
        fs::write(paper.path(file), variant(&component, tag)).expect("written");
    }
    let first = what_if("a.wasm", "first");
    assert_eq!(what_if("same.wasm", "same"), first, "the same bytes under another name");
    assert_ne!(first, session_of(&paper.path("of")));
    fs::rename(paper.path("b.wasm"), paper.path("a.wasm")).expect("renamed");
    assert_ne!(what_if("a.wasm", "second"), first, "other bytes under the same name");
}

#[test]
fn a_paper_session_feeds_every_row_and_decides_as_a_backtest_does() {
    let tape = Tape::trades(2_000);
    let run = |arguments: &[&str]| {
        let run = Run::dev(["--json"]).args(arguments).args(["--config", "ema.toml", "--data"]).arg(&tape.path);
        let setup = Setup::default().strategy("ema", &binary::component("ringfence_ema_cross"), PARAMS).text();
        run.file("ema.toml", setup.replace("simulation\"\ncap", "paper\"\ncap")).finish()
    };
    let paper = run(&["run", "--mode", "paper", "--speed", "max"]);
    paper.expect_code(0);
    let (paper, backtest) = (paper.json(), run(&["backtest"]).json());
    for key in ["rows", "events", "orders", "fills", "decision_digest", "final_equity"] {
        assert_eq!(paper[key], backtest[key], "{key}");
    }
    assert_ne!(paper["state_digest"], backtest["state_digest"], "every paper session is its own");
}
