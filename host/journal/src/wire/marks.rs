//! Marks: which of the journal's own facts stand between events and decisions?
//!
//! In: blobs, spans of tape rows, fuel, totals of a commit, the seal. Out: their payloads, and back. Must never: hold
//! anything that equal runs would not write equally.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::canonical::{Read, Reader, Writer};
use ringfence_core::ids::{BlobId, Seq, StrategyId};

use super::event::take_array;
use super::varint::{put_varint, take_varint};

/// Largest blob kept in a frame; a larger one is a file in `blobs/<sha256>`.
pub const BLOB_INLINE_MAX: usize = 16 * 1024;

/// Largest blob at all: a reader holds it in memory. Far above a configuration or a snapshot of a guest.
pub const BLOB_BYTES_MAX: u64 = 64 << 20;

/// A blob; it stands before the event that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRecord {
    /// Its id; ids count from 1 without gaps.
    pub id: BlobId,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Hash,
    /// Where its bytes are.
    pub content: BlobContent,
}

/// Where the bytes of a blob are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobContent {
    /// In the record, at most [`BLOB_INLINE_MAX`].
    Inline(Vec<u8>),
    /// In the file `blobs/<sha256>`, of this length in bytes.
    File(u64),
}

/// Rows of the merged tapes, each an event of the stream: rows `first_seq` to `first_seq + rows - 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeSpan {
    /// Number of the first row's event.
    pub first_seq: Seq,
    /// Rows in the span, above 0.
    pub rows: u64,
    /// Rows of each tape, in the order of the header; they add up to `rows`.
    pub rows_per_tape: Vec<u64>,
}

/// Which call of a step was the last of a strategy that was halted for a reason of engine or machine: a replay does not
/// enter the guest for exactly that call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaltedCall {
    /// Whose call it was.
    pub strategy: StrategyId,
    /// Its place among the strategy's calls of the step, from 0: outcomes are delivered before the event.
    pub call: u32,
}

/// Totals up to here; the last record of every commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Number the next event will have.
    pub next_seq: Seq,
    /// Decisions so far.
    pub decisions: u64,
    /// Calls (fuel values) so far.
    pub calls: u64,
    /// Blobs so far.
    pub blobs: u32,
    /// So many bytes of the journal, over all segments, were confirmed by the disk when this commit was formed.
    pub synced: u64,
}

impl Default for Commit {
    fn default() -> Commit {
        Commit { next_seq: Seq(1), decisions: 0, calls: 0, blobs: 0, synced: 0 }
    }
}

/// Last record of a session that ended in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// SHA-256 of the canonical State after the last event.
    pub state: Sha256Hash,
    /// Digest of all decisions.
    pub decisions: Sha256Hash,
    /// Digest of all fuel.
    pub fuel: Sha256Hash,
    /// Digest of each strategy's decisions, by ascending id.
    pub strategies: Vec<(StrategyId, Sha256Hash)>,
}

impl BlobRecord {
    /// Appends the payload.
    pub fn put(&self, w: &mut Writer) {
        match &self.content {
            BlobContent::Inline(bytes) => put_inline_blob(w, self.id, &self.sha256, bytes),
            BlobContent::File(len) => {
                w.u32(self.id.0);
                w.raw(&self.sha256);
                w.u8(2);
                w.u64(*len);
            }
        }
    }

    /// Reads the payload; the hash is not checked here.
    ///
    /// # Errors
    /// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not exactly one blob record.
    pub fn take(payload: &[u8]) -> Read<BlobRecord> {
        let r = &mut Reader::new(payload);
        let (id, sha256) = (BlobId(r.u32()?), take_array(r)?);
        let content = match r.u8()? {
            1 => {
                let bytes = r.blob()?;
                if bytes.len() > BLOB_INLINE_MAX {
                    return Err(r.invalid("length of a blob inside a frame"));
                }
                BlobContent::Inline(bytes.to_vec())
            }
            2 => BlobContent::File(r.u64()?),
            _ => return Err(r.invalid("place of a blob")),
        };
        r.finish()?;
        Ok(BlobRecord { id, sha256, content })
    }
}

/// Appends the payload of a blob whose bytes stand in the record.
pub(crate) fn put_inline_blob(w: &mut Writer, id: BlobId, sha256: &Sha256Hash, bytes: &[u8]) {
    w.u32(id.0);
    w.raw(sha256);
    w.u8(1);
    w.blob(bytes);
}

impl TapeSpan {
    /// Appends the payload.
    pub fn put(&self, w: &mut Writer) {
        put_span(w, self.first_seq, &self.rows_per_tape);
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not exactly one span, it is empty, or its
    /// last number is above 64 bits.
    pub fn take(payload: &[u8]) -> Read<TapeSpan> {
        let r = &mut Reader::new(payload);
        let first_seq = Seq(r.u64()?);
        let rows_per_tape = r.list(Reader::u64)?;
        r.finish()?;
        let rows = rows_per_tape.iter().try_fold(0_u64, |sum, rows| sum.checked_add(*rows));
        let rows = rows.filter(|rows| *rows > 0 && first_seq.0.checked_add(*rows).is_some());
        let rows = rows.ok_or_else(|| r.invalid("rows of a tape span"))?;
        Ok(TapeSpan { first_seq, rows, rows_per_tape })
    }
}

/// Appends the payload of a span.
pub(crate) fn put_span(w: &mut Writer, first_seq: Seq, rows_per_tape: &[u64]) {
    w.u64(first_seq.0);
    w.list(rows_per_tape, |w, rows| w.u64(*rows));
}

impl HaltedCall {
    /// Appends the payload.
    pub fn put(&self, w: &mut Writer) {
        w.u16(self.strategy.0);
        w.u32(self.call);
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not exactly one such record.
    pub fn take(payload: &[u8]) -> Read<HaltedCall> {
        let r = &mut Reader::new(payload);
        let halted = HaltedCall { strategy: StrategyId(r.u16()?), call: r.u32()? };
        r.finish()?;
        Ok(halted)
    }
}

impl Commit {
    /// Appends the payload.
    pub fn put(&self, w: &mut Writer) {
        w.u64(self.next_seq.0);
        w.u64(self.decisions);
        w.u64(self.calls);
        w.u32(self.blobs);
        w.u64(self.synced);
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not exactly one commit record.
    pub fn take(payload: &[u8]) -> Read<Commit> {
        let r = &mut Reader::new(payload);
        let commit =
            Commit { next_seq: Seq(r.u64()?), decisions: r.u64()?, calls: r.u64()?, blobs: r.u32()?, synced: r.u64()? };
        r.finish()?;
        Ok(commit)
    }
}

impl Seal {
    /// Appends the payload.
    pub fn put(&self, w: &mut Writer) {
        w.raw(&self.state);
        w.raw(&self.decisions);
        w.raw(&self.fuel);
        w.list(&self.strategies, |w, (strategy, digest)| {
            w.u16(strategy.0);
            w.raw(digest);
        });
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not exactly one seal.
    pub fn take(payload: &[u8]) -> Read<Seal> {
        let r = &mut Reader::new(payload);
        let seal = Seal {
            state: take_array(r)?,
            decisions: take_array(r)?,
            fuel: take_array(r)?,
            strategies: r.list(|r| Ok((StrategyId(r.u16()?), take_array(r)?)))?,
        };
        r.finish()?;
        let is_ordered = seal.strategies.is_sorted_by(|(left, _), (right, _)| left < right);
        if is_ordered { Ok(seal) } else { Err(r.invalid("order of strategies")) }
    }
}

/// Appends the payload of a fuel record: one varint per call, in call order.
pub fn put_fuel(out: &mut Vec<u8>, fuel: &[u64]) {
    fuel.iter().for_each(|used| put_varint(out, *used));
}

/// Reads the payload of a fuel record.
///
/// # Errors
/// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not varints in their shortest form.
pub fn take_fuel(payload: &[u8]) -> Read<Vec<u64>> {
    let (mut fuel, mut at) = (Vec::new(), 0);
    while at < payload.len() {
        fuel.push(take_varint(payload, &mut at)?);
    }
    Ok(fuel)
}
