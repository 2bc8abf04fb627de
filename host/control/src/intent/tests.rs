//! Intents from outside: what is taken, what is refused, and does anything that comes make this panic?

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::read;
use crate::fixture::config;

#[track_caller]
fn check(json: &str, want: Expect) {
    let got = read(json.as_bytes()).and_then(|intent| intent.for_core(&config()));
    want.assert_eq(&match got {
        Ok(intent) => format!("{} {} {:?}", intent.strategy.0, intent.reference, intent.kind),
        Err(error) => error.to_string(),
    });
}

const HEAD: &str = r#""intent_id":"a-1","labels":{"strategy":"agent"}"#;

fn order(more: &str, constraints: &str) -> String {
    format!(
        r#"{{{HEAD},"kind":"submit","instrument_id":"SIM:A","side":"buy",{more},"constraints":{{"order_type":"limit",{constraints}}}}}"#
    )
}

const FIVE: &str = r#""size":{"kind":"quantity","value":"5"}"#;

#[test]
fn an_order_has_exact_mantissas() {
    check(
        &order(FIVE, r#""limit_price":"101.5""#),
        expect![
            "2 a-1 Submit(Submit { instrument: InstrumentId(1), side: Buy, size: Quantity(Qty(5)), order_type: Limit, limit_price: Some(Price(10150)), stop_price: None, tif: Gtc, max_slippage_bps: None, post_only: false, reduce_only: false, position_side: Net, extras: Extras { expire_at: TimeNs(0), display_qty: Qty(0), trail: Trail { offset: 0, unit: Price, limit_offset: 0 }, trigger_by: Last, link: Link { parent: IntentId(0), group: IntentId(0), group_kind: None } } })"
        ],
    );
    check(
        &order(FIVE, r#""limit_price":"101.505""#),
        expect![[r#"limit_price "101.505" is no decimal with at most 2 digits behind the point"#]],
    );
    check(
        &order(r#""size":{"kind":"quantity","value":"0.5"}"#, r#""limit_price":"101""#),
        expect![[r#"size "0.5" is no decimal with at most 0 digits behind the point"#]],
    );
    check(
        &order(FIVE, r#""limit_price":"1e400""#),
        expect![[r#"limit_price "1e400" is no decimal with at most 2 digits behind the point"#]],
    );
    check(
        &order(FIVE, r#""limit_price":"99999999999999999999999""#),
        expect![[r#"limit_price "99999999999999999999999" is no decimal with at most 2 digits behind the point"#]],
    );
}

#[test]
fn a_value_is_of_the_quote_currency() {
    check(
        &order(r#""size":{"kind":"notional","value":"500","ccy":"USD"}"#, r#""tif":"ioc""#),
        expect![
            "2 a-1 Submit(Submit { instrument: InstrumentId(1), side: Buy, size: Notional(50000), order_type: Limit, limit_price: None, stop_price: None, tif: Ioc, max_slippage_bps: None, post_only: false, reduce_only: false, position_side: Net, extras: Extras { expire_at: TimeNs(0), display_qty: Qty(0), trail: Trail { offset: 0, unit: Price, limit_offset: 0 }, trigger_by: Last, link: Link { parent: IntentId(0), group: IntentId(0), group_kind: None } } })"
        ],
    );
    check(
        &order(r#""size":{"kind":"notional","value":"500","ccy":"EUR"}"#, r#""tif":"ioc""#),
        expect![[r#"ccy is "USD" here, the intent says "EUR""#]],
    );
}

#[test]
fn other_wishes_are_taken_too() {
    check(&format!(r#"{{{HEAD},"kind":"cancel","order":3}}"#), expect!["2 a-1 Cancel(IntentId(3))"]);
    check(
        &format!(r#"{{{HEAD},"kind":"amend","order":3,"instrument_id":"SIM:A","limit_price":"1.01"}}"#),
        expect!["2 a-1 Amend(Amend { order: IntentId(3), price: Some(Price(101)), qty: None, trigger: None })"],
    );
    check(&format!(r#"{{{HEAD},"kind":"cancel-all"}}"#), expect!["2 a-1 CancelAll(None)"]);
    check(
        &format!(r#"{{{HEAD},"kind":"flatten","instrument_id":"SIM:A"}}"#),
        expect!["2 a-1 Flatten(Some(InstrumentId(1)))"],
    );
    check(&format!(r#"{{{HEAD},"kind":"note","text":"hi"}}"#), expect!["2 a-1 Note(NoteSpan { start: 0, len: 2 })"]);
    check(
        &format!(r#"{{{HEAD},"kind":"note","text":"{}"}}"#, "x".repeat(513)),
        expect!["a note has at most 512 bytes, this one has 513"],
    );
    check(
        &format!(r#"{{{HEAD},"kind":"wake-at","at":1}}"#),
        expect![
            "unknown variant `wake-at`, expected one of `submit`, `cancel`, `amend`, `cancel-all`, `flatten`, `note`"
        ],
    );
}

#[test]
fn only_strategies_without_a_component_are_spoken_for() {
    let of =
        |strategy: &str| format!(r#"{{"intent_id":"a","labels":{{"strategy":"{strategy}"}},"kind":"cancel-all"}}"#);
    check(&of("ema"), expect![[r#""ema" is no strategy with profile = "external""#]]);
    check(&of("nobody"), expect![[r#""nobody" is no strategy with profile = "external""#]]);
}

#[test]
fn an_intent_for_another_session_is_refused() {
    let labels = |more: &str| format!(r#"{{"intent_id":"a","labels":{{"strategy":"agent"{more}}},"kind":"cancel-all""#);
    check(&format!("{}}}", labels(r#","run":"other""#)), expect![[r#"run is "test" here, the intent says "other""#]]);
    check(&format!(r#"{},"env":"prod"}}"#, labels("")), expect![[r#"env is "dev" here, the intent says "prod""#]]);
    check(&format!(r#"{},"env":"dev"}}"#, labels(r#","run":"test""#)), expect!["2 a CancelAll(None)"]);
}

#[test]
fn what_is_not_understood_is_refused_and_not_passed_over() {
    check(
        &order(FIVE, r#""limit_price":"1","post_onyl":true"#),
        expect![
            "unknown field `post_onyl`, expected one of `order_type`, `limit_price`, `stop_price`, `tif`, `expire_at_ns`, `max_slippage_bps`, `post_only`, `reduce_only`, `position_side`"
        ],
    );
    check(&order(&format!(r#"{FIVE},"leverage":3"#), r#""limit_price":"1""#), expect!["unknown field `leverage`"]);
    check(
        r#"{"intent_id":"","labels":{"strategy":"agent"},"kind":"cancel-all"}"#,
        expect!["intent_id has to be 1 to 64 visible ASCII characters"],
    );
    check("[]", expect!["invalid type: sequence, expected struct Intent"]);
    check("", expect!["EOF while parsing a value at line 1 column 0"]);
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..400_usize) {
        let whole = order(FIVE, r#""limit_price":"101.5""#);
        let mut text = whole.into_bytes();
        text.truncate(cut);
        text.extend_from_slice(&bytes);
        for candidate in [&bytes, &text] {
            let config = config();
            let taken = read(candidate).and_then(|intent| intent.for_core(&config));
            if let Ok(intent) = taken {
                prop_assert!(!intent.encode().is_empty());
            }
            let is_object = candidate.first() == Some(&0x7b);
            prop_assert!(crate::routes::read_command(candidate).is_err() || is_object);
        }
    }
}
