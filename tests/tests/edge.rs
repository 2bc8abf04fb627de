//! The edge of a live session: what does it say of its venue, and what does it refuse before anything can leave?

use std::path::Path;

use ringfence_tests::run::{Finished, Run, Running};
use ringfence_tests::scene::{Exchange, SECRET, Scene, until, with_keys};
use serde_json::{Value, json};

fn scene(change: impl FnOnce(String) -> String) -> Scene {
    Scene::of(Exchange::start(&["--seed", "7"], &[]), change)
}

fn orders(scene: &Scene) -> Vec<Value> {
    scene.exchange.futures()["orders"].as_array().cloned().unwrap_or_default()
}

fn has_denied(scene: &Scene, code: &str) -> bool {
    let status = scene.status();
    let denials = status["denials"].as_array().cloned().unwrap_or_default();
    denials.iter().any(|denial| denial["code"] == code && denial["count"].as_u64() > Some(2))
}

/// Lines of standard error with this text.
fn said<'a>(finished: &'a Finished, text: &str) -> Vec<&'a str> {
    finished.stderr.lines().filter(|line| line.contains(text)).collect()
}

fn metrics(scene: &Scene) -> String {
    scene.ctl(&["metrics"]).json()["text"].as_str().unwrap_or_default().to_owned()
}

/// `ringfence ctl status` for people.
fn shown(scene: &Scene) -> String {
    Run::dev(["ctl", "--journal"]).arg(scene.journal()).arg("status").finish().stdout
}

fn message(finished: &Finished) -> String {
    finished.expect_code(0);
    finished.json()["message"].as_str().unwrap_or_default().to_owned()
}

/// A session that says this of its venue.
#[track_caller]
fn running(run: Run, alarm: &str) -> Running {
    let mut running = run.start();
    running.wait_for(alarm);
    running
}

/// Nothing leaves, whoever arms is told, and the record replays.
#[track_caller]
fn nothing_leaves(scene: &Scene, running: Running, (words, code): (&str, &str)) {
    until("its venue is up", || scene.status()["venues"][0]["is_up"] == true);
    let armed = message(&scene.ctl(&["arm"]));
    assert!(armed.starts_with("armed: ") && armed.contains(words), "{armed}");
    until("its orders are denied", || has_denied(scene, code));
    let finished = running.interrupt();
    finished.expect_code(0);
    assert_eq!(said(&finished, &format!("alarm: venue LOCAL: {words}")).len(), 1, "{}", finished.stderr);
    let sent: Vec<Value> = orders(scene).into_iter().filter(|it| it["status"] != "FILLED").collect();
    assert!(sent.is_empty(), "{sent:?}");
    scene.replays();
}

#[test]
fn no_order_leaves_where_the_venue_refuses_the_leverage() {
    let scene = scene(|text| text.replace("leverage = \"5\"", "leverage = \"500\""));
    let words = "leverage 500 of LOCAL:BTCUSDT is refused: -4028";
    let running = running(scene.live(), words);
    nothing_leaves(&scene, running, (words, "D-LEVERAGE-NOT-REPORTED"));
}

#[test]
fn no_order_leaves_where_the_venue_refuses_the_margin_mode() {
    let scene = scene(|text| text.replace("margin_mode = \"cross\"", "margin_mode = \"isolated\""));
    // With a position the mode stays what it is.
    let buy = json!({"do": "order", "product": "futures", "account": "alice", "symbol": "BTCUSDT", "side": "BUY",
        "price": "31000", "qty": "0.01"});
    until("a position", || {
        scene.exchange.act(&buy);
        scene.exchange.futures()["money"]["positions"][0]["qty"].as_str().is_some_and(|qty| !qty.starts_with('0'))
            || scene.exchange.futures()["fills"].as_array().is_some_and(|fills| !fills.is_empty())
    });
    let words = "margin mode isolated of LOCAL:BTCUSDT is refused: -404";
    let running = running(scene.live(), words);
    nothing_leaves(&scene, running, (words, "D-MARGIN-MODE-NOT-REPORTED"));
}

/// The venue is down, and everybody who looks is told why.
#[track_caller]
fn is_told(scene: &Scene, running: Running, (alarm, kind): (&str, &str)) {
    until("the board says why", || {
        let venue = &scene.status()["venues"][0];
        venue["is_up"] == false && venue["why"].as_str().is_some_and(|why| why.contains(alarm))
    });
    let status = shown(scene);
    assert!(status.contains("venue LOCAL down: ") && status.contains(alarm), "{status}");
    let sample = format!("ringfence_alarms_total{{venue=\"LOCAL\",kind=\"{kind}\"}} ");
    let metrics = metrics(scene);
    assert!(metrics.contains(&sample), "{sample} in {metrics}");
    let promtool = Path::new("/usr/bin/promtool");
    if promtool.is_file() {
        let checked = Run::of(promtool, ["check", "metrics"]).input(&metrics).finish();
        checked.expect_code(0);
        assert_eq!((checked.stdout.as_str(), checked.stderr.as_str()), ("", ""));
    }
    let finished = running.interrupt();
    assert_eq!(said(&finished, &format!("alarm: venue LOCAL: {alarm}")).len(), 1, "{}", finished.stderr);
}

#[test]
fn a_wrong_key_is_told_with_what_mends_it() {
    for isolation in ["in-process", "process"] {
        let apart = |text: String| text.replace("adapter = ", &format!("isolation = \"{isolation}\"\nadapter = "));
        let scene = scene(apart);
        let run = scene.live().env("LOCAL_API_KEY", "alicia-key");
        let running = running(run, "check LOCAL_API_KEY and LOCAL_API_SECRET");
        until("the board says that it is down", || scene.status()["venues"][0]["is_up"] == false);
        let armed = message(&scene.ctl(&["arm"]));
        assert!(armed.contains("venue LOCAL is down and takes none until it is up and compared"), "{armed}");
        is_told(&scene, running, ("key or signature is refused: Invalid API-key", "credentials"));
    }
}

#[test]
fn a_symbol_that_the_venue_does_not_have_is_told() {
    let scene = scene(|text| text.replace("BTCUSDT", "NOPEUSDT"));
    let running = running(scene.live(), "correct `symbol` in [[instruments]]");
    is_told(&scene, running, ("it has no symbol NOPEUSDT", "symbol"));
}

#[test]
fn scales_that_are_not_the_venues_are_told() {
    let finer = scene(|text| text.replace("qty_scale = 3", "qty_scale = 4").replace("\"0.001\"", "\"0.0001\""));
    let secret = |run: Run| run.env("AIS_RISK_HMAC_SECRET", SECRET);
    drop(running(
        secret(finer.run("shadow", "j")),
        "alarm: venue LOCAL: BTCUSDT is halted here: lot 0.0001 is no multiple of",
    ));
    let coarser = scene(|text| text.replace("qty_scale = 3", "qty_scale = 2").replace("\"0.001\"", "\"0.01\""));
    drop(running(secret(coarser.run("shadow", "j")), "qty_scale 2 cannot write the venue's lot of 0.001"));
}

#[test]
fn a_ban_is_told() {
    let scene = scene(|text| text);
    let banned = json!([{"when": {"request": "GET /fapi/v1/time", "times": 1_000}, "fault": {"kind": "banned", "seconds": 600}}]);
    scene.exchange.add_faults(&banned);
    let alarm = "alarm: venue LOCAL: this address is banned, and nothing is sent meanwhile (until 2";
    let running = running(scene.live(), alarm);
    until("the board says until when", || {
        let why = scene.status()["venues"][0]["why"].as_str().unwrap_or_default().to_owned();
        why.contains("meanwhile (until 2") && why.contains("Z); other programs at this address count too")
    });
    is_told(&scene, running, ("this address is banned", "banned"));
}

#[test]
fn whoever_kills_or_arms_is_told_that_the_venue_is_down() {
    let mut scene = scene(|text| text);
    let running = scene.live_running();
    until("its venue is up", || scene.status()["venues"][0]["is_up"] == true);
    assert_eq!(message(&scene.ctl(&["kill", "L3"])), "no new orders; asked for: all canceled");
    scene.ctl(&["kill", "off"]).expect_code(0);
    assert_eq!(message(&scene.ctl(&["arm"])), "armed: new orders are allowed");
    scene.exchange.kill();
    until("its venue is down", || scene.status()["venues"][0]["is_up"] == false);
    let killed = message(&scene.ctl(&["kill", "L3"]));
    assert!(killed.contains("venue LOCAL is down: what rests there stays until it hears them"), "{killed}");
    scene.ctl(&["kill", "off"]).expect_code(0);
    let armed = message(&scene.ctl(&["arm"]));
    assert!(armed.contains("venue LOCAL is down and takes none until it is up and compared"), "{armed}");
    drop(running);
}

#[test]
fn a_record_goes_on_with_its_account_alone() {
    let scene = scene(|text| text);
    scene.live_running().interrupt().expect_code(0);
    let other = scene.live().env("LOCAL_ACCOUNT_ID", "bob").finish();
    other.expect_code(2);
    assert!(
        other.stderr.contains("is the record of account alice at venue LOCAL, and bob is given"),
        "{}",
        other.stderr
    );
    assert!(other.stderr.contains("fix: "), "{}", other.stderr);
    scene.live_running().interrupt().expect_code(0);
}

#[test]
fn shadow_needs_the_approval_secret_and_paper_does_not() {
    let scene = scene(|text| text);
    let finished = scene.run("shadow", "s").finish();
    finished.expect_code(2);
    assert!(finished.stderr.contains("AIS_RISK_HMAC_SECRET is not set [C-SECRET]"), "{}", finished.stderr);
    assert!(!scene.path("s").exists(), "nothing was begun");
    let short = scene.run("shadow", "s").env("AIS_RISK_HMAC_SECRET", "short").finish();
    short.expect_code(2);
    let mut paper = scene.run("paper", "p").start();
    paper.wait_for("control:");
    paper.interrupt().expect_code(0);
}

#[test]
fn what_shapes_a_recorded_market_is_refused_where_the_market_is_the_venues() {
    let scene = scene(|text| text);
    let refused = |mode: &str, words: &[&str]| {
        let finished = with_keys(scene.run(mode, "r")).args(words).finish();
        finished.expect_code(2);
        assert!(finished.stderr.contains(&format!("error: {}: the market", words[0])), "{}", finished.stderr);
        assert!(finished.stderr.contains("fix: leave it out"), "{}", finished.stderr);
        assert!(!scene.path("r").exists(), "nothing was begun");
    };
    let of_market = [
        &["--generate", "7"][..],
        &["--data", "trades.csv"],
        &["--speed", "5"],
        &["--limit", "9"],
        &["--gap-max", "1s"],
        &["--rows", "9"],
        &["--model", "flow"],
        &["--events", "events.toml"],
    ];
    for words in of_market {
        refused("live", words);
        refused("shadow", words);
    }
    refused("paper", &["--speed", "1"]);
}

/// Programs that `systemd-analyze` is not there to check are checked by their keys.
#[test]
fn the_units_of_the_package_are_whole() {
    let folder = ringfence_tests::workspace::root().join("packaging");
    let unit = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a unit");
    let live = unit("ringfence-live.service");
    let value = |key: &str| live.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap_or_default();
    assert_eq!((value("Type"), value("NotifyAccess")), ("notify", "main"));
    assert!(value("WatchdogSec").ends_with('s') && value("Restart") == "on-failure");
    let start = value("ExecStart");
    assert!(start.contains("run --mode live") && start.contains("--journal /var/lib/ringfence/live "), "{start}");
    assert!(!start.contains("date"), "the same command goes on with the same journal");
    let credentials: Vec<&str> = live.lines().filter_map(|line| line.strip_prefix("LoadCredential")).collect();
    for name in ["AIS_RISK_HMAC_SECRET", "LOCAL_API_KEY", "LOCAL_API_SECRET"] {
        assert!(credentials.iter().any(|line| line.ends_with(&format!("={name}"))), "{name} in {credentials:?}");
    }
    let analyze = Path::new("/usr/bin/systemd-analyze");
    if !analyze.is_file() {
        return;
    }
    for name in ["ringfence.service", "ringfence-live.service"] {
        // The program is elsewhere on this machine.
        let text = unit(name).replace("/usr/bin/ringfence", "/bin/true").replace("User=ringfence", "User=root");
        let run = Run::of(analyze, ["verify"]).file(name, text.replace("Group=ringfence", "Group=root"));
        let path = run.path(name);
        let finished = run.arg(path).finish();
        finished.expect_code(0);
    }
}
