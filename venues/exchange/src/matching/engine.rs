//! The engine of one product: what becomes of an order?
//!
//! In: checked wishes of accounts, with a time. Out: happenings, in order. Must never: know the protocol, or read a clock.
//!
//! Invariant: an order is in the book of its symbol exactly while it is open and working.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, Resting};
use super::checks::{self, Refused, Seen};
use super::happening::{Execution, Fill, Happening};
use super::listing::{Listing, Product, Status};
use super::order::{Force, Kind, Order, Side, State, Wanted};
use super::tape::Tape;
use crate::accounts::{HOUSE, Ledger};
use crate::amount::Amount;

/// One symbol: rules, book and trades.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) listing: Listing,
    pub(crate) book: Book,
    pub(crate) tape: Tape,
}

impl Desk {
    /// The price that filters and margins go by: between the best prices, or the last trade, or where it began.
    pub(crate) fn mark(&self) -> Amount {
        match (self.book.best(Side::Buy), self.book.best(Side::Sell), self.tape.last()) {
            (Some(bid), Some(ask), _) => (bid + ask).part(2),
            (_, _, Some(trade)) => trade.price,
            (_, _, None) => self.listing.start_price,
        }
    }
}

/// What an amendment asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amendment {
    pub(crate) price: Amount,
    pub(crate) qty: Amount,
}

/// One product's orders, books and accounts.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    pub(crate) product: Product,
    pub(crate) desks: Vec<Desk>,
    pub(crate) ledger: Ledger,
    pub(crate) orders: BTreeMap<u64, Order>,
    /// Open orders of users, by account.
    pub(crate) open: BTreeMap<usize, BTreeSet<u64>>,
    /// Latest order of each client id of an account.
    pub(crate) clients: BTreeMap<(usize, String), u64>,
    /// Orders that wait for a price.
    pub(super) waiting: BTreeSet<u64>,
    pub(crate) fills: Vec<Fill>,
    pub(crate) happened: Vec<Happening>,
    next_order: u64,
}

impl Engine {
    pub(crate) fn new(product: Product, listings: Vec<Listing>, users: usize) -> Self {
        let desk = |listing| Desk { listing, book: Book::default(), tape: Tape::default() };
        Self {
            product,
            desks: listings.into_iter().map(desk).collect(),
            ledger: Ledger::new(users),
            orders: BTreeMap::new(),
            open: BTreeMap::new(),
            clients: BTreeMap::new(),
            waiting: BTreeSet::new(),
            fills: Vec::new(),
            happened: Vec::new(),
            next_order: 0,
        }
    }

    /// Whether the order would be taken; nothing changes.
    pub(crate) fn review(&self, wanted: &Wanted) -> Result<(), Refused> {
        let desk = &self.desks[wanted.listing];
        if wanted.account != HOUSE {
            let open = self.open_orders(wanted.account).filter(|order| order.wanted.listing == wanted.listing).count();
            checks::check(&Seen { wanted, listing: &desk.listing, market: Some(desk.mark()), open })?;
        }
        let last = self.clients.get(&(wanted.account, wanted.client.clone())).and_then(|id| self.orders.get(id));
        if last.is_some_and(|order| order.state.is_open()) {
            return Err(Refused::DuplicateId);
        }
        self.review_execution(wanted)?;
        self.review_funds(wanted)
    }

    fn review_execution(&self, wanted: &Wanted) -> Result<(), Refused> {
        let book = &self.desks[wanted.listing].book;
        let limit = wanted.kind.has_price().then_some(wanted.price);
        let takes = book.reachable(wanted.side, limit).next().is_some();
        let is_post_only = wanted.kind == Kind::LimitMaker || wanted.force == Force::Gtx;
        if is_post_only && takes {
            return Err(Refused::WouldTake);
        }
        if wanted.kind == Kind::Market && !takes && self.product == Product::Spot {
            return Err(Refused::NoMarket);
        }
        if wanted.kind.is_conditional() && self.would_trigger(wanted) {
            return Err(Refused::WouldTrigger);
        }
        if wanted.force == Force::Fok && self.product == Product::Futures && !self.can_fill(wanted) {
            return Err(Refused::CannotFill);
        }
        Ok(())
    }

    pub(super) fn can_fill(&self, wanted: &Wanted) -> bool {
        let limit = wanted.kind.has_price().then_some(wanted.price);
        let found: Amount = self.desks[wanted.listing].book.reachable(wanted.side, limit).map(|(_, qty)| qty).sum();
        found >= wanted.qty
    }

    /// Takes an order, lets it trade, and rests what is left.
    pub(crate) fn submit(&mut self, wanted: Wanted, now_ms: u64) -> Result<u64, Refused> {
        self.review(&wanted)?;
        let qty = if wanted.money.is_positive() { self.qty_for(&wanted) } else { wanted.qty };
        let is_working = !wanted.kind.is_conditional();
        let id = self.admit(wanted, qty, now_ms);
        self.lock(id);
        self.note(id, Execution::New);
        if is_working {
            self.execute(id, now_ms);
        } else {
            self.waiting.insert(id);
            self.note_balances(id);
        }
        Ok(id)
    }

    /// Gives an order its number.
    pub(super) fn admit(&mut self, wanted: Wanted, qty: Amount, now_ms: u64) -> u64 {
        self.next_order += 1;
        let id = self.next_order;
        let is_working = !wanted.kind.is_conditional();
        let order = Order {
            id,
            qty,
            price: wanted.price,
            done: Amount::ZERO,
            spent: Amount::ZERO,
            state: State::New,
            is_working,
            locked: Amount::ZERO,
            created_ms: now_ms,
            updated_ms: now_ms,
            working_ms: now_ms,
            wanted,
        };
        if order.wanted.account != HOUSE {
            self.open.entry(order.wanted.account).or_default().insert(id);
            self.clients.insert((order.wanted.account, order.wanted.client.clone()), id);
        }
        self.orders.insert(id, order);
        id
    }

    /// How much a spot market order that names money buys or sells.
    fn qty_for(&self, wanted: &Wanted) -> Amount {
        let desk = &self.desks[wanted.listing];
        let (mut money, mut qty) = (wanted.money, Amount::ZERO);
        for (price, there) in desk.book.reachable(wanted.side, None) {
            let part = there.min(money.over(price)).floor_to(desk.listing.step);
            qty += part;
            money -= part.times(price);
            if part < there {
                break;
            }
        }
        qty
    }

    /// Takes an open order out.
    pub(crate) fn cancel(&mut self, id: u64, cancel_id: &str, now_ms: u64) -> Result<(), Refused> {
        if !self.orders.get(&id).is_some_and(|order| order.state.is_open()) {
            return Err(Refused::UnknownOrder);
        }
        self.end(id, State::Canceled, now_ms);
        self.say(id, Execution::Canceled, cancel_id);
        self.note_balances(id);
        self.forget_house(id);
        Ok(())
    }

    /// Changes price or quantity of an open order. It keeps its place only when it gets smaller at the same price.
    pub(crate) fn amend(&mut self, id: u64, to: Amendment, now_ms: u64) -> Result<(), Refused> {
        let order = self.orders.get(&id).filter(|order| order.state.is_open()).ok_or(Refused::UnknownOrder)?;
        if to.price == order.price && to.qty == order.qty {
            return Err(Refused::NothingToAmend);
        }
        let mut wanted = Wanted { price: to.price, qty: to.qty, ..order.wanted.clone() };
        wanted.client = String::new();
        let listing = &self.desks[wanted.listing].listing;
        let market = Some(self.desks[wanted.listing].mark());
        checks::check(&Seen { wanted: &wanted, listing, market, open: 0 })?;
        if order.wanted.force == Force::Gtx {
            self.review_execution(&wanted)?;
        }
        if to.qty <= order.done {
            self.end(id, State::Canceled, now_ms);
            self.note(id, Execution::Canceled);
            return Ok(());
        }
        let keeps_place = to.price == order.price && to.qty < order.qty;
        let order = self.orders.get_mut(&id).expect("looked up above");
        (order.price, order.qty, order.updated_ms) = (to.price, to.qty, now_ms);
        let (listing, open) = (order.wanted.listing, order.open());
        self.unlock(id, Amount::ZERO);
        self.note(id, Execution::Amended);
        if keeps_place {
            self.desks[listing].book.shrink(id, open);
        } else {
            self.desks[listing].book.remove(id);
            self.execute(id, now_ms);
        }
        Ok(())
    }

    /// Rests what is left of a working order.
    pub(super) fn rest(&mut self, id: u64) {
        let order = &self.orders[&id];
        let resting = Resting { order: id, account: order.wanted.account, open: order.open() };
        self.desks[order.wanted.listing].book.rest(order.wanted.side, order.price, resting);
    }

    /// Makes an order terminal and frees what it held.
    pub(super) fn end(&mut self, id: u64, state: State, now_ms: u64) {
        let order = self.orders.get_mut(&id).expect("ended by its own number");
        order.state = state;
        order.updated_ms = now_ms;
        let (account, listing) = (order.wanted.account, order.wanted.listing);
        self.desks[listing].book.remove(id);
        self.waiting.remove(&id);
        if let Some(open) = self.open.get_mut(&account) {
            open.remove(&id);
        }
        self.unlock(id, Amount::ZERO);
    }

    /// Orders of the house are forgotten once they are over: there are many, and nobody asks.
    pub(super) fn forget_house(&mut self, id: u64) {
        if self.orders.get(&id).is_some_and(|order| order.wanted.account == HOUSE && !order.state.is_open()) {
            self.orders.remove(&id);
        }
    }

    /// Ends what is due, and nothing else.
    pub(crate) fn expire(&mut self, now_ms: u64) {
        let is_due = |order: &&Order| matches!(order.wanted.force, Force::Gtd(until) if until <= now_ms);
        let due: Vec<u64> = self
            .open
            .values()
            .flatten()
            .filter_map(|id| self.orders.get(id))
            .filter(is_due)
            .map(|order| order.id)
            .collect();
        for id in due {
            self.end(id, State::Expired, now_ms);
            self.note(id, Execution::Expired);
            self.note_balances(id);
        }
    }

    /// Number that the next order gets.
    pub(crate) fn next_order(&self) -> u64 {
        self.next_order + 1
    }

    pub(crate) fn listing(&self, symbol: &str) -> Option<usize> {
        self.desks.iter().position(|desk| desk.listing.symbol == symbol)
    }

    pub(crate) fn open_orders(&self, account: usize) -> impl Iterator<Item = &Order> {
        self.open.get(&account).into_iter().flatten().filter_map(|id| self.orders.get(id))
    }

    /// Every order of an account, oldest first.
    pub(crate) fn orders_of(&self, account: usize) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(move |order| order.wanted.account == account)
    }

    pub(crate) fn set_status(&mut self, listing: usize, status: Status) {
        self.desks[listing].listing.status = status;
    }

    pub(super) fn note(&mut self, id: u64, execution: Execution) {
        self.say(id, execution, "");
    }

    /// Notes what was done to an order of a user; nobody is told about those of the house.
    pub(super) fn say(&mut self, id: u64, execution: Execution, cancel_id: &str) {
        let order = &self.orders[&id];
        if order.wanted.account != HOUSE {
            let order = Box::new(order.clone());
            self.happened.push(Happening::Order { order, execution, cancel_id: cancel_id.to_owned() });
        }
    }
}
