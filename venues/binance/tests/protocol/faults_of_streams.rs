//! Faults of streams and messages, by the ids of the catalogue of venue faults: nothing lost, nothing doubled, everything named.

use expect_test::expect;
use ringfence_binance::codec::failure::Product;

use crate::bench::{Bench, settings};
use crate::check;

#[test]
fn v18_silent_stall() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
        at 20
        <- GET bookTicker 200 {"symbol":"BTCUSDT","bidPrice":"98.00","bidQty":"1.0","askPrice":"98.10","askQty":"1.0","time":1}
        at 35
        <- GET order 200 (order $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
                = quote 30@9940 40@9960
            at 20
                > GET /fapi/v1/ticker/bookTicker?symbol=BTCUSDT
            <- GET bookTicker 200 {"symbol":"BTCUSDT","bidPrice":"98.00","bidQty":"1.0","askPrice":"98.10","askQty":"1.0","time":1}
                ! Stalled(Books)
                > disconnect books
                = FeedStale
            at 35
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
            <- GET order 200 (order $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0)
                ! Stalled(User)
                > disconnect user
                ! Disconnected(User)
                = VenueDown"#]],
    );
}

#[test]
fn v18_a_quiet_market_that_is_proved_quiet_is_left_alone() {
    let shown = Bench::up(settings(Product::UsdM)).play(
        r#"
        books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
        at 20
        <- GET bookTicker 200 {"symbol":"BTCUSDT","bidPrice":"99.40","bidQty":"3.0","askPrice":"99.60","askQty":"4.0","time":1}
        at 30
        "#,
    );
    assert!(!shown.contains("Stalled") && !shown.contains("FeedStale"), "{shown}");
}

#[test]
fn v19_cut_and_reconnect() {
    check(
        Product::UsdM,
        r#"
        books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
        user lost
        books lost
        buy 5 @99.00
        at 1
        books lost
        at 3
        books opened
        <- POST listenKey 200 {"listenKey":"a-key"}
        user opened
        buy 5 @99.00
        auto
        books {"e":"bookTicker","u":11,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
        buy 5 @99.00
        "#,
        expect![[r#"
            books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
                = quote 30@9940 40@9960
            user lost
                ! Disconnected(User)
                = VenueDown
            books lost
                = FeedStale
                ! Disconnected(Books)
            buy 5 @99.00
                (the core lets nothing out: Some(Denied(Denial { code: StaleMarket, limit: 0, value: 1, allowed: 0 })))
            at 1
                > POST /fapi/v1/listenKey
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
            books lost
                ! Disconnected(Books)
            at 3
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
            books opened
            <- POST listenKey 200 {"listenKey":"a-key"}
                > connect ws://venue/ws/(key)
            user opened
                = VenueUp
            buy 5 @99.00
                (the core lets nothing out: Some(Denied(Denial { code: StaleMarket, limit: 0, value: 1, allowed: 0 })))
            auto
            books {"e":"bookTicker","u":11,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
                = FeedRecovered
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$3&newOrderRespType=RESULT"#]],
    );
}

#[test]
fn v19_a_day_old_connection_is_replaced_before_it_is_cut() {
    let mut bench = Bench::up(settings(Product::UsdM));
    let mut seen = String::new();
    // Everything is answered every minute of a day.
    for minute in 1..=(23 * 60 + 5) {
        let touch = format!(
            r#"books {{"e":"bookTicker","u":{minute},"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}}"#
        );
        seen.push_str(&bench.play(&format!(
            "at {}\nauto\n{touch}\nat {}\nauto\n{touch}",
            minute * 60 - 30,
            minute * 60
        )));
        bench.clear();
    }
    assert!(seen.contains("! Replaced(Books)") && seen.contains("! Replaced(User)"), "a day went by");
    assert_eq!(seen.matches("> PUT /fapi/v1/listenKey").count(), 46, "a key is renewed every half hour");
}

#[test]
fn v20_listen_key_death() {
    check(
        Product::UsdM,
        r#"
        user {"e":"listenKeyExpired","E":1,"listenKey":"another"}
        user {"e":"listenKeyExpired","E":1,"listenKey":"a-key"}
        user {"e":"listenKeyExpired","E":1,"listenKey":"a-key"}
        <- POST listenKey 200 {"listenKey":"b-key"}
        user opened
        auto
        "#,
        expect![[r#"
            user {"e":"listenKeyExpired","E":1,"listenKey":"another"}
            user {"e":"listenKeyExpired","E":1,"listenKey":"a-key"}
                ! KeyExpired
                > disconnect user
                > POST /fapi/v1/listenKey
                = VenueDown
            user {"e":"listenKeyExpired","E":1,"listenKey":"a-key"}
            <- POST listenKey 200 {"listenKey":"b-key"}
                > connect ws://venue/ws/(key)
            user opened
                = VenueUp
            auto"#]],
    );
}

#[test]
fn v20_a_key_that_cannot_be_renewed_is_replaced_once() {
    let mut bench = Bench::up(settings(Product::UsdM));
    bench.play("at 1801");
    bench.clear();
    let script = r#"
        <- PUT listenKey 400 {"code":-1125,"msg":"This listenKey does not exist."}
        user {"e":"listenKeyExpired","E":1,"listenKey":"a-key"}
        <- POST listenKey 200 {"listenKey":"b-key"}
    "#;
    let shown = bench.play(script);
    assert_eq!((shown.matches("! KeyExpired").count(), shown.matches("> POST").count()), (1, 1), "{shown}");
    assert!(shown.contains("> connect ws://venue/ws/(key)"), "{shown}");
}

#[test]
fn v21_depth_gap() {
    check(
        Product::UsdM,
        r#"
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":11,"u":12,"pu":10,"b":[["99.00","1.0"]],"a":[]}
        <- GET depth 200 {"lastUpdateId":11,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":15,"u":16,"pu":14,"b":[["99.00","2.0"]],"a":[]}
        <- GET depth 200 {"lastUpdateId":13,"bids":[],"asks":[]}
        at 2
        <- GET depth 200 {"lastUpdateId":15,"bids":[["98.00","5.0"]],"asks":[]}
        "#,
        expect![[r#"
            books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":11,"u":12,"pu":10,"b":[["99.00","1.0"]],"a":[]}
                > GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000
            <- GET depth 200 {"lastUpdateId":11,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}
                = book clear
                = book buy 20@9800
                = book sell 30@10100 last
                = book buy 10@9900 last
            books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":15,"u":16,"pu":14,"b":[["99.00","2.0"]],"a":[]}
                ! BookGap(InstrumentId(1))
                = FeedStale
                > GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000
            <- GET depth 200 {"lastUpdateId":13,"bids":[],"asks":[]}
            at 2
                > GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000
            <- GET depth 200 {"lastUpdateId":15,"bids":[["98.00","5.0"]],"asks":[]}
                = book clear
                = book buy 50@9800 last
                = book buy 20@9900 last
                = FeedRecovered"#]],
    );
}

#[test]
fn v24_time_machine() {
    check(
        Product::UsdM,
        r#"
        books {"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"99.50","q":"1.5","T":1700000000001,"m":true}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":4,"p":"99.40","q":"1.5","T":1700000000000,"m":true}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"99.50","q":"1.5","T":1700000000001,"m":true}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":6,"p":"99.60","q":"1.5","T":1700000000001,"m":true}
        books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":2,"E":1}
        books {"e":"bookTicker","u":9,"s":"BTCUSDT","b":"99.30","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
        "#,
        expect![[r#"
            books {"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"99.50","q":"1.5","T":1700000000001,"m":true}
                = trade 15@9950
            books {"e":"trade","E":1,"s":"BTCUSDT","t":4,"p":"99.40","q":"1.5","T":1700000000000,"m":true}
            books {"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"99.50","q":"1.5","T":1700000000001,"m":true}
            books {"e":"trade","E":1,"s":"BTCUSDT","t":6,"p":"99.60","q":"1.5","T":1700000000001,"m":true}
                = trade 15@9960
            books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":2,"E":1}
                = quote 30@9940 40@9960
            books {"e":"bookTicker","u":9,"s":"BTCUSDT","b":"99.30","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}"#]],
    );
}

#[test]
fn v25_schema_drift() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 {"symbol":"BTCUSDT","orderNumber":101}
        <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
        user {"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT","c":"$1"}}
        auto
        books {"e":"trade","E":1,"s":"BTCUSDT","t":"5","p":99.50,"q":"1.5","T":1,"m":true,"new":null}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":6,"price":"99.50","q":"1.5","T":1,"m":true}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":7,"p":"99.555","q":"1.5","T":1,"m":true}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":8,"p":"99.50","q":"1.5","T":1,"m":true}
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 {"symbol":"BTCUSDT","orderNumber":101}
                ! Undecodable("order has no field orderId")
                ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                = outcome-unknown 1/1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user {"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT","c":"$1"}}
                ! Undecodable("ORDER_TRADE_UPDATE has no field x")
                = VenueDown
                = VenueUp
            auto
            books {"e":"trade","E":1,"s":"BTCUSDT","t":"5","p":99.50,"q":"1.5","T":1,"m":true,"new":null}
                = trade 15@9950
            books {"e":"trade","E":1,"s":"BTCUSDT","t":6,"price":"99.50","q":"1.5","T":1,"m":true}
                ! Undecodable("trade has no field p")
            books {"e":"trade","E":1,"s":"BTCUSDT","t":7,"p":"99.555","q":"1.5","T":1,"m":true}
                ! Undecodable("BTCUSDT: a number beyond the instrument's scale")
            books {"e":"trade","E":1,"s":"BTCUSDT","t":8,"p":"99.50","q":"1.5","T":1,"m":true}
                = trade 15@9950"#]],
    );
}

#[test]
fn v27_frame_bomb() {
    let mut bench = Bench::up(settings(Product::UsdM));
    let deep = bench.play(&format!("books {}", "[".repeat(100_000)));
    assert!(deep.contains("nested deeper than 16"), "refused");
    bench.clear();
    let long = bench.play(&format!("books {}", "[".repeat((1 << 20) + 1)));
    assert!(long.contains("bytes exceed the limit"), "refused");
}

#[test]
fn v36_a_late_answer_to_a_question_that_was_asked_again_says_nothing() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        ask orders
        at 12
        <- GET openOrders 200 []
        <- GET openOrders 200 [(order $1 NEW buy 5.0 @99.00 0)]
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            ask orders
                > GET /fapi/v1/openOrders
            at 12
                > GET /fapi/v1/openOrders
            <- GET openOrders 200 []
            <- GET openOrders 200 [(order $1 NEW buy 5.0 @99.00 0)]
                = reported 1/1 ACCEPTED buy 50@9900 filled 0
                $ 5 Complete"#]],
    );
}

#[test]
fn v22_bad_checksum() {
    // The family sends no checksum. A level that is off shows where the book crosses, and where it is not what the touch says.
    check(
        Product::UsdM,
        r#"
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":11,"u":12,"pu":10,"b":[["99.00","1.0"]],"a":[]}
        <- GET depth 200 {"lastUpdateId":11,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":13,"u":13,"pu":12,"b":[["101.00","1.0"]],"a":[]}
        at 3
        <- GET depth 200 {"lastUpdateId":13,"bids":[["99.00","1.0"]],"asks":[["101.00","3.0"]]}
        "#,
        expect![[r#"
            books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":11,"u":12,"pu":10,"b":[["99.00","1.0"]],"a":[]}
                > GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000
            <- GET depth 200 {"lastUpdateId":11,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}
                = book clear
                = book buy 20@9800
                = book sell 30@10100 last
                = book buy 10@9900 last
            books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":13,"u":13,"pu":12,"b":[["101.00","1.0"]],"a":[]}
                ! BookWrong(InstrumentId(1))
                = FeedStale
            at 3
                > GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000
            <- GET depth 200 {"lastUpdateId":13,"bids":[["99.00","1.0"]],"asks":[["101.00","3.0"]]}
                = book clear
                = book buy 10@9900
                = book sell 30@10100 last
                = FeedRecovered"#]],
    );
}

#[test]
fn v22_a_level_that_is_off_by_the_touch() {
    let touch = |update: u64, qty: &str| {
        format!(
            r#"books {{"e":"bookTicker","u":{update},"s":"BTCUSDT","b":"99.00","B":"{qty}","a":"101.00","A":"3.00","T":1,"E":1}}"#
        )
    };
    let depth = |update: u64, qty: &str| {
        let (first, previous) = (update, update - 1);
        format!(
            r#"books {{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":{first},"u":{update},"pu":{previous},"b":[["99.00","{qty}"]],"a":[]}}"#
        )
    };
    let begin = [
        depth(12, "1.0"),
        r#"<- GET depth 200 {"lastUpdateId":11,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}"#.to_owned(),
    ];
    // Zeros at the end of a number are none of its value.
    let same = (13..18).flat_map(|update| [touch(update, "1.000"), depth(update, "1.0")]);
    let off = (18..22).flat_map(|update| [touch(update, "1.1"), depth(update, "1.0")]);
    let script: Vec<String> = begin.into_iter().chain(same).chain(off).collect();
    check(
        Product::UsdM,
        &script.join("\n"),
        expect![[r#"
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":12,"u":12,"pu":11,"b":[["99.00","1.0"]],"a":[]}
            > GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000
        <- GET depth 200 {"lastUpdateId":11,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}
            = book clear
            = book buy 20@9800
            = book sell 30@10100 last
            = book buy 10@9900 last
        books {"e":"bookTicker","u":13,"s":"BTCUSDT","b":"99.00","B":"1.000","a":"101.00","A":"3.00","T":1,"E":1}
            = quote 10@9900 30@10100
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":13,"u":13,"pu":12,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":14,"s":"BTCUSDT","b":"99.00","B":"1.000","a":"101.00","A":"3.00","T":1,"E":1}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":14,"u":14,"pu":13,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":15,"s":"BTCUSDT","b":"99.00","B":"1.000","a":"101.00","A":"3.00","T":1,"E":1}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":15,"u":15,"pu":14,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":16,"s":"BTCUSDT","b":"99.00","B":"1.000","a":"101.00","A":"3.00","T":1,"E":1}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":16,"u":16,"pu":15,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":17,"s":"BTCUSDT","b":"99.00","B":"1.000","a":"101.00","A":"3.00","T":1,"E":1}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":17,"u":17,"pu":16,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":18,"s":"BTCUSDT","b":"99.00","B":"1.1","a":"101.00","A":"3.00","T":1,"E":1}
            = quote 11@9900 30@10100
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":18,"u":18,"pu":17,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":19,"s":"BTCUSDT","b":"99.00","B":"1.1","a":"101.00","A":"3.00","T":1,"E":1}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":19,"u":19,"pu":18,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":20,"s":"BTCUSDT","b":"99.00","B":"1.1","a":"101.00","A":"3.00","T":1,"E":1}
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":20,"u":20,"pu":19,"b":[["99.00","1.0"]],"a":[]}
            = book buy 10@9900 last
        books {"e":"bookTicker","u":21,"s":"BTCUSDT","b":"99.00","B":"1.1","a":"101.00","A":"3.00","T":1,"E":1}
            ! BookWrong(InstrumentId(1))
            = FeedStale
        books {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":21,"u":21,"pu":20,"b":[["99.00","1.0"]],"a":[]}
            > GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000"#]],
    );
}

#[test]
fn v25_an_order_of_which_less_is_told_than_there_is_stays_ours() {
    check(
        Product::UsdM,
        r#"
        ask fills 0
        <- GET userTrades 200 [{"symbol":"BTCUSDT","id":9,"orderId":101,"side":"BUY","price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
        <- GET order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","price":"99.00","origQty":"5.0","executedQty":"5.0","side":"BUY","updateTime":1700000000000}
        <- GET userTrades 200 [{"symbol":"BTCUSDT","id":9,"orderId":101,"side":"BUY","price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
        "#,
        expect![[r#"
            ask fills 0
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000
            <- GET userTrades 200 [{"symbol":"BTCUSDT","id":9,"orderId":101,"side":"BUY","price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
                > GET /fapi/v1/order?symbol=BTCUSDT&orderId=101
            <- GET order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","price":"99.00","origQty":"5.0","executedQty":"5.0","side":"BUY","updateTime":1700000000000}
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000
            <- GET userTrades 200 [{"symbol":"BTCUSDT","id":9,"orderId":101,"side":"BUY","price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
                = filled 1/1 buy 50@9900 maker fee 0 leaves 0
                ? A-UNKNOWN-ORDER 50
                $ 5 Complete"#]],
    );
}
