//! Strategies in a process of their own: the same decisions, fuel and State as in the process of the host.

use ringfence_core::config::StrategySlot;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{Renewal, StrategyHost};
use ringfence_sandbox::{GuestProgram, Isolation, Options};

use super::guest::{Guest, submit};
use super::rig::{Rig, bytes, config, slot};

pub(crate) const ONE: StrategyId = StrategyId(1);

/// Where the program is that serves as guest process.
pub(crate) fn program() -> GuestProgram {
    GuestProgram { program: env!("CARGO_BIN_EXE_ringfence-guest").into() }
}

/// Strategies up to this number in processes of their own.
pub(crate) fn apart(strategies: u16) -> Options {
    let isolation = (1..=strategies).map(|id| (StrategyId(id), Isolation::Process)).collect();
    Options { isolation, guests: Some(program()), ..Options::default() }
}

/// What so many trades lead to: decisions, fuel, and the digest of State.
fn told(slots: Vec<StrategySlot>, components: &[Vec<u8>], options: Options) -> String {
    let mut rig = Rig::with(config(slots), components, options);
    let mut all = String::new();
    for n in 0..30_i64 {
        let shown = rig.trade(10_000 + n % 7);
        all.push_str(&format!("{shown}\n{:?}\n", rig.fuel()));
    }
    format!("{all}{:02x?}", rig.digest())
}

/// The same wherever it runs.
#[track_caller]
fn check(guest: &Guest) {
    check_in(slot("a"), guest);
}

#[track_caller]
fn check_in(slot: StrategySlot, guest: &Guest) {
    let component = guest.component();
    let here = told(vec![slot.clone()], std::slice::from_ref(&component), Options::default());
    let there = told(vec![slot], std::slice::from_ref(&component), apart(1));
    assert_eq!(here, there);
    assert!(here.contains("1/"), "something was decided: {here}");
}

#[test]
fn orders_are_the_same() {
    check(&Guest::on_event(&submit(0, 1)));
}

#[test]
fn a_fresh_instance_takes_the_state_of_the_one_before() {
    let word = "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const 8)) (i32.const 192)";
    let restore = "(i64.store (i32.const 0) (i64.load (local.get 0))) (i32.const 256)";
    let count = "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))";
    let component =
        Guest { snapshot: word.to_owned(), restore: restore.to_owned(), ..Guest::on_event(count) }.component();
    let mut rig = Rig::with(config(vec![slot("a")]), &[component], apart(1));
    let first = rig.sandbox.process(ONE).expect("it has a process");
    for _ in 0..5 {
        let _nothing = rig.trade(10_000);
    }
    let saved = rig.sandbox.snapshot(ONE).expect("alive");
    assert_eq!(saved, 5_u64.to_le_bytes());
    let renewal = Renewal { strategy: ONE, config: &rig.config, params: None, component: None, snapshot: Some(&saved) };
    let _plan = rig.sandbox.renew(&renewal).expect("the state is its own");
    assert_ne!(rig.sandbox.process(ONE).expect("it has a process"), first);
    let _nothing = rig.trade(10_000);
    assert_eq!(rig.sandbox.snapshot(ONE).expect("alive"), 6_u64.to_le_bytes());
}

#[test]
fn without_a_program_there_is_no_process() {
    let options = Options { guests: None, ..apart(1) };
    let mut sandbox = ringfence_sandbox::Sandbox::new(options).expect("an engine");
    let component = Guest::on_event("").component();
    let refusals = sandbox.load(ONE, &config(vec![slot("a")]), bytes(&component)).expect_err("there is none");
    assert_eq!(refusals[0].code.code(), "E-GUEST-PROCESS");
    assert!(refusals[0].is_outside());
}
