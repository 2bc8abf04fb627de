//! Reader: what happened, step by step?
//!
//! In: a journal folder. Out: its header, then each step with its input, decisions and the fuel of its calls. Must never:
//! hold more than one frame, change a byte, or give out a step of a commit that is not whole.

mod fuel;
mod step;

use std::path::Path;

use ringfence_core::blob::sha256;
use ringfence_core::canonical::DecodeError;
use ringfence_core::event::Event;
use ringfence_core::ids::{Seq, TimeNs};

use self::fuel::FuelQueue;
pub use self::step::{Input, Step};
use crate::codes::{Finding, JournalCode, JournalError, Place};
use crate::frame::cursor::{Cursor, Frame, Next};
use crate::recovery::{Examined, Verdict, examine};
use crate::scan::End;
use crate::sidecar::Sidecar;
use crate::storage::folder::Folder;
use crate::storage::{Content, Storage, blob_name, component_name, hash_file, hex, read_file};
use crate::wire::decision::take_decision;
use crate::wire::event::take_event;
use crate::wire::header::{ComponentRef, Header};
use crate::wire::marks::{BLOB_BYTES_MAX, BlobContent, BlobRecord, Commit, HaltedCall, Seal, TapeSpan};
use crate::wire::record::{
    BLOB, COMMIT, FUEL, Family, HALTED_CALL, HEADER, RECORD_VERSION, RawRecord, SEAL, TAPE_SPAN, next_record,
};

/// Reads one journal from its start to the end of its last whole commit.
#[derive(Debug)]
pub struct JournalReader {
    storage: Box<dyn Storage>,
    header: Header,
    seal: Option<Seal>,
    sidecar: Option<Sidecar>,
    tail: Option<Finding>,
    end: End,
    chain: Chain,
    cursor: Cursor,
    /// Payload of the present frame, and how much of it was read.
    payload: Vec<u8>,
    at: usize,
    place: Place,
    head: [u8; 32],
    totals: Commit,
    /// Time of the last recorded event.
    time: TimeNs,
    fuel: FuelQueue,
    unknown_records: u64,
}

/// What is known about the chain of the frames that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    /// Every frame is hashed again: time may have passed since the journal was opened.
    CheckedAgain,
    /// It was checked just now.
    Known,
}

/// What reading on came to.
enum Progress {
    /// The step is whole.
    StepDone,
    /// The frame has no more records.
    FrameDone,
}

/// What became of a record.
enum Taken {
    Yes,
    YesAndStepDone,
    /// It belongs to the next step.
    NotYet,
}

impl JournalReader {
    /// Opens the journal in `dir` for reading. Neither a lock nor the sidecar is needed.
    ///
    /// # Errors
    /// Any code of a damaged journal, or a fault of the disk. An incomplete last commit is not one: see
    /// [`JournalReader::tail`].
    pub fn open(dir: &Path) -> Result<JournalReader, JournalError> {
        JournalReader::open_on(Box::new(Folder::new(dir)))
    }

    /// As [`JournalReader::open`], on any storage.
    ///
    /// # Errors
    /// As [`JournalReader::open`].
    pub fn open_on(storage: Box<dyn Storage>) -> Result<JournalReader, JournalError> {
        let (reader, refused) = JournalReader::open_prefix_on(storage)?;
        match refused {
            Some(finding) => Err(finding.into()),
            None => Ok(reader),
        }
    }

    /// Opens whatever whole commits stand before the first damage, for looking at a journal that is refused. Answers the
    /// reason of the refusal beside it.
    ///
    /// # Errors
    /// `J-NO-HEADER` and `J-FORMAT`, or a fault of the disk.
    pub fn open_prefix(dir: &Path) -> Result<(JournalReader, Option<Finding>), JournalError> {
        JournalReader::open_prefix_on(Box::new(Folder::new(dir)))
    }

    /// As [`JournalReader::open_prefix`], on any storage.
    ///
    /// # Errors
    /// As [`JournalReader::open_prefix`].
    pub fn open_prefix_on(mut storage: Box<dyn Storage>) -> Result<(JournalReader, Option<Finding>), JournalError> {
        let examined = examine(&mut *storage)?;
        JournalReader::of_examined(storage, examined, Chain::CheckedAgain)
    }

    /// A reader of a journal that was looked at already.
    pub(crate) fn of_examined(
        storage: Box<dyn Storage>,
        examined: Examined,
        chain: Chain,
    ) -> Result<(JournalReader, Option<Finding>), JournalError> {
        let Examined { scan, beside, verdict } = examined;
        let (tail, refused) = match verdict {
            Verdict::Whole => (None, None),
            Verdict::Torn(finding) => (Some(finding), None),
            Verdict::Refused(finding) => (None, Some(finding)),
        };
        let Some(header) = scan.header else {
            let finding = refused.unwrap_or_else(|| Finding::new(JournalCode::NoHeader, "no header"));
            return Err(finding.into());
        };
        let mut reader = JournalReader {
            storage,
            header,
            seal: scan.seal,
            sidecar: beside.sidecar.ok(),
            tail,
            end: scan.end,
            chain,
            cursor: Cursor::at(START, 0),
            payload: Vec::new(),
            at: 0,
            place: START,
            head: [0; 32],
            totals: Commit::default(),
            time: TimeNs(0),
            fuel: FuelQueue::new(),
            unknown_records: 0,
        };
        reader.enter(START.segment);
        Ok((reader, refused))
    }

    /// What the session started from.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The seal; `None` when the session did not end in order.
    #[must_use]
    pub fn seal(&self) -> Option<&Seal> {
        self.seal.as_ref()
    }

    /// What lies beside the chain; `None` when it is missing or not readable.
    #[must_use]
    pub fn sidecar(&self) -> Option<&Sidecar> {
        self.sidecar.as_ref()
    }

    /// Present when an incomplete commit stands after the last whole one; it is not read.
    #[must_use]
    pub fn tail(&self) -> Option<&Finding> {
        self.tail.as_ref()
    }

    /// Totals of the whole journal: number after the last event, decisions, calls, blobs.
    #[must_use]
    pub fn totals(&self) -> &Commit {
        &self.end.commit
    }

    /// Records met so far of a type or version that this build does not know.
    #[must_use]
    pub fn unknown_records(&self) -> u64 {
        self.unknown_records
    }

    /// Recorded fuel is not kept from now on: for a reader that does not ask for it.
    pub fn ignore_fuel(&mut self) {
        self.fuel.keep_nothing();
    }

    /// Fuel of the next call, in call order over the whole journal; `None` when no more is recorded. Ask after the step
    /// that made the call was read: its fuel has been read then.
    pub fn next_fuel(&mut self) -> Option<u64> {
        self.fuel.next()
    }

    /// Bytes of a component as kept in the journal folder, when it has at most `bytes_max` of them.
    ///
    /// # Errors
    /// `J-COMPONENT` when it is missing, longer or has another hash, or a fault of the disk.
    pub fn component(&mut self, component: &ComponentRef, bytes_max: u64) -> Result<Vec<u8>, JournalError> {
        let name = component_name(&component.sha256);
        let wrong = |what: &str| Err(Finding::new(JournalCode::Component, format!("{name} {what}")).into());
        let bytes = match read_file(&mut *self.storage, &name, bytes_max)? {
            Content::Absent => return wrong("is missing"),
            Content::TooLong(bytes) => return wrong(&format!("has {bytes} bytes, at most {bytes_max} are read")),
            Content::Bytes(bytes) => bytes,
        };
        let found = sha256(&bytes);
        if found == component.sha256 { Ok(bytes) } else { wrong(&format!("has SHA-256 {}", hex(&found))) }
    }

    /// What is wrong with a component as kept in the journal folder, however long it is.
    pub(crate) fn component_flaw(&mut self, component: &ComponentRef) -> Result<Option<Finding>, JournalError> {
        let name = component_name(&component.sha256);
        let what = match hash_file(&mut *self.storage, &name)? {
            Some(found) if found == component.sha256 => return Ok(None),
            Some(found) => format!("{name} has SHA-256 {}", hex(&found)),
            None => format!("{name} is missing"),
        };
        Ok(Some(Finding::new(JournalCode::Component, what)))
    }

    /// Reads the next step into `step`; false at the end of the last whole commit, with the blobs in it that no step follows.
    ///
    /// # Errors
    /// `J-RECORD`, `J-SEQUENCE`, `J-COUNTS`, `J-BLOB` with the frame's place, or a fault of the disk. The reader is of no
    /// use afterwards.
    pub fn next_step(&mut self, step: &mut Step) -> Result<bool, JournalError> {
        step.clear();
        let mut open = OpenStep { step, input: None };
        loop {
            // The payload is out of `self` while its records are read, so that the rest of `self` can be written.
            let payload = std::mem::take(&mut self.payload);
            let progress = self.read_records(&payload, &mut open);
            self.payload = payload;
            let is_done = match progress? {
                Progress::StepDone => true,
                Progress::FrameDone => !self.load_frame()?,
            };
            if is_done {
                if !open.step.names_halted_calls() {
                    return Err(self.broken(&DecodeError::Invalid(0, "call of a halt")));
                }
                return Ok(open.finish());
            }
        }
    }

    fn read_records(&mut self, payload: &[u8], open: &mut OpenStep<'_>) -> Result<Progress, JournalError> {
        loop {
            let mut at = self.at;
            let Some(raw) = next_record(payload, &mut at).map_err(|error| self.broken(&error))? else {
                return Ok(Progress::FrameDone);
            };
            match self.take_record(&raw, open)? {
                Taken::NotYet => return Ok(Progress::StepDone),
                Taken::Yes => self.at = at,
                Taken::YesAndStepDone => {
                    self.at = at;
                    return Ok(Progress::StepDone);
                }
            }
        }
    }

    fn take_record(&mut self, raw: &RawRecord<'_>, open: &mut OpenStep<'_>) -> Result<Taken, JournalError> {
        let is_known = raw.version == RECORD_VERSION;
        match raw.family() {
            Family::Event => self.take_event(raw, open),
            Family::Decision => self.take_decision(raw, open),
            Family::Mark => match raw.number {
                TAPE_SPAN if is_known => self.take_span(raw, open),
                BLOB if is_known => self.take_blob(raw, open),
                COMMIT if is_known => self.take_commit(raw, open),
                HALTED_CALL if is_known => {
                    let halted = HaltedCall::take(raw.payload).map_err(|error| self.broken(&error))?;
                    open.step.halted_calls.push(halted);
                    Ok(Taken::Yes)
                }
                // Fuel was taken when the frame was loaded; header and seal when the journal was opened.
                FUEL | HEADER | SEAL if is_known => Ok(Taken::Yes),
                _ => {
                    self.unknown_records += 1;
                    Ok(Taken::Yes)
                }
            },
        }
    }

    fn take_event(&mut self, raw: &RawRecord<'_>, open: &mut OpenStep<'_>) -> Result<Taken, JournalError> {
        if open.input.is_some() {
            return Ok(Taken::NotYet);
        }
        let known = if raw.version == RECORD_VERSION { take_event(raw.number, raw.payload) } else { Ok(None) };
        let input = match known.map_err(|error| self.broken(&error))? {
            Some(event) => {
                self.check_time(&event)?;
                Input::Event(event)
            }
            None => {
                self.unknown_records += 1;
                let seq = raw.seq().map_err(|error| self.broken(&error))?;
                Input::Unknown { seq, number: raw.number, version: raw.version }
            }
        };
        self.begin(open, input, 1)
    }

    /// Rows of tapes lie between recorded events; their times are checked by whoever reads the tapes.
    fn check_time(&mut self, event: &Event) -> Result<(), JournalError> {
        if event.time < self.time {
            let detail = format!("event {} at {} ns follows one at {} ns", event.seq.0, event.time.0, self.time.0);
            return Err(Finding::at(JournalCode::Sequence, self.place, detail).into());
        }
        self.time = event.time;
        Ok(())
    }

    fn take_span(&mut self, raw: &RawRecord<'_>, open: &mut OpenStep<'_>) -> Result<Taken, JournalError> {
        if open.input.is_some() {
            return Ok(Taken::NotYet);
        }
        let span = TapeSpan::take(raw.payload).map_err(|error| self.broken(&error))?;
        if span.rows_per_tape.len() != self.header.tapes.len() {
            return Err(self.broken(&DecodeError::Invalid(0, "number of tapes in a span")));
        }
        let input = Input::TapeRows { first_seq: span.first_seq, rows: span.rows };
        let taken = self.begin(open, input, span.rows)?;
        open.step.rows_per_tape = span.rows_per_tape;
        Ok(taken)
    }

    fn begin(&mut self, open: &mut OpenStep<'_>, input: Input, events: u64) -> Result<Taken, JournalError> {
        let (last, next) = (input.last_seq().0, self.totals.next_seq.0);
        let expected = next.checked_add(events - 1);
        if expected != Some(last) || last == u64::MAX {
            let detail = format!("an input ends at event {last}, event {next} is next");
            return Err(Finding::at(JournalCode::Sequence, self.place, detail).into());
        }
        self.totals.next_seq = Seq(last + 1);
        open.input = Some(input);
        Ok(Taken::Yes)
    }

    fn take_decision(&mut self, raw: &RawRecord<'_>, open: &mut OpenStep<'_>) -> Result<Taken, JournalError> {
        let known = match raw.version {
            RECORD_VERSION => take_decision(raw.number, raw.payload, &mut open.step.notes),
            _ => Ok(None),
        };
        self.totals.decisions += 1;
        let Some((number, decision)) = known.map_err(|error| self.broken(&error))? else {
            self.unknown_records += 1;
            open.step.unknown_decisions += 1;
            return Ok(Taken::Yes);
        };
        let ordinal = open.step.decisions.len() as u64 + u64::from(open.step.unknown_decisions);
        let input_seq = open.input.as_ref().map(Input::last_seq);
        if input_seq != Some(number.seq) || ordinal != u64::from(number.ordinal) {
            let detail = format!("decision {}.{} does not follow its event in order", number.seq.0, number.ordinal);
            return Err(Finding::at(JournalCode::Sequence, self.place, detail).into());
        }
        open.step.decisions.push(decision);
        Ok(Taken::Yes)
    }

    fn take_blob(&mut self, raw: &RawRecord<'_>, open: &mut OpenStep<'_>) -> Result<Taken, JournalError> {
        if open.input.is_some() {
            return Ok(Taken::NotYet);
        }
        let blob = BlobRecord::take(raw.payload).map_err(|error| self.broken(&error))?;
        if Some(blob.id.0) != self.totals.blobs.checked_add(1) {
            let detail = format!("blob {} after {} blobs", blob.id.0, self.totals.blobs);
            return Err(Finding::at(JournalCode::Sequence, self.place, detail).into());
        }
        self.totals.blobs = blob.id.0;
        let id = blob.id;
        let bytes = self.blob_bytes(blob)?;
        open.step.blobs.push((id, bytes));
        Ok(Taken::Yes)
    }

    fn blob_bytes(&mut self, blob: BlobRecord) -> Result<Vec<u8>, JournalError> {
        let place = self.place;
        let wrong = |what: String| Finding::at(JournalCode::Blob, place, format!("blob {} {what}", blob.id.0));
        let bytes = match blob.content {
            BlobContent::Inline(bytes) => bytes,
            BlobContent::File(len) if len > BLOB_BYTES_MAX => {
                return Err(wrong(format!("of {len} bytes, at most {BLOB_BYTES_MAX} are read")).into());
            }
            BlobContent::File(len) => {
                let name = blob_name(&blob.sha256);
                match read_file(&mut *self.storage, &name, len)? {
                    Content::Bytes(bytes) if bytes.len() as u64 == len => bytes,
                    Content::Absent | Content::TooLong(_) | Content::Bytes(_) => {
                        return Err(wrong(format!("of {len} bytes is not in {name}")).into());
                    }
                }
            }
        };
        let found = sha256(&bytes);
        if found == blob.sha256 { Ok(bytes) } else { Err(wrong(format!("has SHA-256 {}", hex(&found))).into()) }
    }

    fn take_commit(&mut self, raw: &RawRecord<'_>, open: &OpenStep<'_>) -> Result<Taken, JournalError> {
        let recorded = Commit::take(raw.payload).map_err(|error| self.broken(&error))?;
        let counted = Commit { synced: recorded.synced, ..self.totals };
        if counted != recorded {
            let detail = format!("the commit states {recorded:?}, its records are {counted:?}");
            return Err(Finding::at(JournalCode::Counts, self.place, detail).into());
        }
        // A step is never split between commits.
        Ok(if open.input.is_some() { Taken::YesAndStepDone } else { Taken::Yes })
    }

    /// Loads the next frame and takes the fuel out of it; false at the end of the last whole commit.
    fn load_frame(&mut self) -> Result<bool, JournalError> {
        if self.cursor.place() == self.end.place {
            return Ok(false);
        }
        let frame = loop {
            match self.cursor.next(&mut *self.storage)? {
                Next::Frame(frame) => break frame,
                Next::End if self.cursor.place().segment < self.end.place.segment => {
                    self.enter(self.cursor.place().segment + 1);
                }
                Next::End => return Err(self.changed("the file ends")),
                Next::Bad(fault) => return Err(self.changed(&fault.to_string())),
            }
        };
        self.place = frame.place;
        self.check_frame(&frame)?;
        self.at = 0;
        self.payload.clear();
        self.payload.extend_from_slice(self.cursor.payload());
        let mut at = 0;
        while let Some(raw) = next_record(&self.payload, &mut at).map_err(|error| self.broken(&error))? {
            if raw.number == FUEL && raw.version == RECORD_VERSION {
                let calls = self.fuel.push(raw.payload);
                self.totals.calls += calls.map_err(|error| self.broken(&error))?;
            }
        }
        Ok(true)
    }

    fn check_frame(&mut self, frame: &Frame) -> Result<(), JournalError> {
        if self.chain == Chain::CheckedAgain {
            if frame.head.previous != self.head {
                return Err(self.changed("another previous hash"));
            }
            self.head = self.cursor.hash();
        }
        let (stated, next) = (frame.head.first_seq, self.totals.next_seq);
        if stated != next {
            let detail = format!("a frame begins with event {}, event {} is next", stated.0, next.0);
            return Err(Finding::at(JournalCode::FrameOrder, self.place, detail).into());
        }
        Ok(())
    }

    /// Goes on with another segment; the last one is read to the end of the last whole commit.
    fn enter(&mut self, segment: u32) {
        let last = self.end.place;
        let end = if segment == last.segment { last.offset } else { u64::MAX };
        self.cursor = Cursor::at(Place { segment, offset: 0 }, end);
    }

    fn broken(&self, error: &DecodeError) -> JournalError {
        Finding::at(JournalCode::Record, self.place, error.to_string()).into()
    }

    fn changed(&self, what: &str) -> JournalError {
        let detail = format!("changed since the journal was opened: {what}");
        Finding::at(JournalCode::BadFrame, self.cursor.place(), detail).into()
    }
}

/// A step while its records are read.
struct OpenStep<'a> {
    step: &'a mut Step,
    input: Option<Input>,
}

impl OpenStep<'_> {
    fn finish(self) -> bool {
        match self.input {
            Some(input) => {
                self.step.input = input;
                true
            }
            None => false,
        }
    }
}

const START: Place = Place { segment: 1, offset: 0 };
