//! Marks: how does the engine come to see where one function ends and another goes on?
//!
//! In: bytes of an admitted component. Out: the same with a marker called behind each call, and imports called through a
//! function with their name. Must never: change what it computes, or use fuel that is not told.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent, component_utils, utils};
use wasm_encoder::{
    CodeSection, Component, Function, FunctionSection, Instruction, Module, ModuleSection, NameMap, NameSection,
    TypeSection,
};
use wasmtime::wasmparser::{self, KnownCustom, Name, Parser, Payload, TypeRef};

use crate::engine::CALL_COST;

/// Name of the marker. It begins as no name of a compiler does.
pub(super) const MARK: &str = "ringfence:mark";
/// Fuel of a marker before it is entered: the call.
pub(super) const MARK_BEFORE: u64 = CALL_COST as u64;
/// Fuel of a marker once it is entered: that of entering any function.
pub(super) const MARK_WITHIN: u64 = 1;

/// How the name of a function begins that calls an import; the fuel that it uses itself and the import follow.
const IMPORT: &str = "ringfence:import";

/// Name of a function that hands `parameters` on to an import: it is entered, pushes them, and calls.
fn import_name(parameters: usize, import: &str) -> String {
    format!("{IMPORT} {} {import}", parameters + 1 + usize::from(CALL_COST))
}

/// The import that a function of this name calls, and the fuel that it uses for that itself.
pub(super) fn import_of(name: &str) -> Option<(u64, &str)> {
    let (fuel, import) = name.strip_prefix(IMPORT)?.strip_prefix(' ')?.split_once(' ')?;
    Some((fuel.parse().ok()?, import))
}

/// The component with marks.
///
/// # Errors
/// What the parser says; it took the same bytes before.
pub(crate) fn marked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut component = Component::new();
    Marker.parse_component(&mut component, Parser::new(0), bytes).map_err(|error| error.to_string())?;
    Ok(component.finish())
}

/// Goes through a component; everything but its core modules goes over as it is.
struct Marker;

impl Reencode for Marker {
    type Error = core::convert::Infallible;
}

impl ReencodeComponent for Marker {
    fn parse_component_submodule(
        &mut self,
        component: &mut Component,
        parser: Parser,
        module: &[u8],
    ) -> Result<(), Error> {
        let shape = Shape::of(parser.clone(), module)?;
        // Without a function of its own it calls nobody, and may lack the sections that marks would go to.
        if shape.defined == 0 {
            return component_utils::parse_component_submodule(self, component, parser, module);
        }
        let mut marked = Module::new();
        utils::parse_core_module(&mut ModuleMarker(&shape), &mut marked, parser, module)?;
        marked.section(&shape.names());
        component.section(&ModuleSection(&marked));
        Ok(())
    }
}

/// What has to be known of a module before it is written anew.
#[derive(Debug, Default)]
struct Shape {
    types: u32,
    /// Parameters of each type.
    parameters: Vec<usize>,
    /// Type and name of each imported function.
    imports: Vec<(u32, String)>,
    /// Functions of its own.
    defined: u32,
    names: BTreeMap<u32, String>,
}

impl Shape {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else says anything about functions")]
    fn of(parser: Parser, module: &[u8]) -> Result<Shape, wasmparser::Error> {
        let mut shape = Shape::default();
        for payload in parser.parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for kind in section.into_iter_err_on_gc_types() {
                        shape.types += 1;
                        shape.parameters.push(kind?.params().len());
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(kind) = import.ty {
                            shape.imports.push((kind, format!("{}#{}", import.module, import.name)));
                        }
                    }
                }
                Payload::FunctionSection(section) => shape.defined = section.count(),
                Payload::CustomSection(section) => shape.custom(&section)?,
                _ => {}
            }
        }
        Ok(shape)
    }

    fn custom(&mut self, section: &wasmparser::CustomSectionReader<'_>) -> Result<(), wasmparser::Error> {
        let KnownCustom::Name(names) = section.as_known() else { return Ok(()) };
        for subsection in names {
            let Name::Function(names) = subsection? else { continue };
            for naming in names {
                let naming = naming?;
                self.names.insert(naming.index, naming.name.to_owned());
            }
        }
        Ok(())
    }

    /// Index of the marker; behind it come the functions that call imports.
    fn mark(&self) -> u32 {
        self.imported() + self.defined
    }

    fn imported(&self) -> u32 {
        u32::try_from(self.imports.len()).expect("a module has at most a million imports")
    }

    fn parameters(&self, kind: u32) -> usize {
        self.parameters.get(kind as usize).copied().unwrap_or(0)
    }

    fn names(&self) -> NameSection {
        let mut names = NameMap::new();
        for (index, name) in self.names.range(..self.mark()) {
            names.append(*index, name);
        }
        names.append(self.mark(), MARK);
        for ((kind, import), index) in self.imports.iter().zip(self.mark() + 1..) {
            names.append(index, &import_name(self.parameters(*kind), import));
        }
        let mut section = NameSection::new();
        section.functions(&names);
        section
    }
}

/// Writes one module anew.
struct ModuleMarker<'a>(&'a Shape);

impl Reencode for ModuleMarker<'_> {
    type Error = core::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([], []);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.0.types);
        for (kind, _) in &self.0.imports {
            functions.function(*kind);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        let mut mark = Function::new([]);
        mark.instruction(&Instruction::End);
        code.function(&mark);
        for ((kind, _), index) in self.0.imports.iter().zip(0..) {
            let mut function = Function::new([]);
            for parameter in 0..self.0.parameters(*kind) {
                function.instruction(&Instruction::LocalGet(u32::try_from(parameter).expect("at most a thousand")));
            }
            function.instruction(&Instruction::Call(index)).instruction(&Instruction::End);
            code.function(&function);
        }
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else enters no function")]
    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Result<(), Error> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        let mark = Instruction::Call(self.0.mark());
        while !reader.eof() {
            match self.parse_instruction(&mut reader)? {
                Instruction::Call(callee) if callee < self.0.imported() => {
                    function.instruction(&Instruction::Call(self.0.mark() + 1 + callee)).instruction(&mark);
                }
                call @ (Instruction::Call(_) | Instruction::CallIndirect { .. }) => {
                    function.instruction(&call).instruction(&mark);
                }
                other => {
                    function.instruction(&other);
                }
            }
        }
        code.function(&function);
        Ok(())
    }

    /// Names are written anew at the end; nothing else of this kind means anything to the engine.
    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::wasmparser::Validator;

    use super::*;
    use crate::engine::permitted;

    #[test]
    fn a_marked_component_is_a_component_and_its_names_stay() {
        let text = r#"(component
            (core module $m
                (import "a" "b" (func $b (param i32 i64) (result i32)))
                (table funcref (elem $f))
                (func $f (result i32) (call $b (i32.const 1) (i64.const 2)))
                (func (export "g") (result i32)
                    (loop (br_if 0 (call $f)))
                    (call_indirect (result i32) (i32.const 0))))
            (core module $nothing (memory 1)))"#;
        let bytes = wat::parse_str(text).expect("valid text");
        let marked = marked(&bytes).expect("the same again");
        Validator::new_with_features(permitted()).validate_all(&marked).expect("a component");
        let text = String::from_utf8_lossy(&marked).into_owned();
        for name in [MARK, &import_name(2, "a#b")] {
            assert!(text.contains(name), "{name}");
        }
        // Three calls, and a marker behind each.
        let calls = count(&marked);
        assert_eq!(calls, 3 + 3 + 1, "and the one that hands on");
    }

    fn count(bytes: &[u8]) -> usize {
        let mut calls = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            let Payload::CodeSectionEntry(body) = payload.expect("valid") else { continue };
            for operator in body.get_operators_reader().expect("valid") {
                let operator = operator.expect("valid");
                let is_call =
                    matches!(operator, wasmparser::Operator::Call { .. } | wasmparser::Operator::CallIndirect { .. });
                calls += usize::from(is_call);
            }
        }
        calls
    }

    #[test]
    fn the_name_of_an_import_says_what_handing_on_to_it_takes() {
        assert_eq!(import_of(&import_name(3, "a b#c")), Some((40, "a b#c")));
        assert_eq!(import_of("ringfence:mark"), None);
        assert_eq!(import_of("main"), None);
    }
}
