//! What `wac plug` makes of a strategy and another component: is it admitted, and does it trade and replay as any other?

#[path = "../../host/sandbox/tests/sandbox/guest.rs"]
#[allow(dead_code, reason = "shared with the tests of the sandbox, which use more of it")]
mod guest;
#[path = "../../host/sandbox/tests/sandbox/parts.rs"]
mod parts;

use parts::{Joint, OF_NUMBERS, OF_WORDS, RULE, socket};
use ringfence_tests::{Run, Setup, Tape};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};

/// `wac plug SOCKET --plug PLUG`.
fn plugged(joint: Joint) -> Vec<u8> {
    let mut graph = CompositionGraph::new();
    let mut package = |name: &str, bytes: Vec<u8>| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut()).expect("a component");
        graph.register_package(package).expect("the first of this name")
    };
    let part = package("test:plug", wat::parse_str(joint.plug).expect("valid text"));
    let strategy = package("test:socket", socket(joint));
    plug(&mut graph, vec![part], strategy).expect("the one has what the other wants");
    graph.encode(EncodeOptions::default()).expect("a component")
}

/// Quantities that it wants, in order.
#[track_caller]
fn wanted(joint: Joint, trades: u32) -> Vec<u64> {
    let folder = tempfile::tempdir().expect("a folder");
    let component = folder.path().join("plugged.wasm");
    std::fs::write(&component, plugged(joint)).expect("written");
    let report = Run::dev(["check", "--json", "--compile"]).arg(&component).finish();
    report.expect_code(0);
    let report = report.json();
    let imports = report["imports"].to_string();
    assert!(report["ok"] == true && !imports.contains(RULE), "{report}");
    let session = Setup::default().strategy("plugged", &component, "").backtest(&Tape::trades(trades));
    session.finished.expect_code(0);
    let verdict = session.replay();
    assert_eq!((verdict.code, &verdict.json()["match"]), (Some(0), &true.into()), "{}", verdict.stderr);
    let emitted = session.records(&["--only", "EMITTED"]);
    emitted.iter().map(|record| record["qty"].as_str().and_then(|qty| qty.parse().ok()).expect("a number")).collect()
}

#[test]
fn what_wac_plugs_together_is_admitted_trades_and_replays() {
    assert_eq!(wanted(OF_NUMBERS, 5), [1, 2, 3, 4, 5]);
}

/// Their memories are apart: the engine copies the word.
#[test]
fn parts_that_wac_plugged_together_hand_each_other_words() {
    assert_eq!(wanted(OF_WORDS, 2), [65_301, 65_302]);
}

/// The strategy alone wants what no host has.
#[test]
fn a_strategy_without_its_plug_is_refused_by_the_name_of_what_it_wants() {
    let folder = tempfile::tempdir().expect("a folder");
    let component = folder.path().join("socket.wasm");
    std::fs::write(&component, socket(OF_NUMBERS)).expect("written");
    let report = Run::dev(["check", "--json"]).arg(&component).finish();
    report.expect_code(1);
    let refusal = report.json()["refusals"][0].to_string();
    assert!(refusal.contains("E-IMPORT") && refusal.contains(RULE), "{refusal}");
}
