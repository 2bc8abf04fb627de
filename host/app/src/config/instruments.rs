//! Instruments: which definition does an `[[instruments]]` table give?
//!
//! In: its checked values and the venues. Out: a definition the core accepts, or problems that name the key. Must never:
//! round a step or limit to the scale.

use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, OptionRight};
use ringfence_core::money::{Decimal, Price, Qty, Scale, mantissa};

use super::checked::Table;
use super::names::{Currencies, Names};
use super::problem::{ConfigCode, Origin, Problem, Problems};

/// What definitions refer to.
#[derive(Debug)]
pub(super) struct Registry<'a> {
    /// Names of venues, in order of id.
    pub(super) venues: Vec<String>,
    /// Currencies seen so far.
    pub(super) currencies: Currencies<'a>,
    /// Names seen so far.
    pub(super) names: Names,
}

/// Builds the definition with this id. `None` = something is missing or wrong, and noted.
pub(super) fn build(
    id: InstrumentId,
    table: &Table,
    registry: &mut Registry<'_>,
    problems: &mut Problems,
) -> Option<Instrument> {
    let mut numbers = Numbers { table, problems };
    let (price_scale, qty_scale) = (scale(table, "price_scale"), scale(table, "qty_scale"));
    let tick = numbers.at_scale("tick", price_scale);
    let lot = numbers.at_scale("lot", qty_scale);
    let qty_max = numbers.at_scale("qty_max", qty_scale);
    let qty_min = if table.is_written("qty_min") { numbers.at_scale("qty_min", qty_scale) } else { lot };
    let multiplier = numbers.multiplier();
    let kind = kind(&mut numbers, price_scale);
    let venue = venue(table, &registry.venues, problems);
    let used = Used::register(table, registry);
    let quote = used.quote?;
    let instrument = Instrument {
        id,
        venue: venue?,
        symbol: used.symbol?,
        kind: kind?,
        base: used.base?,
        quote,
        settlement: used.settlement.unwrap_or(quote),
        counterparty: used.counterparty,
        price_scale: price_scale?,
        qty_scale: qty_scale?,
        tick: tick?,
        lot: lot?,
        qty_min: Qty(qty_min?),
        qty_max: Qty(qty_max?),
        notional_min: table.decimal("notional_min")?,
        multiplier: multiplier?,
        margin_initial_bps: small(table, "margin_initial_bps")?,
        margin_maintenance_bps: small(table, "margin_maintenance_bps")?,
        status: *InstrumentStatus::ALL.iter().find(|status| Some(status.code()) == table.text("status"))?,
    };
    match instrument.checked() {
        Ok(instrument) => Some(instrument),
        Err(error) => {
            problems.add(definition(table, "", table.origin.clone(), error.to_string()));
            None
        }
    }
}

/// Names and currencies of a definition. They are counted as used whatever else is wrong with it.
struct Used {
    quote: Option<CurrencyId>,
    symbol: Option<NameId>,
    base: Option<CurrencyId>,
    settlement: Option<CurrencyId>,
    counterparty: NameId,
}

impl Used {
    /// In this order, because ids stand in journals.
    fn register(table: &Table, registry: &mut Registry<'_>) -> Used {
        Used {
            quote: table.text("quote").map(|code| registry.currencies.id(code)),
            symbol: table.text("symbol").map(|name| registry.names.id(name)),
            base: table.text("base").map(|code| registry.currencies.id(code)),
            settlement: table.text("settlement").map(|code| registry.currencies.id(code)),
            counterparty: table.text("counterparty").map_or(NameId(0), |name| registry.names.id(name)),
        }
    }
}

/// Reads decimals as mantissas at a scale.
struct Numbers<'a, 'p> {
    table: &'a Table,
    problems: &'p mut Problems,
}

impl Numbers<'_, '_> {
    /// `None` where the value or the scale is missing or wrong, which is noted.
    fn at_scale(&mut self, key: &str, scale: Option<Scale>) -> Option<i64> {
        let value = self.table.decimal(key)?;
        match mantissa(value, scale?) {
            Ok(mantissa) => Some(mantissa),
            Err(error) => {
                self.note(key, format!("does not fit the scale: {error}"));
                None
            }
        }
    }

    fn multiplier(&mut self) -> Option<Multiplier> {
        let value: Decimal = self.table.decimal("multiplier")?;
        let digits = u8::try_from(value.scale()).ok().filter(|digits| *digits <= Multiplier::SCALE_MAX);
        let found = digits.and_then(Scale::new).zip(i64::try_from(value.mantissa()).ok());
        if found.is_none() {
            self.note("multiplier", format!("expected at most {} digits behind the point", Multiplier::SCALE_MAX));
        }
        found.map(|(scale, mantissa)| Multiplier { mantissa, scale })
    }

    fn note(&mut self, key: &str, message: String) {
        let origin = self.table.entry(key).map_or(&self.table.origin, |entry| &entry.origin);
        self.problems.add(definition(self.table, key, origin.clone(), message));
    }
}

/// Keys that belong to some kinds of contract only.
const TERMS: [&str; 3] = ["expiry", "strike", "right"];

fn kind(numbers: &mut Numbers<'_, '_>, price_scale: Option<Scale>) -> Option<InstrumentKind> {
    let table = numbers.table;
    let name = table.text("kind")?;
    let wanted: &[&str] = match name {
        "future" => &TERMS[..1],
        "option" => &TERMS,
        _ => &[],
    };
    for term in TERMS {
        match (wanted.contains(&term), table.is_written(term)) {
            (true, false) => numbers.note(term, format!("missing, an instrument of kind {name} has one")),
            (false, true) => numbers.note(term, format!("an instrument of kind {name} has none")),
            (true, true) | (false, false) => {}
        }
    }
    let expiry = table.time("expiry").map(TimeNs);
    Some(match name {
        "spot" => InstrumentKind::Spot,
        "perpetual" => InstrumentKind::Perpetual,
        "future" => InstrumentKind::Future { expiry: expiry? },
        "option" => InstrumentKind::Option {
            expiry: expiry?,
            strike: Price(numbers.at_scale("strike", price_scale)?),
            right: *OptionRight::ALL.iter().find(|right| Some(right.code()) == table.text("right"))?,
        },
        "equity" => InstrumentKind::Equity,
        "fx-pair" => InstrumentKind::FxPair,
        other => unreachable!("the reader lets no kind {other} pass"),
    })
}

fn venue(table: &Table, venues: &[String], problems: &mut Problems) -> Option<VenueId> {
    let entry = table.entry("symbol")?;
    let symbol = table.text("symbol")?;
    let Some((venue, rest)) = symbol.split_once(':').filter(|(_, rest)| !rest.is_empty()) else {
        problems.add(Problem {
            value: Some(format!("{symbol:?}")),
            code: ConfigCode::Value,
            ..definition(table, "symbol", entry.origin.clone(), "expected VENUE:SYMBOL".to_owned())
        });
        return None;
    };
    let at = venues.iter().position(|known| known == venue);
    // A venue whose own name is missing or wrong may be the one that is meant.
    if at.is_none() && !venues.is_empty() && venues.iter().all(|known| !known.is_empty()) {
        problems.add(Problem {
            value: Some(format!("{symbol:?}")),
            code: ConfigCode::Reference,
            fix: Some(format!("known: {}; or add [[venues]] name = \"{venue}\" for {rest}", venues.join(", "))),
            ..definition(table, "symbol", entry.origin.clone(), format!("no venue {venue}"))
        });
    }
    at.and_then(|at| u16::try_from(at + 1).ok()).map(VenueId)
}

fn scale(table: &Table, key: &str) -> Option<Scale> {
    table.integer(key).and_then(|digits| u8::try_from(digits).ok()).and_then(Scale::new)
}

fn small(table: &Table, key: &str) -> Option<u32> {
    table.integer(key).and_then(|number| u32::try_from(number).ok())
}

fn definition(table: &Table, key: &str, origin: Origin, message: String) -> Problem {
    let key = if key.is_empty() { table.key.clone() } else { format!("{}.{key}", table.key) };
    Problem { origin, key, value: None, code: ConfigCode::Definition, message, fix: None }
}
