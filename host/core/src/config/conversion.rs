//! Conversion: which instruments lead from one currency to another?
//!
//! In: definitions. Out: one instrument, or two. Must never: depend on prices: a way is the same in the whole run.

use crate::ids::{CurrencyId, InstrumentId};
use crate::instrument::{Instrument, InstrumentKind};

/// One instrument of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// A pair of currencies.
    pub instrument: InstrumentId,
    /// True where its price is multiplied with: from base to quote. Otherwise it is divided by.
    pub is_multiplied: bool,
}

/// A way between two currencies: one pair, or two over a third currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The first pair.
    pub first: Leg,
    /// The second, where there is no pair of both currencies.
    pub second: Option<Leg>,
}

impl Conversion {
    /// The way from one currency to another: the pair (of kind spot or fx-pair) with the lowest id, otherwise the two pairs
    /// with the lowest ids over one other currency. `None` = there is none.
    #[must_use]
    pub fn between(instruments: &[Instrument], from: CurrencyId, to: CurrencyId) -> Option<Conversion> {
        let pairs = || instruments.iter().filter(|one| is_pair(one));
        if let Some(first) = pairs().find_map(|one| leg(one, from, to)) {
            return Some(Conversion { first, second: None });
        }
        pairs().filter_map(|one| Some((one, other_side(one, from)?))).find_map(|(one, over)| {
            let first = leg(one, from, over)?;
            let second = pairs().find_map(|two| leg(two, over, to))?;
            Some(Conversion { first, second: Some(second) })
        })
    }
}

fn is_pair(instrument: &Instrument) -> bool {
    match instrument.kind {
        InstrumentKind::Spot | InstrumentKind::FxPair => true,
        InstrumentKind::Perpetual
        | InstrumentKind::Future { .. }
        | InstrumentKind::Option { .. }
        | InstrumentKind::Equity => false,
    }
}

fn other_side(pair: &Instrument, currency: CurrencyId) -> Option<CurrencyId> {
    match (pair.base == currency, pair.quote == currency) {
        (true, false) => Some(pair.quote),
        (false, true) => Some(pair.base),
        (true, true) | (false, false) => None,
    }
}

fn leg(pair: &Instrument, from: CurrencyId, to: CurrencyId) -> Option<Leg> {
    let is_multiplied = (pair.base, pair.quote) == (from, to);
    let is_divided = (pair.quote, pair.base) == (from, to);
    (is_multiplied || is_divided).then_some(Leg { instrument: pair.id, is_multiplied })
}
