//! Laws of the wire: every value has one form, every accepted form is one value, no bytes are fatal.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ringfence_core::canonical::DecodeError;
use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::event::Mode;
use ringfence_core::ids::{BlobId, Seq, SessionId, StrategyId};
use ringfence_core::intent::{Curve, IntentKind, Schedule};
use ringfence_core::risk::KeyId;

use super::decision::{Number, Tags, note_bytes, same_decision};
use super::generators::{NOTES, decision_kinds, decision_of, decisions, event_kinds, event_of};
use super::header::{ComponentRef, Feed, Header, TapeRef};
use super::marks::{BlobContent, BlobRecord, Commit, HaltedCall, Seal, TapeSpan};
use super::record::{RECORD_VERSION, Record, next_record, put_record};

/// Encodes, decodes, encodes again: the same record, the same bytes.
fn check(record: &Record) {
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    let mut at = 0;
    let raw = next_record(&bytes, &mut at).expect("a whole record").expect("a record");
    assert_eq!(at, bytes.len(), "a record ends where it says");
    let decoded = Record::decode(&raw).expect("what was written is read");
    assert_eq!(&decoded, record);
    let mut again = Vec::new();
    decoded.encode(&mut again);
    assert_eq!(again, bytes);
}

/// A record of a decision holds its note, or its profile, alone.
fn decision_record(number: Number, mut decision: Decision, notes: &[u8]) -> Record {
    let DecisionKind::Emitted(
        IntentKind::Note(span) | IntentKind::Schedule(Schedule { curve: Curve::Profile(span), .. }),
    ) = &mut decision.kind
    else {
        return Record::Decision { number, decision, note: Vec::new() };
    };
    let note = note_bytes(*span, notes).to_vec();
    span.start = 0;
    Record::Decision { number, decision, note }
}

fn samples<T: std::fmt::Debug>(strategy: &BoxedStrategy<T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a sample").current()).collect()
}

#[test]
fn events_of_every_kind_are_read_back() {
    let mut seen = BTreeSet::new();
    for kind in event_kinds() {
        for event in samples(&event_of(kind), 20) {
            seen.insert(event.kind.number());
            check(&Record::Event(event));
        }
    }
    let known: BTreeSet<u16> = (1..=13).chain(100..=120).chain(200..=218).chain([300]).collect();
    assert_eq!(seen, known, "a kind of event without a generator, or without a codec");
}

#[test]
fn decisions_of_every_kind_are_read_back() {
    let notes: Vec<u8> = (0..NOTES).map(|n| n as u8).collect();
    let mut seen = BTreeSet::new();
    for kind in decision_kinds() {
        for (decision, ordinal) in samples(&decision_of(kind), 20).into_iter().zip(0..) {
            seen.insert(decision.kind.number());
            check(&decision_record(Number { seq: Seq(7), ordinal }, decision, &notes));
        }
    }
    assert_eq!(seen, (1000..=1018).collect(), "a kind of decision without a generator, or without a codec");
}

#[test]
fn a_number_without_a_kind_is_unknown_not_an_error() {
    let known: BTreeSet<u16> = (1..=13).chain(100..=120).chain(200..=218).chain([300]).chain(1000..=1018).collect();
    for number in (0..=u16::MAX).filter(|number| !known.contains(number) && !(2000..=2006).contains(number)) {
        for payload in [vec![], vec![0; 64]] {
            check(&Record::Unknown { number, version: RECORD_VERSION, payload });
        }
    }
}

#[test]
fn a_newer_version_of_a_known_type_is_skipped() {
    for number in [1, 102, 1000, 2001, 2004] {
        check(&Record::Unknown { number, version: RECORD_VERSION + 1, payload: vec![1, 2, 3] });
    }
}

fn header() -> Header {
    Header {
        session: SessionId([1; 16]),
        mode: Mode::Backtest,
        rules_version: 3,
        engine: "ringfence 0.1.0".into(),
        operator_costs: "costs-1".into(),
        config: [2; 32],
        components: vec![ComponentRef { strategy: StrategyId(1), sha256: [3; 32] }],
        tapes: vec![TapeRef { sha256: [4; 32] }, TapeRef { sha256: [5; 32] }],
        feed: Feed { rows_max: Some(200_000), repeat: 12 },
        facts: vec![("fill".into(), "same-event".into())],
    }
}

fn marks() -> Vec<Record> {
    let feed = Feed { rows_max: None, repeat: 1 };
    let bare = Header { components: vec![], tapes: vec![], feed, ..header() };
    let blob = |content| Record::Blob(BlobRecord { id: BlobId(9), sha256: [1; 32], content });
    let strategies = vec![(StrategyId(0), [1; 32]), (StrategyId(4), [2; 32])];
    vec![
        Record::Header(header()),
        Record::Header(bare),
        blob(BlobContent::Inline(vec![])),
        blob(BlobContent::Inline(vec![1, 2])),
        blob(BlobContent::File(1 << 40)),
        Record::TapeSpan(TapeSpan { first_seq: Seq(5), rows: 3, rows_per_tape: vec![1, 0, 2] }),
        Record::Fuel(vec![0, 127, 128, u64::MAX]),
        Record::Commit(Commit { next_seq: Seq(8), decisions: 2, calls: 3, blobs: 1, synced: 4 }),
        Record::Seal(Seal { state: [1; 32], decisions: [2; 32], fuel: [3; 32], strategies }),
        Record::HaltedCall(HaltedCall { strategy: StrategyId(2), call: 3 }),
    ]
}

#[test]
fn marks_are_read_back() {
    marks().iter().for_each(check);
}

fn refused(number: u16, payload: &[u8], want: Expect) {
    let mut bytes = Vec::new();
    put_record(&mut bytes, number, payload);
    let raw = next_record(&bytes, &mut 0).expect("whole").expect("a record");
    want.assert_eq(&Record::decode(&raw).expect_err("refused").to_string());
}

#[test]
fn a_payload_that_is_not_what_its_type_says_is_refused_with_the_offset() {
    refused(300, &[0; 40], expect!["7 bytes left over at offset 33"]);
    refused(300, &[0; 30], expect!["the bytes end at offset 30, inside a value"]);
    refused(2002, &[0; 12], expect!["no valid rows of a tape span at offset 12"]);
    refused(2003, &[0x80, 0], expect!["no valid variable-length integer at offset 0"]);
    refused(2000, &[9; 40], expect!["no valid format version at offset 0"]);
    let mut long_note = vec![0; 24];
    long_note.push(7);
    long_note.extend_from_slice(&513_u32.to_le_bytes());
    long_note.extend_from_slice(&[b'x'; 513]);
    refused(1000, &long_note, expect!["no valid note length at offset 542"]);
    let mut span = vec![0; 8];
    span.extend_from_slice(&2_u32.to_le_bytes());
    span.extend_from_slice(&u64::MAX.to_le_bytes());
    span.extend_from_slice(&1_u64.to_le_bytes());
    refused(2002, &span, expect!["no valid rows of a tape span at offset 28"]);
}

#[test]
fn a_record_longer_than_its_frame_is_refused() {
    for bytes in
        [&[1][..], &[1, 0, 1], &[1, 0, 1, 5, 0], &[1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]]
    {
        assert_eq!(next_record(bytes, &mut 0), Err(DecodeError::Truncated(bytes.len())), "{bytes:?}");
    }
}

#[test]
fn an_approval_tag_counts_only_where_it_is_compared() {
    let allowed = |tag| Decision {
        key: Default::default(),
        kind: DecisionKind::Allowed(ringfence_core::decision::ApprovalMark {
            number: 1,
            key_id: KeyId(1),
            tag: [tag; 32],
        }),
    };
    let (left, right) = (allowed(1), allowed(2));
    assert!(same_decision((&left, &[]), (&right, &[]), Tags::Ignored));
    assert!(!same_decision((&left, &[]), (&right, &[]), Tags::Compared));
}

/// A valid record of any type.
fn any_record() -> BoxedStrategy<Record> {
    let events = event_kinds().into_iter().map(|kind| event_of(kind).prop_map(Record::Event).boxed());
    let notes: Vec<u8> = (0..NOTES).map(|n| n as u8).collect();
    let decisions = decision_kinds().into_iter().map(|kind| {
        let notes = notes.clone();
        let record = move |decision| decision_record(Number { seq: Seq(7), ordinal: 1 }, decision, &notes);
        decision_of(kind).prop_map(record).boxed()
    });
    let marks = marks().into_iter().map(|mark| Just(mark).boxed());
    prop::strategy::Union::new(events.chain(decisions).chain(marks)).boxed()
}

/// Up to three bytes to overwrite.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![0_u8..4, any::<u8>()]), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn many_decisions_share_one_notes_buffer(list in decisions(1..20)) {
        let (all, notes) = list;
        let mut buffer = Vec::new();
        for (decision, ordinal) in all.iter().zip(0..) {
            let record = decision_record(Number { seq: Seq(1), ordinal }, *decision, &notes);
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            let raw = next_record(&bytes, &mut 0).expect("whole").expect("a record");
            let read = super::decision::take_decision(raw.number, raw.payload, &mut buffer).expect("read").expect("known");
            prop_assert!(same_decision((decision, &notes), (&read.1, &buffer), Tags::Compared));
        }
    }

    #[test]
    fn accepted_bytes_are_the_only_form(record in any_record(), changes in changes()) {
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let mut at = 0;
        if let Ok(Some(raw)) = next_record(&bytes, &mut at)
            && let Ok(read) = Record::decode(&raw)
        {
            let mut again = Vec::new();
            read.encode(&mut again);
            prop_assert_eq!(&again, &bytes[..at]);
        }
    }

    #[test]
    fn a_changed_byte_is_refused_or_another_value(record in any_record(), at: prop::sample::Index, change in 1_u8..=255) {
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(Some(raw)) = next_record(&bytes, &mut 0)
            && let Ok(read) = Record::decode(&raw)
        {
            prop_assert_ne!(read, record);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut at = 0;
        while let Ok(Some(raw)) = next_record(&bytes, &mut at) {
            drop(Record::decode(&raw));
        }
    }
}
