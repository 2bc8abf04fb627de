//! Hostile strategies at run time: each is contained, named, and disturbs nobody. `tests/hostile.md` explains the ids.

use expect_test::{Expect, expect};
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{Call, CallReport, HaltCode, StateLoan, StrategyHost};
use ringfence_sandbox::{Options, Sandbox, WallClock};
use wasmtime::wasmparser::{Parser, Payload};

use super::guest::{Guest, emit, submit};
use super::rig::{FUEL, Rig, config, load, slot};

/// Runs a hostile strategy as number 1 beside a good one as number 2, twice. What the hostile one leads to must be
/// `want`, the same both times; the good one must decide as it does alone; the dead one must never be called again.
#[track_caller]
fn check(hostile: &Guest, want: Expect) {
    let alone = Rig::new(&[good(), good()]).decisions_of(2, TRADES);
    assert!(!alone.is_empty(), "the good one must do something");
    let component = hostile.component();
    let mut shown = Vec::new();
    for _ in 0..2 {
        let mut rig = Rig::new(&[component.clone(), good()]);
        let first = rig.trade(10_000);
        let theirs: Vec<_> = first.lines().filter(|line| line.starts_with("1/")).collect();
        shown.push(theirs.join("\n"));
        assert_eq!(rig.decisions_of(1, 3), Vec::<String>::new(), "called after its death");
        let mut beside = Rig::new(&[component.clone(), good()]);
        assert_eq!(beside.decisions_of(2, TRADES), alone, "the neighbour decides otherwise");
    }
    assert_eq!(shown[0], shown[1], "not the same twice");
    want.assert_eq(&shown[0]);
}

const TRADES: u32 = 10;

/// Buys and sells in turn.
fn good() -> Vec<u8> {
    let body = format!(
        "(global.set $n (i32.add (global.get $n) (i32.const 1)))
         (if (i32.and (global.get $n) (i32.const 1)) (then {}) (else {}))",
        submit(0, 2),
        submit(1, 2)
    );
    Guest::on_event(&body).items("(global $n (mut i32) (i32.const 0))").component()
}

#[test]
fn h21_endless_loop() {
    check(&Guest::on_event("(loop $l (br $l))"), expect!["1/0 halted H-FUEL limit 1000000 used 1000000"]);
}

#[test]
fn h22_bulk_burner() {
    let guest = Guest {
        memory: "16".to_owned(),
        ..Guest::on_event("(loop $l (memory.fill (i32.const 0) (i32.const 7) (i32.const 1048576)) (br $l))")
    };
    // One fill of 1 MiB is more than the budget: it is not even begun.
    check(&guest, expect!["1/0 halted H-FUEL limit 1000000 used 1000000"]);
}

#[test]
fn h24_deep_recursion() {
    let guest = Guest::on_event("(drop (call $down (i64.const 0)))").items(
        "(func $down (param i64) (result i64)
            (i64.add (call $down (i64.add (local.get 0) (i64.const 1))) (local.get 0)))",
    );
    check(&guest, expect!["1/0 halted H-STACK limit 524288 used 524288"]);
}

#[test]
fn h24_mutual_recursion_through_a_table() {
    let guest = Guest::on_event("(drop (call $a (i64.const 0)))").items(
        "(type $f (func (param i64) (result i64)))
         (table 2 2 funcref) (elem (i32.const 0) $a $b)
         (func $a (type $f) (i64.add (call_indirect (type $f) (local.get 0) (i32.const 1)) (i64.const 1)))
         (func $b (type $f) (i64.add (call_indirect (type $f) (local.get 0) (i32.const 0)) (i64.const 1)))",
    );
    check(&guest, expect!["1/0 halted H-STACK limit 524288 used 524288"]);
}

#[test]
fn h25_budget_squatter() {
    // Each call uses most of its budget; the total allows about two.
    let body = "(local $i i32) (loop $l
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 50000))))";
    let mut greedy = slot("greedy");
    greedy.fuel_total = Some(2 * FUEL);
    let mut rig = Rig::with(config(vec![greedy]), &[Guest::on_event(body).component()], Options::default());
    assert_eq!(rig.trade(1), "");
    let per_call = rig.fuel()[0];
    assert_eq!(rig.trade(1), "");
    assert_eq!(per_call, rig.fuel()[0]);
    assert!(2 * per_call < 2 * FUEL && 3 * per_call > 2 * FUEL, "{per_call}");
    assert_eq!(rig.trade(1), format!("1/0 halted H-FUEL-TOTAL limit {} used {}", 2 * FUEL, 2 * FUEL));
    assert_eq!(rig.trade(1), "");
}

#[test]
fn h27_grow_to_the_top() {
    // Grows page by page until refused (1 MiB = 16 pages), then buys as many as there are pages: the cap holds.
    let body = format!(
        "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (if (i32.eq (memory.size) (i32.const 16)) (then {}))
         (if (i32.ne (memory.grow (i32.const 65536)) (i32.const -1)) (then {}))",
        submit(0, 16),
        submit(1, 1)
    );
    let mut rig = Rig::new(&[Guest::on_event(&body).component()]);
    assert!(rig.trade(1).starts_with("1/1 emits buy Quantity(Qty(16))"));
    assert!(rig.trade(1).starts_with("1/2 emits buy"), "alive, and no page more");
    assert_eq!(rig.sandbox.usage(StrategyId(1)).expect("alive").1, 1 << 20);
}

/// Adds a module with a memory of so many pages to a component, and instantiates it three times.
fn with_three_memories(component: &[u8], pages: u32) -> Vec<u8> {
    let modules = Parser::new(0).parse_all(component);
    let modules = modules.filter(|payload| matches!(payload, Ok(Payload::ModuleSection { .. }))).count();
    let module = wat::parse_str(format!("(module (memory {pages}))")).expect("valid text");
    let small = |number: usize| u8::try_from(number).ok().filter(|number| *number < 0x80).expect("one byte");
    let instance = [0, small(modules), 0];
    let instances = [&[3][..], &instance, &instance, &instance].concat();
    let sections = [(1, module), (2, instances)].map(|(id, body)| [&[id, small(body.len())][..], &body].concat());
    [component, &sections.concat()].concat()
}

#[test]
fn h27_all_memories_have_one_limit() {
    // Grows its own memory to the top and buys as many as it has pages; three memories more take their part of 16.
    let body = format!(
        "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (if (i32.eq (memory.size) (i32.const 4)) (then {}))
         (if (i32.eq (memory.size) (i32.const 1)) (then {}))",
        submit(0, 4),
        submit(0, 1)
    );
    let guest = Guest::on_event(&body).component();
    for (pages, bought) in [(4, 4), (5, 1)] {
        let mut rig = Rig::new(&[with_three_memories(&guest, pages)]);
        let shown = rig.trade(1);
        assert!(shown.starts_with(&format!("1/1 emits buy Quantity(Qty({bought}))")), "{pages} pages: {shown}");
        assert_eq!(rig.sandbox.usage(StrategyId(1)).expect("alive").1, 1 << 20);
    }
    // Written once with 6 pages and made three times: 19 pages with the strategy's own.
    let refusals = load(&with_three_memories(&guest, 6), slot("one MiB")).expect_err("19 pages");
    assert_eq!(refusals[0].code.code(), "E-INIT");
}

#[test]
fn h28_slow_leak() {
    // A page an event and no check: the write past the cap traps, and the text for people says why.
    let body = "(drop (memory.grow (i32.const 1)))
        (i32.store (i32.shl (global.get $at) (i32.const 16)) (i32.const 1))
        (global.set $at (i32.add (global.get $at) (i32.const 1)))";
    let guest = Guest::on_event(body).items("(global $at (mut i32) (i32.const 1))");
    let mut rig = Rig::new(&[guest.component()]);
    let shown: Vec<_> = (0..20).map(|_| rig.trade(1)).filter(|shown| !shown.is_empty()).collect();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].starts_with("1/0 halted H-TRAP"), "{}", shown[0]);
    let death = rig.sandbox.death(StrategyId(1)).expect("dead");
    assert!(death.text.contains("hint: memory.grow to 1114112 bytes was refused"), "{}", death.text);
    assert!(death.text.contains("the limit is memory_mb"), "{}", death.text);
    let deaths: Vec<_> = rig.sandbox.deaths().map(|(id, death)| (id, death.text.as_str())).collect();
    assert_eq!(deaths, [(StrategyId(1), death.text.as_str())]);
}

#[test]
fn h29_table_flood() {
    let body = format!(
        "(if (i32.ne (table.grow $t (ref.null func) (i32.const 100001)) (i32.const -1)) (then {}))",
        submit(0, 1)
    );
    let mut rig = Rig::new(&[Guest::on_event(&body).items("(table $t 0 funcref)").component()]);
    assert_eq!(rig.trade(1), "", "grow returned -1");
}

#[test]
fn h30_big_argument() {
    // A note of 2 MiB that exists only as a number is refused before a byte is copied.
    let body = emit(6, [0, 2 << 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let guest = Guest { memory: "16".to_owned(), ..Guest::on_event(&body) };
    let mut rig = Rig::new(&[guest.component()]);
    let shown = rig.trade(1);
    assert!(shown.starts_with("1/0 halted H-FAULT"), "outside its memory: {shown}");

    let mut wide = slot("wide");
    wide.memory_bytes_max = 4 << 20;
    let guest = Guest { memory: "48".to_owned(), ..Guest::on_event(&body) };
    let mut rig = Rig::with(config(vec![wide]), &[guest.component()], Options::default());
    assert_eq!(rig.trade(1), "1/0 halted H-HOSTCALL limit 1048576 used 1048576");
}

#[test]
fn h30_many_arguments_just_under_the_cap() {
    // 64 KiB an intent, without end: the price per byte ends it after 7, and the first one shows that price.
    let once = emit(6, [65_536, 65_536, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut rig = Rig::new(&[Guest { memory: "2".to_owned(), ..Guest::on_event(&once) }.component()]);
    assert_eq!(rig.trade(1), "", "too long for a note");
    assert!((2 * 65_536..2 * 65_536 + 1_000).contains(&rig.fuel()[0]), "{:?}", rig.fuel());
    let body = format!("(loop $l {} (br $l))", emit(6, [65_536, 65_536, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    check(
        &Guest { memory: "2".to_owned(), ..Guest::on_event(&body) },
        expect!["1/0 halted H-FUEL limit 1000000 used 1000000"],
    );
}

#[test]
fn h33_emit_flood() {
    // 100 intents in one call: 64 are taken, the others answered with too-many (tag 1, code 1).
    let body = format!(
        "(local $i i32) (loop $l {}
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))
         (if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 1)) (then unreachable))
         (if (i32.ne (i32.load8_u (i32.const 2056)) (i32.const 1)) (then unreachable))",
        submit(0, 1)
    );
    let mut rig = Rig::new(&[Guest::on_event(&body).component()]);
    let shown = rig.trade(1);
    assert_eq!(shown.lines().filter(|line| line.contains("emits")).count(), 64, "{shown}");
    assert!(!shown.contains("halted"), "{shown}");
}

#[test]
fn h37_wrong_phase() {
    let sell = submit(1, 1);
    let in_setup = Guest { setup: format!("{sell} (i32.const 64)"), ..Guest::on_event("") };
    let refusals = load(&in_setup.component(), slot("a")).expect_err("emit in setup");
    assert_eq!(refusals[0].code.code(), "E-PHASE");
    assert!(refusals[0].found.contains("during setup"), "{}", refusals[0].found);

    let in_snapshot = Guest { snapshot: format!("{sell} (i32.const 192)"), ..Guest::on_event("") };
    let mut rig = Rig::new(&[in_snapshot.component()]);
    let halt = rig.sandbox.snapshot(StrategyId(1)).expect_err("emit in snapshot");
    assert_eq!(halt.code, HaltCode::Phase);
    assert!(rig.trade(1).contains("halted H-PHASE"), "dead, and never called");

    let view = "(call $top-of-book (i32.const 1) (i32.const 2048)) (i32.const 256)";
    let in_restore = Guest { restore: view.to_owned(), ..Guest::on_event("") };
    let mut rig = Rig::new(&[in_restore.component()]);
    assert_eq!(rig.sandbox.restore(StrategyId(1), b"x").expect_err("view in restore").code, HaltCode::Phase);
}

#[test]
fn h38_trap_after_emit() {
    let buy = submit(0, 1);
    check(
        &Guest::on_event(&format!("{buy} {buy} {buy} unreachable")),
        expect!["1/0 halted H-TRAP limit 1000000 used 1591"],
    );
    check(
        &Guest::on_event(&format!("{buy} {buy} {buy} (loop $l (br $l))")),
        expect!["1/0 halted H-FUEL limit 1000000 used 1000000"],
    );
}

/// Calls a strategy once more after it died, which the core never does.
struct Again(Sandbox, Vec<CallReport>);

impl StrategyHost for Again {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        let (loan, first) = self.0.call(call, loan);
        let (loan, second) = self.0.call(call, loan);
        self.1.extend([first.clone(), second]);
        (loan, first)
    }
}

#[test]
fn h38_a_dead_instance_is_never_entered_again() {
    let mut rig = Rig::new(&[Guest::on_event("unreachable").component()]);
    let sandbox = std::mem::replace(&mut rig.sandbox, Sandbox::new(Options::default()).expect("an engine"));
    let mut again = Again(sandbox, Vec::new());
    rig.trade_with(1, &mut again);
    let [first, second] = &again.1[..] else { panic!("two calls") };
    assert_eq!(first.fault.as_ref().map(|halt| halt.code), Some(HaltCode::Trap));
    assert_eq!(*second, CallReport { fuel: 0, fault: first.fault.clone() });
    assert_eq!(again.0.usage(StrategyId(1)), None, "its store is gone");
}

#[test]
fn h39_poison_numbers() {
    // Each is answered with malformed (tag 1, code 2) and is no intent.
    let quantities = [0, -1, i64::MIN].map(|qty| submit(0, qty));
    let no_instrument = emit(0, [0, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let no_notional = emit(0, [1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let slippage = [0, 5_001].map(|bps| emit(0, [1, 0, 0, 5, 0, 0, 0, 0, 0, 1, 1, bps, 0, 0]));
    let cancel = [0, i64::MAX].map(|id| emit(1, [id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    let amend_nothing = emit(2, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let all = quantities.into_iter().chain([no_instrument, no_notional, amend_nothing]).chain(slippage).chain(cancel);
    for wrong in all {
        let body = format!(
            "{wrong} (if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 1)) (then unreachable))
             (if (i32.ne (i32.load8_u (i32.const 2056)) (i32.const 2)) (then unreachable))"
        );
        assert_eq!(Rig::new(&[Guest::on_event(&body).component()]).trade(1), "", "{wrong}");
    }
    // The largest numbers are intents; the chain's checked arithmetic answers, nothing panics.
    let huge = format!("{} {}", submit(0, i64::MAX), emit(0, [1, 0, 0, 5, 1, 1, i64::MAX, 0, 0, 0, 0, 0, 0, 0]));
    let shown = Rig::new(&[Guest::on_event(&huge).component()]).trade(1);
    assert_eq!(shown.lines().filter(|line| line.contains("emits")).count(), 2, "{shown}");
}

#[test]
fn h40_identity_theft() {
    // Number 2 cancels intent 1: its own, which does not exist, never that of number 1.
    let first = Guest::on_event(&submit(0, 1)).component();
    let thief = Guest::on_event(&emit(1, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).component();
    let mut rig = Rig::new(&[first, thief]);
    let shown = rig.trade(1);
    assert!(shown.contains("2/1 MALFORMED"), "{shown}");
    assert!(shown.contains("1/1 DISPATCHED") && !shown.contains("1/1 WITHDRAWN"), "{shown}");
}

#[test]
fn h13_start_loop() {
    let looping = Guest::on_event("").items("(func $s (loop $l (br $l))) (start $s)");
    assert_eq!(load(&looping.component(), slot("a")).expect_err("start loop")[0].code.code(), "E-INIT-FUEL");
    let trapping = Guest::on_event("").items("(func $s unreachable) (start $s)");
    assert_eq!(load(&trapping.component(), slot("a")).expect_err("start trap")[0].code.code(), "E-INIT");
    let in_setup = Guest { setup: "(loop $l (br $l)) (i32.const 64)".to_owned(), ..Guest::on_event("") };
    assert_eq!(load(&in_setup.component(), slot("a")).expect_err("setup loop")[0].code.code(), "E-SETUP-FUEL");
}

#[test]
fn h13_a_refused_component_leaves_the_old_instance_where_it_is() {
    let mut rig = Rig::new(&[good()]);
    let looping = Guest::on_event("").items("(func $s (loop $l (br $l))) (start $s)");
    let again = config(vec![slot("s1")]);
    let refused = rig.sandbox.load(StrategyId(1), &again, super::rig::bytes(&looping.component()));
    assert!(refused.is_err());
    assert!(rig.trade(1).contains("1/1 emits buy"));
}

#[test]
fn the_wall_clock_net_of_a_start_says_nothing_about_the_component() {
    let clock = WallClock { ns_min: 30_000_000, ns_per_fuel: 0 };
    let looping = "(loop $l (br $l))";
    let in_setup = Guest { setup: format!("{looping} (i32.const 64)"), ..Guest::on_event("") };
    let in_start = Guest::on_event("").items(&format!("(func $s {looping}) (start $s)"));
    for (guest, want) in [(in_setup, "setup took longer than 30 ms"), (in_start, "start code took longer than 30 ms")] {
        let mut sandbox = Sandbox::new(Options { clock, ..Options::default() }).expect("an engine");
        let _ticker = sandbox.start_ticker().expect("a thread");
        let bytes = super::rig::bytes(&guest.component());
        let refusals = sandbox.load(StrategyId(1), &config(vec![slot("a")]), bytes).expect_err("too slow");
        assert_eq!(refusals[0].code.code(), "E-WALL-CLOCK");
        assert!(refusals[0].is_outside() && refusals[0].found.starts_with(want), "{}", refusals[0].found);
    }
    let fuel = load(&Guest::on_event("").items("(func $s unreachable) (start $s)").component(), slot("a"));
    assert!(!fuel.expect_err("a trap")[0].is_outside());
}

#[test]
fn the_wall_clock_net_catches_what_fuel_does_not() {
    let mut endless = slot("endless");
    endless.fuel_per_call = u64::MAX / 2;
    let clock = WallClock { ns_min: 30_000_000, ns_per_fuel: 0 };
    let options = Options { clock, ..Options::default() };
    let mut rig = Rig::with(config(vec![endless]), &[Guest::on_event("(loop $l (br $l))").component()], options);
    let _ticker = rig.sandbox.start_ticker().expect("a thread");
    assert_eq!(rig.trade(1), "1/0 halted H-WALL-CLOCK limit 30000000 used 30000000");
}
