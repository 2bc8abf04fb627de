//! Question: what of a component of QuickJS is of no use once it is built?
//!
//! In: what componentize-qjs writes. Out: the same program without the loader of modules, which only the build needs: a
//! component of its own with a memory of its own. Must
//! never change what the strategy does: whoever calls the loader traps, as before.

use crate::build::BuildError;
use crate::strip::{self, CORE_MODULE_SECTION, Malformed, push_section, sections};

/// Section of a nested component.
const COMPONENT_SECTION: u8 = strip::COMPONENT_SECTION;
/// Section of component types.
const TYPE_SECTION: u8 = 7;

/// The loader, as version 0.4.5 imports it: `resolve(referrer: string, specifier: string) -> result<string, string>` and
/// `load(path: string) -> result<string, string>`.
const IMPORTED: &[u8] = b"\x01\x42\x05\x01\x6a\x01\x73\x01\x73\
    \x01\x40\x02\x08referrer\x73\x09specifier\x73\0\0\x04\0\x07resolve\x01\x01\
    \x01\x40\x01\x04path\x73\0\0\x04\0\x04load\x01\x02";

/// The same core functions, called with addresses instead of texts.
const REPLACED: &[u8] = b"\x01\x42\x05\x01\x6a\x01\x73\x01\x73\
    \x01\x40\x05\x01a\x79\x01b\x79\x01c\x79\x01d\x79\x01e\x79\x01\0\x04\0\x07resolve\x01\x01\
    \x01\x40\x03\x01a\x79\x01b\x79\x01c\x79\x01\0\x04\0\x04load\x01\x02";

/// A loader with these functions and no memory; the text that it was made of stands in the test below.
const LOADER: &[u8] =
    b"\0asm\x0d\0\x01\0\x01\x3d\0asm\x01\0\0\0\x01\x0f\x02\x60\x05\x7f\x7f\x7f\x7f\x7f\0\x60\x03\x7f\x7f\x7f\0\
    \x03\x03\x02\0\x01\x07\x12\x02\x07resolve\0\0\x04load\0\x01\x0a\x09\x02\x03\0\0\x0b\x03\0\0\x0b\
    \x02\x04\x01\0\0\0\x06\x16\x02\0\0\x01\0\x07resolve\0\0\x01\0\x04load\
    \x07\x21\x02\x40\x05\x01a\x79\x01b\x79\x01c\x79\x01d\x79\x01e\x79\x01\0\x40\x03\x01a\x79\x01b\x79\x01c\x79\x01\0\
    \x08\x0b\x02\0\0\0\0\0\0\0\x01\0\x01\x05\x16\x01\x01\x02\0\x07resolve\x01\0\0\x04load\x01\x01\
    \x0b\x1e\x01\0\x18local:init/module-loader\x05\0\0";

/// The component without its loader, and without custom sections.
///
/// # Errors
/// [`BuildError::OtherVersion`]: it is not of the form that is known.
pub(super) fn without_loader(component: &[u8]) -> Result<Vec<u8>, BuildError> {
    let other = || BuildError::OtherVersion { name: "componentize-qjs", known: "0.4.5" };
    let rewritten = rewritten(component).map_err(|Malformed| other())?.ok_or_else(other)?;
    strip::strip(&rewritten, |_| false).map_err(|Malformed| other())
}

/// `None` unless there are two components in it: first the program, which imports the loader once, then the loader.
fn rewritten(component: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let (preamble, all) = sections(component)?;
    let mut out = preamble.to_vec();
    let mut nested = 0;
    for (id, body) in all {
        match (id, nested) {
            (COMPONENT_SECTION, 0) => {
                let Some(program) = retyped(body)? else { return Ok(None) };
                push_section(&mut out, id, &program);
            }
            (COMPONENT_SECTION, 1) => push_section(&mut out, id, LOADER),
            (CORE_MODULE_SECTION, _) => return Ok(None),
            (_, _) => push_section(&mut out, id, body),
        }
        nested += u32::from(id == COMPONENT_SECTION);
    }
    Ok((nested == 2).then_some(out))
}

/// The program with the other type of the loader; `None` unless it has the known one once.
fn retyped(program: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let (preamble, all) = sections(program)?;
    let mut out = preamble.to_vec();
    let mut found = 0;
    for (id, body) in all {
        let is_loader = id == TYPE_SECTION && body == IMPORTED;
        found += u32::from(is_loader);
        push_section(&mut out, id, if is_loader { REPLACED } else { body });
    }
    Ok((found == 1).then_some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        (component
          (core module
            (func (export "resolve") (param i32 i32 i32 i32 i32) unreachable)
            (func (export "load") (param i32 i32 i32) unreachable))
          (core instance (instantiate 0))
          (alias core export 0 "resolve" (core func))
          (alias core export 0 "load" (core func))
          (type (func (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (param "e" u32)))
          (type (func (param "a" u32) (param "b" u32) (param "c" u32)))
          (func (type 0) (canon lift (core func 0)))
          (func (type 1) (canon lift (core func 1)))
          (instance (export "resolve" (func 0)) (export "load" (func 1)))
          (export "local:init/module-loader" (instance 0)))"#;

    /// As componentize-qjs makes them, without what a strategy is.
    const MADE: &str = r#"
        (component
          (component
            (type (instance
              (type (result string (error string)))
              (type (func (param "referrer" string) (param "specifier" string) (result 0)))
              (export "resolve" (func (type 1)))
              (type (func (param "path" string) (result 0)))
              (export "load" (func (type 2)))))
            (import "local:init/module-loader" (instance (type 0))))
          (component
            (core module (memory 0)))
          (instance (instantiate 1)))"#;

    fn bytes(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("valid text")
    }

    #[test]
    fn the_loader_is_the_one_of_its_text() {
        assert_eq!(bytes(TEXT), LOADER);
    }

    #[test]
    fn the_loader_and_its_memory_are_gone() {
        let made = bytes(MADE);
        let memories = |component: &[u8]| component.windows(3).filter(|part| part == b"\x05\x03\x01").count();
        let left = without_loader(&made).expect("of the known form");
        assert_eq!((memories(&made), memories(&left)), (1, 0));
        let program = bytes(&MADE.replace("referrer\" string", "referrer\" u32"));
        assert!(matches!(without_loader(&program), Err(BuildError::OtherVersion { .. })), "another type");
        assert!(matches!(without_loader(&bytes("(component)")), Err(BuildError::OtherVersion { .. })), "no loader");
        assert!(matches!(without_loader(&made[..made.len() - 1]), Err(BuildError::OtherVersion { .. })), "an end");
    }
}
