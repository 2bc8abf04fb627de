//! A short session at an exchange on this machine: comes up, listens, places, amends and cancels orders, takes liquidity, asks,
//! and goes. Prints what is said.
//!
//! `cargo run -p ringfence-binance --example session -- spot http://127.0.0.1:8500 ws://127.0.0.1:8500 alice-key alice-secret`

use std::time::Duration;

use ringfence_binance::BinanceAdapter;
use ringfence_binance::codec::failure::Product;
use ringfence_binance::codec::{HmacSigner, Secret};
use ringfence_binance::protocol::{Hosts, Listed, Settings, StreamKind, UserStream};
use ringfence_core::event::{EventKind, MarginMode, Quote, Report};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, IntentId, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Amend, IntentKind, OrderType, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::text::describe;
use ringfence_venue::{EmergencyCancel, Query, QueryId, Said, Setting, VenueAdapter as _};

const HERE: (VenueId, AccountId) = (VenueId(1), AccountId(1));
const INSTRUMENT: InstrumentId = InstrumentId(1);

struct Session {
    adapter: BinanceAdapter,
    desk: Desk,
    touch: Quote,
    /// Reports of markets are counted, not shown.
    market: std::collections::BTreeMap<&'static str, u64>,
    answered: u64,
}

impl Session {
    /// Hears what is said for some time.
    async fn listen(&mut self, ms: u64) {
        let until = tokio::time::Instant::now() + Duration::from_millis(ms);
        while let Ok(Some(said)) = tokio::time::timeout_at(until, self.adapter.next()).await {
            match said {
                Said::Report(report) => self.hear(&report).await,
                Said::Answered(id, answer) => {
                    self.answered += 1;
                    println!("  $ {} {answer:?}", id.0);
                }
            }
        }
    }

    async fn hear(&mut self, report: &Report) {
        if let EventKind::Quote(quote) = report.kind {
            self.touch = quote;
        }
        if report.kind.is_market() {
            *self.market.entry(report.kind.name()).or_default() += 1;
        } else {
            println!("  = {}", describe(report));
        }
        for command in self.desk.tell(report) {
            self.adapter.send(command).await;
        }
    }

    async fn wish(&mut self, what: &str, wish: IntentKind) {
        println!("{what}");
        let commands = self.desk.ask(StrategyId(1), wish);
        if commands.is_empty() {
            println!("  (the core lets nothing out: {:?})", self.desk.decisions().last().map(|one| &one.kind));
        }
        for command in commands {
            self.adapter.send(command).await;
        }
        self.listen(700).await;
    }

    async fn ask(&mut self, what: &str, query: Query) {
        println!("{what}");
        self.adapter.ask(QueryId(self.answered + 1), query).await;
        self.listen(500).await;
    }
}

fn settings(product: Product, rest: &str, streams: &str) -> Settings {
    let mut hosts = Hosts::local(rest, streams);
    let user_stream = match product {
        Product::Spot => {
            hosts.user = format!("{streams}/ws-api/v3");
            UserStream::Subscription
        }
        Product::UsdM => {
            hosts.books = format!("{streams}/public");
            hosts.trades = format!("{streams}/market");
            hosts.user = format!("{streams}/private");
            UserStream::ListenKey
        }
    };
    let mut settings = Settings::new(product, hosts, HERE, SessionId([7; 16]));
    settings.user_stream = user_stream;
    let mut streams = vec![StreamKind::Touch, StreamKind::Depth, StreamKind::AggTrades];
    if product == Product::UsdM {
        streams.push(StreamKind::Mark);
    }
    settings.instruments = vec![Listed { instrument: instrument(), symbol: "BTCUSDT".to_owned(), streams }];
    settings.currencies = vec![("USDT".to_owned(), CurrencyId(1)), ("BTC".to_owned(), CurrencyId(2))];
    settings
}

fn instrument() -> ringfence_core::instrument::Instrument {
    let definition = desk::instrument(1, (2, 5));
    ringfence_core::instrument::Instrument { tick: 10, lot: 100, qty_min: Qty(100), ..definition }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [product, rest, streams, key, secret] = arguments.as_slice() else {
        return Err("want: spot|futures REST-ADDRESS STREAM-ADDRESS KEY SECRET".into());
    };
    let product = if product == "spot" { Product::Spot } else { Product::UsdM };
    let signer = HmacSigner::new(Secret::new(key.clone()), Secret::new(secret.clone()));
    let mut adapter = BinanceAdapter::local(settings(product, rest, streams), Box::new(signer))?;
    let mut notices = adapter.notices().ok_or("notices are taken once")?;
    tokio::spawn(async move {
        while let Some(notice) = notices.recv().await {
            println!("  ! {notice:?}");
        }
    });
    let desk = Desk::open(&[instrument()]);
    let mut session =
        Session { adapter, desk, touch: Quote::default(), market: std::collections::BTreeMap::new(), answered: 0 };
    run(&mut session, product).await;
    Ok(())
}

async fn run(session: &mut Session, product: Product) {
    println!("open");
    session.listen(2_500).await;
    let (bid, ask) = (session.touch.bid_price, session.touch.ask_price);
    println!("touch {} {}", bid.0, ask.0);
    if product == Product::UsdM {
        println!("set");
        session.adapter.set(QueryId(101), (AccountId(1), INSTRUMENT), Setting::Leverage(500)).await;
        session.adapter.set(QueryId(102), (AccountId(1), INSTRUMENT), Setting::MarginMode(MarginMode::Cross)).await;
        session.listen(700).await;
    }
    let low = Price(bid.0 - bid.0 / 50 - (bid.0 - bid.0 / 50) % 10);
    let limit = |price, post_only| Submit { post_only, ..Submit::limit(INSTRUMENT, Side::Buy, Qty(1_000), price) };
    session.wish("buy at a low price", IntentKind::Submit(limit(low, true))).await;
    let amend = Amend { order: IntentId(1), price: Some(Price(low.0 + 10)), qty: Some(Qty(1_000)), trigger: None };
    session.wish("amend it", IntentKind::Amend(amend)).await;
    session.wish("cancel it", IntentKind::Cancel(IntentId(1))).await;
    session.wish("cancel it again", IntentKind::Cancel(IntentId(1))).await;
    let market = Submit {
        order_type: OrderType::Market,
        limit_price: None,
        tif: TimeInForce::Ioc,
        ..Submit::limit(INSTRUMENT, Side::Buy, Qty(1_000), Price(0))
    };
    session.wish("buy at the market", IntentKind::Submit(market)).await;
    session.wish("post where it would take", IntentKind::Submit(limit(Price(ask.0 + 1_000 - ask.0 % 10), true))).await;
    session.wish("buy at a low price", IntentKind::Submit(limit(low, false))).await;
    println!("kill");
    session.adapter.send_emergency(EmergencyCancel::account(HERE.0, HERE.1)).await;
    session.listen(700).await;
    session.ask("open orders", Query::OpenOrders(HERE.1)).await;
    session.ask("fills", Query::FillsSince { account: HERE.1, instrument: INSTRUMENT, since: TimeNs(0) }).await;
    session.ask("positions", Query::Positions(HERE.1)).await;
    session.ask("balances", Query::Balances(HERE.1)).await;
    session.ask("margin", Query::Margin { account: HERE.1, instrument: INSTRUMENT }).await;
    session.ask("instruments", Query::Instruments).await;
    session.ask("time", Query::Time).await;
    println!("rates {:?}", session.adapter.rates());
    session.adapter.close().await;
    session.listen(300).await;
    println!("market {:?}", session.market);
}
