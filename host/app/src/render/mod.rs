//! Rendering: how are events and decisions of a journal shown to people and programs?
//!
//! In: records and the configuration that gives names to their numbers. Out: one list of named fields per record, from
//! which both text and JSON are made. Must never: show two things in the two forms.

mod asked;
mod decision;
mod event;
mod fields;
mod halt;
pub(crate) mod names;

use ringfence_core::config::Config;
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, LegKey, NameId, SessionId, StrategyId, VenueId};
use ringfence_core::money::{Decimal, Plain, Price, Qty, Scale};

pub(crate) use asked::asked;
pub(crate) use decision::{about, instrument_in};
pub(crate) use fields::Fields;
pub(crate) use halt::halt_text;

/// Turns records into fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renderer<'a> {
    config: &'a Config,
    session: SessionId,
}

impl<'a> Renderer<'a> {
    /// With the names of this configuration.
    pub(crate) fn new(config: &'a Config, session: SessionId) -> Renderer<'a> {
        Renderer { config, session }
    }

    /// Whose records they are.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    fn scales(&self, id: InstrumentId) -> (Scale, Scale) {
        self.config.instrument(id).map_or((Scale::default(), Scale::default()), |i| (i.price_scale, i.qty_scale))
    }

    /// A price as a decimal; the mantissa where the instrument is not known.
    pub(crate) fn price(&self, id: InstrumentId, price: Price) -> String {
        Plain(price.0, self.scales(id).0).to_string()
    }

    /// A quantity as a decimal; the mantissa where the instrument is not known.
    pub(crate) fn qty(&self, id: InstrumentId, qty: Qty) -> String {
        Plain(qty.0, self.scales(id).1).to_string()
    }

    pub(crate) fn decimal(value: Decimal) -> String {
        value.normalize().to_string()
    }

    /// `VENUE:SYMBOL`; the number where it is not known.
    pub(crate) fn instrument(&self, id: InstrumentId) -> String {
        match self.config.symbol(id) {
            "" => id.0.to_string(),
            symbol => symbol.to_owned(),
        }
    }

    pub(crate) fn strategy(&self, id: StrategyId) -> String {
        match self.config.strategy(id) {
            Some(slot) => slot.name.clone(),
            None if id == StrategyId::EXTERNAL => "external".to_owned(),
            None => id.0.to_string(),
        }
    }

    pub(crate) fn venue(&self, id: VenueId) -> String {
        let at = usize::from(id.0).checked_sub(1);
        at.and_then(|at| self.config.venues.get(at)).map_or_else(|| id.0.to_string(), |venue| venue.name.clone())
    }

    pub(crate) fn account(&self, id: AccountId) -> String {
        self.config.account(id).map_or_else(|| id.0.to_string(), |account| account.name.clone())
    }

    pub(crate) fn currency(&self, id: CurrencyId) -> String {
        self.config.currency(id).map_or_else(|| id.0.to_string(), |currency| currency.code.clone())
    }

    fn name(&self, id: NameId) -> String {
        self.config.name(id).map_or_else(|| id.0.to_string(), str::to_owned)
    }

    /// A leg as `strategy/intent` or `strategy/intent.leg`.
    pub(crate) fn leg(key: LegKey) -> String {
        key.to_string()
    }
}

#[cfg(test)]
mod tests;
