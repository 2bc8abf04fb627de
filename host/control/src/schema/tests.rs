//! Schemas: do they describe what is served, and stand alone?

use serde_json::Value as Json;

use super::{NAMES, json_schema, openapi};

fn references<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
    match value {
        Json::Object(object) => {
            found.extend(object.get("$ref").and_then(Json::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Json::Array(items) => items.iter().for_each(|value| references(value, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(openapi()).expect("JSON");
    let schemas = NAMES.map(|name| json_schema(name).expect("it is served"));
    for whole in schemas.iter().chain([&document]) {
        let mut found = Vec::new();
        references(whole, &mut found);
        for to in found {
            assert!(whole.pointer(to.trim_start_matches('#')).is_some(), "{to}");
        }
    }
    assert_eq!(json_schema("other"), None);
}

#[test]
fn the_document_names_every_path_of_the_api() {
    let document = openapi();
    let mut paths: Vec<&str> = document.paths.paths.keys().map(String::as_str).collect();
    paths.sort_unstable();
    expect_test::expect![[r#"
        /v1/commands
        /v1/config
        /v1/curve
        /v1/events
        /v1/intents
        /v1/intents/{strategy}/{intent_id}
        /v1/orders
        /v1/positions
        /v1/status
        /v1/tail"#]]
    .assert_eq(&paths.join("\n"));
}

#[test]
fn the_schemas_are_those_that_lie_in_the_documentation() {
    for name in NAMES {
        let text = serde_json::to_string_pretty(&sorted(&json_schema(name).expect("a schema of this name")))
            .expect("JSON")
            + "\n";
        let path = format!("{}/../../docs/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        expect_test::expect_file![path].assert_eq(&text);
    }
    let text =
        serde_json::to_string_pretty(&sorted(&serde_json::to_value(openapi()).expect("JSON"))).expect("JSON") + "\n";
    expect_test::expect_file!["../../../../docs/schemas/openapi.json"].assert_eq(&text);
}

/// Keys in order, however objects are kept: other packages of a build may ask for another way.
fn sorted(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            serde_json::Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        serde_json::Value::Array(list) => list.iter().map(sorted).collect(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => value.clone(),
    }
}
