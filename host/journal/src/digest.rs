//! Digests: are two runs the same, whatever else differs?
//!
//! In: the decisions and the fuel of every step, in order. Out: SHA-256 digests. Must never: depend on seq, approval
//! numbers, tags, fuel, mode, environment, or on how the decisions of several strategies interleave.

use std::collections::BTreeMap;

use ringfence_core::blob::{Sha256Hash, sha256};
use ringfence_core::canonical::Writer;
use ringfence_core::decision::Decision;
use ringfence_core::ids::StrategyId;
use sha2::{Digest, Sha256};

use crate::wire::decision::put_for_digest;
use crate::wire::varint::put_varint;

/// One digest per strategy over its decisions in order, and one over all strategies by ascending id.
///
/// Strategy 0 (decisions about nobody's intent) has its own and takes part in the digest of the run.
#[derive(Clone, Debug, Default)]
pub struct DecisionDigests {
    strategies: BTreeMap<StrategyId, Stream>,
}

impl DecisionDigests {
    /// Digests of nothing.
    #[must_use]
    pub fn new() -> DecisionDigests {
        DecisionDigests::default()
    }

    /// Adds the decisions of one step; `notes` is the buffer their notes lie in.
    ///
    /// # Panics
    /// When a note's span lies outside `notes`.
    #[inline]
    pub fn add(&mut self, decisions: &[Decision], notes: &[u8]) {
        for decision in decisions {
            let stream = self.strategies.entry(decision.key.strategy).or_default();
            put_for_digest(&mut stream.pending, decision, notes);
            stream.hash_when_full();
        }
    }

    /// Digest of one strategy's decisions; of no bytes when it decided nothing.
    #[must_use]
    pub fn strategy(&self, strategy: StrategyId) -> Sha256Hash {
        self.strategies.get(&strategy).map_or_else(|| sha256(&[]), Stream::finish)
    }

    /// Digest of every strategy that has decisions, by ascending id.
    #[must_use]
    pub fn strategies(&self) -> Vec<(StrategyId, Sha256Hash)> {
        self.strategies.iter().map(|(strategy, stream)| (*strategy, stream.finish())).collect()
    }

    /// Digest of the run: SHA-256 over (strategy u16, its digest) by ascending id, of strategies that have decisions.
    #[must_use]
    pub fn run(&self) -> Sha256Hash {
        let mut bytes = Vec::new();
        for (strategy, digest) in self.strategies() {
            bytes.extend_from_slice(&strategy.0.to_le_bytes());
            bytes.extend_from_slice(&digest);
        }
        sha256(&bytes)
    }
}

#[derive(Debug, Default)]
struct Stream {
    hasher: Sha256,
    pending: Writer,
}

impl Clone for Stream {
    fn clone(&self) -> Stream {
        let mut pending = Writer::new();
        pending.raw(self.pending.bytes());
        Stream { hasher: self.hasher.clone(), pending }
    }
}

impl Stream {
    fn hash_when_full(&mut self) {
        if self.pending.bytes().len() >= BLOCK_BYTES {
            self.hasher.update(self.pending.bytes());
            self.pending.clear();
        }
    }

    fn finish(&self) -> Sha256Hash {
        finish(&self.hasher, self.pending.bytes())
    }
}

/// Digest of fuel: SHA-256 over the varint of every call, in call order.
#[derive(Clone, Debug, Default)]
pub struct FuelDigest {
    hasher: Sha256,
    pending: Vec<u8>,
}

impl FuelDigest {
    /// Digest of no calls.
    #[must_use]
    pub fn new() -> FuelDigest {
        FuelDigest::default()
    }

    /// Adds the fuel of the calls of one step.
    #[inline]
    pub fn add(&mut self, fuel: &[u64]) {
        for used in fuel {
            put_varint(&mut self.pending, *used);
        }
        if self.pending.len() >= BLOCK_BYTES {
            self.hash_pending();
        }
    }

    /// The digest so far.
    #[must_use]
    pub fn finish(&self) -> Sha256Hash {
        finish(&self.hasher, &self.pending)
    }

    #[cold]
    fn hash_pending(&mut self) {
        self.hasher.update(&self.pending);
        self.pending.clear();
    }
}

fn finish(hasher: &Sha256, pending: &[u8]) -> Sha256Hash {
    let mut hasher = hasher.clone();
    hasher.update(pending);
    let mut out = [0; 32];
    out.copy_from_slice(&hasher.finalize());
    out
}

/// Bytes are hashed in blocks of about this size: one call of the hash for some hundred rows, and the block stays in the
/// first-level cache.
const BLOCK_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::generators::decisions;
    use proptest::prelude::*;
    use ringfence_core::decision::{ApprovalMark, DecisionKind};
    use ringfence_core::event::Halt;
    use ringfence_core::ids::{IntentId, LegId, LegKey};
    use ringfence_core::intent::{Action, CancelTerms, IntentKind, NoteSpan};
    use ringfence_core::risk::KeyId;
    use ringfence_core::strategy::HaltCode;

    fn decision(strategy: u16, intent: u64, kind: DecisionKind) -> Decision {
        Decision { key: LegKey { strategy: StrategyId(strategy), intent: IntentId(intent), leg: LegId(0) }, kind }
    }

    fn run(decisions: &[Decision], notes: &[u8]) -> DecisionDigests {
        let mut digests = DecisionDigests::new();
        digests.add(decisions, notes);
        digests
    }

    #[track_caller]
    fn check_equal(left: DecisionKind, right: DecisionKind) {
        assert_eq!(run(&[decision(1, 1, left)], &[]).run(), run(&[decision(1, 1, right)], &[]).run());
    }

    #[track_caller]
    fn check_different(left: Decision, right: Decision) {
        assert_ne!(run(&[left], b"ab").run(), run(&[right], b"ab").run());
    }

    #[test]
    fn approval_numbers_and_tags_are_outside() {
        let mark =
            |number, tag| DecisionKind::Allowed(ApprovalMark { number, key_id: KeyId(u32::from(tag)), tag: [tag; 32] });
        check_equal(mark(1, 1), mark(2, 2));
    }

    #[test]
    fn fuel_of_a_halt_is_outside_its_code_is_not() {
        let halted = |code, used| DecisionKind::Halted(Halt { code, limit: used, used });
        check_equal(halted(HaltCode::Fuel, 1), halted(HaltCode::Fuel, 2));
        check_different(decision(1, 1, halted(HaltCode::Fuel, 1)), decision(1, 1, halted(HaltCode::Trap, 1)));
    }

    #[test]
    fn the_id_of_a_strategy_is_outside_its_own_digest() {
        let cancel = |strategy: u16| {
            let order = LegKey { strategy: StrategyId(strategy), intent: IntentId(3), leg: LegId(0) };
            let action = Action::Cancel(CancelTerms { order, instrument: Default::default() });
            DecisionKind::Normalised(ringfence_core::decision::Normalised { action, reference: Default::default() })
        };
        let alone = run(&[decision(1, 4, cancel(1))], &[]);
        let among_others = run(&[decision(7, 4, cancel(7))], &[]);
        assert_eq!(alone.strategy(StrategyId(1)), among_others.strategy(StrategyId(7)));
        let of_another = run(&[decision(1, 4, cancel(2))], &[]);
        assert_ne!(alone.strategy(StrategyId(1)), of_another.strategy(StrategyId(1)));
    }

    #[test]
    fn note_bytes_are_inside_their_place_in_the_buffer_is_not() {
        let note = |start, len| decision(1, 1, DecisionKind::Emitted(IntentKind::Note(NoteSpan { start, len })));
        assert_eq!(run(&[note(0, 1)], b"aba").run(), run(&[note(2, 1)], b"aba").run());
        check_different(note(0, 1), note(1, 1));
    }

    #[test]
    fn intent_number_leg_and_strategy_are_inside() {
        let queued = decision(1, 1, DecisionKind::Queued);
        check_different(queued, decision(1, 2, DecisionKind::Queued));
        check_different(queued, decision(2, 1, DecisionKind::Queued));
        let mut leg = queued;
        leg.key.leg = LegId(1);
        check_different(queued, leg);
    }

    #[test]
    fn a_strategy_without_decisions_has_the_digest_of_nothing() {
        assert_eq!(DecisionDigests::new().strategy(StrategyId(1)), sha256(&[]));
        assert_eq!(DecisionDigests::new().run(), sha256(&[]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_run_does_not_depend_on_how_strategies_interleave(list in decisions(0..40)) {
            let (all, notes) = list;
            let mut sorted = all.clone();
            sorted.sort_by_key(|decision| decision.key.strategy);
            prop_assert_eq!(run(&all, &notes).run(), run(&sorted, &notes).run());
        }

        #[test]
        fn steps_do_not_matter_only_order(list in decisions(0..40), split in 0_usize..40) {
            let (all, notes) = list;
            let split = split.min(all.len());
            let mut digests = DecisionDigests::new();
            digests.add(&all[..split], &notes);
            digests.add(&all[split..], &notes);
            prop_assert_eq!(digests.run(), run(&all, &notes).run());
        }

        #[test]
        fn fuel_is_one_stream_of_varints(fuel in prop::collection::vec(0_u64..100_000, 0..6000), split in 0_usize..6000) {
            let split = split.min(fuel.len());
            let mut digest = FuelDigest::new();
            digest.add(&fuel[..split]);
            digest.add(&fuel[split..]);
            let mut bytes = Vec::new();
            fuel.iter().for_each(|used| put_varint(&mut bytes, *used));
            prop_assert_eq!(digest.finish(), sha256(&bytes));
        }
    }
}
