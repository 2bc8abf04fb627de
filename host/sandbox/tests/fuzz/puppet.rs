//! Puppet: a guest that does what bytes say, so that every value that crosses the interface can be any value.
//!
//! `restore` keeps its bytes. `on-event` reads them as calls of imports, records of [`RECORD_BYTES`]: which import, then its
//! flat arguments, eight bytes each. `snapshot` answers with a pointer from the head of the bytes, and `setup` with a plan at
//! bytes that its first parameter spells, two letters a byte.

use wit_parser::abi::WasmType;

use crate::guest::{Guest, VIEWS, Wit};

/// Where the bytes lie.
const BYTES_AT: u32 = 65_536;
/// Bytes of the head: pointers that `restore` and `snapshot` answer with.
const HEAD_BYTES: u32 = 16;
/// Bytes of a call.
const RECORD_BYTES: u32 = 160;
/// Calls of one event.
const CALLS: u32 = 8;
/// Where `setup` has its answer.
const PLAN_AT: u32 = 4_096 + 512;

/// The guest.
pub(crate) fn puppet() -> Vec<u8> {
    let restore = format!(
        "(memory.copy (i32.const {BYTES_AT}) (local.get 0)
            (select (local.get 1) (i32.const 60000) (i32.lt_u (local.get 1) (i32.const 60000))))
         (i32.load (i32.const {BYTES_AT}))"
    );
    let body = format!(
        "(local $at i32) (local $left i32) (local.set $at (i32.const {})) (local.set $left (i32.const {CALLS}))
         (loop $again
            (call $one (local.get $at))
            (local.set $at (i32.add (local.get $at) (i32.const {RECORD_BYTES})))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $again (local.get $left)))",
        BYTES_AT + HEAD_BYTES
    );
    let setup = format!(
        "(local $p i32) (local $n i32) (local $i i32)
         (local.set $p (i32.load offset=8 (local.get 0))) (local.set $n (i32.shr_u (i32.load offset=12 (local.get 0)) (i32.const 1)))
         (loop $l (if (i32.lt_u (local.get $i) (local.get $n)) (then
            (i32.store8 (i32.add (i32.const {PLAN_AT}) (local.get $i)) (i32.or
                (i32.shl (i32.sub (i32.load8_u (local.get $p)) (i32.const 97)) (i32.const 4))
                (i32.sub (i32.load8_u offset=1 (local.get $p)) (i32.const 97))))
            (local.set $p (i32.add (local.get $p) (i32.const 2)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $l))))
         (i32.const {PLAN_AT})"
    );
    let snapshot = format!("(i32.load (i32.const {}))", BYTES_AT + 4);
    let guest = Guest { memory: "4".to_owned(), setup, snapshot, restore, ..Guest::on_event(&body) };
    guest.items(&format!("(func $one (param $at i32) {})", calls())).component()
}

/// Bytes as the parameter that `setup` reads.
pub(crate) fn spelled(bytes: &[u8]) -> String {
    let letter = |four: u8| char::from(b'a' + four);
    bytes.iter().take(400).flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect()
}

/// Calls the import that the first byte of a record names.
fn calls() -> String {
    let wit = Wit::new();
    let intents = ["emit", "emit-order", "emit-schedule"].map(|name| (name, wit.signature("intents", name)));
    let views = VIEWS.map(|name| (name, wit.signature("view", name)));
    let all = intents.into_iter().chain(views);
    all.enumerate()
        .map(|(number, (name, signature))| {
            let arguments: String =
                signature.params.iter().zip((8..).step_by(8)).map(|(ty, at)| argument(*ty, at)).collect();
            let call = format!("(call ${name} {arguments})");
            let call = if signature.results.is_empty() { call } else { format!("(drop {call})") };
            format!("(if (i32.eq (i32.load8_u (local.get $at)) (i32.const {number})) (then {call}))")
        })
        .collect()
}

fn argument(ty: WasmType, at: u32) -> String {
    let load = match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64.load",
        WasmType::F32 => "f32.load",
        WasmType::F64 => "f64.load",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32.load",
    };
    format!("({load} offset={at} (local.get $at))")
}

/// An input of one call: the import by its number, and its arguments.
pub(crate) fn input(calls: &[(u8, &[u64])]) -> Vec<u8> {
    let (fine, state) = (256_u32, 320_u32);
    let mut bytes = [fine.to_le_bytes(), state.to_le_bytes(), [0; 4], [0; 4]].concat();
    for (number, arguments) in calls {
        let mut record = vec![*number, 0, 0, 0, 0, 0, 0, 0];
        record.extend(arguments.iter().flat_map(|argument| argument.to_le_bytes()));
        record.resize(RECORD_BYTES as usize, 0);
        bytes.extend(record);
    }
    // What follows is no call.
    bytes.resize((HEAD_BYTES + CALLS * RECORD_BYTES) as usize, 0xff);
    bytes
}
