//! Execution State: which orders are out, what is held, what is it worth, what is reserved?
//!
//! In: execution events and the dispatch of approved work. Out: orders, positions, cash, exposure.
//! Must never: judge; venue facts are booked even where they contradict what was expected, with an anomaly.

use alloc::vec;
use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::config::Config;
use crate::decision::AnomalyCode;
use crate::event::{BalanceChange, BalanceStatement, Fill};
use crate::ids::{AccountId, CurrencyId, InstrumentId, LegKey, Seq, StrategyId, TimeNs, VenueId};
use crate::instrument::{Instrument, PositionSide, Side};
use crate::intent::OrderTerms;
use crate::money::{Decimal, Price, Qty, add_exact};
use crate::order::{Order, OrderInput, OrderState, Transition, transition};
use crate::state::orders::Orders;
use crate::state::position::{Overflow, Position};
use crate::state::seen::{FillKey, SeenFills};

const SIDES: usize = PositionSide::ALL.len();

/// Execution State.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) orders: Orders,
    pub(crate) accounts: Vec<Cash>,
    /// Allowed, unfinished legs and live orders per strategy; slot 0 is `external`.
    pub(crate) open_counts: Vec<u32>,
    pub(crate) venue_is_down: Vec<bool>,
    instruments: usize,
    /// Events after which terminal orders leave.
    retention: u64,
    strategy_positions: Vec<Position>,
    account_positions: Vec<Position>,
    strategy_adjustments: Vec<Decimal>,
    seen: SeenFills,
}

/// Cash of an account, apart from what fills moved (that is in its positions).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cash {
    pub(crate) venue: VenueId,
    pub(crate) currency: CurrencyId,
    /// Set so that the derived cash equals what the venue reported.
    pub(crate) base: Decimal,
    pub(crate) is_reported: bool,
    /// Funding, transfers and the like since then.
    pub(crate) adjustments: Decimal,
}

/// Whose position: a strategy's sub-account, or the account itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Strategy(StrategyId),
    Account(AccountId),
}

/// Something that should not happen: code, and a number that helps to find it.
pub(crate) type Oddity = (AnomalyCode, i64);

/// At most this many anomalies come of one event (late, overfilled, unknown, mismatch).
pub(crate) type Oddities = [Option<Oddity>; 3];

const FINE: Oddities = [None; 3];

const fn odd(code: AnomalyCode, value: i64) -> Oddities {
    [Some((code, value)), None, None]
}

impl Default for Execution {
    fn default() -> Execution {
        Execution {
            orders: Orders::default(),
            accounts: Vec::new(),
            open_counts: vec![0],
            venue_is_down: vec![false],
            instruments: 0,
            retention: 0,
            strategy_positions: Vec::new(),
            account_positions: Vec::new(),
            strategy_adjustments: vec![Decimal::ZERO],
            seen: SeenFills::new(),
        }
    }
}

impl Execution {
    /// Makes room for everything a configuration names; what is there stays.
    pub(crate) fn prepare(&mut self, config: &Config) {
        let (strategies, accounts) = (config.strategies.len(), config.accounts.len());
        let instruments = config.instruments.len().max(self.instruments);
        self.strategy_positions =
            resized(&self.strategy_positions, self.open_counts.len(), self.instruments, (strategies + 1, instruments));
        self.account_positions =
            resized(&self.account_positions, self.accounts.len(), self.instruments, (accounts, instruments));
        self.instruments = instruments;
        self.open_counts.resize((strategies + 1).max(self.open_counts.len()), 0);
        self.strategy_adjustments.resize(self.open_counts.len(), Decimal::ZERO);
        self.venue_is_down.resize((config.venues.len() + 1).max(self.venue_is_down.len()), false);
        for account in config.accounts.iter().skip(self.accounts.len()) {
            self.accounts.push(Cash {
                venue: account.venue,
                currency: account.currency,
                base: Decimal::ZERO,
                is_reported: false,
                adjustments: Decimal::ZERO,
            });
        }
        self.orders.prepare(strategies);
        self.retention = config.execution.terminal_retention_events;
    }

    /// Drops terminal orders whose time in State is over.
    pub(crate) fn retire(&mut self, now: Seq) {
        self.orders.retire(now, self.retention);
    }

    /// A position; `None` when holder or instrument is unknown.
    pub(crate) fn position(&self, holder: Holder, instrument: InstrumentId, side: PositionSide) -> Option<&Position> {
        let (list, index) = match holder {
            Holder::Strategy(id) => (&self.strategy_positions, self.index(usize::from(id.0), instrument, side)?),
            Holder::Account(id) => {
                (&self.account_positions, self.index(usize::from(id.0.checked_sub(1)?), instrument, side)?)
            }
        };
        list.get(index)
    }

    /// Net quantity over the position sides (long counts up, short is negative already).
    pub(crate) fn net_qty(&self, strategy: StrategyId, instrument: InstrumentId) -> Qty {
        let Some(start) = self.index(usize::from(strategy.0), instrument, PositionSide::Net) else { return Qty(0) };
        let sides = self.strategy_positions.get(start..start + SIDES).unwrap_or(&[]);
        Qty(sides.iter().fold(0_i64, |sum, position| sum.saturating_add(position.qty)))
    }

    /// All positions of a holder that were ever touched, with their instrument and side.
    pub(crate) fn positions(&self, holder: Holder) -> impl Iterator<Item = (InstrumentId, PositionSide, &Position)> {
        let (list, row) = match holder {
            Holder::Strategy(id) => (&self.strategy_positions, usize::from(id.0)),
            Holder::Account(id) => (&self.account_positions, usize::from(id.0).wrapping_sub(1)),
        };
        let width = self.instruments * SIDES;
        let start = row.saturating_mul(width).min(list.len());
        let end = start.saturating_add(width).min(list.len());
        list[start..end].iter().enumerate().filter(|(_, position)| !position.is_untouched()).map(|(at, position)| {
            let instrument = InstrumentId(u32::try_from(at / SIDES + 1).expect("instrument ids are u32"));
            (instrument, PositionSide::ALL[at % SIDES], position)
        })
    }

    /// Reserves (or with a negative number releases) quantity for a leg, for strategy and account alike.
    pub(crate) fn reserve(&mut self, strategy: StrategyId, account: AccountId, terms: &OrderTerms, delta: i64) {
        for holder in [Holder::Strategy(strategy), Holder::Account(account)] {
            if let Some(position) = self.position_mut(holder, terms.instrument, terms.position_side) {
                position.reserve(terms.side, delta);
            }
        }
    }

    pub(crate) fn count_open(&mut self, strategy: StrategyId) {
        self.open_counts[usize::from(strategy.0)] += 1;
    }

    pub(crate) fn count_closed(&mut self, strategy: StrategyId) {
        let count = &mut self.open_counts[usize::from(strategy.0)];
        *count = count.checked_sub(1).expect("every open leg was counted");
    }

    /// An approved submit left for its venue: the order begins, its reservation passes from the queue to it.
    pub(crate) fn dispatched(&mut self, key: LegKey, account: AccountId, terms: OrderTerms, at: (Seq, TimeNs)) {
        self.orders.insert(Order {
            key,
            account,
            terms,
            state: OrderState::Submitted,
            filled: Qty(0),
            reserved: terms.qty,
            submitted_at: at.1,
            changed_by: at.0,
        });
    }

    /// Feeds one input to an order.
    pub(crate) fn order_input(&mut self, key: LegKey, input: OrderInput, seq: Seq) -> Oddities {
        let Some(order) = self.orders.get_mut(key) else { return odd(AnomalyCode::UnknownOrder, i64::from(key.leg.0)) };
        let before = order.state;
        match transition(before, input) {
            Transition::To(state) => order.state = state,
            Transition::ToWorking => order.state = order.working_state(),
            Transition::Stay | Transition::Late => {}
            Transition::Illegal => return odd(AnomalyCode::OrderTransition, i64::from(before.number())),
        }
        order.changed_by = seq;
        let (ended, open) = (order.state.is_terminal() && !before.is_terminal(), order.leaves());
        let releases_amend = matches!(input, OrderInput::Amend | OrderInput::AmendReject);
        if ended {
            self.set_reserved(key, Qty(0));
            self.orders.mark_ended(key, seq);
            self.count_closed(key.strategy);
        } else if releases_amend {
            self.set_reserved(key, open);
        }
        FINE
    }

    /// New price and quantity of an amended order.
    pub(crate) fn amended(&mut self, key: LegKey, price: Price, qty: Qty, seq: Seq) -> Oddities {
        let Some(order) = self.orders.get_mut(key) else { return odd(AnomalyCode::UnknownOrder, 0) };
        if qty.0 <= 0 {
            return odd(AnomalyCode::BadValue, qty.0);
        }
        if !order.state.is_terminal() {
            order.terms.qty = qty;
            order.terms.limit_price = order.terms.limit_price.map(|_| price);
            order.terms.reference = price;
        }
        self.order_input(key, OrderInput::Amend, seq)
    }

    /// Raises what is reserved for an order while an amend that makes it larger is under way.
    pub(crate) fn reserve_amend(&mut self, key: LegKey, qty: Qty) {
        let Some(order) = self.orders.get(key) else { return };
        let open_after = Qty((qty.0 - order.filled.0).max(0));
        if open_after > order.reserved {
            self.set_reserved(key, open_after);
        }
    }

    /// Gives back what an amend that came to nothing had reserved.
    pub(crate) fn release_amend(&mut self, key: LegKey) {
        if let Some(order) = self.orders.get(key) {
            let open = if order.state.is_terminal() { Qty(0) } else { order.leaves() };
            self.set_reserved(key, open);
        }
    }

    /// Books a fill.
    pub(crate) fn filled(&mut self, fill: &Fill, at: FillPlace<'_>) -> Oddities {
        let key = FillKey {
            account: at.account,
            instrument: at.instrument.id,
            trade_id: fill.trade_id,
            side: fill.side,
        };
        if fill.qty.0 <= 0 {
            return odd(AnomalyCode::BadValue, fill.qty.0);
        }
        if !self.seen.insert(key) {
            return odd(AnomalyCode::DuplicateFill, i64::from_ne_bytes(fill.trade_id.to_ne_bytes()));
        }
        let owner = self.owner(fill.order);
        if self.book(owner, fill, at, fill.side).is_err() {
            return odd(AnomalyCode::Overflow, fill.qty.0);
        }
        self.fill_order(fill, at.seq)
    }

    /// Takes a fill back: the opposite is booked and the order's filled quantity goes down.
    pub(crate) fn busted(&mut self, fill: &Fill, at: FillPlace<'_>) -> Oddities {
        let reversed = Fill { fee: -fill.fee, ..*fill };
        let owner = self.owner(fill.order);
        if fill.qty.0 <= 0 || self.book(owner, &reversed, at, fill.side.opposite()).is_err() {
            return odd(AnomalyCode::BadValue, fill.qty.0);
        }
        let Some(order) = self.orders.get_mut(fill.order) else { return odd(AnomalyCode::UnknownOrder, 0) };
        order.filled = Qty((order.filled.0 - fill.qty.0).max(0));
        let found = self.order_input(fill.order, OrderInput::Bust, at.seq);
        self.release_amend(fill.order);
        found
    }

    /// Cash as the venue states it; a difference from what was derived is an anomaly, and the venue wins.
    pub(crate) fn balance_reported(&mut self, account: AccountId, said: &BalanceStatement, derived: Decimal) -> Oddities {
        let Some(cash) = self.cash_mut(account).filter(|cash| cash.currency == said.currency) else {
            return odd(AnomalyCode::UnknownReference, i64::from(account.0));
        };
        let differs = cash.is_reported && derived != said.total;
        let correction = add_exact(said.total, -derived).and_then(|gap| add_exact(cash.base, gap));
        let Ok(base) = correction else { return odd(AnomalyCode::Overflow, 0) };
        cash.base = base;
        cash.is_reported = true;
        if differs { odd(AnomalyCode::Mismatch, i64::from(account.0)) } else { FINE }
    }

    /// Cash that moved without a fill.
    pub(crate) fn balance_adjusted(&mut self, account: AccountId, change: &BalanceChange) -> Oddities {
        let strategy = usize::from(change.strategy.0);
        let Some(own) = self.strategy_adjustments.get(strategy).copied() else {
            return odd(AnomalyCode::UnknownReference, i64::from(change.strategy.0));
        };
        let Some(cash) = self.cash_mut(account).filter(|cash| cash.currency == change.currency) else {
            return odd(AnomalyCode::UnknownReference, i64::from(account.0));
        };
        let (Ok(total), Ok(own)) = (add_exact(cash.adjustments, change.amount), add_exact(own, change.amount)) else {
            return odd(AnomalyCode::Overflow, 0);
        };
        cash.adjustments = total;
        self.strategy_adjustments[strategy] = own;
        FINE
    }

    pub(crate) fn cash(&self, account: AccountId) -> Option<&Cash> {
        self.accounts.get(usize::from(account.0.checked_sub(1)?))
    }

    pub(crate) fn strategy_adjustment(&self, strategy: StrategyId) -> Decimal {
        self.strategy_adjustments.get(usize::from(strategy.0)).copied().unwrap_or_default()
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        self.orders.put(w);
        w.list(&self.accounts, |w, cash| {
            w.u16(cash.venue.0);
            w.u32(cash.currency.0);
            w.decimal(cash.base);
            w.flag(cash.is_reported);
            w.decimal(cash.adjustments);
        });
        w.list(&self.open_counts, |w, count| w.u32(*count));
        w.list(&self.venue_is_down, |w, down| w.flag(*down));
        w.list(&self.strategy_positions, |w, position| position.put(w));
        w.list(&self.account_positions, |w, position| position.put(w));
        w.list(&self.strategy_adjustments, |w, amount| w.decimal(*amount));
        for key in self.seen.keys() {
            w.u16(key.account.0);
            w.u32(key.instrument.0);
            w.u64(key.trade_id);
            w.u8(key.side.number());
        }
    }

    fn owner(&self, key: LegKey) -> StrategyId {
        if usize::from(key.strategy.0) < self.open_counts.len() { key.strategy } else { StrategyId::EXTERNAL }
    }

    fn book(&mut self, owner: StrategyId, fill: &Fill, at: FillPlace<'_>, side: Side) -> Result<(), Overflow> {
        let holders = [Holder::Strategy(owner), Holder::Account(at.account)];
        let mut booked = [Position::default(); 2];
        for (holder, new) in holders.iter().zip(&mut booked) {
            let old = self.position(*holder, at.instrument.id, fill.position_side).ok_or(Overflow)?;
            *new = old.filled(side, fill.price, fill.qty, at.instrument)?;
            new.charge(fill.fee)?;
        }
        for (holder, new) in holders.iter().zip(booked) {
            *self.position_mut(*holder, at.instrument.id, fill.position_side).expect("read above") = new;
        }
        Ok(())
    }

    fn fill_order(&mut self, fill: &Fill, seq: Seq) -> Oddities {
        let Some(order) = self.orders.get_mut(fill.order) else { return odd(AnomalyCode::UnknownOrder, fill.qty.0) };
        let was_over = order.state.is_terminal();
        order.filled = Qty(order.filled.0.saturating_add(fill.qty.0));
        let (open, over) = (order.leaves(), order.filled.0 - order.terms.qty.0);
        let input = if open.0 == 0 { OrderInput::FullFill } else { OrderInput::PartialFill };
        let mut found = self.order_input(fill.order, input, seq);
        if !was_over && open.0 > 0 {
            self.shrink_reserved(fill.order, fill.qty);
        }
        if over > 0 {
            found[1] = Some((AnomalyCode::Overfill, over));
        }
        if was_over {
            found[2] = Some((AnomalyCode::LateFill, fill.qty.0));
        }
        found
    }

    /// A fill uses up its part of the reservation, never more than what is then open.
    fn shrink_reserved(&mut self, key: LegKey, filled: Qty) {
        if let Some(order) = self.orders.get(key) {
            let left = Qty((order.reserved.0 - filled.0).max(order.leaves().0));
            self.set_reserved(key, left);
        }
    }

    fn set_reserved(&mut self, key: LegKey, wanted: Qty) {
        let Some(order) = self.orders.get_mut(key) else { return };
        let delta = wanted.0 - order.reserved.0;
        order.reserved = wanted;
        let (terms, account) = (order.terms, order.account);
        if delta != 0 {
            self.reserve(key.strategy, account, &terms, delta);
        }
    }

    fn cash_mut(&mut self, account: AccountId) -> Option<&mut Cash> {
        self.accounts.get_mut(usize::from(account.0.checked_sub(1)?))
    }

    fn position_mut(&mut self, holder: Holder, instrument: InstrumentId, side: PositionSide) -> Option<&mut Position> {
        let (list, index) = match holder {
            Holder::Strategy(id) => {
                let index = self.index(usize::from(id.0), instrument, side)?;
                (&mut self.strategy_positions, index)
            }
            Holder::Account(id) => {
                let index = self.index(usize::from(id.0.checked_sub(1)?), instrument, side)?;
                (&mut self.account_positions, index)
            }
        };
        list.get_mut(index)
    }

    fn index(&self, row: usize, instrument: InstrumentId, side: PositionSide) -> Option<usize> {
        let column = (instrument.0 as usize).checked_sub(1).filter(|column| *column < self.instruments)?;
        Some((row * self.instruments + column) * SIDES + usize::from(side.number()))
    }
}

/// Where and when a fill happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FillPlace<'a> {
    pub(crate) account: AccountId,
    pub(crate) instrument: &'a Instrument,
    pub(crate) seq: Seq,
}

/// Copies a dense table of rows x instruments x sides into a larger one.
fn resized(old: &[Position], rows: usize, columns: usize, new: (usize, usize)) -> Vec<Position> {
    let (new_rows, new_columns) = (new.0.max(rows), new.1);
    let mut table = vec![Position::default(); new_rows * new_columns * SIDES];
    for (row, positions) in old.chunks_exact((columns * SIDES).max(1)).enumerate() {
        let start = row * new_columns * SIDES;
        table[start..start + positions.len()].copy_from_slice(positions);
    }
    table
}
