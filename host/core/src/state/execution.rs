//! Execution State: which orders are out, what is held, what is it worth, what is reserved?
//!
//! In: execution events and the dispatch of approved work. Out: orders, positions, cash, exposure.
//! Must never: judge; venue facts are booked even where they contradict what was expected, with an anomaly.

use alloc::vec;
use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::config::Config;
use crate::decision::AnomalyCode;
use crate::event::{BalanceChange, BalanceStatement, Command, Fill, OrderStatement};
use crate::ids::{AccountId, CurrencyId, InstrumentId, LegKey, Seq, StrategyId, TimeNs, VenueId};
use crate::instrument::{Instrument, PositionSide, Side};
use crate::intent::OrderTerms;
use crate::money::{Decimal, Price, Qty, add_exact};
use crate::order::{Asked, Order, OrderInput, OrderState};
use crate::state::findings::{Findings, Oddity};
use crate::state::orders::Orders;
use crate::state::position::{Overflow, Position};
use crate::state::seen::{BookedFill, FillKey, SeenFills};

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
            is_doubtful: false,
            amend_sent: Qty(0),
            amend_asked: None,
            amend_queued: None,
            cancel_waits: false,
            submitted_at: at.1,
            changed_by: at.0,
        });
    }

    /// Feeds one input to an order.
    pub(crate) fn order_input(&mut self, key: LegKey, input: OrderInput, seq: Seq) -> Findings {
        let Some(order) = self.orders.get_mut(key) else {
            return Findings::ignored(AnomalyCode::UnknownOrder, shown(key));
        };
        let before = *order;
        if !order.take(input) {
            return Findings::ignored(AnomalyCode::OrderTransition, i64::from(before.state.number()));
        }
        self.follow(&before, seq)
    }

    /// What every change of an order leads to: its end, its reservation, and an overfill that the change brought to light
    /// (an amend refused after fills that only the amend explained).
    fn follow(&mut self, before: &Order, seq: Seq) -> Findings {
        let order = self.orders.get_mut(before.key).expect("the caller has just changed it");
        order.changed_by = seq;
        let over = order.overfilled();
        let ended = order.state.is_terminal() && !before.state.is_terminal();
        if ended {
            self.orders.mark_ended(before.key, seq);
            self.count_closed(before.key.strategy);
        }
        self.settle_reservation(before.key);
        Findings::FINE.and((over.0 > 0 && before.overfilled().0 == 0).then_some((AnomalyCode::Overfill, over.0)))
    }

    /// The adapter could not send a command for an order: nothing of it reached the venue.
    pub(crate) fn not_sent(&mut self, key: LegKey, command: Command, seq: Seq) -> Findings {
        let input = match command {
            Command::Submit => OrderInput::Reject,
            Command::Cancel => OrderInput::CancelReject,
            Command::Amend => OrderInput::AmendReject,
        };
        self.order_input(key, input, seq)
    }

    /// New price and quantity of an amended order; a quantity below what is filled is contradicted by the fills.
    pub(crate) fn amended(&mut self, key: LegKey, (price, qty): (Price, Qty), seq: Seq) -> Findings {
        let Some(order) = self.orders.get_mut(key) else {
            return Findings::ignored(AnomalyCode::UnknownOrder, shown(key));
        };
        if qty.0 <= 0 {
            return Findings::ignored(AnomalyCode::BadValue, qty.0);
        }
        let contradicts = qty < order.filled;
        if order.after(OrderInput::Amend).is_none() {
            return Findings::ignored(AnomalyCode::OrderTransition, i64::from(order.state.number()));
        }
        set_terms(order, price, qty);
        let found = self.order_input(key, OrderInput::Amend, seq);
        found.and(contradicts.then_some((AnomalyCode::Mismatch, qty.0)))
    }

    /// The venue states an order. Price and quantity follow it unless an amend is under way; an amend whose outcome nobody
    /// knew is decided by it; fills come as events of their own.
    pub(crate) fn order_reported(&mut self, said: &OrderStatement, seq: Seq) -> Findings {
        let Some(order) = self.orders.get_mut(said.order) else {
            return Findings::ignored(AnomalyCode::UnknownOrder, shown(said.order));
        };
        let before = *order;
        let (input, is_final) = meaning(said.state);
        if input.is_some_and(|input| order.after(input).is_none()) {
            return Findings::ignored(AnomalyCode::OrderTransition, i64::from(before.state.number()));
        }
        if is_final && order.state != OrderState::PendingAmend {
            order.settle_amends();
        }
        let price = order.terms.limit_price.unwrap_or(said.price);
        let differs = (price, order.terms.qty) != (said.price, said.qty);
        if differs && said.qty.0 > 0 && !order.state.is_terminal() && order.amend_sent.0 == 0 {
            set_terms(order, said.price, said.qty);
        }
        match input {
            Some(input) => assert!(order.take(input), "it was possible before price and quantity changed"),
            None => order.end_when_filled(),
        }
        let gap = said.filled.0.saturating_sub(before.filled.0);
        let found = self.follow(&before, seq);
        found.and((gap != 0 || differs).then_some((AnomalyCode::Mismatch, gap)))
    }

    /// Reserves for an order what an amend of it would need; a newer amend replaces an older one in the queue.
    pub(crate) fn reserve_amend(&mut self, key: LegKey, asked: Asked) {
        self.set_queued_amend(key, Some(asked));
    }

    /// An approved cancel of an order waits in the queue, or waits no more.
    pub(crate) fn set_cancel_waits(&mut self, key: LegKey, waits: bool) {
        if let Some(order) = self.orders.get_mut(key) {
            order.cancel_waits = waits;
        }
    }

    /// Gives back what an amend that leaves the queue without being sent had reserved.
    pub(crate) fn release_amend(&mut self, key: LegKey) {
        self.set_queued_amend(key, None);
    }

    fn set_queued_amend(&mut self, key: LegKey, asked: Option<Asked>) {
        if let Some(order) = self.orders.get_mut(key) {
            order.amend_queued = asked;
        }
        self.settle_reservation(key);
    }

    /// Books a fill; one whose fee cannot be added exactly is booked without it.
    pub(crate) fn filled(&mut self, fill: &Fill, at: FillPlace<'_>) -> Findings {
        if fill.qty.0 <= 0 {
            return Findings::ignored(AnomalyCode::BadValue, fill.qty.0);
        }
        let key = fill_key(fill, at);
        if self.seen.find(key).is_some() {
            return Findings::ignored(AnomalyCode::DuplicateFill, fill.trade_id.cast_signed());
        }
        let Ok(fee) = self.book(fill, at, fill.side) else {
            return Findings::ignored(AnomalyCode::Overflow, fill.qty.0);
        };
        self.seen.remember(key, BookedFill::of(fill, fee));
        self.fill_order(fill, at).and(lost(fill, fee))
    }

    /// Takes a fill back: the opposite of what was booked is booked, and the order's filled quantity goes down. What the
    /// bust says otherwise is a mismatch. A fill that is not remembered, or was taken back before, is left alone.
    pub(crate) fn busted(&mut self, said: &Fill, at: FillPlace<'_>) -> Findings {
        let trade = said.trade_id.cast_signed();
        let key = fill_key(said, at);
        let Some(seen) = self.seen.find(key) else { return Findings::ignored(AnomalyCode::Mismatch, trade) };
        if seen.is_busted {
            return Findings::ignored(AnomalyCode::DuplicateFill, trade);
        }
        let booked = seen.fill;
        let differs = booked != BookedFill::of(said, said.fee);
        let fill = booked.restored(said);
        let reversed = Fill { fee: -booked.fee, ..fill };
        let Ok(fee) = self.book(&reversed, at, fill.side.opposite()) else {
            return Findings::ignored(AnomalyCode::Overflow, fill.qty.0);
        };
        self.seen.bust(key);
        let oddity = differs.then_some((AnomalyCode::Mismatch, trade));
        let lost = lost(&reversed, fee);
        let Some(order) = self.orders.get_mut(fill.order).filter(|order| is_of(&fill, at, order)) else {
            return Findings::FINE.and(oddity).and(lost);
        };
        order.filled = Qty((order.filled.0 - fill.qty.0).max(0));
        let found = self.order_input(fill.order, OrderInput::Bust, at.seq);
        // The bust is booked, whatever the order's state makes of it.
        found.booked().and(oddity).and(lost)
    }

    /// Order that a remembered fill was booked for: a bust takes it back from there.
    pub(crate) fn order_of_fill(&self, fill: &Fill, account: AccountId, instrument: InstrumentId) -> Option<LegKey> {
        let key = FillKey { account, instrument, trade_id: fill.trade_id, side: fill.side };
        self.seen.find(key).map(|seen| seen.fill.order)
    }

    /// Quantity that a remembered fill was booked with; 0 = nothing is remembered.
    pub(crate) fn booked_qty(&self, fill: &Fill, account: AccountId, instrument: InstrumentId) -> Qty {
        let key = FillKey { account, instrument, trade_id: fill.trade_id, side: fill.side };
        self.seen.find(key).map_or(Qty(0), |seen| seen.fill.qty)
    }

    /// Every position of an instrument becomes so many times as large, at the same cost; all of them or none. An error
    /// carries a quantity that has no exact counterpart.
    pub(crate) fn split(&mut self, instrument: InstrumentId, numerator: u64, denominator: u64) -> Result<(), Qty> {
        let Some(column) = (instrument.0 as usize).checked_sub(1).filter(|column| *column < self.instruments) else {
            return Ok(());
        };
        let after = |qty: i64| {
            let units = i128::from(qty) * i128::from(numerator);
            let is_exact = units % i128::from(denominator) == 0;
            let new = i64::try_from(units / i128::from(denominator)).ok();
            new.filter(|_| is_exact).ok_or(Qty(qty))
        };
        let width = self.instruments;
        let is_of = |at: &usize| at / SIDES % width == column;
        for list in [&self.strategy_positions, &self.account_positions] {
            let mut held = list.iter().enumerate().filter(|(at, _)| is_of(at));
            held.try_for_each(|(_, position)| after(position.qty).map(|_| ()))?;
        }
        for list in [&mut self.strategy_positions, &mut self.account_positions] {
            for (_, position) in list.iter_mut().enumerate().filter(|(at, _)| is_of(at)) {
                position.qty = after(position.qty)?;
            }
        }
        Ok(())
    }

    /// Cash as the venue states it; a difference from what was derived is an anomaly, and the venue wins.
    pub(crate) fn balance_reported(
        &mut self,
        account: AccountId,
        said: &BalanceStatement,
        derived: Decimal,
    ) -> Findings {
        let Some(cash) = self.cash_mut(account).filter(|cash| cash.currency == said.currency) else {
            return Findings::ignored(AnomalyCode::UnknownReference, i64::from(account.0));
        };
        let differs = cash.is_reported && derived != said.total;
        let correction = add_exact(said.total, -derived).and_then(|gap| add_exact(cash.base, gap));
        let Ok(base) = correction else { return Findings::ignored(AnomalyCode::Overflow, 0) };
        cash.base = base;
        cash.is_reported = true;
        if differs { Findings::odd(AnomalyCode::Mismatch, i64::from(account.0)) } else { Findings::FINE }
    }

    /// Cash that moved without a fill.
    pub(crate) fn balance_adjusted(&mut self, account: AccountId, change: &BalanceChange) -> Findings {
        let strategy = usize::from(change.strategy.0);
        let Some(own) = self.strategy_adjustments.get(strategy).copied() else {
            return Findings::ignored(AnomalyCode::UnknownReference, i64::from(change.strategy.0));
        };
        let Some(cash) = self.cash_mut(account).filter(|cash| cash.currency == change.currency) else {
            return Findings::ignored(AnomalyCode::UnknownReference, i64::from(account.0));
        };
        let (Ok(total), Ok(own)) = (add_exact(cash.adjustments, change.amount), add_exact(own, change.amount)) else {
            return Findings::ignored(AnomalyCode::Overflow, 0);
        };
        cash.adjustments = total;
        self.strategy_adjustments[strategy] = own;
        Findings::FINE
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
        self.seen.put(w);
    }

    /// Books a fill for strategy and account, and answers the fee that was booked with it: what cannot be added exactly is
    /// left out, because the quantity must not get lost with it.
    fn book(&mut self, fill: &Fill, at: FillPlace<'_>, side: Side) -> Result<Decimal, Overflow> {
        let holders = [Holder::Strategy(at.owner), Holder::Account(at.account)];
        let mut booked = [Position::default(); 2];
        for (holder, new) in holders.iter().zip(&mut booked) {
            let old = self.position(*holder, at.instrument.id, fill.position_side).ok_or(Overflow)?;
            *new = old.filled(side, fill.price, fill.qty, at.instrument)?;
        }
        let is_charged = booked.iter().all(|new| add_exact(new.fees, fill.fee).is_ok());
        let fee = if is_charged { fill.fee } else { Decimal::ZERO };
        for new in &mut booked {
            new.charge(fee)?;
        }
        for (holder, new) in holders.iter().zip(booked) {
            *self.position_mut(*holder, at.instrument.id, fill.position_side).expect("read above") = new;
        }
        Ok(fee)
    }

    /// What a booked fill means for its order. One that contradicts the order leaves it alone.
    fn fill_order(&mut self, fill: &Fill, at: FillPlace<'_>) -> Findings {
        if fill.has_no_order() {
            return Findings::FINE;
        }
        let Some(order) = self.orders.get_mut(fill.order) else {
            let is_ours = at.owner != StrategyId::EXTERNAL;
            return Findings::odd(if is_ours { AnomalyCode::LateFill } else { AnomalyCode::UnknownOrder }, fill.qty.0);
        };
        if !is_of(fill, at, order) {
            return Findings::odd(AnomalyCode::Mismatch, fill.qty.0);
        }
        let had_ended = order.state.is_terminal();
        order.filled = Qty(order.filled.0.saturating_add(fill.qty.0));
        let over = order.overfilled();
        // The venue counts by the terms it has: while an amend may be on either side of the fill they are not known.
        let differs = !had_ended && order.amend_sent.0 == 0 && fill.leaves != order.leaves();
        let is_whole = order.filled >= order.largest();
        let input = if is_whole { OrderInput::FullFill } else { OrderInput::PartialFill };
        self.order_input(fill.order, input, at.seq)
            .and(differs.then_some((AnomalyCode::Mismatch, fill.leaves.0)))
            .and((over.0 > 0).then_some((AnomalyCode::Overfill, over.0)))
            .and(had_ended.then_some((AnomalyCode::LateFill, fill.qty.0)))
    }

    /// Makes what is reserved for an order equal to what it exposes; the only place where a live order's reservation moves.
    fn settle_reservation(&mut self, key: LegKey) {
        let Some(order) = self.orders.get_mut(key) else { return };
        let wanted = order.exposed();
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

/// Where and when a fill happened, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FillPlace<'a> {
    pub(crate) account: AccountId,
    pub(crate) instrument: &'a Instrument,
    pub(crate) owner: StrategyId,
    pub(crate) seq: Seq,
}

fn fill_key(fill: &Fill, at: FillPlace<'_>) -> FillKey {
    FillKey { account: at.account, instrument: at.instrument.id, trade_id: fill.trade_id, side: fill.side }
}

/// A fee that could not be booked, as an anomaly.
fn lost(fill: &Fill, booked: Decimal) -> Option<Oddity> {
    (booked != fill.fee).then_some((AnomalyCode::Overflow, i64::from(fill.fee_currency.0)))
}

/// What a statement of an order in this state means for it, and whether it tells what became of its amends. A fill is
/// booked by its own event; a command under way says nothing new.
const fn meaning(state: OrderState) -> (Option<OrderInput>, bool) {
    use OrderState as S;
    match state {
        S::Accepted | S::PartiallyFilled => (Some(OrderInput::Accept), true),
        S::Canceled => (Some(OrderInput::Cancel), true),
        S::Rejected => (Some(OrderInput::Reject), true),
        S::Expired => (Some(OrderInput::Expire), true),
        S::Filled => (None, true),
        S::Unknown => (Some(OrderInput::OutcomeUnknown), false),
        S::Submitted | S::PendingCancel | S::PendingAmend => (None, false),
    }
}

/// True when a fill can be one of this order.
fn is_of(fill: &Fill, at: FillPlace<'_>, order: &Order) -> bool {
    order.account == at.account && order.terms.instrument == at.instrument.id && order.terms.side == fill.side
}

/// Price and quantity that a venue gave an order; the quantity is never below what is filled.
fn set_terms(order: &mut Order, price: Price, qty: Qty) {
    order.terms.qty = qty.max(order.filled);
    if order.terms.limit_price.is_some() {
        order.terms.limit_price = Some(price);
        order.terms.reference = price;
    }
}

/// Intent number of a key as an anomaly's value.
fn shown(key: LegKey) -> i64 {
    i64::try_from(key.intent.0).unwrap_or(i64::MAX)
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
