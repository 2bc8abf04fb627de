//! Segments, large steps and real files: the rules of the format beyond one small file.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{
    SESSION, beginning, check_fuel, create, decision, event, frame_starts, header, options, provenance, read, seal_of,
    write, write_step,
};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use ringfence_core::blob::sha256;
use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::ids::{BlobId, Seq, StrategyId};
use ringfence_core::intent::{IntentKind, NoteSpan};
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::sidecar::{Provenance, SYNCED_NAME};
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::verify::{verify_chain, verify_chain_on};
use ringfence_journal::wire::decision::Tags;
use ringfence_journal::wire::header::{ComponentRef, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};

fn small_segments() -> Options {
    Options { segment_bytes: 600, ..options(Durability::AtSegmentEnd) }
}

fn segments(disk: &FaultyDisk) -> Vec<String> {
    disk.all_names().into_iter().filter(|name| name.ends_with(".seg")).collect()
}

/// The code and place with which reading, and the one with which opening for writing is refused.
#[track_caller]
fn check_refused(disk: &FaultyDisk, want: Expect) {
    let reading = read(disk.handle()).expect_err("reading is refused").finding();
    let opening = JournalWriter::open_on(disk.handle(), small_segments()).expect_err("opening is refused").finding();
    let report = verify_chain_on(disk.handle()).expect("a disk without faults");
    assert!(!report.is_intact());
    let place =
        |place: Option<ringfence_journal::codes::Place>| place.map(|place| place.to_string()).unwrap_or_default();
    let lines = [&reading, &opening].map(|finding| format!("{} {}\n", finding.code, place(finding.place)));
    want.assert_eq(&lines.concat());
}

fn sealed_in_segments() -> FaultyDisk {
    let disk = FaultyDisk::new();
    write(&disk, 4, small_segments()).seal(&seal_of(12)).expect("a disk without faults");
    assert_eq!(segments(&disk), ["000001.seg", "000002.seg", "000003.seg"]);
    disk
}

#[test]
fn the_chain_runs_on_from_segment_to_segment() {
    let disk = sealed_in_segments();
    assert_eq!(read(disk.handle()).expect("whole"), 12);
    let report = verify_chain_on(disk.handle()).expect("a disk without faults");
    let bytes: usize = segments(&disk).iter().map(|name| disk.bytes(name).expect("a segment").len()).sum();
    assert_eq!((report.bytes, report.is_sealed, report.findings), (bytes as u64, true, vec![]));
}

#[test]
fn a_missing_segment_is_refused() {
    let disk = sealed_in_segments();
    disk.set("000002.seg", None);
    check_refused(
        &disk,
        expect![[r#"
        J-SEGMENT-MISSING 
        J-SEGMENT-MISSING 
    "#]],
    );
}

#[test]
fn a_missing_last_segment_is_refused() {
    let disk = sealed_in_segments();
    disk.set("000003.seg", None);
    check_refused(
        &disk,
        expect![[r#"
        J-SEALED-DAMAGED 000002.seg+640
        J-SEALED-DAMAGED 000002.seg+640
    "#]],
    );
}

#[test]
fn segments_in_another_order_break_the_chain() {
    let disk = sealed_in_segments();
    let (second, third) = (disk.bytes("000002.seg"), disk.bytes("000003.seg"));
    disk.set("000002.seg", third.as_deref());
    disk.set("000003.seg", second.as_deref());
    check_refused(
        &disk,
        expect![[r#"
        J-CHAIN 000002.seg+0
        J-CHAIN 000002.seg+0
    "#]],
    );
}

#[test]
fn a_frame_taken_out_breaks_the_chain() {
    let disk = sealed_in_segments();
    let bytes = disk.bytes("000002.seg").expect("a segment");
    let second = frame_starts(&bytes)[1];
    disk.set("000002.seg", Some(&bytes[second..]));
    check_refused(
        &disk,
        expect![[r#"
        J-CHAIN 000002.seg+0
        J-CHAIN 000002.seg+0
    "#]],
    );
}

#[test]
fn damage_in_an_early_segment_names_the_later_frame_in_the_next() {
    let disk = sealed_in_segments();
    let mut bytes = disk.bytes("000001.seg").expect("a segment");
    let last = *frame_starts(&bytes).last().expect("frames");
    bytes[last + 80] ^= 1;
    disk.set("000001.seg", Some(&bytes));
    check_refused(
        &disk,
        expect![[r#"
        J-BAD-FRAME 000001.seg+288
        J-BAD-FRAME 000001.seg+288
    "#]],
    );
    let error = read(disk.handle()).expect_err("refused").to_string();
    assert!(error.ends_with("a valid frame follows at 000002.seg+0"), "{error}");
    let (mut prefix, refused) = JournalReader::open_prefix_on(disk.handle()).expect("the prefix is readable");
    assert_eq!(refused.map(|finding| finding.code), Some(JournalCode::BadFrame));
    assert!(!prefix.next_step(&mut Step::new()).expect("the header alone is whole"));
}

#[test]
fn bytes_after_the_seal_are_refused() {
    for more in [&b"x"[..], &[0; 64]] {
        let disk = sealed_in_segments();
        let bytes = disk.bytes("000003.seg").expect("a segment");
        disk.set("000003.seg", Some(&[&bytes, more].concat()));
        assert_eq!(read(disk.handle()).expect_err("refused").code(), JournalCode::AfterSeal);
    }
}

#[test]
fn a_journal_that_changes_while_it_is_read_is_refused() {
    let disk = FaultyDisk::new();
    drop(write(&disk, 2, options(Durability::EveryCommit)));
    let bytes = disk.bytes("000001.seg").expect("a segment");
    let third = frame_starts(&bytes)[2];
    let mut reader = JournalReader::open_on(disk.handle()).expect("whole");
    // The third frame where the second was: whole in itself, and not what follows the first.
    let second = frame_starts(&bytes)[1];
    disk.set("000001.seg", Some(&[&bytes[..second], &bytes[third..], &bytes[second..third]].concat()));
    let error = reader.next_step(&mut Step::new()).expect_err("changed");
    assert_eq!(error.code(), JournalCode::BadFrame);
}

#[test]
fn a_later_frame_is_found_however_far_it_is() {
    let disk = FaultyDisk::new();
    drop(write(&disk, 1, options(Durability::AtSegmentEnd)));
    let bytes = disk.bytes("000001.seg").expect("a segment");
    let last = *frame_starts(&bytes).last().expect("frames");
    for gap in [8, (1 << 20) - 8, 1 << 20, 3 << 19, 5 << 20] {
        let torn = disk.copy();
        torn.set("000001.seg", Some(&[&bytes[..last], &vec![0; gap], &bytes[last..]].concat()));
        assert_eq!(read(torn.handle()).expect_err("refused").code(), JournalCode::BadFrame, "{gap} bytes before it");
    }
}

#[test]
fn a_journal_that_is_being_written_is_read_as_it_was_at_the_start() {
    let disk = FaultyDisk::new();
    drop(write(&disk, 4, options(Durability::AtSegmentEnd)));
    let bytes = disk.bytes("000001.seg").expect("a segment");
    let starts = frame_starts(&bytes);
    for cut in (starts[1]..bytes.len()).step_by(7).chain(starts[1..].iter().copied()) {
        let whole = starts[1..].iter().filter(|start| **start <= cut).count() as u64 - 1;
        for reads in 0..30 {
            let growing = disk.copy();
            growing.set("000001.seg", Some(&bytes[..cut]));
            growing.grow_at(reads, "000001.seg", &bytes[cut..]);
            // Reads 0 and 1 are those of the files beside, before the lengths are taken.
            let events = read(growing.handle()).expect("no damage");
            assert!(events == 3 * whole || reads < 2, "cut at {cut}, grown at read {reads}: {events}");
            growing.set("000001.seg", Some(&bytes[..cut]));
            growing.grow_at(reads, "000001.seg", &bytes[cut..]);
            let report = verify_chain_on(growing.handle()).expect("a disk without faults");
            let problem = report.first_problem().map(|finding| finding.code);
            assert!(
                matches!(problem, None | Some(JournalCode::TornTail)),
                "cut at {cut}, grown at read {reads}: {problem:?}"
            );
        }
    }
}

#[test]
fn a_component_is_read_up_to_a_limit_and_verified_beyond() {
    let dir = tempfile::tempdir().expect("a folder");
    write_folder(dir.path(), provenance());
    let mut reader = JournalReader::open(dir.path()).expect("whole");
    let component = reader.header().components[0];
    assert_eq!(reader.component(&component, 14).expect("at the limit").len(), 14);
    let error = reader.component(&component, 13).expect_err("one above");
    assert!(error.to_string().ends_with("has 14 bytes, at most 13 are read"), "{error}");
    assert_eq!(error.code(), JournalCode::Component);
}

#[test]
fn a_blob_above_the_limit_is_not_taken() {
    let disk = FaultyDisk::new();
    let mut writer = create(&disk, small_segments()).expect("a disk without faults");
    let bytes = vec![0; (64 << 20) + 1];
    assert_eq!(writer.blob(BlobId(1), &bytes).expect_err("too large").code(), JournalCode::Blob);
    writer.blob(BlobId(1), &bytes[1..]).expect("at the limit");
    writer.commit().expect("a disk without faults");
    drop(writer);
    let mut reader = JournalReader::open_on(disk.handle()).expect("whole");
    assert!(!reader.next_step(&mut Step::new()).expect("readable"), "a blob is no step");
}

#[test]
fn components_are_checked_though_records_are_broken() {
    let dir = tempfile::tempdir().expect("a folder");
    write_folder(dir.path(), provenance());
    for sub in ["blobs", "components"] {
        fs::remove_dir_all(dir.path().join(sub)).expect("removed");
    }
    let report = verify_chain(dir.path()).expect("readable");
    let codes: Vec<JournalCode> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [JournalCode::Blob, JournalCode::Component]);
}

#[test]
fn a_frame_that_an_event_opens_states_its_number() {
    let mut frames = std::collections::BTreeSet::new();
    for blob in (64..16_000).step_by(32) {
        let disk = FaultyDisk::new();
        let mut writer = create(&disk, options(Durability::AtSegmentEnd)).expect("a disk without faults");
        let notes = vec![b'n'; 512];
        let note = DecisionKind::Emitted(IntentKind::Note(NoteSpan { start: 0, len: 512 }));
        writer.tape_row(Seq(1), 0);
        writer.decisions(Seq(1), &[decision(1, note); 100], &notes);
        writer.end_step().expect("a disk without faults");
        writer.blob(BlobId(1), &vec![1; blob]).expect("a disk without faults");
        writer.event(&event(2));
        writer.end_step().expect("a disk without faults");
        writer.commit().expect("a disk without faults");
        drop(writer);
        assert_eq!(verify_chain_on(disk.handle()).expect("a disk without faults").findings, [], "blob of {blob}");
        let bytes = disk.bytes("000001.seg").expect("a segment");
        frames.insert(frame_starts(&bytes).into_iter().map(|start| bytes[start + 56]).collect::<Vec<_>>());
    }
    // In one frame; with the event in the second; with the blob and the event in the second.
    assert!(frames.contains(&vec![1, 1]) && frames.contains(&vec![1, 1, 2]), "{frames:?}");
}

#[track_caller]
fn check_our_bug(run: impl FnOnce(&mut JournalWriter)) {
    let mut writer = create(&FaultyDisk::new(), small_segments()).expect("a disk without faults");
    writer.tape_row(Seq(1), 0);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&mut writer))).is_err());
}

#[test]
fn nothing_comes_between_an_input_and_the_end_of_its_step() {
    check_our_bug(|writer| drop(writer.commit()));
    check_our_bug(|writer| drop(writer.commit_sync()));
    check_our_bug(|writer| drop(writer.blob(BlobId(1), b"x")));
    check_our_bug(|writer| writer.tape_row(Seq(2), 0));
    check_our_bug(|writer| writer.event(&event(2)));
}

/// A step larger than a frame: 350 notes of 500 bytes. Its last frame is far from full.
fn large_step() -> (Vec<Decision>, Vec<u8>) {
    let notes: Vec<u8> = (0..175_000_u32).map(|n| (n / 500) as u8).collect();
    let note = |n: u32| DecisionKind::Emitted(IntentKind::Note(NoteSpan { start: n * 500, len: 500 }));
    ((0..350).map(|n| decision(u64::from(n), note(n))).collect(), notes)
}

fn with_large_step() -> FaultyDisk {
    let disk = FaultyDisk::new();
    let mut writer = write(&disk, 1, options(Durability::EveryCommit));
    let (decisions, notes) = large_step();
    writer.tape_row(Seq(4), 0);
    writer.fuel(&[1; 40_000]);
    writer.decisions(Seq(4), &decisions, &notes);
    writer.end_step().expect("a disk without faults");
    disk
}

/// Reads a journal with a large step; answers the number of events.
fn read_large(disk: &FaultyDisk) -> Result<u64, JournalCode> {
    let mut reader = JournalReader::open_on(disk.handle()).map_err(|error| error.code())?;
    let mut step = Step::new();
    while reader.next_step(&mut step).map_err(|error| error.code())? {
        if step.input.last_seq() == Seq(4) {
            let (decisions, notes) = large_step();
            assert_eq!(step.first_difference(&decisions, &notes, Tags::Compared), None);
            assert_eq!(step.first_difference(&decisions[..349], &notes, Tags::Compared), Some(349));
            (1..=3).for_each(|seq| check_fuel(&mut reader, &common::fuel_of(seq)));
            check_fuel(&mut reader, &[1; 40_000]);
            assert_eq!(reader.next_fuel(), None);
        }
    }
    Ok(reader.totals().next_seq.0 - 1)
}

#[test]
fn a_step_larger_than_a_frame_is_one_commit_of_several() {
    let disk = with_large_step();
    assert_eq!(read_large(&disk), Ok(4));
    let bytes = disk.bytes("000001.seg").expect("a segment");
    let ends: Vec<u8> = frame_starts(&bytes).into_iter().map(|start| bytes[start + 69]).collect();
    assert_eq!(ends, [1, 1, 0, 0, 0, 1]);
    let first_seqs: Vec<u8> = frame_starts(&bytes).into_iter().map(|start| bytes[start + 56]).collect();
    assert_eq!(first_seqs, [1, 1, 4, 5, 5, 5], "the first event that begins in a frame or after it");
    assert!(verify_chain_on(disk.handle()).expect("a disk without faults").findings.is_empty());
}

#[test]
fn fuel_larger_than_a_frame_takes_several() {
    let disk = FaultyDisk::new();
    let mut writer = create(&disk, options(Durability::EveryCommit)).expect("a disk without faults");
    writer.tape_row(Seq(1), 0);
    writer.fuel(&[300; 100_000]);
    writer.end_step().expect("a disk without faults");
    drop(writer);
    let mut reader = JournalReader::open_on(disk.handle()).expect("whole");
    assert!(reader.next_step(&mut Step::new()).expect("whole"));
    check_fuel(&mut reader, &[300; 100_000]);
    assert_eq!(reader.next_fuel(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn steps_of_any_size_fit_their_frames(sizes in prop::collection::vec((0_u32..=512, 0_usize..300, 0_usize..40), 1..60)) {
        let disk = FaultyDisk::new();
        let mut writer = create(&disk, options(Durability::AtSegmentEnd)).expect("a disk without faults");
        let notes = vec![b'n'; 512];
        let note = |len, intent| decision(intent, DecisionKind::Emitted(IntentKind::Note(NoteSpan { start: 0, len })));
        for ((len, count, calls), seq) in sizes.iter().zip(1_u64..) {
            let decisions: Vec<Decision> = (0..*count as u64).map(|intent| note(*len, intent)).collect();
            writer.tape_row(Seq(seq), 1);
            writer.fuel(&vec![u64::MAX; calls * 40]);
            writer.decisions(Seq(seq), &decisions, &notes);
            writer.end_step().expect("a disk without faults");
        }
        writer.commit().expect("a disk without faults");
        drop(writer);
        let report = verify_chain_on(disk.handle()).expect("a disk without faults");
        prop_assert_eq!(report.findings, vec![]);
        prop_assert_eq!(report.totals.next_seq, Seq(sizes.len() as u64 + 1));
    }
}

#[test]
fn a_cut_commit_of_several_frames_is_cut_off_whole() {
    let disk = with_large_step();
    // Nothing of the large commit was confirmed.
    let small = FaultyDisk::new();
    drop(write(&small, 1, options(Durability::EveryCommit)));
    disk.set(SYNCED_NAME, small.bytes(SYNCED_NAME).as_deref());
    let bytes = disk.bytes("000001.seg").expect("a segment");
    let starts = frame_starts(&bytes);
    let start = starts[2];
    let edges =
        starts[2..].iter().flat_map(|start| [start.saturating_sub(1), *start, start + 1, start + 71, start + 72]);
    for len in edges.chain((start..bytes.len()).step_by(9973)).filter(|len| (start..bytes.len()).contains(len)) {
        let cut = disk.copy();
        cut.set("000001.seg", Some(&bytes[..len]));
        assert_eq!(read_large(&cut), Ok(3), "cut at {len}");
        let (writer, recovery) = JournalWriter::open_on(cut.handle(), small_segments()).expect("recovers");
        drop(writer);
        assert_eq!((recovery.next_seq, recovery.truncated_bytes), (Seq(4), (len - start) as u64), "cut at {len}");
        assert_eq!(cut.bytes("000001.seg").as_deref(), Some(&bytes[..start]), "cut at {len}");
    }
}

#[test]
fn a_flip_in_a_commit_of_several_frames_is_refused_unless_it_is_in_the_last() {
    let disk = with_large_step();
    let small = FaultyDisk::new();
    drop(write(&small, 1, options(Durability::EveryCommit)));
    disk.set(SYNCED_NAME, small.bytes(SYNCED_NAME).as_deref());
    let bytes = disk.bytes("000001.seg").expect("a segment");
    let last = *frame_starts(&bytes).last().expect("frames");
    for at in (frame_starts(&bytes)[1]..bytes.len()).step_by(4999) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        let flipped = disk.copy();
        flipped.set("000001.seg", Some(&bad));
        let want = if at < last { Err(JournalCode::BadFrame) } else { Ok(3) };
        assert_eq!(read_large(&flipped), want, "flip at {at}");
    }
}

#[test]
fn a_rows_only_session_takes_the_bytes_of_its_fuel() {
    let disk = FaultyDisk::new();
    let mut writer = create(&disk, options(Durability::AtSegmentEnd)).expect("a disk without faults");
    let header_bytes = writer.written_bytes();
    for seq in 1..=100_000 {
        writer.tape_row(Seq(seq), 0);
        writer.fuel(&[5000]);
        writer.end_step().expect("a disk without faults");
    }
    writer.commit().expect("a disk without faults");
    let bytes = writer.written_bytes() - header_bytes;
    assert!((200_000..202_000).contains(&bytes), "{bytes}");
    drop(writer);
    let mut reader = JournalReader::open_on(disk.handle()).expect("whole");
    let (mut step, mut rows) = (Step::new(), 0);
    while reader.next_step(&mut step).expect("whole") {
        let Input::TapeRows { first_seq, rows: more } = step.input else { panic!("only rows were written") };
        assert_eq!(first_seq, Seq(rows + 1));
        (0..more).for_each(|_| assert_eq!(reader.next_fuel(), Some(5000)));
        rows += more;
    }
    assert_eq!((rows, reader.next_fuel()), (100_000, None));
}

// Real files.

fn folder_bytes(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for sub in ["", "components", "blobs"] {
        let Ok(entries) = fs::read_dir(dir.join(sub)) else { continue };
        for entry in entries {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a type").is_file() {
                let name = format!("{sub}/{}", entry.file_name().to_string_lossy());
                files.insert(name, fs::read(entry.path()).expect("readable"));
            }
        }
    }
    files
}

fn write_folder(dir: &Path, provenance: Provenance) {
    let component = b"\0asm component".to_vec();
    let components = vec![ComponentRef { strategy: StrategyId(1), sha256: sha256(&component) }];
    let header = Header { components, ..header() };
    let options = options(Durability::AtSegmentEnd);
    let beginning = Beginning { header: &header, components: &[component], provenance };
    let mut writer = JournalWriter::create(dir, beginning, options).expect("a fresh folder");
    (1..=6).for_each(|seq| write_step(&mut writer, seq).expect("written"));
    writer.blob(BlobId(2), &vec![1; 100_000]).expect("written");
    (7..=9).for_each(|seq| write_step(&mut writer, seq).expect("written"));
    writer.seal(&seal_of(9)).expect("written");
}

#[test]
fn equal_inputs_give_equal_bytes_wherever_they_lie() {
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    write_folder(one.path(), provenance());
    write_folder(&two.path().join("deeper"), Provenance { tapes: vec!["/elsewhere".into()], build: vec![] });
    let (mut left, mut right) = (folder_bytes(one.path()), folder_bytes(&two.path().join("deeper")));
    let sidecars = (left.remove("/sidecar.txt"), right.remove("/sidecar.txt"));
    assert_ne!(sidecars.0, sidecars.1, "provenance is in the sidecar");
    assert_eq!(left, right);
    let names: Vec<String> = left.keys().map(|name| name.chars().take(18).collect()).collect();
    expect![[r#"
        [
            "/000001.seg",
            "/lock",
            "/synced",
            "blobs/7afaec9db2d1",
            "components/d39ad56",
        ]
    "#]]
    .assert_debug_eq(&names);
}

#[test]
fn a_missing_or_changed_component_or_blob_is_found() {
    let dir = tempfile::tempdir().expect("a folder");
    write_folder(dir.path(), provenance());
    assert_eq!(verify_chain(dir.path()).expect("readable").findings, []);
    for (sub, code) in [("components", JournalCode::Component), ("blobs", JournalCode::Blob)] {
        let file =
            fs::read_dir(dir.path().join(sub)).expect("a folder").next().expect("a file").expect("a file").path();
        let bytes = fs::read(&file).expect("readable");
        let mut bad = bytes.clone();
        bad[3] ^= 1;
        for damaged in [Some(bad), None] {
            match damaged {
                Some(bad) => fs::write(&file, bad).expect("written"),
                None => fs::remove_file(&file).expect("removed"),
            }
            let report = verify_chain(dir.path()).expect("readable");
            assert_eq!(report.first_problem().map(|finding| finding.code), Some(code), "{sub}");
        }
        fs::write(&file, bytes).expect("written");
    }
}

#[test]
fn a_second_writer_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = options(Durability::EveryCommit);
    let mut writer = JournalWriter::create(dir.path(), beginning(&header()), options).expect("a fresh folder");
    write_step(&mut writer, 1).expect("written");
    assert_eq!(JournalWriter::open(dir.path(), options).expect_err("locked").code(), JournalCode::Locked);
    let create = JournalWriter::create(dir.path(), beginning(&header()), options);
    assert_eq!(create.expect_err("locked").code(), JournalCode::Locked);
    assert_eq!(writer.commit_sync().expect("written"), Seq(1));
    drop(writer);
    let create = JournalWriter::create(dir.path(), beginning(&header()), options);
    assert_eq!(create.expect_err("there is one").code(), JournalCode::Exists);
    let (mut writer, recovery) = JournalWriter::open(dir.path(), options).expect("free now");
    assert_eq!((recovery.next_seq, recovery.truncated, recovery.header.session), (Seq(2), None, SESSION));
    (2..=4).for_each(|seq| write_step(&mut writer, seq).expect("written"));
    writer.seal(&seal_of(4)).expect("written");
    assert_eq!(verify_chain(dir.path()).expect("readable").findings, []);
    assert_eq!(JournalWriter::open(dir.path(), options).expect_err("sealed").code(), JournalCode::Sealed);
}

#[test]
fn a_torn_real_file_is_cut_and_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = options(Durability::EveryCommit);
    let mut writer = JournalWriter::create(dir.path(), beginning(&header()), options).expect("a fresh folder");
    write_step(&mut writer, 1).expect("written");
    writer.commit_sync().expect("written");
    drop(writer);
    let segment = dir.path().join("000001.seg");
    let whole = fs::read(&segment).expect("readable");
    fs::write(&segment, [&whole[..], &[0xee; 100]].concat()).expect("written");
    let reader = JournalReader::open(dir.path()).expect("readable");
    assert_eq!(reader.tail().map(|finding| finding.code), Some(JournalCode::TornTail));
    let (writer, recovery) = JournalWriter::open(dir.path(), options).expect("recovers");
    assert_eq!(
        (recovery.truncated_bytes, recovery.truncated.map(|finding| finding.code)),
        (100, Some(JournalCode::TornTail))
    );
    drop(writer);
    assert_eq!(fs::read(&segment).expect("readable"), whole);
}

#[test]
fn an_absent_or_empty_folder_is_refused_and_stays_as_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let absent = dir.path().join("absent");
    assert_eq!(JournalReader::open(&absent).expect_err("absent").code(), JournalCode::NoHeader);
    let opening = JournalWriter::open(&absent, options(Durability::EveryCommit));
    assert_eq!(opening.expect_err("absent").code(), JournalCode::NoHeader);
    assert!(!absent.exists());
    let report = verify_chain(&absent).expect("a report");
    assert_eq!(report.first_problem().map(|finding| finding.code), Some(JournalCode::NoHeader));
}

#[test]
fn a_header_larger_than_a_frame_is_refused() {
    let fact = |bytes: usize| Header { facts: vec![("x".into(), "y".repeat(bytes))], ..header() };
    let create = |header: &Header| {
        JournalWriter::create_on(FaultyDisk::new().handle(), beginning(header), small_segments()).map(drop)
    };
    let room = 64 * 1024 - 2048 - 174;
    assert_eq!(create(&fact(room)).map_err(|error| error.to_string()), Ok(()));
    expect!["J-HEADER-SIZE: 63489 bytes, at most 63488"]
        .assert_eq(&create(&fact(room + 1)).expect_err("too large").to_string());
}

#[test]
fn events_are_named_by_their_number() {
    // A row and an event may not take each other's number: our own bug, stopped at once.
    let outcome = std::panic::catch_unwind(|| {
        let mut writer = create(&FaultyDisk::new(), small_segments()).expect("a disk without faults");
        writer.tape_row(Seq(1), 0);
        writer.event(&event(3));
    });
    assert!(outcome.is_err());
}
