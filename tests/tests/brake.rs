//! The kill switch with something in its way: a strategy that hangs, a queue that is full, a venue that answers nothing, a disk
//! that takes nothing. Does no new order leave behind it, and do the cancels?
//!
//! The order of facts is that of the exchange's own log: it notes each request that it accepts, whatever becomes of the answer,
//! with its time by the clock of this machine. What is promised is judged by it: no new order 50 ms behind the order to stop,
//! and cancels within 100 ms. How much a busy machine may add is one constant, [`SLACK_NS`].

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use ringfence_tests::binary;
use ringfence_tests::scene::{Exchange, Scene, open_orders, until};
use serde_json::{Value, json};

const SUBMIT: (&str, &str) = ("POST", "/fapi/v1/order");
const CANCEL_ALL: (&str, &str) = ("DELETE", "/fapi/v1/allOpenOrders");

/// An exchange whose prices come from the test, with a log.
fn exchange() -> Exchange {
    let options = ["--prices", "none", "--seed", "7", "--state", "@state", "--config", "@x.toml"];
    let rates = "[rates]\nspot_weight = 1000000\nfutures_weight = 1000000\norders_10s = 100000\n";
    Exchange::start(&options, &[("x.toml", rates)])
}

/// Behind the order to stop no new order comes to the exchange after this time.
const NEW_ORDERS_NS: u64 = 50_000_000;
/// Behind the order to stop a cancel of everything comes to the exchange within this time.
const CANCELS_NS: u64 = 100_000_000;
/// What a machine may add that has two cores, and many times as much to do: the threads between the switch and the socket wait
/// for their turn. What the switch must not wait for (a strategy that does not return, a queue that is paced over seconds, a
/// venue that answers after ten minutes, a disk that never does) takes longer than that in each of these tests.
const SLACK_NS: u64 = 1_000_000_000;

/// Tenths around which prices move.
const MIDDLE: u64 = 300_000;

/// The house stands so many tenths above the middle.
fn quote(scene: &Scene, tenths: u64) {
    for (side, price) in [("BUY", MIDDLE + tenths - 5), ("SELL", MIDDLE + tenths + 5)] {
        place(scene, (side, price), "3");
    }
}

fn unquote(scene: &Scene, tenths: u64) {
    for (side, price) in [("BUY", MIDDLE + tenths - 5), ("SELL", MIDDLE + tenths + 5)] {
        place(scene, (side, price), "0");
    }
}

fn place(scene: &Scene, (side, tenths): (&str, u64), qty: &str) {
    act(scene, "place", (side, tenths), qty);
}

fn act(scene: &Scene, what: &str, (side, tenths): (&str, u64), qty: &str) {
    let price = format!("{}.{}", tenths / 10, tenths % 10);
    scene
        .exchange
        .act(&json!({"do": what, "product": "futures", "symbol": "BTCUSDT", "side": side, "price": price, "qty": qty}));
}

/// Prices move to and fro once; a maker that is heard follows them.
fn move_prices(scene: &Scene) {
    for (from, to) in [(0, 7), (7, 0)] {
        unquote(scene, from);
        quote(scene, to);
    }
}

/// Requests of this kind in the log, with their places in it.
fn logged(scene: &Scene, (verb, path): (&str, &str)) -> Vec<(usize, Value)> {
    let all = scene.exchange.log().into_iter().enumerate();
    all.filter(|(_, line)| line["m"] == verb && line["p"] == path).collect()
}

fn rests(scene: &Scene) -> usize {
    open_orders(&scene.exchange.futures()).len()
}

#[expect(clippy::disallowed_methods, reason = "how long something took is printed")]
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is behind 1970");
    u64::try_from(since.as_nanos()).expect("it is not that late")
}

/// What was there when the switch was pulled.
struct Pulled {
    at_ns: u64,
    /// Length of the log when the session had said that it was pulled.
    log: usize,
}

fn pull(scene: &Scene) -> Pulled {
    let at_ns = now_ns();
    assert!(scene.command(&json!({"command": "kill", "level": "L3"})), "the session takes it");
    Pulled { at_ns, log: scene.exchange.log().len() }
}

/// Everything is canceled, and nothing new came behind the switch, however prices move.
#[track_caller]
fn holds(scene: &Scene, pulled: &Pulled, what: &str) {
    let mut first = None;
    until("a cancel of everything came behind the switch", || {
        let mut times = logged(scene, CANCEL_ALL).into_iter().filter_map(|(_, line)| line["t"].as_u64());
        first = times.find(|at| *at >= pulled.at_ns);
        first.is_some()
    });
    until("nothing rests any more", || rests(scene) == 0);
    let first = first.expect("it came") - pulled.at_ns;
    println!("{what}: cancels reached the exchange {:.1} ms behind the order to", first as f64 / 1e6);
    assert!(first <= CANCELS_NS + SLACK_NS, "{what}: the first cancel came {first} ns behind the order to");
    (0..5).for_each(|_| move_prices(scene));
    until("the exchange went on", || scene.exchange.log().len() > pulled.log + 30);
    let late: Vec<_> = logged(scene, SUBMIT).into_iter().filter(|(at, _)| *at >= pulled.log).collect();
    assert_eq!(late, Vec::new(), "{what}: no new order leaves behind the switch");
    let from = pulled.at_ns + NEW_ORDERS_NS + SLACK_NS;
    let is_late = |line: &Value| line["t"].as_u64().is_some_and(|at| at >= from);
    let late = logged(scene, SUBMIT).into_iter().filter(|(_, line)| is_late(line)).count();
    assert_eq!(late, 0, "{what}: new orders came later than promised");
    assert_eq!(rests(scene), 0);
}

/// A maker whose two orders rest.
#[track_caller]
fn two_rest(scene: &Scene) {
    scene.arm();
    until("the exchange was compared", || scene.status()["venues"][0]["is_up"] == true);
    quote(scene, 0);
    until("two orders rest", || rests(scene) == 2);
}

/// The next life begins with the switch as it was left, and sends nothing.
#[track_caller]
fn stays_latched(scene: &Scene) {
    let sent = logged(scene, SUBMIT).len();
    let running = scene.live_running();
    until("it is in force again", || scene.status()["kill"] == "L3");
    scene.arm();
    (0..5).for_each(|_| move_prices(scene));
    until("it saw the prices", || scene.status()["counts"]["denied"].as_u64().is_some_and(|denied| denied > 0));
    assert_eq!(logged(scene, SUBMIT).len(), sent);
    running.interrupt().expect_code(0);
    scene.replays();
}

#[test]
fn a_strategy_that_hangs_is_not_in_the_way() {
    let hanging = binary::component("hostile_endless_loop");
    let more = format!(
        "[[strategies]]\nname = \"hangs\"\ncomponent = {hanging:?}\naccount = \"main\"\nlane = \"live\"\n\
         isolation = \"process\"\ncapital = \"1000\"\ninstruments = [\"LOCAL:BTCUSDT\"]\nparams = {{ at = 1 }}\n\
         fuel_per_call = 1_000_000_000_000\n\n[risk]"
    );
    let scene = Scene::of(exchange(), |text| text.replace("[risk]", &more));
    let running = scene.live_running();
    two_rest(&scene);
    // The first trade of the market: the strategy does not return, and the session waits for it.
    act(&scene, "trade", ("BUY", MIDDLE + 5), "0.001");
    let (mut seq, mut same) = (Value::Null, 0);
    until("the session stands still", || {
        move_prices(&scene);
        let now = scene.status()["seq"].clone();
        same = if now == seq { same + 1 } else { 0 };
        seq = now;
        same == 20
    });
    let pulled = pull(&scene);
    holds(&scene, &pulled, "a strategy hangs");
    assert_eq!(scene.status()["seq"], seq, "it still stands");
    // It is killed here.
    drop(running);
    stays_latched(&scene);
}

#[test]
fn orders_that_wait_in_a_full_queue_never_leave() {
    let flooder = binary::component("hostile_flooder");
    let scene = Scene::of(exchange(), |text| {
        let text = text
            .replace(&binary::component("ringfence_touch_maker").display().to_string(), &flooder.display().to_string())
            .replace(
                "params = { qty = \"0.01\", position_max = \"0.05\" }",
                "params = { calls = 1000, what = \"orders\" }",
            )
            .replace("open_orders_max = 10", "open_orders_max = \"off\"")
            .replace("velocity_orders_max = 200", "velocity_orders_max = \"off\"")
            .replace("velocity_window = \"1s\"", "velocity_window = \"off\"")
            .replace("margin_mode = \"cross\"", "margin_mode = \"cross\"\npacing = { per_s = 5, burst = 1 }");
        text.replace("[risk]", "[execution]\nqueue_max = 50\n\n[risk]")
    });
    let running = scene.live_running();
    quote(&scene, 0);
    scene.arm();
    until("the exchange was compared", || scene.status()["venues"][0]["is_up"] == true);
    let denied = |scene: &Scene| scene.status()["denials"].to_string().contains("D-QUEUE-FULL");
    until("the queue is full", || {
        act(&scene, "trade", ("BUY", MIDDLE + 5), "0.001");
        denied(&scene)
    });
    until("orders leave one by one", || logged(&scene, SUBMIT).len() > 2);
    let pulled = pull(&scene);
    holds(&scene, &pulled, "the queue is full");
    until("what waited was withdrawn", || {
        act(&scene, "trade", ("BUY", MIDDLE + 5), "0.001");
        scene.status()["kill"] == "L3"
    });
    running.interrupt().expect_code(0);
    let withdrawn = scene.records("WITHDRAWN");
    // A cancel of the switch is withdrawn where its order ended before it left.
    let is_cancel = |it: &&Value| it["intent"].as_str().is_some_and(|intent| intent.starts_with("1/h"));
    let orders: Vec<&Value> = withdrawn.iter().filter(|it| !is_cancel(it)).collect();
    println!("{} orders that waited were withdrawn", orders.len());
    assert!(orders.len() > 20 && orders.iter().all(|it| it["by"] == "kill-switch"), "{withdrawn:?}");
    scene.replays();
}

/// What a silent venue does not answer.
const SILENT: [&str; 6] = [
    "/fapi/v1/order",
    "/fapi/v1/allOpenOrders",
    "/fapi/v1/openOrders",
    "/fapi/v1/userTrades",
    "/fapi/v1/listenKey",
    "/fapi/v1/time",
];

#[test]
fn a_venue_that_answers_nothing_is_not_in_the_way() {
    let scene = Scene::of(exchange(), |text| text);
    let running = scene.live_running();
    two_rest(&scene);
    let rules = SILENT.iter().flat_map(|path| ["POST", "DELETE", "GET", "PUT"].map(|verb| format!("{verb} {path}")));
    let late =
        |request| json!({"when": {"request": request, "times": 1_000_000}, "fault": {"kind": "slow", "ms": 600_000}});
    scene.exchange.add_faults(&rules.map(late).collect());
    // Orders are on their way to a venue that says nothing of them over either way.
    let deaf = json!([{"when": {"message": "ORDER_TRADE_UPDATE:*", "times": 1_000_000}, "fault": {"kind": "lose"}}]);
    scene.exchange.add_faults(&deaf);
    let sent = logged(&scene, SUBMIT).len();
    until("orders are on their way", || {
        move_prices(&scene);
        logged(&scene, SUBMIT).len() > sent
    });
    let pulled = pull(&scene);
    holds(&scene, &pulled, "the venue answers nothing");
    drop(running);
    scene.exchange.ask("DELETE /local/faults", "").expect("it answers");
    stays_latched(&scene);
}

#[test]
fn a_disk_that_takes_nothing_is_not_in_the_way() {
    if !Path::new("/usr/bin/prlimit").is_file() {
        ringfence_tests::skip!("no /usr/bin/prlimit, with which the files of a process can be made full");
    }
    let scene = Scene::of(exchange(), |text| text);
    let running = scene.live_running();
    two_rest(&scene);
    // From here on no file grows: what is written behind four kibibytes fails, as on a full disk.
    let full = Command::new("/usr/bin/prlimit").args([&format!("--pid={}", running.id()), "--fsize=4096"]).status();
    assert!(full.is_ok_and(|status| status.success()), "the limit is set");
    let (at_ns, log) = (now_ns(), scene.exchange.log().len());
    // Whichever is first: the session finds out, or somebody pulls the switch.
    let pulled_by = scene.ctl(&["kill", "L3"]).code;
    let finished = running.wait();
    finished.expect_code(4);
    assert!(finished.stderr.contains("everything is canceled at its venues"), "{}", finished.stderr);
    println!("the switch was pulled by {}", if pulled_by == Some(0) { "the operator" } else { "the session" });
    holds(&scene, &Pulled { at_ns, log }, "the disk is full");
    stays_latched(&scene);
}
