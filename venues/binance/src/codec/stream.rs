//! Streams: which message is this frame?
//!
//! In: a text frame of any stream of the venue. Out: one typed message. Must never: fail on a kind of message that it does
//! not know, or on a field that it does not need.

use crate::codec::json::{Json, Limits, parse};
use crate::codec::market::{self, DayTicker, DepthChange, Kline, Liquidation, Mark, Touch, Trade};
use crate::codec::number::Number;
use crate::codec::read::{Fields, Read};
use crate::codec::user::{self, AccountUpdate, OrderUpdate};

/// A message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'j> {
    /// `trade`
    Trade(Trade<'j>),
    /// `aggTrade`
    AggTrade(Trade<'j>),
    /// `bookTicker`
    Touch(Touch<'j>),
    /// `depthUpdate`
    Depth(DepthChange<'j>),
    /// `markPriceUpdate`
    Mark(Mark<'j>),
    /// `kline`
    Kline(Kline<'j>),
    /// `24hrTicker`
    DayTicker(DayTicker<'j>),
    /// `forceOrder`
    Liquidation(Liquidation<'j>),
    /// The server is about to end the connection.
    Shutdown,
    /// `executionReport`, `ORDER_TRADE_UPDATE`
    Order(OrderUpdate<'j>),
    /// `outboundAccountPosition`, `ACCOUNT_UPDATE`
    Account(AccountUpdate<'j>),
    /// `balanceUpdate`: a deposit, a withdrawal or a transfer (asset, change, time in ms).
    Transfer(&'j str, Number, u64),
    /// `ACCOUNT_CONFIG_UPDATE` about leverage: instrument and leverage.
    Leverage(&'j str, u64),
    /// `TRADE_LITE`: a fill, told again in full by an order update. Client id and trade.
    Lite(&'j str, u64),
    /// `listenKeyExpired`, with the key where it is told.
    KeyExpired(Option<&'j str>),
    /// `eventStreamTerminated`
    Terminated,
    /// The answer to a request over the stream: its id, and the code and words where it was refused.
    Answer(u64, Option<(i64, &'j str)>),
    /// A kind that says nothing for us (order lists, waiting orders, locks, margin calls), by its name.
    Other(&'j str),
}

/// Reads a frame and shows its message.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError), of the frame or of the message; or what `show` gives.
pub fn with<T>(frame: &[u8], show: impl FnOnce(Read<Message<'_>>) -> T) -> T {
    match parse(frame, Limits::FRAME) {
        Ok(json) => show(message(&json)),
        Err(error) => show(Err(error.into())),
    }
}

/// The message of a document.
///
/// # Errors
/// [`CodecError`](crate::codec::CodecError).
pub fn message<'j>(json: &'j Json<'_>) -> Read<Message<'j>> {
    let mut fields = Fields::of("frame", json)?;
    for envelope in ["data", "event"] {
        if let Some(inner) = fields.find(envelope) {
            fields = Fields::of("envelope", inner)?;
        }
    }
    match fields.text_if("e")? {
        Some(kind) => event(kind, json_of(&fields, kind)),
        None if fields.find("b").is_some() => Ok(Message::Touch(market::touch(&fields)?)),
        None => answer(&fields),
    }
}

/// The same fields under the name of their message, for errors.
fn json_of<'j, 'a>(fields: &Fields<'j, 'a>, kind: &str) -> Fields<'j, 'a> {
    let names = [
        "trade",
        "aggTrade",
        "bookTicker",
        "depthUpdate",
        "markPriceUpdate",
        "kline",
        "24hrTicker",
        "forceOrder",
        "executionReport",
        "ORDER_TRADE_UPDATE",
        "outboundAccountPosition",
        "ACCOUNT_UPDATE",
        "balanceUpdate",
        "ACCOUNT_CONFIG_UPDATE",
        "TRADE_LITE",
    ];
    fields.named(names.into_iter().find(|name| *name == kind).unwrap_or("event"))
}

fn event<'j>(kind: &'j str, fields: Fields<'j, '_>) -> Read<Message<'j>> {
    let message = &fields;
    Ok(match kind {
        "trade" => Message::Trade(market::trade(message, "t")?),
        "aggTrade" => Message::AggTrade(market::trade(message, "a")?),
        "bookTicker" => Message::Touch(market::touch(message)?),
        "depthUpdate" => Message::Depth(market::depth_change(message)?),
        "markPriceUpdate" => Message::Mark(market::mark(message)?),
        "kline" => Message::Kline(market::kline(message)?),
        "24hrTicker" => Message::DayTicker(market::day_ticker(message)?),
        "forceOrder" => Message::Liquidation(market::liquidation(message)?),
        "serverShutdown" => Message::Shutdown,
        "executionReport" => Message::Order(user::execution_report(message)?),
        "ORDER_TRADE_UPDATE" => Message::Order(user::order_trade_update(message)?),
        "outboundAccountPosition" => Message::Account(user::account_position(message)?),
        "ACCOUNT_UPDATE" => Message::Account(user::account_update(message)?),
        "balanceUpdate" => Message::Transfer(message.text("a")?, message.number("d")?, message.whole("T")?),
        "ACCOUNT_CONFIG_UPDATE" if message.find("ac").is_some() => {
            let config = message.object("ac")?;
            Message::Leverage(config.text("s")?, config.whole("l")?)
        }
        "TRADE_LITE" => Message::Lite(message.text("c")?, message.whole("t")?),
        "listenKeyExpired" => Message::KeyExpired(message.text_if("listenKey")?),
        "eventStreamTerminated" => Message::Terminated,
        other => Message::Other(other),
    })
}

/// `{"id", "status", "result"}`, `{"id", "status", "error": {"code", "msg"}}`, `{"result": null, "id"}`.
fn answer<'j>(fields: &Fields<'j, '_>) -> Read<Message<'j>> {
    let message = fields.named("answer");
    let refusal = match message.find("error") {
        Some(_) => {
            let error = message.object("error")?;
            Some((error.signed("code")?, error.text("msg")?))
        }
        None => None,
    };
    Ok(Message::Answer(message.whole("id")?, refusal))
}
