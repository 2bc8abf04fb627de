//! Faults of a venue, by the ids of the catalogue: nothing lost, nothing doubled, everything named.

use expect_test::{Expect, expect};
use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::{Settings, WhenAbsent};

use crate::bench::{Bench, settings};

const BOTH: [Product; 2] = [Product::Spot, Product::UsdM];

#[track_caller]
fn check(product: Product, script: &str, want: Expect) {
    want.assert_eq(&Bench::up(settings(product)).play(script));
}

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
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                = outcome-unknown 1/1
            <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user (update NEW $1 NEW buy 5.0 @99.00 0)
            at 60
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
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
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                = outcome-unknown 1/1
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
            > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            = outcome-unknown 1/1"#]],
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
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
            = outcome-unknown 1/1"#]],
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
        <- GET openOrders 200 [(order $1 PARTIALLY_FILLED buy 5.0 @99.00 3.0)]
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
                = ReconcileStarted
                > GET /fapi/v1/openOrders
            <- GET openOrders 200 [(order $1 PARTIALLY_FILLED buy 5.0 @99.00 3.0)]
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1699999990000&limit=1000
            <- GET userTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true},{"symbol":"BTCUSDT","id":8,"orderId":101,"price":"99.00","qty":"1.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"buyer":true,"maker":true}]
                = filled 1/1 buy 10@9900 maker fee 0.01 leaves 20
                > GET /fapi/v2/balance
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 3.0 +1.0 #8)
            auto
                > GET /fapi/v2/positionRisk
                = position net 0
                ? A-MISMATCH 0
                = ReconcileFinished 1
                = VenueUp"#]],
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
            > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$2&newOrderRespType=FULL
        <- POST cancelReplace 409 {"code":-2021,"msg":"Order cancel-replace partially failed.","data":{"cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":(order $1 CANCELED buy 5.0 @99.00 0),"newOrderResponse":{"code":-2010,"msg":"Account has insufficient balance for requested action."}}}
            = amend-rejected 1/1 unknown by 1/2
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
            > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$2&newOrderRespType=FULL
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
            > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$2&newOrderRespType=FULL
        <- POST cancelReplace lost
            ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$2
            = outcome-unknown 1/1 by 1/2
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 2
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$2
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 5
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$2
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 9
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$2
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 18
            > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$2
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
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
                ! ClockRefused
                > GET /fapi/v1/time
            <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
                ! ClockRefused
                > GET /fapi/v1/time
            <- GET time 200 {"serverTime":1700000005000}
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
                ! ClockRefused
                ! Refused(LegKey { intent: IntentId(2), strategy: StrategyId(1), leg: LegId(0) }, "400 -1021: Timestamp for this request is outside of the recvWindow.")
                > GET /fapi/v1/time
                = transmit-refused submit 1/2 transmit-refused"#]],
    );
}

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
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
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
                = ReconcileStarted
                > GET /fapi/v1/openOrders
            buy 5 @99.00
                (the core lets nothing out: Some(Denied(Denial { code: StaleMarket, limit: 0, value: 1, allowed: 0 })))
            auto
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1699999990000&limit=1000
                > GET /fapi/v2/balance
                > GET /fapi/v2/positionRisk
                = position net 0
                = ReconcileFinished 0
                = VenueUp
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
        at 1801
        <- PUT listenKey 400 {"code":-1125,"msg":"This listenKey does not exist."}
        <- POST listenKey 200 {"listenKey":"c-key"}
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
                = ReconcileStarted
                > GET /fapi/v1/openOrders
            auto
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1699999990000&limit=1000
                > GET /fapi/v2/balance
                > GET /fapi/v2/positionRisk
                = position net 0
                = ReconcileFinished 0
                = VenueUp
            at 1801
                ! Stalled(Books)
                > disconnect books
                = FeedStale
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/exchangeInfo
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/exchangeInfo
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/exchangeInfo
                > PUT /fapi/v1/listenKey
            <- PUT listenKey 400 {"code":-1125,"msg":"This listenKey does not exist."}
                ! KeyExpired
                > disconnect user
                > POST /fapi/v1/listenKey
                = VenueDown
            <- POST listenKey 200 {"listenKey":"c-key"}
                > connect ws://venue/ws/(key)"#]],
    );
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
        <- GET openOrders 200 [(order $1 NEW buy 5.0 @99.00 0)]
        auto
        books {"e":"trade","E":1,"s":"BTCUSDT","t":"5","p":99.50,"q":"1.5","T":1,"m":true,"new":null}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":6,"price":"99.50","q":"1.5","T":1,"m":true}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":7,"p":"99.555","q":"1.5","T":1,"m":true}
        books {"e":"trade","E":1,"s":"BTCUSDT","t":8,"p":"99.50","q":"1.5","T":1,"m":true}
        "#,
        expect![[""]],
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
        <- GET openOrders 200 [(order $1 NEW buy 5.0 @99.00 0)]
        <- DELETE allOpenOrders 200 {"code":200,"msg":"done"}
        auto
        "#,
        expect![[""]],
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
                > GET /fapi/v1/time
            <- GET time 200 {"serverTime":1700000005000}
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            <- POST order 400 {"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}
                ! ClockRefused
                ! Refused(LegKey { intent: IntentId(2), strategy: StrategyId(1), leg: LegId(0) }, "400 -1021: Timestamp for this request is outside of the recvWindow.")
                > GET /fapi/v1/time
                = transmit-refused submit 1/2 transmit-refused"#]],
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
            at 601
            <- GET exchangeInfo 200 {rules}
            buy 5 @98.00
            cancel 1
            at 1202
            <- GET exchangeInfo 200 {}
            ",
            crate::bench::RULES
        ),
        expect![[""]],
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
            at 602
            <- GET exchangeInfo 200 {notional}
            buy 5 @99.01
            "#
        ),
        expect![[r#"
            buy 5 @99.01
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.01&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 400 {"code":-4014,"msg":"Price not increased by tick size."}
                ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "400 -4014: Price not increased by tick size.")
                > GET /fapi/v1/exchangeInfo
                = rejected 1/1 unknown
            <- GET exchangeInfo 200 {"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.50"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"}]}]}
                ! RulesDiffer(InstrumentId(1))
                = status halted
            buy 5 @99.01
                (the core lets nothing out: Some(Denied(Denial { code: InstrumentHalted, limit: 0, value: 3, allowed: 0 })))
            at 602
                ! Stalled(Books)
                > disconnect books
                = FeedStale
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > GET /fapi/v1/time
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
                > disconnect books
                ! Disconnected(Books)
                > GET /fapi/v1/time
                > GET /fapi/v1/exchangeInfo
            <- GET exchangeInfo 200 {"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"},{"filterType":"MIN_NOTIONAL","notional":"1000"}]}]}
                = status trading
            buy 5 @99.01
                (the core lets nothing out: Some(Denied(Denial { code: StaleMarket, limit: 0, value: 1, allowed: 0 })))"#]],
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
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$2
                = outcome-unknown 1/1
                = outcome-unknown 1/2
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
        expect![[""]],
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
        auto
        buy 5 @96.00
        ",
        expect![[""]],
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
