//! Orders in answers: what does the venue say of an order that it was asked about?
//!
//! In: JSON of answers to placing, canceling, amending and querying. Out: one shape for both products.
//! Must never: decide what it means for an order of ours.

use ringfence_core::instrument::Side;

use crate::codec::json::Json;
use crate::codec::number::Number;
use crate::codec::read::{CodecError, Fields, Read, items};
use crate::codec::words::{Status, Stay, side};

/// An order as an answer states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderAnswer {
    /// Instrument as the venue calls it.
    pub symbol: String,
    /// Venue's number of the order, by instrument.
    pub id: u64,
    /// Client id that it was placed with.
    pub client_id: String,
    /// What is known beyond its acknowledgement; `None` where that was all.
    pub detail: Option<OrderDetail>,
    /// Time of the last change in ms; 0 where none is given.
    pub time_ms: u64,
    /// Fills, where the answer tells them.
    pub fills: Vec<FillAnswer>,
}

/// What an answer says of an order beyond its acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderDetail {
    /// Where it stands.
    pub status: Status,
    /// Side.
    pub side: Side,
    /// Limit price; 0 for a market order.
    pub price: Number,
    /// Quantity.
    pub qty: Number,
    /// Filled so far.
    pub executed: Number,
    /// Whether it can rest.
    pub stay: Stay,
}

/// A fill in the answer to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillAnswer {
    /// Number of the trade, by instrument.
    pub trade_id: u64,
    /// Price.
    pub price: Number,
    /// Quantity.
    pub qty: Number,
    /// Fee.
    pub fee: Number,
    /// Currency of the fee.
    pub fee_asset: String,
}

/// A fill in an answer about the account's trades.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTrade {
    /// Instrument as the venue calls it.
    pub symbol: String,
    /// Number of the order, by instrument.
    pub order_id: u64,
    /// Side of the order.
    pub side: Side,
    /// True where the order rested in the book.
    pub is_maker: bool,
    /// The fill.
    pub fill: FillAnswer,
    /// Time in ms.
    pub time_ms: u64,
}

/// What came of canceling and placing in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The order that was canceled, or the code and words of the refusal; `None` where it was not tried.
    pub canceled: Option<Result<OrderAnswer, (i64, String)>>,
    /// The order that was placed, or the code and words of the refusal; `None` where it was not tried.
    pub placed: Option<Result<OrderAnswer, (i64, String)>>,
}

/// Reads the answer to placing, canceling, amending or querying one order.
///
/// # Errors
/// [`CodecError`].
pub fn order(json: &Json<'_>) -> Read<OrderAnswer> {
    order_of(&Fields::of("order", json)?)
}

fn order_of(message: &Fields<'_, '_>) -> Read<OrderAnswer> {
    // A cancel has an id of its own on spot, and the order's stands beside it.
    let original = message.text_if("origClientOrderId")?.filter(|id| !id.is_empty());
    let time = ["updateTime", "transactTime", "time"].into_iter().find_map(|field| message.whole_if(field).transpose());
    let detail = match message.text_if("status")? {
        Some(text) => Some(detail(message, text)?),
        None => None,
    };
    let fills = message.list_if("fills")?.iter().map(fill).collect::<Read<Vec<FillAnswer>>>()?;
    if !fills.is_empty() && detail.is_none() {
        // Fills without the side of their order are of no side.
        message.text("status")?;
    }
    Ok(OrderAnswer {
        symbol: message.text("symbol")?.to_owned(),
        id: message.whole("orderId")?,
        client_id: original.map_or_else(|| message.text("clientOrderId"), Ok)?.to_owned(),
        detail,
        time_ms: time.transpose()?.unwrap_or(0),
        fills,
    })
}

fn detail(message: &Fields<'_, '_>, status: &str) -> Read<OrderDetail> {
    let qty = message.number_if("origQty")?.map_or_else(|| message.number("qty"), Ok)?;
    Ok(OrderDetail {
        status: Status::parse(status).ok_or_else(|| message.wrong("status", "status of an order"))?,
        side: side(message.text("side")?).ok_or_else(|| message.wrong("side", "side"))?,
        price: message.number("price")?,
        qty,
        executed: message.number("executedQty")?,
        stay: Stay::of(message.text_if("timeInForce")?.unwrap_or(""), message.text_if("type")?.unwrap_or("")),
    })
}

fn fill(json: &Json<'_>) -> Read<FillAnswer> {
    let message = Fields::of("fill of an order", json)?;
    Ok(FillAnswer {
        trade_id: message.whole("tradeId")?,
        price: message.number("price")?,
        qty: message.number("qty")?,
        fee: message.number("commission")?,
        fee_asset: message.text("commissionAsset")?.to_owned(),
    })
}

/// Reads a list of orders; orders of a list of orders (OCO) are taken out of it.
///
/// # Errors
/// [`CodecError`].
pub fn orders(json: &Json<'_>) -> Read<Vec<OrderAnswer>> {
    let mut found = Vec::new();
    for item in items("orders", json)? {
        let message = Fields::of("orders", item)?;
        let members = message.list_if("orderReports")?;
        if message.find("orderReports").is_none() {
            found.push(order_of(&message)?);
        }
        for member in members {
            found.push(order(member)?);
        }
    }
    Ok(found)
}

/// Reads the account's trades.
///
/// # Errors
/// [`CodecError`].
pub fn account_trades(json: &Json<'_>) -> Read<Vec<AccountTrade>> {
    let trade = |json: &Json<'_>| {
        let message = Fields::of("account trade", json)?;
        let is_buyer = match message.find("isBuyer") {
            Some(_) => message.flag("isBuyer")?,
            None => message.flag("buyer")?,
        };
        let maker = if message.find("isMaker").is_some() { "isMaker" } else { "maker" };
        Ok(AccountTrade {
            symbol: message.text("symbol")?.to_owned(),
            order_id: message.whole("orderId")?,
            side: if is_buyer { Side::Buy } else { Side::Sell },
            is_maker: message.flag(maker)?,
            fill: FillAnswer {
                trade_id: message.whole("id")?,
                price: message.number("price")?,
                qty: message.number("qty")?,
                fee: message.number("commission")?,
                fee_asset: message.text("commissionAsset")?.to_owned(),
            },
            time_ms: message.whole("time")?,
        })
    };
    items("account trades", json)?.iter().map(trade).collect()
}

/// Reads the answer to an amendment that keeps priority (spot).
///
/// # Errors
/// [`CodecError`].
pub fn amended(json: &Json<'_>) -> Read<OrderAnswer> {
    let message = Fields::of("amended order", json)?;
    let mut order = order_of(&message.object("amendedOrder")?)?;
    order.time_ms = message.whole("transactTime")?;
    Ok(order)
}

/// Reads the answer to canceling and placing in one request, whole or half done (spot).
///
/// # Errors
/// [`CodecError`].
pub fn replaced(json: &Json<'_>) -> Read<Replaced> {
    let message = Fields::of("cancelReplace", json)?;
    let message = if message.find("data").is_some() { message.object("data")? } else { message };
    let half = |result: &'static str, answer: &'static str| {
        Ok::<_, CodecError>(match message.text(result)? {
            "SUCCESS" => Some(Ok(order_of(&message.object(answer)?)?)),
            "FAILURE" => {
                let refusal = message.object(answer)?;
                Some(Err((refusal.signed("code")?, refusal.text("msg")?.to_owned())))
            }
            "NOT_ATTEMPTED" => None,
            _ => return Err(message.wrong(result, "result")),
        })
    };
    Ok(Replaced {
        canceled: half("cancelResult", "cancelResponse")?,
        placed: half("newOrderResult", "newOrderResponse")?,
    })
}

/// Reads orders that wait at the venue for a price (futures): how many there are, by instrument.
///
/// # Errors
/// [`CodecError`].
pub fn waiting_orders(json: &Json<'_>) -> Read<Vec<(String, u64)>> {
    let waiting = |json: &Json<'_>| {
        let message = Fields::of("algo order", json)?;
        Ok((message.text("symbol")?.to_owned(), message.whole("algoId")?))
    };
    items("algo orders", json)?.iter().map(waiting).collect()
}
