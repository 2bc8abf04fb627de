//! A live session whose adapter is a gateway: it trades like any other, survives the loss of the gateway, holds no key, and
//! nothing leaves the gateway that was not approved.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ringfence_core::canonical::Writer;
use ringfence_core::ids::{InstrumentId, StrategyId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::IntentKind;
use ringfence_core::money::{Price, Qty};
use ringfence_core::risk::KeyId;
use ringfence_tests::run::{Run, Running};
use ringfence_tests::scene::{Exchange, SECRET, Scene, open_orders, plain, until};
use ringfence_tests::{binary, process};
use ringfence_venue::desk::{self, Desk};
use serde_json::Value;

const VERB: &str = "gateway";

fn scene() -> Scene {
    let apart = |text: String| text.replace("adapter = ", "isolation = \"process\"\nadapter = ");
    let scene = Scene::of(Exchange::start(&["--seed", "7"], &[]), apart);
    for (name, content) in [("key", "alice-key"), ("secret", "alice-secret")] {
        let file = scene.path(name);
        fs::write(&file, content).expect("the folder is writable");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    }
    scene
}

/// What a live session needs of the environment; keys of the venue as files.
fn environment(scene: &Scene) -> Vec<(&'static str, String)> {
    let file = |name: &str| scene.path(name).display().to_string();
    vec![
        ("AIS_ENABLE_LIVE_TRADING", "true".to_owned()),
        ("AIS_RISK_HMAC_SECRET", SECRET.to_owned()),
        ("LOCAL_ACCOUNT_ID", "alice".to_owned()),
        ("LOCAL_API_KEY_FILE", file("key")),
        ("LOCAL_API_SECRET_FILE", file("secret")),
    ]
}

fn live(scene: &Scene) -> Running {
    let run = scene.run("live", "j");
    let run: Run = environment(scene).into_iter().fold(run, |run, (name, value)| run.env(name, value));
    let mut running = run.start();
    running.wait_for("control:");
    running
}

fn fills(scene: &Scene) -> usize {
    scene.exchange.futures()["fills"].as_array().map_or(0, Vec::len)
}

/// Everything is canceled, and positions and client ids are as the exchange has them.
fn agrees(scene: &Scene) {
    scene.ctl(&["kill", "L3"]).expect_code(0);
    until("nothing rests any more", || open_orders(&scene.exchange.futures()).is_empty());
    let futures = scene.exchange.futures();
    let orders = futures["orders"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> =
        orders.iter().map(|order| order["clientOrderId"].as_str().unwrap_or_default().to_owned()).collect();
    let sent = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), sent, "each client id came once");
    until("positions agree", || {
        let at_venue = scene.exchange.futures()["money"]["positions"][0]["qty"].as_str().unwrap_or("0").to_owned();
        let held = scene.ctl(&["positions"]).json();
        let held = held[0]["qty"].as_str().unwrap_or("0").to_owned();
        plain(&held) == plain(&at_venue)
    });
}

#[test]
fn a_session_trades_through_a_gateway_survives_its_loss_and_holds_no_key() {
    let scene = scene();
    let running = live(&scene);
    scene.arm();
    until("something was filled", || fills(&scene) > 0);
    let gateway = process::child_of(running.id(), VERB).expect("a gateway");
    if let Some(has_key) = process::memory_has(running.id(), b"alice-secret") {
        assert!(!has_key, "the key of the venue is in the memory of the host");
        assert_eq!(process::memory_has(gateway, b"alice-secret"), Some(true), "the search finds what is there");
    }
    // The gateway is gone as by a fault of its own.
    let killed = Command::new("kill").args(["-9", &gateway.to_string()]).status().expect("kill is there");
    assert!(killed.success());
    until("another gateway is there", || process::child_of(running.id(), VERB).is_some_and(|next| next != gateway));
    let before = fills(&scene);
    until("it trades again", || fills(&scene) > before);
    let last = process::child_of(running.id(), VERB).expect("a gateway");
    agrees(&scene);
    // The host is gone as by a cut of power: its gateway goes with it.
    drop(running);
    until("the gateway has ended", || !Path::new(&format!("/proc/{last}/exe")).exists());
    let running = live(&scene);
    agrees(&scene);
    drop(running.interrupt());
    scene.replays();
}

#[test]
fn what_a_gateway_lacks_is_told() {
    let scene = scene();
    fs::remove_file(scene.path("secret")).expect("it was written");
    let run = scene.run("live", "j");
    let finished = environment(&scene).into_iter().fold(run, |run, (name, value)| run.env(name, value)).finish();
    finished.expect_code(4);
    assert!(finished.stderr.contains("LOCAL_API_SECRET"), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("error: ").count(), 1, "it is said once: {}", finished.stderr);
    assert!(!finished.stderr.contains("Ctrl-C ends it"), "nothing ran: {}", finished.stderr);
    // What was not begun begins, as soon as nothing is missing.
    fs::write(scene.path("secret"), "alice-secret").expect("the folder is writable");
    fs::set_permissions(scene.path("secret"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    let running = live(&scene);
    scene.arm();
    until("something was filled", || fills(&scene) > 0);
    agrees(&scene);
    drop(running.interrupt());
    scene.replays();
}

/// A gateway whose host is somebody else.
struct Taken {
    child: Child,
}

impl Drop for Taken {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

impl Taken {
    fn start(scene: &Scene, hash: &str) -> Taken {
        let mut command = Command::new(binary::dev());
        command.env_clear().envs(environment(scene)).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.args([VERB, "--venue", "LOCAL", "--session", &"07".repeat(16), "--hash", hash, "--config"]);
        let child = command.arg(scene.path("host.toml")).spawn().expect("it starts");
        let mut taken = Taken { child };
        assert_eq!(taken.next_of(&[1, 2])[0], 1, "it is ready");
        taken
    }

    fn say(&mut self, message: &[u8]) {
        let told = self.child.stdin.as_mut().expect("piped");
        let length = u32::try_from(message.len()).expect("short").to_le_bytes();
        told.write_all(&[&length, message].concat()).expect("it listens");
    }

    /// The next message of one of these kinds.
    fn next_of(&mut self, kinds: &[u8]) -> Vec<u8> {
        loop {
            let mut length = [0; 4];
            let heard = self.child.stdout.as_mut().expect("piped");
            heard.read_exact(&mut length).expect("it speaks");
            let mut message = vec![0; u32::from_le_bytes(length) as usize];
            heard.read_exact(&mut message).expect("it speaks");
            if kinds.contains(&message[0]) {
                return message;
            }
        }
    }
}

/// An order that another core approved, with a key of its own.
fn foreign() -> Vec<u8> {
    let mut desk = Desk::open(&[desk::instrument(1, (1, 3))]);
    let submit = desk::submit(InstrumentId(1), (Side::Buy, Qty(1)), Some(Price(10)));
    let command = desk.ask(StrategyId(1), IntentKind::Submit(submit)).pop().expect("allowed there");
    let mut w = Writer::new();
    command.put_sealed(&mut w);
    w.into_bytes()
}

#[test]
fn nothing_leaves_a_gateway_that_was_not_approved() {
    let scene = scene();
    let running = live(&scene);
    let hash = || scene.status()["config"].as_str().unwrap_or_default().to_owned();
    until("it has a configuration", || !hash().is_empty());
    let hash = hash();
    running.interrupt().expect_code(0);
    let mut taken = Taken::start(&scene, &hash);
    // Message 1: a command. Answer 5: refused, the leg, the code of the refusal.
    let sealed = foreign();
    taken.say(&[&[1][..], &sealed].concat());
    let refused = taken.next_of(&[5]);
    assert_eq!(refused[refused.len() - 1], 2, "G-KEY");
    // The same, under the id of the key that the session signs with.
    let key = KeyId::of(SECRET.as_bytes()).expect("long enough");
    let renamed = [&key.0.to_le_bytes()[..], &sealed[4..]].concat();
    taken.say(&[&[1][..], &renamed].concat());
    let refused = taken.next_of(&[5]);
    assert_eq!(refused[refused.len() - 1], 1, "G-FORGED");
    // No command at all; it goes on, and answers what may be asked.
    taken.say(&[1, 2, 3]);
    taken.say(&[&[3][..], &9_u64.to_le_bytes(), &[8]].concat());
    let answered = taken.next_of(&[4, 5]);
    assert_eq!(answered, [&[4][..], &9_u64.to_le_bytes(), &[1]].concat(), "the question for the time is answered");
    let orders: Value = scene.exchange.futures()["orders"].clone();
    assert!(orders.as_array().is_none_or(Vec::is_empty), "nothing came to the exchange: {orders}");
}
