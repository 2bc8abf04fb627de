//! Markets: what is reported of trades, touches and books?

use expect_test::{Expect, expect};
use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::StreamKind;

use crate::bench::{Bench, settings};

#[track_caller]
fn check(product: Product, script: &str, want: Expect) {
    let mut settings = settings(product);
    settings.instruments[0].streams.extend([StreamKind::Mark, StreamKind::Bars]);
    want.assert_eq(&Bench::up(settings).play(script));
}

#[test]
fn trades_touches_marks_and_bars_become_reports() {
    check(
        Product::UsdM,
        r#"
        books {"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"99.50","q":"1.5","T":1700000000001,"m":true}}
        books {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1700000000002,"E":1}}
        books {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":11,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1700000000003,"E":1}}
        books {"e":"markPriceUpdate","E":1700000000000,"s":"BTCUSDT","p":"99.51234567","r":"0.00010000","T":1700003600000}
        books {"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1700000000000,"T":1700000059999,"s":"BTCUSDT","i":"1m","o":"1.00","c":"2.00","h":"3.00","l":"0.50","v":"7.0","x":false}}
        books {"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1700000000000,"T":1700000059999,"s":"BTCUSDT","i":"1m","o":"1.00","c":"2.00","h":"3.00","l":"0.50","v":"7.0","x":true}}
        books {"e":"somethingNew","s":"BTCUSDT"}
        books {"e":"trade","E":1,"s":"OTHER","t":5,"p":"99.50","q":"1.5","T":1,"m":true}
        "#,
        expect![[r#"
            books {"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"99.50","q":"1.5","T":1700000000001,"m":true}}
                = trade 15@9950
            books {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1700000000002,"E":1}}
                = quote 30@9940 40@9960
            books {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":11,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1700000000003,"E":1}}
            books {"e":"markPriceUpdate","E":1700000000000,"s":"BTCUSDT","p":"99.51234567","r":"0.00010000","T":1700003600000}
                = MarkPrice
                = FundingRate
            books {"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1700000000000,"T":1700000059999,"s":"BTCUSDT","i":"1m","o":"1.00","c":"2.00","h":"3.00","l":"0.50","v":"7.0","x":false}}
            books {"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1700000000000,"T":1700000059999,"s":"BTCUSDT","i":"1m","o":"1.00","c":"2.00","h":"3.00","l":"0.50","v":"7.0","x":true}}
                = Bar
            books {"e":"somethingNew","s":"BTCUSDT"}
            books {"e":"trade","E":1,"s":"OTHER","t":5,"p":"99.50","q":"1.5","T":1,"m":true}"#]],
    );
}

#[test]
fn a_touch_of_spot_has_neither_kind_nor_time() {
    check(
        Product::Spot,
        r#"books {"u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0"}"#,
        expect![[r#"
            books {"u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0"}
                = quote 30@9940 40@9960"#]],
    );
}

#[test]
fn a_book_begins_with_a_snapshot_and_follows_the_changes() {
    check(
        Product::Spot,
        r#"
        books {"e":"depthUpdate","E":1,"s":"BTCUSDT","U":11,"u":12,"b":[["99.00","1.0"]],"a":[]}
        <- GET depth 200 {"lastUpdateId":10,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}
        books {"e":"depthUpdate","E":1,"s":"BTCUSDT","U":13,"u":13,"b":[["98.00","0"]],"a":[["101.00","4.0"]]}
        "#,
        expect![[r#"
            books {"e":"depthUpdate","E":1,"s":"BTCUSDT","U":11,"u":12,"b":[["99.00","1.0"]],"a":[]}
                > GET /api/v3/depth?symbol=BTCUSDT&limit=1000
            <- GET depth 200 {"lastUpdateId":10,"bids":[["98.00","2.0"]],"asks":[["101.00","3.0"]]}
                = book clear
                = book buy 20@9800
                = book sell 30@10100 last
                = book buy 10@9900 last
            books {"e":"depthUpdate","E":1,"s":"BTCUSDT","U":13,"u":13,"b":[["98.00","0"]],"a":[["101.00","4.0"]]}
                = book buy 0@9800
                = book sell 40@10100 last"#]],
    );
}
