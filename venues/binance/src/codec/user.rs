//! The account's stream: what does the venue tell of our orders, balances and positions?
//!
//! In: JSON of the user data stream. Out: one shape for both products. Must never: decide what it means for an order of
//! ours.

use ringfence_core::instrument::{PositionSide, Side};

use crate::codec::json::Json;
use crate::codec::number::Number;
use crate::codec::read::{Fields, Read};
use crate::codec::words::{Happened, Status, Stay, position_side, side};

/// An update of an order: `executionReport` (spot), `ORDER_TRADE_UPDATE` (futures).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderUpdate<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// Client id that the order was placed with.
    pub client_id: &'j str,
    /// Venue's number of the order, by instrument.
    pub id: u64,
    /// What happened.
    pub happened: Happened,
    /// Where it stands now.
    pub status: Status,
    /// Why it was rejected, or why it expired; empty = neither.
    pub reason: &'j str,
    /// Side.
    pub side: Side,
    /// Position it belongs to.
    pub position_side: PositionSide,
    /// Limit price; 0 for a market order.
    pub price: Number,
    /// Quantity.
    pub qty: Number,
    /// Filled so far.
    pub executed: Number,
    /// What was filled now; `None` where nothing was.
    pub fill: Option<FillUpdate<'j>>,
    /// Whether it can rest.
    pub stay: Stay,
    /// Time in ms.
    pub time_ms: u64,
}

/// A fill in an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillUpdate<'j> {
    /// Number of the trade, by instrument.
    pub trade_id: u64,
    /// Price.
    pub price: Number,
    /// Quantity.
    pub qty: Number,
    /// Fee; 0 where none is told.
    pub fee: Number,
    /// Currency of the fee; empty where none is told.
    pub fee_asset: &'j str,
    /// True where the order rested in the book.
    pub is_maker: bool,
}

/// A balance in an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceUpdate<'j> {
    /// Currency.
    pub asset: &'j str,
    /// Free (spot); the whole wallet (futures).
    pub free: Number,
    /// Tied up in orders (spot); 0 for futures.
    pub locked: Number,
}

/// A position in an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionUpdate<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// Which position.
    pub side: PositionSide,
    /// Signed quantity.
    pub qty: Number,
    /// Average entry price.
    pub entry_price: Number,
}

/// Balances and positions after something changed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountUpdate<'j> {
    /// What changed them, in the venue's words; empty where it does not say.
    pub reason: &'j str,
    /// Balances that changed.
    pub balances: Vec<BalanceUpdate<'j>>,
    /// By how much each of them changed without a fill; 0 where the venue does not say.
    pub changes: Vec<Number>,
    /// Positions that changed.
    pub positions: Vec<PositionUpdate<'j>>,
    /// Time in ms.
    pub time_ms: u64,
}

/// Reads `executionReport`.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn execution_report<'j>(message: &Fields<'j, '_>) -> Read<OrderUpdate<'j>> {
    let original = message.text_if("C")?.filter(|id| !id.is_empty());
    let expiry = message.text_if("eR")?;
    let reject = message.text_if("r")?.filter(|reason| *reason != "NONE");
    Ok(OrderUpdate {
        client_id: original.map_or_else(|| message.text("c"), Ok)?,
        reason: reject.or(expiry).unwrap_or(""),
        position_side: PositionSide::Net,
        time_ms: message.whole("T")?,
        ..common(message)?
    })
}

/// Reads `ORDER_TRADE_UPDATE`.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn order_trade_update<'j>(message: &Fields<'j, '_>) -> Read<OrderUpdate<'j>> {
    let order = message.object("o")?;
    let place = order.text_if("ps")?.unwrap_or("BOTH");
    Ok(OrderUpdate {
        client_id: order.text("c")?,
        reason: order.text_if("er")?.filter(|reason| *reason != "0").unwrap_or(""),
        position_side: position_side(place).ok_or_else(|| order.wrong("ps", "position side"))?,
        time_ms: order.whole_if("T")?.map_or_else(|| message.whole("T"), Ok)?,
        ..common(&order)?
    })
}

/// What both products write alike.
fn common<'j>(order: &Fields<'j, '_>) -> Read<OrderUpdate<'j>> {
    let happened = Happened::parse(order.text("x")?).ok_or_else(|| order.wrong("x", "type of execution"))?;
    let filled = order.number("l")?;
    let fill = match happened {
        Happened::Trade | Happened::Calculated if !filled.is_zero() => Some(FillUpdate {
            trade_id: order.whole("t")?,
            price: order.number("L")?,
            qty: filled,
            fee: order.number_if("n")?.unwrap_or_default(),
            fee_asset: order.text_if("N")?.unwrap_or(""),
            is_maker: order.flag("m")?,
        }),
        Happened::New
        | Happened::Canceled
        | Happened::Replaced
        | Happened::Rejected
        | Happened::Trade
        | Happened::Expired
        | Happened::TradePrevention
        | Happened::Amended
        | Happened::Calculated => None,
    };
    Ok(OrderUpdate {
        symbol: order.text("s")?,
        client_id: "",
        id: order.whole("i")?,
        happened,
        status: Status::parse(order.text("X")?).ok_or_else(|| order.wrong("X", "status of an order"))?,
        reason: "",
        side: side(order.text("S")?).ok_or_else(|| order.wrong("S", "side"))?,
        position_side: PositionSide::Net,
        price: order.number("p")?,
        qty: order.number("q")?,
        executed: order.number("z")?,
        fill,
        stay: Stay::of(order.text("f")?, order.text("o")?),
        time_ms: 0,
    })
}

/// Reads `outboundAccountPosition`.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn account_position<'j>(message: &Fields<'j, '_>) -> Read<AccountUpdate<'j>> {
    let balance = |json: &'j Json<'_>| {
        let entry = Fields::of("balance of outboundAccountPosition", json)?;
        Ok(BalanceUpdate { asset: entry.text("a")?, free: entry.number("f")?, locked: entry.number("l")? })
    };
    let balances = message.list("B")?.iter().map(balance).collect::<Read<Vec<_>>>()?;
    let changes = vec![Number::default(); balances.len()];
    Ok(AccountUpdate { reason: "", balances, changes, positions: Vec::new(), time_ms: message.whole("u")? })
}

/// Reads `ACCOUNT_UPDATE`.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn account_update<'j>(message: &Fields<'j, '_>) -> Read<AccountUpdate<'j>> {
    let account = message.object("a")?;
    let (mut balances, mut changes) = (Vec::new(), Vec::new());
    for json in account.list_if("B")? {
        let entry = Fields::of("balance of ACCOUNT_UPDATE", json)?;
        balances.push(BalanceUpdate { asset: entry.text("a")?, free: entry.number("wb")?, locked: Number::default() });
        changes.push(entry.number_if("bc")?.unwrap_or_default());
    }
    let position = |json: &'j Json<'_>| {
        let entry = Fields::of("position of ACCOUNT_UPDATE", json)?;
        Ok(PositionUpdate {
            symbol: entry.text("s")?,
            side: position_side(entry.text("ps")?).ok_or_else(|| entry.wrong("ps", "position side"))?,
            qty: entry.number("pa")?,
            entry_price: entry.number("ep")?,
        })
    };
    Ok(AccountUpdate {
        reason: account.text("m")?,
        balances,
        changes,
        positions: account.list_if("P")?.iter().map(position).collect::<Read<Vec<_>>>()?,
        time_ms: message.whole("T")?,
    })
}
