//! A small session, written the same way each time, for tests of damage and of faults.
#![allow(dead_code, reason = "each test binary uses its own part of it")]

use ringfence_core::decision::{ApprovalMark, Decision, DecisionKind};
use ringfence_core::event::{Event, EventKind, Mode, Report};
use ringfence_core::ids::{BlobId, IntentId, LegId, LegKey, Seq, SessionId, StrategyId, TimeNs};
use ringfence_core::intent::{IntentKind, NoteSpan};
use ringfence_core::risk::KeyId;
use ringfence_journal::codes::JournalError;
use ringfence_journal::digest::{DecisionDigests, FuelDigest};
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::storage::Storage;
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::wire::header::{Feed, Header, TapeRef};
use ringfence_journal::wire::marks::Seal;
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};

pub(crate) const SESSION: SessionId = SessionId([0x5e; 16]);

pub(crate) fn header() -> Header {
    Header {
        session: SESSION,
        mode: Mode::Paper,
        rules_version: 1,
        engine: "ringfence test".into(),
        operator_costs: "costs-1".into(),
        config: [1; 32],
        components: Vec::new(),
        tapes: vec![TapeRef { sha256: [2; 32] }, TapeRef { sha256: [3; 32] }],
        feed: Feed { rows_max: None, repeat: 1 },
        facts: Vec::new(),
    }
}

pub(crate) fn provenance() -> Provenance {
    Provenance { tapes: vec!["a.csv".into(), "b.csv".into()], build: vec![("host".into(), "test".into())] }
}

pub(crate) fn options(durability: Durability) -> Options {
    Options::new(durability)
}

pub(crate) fn beginning(header: &Header) -> Beginning<'_> {
    Beginning { header, components: &[], provenance: provenance() }
}

pub(crate) fn create(disk: &FaultyDisk, options: Options) -> Result<JournalWriter, JournalError> {
    JournalWriter::create_on(disk.handle(), beginning(&header()), options)
}

pub(crate) fn decision(intent: u64, kind: DecisionKind) -> Decision {
    Decision { key: LegKey { strategy: StrategyId(1), intent: IntentId(intent), leg: LegId(0) }, kind }
}

/// Decisions and notes of a step: some steps have none, one has a note.
pub(crate) fn decisions_of(seq: u64) -> (Vec<Decision>, Vec<u8>) {
    match seq % 4 {
        0 => {
            let notes = format!("xx step {seq}").into_bytes();
            let span = NoteSpan { start: 3, len: notes.len() as u32 - 3 };
            (vec![decision(seq, DecisionKind::Emitted(IntentKind::Note(span)))], notes)
        }
        3 => {
            let mark = ApprovalMark { number: seq, key_id: KeyId(1), tag: [seq as u8; 32] };
            (vec![decision(seq, DecisionKind::Allowed(mark)), decision(seq, DecisionKind::Queued)], Vec::new())
        }
        _ => (Vec::new(), Vec::new()),
    }
}

pub(crate) fn event(seq: u64) -> Event {
    let kind = if seq == 1 { EventKind::ConfigChanged(BlobId(1)) } else { EventKind::TimeAdvanced };
    Report::control(kind).at(Seq(seq), TimeNs(seq * 10))
}

/// What is fed at `seq`: an event at the start and at every fifth, rows of the two tapes in turn otherwise.
pub(crate) fn is_event(seq: u64) -> bool {
    seq % 5 == 1
}

pub(crate) fn fuel_of(seq: u64) -> Vec<u64> {
    (0..seq % 3).map(|call| 100 * seq + call).collect()
}

pub(crate) fn write_step(writer: &mut JournalWriter, seq: u64) -> Result<(), JournalError> {
    if seq == 1 {
        writer.blob(BlobId(1), b"configuration")?;
    }
    if is_event(seq) {
        writer.event(&event(seq));
    } else {
        writer.tape_row(Seq(seq), (seq % 2) as usize);
    }
    let (decisions, notes) = decisions_of(seq);
    writer.fuel(&fuel_of(seq));
    writer.decisions(Seq(seq), &decisions, &notes);
    writer.end_step()
}

pub(crate) fn seal_of(events: u64) -> Seal {
    let (mut decisions, mut fuel) = (DecisionDigests::new(), FuelDigest::new());
    for seq in 1..=events {
        let (made, notes) = decisions_of(seq);
        decisions.add(&made, &notes);
        fuel.add(&fuel_of(seq));
    }
    Seal { state: [9; 32], decisions: decisions.run(), fuel: fuel.finish(), strategies: decisions.strategies() }
}

/// A journal of `commits` commits of three steps each.
pub(crate) fn write(disk: &FaultyDisk, commits: u64, options: Options) -> JournalWriter {
    let mut writer = create(disk, options).expect("a disk without faults");
    for commit in 0..commits {
        (1..=3).for_each(|step| write_step(&mut writer, commit * 3 + step).expect("a disk without faults"));
        writer.commit().expect("a disk without faults");
    }
    writer
}

/// The next calls used exactly this.
#[track_caller]
pub(crate) fn check_fuel(reader: &mut JournalReader, used: &[u64]) {
    for (used, call) in used.iter().zip(0..) {
        assert_eq!(reader.next_fuel(), Some(*used), "call {call}");
    }
}

/// Reads everything, checks each step against what was written, and answers the number of events.
pub(crate) fn read(storage: Box<dyn Storage>) -> Result<u64, JournalError> {
    let mut reader = JournalReader::open_on(storage)?;
    let mut step = Step::new();
    let mut next = 1;
    while reader.next_step(&mut step)? {
        let last = step.input.last_seq().0;
        match step.input {
            Input::Event(found) => assert_eq!(found, event(next)),
            Input::TapeRows { first_seq, rows } => {
                assert_eq!((first_seq, rows, step.rows_per_tape.iter().sum()), (Seq(next), last + 1 - next, rows));
            }
            Input::Unknown { .. } => panic!("nothing unknown was written"),
        }
        for seq in next..=last {
            assert!(is_event(seq) == matches!(step.input, Input::Event(_)), "input of event {seq}");
            check_fuel(&mut reader, &fuel_of(seq));
            let (decisions, notes) = decisions_of(seq);
            if seq == last {
                let tags = ringfence_journal::wire::decision::Tags::Compared;
                assert_eq!(step.first_difference(&decisions, &notes, tags), None, "decisions of event {seq}");
            } else {
                assert!(decisions.is_empty(), "only the last row of a span has decisions");
            }
        }
        next = last + 1;
    }
    assert_eq!(reader.next_fuel(), None);
    Ok(next - 1)
}

/// Where the frames of a segment begin.
pub(crate) fn frame_starts(bytes: &[u8]) -> Vec<usize> {
    let (mut starts, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        starts.push(at);
        let payload = u32::from_le_bytes(bytes[at + 64..at + 68].try_into().expect("four bytes")) as usize;
        at += (72 + payload + 4).next_multiple_of(8);
    }
    starts
}
