//! Breaks: what is asked for after one, and what is told at the end?

use expect_test::{Expect, expect};
use ringfence_binance::codec::failure::Product;

use crate::bench::{Bench, settings};

#[track_caller]
fn check(product: Product, script: &str, want: Expect) {
    want.assert_eq(&Bench::up(settings(product)).play(script));
}

/// Whoever hears that it is up asks what was missed, and may not do so before the account is heard again.
#[test]
fn an_account_is_up_once_its_subscription_is_confirmed_and_not_when_it_is_connected() {
    check(
        Product::Spot,
        r#"
        user lost
        at 12
        at 14
        user opened
        ask fills 0
        "#,
        expect![[r#"
            user lost
                ! Disconnected(User)
                = VenueDown
            at 12
                > connect ws://venue
                > disconnect user
                ! Disconnected(User)
                > connect ws://venue
            at 14
            user opened
                > subscribe
                = VenueUp
            ask fills 0
                > GET /api/v3/myTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000"#]],
    );
}

#[test]
fn fills_that_nobody_told_are_had_when_the_session_asks_for_them_however_long_ago_they_were() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        user lost
        at 2
        <- POST listenKey 200 {"listenKey":"a-key"}
        user opened
        ask orders
        <- GET openOrders 200 []
        ask order 1
        <- GET order 200 (order $1 FILLED buy 5.0 @99.00 5.0)
        ask fills 0
        <- GET userTrades 200 [{"symbol":"BTCUSDT","id":8,"orderId":101,"price":"99.00","qty":"5.0","commission":"0.01","commissionAsset":"USDT","time":1699999000000,"buyer":true,"maker":true}]
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            user lost
                ! Disconnected(User)
                = VenueDown
            at 2
                > POST /fapi/v1/listenKey
            <- POST listenKey 200 {"listenKey":"a-key"}
                > connect ws://venue/ws/(key)
            user opened
                = VenueUp
            ask orders
                > GET /fapi/v1/openOrders
            <- GET openOrders 200 []
                $ 5 Complete
            ask order 1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            <- GET order 200 (order $1 FILLED buy 5.0 @99.00 5.0)
                = reported 1/1 FILLED buy 50@9900 filled 50
                ? A-MISMATCH 50
                $ 5 Complete
            ask fills 0
                > GET /fapi/v1/userTrades?symbol=BTCUSDT&startTime=1700000000000&limit=1000
            <- GET userTrades 200 [{"symbol":"BTCUSDT","id":8,"orderId":101,"price":"99.00","qty":"5.0","commission":"0.01","commissionAsset":"USDT","time":1699999000000,"buyer":true,"maker":true}]
                = filled 1/1 buy 50@9900 maker fee 0.01 leaves 0
                $ 5 Complete"#]],
    );
}

#[test]
fn a_market_that_is_quiet_after_a_break_is_asked_for_and_not_stale_for_ever() {
    check(
        Product::UsdM,
        r#"
        books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
        books lost
        at 1
        books opened
        at 6
        <- GET bookTicker 200 {"symbol":"BTCUSDT","bidPrice":"98.00","bidQty":"1.0","askPrice":"98.10","askQty":"1.0","time":1}
        "#,
        expect![[r#"
            books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
                = quote 30@9940 40@9960
            books lost
                = FeedStale
                ! Disconnected(Books)
            at 1
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
            books opened
            at 6
                > GET /fapi/v1/ticker/bookTicker?symbol=BTCUSDT
            <- GET bookTicker 200 {"symbol":"BTCUSDT","bidPrice":"98.00","bidQty":"1.0","askPrice":"98.10","askQty":"1.0","time":1}
                = FeedRecovered
                = quote 10@9800 10@9810"#]],
    );
}

#[test]
fn a_trade_after_a_break_does_not_make_an_old_touch_fresh() {
    check(
        Product::UsdM,
        r#"
        books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
        books lost
        at 1
        books opened
        books {"e":"trade","E":1700000000002,"T":1700000000002,"s":"BTCUSDT","t":7,"p":"98.00","q":"1.0","X":"MARKET","m":true}
        books {"e":"bookTicker","u":12,"s":"BTCUSDT","b":"98.00","B":"3.0","a":"98.10","A":"4.0","T":1,"E":1}
        "#,
        expect![[r#"
            books {"e":"bookTicker","u":10,"s":"BTCUSDT","b":"99.40","B":"3.0","a":"99.60","A":"4.0","T":1,"E":1}
                = quote 30@9940 40@9960
            books lost
                = FeedStale
                ! Disconnected(Books)
            at 1
                > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
            books opened
            books {"e":"trade","E":1700000000002,"T":1700000000002,"s":"BTCUSDT","t":7,"p":"98.00","q":"1.0","X":"MARKET","m":true}
                = trade 10@9800
            books {"e":"bookTicker","u":12,"s":"BTCUSDT","b":"98.00","B":"3.0","a":"98.10","A":"4.0","T":1,"E":1}
                = FeedRecovered
                = quote 30@9800 40@9810"#]],
    );
}

#[test]
fn what_takes_the_place_of_a_post_only_order_is_one() {
    check(
        Product::Spot,
        r#"
        buy 5 @99.00 post
        <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
        amend 1 7 @98.00
        "#,
        expect![[r#"
            buy 5 @99.00 post
                > POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=FULL
            <- POST order 200 (order $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            amend 1 7 @98.00
                > POST /api/v3/order/cancelReplace?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&price=98.00&quantity=7.0&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&cancelOrigClientOrderId=$1&newClientOrderId=$1-aaaaaaaac&newOrderRespType=FULL"#]],
    );
}

#[test]
fn at_the_end_a_question_about_an_order_fails_and_an_order_that_was_told_is_not_unknown() {
    check(
        Product::UsdM,
        r#"
        buy 5 @99.00
        user (update NEW $1 NEW buy 5.0 @99.00 0)
        ask order 1
        close
        "#,
        expect![[r#"
            buy 5 @99.00
                > POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.00&quantity=5.0&newClientOrderId=$1&newOrderRespType=RESULT
            user (update NEW $1 NEW buy 5.0 @99.00 0)
                = accepted 1/1
            ask order 1
                > GET /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=$1
            close
                > DELETE /fapi/v1/listenKey
                > disconnect books
                > disconnect user
                $ 5 Failed("the adapter was closed")
                = VenueDown
                > ended"#]],
    );
}

/// How often the venue has to say that it has no order, which went out at least `sent` seconds before it was asked, and how
/// many seconds pass until that is certain.
fn until_certain(product: Product, sent: u64) -> (u32, u32) {
    let mut bench = Bench::up(settings(product));
    let absent = "<- GET order 400 {\"code\":-2013,\"msg\":\"Order does not exist.\"}";
    let mut length = 0;
    let mut play = |script: &str| {
        let shown = bench.play(script).split_off(length);
        length += shown.len();
        shown
    };
    let mut shown = play(&format!("ask order 1 sent {sent}"));
    let (mut times, mut second) = (0, 0);
    while second < 60 {
        if shown.contains("/order?symbol=") {
            times += 1;
            shown = play(absent);
            if shown.contains("transmit-refused submit 1/1") {
                assert!(shown.contains("$ 5 Complete"), "{shown}");
                return (times, second);
            }
        } else {
            second += 1;
            shown = play(&format!("at {second}"));
        }
    }
    panic!("never: {shown}");
}

#[test]
fn an_order_that_went_out_long_before_the_venue_was_asked_is_absent_at_its_first_word() {
    for product in [Product::Spot, Product::UsdM] {
        assert_eq!(until_certain(product, 10), (1, 0), "the time for which it could be taken is over");
        assert_eq!(until_certain(product, 3_600), (1, 0));
        // What is younger, or of no known age, is asked for several times, and ten seconds have to go by since it left.
        let [unknown, young, old] = [0, 4, 9].map(|sent| until_certain(product, sent));
        assert!(unknown.0 >= 3 && unknown.1 >= 10, "{unknown:?}");
        assert!(young.0 >= 3 && (6..=unknown.1).contains(&young.1), "{young:?}, {unknown:?}");
        assert!(old.0 >= 3 && old.1 >= 1 && old.1 < unknown.1, "{old:?}, {unknown:?}");
    }
}

#[test]
fn the_first_word_counts_only_while_the_stream_of_the_account_lives() {
    let mut bench = Bench::up(settings(Product::UsdM));
    let absent = "<- GET order 400 {\"code\":-2013,\"msg\":\"Order does not exist.\"}";
    let shown = bench.play(&format!("user lost\nask order 1 sent 3600\n{absent}"));
    assert!(!shown.contains("transmit-refused"), "{shown}");
}
