//! Local requests: how do people and tests act on the exchange itself?
//!
//! In: `/local/...` requests without a key. Out: the exchange's own truth, and changes of its market. Must never: be
//! mistaken for a path of the real exchange.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Method, Request, Response};
use super::exchange::Exchange;
use super::fault::{ApiFault, refused};
use super::local_values::{above_zero, each, not_below_zero, possible, side_of};
use super::orders::prevention_named;
use crate::accounts::HOUSE;
use crate::amount::Amount;
use crate::faults::Script;
use crate::flow::MarketInput;
use crate::log::Command;
use crate::matching::happening::{Happening, Why};
use crate::matching::listing::{Product, Status};
use crate::matching::order::{Force, Kind, Order, Prevention, Side, Wanted};

/// Path under which changes of the market are logged.
pub(super) const MARKET: &str = "/local/market";

/// What can be done to the market from outside.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Act {
    /// The house's quantity at a price.
    Place { product: Product, symbol: String, side: String, price: Amount, qty: Amount },
    /// Somebody outside trades.
    Trade { product: Product, symbol: String, side: String, price: Amount, qty: Amount },
    /// An account's order that its program did not send, and what it does where it meets one that the program did send.
    Order {
        product: Product,
        account: String,
        symbol: String,
        side: String,
        price: Amount,
        qty: Amount,
        prevention: Option<String>,
    },
    /// Takes back an order that its program did not cancel.
    Cancel { product: Product, order: u64 },
    /// As `Cancel`, of every open order of an account.
    CancelAll { product: Product, account: String },
    /// Money comes, or goes with a sign.
    Transfer { product: Product, account: String, asset: String, amount: Amount },
    /// A symbol stops or goes on.
    Status { product: Product, symbol: String, status: Status },
    /// A symbol gets other rules.
    Filter {
        product: Product,
        symbol: String,
        tick: Option<Amount>,
        step: Option<Amount>,
        qty_min: Option<Amount>,
        notional_min: Option<Amount>,
    },
    /// Ends every listen key.
    ExpireKeys {},
    /// Fundings are due now.
    Fund {},
    /// Fills an order with the house beyond all rules: after it ended, or more than it wanted.
    Fill { product: Product, order: u64, qty: Amount },
    /// A record of a tape.
    Follow { product: Product, symbol: String, change: crate::flow::MarketChange },
}

impl Exchange {
    pub(super) fn local(&mut self, request: &Request, now_ns: u64) -> Response {
        let result = match (request.method, request.path.as_str()) {
            (Method::Get, "/local" | "/local/") => Ok(self.about()),
            (Method::Get, "/local/ledger") => Ok(self.ledger()),
            (Method::Get, "/local/faults") => Ok(self.faults.said()),
            (Method::Post, "/local/faults") => self.more_faults(&request.body),
            (Method::Delete, "/local/faults") => {
                self.faults.clear();
                self.skew_ms = 0;
                Ok(json!({}))
            }
            (Method::Post, MARKET) => self.market_command(&request.body, now_ns),
            (Method::Get | Method::Post | Method::Put | Method::Delete, path) => {
                Err(ApiFault::unread_path(path, request.method.name()))
            }
        };
        self.publish();
        let headers = Vec::new();
        match result {
            Ok(body) => Response { status: 200, headers, body: body.to_string() },
            Err(fault) => Response { status: fault.status, headers, body: fault.body().to_string() },
        }
    }

    fn about(&self) -> Value {
        let listings = |product| {
            let desks = self.engine(product).desks.iter();
            desks.map(|desk| desk.listing.symbol.clone()).collect::<Vec<_>>()
        };
        json!({
            "what": "a local exchange for development; nothing here is real",
            "time": self.now_ns / 1_000_000, "seed": self.seed,
            "spot": listings(Product::Spot), "futures": listings(Product::Futures),
            "accounts": self.users.iter().map(|user| json!({"name": user.name, "key": user.key})).collect::<Vec<_>>(),
            "sockets": self.sockets.len(),
            "paths": {
                "GET /local/ledger": "accounts, orders, fills and positions as they are",
                "POST /local/market": "place, trade, order, cancel, cancel_all, transfer, status, filter, expire_keys, fund, fill",
                "POST /local/faults": "adds rules of faults; GET shows them, DELETE ends them",
            },
        })
    }

    fn more_faults(&mut self, body: &str) -> Result<Value, ApiFault> {
        let script = Script::parse_json(body).map_err(|fault| ApiFault::new(-1130, fault.to_string()))?;
        self.faults.add(script);
        Ok(self.faults.said())
    }

    /// The exchange's own truth.
    fn ledger(&self) -> Value {
        let users = self.users.iter().enumerate().map(|(at, user)| {
            let account = at + 1;
            json!({
                "name": user.name,
                "spot": self.product_said(Product::Spot, account, self.spot_money(account)),
                "futures": self.product_said(Product::Futures, account, self.futures_money(account)),
            })
        });
        json!({"time": self.now_ns / 1_000_000, "accounts": users.collect::<Vec<_>>()})
    }

    fn product_said(&self, product: Product, account: usize, money: Value) -> Value {
        let engine = self.engine(product);
        let orders = engine.orders_of(account).map(|order| self.order_said(product, order));
        let fills = engine.fills.iter().filter(|fill| fill.account == account).map(|fill| {
            json!({
                "symbol": engine.desks[fill.listing].listing.symbol, "trade": fill.trade, "order": fill.order,
                "side": fill.side.name(), "price": fill.price.to_string(), "qty": fill.qty.to_string(),
                "fee": fill.fee.to_string(), "fee_asset": fill.fee_asset, "is_maker": fill.is_maker,
                "profit": fill.profit.to_string(), "time": fill.time_ms,
            })
        });
        json!({"money": money, "orders": orders.collect::<Vec<_>>(), "fills": fills.collect::<Vec<_>>()})
    }

    fn spot_money(&self, account: usize) -> Value {
        let balances = self.spot.ledger.wallets[account].balances.iter();
        let said = balances.map(|(asset, balance)| {
            (asset.clone(), json!({"free": balance.free.to_string(), "locked": balance.locked.to_string()}))
        });
        Value::Object(said.collect())
    }

    fn futures_money(&self, account: usize) -> Value {
        let margin = &self.futures.ledger.margins[account];
        let positions = margin.positions.values().map(|position| {
            json!({
                "symbol": self.futures.desks[position.listing].listing.symbol, "qty": position.qty.to_string(),
                "entry": position.entry().to_string(), "realised": position.realised.to_string(), "leverage": position.leverage,
            })
        });
        json!({"wallet": margin.wallet.to_string(), "positions": positions.collect::<Vec<_>>()})
    }

    /// Does something to the market, and notes it for the log.
    pub(super) fn market_command(&mut self, body: &str, now_ns: u64) -> Result<Value, ApiFault> {
        let act: Act = serde_json::from_str(body).map_err(|fault| ApiFault::new(-1130, fault.to_string()))?;
        let said = self.act(act, now_ns)?;
        let params = vec![("command".to_owned(), body.to_owned())];
        self.commands.push(Command {
            time_ns: now_ns,
            method: Method::Post,
            path: MARKET.to_owned(),
            account: HOUSE,
            params,
        });
        Ok(said)
    }

    fn act(&mut self, act: Act, now_ns: u64) -> Result<Value, ApiFault> {
        let now_ms = now_ns / 1_000_000;
        match act {
            Act::Place { product, symbol, side, price, qty } => {
                above_zero("price", price)?;
                not_below_zero("qty", qty)?;
                let (listing, side) = (self.symbol(product, &symbol)?, side_of(&side)?);
                self.engine_mut(product).set_house_level(listing, (side, price), qty, now_ms);
            }
            Act::Trade { product, symbol, side, price, qty } => {
                above_zero("price", price)?;
                above_zero("qty", qty)?;
                let (listing, side) = (self.symbol(product, &symbol)?, side_of(&side)?);
                let left = self.engine_mut(product).house_takes(listing, (side, price), qty, now_ms);
                return Ok(json!({"traded": (qty - left).to_string()}));
            }
            Act::Order { product, account, symbol, side, price, qty, prevention } => {
                let prevention = prevention_named(prevention.as_deref())?;
                let (account, side) = (self.named_account(&account)?, side_of(&side)?);
                let wanted = Foreign { account, side, price, qty, prevention };
                return self.foreign_order(product, &symbol, &wanted, now_ms);
            }
            Act::Cancel { product, order } => {
                let canceled = self.engine_mut(product).cancel(order, "", now_ms);
                canceled.map_err(|why| refused(product, why))?;
            }
            Act::CancelAll { product, account } => {
                let account = self.named_account(&account)?;
                self.cancel_open(product, account, None, now_ms);
            }
            Act::Transfer { product, account, asset, amount } => {
                let account = self.named_account(&account)?;
                self.transfer(product, account, &asset, amount);
            }
            Act::Status { product, symbol, status } => {
                let listing = self.symbol(product, &symbol)?;
                self.engine_mut(product).set_status(listing, status);
            }
            Act::Filter { product, symbol, tick, step, qty_min, notional_min } => {
                self.set_filter((product, &symbol), (tick, step), (qty_min, notional_min))?;
            }
            Act::ExpireKeys {} => {
                for key in self.keys.expired(u64::MAX) {
                    self.tell_expired(&key, now_ms);
                }
            }
            Act::Fund {} => self.fund(now_ms),
            Act::Fill { product, order, qty } => {
                let engine = self.engine_mut(product);
                let is_known = engine.orders.get(&order).is_some_and(|one| one.wanted.account != HOUSE);
                above_zero("qty", qty)?;
                if !is_known {
                    return Err(ApiFault::no_order());
                }
                engine.force_fill(order, qty, now_ms);
            }
            Act::Follow { product, symbol, change } => {
                self.symbol(product, &symbol)?;
                possible(&change)?;
                let input = MarketInput { time_ns: now_ns, product, symbol, change };
                let followed = self.engine_mut(product).follow(&input);
                followed.map_err(|fault| ApiFault::new(-1130, fault.to_string()))?;
            }
        }
        Ok(json!({}))
    }

    /// Rules of a symbol: those of size above nothing, then the smallest order. What is not given stays.
    fn set_filter(
        &mut self,
        (product, symbol): (Product, &str),
        (tick, step): (Option<Amount>, Option<Amount>),
        (qty_min, notional_min): (Option<Amount>, Option<Amount>),
    ) -> Result<(), ApiFault> {
        each(above_zero, [("tick", tick), ("step", step)])?;
        each(not_below_zero, [("qty_min", qty_min), ("notional_min", notional_min)])?;
        let at = self.symbol(product, symbol)?;
        let listing = &mut self.engine_mut(product).desks[at].listing;
        listing.tick = tick.unwrap_or(listing.tick);
        listing.step = step.unwrap_or(listing.step);
        listing.qty_min = qty_min.unwrap_or(listing.qty_min);
        listing.notional_min = notional_min.unwrap_or(listing.notional_min);
        Ok(())
    }

    /// Lets a record of a tape happen; one that is malformed is left out.
    pub(super) fn follow_input(&mut self, input: &MarketInput) {
        let act = json!({"do": "follow", "product": product_name(input.product), "symbol": input.symbol, "change": input.change});
        drop(self.market_command(&act.to_string(), input.time_ns));
    }

    fn transfer(&mut self, product: Product, account: usize, asset: &str, amount: Amount) {
        match product {
            Product::Spot => {
                self.spot.ledger.transfer_spot(account, asset, amount);
                let balance = self.spot.ledger.wallets[account].balance(asset);
                let balances = vec![(asset.to_owned(), balance.free, balance.locked)];
                self.spot.happened.push(Happening::Transfer { account, asset: asset.to_owned(), delta: amount });
                self.spot.happened.push(Happening::Balances { account, balances });
            }
            Product::Futures => self.move_futures(account, &[], amount, Why::Transfer),
        }
    }

    fn foreign_order(&mut self, product: Product, symbol: &str, of: &Foreign, now_ms: u64) -> Result<Value, ApiFault> {
        let listing = self.symbol(product, symbol)?;
        let engine = self.engine_mut(product);
        let wanted = Wanted {
            listing,
            account: of.account,
            client: format!("web_{}", engine.next_order()),
            side: of.side,
            kind: Kind::Limit,
            force: Force::Gtc,
            price: of.price,
            qty: of.qty,
            money: Amount::ZERO,
            stop: Amount::ZERO,
            is_reducing: false,
            prevention: of.prevention,
        };
        let id = engine.submit(wanted, now_ms).map_err(|why| refused(product, why))?;
        let order: &Order = &self.engine(product).orders[&id];
        Ok(self.order_said(product, order))
    }
}

/// An order that an account's program did not send.
struct Foreign {
    account: usize,
    side: Side,
    price: Amount,
    qty: Amount,
    prevention: Prevention,
}

pub(super) fn product_name(product: Product) -> &'static str {
    match product {
        Product::Spot => "spot",
        Product::Futures => "futures",
    }
}
