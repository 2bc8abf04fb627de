//! Local values: can what a local act asks for be?
//!
//! In: names and values of acts. Out: them, or what was given and what is allowed. Must never: answer a request of the real
//! protocol; its words are in `fault`.

use super::exchange::Exchange;
use super::fault::ApiFault;
use super::local::product_name;
use crate::amount::Amount;
use crate::flow::MarketChange;
use crate::matching::listing::Product;
use crate::matching::order::Side;

/// What local acts are refused with.
const CODE: i32 = -1130;

impl Exchange {
    /// The symbol's place in the market.
    pub(super) fn symbol(&self, product: Product, symbol: &str) -> Result<usize, ApiFault> {
        let engine = self.engine(product);
        let listed = || engine.desks.iter().map(|desk| desk.listing.symbol.as_str()).collect::<Vec<_>>().join(", ");
        engine.listing(symbol).ok_or_else(|| {
            let text = format!("symbol is {symbol}, and {} lists {}", product_name(product), listed());
            ApiFault::new(-1121, text)
        })
    }

    pub(super) fn named_account(&self, name: &str) -> Result<usize, ApiFault> {
        let found = self.users.iter().position(|user| user.name == name);
        let known = || self.users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(", ");
        found
            .map(|at| at + 1)
            .ok_or_else(|| ApiFault::new(CODE, format!("there is no account {name}, accounts are {}", known())))
    }
}

pub(super) fn side_of(name: &str) -> Result<Side, ApiFault> {
    match name {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(ApiFault::new(-1117, format!("side is {name}, and must be BUY or SELL"))),
    }
}

/// A price, a quantity, a step: more than nothing.
pub(super) fn above_zero(name: &str, value: Amount) -> Result<(), ApiFault> {
    if value.is_positive() { Ok(()) } else { Err(too_small(name, value, "above 0")) }
}

/// A quantity that may be none.
pub(super) fn not_below_zero(name: &str, value: Amount) -> Result<(), ApiFault> {
    if value >= Amount::ZERO { Ok(()) } else { Err(too_small(name, value, "at least 0")) }
}

/// A rule of a symbol that is to be another.
pub(super) fn each(
    check: fn(&str, Amount) -> Result<(), ApiFault>,
    values: [(&str, Option<Amount>); 2],
) -> Result<(), ApiFault> {
    values.into_iter().try_for_each(|(name, value)| value.map_or(Ok(()), |value| check(name, value)))
}

/// A record of a tape. A side of a quote without a quantity has no price.
pub(super) fn possible(change: &MarketChange) -> Result<(), ApiFault> {
    match change {
        MarketChange::Trade { price, qty, buyer_is_maker: _ } => {
            above_zero("price", read("price", price)?)?;
            above_zero("qty", read("qty", qty)?)
        }
        MarketChange::Quote { bid, bid_qty, ask, ask_qty } => {
            quoted(("bid", bid), ("bid_qty", bid_qty))?;
            quoted(("ask", ask), ("ask_qty", ask_qty))
        }
        MarketChange::Level { side, price, qty } => {
            side_of(side)?;
            above_zero("price", read("price", price)?)?;
            not_below_zero("qty", read("qty", qty)?)
        }
    }
}

fn quoted((price_name, price): (&str, &str), (qty_name, qty): (&str, &str)) -> Result<(), ApiFault> {
    let (price, qty) = (read(price_name, price)?, read(qty_name, qty)?);
    not_below_zero(qty_name, qty)?;
    if qty.is_positive() { above_zero(price_name, price) } else { Ok(()) }
}

fn read(name: &str, text: &str) -> Result<Amount, ApiFault> {
    Amount::parse(text).map_err(|why| ApiFault::new(CODE, format!("{name} is {text}: {why}")))
}

fn too_small(name: &str, value: Amount, allowed: &str) -> ApiFault {
    ApiFault::new(CODE, format!("{name} is {}, and must be {allowed}", value.trimmed()))
}
