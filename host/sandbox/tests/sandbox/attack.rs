//! A guest process that an attacker owns, as a real process at the other end of the protocol: nothing but intents that pass
//! the chain ever comes of it, there is one halt, and the neighbour decides as ever.
//!
//! The attacker is this test program, started by a script in the place of the guest program. It has a genuine guest process of
//! its own, whose words it passes on until its moment comes; so it gets to wherever a guest process gets that was honest until
//! then. It writes its bytes by hand, as an attacker would.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use expect_test::{Expect, expect};
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{HaltCode, StrategyHost};
use ringfence_sandbox::{GuestProgram, Isolation, Options, Sandbox, WallClock};

use super::apart::{ONE, program};
use super::guest::{Guest, submit};
use super::rig::{FUEL, Rig, bytes, config, slot};

/// What a guest process says, by number.
const READY: u8 = 0;
const SET_UP: u8 = 1;
const REFUSED: u8 = 2;
const FAILED: u8 = 3;
const ASKS: u8 = 4;
const DONE: u8 = 5;
const DIED: u8 = 7;
const SAVED: u8 = 8;
const RESTORED: u8 = 9;

/// What a host says, by number.
const CALL: u8 = 0;
const SNAPSHOT: u8 = 3;

/// A net that closes soon, for those who keep the host waiting.
const SOON: WallClock = WallClock { ns_min: 1_500_000_000, ns_per_fuel: 0 };
/// Calls that are passed on before the attack.
const HONEST_CALLS: u32 = 5;
/// Trades of a session.
const TRADES: u32 = 12;

// The attacker.

/// A number as the protocol writes it: seven bits a byte.
fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn framed(payload: &[u8]) -> Vec<u8> {
    [&u32::try_from(payload.len()).expect("short").to_le_bytes(), payload].concat()
}

fn text(text: &[u8]) -> Vec<u8> {
    [number(text.len() as u64), text.to_vec()].concat()
}

fn done(fuel: u64, memory: u64, cut: u64, wishes: &[u8]) -> Vec<u8> {
    [vec![DONE], number(fuel), number(memory), number(cut), text(wishes)].concat()
}

fn died(code: u8, fuel: u64, said: &[u8]) -> Vec<u8> {
    [vec![DIED, code], number(fuel), number(65_536), text(said)].concat()
}

/// A market order to buy so much of an instrument: an intent by `emit`.
fn order(instrument: u32, qty: i64) -> Vec<u8> {
    let zigzag = ((qty << 1) ^ (qty >> 63)).cast_unsigned();
    [vec![0, 0], number(instrument.into()), vec![0, 0], number(zigzag), vec![0, 0, 0, 1, 0, 0, 0]].concat()
}

fn note(bytes: usize) -> Vec<u8> {
    [vec![0, 6], text(&vec![b'n'; bytes])].concat()
}

/// A question for the touch of instrument 1.
fn question() -> Vec<u8> {
    [vec![ASKS], text(&[0, 1])].concat()
}

/// One end of a conversation, frame by frame.
struct End(UnixStream);

impl End {
    fn next(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length)?;
        let mut payload = vec![0; u32::from_le_bytes(length) as usize];
        self.0.read_exact(&mut payload).map(|()| payload)
    }

    fn say(&mut self, payload: &[u8]) -> io::Result<()> {
        self.0.write_all(&framed(payload))
    }

    fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Says and hears nothing until the other end has had enough.
    fn wait(&mut self) -> io::Result<()> {
        loop {
            self.next()?;
        }
    }
}

/// The attacker's part in the program; whoever starts these tests does not ask for it.
#[test]
fn attacker() {
    let Some(mode) = std::env::var_os("RINGFENCE_ATTACK") else { return };
    let mode = mode.into_string().expect("text");
    let host: OwnedFd = io::stdin().as_fd().try_clone_to_owned().expect("a socket");
    // Whatever ends it, the host is gone then.
    let _end = attack(&mode, End(host.into()));
    std::process::exit(0);
}

fn attack(mode: &str, mut host: End) -> io::Result<()> {
    if let Some(beginning) = beginning(mode) {
        let (_begin, _code) = (host.next()?, host.next()?);
        host.raw(&beginning)?;
        return host.wait();
    }
    let (ours, theirs) = UnixStream::pair()?;
    let caps = std::env::var_os("RINGFENCE_ATTACK_CAPS").expect("the script names them").into_string().expect("text");
    let mut genuine = Command::new(program().program);
    let mut genuine = genuine.arg("guest-process").args(caps.split(' ')).stdin(OwnedFd::from(theirs)).spawn()?;
    let mut guest = End(ours);
    for _ in 0..2 {
        guest.say(&host.next()?)?;
    }
    host.say(&guest.next()?)?;
    if mode == "plan-bomb" {
        // A million subscriptions, of which there are none.
        let plan = [vec![0], number(1_000_000), vec![0; 200]].concat();
        host.say(&[vec![SET_UP], text(&plan), vec![0], number(65_536)].concat())?;
        return host.wait();
    }
    host.say(&guest.next()?)?;
    let ended = turns(mode, (&mut host, &mut guest));
    genuine.kill()?;
    genuine.wait()?;
    ended
}

/// What is said at once by those who do not even begin.
fn beginning(mode: &str) -> Option<Vec<u8>> {
    let ready = |engine: u8, guards: u8| framed(&[vec![READY], vec![engine; 32], vec![guards]].concat());
    let refused = |code: u8| {
        let said = [vec![REFUSED, code], text(b"\x1b[2Jfound"), text(b"expected"), text(b"fix")].concat();
        [ready(0, 3), framed(&said)].concat()
    };
    Some(match mode {
        "start-garbage" => b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
        "start-other-engine" => ready(7, 3),
        "start-other-guards" => ready(0, 99),
        "start-refused" => refused(16),
        "start-failed" => framed(&[vec![FAILED], text(b"\x1b[31mno luck")].concat()),
        "start-silence" => Vec::new(),
        _ => return None,
    })
}

/// Passes on what both say, until the moment comes.
fn turns(mode: &str, (host, guest): (&mut End, &mut End)) -> io::Result<()> {
    let mut calls = 0;
    loop {
        let told = host.next()?;
        calls += u32::from(told.first() == Some(&CALL));
        let is_snapshot = told.first() == Some(&SNAPSHOT);
        if mode.starts_with("snapshot-") && is_snapshot || !mode.starts_with("snapshot-") && calls > HONEST_CALLS {
            return strike(mode, host);
        }
        guest.say(&told)?;
        loop {
            let said = guest.next()?;
            host.say(&said)?;
            if said.first() != Some(&ASKS) {
                break;
            }
            guest.say(&host.next()?)?;
        }
    }
}

/// What is said in the place of an answer.
fn strike(mode: &str, host: &mut End) -> io::Result<()> {
    match mode {
        "exit" => return Ok(()),
        "silence" => {}
        "half-length" => host.raw(&[1, 0])?,
        "half-frame" => host.raw(&framed(&done(1, 0, 0, b""))[..5])?,
        "four-gigabytes" => host.raw(&[0xff; 4])?,
        "drip" => {
            host.raw(&(64_u32 << 10).to_le_bytes())?;
            host.0.set_read_timeout(Some(Duration::from_millis(5)))?;
            loop {
                host.raw(&[0])?;
                // Nothing is said meanwhile, so this waits.
                if host.next().is_err_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
                    return Ok(());
                }
            }
        }
        "flood-zeros" => loop {
            host.raw(&[0; 4_096])?;
        },
        "flood-ones" => loop {
            host.raw(&[0xff; 4_096])?;
        },
        "flood-done" => loop {
            host.say(&done(1, 65_536, 0, b""))?;
        },
        "flood-questions" => loop {
            host.say(&question())?;
        },
        "endless-questions" => loop {
            host.say(&question())?;
            let _answer = host.next()?;
        },
        "questions-of-all" => loop {
            // Bars of an instrument: as many as can be asked for.
            host.say(&[vec![ASKS], text(&[[7, 1, 0].to_vec(), number(60), number(65_535)].concat())].concat())?;
            let _answer = host.next()?;
        },
        "garbage" => host.say(&[0xff; 64])?,
        "empty" => host.say(b"")?,
        "no-question" => host.say(&[vec![ASKS], text(&[99, 1, 2, 3])].concat())?,
        "long-question" => host.say(&[vec![ASKS], text(&[0, 1, 1])].concat())?,
        "saved" => host.say(&[vec![SAVED], text(b"state")].concat())?,
        "restored" => host.say(&[RESTORED, 0])?,
        "set-up" => host.say(&[vec![SET_UP], text(&[0, 0]), vec![0, 0]].concat())?,
        "twice" => host.raw(&[framed(&done(1, 65_536, 0, b"")), framed(&done(1, 65_536, 0, b""))].concat())?,
        "fuel-above" => host.say(&done(FUEL + 1, 65_536, 0, b""))?,
        "fuel-most" => host.say(&done(u64::MAX, 65_536, 0, b""))?,
        "fuel-below-its-orders" => host.say(&done(399, 65_536, 0, &order(1, 1)))?,
        "memory" => host.say(&done(1, u64::MAX, 0, b""))?,
        "cut-most" => host.say(&done(FUEL, 65_536, u64::MAX, b""))?,
        "too-many" => host.say(&done(FUEL, 65_536, 0, &order(1, 1).repeat(65)))?,
        "no-quantity" => host.say(&done(FUEL, 65_536, 0, &order(1, 0)))?,
        "no-instrument" => host.say(&done(FUEL, 65_536, 0, &order(0, 1)))?,
        "long-note" => host.say(&done(FUEL, 65_536, 0, &note(513)))?,
        "no-wish" => host.say(&done(FUEL, 65_536, 0, &[order(1, 1), vec![9]].concat()))?,
        "half-a-wish" => host.say(&done(FUEL, 65_536, 0, &order(1, 1)[..4]))?,
        "greedy" => host.say(&done(FUEL, 65_536, 0, &order(1, i64::MAX).repeat(64)))?,
        "stranger" => host.say(&done(FUEL, 65_536, 0, &order(77, 1)))?,
        "died-by-the-clock" => host.say(&died(6, 1, b"me"))?,
        "died-of-reactions" => host.say(&died(10, 1, b"me"))?,
        "died-of-nothing" => host.say(&died(200, 1, b"me"))?,
        "died-of-little-fuel" => host.say(&died(1, FUEL - 1, b"me"))?,
        "died-after-too-much" => host.say(&died(3, FUEL + 1, b"me"))?,
        "died" => host.say(&died(3, 7, b"\x1b[2J\x1b]0;owned\x07"))?,
        "snapshot-done" => host.say(&done(1, 65_536, 0, &order(1, 1)))?,
        "snapshot-asks" => host.say(&question())?,
        "snapshot-large" => host.say(&[vec![SAVED], text(&vec![0; (1 << 20) + 1])].concat())?,
        other => panic!("{other} is no attack"),
    }
    host.wait()
}

// The host.

/// The attacker, in the place of the guest program. It lies in a folder that is given back.
fn attacking(mode: &str) -> (tempfile::TempDir, Options) {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("guest");
    let this = std::env::current_exe().expect("this program");
    let line = format!(
        "#!/bin/sh\nRINGFENCE_ATTACK={mode} RINGFENCE_ATTACK_CAPS=\"$2 $3\" exec '{}' --exact attack::attacker --nocapture\n",
        this.display()
    );
    fs::write(&script, line).expect("written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("set");
    let isolation = [(ONE, Isolation::Process)].into();
    let guests = Some(GuestProgram { program: script });
    (folder, Options { isolation, guests, clock: SOON, ..Options::default() })
}

fn components() -> [Vec<u8>; 2] {
    [Guest::on_event(&submit(0, 1)).component(), Guest::on_event(&submit(1, 1)).component()]
}

fn session(options: Options) -> Rig {
    Rig::with(config(vec![slot("attacker"), slot("neighbour")]), &components(), options)
}

/// What the neighbour does while nobody is attacked.
fn undisturbed() -> Vec<String> {
    session(Options::default()).decisions_of(2, TRADES)
}

/// What a session says in which the first strategy's process attacks: its own halts, the text of its death.
fn attacked(mode: &str) -> (Vec<String>, String) {
    let (_folder, options) = attacking(mode);
    let mut rig = session(options);
    let (mut halts, mut neighbour, mut emitted) = (Vec::new(), Vec::new(), 0);
    for n in 0..TRADES {
        let shown = rig.trade(10_000 + i64::from(n % 7));
        halts.extend(shown.lines().filter(|line| line.contains("halted")).map(str::to_owned));
        neighbour.extend(shown.lines().filter(|line| line.starts_with("2/")).map(str::to_owned));
        emitted += shown.lines().filter(|line| line.starts_with("1/") && line.contains("emits")).count();
    }
    assert_eq!(neighbour, undisturbed(), "{mode}: the neighbour decides as ever");
    if !halts.is_empty() {
        assert_eq!(emitted, HONEST_CALLS as usize, "{mode}: nothing of the call that ended it counts");
    }
    (halts, rig.sandbox.death(ONE).map(|death| death.text.clone()).unwrap_or_default())
}

/// One halt each, and what is said of it.
#[track_caller]
fn check(modes: &[&str], want: Expect) {
    let mut shown = String::new();
    for mode in modes {
        let (halts, text) = attacked(mode);
        assert_eq!(halts.len(), 1, "{mode}: {halts:?} {text}");
        shown.push_str(&format!("{mode}: {}; {text}\n", halts[0]));
    }
    want.assert_eq(&shown);
}

#[test]
fn what_is_no_message_ends_it() {
    check(
        &["garbage", "empty", "four-gigabytes", "flood-zeros", "flood-ones"],
        expect![[r#"
        garbage: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what is no message
        empty: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what is no message
        four-gigabytes: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says something of 4294967295 bytes, at most 131072 are expected
        flood-zeros: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what is no message
        flood-ones: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says something of 4294967295 bytes, at most 131072 are expected
    "#]],
    );
}

#[test]
fn what_was_not_asked_ends_it() {
    check(
        &["saved", "restored", "set-up", "no-question", "long-question"],
        expect![[r#"
        saved: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says "saved", which it was not asked
        restored: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says "restored", which it was not asked
        set-up: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says "set-up", which it was not asked
        no-question: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
        long-question: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
    "#]],
    );
}

#[test]
fn lies_about_fuel_and_memory_end_it() {
    check(
        &["fuel-above", "fuel-most", "fuel-below-its-orders", "memory", "cut-most"],
        expect![[r#"
        fuel-above: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that it used 1000001 fuel, which cannot be
        fuel-most: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that it used 18446744073709551615 fuel, which cannot be
        fuel-below-its-orders: 1/0 halted H-ISOLATION limit 1000000 used 400; the guest process broke the protocol: it says that it used 399 fuel, which cannot be
        memory: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that it has 18446744073709551615 bytes of memory, which cannot be
        cut-most: 1/0 halted H-ISOLATION limit 1000000 used 1000000; the guest process broke the protocol: it says that it used 1000000 fuel, which cannot be
    "#]],
    );
}

#[test]
fn wishes_that_no_guest_could_have_end_it() {
    check(
        &["too-many", "no-quantity", "no-instrument", "long-note", "no-wish", "half-a-wish"],
        expect![[r#"
        too-many: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
        no-quantity: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
        no-instrument: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
        long-note: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
        no-wish: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
        half-a-wish: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says what means nothing
    "#]],
    );
}

#[test]
fn deaths_that_cannot_be_end_it_as_what_they_are() {
    let impossible =
        ["died-by-the-clock", "died-of-reactions", "died-of-nothing", "died-of-little-fuel", "died-after-too-much"];
    check(
        &impossible,
        expect![[r#"
        died-by-the-clock: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that the guest ended by code 6, which cannot be
        died-of-reactions: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that the guest ended by code 10, which cannot be
        died-of-nothing: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that the guest ended by code 200, which cannot be
        died-of-little-fuel: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that the guest ended after 999999 fuel, which cannot be
        died-after-too-much: 1/0 halted H-ISOLATION limit 1000000 used 0; the guest process broke the protocol: it says that the guest ended after 1000001 fuel, which cannot be
    "#]],
    );
    check(
        &["died"],
        expect![[r#"
        died: 1/0 halted H-TRAP limit 1000000 used 7; \u{1b}[2J\u{1b}]0;owned\u{7}
    "#]],
    );
}

/// What is said of it depends on who is faster.
#[test]
fn who_leaves_is_not_waited_for() {
    let (halts, text) = attacked("exit");
    assert_eq!(halts.len(), 1, "{halts:?} {text}");
    assert!(halts[0].contains("halted H-ISOLATION "), "{halts:?} {text}");
}

#[test]
fn who_keeps_the_host_waiting_is_ended_by_the_clock() {
    check(
        &["silence", "half-length", "half-frame", "drip"],
        expect![[r#"
        silence: 1/0 halted H-WALL-CLOCK limit 1500000000 used 1500000000; the guest did not return
        half-length: 1/0 halted H-WALL-CLOCK limit 1500000000 used 1500000000; the guest did not return
        half-frame: 1/0 halted H-WALL-CLOCK limit 1500000000 used 1500000000; the guest did not return
        drip: 1/0 halted H-WALL-CLOCK limit 1500000000 used 1500000000; the guest did not return
    "#]],
    );
}

/// Every question costs fuel, and there is only so much of it. Who asks without hearing the answers may be ended by the clock.
#[test]
fn questions_without_end_come_to_an_end() {
    check(
        &["endless-questions", "questions-of-all"],
        expect![[r#"
        endless-questions: 1/0 halted H-ISOLATION limit 1000000 used 1000000; the guest process broke the protocol: it says "asks", which it was not asked
        questions-of-all: 1/0 halted H-ISOLATION limit 1000000 used 1000000; the guest process broke the protocol: it says "asks", which it was not asked
    "#]],
    );
    let (halts, text) = attacked("flood-questions");
    assert_eq!(halts.len(), 1, "{halts:?} {text}");
    assert!(halts[0].contains("H-ISOLATION") || halts[0].contains("H-WALL-CLOCK"), "{halts:?} {text}");
}

/// The second answer is there when the next call is to be told, or comes in the place of its answer: one more call at most.
#[test]
fn two_answers_to_one_call_end_it_or_are_one_answer_too_early() {
    for mode in ["twice", "flood-done"] {
        let (_folder, options) = attacking(mode);
        let mut rig = session(options);
        let neighbour = rig.decisions_of(2, TRADES);
        assert_eq!(neighbour, undisturbed(), "{mode}");
        assert!(rig.sandbox.death(ONE).is_some(), "{mode}");
    }
}

/// An attacker can want what a strategy can want: Risk and Normalizer say what becomes of it.
#[test]
fn what_an_attacker_wants_goes_through_the_chain() {
    for (mode, count) in [("greedy", 64), ("stranger", 1)] {
        let (_folder, options) = attacking(mode);
        let mut rig = session(options);
        let mut shown = String::new();
        for n in 0..=HONEST_CALLS {
            shown = rig.trade(10_000 + i64::from(n % 7));
        }
        let own: Vec<&str> = shown.lines().filter(|line| line.starts_with("1/")).collect();
        assert_eq!(own.iter().filter(|line| line.contains("emits")).count(), count, "{mode}: {shown}");
        assert_eq!(own.iter().filter(|line| line.contains("dispatched")).count(), 0, "{mode}: {shown}");
    }
}

#[test]
fn a_snapshot_is_a_snapshot_and_nothing_else() {
    for mode in ["snapshot-done", "snapshot-asks", "snapshot-large"] {
        let (_folder, options) = attacking(mode);
        let mut rig = session(options);
        let _shown = rig.trade(10_000);
        let Halt { code, .. } = rig.sandbox.snapshot(ONE).expect_err("it is none");
        assert_eq!(code, HaltCode::Isolation, "{mode}");
        assert_eq!(rig.sandbox.snapshot(ONE).expect_err("dead").code, HaltCode::Isolation, "{mode}: there is one end");
        let shown = rig.trade(10_000);
        assert!(!shown.contains("1/2 emits"), "{mode}: {shown}");
    }
}

#[test]
fn who_does_not_begin_as_a_guest_process_is_refused() {
    for (mode, code) in [
        ("start-garbage", "E-GUEST-PROCESS"),
        ("start-other-engine", "E-GUEST-PROCESS"),
        ("start-other-guards", "E-GUEST-PROCESS"),
        ("start-refused", "E-GUEST-PROCESS"),
        ("start-failed", "E-GUEST-PROCESS"),
        ("plan-bomb", "E-GUEST-PROCESS"),
        ("start-silence", "E-WALL-CLOCK"),
    ] {
        let (_folder, options) = attacking(mode);
        let mut sandbox = Sandbox::new(options).expect("an engine");
        let [component, _] = components();
        let refusals = sandbox.load(StrategyId(1), &config(vec![slot("a")]), bytes(&component)).expect_err(mode);
        assert_eq!(refusals[0].code.code(), code, "{mode}: {}", refusals[0]);
        assert!(refusals[0].is_outside() && !refusals[0].to_string().contains('\x1b'), "{mode}: {}", refusals[0]);
    }
}
