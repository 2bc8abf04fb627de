//! Publishing: which message goes to which socket?
//!
//! In: happenings of the engines, changed books. Out: frames, in order. Must never: reorder what one account is told.

use serde_json::{Value, json};

use super::answer::{Frame, Outgoing, SocketId};
use super::exchange::Exchange;
use super::sockets::{Form, Label};
use super::{words, words_futures, words_spot};
use crate::amount::Amount;
use crate::matching::bars;
use crate::matching::book::Changes;
use crate::matching::happening::Happening;
use crate::matching::listing::Product;
use crate::matching::order::Side;

const PRODUCTS: [Product; 2] = [Product::Spot, Product::Futures];

/// What is about to be told, for faults to look at.
pub(super) struct Telling<'a> {
    pub(super) socket: SocketId,
    pub(super) stream: &'a str,
    pub(super) account: Option<usize>,
}

impl Exchange {
    /// Tells what happened since the last call.
    pub(super) fn publish(&mut self) {
        for product in PRODUCTS {
            for happening in std::mem::take(&mut self.engine_mut(product).happened) {
                self.publish_one(product, &happening);
            }
            self.publish_touches(product);
        }
    }

    fn publish_one(&mut self, product: Product, happening: &Happening) {
        let now_ms = self.now_ns / 1_000_000;
        match happening {
            Happening::Order { order, execution, cancel_id } => {
                let listing = &self.desk(product, order.wanted.listing).listing;
                let said = match product {
                    Product::Spot => words_spot::report(listing, order, execution, cancel_id),
                    Product::Futures => words_futures::report(listing, order, execution),
                };
                self.tell_user(product, order.wanted.account, &said);
            }
            Happening::Balances { account, balances } => {
                self.tell_user(product, *account, &words_spot::balances(balances, now_ms));
            }
            Happening::Transfer { account, asset, delta } => {
                self.tell_user(product, *account, &words_spot::transfer(asset, *delta, now_ms));
            }
            Happening::Positions { account, why, wallet, change, positions } => {
                let said = words_futures::update(&self.futures.desks, *why, (*wallet, *change), positions, now_ms);
                self.tell_user(product, *account, &said);
            }
            Happening::Leverage { account, listing, leverage } => {
                let said = words_futures::leverage(&self.desk(product, *listing).listing, *leverage, now_ms);
                self.tell_user(product, *account, &said);
            }
            Happening::Trade { listing, trade } => {
                self.traded.insert((product, *listing));
                if self.sockets.is_empty() {
                    return;
                }
                let symbol = &self.desk(product, *listing).listing;
                let mut said = json!({
                    "e": "trade", "E": trade.time_ms, "s": symbol.symbol, "t": trade.id, "p": symbol.price(trade.price),
                    "q": symbol.qty(trade.qty), "T": trade.time_ms, "m": trade.is_buyer_maker,
                });
                match product {
                    Product::Spot => said["M"] = json!(true),
                    Product::Futures => said["X"] = json!("MARKET"),
                }
                self.tell_market(product, *listing, &["trade"], &said);
            }
            Happening::Aggregate { listing, aggregate } => {
                if self.sockets.is_empty() {
                    return;
                }
                let symbol = &self.desk(product, *listing).listing;
                let mut said = json!({"e": "aggTrade", "E": aggregate.time_ms, "s": symbol.symbol});
                words_spot::extend(&mut said, &words::aggregate(symbol, aggregate));
                self.tell_market(product, *listing, &["aggTrade"], &said);
            }
        }
    }

    /// Best prices that are no longer what was told.
    fn publish_touches(&mut self, product: Product) {
        if self.sockets.is_empty() {
            return;
        }
        for listing in 0..self.engine(product).desks.len() {
            let desk = self.desk(product, listing);
            let touch = desk.book.touch();
            if self.touches.get(&(product, listing)).copied().unwrap_or_default() == touch {
                continue;
            }
            let [bid, ask] = touch.map(Option::unwrap_or_default);
            let symbol = &desk.listing;
            let mut said = json!({
                "u": desk.book.last(), "s": symbol.symbol, "b": symbol.price(bid.0), "B": symbol.qty(bid.1),
                "a": symbol.price(ask.0), "A": symbol.qty(ask.1),
            });
            if product == Product::Futures {
                let now_ms = self.now_ns / 1_000_000;
                words_spot::extend(&mut said, &json!({"e": "bookTicker", "E": now_ms, "T": now_ms}));
            }
            self.touches.insert((product, listing), touch);
            self.tell_market(product, listing, &["bookTicker"], &said);
            self.tell(product, "!bookTicker", &said);
        }
    }

    /// What is told at regular times: books ten times a second, and on full seconds the rest.
    pub(super) fn publish_regularly(&mut self, now_ms: u64) {
        for product in PRODUCTS {
            for listing in 0..self.engine(product).desks.len() {
                let changes = self.engine_mut(product).desks[listing].book.changes();
                if self.sockets.is_empty() {
                    continue;
                }
                if let Some(changes) = changes {
                    self.publish_book(product, listing, &changes, now_ms);
                }
                if self.traded.remove(&(product, listing)) {
                    self.publish_bars(product, listing, now_ms);
                }
                if now_ms.is_multiple_of(1_000) {
                    self.publish_seconds(product, listing, now_ms);
                }
            }
        }
    }

    fn publish_book(&mut self, product: Product, listing: usize, changes: &Changes, now_ms: u64) {
        let desk = self.desk(product, listing);
        let symbol = &desk.listing;
        let levels = |levels: &[(Amount, Amount)]| words::levels(symbol, levels.iter().copied());
        let mut said =
            json!({"e": "depthUpdate", "E": now_ms, "s": symbol.symbol, "U": changes.first, "u": changes.last});
        if product == Product::Futures {
            words_spot::extend(&mut said, &json!({"T": now_ms, "pu": changes.first - 1}));
        }
        said["b"] = levels(&changes.bids);
        said["a"] = levels(&changes.asks);
        let tops: Vec<Value> = [5, 10, 20]
            .iter()
            .map(|depth| {
                let (bids, asks) =
                    (desk.book.levels(Side::Buy).take(*depth), desk.book.levels(Side::Sell).take(*depth));
                let (bids, asks) = (words::levels(symbol, bids), words::levels(symbol, asks));
                match product {
                    Product::Spot => json!({"lastUpdateId": changes.last, "bids": bids, "asks": asks}),
                    Product::Futures => {
                        let mut top = said.clone();
                        (top["b"], top["a"]) = (bids, asks);
                        top
                    }
                }
            })
            .collect();
        self.tell_market(
            product,
            listing,
            &["depth", "depth@100ms", "depth@0ms", "depth@250ms", "depth@500ms", "depth@1000ms"],
            &said,
        );
        for (depth, top) in [5, 10, 20].iter().zip(&tops) {
            let names = ["", "@100ms", "@250ms", "@500ms", "@1000ms"].map(|speed| format!("depth{depth}{speed}"));
            self.tell_market(product, listing, &names.each_ref().map(String::as_str), top);
        }
    }

    fn publish_bars(&mut self, product: Product, listing: usize, now_ms: u64) {
        let prefix = format!("{}@kline_", self.desk(product, listing).listing.symbol.to_lowercase());
        let open = self.sockets.values().filter(|socket| socket.product == product);
        let asked = open.flat_map(|socket| &socket.names).filter_map(|name| name.strip_prefix(&prefix));
        let intervals: std::collections::BTreeSet<String> = asked.map(str::to_owned).collect();
        for interval in intervals {
            let Some(length_ms) = bars::length_ms(&interval) else { continue };
            let desk = self.desk(product, listing);
            let Some(bar) = desk.tape.bars.of(length_ms, now_ms.saturating_sub(length_ms)).pop() else { continue };
            let symbol = &desk.listing;
            let said = json!({"e": "kline", "E": now_ms, "s": symbol.symbol, "k": {
                "t": bar.open_ms, "T": bar.open_ms + length_ms - 1, "s": symbol.symbol, "i": interval,
                "f": bar.first, "L": bar.last, "o": symbol.price(bar.open), "c": symbol.price(bar.close),
                "h": symbol.price(bar.high), "l": symbol.price(bar.low), "v": symbol.qty(bar.qty), "n": bar.count,
                "x": now_ms >= bar.open_ms + length_ms, "q": bar.money.to_string(), "V": symbol.qty(bar.taker_qty),
                "Q": bar.taker_money.to_string(), "B": "0",
            }});
            self.tell(product, &format!("{prefix}{interval}"), &said);
        }
    }

    fn publish_seconds(&mut self, product: Product, listing: usize, now_ms: u64) {
        let desk = self.desk(product, listing);
        let (day, symbol) = (words::Day::of(desk, now_ms), &desk.listing);
        let mini = json!({
            "e": "24hrMiniTicker", "E": now_ms, "s": symbol.symbol, "c": symbol.price(day.last), "o": symbol.price(day.open),
            "h": symbol.price(day.high), "l": symbol.price(day.low), "v": symbol.qty(day.qty), "q": day.money.to_string(),
        });
        let mut full = mini.clone();
        words_spot::extend(
            &mut full,
            &json!({
                "e": "24hrTicker", "p": symbol.price(day.change()), "P": day.percent(), "w": symbol.price(day.average()),
                "Q": symbol.qty(day.last_qty), "O": day.open_ms, "C": now_ms, "F": day.first_id, "L": day.last_id, "n": day.count,
            }),
        );
        if product == Product::Spot {
            let touch = words::book_ticker(desk, now_ms);
            for (short, long) in [("b", "bidPrice"), ("B", "bidQty"), ("a", "askPrice"), ("A", "askQty")] {
                full[short] = touch[long].clone();
            }
            full["x"] = json!(symbol.price(day.open));
        }
        let mark = desk.mark().to_string();
        let premium = json!({
            "e": "markPriceUpdate", "E": now_ms, "s": symbol.symbol, "p": mark, "i": mark, "P": mark,
            "r": super::upkeep::FUNDING_RATE.to_string(),
            "T": now_ms - now_ms % super::upkeep::FUNDING_MS + super::upkeep::FUNDING_MS,
        });
        self.tell_market(product, listing, &["ticker"], &full);
        self.tell_market(product, listing, &["miniTicker"], &mini);
        self.tell(product, "!ticker@arr", &json!([full]));
        self.tell(product, "!miniTicker@arr", &json!([mini]));
        if product == Product::Futures {
            self.tell_market(product, listing, &["markPrice@1s"], &premium);
            self.tell(product, "!markPrice@arr@1s", &json!([premium]));
            if now_ms.is_multiple_of(3_000) {
                self.tell_market(product, listing, &["markPrice"], &premium);
                self.tell(product, "!markPrice@arr", &json!([premium]));
            }
        }
    }

    fn tell_market(&mut self, product: Product, listing: usize, kinds: &[&str], said: &Value) {
        let symbol = self.desk(product, listing).listing.symbol.to_lowercase();
        for kind in kinds {
            self.tell(product, &format!("{symbol}@{kind}"), said);
        }
    }

    /// To every socket that asked for a stream.
    fn tell(&mut self, product: Product, stream: &str, said: &Value) {
        let asked = self.sockets.iter().filter(|(_, open)| open.product == product && open.names.contains(stream));
        let found: Vec<(SocketId, Form)> = asked.map(|(socket, open)| (*socket, open.form)).collect();
        for (socket, form) in found {
            let wrapped = match form {
                Form::Combined => json!({"stream": stream, "data": said}),
                Form::Raw | Form::Api => said.clone(),
            };
            self.deliver(&Telling { socket, stream, account: None }, said, wrapped);
        }
    }

    /// To every socket that hears of an account.
    pub(super) fn tell_user(&mut self, product: Product, account: usize, said: &Value) {
        let of = |(socket, open): (&SocketId, &super::sockets::Socket)| {
            let (socket, form) = (*socket, open.form);
            let hears = open.listens.iter().filter(|one| one.product == product && one.account == account);
            hears.map(|one| (socket, form, one.label.clone())).collect::<Vec<_>>()
        };
        let found: Vec<_> = self.sockets.iter().flat_map(of).collect();
        for (socket, form, label) in found {
            let (stream, wrapped) = match (label, form) {
                (Label::Subscription(number), _) => (String::new(), json!({"subscriptionId": number, "event": said})),
                (Label::Key(key), Form::Combined) => (key.clone(), json!({"stream": key, "data": said})),
                (Label::Key(key), Form::Raw | Form::Api) => (key, said.clone()),
            };
            self.deliver(&Telling { socket, stream: &stream, account: Some(account) }, said, wrapped);
        }
    }

    /// A frame that no fault touches.
    pub(super) fn push(&mut self, socket: SocketId, frame: Frame) {
        self.outgoing.push(Outgoing { socket, frame });
    }
}
