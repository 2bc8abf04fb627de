//! The house: how does the market's liquidity stand in the book?
//!
//! In: levels and trades of the market. Out: orders of the house account, so that users' orders meet them by price and
//! time. Must never: take a user's place at a price: what the house adds goes behind, what it takes away comes off its own.

use super::{MarketChange, MarketInput};
use crate::accounts::HOUSE;
use crate::amount::{Amount, Malformed};
use crate::matching::engine::Engine;
use crate::matching::order::{Force, Kind, Prevention, Side, Wanted};
use crate::matching::tape::Trade;

impl Engine {
    /// What the house has at a price.
    pub(crate) fn house_qty(&self, listing: usize, at: (Side, Amount)) -> Amount {
        self.desks[listing].book.orders_at(at.0, at.1).filter(|one| one.account == HOUSE).map(|one| one.open).sum()
    }

    /// Makes the house have this much at a price.
    pub(crate) fn set_house_level(&mut self, listing: usize, at: (Side, Amount), qty: Amount, now_ms: u64) {
        let there = self.house_qty(listing, at);
        if qty > there {
            self.house_order(listing, at, (qty - there, Force::Gtc), now_ms);
            return;
        }
        let mut excess = there - qty;
        let of_house = self.desks[listing].book.orders_at(at.0, at.1).filter(|one| one.account == HOUSE);
        let orders: Vec<(u64, Amount)> = of_house.map(|one| (one.order, one.open)).collect();
        for (order, open) in orders.into_iter().rev() {
            let less = excess.min(open);
            excess -= less;
            if less == open {
                self.take_back(order, now_ms);
            } else if less.is_positive() {
                let order_there = self.orders.get_mut(&order).expect("it is in the book");
                order_there.qty -= less;
                self.desks[listing].book.shrink(order, open - less);
                self.free(order);
            }
        }
    }

    /// Takes the house out of every price that `is_wrong`.
    pub(crate) fn clear_house(&mut self, listing: usize, is_wrong: impl Fn(Side, Amount) -> bool, now_ms: u64) {
        let (book, is_wrong) = (&self.desks[listing].book, &is_wrong);
        let of = |side: Side| {
            let levels = book.levels(side).map(|(price, _)| price).filter(move |price| is_wrong(side, *price));
            levels.flat_map(move |price| book.orders_at(side, price))
        };
        let wrong = of(Side::Buy).chain(of(Side::Sell)).filter(|one| one.account == HOUSE);
        let wrong: Vec<u64> = wrong.map(|one| one.order).collect();
        for order in wrong {
            self.take_back(order, now_ms);
        }
    }

    /// Somebody outside trades at a price: with users first as far as they stand there, and the rest with others outside.
    pub(crate) fn house_takes(&mut self, listing: usize, at: (Side, Amount), qty: Amount, now_ms: u64) -> Amount {
        if !qty.is_positive() {
            return qty;
        }
        let before = self.desks[listing].tape.last().map_or(0, |trade| trade.id);
        self.house_order(listing, at, (qty, Force::Ioc), now_ms);
        let since = self.desks[listing].tape.trades().rev().take_while(|trade| trade.id > before);
        qty - since.map(|trade| trade.qty).sum()
    }

    fn house_order(&mut self, listing: usize, at: (Side, Amount), what: (Amount, Force), now_ms: u64) {
        let wanted = Wanted {
            listing,
            account: HOUSE,
            client: String::new(),
            side: at.0,
            kind: Kind::Limit,
            force: what.1,
            price: at.1,
            qty: what.0,
            money: Amount::ZERO,
            stop: Amount::ZERO,
            is_reducing: false,
            prevention: Prevention::None,
        };
        self.submit(wanted, now_ms).map(|_| ()).expect("the house is held against no rule");
    }

    fn take_back(&mut self, order: u64, now_ms: u64) {
        self.cancel(order, "", now_ms).expect("it is in the book");
    }

    /// Lets a record of the market outside happen here.
    pub(crate) fn follow(&mut self, input: &MarketInput) -> Result<(), Malformed> {
        let Some(listing) = self.listing(&input.symbol) else { return Ok(()) };
        let now_ms = input.time_ns / 1_000_000;
        let read = |text: &str| Amount::parse(text);
        match &input.change {
            MarketChange::Trade { price, qty, buyer_is_maker } => {
                let side = if *buyer_is_maker { Side::Sell } else { Side::Buy };
                let (price, qty) = (read(price)?, read(qty)?);
                let left = self.house_takes(listing, (side, price), qty, now_ms);
                if left.is_positive() {
                    let trade = Trade { id: 0, price, qty: left, time_ms: now_ms, is_buyer_maker: *buyer_is_maker };
                    self.print_alone(listing, trade);
                }
            }
            MarketChange::Quote { bid, bid_qty, ask, ask_qty } => {
                let (bid, ask) = (read(bid)?, read(ask)?);
                let (bid_qty, ask_qty) = (read(bid_qty)?, read(ask_qty)?);
                self.clear_house(listing, |side, price| price != if side == Side::Buy { bid } else { ask }, now_ms);
                self.set_house_level(listing, (Side::Buy, bid), bid_qty, now_ms);
                self.set_house_level(listing, (Side::Sell, ask), ask_qty, now_ms);
            }
            MarketChange::Level { side, price, qty } => {
                let side = if side == "BUY" { Side::Buy } else { Side::Sell };
                let (price, qty) = (read(price)?, read(qty)?);
                self.clear_house(
                    listing,
                    |other, there| other != side && crosses(side, price, there) && qty.is_positive(),
                    now_ms,
                );
                self.set_house_level(listing, (side, price), qty, now_ms);
            }
        }
        Ok(())
    }
}

/// Whether an order of `side` at `price` would trade with one at `there`.
fn crosses(side: Side, price: Amount, there: Amount) -> bool {
    match side {
        Side::Buy => there <= price,
        Side::Sell => there >= price,
    }
}
