//! Strategies that look for what differs between machines and runs, and go by it; and those that hand their host much for
//! little.

use super::guest::{Guest, emit_schedule, submit};
use super::running::{Row, Want, row};

/// Buys as many as the expression gives, a number of 64 bits.
fn buys(count: &str) -> String {
    submit(0, 777).replace("(i64.const 777)", count)
}

/// One and this number of 32 bits, so that -1 is asked for as 0 and is no order; two more, so that it is one of 1.
fn told(answer: &str) -> String {
    buys(&format!("(i64.extend_i32_u (i32.add (i32.const 2) {answer}))"))
}

/// Grows its memory by a page and its table by ten thousand at each call; buys 2 more than each answer says.
fn growing() -> Guest {
    let memory = told("(memory.grow (i32.const 1))");
    let table = told("(table.grow $t (ref.null func) (i32.const 10000))");
    Guest::on_event(&format!("{memory} {table}")).items("(table $t 0 funcref)")
}

/// What [`growing`] buys in so many calls with a memory of 16 pages, and tables of 100,000 of which other modules of the
/// component have a few.
pub(super) fn grown(calls: usize) -> Vec<u64> {
    let answer = |before: u64, by: u64, most: u64| if before + by <= most { before + 2 } else { 1 };
    let of_call = |call: u64| [answer(1 + call, 1, 16), answer(10_000 * call, 10_000, 99_990)];
    (0..calls as u64).flat_map(of_call).collect()
}

const DOWN: &str = "(func $down (param i32) (result i32)
    (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0))))";

/// Says how deep it is at every 64th step, and goes on until the stack ends.
const DEEPER: &str = "(func $deeper (param i32) (result i32)
    (i32.store (i32.const 8192) (local.get 0))
    (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 64))) (then SAYS))
    (i32.add (i32.const 1) (call $deeper (i32.add (local.get 0) (i32.const 1)))))";

/// Every operation that makes a NaN of its own choice, with payloads and signs to pass on: none but the canonical one comes out.
fn nans() -> String {
    let zero = "(f64.convert_i64_s (i64.sub (local.get $time) (local.get $time)))";
    let small = format!("(f32.demote_f64 {zero})");
    let odd = "(f64.reinterpret_i64 (i64.or (local.get $time) (i64.const 0xfff0000000000001)))";
    let odd_small = "(f32.reinterpret_i32 (i32.or (i32.wrap_i64 (local.get $time)) (i32.const 0xff800001)))";
    let wide = [
        format!("(f64.div {zero} {zero})"),
        format!("(f64.sub (f64.div (f64.const 1) {zero}) (f64.div (f64.const 1) {zero}))"),
        format!("(f64.mul (f64.div (f64.const 1) {zero}) {zero})"),
        "(f64.sqrt (f64.const -1))".to_owned(),
        format!("(f64.add {odd} (f64.const 1))"),
        format!("(f64.min {odd} {zero})"),
        format!("(f64.max {zero} {odd})"),
        format!("(f64.nearest {odd})"),
        format!("(f64.promote_f32 {odd_small})"),
    ];
    let narrow = [
        format!("(f32.div {small} {small})"),
        "(f32.sqrt (f32.const -1))".to_owned(),
        format!("(f32.add {odd_small} (f32.const 1))"),
        format!("(f32.ceil {odd_small})"),
        format!("(f32.demote_f64 {odd})"),
    ];
    let wide = wide.map(|nan| {
        format!("(if (i64.ne (i64.reinterpret_f64 {nan}) (i64.const 0x7ff8000000000000)) (then unreachable))")
    });
    let narrow = narrow
        .map(|nan| format!("(if (i32.ne (i32.reinterpret_f32 {nan}) (i32.const 0x7fc00000)) (then unreachable))"));
    wide.concat() + &narrow.concat()
}

/// Where a guest of these tests keeps nothing.
const FREE: u32 = 8_192;

/// Leaves 1 when a byte behind [`FREE`] is other than zero, else 0; the memory is of whole pages.
pub(super) const SEEN: &str = "(func $seen (result i32) (local $at i32)
    (local.set $at (i32.const 8192))
    (loop $on
        (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (return (i32.const 1))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $on (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
    (i32.const 0))";

/// Grows the memory until that is refused.
pub(super) const TO_THE_TOP: &str = "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))";

/// As much of the memory as a guest of these tests does not use, written full.
pub(super) fn filled() -> String {
    format!(
        "(memory.fill (i32.const {FREE}) (i32.const 165)
            (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {FREE})))"
    )
}

pub(super) fn probes() -> Vec<Row> {
    let whole = "memory_mb = 1\nfuel_per_call = 20_000_000";
    let buy = submit(0, 1);
    let shallow = format!("(if (i32.ne (call $down (i32.const 2000)) (i32.const 2000)) (then unreachable)) {buy}");
    let deeper = DEEPER.replace("SAYS", &buys("(i64.extend_i32_u (i32.add (local.get 0) (i32.const 1)))"));
    let blank = format!("{TO_THE_TOP} (if (call $seen) (then unreachable)) {buy}");
    let mut rows = vec![
        row("h45_grow_results", Want::Lives, growing()),
        row("h45_stack_within_its_limit", Want::Lives, Guest::on_event(&shallow).items(DOWN)),
        row(
            "h45_stack_depth_at_its_end",
            Want::Halt("H-STACK"),
            Guest::on_event("(drop (call $deeper (i32.const 0)))").items(&deeper),
        ),
        row("h45_nan_bits", Want::Lives, Guest::on_event(&format!("{} {buy}", nans()))),
        row("h45_memory_never_written", Want::Lives, Guest::on_event(&blank).items(SEEN)).with(whole),
    ];
    rows.extend(lists());
    rows
}

/// Lists that lie one on the other in one region, as long as memory is and longer.
fn lists() -> Vec<Row> {
    let schedule = |weights: u32| emit_schedule(10, [1, 0, weights]);
    let wide = "memory_mb = 4\nfuel_per_call = 5_000_000";
    let again = |weights: u32| Guest {
        memory: "48".to_owned(),
        ..Guest::on_event(&format!("(loop $l {} (br $l))", schedule(weights)))
    };
    let once = Guest { memory: "48".to_owned(), ..Guest::on_event(&schedule(1 << 20)) };
    vec![
        // 2 MiB of weights, of which the interface takes 96.
        row("h30_list_above_the_limit", Want::Halt("H-HOSTCALL"), once).with(wide),
        row("h30_lists_just_below_it", Want::Halt("H-FUEL"), again(500_000)).with(wide),
        row("h30_lists_outside_its_memory", Want::Halt("H-FAULT"), again(0x4000_0000)).with(wide),
    ]
}
