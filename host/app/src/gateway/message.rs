//! Messages: what do a host and a gateway say to each other?
//!
//! In: one message, or the bytes of one. Out: its bytes, or the message. Must never: read what the other side did not write
//! in exactly this form; each side believes of the other what it has to and no more.

use std::io::{self, Read, Write};

use ringfence_core::canonical::{self, Reader, Writer};
use ringfence_core::decision::RefusalCode;
use ringfence_core::event::{Event, MarginMode, Report};
use ringfence_core::ids::{AccountId, ClientOrderId, InstrumentId, LegKey, Seq, SessionId, TimeNs, VenueId};
use ringfence_journal::wire::event::{put_event, take_event};
use ringfence_venue::adapter::Target;
use ringfence_venue::{Alarm, AlarmKind, Answer, Capabilities, EmergencyCancel, Query, QueryId, Rates, Setting};

/// Longest frame, bytes: no message is longer, and no memory is held for one that says it is.
pub(crate) const FRAME_BYTES_MAX: usize = 64 << 10;

/// What a host says.
#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    /// Transmit this command: the bytes of its approval.
    Send(Vec<u8>),
    /// Transmit this cancel, which needs no approval.
    Emergency(EmergencyCancel),
    /// Ask the venue this.
    Ask(QueryId, Query),
    /// Set this.
    Set(QueryId, (AccountId, InstrumentId), Setting),
    /// Nothing more will come.
    Close,
}

/// What a gateway says.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    /// It has an adapter, which can do this.
    Ready(Capabilities),
    /// It ends, and why.
    NotReady(String),
    /// The venue said this.
    Report(Report),
    /// A query or setting ended.
    Answered(QueryId, Answer),
    /// The command of this leg does not leave.
    Refused(LegKey, RefusalCode),
    /// The venue's budget, whenever it changed.
    Rates(Rates),
    /// Something an operator should hear.
    Alarm(Alarm),
}

/// Bytes that are no message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no message of a gateway: {0}")]
pub(crate) struct NoMessage(#[from] canonical::DecodeError);

type Taken<T> = canonical::Read<T>;

impl Told {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let w = &mut Writer::new();
        match self {
            Told::Send(sealed) => {
                w.u8(1);
                w.raw(sealed);
            }
            Told::Emergency(cancel) => {
                w.u8(2);
                put_cancel(cancel, w);
            }
            Told::Ask(id, query) => {
                w.u8(3);
                w.u64(id.0);
                put_query(query, w);
            }
            Told::Set(id, (account, instrument), setting) => {
                w.u8(4);
                w.u64(id.0);
                w.u16(account.0);
                w.u32(instrument.0);
                put_setting(*setting, w);
            }
            Told::Close => w.u8(5),
        }
        std::mem::take(w).into_bytes()
    }

    /// Reads a message for a gateway of this session.
    pub(crate) fn take(bytes: &[u8], session: SessionId) -> Result<Told, NoMessage> {
        Ok(Reader::whole(bytes, |r| {
            Ok(match r.u8()? {
                1 => Told::Send(r.raw(r.left())?.to_vec()),
                2 => Told::Emergency(take_cancel(r, session)?),
                3 => Told::Ask(QueryId(r.u64()?), take_query(r, session)?),
                4 => {
                    let id = QueryId(r.u64()?);
                    Told::Set(id, (AccountId(r.u16()?), InstrumentId(r.u32()?)), take_setting(r)?)
                }
                5 => Told::Close,
                _ => return Err(r.invalid("message of a host")),
            })
        })?)
    }
}

impl Heard {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let w = &mut Writer::new();
        match self {
            Heard::Ready(capabilities) => {
                w.u8(1);
                put_capabilities(*capabilities, w);
            }
            Heard::NotReady(why) => {
                w.u8(2);
                w.text(cut(why));
            }
            Heard::Report(report) => {
                w.u8(3);
                w.u16(report.kind.number());
                put_event(w, &report.at(Seq(0), TimeNs(0)));
            }
            Heard::Answered(id, answer) => {
                w.u8(4);
                w.u64(id.0);
                put_answer(answer, w);
            }
            Heard::Refused(key, code) => {
                w.u8(5);
                key.put(w);
                w.u8(code.number());
            }
            Heard::Rates(rates) => {
                w.u8(6);
                [rates.used, rates.limit, rates.reserve].into_iter().for_each(|it| w.u32(it));
                w.u64(rates.held_until.0);
            }
            Heard::Alarm(alarm) => {
                w.u8(7);
                w.u8(alarm.kind.number());
                w.text(cut(&alarm.text));
                w.u64(alarm.left_ns);
            }
        }
        std::mem::take(w).into_bytes()
    }

    pub(crate) fn take(bytes: &[u8]) -> Result<Heard, NoMessage> {
        Ok(Reader::whole(bytes, |r| {
            Ok(match r.u8()? {
                1 => Heard::Ready(take_capabilities(r)?),
                2 => Heard::NotReady(r.text()?.to_owned()),
                3 => Heard::Report(take_report(r)?),
                4 => Heard::Answered(QueryId(r.u64()?), take_answer(r)?),
                5 => Heard::Refused(LegKey::take(r)?, RefusalCode::take(r)?),
                6 => Heard::Rates(Rates {
                    used: r.u32()?,
                    limit: r.u32()?,
                    reserve: r.u32()?,
                    held_until: TimeNs(r.u64()?),
                }),
                7 => Heard::Alarm(Alarm::new(AlarmKind::take(r)?, r.text()?).over_in(r.u64()?)),
                _ => return Err(r.invalid("message of a gateway")),
            })
        })?)
    }
}

/// Writes one frame: length, bytes.
pub(crate) fn write_frame(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= FRAME_BYTES_MAX);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a frame that is too long"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(bytes)?;
    out.flush()
}

/// Reads one frame; `None` where there is none any more.
pub(crate) fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = usize::try_from(u32::from_le_bytes(head)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// Words of a venue or an error, short enough for a frame.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(4096);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn take_report(r: &mut Reader<'_>) -> Taken<Report> {
    let number = r.u16()?;
    let bytes = r.raw(r.left())?;
    let event = take_event(number, bytes)?.ok_or_else(|| r.invalid("kind of event"))?;
    let Event { seq, time, venue_time, cause, instrument, venue, account, kind } = event;
    if (seq, time) != (Seq(0), TimeNs(0)) {
        return Err(r.invalid("report without a number and a time of its own"));
    }
    Ok(Report { venue_time, cause, instrument, venue, account, kind })
}

fn put_cancel(cancel: &EmergencyCancel, w: &mut Writer) {
    w.u16(cancel.venue().0);
    w.u16(cancel.account_id().0);
    match cancel.target() {
        Target::Account => w.u8(1),
        Target::Instrument(instrument) => {
            w.u8(2);
            w.u32(instrument.0);
        }
        Target::Order(key, instrument, _) => {
            w.u8(3);
            key.put(w);
            w.u32(instrument.0);
        }
    }
}

/// The client id of an order follows from the session.
fn take_cancel(r: &mut Reader<'_>, session: SessionId) -> Taken<EmergencyCancel> {
    let place = (VenueId(r.u16()?), AccountId(r.u16()?));
    Ok(match r.u8()? {
        1 => EmergencyCancel::account(place.0, place.1),
        2 => EmergencyCancel::instrument(place, InstrumentId(r.u32()?)),
        3 => {
            let key = LegKey::take(r)?;
            EmergencyCancel::order(place, session, (key, InstrumentId(r.u32()?)))
        }
        _ => return Err(r.invalid("target of a cancel")),
    })
}

fn put_query(query: &Query, w: &mut Writer) {
    match *query {
        Query::OpenOrders(account) => {
            w.u8(1);
            w.u16(account.0);
        }
        // A session asks for orders of its own, whose client ids follow from it.
        Query::Order { account, instrument, key, client_id: _, sent_ago_ns } => {
            w.u8(2);
            w.u16(account.0);
            w.u32(instrument.0);
            key.put(w);
            w.u64(sent_ago_ns);
        }
        Query::FillsSince { account, instrument, since } => {
            w.u8(3);
            w.u16(account.0);
            w.u32(instrument.0);
            w.u64(since.0);
        }
        Query::Positions(account) => {
            w.u8(4);
            w.u16(account.0);
        }
        Query::Balances(account) => {
            w.u8(5);
            w.u16(account.0);
        }
        Query::Margin { account, instrument } => {
            w.u8(6);
            w.u16(account.0);
            w.u32(instrument.0);
        }
        Query::Instruments => w.u8(7),
        Query::Time => w.u8(8),
    }
}

fn take_query(r: &mut Reader<'_>, session: SessionId) -> Taken<Query> {
    Ok(match r.u8()? {
        1 => Query::OpenOrders(AccountId(r.u16()?)),
        2 => {
            let (account, instrument, key) = (AccountId(r.u16()?), InstrumentId(r.u32()?), LegKey::take(r)?);
            let client_id = ClientOrderId::new(session, key);
            Query::Order { account, instrument, key, client_id, sent_ago_ns: r.u64()? }
        }
        3 => Query::FillsSince {
            account: AccountId(r.u16()?),
            instrument: InstrumentId(r.u32()?),
            since: TimeNs(r.u64()?),
        },
        4 => Query::Positions(AccountId(r.u16()?)),
        5 => Query::Balances(AccountId(r.u16()?)),
        6 => Query::Margin { account: AccountId(r.u16()?), instrument: InstrumentId(r.u32()?) },
        7 => Query::Instruments,
        8 => Query::Time,
        _ => return Err(r.invalid("query")),
    })
}

fn put_setting(setting: Setting, w: &mut Writer) {
    match setting {
        Setting::Leverage(hundredths) => {
            w.u8(1);
            w.u32(hundredths);
        }
        Setting::MarginMode(mode) => {
            w.u8(2);
            w.u8(mode.number());
        }
    }
}

fn take_setting(r: &mut Reader<'_>) -> Taken<Setting> {
    Ok(match r.u8()? {
        1 => Setting::Leverage(r.u32()?),
        2 => Setting::MarginMode(MarginMode::take(r)?),
        _ => return Err(r.invalid("setting")),
    })
}

fn put_answer(answer: &Answer, w: &mut Writer) {
    match answer {
        Answer::Complete => w.u8(1),
        Answer::NotOffered => w.u8(2),
        Answer::Failed(why) => {
            w.u8(3);
            w.text(cut(why));
        }
    }
}

fn take_answer(r: &mut Reader<'_>) -> Taken<Answer> {
    Ok(match r.u8()? {
        1 => Answer::Complete,
        2 => Answer::NotOffered,
        3 => Answer::Failed(r.text()?.to_owned()),
        _ => return Err(r.invalid("answer")),
    })
}

fn put_capabilities(capabilities: Capabilities, w: &mut Writer) {
    let Capabilities { amend, cancel_all, market_data, user_stream, margin, reduce_only, queries, dead_man } =
        capabilities;
    let all = [amend, cancel_all, market_data, user_stream, margin, reduce_only, queries, dead_man];
    all.into_iter().for_each(|it| w.flag(it));
}

fn take_capabilities(r: &mut Reader<'_>) -> Taken<Capabilities> {
    Ok(Capabilities {
        amend: r.flag()?,
        cancel_all: r.flag()?,
        market_data: r.flag()?,
        user_stream: r.flag()?,
        margin: r.flag()?,
        reduce_only: r.flag()?,
        queries: r.flag()?,
        dead_man: r.flag()?,
    })
}

#[cfg(test)]
mod tests;
