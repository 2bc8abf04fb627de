//! Faults of the disk: whatever operation fails, and whatever a loss of power leaves, no confirmed step is lost and nothing
//! is written after the fault.

mod common;

use std::num::NonZeroU64;

use common::{create, options, read, seal_of, write_step};
use ringfence_core::blob::sha256;
use ringfence_core::ids::{BlobId, StrategyId};
use ringfence_journal::checkpoint::AuditKey;
use ringfence_journal::codes::{JournalCode, JournalError};
use ringfence_journal::reader::JournalReader;
use ringfence_journal::storage::faulty::{Fault, FaultyDisk};
use ringfence_journal::verify::verify_chain_on;
use ringfence_journal::wire::header::{ComponentRef, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};

const COMMITS: u64 = 5;

/// Small segments, so that the session crosses from one to the next.
fn small_segments() -> Options {
    Options { segment_bytes: 600, ..options(Durability::EveryCommit) }
}

/// How far a session came.
#[derive(Debug)]
struct Progress {
    /// True once the journal was created.
    is_created: bool,
    /// Last event the disk confirmed.
    confirmed: u64,
    error: Option<JournalError>,
}

/// Writes a session until it ends or the disk fails. After a failure the writer must take nothing more.
fn session(disk: &FaultyDisk) -> Progress {
    let mut progress = Progress { is_created: false, confirmed: 0, error: None };
    let component = b"a component of the start".to_vec();
    let components = vec![ComponentRef { strategy: StrategyId(1), sha256: sha256(&component) }];
    let header = Header { components, ..common::header() };
    let beginning = Beginning { components: &[component], ..common::beginning(&header) };
    let mut writer = match JournalWriter::create_on(disk.handle(), beginning, small_segments()) {
        Ok(writer) => writer,
        Err(error) => return Progress { error: Some(error), ..progress },
    };
    progress.is_created = true;
    if let Err(error) = writer.sign_with(AuditKey::generate(&[5; 32]), NonZeroU64::MIN) {
        return Progress { error: Some(error), ..progress };
    }
    for commit in 0..COMMITS {
        match one_commit(&mut writer, commit) {
            Ok(confirmed) => progress.confirmed = confirmed,
            Err(error) => {
                let files =
                    |disk: &FaultyDisk| disk.all_names().into_iter().map(|name| disk.bytes(&name)).collect::<Vec<_>>();
                let before = files(disk);
                assert_eq!(writer.commit_sync().expect_err("stopped").code(), JournalCode::Stopped);
                assert_eq!(writer.end_step().expect_err("stopped").code(), JournalCode::Stopped);
                assert_eq!(writer.blob(BlobId(9), b"late").expect_err("stopped").code(), JournalCode::Stopped);
                assert_eq!(writer.component(b"late").expect_err("stopped").code(), JournalCode::Stopped);
                assert_eq!(writer.seal(&seal_of(0)).expect_err("stopped").code(), JournalCode::Stopped);
                assert_eq!(files(disk), before, "nothing is written after a fault");
                return Progress { error: Some(error), ..progress };
            }
        }
    }
    progress.error = writer.seal(&seal_of(COMMITS * 3)).err();
    progress
}

fn one_commit(writer: &mut JournalWriter, commit: u64) -> Result<u64, JournalError> {
    if commit == 1 {
        writer.component(b"a component")?;
    }
    for step in 1..=3 {
        write_step(writer, commit * 3 + step)?;
    }
    if commit == 2 {
        writer.blob(BlobId(2), &large_blob())?;
    }
    writer.commit_sync().map(|seq| seq.0)
}

fn large_blob() -> Vec<u8> {
    vec![7; 40_000]
}

/// What a loss of power leaves of a file: name, confirmed bytes, bytes a process saw.
type Survival = fn(&str, &[u8], &[u8]) -> Vec<u8>;

/// From nothing of what no sync confirmed to all of it.
const SURVIVALS: [Survival; 4] = [nothing_more, everything, half, half_and_noise];

fn nothing_more(_name: &str, synced: &[u8], _current: &[u8]) -> Vec<u8> {
    synced.to_vec()
}

fn everything(_name: &str, _synced: &[u8], current: &[u8]) -> Vec<u8> {
    current.to_vec()
}

fn half(_name: &str, synced: &[u8], current: &[u8]) -> Vec<u8> {
    let more = current.len().saturating_sub(synced.len()) / 2;
    [synced, current.get(synced.len()..synced.len() + more).unwrap_or_default()].concat()
}

fn half_and_noise(name: &str, synced: &[u8], current: &[u8]) -> Vec<u8> {
    let mut bytes = half(name, synced, current);
    bytes.resize(current.len().max(bytes.len()), 0xa5);
    bytes
}

/// After the power is back: everything confirmed is there, and the journal goes on, with files that the crash left half
/// written, and keeps what it goes on with over another loss of power.
#[track_caller]
fn check_after_crash(disk: &FaultyDisk, progress: &Progress, what: &str) {
    let blobs = JournalReader::open_on(disk.handle()).map_or(0, |reader| reader.totals().blobs);
    match JournalWriter::open_on(disk.handle(), small_segments()) {
        Ok((mut writer, recovery)) => {
            let events = recovery.next_seq.0 - 1;
            assert!(events >= progress.confirmed, "{what}: {events} of {} confirmed events", progress.confirmed);
            writer.sign_with(AuditKey::generate(&[5; 32]), NonZeroU64::MIN).expect("the disk is well again");
            if blobs > 0 {
                writer.blob(BlobId(blobs + 1), &large_blob()).expect("the disk is well again");
            }
            write_step(&mut writer, events + 1).expect("the disk is well again");
            writer.commit_sync().expect("the disk is well again");
            let signed = writer.last_checkpoint().copied();
            drop(writer);
            disk.crash(nothing_more);
            let line = format!("{}\n", signed.expect("a commit was confirmed"));
            let file = disk.bytes("checkpoints").expect("the file of checkpoints");
            assert!(file.ends_with(line.as_bytes()), "{what}: the checkpoint is not confirmed");
            assert_eq!(read(disk.handle()).expect("whole"), events + 1, "{what}");
            let report = verify_chain_on(disk.handle()).expect("the disk is well again");
            // The confirmed length itself is not synced: the crash may leave one of its slots torn, or a checkpoint's line.
            let may_be_left = [JournalCode::SlotTorn, JournalCode::CheckpointTorn];
            let is_whole = report.findings.iter().all(|finding| may_be_left.contains(&finding.code));
            assert!(is_whole, "{what}: {:?}", report.findings);
        }
        Err(error) => {
            let is_sealed = error.code() == JournalCode::Sealed && progress.confirmed == COMMITS * 3;
            assert!(is_sealed || !progress.is_created, "{what}: {error}, {progress:?}");
            if !is_sealed {
                begins_again(disk, what);
            }
        }
    }
}

/// Where a journal was not begun, the next one takes the place of what was left.
#[track_caller]
fn begins_again(disk: &FaultyDisk, what: &str) {
    let progress = session(disk);
    assert!(progress.error.is_none() && progress.confirmed == COMMITS * 3, "{what}: {progress:?}");
    let report = verify_chain_on(disk.handle()).expect("the disk is well again");
    assert!(report.is_sealed && report.findings.is_empty(), "{what}: {report:?}");
}

#[test]
fn a_journal_that_was_begun_is_never_replaced() {
    let begun = FaultyDisk::new();
    let mut writer = create(&begun, options(Durability::EveryCommit)).expect("a disk without faults");
    one_commit(&mut writer, 0).expect("a disk without faults");
    drop(writer);
    let begins = |disk: &FaultyDisk| create(disk, options(Durability::EveryCommit)).map(drop).map_err(|it| it.code());
    let first = begun.bytes("000001.seg").expect("a segment");
    let damaged = |change: &dyn Fn(&FaultyDisk)| {
        let disk = begun.copy();
        disk.crash(everything);
        change(&disk);
        disk
    };
    // Its header is damaged, and frames of it follow.
    let mut flipped = first.clone();
    flipped[70] ^= 1;
    assert_eq!(begins(&damaged(&|disk| disk.set("000001.seg", Some(&flipped)))), Err(JournalCode::Exists));
    // Nothing of it is whole, and the disk had confirmed more.
    assert_eq!(begins(&damaged(&|disk| disk.set("000001.seg", Some(&first[..50])))), Err(JournalCode::Exists));
    // Nothing is known of what the disk had confirmed.
    let cut = |disk: &FaultyDisk| {
        disk.set("000001.seg", Some(&first[..50]));
        disk.set("synced", None);
    };
    assert_eq!(begins(&damaged(&cut)), Err(JournalCode::Exists));
    // Its segments are gone, and the disk had confirmed some.
    assert_eq!(begins(&damaged(&|disk| disk.set("000001.seg", None))), Err(JournalCode::Exists));
    assert_eq!(begins(&damaged(&|_| ())), Err(JournalCode::Exists), "it is whole");
}

#[test]
fn a_session_without_faults_is_sealed_and_whole() {
    let disk = FaultyDisk::new();
    let progress = session(&disk);
    assert!(progress.error.is_none() && progress.confirmed == COMMITS * 3, "{progress:?}");
    let report = verify_chain_on(disk.handle()).expect("a disk without faults");
    assert!(report.is_sealed && report.findings.is_empty(), "{report:?}");
    assert_eq!(report.checkpoints, COMMITS + 1, "every commit was confirmed, and the seal");
    assert!(disk.all_names().contains(&"000003.seg".to_owned()), "{:?}", disk.all_names());
}

#[test]
fn any_failing_operation_ends_the_session_and_loses_nothing_confirmed() {
    let well = FaultyDisk::new();
    session(&well);
    for operation in 0..well.operations() {
        for fault in [Fault::Refused, Fault::Short(1), Fault::Short(100), Fault::PowerLoss] {
            for (survival, number) in SURVIVALS.into_iter().zip(0..) {
                let what = format!("{fault:?} at operation {operation}, survival {number}");
                let disk = FaultyDisk::new();
                disk.fail_at(operation, fault);
                let progress = session(&disk);
                assert!(progress.error.is_some(), "{what}: the fault was not noticed");
                let with_names = disk.copy();
                disk.crash(survival);
                check_after_crash(&disk, &progress, &what);
                with_names.crash_keeping_names(survival);
                check_after_crash(&with_names, &progress, &format!("{what}, names kept"));
            }
        }
    }
}

#[test]
fn a_fault_while_recovering_leaves_a_journal_that_recovers() {
    let torn = FaultyDisk::new();
    let mut writer = create(&torn, options(Durability::EveryCommit)).expect("a disk without faults");
    let confirmed = one_commit(&mut writer, 0).expect("a disk without faults");
    torn.fail_at(torn.operations(), Fault::Short(70));
    write_step(&mut writer, 4).expect("nothing is written yet");
    writer.commit_sync().expect_err("the write is cut short");
    drop(writer);
    torn.crash(everything);
    let counted = torn.copy();
    let (_, recovery) = JournalWriter::open_on(counted.handle(), options(Durability::EveryCommit)).expect("recovers");
    assert_eq!((recovery.next_seq.0, recovery.truncated_bytes), (confirmed + 1, 70));
    assert!(counted.operations() > 1, "{}", counted.operations());
    for operation in 0..counted.operations() {
        for survival in SURVIVALS {
            let disk = torn.copy();
            disk.fail_at(operation, Fault::PowerLoss);
            JournalWriter::open_on(disk.handle(), options(Durability::EveryCommit)).expect_err("the fault is noticed");
            disk.crash(survival);
            let progress = Progress { is_created: true, confirmed, error: None };
            check_after_crash(&disk, &progress, &format!("power lost at operation {operation} of the recovery"));
        }
    }
}

#[test]
fn a_new_journal_has_its_components_on_the_disk_before_anything_names_them() {
    let disk = FaultyDisk::new();
    let component = b"a component".to_vec();
    let components = vec![ComponentRef { strategy: StrategyId(1), sha256: sha256(&component) }];
    let header = Header { components, ..common::header() };
    let beginning = Beginning { components: &[component], ..common::beginning(&header) };
    let writer = JournalWriter::create_on(disk.handle(), beginning, options(Durability::AtSegmentEnd));
    drop(writer.expect("a disk without faults"));
    // The header was written and not confirmed; it made it to the disk all the same.
    disk.crash_keeping_names(|name, synced, current| if name.ends_with(".seg") { current } else { synced }.to_vec());
    assert_eq!(verify_chain_on(disk.handle()).expect("a disk without faults").findings, []);
}

#[test]
fn a_failed_sync_has_its_own_code() {
    let disk = FaultyDisk::new();
    let mut writer = create(&disk, options(Durability::AtSegmentEnd)).expect("a disk without faults");
    write_step(&mut writer, 1).expect("a disk without faults");
    disk.fail_at(disk.operations() + 1, Fault::Refused);
    let error = writer.commit_sync().expect_err("the sync fails");
    assert_eq!(error.code(), JournalCode::Sync);
    assert_eq!(error.to_string(), "J-SYNC: cannot sync 000001.seg");
}

#[test]
fn a_backtest_syncs_only_at_the_end_of_a_segment_and_at_the_seal() {
    let disk = FaultyDisk::new();
    let options = Options { segment_bytes: 600, ..options(Durability::AtSegmentEnd) };
    let mut writer = common::write(&disk, 1, options);
    disk.copy().crash(|name, synced, _| {
        assert!(!name.ends_with(".seg") || synced.is_empty(), "{name} was synced");
        Vec::new()
    });
    for seq in 4..=9 {
        write_step(&mut writer, seq).expect("a disk without faults");
        writer.commit().expect("a disk without faults");
    }
    let synced = std::cell::RefCell::new(Vec::new());
    disk.copy().crash(|name, synced_bytes, current| {
        if name.ends_with(".seg") {
            synced.borrow_mut().push((name.to_owned(), synced_bytes.len() == current.len()));
        }
        Vec::new()
    });
    let synced = synced.into_inner();
    assert!(synced.len() >= 2 && synced[0].1, "{synced:?}");
}
