//! Records: does every record that is read have one form, and is every other one refused?

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::ids::{BlobId, Seq, StrategyId};
use ringfence_core::intent::{Curve, IntentKind, Schedule};
use ringfence_fuzz::{largest_of, target};
use ringfence_journal::wire::decision::{Number, note_bytes};
use ringfence_journal::wire::marks::{BlobContent, BlobRecord, Commit, HaltedCall, Seal, TapeSpan};
use ringfence_journal::wire::record::{Record, next_record};

use crate::common::header;
use crate::generators::{NOTES, decision_kinds, decision_of, event_kinds, event_of};

/// Records of a whole frame, one after the other: what reads is written as the same bytes, and takes no more memory than
/// its bytes answer for.
#[test]
fn records() {
    target!("records", samples()).tried(20_000, |input| {
        let (largest, ()) = largest_of(|| read(input));
        assert!(largest <= 4_096 + 64 * input.len(), "{largest} bytes at once for {}", input.len());
    });
}

fn read(input: &[u8]) {
    let mut at = 0;
    loop {
        let start = at;
        let Ok(Some(raw)) = next_record(input, &mut at) else { return };
        assert!(at > start && at <= input.len(), "a record ends behind its start, inside the frame");
        let Ok(record) = Record::decode(&raw) else { continue };
        let mut again = Vec::new();
        record.encode(&mut again);
        assert_eq!(again, input[start..at], "{record:?}");
    }
}

/// Three of every kind of event and decision, and the journal's own facts.
fn samples() -> Vec<Vec<u8>> {
    let mut runner = TestRunner::deterministic();
    let mut all = Vec::new();
    for kind in event_kinds() {
        let events = draw(&mut runner, &event_of(kind));
        all.push(encoded(&events.into_iter().map(Record::Event).collect::<Vec<_>>()));
    }
    for kind in decision_kinds() {
        let decisions = draw(&mut runner, &decision_of(kind)).into_iter().zip(0..).map(decision_record);
        all.push(encoded(&decisions.collect::<Vec<_>>()));
    }
    all.push(encoded(&marks()));
    all
}

fn draw<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: &BoxedStrategy<T>) -> Vec<T> {
    (0..3).map(|_| strategy.new_tree(runner).expect("a sample").current()).collect()
}

fn encoded(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| record.encode(&mut bytes));
    bytes
}

/// A record of a decision holds its note, or its profile, alone.
fn decision_record((mut decision, ordinal): (Decision, u32)) -> Record {
    let notes: Vec<u8> = (0..NOTES).map(|byte| b'a' + u8::try_from(byte % 26).expect("a letter")).collect();
    let number = Number { seq: Seq(7), ordinal };
    let DecisionKind::Emitted(
        IntentKind::Note(span) | IntentKind::Schedule(Schedule { curve: Curve::Profile(span), .. }),
    ) = &mut decision.kind
    else {
        return Record::Decision { number, decision, note: Vec::new() };
    };
    let note = note_bytes(*span, &notes).to_vec();
    span.start = 0;
    Record::Decision { number, decision, note }
}

fn marks() -> Vec<Record> {
    let blob = |content| Record::Blob(BlobRecord { id: BlobId(9), sha256: [1; 32], content });
    let strategies = vec![(StrategyId(0), [1; 32]), (StrategyId(4), [2; 32])];
    vec![
        Record::Header(header()),
        blob(BlobContent::Inline(vec![1, 2])),
        blob(BlobContent::File(1 << 40)),
        Record::TapeSpan(TapeSpan { first_seq: Seq(5), rows: 3, rows_per_tape: vec![1, 0, 2] }),
        Record::Fuel(vec![0, 127, 128, u64::MAX]),
        Record::Commit(Commit { next_seq: Seq(8), decisions: 2, calls: 3, blobs: 1, synced: 4 }),
        Record::Seal(Seal { state: [1; 32], decisions: [2; 32], fuel: [3; 32], strategies }),
        Record::HaltedCall(HaltedCall { strategy: StrategyId(2), call: 3 }),
    ]
}
