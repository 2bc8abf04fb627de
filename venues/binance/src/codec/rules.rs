//! Rules: what does the venue allow, and how much may be asked of it?
//!
//! In: `exchangeInfo`. Out: steps, limits and status by instrument, and the limits of requests. Must never: apply them.

use ringfence_core::instrument::InstrumentStatus;

use crate::codec::json::Json;
use crate::codec::number::Number;
use crate::codec::read::{Fields, Read};
use crate::codec::words::instrument_status;

/// Rules of one instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolRules {
    /// Instrument as the venue calls it.
    pub symbol: String,
    /// Whether and how it trades.
    pub status: InstrumentStatus,
    /// Price step; `None` = no rule.
    pub tick: Option<Number>,
    /// Lowest and highest price; 0 = no rule.
    pub prices: (Number, Number),
    /// Quantity step; `None` = no rule.
    pub lot: Option<Number>,
    /// Smallest and largest quantity; 0 = no rule.
    pub quantities: (Number, Number),
    /// Smallest and largest quantity of a market order; 0 = no rule.
    pub market_quantities: (Number, Number),
    /// Smallest value of an order; `None` = no rule.
    pub notional_min: Option<Number>,
}

/// A limit of requests or orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// What is counted.
    pub counts: Counts,
    /// Length of the window in seconds.
    pub window_s: u64,
    /// Most in a window.
    pub limit: u64,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Weight of requests, by address.
    Weight,
    /// Orders, by account.
    Orders,
    /// Requests, whatever their weight.
    Requests,
}

/// What the venue says about all its instruments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeInfo {
    /// Limits.
    pub limits: Vec<RateLimit>,
    /// Instruments.
    pub symbols: Vec<SymbolRules>,
}

/// Reads `exchangeInfo`. Instruments for which `wants` is false are passed over unread.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn exchange_info(json: &Json<'_>, wants: impl Fn(&str) -> bool) -> Read<ExchangeInfo> {
    let info = Fields::of("exchangeInfo", json)?;
    let mut symbols = Vec::new();
    for json in info.list("symbols")? {
        let entry = Fields::of("symbol of exchangeInfo", json)?;
        if wants(entry.text("symbol")?) {
            symbols.push(symbol(&entry)?);
        }
    }
    let mut limits = Vec::new();
    for json in info.list_if("rateLimits")? {
        limits.extend(limit(&Fields::of("rate limit", json)?)?);
    }
    Ok(ExchangeInfo { limits, symbols })
}

fn symbol(entry: &Fields<'_, '_>) -> Read<SymbolRules> {
    let status = match entry.text_if("status")? {
        Some(status) => status,
        None => entry.text("contractStatus")?,
    };
    let mut rules = SymbolRules {
        symbol: entry.text("symbol")?.to_owned(),
        status: instrument_status(status),
        tick: None,
        prices: Default::default(),
        lot: None,
        quantities: Default::default(),
        market_quantities: Default::default(),
        notional_min: None,
    };
    for json in entry.list_if("filters")? {
        filter(&mut rules, &Fields::of("filter", json)?)?;
    }
    Ok(rules)
}

fn filter(rules: &mut SymbolRules, filter: &Fields<'_, '_>) -> Read<()> {
    let step = |field| Ok::<_, crate::codec::CodecError>(Some(filter.number(field)?).filter(|step| !step.is_zero()));
    let span = |low, high| Ok::<_, crate::codec::CodecError>((filter.number(low)?, filter.number(high)?));
    match filter.text("filterType")? {
        "PRICE_FILTER" => {
            rules.tick = step("tickSize")?;
            rules.prices = span("minPrice", "maxPrice")?;
        }
        "LOT_SIZE" => {
            rules.lot = step("stepSize")?;
            rules.quantities = span("minQty", "maxQty")?;
        }
        "MARKET_LOT_SIZE" => rules.market_quantities = span("minQty", "maxQty")?,
        "NOTIONAL" => rules.notional_min = Some(filter.number("minNotional")?),
        "MIN_NOTIONAL" => {
            let field = if filter.find("notional").is_some() { "notional" } else { "minNotional" };
            rules.notional_min = Some(filter.number(field)?);
        }
        // What depends on prices of others, or on how many orders there are, the venue judges.
        _ => {}
    }
    Ok(())
}

/// A limit; `None` where it counts what we do not know.
fn limit(entry: &Fields<'_, '_>) -> Read<Option<RateLimit>> {
    let counts = match entry.text("rateLimitType")? {
        "REQUEST_WEIGHT" => Counts::Weight,
        "ORDERS" => Counts::Orders,
        "RAW_REQUESTS" => Counts::Requests,
        _ => return Ok(None),
    };
    let unit = match entry.text("interval")? {
        "SECOND" => 1,
        "MINUTE" => 60,
        "HOUR" => 3_600,
        "DAY" => 86_400,
        _ => return Err(entry.wrong("interval", "interval")),
    };
    let window_s = entry.whole("intervalNum")?.saturating_mul(unit);
    Ok(Some(RateLimit { counts, window_s, limit: entry.whole("limit")? }))
}
