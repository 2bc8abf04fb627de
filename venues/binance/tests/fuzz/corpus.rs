//! Corpus: messages as the venues write them, one of each kind.

/// Frames of streams.
pub(crate) const FRAMES: &[&str] = &[
    r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"99.50","q":"1.5","T":1,"m":true}}"#,
    r#"{"e":"aggTrade","E":1,"s":"BTCUSDT","a":5,"p":"0.01","q":"100","f":1,"l":2,"T":1,"m":false}"#,
    r#"{"u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0"}"#,
    r#"{"e":"bookTicker","u":11,"E":1,"T":2,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0"}"#,
    r#"{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":11,"u":12,"pu":10,"b":[["99.00","1.0"]],"a":[["100.00","0"]]}"#,
    r#"{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"99.51234567","r":"0.00010000","T":3}"#,
    r#"{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1,"T":2,"s":"BTCUSDT","i":"1m","o":"1.00","c":"2.00","h":"3.00","l":"0.50","v":"7.0","x":true}}"#,
    r#"{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":"SELL","q":"0.014","p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1}}"#,
    r#"{"e":"executionReport","E":1,"s":"BTCUSDT","c":"x","S":"BUY","o":"LIMIT","f":"GTC","q":"1","p":"99.00","x":"TRADE","X":"FILLED","r":"NONE","i":1,"l":"1","z":"1","L":"99.00","n":"0.1","N":"USDT","T":1,"t":7,"m":false,"C":""}"#,
    r#"{"e":"ORDER_TRADE_UPDATE","T":1,"E":1,"o":{"s":"BTCUSDT","c":"aaaaaaaaaaaabaaaaaaaacaad","S":"SELL","o":"LIMIT","f":"GTX","q":"2","p":"99.00","x":"EXPIRED","X":"EXPIRED","i":2,"l":"0","z":"0","L":"0","T":1,"t":0,"m":false,"ps":"BOTH"}}"#,
    r#"{"e":"ACCOUNT_UPDATE","T":1,"E":1,"a":{"m":"FUNDING_FEE","B":[{"a":"USDT","wb":"1","cw":"1","bc":"-0.5"}],"P":[{"s":"BTCUSDT","pa":"-1","ep":"1","ps":"SHORT"}]}}"#,
    r#"{"e":"outboundAccountPosition","E":1,"u":1,"B":[{"a":"USDT","f":"1","l":"2"}]}"#,
    r#"{"subscriptionId":0,"event":{"e":"balanceUpdate","E":1,"a":"USDT","d":"0.1","T":1}}"#,
    r#"{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ac":{"s":"BTCUSDT","l":25}}"#,
    r#"{"e":"listenKeyExpired","E":1,"listenKey":"a-key"}"#,
    r#"{"id":1,"status":400,"error":{"code":-1021,"msg":"Timestamp"}}"#,
    r#"{"id":1,"status":200,"result":{"subscriptionId":0}}"#,
    r#"{"e":"serverShutdown","E":1}"#,
];

/// Bodies of answers.
pub(crate) const ANSWERS: &[&str] = &[
    r#"{"serverTime":1700000000000}"#,
    r#"{"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400}],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"},{"filterType":"NOTIONAL","minNotional":"5"}]}]}"#,
    r#"{"listenKey":"a-key"}"#,
    r#"{"dualSidePosition":false}"#,
    r#"[{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"aaaaaaaaaaaabaaaaaaaacaad","price":"99.00","origQty":"1","executedQty":"0.5","status":"PARTIALLY_FILLED","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":1}]"#,
    r#"{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"x","transactTime":1,"price":"99.00","origQty":"1","executedQty":"1","status":"FILLED","type":"MARKET","side":"SELL","fills":[{"price":"99.00","qty":"1","commission":"0.1","commissionAsset":"BNB","tradeId":7}]}"#,
    r#"[{"symbol":"BTCUSDT","id":7,"orderId":1,"price":"99.00","qty":"1","commission":"0.1","commissionAsset":"USDT","time":1,"isBuyer":true,"isMaker":false}]"#,
    r#"{"balances":[{"asset":"USDT","free":"1","locked":"2"}]}"#,
    r#"[{"asset":"USDT","balance":"3","availableBalance":"1"}]"#,
    r#"[{"symbol":"BTCUSDT","positionAmt":"-1.5","entryPrice":"100.123","leverage":"20","marginType":"cross","positionSide":"BOTH","updateTime":1}]"#,
    r#"{"lastUpdateId":11,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}"#,
    r#"{"symbol":"BTCUSDT","bidPrice":"99.40","bidQty":"3.0","askPrice":"99.60","askQty":"4.0","time":1}"#,
    r#"{"code":-2021,"msg":"Order cancel-replace partially failed.","data":{"cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"x"},"newOrderResponse":{"code":-2010,"msg":"no"}}}"#,
    r#"{"transactTime":1,"executionId":1,"amendedOrder":{"symbol":"BTCUSDT","orderId":1,"origClientOrderId":"x","clientOrderId":"x","price":"6.00","qty":"5","executedQty":"0","status":"NEW","side":"SELL"}}"#,
    r#"{"code":-1003,"msg":"Way too much request weight used; IP banned until 1700000120000."}"#,
    r#"{"code":-2013,"msg":"Order does not exist."}"#,
    r#"[[1,"1.0","2.0","0.5","1.5","10",59999,"1",1,"1","1","0"]]"#,
    r#"{"leverage":5,"maxNotionalValue":"1","symbol":"BTCUSDT"}"#,
];
