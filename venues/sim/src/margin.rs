//! Margin: does an account have what its positions need?
//!
//! In: fills, payments, prices. Out: whether a new order fits, and the liquidation of what no longer does. Must never: look
//! where no margin is asked, or close more than it has to begin with: the position with the largest requirement goes first,
//! whole, and then the account is looked at again.
//!
//! Equity is the cash at the start, less what was bought, plus what was sold, less fees, plus payments, plus every open
//! position at its mark. It is kept in units of 10^-12 of the account's currency; what is finer is rounded down, which is
//! never in favour of the account.

use ringfence_core::event::{BalanceReason, CancelReason, Fill, FillReason, Report};
use ringfence_core::ids::AccountId;
use ringfence_core::instrument::{Instrument, PositionSide, Side};
use ringfence_core::money::{Decimal, Price};

use crate::carry::MarginRule;
use crate::config::SimAccount;
use crate::market::is_matching;
use crate::sim::Sim;
use crate::venue_fills::amount;

/// Money of the accounts, as margin looks at it; empty where none is asked.
#[derive(Debug)]
pub(crate) struct Funds {
    accounts: Vec<Money>,
}

#[derive(Debug)]
struct Money {
    /// Everything but the value of open positions, in units of 10^-12.
    settled: i128,
    /// Books in which the account has ever had an order.
    books: Vec<usize>,
}

/// What an account has and needs.
#[derive(Clone, Copy, Debug)]
struct Standing {
    equity: i128,
    /// Times 10000, as basis points come.
    needed: i128,
    /// Book with the largest requirement.
    largest: Option<(i128, usize)>,
}

/// A new order, or an amend that makes one larger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) account: AccountId,
    /// Book of its instrument.
    pub(crate) at: usize,
    pub(crate) side: Side,
    pub(crate) position_side: PositionSide,
    /// How much is added.
    pub(crate) qty: i64,
    pub(crate) limit: Option<Price>,
}

impl Funds {
    pub(crate) fn new(rule: MarginRule, accounts: &[SimAccount]) -> Funds {
        let money = |account: &SimAccount| Money { settled: units_of(account.cash), books: Vec::new() };
        let accounts = match rule {
            MarginRule::Off => Vec::new(),
            MarginRule::Cross { .. } => accounts.iter().map(money).collect(),
        };
        Funds { accounts }
    }

    /// True where margin is asked.
    pub(crate) fn is_watched(&self) -> bool {
        !self.accounts.is_empty()
    }

    fn of(&mut self, account: AccountId) -> Option<&mut Money> {
        self.accounts.get_mut(usize::from(account.0).wrapping_sub(1))
    }

    /// An account has an order in a book.
    pub(crate) fn touch(&mut self, account: AccountId, at: usize) {
        if let Some(money) = self.of(account)
            && let Err(place) = money.books.binary_search(&at)
        {
            money.books.insert(place, at);
        }
    }
}

impl Sim {
    /// A fill moved the money of an account.
    pub(crate) fn count_fill(&mut self, account: AccountId, at: usize, fill: &Fill) {
        let instrument = &self.books[at].instrument;
        let Some(money) = self.funds.of(account) else { return };
        let value = instrument.value(fill.price.times(fill.qty)).unwrap_or(i128::MAX);
        let paid = units(value.saturating_mul(i128::from(-fill.side.sign())), instrument.value_scale());
        money.settled = money.settled.saturating_add(paid).saturating_add(units_of(-fill.fee));
    }

    /// Cash moved without a fill.
    pub(crate) fn count_payment(&mut self, account: AccountId, amount: Decimal) {
        if let Some(money) = self.funds.of(account) {
            money.settled = money.settled.saturating_add(units_of(amount));
        }
    }

    /// Looks at every account that holds something of a book.
    pub(crate) fn watch(&mut self, at: usize, out: &mut Vec<Report>) {
        let (mut place, mut last) = (0, AccountId(0));
        while let Some(held) = self.books[at].positions.at(place) {
            place += 1;
            if held.owner.account != last {
                last = held.owner.account;
                self.supervise(last, out);
            }
        }
    }

    /// Looks at an account, and closes positions until it has what the others need.
    pub(crate) fn supervise(&mut self, account: AccountId, out: &mut Vec<Report>) {
        let MarginRule::Cross { liquidation_fee_bps } = self.carry.margin else { return };
        while let Some(standing) = self.standing(account) {
            let Some((_, at)) = standing.largest else { return };
            if standing.equity.saturating_mul(BPS) >= standing.needed {
                return;
            }
            if !self.liquidate((account, at), liquidation_fee_bps, out) {
                return;
            }
        }
    }

    /// Cancels what an account has in a book and closes what it holds there. False = the market is closed or has no price.
    fn liquidate(&mut self, (account, at): (AccountId, usize), fee_bps: u32, out: &mut Vec<Report>) -> bool {
        let market = &self.books[at].market;
        let price = |side| market.taking_price(side).or(market.last).or(market.mark);
        let prices = [price(Side::Buy), price(Side::Sell)];
        let [Some(bought_at), Some(sold_at)] = prices else { return false };
        if !is_matching(market.status) {
            return false;
        }
        self.cancel_all(at, |entry_account| entry_account == account, out);
        let mut place = 0;
        while let Some(held) = self.books[at].positions.at(place) {
            place += 1;
            if held.owner.account != account || held.qty == 0 {
                continue;
            }
            let price = match held.closing_side() {
                Side::Buy => bought_at,
                Side::Sell => sold_at,
            };
            let qty = held.qty.abs();
            self.close_out(at, held, (price, qty), FillReason::Liquidation, out);
            let instrument = self.books[at].instrument;
            let value = i128::from(price.0).abs().saturating_mul(qty);
            let value = value.saturating_mul(i128::from(instrument.multiplier.mantissa));
            let fee = amount(value.saturating_mul(i128::from(fee_bps)), instrument.value_scale() + BPS_SCALE);
            self.pay(at, (account, held.owner.strategy), (BalanceReason::Liquidation, -fee), out);
        }
        true
    }

    /// The venue cancels the live orders of a book that belong to these accounts.
    pub(crate) fn cancel_all(&mut self, at: usize, is_meant: impl Fn(AccountId) -> bool, out: &mut Vec<Report>) {
        let mut due = self.take_due();
        self.books[at].all(&self.orders, &mut due);
        due.retain(|slot| is_meant(self.orders.get(*slot).account));
        for slot in &due {
            self.take_out(*slot);
            self.end_by_venue(*slot, self.orders.get(*slot).open(), CancelReason::Venue, out);
        }
        self.due = due;
    }

    /// `None` where a position has no price, and so nothing can be said.
    fn standing(&self, account: AccountId) -> Option<Standing> {
        let money = self.funds.accounts.get(usize::from(account.0).wrapping_sub(1))?;
        let mut standing = Standing { equity: money.settled, needed: 0, largest: None };
        for at in &money.books {
            let book = &self.books[*at];
            let net = book.positions.net(account);
            if net.iter().all(|qty| *qty == 0) {
                continue;
            }
            let half = book.market.half_mark()?;
            let mut needed = 0_i128;
            for qty in net {
                let value = value_of(&book.instrument, half, qty);
                standing.equity = standing.equity.saturating_add(value);
                let bps = i128::from(book.instrument.margin_maintenance_bps);
                needed = needed.saturating_add(value.saturating_abs().saturating_mul(bps));
            }
            standing.needed = standing.needed.saturating_add(needed);
            if needed > standing.largest.map_or(0, |(most, _)| most) {
                standing.largest = Some((needed, *at));
            }
        }
        Some(standing)
    }

    /// True where the account has the initial margin of everything it holds and has ordered, this included; or where this
    /// asks for no more than before.
    pub(crate) fn has_margin(&self, wanted: &Wanted) -> bool {
        if !self.funds.is_watched() {
            return true;
        }
        let (Some(before), Some(after)) = (self.initial(wanted, 0), self.initial(wanted, wanted.qty)) else {
            return true;
        };
        let equity = self.standing(wanted.account).map_or(0, |standing| standing.equity);
        after <= before || equity.saturating_mul(BPS) >= after
    }

    /// Initial margin of an account times 10000, with so much added to the book that is asked about. `None` = no price.
    fn initial(&self, wanted: &Wanted, added: i64) -> Option<i128> {
        let known = &self.funds.accounts[usize::from(wanted.account.0) - 1].books;
        let own = Some(wanted.at).filter(|at| known.binary_search(at).is_err());
        let mut sum = 0_i128;
        for at in known.iter().copied().chain(own) {
            let book = &self.books[at];
            let bps = i128::from(book.instrument.margin_initial_bps);
            if bps == 0 {
                continue;
            }
            let mut sides = book.positions.net(wanted.account).map(|qty| [qty; 2]);
            let mut add = |position_side: PositionSide, side: Side, qty: i64| {
                let place = usize::from(side == Side::Sell);
                sides[usize::from(position_side.number())][place] += i128::from(qty) * i128::from(side.sign());
            };
            for slot in book.live(&self.orders) {
                let entry = self.orders.get(slot);
                if entry.account == wanted.account {
                    add(entry.terms.position_side, entry.terms.side, entry.open().0);
                }
            }
            if at == wanted.at {
                add(wanted.position_side, wanted.side, added);
            }
            let worst = sides.iter().map(|[up, down]| up.abs().max(down.abs())).fold(0, i128::saturating_add);
            if worst == 0 {
                continue;
            }
            let limit = wanted.limit.filter(|_| at == wanted.at).map(|price| i128::from(price.0) * 2);
            let half = book.market.half_mark().or(limit)?;
            sum = sum.saturating_add(value_of(&book.instrument, half, worst).saturating_abs().saturating_mul(bps));
        }
        Some(sum)
    }
}

/// Value of a quantity at a price in half units, in units of 10^-12.
fn value_of(instrument: &Instrument, half: i128, qty: i128) -> i128 {
    let value = half.saturating_mul(qty).saturating_mul(i128::from(instrument.multiplier.mantissa));
    units(value.saturating_mul(5), instrument.value_scale() + 1)
}

fn units_of(amount: Decimal) -> i128 {
    units(amount.mantissa(), amount.scale())
}

/// Units of 10^-12, rounded down.
fn units(mantissa: i128, scale: u32) -> i128 {
    match scale.checked_sub(UNITS_SCALE) {
        Some(finer) => mantissa.div_euclid(10_i128.pow(finer)),
        None => mantissa.saturating_mul(10_i128.pow(UNITS_SCALE - scale)),
    }
}

const UNITS_SCALE: u32 = 12;
const BPS: i128 = 10_000;
const BPS_SCALE: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_finer_than_a_unit_is_rounded_down_on_both_sides_of_zero() {
        assert_eq!([units(15, 13), units(-15, 13), units(7, 0)], [1, -2, 7_000_000_000_000]);
    }
}
