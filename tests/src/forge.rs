//! Forgery: what can somebody do to a journal who computes everything in it anew?
//!
//! In: the journal of a session that fits one segment. Out: the same folder with other records, whose totals, digests,
//! checksums and chain are right. Must never: sign anything; the one thing a forger lacks is the audit key.

use std::path::{Path, PathBuf};

use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::Seq;
use ringfence_journal::checkpoint::CHECKPOINTS_NAME;
use ringfence_journal::digest::{DecisionDigests, FuelDigest};
use ringfence_journal::frame::{HEAD_BYTES, Head, announced_len, complete, decode};
use ringfence_journal::sidecar::{SIDECAR_NAME, SYNCED_NAME};
use ringfence_journal::wire::marks::{Commit, Seal};
use ringfence_journal::wire::record::{Record, next_record};

/// A journal in the hands of a forger.
#[derive(Debug)]
pub struct Forgery {
    journal: PathBuf,
    frames: Vec<Frame>,
}

#[derive(Debug)]
struct Frame {
    head: Head,
    records: Vec<Record>,
}

impl Forgery {
    /// Takes the journal apart.
    ///
    /// # Panics
    /// When it is not whole, or has more than one segment.
    #[must_use]
    pub fn of(journal: &Path) -> Forgery {
        assert!(!journal.join("000002.seg").exists(), "a forgery is made of one segment");
        let bytes = std::fs::read(segment(journal)).expect("the segment reads");
        let (mut rest, mut frames) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            let (frame, behind) = rest.split_at(announced_len(rest).expect("a frame begins here"));
            let head = decode(frame).expect("a frame of a whole journal");
            frames.push(Frame { head, records: records(&frame[HEAD_BYTES..][..head.payload_len]) });
            rest = behind;
        }
        Forgery { journal: journal.to_owned(), frames }
    }

    /// Events that are recorded one by one, in order.
    pub fn events(&mut self) -> impl Iterator<Item = &mut Event> {
        self.records().filter_map(|record| {
            let Record::Event(event) = record else { return None };
            Some(event)
        })
    }

    /// Every record, in order.
    pub fn records(&mut self) -> impl Iterator<Item = &mut Record> {
        self.frames.iter_mut().flat_map(|frame| frame.records.iter_mut())
    }

    /// Puts an event before the last one, at its time.
    ///
    /// # Panics
    /// When there is no event.
    pub fn splice(&mut self, kind: EventKind) {
        let last = *self.events().last().expect("a journal has events");
        self.renumber(last.seq, 1);
        let is_last = |record: &Record| matches!(record, Record::Event(event) if event.seq.0 == last.seq.0 + 1);
        let mut frames = self.frames.iter_mut();
        let place = frames.find_map(|frame| Some((frame.records.iter().position(is_last)?, frame)));
        let (at, frame) = place.expect("the last event was renumbered");
        frame.records.insert(at, Record::Event(Event { kind, ..last }));
    }

    /// Takes an event out, with the decisions of its step.
    ///
    /// # Panics
    /// When there is no such event.
    pub fn drop_event(&mut self, seq: Seq) {
        let is_of_step = |record: &Record| match record {
            Record::Event(event) => event.seq == seq,
            Record::Decision { number, .. } => number.seq == seq,
            Record::Header(_)
            | Record::Blob(_)
            | Record::TapeSpan(_)
            | Record::Fuel(_)
            | Record::Commit(_)
            | Record::Seal(_)
            | Record::HaltedCall(_)
            | Record::Unknown { .. } => false,
        };
        let before = self.records().count();
        self.frames.iter_mut().for_each(|frame| frame.records.retain(|record| !is_of_step(record)));
        assert!(self.records().count() < before, "there is an event {}", seq.0);
        self.renumber(Seq(seq.0 + 1), -1);
    }

    /// Keeps only the first commits: the session looks as if it had ended there.
    ///
    /// # Panics
    /// When there are not more commits than that.
    pub fn cut(&mut self, commits: usize) {
        let ends = self.frames.iter().enumerate().filter(|(_, frame)| frame.head.is_commit_end);
        let last = ends.map(|(at, _)| at).nth(commits - 1).expect("there are so many commits");
        assert!(last + 1 < self.frames.len(), "something is cut off");
        self.frames.truncate(last + 1);
    }

    /// Writes the journal anew. What stands beside the chain and would tell is removed.
    ///
    /// # Panics
    /// When the folder cannot be written.
    pub fn write(mut self) {
        self.make_consistent();
        let (mut bytes, mut previous) = (Vec::new(), [0; 32]);
        for frame in &self.frames {
            let mut buffer = vec![0; HEAD_BYTES];
            frame.records.iter().for_each(|record| record.encode(&mut buffer));
            let payload_len = buffer.len() - HEAD_BYTES;
            previous = complete(&mut buffer, &Head { previous, payload_len, ..frame.head });
            bytes.extend_from_slice(&buffer);
        }
        std::fs::write(segment(&self.journal), bytes).expect("the segment is written");
        for name in [SIDECAR_NAME, SYNCED_NAME, CHECKPOINTS_NAME] {
            let path = self.journal.join(name);
            if path.exists() {
                std::fs::remove_file(path).expect("a file of the journal can be removed");
            }
        }
    }

    /// Moves the numbers of everything from `from` on.
    fn renumber(&mut self, from: Seq, by: i64) {
        let moved = |seq: &mut Seq| {
            if *seq >= from {
                seq.0 = seq.0.checked_add_signed(by).expect("numbers of a short journal");
            }
        };
        for record in self.records() {
            match record {
                Record::Event(event) => moved(&mut event.seq),
                Record::Decision { number, .. } => moved(&mut number.seq),
                Record::TapeSpan(span) => moved(&mut span.first_seq),
                Record::Header(_)
                | Record::Blob(_)
                | Record::Fuel(_)
                | Record::Commit(_)
                | Record::Seal(_)
                | Record::HaltedCall(_)
                | Record::Unknown { .. } => {}
            }
        }
    }

    /// Totals, digests and numbers in heads follow from the records.
    fn make_consistent(&mut self) {
        let (mut totals, mut decisions, mut fuel) = (Commit::default(), DecisionDigests::new(), FuelDigest::new());
        for frame in &mut self.frames {
            frame.head.first_seq = totals.next_seq;
            for record in &mut frame.records {
                match record {
                    Record::Event(event) => totals.next_seq = Seq(event.seq.0 + 1),
                    Record::TapeSpan(span) => totals.next_seq = Seq(span.first_seq.0 + span.rows),
                    Record::Decision { decision, note, .. } => {
                        totals.decisions += 1;
                        decisions.add(&[*decision], note);
                    }
                    Record::Fuel(calls) => {
                        totals.calls += calls.len() as u64;
                        fuel.add(calls);
                    }
                    Record::Blob(_) => totals.blobs += 1,
                    Record::Commit(commit) => *commit = Commit { synced: commit.synced, ..totals },
                    Record::Seal(seal) => {
                        let (run, of_each) = (decisions.run(), decisions.strategies());
                        *seal = Seal { state: seal.state, decisions: run, fuel: fuel.finish(), strategies: of_each };
                    }
                    Record::Header(_) | Record::HaltedCall(_) | Record::Unknown { .. } => {}
                }
            }
        }
    }
}

fn segment(journal: &Path) -> PathBuf {
    journal.join("000001.seg")
}

fn records(payload: &[u8]) -> Vec<Record> {
    let (mut at, mut records) = (0, Vec::new());
    while let Some(raw) = next_record(payload, &mut at).expect("a record of a whole journal") {
        records.push(Record::decode(&raw).expect("a record of a whole journal"));
    }
    records
}
