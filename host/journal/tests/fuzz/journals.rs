//! Journals: what is read of a journal that somebody changed?

use std::num::NonZeroU64;

use ringfence_core::decision::DecisionKind;
use ringfence_core::event::Halt;
use ringfence_core::ids::{BlobId, Seq, StrategyId};
use ringfence_core::strategy::HaltCode;
use ringfence_fuzz::{largest_of, target};
use ringfence_journal::checkpoint::AuditKey;
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::{JournalReader, Step};
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::storage::segment_name;
use ringfence_journal::verify::{ChainReport, verify_chain_on};
use ringfence_journal::wire::marks::{BLOB_INLINE_MAX, HaltedCall};
use ringfence_journal::writer::{Durability, JournalWriter};

use crate::common::{create, decision, event, options, seal_of, write, write_step};
use crate::forge;

/// What any reading may take at once beside what the input answers for: the window in which a later frame is looked for.
const BYTES_AT_ONCE_MAX: usize = 1 << 20;

/// As they are: what is believed of a changed journal is the beginning of one that was written.
#[test]
fn journals() {
    let disks = disks();
    let written: Vec<Vec<u8>> = disks.iter().map(segment).collect();
    target!("journals", written.clone()).tried(2_000, |input| {
        let disk = &disks[input.len() % disks.len()].copy();
        place(disk, &[input]);
        let report = judged(disk, input.len());
        let believed = &input[..usize::try_from(report.bytes).expect("inside the input")];
        assert!(written.iter().any(|whole| whole.starts_with(believed)), "{} changed bytes are believed", report.bytes);
    });
}

/// With chain and checksums made right again, in one segment and in two, with and without what lies beside.
#[test]
fn forged() {
    let disks = disks();
    let written = disks.iter().map(segment).collect();
    target!("forged", written).tried(2_000, |input| {
        let disk = &disks[input.len() % disks.len()];
        let frames = forge::frames(input);
        let whole = frames.concat();
        // A writer begins a segment between two commits, never within one.
        let ends: Vec<usize> = (0..=frames.len()).filter(|end| *end == 0 || ends_commit(&frames[end - 1])).collect();
        let cut: usize = frames[..ends[input.len() % ends.len()]].iter().map(Vec::len).sum();
        for disk in [disk.copy(), without_files_beside(disk)] {
            place(&disk, &[&whole]);
            let one = judged(&disk, whole.len());
            place(&disk, &[&whole[..cut], &whole[cut..]]);
            let two = judged(&disk, whole.len());
            assert_eq!((one.bytes, one.totals), (two.bytes, two.totals), "segments are one stream");
        }
    });
}

/// The flag at its place says so.
fn ends_commit(frame: &[u8]) -> bool {
    frame[69] & 1 == 1
}

/// Reads it, verifies it, and opens it as a writer would: everything that has to hold of any journal.
fn judged(disk: &FaultyDisk, len: usize) -> ChainReport {
    let before = content(disk);
    let bound = BYTES_AT_ONCE_MAX + 64 * len;
    let (largest, read) = largest_of(|| read(disk));
    assert!(largest <= bound, "{largest} bytes at once while {len} are read");
    let (largest, report) = largest_of(|| verify_chain_on(disk.handle()).expect("a disk without faults"));
    assert!(largest <= bound, "{largest} bytes at once while {len} are verified");
    assert!(content(disk) == before, "reading changes nothing");
    let is_refused = read.refusal.is_some();
    assert!(!is_refused || !report.is_intact(), "{:?}: verified as intact", read.refusal);
    if report.is_intact() {
        assert_eq!(read.events, report.totals.next_seq.0 - 1, "what is intact is read to its end");
    }
    recovered(&disk.copy(), &read);
    report
}

/// What a reader gave.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    steps: Vec<Step>,
    /// Number of the last event.
    events: u64,
    refusal: Option<JournalCode>,
}

fn read(disk: &FaultyDisk) -> Reading {
    let (mut steps, mut step, mut events) = (Vec::new(), Step::new(), 0);
    let (mut reader, mut refusal) = match JournalReader::open_prefix_on(disk.handle()) {
        Ok((reader, finding)) => (reader, finding.map(|finding| finding.code)),
        Err(error) => return Reading { steps, events, refusal: Some(error.code()) },
    };
    let strict = JournalReader::open_on(disk.handle()).map(|_| ());
    assert_eq!(strict.err().map(|error| error.code()), refusal, "a strict reader refuses for the same reason");
    loop {
        match reader.next_step(&mut step) {
            Ok(true) => {
                assert!(step.input.last_seq().0 > events, "events are numbered");
                events = step.input.last_seq().0;
                // A million rows of one span are one step: only what the input holds is kept.
                steps.push(step.clone());
            }
            Ok(false) => break,
            Err(error) => {
                refusal = refusal.or(Some(error.code()));
                break;
            }
        }
    }
    while reader.next_fuel().is_some() {}
    for component in reader.header().components.clone() {
        let _missing = reader.component(&component, 1 << 16);
    }
    Reading { steps, events, refusal }
}

/// A writer that opens it cuts off nothing but an incomplete commit: what was read before is read again.
fn recovered(disk: &FaultyDisk, read_before: &Reading) {
    let before = content(disk);
    match JournalWriter::open_on(disk.handle(), options(Durability::AtSegmentEnd)) {
        Err(_) => assert!(content(disk) == before, "a refusal changes nothing"),
        Ok((writer, recovery)) => {
            drop(writer);
            let cut = total(&before) - total(&content(disk));
            assert_eq!(cut as u64, recovery.truncated_bytes);
            assert_eq!(cut > 0, recovery.truncated.is_some(), "what is cut off is told");
            for (name, bytes) in before.iter().filter(|(name, _)| name.ends_with(".seg")) {
                let left = disk.bytes(name).unwrap_or_default();
                assert!(bytes.starts_with(&left), "{name} is cut, not changed");
            }
            assert_eq!(&read(disk), read_before, "it is read as before");
            assert_eq!(verify_tail(disk), None, "no incomplete commit is left");
        }
    }
}

fn verify_tail(disk: &FaultyDisk) -> Option<JournalCode> {
    let report = verify_chain_on(disk.handle()).expect("a disk without faults");
    report.findings.iter().map(|finding| finding.code).find(|code| *code == JournalCode::TornTail)
}

fn content(disk: &FaultyDisk) -> Vec<(String, Vec<u8>)> {
    disk.all_names().into_iter().map(|name| (name.clone(), disk.bytes(&name).expect("it is there"))).collect()
}

fn total(content: &[(String, Vec<u8>)]) -> usize {
    content.iter().filter(|(name, _)| name.ends_with(".seg")).map(|(_, bytes)| bytes.len()).sum()
}

fn place(disk: &FaultyDisk, segments: &[&[u8]]) {
    for (number, bytes) in (1..).zip(segments) {
        disk.set(&segment_name(number), Some(bytes));
    }
}

fn segment(disk: &FaultyDisk) -> Vec<u8> {
    disk.bytes(&segment_name(1)).expect("a segment")
}

/// Blobs and components stay: they belong to the journal.
fn without_files_beside(disk: &FaultyDisk) -> FaultyDisk {
    let bare = disk.copy();
    for name in disk.all_names().iter().filter(|name| !name.contains('/')) {
        bare.set(name, None);
    }
    bare
}

/// Journals as they come: open, sealed, signed, with a blob that is a file, with a halt of the machine.
pub(crate) fn disks() -> Vec<FaultyDisk> {
    let (open, sealed, signed, large) = (FaultyDisk::new(), FaultyDisk::new(), FaultyDisk::new(), FaultyDisk::new());
    drop(write(&open, 4, options(Durability::AtSegmentEnd)));
    write(&sealed, 3, options(Durability::AtSegmentEnd)).seal(&seal_of(9)).expect("a disk without faults");
    let mut writer = create(&signed, options(Durability::EveryCommit)).expect("a disk without faults");
    writer.sign_with(AuditKey::generate(&[3; 32]), NonZeroU64::MIN).expect("a disk without faults");
    for seq in 1..=3 {
        write_step(&mut writer, seq).expect("a disk without faults");
        writer.commit_sync().expect("a disk without faults");
    }
    drop(writer);
    with_a_file_and_a_halt(&large);
    vec![open, sealed, signed, large]
}

fn with_a_file_and_a_halt(disk: &FaultyDisk) {
    let mut writer = create(disk, options(Durability::EveryCommit)).expect("a disk without faults");
    writer.blob(BlobId(1), &[7; BLOB_INLINE_MAX + 1]).expect("a disk without faults");
    writer.event(&event(1));
    let halt = DecisionKind::Halted(Halt { code: HaltCode::Stack, limit: 1, used: 1 });
    writer.decisions(Seq(1), &[decision(0, halt)], &[]);
    writer.halted_call(HaltedCall { strategy: StrategyId(1), call: 0 });
    writer.end_step().expect("a disk without faults");
    writer.commit_sync().expect("a disk without faults");
}
