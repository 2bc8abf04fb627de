//! Instruments at the venue: may this order be sent there now?
//!
//! In: the venue's rules and status, orders. Out: yes, or why not. Must never: judge an order by anything but the venue's own
//! rules, or guess: an instrument that the venue does not name takes no orders.

use std::collections::BTreeMap;

use ringfence_core::event::RejectReason;
use ringfence_core::ids::InstrumentId;
use ringfence_core::instrument::{Instrument, InstrumentStatus};
use ringfence_core::intent::{OrderTerms, OrderType};
use ringfence_core::money::{Price, Qty};

use crate::codec::Number;
use crate::codec::rules::SymbolRules;

/// Rules of one instrument at its own scales; 0 = no rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    tick: i64,
    price_min: i64,
    price_max: i64,
    lot: i64,
    qty_min: i64,
    qty_max: i64,
    market_max: i64,
    /// At price scale + quantity scale.
    notional_min: i128,
}

/// What the venue says of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) rules: Rules,
    /// As it trades for us: halted where its rules do not go with those of the session.
    pub(crate) status: InstrumentStatus,
    pub(crate) differs: bool,
}

/// All instruments of the session.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    known: BTreeMap<InstrumentId, Symbol>,
}

impl Symbols {
    /// Takes what the venue says; gives what trades otherwise than before.
    pub(crate) fn take(&mut self, instrument: &Instrument, said: Option<&SymbolRules>) -> (Symbol, bool) {
        let symbol = said.map_or(MISSING, |said| of(instrument, said));
        let is_news = self.known.insert(instrument.id, symbol).is_none_or(|old| old.status != symbol.status);
        (symbol, is_news)
    }

    /// Whether an order may be sent.
    pub(crate) fn admit(&self, instrument: InstrumentId, terms: &OrderTerms) -> Result<(), RejectReason> {
        let symbol = self.known.get(&instrument).ok_or(RejectReason::MarketClosed)?;
        match symbol.status {
            InstrumentStatus::Trading => {}
            InstrumentStatus::PostOnly if terms.post_only => {}
            InstrumentStatus::PostOnly
            | InstrumentStatus::Auction
            | InstrumentStatus::Halted
            | InstrumentStatus::CancelOnly
            | InstrumentStatus::Closed
            | InstrumentStatus::Settled
            | InstrumentStatus::Restricted => return Err(RejectReason::MarketClosed),
        }
        let most = if terms.order_type == OrderType::Market { symbol.rules.market_max } else { 0 };
        if most > 0 && terms.qty.0 > most {
            return Err(RejectReason::TransmitRefused);
        }
        symbol.rules.admit(terms.limit_price, terms.qty, terms.reduce_only)
    }

    /// Whether an amend may be sent; what does not trade takes none.
    pub(crate) fn admit_amend(&self, instrument: InstrumentId, price: Price, qty: Qty) -> Result<(), RejectReason> {
        let symbol = self.known.get(&instrument).ok_or(RejectReason::MarketClosed)?;
        match symbol.status {
            InstrumentStatus::Trading | InstrumentStatus::PostOnly => symbol.rules.admit(Some(price), qty, false),
            InstrumentStatus::Auction
            | InstrumentStatus::Halted
            | InstrumentStatus::CancelOnly
            | InstrumentStatus::Closed
            | InstrumentStatus::Settled
            | InstrumentStatus::Restricted => Err(RejectReason::MarketClosed),
        }
    }
}

/// What the venue does not name.
const MISSING: Symbol = Symbol {
    rules: Rules {
        tick: 0,
        price_min: 0,
        price_max: 0,
        lot: 0,
        qty_min: 0,
        qty_max: 0,
        market_max: 0,
        notional_min: 0,
    },
    status: InstrumentStatus::Halted,
    differs: false,
};

impl Rules {
    fn admit(&self, price: Option<Price>, qty: Qty, is_reduction: bool) -> Result<(), RejectReason> {
        let is_on = |value: i64, step: i64| step == 0 || value % step == 0;
        let is_within = |value: i64, low: i64, high: i64| value >= low && (high == 0 || value <= high);
        if !is_on(qty.0, self.lot) || !is_within(qty.0, self.qty_min, self.qty_max) {
            return Err(RejectReason::TransmitRefused);
        }
        let Some(price) = price else { return Ok(()) };
        if !is_on(price.0, self.tick) {
            return Err(RejectReason::TransmitRefused);
        }
        if !is_within(price.0, self.price_min, self.price_max) {
            return Err(RejectReason::PriceOutOfBand);
        }
        // What closes a position may be as small as it is.
        let is_too_small = price.times(qty).0 < self.notional_min && !is_reduction;
        if is_too_small { Err(RejectReason::TransmitRefused) } else { Ok(()) }
    }
}

/// The rules at the scales of an instrument. A step that these scales cannot write is finer than anything that we send.
fn of(instrument: &Instrument, said: &SymbolRules) -> Symbol {
    let price = |number: Number| number.at(instrument.price_scale).unwrap_or(0);
    let qty = |number: Number| number.at(instrument.qty_scale).unwrap_or(0);
    let rules = Rules {
        tick: said.tick.map_or(0, price),
        price_min: price(said.prices.0),
        price_max: price(said.prices.1),
        lot: said.lot.map_or(0, qty),
        qty_min: qty(said.quantities.0),
        qty_max: qty(said.quantities.1),
        market_max: qty(said.market_quantities.1),
        notional_min: notional(instrument, said.notional_min),
    };
    let differs = differs(instrument, &rules);
    Symbol { rules, status: if differs { InstrumentStatus::Halted } else { said.status }, differs }
}

fn notional(instrument: &Instrument, said: Option<Number>) -> i128 {
    let digits = u32::from(instrument.price_scale.digits() + instrument.qty_scale.digits());
    let wide = |number: Number| {
        let decimal = number.decimal().ok()?;
        let missing = digits.checked_sub(decimal.scale())?;
        decimal.mantissa().checked_mul(10_i128.pow(missing))
    };
    said.and_then(wide).unwrap_or(0)
}

/// True where orders that the session takes for well formed would be refused: its steps are no multiples of the venue's, or
/// its largest order is larger than the venue's.
fn differs(instrument: &Instrument, rules: &Rules) -> bool {
    let is_multiple = |ours: i64, theirs: i64| theirs == 0 || ours % theirs == 0;
    !is_multiple(instrument.tick, rules.tick) || !is_multiple(instrument.lot, rules.lot)
}
