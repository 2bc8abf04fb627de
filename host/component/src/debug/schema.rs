//! Question: what are the types of the interface, for a reader without types?
//!
//! In: the WIT files in this program. Out: functions and types as JSON: primitive types by their names, `{"name": …}`,
//! `{"option": …}`, `{"list": …}`, `{"enum": [names]}`, `{"record": [[name, type]]}`, `{"variant": [[name, type or null]]}`,
//! `{"result": {"ok": …, "err": …}}`. Must never: know a type that the WIT files do not have.

use serde_json::{Map, Value, json};
use wit_parser::{Resolve, Type, TypeDef, TypeDefKind, UnresolvedPackageGroup};

use crate::embedded::SDK;

/// Functions that a strategy imports, and every type.
pub(super) fn schema() -> Value {
    let resolve = resolve();
    let mut types = Map::new();
    for (_, def) in &resolve.types {
        if let Some(name) = &def.name {
            types.entry(name.clone()).or_insert_with(|| kind(&resolve, def));
        }
    }
    let mut functions = Map::new();
    let interfaces = resolve.interfaces.iter().map(|(_, interface)| interface);
    for interface in interfaces.filter(|interface| matches!(interface.name.as_deref(), Some("view" | "intents"))) {
        for (name, function) in &interface.functions {
            let params: Vec<Value> = function.params.iter().map(|param| typed(&resolve, &param.ty)).collect();
            let result = function.result.as_ref().map_or(Value::Null, |result| typed(&resolve, result));
            functions.insert(name.clone(), json!({ "params": params, "result": result }));
        }
    }
    json!({ "types": types, "functions": functions })
}

fn resolve() -> Resolve {
    let mut resolve = Resolve::default();
    for (place, text) in SDK.iter().filter(|(place, _)| place.starts_with("wit/")) {
        let group = UnresolvedPackageGroup::parse(place, text).expect("a WIT file of this release");
        resolve.push_group(group).expect("a package of this release");
    }
    resolve
}

fn typed(resolve: &Resolve, of: &Type) -> Value {
    match of {
        Type::Id(id) => {
            let def = &resolve.types[*id];
            def.name.as_ref().map_or_else(|| kind(resolve, def), |name| json!({ "name": name }))
        }
        Type::Bool => json!("bool"),
        Type::U8 => json!("u8"),
        Type::U16 => json!("u16"),
        Type::U32 => json!("u32"),
        Type::U64 => json!("u64"),
        Type::S8 => json!("s8"),
        Type::S16 => json!("s16"),
        Type::S32 => json!("s32"),
        Type::S64 => json!("s64"),
        Type::F32 => json!("f32"),
        Type::F64 => json!("f64"),
        Type::Char => json!("char"),
        Type::String => json!("string"),
        Type::ErrorContext => unreachable!("the interface has none"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "kinds of types that the interface does not use")]
fn kind(resolve: &Resolve, def: &TypeDef) -> Value {
    let maybe = |of: &Option<Type>| of.as_ref().map_or(Value::Null, |of| typed(resolve, of));
    match &def.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| json!([field.name, typed(resolve, &field.ty)]));
            json!({ "record": fields.collect::<Vec<_>>() })
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| json!([case.name, maybe(&case.ty)]));
            json!({ "variant": cases.collect::<Vec<_>>() })
        }
        TypeDefKind::Enum(of) => json!({ "enum": of.cases.iter().map(|case| &case.name).collect::<Vec<_>>() }),
        TypeDefKind::Option(inner) => json!({ "option": typed(resolve, inner) }),
        TypeDefKind::List(inner) => json!({ "list": typed(resolve, inner) }),
        TypeDefKind::Result(result) => json!({ "result": { "ok": maybe(&result.ok), "err": maybe(&result.err) } }),
        TypeDefKind::Type(Type::Id(id)) => kind(resolve, &resolve.types[*id]),
        TypeDefKind::Type(other) => typed(resolve, other),
        _ => unreachable!("the interface has no other types"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_functions_are_those_of_the_wit_file() {
        let schema = schema();
        assert_eq!(schema["types"]["intent-id"], json!("u64"));
        assert_eq!(schema["types"]["size"], json!({ "variant": [["quantity", "s64"], ["notional", "s64"]] }));
        let emit = &schema["functions"]["emit"];
        assert_eq!(emit["params"], json!([{ "name": "intent" }]));
        let err = json!({ "result": { "ok": { "name": "intent-id" }, "err": { "name": "emit-error" } } });
        assert_eq!(emit["result"], err);
        assert_eq!(schema["functions"].as_object().map(Map::len), Some(11), "eight of view, three of intents");
    }
}
