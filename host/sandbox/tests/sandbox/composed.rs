//! Composed components: a strategy and what it is linked with, each an instance within the one component. They are
//! admitted up to the number of instances that the whole unfolds to, and run as any other.

use ringfence_core::ids::StrategyId;
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    ComponentSectionId, RawSection,
};
use wasmtime::wasmparser::{Parser, Payload};

use super::admission::report;
use super::guest::Guest;
use super::parts::{Joint, OF_NUMBERS, OF_WORDS, RULE, socket};
use super::rig::Rig;

const GUEST: &str = "ringfence:strategy/guest@0.1.0";
/// What a strategy imports, in the order in which the component declares it.
const IMPORTS: [&str; 3] = ["types", "view", "intents"];

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

/// What the engine copies between parts costs no fuel by the byte, as it does between guest and host: that of all of them
/// together is bounded by the safety net of the clock alone.
#[test]
fn h30_a_word_that_parts_hand_each_other_costs_the_same_however_long_it_is() {
    let fuel = |len: u32| {
        let call: &'static str = format!("(call $next (i32.const 16384) (i32.const {len}))").leak();
        let mut rig = Rig::new(&[composed(Joint { call, ..OF_WORDS }, 1)]);
        let shown = rig.trade(10_000);
        assert!(shown.contains("emits buy"), "{len}: {shown}");
        rig.fuel()[0]
    };
    assert_eq!(fuel(3), fuel(40_000));
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
