//! Question: does the WIT file keep the sizes and the order that hosts and guests rely on?
//!
//! In: `wit/strategy.wit`. Out: flat sizes, the words of each payload, and a list of what lacks a comment or a gate.

#![expect(clippy::wildcard_enum_match_arm, reason = "of foreign enums only a few cases matter here")]

use std::path::Path;

use expect_test::expect;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Docs, Function, Interface, Resolve, Stability, Type, TypeDefKind, WorldItem};

fn resolve() -> Resolve {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    resolve.push_path(wit).expect("the WIT file parses");
    resolve
}

fn interface<'r>(resolve: &'r Resolve, name: &str) -> &'r Interface {
    let found = resolve.interfaces.iter().find(|(_, interface)| interface.name.as_deref() == Some(name));
    found.map(|(_, interface)| interface).expect("the interface exists")
}

fn signature(interface_name: &str, function: &str, variant: AbiVariant) -> String {
    let resolve = resolve();
    let function = &interface(&resolve, interface_name).functions[function];
    let signature = resolve.wasm_signature(variant, function);
    let indirect = [("params by pointer", signature.indirect_params), ("return pointer", signature.retptr)];
    let marks: Vec<&str> = indirect.iter().filter(|(_, is)| *is).map(|(mark, _)| *mark).collect();
    format!("{} core values {marks:?}", signature.params.len())
}

#[test]
fn on_event_takes_exactly_sixteen_core_values() {
    // One more would go through guest memory, +80 ns on every call.
    assert_eq!(signature("guest", "on-event", AbiVariant::GuestExport), "16 core values []");
}

#[test]
fn emit_takes_fifteen_core_values_and_a_return_pointer() {
    assert_eq!(signature("intents", "emit", AbiVariant::GuestImport), "16 core values [\"return pointer\"]");
}

#[test]
fn emit_order_takes_one_pointer_and_a_return_pointer() {
    // Its fields do not fit: they go through guest memory, which is why `emit` is not called so.
    let expected = "2 core values [\"params by pointer\", \"return pointer\"]";
    assert_eq!(signature("intents", "emit-order", AbiVariant::GuestImport), expected);
}

/// The core words of a type, each with the name of its field: what a guest that reads flat arguments relies on.
fn words(resolve: &Resolve, name: &str, ty: &Type, out: &mut Vec<String>) {
    if let Type::Id(id) = ty {
        match &resolve.types[*id].kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().for_each(|field| words(resolve, &field.name, &field.ty, out));
                return;
            }
            TypeDefKind::Option(inner) => {
                out.push(format!("has-{name}:i32"));
                words(resolve, name, inner, out);
                return;
            }
            TypeDefKind::Type(inner) => return words(resolve, name, inner, out),
            _ => {}
        }
    }
    let mut flat = [WasmType::I32; 16];
    let mut list = wit_parser::abi::FlatTypes::new(&mut flat);
    assert!(resolve.push_flat(ty, &mut list));
    out.extend(list.to_vec().iter().map(|word| format!("{name}:{word:?}").to_lowercase()));
}

#[test]
fn the_order_of_payload_words_is_what_the_sdk_reads() {
    // The Rust SDK reads these by place, in guest-sdk/rust/src/export/flat.rs: a change here is a change there.
    let resolve = resolve();
    let payload = interface(&resolve, "types").types["payload"];
    let TypeDefKind::Variant(payload) = &resolve.types[payload].kind else { panic!("payload is a variant") };
    let lines = payload.cases.iter().enumerate().map(|(at, case)| {
        let mut out = Vec::new();
        if let Some(ty) = &case.ty {
            words(&resolve, "", ty, &mut out);
        }
        format!("{at} {} {}\n", case.name, out.join(" "))
    });
    expect![[r#"
        0 trade price:i64 qty:i64 has-aggressor:i32 aggressor:i32
        1 quote bid-price:i64 bid-qty:i64 ask-price:i64 ask-qty:i64
        2 book :i32
        3 bar open:i64 high:i64 low:i64 close:i64 volume:i64 open-time:i64 interval-ns:i64
        4 mark-price :i64
        5 funding rate-e9:i64 next-time:i64
        6 status :i32
        7 feed :i32
        8 corporate-action kind:i32 numerator:i64 denominator:i64 cash:i64
        9 accepted :i64
        10 rejected id:i64 reason:i32
        11 filled id:i64 price:i64 qty:i64 leaves:i64 fee:i64 side:i32 liquidity:i32
        12 canceled id:i64 leaves:i64 reason:i32
        13 cancel-rejected id:i64 reason:i32
        14 amended id:i64 price:i64 qty:i64
        15 amend-rejected id:i64 reason:i32
        16 expired :i64
        17 unknown :i64
        18 busted id:i64 price:i64 qty:i64 leaves:i64 fee:i64 side:i32 liquidity:i32
        19 outcome id:i64 code:i32
        20 signal source:i32 name:i32 value:i64
        21 trading :i32
        22 wake 
    "#]]
    .assert_eq(&lines.collect::<String>());
}

#[test]
fn the_order_of_enum_cases_is_what_the_sdk_reads() {
    let resolve = resolve();
    let types = &interface(&resolve, "types").types;
    let lines = types.iter().filter_map(|(name, id)| match &resolve.types[*id].kind {
        TypeDefKind::Enum(cases) => {
            let cases: Vec<&str> = cases.cases.iter().map(|case| case.name.as_str()).collect();
            Some(format!("{name}: {}\n", cases.join(" ")))
        }
        _ => None,
    });
    expect![[r#"
        side: buy sell
        position-side: net long short
        order-type: market limit stop-market stop-limit market-if-touched limit-if-touched trailing-stop-market trailing-stop-limit market-to-limit
        time-in-force: gtc ioc fok day gtd at-open at-close
        trigger-by: last touch mark
        trail-unit: price bps ticks
        group-kind: none oco ouo
        instrument-state: trading auction halted closed settled
        feed-state: live stale
        adjustment: split dividend rename delisting
        book-action: changed cleared
        liquidity: maker taker none
        reject-reason: unknown insufficient-balance price-out-of-band would-take duplicate unknown-order too-late rate-limited transmit-refused market-closed
        cancel-reason: asked ioc-remainder venue operator kill-switch self-trade
        outcome-code: malformed superseded withdrawn approval-expired denied-quantity denied-notional denied-position denied-exposure denied-price-collar denied-open-orders denied-not-authorised denied-instrument-status denied-stale-market denied-trading-disabled denied-kill-switch denied-loss denied-drawdown denied-velocity denied-duplicate denied-margin denied-other ended expired
        emit-error: warmup too-many malformed note-too-long not-now
        event-kind: trade quote book bar mark-price funding status feed corporate-action order signal trading
        change-filter: every touch-price touch touch-price-or-own
        instrument-kind: spot perpetual future option equity fx-pair
        order-state: submitted working partially-filled pending-cancel pending-amend filled canceled rejected expired unknown held
    "#]].assert_eq(&lines.collect::<String>());
}

/// Notes an item that has no comment.
fn lacks_comment(docs: &Docs, name: String, found: &mut Vec<String>) {
    if docs.contents.as_deref().is_none_or(|text| text.trim().is_empty()) {
        found.push(name);
    }
}

fn check_function(function: &Function, found: &mut Vec<String>) {
    lacks_comment(&function.docs, function.name.clone(), found);
    check_stability(&function.stability, &function.name, found);
}

fn check_stability(stability: &Stability, name: &str, found: &mut Vec<String>) {
    match stability {
        Stability::Stable { since, deprecated: None } if since.to_string() == "0.1.0" => {}
        other => found.push(format!("{name}: {other:?}")),
    }
}

#[test]
fn every_item_has_a_comment_and_a_gate() {
    let resolve = resolve();
    let mut found = Vec::new();
    for (_, interface) in &resolve.interfaces {
        let name = interface.name.clone().expect("interfaces are named");
        lacks_comment(&interface.docs, name.clone(), &mut found);
        check_stability(&interface.stability, &name, &mut found);
        interface.functions.values().for_each(|function| check_function(function, &mut found));
    }
    for (name, id) in &interface(&resolve, "types").types {
        let def = &resolve.types[*id];
        lacks_comment(&def.docs, name.clone(), &mut found);
        check_stability(&def.stability, name, &mut found);
        let parts: Vec<(&String, &Docs)> = match &def.kind {
            TypeDefKind::Record(record) => record.fields.iter().map(|field| (&field.name, &field.docs)).collect(),
            TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| (&case.name, &case.docs)).collect(),
            TypeDefKind::Variant(cases) => cases.cases.iter().map(|case| (&case.name, &case.docs)).collect(),
            _ => Vec::new(),
        };
        parts.iter().for_each(|(part, docs)| lacks_comment(docs, format!("{name}.{part}"), &mut found));
    }
    for (_, world) in &resolve.worlds {
        lacks_comment(&world.docs, world.name.clone(), &mut found);
        for (key, item) in world.imports.iter().chain(&world.exports) {
            if let WorldItem::Interface { stability, .. } = item {
                check_stability(stability, &format!("{key:?}"), &mut found);
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// `enum` declarations of a source: name and cases as the WIT file would write them.
fn enums_of(source: &str, start: &str) -> Vec<(String, String)> {
    let kebab = |word: &str| {
        let mut out = String::new();
        for (at, letter) in word.trim().trim_matches(['@', '"']).chars().enumerate() {
            if letter.is_ascii_uppercase() && at != 0 {
                out.push('-');
            }
            out.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
        }
        out
    };
    let blocks = source.split(start).skip(1).filter_map(|rest| rest.split_once('{'));
    let named =
        blocks.filter(|(head, _)| !head.contains(';') && (start != "pub const " || head.ends_with("= enum(u8) ")));
    named
        .map(|(head, rest)| {
            let name = head.split([' ', '=']).next().expect("a name");
            let body = rest.split('}').next().expect("an end");
            let cases = body.split(',').map(kebab).filter(|case| !case.is_empty());
            (kebab(name), cases.collect::<Vec<_>>().join(" "))
        })
        .collect()
}

#[test]
fn the_enums_that_sdks_write_by_hand_are_those_of_the_wit_file() {
    let resolve = resolve();
    let guest_sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-sdk");
    let sources = [("zig/types.zig", "pub const "), ("assemblyscript/lib/ringfence/types.ts", "export enum ")];
    for (place, start) in sources {
        let source = std::fs::read_to_string(guest_sdk.join(place)).expect("the SDK is there");
        let ours = enums_of(&source, start);
        for (name, id) in &interface(&resolve, "types").types {
            let TypeDefKind::Enum(cases) = &resolve.types[*id].kind else { continue };
            let cases = cases.cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>().join(" ");
            let found = ours.iter().find(|(own, _)| own == name).map(|(_, cases)| cases.as_str());
            // Zig has the errors of an emit as errors of the language, by number.
            if (place, name.as_str()) != ("zig/types.zig", "emit-error") {
                assert_eq!(found, Some(cases.as_str()), "{place}: {name}");
            }
        }
    }
}
