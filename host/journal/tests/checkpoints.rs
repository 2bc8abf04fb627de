//! Checkpoints: whoever kept one signed line elsewhere sees any change to what stood before it, though the chain was made
//! anew and every digest fits.

mod common;

use std::num::NonZeroU64;

use common::{SESSION, beginning, event, header, options, seal_of, write_step};
use ringfence_core::ids::{Seq, SessionId};
use ringfence_journal::checkpoint::{AuditId, AuditKey, CHECKPOINTS_NAME, Checkpoint};
use ringfence_journal::codes::JournalCode;
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::verify::{Audit, ChainReport, verify_audited_on, verify_chain_on};
use ringfence_journal::wire::header::Header;
use ringfence_journal::writer::{Durability, JournalWriter, Options};

const STEPS: u64 = 12;

fn key() -> AuditKey {
    AuditKey::generate(&[3; 32])
}

fn writer(disk: &FaultyDisk, header: &Header, options: Options) -> JournalWriter {
    JournalWriter::create_on(disk.handle(), beginning(header), options).expect("a disk without faults")
}

/// A step of an event with these two calls' fuel.
fn step(writer: &mut JournalWriter, seq: u64, fuel: u64) {
    writer.event(&event(seq));
    writer.fuel(&[fuel, 2 * fuel]);
    writer.end_step().expect("a disk without faults");
    writer.commit_sync().expect("a disk without faults");
}

/// A journal of a commit for each value, signed after every one; answers the checkpoints too, from the header's on.
fn signed(values: &[u64]) -> (FaultyDisk, Vec<Checkpoint>) {
    let disk = FaultyDisk::new();
    let mut writer = writer(&disk, &header(), options(Durability::EveryCommit));
    writer.sign_with(key(), NonZeroU64::MIN).expect("a disk without faults");
    let mut checkpoints = Vec::new();
    for (fuel, seq) in values.iter().zip(1..) {
        step(&mut writer, seq, *fuel);
        checkpoints.push(*writer.last_checkpoint().expect("a commit was confirmed"));
    }
    (disk, checkpoints)
}

fn audited(disk: &FaultyDisk, retained: &[Checkpoint], trusted: &[AuditId]) -> ChainReport {
    verify_audited_on(disk.handle(), &Audit { retained, trusted }).expect("a disk without faults")
}

/// Somebody replaced the journal by one with these values, chain and files beside it made anew, and without its own
/// checkpoints: that is accepted, unless one of the retained checkpoints in `exposing` is at hand.
#[track_caller]
fn check_attack(forged: &[u64], exposing: std::ops::Range<usize>) {
    let (_, retained) = signed(&VALUES);
    let (disk, _) = signed(forged);
    disk.set(CHECKPOINTS_NAME, None);
    let plain = verify_chain_on(disk.handle()).expect("a disk without faults");
    assert_eq!(plain.findings, [], "the chain alone shows nothing");
    for (at, checkpoint) in retained.iter().enumerate() {
        let report = audited(&disk, &[*checkpoint], &[key().id()]);
        let problem = report.first_problem().map(|finding| finding.code);
        let want = exposing.contains(&at).then_some(JournalCode::Checkpoint);
        assert_eq!(problem, want, "checkpoint {at}: {:?}", report.findings);
        assert_eq!(report.retained, u64::from(want.is_none()));
    }
}

const VALUES: [u64; 6] = [10, 20, 30, 40, 50, 60];

#[test]
fn the_journal_itself_agrees_with_all_of_its_checkpoints() {
    let (disk, retained) = signed(&VALUES);
    let report = audited(&disk, &retained, &[key().id()]);
    assert_eq!((report.findings, report.checkpoints, report.retained), (vec![], 6, 6));
    // It may have gone on since.
    check_attack(&[10, 20, 30, 40, 50, 60, 70], 0..0);
}

#[test]
fn a_rewrite_is_exposed_by_every_later_checkpoint() {
    check_attack(&[11, 20, 30, 40, 50, 60], 0..6);
    check_attack(&[10, 20, 31, 40, 50, 60], 2..6);
    check_attack(&[10, 20, 30, 40, 50, 61], 5..6);
}

#[test]
fn a_splice_is_exposed() {
    check_attack(&[10, 20, 30, 35, 40, 50, 60], 3..6);
}

#[test]
fn another_order_is_exposed() {
    check_attack(&[10, 30, 20, 40, 50, 60], 1..6);
}

#[test]
fn what_was_dropped_before_or_after_is_exposed() {
    check_attack(&[30, 40, 50, 60], 0..6);
    check_attack(&[10, 20, 30], 3..6);
    check_attack(&[], 0..6);
}

#[test]
fn a_checkpoint_counts_only_of_a_trusted_key_and_unchanged() {
    let (disk, retained) = signed(&VALUES);
    let stranger = AuditKey::generate(&[4; 32]).id();
    for (checkpoint, trusted) in [
        (retained[2], vec![]),
        (retained[2], vec![stranger]),
        (Checkpoint { key: stranger, ..retained[2] }, vec![stranger]),
        (Checkpoint { signature: retained[1].signature, ..retained[2] }, vec![key().id()]),
        (Checkpoint { reached: retained[1].reached, ..retained[2] }, vec![key().id()]),
        (Checkpoint { session: SessionId([1; 16]), ..retained[2] }, vec![key().id()]),
    ] {
        let report = audited(&disk, &[checkpoint], &trusted);
        assert_eq!(report.first_problem().map(|finding| finding.code), Some(JournalCode::Checkpoint));
        assert_eq!(report.retained, 0);
    }
}

#[test]
fn what_differs_is_named() {
    let (_, retained) = signed(&VALUES);
    let named = |forged: &[u64], checkpoint: Checkpoint, trusted: AuditId| {
        let (disk, _) = signed(forged);
        disk.set(CHECKPOINTS_NAME, None);
        let report = audited(&disk, &[checkpoint], &[trusted]);
        report.first_problem().expect("it does not hold").detail.clone()
    };
    let stranger = AuditKey::generate(&[4; 32]).id();
    for (said, detail) in [
        ("another head: ", named(&[11, 20, 30, 40, 50, 60], retained[5], key().id())),
        ("another size and head: ", named(&[1 << 60, 20, 30, 40, 50, 60], retained[5], key().id())),
        ("another size: the journal has 4 whole frames", named(&VALUES[..3], retained[5], key().id())),
        ("is not trusted", named(&VALUES, retained[5], stranger)),
        ("the signature is not one of", named(&VALUES, Checkpoint { signature: [1; 64], ..retained[5] }, key().id())),
    ] {
        assert!(detail.contains(said), "{said:?} is missing in {detail}");
    }
}

#[test]
fn a_checkpoint_of_another_session_does_not_fit() {
    let (_, retained) = signed(&VALUES);
    let other = FaultyDisk::new();
    let foreign = Header { session: SessionId([9; 16]), ..header() };
    drop(writer(&other, &foreign, options(Durability::EveryCommit)));
    let report = audited(&other, &retained[..1], &[key().id()]);
    let problem = report.first_problem().expect("another session");
    assert!(problem.detail.ends_with(&format!("it is one of session {SESSION}")), "{problem}");
}

#[test]
fn a_checkpoint_left_in_the_folder_shows_a_journal_that_was_cut_at_a_commit() {
    let (disk, _) = signed(&VALUES);
    let (shorter, _) = signed(&VALUES[..4]);
    for name in ["000001.seg", "synced", "sidecar.txt"] {
        disk.set(name, shorter.bytes(name).as_deref());
    }
    let report = verify_chain_on(disk.handle()).expect("a disk without faults");
    assert_eq!(
        (report.first_problem().map(|finding| finding.code), report.checkpoints),
        (Some(JournalCode::Checkpoint), 4)
    );
}

#[test]
fn a_line_that_cannot_be_read_is_a_notice() {
    let (disk, retained) = signed(&VALUES);
    let bytes = disk.bytes(CHECKPOINTS_NAME).expect("there");
    disk.set(CHECKPOINTS_NAME, Some(&bytes[..bytes.len() - 7]));
    let report = audited(&disk, &retained, &[key().id()]);
    let codes: Vec<JournalCode> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!((codes, report.checkpoints, report.is_intact()), (vec![JournalCode::CheckpointTorn], 5, true));
}

#[test]
fn a_backtest_signs_what_the_disk_confirmed_and_the_seal() {
    let disk = FaultyDisk::new();
    let small = Options { segment_bytes: 600, ..options(Durability::AtSegmentEnd) };
    let mut writer = writer(&disk, &header(), small);
    writer.sign_with(key(), NonZeroU64::new(3).expect("not zero")).expect("a disk without faults");
    for seq in 1..=STEPS {
        write_step(&mut writer, seq).expect("a disk without faults");
        writer.commit().expect("a disk without faults");
        let signed = writer.last_checkpoint().map_or(0, |checkpoint| checkpoint.reached.bytes);
        assert!(signed < writer.written_bytes(), "the open segment is not confirmed");
    }
    let before = writer.last_checkpoint().map(|checkpoint| checkpoint.reached.frame);
    assert!(before.is_some_and(|frame| frame >= 3), "{before:?}");
    let head = writer.seal(&seal_of(STEPS)).expect("a disk without faults");
    let report = verify_chain_on(disk.handle()).expect("a disk without faults");
    assert_eq!((report.findings.as_slice(), report.totals.next_seq), (&[][..], Seq(STEPS + 1)));
    let file = disk.bytes(CHECKPOINTS_NAME).expect("there");
    let last = String::from_utf8(file).expect("text").lines().last().map(Checkpoint::parse).expect("a line");
    assert_eq!(last.map(|last| (last.reached.head, last.reached.frame)), Ok((head, report.frames)));
    assert!(report.checkpoints > 1);
}
