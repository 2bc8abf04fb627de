//! Records: where does one end and the next begin, and what does each say?
//!
//! In: the payload of a frame. Out: records one after another, known or not. Must never: stop at a type or version that
//! is newer than this build; its length tells where the next record begins.

use ringfence_core::canonical::{DecodeError, Read, Reader, Writer};
use ringfence_core::decision::Decision;
use ringfence_core::event::Event;
use ringfence_core::ids::Seq;

use super::decision::{Number, put_decision, take_decision};
use super::event::{put_event, take_event};
use super::header::Header;
use super::marks::{BlobRecord, Commit, HaltedCall, Seal, TapeSpan, put_fuel, take_fuel};
use super::varint::{put_varint, take_varint};

/// Version of every record type of this build.
pub const RECORD_VERSION: u8 = 1;

/// Type of a header record.
pub const HEADER: u16 = 2000;
/// Type of a blob record.
pub const BLOB: u16 = 2001;
/// Type of a tape span record.
pub const TAPE_SPAN: u16 = 2002;
/// Type of a fuel record.
pub const FUEL: u16 = 2003;
/// Type of a commit record.
pub const COMMIT: u16 = 2004;
/// Type of a seal record.
pub const SEAL: u16 = 2005;
/// Type of a halted call record.
pub const HALTED_CALL: u16 = 2006;

/// Most bytes that stand before a record's payload: type, version, length.
pub const RECORD_HEAD_MAX: usize = 2 + 1 + 10;

/// A record as it lies in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawRecord<'a> {
    /// Type.
    pub number: u16,
    /// Version of the type.
    pub version: u8,
    /// Payload.
    pub payload: &'a [u8],
}

/// Families of record types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// An event; the payload begins with its seq.
    Event,
    /// A decision; the payload begins with seq and ordinal.
    Decision,
    /// One of the journal's own facts.
    Mark,
}

impl RawRecord<'_> {
    /// Which family the type belongs to.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self.number {
            0..1000 => Family::Event,
            1000..2000 => Family::Decision,
            2000.. => Family::Mark,
        }
    }

    /// What the payload of an event or decision begins with, whatever the version.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when the payload is shorter.
    pub fn seq(&self) -> Read<Seq> {
        Reader::new(self.payload).u64().map(Seq)
    }
}

/// Appends a record of the present version.
pub fn put_record(out: &mut Vec<u8>, number: u16, payload: &[u8]) {
    put_version(out, (number, RECORD_VERSION), payload);
}

fn put_version(out: &mut Vec<u8>, (number, version): (u16, u8), payload: &[u8]) {
    out.extend_from_slice(&number.to_le_bytes());
    out.push(version);
    put_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

/// Reads the record at `at` and moves `at` behind it; `None` at the end of the payload.
///
/// # Errors
/// [`DecodeError`] when the bytes end inside the record.
pub fn next_record<'a>(frame_payload: &'a [u8], at: &mut usize) -> Read<Option<RawRecord<'a>>> {
    if *at >= frame_payload.len() {
        return Ok(None);
    }
    let head = frame_payload.get(*at..*at + 3).ok_or(DecodeError::Truncated(frame_payload.len()))?;
    let (number, version) = (u16::from_le_bytes([head[0], head[1]]), head[2]);
    let mut start = *at + 3;
    let len = take_varint(frame_payload, &mut start)?;
    let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
    let payload = end.and_then(|end| frame_payload.get(start..end));
    let payload = payload.ok_or(DecodeError::Truncated(frame_payload.len()))?;
    *at = start + payload.len();
    Ok(Some(RawRecord { number, version, payload }))
}

/// A record with its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// What the session starts from.
    Header(Header),
    /// An input.
    Event(Event),
    /// A decision with its number; a note's span covers all of `note`.
    Decision {
        /// Where it stands.
        number: Number,
        /// What was decided.
        decision: Decision,
        /// Bytes of the note; empty for everything else.
        note: Vec<u8>,
    },
    /// Bytes that an event names.
    Blob(BlobRecord),
    /// Rows of tapes.
    TapeSpan(TapeSpan),
    /// Fuel of calls in call order.
    Fuel(Vec<u64>),
    /// Totals.
    Commit(Commit),
    /// The end.
    Seal(Seal),
    /// The call that a halt ended.
    HaltedCall(HaltedCall),
    /// A type or version this build does not know.
    Unknown {
        /// Type.
        number: u16,
        /// Version.
        version: u8,
        /// Payload.
        payload: Vec<u8>,
    },
}

impl Record {
    /// Reads a record's meaning.
    ///
    /// # Errors
    /// [`DecodeError`] when the payload is not exactly what type and version say.
    pub fn decode(raw: &RawRecord<'_>) -> Read<Record> {
        let known = if raw.version == RECORD_VERSION { Record::decode_known(raw)? } else { None };
        let unknown = || Record::Unknown { number: raw.number, version: raw.version, payload: raw.payload.to_vec() };
        Ok(known.unwrap_or_else(unknown))
    }

    fn decode_known(raw: &RawRecord<'_>) -> Read<Option<Record>> {
        match raw.family() {
            Family::Event => Ok(take_event(raw.number, raw.payload)?.map(Record::Event)),
            Family::Decision => {
                let mut note = Vec::new();
                let decision = take_decision(raw.number, raw.payload, &mut note)?;
                Ok(decision.map(|(number, decision)| Record::Decision { number, decision, note }))
            }
            Family::Mark => match raw.number {
                HEADER => Header::take(raw.payload).map(|header| Some(Record::Header(header))),
                BLOB => BlobRecord::take(raw.payload).map(|blob| Some(Record::Blob(blob))),
                TAPE_SPAN => TapeSpan::take(raw.payload).map(|span| Some(Record::TapeSpan(span))),
                FUEL => take_fuel(raw.payload).map(|fuel| Some(Record::Fuel(fuel))),
                COMMIT => Commit::take(raw.payload).map(|commit| Some(Record::Commit(commit))),
                SEAL => Seal::take(raw.payload).map(|seal| Some(Record::Seal(seal))),
                HALTED_CALL => HaltedCall::take(raw.payload).map(|halted| Some(Record::HaltedCall(halted))),
                _ => Ok(None),
            },
        }
    }

    /// Appends the record: the bytes that [`Record::decode`] reads it from.
    ///
    /// # Panics
    /// When a note's span lies outside `note`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let w = &mut Writer::new();
        let number = match self {
            Record::Header(header) => {
                header.put(w);
                HEADER
            }
            Record::Event(event) => {
                put_event(w, event);
                event.kind.number()
            }
            Record::Decision { number, decision, note } => {
                put_decision(w, *number, decision, note);
                decision.kind.number()
            }
            Record::Blob(blob) => {
                blob.put(w);
                BLOB
            }
            Record::TapeSpan(span) => {
                span.put(w);
                TAPE_SPAN
            }
            Record::Fuel(fuel) => {
                let mut bytes = Vec::new();
                put_fuel(&mut bytes, fuel);
                w.raw(&bytes);
                FUEL
            }
            Record::Commit(commit) => {
                commit.put(w);
                COMMIT
            }
            Record::Seal(seal) => {
                seal.put(w);
                SEAL
            }
            Record::HaltedCall(halted) => {
                halted.put(w);
                HALTED_CALL
            }
            Record::Unknown { number, version, payload } => return put_version(out, (*number, *version), payload),
        };
        put_record(out, number, w.bytes());
    }
}
