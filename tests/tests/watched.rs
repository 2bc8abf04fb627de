//! What an operator sees of a live session, through the real binary: what is nobody's, what a comparison tells again, what is
//! wrong, and what the kill switch leaves.

use std::collections::BTreeMap;

use ringfence_tests::run::Running;
use ringfence_tests::scene::{Exchange, Scene, open_orders, plain, until};
use serde_json::{Value, json};

/// An exchange whose prices come from the test.
fn scene(change: impl FnOnce(String) -> String) -> Scene {
    let scene = Scene::of(Exchange::start(&["--prices", "none", "--seed", "7", "--state", "@state"], &[]), change);
    let text = std::fs::read_to_string(scene.path("host.toml")).expect("written before");
    let log = format!("\n[records]\nlog_file = {:?}\n", scene.path("execution.log"));
    std::fs::write(scene.path("host.toml"), text + &log).expect("the folder is writable");
    scene
}

fn act(scene: &Scene, what: &str, (side, price, qty): (&str, &str, &str)) {
    let symbol =
        json!({"do": what, "product": "futures", "symbol": "BTCUSDT", "side": side, "price": price, "qty": qty});
    let of_alice = json!({"account": "alice"});
    let mut act = symbol;
    if what == "order" {
        act["account"] = of_alice["account"].clone();
    }
    scene.exchange.act(&act);
}

/// The house stands at 29999.5 and 30000.5, and the maker beside it.
#[track_caller]
fn begin(scene: &Scene) -> Running {
    let running = scene.live_running();
    scene.arm();
    until("the exchange was compared", || scene.status()["venues"][0]["is_up"] == true);
    act(scene, "place", ("BUY", "29999.5", "3"));
    act(scene, "place", ("SELL", "30000.5", "3"));
    until("two orders rest", || open_orders(&scene.exchange.futures()).len() == 2);
    running
}

/// Quantities by holder.
fn held(scene: &Scene) -> BTreeMap<String, String> {
    let text = |it: &Value, field: &str| it[field].as_str().unwrap_or_default().to_owned();
    let status = scene.status();
    let positions = status["positions"].as_array().into_iter().flatten();
    positions.map(|it| (text(it, "strategy"), plain(&text(it, "qty")).to_owned())).collect()
}

fn at_exchange(scene: &Scene) -> String {
    plain(scene.exchange.futures()["money"]["positions"][0]["qty"].as_str().unwrap_or("0")).to_owned()
}

/// Log lines of a word.
fn lines(scene: &Scene, word: &str) -> Vec<String> {
    let log = std::fs::read_to_string(scene.path("execution.log")).unwrap_or_default();
    let is_it = |line: &&str| line.split(" | ").nth(3) == Some(word);
    log.lines().filter(is_it).map(str::to_owned).collect()
}

/// The maker sells a hundredth.
#[track_caller]
fn one_fill(scene: &Scene) {
    let before = scene.status()["counts"]["fills"].as_u64();
    act(scene, "place", ("SELL", "30000.5", "3"));
    let is_there =
        |order: &&Value| order["side"] == "SELL" && plain(order["price"].as_str().unwrap_or("")) == "30000.5";
    until("the maker asks there", || open_orders(&scene.exchange.futures()).iter().any(is_there));
    // The house stands first at its price, so what comes is larger than that.
    act(scene, "trade", ("BUY", "30000.5", "3.01"));
    until("something was filled", || scene.status()["counts"]["fills"].as_u64() > before);
}

#[test]
fn what_is_nobodys_is_shown_and_the_kill_switch_closes_strategies_beside_it() {
    let scene = scene(|text| text);
    let running = begin(&scene);
    one_fill(&scene);
    until("the maker is short", || held(&scene).get("maker").is_some_and(|qty| qty.starts_with('-')));
    // Somebody trades on the account by hand: an order rests, another one fills.
    act(&scene, "order", ("BUY", "25000", "0.125"));
    act(&scene, "place", ("SELL", "30001", "3"));
    act(&scene, "order", ("BUY", "30001", "0.25"));
    until("the position is shown", || held(&scene).get("external").is_some_and(|qty| qty == "0.25"));
    let resting = |scene: &Scene| {
        let status = scene.status();
        let orders = status["orders"].as_array().cloned().unwrap_or_default();
        orders.into_iter().filter(|order| order["strategy"] == "external").collect::<Vec<_>>()
    };
    until("the order is shown", || !resting(&scene).is_empty());
    let order = &resting(&scene)[0];
    assert_eq!(
        ["side", "qty", "filled", "limit", "state"].map(|field| order[field].as_str().unwrap_or_default().to_owned()),
        ["buy", "0.125", "0.000", "25000.0", "ACCEPTED"]
    );
    // More than the account may hold by its limits is there, and what the maker has is closed all the same.
    let answer = scene.ctl(&["kill", "L4"]);
    answer.expect_code(0);
    let said = answer.json()["message"].as_str().unwrap_or_default().to_owned();
    assert!(said.contains("asked for") && said.contains("external positions stay: LOCAL:BTCUSDT 0.25"), "{said}");
    until("the maker is flat", || held(&scene) == BTreeMap::from([("external".to_owned(), "0.25".to_owned())]));
    until("the exchange agrees", || at_exchange(&scene) == "0.25");
    assert_eq!(
        scene.records("DENIED").iter().filter(|it| it["leg"].as_str().is_some_and(|leg| leg.contains("/h"))).count(),
        0
    );
    let kills = lines(&scene, "KILL");
    assert!(kills.iter().any(|line| line.contains("| ALARM | host |") && line.contains("level=L4")), "{kills:?}");
    running.interrupt().expect_code(0);
    // The next life knows both again.
    let running = scene.live_running();
    until("the position is shown again", || held(&scene).get("external").is_some_and(|qty| qty == "0.25"));
    scene.arm();
    running.interrupt().expect_code(0);
    scene.replays();
}

#[test]
fn what_an_interruption_tells_again_is_counted_and_logged_once_and_is_no_difference() {
    let mut scene = scene(|text| text);
    let running = begin(&scene);
    one_fill(&scene);
    one_fill(&scene);
    // The exchange is gone for a moment; once it is back, all of the last time is asked for.
    scene.exchange.kill();
    until("the session sees that", || scene.status()["venues"][0]["is_up"] == false);
    scene.exchange.again();
    until("it is compared", || scene.status()["venues"][0]["is_up"] == true);
    // The record is read while it is written.
    let is_again = |it: &Value| it["code"] == "A-DUPLICATE-FILL";
    until("fills were told again", || scene.records("ANOMALY").iter().any(is_again));
    until("two comparisons are recorded", || scene.records("ReconcileFinished").len() >= 2);
    let at_venue = scene.exchange.futures()["fills"].as_array().map_or(0, Vec::len) as u64;
    let counts = scene.status()["counts"].clone();
    assert_eq!((counts["fills"].as_u64(), counts["anomalies"].as_u64()), (Some(at_venue), Some(0)), "{counts}");
    let text = scene.ctl(&["metrics"]).json()["text"].as_str().unwrap_or_default().to_owned();
    assert!(text.contains(&format!("ringfence_orders_total{{status=\"filled\"}} {at_venue}\n")), "{text}");
    assert_eq!(lines(&scene, "FILL").len() as u64, at_venue);
    assert!(lines(&scene, "FILL").iter().all(|line| !line.contains(" time=")), "the time stands once in a line");
    let venue = lines(&scene, "VENUE");
    let told = |level: &str, name: &str| {
        venue.iter().any(|line| line.contains(&format!("| {level} | LOCAL | VENUE | ")) && line.contains(name))
    };
    assert!(told("WARN", "VenueDown") && told("INFO", "VenueUp"), "{venue:?}");
    let finished = scene.records("ReconcileFinished");
    assert!(finished.len() >= 2 && finished.iter().all(|it| it["differences"] == 0), "{finished:?}");
    running.interrupt().expect_code(0);
    scene.replays();
}

#[test]
fn an_instrument_that_was_overfilled_stays_halted_until_an_operator_lifts_that() {
    let mut scene = scene(|text| text);
    let running = begin(&scene);
    let halted = |scene: &Scene| scene.status()["held"] == json!(["LOCAL:BTCUSDT"]);
    // One of the two orders that rest is filled beyond what it wanted.
    let order = open_orders(&scene.exchange.futures())[0]["orderId"].clone();
    scene.exchange.act(&json!({"do": "fill", "product": "futures", "order": order, "qty": "0.5"}));
    until("the host halts it", || halted(&scene));
    assert!(lines(&scene, "ANOMALY").iter().any(|line| line.contains("| ALARM |") && line.contains("A-OVERFILL")));
    scene.exchange.kill();
    until("the session sees that", || scene.status()["venues"][0]["is_up"] == false);
    scene.exchange.again();
    until("it is compared", || scene.status()["venues"][0]["is_up"] == true);
    assert!(halted(&scene), "the venue's word does not lift it");
    scene.ctl(&["enable"]).expect_code(0);
    assert!(halted(&scene), "nor does trading as a whole");
    scene.ctl(&["enable", "--instrument", "LOCAL:NONE"]).expect_code(2);
    scene.ctl(&["enable", "--instrument", "LOCAL:BTCUSDT"]).expect_code(0);
    until("it is lifted", || scene.status()["held"] == json!([]));
    running.interrupt().expect_code(0);
    scene.replays();
}

#[test]
fn a_session_that_never_hears_of_its_venue_says_so_and_fails() {
    let mut scene = scene(|text| text);
    scene.exchange.kill();
    let mut running = scene.run("paper", "j").args(["--duration", "7s"]).start();
    running.wait_for("warning: nothing is heard of venue LOCAL");
    let finished = running.wait();
    finished.expect_code(4);
    assert!(finished.stderr.contains("no venue was ever reached: LOCAL"), "{}", finished.stderr);
}
