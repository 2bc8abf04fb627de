//! The files beside the chain: what they add, and what is still known when they are damaged or another session's.

mod common;

use common::{beginning, header, options, read, seal_of, write, write_step};
use ringfence_journal::codes::JournalCode;
use ringfence_journal::sidecar::{SIDECAR_NAME, SYNCED_NAME};
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::verify::verify_chain_on;
use ringfence_journal::wire::header::Header;
use ringfence_journal::writer::{Durability, JournalWriter, Options};

fn small_segments() -> Options {
    Options { segment_bytes: 600, ..options(Durability::AtSegmentEnd) }
}

#[test]
fn a_torn_slot_does_not_keep_anybody_from_appending() {
    let disk = FaultyDisk::new();
    drop(write(&disk, 2, options(Durability::EveryCommit)));
    let slots = disk.bytes(SYNCED_NAME).expect("there");
    for slot in [0, 32] {
        let torn = disk.copy();
        let mut bad = slots.clone();
        bad[slot] ^= 1;
        torn.set(SYNCED_NAME, Some(&bad));
        let (mut writer, _) = JournalWriter::open_on(torn.handle(), options(Durability::EveryCommit)).expect("opens");
        for seq in 7..=9 {
            write_step(&mut writer, seq).expect("a disk without faults");
            writer.commit_sync().expect("a disk without faults");
        }
        drop(writer);
        assert_eq!(verify_chain_on(torn.handle()).expect("a disk without faults").findings, []);
    }
}

#[test]
fn the_confirmed_length_counts_without_a_readable_sidecar() {
    let disk = FaultyDisk::new();
    drop(write(&disk, 2, options(Durability::EveryCommit)));
    let bytes = disk.bytes("000001.seg").expect("a segment");
    disk.set("000001.seg", Some(&bytes[..bytes.len() - 8]));
    for sidecar in [None, Some(&b"torn"[..])] {
        disk.set(SIDECAR_NAME, sidecar);
        assert_eq!(read(disk.handle()).expect_err("refused").code(), JournalCode::BelowWatermark);
    }
}

#[test]
fn a_seal_other_than_the_one_beside_is_refused() {
    let sealed = |commits| {
        let disk = FaultyDisk::new();
        let writer = write(&disk, commits, options(Durability::AtSegmentEnd));
        writer.seal(&seal_of(commits * 3)).expect("a disk without faults");
        disk
    };
    let (disk, other) = (sealed(4), sealed(5));
    disk.set("000001.seg", other.bytes("000001.seg").as_deref());
    for error in [
        read(disk.handle()).expect_err("refused"),
        JournalWriter::open_on(disk.handle(), small_segments()).map(drop).expect_err("refused"),
    ] {
        assert_eq!(error.code(), JournalCode::SealedDamaged);
        assert!(error.to_string().contains("the seal frame is "), "{error}");
    }
    assert!(!verify_chain_on(disk.handle()).expect("a disk without faults").is_intact());
    disk.set(SIDECAR_NAME, other.bytes(SIDECAR_NAME).as_deref());
    assert_eq!(read(disk.handle()).expect("its own"), 15);
}

#[test]
fn files_beside_the_segments_are_read_up_to_a_limit() {
    let disk = FaultyDisk::new();
    drop(write(&disk, 1, options(Durability::EveryCommit)));
    for (name, bytes) in [(SIDECAR_NAME, (1 << 20) + 1), (SYNCED_NAME, 4097)] {
        let stuffed = disk.copy();
        stuffed.set(name, Some(&vec![b'x'; bytes]));
        assert_eq!(read(stuffed.handle()).expect("reading needs neither"), 3);
        let report = verify_chain_on(stuffed.handle()).expect("a disk without faults");
        assert!(report.findings[0].detail.contains(&bytes.to_string()), "{:?}", report.findings);
    }
}

#[test]
fn a_sidecar_of_another_session_is_no_sidecar() {
    let (disk, other) = (FaultyDisk::new(), FaultyDisk::new());
    drop(write(&disk, 1, small_segments()));
    let foreign = Header { session: ringfence_core::ids::SessionId([1; 16]), ..header() };
    drop(
        JournalWriter::create_on(other.handle(), beginning(&foreign), small_segments()).expect("a disk without faults"),
    );
    disk.set(SIDECAR_NAME, other.bytes(SIDECAR_NAME).as_deref());
    assert_eq!(read(disk.handle()).expect("reading needs no sidecar"), 3);
    let opening = JournalWriter::open_on(disk.handle(), small_segments()).expect_err("appending does");
    assert_eq!(opening.code(), JournalCode::SidecarDamaged);
}

#[test]
fn appending_needs_both_files_beside_the_chain() {
    for name in [SIDECAR_NAME, SYNCED_NAME] {
        for (damage, code) in [(None, JournalCode::SidecarMissing), (Some(&b"torn"[..]), JournalCode::SidecarDamaged)] {
            let disk = FaultyDisk::new();
            drop(write(&disk, 1, small_segments()));
            disk.set(name, damage);
            assert_eq!(read(disk.handle()).expect("reading needs no sidecar"), 3);
            let opening = JournalWriter::open_on(disk.handle(), small_segments());
            assert_eq!(opening.expect_err("appending does").code(), code, "{name}");
        }
    }
}

#[test]
fn a_flipped_bit_beside_the_chain_is_found_and_does_not_keep_anybody_from_reading() {
    let disk = FaultyDisk::new();
    drop(write(&disk, 1, options(Durability::EveryCommit)));
    for name in [SIDECAR_NAME, SYNCED_NAME] {
        let bytes = disk.bytes(name).expect("there");
        for bit in 0..bytes.len() * 8 {
            let damaged = disk.copy();
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            damaged.set(name, Some(&bad));
            let report = verify_chain_on(damaged.handle()).expect("a disk without faults");
            let codes: Vec<JournalCode> = report.findings.iter().map(|finding| finding.code).collect();
            let torn_slot = name == SYNCED_NAME;
            let code = if torn_slot { JournalCode::SlotTorn } else { JournalCode::SidecarDamaged };
            assert_eq!((codes, report.is_intact()), (vec![code], torn_slot), "bit {bit} of {name}");
            assert_eq!(read(damaged.handle()).expect("readable"), 3, "bit {bit} of {name}");
        }
    }
}
