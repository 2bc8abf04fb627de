//! The page of a running session in a browser: does it show what `ringfence ctl` says, does nothing happen that was not
//! confirmed, and does it fit a desk and a phone, in light and dark?

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ringfence_tests::browser::{self, Window};
use ringfence_tests::devtools::Browser;
use ringfence_tests::run::{Finished, Run, Running};
use ringfence_tests::scene::until;
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Setup, binary, skip};
use serde_json::{Value, json};

const ANN: &str = "ann-0123456789abcdef0123456789abcdef";

/// A paper session with positions, orders that rest, denials and an event tail, reached over TCP.
fn start() -> Running {
    let component = binary::component("ringfence_ema_cross");
    // In the lane of simulations all of its orders are denied.
    let setup = Setup::default().strategy("ema", &component, "params = { fast = 5, slow = 20, qty = \"40\" }");
    let agent = "[[strategies]]\nname = \"agent\"\nprofile = \"external\"\naccount = \"main\"\nlane = \"paper\"\n\
                 capital = \"1000000\"\ninstruments = [\"US:SPY\"]\n\n[risk]\norder_qty_max = \"100\"";
    let control = "\n[control]\ntcp = \"127.0.0.1:0\"\n[[control.tokens]]\nname = \"ann\"\nrole = \"arm-live\"\nfile = \"ann.token\"\n";
    let text = setup.text().replace("[risk]", agent) + control;
    let run = Run::dev(["run", "--mode", "paper", "--config", "host.toml", "--generate", "7", "--journal", "j"]);
    let run = run.args(["--speed", "0.2"]).file("host.toml", text).file("ann.token", ANN);
    std::fs::set_permissions(run.path("ann.token"), std::fs::Permissions::from_mode(0o600)).expect("it is ours");
    let mut running = run.env("RINGFENCE_CACHE", machine_code()).limit(Duration::from_secs(300)).start();
    running.wait_for("paper session");
    running
}

fn ctl(running: &Running, words: &[&str]) -> Finished {
    Run::dev(["ctl", "--json", "--journal"]).arg(running.path("j")).args(words).finish()
}

#[track_caller]
fn told(running: &Running, words: &[&str]) -> Value {
    let finished = ctl(running, words);
    finished.expect_code(0);
    finished.json()
}

fn order(running: &Running, id: &str, (kind, limit): (&str, Option<&str>)) {
    let mut constraints = json!({"order_type": kind, "tif": if kind == "market" { "ioc" } else { "gtc" }});
    if let Some(limit) = limit {
        constraints["limit_price"] = limit.into();
    }
    let intent = json!({
        "intent_id": id, "labels": {"strategy": "agent"}, "kind": "submit", "instrument_id": "US:SPY", "side": "buy",
        "size": {"kind": "quantity", "value": "5"}, "constraints": constraints,
    });
    let path = running.path(&format!("{id}.json"));
    std::fs::write(&path, intent.to_string()).expect("written");
    told(running, &["intent", path.to_str().expect("plain")]);
}

/// Everything that the page shows, as texts: figures, tables by row and cell, denials, the tail.
const READ: &str = r##"(() => {
  if (document.readyState !== "complete") return null;
  const cells = place => [...document.querySelectorAll(`#${place} tbody tr`)].map(row => [...row.children].map(cell => cell.title || cell.textContent));
  const heads = place => [...document.querySelectorAll(`#${place} thead th`)].map(cell => cell.textContent);
  const style = getComputedStyle(document.body), root = document.documentElement;
  const light = text => { const [r, g, b] = text.match(/\d+/g).map(Number); return (r * 299 + g * 587 + b * 114) / 1000; };
  return {
    isOpen: !document.getElementById("desk").hidden,
    badges: [...document.querySelectorAll("#state .badge")].map(it => it.textContent),
    sub: document.getElementById("sub").textContent,
    tiles: Object.fromEntries([...document.querySelectorAll("#tiles .tile")].map(it => [it.querySelector("span").textContent, it.querySelector("b").title])),
    strategies: cells("strategies"), positions: cells("positions"), orders: cells("orders"),
    heads: { strategies: heads("strategies"), positions: heads("positions"), orders: heads("orders") },
    fuel: [...document.querySelectorAll("#strategies .fuel")].map(it => it.parentNode.title),
    denials: [...document.querySelectorAll("#denials .denial")].map(it => it.textContent),
    events: [...document.querySelectorAll("#events li")].map(it => it.textContent),
    controlTop: document.querySelector(".danger").getBoundingClientRect().top + scrollY,
    controlBottom: document.querySelector(".danger").getBoundingClientRect().bottom + scrollY,
    eventsTop: document.getElementById("events").getBoundingClientRect().top + scrollY,
    buttons: [...document.querySelectorAll(".danger button")].map(it => it.textContent),
    left: Object.fromEntries(["strategies", "positions", "orders"].map(place => [place, [...document.querySelectorAll(`#${place} tbody tr:first-child td`)].map((it, at) => getComputedStyle(it).textAlign === "left" ? heads(place)[at] : null).filter(Boolean)])),
    cut: ["strategies", "orders"].map(place => document.getElementById(place)).filter(it => it.scrollWidth > it.clientWidth + 1).map(it => [it.id, getComputedStyle(it).backgroundImage.includes("radial-gradient")]),
    cutTiles: [...document.querySelectorAll("#tiles b")].filter(it => it.scrollWidth > it.clientWidth).map(it => it.title),
    isTooWide: document.scrollingElement.scrollWidth > innerWidth,
    wider: [...document.querySelectorAll("body *")].filter(it => it.getBoundingClientRect().right > innerWidth + 1 && !it.closest(".scroll,.plot,.events")).map(it => it.id || it.className || it.tagName),
    curve: document.querySelectorAll("#curve canvas").length,
    ink: light(style.color), paper: light(style.backgroundColor), errors: root.dataset.errors,
  };
})()"##;

/// The page and the board of one moment: the number of the last event says which. Either may be the later one, so all that
/// was read of both is kept until two are of one event.
#[track_caller]
fn both(browser: &mut Browser, running: &Running) -> (Value, Value) {
    let (mut pages, mut boards) = (BTreeMap::new(), BTreeMap::new());
    for _ in 0..1000 {
        let page = browser.value(READ);
        let board = told(running, &["status"]);
        pages.insert(digits(&page["sub"]), page);
        boards.insert(board["seq"].as_u64(), board);
        if let Some(seq) = pages.keys().copied().find(|seq| seq.is_some() && boards.contains_key(seq)) {
            return (pages.remove(&seq).expect("it was found"), boards.remove(&seq).expect("it was found"));
        }
    }
    panic!("the page told of {:?}, ctl of {:?}", pages.keys(), boards.keys());
}

/// The number behind the word `event`.
fn digits(sub: &Value) -> Option<u64> {
    let number = sub.as_str()?.split(" · ").find_map(|part| part.strip_prefix("event "))?;
    number.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

fn text(of: &Value, field: &str) -> String {
    of[field].as_str().map_or_else(|| of[field].to_string(), str::to_owned)
}

fn rows(list: &Value, fields: &[&str]) -> Value {
    let row = |it: &Value| fields.iter().map(|field| text(it, field)).collect::<Vec<_>>();
    json!(list.as_array().expect("a list").iter().map(row).collect::<Vec<_>>())
}

/// Cells of a table without the last columns.
fn first_columns(table: &Value, columns: usize) -> Value {
    let cut = |row: &Value| row.as_array().expect("a row")[..columns].to_vec();
    json!(table.as_array().expect("rows").iter().map(cut).collect::<Vec<_>>())
}

#[track_caller]
fn is_that_of_ctl(page: &Value, board: &Value) {
    assert_eq!(page["strategies"].as_array().map(Vec::len), Some(2));
    let strategies = first_columns(&page["strategies"], 5);
    assert_eq!(strategies, rows(&board["strategies"], &["name", "state", "pnl", "open_orders", "calls"]));
    let (p99, budget) = (text(&board["strategies"][0], "fuel_p99"), text(&board["strategies"][0], "fuel_budget"));
    let fuel = page["fuel"][0].as_str().expect("a strategy that was called has fuel");
    assert!(fuel.contains(&format!("99 % below {p99}")) && fuel.ends_with(&format!("of {budget}")), "{fuel}: {board}");
    assert_eq!(page["positions"], rows(&board["positions"], &["strategy", "instrument", "qty", "mark"]));
    let fields = ["order", "state", "side", "qty", "filled", "limit", "instrument", "strategy"];
    assert_eq!(page["orders"], rows(&board["orders"], &fields));
    let of = |name: &str| page["tiles"][name].clone();
    assert_eq!(of("Profit"), board["pnl"]);
    let wanted = "Arm Disarm Enable trading Disable trading L1 one strategy L2 no new orders L3 cancel all L4 flatten Release Flatten all Stop session";
    let shown: Vec<&str> = page["buttons"].as_array().expect("buttons").iter().filter_map(Value::as_str).collect();
    assert_eq!(shown.join(" "), wanted);
    for (name, count) in [
        ("Intents", "intents"),
        ("Denied", "denied"),
        ("Orders", "orders"),
        ("Fills", "fills"),
        ("Anomalies", "anomalies"),
    ] {
        assert_eq!(of(name), text(&board["counts"], count), "{name}");
    }
    let denial = |it: &Value| text(it, "last");
    for (shown, told) in
        page["denials"].as_array().expect("denials").iter().zip(board["denials"].as_array().expect("denials"))
    {
        let shown = shown.as_str().expect("text");
        assert!(
            shown.starts_with(told["code"].as_str().expect("code")) && shown.ends_with(&denial(told)),
            "{shown}: {told}"
        );
    }
    assert_eq!(page["denials"].as_array().map(Vec::len), board["denials"].as_array().map(Vec::len));
}

/// Where pictures go, where somebody wants to look at them.
fn pictures() -> Option<PathBuf> {
    std::env::var_os("RINGFENCE_PICTURES").map(PathBuf::from)
}

struct Desk {
    running: Running,
    browser: Browser,
    address: String,
}

impl Desk {
    fn open(chromium: &Path) -> Desk {
        let running = start();
        order(&running, "a-1", ("market", None));
        order(&running, "rests", ("limit", Some("10")));
        let address = running.said("control: http://").expect("it is printed").trim_end_matches("/ with a token");
        let address = format!("http://{address}/#token={ANN}");
        let mut browser = Browser::start(chromium);
        browser.open(&address, WIDE);
        let mut desk = Desk { running, browser, address };
        desk.wait("the page shows the session", |page| {
            let has = |place: &str| page[place].as_array().is_some_and(|list| !list.is_empty());
            page["curve"] == 1 && ["positions", "orders", "denials", "events"].into_iter().all(has)
        });
        desk
    }

    #[track_caller]
    fn wait(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Value::Null;
        for _ in 0..600 {
            seen = self.browser.value(READ);
            if seen.is_object() && holds(&seen) {
                return seen;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("{what}: {seen:#}");
    }

    fn kill(&self) -> Value {
        told(&self.running, &["status"])["kill"].clone()
    }

    /// How many commands the session took, of everybody.
    fn commands(&self) -> u64 {
        let text = told(&self.running, &["metrics"])["text"].as_str().expect("text").to_owned();
        let taken = text.lines().filter(|line| line.starts_with("ringfence_commands_total{"));
        taken.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }
}

const WIDE: Window = Window { width: 1280, is_dark: false };

#[test]
fn the_page_shows_what_ctl_says_and_kills_only_what_was_confirmed() {
    let chromium = match browser::chromium() {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let mut desk = Desk::open(&chromium);
    let (page, board) = both(&mut desk.browser, &desk.running);
    is_that_of_ctl(&page, &board);
    let times = desk.browser.value("[...document.querySelectorAll('#events time')].map(it => it.textContent)");
    let is_time = |text: &str| text.len() == 12 && text.find('.') == Some(8) && !text.contains('Z');
    assert!(times.as_array().expect("a tail").iter().filter_map(Value::as_str).all(is_time), "{times}");
    // The tail follows: an order of now is filled before one's eyes.
    order(&desk.running, "a-2", ("market", None));
    desk.wait("the fill is told", |page| {
        let mut said = page["events"].as_array().expect("a tail").iter().filter_map(Value::as_str);
        said.any(|line| line.contains("OrderFilled") && line.contains("US:SPY"))
    });
    assert!(
        !desk.browser.value("location.href").as_str().expect("text").contains(ANN),
        "the token does not stay there"
    );

    let before = desk.commands();
    desk.browser.click("button[data-level=L3]");
    let asked = "[document.getElementById('confirm').open, document.getElementById('confirm-yes').disabled]";
    assert_eq!(desk.browser.value(asked), json!([true, true]), "it asks first");
    desk.browser.type_text("KILL L2");
    assert_eq!(desk.browser.value(asked), json!([true, true]), "by the word of this level");
    desk.browser.click("#confirm button[value=no]");
    assert_eq!(desk.browser.value("document.getElementById('confirm').open"), false);
    assert_eq!((desk.kill(), desk.commands()), (json!("off"), before), "nothing was told to the session");

    // One strategy is named before it is stopped.
    desk.browser.click("button[data-level=L1]");
    desk.browser.value("document.getElementById('confirm-strategy').value = 'agent'");
    desk.browser.type_text("KILL L1");
    desk.browser.click("#confirm-yes");
    until("agent is stopped", || told(&desk.running, &["status"])["strategies"][1]["state"] == "killed");
    assert_eq!(told(&desk.running, &["status"])["strategies"][0]["state"], "runs");
    let before = desk.commands();

    desk.browser.click("button[data-level=L3]");
    desk.browser.type_text("KILL L3");
    assert_eq!(desk.browser.value(asked), json!([true, false]));
    desk.browser.click("#confirm-yes");
    until("the latch is engaged", || desk.kill() == "L3");
    assert_eq!(desk.commands(), before + 1);
    let page = desk.wait("the page says so", |page| page["badges"].to_string().contains("KILL L3"));
    assert_eq!(page["orders"], json!([]), "orders that rested are canceled");
    assert_eq!(desk.browser.console(), Vec::<String>::new());
    told(&desk.running, &["stop"]);
    desk.running.wait().expect_code(0);
}

#[test]
fn the_page_fits_a_desk_and_a_phone_in_light_and_dark() {
    let chromium = match browser::chromium() {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let mut desk = Desk::open(&chromium);
    for (width, is_dark) in [(1280, false), (1280, true), (380, false), (380, true)] {
        let window = Window { width, is_dark };
        desk.browser.open("about:blank", window);
        let address = desk.address.clone();
        desk.browser.open(&address, window);
        let page = desk.wait("it is drawn", |page| page["isOpen"] == true && page["curve"] == 1);
        assert_eq!((&page["isTooWide"], &page["wider"]), (&json!(false), &json!([])), "{window:?}");
        assert_eq!(page["errors"], "0", "{window:?}");
        assert_eq!(page["cutTiles"], json!([]), "{window:?}");
        // Whoever opens it to stop something sees how, without scrolling on a desk.
        let top = |of: &str| page[of].as_f64().expect("a number");
        assert!(top("controlBottom") < top("eventsTop"), "{window:?}: {page}");
        assert!(top("controlTop") < if width > 760 { 200.0 } else { 400.0 }, "{window:?}: {}", page["controlTop"]);
        assert_eq!(
            page["left"],
            json!({"strategies": ["Strategy", "State"], "positions": ["Strategy", "Instrument"], "orders": ["Order", "State", "Side", "Instrument", "Strategy"]})
        );
        let cut = page["cut"].as_array().expect("a list");
        assert!(cut.iter().all(|place| place[1] == true), "{window:?}: what is cut shows that it goes on: {cut:?}");
        assert!(width > 760 || cut.iter().any(|place| place[0] == "orders"), "{window:?}: {cut:?}");
        let (ink, paper) = (page["ink"].as_f64().expect("a number"), page["paper"].as_f64().expect("a number"));
        let contrast = if is_dark { ink - paper } else { paper - ink };
        assert!(contrast > 150.0, "{window:?}: ink {ink} on paper {paper}");
        if let Some(folder) = pictures() {
            let scheme = if is_dark { "dark" } else { "light" };
            desk.browser.picture(&folder.join(format!("page-{width}-{scheme}.png")));
        }
    }
    assert_eq!(desk.browser.console(), Vec::<String>::new());
    told(&desk.running, &["stop"]);
    desk.running.wait().expect_code(0);
}
