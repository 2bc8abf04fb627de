//! Schema: what may an editor offer and check while somebody writes a configuration?
//!
//! In: the description of the keys. Out: a JSON Schema (draft 2020-12). Must never: say anything the reader does not.

use serde_json::{Map, Value as Json, json};

use super::document::{Value, parse_value};
use super::keys::ROOT;
use super::kind::{Key, Kind, Need, Sign, TEXT_CHARS_MAX, takes_profile};
use super::problem::Origin;

/// The schema of a configuration file.
#[must_use]
pub fn json_schema() -> Json {
    let mut schema = table(ROOT);
    if let Json::Object(fields) = &mut schema {
        fields.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        fields.insert("title".to_owned(), json!("Ringfence configuration"));
    }
    schema
}

fn table(keys: &[Key]) -> Json {
    let properties: Map<String, Json> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    // A profile gives the limits beside it, so that nobody has to write them.
    if takes_profile(keys) {
        let either = json!([{ "required": ["profile"] }, { "required": required }]);
        return json!({ "type": "object", "additionalProperties": false, "anyOf": either, "properties": properties });
    }
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn property(key: &Key) -> Json {
    let mut schema = kind(&key.kind);
    if let Json::Object(fields) = &mut schema {
        if matches!(key.kind, Kind::Tables(_)) && key.need == Need::Required {
            fields.insert("minItems".to_owned(), json!(1));
        }
        fields.insert("description".to_owned(), json!(key.doc));
        // Of a default that depends on another key, the one of that key's own default.
        let default = match key.need {
            Need::Default(text) => Some(text),
            Need::DefaultBy(_, cases) => cases.first().map(|(_, text)| *text),
            Need::Required | Need::Optional => None,
        };
        if let Some(text) = default {
            fields.insert("default".to_owned(), literal(&parse_value(text, &Origin::Default).value));
        }
    }
    schema
}

fn kind(kind_of: &Kind) -> Json {
    match kind_of {
        Kind::Text => json!({ "type": "string", "minLength": 1, "maxLength": TEXT_CHARS_MAX }),
        Kind::Path => json!({ "type": "string", "minLength": 1 }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Decimal(sign) => decimal(*sign),
        Kind::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Duration => json!({ "type": "string", "pattern": "^[0-9]+(ns|us|ms|s|m|h|d)$" }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Moment => {
            json!({ "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "integer", "minimum": 0 }] })
        }
        Kind::Sha256 => json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{64}$" }),
        Kind::OrOff(inner) => json!({ "anyOf": [{ "const": "off" }, kind(inner)] }),
        Kind::List(inner) => json!({ "type": "array", "items": kind(inner) }),
        Kind::Map(inner) => json!({ "type": "object", "additionalProperties": kind(inner) }),
        Kind::Parameter => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Table(keys) => table(keys),
        Kind::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
    }
}

fn decimal(sign: Sign) -> Json {
    let text = json!({ "type": "string", "pattern": "^[+-]?[0-9]+(\\.[0-9]+)?$" });
    let number = match sign {
        Sign::Any => json!({ "type": "number" }),
        Sign::NotNegative => json!({ "type": "number", "minimum": 0 }),
        Sign::Fee => json!({ "type": "number", "minimum": -10_000, "maximum": 10_000 }),
        Sign::Amount => {
            json!({ "type": "number", "minimum": -1_000_000_000_000_i64, "maximum": 1_000_000_000_000_i64 })
        }
        Sign::Volume => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000_000_000_i64 }),
        Sign::Positive => json!({ "type": "number", "exclusiveMinimum": 0 }),
    };
    json!({ "anyOf": [text, number] })
}

fn literal(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Number(digits) => digits.parse::<u64>().map_or_else(|_| json!(digits), |number| json!(number)),
        Value::Flag(flag) => json!(flag),
        Value::Time(time) => json!(time.to_string()),
        Value::List(items) => items.iter().map(|item| literal(&item.value)).collect(),
        Value::Table(nodes) => nodes.iter().map(|(name, node)| (name.clone(), literal(&node.value))).collect(),
    }
}
