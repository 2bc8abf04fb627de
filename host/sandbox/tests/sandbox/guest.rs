//! Guests for tests: components made of a few lines of WebAssembly text and the project's own WIT.

use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{Function, Resolve, WorldId, WorldItem};

/// The project's WIT, parsed.
pub(crate) struct Wit {
    pub(crate) resolve: Resolve,
    pub(crate) world: WorldId,
}

impl Wit {
    pub(crate) fn new() -> Wit {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(wit_folder()).expect("the WIT parses");
        let world = resolve.select_world(&[package], Some("batch-strategy")).expect("the world is there");
        Wit { resolve, world }
    }

    /// The world without batches.
    fn without_batches(mut self) -> Wit {
        let package = self.resolve.worlds[self.world].package.expect("every world is of a package");
        self.world = self.resolve.select_world(&[package], Some("strategy")).expect("the world is there");
        self
    }

    pub(crate) fn signature(&self, interface: &str, function: &str) -> WasmSignature {
        let world = &self.resolve.worlds[self.world];
        let (items, abi) = match interface {
            "guest" | "batch" => (&world.exports, AbiVariant::GuestExport),
            _ => (&world.imports, AbiVariant::GuestImport),
        };
        let found = items.values().find_map(|item| match item {
            WorldItem::Interface { id, .. } => {
                let found = &self.resolve.interfaces[*id];
                (found.name.as_deref() == Some(interface)).then(|| &found.functions[function])
            }
            WorldItem::Function(_) | WorldItem::Type { .. } => None,
        });
        let function: &Function = found.expect("the function is in the WIT");
        self.resolve.wasm_signature(abi, function)
    }
}

/// The folder of the WIT, of whatever package of the repository this is compiled into.
pub(crate) fn wit_folder() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().map(|folder| folder.join("wit")).find(|folder| folder.is_dir()).expect("a folder above has it")
}

/// A guest in the making: every part can be replaced.
#[derive(Clone)]
pub(crate) struct Guest {
    /// Module-level text: globals, tables, further functions.
    pub(crate) items: String,
    /// The memory's size in pages, as in the text format.
    pub(crate) memory: String,
    /// Body of `on-event`; parameters are `$time`, `$venue`, `$instrument`, `$kind`, `$p0`…`$p6`, `$c0`…`$c4`.
    pub(crate) on_event: String,
    /// Body of `setup`, which must leave a pointer to its answer; the default subscribes to trades of instrument 1.
    pub(crate) setup: String,
    /// Body of `snapshot`, which must leave a pointer to (pointer, length).
    pub(crate) snapshot: String,
    /// Body of `restore`, which must leave a pointer to its answer.
    pub(crate) restore: String,
    /// Body of `on-events`, which must leave how many it handled; parameters are `$words` and `$count`. `None` = it takes
    /// no batches.
    pub(crate) on_events: Option<String>,
}

/// The functions of the interface `view`.
pub(crate) const VIEWS: [&str; 8] =
    ["top-of-book", "depth", "position-of", "account", "open-orders", "order", "instrument", "bars"];

/// Where the default `setup` keeps its answer; zeroed memory is "ok" with nothing in it.
const ANSWER: u32 = 64;

impl Guest {
    /// Subscribes to trades of instrument 1 and does `on_event` at each.
    pub(crate) fn on_event(body: &str) -> Guest {
        Guest {
            items: String::new(),
            memory: "1".to_owned(),
            on_event: body.to_owned(),
            setup: plan_of_trades(),
            snapshot: format!("(i32.const {})", ANSWER + 128),
            restore: format!("(i32.const {})", ANSWER + 192),
            on_events: None,
        }
    }

    /// Takes batches too.
    pub(crate) fn in_batches(mut self, body: &str) -> Guest {
        self.on_events = Some(body.to_owned());
        self
    }

    pub(crate) fn items(mut self, text: &str) -> Guest {
        self.items.push_str(text);
        self
    }

    /// The core module in text form.
    pub(crate) fn module(&self) -> String {
        let wit = Wit::new();
        let names = "time venue instrument kind p0 p1 p2 p3 p4 p5 p6 c0 c1 c2 c3 c4";
        let on_event = wit.signature("guest", "on-event");
        let params: Vec<_> =
            names.split(' ').zip(&on_event.params).map(|(name, ty)| format!("(param ${name} {})", text(*ty))).collect();
        let on_events = self.on_events.as_ref().map(|body| {
            format!(
                r#"(func (export "ringfence:strategy/batch@0.1.0#on-events") (param $words i32) (param $count i32) (result i32) {body})"#
            )
        });
        let views = VIEWS.map(|name| {
            let signature = types(&wit.signature("view", name));
            format!(r#"(import "ringfence:strategy/view@0.1.0" "{name}" (func ${name} {signature}))"#)
        });
        format!(
            r#"(module
                (import "ringfence:strategy/intents@0.1.0" "emit" (func $emit {emit}))
                (import "ringfence:strategy/intents@0.1.0" "emit-order" (func $emit-order {emit_order}))
                (import "ringfence:strategy/intents@0.1.0" "emit-schedule" (func $emit-schedule {emit_schedule}))
                {views}
                (memory (export "memory") {memory})
                (global $heap (mut i32) (i32.const 4096))
                {items}
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (global.get $heap)
                    (global.set $heap (i32.and (i32.add (i32.add (global.get $heap) (local.get 3)) (i32.const 7)) (i32.const -8))))
                (func (export "ringfence:strategy/guest@0.1.0#setup") {setup_type} {setup})
                (func (export "ringfence:strategy/guest@0.1.0#on-event") {params} {on_event})
                (func (export "ringfence:strategy/guest@0.1.0#snapshot") (result i32) {snapshot})
                (func (export "ringfence:strategy/guest@0.1.0#restore") (param i32 i32) (result i32) {restore})
                {on_events})"#,
            emit = types(&wit.signature("intents", "emit")),
            emit_order = types(&wit.signature("intents", "emit-order")),
            emit_schedule = types(&wit.signature("intents", "emit-schedule")),
            views = views.concat(),
            setup_type = types(&wit.signature("guest", "setup")),
            params = params.join(" "),
            items = self.items,
            memory = self.memory,
            on_event = self.on_event,
            setup = self.setup,
            snapshot = self.snapshot,
            restore = self.restore,
            on_events = on_events.unwrap_or_default(),
        )
    }

    /// The component.
    #[track_caller]
    pub(crate) fn component(&self) -> Vec<u8> {
        encode(&self.module())
    }
}

/// Makes a component of a core module in text form.
#[track_caller]
pub(crate) fn encode(module: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap_or_else(|error| panic!("{error}\n{module}"));
    // A module that exports no batches is of the smaller world.
    let wit = Wit::new();
    let takes_batches = module.windows(BATCH.len()).any(|bytes| bytes == BATCH.as_bytes());
    let wit = if takes_batches { wit } else { wit.without_batches() };
    embed_component_metadata(&mut module, &wit.resolve, wit.world, StringEncoding::UTF8, false).expect("metadata fits");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).expect("the module fits the world").encode().expect("a component")
}

/// The interface of batches.
const BATCH: &str = "ringfence:strategy/batch@0.1.0";

/// `setup` that answers with one subscription: trades of instrument 1.
pub(crate) fn plan_of_trades() -> String {
    plan(1, 0)
}

/// `setup` that answers with one subscription of this instrument to this kind (its place in the WIT).
pub(crate) fn plan(instrument: u32, kind: u32) -> String {
    plans(&[(instrument, kind)])
}

/// `setup` that answers with one or two subscriptions: instrument and kind of each.
pub(crate) fn plans(wishes: &[(u32, u32)]) -> String {
    // result<plan, string>: tag at 0, list pointer at 4, length at 8.
    let mut text = store32(ANSWER, 0) + &store32(ANSWER + 4, LIST) + &store32(ANSWER + 8, wishes.len() as u32);
    for (at, (instrument, kind)) in (LIST..).step_by(40).zip(wishes) {
        text += &(store32(at, *instrument) + &store32(at + 4, *kind));
    }
    format!("{text} (i32.const {ANSWER})")
}

/// `setup` that answers with one subscription to bars of this specification: its case in the WIT, and the number.
pub(crate) fn plan_of_bars(case: u32, size: u32) -> String {
    let bars = store32(LIST + 8, 1) + &store32(LIST + 16, case) + &store32(LIST + 24, size);
    bars + &plan(1, 3)
}

/// Where `setup` keeps its subscriptions. One takes 40 bytes: instrument at 0, kind at 4, bars at 8, 16 and 24.
const LIST: u32 = ANSWER + 16;

fn store32(at: u32, value: u32) -> String {
    format!("(i32.store (i32.const {at}) (i32.const {value}))")
}

/// A call of `emit` with a market order: side 0 = buy, quantity as given. Leaves nothing.
pub(crate) fn submit(side: u32, qty: i64) -> String {
    // submit: instrument, side, size tag, size, type, limit?, limit, stop?, stop, tif, slippage?, slippage, post, reduce.
    emit(0, [1, side.into(), 0, qty, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
}

/// A call of `emit` with any case and flat values.
pub(crate) fn emit(case: u32, values: [i64; 14]) -> String {
    let signature = Wit::new().signature("intents", "emit");
    let mut args = format!("(i32.const {case})");
    for (value, ty) in values.iter().zip(&signature.params[1..]) {
        match text(*ty) {
            "i32" => args.push_str(&format!(" (i32.const {})", *value as i32)),
            ty => args.push_str(&format!(" ({ty}.const {value})")),
        }
    }
    format!("(call $emit {args} (i32.const 2048))")
}

/// A call of `emit-order` with a trailing stop to sell 1 of instrument 1: offset 50, by the mark. `change` is done to the
/// request before. Leaves nothing.
///
/// The request takes 160 bytes: instrument 0, side 4, size 8 and 16, type 24, time in force 64, an end 80, display
/// quantity 88, trail 96, offset 104, unit 112, limit offset 120, trigger 128, parent 136, group 144, kind of group 152.
pub(crate) fn emit_order(change: &str) -> String {
    let byte = |at: u32, value: u32| format!("(i32.store8 (i32.const {}) (i32.const {value}))", REQUEST + at);
    let word = |at: u32, value: u32| format!("(i64.store (i32.const {}) (i64.const {value}))", REQUEST + at);
    let sets = [byte(0, 1), byte(4, 1), word(16, 1), byte(24, 6), byte(96, 1), word(104, 50), byte(128, 2)];
    format!("{} {change} (call $emit-order (i32.const {REQUEST}) (i32.const 2048))", sets.concat())
}

/// A call of `emit-schedule`: buy `qty` of instrument 1 at 100.00 or better, from now to the year
/// 2255, along a curve (case and two words). Leaves nothing.
pub(crate) fn emit_schedule(qty: i64, [case, first, second]: [u32; 3]) -> String {
    format!(
        "(call $emit-schedule (i32.const 1) (i32.const 0) (i32.const 0) (i64.const {qty}) (i32.const 0)
            (i64.const 10000) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 9000000000000000000)
            (i32.const {case}) (i32.const {first}) (i32.const {second}) (i32.const 2048))"
    )
}

/// Where `emit_order` keeps its request.
pub(crate) const REQUEST: u32 = 512;

fn types(signature: &WasmSignature) -> String {
    let list = |types: &[WasmType]| types.iter().map(|ty| text(*ty)).collect::<Vec<_>>().join(" ");
    format!("(param {}) (result {})", list(&signature.params), list(&signature.results))
}

fn text(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    }
}
