//! The control surface of a session that runs, through the real binary: what it shows, what it does, who may not; and does a
//! session that was commanded replay to the same decisions, with who commanded it in its journal?

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use ringfence_tests::run::{Finished, Run, Running};
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Setup, binary};
use serde_json::{Value, json};

const ANN: &str = "ann-0123456789abcdef0123456789abcdef";
const EVE: &str = "eve-0123456789abcdef0123456789abcdef";

/// A paper session with a strategy and one that is spoken for from outside, reached over a socket and TCP.
fn start(more: &str) -> Running {
    let component = binary::component("ringfence_ema_cross");
    let setup = Setup::default().strategy("ema", &component, "params = { fast = 5, slow = 20, qty = \"40\" }");
    // It keeps the lane in which all of its orders are denied: what it holds would come and go with the market.
    let text = setup.text();
    let agent = "[[strategies]]\nname = \"agent\"\nprofile = \"external\"\naccount = \"main\"\nlane = \"paper\"\n\
                 capital = \"1000000\"\ninstruments = [\"US:SPY\"]\n\n[risk]\norder_qty_max = \"100\"";
    let token = |name: &str, role: &str| {
        format!("[[control.tokens]]\nname = \"{name}\"\nrole = \"{role}\"\nfile = \"{name}.token\"\n")
    };
    let control = format!(
        "\n[control]\ntcp = \"127.0.0.1:0\"\n{more}\n{}{}\n[records]\nlog_file = \"logs/execution.log\"\n",
        token("ann", "arm-live"),
        token("eve", "view")
    );
    let text = text.replace("[risk]", agent) + &control;
    let run = Run::dev([
        "run",
        "--mode",
        "paper",
        "--config",
        "host.toml",
        "--generate",
        "7",
        "--speed",
        "0.5",
        "--journal",
        "j",
    ]);
    let run = run.file("host.toml", text).file("ann.token", ANN).file("eve.token", EVE);
    for name in ["ann.token", "eve.token"] {
        std::fs::set_permissions(run.path(name), std::fs::Permissions::from_mode(0o600)).expect("it is ours");
    }
    let mut running = run.env("RINGFENCE_CACHE", machine_code()).limit(Duration::from_secs(120)).start();
    running.wait_for("paper session");
    running
}

fn ctl(running: &Running, words: &[&str]) -> Finished {
    let journal = running.path("j").display().to_string();
    Run::dev(["ctl", "--json", "--journal", &journal]).args(words).finish()
}

fn told(running: &Running, words: &[&str]) -> Value {
    let finished = ctl(running, words);
    finished.expect_code(0);
    finished.json()
}

fn order(running: &Running, id: &str, qty: &str) -> Value {
    let intent = json!({
        "intent_id": id, "labels": {"strategy": "agent"}, "kind": "submit", "instrument_id": "US:SPY", "side": "buy",
        "size": {"kind": "quantity", "value": qty}, "constraints": {"order_type": "market", "tif": "ioc"},
    });
    let path = running.path(&format!("{id}.json"));
    std::fs::write(&path, intent.to_string()).expect("written");
    let finished = ctl(running, &["intent", path.to_str().expect("plain")]);
    let answer = finished.json();
    // What came to nothing is no success.
    let is_refused = statuses(&answer).iter().any(|status| ["DENIED", "MALFORMED"].contains(status));
    finished.expect_code(i32::from(is_refused));
    answer
}

/// What becomes of an order whose quantity is none that the instrument has.
fn order_of_nothing(running: &Running) -> Vec<String> {
    statuses(&order(running, "of-nothing", "0")).into_iter().map(str::to_owned).collect()
}

fn statuses(answer: &Value) -> Vec<&str> {
    answer["reports"].as_array().expect("reports").iter().filter_map(|report| report["status"].as_str()).collect()
}

/// Waits until the status shows what is wanted.
#[track_caller]
fn wait(running: &Running, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..100 {
        let status = told(running, &["status"]);
        if wanted(&status) {
            return status;
        }
    }
    panic!("{}", told(running, &["status"]));
}

fn inspected(journal: &Path, only: &str) -> Vec<Value> {
    let journal = journal.display().to_string();
    let finished = Run::dev(["inspect", &journal, "--json", "--only", only]).finish();
    finished.expect_code(0);
    finished.json_lines()
}

#[test]
fn a_session_that_was_commanded_replays_and_says_who_commanded_it() {
    let running = start("");
    let socket = running.path("j").join("ringfence.sock");
    assert_eq!(socket.metadata().expect("a socket").permissions().mode() & 0o777, 0o600);
    told(&running, &["disable"]);
    wait(&running, |status| status["trading"] == "disabled");
    assert_eq!(statuses(&order(&running, "while-disabled", "5")).last(), Some(&"DENIED"));
    told(&running, &["enable"]);
    let sent = order(&running, "a-1", "5");
    assert_eq!((&sent["intent"], statuses(&sent)[..2].to_vec()), (&json!("2/2"), vec!["EMITTED", "NORMALISED"]));
    let denied = order(&running, "too-large", "101");
    assert_eq!(denied["reports"].as_array().expect("reports").last().expect("one")["code"], "D-ORDER-QTY-MAX");
    let found = told(&running, &["intent", "a-1", "--of", "agent"]);
    assert_eq!(statuses(&found).last(), Some(&"FILLED"));
    ctl(&running, &["intent", running.path("a-1.json").to_str().expect("plain")]).expect_code(1);
    assert!(told(&running, &["positions"]).as_array().expect("a list").iter().any(|it| it["strategy"] == "agent"));
    told(&running, &["kill", "L1", "--strategy", "ema"]);
    wait(&running, |status| status["strategies"][0]["state"] == "killed");
    for level in ["L2", "L3", "L4"] {
        told(&running, &["kill", level]);
        wait(&running, |status| status["kill"] == level);
    }
    wait(&running, |status| status["positions"] == json!([]));
    told(&running, &["kill", "off"]);
    told(&running, &["flatten", "--strategy", "agent"]);
    let resumed = ctl(&running, &["resume", "ema"]);
    resumed.expect_code(1);
    assert!(resumed.stderr.contains("ema is not halted"), "{}", resumed.stderr);
    assert!(order_of_nothing(&running).contains(&"MALFORMED".to_owned()));
    let none = ctl(&running, &["events", "--max", "0"]);
    none.expect_code(0);
    assert_eq!(none.stdout, "");
    let events = ctl(&running, &["events", "--max", "1000"]).stdout;
    let commands: Vec<&str> = events.lines().filter(|line| line.contains("OperatorCommand")).collect();
    assert!(commands.iter().any(|line| line.contains("asked=kill")), "{events}");
    assert!(!commands.iter().any(|line| line.contains("blob=")), "what was said stands there itself: {events}");
    told(&running, &["reload"]);
    ctl(&running, &["kill", "L1"]).expect_code(2);
    ctl(&running, &["flatten", "--strategy", "nobody"]).expect_code(2);
    told(&running, &["stop"]);
    let finished = running.wait();
    finished.expect_code(0);
    let journal = finished.path("j");
    let replay = Run::dev(["replay", &journal.display().to_string(), "--verify", "--json"]).finish();
    replay.expect_code(0);
    assert_eq!(replay.json()["match"], true);
    let commands = inspected(&journal, "OperatorCommand");
    let said: Vec<String> = commands.iter().map(|it| it["asked"].as_str().expect("a word").to_owned()).collect();
    assert_eq!(
        said.join(" "),
        "disable intent enable intent intent kill kill kill kill kill flatten intent reload stop"
    );
    assert!(
        commands.iter().all(|it| it["actor"].as_str().is_some_and(|actor| actor.starts_with("uid "))),
        "{commands:?}"
    );
    let kills = inspected(&journal, "KillSwitch");
    let of = |list: &[Value]| list.iter().map(|it| it["seq"].as_u64().expect("a number")).collect::<Vec<_>>();
    let before = of(&commands);
    assert_eq!(kills.len(), 5);
    assert!(
        of(&kills).iter().all(|seq| before.contains(&(seq - 1))),
        "a command stands directly before what it leads to"
    );
    assert_eq!(inspected(&journal, "ExternalIntent")[1]["intent_id"], "a-1");
    let log = std::fs::read_to_string(finished.path("logs/execution.log")).expect("a log");
    for word in ["| SUBMIT |", "| STATUS |", "| FILL |"] {
        assert!(log.contains(word), "{word}");
    }
    assert!(!journal.join("ringfence.sock").exists());
}

/// Answer to a request over TCP, its status first.
fn asked(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let request = format!("{head}connection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split(' ').nth(1).expect("a status").to_owned()
}

#[test]
fn a_wrong_token_role_host_or_origin_is_refused_and_two_people_arm() {
    let running = start("arming = \"two\"");
    let config = told(&running, &["config"])["text"].as_str().expect("text").to_owned();
    assert!(!config.contains(ANN) && config.contains("[control]"));
    let address =
        running.said("control: http://").expect("it is printed").trim_end_matches("/ with a token").to_owned();
    let of = |host: &str, more: &str, body: &str| {
        let head = format!("POST /v1/commands HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n{more}");
        asked(&address, &head, body)
    };
    let (ann, eve) = (format!("authorization: Bearer {ANN}\r\n"), format!("authorization: Bearer {EVE}\r\n"));
    let disable = r#"{"command":"disable"}"#;
    assert_eq!(of(&address, "", disable), "401");
    assert_eq!(of(&address, "authorization: Bearer wrong\r\n", disable), "401");
    assert_eq!(of(&address, &eve, disable), "403");
    assert_eq!(of("evil.example", &ann, disable), "421");
    assert_eq!(of(&address, &format!("{ann}origin: http://evil.example\r\n"), disable), "403");
    assert_eq!(told(&running, &["status"])["trading"], "enabled");
    assert_eq!(of(&address, &ann, r#"{"command":"disarm"}"#), "200");
    ctl(&running, &["enable"]).expect_code(1);
    told(&running, &["arm"]);
    ctl(&running, &["arm"]).expect_code(1);
    assert_eq!(told(&running, &["status"])["trading"], "disabled");
    assert_eq!(of(&address, &ann, r#"{"command":"arm"}"#), "200");
    wait(&running, |status| status["trading"] == "enabled" && status["is_armed"] == true);
    told(&running, &["stop"]);
    running.wait().expect_code(0);
}

#[test]
fn metrics_are_as_prometheus_wants_them() {
    let promtool = Path::new("/usr/bin/promtool");
    if !promtool.is_file() {
        ringfence_tests::skip!("no promtool at {} (`cargo xtask setup` installs Debian's)", promtool.display());
    }
    let running = start("");
    told(&running, &["disable"]);
    let text = told(&running, &["metrics"])["text"].as_str().expect("text").to_owned();
    let checked = Run::of(promtool, ["check", "metrics"]).input(&text).finish();
    checked.expect_code(0);
    assert_eq!((checked.stdout.as_str(), checked.stderr.as_str()), ("", ""));
    assert!(text.contains("ringfence_commands_total{command=\"disable\",result=\"taken\"} 1"), "{text}");
    told(&running, &["stop"]);
    running.wait().expect_code(0);
}

#[test]
fn a_strategy_that_dies_is_told_at_once_and_shown_in_quarantine() {
    let component = binary::component("hostile_trapper");
    let lines = "restarts_max = 1\nrestart_backoff = \"1ms\"\nparams = { at = 3 }";
    let setup = Setup::default().strategy("dies", &component, lines);
    let run = Run::dev(["run", "--mode", "paper", "--config", "host.toml", "--generate", "7", "--journal", "j"]);
    let run = run.args(["--speed", "20"]).file("host.toml", setup.text()).env("RINGFENCE_CACHE", machine_code());
    let mut running = run.limit(Duration::from_secs(120)).start();
    running.wait_for("alarm: strategy 1 dies was halted, H-TRAP, wasm `unreachable` instruction executed");
    let status = wait(&running, |status| {
        status["strategies"][0]["state"].as_str().is_some_and(|state| state.starts_with("quarantined"))
    });
    assert_eq!(status["strategies"][0]["state"], "quarantined H-TRAP");
    let text = told(&running, &["metrics"])["text"].as_str().expect("text").to_owned();
    assert!(text.contains("ringfence_strategy_quarantined{strategy=\"dies\"} 1\n"), "{text}");
    assert!(text.contains("ringfence_restarts_total 1\n"), "{text}");
    told(&running, &["resume", "dies"]);
    told(&running, &["stop"]);
    running.wait().expect_code(3);
}

#[test]
fn where_no_session_runs_that_is_said() {
    let finished = Run::dev(["ctl", "--socket", "none.sock", "status"]).finish();
    finished.expect_code(4);
    assert!(finished.stderr.contains("no session answers at none.sock"), "{}", finished.stderr);
}
