//! Filling: what does a trade change?
//!
//! In: meetings of the book. Out: orders further on, money moved, happenings. Must never: move money on one side alone.

use super::book::{Meeting, Taking};
use super::checks::Refused;
use super::engine::Engine;
use super::happening::{Execution, Fill, Happening, Why};
use super::listing::Product;
use super::order::{Force, Kind, Order, Prevention, Side, State, Wanted};
use super::tape::Trade;
use crate::accounts::HOUSE;
use crate::amount::Amount;

/// Two orders that met.
#[derive(Clone, Copy)]
struct Match {
    taker: u64,
    maker: u64,
    price: Amount,
    qty: Amount,
    now_ms: u64,
}

impl Engine {
    /// Lets a working order trade; then it rests, or ends.
    pub(super) fn execute(&mut self, id: u64, now_ms: u64) {
        let order = &self.orders[&id];
        let wanted = order.wanted.clone();
        let can = wanted.force != Force::Fok || self.can_fill(&wanted);
        let is_priced = match wanted.kind {
            Kind::Limit | Kind::LimitMaker | Kind::StopLossLimit | Kind::TakeProfitLimit => true,
            Kind::Market | Kind::StopLoss | Kind::TakeProfit => false,
        };
        let taking = Taking {
            account: wanted.account,
            side: wanted.side,
            limit: is_priced.then_some(order.price),
            qty: if can { order.open() } else { Amount::ZERO },
            prevention: if wanted.account == HOUSE { Prevention::None } else { wanted.prevention },
        };
        let meetings = self.desks[wanted.listing].book.take(taking);
        let is_stopped = self.meet(id, &meetings, now_ms);
        let rests = is_priced && matches!(wanted.force, Force::Gtc | Force::Gtx | Force::Gtd(_));
        if self.orders.get(&id).is_some_and(|order| order.state.is_open()) {
            if is_stopped {
                self.finish(id, State::ExpiredInMatch, now_ms);
            } else if rests {
                self.rest(id);
            } else {
                self.finish(id, State::Expired, now_ms);
            }
        }
        self.note_balances(id);
        self.forget_house(id);
        self.after_trades(wanted.listing, now_ms);
    }

    pub(super) fn finish(&mut self, id: u64, state: State, now_ms: u64) {
        self.end(id, state, now_ms);
        self.note(id, Execution::Expired);
    }

    /// The answer is whether self-trade prevention ended the taker.
    fn meet(&mut self, taker: u64, meetings: &[Meeting], now_ms: u64) -> bool {
        let listing = self.orders[&taker].wanted.listing;
        let mut trades = Vec::new();
        let mut is_stopped = false;
        for meeting in meetings {
            match *meeting {
                Meeting::Fill { maker, price, qty } => {
                    trades.push(self.fill(Match { taker, maker, price, qty, now_ms }));
                }
                Meeting::Removed { maker } => {
                    self.finish(maker, State::ExpiredInMatch, now_ms);
                    self.note_balances(maker);
                }
                Meeting::Stopped => is_stopped = true,
            }
        }
        for aggregate in self.desks[listing].tape.join(&trades) {
            self.happened.push(Happening::Aggregate { listing, aggregate });
        }
        is_stopped
    }

    fn fill(&mut self, met: Match) -> Trade {
        let side = self.orders[&met.taker].wanted.side;
        let listing = self.orders[&met.taker].wanted.listing;
        let is_buyer_maker = side == Side::Sell;
        let trade = Trade { id: 0, price: met.price, qty: met.qty, time_ms: met.now_ms, is_buyer_maker };
        let trade = self.print(listing, trade);
        self.fill_one(met.maker, &trade, Role::Maker);
        self.fill_one(met.taker, &trade, Role::Taker);
        self.forget_house(met.maker);
        trade
    }

    /// Notes a trade that everybody sees.
    pub(crate) fn print(&mut self, listing: usize, trade: Trade) -> Trade {
        let trade = self.desks[listing].tape.note(trade);
        self.happened.push(Happening::Trade { listing, trade });
        trade
    }

    /// Notes a trade between others outside, by itself.
    pub(crate) fn print_alone(&mut self, listing: usize, trade: Trade) {
        let trade = self.print(listing, trade);
        for aggregate in self.desks[listing].tape.join(&[trade]) {
            self.happened.push(Happening::Aggregate { listing, aggregate });
        }
        self.after_trades(listing, trade.time_ms);
    }

    /// Fills an order with the house, whatever state it is in and however much it wanted: what a broken exchange does.
    pub(crate) fn force_fill(&mut self, id: u64, qty: Amount, now_ms: u64) {
        let order = &self.orders[&id];
        let (wanted, was) = (order.wanted.clone(), order.state);
        let desk = &self.desks[wanted.listing];
        // Between two ticks nothing trades.
        let price = if order.price.is_zero() { desk.mark().floor_to(desk.listing.tick) } else { order.price };
        let maker = self.house_counterpart(&wanted, (price, qty), now_ms);
        if was.is_open() && order_stays(&self.orders[&id], qty) {
            let left = self.orders[&id].open() - qty;
            self.desks[wanted.listing].book.shrink(id, left);
        }
        let trade = self.fill(Match { taker: maker, maker: id, price, qty, now_ms });
        if !was.is_open() {
            let order = self.orders.get_mut(&id).expect("it was filled above");
            order.state = if order.open().is_positive() { was } else { State::Filled };
        }
        self.forget_house(maker);
        for aggregate in self.desks[wanted.listing].tape.join(&[trade]) {
            self.happened.push(Happening::Aggregate { listing: wanted.listing, aggregate });
        }
        self.after_trades(wanted.listing, now_ms);
    }

    /// An order of the house that no book ever held.
    fn house_counterpart(&mut self, of: &Wanted, terms: (Amount, Amount), now_ms: u64) -> u64 {
        let wanted = Wanted {
            account: HOUSE,
            side: of.side.other(),
            client: String::new(),
            kind: Kind::Limit,
            force: Force::Ioc,
            price: terms.0,
            qty: terms.1,
            is_reducing: false,
            ..of.clone()
        };
        let id = self.admit(wanted, terms.1, now_ms);
        self.lock(id);
        id
    }

    /// Frees what an order that got smaller does not need any more.
    pub(crate) fn free(&mut self, id: u64) {
        self.unlock(id, Amount::ZERO);
    }

    fn fill_one(&mut self, id: u64, trade: &Trade, role: Role) {
        let order = self.orders.get_mut(&id).expect("an order that met another exists");
        order.done += trade.qty;
        order.spent += trade.price.times(trade.qty);
        order.updated_ms = trade.time_ms;
        order.state = if order.open().is_positive() { State::Partial } else { State::Filled };
        let wanted = order.wanted.clone();
        let listing = &self.desks[wanted.listing].listing;
        let rate = match role {
            Role::Maker => listing.maker_fee,
            Role::Taker => listing.taker_fee,
        };
        let mut fill = Fill {
            trade: trade.id,
            order: id,
            account: wanted.account,
            listing: wanted.listing,
            side: wanted.side,
            price: trade.price,
            qty: trade.qty,
            fee: Amount::ZERO,
            fee_asset: listing.quote.clone(),
            is_maker: role == Role::Maker,
            profit: Amount::ZERO,
            time_ms: trade.time_ms,
        };
        match self.product {
            Product::Spot => self.settle_spot(&mut fill, rate),
            Product::Futures => self.settle_futures(&mut fill, rate),
        }
        let is_filled = self.orders[&id].state == State::Filled;
        if is_filled {
            self.end(id, State::Filled, trade.time_ms);
        }
        if wanted.account != HOUSE {
            self.fills.push(fill.clone());
            if self.product == Product::Futures {
                let change = fill.profit - fill.fee;
                self.note_positions(wanted.account, &[wanted.listing], Why::Order, change);
            }
            self.note(id, Execution::Trade(fill));
            if role == Role::Maker {
                self.note_balances(id);
            }
        }
    }

    /// Coins one way, money the other, the fee of what was received to the house.
    fn settle_spot(&mut self, fill: &mut Fill, rate: Amount) {
        let listing = &self.desks[fill.listing].listing;
        let (base, quote) = (listing.base.clone(), listing.quote.clone());
        let money = fill.price.times(fill.qty);
        let (gives, given, gets, got) = match fill.side {
            Side::Buy => (quote, money, base, fill.qty),
            Side::Sell => (base, fill.qty, quote, money),
        };
        fill.fee = if fill.account == HOUSE { Amount::ZERO } else { got.times(rate) };
        fill.fee_asset.clone_from(&gets);
        self.unlock(fill.order, given);
        let wallet = &mut self.ledger.wallets[fill.account];
        wallet.credit(&gives, -given);
        wallet.credit(&gets, got - fill.fee);
        self.ledger.wallets[HOUSE].credit(&gets, fill.fee);
    }

    fn settle_futures(&mut self, fill: &mut Fill, rate: Amount) {
        let money = fill.price.times(fill.qty);
        fill.fee = if fill.account == HOUSE { Amount::ZERO } else { money.times(rate) };
        let margin = &mut self.ledger.margins[fill.account];
        let position = margin.position_mut(fill.listing);
        position.updated_ms = fill.time_ms;
        fill.profit = position.trade(fill.side.signed(fill.qty), fill.side.signed(money));
        margin.wallet += fill.profit - fill.fee;
        self.ledger.margins[HOUSE].wallet += fill.fee;
    }

    /// Spot: locks what an order may have to pay.
    pub(super) fn lock(&mut self, id: u64) {
        if self.product == Product::Futures {
            return;
        }
        let order = &self.orders[&id];
        let amount = self.cost(&order.wanted, order.open());
        let asset = self.pays_with(&order.wanted);
        self.ledger.wallets[order.wanted.account].lock(&asset, amount - order.locked);
        self.orders.get_mut(&id).expect("looked up above").locked = amount;
    }

    /// Spot: frees what a fill pays from, and what an order does not need any more.
    pub(super) fn unlock(&mut self, id: u64, paid: Amount) {
        if self.product == Product::Futures {
            return;
        }
        let order = &self.orders[&id];
        let asset = self.pays_with(&order.wanted);
        let needed = match (order.state.is_open(), order.wanted.kind) {
            (false, _) => Amount::ZERO,
            (true, Kind::Market | Kind::StopLoss | Kind::TakeProfit) => {
                if order.wanted.side == Side::Sell {
                    order.open()
                } else {
                    order.locked - paid
                }
            }
            (true, Kind::Limit | Kind::LimitMaker | Kind::StopLossLimit | Kind::TakeProfitLimit) => {
                self.cost(&order.wanted, order.open())
            }
        };
        let order = self.orders.get_mut(&id).expect("looked up above");
        let freed = order.locked - needed;
        order.locked = needed;
        let account = order.wanted.account;
        self.ledger.wallets[account].unlock(&asset, freed);
    }

    pub(super) fn pays_with(&self, wanted: &Wanted) -> String {
        let listing = &self.desks[wanted.listing].listing;
        match wanted.side {
            Side::Buy => listing.quote.clone(),
            Side::Sell => listing.base.clone(),
        }
    }

    /// Spot: what an order for this quantity may have to pay.
    pub(super) fn cost(&self, wanted: &Wanted, qty: Amount) -> Amount {
        match (wanted.side, wanted.kind.has_price()) {
            (Side::Sell, _) => qty,
            (Side::Buy, true) => wanted.price.times(qty),
            (Side::Buy, false) => self.walk(wanted, qty),
        }
    }

    /// What a quantity costs in the book as it is; what the book does not have costs nothing, for it will not be bought.
    fn walk(&self, wanted: &Wanted, qty: Amount) -> Amount {
        let (mut left, mut cost) = (qty, Amount::ZERO);
        for (price, there) in self.desks[wanted.listing].book.reachable(wanted.side, None) {
            let part = there.min(left);
            cost += part.times(price);
            left -= part;
            if left.is_zero() {
                break;
            }
        }
        cost
    }

    /// Whether the account can pay.
    pub(super) fn review_funds(&self, wanted: &Wanted) -> Result<(), Refused> {
        if wanted.account == HOUSE {
            return Ok(());
        }
        match self.product {
            Product::Spot => {
                let cost = if wanted.money.is_positive() && wanted.side == Side::Buy {
                    wanted.money
                } else {
                    self.cost(wanted, wanted.qty)
                };
                let free = self.ledger.wallets[wanted.account].balance(&self.pays_with(wanted)).free;
                if cost > free { Err(Refused::NoFunds) } else { Ok(()) }
            }
            Product::Futures => self.review_margin(wanted),
        }
    }

    fn review_margin(&self, wanted: &Wanted) -> Result<(), Refused> {
        let position = self.ledger.margins[wanted.account].position(wanted.listing);
        let signed = wanted.side.signed(wanted.qty);
        let reduces = !position.qty.is_zero() && position.qty.is_negative() != signed.is_negative();
        if wanted.is_reducing {
            return if reduces && wanted.qty <= position.qty.abs() { Ok(()) } else { Err(Refused::NothingToReduce) };
        }
        let opening = if reduces { wanted.qty - wanted.qty.min(position.qty.abs()) } else { wanted.qty };
        let desk = &self.desks[wanted.listing];
        let price = if wanted.kind.has_price() { wanted.price } else { desk.mark() };
        let notional = price.times(opening);
        let needed = notional.part(i64::from(position.leverage)) + notional.times(desk.listing.taker_fee);
        if needed > self.available(wanted.account) && opening.is_positive() { Err(Refused::NoMargin) } else { Ok(()) }
    }

    /// Futures: margin of open orders that would open something.
    pub(crate) fn order_margin(&self, account: usize) -> Amount {
        let margin = &self.ledger.margins[account];
        let of = |order: &Order| {
            let position = margin.position(order.wanted.listing);
            let signed = order.wanted.side.signed(order.open());
            let reduces = !position.qty.is_zero() && position.qty.is_negative() != signed.is_negative();
            let opening = if reduces { order.open() - order.open().min(position.qty.abs()) } else { order.open() };
            if order.wanted.is_reducing {
                Amount::ZERO
            } else {
                order.price.times(opening).part(i64::from(position.leverage))
            }
        };
        self.open_orders(account).map(of).sum()
    }

    /// Futures: what may be used for more.
    pub(crate) fn available(&self, account: usize) -> Amount {
        let margin = &self.ledger.margins[account];
        let mark = |listing: usize| self.desks[listing].mark();
        margin.wallet + margin.unrealised(mark) - margin.position_margin(mark) - self.order_margin(account)
    }

    /// Notes the spot balances of an order's two assets.
    pub(super) fn note_balances(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id).filter(|order| order.wanted.account != HOUSE) else { return };
        if self.product == Product::Futures {
            return;
        }
        let listing = &self.desks[order.wanted.listing].listing;
        let account = order.wanted.account;
        let wallet = &self.ledger.wallets[account];
        let of = |asset: &String| {
            let balance = wallet.balance(asset);
            (asset.clone(), balance.free, balance.locked)
        };
        let balances = [&listing.base, &listing.quote].map(of).to_vec();
        self.happened.push(Happening::Balances { account, balances });
    }

    /// Notes the futures wallet and positions of an account.
    pub(crate) fn note_positions(&mut self, account: usize, listings: &[usize], why: Why, change: Amount) {
        let margin = &self.ledger.margins[account];
        let positions = listings.iter().map(|listing| margin.position(*listing)).collect();
        let (wallet, change) = (margin.wallet, change);
        self.happened.push(Happening::Positions { account, why, wallet, change, positions });
    }
}

fn order_stays(order: &Order, filled: Amount) -> bool {
    order.is_working && order.open() > filled
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Maker,
    Taker,
}
