//! A live session against the local exchange, through the real binary: what it needs before it sends, what survives a crash,
//! and whether the exchange's own ledger agrees with it.

use std::path::Path;

use ringfence_journal::reader::JournalReader;
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_tests::run::Run;
use ringfence_tests::scene::{Exchange, SECRET, Scene, open_orders, plain, until, with_keys};
use ringfence_tests::setup::machine_code;
use serde_json::Value;

fn scene() -> Scene {
    Scene::of(Exchange::start(&["--seed", "7"], &[]), |text| text)
}

fn fills(scene: &Scene) -> usize {
    scene.exchange.futures()["fills"].as_array().map_or(0, Vec::len)
}

/// Client ids of the account's orders at the exchange, ended ones too.
fn client_ids(scene: &Scene) -> Vec<String> {
    let orders = scene.exchange.futures()["orders"].clone();
    let orders = orders.as_array().cloned().unwrap_or_default();
    orders.iter().map(|order| order["clientOrderId"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Conditions that the environment meets, with what meets them.
const LIVE_NEEDS: [(&str, &[(&str, &str)]); 4] = [
    ("switch", &[("AIS_ENABLE_LIVE_TRADING", "true")]),
    ("account-id", &[("LOCAL_ACCOUNT_ID", "alice")]),
    ("venue-keys", &[("LOCAL_API_KEY", "alice-key"), ("LOCAL_API_SECRET", "alice-secret")]),
    ("approval-secret", &[("AIS_RISK_HMAC_SECRET", SECRET)]),
];

#[test]
fn live_says_everything_that_is_missing() {
    let said = |run: Run, text: &str| {
        let finished = run.finish();
        finished.expect_code(2);
        assert!(finished.stderr.contains(text), "{text} in {}", finished.stderr);
    };
    let good = scene();
    for (name, _) in LIVE_NEEDS {
        // Everything else is there.
        let given = LIVE_NEEDS.iter().filter(|(other, _)| *other != name);
        let run =
            given.flat_map(|(_, needs)| *needs).fold(good.run("live", "j"), |run, (key, value)| run.env(key, value));
        said(run, &format!("of its conditions do not hold:\n  {name}: "));
    }
    assert!(!good.path("j").exists(), "nothing was begun");
    let changed = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        Scene::of(Exchange::start(&["--seed", "7"], &[]), move |text| text.replace(&from, &to))
    };
    for key in [
        "leverage = \"5\"\n",
        "margin_mode = \"cross\"\n",
        "leverage_reported = \"deny\"",
        "margin_mode_reported = \"deny\"",
    ] {
        let to = if key.contains("reported") { key.replace("deny", "off") } else { String::new() };
        said(changed(key, &to).live(), "\n  margin: venue LOCAL trades on margin, and ");
    }
    said(changed("isolation = \"process\"", "isolation = \"in-process\"").live(), "\n  isolation: ");
    let profile = "[risk]\nprofile = \"backtest-wide@1\"";
    said(changed("[risk]", profile).live(), "\n  no-profile: ");
    let run = Run::dev(["run", "--mode", "live", "--config"]).arg(good.path("host.toml"));
    said(with_keys(run.env("RINGFENCE_CACHE", machine_code())), "\n  journal: ");
}

#[test]
fn shadow_trades_at_the_prices_of_the_venue_and_sends_nothing() {
    let scene = scene();
    let mut running = scene.run("shadow", "j").env("AIS_RISK_HMAC_SECRET", SECRET).start();
    running.wait_for("control:");
    until("it saw the market", || scene.status()["seq"].as_u64().is_some_and(|events| events > 60));
    running.interrupt().expect_code(0);
    assert!(client_ids(&scene).is_empty(), "nothing was sent");
    scene.replays();
}

#[test]
fn a_live_session_survives_kill_9_and_agrees_with_the_exchange() {
    let scene = scene();
    let running = scene.live_running();
    scene.arm();
    until("something was filled", || fills(&scene) > 0);
    // The value kills it when it goes away: SIGKILL.
    drop(running);
    let before = client_ids(&scene);
    let running = scene.live_running();
    scene.arm();
    let filled = fills(&scene);
    until("it trades again", || fills(&scene) > filled);
    scene.ctl(&["kill", "L3"]).expect_code(0);
    until("nothing rests any more", || open_orders(&scene.exchange.futures()).is_empty());
    let mut ids = client_ids(&scene);
    assert!(ids.len() > before.len() && before.iter().all(|id| ids.contains(id)));
    let sent = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), sent, "each client id came once");
    let at_venue = scene.exchange.futures()["money"]["positions"][0]["qty"].as_str().unwrap_or("0").to_owned();
    until("positions agree", || {
        let held = scene.ctl(&["positions"]).json();
        plain(held[0]["qty"].as_str().unwrap_or("0")) == plain(&at_venue)
    });
    running.interrupt().expect_code(0);
    scene.replays();
}

#[test]
fn a_session_that_was_killed_before_its_first_event_was_recorded_begins() {
    let scene = scene();
    drop(scene.live_running());
    let header = JournalReader::open(&scene.journal()).expect("it reads").header().clone();
    let copies = std::fs::read_dir(scene.journal().join("components")).expect("its components");
    let copies: Vec<Vec<u8>> =
        copies.map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a component")).collect();
    // As it lies on the disk when nothing but its header was written.
    let written = |durability| {
        std::fs::remove_dir_all(scene.journal()).expect("it is ours");
        let beginning = Beginning { header: &header, components: &copies, provenance: Provenance::default() };
        drop(JournalWriter::create(&scene.journal(), beginning, Options::new(durability)).expect("made"));
    };
    let first = scene.journal().join("000001.seg");
    written(Durability::AtSegmentEnd);
    std::fs::remove_file(&first).expect("it is there");
    drop(scene.live_running());
    written(Durability::AtSegmentEnd);
    std::fs::File::options().write(true).open(&first).and_then(|file| file.set_len(100)).expect("it is cut");
    drop(scene.live_running());
    written(Durability::EveryCommit);
    let running = scene.live_running();
    scene.arm();
    until("something was filled", || fills(&scene) > 0);
    drop(running.interrupt());
    assert_eq!(JournalReader::open(&scene.journal()).expect("it reads").header().session, header.session);
    scene.replays();
}

/// Log lines of a session at the local exchange: on standard output for people, and never among what a machine reads.
#[test]
fn log_lines_are_printed_unless_a_machine_reads() {
    let scene = scene();
    let is_line = |line: &&str| {
        let parts: Vec<&str> = line.split(" | ").collect();
        parts.len() >= 5 && parts[0].ends_with('Z') && ["INFO", "WARN"].contains(&parts[1])
    };
    for (mode, is_text) in [("text", true), ("json", false)] {
        let run = Run::dev(["run", "--mode", "paper", "--config"]).arg(scene.path("host.toml"));
        let run = run.arg("--journal").arg(scene.path(mode)).env("RINGFENCE_CACHE", machine_code());
        let run = if is_text { run } else { run.arg("--json") };
        let mut running = run.start();
        running.wait_for("control:");
        let log = scene.path(mode).join("ringfence.sock");
        until("it trades", || traded(&log));
        let finished = running.interrupt();
        finished.expect_code(0);
        let lines: Vec<&str> = finished.stdout.lines().filter(is_line).collect();
        let has = |word: &str| lines.iter().any(|line| line.split(" | ").nth(3) == Some(word));
        assert_eq!(["SUBMIT", "STATUS"].map(has), [is_text; 2], "{mode}: {}", finished.stdout);
        if is_text {
            let results = finished.stdout.rfind("fuel digest").expect("results");
            assert!(finished.stdout.find(" | SUBMIT | ").is_some_and(|at| at < results), "results come last");
        } else {
            assert_eq!(finished.json_lines().len(), 1, "one object and nothing else");
        }
    }
}

fn traded(socket: &Path) -> bool {
    let board = ringfence_tests::wire::at_socket(socket, "GET /v1/status", "").map_or(Value::Null, |(_, board)| board);
    board["counts"]["orders"].as_u64().is_some_and(|orders| orders > 2)
}
