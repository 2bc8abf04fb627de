//! Writer: how does what happened reach the disk, whole or not at all?
//!
//! In: the steps of a session in order. Out: commits in segment files, copies of components, the sidecar. Must never: go on
//! after a fault of the disk, retry a sync, or let a second writer near.
//!
//! A step is written in this order, the whole of it between two calls of [`JournalWriter::end_step`]:
//! [`JournalWriter::blob`] for every blob its event names, then [`JournalWriter::tape_row`] or [`JournalWriter::event`], then
//! [`JournalWriter::fuel`] and [`JournalWriter::decisions`] once each, in either order, then
//! [`JournalWriter::halted_call`] for every halt among them that does not reproduce.

mod builder;
mod signing;

use std::path::Path;

use ringfence_core::blob::{Sha256Hash, sha256};
use ringfence_core::decision::Decision;
use ringfence_core::event::Event;
use ringfence_core::ids::{BlobId, Seq};

use self::builder::Builder;
use self::signing::Signing;
use crate::codes::{Finding, JournalCode, JournalError, Place, io_error};
use crate::frame::{FrameKind, PAYLOAD_MAX};
use crate::recovery::{self, Examined, Verdict, examine};
use crate::scan::{End, Scan};
use crate::sidecar::{self, Provenance, Sidecar, Watermark};
use crate::storage::folder::Folder;
use crate::storage::{Storage, blob_name, component_name, hash_file, segment_lengths, segment_name};
use crate::wire::header::{ComponentRef, Header};
use crate::wire::marks::{BLOB_BYTES_MAX, BLOB_INLINE_MAX, HaltedCall, Seal};
use crate::wire::record::{HEADER, SEAL};

/// When the disk must confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// At the end of a segment and at the seal: for backtests, from which nothing leaves the process.
    AtSegmentEnd,
    /// With every commit, before [`JournalWriter::end_step`] or [`JournalWriter::commit_sync`] returns.
    EveryCommit,
}

/// How a journal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// When the disk must confirm.
    pub durability: Durability,
    /// A segment ends with the commit that reaches this many bytes. It shapes the bytes of the chain too: commits state how
    /// much the disk has confirmed, and backtests sync at the end of a segment.
    pub segment_bytes: u64,
}

impl Options {
    /// Segments of 256 MiB: small enough to copy and check one by one, large enough to be few.
    pub const SEGMENT_BYTES: u64 = 256 << 20;

    /// With segments of [`Options::SEGMENT_BYTES`].
    #[must_use]
    pub const fn new(durability: Durability) -> Options {
        Options { durability, segment_bytes: Options::SEGMENT_BYTES }
    }
}

/// What a journal begins with.
#[derive(Clone, Debug)]
pub struct Beginning<'a> {
    /// What the session starts from.
    pub header: &'a Header,
    /// Bytes of the components that the header names, in any order.
    pub components: &'a [Vec<u8>],
    /// What is known and no hash may cover.
    pub provenance: Provenance,
}

/// What opening a journal again came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Header of the journal.
    pub header: Header,
    /// The number the next event will have.
    pub next_seq: Seq,
    /// Present when an incomplete commit was cut off: a live session reconciles before any order then.
    pub truncated: Option<Finding>,
    /// Bytes that were cut off.
    pub truncated_bytes: u64,
}

/// Writes one journal. The folder's lock is held until drop.
#[derive(Debug)]
pub struct JournalWriter {
    storage: Box<dyn Storage>,
    options: Options,
    builder: Builder,
    /// Where the next commit goes.
    place: Place,
    /// Bytes of the segments before it.
    base: u64,
    synced: u64,
    watermark: Watermark,
    sidecar: Sidecar,
    /// Components and blobs whose bytes the disk has not confirmed.
    unsynced: Vec<String>,
    /// False while names in the folder are not confirmed.
    is_folder_synced: bool,
    is_stopped: bool,
    signing: Option<Signing>,
}

impl JournalWriter {
    /// Begins a journal in `dir`, which is created when absent: the components first, confirmed by the disk, then the
    /// header that names them. What a beginning left there that was interrupted is replaced.
    ///
    /// # Errors
    /// `J-EXISTS`, `J-LOCKED`, `J-HEADER-SIZE`, or a fault of the disk.
    ///
    /// # Panics
    /// When the header names a component that is not among those of `beginning`, or is out of order.
    pub fn create(dir: &Path, beginning: Beginning<'_>, options: Options) -> Result<JournalWriter, JournalError> {
        JournalWriter::create_on(Box::new(Folder::new(dir)), beginning, options)
    }

    /// As [`JournalWriter::create`], on any storage.
    ///
    /// # Errors
    /// As [`JournalWriter::create`].
    ///
    /// # Panics
    /// As [`JournalWriter::create`].
    pub fn create_on(
        mut storage: Box<dyn Storage>,
        beginning: Beginning<'_>,
        options: Options,
    ) -> Result<JournalWriter, JournalError> {
        let Beginning { header, components, provenance } = beginning;
        lock(&mut *storage)?;
        if !recovery::is_unbegun(&mut *storage)? {
            return Err(Finding::new(JournalCode::Exists, "the folder holds a journal, or what is left of one").into());
        }
        // One that was never begun: there is no header in it.
        let first = segment_name(1);
        if !segment_lengths(&mut *storage)?.is_empty() {
            storage.remove(&first).map_err(io_error(format!("remove {first}")))?;
        }
        check_size(header)?;
        let mut writer = JournalWriter {
            builder: Builder::new(header.session, header.tapes.len(), &End::start()),
            storage,
            options,
            place: Place { segment: 1, offset: 0 },
            base: 0,
            synced: 0,
            watermark: Watermark::new(header.session),
            sidecar: Sidecar { session: header.session, sealed: None, provenance },
            unsynced: Vec::new(),
            is_folder_synced: false,
            is_stopped: false,
            signing: None,
        };
        writer.begin(header, components)?;
        Ok(writer)
    }

    fn begin(&mut self, header: &Header, components: &[Vec<u8>]) -> Result<(), JournalError> {
        assert!(header.is_ordered(), "components and facts of a header ascend, tapes are played at least once");
        let mut kept = Vec::new();
        for component in components {
            kept.push(self.component(component)?);
        }
        let is_kept = |component: &ComponentRef| kept.contains(&component.sha256);
        assert!(header.components.iter().all(is_kept), "a component that the header names is not kept");
        self.sync_content()?;
        sidecar::write(&mut *self.storage, &self.sidecar)?;
        self.watermark.create(&mut *self.storage)?;
        self.create_segment()?;
        self.builder.mark(HEADER, |w| header.put(w));
        self.write_commit(FrameKind::Header)
    }

    /// True where [`JournalWriter::create`] begins and [`JournalWriter::open`] has nothing to go on with: there is no segment
    /// in `dir`, or the first one alone without a whole header.
    ///
    /// # Errors
    /// A fault of the disk, or segments that are not one journal.
    pub fn is_unbegun(dir: &Path) -> Result<bool, JournalError> {
        recovery::is_unbegun(&mut Folder::new(dir))
    }

    /// Opens the journal in `dir` again and cuts off a commit that was not completed.
    ///
    /// # Errors
    /// Any code of a damaged journal, `J-SEALED`, `J-SIDECAR-MISSING`, `J-SIDECAR-DAMAGED`, `J-LOCKED`, or a fault of the
    /// disk. A journal that is refused was not changed; after a fault of the disk it may have been cut already.
    pub fn open(dir: &Path, options: Options) -> Result<(JournalWriter, Recovery), JournalError> {
        JournalWriter::open_on(Box::new(Folder::new(dir)), options)
    }

    /// As [`JournalWriter::open`], on any storage.
    ///
    /// # Errors
    /// As [`JournalWriter::open`].
    ///
    /// # Panics
    /// Never: a journal that is not refused has a header.
    pub fn open_on(mut storage: Box<dyn Storage>, options: Options) -> Result<(JournalWriter, Recovery), JournalError> {
        if segment_lengths(&mut *storage)?.is_empty() {
            return Err(Finding::new(JournalCode::NoHeader, "the folder holds no segment").into());
        }
        lock(&mut *storage)?;
        let (scan, sidecar, truncated) = admit(&mut *storage)?;
        let header = scan.header.clone().expect("a journal without a header was refused");
        let watermark = Watermark::resume(&mut *storage, header.session)?;
        let end = scan.end;
        let mut writer = JournalWriter {
            storage,
            options,
            builder: Builder::new(header.session, header.tapes.len(), &end),
            place: end.place,
            base: end.absolute - end.place.offset,
            synced: 0,
            watermark,
            sidecar,
            unsynced: Vec::new(),
            is_folder_synced: false,
            is_stopped: false,
            signing: None,
        };
        writer.cut(&scan)?;
        let truncated_bytes = scan.total_bytes - end.absolute;
        let recovery = Recovery { header, next_seq: end.commit.next_seq, truncated, truncated_bytes };
        Ok((writer, recovery))
    }

    /// Counts a row of a tape as event `seq`; costs no bytes of its own.
    ///
    /// # Panics
    /// When `seq` is not the next number, or `tape` is no index into the header's tapes.
    #[inline]
    pub fn tape_row(&mut self, seq: Seq, tape: usize) {
        self.builder.tape_row(seq, tape);
    }

    /// Records an event that is not a row of a tape.
    ///
    /// # Panics
    /// When its number is not the next one.
    pub fn event(&mut self, event: &Event) {
        self.builder.event(event);
    }

    /// Records the fuel of the calls of the step under way, in call order.
    #[inline]
    pub fn fuel(&mut self, fuel: &[u64]) {
        self.builder.fuel(fuel);
    }

    /// Records the decisions of step `seq`, the one under way; `notes` is the buffer their notes lie in.
    ///
    /// # Panics
    /// When another step is under way, or a note's span lies outside `notes`.
    #[inline]
    pub fn decisions(&mut self, seq: Seq, decisions: &[Decision], notes: &[u8]) {
        self.builder.decisions(seq, decisions, notes);
    }

    /// Records which call of the step under way was ended by a halt that does not reproduce. Comes after the decisions,
    /// in the order of the halts among them.
    pub fn halted_call(&mut self, halted: HaltedCall) {
        self.builder.halted_call(halted);
    }

    /// Ends the step under way; forms a commit when enough waits.
    ///
    /// # Errors
    /// A fault of the disk; the writer takes nothing more then.
    #[inline]
    pub fn end_step(&mut self) -> Result<(), JournalError> {
        self.builder.end_step();
        if self.is_stopped || self.builder.is_full() { self.commit() } else { Ok(()) }
    }

    /// Records the blob that `id` names from now on, between steps, before the event that names it. Ids count from 1.
    ///
    /// # Errors
    /// `J-BLOB` for a blob above [`BLOB_BYTES_MAX`], which is not taken, or a fault of the disk: a blob above
    /// [`BLOB_INLINE_MAX`] becomes a file at once.
    ///
    /// # Panics
    /// When `id` is not the next one, or a step is under way.
    pub fn blob(&mut self, id: BlobId, bytes: &[u8]) -> Result<(), JournalError> {
        let (hash, len) = (sha256(bytes), bytes.len() as u64);
        if len > BLOB_BYTES_MAX {
            let detail = format!("blob {} of {len} bytes, at most {BLOB_BYTES_MAX} are taken", id.0);
            return Err(Finding::new(JournalCode::Blob, detail).into());
        }
        self.guarded(|writer| {
            if bytes.len() <= BLOB_INLINE_MAX {
                writer.builder.inline_blob(id, &hash, bytes);
                return Ok(());
            }
            writer.write_content(blob_name(&hash), bytes)?;
            writer.builder.file_blob(id, hash, len);
            Ok(())
        })
    }

    /// Keeps a copy of a component that comes later as `components/<sha256>`, and answers the hash.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn component(&mut self, bytes: &[u8]) -> Result<Sha256Hash, JournalError> {
        let hash = sha256(bytes);
        self.guarded(|writer| writer.write_content(component_name(&hash), bytes))?;
        Ok(hash)
    }

    /// Forms a commit of what waits, between steps, and writes it as [`Options::durability`] says.
    ///
    /// # Errors
    /// A fault of the disk; the writer takes nothing more then.
    ///
    /// # Panics
    /// When a step is under way.
    pub fn commit(&mut self) -> Result<(), JournalError> {
        self.guarded(|writer| writer.write_commit(FrameKind::Data))
    }

    /// Forms a commit of what waits, between steps, and returns once the disk confirmed it. Answers the last event that is
    /// confirmed with its decisions: nothing decided later may leave the process.
    ///
    /// # Errors
    /// A fault of the disk; the writer takes nothing more then, and the session must end.
    ///
    /// # Panics
    /// When a step is under way.
    pub fn commit_sync(&mut self) -> Result<Seq, JournalError> {
        self.guarded(|writer| {
            writer.write_commit(FrameKind::Data)?;
            writer.sync()
        })?;
        Ok(Seq(self.next_seq().0 - 1))
    }

    /// Ends the journal: writes what waits, the seal, and waits for the disk. Answers the hash of the last frame.
    ///
    /// # Errors
    /// A fault of the disk; the journal is then as after a crash.
    ///
    /// # Panics
    /// When a step is under way.
    pub fn seal(mut self, seal: &Seal) -> Result<Sha256Hash, JournalError> {
        self.guarded(|writer| {
            writer.write_commit(FrameKind::Data)?;
            writer.builder.mark(SEAL, |w| seal.put(w));
            writer.write_commit(FrameKind::Seal)?;
            writer.sync()?;
            writer.sign()?;
            writer.sidecar.sealed = Some(*writer.builder.head());
            sidecar::write(&mut *writer.storage, &writer.sidecar)?;
            writer.sync_folder()?;
            Ok(*writer.builder.head())
        })
    }

    /// The number the next event must have.
    #[must_use]
    pub fn next_seq(&self) -> Seq {
        self.builder.totals().next_seq
    }

    /// Bytes written so far over all segments, confirmed or not.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.base + self.place.offset
    }

    /// After a fault nothing is written any more.
    fn guarded<T>(
        &mut self,
        run: impl FnOnce(&mut JournalWriter) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        if self.is_stopped {
            return Err(JournalError::Stopped);
        }
        let outcome = run(self);
        self.is_stopped = outcome.is_err();
        outcome
    }

    fn write_commit(&mut self, kind: FrameKind) -> Result<(), JournalError> {
        if self.builder.is_empty() {
            return Ok(());
        }
        if self.place.offset >= self.options.segment_bytes {
            self.begin_segment()?;
        }
        match self.options.durability {
            // A frame that survives a loss of power must not name a file that does not.
            Durability::EveryCommit => self.sync_content()?,
            Durability::AtSegmentEnd => {}
        }
        let name = segment_name(self.place.segment);
        let bytes = self.builder.close_commit(kind, self.synced);
        self.storage.append(&name, bytes).map_err(io_error(format!("write {name}")))?;
        self.place.offset += bytes.len() as u64;
        self.builder.begin_commit();
        match self.options.durability {
            Durability::AtSegmentEnd => Ok(()),
            Durability::EveryCommit => self.sync(),
        }
    }

    fn begin_segment(&mut self) -> Result<(), JournalError> {
        self.sync()?;
        self.base += self.place.offset;
        self.place = Place { segment: self.place.segment + 1, offset: 0 };
        self.create_segment()
    }

    fn create_segment(&mut self) -> Result<(), JournalError> {
        let name = segment_name(self.place.segment);
        self.storage.create(&name).map_err(io_error(format!("create {name}")))?;
        self.is_folder_synced = false;
        Ok(())
    }

    /// Everything written is confirmed afterwards: first what a frame may refer to, then the frames, then the watermark.
    fn sync(&mut self) -> Result<(), JournalError> {
        let written = self.written_bytes();
        if self.synced == written {
            return Ok(());
        }
        self.sync_content()?;
        self.sync_file(&segment_name(self.place.segment))?;
        if !self.is_folder_synced {
            self.sync_folder()?;
        }
        self.synced = written;
        self.watermark.advance(&mut *self.storage, written)?;
        self.sign_when_due()
    }

    /// Components and blobs that a commit may name.
    fn sync_content(&mut self) -> Result<(), JournalError> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        for name in std::mem::take(&mut self.unsynced) {
            self.sync_file(&name)?;
        }
        self.sync_folder()
    }

    fn sync_file(&mut self, name: &str) -> Result<(), JournalError> {
        self.storage.sync(name).map_err(|source| JournalError::Sync { what: name.to_owned(), source })
    }

    fn sync_folder(&mut self) -> Result<(), JournalError> {
        let synced = self.storage.sync_folder();
        synced.map_err(|source| JournalError::Sync { what: "the journal folder".to_owned(), source })?;
        self.is_folder_synced = true;
        Ok(())
    }

    /// Writes a file that is named by its content. One that is there may be the rest of a crash: it is kept only with the
    /// right bytes, and confirmed in any case.
    fn write_content(&mut self, name: String, bytes: &[u8]) -> Result<(), JournalError> {
        let found = hash_file(&mut *self.storage, &name)?;
        if found.is_some_and(|found| found != sha256(bytes)) {
            self.storage.remove(&name).map_err(io_error(format!("remove {name}")))?;
        }
        if found != Some(sha256(bytes)) {
            self.storage.create(&name).map_err(io_error(format!("create {name}")))?;
            self.storage.append(&name, bytes).map_err(io_error(format!("write {name}")))?;
        }
        self.is_folder_synced = false;
        self.unsynced.push(name);
        Ok(())
    }

    /// Leaves exactly the whole commits on the disk, confirmed.
    fn cut(&mut self, scan: &Scan) -> Result<(), JournalError> {
        let end = scan.end.place;
        for segment in (end.segment + 1..=scan.segments).rev() {
            let name = segment_name(segment);
            self.storage.remove(&name).map_err(io_error(format!("remove {name}")))?;
        }
        let name = segment_name(end.segment);
        self.storage.truncate(&name, end.offset).map_err(io_error(format!("truncate {name}")))?;
        self.sync()
    }
}

fn lock(storage: &mut dyn Storage) -> Result<(), JournalError> {
    if storage.lock().map_err(io_error("lock the journal folder"))? {
        return Ok(());
    }
    Err(Finding::new(JournalCode::Locked, "another process writes this journal").into())
}

fn check_size(header: &Header) -> Result<(), JournalError> {
    let mut payload = ringfence_core::canonical::Writer::new();
    header.put(&mut payload);
    let (bytes, max) = (payload.bytes().len(), HEADER_BYTES_MAX);
    if bytes <= max {
        return Ok(());
    }
    Err(Finding::new(JournalCode::HeaderSize, format!("{bytes} bytes, at most {max}")).into())
}

/// Everything that can keep a journal from being opened for writing, before a byte of it is changed.
fn admit(storage: &mut dyn Storage) -> Result<(Scan, Sidecar, Option<Finding>), JournalError> {
    let Examined { scan, beside, verdict } = examine(storage)?;
    let truncated = match verdict {
        Verdict::Refused(finding) => return Err(finding.into()),
        Verdict::Torn(finding) => Some(finding),
        Verdict::Whole => None,
    };
    if scan.seal.is_some() {
        return Err(Finding::at(JournalCode::Sealed, scan.end.place, "the session ended in order").into());
    }
    beside.synced?;
    Ok((scan, beside.sidecar?, truncated))
}

/// Leaves room in the frame for the commit record, and in a seal for one more strategy than there are components.
const HEADER_BYTES_MAX: usize = PAYLOAD_MAX - 2048;
