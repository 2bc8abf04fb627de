//! Instruments at the venue: may this order be sent there now?
//!
//! In: the venue's rules and status, orders. Out: yes, or why not. Must never: judge an order by anything but the venue's own
//! rules, or guess: an instrument that the venue does not name takes no orders.

use std::collections::BTreeMap;

use ringfence_core::event::RejectReason;
use ringfence_core::ids::InstrumentId;
use ringfence_core::instrument::{Instrument, InstrumentStatus};
use ringfence_core::intent::{OrderTerms, OrderType};
use ringfence_core::money::{Decimal, MoneyError, Price, Qty, Scale, decimal};

use crate::codec::Number;
use crate::codec::rules::SymbolRules;
use crate::protocol::{Machine, Notice};

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

impl Machine {
    /// Takes what the venue says of an instrument, and tells when nothing can be sent there because of it. Also whether it
    /// trades otherwise than before.
    pub(crate) fn take_rules(&mut self, definition: &Instrument, said: Option<&SymbolRules>) -> (Symbol, bool) {
        let (symbol, is_news) = self.symbols.take(definition, said);
        match said {
            None if is_news => self.notice(Notice::UnknownSymbol(definition.id)),
            Some(said) if is_news && symbol.differs => {
                self.notice(Notice::RulesDiffer(definition.id, difference(definition, said)));
            }
            Some(_) | None => {}
        }
        (symbol, is_news)
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

/// The rules at the scales of an instrument.
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
    let differs = !difference(instrument, said).is_empty();
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

/// In what the steps of an instrument are not those of the session, so that orders that it takes for well formed would be
/// refused, or fills could not be read; empty where they go together.
pub(crate) fn difference(instrument: &Instrument, said: &SymbolRules) -> String {
    let Instrument { price_scale, qty_scale, tick, lot, .. } = *instrument;
    let tick = misfit(("tick", "price_scale"), (tick, price_scale), said.tick);
    let lot = misfit(("lot", "qty_scale"), (lot, qty_scale), said.lot);
    tick.into_iter().chain(lot).collect::<Vec<_>>().join(", ")
}

fn misfit((name, digits): (&str, &str), (ours, scale): (i64, Scale), theirs: Option<Number>) -> Option<String> {
    let theirs = theirs.filter(|step| !step.is_zero())?;
    let text = |decimal: Result<Decimal, MoneyError>| decimal.map_or_else(|e| e.to_string(), |it| it.to_string());
    let shown = text(theirs.decimal());
    match theirs.at(scale) {
        None => Some(format!("{digits} {} cannot write the venue's {name} of {shown}", scale.digits())),
        Some(step) if ours % step != 0 => {
            let ours = text(decimal(ours.into(), scale.digits().into()));
            Some(format!("{name} {ours} is no multiple of the venue's {shown}"))
        }
        Some(_) => None,
    }
}
