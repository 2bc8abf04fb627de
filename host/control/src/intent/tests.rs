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
    check(&order(FIVE, r#""limit_price":"101.5""#), expect![[r#""#]]);
    check(&order(FIVE, r#""limit_price":"101.505""#), expect![[r#""#]]);
    check(&order(r#""size":{"kind":"quantity","value":"0.5"}"#, r#""limit_price":"101""#), expect![[r#""#]]);
    check(&order(FIVE, r#""limit_price":"1e400""#), expect![[r#""#]]);
    check(&order(FIVE, r#""limit_price":"99999999999999999999999""#), expect![[r#""#]]);
}

#[test]
fn a_value_is_of_the_quote_currency() {
    check(&order(r#""size":{"kind":"notional","value":"500","ccy":"USD"}"#, r#""tif":"ioc""#), expect![[r#""#]]);
    check(&order(r#""size":{"kind":"notional","value":"500","ccy":"EUR"}"#, r#""tif":"ioc""#), expect![[r#""#]]);
}

#[test]
fn other_wishes_are_taken_too() {
    check(&format!(r#"{{{HEAD},"kind":"cancel","order":3}}"#), expect![[r#""#]]);
    check(&format!(r#"{{{HEAD},"kind":"amend","order":3,"instrument_id":"SIM:A","limit_price":"1.01"}}"#), expect![[r#""#]]);
    check(&format!(r#"{{{HEAD},"kind":"cancel-all"}}"#), expect![[r#""#]]);
    check(&format!(r#"{{{HEAD},"kind":"flatten","instrument_id":"SIM:A"}}"#), expect![[r#""#]]);
    check(&format!(r#"{{{HEAD},"kind":"note","text":"hi"}}"#), expect![[r#""#]]);
    check(&format!(r#"{{{HEAD},"kind":"note","text":"{}"}}"#, "x".repeat(513)), expect![[r#""#]]);
    check(&format!(r#"{{{HEAD},"kind":"wake-at","at":1}}"#), expect![[r#""#]]);
}

#[test]
fn only_strategies_without_a_component_are_spoken_for() {
    let of = |strategy: &str| format!(r#"{{"intent_id":"a","labels":{{"strategy":"{strategy}"}},"kind":"cancel-all"}}"#);
    check(&of("ema"), expect![[r#""#]]);
    check(&of("nobody"), expect![[r#""#]]);
}

#[test]
fn an_intent_for_another_session_is_refused() {
    let labels = |more: &str| format!(r#"{{"intent_id":"a","labels":{{"strategy":"agent"{more}}},"kind":"cancel-all""#);
    check(&format!("{}}}", labels(r#","run":"other""#)), expect![[r#""#]]);
    check(&format!(r#"{},"env":"prod"}}"#, labels("")), expect![[r#""#]]);
    check(&format!(r#"{},"env":"dev"}}"#, labels(r#","run":"test""#)), expect![[r#""#]]);
}

#[test]
fn what_is_not_understood_is_refused_and_not_passed_over() {
    check(&order(FIVE, r#""limit_price":"1","post_onyl":true"#), expect![[r#""#]]);
    check(&order(&format!(r#"{FIVE},"leverage":3"#), r#""limit_price":"1""#), expect![[r#""#]]);
    check(r#"{"intent_id":"","labels":{"strategy":"agent"},"kind":"cancel-all"}"#, expect![[r#""#]]);
    check("[]", expect![[r#""#]]);
    check("", expect![[r#""#]]);
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
            prop_assert!(crate::routes::read_command(candidate).is_err() || candidate.starts_with(b"{"));
        }
    }
}
