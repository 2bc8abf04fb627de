//! How much time does a unit of fuel take, by what a guest does with it?
//!
//! `cargo run --release -p ringfence-sandbox --example fuel_cost` prints nanoseconds per unit for each class of operators, and
//! how far the dearest is from the cheapest: what a table of operator costs is good for.

#[path = "../tests/sandbox/guest.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod guest;
mod repeat;
#[path = "../tests/sandbox/rig.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod rig;

use guest::Guest;
use repeat::{Taken, repeat};
use ringfence_core::config::StrategySlot;
use ringfence_sandbox::OPERATOR_COST_ID;

const ROUNDS: usize = 200;
/// Times an operator stands in the body of a loop.
const UNROLLED: usize = 64;
/// Fuel of a call; more than any of them takes.
const FUEL: u64 = 1_000_000_000;

/// A class of operators: name, one operator with what it needs, turns of the loop, and its fuel by [`BEFORE`].
type Class = (&'static str, &'static str, u32, f64);

/// The table before the present one.
const BEFORE: &str = "operator-cost@2";

const CLASSES: &[Class] = &[
    ("integer addition", "(local.set $x (i64.add (local.get $x) (local.get $p1)))", 2_000, 4.1),
    ("integer product", "(local.set $x (i64.mul (local.get $x) (local.get $p1)))", 2_000, 4.1),
    (
        "integer division",
        "(local.set $x (i64.div_u (i64.const 987654321987) (i64.or (local.get $x) (i64.const 1))))",
        500,
        8.1,
    ),
    (
        "integer remainder",
        "(local.set $x (i64.rem_s (i64.const 987654321987) (i64.or (local.get $x) (i64.const 1))))",
        500,
        8.1,
    ),
    ("shift and count", "(local.set $x (i64.popcnt (i64.rotl (local.get $x) (i64.const 7))))", 2_000, 5.1),
    (
        "choice",
        "(local.set $x (select (local.get $x) (i64.const 9) (i64.lt_s (local.get $x) (i64.const 5))))",
        2_000,
        7.1,
    ),
    ("float addition", "(local.set $f (f64.add (local.get $f) (f64.const 1.5)))", 2_000, 4.1),
    ("float product", "(local.set $f (f64.mul (local.get $f) (f64.const 1.0000001)))", 2_000, 4.1),
    ("float division", "(local.set $f (f64.div (local.get $f) (f64.const 1.0000001)))", 500, 6.1),
    ("square root", "(local.set $f (f64.sqrt (f64.add (local.get $f) (f64.const 2))))", 500, 7.1),
    ("rounding", "(local.set $f (f64.floor (f64.add (local.get $f) (f64.const 0.7))))", 2_000, 5.1),
    ("float to integer", "(local.set $x (i64.trunc_sat_f64_s (f64.convert_i64_s (local.get $x))))", 1_000, 4.1),
    ("load", "(local.set $x (i64.load (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 4088))))", 2_000, 6.1),
    (
        "store",
        "(i64.store (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 4088)) (local.get $p1)) \
         (local.set $x (i64.add (local.get $x) (local.get $p1)))",
        2_000,
        10.1,
    ),
    (
        "load that misses the caches",
        "(local.set $i (i32.and (i32.add (i32.mul (local.get $i) (i32.const 1664525)) (i32.const 1013904223)) \
         (i32.const 0x7fffc0))) (local.set $x (i64.add (local.get $x) (i64.load (local.get $i))))",
        500,
        13.1,
    ),
    ("global", "(global.set $g (i64.add (global.get $g) (i64.const 1)))", 2_000, 4.1),
    ("call", "(call $leaf)", 1_000, 2.1),
    ("call through a table", "(call_indirect (type $nothing) (i32.const 0))", 1_000, 3.1),
    (
        "branch table",
        "(block $a (block $b (br_table $a $b $a (i32.wrap_i64 (local.get $x)))) \
         (local.set $x (i64.add (local.get $x) (local.get $p1))))",
        1_000,
        3.1,
    ),
    (
        "empty loop",
        "(local.set $i (i32.const 9)) (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))",
        500,
        47.1,
    ),
    ("reference to a function", "(table.set $t (i32.const 1) (ref.func $leaf))", 500, 18.1),
    ("table read", "(drop (table.get $t (i32.const 1)))", 1_000, 2.1),
    ("memory.fill of nothing", "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))", 200, 51.1),
    ("memory.fill of 64 KiB", "(memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536))", 2, 65587.1),
    ("memory.copy of 64 KiB", "(memory.copy (i32.const 65536) (i32.const 131072) (i32.const 65536))", 2, 65587.1),
    ("refused memory.grow", "(drop (memory.grow (i32.const 65000)))", 100, 101.1),
    ("table.grow of nothing", "(drop (table.grow $t (ref.null func) (i32.const 0)))", 100, 102.1),
    (
        "table write",
        "(local.set $x (i64.add (local.get $x) (i64.const 1))) \
         (table.set $t (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 3)) (ref.null func))",
        1_000,
        10.1,
    ),
    ("memory.copy of 4 MiB", "(memory.copy (i32.const 65536) (i32.const 5242880) (i32.const 4194304))", 1, 4_194_355.1),
];

fn main() {
    let head = ["ns/fuel", "(median)", "ns/operator", "fuel/operator", "ns/fuel before"];
    println!(
        "{OPERATOR_COST_ID}: {:<28} {:>10} {:>10} {:>12} {:>14} {:>15}",
        "class", head[0], head[1], head[2], head[3], head[4]
    );
    let (mut now, mut before) = (Vec::new(), Vec::new());
    for class in CLASSES {
        let Taken { best_ns, median_ns, fuel } = measure(class);
        let (fuel, operators) = (fuel as f64, f64::from(class.2) * UNROLLED as f64);
        let (a_unit, median) = (best_ns / fuel, median_ns / fuel);
        let (time, cost) = (best_ns / operators, fuel / operators);
        let unit_before = time / class.3;
        println!("{:<45} {a_unit:>10.3} {median:>10.3} {time:>12.2} {cost:>14.1} {unit_before:>15.3}", class.0);
        now.push((a_unit, class.0));
        before.push((unit_before, class.0));
    }
    println!("{BEFORE}: {}", spread(before));
    println!("{OPERATOR_COST_ID}: {}", spread(now));
}

/// How far the dearest is from the cheapest, in words.
fn spread(mut units: Vec<(f64, &str)>) -> String {
    units.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, last) = (units[0], units[units.len() - 1]);
    format!("a unit takes {:.1} times as long for {} as for {}", last.0 / first.0, last.1, first.1)
}

/// One call whose loop does nothing else.
fn measure((_, operator, turns, _): &Class) -> Taken {
    let body = format!(
        "(local $x i64) (local $f f64) (local $i i32) (local $n i32) (local.set $n (i32.const {turns}))
         (loop $again {} (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $again (local.get $n)))",
        operator.repeat(UNROLLED)
    );
    let items = "(type $nothing (func)) (global $g (mut i64) (i64.const 0)) (func $leaf)
        (table $t 4 funcref) (elem (table $t) (i32.const 0) func $leaf)";
    let guest = Guest { memory: "160".to_owned(), ..Guest::on_event(&body) }.items(items);
    let slot = StrategySlot { memory_bytes_max: 16 << 20, fuel_per_call: FUEL, ..rig::slot("measured") };
    repeat(&guest.component(), slot, (1, ROUNDS))
}
