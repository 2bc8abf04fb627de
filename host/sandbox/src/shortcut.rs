//! Shortcut: how does the engine reach `on-event` without a search at each call?
//!
//! In: bytes of an admitted component. Out: bytes of the same component in which `on-event` is lifted from a core module
//! that hands the function on as it is. Must never: change what a component computes, or the fuel it takes for it.
//!
//! The engine looks the lifted core function up at every call. For a function that a core instance defines, it goes by way
//! of its tables of modules and of compiled functions, and writes the reference anew (`Instance::get_func_ref`,
//! wasmtime 48); for one that an instance imports and exports again, the reference stands in the instance. It is the same
//! function of the same instance either way: nothing of the added module ever runs.

use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent, component_utils};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, EntityType, ExportKind, ExportSection,
    ImportSection, InstanceSection, Module, ModuleArg, ModuleSection, RawSection, TypeSection, ValType,
};
use wasmtime::wasmparser::types::Types;
use wasmtime::wasmparser::{
    self, CanonicalFunction, ComponentAlias, ComponentOuterAliasKind, ExternalKind, Parser, Payload, Validator,
};

use crate::engine::permitted;

/// Which way of rewriting machine code was made by; part of its name in the cache.
pub(crate) const SHORTCUT_ID: u32 = 1;

/// Core functions that are reached often, as the tools of the component model name their exports.
const NAMES: &[&str] = &["ringfence:strategy/guest@0.1.0#on-event"];

/// Import and export of the added module.
const FUNCTION: &str = "f";

/// The component with the shortcut. `None` = it is put together in a way that has no room for one, or it does not lift
/// the function from an export of its name: it runs as it is.
pub(crate) fn shortened(bytes: &[u8]) -> Option<Vec<u8>> {
    let site = Site::find(bytes)?;
    let types = Validator::new_with_features(permitted()).validate_all(bytes).ok()?;
    let module = hand_on(&types, site.target)?;
    let mut component = Component::new();
    let mut rewriter = Rewriter { site, module, sections: 0, has_inserted: false };
    rewriter.parse_component(&mut component, Parser::new(0), bytes).ok()?;
    Some(component.finish())
}

/// Where the shortcut goes, in the index spaces of the outermost component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Site {
    /// The function to reach.
    target: u32,
    /// The section of canonical functions that lifts it, counting such sections from 0.
    section: u32,
    /// Core modules, core instances and core functions before that section.
    modules: u32,
    instances: u32,
    functions: u32,
}

impl Site {
    fn find(bytes: &[u8]) -> Option<Site> {
        let mut search = Search::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.ok()?;
            if depth == 0 {
                search.take(&payload)?;
            }
            if matches!(payload, Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) {
                depth += 1;
            } else if matches!(payload, Payload::End(_)) {
                depth = depth.saturating_sub(1);
            }
        }
        search.found
    }
}

#[derive(Default)]
struct Search {
    /// What was counted so far.
    at: Site,
    target: Option<u32>,
    found: Option<Site>,
}

impl Search {
    /// `None` = no shortcut: what follows its place would have to be numbered anew.
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is in no index space that is counted")]
    fn take(&mut self, payload: &Payload<'_>) -> Option<()> {
        match payload {
            Payload::ModuleSection { .. } => self.module(),
            Payload::InstanceSection(section) => {
                self.at.instances += section.count();
                self.found.is_none().then_some(())
            }
            Payload::ComponentAliasSection(section) => {
                section.clone().into_iter().try_for_each(|alias| self.alias(&alias.ok()?))
            }
            Payload::ComponentCanonicalSection(section) => {
                let functions = section.clone().into_iter().collect::<Result<Vec<_>, _>>().ok()?;
                self.canonical(&functions);
                Some(())
            }
            _ => Some(()),
        }
    }

    fn module(&mut self) -> Option<()> {
        self.at.modules += 1;
        self.found.is_none().then_some(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Option<()> {
        match alias {
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func, name, .. } => {
                if NAMES.contains(name) && self.target.is_none() {
                    self.target = Some(self.at.functions);
                }
                self.at.functions += 1;
                Some(())
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, .. } => self.module(),
            ComponentAlias::CoreInstanceExport { .. }
            | ComponentAlias::InstanceExport { .. }
            | ComponentAlias::Outer { .. } => Some(()),
        }
    }

    fn canonical(&mut self, functions: &[CanonicalFunction]) {
        let lifts = |target| functions.iter().any(|function| lifted(function) == Some(target));
        if let Some(target) = self.target.filter(|target| self.found.is_none() && lifts(*target)) {
            self.found = Some(Site { target, ..self.at });
        }
        self.at.section += 1;
        self.at.functions += functions.iter().map(|function| u32::from(lifted(function).is_none())).sum::<u32>();
    }
}

/// The core function that is lifted; everything else in such a section makes a core function.
fn lifted(function: &CanonicalFunction) -> Option<u32> {
    if let CanonicalFunction::Lift { core_func_index, .. } = function { Some(*core_func_index) } else { None }
}

/// A module that imports a function of the type of this one and exports it.
fn hand_on(types: &Types, function: u32) -> Option<Module> {
    let types = types.as_ref();
    let kind = types.get(types.core_function_at(function))?.composite_type.inner.clone();
    let wasmparser::CompositeInnerType::Func(kind) = kind else { return None };
    let numbers = |values: &[wasmparser::ValType]| values.iter().map(number).collect::<Option<Vec<ValType>>>();
    let mut section = TypeSection::new();
    section.ty().function(numbers(kind.params())?, numbers(kind.results())?);
    let mut imports = ImportSection::new();
    imports.import("", FUNCTION, EntityType::Function(0));
    let mut exports = ExportSection::new();
    exports.export(FUNCTION, ExportKind::Func, 0);
    let mut module = Module::new();
    module.section(&section).section(&imports).section(&exports);
    Some(module)
}

const fn number(kind: &wasmparser::ValType) -> Option<ValType> {
    match kind {
        wasmparser::ValType::I32 => Some(ValType::I32),
        wasmparser::ValType::I64 => Some(ValType::I64),
        wasmparser::ValType::F32 => Some(ValType::F32),
        wasmparser::ValType::F64 => Some(ValType::F64),
        wasmparser::ValType::V128 | wasmparser::ValType::Ref(_) => None,
    }
}

struct Rewriter {
    site: Site,
    module: Module,
    /// Sections of canonical functions of the outermost component so far.
    sections: u32,
    has_inserted: bool,
}

impl Rewriter {
    fn insert(&mut self, component: &mut Component) {
        component.section(&ModuleSection(&self.module));
        let mut instances = InstanceSection::new();
        instances.export_items([(FUNCTION, ExportKind::Func, self.site.target)]);
        instances.instantiate(self.site.modules, [("", ModuleArg::Instance(self.site.instances))]);
        component.section(&instances);
        let mut aliases = ComponentAliasSection::new();
        let (instance, kind) = (self.site.instances + 1, ExportKind::Func);
        aliases.alias(Alias::CoreInstanceExport { instance, kind, name: FUNCTION });
        component.section(&aliases);
        self.has_inserted = true;
    }
}

impl Reencode for Rewriter {
    type Error = core::convert::Infallible;

    /// Functions behind the added one move up. Asked for the outermost component alone: what is nested goes over as it is.
    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        let moves = self.has_inserted && function >= self.site.functions;
        Ok(if moves { function + 1 } else { function })
    }
}

impl ReencodeComponent for Rewriter {
    fn parse_component_payload(
        &mut self,
        component: &mut Component,
        payload: Payload<'_>,
        whole: &[u8],
    ) -> Result<(), Error> {
        if matches!(payload, Payload::ComponentCanonicalSection(_)) {
            if self.sections == self.site.section {
                self.insert(component);
            }
            self.sections += 1;
        }
        component_utils::parse_component_payload(self, component, payload, whole)
    }

    fn parse_component_canonical(
        &mut self,
        section: &mut CanonicalFunctionSection,
        function: CanonicalFunction,
    ) -> Result<(), Error> {
        if let CanonicalFunction::Lift { core_func_index, type_index, options } = &function
            && self.has_inserted
            && *core_func_index == self.site.target
        {
            let options: Vec<_> =
                options.iter().map(|option| self.canonical_option(*option)).collect::<Result<_, _>>()?;
            section.lift(self.site.functions, *type_index, options);
            return Ok(());
        }
        component_utils::parse_component_canonical(self, section, function)
    }

    fn parse_component_submodule(&mut self, component: &mut Component, _: Parser, module: &[u8]) -> Result<(), Error> {
        component.section(&RawSection { id: CORE_MODULE, data: module });
        Ok(())
    }

    fn parse_component_subcomponent(
        &mut self,
        component: &mut Component,
        _: Parser,
        nested: &[u8],
        _: &[u8],
    ) -> Result<(), Error> {
        component.section(&RawSection { id: COMPONENT, data: nested });
        Ok(())
    }
}

/// Numbers of sections in the binary format of components.
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;

#[cfg(test)]
mod tests {
    use wasmtime::component::{Component, Linker};
    use wasmtime::{Engine, Store};

    use super::*;
    use crate::engine::engine;

    /// `on-event` adds 1, `other` adds 10; `{before}` and `{after}` stand around what lifts the first.
    fn component(before: &str, after: &str) -> Vec<u8> {
        let text = format!(
            r#"(component
                (core module $m
                    (func (export "{name}") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
                    (func (export "other") (param i32) (result i32) (i32.add (local.get 0) (i32.const 10))))
                (core instance $i (instantiate $m))
                {before}
                (alias core export $i "{name}" (core func $on-event))
                (func $first (param "x" u32) (result u32) (canon lift (core func $on-event)))
                (alias core export $i "other" (core func $other))
                (func $second (param "x" u32) (result u32) (canon lift (core func $other)))
                {after}
                (export "first" (func $first))
                (export "second" (func $second)))"#,
            name = NAMES[0],
        );
        wat::parse_str(text).expect("a component")
    }

    /// What both functions say to 100, and the fuel of each.
    fn said(engine: &Engine, bytes: &[u8]) -> [(u32, u64); 2] {
        let component = Component::from_binary(engine, bytes).expect("it compiles");
        let mut store = Store::new(engine, ());
        store.set_fuel(1_000).expect("metered");
        store.set_epoch_deadline(1_000);
        let instance = Linker::new(engine).instantiate(&mut store, &component).expect("no imports");
        ["first", "second"].map(|name| {
            store.set_fuel(1_000).expect("metered");
            let function = instance.get_typed_func::<(u32,), (u32,)>(&mut store, name).expect("there");
            let (answer,) = function.call(&mut store, (100,)).expect("no trap");
            (answer, 1_000 - store.get_fuel().expect("metered"))
        })
    }

    #[track_caller]
    fn is_the_same_component(bytes: &[u8]) {
        let engine = engine().expect("it runs here");
        let shorter = shortened(bytes).expect("there is room");
        let was = said(&engine, bytes);
        assert_eq!(said(&engine, &shorter), was);
        assert_eq!(was.map(|(answer, _)| answer), [101, 110]);
        let modules = |bytes: &[u8]| {
            let payloads = Parser::new(0).parse_all(bytes).map(|payload| payload.expect("whole"));
            payloads.filter(|payload| matches!(payload, Payload::ModuleSection { .. })).count()
        };
        assert_eq!(modules(&shorter), modules(bytes) + 1);
    }

    #[test]
    fn a_component_with_the_shortcut_says_the_same_for_the_same_fuel() {
        is_the_same_component(&component("", ""));
    }

    #[test]
    fn modules_instances_and_functions_before_it_are_counted() {
        is_the_same_component(&component(
            r#"(core module $n (func (export "g")))
               (core instance $j (instantiate $n))
               (core instance $k (export "h" (func $j "g")))"#,
            "",
        ));
    }

    #[test]
    fn nested_components_are_not_counted() {
        is_the_same_component(&component("(component (core module) (core module))", "(component (core module))"));
    }

    #[test]
    fn what_would_have_to_be_numbered_anew_has_no_shortcut() {
        for after in ["(core module)", "(core instance (export \"h\" (func $other)))"] {
            assert_eq!(shortened(&component("", after)), None, "{after}");
        }
    }

    #[test]
    fn a_function_of_another_name_has_no_shortcut() {
        let text = "(component (core module $m (func (export \"a\"))) (core instance $i (instantiate $m))
            (func (export \"b\") (canon lift (core func $i \"a\"))))";
        assert_eq!(shortened(&wat::parse_str(text).expect("a component")), None);
        assert_eq!(shortened(b"\0asm"), None);
    }
}
