//! Tapes for the local exchange: what did the market do, as if it began now?
//!
//! In: tapes of trades or quotes. Out: records with times that begin when the first is asked for. Must never: give records
//! out of order; of several tapes the earliest goes first.

use std::path::PathBuf;

use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_exchange::{Listing, MarketChange, MarketInput, MarketSource, Product};
use ringfence_tape::{Tape, TapeSpec};

use crate::exit::{Failure, Fault};
use crate::output::diagnostic;

/// Digits behind the point of every number of the exchange.
const DIGITS: u8 = 8;

/// One tape and the rows of it that were read ahead.
struct Lane {
    product: Product,
    symbol: String,
    tape: Tape,
    rows: std::vec::IntoIter<Event>,
    next: Option<Event>,
}

/// Several tapes as one market.
pub(crate) struct Tapes {
    lanes: Vec<Lane>,
    /// First time of the tapes, and the time of the exchange at which it was asked for.
    origin: Option<(u64, u64)>,
}

/// Opens `spot:SYMBOL=FILE` and `futures:SYMBOL=FILE`, of symbols that the exchange lists.
pub(crate) fn open(wanted: &[String], listings: &[Listing]) -> Result<Tapes, Failure> {
    let lanes = wanted.iter().map(|one| lane(one, listings)).collect::<Result<Vec<_>, _>>()?;
    Ok(Tapes { lanes, origin: None })
}

fn lane(wanted: &str, listings: &[Listing]) -> Result<Lane, Failure> {
    let usage = || Failure::usage(format!("{wanted}: a tape is spot:SYMBOL=FILE or futures:SYMBOL=FILE"));
    let (place, file) = wanted.split_once('=').ok_or_else(usage)?;
    let (product, symbol) = match place.split_once(':') {
        Some(("spot", symbol)) => (Product::Spot, symbol),
        Some(("futures", symbol)) => (Product::Futures, symbol),
        Some(_) | None => return Err(usage()),
    };
    let listed: Vec<&str> =
        listings.iter().filter(|listing| listing.product == product).map(|listing| listing.symbol.as_str()).collect();
    if !listed.contains(&symbol) {
        let text = format!("{wanted}: this exchange does not list {place}, but {}", listed.join(", "));
        return Err(Failure::Usage(Fault::new(text).fixed_by("name one of them, or list it in --config FILE")));
    }
    let spec = TapeSpec { path: PathBuf::from(file), generated: None, instrument: instrument(), bar: None };
    let tape = Tape::open(spec).map_err(|fault| Failure::outside(format!("{file}: {fault}")))?;
    let mut lane = Lane { product, symbol: symbol.to_owned(), tape, rows: Vec::new().into_iter(), next: None };
    lane.step();
    Ok(lane)
}

impl Lane {
    /// Reads the next row. A tape that cannot be read further is over.
    fn step(&mut self) {
        self.next = self.rows.next();
        while self.next.is_none() {
            let mut rows = Vec::new();
            match self.tape.read_block(&mut rows) {
                Ok(0) => return,
                Ok(_) => {}
                Err(fault) => {
                    diagnostic(format_args!("warning: the tape of {} ends here: {fault}", self.symbol));
                    return;
                }
            }
            self.rows = rows.into_iter();
            self.next = self.rows.next();
        }
    }
}

impl MarketSource for Tapes {
    fn next_until(&mut self, until_ns: u64) -> Option<MarketInput> {
        loop {
            let earliest = self.lanes.iter_mut().filter(|lane| lane.next.is_some());
            let lane = earliest.min_by_key(|lane| lane.next.as_ref().map(|event| event.time.0))?;
            let time_ns = lane.next.as_ref()?.time.0;
            let (first_ns, begin_ns) = *self.origin.get_or_insert((time_ns, until_ns));
            let due_ns = begin_ns + (time_ns - first_ns);
            if due_ns > until_ns {
                return None;
            }
            let event = lane.next.take()?;
            lane.step();
            if let Some(change) = change(&event.kind) {
                return Some(MarketInput {
                    time_ns: due_ns,
                    product: lane.product,
                    symbol: lane.symbol.clone(),
                    change,
                });
            }
        }
    }
}

/// What a row says; rows that are neither trades nor quotes say nothing.
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else says nothing here")]
fn change(kind: &EventKind) -> Option<MarketChange> {
    let price = |price: Price| decimal(price.0);
    let qty = |qty: Qty| decimal(qty.0);
    match kind {
        EventKind::Trade(trade) => Some(MarketChange::Trade {
            price: price(trade.price),
            qty: qty(trade.qty),
            buyer_is_maker: trade.aggressor == Some(ringfence_core::instrument::Side::Sell),
        }),
        EventKind::Quote(quote) => Some(MarketChange::Quote {
            bid: price(quote.bid_price),
            bid_qty: qty(quote.bid_qty),
            ask: price(quote.ask_price),
            ask_qty: qty(quote.ask_qty),
        }),
        _ => None,
    }
}

/// A mantissa of eight digits behind the point, as text.
fn decimal(mantissa: i64) -> String {
    let digits = mantissa.unsigned_abs();
    let sign = if mantissa < 0 { "-" } else { "" };
    format!("{sign}{}.{:08}", digits / 100_000_000, digits % 100_000_000)
}

/// Only its scales matter to a tape.
fn instrument() -> Instrument {
    let scale = Scale::new(DIGITS).expect("eight digits are allowed");
    Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Equity,
        base: CurrencyId(1),
        quote: CurrencyId(2),
        settlement: CurrencyId(2),
        counterparty: NameId(0),
        price_scale: scale,
        qty_scale: scale,
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
