//! Filters: does an order keep the rules of its symbol?
//!
//! In: what is wanted, the listing, the market's price. Out: the first rule that it breaks. Must never: look at money of
//! the account.

use super::listing::{Listing, Product, Status};
use super::order::{Kind, Side, Wanted};
use crate::amount::Amount;

/// Why an order is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Closed,
    PriceRange,
    PriceTick,
    PriceHigh,
    PriceLow,
    QtyLow,
    QtyHigh,
    QtyStep,
    QtyZero,
    Notional,
    TooManyOrders,
    DuplicateId,
    WouldTake,
    CannotFill,
    WouldTrigger,
    NoFunds,
    NoMargin,
    NothingToReduce,
    NoMarket,
    UnknownOrder,
    NothingToAmend,
}

/// What a check may look at.
pub(crate) struct Seen<'a> {
    pub(crate) wanted: &'a Wanted,
    pub(crate) listing: &'a Listing,
    /// What the market's price is; none in a market that never traded.
    pub(crate) market: Option<Amount>,
    /// Open orders of the account in the symbol.
    pub(crate) open: usize,
}

type Check = fn(&Seen) -> Result<(), Refused>;

/// Asked in this order; the first that does not hold answers.
const CHECKS: &[Check] = &[
    is_trading,
    price_is_in_range,
    price_is_on_tick,
    qty_is_allowed,
    price_is_near,
    notional_is_enough,
    orders_are_few,
];

/// Holds an order against every filter.
pub(crate) fn check(seen: &Seen) -> Result<(), Refused> {
    CHECKS.iter().try_for_each(|check| check(seen))
}

fn is_trading(seen: &Seen) -> Result<(), Refused> {
    match seen.listing.status {
        Status::Trading => Ok(()),
        Status::Halt | Status::Break => Err(Refused::Closed),
    }
}

fn price_is_in_range(seen: &Seen) -> Result<(), Refused> {
    let prices =
        [(seen.wanted.kind.has_price(), seen.wanted.price), (seen.wanted.kind.is_conditional(), seen.wanted.stop)];
    let is_bad =
        |(applies, price): &(bool, Amount)| *applies && (!price.is_positive() || *price > seen.listing.price_max);
    if prices.iter().any(is_bad) { Err(Refused::PriceRange) } else { Ok(()) }
}

fn price_is_on_tick(seen: &Seen) -> Result<(), Refused> {
    let fits =
        seen.wanted.price.is_multiple_of(seen.listing.tick) && seen.wanted.stop.is_multiple_of(seen.listing.tick);
    if fits { Ok(()) } else { Err(Refused::PriceTick) }
}

fn qty_is_allowed(seen: &Seen) -> Result<(), Refused> {
    let (wanted, listing) = (seen.wanted, seen.listing);
    if wanted.money.is_positive() {
        return Ok(());
    }
    let most = match wanted.kind {
        Kind::Market => listing.market_qty_max.min(listing.qty_max),
        Kind::Limit | Kind::LimitMaker | Kind::StopLoss | Kind::StopLossLimit => listing.qty_max,
        Kind::TakeProfit | Kind::TakeProfitLimit => listing.qty_max,
    };
    if !wanted.qty.is_positive() {
        return Err(Refused::QtyZero);
    }
    if wanted.qty < listing.qty_min {
        return Err(Refused::QtyLow);
    }
    if wanted.qty > most {
        return Err(Refused::QtyHigh);
    }
    if wanted.qty.is_multiple_of(listing.step) { Ok(()) } else { Err(Refused::QtyStep) }
}

fn price_is_near(seen: &Seen) -> Result<(), Refused> {
    let Some(market) = seen.market.filter(|_| seen.wanted.kind.has_price()) else { return Ok(()) };
    let (low, high) = band(seen.listing, market);
    let is_both_ways = seen.listing.product == Product::Spot;
    // Futures hold a buyer against the upper price alone, and a seller against the lower.
    if seen.wanted.price > high && (is_both_ways || seen.wanted.side == Side::Buy) {
        return Err(Refused::PriceHigh);
    }
    if seen.wanted.price < low && (is_both_ways || seen.wanted.side == Side::Sell) {
        return Err(Refused::PriceLow);
    }
    Ok(())
}

/// Lowest and highest price near a market's.
pub(crate) fn band(listing: &Listing, market: Amount) -> (Amount, Amount) {
    (market.times(listing.multiplier_down), market.times(listing.multiplier_up))
}

fn notional_is_enough(seen: &Seen) -> Result<(), Refused> {
    let wanted = seen.wanted;
    let price = if wanted.kind.has_price() { Some(wanted.price) } else { seen.market };
    let notional =
        if wanted.money.is_positive() { Some(wanted.money) } else { price.map(|price| price.times(wanted.qty)) };
    match notional {
        Some(notional) if notional < seen.listing.notional_min && !wanted.is_reducing => Err(Refused::Notional),
        Some(_) | None => Ok(()),
    }
}

fn orders_are_few(seen: &Seen) -> Result<(), Refused> {
    if seen.open >= seen.listing.orders_max { Err(Refused::TooManyOrders) } else { Ok(()) }
}
