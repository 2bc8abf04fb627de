//! Composed components: a strategy and what it is linked with, each an instance within the one component. They are
//! admitted up to the number of instances that the whole unfolds to, and run as any other.

use ringfence_core::ids::StrategyId;
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    ComponentSectionId, RawSection,
};
use wasmtime::wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::admission::report;
use super::guest::{Guest, submit, wit_folder};
use super::rig::Rig;

const RULE: &str = "test:parts/rule@1.0.0";
const GUEST: &str = "ringfence:strategy/guest@0.1.0";
/// What a strategy imports, in the order in which the component declares it.
const IMPORTS: [&str; 3] = ["types", "view", "intents"];

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
struct Joint {
    plug: &'static str,
    /// Parameters in the WIT and in the core module.
    params: (&'static str, &'static str),
    call: &'static str,
}

const OF_NUMBERS: Joint = Joint { plug: PLUG, params: ("", ""), call: "(call $next)" };
/// The word is of three letters, the first an `A`.
const OF_WORDS: Joint = Joint {
    plug: PLUG_OF_WORDS,
    params: ("word: string", "(param i32 i32)"),
    call: "(i32.store (i32.const 32) (i32.const 0x00434241)) (call $next (i32.const 32) (i32.const 3))",
};

/// A strategy that buys as many as the rule says; whose rule that is, it does not know.
fn socket(joint: Joint) -> Vec<u8> {
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

/// Sections of a strategy before its first module: what it imports, declared.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's list is open; declarations are of three kinds")]
fn declarations(component: &mut Component, strategy: &[u8]) {
    for payload in Parser::new(0).parse_all(strategy) {
        let (id, range) = match payload.expect("it is whole") {
            Payload::ComponentTypeSection(section) => (ComponentSectionId::Type, section.range()),
            Payload::ComponentImportSection(section) => (ComponentSectionId::Import, section.range()),
            Payload::ComponentAliasSection(section) => (ComponentSectionId::Alias, section.range()),
            Payload::Version { .. } => continue,
            _first_module => return,
        };
        component.section(&RawSection { id: id.into(), data: &strategy[range] });
    }
}

/// The strategy linked with a plug, of which there are `plugs` instances; it is given the last.
fn composed(joint: Joint, plugs: u32) -> Vec<u8> {
    let mut component = Component::new();
    declarations(&mut component, &Guest::on_event("").component());
    let plug = wat::parse_str(joint.plug).expect("valid text");
    for part in [&plug, &socket(joint)] {
        component.section(&RawSection { id: ComponentSectionId::Component.into(), data: part });
    }
    let imported = u32::try_from(IMPORTS.len()).expect("few");
    let mut instances = ComponentInstanceSection::new();
    for _ in 0..plugs {
        instances.instantiate(0, [("", ComponentExportKind::Instance, 0); 0]);
    }
    component.section(&instances);
    let last_plug = imported + plugs - 1;
    component.section(&alias(last_plug, RULE));
    let rule = last_plug + 1;
    let names = IMPORTS.map(|name| format!("ringfence:strategy/{name}@0.1.0"));
    let arguments = names.iter().map(String::as_str).zip(0..).chain([(RULE, rule)]);
    let arguments: Vec<_> = arguments.map(|(name, at)| (name, ComponentExportKind::Instance, at)).collect();
    let mut instances = ComponentInstanceSection::new();
    instances.instantiate(1, arguments);
    component.section(&instances);
    component.section(&alias(rule + 1, GUEST));
    let mut exports = ComponentExportSection::new();
    exports.export(GUEST, ComponentExportKind::Instance, rule + 2, None);
    component.section(&exports);
    component.finish()
}

fn alias(instance: u32, name: &str) -> ComponentAliasSection {
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::InstanceExport { instance, kind: ComponentExportKind::Instance, name });
    aliases
}

/// Instances that it unfolds to, and the limit of them.
fn instances(bytes: &[u8]) -> (u64, u64) {
    let report = report(bytes);
    assert!(report.is_ok(), "{:#?}", report.refusals);
    let row = report.limits.iter().find(|row| row.name == "instances").expect("a limit");
    (row.used, row.limit)
}

#[test]
fn a_strategy_that_is_linked_with_another_component_is_admitted_and_runs() {
    let mut rig = Rig::new(&[composed(OF_NUMBERS, 1)]);
    for want in 1..=3 {
        let shown = rig.trade(10_000);
        assert!(shown.contains(&format!("emits buy Quantity(Qty({want}))")), "{shown}");
    }
    assert!(rig.sandbox.usage(StrategyId(1)).expect("alive").0 > 0, "all its instances are metered as one");
}

/// Their memories are apart, so that the engine's own code between them copies the word.
#[test]
fn parts_hand_each_other_words() {
    let mut rig = Rig::new(&[composed(OF_WORDS, 1)]);
    for count in 1..=2 {
        let shown = rig.trade(10_000);
        let want = u32::from(b'A') * 1000 + 300 + count;
        assert!(shown.contains(&format!("emits buy Quantity(Qty({want}))")), "{shown}");
    }
}

#[test]
fn instances_within_instances_count_up_to_the_limit_and_past_it_are_refused_with_the_figures() {
    // A plug is two instances, the component and its module.
    let (with_one, limit) = instances(&composed(OF_NUMBERS, 1));
    let most = u32::try_from((limit - with_one) / 2 + 1).expect("few");
    let (used, _) = instances(&composed(OF_NUMBERS, most));
    assert!(used <= limit && used + 2 > limit, "{used} of {limit}");
    let refusals = report(&composed(OF_NUMBERS, most + 1)).refusals;
    let [refusal] = &refusals[..] else { panic!("{refusals:#?}") };
    assert_eq!(refusal.code.code(), "E-STRUCTURE");
    assert_eq!(refusal.found, format!("instances {}", used + 2));
    assert!(refusal.expected.contains(&limit.to_string()), "{}", refusal.expected);
    assert!(!refusal.fix.is_empty());
    // The most that is admitted runs too.
    let mut rig = Rig::new(&[composed(OF_NUMBERS, most)]);
    assert!(rig.trade(10_000).contains("emits buy Quantity(Qty(1))"));
}
