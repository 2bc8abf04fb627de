//! Schema: does the published JSON Schema describe the configurations that the program takes?

use ringfence_tests::{Run, workspace};
use serde_json::{Value, json};

/// Where a value breaks a schema, in the words of the subset of JSON Schema that is used here; a word that is not known
/// here fails the test.
fn breaches(place: &str, schema: &Value, value: &Value) -> Vec<String> {
    let rules = schema.as_object().unwrap_or_else(|| panic!("{place}: no schema: {schema}"));
    let mut found = Vec::new();
    for (word, rule) in rules {
        let holds = match word.as_str() {
            "$schema" | "title" | "description" | "default" | "format" => true,
            "type" => has_type(rule, value),
            "enum" => list(rule).contains(value),
            "const" => rule == value,
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as f64 >= number(rule)),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as f64 <= number(rule)),
            "minimum" => value.as_f64().is_none_or(|found| found >= number(rule)),
            "maximum" => value.as_f64().is_none_or(|found| found <= number(rule)),
            "exclusiveMinimum" => value.as_f64().is_none_or(|found| found > number(rule)),
            "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number(rule)),
            "pattern" => value.as_str().is_none_or(|found| matches_pattern(text(rule), found)),
            "anyOf" => list(rule).iter().any(|one| breaches(place, one, value).is_empty()),
            "required" => {
                value.as_object().is_none_or(|found| list(rule).iter().all(|name| found.contains_key(text(name))))
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                found.extend(items.flat_map(|(index, item)| breaches(&format!("{place}.{index}"), rule, item)));
                true
            }
            "properties" | "additionalProperties" => true,
            other => panic!("{place}: the schema word {other} is not known here"),
        };
        if !holds {
            found.push(format!("{place}: {word} {rule} does not hold for {value}"));
        }
    }
    found.extend(
        value.as_object().into_iter().flatten().flat_map(|(key, inner)| of_property(place, schema, key, inner)),
    );
    found
}

fn of_property(place: &str, schema: &Value, key: &str, value: &Value) -> Vec<String> {
    let place = format!("{place}.{key}");
    match (schema["properties"].get(key), &schema["additionalProperties"]) {
        (Some(known), _) => breaches(&place, known, value),
        (None, Value::Bool(false)) => vec![format!("{place}: not known")],
        (None, Value::Object(_)) => breaches(&place, &schema["additionalProperties"], value),
        (None, _) => Vec::new(),
    }
}

fn number(rule: &Value) -> f64 {
    rule.as_f64().unwrap_or_else(|| panic!("no number: {rule}"))
}

fn text(rule: &Value) -> &str {
    rule.as_str().unwrap_or_else(|| panic!("no text: {rule}"))
}

fn list(rule: &Value) -> &[Value] {
    rule.as_array().unwrap_or_else(|| panic!("no list: {rule}"))
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("type {other} is not known here"),
    };
    if rule.is_array() { list(rule).iter().any(|name| is(text(name))) } else { is(text(rule)) }
}

/// The three patterns of the schema, each read by hand.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match pattern {
        "^[0-9]+(ns|us|ms|s|m|h|d)$" => {
            let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
            digits(&text[..text.len() - unit.len()]) && ["ns", "us", "ms", "s", "m", "h", "d"].contains(&unit)
        }
        "^[0-9A-Fa-f]{64}$" => text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "^[+-]?[0-9]+(\\.[0-9]+)?$" => {
            let text = text.strip_prefix(['+', '-']).unwrap_or(text);
            text.split_once('.').map_or_else(|| digits(text), |(whole, part)| digits(whole) && digits(part))
        }
        other => panic!("the pattern {other} is not known here"),
    }
}

fn schema() -> Value {
    let finished = Run::dev(["config", "schema"]).finish();
    finished.expect_code(0);
    finished.json()
}

fn json_of(text: &str) -> Value {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    json_of_value(&toml::Value::Table(table))
}

fn json_of_value(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(flag) => json!(flag),
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(items) => items.iter().map(json_of_value).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, inner)| (key.clone(), json_of_value(inner))).collect(),
    }
}

#[test]
fn config_schema_and_show_describe_the_examples() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let folder = workspace::root().join("config");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|end| end != "toml") {
            continue;
        }
        seen += 1;
        let written = json_of(&std::fs::read_to_string(&file).unwrap());
        assert_eq!(breaches("", &schema, &written), Vec::<String>::new(), "{}", file.display());
        let show = |option: &[&str]| {
            let finished = Run::dev(["config", "show", "--config"]).arg(&file).args(option).finish();
            finished.expect_code(0);
            json_of(&finished.stdout)
        };
        let (shown, resolved) = (show(&[]), show(&["--resolved"]));
        assert_eq!(breaches("", &schema, &shown), Vec::<String>::new(), "{} as shown", file.display());
        assert_eq!(breaches("", &schema, &resolved), Vec::<String>::new(), "{} resolved", file.display());
        assert_eq!(shown["risk"], written["risk"], "as written");
        let limits = ["order_qty_max", "price_collar_bps", "market_age_max", "exposure_gross_max"];
        assert!(limits.iter().all(|limit| resolved["risk"].get(limit).is_some()), "a profile is expanded: {resolved}");
        assert!(resolved["strategies"][0].get("fuel_per_call").is_some(), "defaults are written out");
    }
    assert!(seen >= 4);
}

#[test]
fn what_the_program_refuses_the_schema_refuses_too() {
    let schema = schema();
    let good = json_of(&super::ema().text());
    assert_eq!(breaches("", &schema, &good), Vec::<String>::new());
    let broken = |pointer: &str, value: Value| {
        let mut text = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        text.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
        text
    };
    let refused = |text: &Value| {
        let toml = toml::to_string(text).expect("the value is a configuration");
        Run::dev(["config", "check", "--json", "--config", "host.toml"]).file("host.toml", toml).finish()
    };
    refused(&good).expect_code(0);
    for (pointer, value) in [
        ("/zebra", json!(1)),
        ("/risk/order_qty_mx", json!(1)),
        ("/risk/market_age_max", json!(5)),
        ("/risk/price_collar_bps", json!(1_000_001)),
        ("/simulation/fill", json!("same_event")),
        ("/instruments/0/price_scale", json!(19)),
        ("/strategies/0/sha256", json!("abc")),
        ("/strategies", json!([])),
        ("/instruments", json!([])),
        ("/venues/0/accounts", json!([])),
    ] {
        let text = broken(pointer, value);
        assert_eq!(breaches("", &schema, &text).len(), 1, "{pointer}");
        let finished = refused(&text);
        finished.expect_code(2);
        let problems = finished.json();
        let keys: Vec<&str> =
            problems["problems"].as_array().unwrap().iter().filter_map(|p| p["key"].as_str()).collect();
        let last = pointer.rsplit('/').next().unwrap();
        assert!(keys.iter().any(|key| key.ends_with(last)), "{pointer}: {keys:?}");
    }
    // What need not be there may be empty.
    let text = broken("/tapes", json!([]));
    assert_eq!(breaches("", &schema, &text), Vec::<String>::new());
    refused(&text).expect_code(0);
}
