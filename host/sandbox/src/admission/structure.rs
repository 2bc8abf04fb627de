//! Structure: how much of everything does a component hold?
//!
//! In: bytes, of which only the framing is trusted to be checked. Out: counts over the whole file, nested components
//! included, beside their limits. Must never: recurse on input, allocate by a number found in it, or compile.
//!
//! A component of 1.6 KB that instantiates itself twice per level costs minutes and gigabytes to compile, so instances
//! are counted as they will be created, not as they are written down.

use wasmtime::wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, Encoding,
    Error, FunctionBody, Instance, Parser, Payload, SectionLimited, TypeSectionReader,
};

use super::declarations;

/// Counts of a component, or the limits of such counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Instances that instantiation creates: core modules and components, nested ones multiplied out.
    pub instances: u64,
    /// Components within components, the outermost counted as 1.
    pub depth: u64,
    /// Core modules written in the file.
    pub modules: u64,
    /// Functions with a body.
    pub functions: u64,
    /// Bytes of the largest function body.
    pub function_bytes: u64,
    /// Locals of the function with the most: compile time grows with locals times branches.
    pub function_locals: u64,
    /// Locals of all functions.
    pub locals: u64,
    /// Core and component types, with what instance and component types declare.
    pub types: u64,
    /// Instance and component types within each other.
    pub type_depth: u64,
    /// Parameters and results of the core function type with the most.
    pub signature: u64,
    /// Tables.
    pub tables: u64,
    /// Initial elements of all tables.
    pub table_elements: u64,
    /// Linear memories.
    pub memories: u64,
    /// Initial bytes of all memories.
    pub memory_bytes: u64,
    /// Globals.
    pub globals: u64,
    /// Data segments.
    pub data_segments: u64,
    /// Element segments.
    pub element_segments: u64,
    /// Lifted and lowered functions, aliases and other glue of the component model.
    pub glue: u64,
    /// Imports, of modules and components.
    pub imports: u64,
    /// Exports, of modules and components.
    pub exports: u64,
    /// Bytes of the longest name of an import or export.
    pub name_bytes: u64,
    /// Bytes of all custom sections (names, debug information).
    pub custom_bytes: u64,
}

impl Structure {
    /// Limits of a compiled strategy. Compilers of today stay at a tenth of each.
    pub const LIMITS: Structure = Structure {
        instances: 64,
        depth: 4,
        modules: 16,
        functions: 20_000,
        function_bytes: 256 << 10,
        function_locals: 2_000,
        locals: 100_000,
        types: 10_000,
        type_depth: TYPE_DEPTH_MAX,
        signature: 100,
        tables: 16,
        table_elements: 100_000,
        memories: 4,
        memory_bytes: 64 << 20,
        globals: 4_096,
        data_segments: 4_096,
        element_segments: 1_024,
        glue: 10_000,
        imports: 1_000,
        exports: 1_000,
        name_bytes: 1 << 10,
        custom_bytes: 512 << 10,
    };

    /// Limits of a component that holds an interpreter. Those of today stay at half of each.
    pub const INTERPRETER_LIMITS: Structure = Structure {
        instances: 128,
        depth: 4,
        modules: 64,
        functions: 60_000,
        function_bytes: 1 << 20,
        function_locals: 10_000,
        locals: 1_000_000,
        types: 20_000,
        type_depth: TYPE_DEPTH_MAX,
        signature: 100,
        tables: 64,
        table_elements: 200_000,
        memories: 8,
        memory_bytes: 256 << 20,
        globals: 20_000,
        data_segments: 20_000,
        element_segments: 1_024,
        glue: 20_000,
        imports: 10_000,
        exports: 20_000,
        name_bytes: 1 << 10,
        custom_bytes: 4 << 20,
    };

    /// Names and values, in the order of the fields.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, u64); 22] {
        [
            ("instances", self.instances),
            ("depth", self.depth),
            ("modules", self.modules),
            ("functions", self.functions),
            ("function-bytes", self.function_bytes),
            ("function-locals", self.function_locals),
            ("locals", self.locals),
            ("types", self.types),
            ("type-depth", self.type_depth),
            ("signature", self.signature),
            ("tables", self.tables),
            ("table-elements", self.table_elements),
            ("memories", self.memories),
            ("memory-bytes", self.memory_bytes),
            ("globals", self.globals),
            ("data-segments", self.data_segments),
            ("element-segments", self.element_segments),
            ("glue", self.glue),
            ("imports", self.imports),
            ("exports", self.exports),
            ("name-bytes", self.name_bytes),
            ("custom-bytes", self.custom_bytes),
        ]
    }

    /// Counts a whole file.
    ///
    /// # Errors
    /// The place where the framing of sections is broken.
    pub(crate) fn count(bytes: &[u8]) -> Result<Structure, Error> {
        let mut counter = Counter::default();
        for payload in Parser::new(0).parse_all(bytes) {
            counter.payload(payload?, bytes)?;
        }
        Ok(counter.found)
    }
}

/// Most instance and component types within each other. Those of a strategy are two deep; each level costs the validator
/// a frame of the host's stack.
const TYPE_DEPTH_MAX: u64 = 16;

/// A component whose end was not seen yet: the cost of each component it can name, and its own so far.
#[derive(Default)]
struct Open {
    components: Vec<u64>,
    instances: u64,
}

/// A component that comes from outside the file has no known cost; instantiating one is above every limit.
const UNKNOWN: u64 = u64::MAX;

#[derive(Default)]
struct Counter {
    found: Structure,
    /// Components and modules that are open, outermost first; a module has no entry of its own in any index space.
    open: Vec<Option<Open>>,
}

impl Counter {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the parser's list is open; validation refuses unknown sections"
    )]
    fn payload(&mut self, payload: Payload<'_>, file: &[u8]) -> Result<(), Error> {
        let found = &mut self.found;
        match payload {
            Payload::Version { encoding, .. } => self.begin(encoding),
            Payload::End(_) => self.end(),
            Payload::CustomSection(section) => {
                add(&mut found.custom_bytes, section.name().len() + section.data().len());
            }
            Payload::CoreTypeSection(section) => add(&mut found.types, section.count()),
            Payload::ComponentTypeSection(section) => {
                let range = section.range();
                let declared = declarations::count(&file[range.clone()], range.start)?;
                add(&mut found.types, declared.count);
                found.type_depth = found.type_depth.max(declared.depth);
            }
            Payload::ComponentCanonicalSection(section) => add(&mut found.glue, section.count()),
            Payload::ComponentStartSection { .. } => add(&mut found.glue, 1_u32),
            Payload::InstanceSection(section) => return self.core_instances(section),
            Payload::ComponentInstanceSection(section) => return self.component_instances(section),
            Payload::ComponentAliasSection(section) => return self.aliases(section),
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    self.import(import.name.name);
                    if matches!(import.ty, ComponentTypeRef::Component(_)) {
                        self.name_component(UNKNOWN);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.export(export.name.name);
                    // An exported component gets a second number.
                    if export.kind == ComponentExternalKind::Component {
                        self.name_component(self.cost(0, export.index));
                    }
                }
            }
            module_section => return self.module_section(module_section),
        }
        Ok(())
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the parser's list is open; validation refuses unknown sections"
    )]
    fn module_section(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        let found = &mut self.found;
        match payload {
            Payload::TypeSection(section) => return self.types(section),
            Payload::FunctionSection(section) => add(&mut found.functions, section.count()),
            Payload::GlobalSection(section) => add(&mut found.globals, section.count()),
            Payload::DataSection(section) => add(&mut found.data_segments, section.count()),
            Payload::ElementSection(section) => add(&mut found.element_segments, section.count()),
            Payload::CodeSectionEntry(body) => return self.body(&body),
            Payload::TableSection(section) => {
                for table in section {
                    add(&mut found.tables, 1_u32);
                    found.table_elements = found.table_elements.saturating_add(table?.ty.initial);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    let page_bytes = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX);
                    add(&mut found.memories, 1_u32);
                    found.memory_bytes = found.memory_bytes.saturating_add(memory.initial.saturating_mul(page_bytes));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.import(import.module);
                    self.found.name_bytes = self.found.name_bytes.max(import.name.len() as u64);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    self.export(export?.name);
                }
            }
            // Single values without a size of their own.
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, encoding: Encoding) {
        let is_component = encoding == Encoding::Component;
        if !is_component {
            add(&mut self.found.modules, 1_u32);
        }
        // The component itself is an instance too.
        self.open.push(is_component.then(|| Open { components: Vec::new(), instances: 1 }));
        let depth = self.open.iter().flatten().count() as u64;
        self.found.depth = self.found.depth.max(depth);
    }

    fn end(&mut self) {
        let Some(Some(done)) = self.open.pop() else { return };
        if self.open.is_empty() {
            self.found.instances = done.instances;
        } else {
            self.name_component(done.instances);
        }
    }

    fn core_instances(&mut self, section: SectionLimited<'_, Instance<'_>>) -> Result<(), Error> {
        for instance in section {
            match instance? {
                Instance::Instantiate { .. } => self.instantiate(1),
                Instance::FromExports(_) => add(&mut self.found.glue, 1_u32),
            }
        }
        Ok(())
    }

    fn component_instances(&mut self, section: SectionLimited<'_, ComponentInstance<'_>>) -> Result<(), Error> {
        for instance in section {
            match instance? {
                ComponentInstance::Instantiate { component_index, .. } => {
                    self.instantiate(self.cost(0, component_index))
                }
                ComponentInstance::FromExports(_) => add(&mut self.found.glue, 1_u32),
            }
        }
        Ok(())
    }

    fn aliases(&mut self, section: SectionLimited<'_, ComponentAlias<'_>>) -> Result<(), Error> {
        for alias in section {
            add(&mut self.found.glue, 1_u32);
            match alias? {
                ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                    self.name_component(UNKNOWN);
                }
                ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                    self.name_component(self.cost(count, index));
                }
                ComponentAlias::InstanceExport { .. }
                | ComponentAlias::CoreInstanceExport { .. }
                | ComponentAlias::Outer { .. } => {}
            }
        }
        Ok(())
    }

    fn types(&mut self, section: TypeSectionReader<'_>) -> Result<(), Error> {
        for group in section {
            for ty in group?.types() {
                add(&mut self.found.types, 1_u32);
                if let wasmtime::wasmparser::CompositeInnerType::Func(func) = &ty.composite_type.inner {
                    let signature = (func.params().len() + func.results().len()) as u64;
                    self.found.signature = self.found.signature.max(signature);
                }
            }
        }
        Ok(())
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), Error> {
        let mut locals = 0_u64;
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(u64::from(group?.0));
        }
        let found = &mut self.found;
        found.locals = found.locals.saturating_add(locals);
        found.function_locals = found.function_locals.max(locals);
        found.function_bytes = found.function_bytes.max(body.range().len() as u64);
        Ok(())
    }

    fn import(&mut self, name: &str) {
        add(&mut self.found.imports, 1_u32);
        self.found.name_bytes = self.found.name_bytes.max(name.len() as u64);
    }

    fn export(&mut self, name: &str) {
        add(&mut self.found.exports, 1_u32);
        self.found.name_bytes = self.found.name_bytes.max(name.len() as u64);
    }

    fn instantiate(&mut self, cost: u64) {
        if let Some(Some(open)) = self.open.last_mut() {
            open.instances = open.instances.saturating_add(cost);
        }
    }

    /// Gives a component of this cost the next number of the innermost open component.
    fn name_component(&mut self, cost: u64) {
        if let Some(Some(open)) = self.open.last_mut() {
            open.components.push(cost);
        }
    }

    /// Cost of a component by its number, `outward` levels out; what does not exist is refused by validation.
    fn cost(&self, outward: u32, index: u32) -> u64 {
        let level = self.open.len().checked_sub(1 + outward as usize);
        let open = level.and_then(|level| self.open.get(level)).and_then(Option::as_ref);
        open.and_then(|open| open.components.get(index as usize)).copied().unwrap_or(UNKNOWN)
    }
}

fn add(total: &mut u64, more: impl TryInto<u64>) {
    *total = total.saturating_add(more.try_into().unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts of a component in text form, as `name=value` for each name asked for.
    #[track_caller]
    fn check(text: &str, names: &[&str], want: &str) {
        let bytes = wat::parse_str(text).expect("valid text");
        let rows = Structure::count(&bytes).expect("well-framed").rows();
        let shown: Vec<_> = rows
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(shown.join(" "), want);
    }

    #[test]
    fn instances_are_multiplied_out() {
        let text = "(component
            (component $c0 (core module $m) (core instance (instantiate $m)))
            (component $c1 (alias outer 1 $c0 (component $c)) (instance (instantiate $c)) (instance (instantiate $c)))
            (component $c2 (alias outer 1 $c1 (component $c)) (instance (instantiate $c)) (instance (instantiate $c)))
            (instance (instantiate $c2)))";
        // c0 = 2, c1 = 1 + 2*2 = 5, c2 = 1 + 2*5 = 11, all = 1 + 11.
        check(text, &["instances", "depth", "modules"], "instances=12 depth=2 modules=1");
    }

    #[test]
    fn a_component_handed_in_from_outside_is_above_every_limit() {
        let text = "(component (import \"c\" (component $c)) (instance (instantiate $c)))";
        check(text, &["instances"], &format!("instances={}", u64::MAX));
    }

    #[test]
    fn module_contents_add_up_over_the_file() {
        let text = r#"(component
            (core module (memory 2) (table 7 funcref) (func (param i32 i32 i64) (local i32 i64)) (data (i32.const 0) "a"))
            (component (core module (memory 1) (table 3 funcref) (func (local f64)) (global i32 (i32.const 1)) (elem func 0))))"#;
        check(
            text,
            &[
                "memories",
                "memory-bytes",
                "tables",
                "table-elements",
                "functions",
                "function-locals",
                "locals",
                "signature",
            ],
            "functions=2 function-locals=2 locals=3 signature=3 tables=2 table-elements=10 memories=2 memory-bytes=196608",
        );
        check(text, &["data-segments", "element-segments", "globals"], "globals=1 data-segments=1 element-segments=1");
    }

    #[test]
    fn names_and_custom_sections_are_counted_in_bytes() {
        let text = r#"(component (core module (@custom "abc" "12345") (func (export "four"))))"#;
        check(text, &["exports", "name-bytes", "custom-bytes"], "exports=1 name-bytes=4 custom-bytes=8");
    }
}
