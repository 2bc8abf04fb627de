//! Commit builder: which bytes does the next commit have?
//!
//! In: tape rows, events, blobs, decisions and fuel of whole steps. Out: closed, chained frames. Must never: touch a disk,
//! split a record between frames, or close a commit inside a step.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::canonical::Writer;
use ringfence_core::decision::Decision;
use ringfence_core::event::Event;
use ringfence_core::ids::{BlobId, Seq, SessionId};

use crate::frame::{FrameKind, HEAD_BYTES, Head, PAYLOAD_MAX, complete};
use crate::scan::End;
use crate::wire::decision::{Number, put_decision};
use crate::wire::event::put_event;
use crate::wire::marks::{BlobContent, BlobRecord, Commit, HaltedCall, put_inline_blob, put_span};
use crate::wire::record::{BLOB, COMMIT, FUEL, HALTED_CALL, RECORD_HEAD_MAX, TAPE_SPAN, put_record};
use crate::wire::varint::{VARINT_BYTES_MAX, put_varint};

/// A commit is formed once this many bytes wait: nearly a whole frame, with room for the step that passes the mark.
pub(super) const COMMIT_BYTES: usize = 60 * 1024;

#[derive(Debug)]
pub(super) struct Builder {
    session: SessionId,
    /// Hash of the last closed frame.
    head: Sha256Hash,
    /// Frames closed so far.
    frames: u64,
    totals: Commit,
    /// Room for the head, then the records of the open frame.
    frame: Vec<u8>,
    frame_first_seq: Seq,
    /// Closed frames of the open commit.
    closed: Vec<u8>,
    /// Varints of calls since the open frame began.
    fuel: Vec<u8>,
    span: Span,
    /// Decisions of the step under way.
    ordinal: u32,
    /// True between an input and the end of its step.
    is_in_step: bool,
    scratch: Writer,
    /// Bytes kept free for the span, the fuel record's head and the commit record.
    reserve: usize,
}

#[derive(Debug)]
struct Span {
    first_seq: Seq,
    rows: u64,
    rows_per_tape: Vec<u64>,
}

impl Builder {
    /// Goes on behind the whole commits of a journal, or at its start.
    pub(super) fn new(session: SessionId, tapes: usize, end: &End) -> Builder {
        let (totals, head, frames) = (end.commit, end.head, end.frames);
        let span_bytes = RECORD_HEAD_MAX + 12 + 8 * tapes;
        let mut builder = Builder {
            session,
            head,
            frames,
            totals,
            frame: Vec::with_capacity(HEAD_BYTES + PAYLOAD_MAX + 16),
            frame_first_seq: totals.next_seq,
            closed: Vec::with_capacity(2 * PAYLOAD_MAX),
            fuel: Vec::with_capacity(PAYLOAD_MAX),
            span: Span { first_seq: Seq(0), rows: 0, rows_per_tape: vec![0; tapes] },
            ordinal: 0,
            is_in_step: false,
            scratch: Writer::new(),
            reserve: span_bytes + RECORD_HEAD_MAX + RECORD_HEAD_MAX + 36,
        };
        builder.frame.resize(HEAD_BYTES, 0);
        builder
    }

    pub(super) fn totals(&self) -> &Commit {
        &self.totals
    }

    pub(super) fn head(&self) -> &Sha256Hash {
        &self.head
    }

    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    pub(super) fn session(&self) -> SessionId {
        self.session
    }

    /// True when nothing waits for a commit.
    pub(super) fn is_empty(&self) -> bool {
        self.closed.is_empty() && self.frame.len() == HEAD_BYTES && self.fuel.is_empty() && self.span.rows == 0
    }

    /// True when the waiting bytes are worth a commit.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.waiting() >= COMMIT_BYTES || !self.closed.is_empty()
    }

    #[inline]
    pub(super) fn tape_row(&mut self, seq: Seq, tape: usize) {
        self.begin_step(seq);
        if self.span.rows == 0 {
            self.span.first_seq = seq;
        }
        self.span.rows += 1;
        self.span.rows_per_tape[tape] += 1;
    }

    pub(super) fn event(&mut self, event: &Event) {
        self.close_span();
        self.scratch.clear();
        put_event(&mut self.scratch, event);
        // Room first: the number of the event that begins in a new frame is the one that is next now.
        self.make_room(RECORD_HEAD_MAX + self.scratch.bytes().len());
        self.begin_step(event.seq);
        put_record(&mut self.frame, event.kind.number(), self.scratch.bytes());
    }

    #[inline]
    pub(super) fn fuel(&mut self, fuel: &[u64]) {
        self.totals.calls += fuel.len() as u64;
        let has_room = self.waiting() + fuel.len() * VARINT_BYTES_MAX <= PAYLOAD_MAX;
        for used in fuel {
            if !has_room {
                self.make_room(VARINT_BYTES_MAX);
            }
            put_varint(&mut self.fuel, *used);
        }
    }

    pub(super) fn decisions(&mut self, seq: Seq, decisions: &[Decision], notes: &[u8]) {
        if decisions.is_empty() {
            return;
        }
        assert!(seq.0 + 1 == self.totals.next_seq.0, "decisions of step {} in a later one", seq.0);
        self.close_span();
        for decision in decisions {
            self.scratch.clear();
            put_decision(&mut self.scratch, Number { seq, ordinal: self.ordinal }, decision, notes);
            self.put_scratch(decision.kind.number());
            self.ordinal += 1;
        }
        self.totals.decisions += decisions.len() as u64;
    }

    pub(super) fn halted_call(&mut self, halted: HaltedCall) {
        self.scratch.clear();
        halted.put(&mut self.scratch);
        self.put_scratch(HALTED_CALL);
    }

    pub(super) fn inline_blob(&mut self, id: BlobId, sha256: &Sha256Hash, bytes: &[u8]) {
        self.begin_blob(id);
        put_inline_blob(&mut self.scratch, id, sha256, bytes);
        self.put_scratch(BLOB);
    }

    pub(super) fn file_blob(&mut self, id: BlobId, sha256: Sha256Hash, len: u64) {
        self.begin_blob(id);
        BlobRecord { id, sha256, content: BlobContent::File(len) }.put(&mut self.scratch);
        self.put_scratch(BLOB);
    }

    /// A record that begins a frame of its own kind.
    pub(super) fn mark(&mut self, number: u16, put: impl FnOnce(&mut Writer)) {
        assert!(self.is_empty(), "header and seal stand alone in their commit");
        self.scratch.clear();
        put(&mut self.scratch);
        self.put_scratch(number);
    }

    /// Closes the commit and answers its bytes; `synced` is what the disk has confirmed by now.
    pub(super) fn close_commit(&mut self, kind: FrameKind, synced: u64) -> &[u8] {
        assert!(!self.is_in_step, "a commit inside step {}", self.totals.next_seq.0 - 1);
        self.totals.synced = synced;
        self.close_span();
        self.close_fuel();
        self.scratch.clear();
        self.totals.put(&mut self.scratch);
        put_record(&mut self.frame, COMMIT, self.scratch.bytes());
        self.close_frame(kind, true);
        &self.closed
    }

    /// The commit is written; the next one begins.
    pub(super) fn begin_commit(&mut self) {
        self.closed.clear();
    }

    #[inline]
    pub(super) fn end_step(&mut self) {
        self.is_in_step = false;
    }

    #[inline]
    fn begin_step(&mut self, seq: Seq) {
        assert!(seq == self.totals.next_seq, "event {} where {} is next", seq.0, self.totals.next_seq.0);
        assert!(!self.is_in_step, "event {} before the end of the step before it", seq.0);
        self.is_in_step = true;
        self.totals.next_seq.0 += 1;
        self.ordinal = 0;
    }

    fn begin_blob(&mut self, id: BlobId) {
        assert!(!self.is_in_step, "blob {} inside a step", id.0);
        assert!(id.0 == self.totals.blobs + 1, "blob {} where {} is next", id.0, self.totals.blobs + 1);
        self.totals.blobs += 1;
        self.close_span();
        self.scratch.clear();
    }

    /// Bytes the open frame would have if it were closed now.
    #[inline]
    fn waiting(&self) -> usize {
        self.frame.len() - HEAD_BYTES + self.fuel.len() + self.reserve
    }

    fn put_scratch(&mut self, number: u16) {
        self.make_room(RECORD_HEAD_MAX + self.scratch.bytes().len());
        put_record(&mut self.frame, number, self.scratch.bytes());
    }

    /// Begins another frame of the same commit when `bytes` more do not fit.
    fn make_room(&mut self, bytes: usize) {
        if self.waiting() + bytes > PAYLOAD_MAX {
            self.close_span();
            self.close_fuel();
            self.close_frame(FrameKind::Data, false);
        }
    }

    fn close_span(&mut self) {
        if self.span.rows == 0 {
            return;
        }
        let mut payload = Writer::new();
        put_span(&mut payload, self.span.first_seq, &self.span.rows_per_tape);
        put_record(&mut self.frame, TAPE_SPAN, payload.bytes());
        self.span.rows = 0;
        self.span.rows_per_tape.fill(0);
    }

    fn close_fuel(&mut self) {
        if !self.fuel.is_empty() {
            put_record(&mut self.frame, FUEL, &self.fuel);
            self.fuel.clear();
        }
    }

    fn close_frame(&mut self, kind: FrameKind, is_commit_end: bool) {
        let head = Head {
            session: self.session,
            previous: self.head,
            first_seq: self.frame_first_seq,
            payload_len: self.frame.len() - HEAD_BYTES,
            kind,
            is_commit_end,
        };
        self.head = complete(&mut self.frame, &head);
        self.frames += 1;
        self.closed.extend_from_slice(&self.frame);
        self.frame.truncate(HEAD_BYTES);
        self.frame_first_seq = self.totals.next_seq;
    }
}
