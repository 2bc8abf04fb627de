//! Outside: what is asked of the exchange beside its protocol, by acts and by settings.

use super::*;

#[test]
fn what_is_asked_of_the_market_from_outside_is_possible_or_is_refused_with_what_was_given_and_what_is_allowed() {
    let asked = |act: &str| {
        let mut client = Client::new(false);
        client.step("wait 1");
        let before = client.commands.len();
        let shown = client.step(&format!("local {act}"));
        (shown.get(1).cloned().unwrap_or_default(), client.commands.len() - before)
    };
    let on = |symbol: &str, act: &str| asked(&format!(r#"{{"product":"spot","symbol":"{symbol}",{act}}}"#));
    let refused = |act: &str| {
        let (said, noted) = on("BTCUSDT", act);
        assert_eq!(noted, 0, "{act}");
        said
    };
    let place = |side: &str, price: &str, qty: &str| {
        refused(&format!(r#""do":"place","side":"{side}","price":"{price}","qty":"{qty}""#))
    };
    assert_eq!(place("BUY", "-1", "1"), r#"{"code":-1130,"msg":"price is -1, and must be above 0"}"#);
    assert_eq!(place("BUY", "0", "1"), r#"{"code":-1130,"msg":"price is 0, and must be above 0"}"#);
    assert_eq!(place("BUY", "1", "-1"), r#"{"code":-1130,"msg":"qty is -1, and must be at least 0"}"#);
    assert_eq!(place("buy", "1", "1"), r#"{"code":-1117,"msg":"side is buy, and must be BUY or SELL"}"#);
    let trade = r#""do":"trade","side":"BUY","price":"1","qty":"0""#;
    assert_eq!(refused(trade), r#"{"code":-1130,"msg":"qty is 0, and must be above 0"}"#);
    for (rule, value, said) in [
        ("tick", "-5", "tick is -5, and must be above 0"),
        ("step", "0", "step is 0, and must be above 0"),
        ("qty_min", "-1", "qty_min is -1, and must be at least 0"),
        ("notional_min", "-1", "notional_min is -1, and must be at least 0"),
    ] {
        let act = format!(r#""do":"filter","{rule}":"{value}""#);
        assert_eq!(refused(&act), format!(r#"{{"code":-1130,"msg":"{said}"}}"#));
    }
    for (change, said) in [
        (r#"{"is":"trade","price":"-1","qty":"1","buyer_is_maker":true}"#, "price is -1, and must be above 0"),
        (r#"{"is":"trade","price":"x","qty":"1","buyer_is_maker":true}"#, "price is x: not a plain decimal number"),
        (r#"{"is":"quote","bid":"0","bid_qty":"1","ask":"2","ask_qty":"1"}"#, "bid is 0, and must be above 0"),
        (r#"{"is":"quote","bid":"1","bid_qty":"1","ask":"2","ask_qty":"-1"}"#, "ask_qty is -1, and must be at least 0"),
        (r#"{"is":"level","side":"BUY","price":"0","qty":"1"}"#, "price is 0, and must be above 0"),
    ] {
        let act = format!(r#""do":"follow","change":{change}"#);
        assert_eq!(refused(&act), format!(r#"{{"code":-1130,"msg":"{said}"}}"#));
    }
    let one_sided = r#""do":"follow","change":{"is":"quote","bid":"0","bid_qty":"0","ask":"2","ask_qty":"1"}"#;
    assert_eq!(on("BTCUSDT", one_sided), (String::new(), 1), "a side without a quantity has no price");
    let unknown = r#""do":"follow","change":{"is":"level","side":"BUY","price":"1","qty":"1"}"#;
    let said = r#"{"code":-1121,"msg":"symbol is NOPE, and spot lists BTCUSDT, ETHUSDT"}"#;
    assert_eq!(on("NOPE", unknown), (said.to_owned(), 0));
}

#[test]
fn accounts_have_keys_that_programs_take() {
    let with = |key: &str, secret: &str| {
        let text = format!("[[accounts]]\nname = \"c\"\nkey = \"{key}\"\nsecret = \"{secret}\"\n");
        crate::Settings::parse(&text).map(|_| ()).map_err(|fault| fault.to_string())
    };
    assert_eq!(with("sixsix", "sixsix"), Ok(()));
    let short = |what| Err(format!("the {what} of account c has 5 bytes, at least 6 are needed"));
    assert_eq!(with("fives", "sixsix"), short("key"));
    assert_eq!(with("sixsix", "fives"), short("secret"));
    let usual = crate::Settings::usual(0);
    assert!(usual.check().is_ok(), "so have those that are there without a configuration");
}
