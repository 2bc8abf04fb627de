//! Support: the one instrument of this package's tests and examples; only its scales matter to a tape.
#![allow(unreachable_pub, reason = "shared between test binaries, unit tests and examples")]

use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::money::{Decimal, Qty, Scale};

/// Instrument 7 at venue 3 with these scales.
pub fn instrument(price_scale: u8, qty_scale: u8) -> Instrument {
    let scale = |digits| Scale::new(digits).expect("in range");
    Instrument {
        id: InstrumentId(7),
        venue: VenueId(3),
        symbol: NameId(1),
        kind: InstrumentKind::Equity,
        base: CurrencyId(1),
        quote: CurrencyId(2),
        settlement: CurrencyId(2),
        counterparty: NameId(0),
        price_scale: scale(price_scale),
        qty_scale: scale(qty_scale),
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(i64::MAX),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    }
}
