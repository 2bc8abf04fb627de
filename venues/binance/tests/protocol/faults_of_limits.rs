//! Faults of limits, rules and outages, by the ids of the catalogue of venue faults: nothing lost, nothing doubled, everything named.

use expect_test::expect;
use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::Settings;

use crate::bench::{Bench, settings};
use crate::check;

#[test]
fn v28_429() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        buy 5 @98.00
        <- POST order 429 retry=5 {"code":-1003,"msg":"Too many requests."}
        buy 5 @97.00
        cancel 1
        <- DELETE order 429 {"code":-1003,"msg":"Too many requests."}
        at 61
        buy 5 @97.00
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 429 retry=5 {"code":-1003,"msg":"Too many requests."}
                ! TooMany(TimeNs(1005000000000))
                ! Refused(LegKey { intent: IntentId(2), strategy: StrategyId(1), leg: LegId(0) }, "429 -1003: Too many requests.")
                = transmit-refused submit 1/2 rate-limited
            buy 5 @97.00
                = transmit-refused submit 1/3 rate-limited
            cancel 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 429 {"code":-1003,"msg":"Too many requests."}
                ! TooMany(TimeNs(1060000000000))
                ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "429 -1003: Too many requests.")
                = transmit-refused cancel 1/1 rate-limited by 1/4
            at 61
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                ! Stalled(Books)
                > disconnect books
                = FeedStale
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
            buy 5 @97.00
                (the core lets nothing out: Some(Denied(Denial { code: StaleMarket, limit: 0, value: 1, allowed: 0 })))"#]],
    );
}

#[test]
fn v28_used_weight_stops_submits_before_cancels() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 used=1900 (order $1 NEW buy 5.0 @99.00 0)
        buy 5 @98.00
        cancel 1
        <- DELETE order 200 used=2399 (order $1 CANCELED buy 5.0 @99.00 0)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 used=1900 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            buy 5 @98.00
                = transmit-refused submit 1/2 rate-limited
            cancel 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 200 used=2399 (order $1 CANCELED buy 5.0 @99.00 0)
                = canceled 1/1 open 50 asked by 1/3"#]],
    );
}

#[test]
fn v29_418_ban() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        buy 5 @98.00
        <- POST order 418 retry=120 {"code":-1003,"msg":"Way too much request weight used; IP banned until 1700000120000."}
        cancel 1
        buy 5 @97.00
        kill all
        at 119
        at 121
        <- DELETE allOpenOrders 200 {"code":200,"msg":"done"}
        auto
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 418 retry=120 {"code":-1003,"msg":"Way too much request weight used; IP banned until 1700000120000."}
                ! Banned(TimeNs(1120000000000))
                ! Refused(LegKey { intent: IntentId(2), strategy: StrategyId(1), leg: LegId(0) }, "418 -1003: Way too much request weight used; IP banned until 1700000120000.")
                = transmit-refused submit 1/2 rate-limited
                = VenueDown
            cancel 1
                (the core lets nothing out: Some(Queued))
            buy 5 @97.00
                (the core lets nothing out: Some(Queued))
            kill all
            at 119
                ! Stalled(Books)
                > disconnect books
                = FeedStale
            at 121
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > DELETE /fapi/v1/allOpenOrders?symbol=BTCUSDT
                > GET /fapi/v1/time
                = VenueUp
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=97.00&quantity=5.0&newClientOrderId=$4&newOrderRespType=RESULT
            <- DELETE allOpenOrders 200 {"code":200,"msg":"done"}
            auto
                = canceled 1/1 open 50 asked by 1/3
                = accepted 1/4
                = amended 1/4 50@9900"#]],
    );
}

#[test]
fn v30_clock_skew() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        buy 5 @98.00
        <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
        <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
        <- GET time 200 {"serverTime":1700000005000}
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
                ! ClockRefused
                > GET /fapi/v1/time
            <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
                ! ClockRefused
            <- GET time 200 {"serverTime":1700000005000}
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
                ! ClockRefused
                ! Refused(LegKey { intent: IntentId(2), strategy: StrategyId(1), leg: LegId(0) }, "400 -1021: Timestamp for this request is outside of the recvWindow.")
                = transmit-refused submit 1/2 transmit-refused
                > GET /fapi/v1/time"#]],
    );
}

#[test]
fn v32_halted_symbol() {
    let rules = crate::bench::RULES.replace("TRADING", "BREAK");
    check(
        Product::Spot,
        &format!(
            "
            buy 5 @99.00
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
            ask instruments
            <- GET exchangeInfo 200 {rules}
            buy 5 @98.00
            cancel 1
            ask instruments
            <- GET exchangeInfo 200 {}
            ",
            crate::bench::RULES
        ),
        expect![[r#"
            buy 5 @99.00
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            ask instruments
                > GET /api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%5D
            <- GET exchangeInfo 200 {"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"BREAK","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"}]}]}
                = status halted
                $ 5 Complete
            buy 5 @98.00
                (the core lets nothing out: Some(Denied(Denial { code: InstrumentHalted, limit: 0, value: 3, allowed: 0 })))
            cancel 1
                > DELETE /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
            ask instruments
                > GET /api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%5D
            <- GET exchangeInfo 200 {"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"}]}]}
                = status trading
                $ 5 Complete"#]],
    );
}

#[test]
fn v33_filters_change() {
    let rules = crate::bench::RULES.replace(r#""tickSize":"0.01""#, r#""tickSize":"0.50""#);
    let notional = crate::bench::RULES.replace("}]}]}", r#"},{"filterType":"MIN_NOTIONAL","notional":"1000"}]}]}"#);
    check(
        Product::UsdM,
        &format!(
            r#"
            buy 5 @99.01
            <- POST order 400 {{"code":-4014,"msg":"Price not increased by tick size."}}
            <- GET exchangeInfo 200 {rules}
            buy 5 @99.01
            ask instruments
            <- GET exchangeInfo 200 {notional}
            buy 5 @99.01
            "#
        ),
        expect![[r#"
            buy 5 @99.01
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.01&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 400 {"code":-4014,"msg":"Price not increased by tick size."}
                ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "400 -4014: Price not increased by tick size.")
                = rejected 1/1 unknown
                > GET /fapi/v1/exchangeInfo
            <- GET exchangeInfo 200 {"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.50"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"}]}]}
                ! RulesDiffer(InstrumentId(1), "tick 0.01 is no multiple of the venue's 0.5")
                = status halted
            buy 5 @99.01
                (the core lets nothing out: Some(Denied(Denial { code: InstrumentHalted, limit: 0, value: 3, allowed: 0 })))
            ask instruments
                > GET /fapi/v1/exchangeInfo
            <- GET exchangeInfo 200 {"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"},{"filterType":"MIN_NOTIONAL","notional":"1000"}]}]}
                = status trading
                $ 5 Complete
            buy 5 @99.01
                = transmit-refused submit 1/3 transmit-refused"#]],
    );
}

#[test]
fn v34_foreign_flow() {
    check(
        Product::UsdM,
        r#"
        user {"e":"ACCOUNT_UPDATE","E":1,"T":1700000000000,"a":{"m":"DEPOSIT","B":[{"a":"USDT","wb":"150.5","cw":"150.5","bc":"50.5"}],"P":[]}}
        user {"e":"ACCOUNT_UPDATE","E":1,"T":1700000000000,"a":{"m":"FUNDING_FEE","B":[{"a":"USDT","wb":"150","cw":"150","bc":"-0.5"}]}}
        user {"e":"ACCOUNT_UPDATE","E":1,"T":1700000000000,"a":{"m":"ORDER","B":[{"a":"USDT","wb":"150","cw":"150","bc":"0"}],"P":[]}}
        user {"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT","c":"another-bot","S":"BUY","o":"MARKET","f":"GTC","q":"1.0","p":"0","x":"TRADE","X":"FILLED","i":77,"l":"1.0","z":"1.0","L":"99.00","n":"0.001","N":"BNB","T":1,"t":9,"m":false,"ps":"BOTH"}}
        "#,
        expect![[r#"
            user {"e":"ACCOUNT_UPDATE","E":1,"T":1700000000000,"a":{"m":"DEPOSIT","B":[{"a":"USDT","wb":"150.5","cw":"150.5","bc":"50.5"}],"P":[]}}
                = adjusted transfer 50.5 of strategy 0
            user {"e":"ACCOUNT_UPDATE","E":1,"T":1700000000000,"a":{"m":"FUNDING_FEE","B":[{"a":"USDT","wb":"150","cw":"150","bc":"-0.5"}]}}
                = adjusted funding -0.5 of strategy 0
            user {"e":"ACCOUNT_UPDATE","E":1,"T":1700000000000,"a":{"m":"ORDER","B":[{"a":"USDT","wb":"150","cw":"150","bc":"0"}],"P":[]}}
            user {"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT","c":"another-bot","S":"BUY","o":"MARKET","f":"GTC","q":"1.0","p":"0","x":"TRADE","X":"FILLED","i":77,"l":"1.0","z":"1.0","L":"99.00","n":"0.001","N":"BNB","T":1,"t":9,"m":false,"ps":"BOTH"}}
                ! UnknownAsset("BNB")
                = reported 0/10589345755198 FILLED buy 10@0 filled 10
                ? A-UNKNOWN-ORDER 10589345755198
                = filled 0/10589345755198 buy 10@9900 taker fee 0.001 leaves 0
                ? A-UNKNOWN-ORDER 10
                ? A-UNKNOWN-REFERENCE 0
                ! ExternalOrder(LegKey { intent: IntentId(10589345755198), strategy: StrategyId(0), leg: LegId(0) })"#]],
    );
    check(
        Product::Spot,
        r#"user {"subscriptionId":0,"event":{"e":"balanceUpdate","E":1,"a":"BTC","d":"-0.25","T":1700000000000}}"#,
        expect![[r#"
            user {"subscriptionId":0,"event":{"e":"balanceUpdate","E":1,"a":"BTC","d":"-0.25","T":1700000000000}}
                = adjusted transfer -0.25 of strategy 0
                ? A-UNKNOWN-REFERENCE 1"#]],
    );
}

#[test]
fn v36_slow_venue() {
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        buy 5 @98.00
        at 11
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        <- POST order 400 {\"code\":-2019,\"msg\":\"Margin is insufficient.\"}
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            at 11
                ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                ! OutcomeUnknown(LegKey { intent: IntentId(2), strategy: StrategyId(1), leg: LegId(0) })
                = outcome-unknown 1/1
                = outcome-unknown 1/2
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$2
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            <- POST order 400 {"code":-2019,"msg":"Margin is insufficient."}
                ! Refused(LegKey { intent: IntentId(2), strategy: StrategyId(1), leg: LegId(0) }, "400 -2019: Margin is insufficient.")
                = rejected 1/2 insufficient-balance"#]],
    );
}

#[test]
fn v38_dead_man_fires() {
    let mut bench = Bench::up(Settings { dead_man_ms: Some(30_000), ..settings(Product::UsdM) });
    let shown = bench.play(
        "
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        at 11
        <- POST countdownCancelAll lost
        user (update CANCELED $1 CANCELED buy 5.0 @99.00 0)
        ",
    );
    expect![[r#"
        buy 5 @99.00
            > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
            = accepted 1/1
        at 11
            > POST /fapi/v1/countdownCancelAll?symbol=BTCUSDT&countdownTime=30000
            ! CountdownFailed(InstrumentId(1))
            > POST /fapi/v1/countdownCancelAll?symbol=BTCUSDT&countdownTime=30000
        <- POST countdownCancelAll lost
        user (update CANCELED $1 CANCELED buy 5.0 @99.00 0)
            = canceled 1/1 open 50 venue"#]].assert_eq(&shown);
}

#[test]
fn v39_split_outage() {
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        user lost
        buy 5 @98.00
        kill 1
        <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user lost
                ! Disconnected(User)
                = VenueDown
            buy 5 @98.00
                (the core lets nothing out: Some(Queued))
            kill 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
                = canceled 1/1 open 50 kill-switch"#]],
    );
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        buy 5 @98.00
        buy 5 @97.00
        <- POST order unsent
        <- POST order unsent
        <- POST order unsent
        buy 5 @96.00
        at 2
        <- GET time 200 {\"serverTime\":1700000002000}
        buy 5 @96.00
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            buy 5 @97.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=97.00&quantity=5.0&newClientOrderId=$3&newOrderRespType=RESULT
            <- POST order unsent
                = transmit-refused submit 1/1 transmit-refused
            <- POST order unsent
                = transmit-refused submit 1/2 transmit-refused
            <- POST order unsent
                ! Unreachable
                = transmit-refused submit 1/3 transmit-refused
                = VenueDown
            buy 5 @96.00
                (the core lets nothing out: Some(Queued))
            at 2
                > GET /fapi/v1/time
            <- GET time 200 {"serverTime":1700000002000}
                = VenueUp
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=96.00&quantity=5.0&newClientOrderId=$4&newOrderRespType=RESULT
            buy 5 @96.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=96.00&quantity=5.0&newClientOrderId=$5&newOrderRespType=RESULT"#]],
    );
}

#[test]
fn v42_ends_have_their_reasons() {
    let end = |status: &str, tif: &str| {
        let frame = format!(
            r#"user {{"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{{"s":"BTCUSDT","c":"$1","S":"BUY","o":"LIMIT","f":"{tif}","q":"5.0","p":"99.00","x":"EXPIRED","X":"{status}","i":101,"l":"0","z":"0","L":"0","T":1,"t":0,"m":false,"ps":"BOTH"}}}}"#
        );
        let shown = Bench::up(settings(Product::UsdM))
            .play(&format!("buy 5 @99.00\n<- POST order 200 (order $1 NEW buy 5.0 @99.00 0)\n{frame}"));
        shown.lines().last().expect("a line").trim().to_owned()
    };
    let ends = [end("EXPIRED_IN_MATCH", "GTC"), end("EXPIRED", "GTC"), end("EXPIRED", "IOC"), end("EXPIRED", "GTX")];
    expect![[r#"
        = canceled 1/1 open 50 self-trade
        = expired 1/1 open 50
        = canceled 1/1 open 50 ioc-remainder
        = canceled 1/1 open 50 would-take"#]]
    .assert_eq(&ends.join("\n"));
}
