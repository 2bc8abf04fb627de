//! Question: what is traded, and how are its numbers written?
//!
//! In: the host's definitions. Out: definitions with conversions at their scales. Must never round.

use crate::decimal::{Decimal, NumberError};
use crate::event::InstrumentState;
use crate::named::named_enum;
use crate::number::{Amount, InstrumentId, Notional, Price, Qty};

named_enum! {
    /// Kind of an instrument.
    InstrumentKind {
        /// One currency against another, delivered at once.
        Spot = "spot",
        /// A future without expiry.
        Perpetual = "perpetual",
        /// A contract with expiry.
        Future = "future",
        /// A right with expiry.
        Option = "option",
        /// A share or a fund.
        Equity = "equity",
        /// A currency pair on account.
        FxPair = "fx-pair",
    }
}

/// Definition of an instrument. The scales never change for an id; state, tick, lot and limits may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Its number in this session, from 1.
    pub id: InstrumentId,
    /// `VENUE:SYMBOL`, split at the first colon.
    pub symbol: String,
    /// What it is.
    pub kind: InstrumentKind,
    /// Digits after the point of a price; price and quantity scale together are at most 18.
    pub price_scale: u8,
    /// Digits after the point of a quantity.
    pub qty_scale: u8,
    /// Price step, above 0.
    pub tick: Price,
    /// Quantity step, above 0.
    pub lot: Qty,
    /// Smallest quantity of an order.
    pub qty_min: Qty,
    /// Largest quantity of an order.
    pub qty_max: Qty,
    /// Units of the underlying in one contract, above 0.
    pub multiplier: Decimal,
    /// What is bought and sold.
    pub base: String,
    /// What prices are in.
    pub quote: String,
    /// What profit and fees are in.
    pub settlement: String,
    /// Digits after the point of amounts in the settlement currency.
    pub settlement_scale: u8,
    /// Its trading state.
    pub state: InstrumentState,
}

impl Instrument {
    /// A price from decimal text.
    ///
    /// # Errors
    /// Text that is no decimal, has more digits than the price scale, or does not fit.
    pub fn price(&self, text: &str) -> Result<Price, NumberError> {
        Price::parse(text, self.price_scale)
    }

    /// A quantity from decimal text.
    ///
    /// # Errors
    /// Text that is no decimal, has more digits than the quantity scale, or does not fit.
    pub fn qty(&self, text: &str) -> Result<Qty, NumberError> {
        Qty::parse(text, self.qty_scale)
    }

    /// A value in the quote currency from decimal text.
    ///
    /// # Errors
    /// Text that is no decimal, has more digits than the price scale, or does not fit.
    pub fn notional(&self, text: &str) -> Result<Notional, NumberError> {
        Notional::parse(text, self.price_scale)
    }

    /// An amount in the settlement currency from decimal text.
    ///
    /// # Errors
    /// Text that is no decimal, has more digits than the settlement scale, or does not fit.
    pub fn amount(&self, text: &str) -> Result<Amount, NumberError> {
        Amount::parse(text, self.settlement_scale)
    }

    /// The price that is `steps` ticks above (below for a negative number) `from`; `None` when it does not fit.
    #[must_use]
    pub fn ticks_from(&self, from: Price, steps: i64) -> Option<Price> {
        self.tick.0.checked_mul(steps).and_then(|distance| from.0.checked_add(distance)).map(Price)
    }
}
