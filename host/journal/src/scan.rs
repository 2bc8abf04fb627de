//! Scan: how far is a journal whole?
//!
//! In: the segments. Out: the end of the last whole commit, and the first thing that is wrong after it. Must never:
//! change a byte, or judge what to do (recovery does).

use std::collections::BTreeSet;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::ids::{Seq, SessionId};

use crate::checkpoint::Reached;
use crate::codes::{Finding, JournalCode, JournalError, Place, io_error};
use crate::frame::cursor::{Cursor, Frame, Next};
use crate::frame::{ALIGN, FrameFault, FrameKind, MAGIC};
use crate::storage::{Storage, read_full, segment_lengths, segment_name};
use crate::wire::header::{FORMAT_VERSION, Header};
use crate::wire::marks::{Commit, Seal};
use crate::wire::record::{COMMIT, HALTED_CALL, HEADER, RECORD_VERSION, RawRecord, SEAL, next_record};

/// The place behind a whole commit, and what it holds up to there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) place: Place,
    /// Bytes from the start of the first segment.
    pub(crate) absolute: u64,
    /// Hash of the last frame.
    pub(crate) head: Sha256Hash,
    pub(crate) commit: Commit,
    pub(crate) frames: u64,
    pub(crate) commits: u64,
}

impl End {
    /// That of a journal without a frame.
    pub(crate) fn start() -> End {
        let place = Place { segment: 1, offset: 0 };
        End { place, absolute: 0, head: [0; 32], commit: Commit::default(), frames: 0, commits: 0 }
    }
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Scan {
    /// `None` when the first commit is not whole.
    pub(crate) header: Option<Header>,
    pub(crate) end: End,
    pub(crate) seal: Option<Seal>,
    pub(crate) problem: Option<Problem>,
    /// Bytes of all segments.
    pub(crate) total_bytes: u64,
    /// Segments on the disk.
    pub(crate) segments: u32,
    /// The frames that were asked for and are in whole commits, in order.
    pub(crate) reached: Vec<Reached>,
}

/// The first thing that is wrong.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// Bytes that are not a frame of this session, and the first valid later frame of it.
    BadFrame { place: Place, fault: FrameFault, later: Option<Place> },
    /// Valid frames of a commit whose last frame is not there.
    OpenCommit { place: Place },
    /// A valid frame that may not stand there: no crash makes one.
    Wrong(Finding),
}

/// Reads all segments. `known` is the session id from the sidecar, for a journal whose first frame is bad; `noted` are the
/// numbers of frames whose hashes are wanted.
pub(crate) fn scan(
    storage: &mut dyn Storage,
    known: Option<SessionId>,
    noted: BTreeSet<u64>,
) -> Result<Scan, JournalError> {
    let lengths = segment_lengths(storage)?;
    let mut walk = Walk::new(lengths.clone(), noted);
    let problem = walk.run(storage, known)?;
    let (segments, whole) = (walk.segments(), walk.end.frames);
    walk.reached.retain(|reached| reached.frame <= whole);
    Ok(Scan {
        header: walk.header.filter(|_| walk.end.frames > 0),
        end: walk.end,
        seal: walk.seal,
        problem,
        total_bytes: lengths.iter().sum(),
        segments,
        reached: walk.reached,
    })
}

struct Walk {
    /// Of every segment, when the scan began; what is appended meanwhile is not looked at.
    lengths: Vec<u64>,
    noted: BTreeSet<u64>,
    reached: Vec<Reached>,
    header: Option<Header>,
    seal: Option<Seal>,
    end: End,
    /// Hash of the last valid frame, in a whole commit or not.
    head: Sha256Hash,
    first_seq: Seq,
    frames: u64,
    /// Bytes of the segments before the present one.
    base: u64,
}

impl Walk {
    fn new(lengths: Vec<u64>, noted: BTreeSet<u64>) -> Walk {
        Walk {
            lengths,
            noted,
            reached: Vec::new(),
            header: None,
            seal: None,
            end: End::start(),
            head: [0; 32],
            first_seq: Seq(0),
            frames: 0,
            base: 0,
        }
    }

    fn segments(&self) -> u32 {
        u32::try_from(self.lengths.len()).expect("segment numbers are 32 bits")
    }

    fn length(&self, segment: u32) -> u64 {
        self.lengths[segment as usize - 1]
    }

    fn run(&mut self, storage: &mut dyn Storage, known: Option<SessionId>) -> Result<Option<Problem>, JournalError> {
        for segment in 1..=self.segments() {
            let mut cursor = Cursor::at(Place { segment, offset: 0 }, self.length(segment));
            if self.is_commit_open() {
                // A cut at a frame's end within a commit, with segments after it: look whether they hold anything.
                return self.bad_frame(storage, cursor.place(), FrameFault::Ends, known).map(Some);
            }
            loop {
                match cursor.next(storage)? {
                    Next::End => break,
                    Next::Bad(fault) => return self.bad_frame(storage, cursor.place(), fault, known).map(Some),
                    Next::Frame(frame) => {
                        let session = self.session().unwrap_or(frame.head.session);
                        if frame.head.session != session {
                            let fault = FrameFault::Session(frame.head.session);
                            return self.bad_frame(storage, frame.place, fault, known).map(Some);
                        }
                        if let Err(finding) = self.accept(&frame, &cursor) {
                            return Ok(Some(Problem::Wrong(finding)));
                        }
                    }
                }
            }
            self.base += cursor.place().offset;
        }
        Ok(self.is_commit_open().then_some(Problem::OpenCommit { place: self.end.place }))
    }

    fn session(&self) -> Option<SessionId> {
        self.header.as_ref().map(|header| header.session)
    }

    fn is_commit_open(&self) -> bool {
        self.frames != self.end.frames
    }

    fn accept(&mut self, frame: &Frame, cursor: &Cursor) -> Result<(), Finding> {
        self.check_position(frame)?;
        let last = self.read_marks(frame, cursor.payload())?;
        self.head = cursor.hash();
        self.first_seq = frame.head.first_seq;
        self.frames += 1;
        if self.noted.contains(&self.frames) {
            let bytes = self.base + frame.place.offset + frame.len;
            self.reached.push(Reached { frame: self.frames, bytes, head: self.head });
        }
        if frame.head.is_commit_end {
            self.close_commit(frame, last)?;
        }
        Ok(())
    }

    fn check_position(&self, frame: &Frame) -> Result<(), Finding> {
        let wrong = |code, detail: String| Err(Finding::at(code, frame.place, detail));
        if self.seal.is_some() {
            return wrong(JournalCode::AfterSeal, format!("a frame of {} bytes after the seal", frame.len));
        }
        if frame.head.previous != self.head {
            let (found, expected) = (Brief(&frame.head.previous), Brief(&self.head));
            return wrong(JournalCode::Chain, format!("previous hash {found} instead of {expected}"));
        }
        let is_first = self.frames == 0;
        if (frame.head.kind == FrameKind::Header) != is_first {
            let place = if is_first { "first" } else { "later" };
            return wrong(JournalCode::FrameOrder, format!("a {place} frame of kind {:?}", frame.head.kind));
        }
        if frame.head.first_seq < self.first_seq {
            let (found, before) = (frame.head.first_seq.0, self.first_seq.0);
            return wrong(JournalCode::FrameOrder, format!("first seq {found} after {before}"));
        }
        Ok(())
    }

    /// Reads header and seal, and answers the totals when the last record is a commit record.
    fn read_marks(&mut self, frame: &Frame, payload: &[u8]) -> Result<Option<Commit>, Finding> {
        let broken = |error: &dyn std::fmt::Display| Finding::at(JournalCode::Record, frame.place, error.to_string());
        let kind = frame.head.kind;
        let (mut at, mut commit, mut own_marks) = (0, None, 0_u32);
        while let Some(raw) = next_record(payload, &mut at).map_err(|error| broken(&error))? {
            check_version(&raw, frame)?;
            if !may_hold(kind, raw.number) {
                return Err(broken(&format!("a record of type {} in a frame of kind {kind:?}", raw.number)));
            }
            commit = None;
            match raw.number {
                COMMIT => commit = Some(Commit::take(raw.payload).map_err(|error| broken(&error))?),
                HEADER => self.header = Some(read_header(&raw, frame)?),
                SEAL => self.seal = Some(Seal::take(raw.payload).map_err(|error| broken(&error))?),
                _ => {}
            }
            own_marks += u32::from(matches!(raw.number, HEADER | SEAL));
        }
        let wanted = match kind {
            FrameKind::Header | FrameKind::Seal => 1,
            FrameKind::Data => 0,
        };
        let closes = frame.head.is_commit_end == commit.is_some();
        let closes = closes && (frame.head.is_commit_end || kind == FrameKind::Data);
        if own_marks == wanted && closes { Ok(commit) } else { Err(broken(&"a frame without the records of its kind")) }
    }

    fn close_commit(&mut self, frame: &Frame, commit: Option<Commit>) -> Result<(), Finding> {
        let commit = commit.expect("read_marks answers the totals of a frame that ends a commit");
        if commit.synced > self.end.absolute || commit.synced < self.end.commit.synced {
            let detail = format!("a commit at byte {} states that {} are confirmed", self.end.absolute, commit.synced);
            return Err(Finding::at(JournalCode::Counts, frame.place, detail));
        }
        let place = Place { segment: frame.place.segment, offset: frame.place.offset + frame.len };
        self.end = End {
            place,
            absolute: self.base + place.offset,
            head: self.head,
            commit,
            frames: self.frames,
            commits: self.end.commits + 1,
        };
        Ok(())
    }

    fn bad_frame(
        &self,
        storage: &mut dyn Storage,
        place: Place,
        fault: FrameFault,
        known: Option<SessionId>,
    ) -> Result<Problem, JournalError> {
        let wanted = Wanted { session: self.session().or(known), first_seq: self.first_seq };
        let later = self.find_later(storage, place, wanted)?;
        Ok(Problem::BadFrame { place, fault, later })
    }

    /// The first valid frame after a bad one that the same session wrote.
    fn find_later(&self, storage: &mut dyn Storage, bad: Place, wanted: Wanted) -> Result<Option<Place>, JournalError> {
        for segment in bad.segment..=self.segments() {
            let offset = if segment == bad.segment { bad.offset } else { 0 };
            let (from, end) = (Place { segment, offset }, self.length(segment));
            if let Some(place) = find_in_segment(storage, (from, end), wanted)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }
}

#[derive(Clone, Copy)]
struct Wanted {
    session: Option<SessionId>,
    first_seq: Seq,
}

fn find_in_segment(
    storage: &mut dyn Storage,
    (from, end): (Place, u64),
    wanted: Wanted,
) -> Result<Option<Place>, JournalError> {
    let name = segment_name(from.segment);
    let mut window = vec![0; WINDOW_BYTES];
    let mut offset = from.offset;
    while offset < end {
        let room = usize::try_from(end - offset).unwrap_or(usize::MAX).min(WINDOW_BYTES);
        let read = read_full(storage, &name, offset, &mut window[..room]).map_err(io_error(format!("read {name}")))?;
        for (bytes, index) in window[..read].chunks(ALIGN).zip(0_u64..) {
            if bytes != MAGIC {
                continue;
            }
            let place = Place { segment: from.segment, offset: offset + index * ALIGN as u64 };
            if let Next::Frame(frame) = Cursor::at(place, end).next(storage)? {
                let is_ours = wanted.session.is_none_or(|session| session == frame.head.session);
                if is_ours && frame.head.first_seq >= wanted.first_seq {
                    return Ok(Some(place));
                }
            }
        }
        if read < room {
            break;
        }
        offset += room as u64;
    }
    Ok(None)
}

/// Header and seal stand alone in their frames, but for the totals and for marks of later releases.
fn may_hold(kind: FrameKind, number: u16) -> bool {
    let is_own = match kind {
        FrameKind::Header => number == HEADER,
        FrameKind::Data => !matches!(number, HEADER | SEAL),
        FrameKind::Seal => number == SEAL,
    };
    is_own || number == COMMIT || number > HALTED_CALL
}

/// A mark of the journal cannot be skipped: totals, chain and order would not be known without it.
fn check_version(raw: &RawRecord<'_>, frame: &Frame) -> Result<(), Finding> {
    if raw.version == RECORD_VERSION || !(HEADER..=HALTED_CALL).contains(&raw.number) {
        return Ok(());
    }
    let detail = format!("mark {} of version {}, known is {RECORD_VERSION}", raw.number, raw.version);
    Err(Finding::at(JournalCode::Format, frame.place, detail))
}

fn read_header(raw: &RawRecord<'_>, frame: &Frame) -> Result<Header, Finding> {
    let version = Header::format_version(raw.payload);
    if version.is_some_and(|version| version != FORMAT_VERSION) {
        let detail = format!("format {}, known is {FORMAT_VERSION}", version.unwrap_or_default());
        return Err(Finding::at(JournalCode::Format, frame.place, detail));
    }
    let header = Header::take(raw.payload);
    let header = header.map_err(|error| Finding::at(JournalCode::Record, frame.place, error.to_string()))?;
    if header.session != frame.head.session {
        let detail = format!("header of session {} in a frame of {}", header.session, frame.head.session);
        return Err(Finding::at(JournalCode::Record, frame.place, detail));
    }
    Ok(header)
}

/// The first bytes of a hash, enough to tell two apart in a message.
pub(crate) struct Brief<'a>(pub(crate) &'a Sha256Hash);

impl std::fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0[..6].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Window of the search for a later frame; a multiple of the alignment.
const WINDOW_BYTES: usize = 1 << 20;
