//! The log: do the same commands give the same bytes, however time passes in between?

use super::*;

/// A script of trading on generated prices, and everything it changed.
fn traded(waits_ms: &[u64]) -> Client {
    let mut client = Client::new(true);
    for wait in waits_ms {
        client.step(&format!("wait {wait}"));
    }
    for line in [
        "alice POST /api/v3/userDataStream",
        "alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.2",
        "alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.2&price=29900",
        "bob POST /fapi/v1/order symbol=ETHUSDT&side=SELL&type=MARKET&quantity=3",
        "bob POST /fapi/v1/order symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=9000&price=2100",
        "wait 5000",
        "alice DELETE /api/v3/openOrders symbol=BTCUSDT",
        "alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1",
        "local {\"do\":\"fund\"}",
        "fault {\"when\":{\"request\":\"POST /fapi/v1/order\"},\"fault\":{\"kind\":\"fill_before_ack\",\"ms\":1}}",
        "bob POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.1&price=30900",
        "wait 3000",
    ] {
        client.step(line);
    }
    client
}

/// Everything that can be asked, at a time.
fn truth(exchange: &mut Exchange, now_ns: u64) -> String {
    let targets = [
        ("/local/ledger", ""),
        ("/api/v3/depth", "symbol=BTCUSDT"),
        ("/fapi/v1/depth", "symbol=ETHUSDT"),
        ("/api/v3/trades", "symbol=BTCUSDT"),
        ("/fapi/v1/klines", "symbol=ETHUSDT&interval=1m"),
    ];
    let ask = |(path, query): &(&str, &str)| {
        let (path, query) = ((*path).to_owned(), (*query).to_owned());
        exchange
            .request(&Request { method: Method::Get, path, query, body: String::new(), key: None }, now_ns)
            .response
            .body
    };
    targets.iter().map(ask).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_commands_of_the_log_give_the_same_bytes_again() {
    let mut first = traded(&[2_500]);
    let mut again = Exchange::new(settings(true)).expect("usual settings");
    for command in &first.commands {
        again.replay(command).expect("it was logged");
    }
    assert!(first.commands.len() > 8, "{}", first.commands.len());
    assert_eq!(truth(&mut again, first.now_ns), truth(&mut first.exchange, first.now_ns));
}

#[test]
fn a_command_that_no_exchange_writes_is_refused_and_not_worked_off() {
    let first = traded(&[2_500]);
    let mut again = Exchange::new(settings(false)).expect("usual settings");
    again.replay(&first.commands[0]).expect("it was logged");
    let order = first.commands.iter().find(|command| command.path == "/api/v3/order").expect("there is one");
    for account in [0, 3, usize::MAX] {
        let told = again.replay(&Command { account, ..order.clone() });
        assert_eq!(told, Err(format!("account {account} of 2")));
    }
    for (time_ns, why) in [(u64::MAX / 4, "more than a year"), (u64::MAX, "later than any clock")] {
        let told = again.replay(&Command { time_ns, ..order.clone() });
        assert!(told.is_err_and(|told| told.contains(why)), "{time_ns}");
    }
    assert_eq!(again.replay(order), Ok(()));
}

#[test]
fn a_pause_between_two_runs_moves_no_price() {
    let mut first = traded(&[2_500]);
    let before = truth(&mut first.exchange, first.now_ns);
    let mut again = Exchange::new(settings(true)).expect("usual settings");
    for command in &first.commands {
        again.replay(command).expect("it was logged");
    }
    again.advance(first.now_ns);
    again.start(first.now_ns + 86_400_000 * MS);
    let books =
        |text: &str| text.lines().skip(1).map(|line| line.split("\"E\"").next().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(books(&truth(&mut again, first.now_ns + 86_400_000 * MS)), books(&before));
}

#[test]
fn time_that_passes_in_many_steps_or_in_one_leads_to_the_same() {
    let (mut many, mut one) = (traded(&[1, 99, 1, 250, 649, 1_500]), traded(&[2_500]));
    assert_eq!(truth(&mut many.exchange, many.now_ns), truth(&mut one.exchange, one.now_ns));
}

/// Records of a tape, in order.
struct Tape(std::vec::IntoIter<MarketInput>);

impl MarketSource for Tape {
    fn next_until(&mut self, until_ns: u64) -> Option<MarketInput> {
        let is_due = self.0.as_slice().first().is_some_and(|input| input.time_ns <= until_ns);
        if is_due { self.0.next() } else { None }
    }
}

#[test]
fn a_tape_fills_orders_that_stand_in_its_way() {
    let mut client = Client::new(false);
    let at = |ms: u64, change: MarketChange| MarketInput {
        time_ns: START_NS + ms * MS,
        product: Product::Spot,
        symbol: "BTCUSDT".to_owned(),
        change,
    };
    let text = |text: &str| text.to_owned();
    let quote = |bid: &str, ask: &str| MarketChange::Quote {
        bid: text(bid),
        bid_qty: text("2"),
        ask: text(ask),
        ask_qty: text("3"),
    };
    let trade =
        |price: &str, qty: &str| MarketChange::Trade { price: text(price), qty: text(qty), buyer_is_maker: true };
    let rows = vec![
        at(100, quote("29990", "30010")),
        at(1_000, trade("29990", "0.5")),
        at(1_500, trade("29995", "1.2")),
        at(2_000, quote("29970", "29980")),
    ];
    client.exchange.follow(Box::new(Tape(rows.into_iter())));
    let mut shown = Vec::new();
    for line in [
        "alice POST /api/v3/userDataStream",
        "open 1 /stream?streams=KEY/btcusdt@trade",
        "wait 200",
        "GET /api/v3/depth symbol=BTCUSDT",
        "alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29995&newClientOrderId=a",
        "alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29985&newClientOrderId=b",
        "wait 900",
        "wait 500",
        "wait 500",
    ] {
        shown.push(line.to_owned());
        shown.extend(client.step(line));
    }
    expect![[r#"
        alice POST /api/v3/userDataStream
          200 {}
        open 1 /stream?streams=KEY/btcusdt@trade
          opened true
        wait 200
        GET /api/v3/depth symbol=BTCUSDT
          200 {}
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29995&newClientOrderId=a
          200 {orderId:3,clientOrderId:a,price:29995.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:executionReport,s:BTCUSDT,c:a,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:3,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:outboundAccountPosition,u:1700000000200,B:[{a:BTC,f:10.00000000,l:0.00000000},{a:USDT,f:70005.00000000,l:29995.00000000}]}}
        alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29985&newClientOrderId=b
          200 {orderId:4,clientOrderId:b,price:29985.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:executionReport,s:BTCUSDT,c:b,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:4,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:outboundAccountPosition,u:1700000000200,B:[{a:BTC,f:10.00000000,l:0.00000000},{a:USDT,f:40020.00000000,l:59980.00000000}]}}
        wait 900
          1 <- {stream:btcusdt@trade,data:{e:trade,s:BTCUSDT,t:1,m:true}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:executionReport,s:BTCUSDT,c:a,S:BUY,f:GTC,P:0.00000000,C:,x:TRADE,X:PARTIALLY_FILLED,i:3,l:0.50000000,z:0.50000000,L:29995.00000000,t:1,m:true}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:outboundAccountPosition,u:1700000001000,B:[{a:BTC,f:10.49950000,l:0.00000000},{a:USDT,f:40020.00000000,l:44982.50000000}]}}
        wait 500
          1 <- {stream:btcusdt@trade,data:{e:trade,s:BTCUSDT,t:2,m:true}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:executionReport,s:BTCUSDT,c:a,S:BUY,f:GTC,P:0.00000000,C:,x:TRADE,X:FILLED,i:3,l:0.50000000,z:1.00000000,L:29995.00000000,t:2,m:true}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:outboundAccountPosition,u:1700000001500,B:[{a:BTC,f:10.99900000,l:0.00000000},{a:USDT,f:40020.00000000,l:29985.00000000}]}}
          1 <- {stream:btcusdt@trade,data:{e:trade,s:BTCUSDT,t:3,m:true}}
        wait 500
          1 <- {stream:btcusdt@trade,data:{e:trade,s:BTCUSDT,t:4,m:true}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:executionReport,s:BTCUSDT,c:b,S:BUY,f:GTC,P:0.00000000,C:,x:TRADE,X:FILLED,i:4,l:1.00000000,z:1.00000000,L:29985.00000000,t:4,m:true}}
          1 <- {stream:e9f387a84eb68c2ce0107a0e483705897ce5dac009fca7d05c93c3e5872d,data:{e:outboundAccountPosition,u:1700000002000,B:[{a:BTC,f:11.99800000,l:0.00000000},{a:USDT,f:40020.00000000,l:0.00000000}]}}"#]].assert_eq(&shown.join("\n"));
    let mut again = Exchange::new(settings(false)).expect("usual settings");
    client.commands.iter().for_each(|command| again.replay(command).expect("it was logged"));
    assert_eq!(truth(&mut again, client.now_ns), truth(&mut client.exchange, client.now_ns));
}
