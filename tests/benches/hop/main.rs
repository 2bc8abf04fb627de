//! Hop: what does a gateway add to the way of an order?
//!
//! In: the local exchange without a market of its own, a live session at it, a relay between them. Out: one line for each
//! isolation, and what the gateway adds. Must never: assert a time; machines differ.
//!
//! The relay takes the time twice: when it hands the session a quote that the session will answer, and when the first order
//! that follows is there. Both ways of a gateway lie between, and beside them all that lies there without one: reading the
//! message, the step, the journal with its fsync, the request. Sessions of both kinds take turns.
//!
//! `cargo bench -p ringfence-tests --bench hop`, with the binary that `RINGFENCE_BIN` names, or that of the dev profile, and the
//! components of `cargo xtask components`. Something else that uses the machine is seen in the middle order more than in the best
//! tenth.
#![allow(missing_docs, clippy::disallowed_methods, reason = "a bench is where time is measured")]

mod relay;

use std::time::Duration;

use relay::Relay;
use ringfence_session::histogram::Histogram;
use ringfence_tests::scene::{Exchange, Scene, until, with_keys};
use serde_json::json;

/// Turns of each kind, and orders that are measured in each.
const TURNS: usize = 4;
const ORDERS: usize = 100;
/// Between two quotes: the session has answered, and its pace is not used up.
const PAUSE: Duration = Duration::from_millis(40);
const KINDS: [&str; 2] = ["in-process", "process"];

fn main() {
    let mut spread = [Histogram::default(), Histogram::default()];
    for _ in 0..TURNS {
        for (kind, spread) in KINDS.iter().zip(&mut spread) {
            measure(kind, spread);
        }
    }
    println!("{:<12} {:>8} {:>10} {:>10} {:>10}", "isolation", "orders", "p10 us", "p50 us", "p99 us");
    let us = |ns: u64| ns / 1_000;
    for (kind, spread) in KINDS.iter().zip(&spread) {
        let [p10, p50, p99] = [100, 500, 990].map(|at| us(spread.quantile(at)));
        println!("{kind:<12} {:>8} {p10:>10} {p50:>10} {p99:>10}", spread.count());
    }
    let added = |at| us(spread[1].quantile(at).saturating_sub(spread[0].quantile(at)));
    println!(
        "a gateway, both ways of it, adds {} us to the middle order and {} us to the best tenth",
        added(500),
        added(100)
    );
}

/// One session of this kind, from its start to its end.
fn measure(kind: &str, spread: &mut Histogram) {
    let exchange = Exchange::start(&["--prices", "none"], &[]);
    let relay = Relay::start(exchange.port);
    let (here, there) = (format!("port = {}", relay.port), format!("port = {}", exchange.port));
    let apart = format!("isolation = \"{kind}\"\nadapter = ");
    let scene = Scene::of(exchange, |text| text.replace("adapter = ", &apart).replace(&there, &here));
    let mut running = with_keys(scene.run("live", "j")).start();
    running.wait_for("control:");
    scene.arm();
    for number in 0..ORDERS + 1 {
        let price = 29_000 + number;
        let change = json!({
            "is": "quote", "bid": format!("{price}.5"), "bid_qty": "3", "ask": format!("{price}.6"), "ask_qty": "3",
        });
        relay.expect(&format!("\"{price}.5"));
        scene.exchange.act(&json!({"do": "follow", "product": "futures", "symbol": "BTCUSDT", "change": change}));
        std::thread::sleep(PAUSE);
        // The first finds a session that has not traded yet.
        if let Some(taken) = relay.taken().filter(|_| number > 0) {
            spread.record(u64::try_from(taken.as_nanos()).expect("shorter than centuries"));
        }
    }
    let _killed = scene.ctl(&["kill", "L3"]);
    until("the session ends", || !scene.command(&json!({"command": "stop"})));
}
