//! Signatures: which type has each function of an interface version, and which has a component's?
//!
//! In: types that validated. Out: texts that are equal where the types are. Must never: write more than a bounded text,
//! however large the type.

use wasmtime::wasmparser::component_types::{
    ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncTypeId, ComponentValType, VariantCase,
};
use wasmtime::wasmparser::types::{Types, TypesRef};

/// Functions of version 0.1.0, one a line: `interface#function type`. A test writes it from the WIT files.
const FUNCTIONS: &str = include_str!("functions-0.1.0.txt");

/// Names of the functions of an interface, in the order of the WIT files.
pub(super) fn functions(interface: &str) -> impl Iterator<Item = &'static str> {
    let interface = interface.to_owned();
    lines().filter(move |line| line.interface == interface).map(|line| line.function)
}

/// The type that a function must have; `None` when there is no such function.
pub(super) fn expected(interface: &str, function: &str) -> Option<&'static str> {
    lines().find(|line| line.interface == interface && line.function == function).map(|line| line.signature)
}

struct Line {
    interface: &'static str,
    function: &'static str,
    signature: &'static str,
}

fn lines() -> impl Iterator<Item = Line> {
    FUNCTIONS.lines().filter_map(|line| {
        let (name, signature) = line.split_once(' ')?;
        let (interface, function) = name.split_once('#')?;
        Some(Line { interface, function, signature })
    })
}

/// A function's type as text, cut off where no type of ours is as long.
pub(super) fn found(types: &Types, id: ComponentFuncTypeId) -> String {
    let mut writer = Writer { types: types.as_ref(), out: String::new() };
    let types = types.as_ref();
    let function = &types[id];
    writer.push(if function.async_ { "async func(" } else { "func(" });
    writer.list(&function.params, |writer, (name, ty)| writer.named(name, Some(*ty)));
    writer.push(")");
    if let Some(result) = function.result {
        writer.push(" -> ");
        writer.value(result);
    }
    writer.out
}

/// What differs between two texts, each with some of what comes before and after it.
pub(super) fn difference<'a>(found: &'a str, expected: &'a str) -> (String, String) {
    let same = found.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    (around(found, same), around(expected, same))
}

fn around(text: &str, place: usize) -> String {
    // These texts are ASCII: names of types are kebab-case words.
    let start = place.saturating_sub(BEFORE_BYTES);
    let end = text.len().min(place + AFTER_BYTES);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    format!("{before}{}{after}", text.get(start..end).unwrap_or(text))
}

/// How much of a long type is shown before and after the first difference.
const BEFORE_BYTES: usize = 60;
const AFTER_BYTES: usize = 100;

/// Longer than any type of an interface; a type of a few hundred bytes can be as long as all memory when written out.
const TEXT_BYTES_MAX: usize = 16 << 10;

struct Writer<'a> {
    types: TypesRef<'a>,
    out: String,
}

impl Writer<'_> {
    fn is_full(&self) -> bool {
        self.out.len() > TEXT_BYTES_MAX
    }

    fn push(&mut self, text: &str) {
        if !self.is_full() {
            self.out.push_str(text);
        }
    }

    /// Recursion ends at the validator's own limit of 100 types within each other.
    fn value(&mut self, ty: ComponentValType) {
        match ty {
            ComponentValType::Primitive(primitive) => self.push(&primitive.to_string()),
            ComponentValType::Type(_) if self.is_full() => {}
            ComponentValType::Type(id) => self.defined(id),
        }
    }

    fn defined(&mut self, id: ComponentDefinedTypeId) {
        let types = self.types;
        match &types[id] {
            ComponentDefinedType::Primitive(primitive) => self.push(&primitive.to_string()),
            ComponentDefinedType::Record(record) => {
                self.braced("record", record.fields.iter(), |writer, (name, ty)| writer.named(name, Some(*ty)));
            }
            ComponentDefinedType::Variant(variant) => {
                self.braced("variant", variant.cases.iter(), |writer, (name, VariantCase { ty })| {
                    writer.named(name, *ty);
                });
            }
            ComponentDefinedType::Enum(names) => self.braced("enum", names.iter(), |writer, name| writer.push(name)),
            ComponentDefinedType::Flags(names) => self.braced("flags", names.iter(), |writer, name| writer.push(name)),
            ComponentDefinedType::Tuple(tuple) => self.of("tuple", tuple.types.iter().copied().map(Some)),
            ComponentDefinedType::List { element, .. } => self.of("list", [Some(*element)]),
            ComponentDefinedType::Option { ty, .. } => self.of("option", [Some(*ty)]),
            ComponentDefinedType::Result { ok, err, .. } => self.of("result", [*ok, *err]),
            ComponentDefinedType::Map { key, value, .. } => self.of("map", [Some(*key), Some(*value)]),
            ComponentDefinedType::FixedLengthList { element, length, .. } => {
                self.of("list", [Some(*element)]);
                self.push(&length.to_string());
            }
            ComponentDefinedType::Own(_) => self.push("own"),
            ComponentDefinedType::Borrow(_) => self.push("borrow"),
            ComponentDefinedType::Future { ty, .. } => self.of("future", [*ty]),
            ComponentDefinedType::Stream { ty, .. } => self.of("stream", [*ty]),
        }
    }

    fn named(&mut self, name: &str, ty: Option<ComponentValType>) {
        self.push(name);
        if let Some(ty) = ty {
            self.push(": ");
            self.value(ty);
        }
    }

    fn braced<T>(&mut self, word: &str, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.push(word);
        self.push("{");
        self.list(items, write);
        self.push("}");
    }

    fn of(&mut self, word: &str, types: impl IntoIterator<Item = Option<ComponentValType>>) {
        self.push(word);
        self.push("<");
        self.list(types, |writer, ty| match ty {
            Some(ty) => writer.value(ty),
            None => writer.push("_"),
        });
        self.push(">");
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        for (at, item) in items.into_iter().enumerate() {
            if self.is_full() {
                return;
            }
            if at > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }
}

#[cfg(test)]
#[path = "../../tests/sandbox/guest.rs"]
#[expect(dead_code, reason = "shared with the tests of the whole sandbox, which use more of it")]
mod guest;

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::wasmparser::Validator;
    use wasmtime::wasmparser::component_types::ComponentEntityType;

    /// The type of the function that a component exports as `f`.
    #[track_caller]
    fn exported(text: &str) -> String {
        let bytes = wat::parse_str(text).expect("valid text");
        let types = Validator::new().validate_all(&bytes).expect("a valid component");
        match types.as_ref().component_item_for_export("f").map(|item| item.ty) {
            Some(ComponentEntityType::Func(id)) => found(&types, id),
            other => panic!("{other:?} is no function"),
        }
    }

    /// `UPDATE_EXPECT=1` writes the table anew.
    #[test]
    fn the_table_is_what_the_wit_files_say() {
        let bytes = guest::Guest::on_event("").in_batches("(i32.const 0)").component();
        let types = Validator::new().validate_all(&bytes).expect("a valid component");
        let mut table = String::new();
        for interface in ["view", "intents", "guest", "batch"] {
            let name = format!("ringfence:strategy/{interface}@0.1.0");
            let item = types.as_ref().component_item_for_import(&name);
            let item = item.or_else(|| types.as_ref().component_item_for_export(&name)).expect("an interface").ty;
            let ComponentEntityType::Instance(id) = item else { panic!("{name} is no interface") };
            for (function, item) in &types.as_ref()[id].exports {
                if let ComponentEntityType::Func(id) = item.ty {
                    table.push_str(&format!("{interface}#{function} {}\n", found(&types, id)));
                }
            }
        }
        assert!(table.lines().all(|line| line.len() < TEXT_BYTES_MAX / 2), "room to see that a longer one is longer");
        expect_test::expect_file!["functions-0.1.0.txt"].assert_eq(&table);
    }

    #[test]
    fn a_type_that_is_huge_when_written_out_is_cut_off() {
        // Each tuple holds the one before twice: 2^15 numbers in a few lines.
        let tuples: String = (1..15).map(|n| format!("(type $t{n} (tuple $t{} $t{}))", n - 1, n - 1)).collect();
        let text = format!(
            r#"(component (type $t0 (tuple u8 u8)) {tuples} (type $f (func (param "a" $t14)))
                (import "g" (func $g (type $f))) (export "f" (func $g)))"#
        );
        let len = exported(&text).len();
        assert!((TEXT_BYTES_MAX..TEXT_BYTES_MAX + 200).contains(&len), "{len}");
    }

    #[test]
    fn the_first_difference_is_shown_with_what_is_around_it() {
        let (a, b) = difference("func(a: u32)", "func(a: u64) -> u8");
        assert_eq!((a.as_str(), b.as_str()), ("func(a: u32)", "func(a: u64) -> u8"));
        let long = "x".repeat(500);
        let (a, b) = difference(&format!("{long}1{long}"), &format!("{long}2"));
        assert_eq!(a, format!("…{}1{}…", "x".repeat(60), "x".repeat(99)));
        assert_eq!(b, format!("…{}2", "x".repeat(60)));
    }
}
