//! The account in answers: what does it have, and how is it set?
//!
//! In: JSON of answers about balances, positions and settings. Out: typed values. Must never: know which currencies and
//! instruments a session has.

use ringfence_core::event::MarginMode;
use ringfence_core::instrument::PositionSide;

use crate::codec::json::Json;
use crate::codec::number::Number;
use crate::codec::read::{Fields, Read, items};
use crate::codec::words::position_side;

/// A balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Currency.
    pub asset: String,
    /// Not tied up.
    pub available: Number,
    /// Tied up in orders (spot), to be added; `None` where `total` says it.
    pub locked: Option<Number>,
    /// The whole; `None` where it is the sum of the other two.
    pub total: Option<Number>,
}

/// A position with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Instrument as the venue calls it.
    pub symbol: String,
    /// Which position.
    pub side: PositionSide,
    /// Signed quantity.
    pub qty: Number,
    /// Average entry price.
    pub entry_price: Number,
    /// Leverage; `None` where the answer does not say.
    pub leverage: Option<u64>,
    /// Margin mode; `None` where the answer does not say.
    pub margin: Option<MarginMode>,
    /// Time of the last change in ms.
    pub time_ms: u64,
}

/// Reads a spot account.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn spot_balances(json: &Json<'_>) -> Read<Vec<Balance>> {
    let balance = |json: &Json<'_>| {
        let entry = Fields::of("balance of the account", json)?;
        Ok(Balance {
            asset: entry.text("asset")?.to_owned(),
            available: entry.number("free")?,
            locked: Some(entry.number("locked")?),
            total: None,
        })
    };
    Fields::of("account", json)?.list("balances")?.iter().map(balance).collect()
}

/// Reads the balances of a futures account.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn futures_balances(json: &Json<'_>) -> Read<Vec<Balance>> {
    items("balance", json)?.iter().map(|json| futures_balance(json, "balance")).collect()
}

fn futures_balance(json: &Json<'_>, total: &'static str) -> Read<Balance> {
    let entry = Fields::of("balance", json)?;
    Ok(Balance {
        asset: entry.text("asset")?.to_owned(),
        available: entry.number("availableBalance")?,
        locked: None,
        total: Some(entry.number(total)?),
    })
}

/// Reads a futures account as a whole: balances and positions.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn futures_account(json: &Json<'_>) -> Read<(Vec<Balance>, Vec<Position>)> {
    let account = Fields::of("account", json)?;
    let balances = account.list("assets")?.iter().map(|json| futures_balance(json, "walletBalance"));
    let positions = account.list("positions")?.iter().map(position);
    Ok((balances.collect::<Read<_>>()?, positions.collect::<Read<_>>()?))
}

/// Reads positions with their settings.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn positions(json: &Json<'_>) -> Read<Vec<Position>> {
    items("positionRisk", json)?.iter().map(position).collect()
}

fn position(json: &Json<'_>) -> Read<Position> {
    let entry = Fields::of("position", json)?;
    let margin = match (entry.text_if("marginType")?, entry.find("isolated")) {
        (Some(text), _) => Some(margin_mode(text).ok_or_else(|| entry.wrong("marginType", "margin mode"))?),
        (None, Some(_)) if entry.flag("isolated")? => Some(MarginMode::Isolated),
        (None, Some(_)) => Some(MarginMode::Cross),
        (None, None) => None,
    };
    let side = entry.text_if("positionSide")?.unwrap_or("BOTH");
    Ok(Position {
        symbol: entry.text("symbol")?.to_owned(),
        side: position_side(side).ok_or_else(|| entry.wrong("positionSide", "position side"))?,
        qty: entry.number("positionAmt")?,
        entry_price: entry.number("entryPrice")?,
        leverage: entry.whole_if("leverage")?,
        margin,
        time_ms: entry.whole_if("updateTime")?.unwrap_or(0),
    })
}

/// Reads a margin mode as the venue writes it in any of its answers.
#[must_use]
pub fn margin_mode(text: &str) -> Option<MarginMode> {
    match text {
        "cross" | "CROSSED" | "crossed" => Some(MarginMode::Cross),
        "isolated" | "ISOLATED" => Some(MarginMode::Isolated),
        _ => None,
    }
}

/// Reads the answer to setting leverage.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn leverage(json: &Json<'_>) -> Read<u64> {
    Fields::of("leverage", json)?.whole("leverage")
}

/// Reads whether long and short positions are kept apart.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn is_hedged(json: &Json<'_>) -> Read<bool> {
    Fields::of("positionSide/dual", json)?.flag("dualSidePosition")
}

/// Reads a key of the user stream.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn listen_key(json: &Json<'_>) -> Read<String> {
    Ok(Fields::of("listenKey", json)?.text("listenKey")?.to_owned())
}
