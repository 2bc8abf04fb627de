//! Schemas: what does the API look like to programs that were not written here?
//!
//! In: the types and handlers of this package. Out: an OpenAPI document, and JSON Schemas of intents and execution reports.
//! Must never: say anything that is written down a second time.

use serde_json::{Map, Value as Json, json};
use utoipa::PartialSchema;
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::api::ExecutionReport;
use crate::intent::Intent;

/// Names of the schemas that are served by themselves.
pub const NAMES: [&str; 2] = ["intent", "execution-report"];

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> OpenApi {
    crate::routes::described().1
}

/// A JSON Schema (2020-12) that stands alone; `None` for a name that is not in [`NAMES`].
#[must_use]
pub fn json_schema(name: &str) -> Option<Json> {
    let (title, root) = match name {
        "intent" => ("Intent", Intent::schema()),
        "execution-report" => ("ExecutionReport", ExecutionReport::schema()),
        _ => return None,
    };
    let mut inner = plain(&root);
    let components = openapi().components.map(|components| components.schemas).unwrap_or_default();
    let all: Map<String, Json> = components.iter().map(|(name, schema)| (name.clone(), plain(schema))).collect();
    let mut defs = Map::new();
    gather(&inner, &all, &mut defs);
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:ringfence:schema:{name}"),
        "title": title,
    });
    let (Json::Object(mut object), Json::Object(body)) = (head, inner.take()) else { return None };
    object.extend(body);
    if !defs.is_empty() {
        object.insert("$defs".to_owned(), Json::Object(defs));
    }
    Some(Json::Object(object))
}

/// A schema with references as they are inside one document.
fn plain(schema: &RefOr<Schema>) -> Json {
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    rename(&mut value);
    value
}

fn rename(value: &mut Json) {
    match value {
        Json::Object(object) => {
            if let Some(Json::String(to)) = object.get_mut("$ref") {
                *to = to.replace("#/components/schemas/", "#/$defs/");
            }
            object.values_mut().for_each(rename);
        }
        Json::Array(items) => items.iter_mut().for_each(rename),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// Everything that a schema refers to, and what that refers to.
fn gather(value: &Json, all: &Map<String, Json>, defs: &mut Map<String, Json>) {
    match value {
        Json::Object(object) => {
            let name = object.get("$ref").and_then(Json::as_str).and_then(|to| to.strip_prefix("#/$defs/"));
            if let Some((name, found)) = name.and_then(|name| Some((name, all.get(name)?)))
                && !defs.contains_key(name)
            {
                defs.insert(name.to_owned(), found.clone());
                gather(found, all, defs);
            }
            object.values().for_each(|value| gather(value, all, defs));
        }
        Json::Array(items) => items.iter().for_each(|value| gather(value, all, defs)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
