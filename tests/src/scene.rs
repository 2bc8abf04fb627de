//! Scenes: a session at the local exchange, both in processes of their own.
//!
//! In: options of the exchange, a configuration of this repository that is changed a little. Out: both running, what either
//! says of itself. Must never: know what is right; that stands in the tests.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Finished, Run, Running};
use crate::setup::machine_code;
use crate::{binary, wire, workspace};

/// What approvals of the sessions here are signed with.
pub const SECRET: &str = "an-approval-secret-of-more-than-32-bytes";
/// Both may run for so long before they are taken for stuck.
const LIMIT: Duration = Duration::from_secs(600);

/// An exchange at a port of its own. It is killed when this value goes away.
#[derive(Debug)]
pub struct Exchange {
    /// Where it listens.
    pub port: u16,
    options: Vec<String>,
    folder: TempDir,
    running: Option<Running>,
}

/// A port that nobody listens at.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}

impl Exchange {
    /// Starts one with these options, among them names of these files.
    ///
    /// # Panics
    /// When it does not listen soon.
    #[must_use]
    #[track_caller]
    pub fn start(options: &[&str], files: &[(&str, &str)]) -> Exchange {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("the folder is writable");
        }
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut exchange = Exchange { port: free_port(), options, folder, running: None };
        exchange.again();
        exchange
    }

    /// Starts it once more, at the same place.
    ///
    /// # Panics
    /// When it does not listen soon.
    #[track_caller]
    pub fn again(&mut self) {
        let run = Run::dev(["exchange", "--port", &self.port.to_string()]);
        let files = self.folder.path();
        let option = |run: Run, option: &String| match option.strip_prefix('@') {
            Some(name) => run.arg(files.join(name)),
            None => run.arg(option),
        };
        self.running = Some(self.options.iter().fold(run, option).limit(LIMIT).start());
        until("the exchange listens", || self.ask("GET /local", "").is_some());
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Number of its process.
    ///
    /// # Panics
    /// While it is killed.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.as_ref().expect("it runs").id()
    }

    /// Absolute path of a name in its folder; options name it as `@NAME`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Asks it; `head` is verb and path.
    #[must_use]
    pub fn ask(&self, head: &str, body: &str) -> Option<(u16, Value)> {
        wire::at_port(self.port, head, body)
    }

    /// Acts on its market.
    ///
    /// # Panics
    /// When it refuses.
    #[track_caller]
    pub fn act(&self, act: &Value) {
        let (status, said) = self.ask("POST /local/market", &act.to_string()).expect("the exchange answers");
        assert_eq!(status, 200, "{act}: {said}");
    }

    /// Adds rules of faults.
    ///
    /// # Panics
    /// When it refuses.
    #[track_caller]
    pub fn add_faults(&self, rules: &Value) {
        let (status, said) = self.ask("POST /local/faults", &json!({ "rule": rules }).to_string()).expect("it answers");
        assert_eq!(status, 200, "{rules}: {said}");
    }

    /// What the first account has in futures: money, orders and fills.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    #[track_caller]
    pub fn futures(&self) -> Value {
        let (_, mut said) = self.ask("GET /local/ledger", "").expect("the exchange answers");
        said["accounts"][0]["futures"].take()
    }

    /// Lines of its log of accepted requests, in order; it was started with `--state @state`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path("state/commands.log")).expect("it keeps a log");
        let json = |line: &str| serde_json::from_str(line.split_once(' ')?.1).ok();
        text.lines().filter_map(json).collect()
    }
}

/// Waits until something holds.
///
/// # Panics
/// When it does not within minutes.
#[track_caller]
pub fn until(what: &str, holds: impl FnMut() -> bool) {
    until_told(what, holds, String::new);
}

/// Waits until something holds; when it does not, what is told says more.
///
/// # Panics
/// When it does not within minutes.
#[track_caller]
pub fn until_told(what: &str, mut holds: impl FnMut() -> bool, told: impl FnOnce() -> String) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("{what}: not within two minutes\n{}", told());
}

/// An exchange, and a configuration that reaches it.
#[derive(Debug)]
pub struct Scene {
    /// The exchange.
    pub exchange: Exchange,
    folder: TempDir,
}

/// The configuration of this repository that trades at the local exchange, for this port.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn configuration(port: u16) -> String {
    let text = std::fs::read_to_string(workspace::root().join("config/local_usdm.toml")).expect("an example");
    let component = binary::component("ringfence_touch_maker");
    text.replace("port = 8500", &format!("port = {port}"))
        .replace("../target/components/ringfence_touch_maker.wasm", &component.display().to_string())
}

impl Scene {
    /// A scene whose configuration is changed like this.
    ///
    /// # Panics
    /// When its folder cannot be written.
    #[must_use]
    pub fn of(exchange: Exchange, change: impl FnOnce(String) -> String) -> Scene {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let text = change(configuration(exchange.port));
        std::fs::write(folder.path().join("host.toml"), text).expect("the folder is writable");
        Scene { exchange, folder }
    }

    /// Absolute path of a name in the folder of configuration and journals.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The journal of [`Scene::live`].
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.path("j")
    }

    /// A session of this mode that records here, without a secret.
    #[must_use]
    pub fn run(&self, mode: &str, journal: &str) -> Run {
        self.run_of(binary::dev(), &[])
            .args(["run", "--mode", mode, "--json", "--config"])
            .arg(self.path("host.toml"))
            .arg("--journal")
            .arg(self.path(journal))
    }

    /// The same by a program that starts the binary.
    #[must_use]
    pub fn run_of(&self, program: &Path, words: &[&str]) -> Run {
        Run::of(program, words).env("RINGFENCE_CACHE", machine_code()).limit(LIMIT)
    }

    /// A live session of alice.
    #[must_use]
    pub fn live(&self) -> Run {
        with_keys(self.run("live", "j"))
    }

    /// A live session that can be reached.
    ///
    /// # Panics
    /// When it ends before.
    #[must_use]
    #[track_caller]
    pub fn live_running(&self) -> Running {
        let mut running = self.live().start();
        running.wait_for("control:");
        running
    }

    /// `ringfence ctl --json` of the live session.
    #[must_use]
    pub fn ctl(&self, words: &[&str]) -> Finished {
        Run::dev(["ctl", "--json", "--journal"]).arg(self.journal()).args(words).finish()
    }

    /// Asks the live session at its socket.
    #[must_use]
    pub fn ask(&self, head: &str, body: &str) -> Option<(u16, Value)> {
        wire::at_socket(&self.journal().join("ringfence.sock"), head, body)
    }

    /// Gives the live session a command; whether it took it.
    #[must_use]
    pub fn command(&self, command: &Value) -> bool {
        self.ask("POST /v1/commands", &command.to_string()).is_some_and(|(status, _)| status == 200)
    }

    /// The board of the live session; null where nobody answers.
    #[must_use]
    pub fn status(&self) -> Value {
        self.ask("GET /v1/status", "").map_or(Value::Null, |(_, board)| board)
    }

    /// Arms the live session: accepted, and in force.
    ///
    /// # Panics
    /// When it does not come about.
    #[track_caller]
    pub fn arm(&self) {
        until("it is armed", || self.command(&json!({"command": "arm"})) && self.is_trading());
    }

    /// Whether new orders are allowed.
    #[must_use]
    pub fn is_trading(&self) -> bool {
        self.status()["trading"] == "enabled"
    }

    /// Executes the record of the live session again.
    ///
    /// # Panics
    /// When a decision differs.
    #[track_caller]
    pub fn replays(&self) {
        let run = self.run_of(binary::dev(), &["replay", "--verify", "--json"]).arg(self.journal());
        let finished = run.env("AIS_RISK_HMAC_SECRET", SECRET).finish();
        finished.expect_code(0);
        assert_eq!(finished.json()["match"], true);
    }

    /// Records of the live session of this kind.
    ///
    /// # Panics
    /// When the journal is not whole.
    #[must_use]
    #[track_caller]
    pub fn records(&self, only: &str) -> Vec<Value> {
        let finished = Run::dev(["inspect", "--json", "--only", only]).arg(self.journal()).finish();
        finished.expect_code(0);
        finished.json_lines()
    }
}

/// With everything that a live session at the local exchange needs of the environment.
#[must_use]
pub fn with_keys(run: Run) -> Run {
    let of = [
        ("AIS_ENABLE_LIVE_TRADING", "true"),
        ("AIS_RISK_HMAC_SECRET", SECRET),
        ("LOCAL_ACCOUNT_ID", "alice"),
        ("LOCAL_API_KEY", "alice-key"),
        ("LOCAL_API_SECRET", "alice-secret"),
    ];
    of.iter().fold(run, |run, (name, value)| run.env(name, value))
}

/// Orders that rest, of what an exchange says.
#[must_use]
pub fn open_orders(futures: &Value) -> Vec<&Value> {
    let is_open = |order: &&Value| matches!(order["status"].as_str(), Some("NEW" | "PARTIALLY_FILLED"));
    futures["orders"].as_array().map_or_else(Vec::new, |orders| orders.iter().filter(is_open).collect())
}

/// A decimal without the zeros at its end.
#[must_use]
pub fn plain(decimal: &str) -> &str {
    let cut = if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal };
    if cut.is_empty() { "0" } else { cut }
}
