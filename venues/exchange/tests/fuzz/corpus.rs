//! Corpus: what clients send, and what people write into settings and scripts.

/// Words of the protocol.
pub(crate) const WORDS: &[&str] = &[
    "alice POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1",
    "\nwait 100",
    "\nwait 60000",
    "quantity=9999999999.99999999",
    "price=0.00000001",
    "price=30000",
    "&type=STOP_MARKET&stopPrice=1",
    "&reduceOnly=true",
    "&timeInForce=GTX",
    "&timeInForce=IOC",
    "quoteOrderQty=100",
    "orderId=1",
    "origClientOrderId=mine",
    "limit=0",
    "interval=1M",
    "startTime=0&endTime=18446744073709551615",
    "\"qty\":\"9999999999\"",
    "\"price\":\"-1\"",
    "\"product\":\"futures\"",
    "%",
];

const SPOT: &str = "alice POST /api/v3/userDataStream
open 1 /ws/KEY
open 2 /stream?streams=btcusdt@depth@100ms/btcusdt@trade/btcusdt@kline_1m/btcusdt@bookTicker
alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=30000&newClientOrderId=mine
bob POST /api/v3/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2
wait 100
alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=mine
alice PUT /api/v3/order/amend/keepPriority symbol=BTCUSDT&orderId=3&newQty=0.5
alice DELETE /api/v3/openOrders symbol=BTCUSDT
bob POST /api/v3/order symbol=ETHUSDT&side=BUY&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=2000&stopPrice=2100
bob POST /api/v3/order symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=100
ledger";

const FUTURES: &str = "alice POST /fapi/v1/listenKey
open 1 /fapi/ws?listenKey=KEY
alice POST /fapi/v1/leverage symbol=BTCUSDT&leverage=10
alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine
alice PUT /fapi/v1/order symbol=BTCUSDT&side=BUY&origClientOrderId=mine&quantity=0.5&price=30000
bob POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2
alice POST /fapi/v1/countdownCancelAll symbol=BTCUSDT&countdownTime=1000
market {\"do\":\"transfer\",\"product\":\"futures\",\"account\":\"alice\",\"asset\":\"USDT\",\"amount\":\"-10\"}
market {\"do\":\"fund\"}
wait 1000
alice GET /fapi/v3/account
alice GET /fapi/v3/positionRisk
alice GET /fapi/v1/income
alice GET /fapi/v1/userTrades symbol=BTCUSDT
alice DELETE /fapi/v1/allOpenOrders symbol=BTCUSDT";

const MARKET: &str = "market {\"do\":\"place\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"price\":\"29999\",\"qty\":\"2\"}
market {\"do\":\"trade\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"29998\",\"qty\":\"0.4\"}
market {\"do\":\"order\",\"product\":\"spot\",\"account\":\"bob\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"29999\",\"qty\":\"1\"}
market {\"do\":\"fill\",\"product\":\"spot\",\"order\":1,\"qty\":\"1\"}
market {\"do\":\"filter\",\"product\":\"futures\",\"symbol\":\"BTCUSDT\",\"tick\":\"0.5\",\"step\":\"0.01\"}
market {\"do\":\"status\",\"product\":\"futures\",\"symbol\":\"BTCUSDT\",\"status\":\"BREAK\"}
market {\"do\":\"follow\",\"product\":\"futures\",\"symbol\":\"BTCUSDT\",\"change\":{\"is\":\"quote\",\"bid\":\"1\",\"bid_qty\":\"2\",\"ask\":\"3\",\"ask_qty\":\"4\"}}
market {\"do\":\"follow\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"change\":{\"is\":\"trade\",\"price\":\"1\",\"qty\":\"2\",\"buyer_is_maker\":true}}
market {\"do\":\"follow\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"change\":{\"is\":\"level\",\"side\":\"BUY\",\"price\":\"1\",\"qty\":\"2\"}}
market {\"do\":\"expire_keys\"}
market {\"do\":\"cancel_all\",\"product\":\"spot\",\"account\":\"bob\"}
nobody GET /api/v3/depth symbol=BTCUSDT&limit=5
nobody GET /api/v3/klines symbol=BTCUSDT&interval=1m&limit=2
nobody GET /api/v3/exchangeInfo
nobody GET /fapi/v1/premiumIndex
nobody GET /api/v3/ticker/24hr symbol=BTCUSDT";

const SOCKETS: &str = "open 0 /ws-api/v3
say 0 {\"id\":\"x\",\"method\":\"order.place\",\"params\":{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"apiKey\":\"alice-key\",\"timestamp\":1700000000000,\"signature\":\"00\"}}
say 0 {\"id\":1,\"method\":\"depth\",\"params\":{\"symbol\":\"BTCUSDT\",\"limit\":5}}
open 1 /fstream.binance.com/ws
say 1 {\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@depth@100ms\",\"btcusdt@markPrice\"],\"id\":3}
say 1 {\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":5}
say 1 {\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":6}
say 1 nonsense
forger POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=30000
shut 1
wait 20000";

const FAULTS: &str = "alice POST /api/v3/userDataStream
open 1 /ws/KEY
faults {\"rule\":[{\"when\":{\"request\":\"POST /api/v3/order\"},\"fault\":{\"kind\":\"fill_before_ack\",\"ms\":20}}]}
faults {\"rule\":[{\"when\":{\"request\":\"DELETE /api/v3/order\"},\"fault\":{\"kind\":\"late_fill\",\"ms\":20}},{\"when\":{\"message\":\"executionReport:TRADE\"},\"fault\":{\"kind\":\"duplicate\"}}]}
faults {\"rule\":[{\"when\":{\"request\":\"POST /fapi/v1/order\"},\"fault\":{\"kind\":\"overfill\",\"qty\":\"1\"}},{\"when\":{},\"fault\":{\"kind\":\"clock_skew\",\"ms\":-5000}}]}
faults {\"rule\":[{\"when\":{\"message\":\"*\"},\"fault\":{\"kind\":\"drift\",\"within\":[\"data\"],\"remove\":[\"x\"],\"add\":{\"y\":1},\"rename\":{\"e\":\"E\"}}},{\"when\":{\"message\":\"*\",\"nth\":2},\"fault\":{\"kind\":\"cut_stream\",\"bytes\":9}}]}
alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=30000&newClientOrderId=mine
alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=30000&newClientOrderId=mine
alice DELETE /api/v3/order symbol=BTCUSDT&origClientOrderId=mine
wait 500
nobody DELETE /local/faults";

/// Scripts of [`crate::client::Client`].
pub(crate) fn scripts() -> Vec<Vec<u8>> {
    [SPOT, FUTURES, MARKET, SOCKETS, FAULTS].map(|text| text.as_bytes().to_vec()).to_vec()
}

const SETTINGS: &str = "seed = 3
is_generated = true

[[accounts]]
name = \"alice\"
key = \"alice-key\"
secret = \"alice-secret\"
spot = { USDT = \"100\", BTC = \"0.5\" }
futures = \"1000\"

[rates]
spot_weight = 100
futures_weight = 100
orders_10s = 5

[[listings]]
symbol = \"BTCUSDT\"
base = \"BTC\"
quote = \"USDT\"
product = \"Futures\"
status = \"Trading\"
tick = \"0.1\"
step = \"0.001\"
qty_min = \"0.001\"
qty_max = \"9000\"
market_qty_max = \"100\"
price_max = \"1000000\"
notional_min = \"5\"
multiplier_up = \"1.05\"
multiplier_down = \"0.95\"
orders_max = 200
maker_fee = \"0.0002\"
taker_fee = \"0.0005\"
start_price = \"30000\"
";

/// Settings in TOML.
pub(crate) fn settings() -> Vec<Vec<u8>> {
    ["", "seed = 18446744073709551615\n", SETTINGS].map(|text| text.as_bytes().to_vec()).to_vec()
}

/// Scripts of faults, and records of a market.
pub(crate) fn words() -> Vec<Vec<u8>> {
    let texts = [
        "[[rule]]\nname = \"a\"\nwhen = { request = \"POST /api/v3/order\", nth = 2, times = 3, after_ms = 5 }\nfault = { kind = \"unavailable\", text = \"unknown\", is_processed = true }\n",
        "[[rule]]\nwhen = { message = \"*\", stream = \"depth\" }\nfault = { kind = \"frame_bomb\", bytes = 268435456 }\n",
        r#"{"rule":[{"when":{},"fault":{"kind":"market","command":{"do":"fund"}}},{"when":{"request":"/x","symbol":"S","account":"a"},"fault":{"kind":"replace_half","half":"order"}}]}"#,
        r#"{"is":"quote","bid":"1.5","bid_qty":"2","ask":"3","ask_qty":"0.00000001"}"#,
        r#"{"is":"trade","price":"-9999999999.99999999","qty":"2","buyer_is_maker":true}"#,
        r#"{"is":"level","side":"BUY","price":"1","qty":"2"}"#,
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
