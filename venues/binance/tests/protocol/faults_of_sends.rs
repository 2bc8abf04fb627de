//! Faults of sends and fills, by the ids of the catalogue of venue faults: nothing lost, nothing doubled, everything named.

use expect_test::expect;
use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::{Settings, WhenAbsent};

use crate::bench::{Bench, settings};
use crate::check;

const BOTH: [Product; 2] = [Product::Spot, Product::UsdM];

#[test]
fn v01_lost_ack() {
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        <- POST order lost
        <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
        user (update NEW $1 NEW buy 5.0 @99.00 0)
        at 60
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order lost
                ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                = outcome-unknown 1/1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user (update NEW $1 NEW buy 5.0 @99.00 0)
            at 60
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                ! Stalled(Books)
                > disconnect books
                = FeedStale"#]],
    );
}

#[test]
fn v02_lost_submit() {
    let absent = "<- GET order 400 {\"code\":-2013,\"msg\":\"Order does not exist.\"}";
    check(
        Product::UsdM,
        &format!(
            "
            buy 5 @99.00
            <- POST order lost
            {absent}
            at 2
            {absent}
            at 5
            {absent}
            at 9
            {absent}
            at 18
            {absent}
            user (update TRADE $1 FILLED buy 5.0 @99.00 5.0 +5.0 #7)
            "
        ),
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order lost
                ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                = outcome-unknown 1/1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
            at 2
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
            at 5
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
            at 9
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
            at 18
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
                ! PresumedLost(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                = transmit-refused submit 1/1 transmit-refused
            user (update TRADE $1 FILLED buy 5.0 @99.00 5.0 +5.0 #7)
                = filled 1/1 buy 50@9900 maker fee 0.01 leaves 0
                ? A-LATE-FILL 50
                ! LateFill(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })"#]],
    );
}

#[test]
fn v02_an_absent_order_is_held_where_an_operator_decides() {
    let absent = "<- GET order 400 {\"code\":-2013,\"msg\":\"Order does not exist.\"}";
    let mut bench = Bench::up(Settings { when_absent: WhenAbsent::Hold, ..settings(Product::UsdM) });
    let shown = bench.play(&format!(
        "buy 5 @99.00\n<- POST order lost\n{absent}\nat 2\n{absent}\nat 5\n{absent}\nat 9\n{absent}\nat 18\n{absent}"
    ));
    assert!(!shown.contains("transmit-refused"), "{shown}");
}

#[test]
fn v02_a_request_that_never_left_is_certain() {
    for product in BOTH {
        let shown = Bench::up(settings(product)).play("buy 5 @99.00\n<- POST order unsent\nat 60");
        assert!(shown.contains("= transmit-refused submit 1/1 transmit-refused"), "{shown}");
        assert!(!shown.contains("unknown"), "{shown}");
    }
}

#[test]
fn v03_503_trio() {
    let script = |body: &str| format!("buy 5 @99.00\n<- POST order 503 {body}");
    let unknown = r#"{"code":-1000,"msg":"Unknown error, please check your request or try again later."}"#;
    let unavailable = r#"{"code":-1016,"msg":"Service Unavailable."}"#;
    let internal = r#"{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}"#;
    check(
        Product::UsdM,
        &script(unknown),
        expect![[r#"
        buy 5 @99.00
            > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
        <- POST order 503 {"code":-1000,"msg":"Unknown error, please check your request or try again later."}
            ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "503 -1000: Unknown error, please check your request or try again later.")
            ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
            = outcome-unknown 1/1
            > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1"#]],
    );
    check(
        Product::UsdM,
        &script(unavailable),
        expect![[r#"
        buy 5 @99.00
            > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
        <- POST order 503 {"code":-1016,"msg":"Service Unavailable."}
            ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "503 -1016: Service Unavailable.")
            = transmit-refused submit 1/1 transmit-refused"#]],
    );
    check(
        Product::UsdM,
        &script(internal),
        expect![[r#"
        buy 5 @99.00
            > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
        <- POST order 503 {"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}
            ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "503 -1001: Internal error; unable to process your request. Please try again.")
            = transmit-refused submit 1/1 transmit-refused"#]],
    );
    check(
        Product::Spot,
        &script(internal),
        expect![[r#"
        buy 5 @99.00
            > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
        <- POST order 503 {"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}
            ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "503 -1001: Internal error; unable to process your request. Please try again.")
            ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
            = outcome-unknown 1/1
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1"#]],
    );
}

#[test]
fn v05_fill_before_ack() {
    check(
        Product::Spot,
        "
        buy 5 @99.00
        user (update TRADE $1 FILLED buy 5.0 @99.00 5.0 +5.0 #7)
        <- POST order 200 {\"symbol\":\"BTCUSDT\",\"orderId\":101,\"clientOrderId\":\"$1\",\"transactTime\":1,\"price\":\"99.00\",\"origQty\":\"5.0\",\"executedQty\":\"5.0\",\"status\":\"FILLED\",\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"side\":\"BUY\",\"fills\":[{\"price\":\"99.00\",\"qty\":\"5.0\",\"commission\":\"0.01\",\"commissionAsset\":\"USDT\",\"tradeId\":7}]}
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            user (update TRADE $1 FILLED buy 5.0 @99.00 5.0 +5.0 #7)
                = accepted 1/1
                = filled 1/1 buy 50@9900 maker fee 0.01 leaves 0
            <- POST order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","transactTime":1,"price":"99.00","origQty":"5.0","executedQty":"5.0","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"BUY","fills":[{"price":"99.00","qty":"5.0","commission":"0.01","commissionAsset":"USDT","tradeId":7}]}"#]],
    );
}

#[test]
fn v06_fill_after_cancel_ack() {
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        cancel 1
        <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            cancel 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
                = canceled 1/1 open 50 asked by 1/2
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 30
                ? A-LATE-FILL 20
                ! LateFill(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })"#]],
    );
}

#[test]
fn v07_cancel_and_fill_cross() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        cancel 1
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
        <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 2.0)
        buy 5 @98.00
        <- POST order 200 (order $3 NEW buy 5.0 @98.00 0)
        cancel 3
        user (update TRADE $3 FILLED buy 5.0 @98.00 5.0 +5.0 #8)
        <- DELETE order 400 {"code":-2011,"msg":"Unknown order sent."}
        at 60
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            cancel 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 30
            <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 2.0)
                = canceled 1/1 open 30 asked by 1/2
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$3&newOrderRespType=RESULT
            <- POST order 200 (order $3 NEW buy 5.0 @98.00 0)
                = accepted 1/3
            cancel 3
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$3
            user (update TRADE $3 FILLED buy 5.0 @98.00 5.0 +5.0 #8)
                = filled 1/3 buy 50@9800 maker fee 0.01 leaves 0
            <- DELETE order 400 {"code":-2011,"msg":"Unknown order sent."}
                ! Refused(LegKey { intent: IntentId(3), strategy: StrategyId(1), leg: LegId(0) }, "400 -2011: Unknown order sent.")
                = cancel-rejected 1/3 too-late by 1/4
            at 60
                ! Stalled(Books)
                > disconnect books
                = FeedStale"#]],
    );
}

#[test]
fn v07_a_cancel_waits_for_the_fills_that_its_answer_knows_of() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        cancel 1
        <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 2.0)
        at 1
        <- GET userTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"side":"BUY","price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            cancel 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 2.0)
            at 1
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&orderId=101&limit=1000
            <- GET userTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"side":"BUY","price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 30
                = canceled 1/1 open 30 asked by 1/2
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)"#]],
    );
}

#[test]
fn v08_duplicate_fill() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
        user lost
        at 2
        <- POST listenKey 200 {"listenKey":"a-key"}
        user opened
        ask fills 0
        <- GET userTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true},{"symbol":"BTCUSDT","id":8,"orderId":101,"price":"99.00","qty":"1.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 3.0 +1.0 #8)
        auto
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 30
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
            user lost
                ! Disconnected(User)
                = VenueDown
            at 2
                > POST /fapi/v1/listenKey
            <- POST listenKey 200 {"listenKey":"a-key"}
                > connect ws://venue/ws/(key)
            user opened
                = VenueUp
            ask fills 0
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000
            <- GET userTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true},{"symbol":"BTCUSDT","id":8,"orderId":101,"price":"99.00","qty":"1.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 30
                ? A-DUPLICATE-FILL 7
                = filled 1/1 buy 10@9900 maker fee 0.01 leaves 20
                $ 5 Complete
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 3.0 +1.0 #8)
            auto"#]],
    );
}

#[test]
fn v10_orphan_fill() {
    check(
        Product::UsdM,
        "
        user (update NEW by-hand NEW sell 3.0 @101.00 0)
        user (update TRADE by-hand PARTIALLY_FILLED sell 3.0 @101.00 1.0 +1.0 #7)
        user (update CANCELED by-hand CANCELED sell 3.0 @101.00 1.0)
        ",
        expect![[r#"
            user (update NEW by-hand NEW sell 3.0 @101.00 0)
                = reported 0/9149051122684 ACCEPTED sell 30@10100 filled 0
                ? A-UNKNOWN-ORDER 9149051122684
                ! ExternalOrder(LegKey { intent: IntentId(9149051122684), strategy: StrategyId(0), leg: LegId(0) })
            user (update TRADE by-hand PARTIALLY_FILLED sell 3.0 @101.00 1.0 +1.0 #7)
                = filled 0/9149051122684 sell 10@10100 maker fee 0.01 leaves 20
                ? A-UNKNOWN-ORDER 10
            user (update CANCELED by-hand CANCELED sell 3.0 @101.00 1.0)
                = canceled 0/9149051122684 open 20 venue
                ? A-UNKNOWN-ORDER 9149051122684"#]],
    );
}

#[test]
fn v13_overfill() {
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 4.0 +4.0 #7)
        user (update TRADE $1 FILLED buy 5.0 @99.00 6.0 +2.0 #8)
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 4.0 +4.0 #7)
                = filled 1/1 buy 40@9900 maker fee 0.01 leaves 10
            user (update TRADE $1 FILLED buy 5.0 @99.00 6.0 +2.0 #8)
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 0
                ? A-OVERFILL 10
                ! Overfill(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })"#]],
    );
}

#[test]
fn v15_half_replace() {
    let begin = "buy 5 @99.00\n<- POST order 200 (order $1 NEW buy 5.0 @99.00 0)\namend 1 6 @98.00\n";
    let half = r#"<- POST cancelReplace 409 {"code":-2021,"msg":"Order cancel-replace partially failed.","data":{"cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":(order $1 CANCELED buy 5.0 @99.00 0),"newOrderResponse":{"code":-2010,"msg":"Account has insufficient balance for requested action."}}}"#;
    check(
        Product::Spot,
        &format!("{begin}{half}"),
        expect![[r#"
        buy 5 @99.00
            > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
            = accepted 1/1
        amend 1 6 @98.00
            > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$1-aaaaaaaac&newOrderRespType=FULL
        <- POST cancelReplace 409 {"code":-2021,"msg":"Order cancel-replace partially failed.","data":{"cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":(order $1 CANCELED buy 5.0 @99.00 0),"newOrderResponse":{"code":-2010,"msg":"Account has insufficient balance for requested action."}}}
            = amend-rejected 1/1 insufficient-balance by 1/2
            = canceled 1/1 open 50 venue"#]],
    );
    let reverse = r#"<- POST cancelReplace 400 {"code":-2022,"msg":"Order cancel-replace failed.","data":{"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED","cancelResponse":{"code":-2011,"msg":"Order was not canceled due to cancel restrictions."},"newOrderResponse":null}}"#;
    check(
        Product::Spot,
        &format!("{begin}{reverse}"),
        expect![[r#"
        buy 5 @99.00
            > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
            = accepted 1/1
        amend 1 6 @98.00
            > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$1-aaaaaaaac&newOrderRespType=FULL
        <- POST cancelReplace 400 {"code":-2022,"msg":"Order cancel-replace failed.","data":{"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED","cancelResponse":{"code":-2011,"msg":"Order was not canceled due to cancel restrictions."},"newOrderResponse":null}}
            = amend-rejected 1/1 too-late by 1/2"#]],
    );
    let absent = "<- GET order 400 {\"code\":-2013,\"msg\":\"Order does not exist.\"}";
    let lost = format!(
        "<- POST cancelReplace lost\n{absent}\nat 2\n{absent}\nat 5\n{absent}\nat 9\n{absent}\nat 18\n{absent}\n<- GET order 200 (order $1 CANCELED buy 5.0 @99.00 0)"
    );
    check(
        Product::Spot,
        &format!("{begin}{lost}"),
        expect![[r#"
        buy 5 @99.00
            > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
            = accepted 1/1
        amend 1 6 @98.00
            > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$1-aaaaaaaac&newOrderRespType=FULL
        <- POST cancelReplace lost
            ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
            = outcome-unknown 1/1 by 1/2
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1-aaaaaaaac
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 2
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1-aaaaaaaac
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 5
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1-aaaaaaaac
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 9
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1-aaaaaaaac
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 18
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1-aaaaaaaac
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
        <- GET order 200 (order $1 CANCELED buy 5.0 @99.00 0)
            = amend-rejected 1/1 unknown by 1/2
            = canceled 1/1 open 50 venue"#]],
    );
}

#[test]
fn v17_misleading_reject() {
    check(
        Product::Spot,
        r#"
        buy 5 @99.00
        <- POST order 400 {"code":-2010,"msg":"Duplicate order sent."}
        <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
        cancel 1
        <- DELETE order 400 {"code":-2011,"msg":"Unknown order sent."}
        <- GET order 200 (order $1 FILLED buy 5.0 @99.00 5.0)
        at 1
        <- GET myTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"5.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":true,"isMaker":true}]
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 400 {"code":-2010,"msg":"Duplicate order sent."}
                ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "400 -2010: Duplicate order sent.")
                > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            cancel 1
                > DELETE /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 400 {"code":-2011,"msg":"Unknown order sent."}
                ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "400 -2011: Unknown order sent.")
                > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 200 (order $1 FILLED buy 5.0 @99.00 5.0)
                = cancel-rejected 1/1 too-late by 1/2
            at 1
                > GET /api/v3/myTrades?symbol=BTCUSDT&orderId=101&limit=1000
            <- GET myTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"5.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":true,"isMaker":true}]
                = filled 1/1 buy 50@9900 maker fee 0.01 leaves 0"#]],
    );
}

#[test]
fn v25_fills_of_an_answer_that_does_not_say_what_became_of_the_order_have_no_side_and_are_asked_for() {
    check(
        Product::Spot,
        r#"
        sell 5 market
        <- POST order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","transactTime":1700000000000,"status":null,"side":"SELL","fills":[{"price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","tradeId":9}]}
        <- GET order 200 (order $1 FILLED sell 5.0 @99.00 5.0)
        at 1
        <- GET myTrades 200 [{"symbol":"BTCUSDT","id":9,"orderId":101,"price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"isBuyer":false,"isMaker":false}]
        "#,
        expect![[r#"
            sell 5 market
                > POST /api/v3/order?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","transactTime":1700000000000,"status":null,"side":"SELL","fills":[{"price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","tradeId":9}]}
                ! Undecodable("order has no field status")
                ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                = outcome-unknown 1/1
                > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 200 (order $1 FILLED sell 5.0 @99.00 5.0)
                = accepted 1/1
            at 1
                > GET /api/v3/myTrades?symbol=BTCUSDT&orderId=101&limit=1000
            <- GET myTrades 200 [{"symbol":"BTCUSDT","id":9,"orderId":101,"price":"99.00","qty":"5.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"isBuyer":false,"isMaker":false}]
                = filled 1/1 sell 50@9900 taker fee 0 leaves 0"#]],
    );
}

#[test]
fn v06_an_end_that_waits_for_fills_comes_when_the_session_has_asked_for_them() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        user (update CANCELED $1 CANCELED buy 5.0 @99.00 3.0)
        ask fills 0
        <- GET userTrades 200 [{"symbol":"BTCUSDT","id":8,"orderId":101,"side":"BUY","price":"99.00","qty":"3.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user (update CANCELED $1 CANCELED buy 5.0 @99.00 3.0)
            ask fills 0
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000
            <- GET userTrades 200 [{"symbol":"BTCUSDT","id":8,"orderId":101,"side":"BUY","price":"99.00","qty":"3.0","commission":"0","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
                = filled 1/1 buy 30@9900 maker fee 0 leaves 20
                = canceled 1/1 open 20 venue
                $ 5 Complete"#]],
    );
}
