//! Parts of composed components: a strategy that imports a rule, and components that have one.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::guest::{Guest, submit, wit_folder};

/// What joins the two.
pub(crate) const RULE: &str = "test:parts/rule@1.0.0";

const PARTS: &str = "package test:parts@1.0.0;
    interface rule { next: func() -> u32; }
    world socket { import rule; include ringfence:strategy/strategy@0.1.0; }";

/// Answers 1, 2, 3, …
const PLUG: &str = r#"(component
    (core module $m (global $n (mut i32) (i32.const 0))
        (func (export "next") (result i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
    (core instance $i (instantiate $m))
    (func $next (result u32) (canon lift (core func $i "next")))
    (instance (export "test:parts/rule@1.0.0") (export "next" (func $next))))"#;

/// The same with a word, whose first letter and length the answer has in it; it comes into a memory of the plug's own.
const PLUG_OF_WORDS: &str = r#"(component
    (core module $m (memory (export "memory") 1) (global $n (mut i32) (i32.const 0))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
        (func (export "next") (param $at i32) (param $len i32) (result i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (i32.add (i32.mul (i32.load8_u (local.get $at)) (i32.const 1000))
                (i32.add (i32.mul (local.get $len) (i32.const 100)) (global.get $n)))))
    (core instance $i (instantiate $m))
    (func $next (param "word" string) (result u32)
        (canon lift (core func $i "next") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
    (instance (export "test:parts/rule@1.0.0") (export "next" (func $next))))"#;

/// What joins a strategy and its plug.
#[derive(Clone, Copy)]
pub(crate) struct Joint {
    pub(crate) plug: &'static str,
    /// Parameters in the WIT and in the core module.
    pub(crate) params: (&'static str, &'static str),
    pub(crate) call: &'static str,
}

pub(crate) const OF_NUMBERS: Joint = Joint { plug: PLUG, params: ("", ""), call: "(call $next)" };
/// The word is of three letters, the first an `A`.
pub(crate) const OF_WORDS: Joint = Joint {
    plug: PLUG_OF_WORDS,
    params: ("word: string", "(param i32 i32)"),
    call: "(i32.store (i32.const 32) (i32.const 0x00434241)) (call $next (i32.const 32) (i32.const 3))",
};

/// A strategy that buys as many as the rule says; whose rule that is, it does not know.
pub(crate) fn socket(joint: Joint) -> Vec<u8> {
    let (in_wit, in_core) = joint.params;
    let counted = format!("(block (result i64) (i64.extend_i32_u (block (result i32) {})))", joint.call);
    let buys = submit(0, 777).replace("(i64.const 777)", &counted);
    let import = format!("(module (import \"{RULE}\" \"next\" (func $next {in_core} (result i32)))");
    let module = Guest::on_event(&buys).module().replacen("(module", &import, 1);
    let mut resolve = Resolve::default();
    resolve.push_dir(wit_folder()).expect("the WIT parses");
    let package =
        resolve.push_str("parts.wit", &PARTS.replace("func()", &format!("func({in_wit})"))).expect("it parses");
    let world = resolve.select_world(&[package], Some("socket")).expect("it is there");
    let mut module = wat::parse_str(module).expect("valid text");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("metadata fits");
    ComponentEncoder::default().module(&module).expect("it fits the world").encode().expect("a component")
}
