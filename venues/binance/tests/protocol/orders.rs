//! Orders on a quiet day: what is asked of the venue, and what is reported?

use expect_test::expect;
use ringfence_binance::codec::failure::Product;

use crate::check;

#[test]
fn an_order_of_spot_is_accepted_and_filled_by_its_answer() {
    check(
        Product::Spot,
        r#"
        buy 5 @99.00
        <- POST order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","transactTime":1700000000000,"price":"99.00","origQty":"5.0","executedQty":"2.0","status":"PARTIALLY_FILLED","timeInForce":"GTC","type":"LIMIT","side":"BUY","fills":[{"price":"98.50","qty":"2.0","commission":"0.0010","commissionAsset":"BTC","tradeId":7}]}
        user (update TRADE $1 FILLED buy 5.0 @99.00 5.0 +3.0 #8)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","transactTime":1700000000000,"price":"99.00","origQty":"5.0","executedQty":"2.0","status":"PARTIALLY_FILLED","timeInForce":"GTC","type":"LIMIT","side":"BUY","fills":[{"price":"98.50","qty":"2.0","commission":"0.0010","commissionAsset":"BTC","tradeId":7}]}
                = accepted 1/1
                = filled 1/1 buy 20@9850 taker fee 0.001 leaves 30
                ? A-UNKNOWN-REFERENCE 2
            user (update TRADE $1 FILLED buy 5.0 @99.00 5.0 +3.0 #8)
                = filled 1/1 buy 30@9900 maker fee 0.01 leaves 0"#]],
    );
}

#[test]
fn an_order_of_futures_is_accepted_once_and_filled_by_the_stream() {
    check(
        Product::UsdM,
        "
        sell 5 @101.00 post
        <- POST order 200 (order $1 NEW sell 5.0 @101.00 0)
        user (update NEW $1 NEW sell 5.0 @101.00 0)
        user (update TRADE $1 PARTIALLY_FILLED sell 5.0 @101.00 2.0 +2.0 #7)
        user (update TRADE $1 FILLED sell 5.0 @101.00 5.0 +3.0 #8)
        ",
        expect![[r#"
            sell 5 @101.00 post
                > POST /fapi/v1/order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTX&price=101.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW sell 5.0 @101.00 0)
                = accepted 1/1
            user (update NEW $1 NEW sell 5.0 @101.00 0)
            user (update TRADE $1 PARTIALLY_FILLED sell 5.0 @101.00 2.0 +2.0 #7)
                = filled 1/1 sell 20@10100 maker fee 0.01 leaves 30
            user (update TRADE $1 FILLED sell 5.0 @101.00 5.0 +3.0 #8)
                = filled 1/1 sell 30@10100 maker fee 0.01 leaves 0"#]],
    );
}

#[test]
fn market_ioc_and_reduce_only_orders_are_written_as_the_venue_wants_them() {
    check(
        Product::UsdM,
        "
        buy 5 market
        buy 5 @99.00 ioc
        sell 5 @101.00 reduce
        ",
        expect![[r#"
            buy 5 market
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            buy 5 @99.00 ioc
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&price=99.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            sell 5 @101.00 reduce
                (the core lets nothing out: Some(Denied(Denial { code: ReduceOnly, limit: 0, value: 5, allowed: 0 })))"#]],
    );
}

#[test]
fn a_cancel_is_caused_by_its_own_leg_whoever_tells_it_first() {
    for product in [Product::Spot, Product::UsdM] {
        check(
            product,
            "
            buy 5 @99.00
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
            cancel 1
            user (update CANCELED $1 CANCELED buy 5.0 @99.00 0)
            <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
            ",
            match product {
                Product::Spot => expect![[r#"
                    buy 5 @99.00
                        > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
                    <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                        = accepted 1/1
                    cancel 1
                        > DELETE /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1
                    user (update CANCELED $1 CANCELED buy 5.0 @99.00 0)
                        = canceled 1/1 open 50 asked by 1/2
                    <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)"#]],
                Product::UsdM => expect![[r#"
                    buy 5 @99.00
                        > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
                    <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                        = accepted 1/1
                    cancel 1
                        > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
                    user (update CANCELED $1 CANCELED buy 5.0 @99.00 0)
                        = canceled 1/1 open 50 asked by 1/2
                    <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)"#]],
            },
        );
    }
}

#[test]
fn an_amend_of_futures_is_reported_once() {
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        amend 1 7 @98.00
        user (update AMENDMENT $1 NEW buy 7.0 @98.00 0)
        <- PUT order 200 (order $1 NEW buy 7.0 @98.00 0)
        amend 1 6 @98.50
        <- PUT order 400 {\"code\":-2013,\"msg\":\"Order does not exist.\"}
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            amend 1 7 @98.00
                > PUT /fapi/v1/order?symbol=BTCUSDT&side=BUY&origClientOrderId=$1&quantity=7.0&price=98.00
            user (update AMENDMENT $1 NEW buy 7.0 @98.00 0)
                = amended 1/1 70@9800 by 1/2
            <- PUT order 200 (order $1 NEW buy 7.0 @98.00 0)
            amend 1 6 @98.50
                > PUT /fapi/v1/order?symbol=BTCUSDT&side=BUY&origClientOrderId=$1&quantity=6.0&price=98.50
            <- PUT order 400 {"code":-2013,"msg":"Order does not exist."}
                ! Refused(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) }, "400 -2013: Order does not exist.")
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1"#]],
    );
}

#[test]
fn on_spot_an_order_becomes_smaller_in_its_place_or_another_takes_it() {
    check(
        Product::Spot,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        amend 1 4 @99.00
        <- PUT keepPriority 200 {"transactTime":1700000000000,"executionId":1,"amendedOrder":{"symbol":"BTCUSDT","orderId":101,"origClientOrderId":"$1","clientOrderId":"$1","price":"99.00","qty":"4.0","executedQty":"0","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY"}}
        amend 1 6 @98.00
        user (update CANCELED $1 CANCELED buy 4.0 @99.00 0)
        user (update NEW $1-aaaaaaaad NEW buy 6.0 @98.00 0)
        <- POST cancelReplace 200 {"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":(order $1 CANCELED buy 4.0 @99.00 0),"newOrderResponse":(order $1-aaaaaaaad NEW buy 6.0 @98.00 0)}
        user (update TRADE $1-aaaaaaaad PARTIALLY_FILLED buy 6.0 @98.00 1.0 +1.0 #9)
        amend 1 6 @97.00
        cancel 1
        <- DELETE order 200 (order $1-aaaaaaaad CANCELED buy 6.0 @98.00 1.0)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            amend 1 4 @99.00
                > PUT /api/v3/order/amend/keepPriority?symbol=BTCUSDT&origClientOrderId=$1&newClientOrderId=$1&newQty=4.0
            <- PUT keepPriority 200 {"transactTime":1700000000000,"executionId":1,"amendedOrder":{"symbol":"BTCUSDT","orderId":101,"origClientOrderId":"$1","clientOrderId":"$1","price":"99.00","qty":"4.0","executedQty":"0","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY"}}
                = amended 1/1 40@9900 by 1/2
            amend 1 6 @98.00
                > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$1-aaaaaaaad&newOrderRespType=FULL
            user (update CANCELED $1 CANCELED buy 4.0 @99.00 0)
            user (update NEW $1-aaaaaaaad NEW buy 6.0 @98.00 0)
                = amended 1/1 60@9800 by 1/3
            <- POST cancelReplace 200 {"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":(order $1 CANCELED buy 4.0 @99.00 0),"newOrderResponse":(order $1-aaaaaaaad NEW buy 6.0 @98.00 0)}
            user (update TRADE $1-aaaaaaaad PARTIALLY_FILLED buy 6.0 @98.00 1.0 +1.0 #9)
                = filled 1/1 buy 10@9800 maker fee 0.01 leaves 50
            amend 1 6 @97.00
                = transmit-refused amend 1/1 transmit-refused by 1/4
            cancel 1
                > DELETE /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1-aaaaaaaad
            <- DELETE order 200 (order $1-aaaaaaaad CANCELED buy 6.0 @98.00 1.0)
                = canceled 1/1 open 50 asked by 1/5"#]],
    );
}

#[test]
fn the_end_of_an_order_that_was_replaced_is_not_the_end_of_the_one_in_its_place() {
    check(
        Product::Spot,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        amend 1 6 @98.00
        <- POST cancelReplace 200 {"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":(order $1 CANCELED buy 5.0 @99.00 0),"newOrderResponse":(order $1-aaaaaaaac NEW buy 6.0 @98.00 0)}
        user (update CANCELED $1 CANCELED buy 5.0 @99.00 0)
        user (update NEW $1-aaaaaaaac NEW buy 6.0 @98.00 0)
        user (update TRADE $1-aaaaaaaac FILLED buy 6.0 @98.00 6.0 +6.0 #9)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            amend 1 6 @98.00
                > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=6.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$1-aaaaaaaac&newOrderRespType=FULL
            <- POST cancelReplace 200 {"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":(order $1 CANCELED buy 5.0 @99.00 0),"newOrderResponse":(order $1-aaaaaaaac NEW buy 6.0 @98.00 0)}
                = amended 1/1 60@9800 by 1/2
            user (update CANCELED $1 CANCELED buy 5.0 @99.00 0)
            user (update NEW $1-aaaaaaaac NEW buy 6.0 @98.00 0)
            user (update TRADE $1-aaaaaaaac FILLED buy 6.0 @98.00 6.0 +6.0 #9)
                = filled 1/1 buy 60@9800 maker fee 0.01 leaves 0"#]],
    );
}

#[test]
fn a_replacement_is_the_order_whose_place_it_took_to_those_who_remember_nothing() {
    check(
        Product::Spot,
        r#"
        ask orders
        <- GET openOrders 200 [(order $1-aaaaaaaac PARTIALLY_FILLED buy 6.0 @98.00 1.0)]
        user (update TRADE $1-aaaaaaaac FILLED buy 6.0 @98.00 6.0 +5.0 #9)
        ask order 1
        <- GET order 200 (order $1-aaaaaaaac FILLED buy 6.0 @98.00 6.0)
        "#,
        expect![[r#"
            ask orders
                > GET /api/v3/openOrders
            <- GET openOrders 200 [(order $1-aaaaaaaac PARTIALLY_FILLED buy 6.0 @98.00 1.0)]
                = reported 1/1 PARTIALLY_FILLED buy 60@9800 filled 10
                ? A-UNKNOWN-ORDER 1
                $ 5 Complete
            user (update TRADE $1-aaaaaaaac FILLED buy 6.0 @98.00 6.0 +5.0 #9)
                = filled 1/1 buy 50@9800 maker fee 0.01 leaves 0
                ? A-UNKNOWN-ORDER 50
            ask order 1
                > GET /api/v3/order?symbol=BTCUSDT&origClientOrderId=$1-aaaaaaaac
            <- GET order 200 (order $1-aaaaaaaac FILLED buy 6.0 @98.00 6.0)
                = reported 1/1 FILLED buy 60@9800 filled 60
                ? A-UNKNOWN-ORDER 1
                $ 5 Complete"#]],
    );
}

#[test]
fn an_emergency_cancel_needs_no_budget_and_says_so() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        buy 5 @98.00
        <- POST order 200 (order $2 NEW buy 5.0 @98.00 0)
        kill 1
        <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
        kill all
        <- DELETE allOpenOrders 200 {"code":200,"msg":"done"}
        user (update CANCELED $2 CANCELED buy 5.0 @98.00 0)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            <- POST order 200 (order $2 NEW buy 5.0 @98.00 0)
                = accepted 1/2
            kill 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
                = canceled 1/1 open 50 kill-switch
            kill all
                > DELETE /fapi/v1/allOpenOrders?symbol=BTCUSDT
            <- DELETE allOpenOrders 200 {"code":200,"msg":"done"}
            user (update CANCELED $2 CANCELED buy 5.0 @98.00 0)
                = canceled 1/2 open 50 kill-switch"#]],
    );
}

#[test]
fn an_order_that_the_cancel_of_everything_overtook_is_canceled_again() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        buy 5 @98.00
        kill all
        <- DELETE allOpenOrders 200 {"code":200,"msg":"done"}
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
        user (update NEW $2 NEW buy 5.0 @98.00 0)
        <- DELETE order 400 {"code":-2011,"msg":"Unknown order sent."}
        user (update CANCELED $2 CANCELED buy 5.0 @98.00 0)
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            buy 5 @98.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=98.00&quantity=5.0&newClientOrderId=$2&newOrderRespType=RESULT
            kill all
                > DELETE /fapi/v1/allOpenOrders?symbol=BTCUSDT
            <- DELETE allOpenOrders 200 {"code":200,"msg":"done"}
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order 200 (order $1 CANCELED buy 5.0 @99.00 0)
                = canceled 1/1 open 50 kill-switch
            user (update NEW $2 NEW buy 5.0 @98.00 0)
                = accepted 1/2
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$2
            <- DELETE order 400 {"code":-2011,"msg":"Unknown order sent."}
            user (update CANCELED $2 CANCELED buy 5.0 @98.00 0)
                = canceled 1/2 open 50 kill-switch"#]],
    );
}

#[test]
fn settings_are_reported_as_the_venue_confirms_them() {
    check(
        Product::UsdM,
        r#"
        leverage 500
        <- POST leverage 200 {"leverage":5,"maxNotionalValue":"1000000","symbol":"BTCUSDT"}
        <- GET positionRisk 200 [{"symbol":"BTCUSDT","positionAmt":"0","entryPrice":"0.0","leverage":"5","marginType":"cross","positionSide":"BOTH","updateTime":0}]
        margin isolated
        <- POST marginType 400 {"code":-4046,"msg":"No need to change margin type."}
        <- GET positionRisk 200 [{"symbol":"BTCUSDT","positionAmt":"0","entryPrice":"0.0","leverage":"5","marginType":"isolated","positionSide":"BOTH","updateTime":0}]
        leverage 550
        "#,
        expect![[r#"
            leverage 500
                > POST /fapi/v1/leverage?symbol=BTCUSDT&leverage=5
            <- POST leverage 200 {"leverage":5,"maxNotionalValue":"1000000","symbol":"BTCUSDT"}
                > GET /fapi/v2/positionRisk?symbol=BTCUSDT
            <- GET positionRisk 200 [{"symbol":"BTCUSDT","positionAmt":"0","entryPrice":"0.0","leverage":"5","marginType":"cross","positionSide":"BOTH","updateTime":0}]
                = leverage 500
                = margin-mode cross
                $ 9 Complete
            margin isolated
                > POST /fapi/v1/marginType?symbol=BTCUSDT&marginType=ISOLATED
            <- POST marginType 400 {"code":-4046,"msg":"No need to change margin type."}
                > GET /fapi/v2/positionRisk?symbol=BTCUSDT
            <- GET positionRisk 200 [{"symbol":"BTCUSDT","positionAmt":"0","entryPrice":"0.0","leverage":"5","marginType":"isolated","positionSide":"BOTH","updateTime":0}]
                = leverage 500
                = margin-mode isolated
                $ 9 Complete
            leverage 550
                $ 9 Failed("leverage 550 hundredths is no whole number of times")"#]],
    );
    check(
        Product::Spot,
        "leverage 500",
        expect![[r#"
        leverage 500
            $ 9 NotOffered"#]],
    );
}

#[test]
fn queries_are_answered_behind_their_reports() {
    check(
        Product::UsdM,
        r#"
        ask orders
        <- GET openOrders 200 [(order manual NEW sell 3.0 @120.00 1.0)]
        ask positions
        <- GET positionRisk 200 []
        ask balances
        <- GET balance 200 [{"asset":"USDT","balance":"100.5","availableBalance":"90"},{"asset":"XYZ","balance":"1","availableBalance":"1"}]
        ask margin
        <- GET positionRisk 200 [{"symbol":"BTCUSDT","positionAmt":"-1.5","entryPrice":"100.123","leverage":"20","isolated":false,"positionSide":"BOTH"}]
        ask instruments
        auto
        ask time
        auto
        ask order 4
        <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
        at 3
        <- GET order 200 (order $4 FILLED buy 1.0 @99.00 1.0)
        "#,
        expect![[r#"
            ask orders
                > GET /fapi/v1/openOrders
            <- GET openOrders 200 [(order manual NEW sell 3.0 @120.00 1.0)]
                = reported 0/9149051122684 ACCEPTED sell 30@12000 filled 10
                ? A-UNKNOWN-ORDER 9149051122684
                ! ExternalOrder(LegKey { intent: IntentId(9149051122684), strategy: StrategyId(0), leg: LegId(0) })
                $ 5 Complete
            ask positions
                > GET /fapi/v2/positionRisk
            <- GET positionRisk 200 []
                = position net 0
                $ 5 Complete
            ask balances
                > GET /fapi/v2/balance
            <- GET balance 200 [{"asset":"USDT","balance":"100.5","availableBalance":"90"},{"asset":"XYZ","balance":"1","availableBalance":"1"}]
                = balance 100.5 of currency 1
                $ 5 Complete
            ask margin
                > GET /fapi/v2/positionRisk?symbol=BTCUSDT
            <- GET positionRisk 200 [{"symbol":"BTCUSDT","positionAmt":"-1.5","entryPrice":"100.123","leverage":"20","isolated":false,"positionSide":"BOTH"}]
                = leverage 2000
                = margin-mode cross
                $ 5 Complete
            ask instruments
                > GET /fapi/v1/exchangeInfo
            auto
                = status trading
                $ 5 Complete
            ask time
                > GET /fapi/v1/time
            auto
                $ 5 Complete
            ask order 4
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$4
            <- GET order 400 {"code":-2013,"msg":"Order does not exist."}
            at 3
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$4
            <- GET order 200 (order $4 FILLED buy 1.0 @99.00 1.0)
                = reported 1/4 FILLED buy 10@9900 filled 10
                ? A-UNKNOWN-ORDER 4
                $ 5 Complete"#]],
    );
}

#[test]
fn fills_of_long_before_the_machine_began_are_asked_for() {
    check(
        Product::UsdM,
        "
        ask fills -2000
        <- GET userTrades 200 []
        ",
        expect![[r#"
            ask fills -2000
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1699998000000&limit=1000
            <- GET userTrades 200 []
                $ 5 Complete"#]],
    );
}

#[test]
fn fills_of_a_time_are_told_again_with_what_was_left() {
    check(
        Product::Spot,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
        ask fills 0
        <- GET myTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":true,"isMaker":true},{"symbol":"BTCUSDT","id":8,"orderId":555,"price":"99.00","qty":"1.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":false,"isMaker":true}]
        <- GET order 200 {"symbol":"BTCUSDT","orderId":555,"clientOrderId":"by-hand","price":"99.00","origQty":"1.0","executedQty":"1.0","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"SELL","updateTime":1700000000000}
        <- GET myTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":true,"isMaker":true},{"symbol":"BTCUSDT","id":8,"orderId":555,"price":"99.00","qty":"1.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":false,"isMaker":true}]
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 2.0 +2.0 #7)
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 30
            ask fills 0
                > GET /api/v3/myTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000
            <- GET myTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":true,"isMaker":true},{"symbol":"BTCUSDT","id":8,"orderId":555,"price":"99.00","qty":"1.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":false,"isMaker":true}]
                > GET /api/v3/order?symbol=BTCUSDT&orderId=555
            <- GET order 200 {"symbol":"BTCUSDT","orderId":555,"clientOrderId":"by-hand","price":"99.00","origQty":"1.0","executedQty":"1.0","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"SELL","updateTime":1700000000000}
                = reported 0/17525941921223 FILLED sell 10@9900 filled 10
                ? A-UNKNOWN-ORDER 17525941921223
                ! ExternalOrder(LegKey { intent: IntentId(17525941921223), strategy: StrategyId(0), leg: LegId(0) })
                > GET /api/v3/myTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000
            <- GET myTrades 200 [{"symbol":"BTCUSDT","id":7,"orderId":101,"price":"99.00","qty":"2.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":true,"isMaker":true},{"symbol":"BTCUSDT","id":8,"orderId":555,"price":"99.00","qty":"1.0","commission":"0.01","commissionAsset":"USDT","time":1700000000000,"isBuyer":false,"isMaker":true}]
                = filled 1/1 buy 20@9900 maker fee 0.01 leaves 30
                ? A-DUPLICATE-FILL 7
                = filled 0/17525941921223 sell 10@9900 maker fee 0.01 leaves 0
                ? A-UNKNOWN-ORDER 10
                $ 5 Complete"#]],
    );
}

#[test]
fn after_closing_nothing_is_sent_and_what_is_under_way_is_unknown() {
    check(
        Product::UsdM,
        "
        buy 5 @99.00
        ask balances
        close
        buy 5 @98.00
        ",
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            ask balances
                > GET /fapi/v2/balance
            close
                > DELETE /fapi/v1/listenKey
                > disconnect books
                > disconnect user
                ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                = outcome-unknown 1/1
                $ 5 Failed("the adapter was closed")
                = VenueDown
                > ended
            buy 5 @98.00
                (the core lets nothing out: Some(Queued))"#]],
    );
}

#[test]
fn an_answer_that_an_amend_overtook_does_not_bring_the_old_terms_back() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        cancel 1
        <- DELETE order lost
        <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
        user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 1.0 +1.0 #7)
        at 7
        amend 1 7 @98.00
        user (update AMENDMENT $1 PARTIALLY_FILLED buy 7.0 @98.00 1.0)
        <- GET order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","price":"99.00","origQty":"5.0","executedQty":"0","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":1700000000000}
        user (update TRADE $1 PARTIALLY_FILLED buy 7.0 @98.00 6.0 +5.0 #8)
        cancel 1
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            cancel 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- DELETE order lost
                ! OutcomeUnknown(LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) })
                = outcome-unknown 1/1 by 1/2
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 200 (order $1 NEW buy 5.0 @99.00 0)
            user (update TRADE $1 PARTIALLY_FILLED buy 5.0 @99.00 1.0 +1.0 #7)
                = filled 1/1 buy 10@9900 maker fee 0.01 leaves 40
            at 7
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            amend 1 7 @98.00
                > PUT /fapi/v1/order?symbol=BTCUSDT&side=BUY&origClientOrderId=$1&quantity=7.0&price=98.00
            user (update AMENDMENT $1 PARTIALLY_FILLED buy 7.0 @98.00 1.0)
                = amended 1/1 70@9800 by 1/3
            <- GET order 200 {"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","price":"99.00","origQty":"5.0","executedQty":"0","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":1700000000000}
                = cancel-rejected 1/1 unknown by 1/2
                ? A-ORDER-TRANSITION 3
                = reported 1/1 PARTIALLY_FILLED buy 70@9800 filled 10
            user (update TRADE $1 PARTIALLY_FILLED buy 7.0 @98.00 6.0 +5.0 #8)
                = filled 1/1 buy 50@9800 maker fee 0.01 leaves 10
            cancel 1
                > DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1"#]],
    );
}

#[test]
fn open_orders_are_stated_without_what_was_overtaken() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        ask orders
        at 1
        amend 1 7 @98.00
        user (update AMENDMENT $1 NEW buy 7.0 @98.00 0)
        <- GET openOrders 200 [{"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","price":"99.00","origQty":"5.0","executedQty":"0","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":1700000000000}]
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            ask orders
                > GET /fapi/v1/openOrders
            at 1
            amend 1 7 @98.00
                > PUT /fapi/v1/order?symbol=BTCUSDT&side=BUY&origClientOrderId=$1&quantity=7.0&price=98.00
            user (update AMENDMENT $1 NEW buy 7.0 @98.00 0)
                = amended 1/1 70@9800 by 1/2
            <- GET openOrders 200 [{"symbol":"BTCUSDT","orderId":101,"clientOrderId":"$1","price":"99.00","origQty":"5.0","executedQty":"0","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":1700000000000}]
                = reported 1/1 ACCEPTED buy 70@9800 filled 0
                $ 5 Complete"#]],
    );
}
