//! Follow-ups: a mistake is reported once, and hides no other.

use super::*;

/// Each edit of [`GOOD`] alone gives exactly one problem, with this key and code.
#[track_caller]
fn one((from, to): (&str, &str), key: &str, code: &str) {
    let text = edited(&[(from, to)]);
    let report = loaded(&text, &[], Purpose::Show).expect_err("it is refused");
    let found: Vec<_> = report.problems.iter().map(|problem| (problem.key.as_str(), problem.code.code())).collect();
    assert_eq!(found, [(key, code)], "{to}: {report}");
}

#[test]
fn a_wrong_value_is_not_missing_too() {
    one(("cash = { main = 1000 }", "cash = { main = \"much\" }"), "simulation.cash.main", "C-VALUE");
    one(("\"equity\"", "\"future\"\nexpiry = \"soon\""), "instruments.US:SPY.expiry", "C-VALUE");
    let option = "\"option\"\nexpiry = 2026-12-18T16:00:00Z\nright = \"cal\"\nstrike = 5";
    one(("\"equity\"", option), "instruments.US:SPY.right", "C-VALUE");
    let tape = |lines: &str| format!("[[tapes]]\nname = \"t\"\ninstrument = \"US:SPY\"\n{lines}\n[simulation]");
    let stamp = tape("stamp = \"opn\"\ninterval = \"1d\"");
    one(("[simulation]", &stamp), "tapes.t.stamp", "C-VALUE");
    let interval = tape("stamp = \"open\"\ninterval = 5");
    one(("[simulation]", &interval), "tapes.t.interval", "C-UNIT");
    one(("[risk]", "[risk]\nprofile = 5"), "risk.profile", "C-TYPE");
}

#[test]
fn what_points_to_a_name_that_is_wrong_itself_is_not_reported() {
    one(("symbol = \"US:SPY\"", "symbol = 5"), "instruments.0.symbol", "C-TYPE");
    one(("{ name = \"main\", ", "{ "), "venues.US.accounts.0.name", "C-MISSING");
    one(("[[venues]]\nname = \"US\"", "[[venues]]\nname = 5"), "venues.0.name", "C-TYPE");
}

#[test]
fn a_currency_of_a_definition_with_another_mistake_counts_as_used() {
    let listed = ("base_currency = \"USD\"", "base_currency = \"USD\"\ncurrencies = { SPY = 0 }");
    for (from, to) in [("price_scale = 2", "price_scale = 99"), ("quote = \"USD\"", "quote = 5")] {
        let report = loaded(&edited(&[listed, (from, to)]), &[], Purpose::Show).expect_err("it is refused");
        assert_eq!(report.problems.len(), 1, "{report}");
    }
}

#[test]
fn a_wrong_scale_hides_no_other_mistake_of_the_definition() {
    check(
        &[
            ("price_scale = 2", "price_scale = 99"),
            ("lot = 1", "lot = 0.5"),
            ("symbol = \"US:SPY\"", "symbol = \"UK:SPY\""),
            ("instruments = [\"US:SPY\"]", "instruments = [\"UK:SPY\"]"),
            ("\"equity\"", "\"equity\"\nstrike = 5"),
        ],
        expect![[r#"
            t.toml:11: instruments.UK:SPY.symbol = "UK:SPY": no venue UK; known: US; or add [[venues]] name = "UK" for SPY [C-REFERENCE]
            t.toml:13: instruments.UK:SPY.strike: an instrument of kind equity has none [C-DEFINITION]
            t.toml:16: instruments.UK:SPY.price_scale = 99: expected a whole number from 0 to 18 [C-RANGE]
            t.toml:19: instruments.UK:SPY.lot: does not fit the scale: 0.5 has more than 0 digits behind the point [C-DEFINITION]
        "#]],
    );
}

#[test]
fn a_list_of_tables_that_have_to_be_there_is_not_empty() {
    let (head, tail) = GOOD.split_once("[[strategies]]").unwrap();
    let (_, tail) = tail.split_once("[risk]").unwrap();
    expect![[r#"
        t.toml:1: strategies = []: empty, expected tables written with [[ ]] with name, account, lane, capital, instruments [C-MISSING]
    "#]]
    .assert_eq(&report(&format!("strategies = []\n{head}[risk]{tail}"), &[]));
    assert_eq!(report(&format!("tapes = []\n{GOOD}"), &[]), "fine");
    one(("accounts = [{ name = \"main\", currency = \"USD\" }]", "accounts = []"), "venues.US.accounts", "C-MISSING");
    let said = report(GOOD, &["instruments=[]"]);
    assert!(
        said.starts_with("--set instruments: instruments = []: empty, expected tables") && said.lines().count() == 1,
        "{said}"
    );
}
