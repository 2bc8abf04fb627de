//! Strategies that need a WebAssembly proposal which is switched off, one for each: good but for that.

use super::sessions::quiet;

/// Modules in text form, by the proposal that they need.
const MODULES: [(&str, &str); 9] = [
    ("threads", "(memory 1 1 shared)"),
    ("memory64", "(memory i64 1)"),
    ("gc", "(type (struct (field i32)))"),
    ("exceptions", "(tag)"),
    (
        "relaxed-simd",
        "(func (param v128 v128 v128) (result v128)
            (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))",
    ),
    ("multi-memory", "(memory 1) (memory 1)"),
    ("stack-switching", "(type $f (func)) (type $k (cont $f))"),
    ("custom-page-sizes", "(memory 1 (pagesize 1))"),
    ("tail-call", "(func $f (return_call $f))"),
];

/// Sections of a component.
const MODULE: u8 = 1;
const COMPONENT: u8 = 4;

/// The name of each proposal, and a component that needs it.
pub(crate) fn proposals() -> Vec<(&'static str, Vec<u8>)> {
    let modules = MODULES.map(|(name, module)| (name, with(MODULE, &format!("(module {module})"))));
    let asynchronous = ("component-model-async", with(COMPONENT, "(component (type (future u32)))"));
    modules.into_iter().chain([asynchronous]).collect()
}

/// A strategy with a section more, which nothing of it uses.
fn with(section: u8, text: &str) -> Vec<u8> {
    let body = wat::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let length = u8::try_from(body.len()).ok().filter(|length| *length < 0x80).expect("one byte");
    [&quiet()[..], &[section, length], &body].concat()
}
