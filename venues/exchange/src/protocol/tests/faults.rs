//! Faults: does an answer or a message go wrong as its script says, and only then?

use super::*;

#[test]
fn answers_go_wrong_as_the_script_says() {
    let fault = |kind: &str| {
        format!(
            "fault {{\"when\":{{\"request\":\"POST /api/v3/order\"}},\"fault\":{kind}}}\n{BUY}\nalice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a\nalice DELETE /api/v3/openOrders symbol=BTCUSDT"
        )
    };
    let scripts = [
        "{\"kind\":\"lost_submit\"}",
        "{\"kind\":\"lost_ack\"}",
        "{\"kind\":\"unavailable\",\"text\":\"unknown\",\"is_processed\":true}",
        "{\"kind\":\"unavailable\",\"text\":\"unknown\"}",
        "{\"kind\":\"unavailable\",\"text\":\"unavailable\"}",
        "{\"kind\":\"unavailable\",\"text\":\"internal\"}",
        "{\"kind\":\"too_many\",\"retry_after_s\":7}",
        "{\"kind\":\"too_many\"}",
        "{\"kind\":\"banned\",\"seconds\":60}",
        "{\"kind\":\"stale_timestamp\"}",
        "{\"kind\":\"slow\",\"ms\":30000}",
        "{\"kind\":\"cut_response\",\"bytes\":10}",
        "{\"kind\":\"drift\",\"remove\":[\"orderId\"],\"add\":{\"code\":1},\"rename\":{\"status\":\"x\"}}",
        "{\"kind\":\"clock_skew\",\"ms\":-3000}",
    ];
    check(
        &scripts.map(fault).join("\n"),
        expect![[r#"
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"lost_submit"}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          dropped
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          400 {code:-2013,msg:Order does not exist.}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"lost_ack"}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          dropped
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:1,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          200 [{orderId:1,clientOrderId:1ed97c8723202089b64a27,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}]
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"unavailable","text":"unknown","is_processed":true}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          503 {code:-1000,msg:Unknown error, please check your request or try again later.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          200 [{orderId:2,clientOrderId:86fe9083fea4a146384d54,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}]
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"unavailable","text":"unknown"}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          503 {code:-1000,msg:Unknown error, please check your request or try again later.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"unavailable","text":"unavailable"}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          503 {code:-1008,msg:Service Unavailable.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"unavailable","text":"internal"}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          503 {code:-1001,msg:Internal error; unable to process your request. Please try again.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"too_many","retry_after_s":7}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          429 Retry-After: 7 {code:-1003,msg:Too much request weight used; current limit is 2400 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"too_many"}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          429 {code:-1003,msg:Too much request weight used; current limit is 2400 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"banned","seconds":60}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          418 Retry-After: 60 {code:-1003,msg:Way too much request weight used; IP banned until 1700000060000. Please use WebSocket Streams for live updates to avoid bans.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"stale_timestamp"}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          400 {code:-1021,msg:Timestamp for this request is outside of the recvWindow.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:2,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-2011,msg:Unknown order sent.}
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"slow","ms":30000}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          200 after 30000ms {orderId:3,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:3,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          200 [{orderId:3,clientOrderId:b0a2396dfc1d9b78adee50,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}]
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"cut_response","bytes":10}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          200 cut at 10 {orderId:4,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:4,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          200 [{orderId:4,clientOrderId:00d04f43e83fac8b42c5f1,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}]
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"drift","remove":["orderId"],"add":{"code":1},"rename":{"status":"x"}}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          200 {clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,fills:[],code:1,x:NEW}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          200 {orderId:5,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          200 [{orderId:5,clientOrderId:6ecefbd5e5d5ca012f39c0,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}]
        fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"clock_skew","ms":-3000}}
          200
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
          400 {code:-1021,msg:Timestamp for this request was 1000ms ahead of the server's time.}
        alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=a
          400 {code:-1021,msg:Timestamp for this request was 1000ms ahead of the server's time.}
        alice DELETE /api/v3/openOrders symbol=BTCUSDT
          400 {code:-1021,msg:Timestamp for this request was 1000ms ahead of the server's time.}"#]],
    );
}

#[test]
fn fills_come_at_the_wrong_time_or_too_much() {
    let on = |request: &str, kind: &str| format!("fault {{\"when\":{{\"request\":\"{request}\"}},\"fault\":{kind}}}");
    let script = [
        "alice POST /api/v3/userDataStream".to_owned(),
        "open 1 /ws/KEY".to_owned(),
        on("POST /api/v3/order", "{\"kind\":\"fill_before_ack\",\"ms\":50}"),
        BUY.to_owned(),
        BUY.replace("OrderId=a", "OrderId=b"),
        on("DELETE /api/v3/order", "{\"kind\":\"late_fill\",\"ms\":200}"),
        "alice DELETE /api/v3/order symbol=BTCUSDT&origClientOrderId=b".to_owned(),
        "wait 100".to_owned(),
        "wait 100".to_owned(),
        "alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=b".to_owned(),
        on("POST /api/v3/order", "{\"kind\":\"overfill\",\"qty\":\"0.25\"}"),
        BUY.replace("OrderId=a", "OrderId=c"),
        "alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=c".to_owned(),
        on("POST /api/v3/order/cancelReplace", "{\"kind\":\"replace_half\",\"half\":\"order\"}"),
        BUY.replace("quantity=1&", "quantity=0.01&").replace("OrderId=a", "OrderId=d"),
        "alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=d".to_owned(),
    ];
    check(
        &script.join("\n"),
        expect![[r#"
            alice POST /api/v3/userDataStream
              200 {}
            open 1 /ws/KEY
              opened true
            fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"fill_before_ack","ms":50}}
              200
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
              200 after 50ms {orderId:1,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
              1 <- {e:executionReport,s:BTCUSDT,c:a,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:1,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.00000000,l:0.00000000},{a:USDT,f:70000.00000000,l:30000.00000000}]}
              1 <- {e:executionReport,s:BTCUSDT,c:a,S:BUY,f:GTC,P:0.00000000,C:,x:TRADE,X:FILLED,i:1,l:1.00000000,z:1.00000000,L:30000.00000000,t:1,m:true}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.99900000,l:0.00000000},{a:USDT,f:70000.00000000,l:0.00000000}]}
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=b
              200 {orderId:3,clientOrderId:b,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
              1 <- {e:executionReport,s:BTCUSDT,c:b,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:3,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.99900000,l:0.00000000},{a:USDT,f:40000.00000000,l:30000.00000000}]}
            fault {"when":{"request":"DELETE /api/v3/order"},"fault":{"kind":"late_fill","ms":200}}
              200
            alice DELETE /api/v3/order symbol=BTCUSDT&origClientOrderId=b
              200 {orderId:3,clientOrderId:86fe9083fea4a146384d54,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}
              1 <- {e:executionReport,s:BTCUSDT,c:86fe9083fea4a146384d54,S:BUY,f:GTC,P:0.00000000,C:b,x:CANCELED,X:CANCELED,i:3,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.99900000,l:0.00000000},{a:USDT,f:70000.00000000,l:0.00000000}]}
            wait 100
            wait 100
              1 <- {e:executionReport,s:BTCUSDT,c:b,S:BUY,f:GTC,P:0.00000000,C:,x:TRADE,X:FILLED,i:3,l:1.00000000,z:1.00000000,L:30000.00000000,t:2,m:true}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:11.99800000,l:0.00000000},{a:USDT,f:40000.00000000,l:0.00000000}]}
            alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=b
              200 {orderId:3,clientOrderId:b,price:30000.00000000,origQty:1.00000000,executedQty:1.00000000,status:FILLED}
            fault {"when":{"request":"POST /api/v3/order"},"fault":{"kind":"overfill","qty":"0.25"}}
              200
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=c
              200 {orderId:5,clientOrderId:c,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
              1 <- {e:executionReport,s:BTCUSDT,c:c,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:5,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000200,B:[{a:BTC,f:11.99800000,l:0.00000000},{a:USDT,f:10000.00000000,l:30000.00000000}]}
              1 <- {e:executionReport,s:BTCUSDT,c:c,S:BUY,f:GTC,P:0.00000000,C:,x:TRADE,X:FILLED,i:5,l:1.25000000,z:1.25000000,L:30000.00000000,t:3,m:true}
              1 <- {e:outboundAccountPosition,u:1700000000200,B:[{a:BTC,f:13.24675000,l:0.00000000},{a:USDT,f:2500.00000000,l:0.00000000}]}
            alice GET /api/v3/order symbol=BTCUSDT&origClientOrderId=c
              200 {orderId:5,clientOrderId:c,price:30000.00000000,origQty:1.00000000,executedQty:1.25000000,status:FILLED}
            fault {"when":{"request":"POST /api/v3/order/cancelReplace"},"fault":{"kind":"replace_half","half":"order"}}
              200
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=30000&newClientOrderId=d
              200 {orderId:7,clientOrderId:d,price:30000.00000000,origQty:0.01000000,executedQty:0.00000000,status:NEW,fills:[]}
              1 <- {e:executionReport,s:BTCUSDT,c:d,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:7,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000200,B:[{a:BTC,f:13.24675000,l:0.00000000},{a:USDT,f:2200.00000000,l:300.00000000}]}
            alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=d
              409 {code:-2021,msg:Order cancel-replace partially failed.,data:{cancelResult:SUCCESS,newOrderResult:FAILURE}}
              1 <- {e:executionReport,s:BTCUSDT,c:b0a2396dfc1d9b78adee50,S:BUY,f:GTC,P:0.00000000,C:d,x:CANCELED,X:CANCELED,i:7,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000200,B:[{a:BTC,f:13.24675000,l:0.00000000},{a:USDT,f:2500.00000000,l:0.00000000}]}"#]],
    );
}

#[test]
fn messages_are_doubled_lost_late_torn_and_followed_by_bombs() {
    let on = |event: &str, kind: &str| format!("fault {{\"when\":{{\"message\":\"{event}\"}},\"fault\":{kind}}}");
    let script = [
        "alice POST /fapi/v1/listenKey".to_owned(),
        "open 1 /fapi/ws/KEY".to_owned(),
        on("ORDER_TRADE_UPDATE:NEW", "{\"kind\":\"duplicate\"}"),
        on("ORDER_TRADE_UPDATE:TRADE", "{\"kind\":\"delay\",\"ms\":300}"),
        on("ACCOUNT_UPDATE", "{\"kind\":\"lose\"}"),
        on("ORDER_TRADE_UPDATE:CANCELED", "{\"kind\":\"drift\",\"within\":[\"o\"],\"remove\":[\"i\"],\"rename\":{\"X\":\"Y\"},\"add\":{\"d\":1}}"),
        "alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine".to_owned(),
        "bob POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5".to_owned(),
        "wait 200".to_owned(),
        "wait 100".to_owned(),
        "alice DELETE /fapi/v1/order symbol=BTCUSDT&origClientOrderId=mine".to_owned(),
        on("ACCOUNT_UPDATE", "{\"kind\":\"frame_bomb\",\"bytes\":100000}"),
        "local {\"do\":\"transfer\",\"product\":\"futures\",\"account\":\"alice\",\"asset\":\"USDT\",\"amount\":\"1\"}".to_owned(),
        on("ACCOUNT_UPDATE", "{\"kind\":\"stall\",\"ms\":1000}"),
        "local {\"do\":\"transfer\",\"product\":\"futures\",\"account\":\"alice\",\"asset\":\"USDT\",\"amount\":\"2\"}".to_owned(),
        "wait 1100".to_owned(),
        on("ACCOUNT_UPDATE", "{\"kind\":\"cut_stream\",\"bytes\":9}"),
        "local {\"do\":\"transfer\",\"product\":\"futures\",\"account\":\"alice\",\"asset\":\"USDT\",\"amount\":\"3\"}".to_owned(),
    ];
    check(
        &script.join("\n"),
        expect![[r#"
        alice POST /fapi/v1/listenKey
          200 {}
        open 1 /fapi/ws/KEY
          opened true
        fault {"when":{"message":"ORDER_TRADE_UPDATE:NEW"},"fault":{"kind":"duplicate"}}
          200
        fault {"when":{"message":"ORDER_TRADE_UPDATE:TRADE"},"fault":{"kind":"delay","ms":300}}
          200
        fault {"when":{"message":"ACCOUNT_UPDATE"},"fault":{"kind":"lose"}}
          200
        fault {"when":{"message":"ORDER_TRADE_UPDATE:CANCELED"},"fault":{"kind":"drift","within":["o"],"remove":["i"],"rename":{"X":"Y"},"add":{"d":1}}}
          200
        alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine
          200 {orderId:1,status:NEW,clientOrderId:mine,price:30000.00,origQty:1.000,executedQty:0.000}
          1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:NEW,X:NEW,i:1,l:0,z:0.000,L:0,t:0,b:0,a:0,m:false,rp:0}}
          1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:NEW,X:NEW,i:1,l:0,z:0.000,L:0,t:0,b:0,a:0,m:false,rp:0}}
        bob POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5
          200 {orderId:2,status:NEW,clientOrderId:8f8b93f2fbbe7c0107b821,price:0.00,origQty:0.500,executedQty:0.000}
        wait 200
        wait 100
          1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:TRADE,X:PARTIALLY_FILLED,i:1,l:0.500,z:0.500,L:30000.00,t:1,b:0,a:0,m:true,rp:0.00000000}}
        alice DELETE /fapi/v1/order symbol=BTCUSDT&origClientOrderId=mine
          200 {orderId:1,status:CANCELED,clientOrderId:mine,price:30000.00,origQty:1.000,executedQty:0.500}
          1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:CANCELED,l:0,z:0.500,L:0,t:0,b:0,a:0,m:false,rp:0,d:1}}
        fault {"when":{"message":"ACCOUNT_UPDATE"},"fault":{"kind":"frame_bomb","bytes":100000}}
          200
        local {"do":"transfer","product":"futures","account":"alice","asset":"USDT","amount":"1"}
          200
          1 <- {e:ACCOUNT_UPDATE,a:{m:DEPOSIT,B:[{a:USDT,wb:99998.00000000,bc:1.00000000}],P:[]}}
          1 <- 100008 bytes
        fault {"when":{"message":"ACCOUNT_UPDATE"},"fault":{"kind":"stall","ms":1000}}
          200
        local {"do":"transfer","product":"futures","account":"alice","asset":"USDT","amount":"2"}
          200
        wait 1100
        fault {"when":{"message":"ACCOUNT_UPDATE"},"fault":{"kind":"cut_stream","bytes":9}}
          200
        local {"do":"transfer","product":"futures","account":"alice","asset":"USDT","amount":"3"}
          200
          1 <- cut at 9"#]],
    );
}

#[test]
fn a_message_that_is_lost_is_not_doubled_and_a_forced_fill_is_at_a_price_that_exists() {
    let on = |kind: &str| {
        format!("fault {{\"when\":{{\"message\":\"ORDER_TRADE_UPDATE:NEW\"}},\"fault\":{{\"kind\":\"{kind}\"}}}}")
    };
    let place = |side: &str, price: &str| {
        format!(
            "local {{\"do\":\"place\",\"product\":\"futures\",\"symbol\":\"BTCUSDT\",\"side\":\"{side}\",\"price\":\"{price}\",\"qty\":\"1\"}}"
        )
    };
    let script = [
        "alice POST /fapi/v1/listenKey".to_owned(),
        "open 1 /fapi/ws/KEY".to_owned(),
        place("BUY", "29999.9"),
        place("SELL", "30000"),
        on("lose"),
        on("duplicate"),
        "fault {\"when\":{\"request\":\"POST /fapi/v1/order\"},\"fault\":{\"kind\":\"overfill\",\"qty\":\"0.1\"}}"
            .to_owned(),
        "alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5&newClientOrderId=mine".to_owned(),
    ];
    check(
        &script.join("\n"),
        expect![[r#"
        alice POST /fapi/v1/listenKey
          200 {}
        open 1 /fapi/ws/KEY
          opened true
        local {"do":"place","product":"futures","symbol":"BTCUSDT","side":"BUY","price":"29999.9","qty":"1"}
          200
        local {"do":"place","product":"futures","symbol":"BTCUSDT","side":"SELL","price":"30000","qty":"1"}
          200
        fault {"when":{"message":"ORDER_TRADE_UPDATE:NEW"},"fault":{"kind":"lose"}}
          200
        fault {"when":{"message":"ORDER_TRADE_UPDATE:NEW"},"fault":{"kind":"duplicate"}}
          200
        fault {"when":{"request":"POST /fapi/v1/order"},"fault":{"kind":"overfill","qty":"0.1"}}
          200
        alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5&newClientOrderId=mine
          200 {orderId:3,status:NEW,clientOrderId:mine,price:0.00,origQty:0.500,executedQty:0.000}
          1 <- {e:ACCOUNT_UPDATE,a:{m:ORDER,B:[{a:USDT,wb:99992.50000000,bc:0.00000000}],P:[{s:BTCUSDT,pa:0.500,ep:30000}]}}
          1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:TRADE,X:FILLED,i:3,l:0.500,z:0.500,L:30000.00,t:1,b:0,a:0,m:false,rp:0.00000000}}
          1 <- {e:ACCOUNT_UPDATE,a:{m:ORDER,B:[{a:USDT,wb:99991.90000200,bc:0.00000000}],P:[{s:BTCUSDT,pa:0.600,ep:29999.98333333}]}}
          1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:TRADE,X:FILLED,i:3,l:0.100,z:0.600,L:29999.90,t:2,b:0,a:0,m:true,rp:0.00000000}}"#]],
    );
}
