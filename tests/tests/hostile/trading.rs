//! Hostile strategies that would abuse the market, or look around with a standard library: what the chain answers them.

use ringfence_tests::{Session, Tape, binary};
use serde_json::json;

use super::guest::{Guest, emit};
use super::sessions::{Member, ROWS, Stage, WAYS, entry, records};

const LINES: &str = "memory_mb = 1";

/// A limit order for 5, good till canceled.
fn limit(side: i64, price: i64) -> String {
    emit(0, [1, side, 0, 5, 1, 1, price, 0, 0, 0, 0, 0, 0, 0])
}

fn member(name: &'static str, body: &str) -> Member {
    Member { name, component: Guest::on_event(body).component(), before: None, lines: LINES }
}

/// Codes that an intent of this strategy was denied with.
fn denials(session: &Session, strategy: &str) -> Vec<String> {
    let mut codes: Vec<String> = records(session, strategy, "DENIED")
        .iter()
        .map(|denial| denial["code"].as_str().expect("a code").to_owned())
        .collect();
    codes.dedup();
    codes
}

#[test]
fn h42_two_that_would_trade_with_each_other_are_denied() {
    let risk = &["self_trade = \"deny\""];
    for way in WAYS {
        // The market is near 170: the one waits below it, the other would sell to that one.
        let pair = [member("buys", &limit(0, 16_500)), member("sells", &limit(1, 16_400))];
        let session = Stage::new(risk).run(way, &pair, &Tape::trades(ROWS));
        session.finished.expect_code(0);
        assert_eq!(denials(&session, "sells"), ["D-SELF-TRADE"], "{way:?}");
        assert_eq!(records(&session, "buys", "OrderFilled").len(), 0, "{way:?}");
    }
}

#[test]
fn h42_layers_of_orders_end_at_the_ratio_of_orders_to_trades() {
    let risk = &["order_to_trade_max = 4", "order_to_trade_free = 10"];
    for way in WAYS {
        let cancel_all = emit(3, [0; 14]);
        let layers = [member("layers", &format!("{cancel_all} {} {}", limit(0, 1_000), limit(0, 1_001)))];
        let session = Stage::new(risk).run(way, &layers, &Tape::trades(ROWS));
        session.finished.expect_code(0);
        assert_eq!(denials(&session, "layers"), ["D-ORDER-TO-TRADE"], "{way:?}");
        assert!(records(&session, "layers", "DISPATCHED").len() <= 2 * 10, "{way:?}");
    }
}

#[test]
fn h48_a_standard_library_finds_nothing_of_the_machine_in_any_session() {
    let component = std::fs::read(binary::component("test_wasi_probe")).expect("the component is built");
    for way in WAYS {
        let lines = "params = { what = \"look\" }";
        // A strategy with a standard library takes no state but its own.
        let before = Some(component.clone());
        let again = [&component[..], b"\0\x04\x03new"].concat();
        let probe = [Member { name: "probe", component: again, before, lines }];
        let session = Stage::new(&[]).run(way, &probe, &Tape::trades(ROWS));
        session.finished.expect_code(0);
        let notes = records(&session, "probe", "EMITTED");
        let said: Vec<&str> = notes.iter().filter_map(|note| note["note"].as_str()).collect();
        for nothing in ["environment 0 arguments 0 folder Some(\"/\")", "files [false, false, false]", "written false"]
        {
            assert!(said.contains(&nothing), "{way:?}: {nothing:?} is missing in {said:?}");
        }
        assert_eq!(entry(&session, 0)["halts"], json!([]), "{way:?}");
    }
}
