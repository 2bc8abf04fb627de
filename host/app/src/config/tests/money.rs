//! Currencies: without conversion rates no sum mixes two of them.

use super::*;

#[test]
fn an_account_in_another_currency_than_the_base_is_refused() {
    check(
        &[("base_currency = \"USD\"", "base_currency = \"EUR\"")],
        expect![[r#"
            t.toml:8: venues.US.accounts.main.currency = "USD": is not the base currency EUR, and no instrument gives a rate between them; add an instrument of kind fx-pair or spot with base "USD" and quote "EUR" (or the other way round, or two over one other currency) and a tape of it [C-REFERENCE]
        "#]],
    );
}

#[test]
fn an_instrument_that_settles_in_another_currency_than_its_quote_is_refused() {
    check(
        &[("quote = \"USD\"", "quote = \"USD\"\nsettlement = \"EUR\"")],
        expect![[r#"
            t.toml:15: instruments.US:SPY.settlement = "EUR": is not the quote currency USD; contracts that settle in another currency are not known [C-REFERENCE]
        "#]],
    );
    check(&[("quote = \"USD\"", "quote = \"USD\"\nsettlement = \"USD\"")], expect!["fine"]);
}

#[test]
fn a_strategy_trades_only_what_settles_in_the_currency_of_its_account() {
    check(
        &[("quote = \"USD\"", "quote = \"EUR\"")],
        expect![[r#"
            t.toml:27: strategies.ema.instruments = "US:SPY": the instrument settles in EUR, the account holds USD; an account has one currency [C-REFERENCE]
        "#]],
    );
}
