//! Captures: which message stands on this line, and when was it received?
//!
//! In: lines `ns JSON`, or cryptofeed's `seconds: JSON` with its lines about connections and what the client sent. Out:
//! messages to the venue that speaks like this. Must never: take the time of one line for another.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::DataError;
use crate::formats::venues::binance::Binance;
use crate::formats::venues::coinbase::Coinbase;
use crate::formats::venues::okx::Okx;
use crate::formats::venues::{At, Heard, hyperliquid};
use crate::lines::Lines;
use crate::row::{Bad, Sink};
use crate::source::{Opened, Place};
use crate::time;

/// What tells the venue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    arg: Option<&'a RawValue>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    r#type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    last_update_id: Option<u64>,
}

/// The venues of a capture, with what each has to remember.
#[derive(Default)]
struct Venues {
    binance: Binance,
    okx: Okx,
    coinbase: Coinbase,
}

pub(crate) fn is_capture(line: &[u8]) -> bool {
    matches!(split(line), Line::Message(..)) || line.starts_with(b"wss://") || line.starts_with(b"ws://")
}

pub(crate) fn read(opened: Opened<'_>, place: &Place, sink: &mut dyn Sink) -> Result<(), DataError> {
    let mut lines = Lines::new(opened.source, place.clone());
    let mut venues = Venues::default();
    while let Some((number, line)) = lines.next()? {
        match split(line) {
            Line::Message(time, json) => {
                let heard = venues.hear(At { time, place: number }, json, sink)?;
                tell(heard, number, json, sink)?;
            }
            Line::Other(why) => sink.left_out(why, number)?,
            Line::Bad(time) => {
                let why = "the time is digits of ns, or seconds with a point and a colon, and JSON follows";
                sink.bad(number, Bad { column: "time", value: time, why })?;
            }
        }
    }
    Ok(())
}

fn tell(heard: Heard, number: u64, json: &[u8], sink: &mut dyn Sink) -> Result<(), DataError> {
    match heard {
        Heard::Rows => Ok(()),
        Heard::LeftOut(why) => sink.left_out(why, number),
        Heard::Bad(why) => sink.bad(number, Bad { column: "message", value: json, why: &why }),
    }
}

enum Line<'a> {
    Message(u64, &'a [u8]),
    Other(&'static str),
    Bad(&'a [u8]),
}

fn split(line: &[u8]) -> Line<'_> {
    if line.trim_ascii().is_empty() {
        return Line::Other("blank line");
    }
    if line.starts_with(b"ws") || line.starts_with(b"http") {
        let is_connection = memchr::memmem::find(line, b" <-> ").is_some();
        return Line::Other(if is_connection { "address of a connection" } else { "sent by the client" });
    }
    let at = memchr::memchr2(b'{', b'[', line).unwrap_or(line.len());
    let (head, json) = line.split_at(at);
    let head = head.trim_ascii();
    let time = match head.strip_suffix(b":") {
        Some(seconds) => time::seconds(seconds),
        None => time::whole(head),
    };
    match time {
        Some(time) if !json.is_empty() => Line::Message(time, json),
        Some(_) | None => Line::Bad(head),
    }
}

impl Venues {
    fn hear(&mut self, at: At, json: &[u8], sink: &mut dyn Sink) -> Result<Heard, DataError> {
        let message: Message<'_> = match serde_json::from_slice(json) {
            Ok(message) => message,
            Err(error) => return Ok(Heard::Bad(error.to_string())),
        };
        let Message { stream, data, arg, action, event, channel, r#type, e, last_update_id } = &message;
        match (stream, data) {
            (Some(stream), Some(data)) => return self.binance.message(at, stream, data.get(), sink),
            (None, _) if e.is_some() => return self.binance.plain(at, json, sink),
            (None, None) if last_update_id.is_some() => return self.binance.snapshot(at, json, sink),
            (Some(_) | None, _) => {}
        }
        match (arg, data, channel, r#type) {
            (Some(arg), Some(data), ..) => self.okx.message(at, (arg.get(), action.as_deref()), data.get(), sink),
            (_, Some(data), Some(channel), _) => hyperliquid::message(at, channel, data.get(), sink),
            (_, _, _, Some(kind)) => self.coinbase.message(at, kind, json, sink),
            _ if event.is_some() => Ok(Heard::LeftOut("answer to a subscription")),
            _ => Ok(Heard::LeftOut("message of a form that is not known")),
        }
    }
}
