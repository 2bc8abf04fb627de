//! Forged journals: frames that are valid in themselves, with a whole chain, and records that no writer makes.

mod common;

use common::{SESSION, decision, event, header};
use proptest::prelude::*;
use ringfence_core::blob::sha256;
use ringfence_core::decision::DecisionKind;
use ringfence_core::event::{Event, Halt};
use ringfence_core::ids::{BlobId, Seq, SessionId, StrategyId, TimeNs};
use ringfence_core::strategy::HaltCode;
use ringfence_journal::codes::{JournalCode, JournalError};
use ringfence_journal::frame::{FrameKind, HEAD_BYTES, Head, complete};
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::verify::{ChainReport, verify_chain_on};
use ringfence_journal::wire::decision::{Number, Tags};
use ringfence_journal::wire::header::{ComponentRef, Feed, Header};
use ringfence_journal::wire::marks::{BlobContent, BlobRecord, Commit, HaltedCall, Seal, TapeSpan};
use ringfence_journal::wire::record::{RECORD_VERSION, Record};
use ringfence_journal::writer::{Durability, JournalWriter, Options};

/// A frame to forge; the chain and the checksum are made right.
#[derive(Clone)]
struct Forged {
    session: SessionId,
    kind: FrameKind,
    first_seq: u64,
    is_commit_end: bool,
    payload: Vec<u8>,
}

fn payload(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| record.encode(&mut bytes));
    bytes
}

fn frame(kind: FrameKind, records: &[Record]) -> Forged {
    Forged { session: SESSION, kind, first_seq: 1, is_commit_end: true, payload: payload(records) }
}

/// A data frame that begins with another event than the first.
fn frame_from(first_seq: u64, records: &[Record]) -> Forged {
    Forged { first_seq, ..frame(FrameKind::Data, records) }
}

fn journal(frames: &[Forged]) -> FaultyDisk {
    let (mut bytes, mut previous) = (Vec::new(), [0; 32]);
    for forged in frames {
        let mut frame = vec![0; HEAD_BYTES];
        frame.extend_from_slice(&forged.payload);
        let head = Head {
            session: forged.session,
            previous,
            first_seq: Seq(forged.first_seq),
            payload_len: forged.payload.len(),
            kind: forged.kind,
            is_commit_end: forged.is_commit_end,
        };
        previous = complete(&mut frame, &head);
        bytes.extend_from_slice(&frame);
    }
    let disk = FaultyDisk::new();
    disk.set("000001.seg", Some(&bytes));
    disk
}

fn commit() -> Commit {
    Commit { next_seq: Seq(2), decisions: 1, calls: 2, blobs: 1, synced: 0 }
}

fn blob(id: u32, bytes: &[u8]) -> Record {
    let content = BlobContent::Inline(bytes.to_vec());
    Record::Blob(BlobRecord { id: BlobId(id), sha256: sha256(b"configuration"), content })
}

fn queued(seq: u64, ordinal: u32) -> Record {
    let number = Number { seq: Seq(seq), ordinal };
    Record::Decision { number, decision: decision(1, DecisionKind::Queued), note: Vec::new() }
}

/// The records of a valid commit: a blob, the event that names it, a decision, fuel of two calls, the totals.
fn records() -> Vec<Record> {
    vec![
        blob(1, b"configuration"),
        Record::Event(event(1)),
        queued(1, 0),
        Record::Fuel(vec![5, 500]),
        Record::Commit(commit()),
    ]
}

fn opening() -> Forged {
    frame(FrameKind::Header, &[Record::Header(header()), Record::Commit(Commit::default())])
}

fn read(disk: &FaultyDisk) -> Result<Vec<Step>, JournalError> {
    let mut reader = JournalReader::open_on(disk.handle())?;
    let (mut steps, mut step) = (Vec::new(), Step::new());
    while reader.next_step(&mut step)? {
        steps.push(step.clone());
    }
    Ok(steps)
}

fn verify(disk: &FaultyDisk) -> ChainReport {
    verify_chain_on(disk.handle()).expect("a disk without faults")
}

/// Reading fails with `code`, and verification says the same.
#[track_caller]
fn check(frames: &[Forged], code: JournalCode) {
    let disk = journal(frames);
    let error = read(&disk).expect_err("refused");
    assert_eq!(error.code(), code, "{error}");
    let report = verify(&disk);
    assert_eq!(report.first_problem(), Some(&error.finding()));
}

#[track_caller]
fn check_records(records: Vec<Record>, code: JournalCode) {
    check(&[opening(), frame(FrameKind::Data, &records)], code);
}

fn changed(index: usize, record: Record) -> Vec<Record> {
    let mut all = records();
    all[index] = record;
    all
}

#[test]
fn the_records_that_the_other_tests_change_are_valid() {
    let disk = journal(&[opening(), frame(FrameKind::Data, &records())]);
    let steps = read(&disk).expect("whole");
    assert_eq!((steps.len(), steps[0].decisions.len(), steps[0].blobs.len()), (1, 1, 1));
    let codes: Vec<JournalCode> = verify(&disk).findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [JournalCode::SidecarMissing]);
    assert!(verify(&disk).is_intact());
}

#[test]
fn events_are_numbered_without_gaps() {
    let span =
        |first_seq, rows| Record::TapeSpan(TapeSpan { first_seq: Seq(first_seq), rows, rows_per_tape: vec![rows, 0] });
    for input in [Record::Event(event(2)), Record::Event(event(0)), span(2, 1), span(3, 9)] {
        let totals = Record::Commit(Commit { decisions: 0, ..commit() });
        let list = vec![blob(1, b"configuration"), input, Record::Fuel(vec![5, 500]), totals];
        check_records(list, JournalCode::Sequence);
    }
    // There is no number after the last one.
    let last = Record::Event(Event { seq: Seq(u64::MAX), ..event(1) });
    let list = vec![blob(1, b"configuration"), span(1, u64::MAX - 1), last, Record::Commit(commit())];
    check_records(list, JournalCode::Sequence);
}

#[test]
fn decisions_follow_their_event_in_order() {
    check_records(changed(2, queued(1, 1)), JournalCode::Sequence);
    check_records(changed(2, queued(2, 0)), JournalCode::Sequence);
    let mut early = records();
    early.swap(1, 2);
    check_records(early, JournalCode::Sequence);
}

#[test]
fn blobs_are_numbered_and_are_what_their_hash_says() {
    check_records(changed(0, blob(2, b"configuration")), JournalCode::Sequence);
    check_records(changed(0, blob(1, b"Configuration")), JournalCode::Blob);
    let content = BlobContent::File(13);
    let missing = Record::Blob(BlobRecord { id: BlobId(1), sha256: sha256(b"configuration"), content });
    check_records(changed(0, missing), JournalCode::Blob);
}

#[test]
fn totals_are_those_of_the_records() {
    for wrong in [
        Commit { next_seq: Seq(3), ..commit() },
        Commit { decisions: 0, ..commit() },
        Commit { calls: 1, ..commit() },
        Commit { blobs: 0, ..commit() },
        Commit { synced: 1 << 40, ..commit() },
    ] {
        check_records(changed(4, Record::Commit(wrong)), JournalCode::Counts);
    }
}

#[test]
fn a_confirmed_length_never_falls() {
    let more = Commit { synced: 100, ..commit() };
    let frames = [
        opening(),
        frame(FrameKind::Data, &changed(4, Record::Commit(more))),
        frame_from(2, &[Record::Commit(Commit { synced: 99, ..commit() })]),
    ];
    check(&frames, JournalCode::Counts);
    let frames = [frames[0].clone(), frames[1].clone(), frame_from(2, &[Record::Commit(more)])];
    assert!(verify(&journal(&frames)).is_intact());
}

#[test]
fn the_last_frame_of_a_commit_ends_with_its_totals_and_no_other_does() {
    let mut without = records();
    without.pop();
    check_records(without.clone(), JournalCode::Record);
    let open = Forged { is_commit_end: false, ..frame(FrameKind::Data, &records()) };
    check(&[opening(), open], JournalCode::Record);
    let mut not_last = records();
    not_last.swap(3, 4);
    check_records(not_last, JournalCode::Record);
    let open = Forged { is_commit_end: false, ..opening() };
    check(&[open], JournalCode::Record);
}

#[test]
fn a_step_is_not_split_between_commits() {
    let first = [
        blob(1, b"configuration"),
        Record::Event(event(1)),
        Record::Commit(Commit { decisions: 0, calls: 0, ..commit() }),
    ];
    let second = [queued(1, 0), Record::Fuel(vec![5, 500]), Record::Commit(commit())];
    check(&[opening(), frame(FrameKind::Data, &first), frame_from(2, &second)], JournalCode::Sequence);
}

#[test]
fn header_and_seal_stand_at_the_ends() {
    check(&[frame(FrameKind::Data, &records())], JournalCode::FrameOrder);
    check(&[opening(), opening()], JournalCode::FrameOrder);
    check(&[frame(FrameKind::Header, &[Record::Commit(Commit::default())])], JournalCode::Record);
    check(&[opening(), frame(FrameKind::Seal, &records())], JournalCode::Record);
    check(&[opening(), sealed(), frame(FrameKind::Data, &[Record::Commit(Commit::default())])], JournalCode::AfterSeal);
}

fn sealed() -> Forged {
    let nothing = sha256(&[]);
    let seal = Seal { state: [0; 32], decisions: nothing, fuel: nothing, strategies: vec![] };
    frame(FrameKind::Seal, &[Record::Seal(seal), Record::Commit(Commit::default())])
}

#[test]
fn a_frame_states_the_event_that_is_next() {
    let again = |first_seq| frame_from(first_seq, &[Record::Commit(commit())]);
    for first_seq in [0, 2] {
        check(&[opening(), frame_from(first_seq, &records())], JournalCode::FrameOrder);
    }
    for first_seq in [1, 3] {
        check(&[opening(), frame_from(1, &records()), again(first_seq)], JournalCode::FrameOrder);
    }
    assert!(verify(&journal(&[opening(), frame_from(1, &records()), again(2)])).is_intact());
}

#[test]
fn a_frame_holds_only_records_of_its_kind() {
    let header = || Record::Header(header());
    let seal = || Record::Seal(Seal { state: [0; 32], decisions: [0; 32], fuel: [0; 32], strategies: vec![] });
    let totals = || Record::Commit(Commit::default());
    for list in [
        vec![header(), header(), totals()],
        vec![header(), Record::Event(event(1)), totals()],
        vec![header(), blob(1, b"configuration"), totals()],
        vec![header(), Record::Fuel(vec![1]), totals()],
        vec![header(), Record::HaltedCall(HaltedCall { strategy: StrategyId(1), call: 0 }), totals()],
        vec![header(), seal(), totals()],
    ] {
        check(&[frame(FrameKind::Header, &list)], JournalCode::Record);
    }
    for own in [header(), seal()] {
        let mut list = records();
        list.insert(0, own);
        check_records(list, JournalCode::Record);
    }
    for list in [vec![seal(), seal(), totals()], vec![header(), seal(), totals()], vec![seal(), queued(1, 0), totals()]]
    {
        check(&[opening(), frame(FrameKind::Seal, &list)], JournalCode::Record);
    }
    let later = Record::Unknown { number: 2007, version: 1, payload: vec![1] };
    assert!(read(&journal(&[frame(FrameKind::Header, &[header(), later, totals()])])).is_ok());
}

#[test]
fn lists_of_header_and_seal_ascend_and_tapes_are_played() {
    let component = |id| ComponentRef { strategy: StrategyId(id), sha256: [1; 32] };
    let fact = |name: &str| (name.to_owned(), String::new());
    for forged in [
        Header { components: vec![component(2), component(1)], ..header() },
        Header { components: vec![component(1), component(1)], ..header() },
        Header { facts: vec![fact("b"), fact("a")], ..header() },
        Header { facts: vec![fact("a"), fact("a")], ..header() },
        Header { feed: Feed { repeat: 0, rows_max: None }, ..header() },
    ] {
        let list = [Record::Header(forged), Record::Commit(Commit::default())];
        check(&[frame(FrameKind::Header, &list)], JournalCode::Record);
    }
    for second in [1, 2] {
        let strategies = vec![(StrategyId(2), [0; 32]), (StrategyId(second), [0; 32])];
        let seal = Record::Seal(Seal { state: [0; 32], decisions: [0; 32], fuel: [0; 32], strategies });
        let list = [seal, Record::Commit(Commit::default())];
        check(&[opening(), frame(FrameKind::Seal, &list)], JournalCode::Record);
    }
}

#[test]
fn time_does_not_go_back() {
    let at = |seq, time| Record::Event(Event { time: TimeNs(time), ..event(seq) });
    let list = |second| {
        let totals = Commit { next_seq: Seq(3), decisions: 0, calls: 0, ..commit() };
        vec![blob(1, b"configuration"), at(1, 10), at(2, second), Record::Commit(totals)]
    };
    check_records(list(9), JournalCode::Sequence);
    assert!(verify(&journal(&[opening(), frame(FrameKind::Data, &list(10))])).is_intact());
}

#[test]
fn a_halt_of_the_machine_names_its_call_and_no_other_halt_does() {
    let halted = |ordinal, code| {
        let decision = decision(0, DecisionKind::Halted(Halt { code, limit: 1, used: 1 }));
        Record::Decision { number: Number { seq: Seq(1), ordinal }, decision, note: Vec::new() }
    };
    let call = |strategy| Record::HaltedCall(HaltedCall { strategy: StrategyId(strategy), call: 0 });
    let list = |more: Vec<Record>| {
        let mut list = records();
        let decisions = 1 + more.iter().filter(|record| matches!(record, Record::Decision { .. })).count() as u64;
        list.splice(3..3, more);
        *list.last_mut().expect("the totals") = Record::Commit(Commit { decisions, ..commit() });
        list
    };
    let good = list(vec![halted(1, HaltCode::Stack), call(1)]);
    let disk = journal(&[opening(), frame(FrameKind::Data, &good)]);
    assert_eq!(read(&disk).expect("whole")[0].halted_calls, [HaltedCall { strategy: StrategyId(1), call: 0 }]);
    for bad in [
        vec![halted(1, HaltCode::Stack)],
        vec![halted(1, HaltCode::Stack), call(2)],
        vec![halted(1, HaltCode::Stack), call(1), call(1)],
        vec![halted(1, HaltCode::Fuel), call(1)],
        vec![call(1)],
    ] {
        check_records(list(bad), JournalCode::Record);
    }
    assert!(verify(&journal(&[opening(), frame(FrameKind::Data, &list(vec![halted(1, HaltCode::Fuel)]))])).is_intact());
}

#[test]
fn a_format_that_is_not_known_is_refused_as_such() {
    let mut newer = opening();
    let version_at = newer.payload.windows(16).position(|window| window == SESSION.0).expect("the session id") - 2;
    newer.payload[version_at..version_at + 2].copy_from_slice(&2_u16.to_le_bytes());
    check(&[newer.clone()], JournalCode::Format);
    let opened = JournalWriter::open_on(journal(&[newer]).handle(), Options::new(Durability::EveryCommit));
    assert_eq!(opened.expect_err("refused").code(), JournalCode::Format);
}

#[test]
fn the_header_belongs_to_the_session_of_its_frame() {
    let foreign = Header { session: SessionId([1; 16]), ..header() };
    let forged = frame(FrameKind::Header, &[Record::Header(foreign), Record::Commit(Commit::default())]);
    check(&[forged], JournalCode::Record);
}

#[test]
fn a_frame_of_another_session_is_a_torn_tail_unless_one_of_ours_follows() {
    let foreign = Forged { session: SessionId([1; 16]), ..frame(FrameKind::Data, &records()) };
    let ours = frame(FrameKind::Data, &records());
    let disk = journal(&[opening(), foreign.clone()]);
    assert_eq!(read(&disk).expect("the header is whole").len(), 0);
    assert_eq!(verify(&disk).first_problem().map(|finding| finding.code), Some(JournalCode::TornTail));
    check(&[opening(), foreign, ours], JournalCode::BadFrame);
}

#[test]
fn an_older_frame_after_a_bad_one_does_not_count_as_later() {
    let mut bad = journal(&[opening(), Forged { first_seq: 7, ..frame(FrameKind::Data, &records()) }]);
    let whole = bad.bytes("000001.seg").expect("a segment");
    let old = journal(&[opening()]).bytes("000001.seg").expect("a segment");
    bad.set("000001.seg", Some(&[&whole[..], &[0; 8], &old].concat()));
    assert_eq!(verify(&bad).first_problem().map(|finding| finding.code), Some(JournalCode::TornTail));
    bad = journal(&[opening(), frame(FrameKind::Data, &records())]);
    let whole = bad.bytes("000001.seg").expect("a segment");
    bad.set("000001.seg", Some(&[&whole[..], &[0; 8], &old].concat()));
    assert_eq!(verify(&bad).first_problem().map(|finding| finding.code), Some(JournalCode::BadFrame));
}

#[test]
fn a_record_that_is_not_what_its_type_says_is_refused() {
    let raw = |number: u16, bytes: &[u8]| Record::Unknown { number, version: RECORD_VERSION, payload: bytes.to_vec() };
    for (index, record) in
        [(1, raw(300, &[0; 3])), (2, raw(1005, &[0; 3])), (0, raw(2001, &[0; 3])), (3, raw(2003, &[0x80]))]
    {
        check_records(changed(index, record), JournalCode::Record);
    }
    let span = Record::TapeSpan(TapeSpan { first_seq: Seq(1), rows: 1, rows_per_tape: vec![1] });
    check_records(changed(1, span), JournalCode::Record);
    let mut cut = frame(FrameKind::Data, &records());
    cut.payload.truncate(cut.payload.len() - 1);
    check(&[opening(), cut], JournalCode::Record);
}

#[test]
fn what_is_newer_than_this_build_is_skipped_and_reported() {
    let unknown = |number, version, payload: &[u8]| Record::Unknown { number, version, payload: payload.to_vec() };
    let mut list = records();
    let seq = 2_u64.to_le_bytes();
    list.splice(3..3, [unknown(3000, 1, b"x"), unknown(1900, 1, &seq), unknown(50, 1, &seq), unknown(1005, 2, b"")]);
    let totals = Commit { next_seq: Seq(3), decisions: 3, ..commit() };
    *list.last_mut().expect("the totals") = Record::Commit(totals);
    let disk = journal(&[opening(), frame(FrameKind::Data, &list)]);
    let steps = read(&disk).expect("readable");
    assert_eq!(steps.len(), 2);
    assert_eq!((steps[0].decisions.len(), steps[0].unknown_decisions), (1, 1));
    assert_eq!(steps[1].input, Input::Unknown { seq: Seq(2), number: 50, version: 1 });
    assert_eq!(steps[1].unknown_decisions, 1);
    assert_eq!(steps[0].first_difference(&steps[0].decisions, &[], Tags::Compared), Some(1), "unknown is not equal");
    let report = verify(&disk);
    assert!(report.is_intact());
    let details: Vec<&str> = report.findings.iter().map(|finding| finding.detail.as_str()).collect();
    assert_eq!(details, ["4 records of unknown type or version", "there is no sidecar.txt"]);
}

#[test]
fn a_newer_version_of_a_mark_is_not_skipped() {
    for number in 2000..=2006 {
        let mut list = records();
        list.insert(0, Record::Unknown { number, version: RECORD_VERSION + 1, payload: vec![1] });
        check_records(list, JournalCode::Format);
    }
}

#[test]
fn the_digests_in_the_seal_are_those_of_the_records() {
    assert!(verify(&journal(&[opening(), sealed()])).is_intact());
    let nothing = sha256(&[]);
    let good = Seal { state: [0; 32], decisions: nothing, fuel: nothing, strategies: vec![(StrategyId(1), nothing)] };
    for (seal, is_intact) in [
        (good.clone(), true),
        (Seal { decisions: [1; 32], ..good.clone() }, false),
        (Seal { fuel: [1; 32], ..good.clone() }, false),
        (Seal { strategies: vec![(StrategyId(1), [1; 32])], ..good.clone() }, false),
        (Seal { state: [1; 32], ..good }, true),
    ] {
        let forged = frame(FrameKind::Seal, &[Record::Seal(seal.clone()), Record::Commit(Commit::default())]);
        let report = verify(&journal(&[opening(), forged]));
        assert_eq!(report.is_intact(), is_intact, "{seal:?}");
        assert!(is_intact || report.findings[0].code == JournalCode::Digest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_payload_with_a_valid_checksum_makes_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        in_header in any::<bool>(),
    ) {
        let mut frames = [opening(), frame(FrameKind::Data, &records())];
        let target = &mut frames[usize::from(!in_header)].payload;
        for (at, value) in changes {
            let at = at.index(target.len());
            target[at] = value;
        }
        let disk = journal(&frames);
        let reading = read(&disk);
        let report = verify(&disk);
        prop_assert!(reading.is_ok() || !report.is_intact());
        drop(JournalWriter::open_on(disk.handle(), Options::new(Durability::EveryCommit)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), starts_whole in any::<bool>()) {
        let disk = journal(&[opening()]);
        let whole = if starts_whole { disk.bytes("000001.seg").expect("a segment") } else { Vec::new() };
        disk.set("000001.seg", Some(&[whole, bytes].concat()));
        let reading = read(&disk);
        prop_assert_eq!(reading.is_ok(), starts_whole);
        drop(verify(&disk));
    }
}

#[test]
fn a_commit_whose_last_frame_is_missing_is_a_torn_tail_of_so_many_bytes() {
    let open = Forged { is_commit_end: false, ..frame(FrameKind::Data, &records()[..4]) };
    let (whole, torn) = (journal(&[opening()]), journal(&[opening(), open]));
    let len = |disk: &FaultyDisk| disk.bytes("000001.seg").expect("a segment").len();
    assert_eq!(read(&torn).expect("the commits before it are whole"), read(&whole).expect("whole"));
    let finding = verify(&torn).first_problem().cloned().expect("it is told");
    assert_eq!(finding.code, JournalCode::TornTail);
    let lost = len(&torn) - len(&whole);
    assert_eq!(finding.detail, format!("{lost} bytes of an incomplete commit; its last frame is missing"));
}
