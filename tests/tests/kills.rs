//! Kills: a live session at a faulty local exchange is killed at random moments, again and again, and sometimes the exchange
//! is killed too. Does it agree with the exchange's own ledger in the end, did each client id go out once, and does its record
//! replay?
//!
//! `RINGFENCE_KILLS` says how many kills there are (50), `RINGFENCE_SEED` repeats a run's plan; what the machine makes of
//! it is its own. A round has an exchange and a journal of its own, and several run at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ringfence_core::ids::ClientOrderId;
use ringfence_tests::chance::{Chance, seed_of};
use ringfence_tests::run::Running;
use ringfence_tests::scene::{Exchange, Scene, open_orders, plain, until, until_told};
use ringfence_tests::wire;
use serde_json::{Value, json};

/// Most kills of one journal: each start executes the whole record again.
const ROUND_MAX: u64 = 50;
/// Rounds at a time. An order that was on its way and never came is certain to be gone only after ten seconds, which others
/// need not wait for.
const LANES: u64 = 5;

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it lasts is said by a variable")]
fn a_session_that_is_killed_again_and_again_agrees_with_the_exchange() {
    let mut chance = Chance::new(seed_of("RINGFENCE_SEED"));
    let kills: u64 = std::env::var("RINGFENCE_KILLS").map_or(50, |text| text.parse().expect("a number of kills"));
    let mut left = kills;
    let (mut orders, mut fills) = (0, 0);
    while left > 0 {
        let each = left.div_ceil(LANES).min(ROUND_MAX);
        let of_lane = (0..LANES).map(|lane| each.min(left.saturating_sub(lane * each))).filter(|kills| *kills > 0);
        let rounds: Vec<(u64, Chance)> = of_lane.map(|kills| (kills, chance.fork())).collect();
        left -= rounds.iter().map(|(kills, _)| kills).sum::<u64>();
        let ended: Vec<(usize, usize)> = std::thread::scope(|threads| {
            let lanes = rounds.into_iter().map(|(kills, mut chance)| threads.spawn(move || round(kills, &mut chance)));
            let lanes: Vec<_> = lanes.collect();
            lanes.into_iter().map(|lane| lane.join().expect("the round holds")).collect()
        });
        orders += ended.iter().map(|(orders, _)| orders).sum::<usize>();
        fills += ended.iter().map(|(_, fills)| fills).sum::<usize>();
        eprintln!("{} of {kills} kills: {orders} orders, {fills} fills so far", kills - left);
    }
    assert!(orders > 100 && fills > 20, "that was no load");
}

/// When a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// While it starts and executes its record again.
    StartUp,
    /// While it asks the exchange what is true.
    Comparison,
    /// While it trades; every few milliseconds the journal is confirmed by the disk.
    Trading,
    /// While the kill switch cancels everything.
    KillSwitch,
}

/// What is to happen in a life, in parts of what is drawn for it.
#[derive(Clone, Copy, Debug)]
struct Plan {
    moment: Moment,
    /// Thousandths of the longest wait of this moment.
    part: u64,
    /// How long behind the session's end the exchange is killed too, ms.
    exchange_after_ms: Option<u64>,
}

impl Plan {
    fn drawn(chance: &mut Chance) -> Plan {
        let moment = match chance.below(10) {
            0 | 1 => Moment::StartUp,
            2 | 3 => Moment::Comparison,
            4..=7 => Moment::Trading,
            _ => Moment::KillSwitch,
        };
        Plan { moment, part: chance.below(1_000), exchange_after_ms: chance.one_in(8).then(|| chance.below(300)) }
    }

    fn wait(self, longest: Duration) {
        std::thread::park_timeout(longest.mul_f64(self.part as f64 / 1_000.0));
    }
}

/// One journal and one exchange through so many kills; orders and fills in the end.
fn round(kills: u64, chance: &mut Chance) -> (usize, usize) {
    let faults = faults(&mut chance.fork());
    let options =
        ["--prices", "none", "--seed", "7", "--state", "@state", "--faults", "@faults.toml", "--config", "@x.toml"];
    let files = [("faults.toml", faults.as_str()), ("x.toml", RATES)];
    let mut scene = Scene::of(Exchange::start(&options, &files), |text| text);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let (port, mut moves, is_over) = (scene.exchange.port, chance.fork(), &is_over);
        let market = threads.spawn(move || Market::new(port, is_over).go(&mut moves));
        // Ends the thread when this one fails, too.
        let _end = Ends(is_over);
        let mut lives = Lives { start: Duration::from_secs(1), killed: BTreeMap::new(), is_latched: false };
        for _ in 0..kills {
            lives.one(&mut scene, Plan::drawn(chance));
        }
        eprintln!("  {:?}, start-up of {} ms at the end", lives.killed, lives.start.as_millis());
        let (running, seen) = trades_once_more(&scene);
        is_over.store(true, Ordering::Relaxed);
        market.join().expect("the market ends");
        agrees(&scene, running, &seen)
    })
}

/// Nobody is refused for asking too often: how often it was killed is not the venue's business here.
const RATES: &str = "[rates]\nspot_weight = 1000000\nfutures_weight = 1000000\norders_10s = 100000\n";

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The lives of one session so far.
struct Lives {
    /// How long the last whole start took.
    start: Duration,
    killed: BTreeMap<Moment, u64>,
    /// The kill switch was pulled and this was confirmed.
    is_latched: bool,
}

impl Lives {
    fn one(&mut self, scene: &mut Scene, plan: Plan) {
        let mut running = scene.live().start();
        self.live(scene, &mut running, plan);
        // It is killed when it goes away.
        drop(running);
        *self.killed.entry(plan.moment).or_default() += 1;
        if let Some(ms) = plan.exchange_after_ms {
            std::thread::park_timeout(Duration::from_millis(ms));
            scene.exchange.kill();
            scene.exchange.again();
        }
    }

    fn live(&mut self, scene: &Scene, running: &mut Running, plan: Plan) {
        if plan.moment == Moment::StartUp {
            return plan.wait(self.start);
        }
        let began = now();
        running.wait_for("control:");
        self.start = now() - began;
        if plan.moment == Moment::Comparison {
            return plan.wait(Duration::from_millis(150));
        }
        self.release(scene, running);
        scene.arm();
        // Where an order was on its way that the exchange does not have, this is certain only after a while.
        until("the exchange was compared", || scene.status()["venues"][0]["is_up"] == true);
        plan.wait(Duration::from_millis(700));
        if plan.moment == Moment::KillSwitch {
            self.is_latched = scene.command(&json!({"command": "kill", "level": "L3"}));
            plan.wait(Duration::from_millis(20));
        }
    }

    /// A kill switch that was confirmed is in force in the next life, until somebody releases it.
    fn release(&mut self, scene: &Scene, running: &mut Running) {
        until_told("it is seen", || scene.status().is_object(), || running.heard().to_owned());
        if self.is_latched {
            until("the latch is in force", || scene.status()["kill"] == "L3");
        }
        self.is_latched = false;
        let off = json!({"command": "kill", "level": "off"}).to_string();
        let answers = RefCell::new((None, Value::Null));
        let released = || {
            answers.replace((scene.ask("POST /v1/commands", &off), scene.status()));
            let (answer, board) = &*answers.borrow();
            matches!(answer, Some((200, _))) && board["kill"] == "off"
        };
        until_told("the switch is released", released, || format!("{:?}\n{}", answers.borrow(), running.heard()));
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a start takes says when the next one is killed")]
fn now() -> Instant {
    Instant::now()
}

/// A life without faults: what was lost on the way is found out, and trading goes on.
fn trades_once_more(scene: &Scene) -> (Running, Value) {
    let seen = scene.exchange.ask("GET /local/faults", "").expect("it answers").1;
    let gone = scene.exchange.ask("DELETE /local/faults", "").expect("it answers");
    assert_eq!(gone.0, 200);
    let mut running = scene.live_running();
    Lives { start: Duration::ZERO, killed: BTreeMap::new(), is_latched: false }.release(scene, &mut running);
    scene.arm();
    let fills = fills(scene).len();
    until("it trades again", || self::fills(scene).len() > fills + 2);
    (running, seen)
}

/// Numbers of alice's trades at the exchange.
fn fills(scene: &Scene) -> Vec<u64> {
    numbers(scene.exchange.futures()["fills"].as_array().expect("fills"), "trade")
}

fn numbers(list: &[Value], field: &str) -> Vec<u64> {
    let mut numbers: Vec<u64> = list.iter().map(|one| one[field].as_u64().expect("a number")).collect();
    numbers.sort_unstable();
    numbers
}

/// Nothing moves any more: both say the same, the session is suspended, and what it recorded is what happened.
fn agrees(scene: &Scene, running: Running, seen: &Value) -> (usize, usize) {
    let mut last = (String::new(), String::new());
    for _ in 0..500 {
        last = (theirs(scene), ours(scene));
        if last.0 == last.1 {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    assert_eq!(last.0, last.1, "the exchange says the first, the session the second");
    running.interrupt().expect_code(0);
    let orders = scene.exchange.futures()["orders"].clone();
    let ids: Vec<&str> = orders.as_array().expect("orders").iter().map(client_id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each client id came once");
    let sent: BTreeSet<String> = scene.records("DISPATCHED").iter().map(|it| text(it, "intent").to_owned()).collect();
    let unknown: Vec<&&str> = ids.iter().filter(|id| !sent.contains(&leg(id))).collect();
    assert_eq!(unknown, Vec::<&&str>::new(), "nothing went out that the record does not have");
    let recorded = scene.records("OrderFilled");
    let mut trades = numbers(&recorded, "trade_id");
    trades.dedup();
    assert_eq!(trades, fills(scene), "each trade is in the record, and no other");
    // What is asked for after a restart is told again, and known for what it is.
    let again = scene.records("ANOMALY").iter().filter(|it| it["code"] == "A-DUPLICATE-FILL").count();
    assert_eq!(recorded.len() - trades.len(), again, "each trade was booked once");
    let (orders, fills, unknown) = (ids.len(), trades.len(), scene.records("OutcomeUnknown").len());
    let rules = seen["rules"].as_array().expect("rules");
    let fired: u64 = rules.iter().filter_map(|rule| rule["fired"].as_u64()).sum();
    eprintln!(
        "  {orders} orders, {fills} fills, {unknown} outcomes unknown, {fired} faults since the exchange began last"
    );
    scene.replays();
    (orders, fills)
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_else(|| panic!("no {field} in {of}"))
}

fn client_id(order: &Value) -> &str {
    text(order, "clientOrderId")
}

/// The leg that a client id names.
fn leg(id: &str) -> String {
    ClientOrderId::parse(id).map_or_else(|| format!("{id}, which is none of ours"), |(_, key)| key.to_string())
}

/// Open orders and position by the exchange.
fn theirs(scene: &Scene) -> String {
    let futures = scene.exchange.futures();
    let line = |order: &Value| format!("{} filled {}\n", leg(client_id(order)), plain(text(order, "executedQty")));
    let mut open: Vec<String> = open_orders(&futures).into_iter().map(line).collect();
    open.sort_unstable();
    let position = futures["money"]["positions"][0]["qty"].as_str().unwrap_or("0");
    format!("{}position {}", open.concat(), plain(position))
}

/// The same by the session, with what is not known.
fn ours(scene: &Scene) -> String {
    let board = scene.status();
    let line = |order: &Value| {
        let doubt = if order["state"] == "UNKNOWN" { " UNKNOWN" } else { "" };
        format!("{} filled {}{doubt}\n", text(order, "order"), plain(text(order, "filled")))
    };
    let mut open: Vec<String> = board["orders"].as_array().expect("orders").iter().map(line).collect();
    open.sort_unstable();
    let position = board["positions"][0]["qty"].as_str().unwrap_or("0");
    format!("{}position {}", open.concat(), plain(position))
}

/// Prices that move fast: the touch is taken, shifted and filled up many times a second.
struct Market<'a> {
    port: u16,
    is_over: &'a AtomicBool,
    /// Middle of the book, in tenths.
    middle: u64,
}

impl<'a> Market<'a> {
    fn new(port: u16, is_over: &'a AtomicBool) -> Market<'a> {
        Market { port, is_over, middle: 300_000 }
    }

    fn go(&mut self, chance: &mut Chance) {
        self.quote(chance);
        while !self.is_over.load(Ordering::Relaxed) {
            match chance.below(10) {
                0..=4 => self.trade(chance),
                5..=7 => self.shift(chance),
                _ => self.quote(chance),
            }
            std::thread::park_timeout(Duration::from_millis(8 + chance.below(25)));
        }
    }

    fn touch(&self, side: &str) -> u64 {
        if side == "BUY" { self.middle - 5 } else { self.middle + 5 }
    }

    fn quote(&self, chance: &mut Chance) {
        ["BUY", "SELL"].iter().for_each(|side| self.place(side, 20 + chance.below(300)));
    }

    fn place(&self, side: &str, thousandths: u64) {
        self.act("place", (side, self.touch(side)), thousandths);
    }

    /// Somebody takes what rests at the touch: of the house, and of whoever stands behind it.
    fn trade(&self, chance: &mut Chance) {
        let (taker, maker) = if chance.one_in(2) { ("BUY", "SELL") } else { ("SELL", "BUY") };
        self.act("trade", (taker, self.touch(maker)), 50 + chance.below(500));
        self.place(maker, 20 + chance.below(300));
    }

    fn shift(&mut self, chance: &mut Chance) {
        ["BUY", "SELL"].iter().for_each(|side| self.place(side, 0));
        // It stays where limits of prices do not matter.
        let up = if self.middle > 302_000 { false } else { self.middle < 298_000 || chance.one_in(2) };
        let ticks = 1 + chance.below(9);
        self.middle = if up { self.middle + ticks } else { self.middle - ticks };
        self.quote(chance);
    }

    /// Done once at least: an exchange that is killed meanwhile is told again.
    fn act(&self, what: &str, (side, tenths): (&str, u64), thousandths: u64) {
        let act = json!({
            "do": what, "product": "futures", "symbol": "BTCUSDT", "side": side,
            "price": format!("{}.{}", tenths / 10, tenths % 10),
            "qty": format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000),
        });
        while !self.is_over.load(Ordering::Relaxed) {
            match wire::at_port(self.port, "POST /local/market", &act.to_string()) {
                Some((200, _)) => return,
                Some((status, said)) => panic!("{act}: {status} {said}"),
                None => std::thread::park_timeout(Duration::from_millis(10)),
            }
        }
    }
}

/// Where a fault happens, how far the last of them may be, and how many there are.
const PLACES: [(&str, &str, u64, u64); 21] = [
    ("request = \"POST /fapi/v1/order\"", "kind = \"lost_ack\"", 300, 8),
    ("request = \"POST /fapi/v1/order\"", "kind = \"lost_submit\"", 300, 2),
    ("request = \"POST /fapi/v1/order\"", "kind = \"unavailable\", text = \"unknown\", is_processed = true", 300, 4),
    ("request = \"POST /fapi/v1/order\"", "kind = \"unavailable\", text = \"unknown\"", 300, 1),
    ("request = \"POST /fapi/v1/order\"", "kind = \"unavailable\", text = \"unavailable\"", 300, 3),
    ("request = \"POST /fapi/v1/order\"", "kind = \"cut_response\", bytes = 20", 300, 3),
    ("request = \"POST /fapi/v1/order\"", "kind = \"slow\", ms = 150", 300, 8),
    ("request = \"POST /fapi/v1/order\"", "kind = \"fill_before_ack\", ms = 30", 300, 5),
    ("request = \"DELETE /fapi/v1/order\"", "kind = \"lost_ack\"", 200, 5),
    ("request = \"DELETE /fapi/v1/order\"", "kind = \"lost_submit\"", 200, 3),
    ("request = \"DELETE /fapi/v1/order\"", "kind = \"late_fill\", ms = 60", 200, 5),
    ("request = \"GET /fapi/v1/openOrders\"", "kind = \"slow\", ms = 100", 30, 5),
    ("request = \"GET /fapi/v1/userTrades\"", "kind = \"unavailable\", text = \"internal\"", 60, 4),
    ("request = \"GET /fapi/v2/positionRisk\"", "kind = \"lost_ack\"", 60, 4),
    ("message = \"ORDER_TRADE_UPDATE:TRADE\"", "kind = \"duplicate\"", 100, 8),
    ("message = \"ORDER_TRADE_UPDATE:TRADE\"", "kind = \"lose\"", 100, 6),
    ("message = \"ORDER_TRADE_UPDATE:TRADE\"", "kind = \"delay\", ms = 120", 100, 8),
    ("message = \"ORDER_TRADE_UPDATE:NEW\"", "kind = \"lose\"", 200, 5),
    ("message = \"ORDER_TRADE_UPDATE:CANCELED\"", "kind = \"delay\", ms = 80", 150, 5),
    ("message = \"ORDER_TRADE_UPDATE:*\"", "kind = \"cut_stream\", bytes = 30", 400, 3),
    ("stream = \"bookTicker\"", "kind = \"cut_stream\", bytes = 12", 2_000, 3),
];

/// Rules of what goes wrong in a round.
fn faults(chance: &mut Chance) -> String {
    let rule = |chance: &mut Chance, (place, fault, last, _): &(&str, &str, u64, u64)| {
        format!("[[rule]]\nwhen = {{ {place}, nth = {} }}\nfault = {{ {fault} }}\n", 1 + chance.below(*last))
    };
    PLACES.iter().flat_map(|place| (0..place.3).map(move |_| place)).map(|place| rule(chance, place)).collect()
}
