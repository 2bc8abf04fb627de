//! A live session against the local exchange, through the real binary: what it needs before it sends, what survives a crash,
//! and whether the exchange's own ledger agrees with it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use ringfence_tests::run::{Finished, Run, Running};
use ringfence_tests::setup::machine_code;
use ringfence_tests::{binary, workspace};
use serde_json::Value;

const SECRET: &str = "an-approval-secret-of-more-than-32-bytes";

/// The exchange and the configuration that reaches it.
struct Scene {
    exchange: Running,
    port: u16,
    folder: tempfile::TempDir,
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}

impl Scene {
    fn open(faults: &str) -> Scene {
        let port = free_port();
        let mut run = Run::dev(["exchange", "--port", &port.to_string(), "--seed", "7"]);
        if !faults.is_empty() {
            run = run.args(["--faults", "faults.toml"]).file("faults.toml", faults);
        }
        let exchange = run.limit(Duration::from_secs(120)).start();
        let folder = tempfile::tempdir().expect("a folder");
        let text = std::fs::read_to_string(workspace::root().join("config/local_usdm.toml")).expect("an example");
        let component = binary::component("ringfence_touch_maker");
        let text = text
            .replace("port = 8500", &format!("port = {port}"))
            .replace("../target/components/ringfence_touch_maker.wasm", &component.display().to_string());
        std::fs::write(folder.path().join("host.toml"), text).expect("written");
        let scene = Scene { exchange, port, folder };
        scene.until("the exchange listens", || TcpStream::connect(("127.0.0.1", scene.port)).is_ok());
        scene
    }

    #[track_caller]
    fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        for _ in 0..3_000 {
            if holds() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        panic!("{what}: not within a minute");
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, mode: &str, journal: &str) -> Run {
        let (config, journal) = (self.path("host.toml"), self.path(journal));
        let run = Run::dev(["run", "--mode", mode, "--config", &config, "--journal", &journal, "--json"]);
        run.env("RINGFENCE_CACHE", machine_code()).limit(Duration::from_secs(120))
    }

    fn live(&self) -> Running {
        let run = self.run("live", "j").env("AIS_ENABLE_LIVE_TRADING", "true").env("AIS_RISK_HMAC_SECRET", SECRET);
        let run = run.env("LOCAL_ACCOUNT_ID", "alice").env("LOCAL_API_KEY", "alice-key");
        let mut running = run.env("LOCAL_API_SECRET", "alice-secret").start();
        running.wait_for("control:");
        running
    }

    fn ctl(&self, words: &[&str]) -> Finished {
        Run::dev(["ctl", "--json", "--journal", &self.path("j")]).args(words).finish()
    }

    fn status(&self) -> Value {
        let finished = self.ctl(&["status"]);
        finished.expect_code(0);
        finished.json()
    }

    /// Two steps: the first asks, the second is what it says.
    fn arm(&self) {
        self.until("it is armed", || self.ctl(&["arm"]).code == Some(0) && self.status()["trading"] == "enabled");
    }

    fn ledger(&self) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the exchange is there");
        write!(stream, "GET /local/ledger HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("answered");
        let body = text.split_once("\r\n\r\n").expect("a body").1;
        let (from, to) = (body.find('{').expect("JSON"), body.rfind('}').expect("JSON"));
        serde_json::from_str(&body[from..=to]).expect("JSON")
    }

    fn futures(&self) -> Value {
        self.ledger()["accounts"][0]["futures"].clone()
    }

    fn fills(&self) -> usize {
        self.futures()["fills"].as_array().map_or(0, Vec::len)
    }

    /// Client ids of the account's orders at the exchange, ended ones too.
    fn client_ids(&self) -> Vec<String> {
        let orders = self.futures()["orders"].clone();
        let orders = orders.as_array().cloned().unwrap_or_default();
        orders.iter().map(|order| order["clientOrderId"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// A decimal without the zeros at its end.
fn plain(decimal: &str) -> &str {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

fn replays(journal: &Path) {
    let finished = Run::dev(["replay", &journal.display().to_string(), "--verify", "--json"])
        .env("RINGFENCE_CACHE", machine_code())
        .env("AIS_RISK_HMAC_SECRET", SECRET)
        .finish();
    finished.expect_code(0);
    assert_eq!(finished.json()["match"], true);
}

#[test]
fn live_says_everything_that_is_missing() {
    let scene = Scene::open("");
    let finished = scene.run("live", "j").finish();
    finished.expect_code(2);
    for name in ["switch", "account-id", "venue-keys", "approval-secret"] {
        assert!(finished.stderr.contains(&format!("  {name}: ")), "{name} in {}", finished.stderr);
    }
    assert!(!Path::new(&scene.path("j")).exists(), "nothing was begun");
    drop(scene.exchange);
}

#[test]
fn shadow_trades_at_the_prices_of_the_venue_and_sends_nothing() {
    let scene = Scene::open("");
    let mut running = scene.run("shadow", "j").env("AIS_RISK_HMAC_SECRET", SECRET).start();
    running.wait_for("control:");
    scene.until("it saw the market", || scene.status()["seq"].as_u64().is_some_and(|events| events > 60));
    running.interrupt().expect_code(0);
    assert!(scene.client_ids().is_empty(), "nothing was sent");
    replays(Path::new(&scene.path("j")));
}

#[test]
fn a_live_session_survives_kill_9_and_agrees_with_the_exchange() {
    let scene = Scene::open("");
    let running = scene.live();
    scene.arm();
    scene.until("something was filled", || scene.fills() > 0);
    // The value kills it when it goes away: SIGKILL.
    drop(running);
    let before = scene.client_ids();
    let running = scene.live();
    scene.arm();
    let fills = scene.fills();
    scene.until("it trades again", || scene.fills() > fills);
    scene.ctl(&["kill", "L3"]).expect_code(0);
    scene.until("nothing rests any more", || {
        let orders = scene.futures()["orders"].clone();
        let is_open = |order: &Value| matches!(order["status"].as_str(), Some("NEW" | "PARTIALLY_FILLED"));
        orders.as_array().is_some_and(|orders| orders.iter().filter(|order| is_open(order)).count() == 0)
    });
    let mut ids = scene.client_ids();
    assert!(ids.len() > before.len() && before.iter().all(|id| ids.contains(id)));
    let sent = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), sent, "each client id came once");
    let at_venue = scene.futures()["money"]["positions"][0]["qty"].as_str().unwrap_or("0").to_owned();
    scene.until("positions agree", || {
        let finished = scene.ctl(&["positions"]);
        let held = finished.json();
        let held = held
            .as_array()
            .and_then(|list| list.first())
            .map_or("0".to_owned(), |it| it["qty"].as_str().unwrap_or("0").to_owned());
        plain(&held) == plain(&at_venue)
    });
    drop(running.interrupt());
    replays(Path::new(&scene.path("j")));
}
