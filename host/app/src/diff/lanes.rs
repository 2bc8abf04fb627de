//! Lanes: which decisions of a strategy differ?
//!
//! In: the decisions of one strategy in two journals, as they come. Out: how many are equal from the start, the first that
//! differs, and after that the differing ones of each intent, held against each other in order. Must never: keep more than
//! what one journal is ahead of the other, or more than [`WAITING_MAX`].
//!
//! As long as both sides are equal their decisions are compared in the order that the decision digest has. From the first
//! difference on they are compared intent by intent: one intent more, or a longer life of one order, leaves the others equal.

use std::collections::{BTreeMap, VecDeque};

use ringfence_core::ids::IntentId;

use super::{Differing, Pair, Placed, Side};

/// Most decisions of a strategy that wait for the other journal; about 100 MB.
pub(crate) const WAITING_MAX: usize = 1 << 18;

/// What is known of one strategy.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// Decisions, in order, that are the same from the start.
    pub(crate) equal: u64,
    /// Intent of the last of them.
    pub(crate) equal_to: Option<IntentId>,
    /// The first place at which the two differ.
    pub(crate) first: Option<Differing>,
    /// Decisions of the same place that differ.
    pub(crate) differing: u64,
    /// Decisions with nothing in their place in the other journal.
    pub(crate) only: Pair<u64>,
    /// Those ahead, while all are equal: all of one side.
    ahead: VecDeque<Placed>,
    side: Option<Side>,
    /// The same behind the first difference, by intent.
    by_intent: BTreeMap<IntentId, (Side, VecDeque<Placed>)>,
    waiting: Pair<usize>,
    ended: Pair<bool>,
}

/// The journals are too far apart to be compared side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFarApart;

impl Lane {
    /// One of which a journal that was read to its end has nothing.
    pub(crate) fn new(ended: Pair<bool>) -> Lane {
        Lane { ended, ..Lane::default() }
    }

    pub(crate) fn is_equal(&self) -> bool {
        self.first.is_none()
    }

    /// Decisions of this side that wait for the other.
    pub(crate) fn waiting(&self, side: Side) -> usize {
        *self.waiting.of(side)
    }

    /// Takes the next decision of a journal.
    pub(crate) fn take(
        &mut self,
        (side, placed): (Side, Placed),
        found: &mut dyn FnMut(Differing),
    ) -> Result<(), TooFarApart> {
        if self.first.is_some() {
            self.by_intent((side, placed), found);
            return Ok(());
        }
        if self.side != Some(side.other()) {
            self.side = Some(side);
            self.ahead.push_back(placed);
            *self.waiting.of_mut(side) += 1;
            if *self.ended.of(side.other()) {
                self.part(Side::A, None, found);
            }
            return if self.ahead.len() > WAITING_MAX { Err(TooFarApart) } else { Ok(()) };
        }
        let same = self.ahead.front().is_some_and(|front| front.digested == placed.digested);
        if same {
            self.equal += 1;
            self.equal_to = Some(placed.decision.key.intent);
            self.ahead.pop_front();
            *self.waiting.of_mut(side.other()) -= 1;
            self.side = if self.ahead.is_empty() { None } else { self.side };
        } else {
            self.part(side, Some(placed), found);
        }
        Ok(())
    }

    /// A journal has no more decisions.
    pub(crate) fn end(&mut self, side: Side, found: &mut dyn FnMut(Differing)) {
        *self.ended.of_mut(side) = true;
        if self.first.is_none() {
            if self.side == Some(side.other()) {
                self.part(side, None, found);
            }
            return;
        }
        // What waits for this side waits in vain.
        let waits = |waiting: &(Side, VecDeque<Placed>)| waiting.0 == side.other();
        let left: Vec<IntentId> =
            self.by_intent.iter().filter(|(_, waiting)| waits(waiting)).map(|(id, _)| *id).collect();
        for intent in left {
            let (_, queue) = self.by_intent.remove(&intent).unwrap_or((side, VecDeque::new()));
            self.in_vain(side.other(), queue, found);
        }
    }

    /// The first difference: `placed`, or the end, of `side` stands against what is ahead.
    fn part(&mut self, side: Side, placed: Option<Placed>, found: &mut dyn FnMut(Differing)) {
        let ahead = std::mem::take(&mut self.ahead);
        let front = ahead.front().cloned();
        let other = self.side.unwrap_or(side.other());
        self.first = Some(Pair::sided(other, front, placed.clone()));
        *self.waiting.of_mut(other) = 0;
        for waiting in ahead {
            self.by_intent((other, waiting), found);
        }
        if let Some(placed) = placed {
            self.by_intent((side, placed), found);
        }
    }

    fn by_intent(&mut self, (side, placed): (Side, Placed), found: &mut dyn FnMut(Differing)) {
        let intent = placed.decision.key.intent;
        let waiting = self.by_intent.get_mut(&intent);
        let Some((_, queue)) = waiting.filter(|(whose, _)| *whose == side.other()) else {
            if *self.ended.of(side.other()) {
                return self.alone(side, placed, found);
            }
            self.by_intent.entry(intent).or_insert((side, VecDeque::new())).1.push_back(placed);
            *self.waiting.of_mut(side) += 1;
            return self.let_go(found);
        };
        let other = queue.pop_front();
        if queue.is_empty() {
            self.by_intent.remove(&intent);
        }
        let Some(other) = other else { return };
        *self.waiting.of_mut(side.other()) -= 1;
        if other.digested != placed.digested {
            self.differing += 1;
            found(Pair::sided(side, Some(placed), Some(other)));
        }
    }

    fn in_vain(&mut self, side: Side, queue: VecDeque<Placed>, found: &mut dyn FnMut(Differing)) {
        *self.waiting.of_mut(side) -= queue.len();
        queue.into_iter().for_each(|placed| self.alone(side, placed, found));
    }

    fn alone(&mut self, side: Side, placed: Placed, found: &mut dyn FnMut(Differing)) {
        *self.only.of_mut(side) += 1;
        found(Pair::sided(side, Some(placed), None));
    }

    /// Of those that wait, the lowest intents are the oldest.
    fn let_go(&mut self, found: &mut dyn FnMut(Differing)) {
        while self.waiting.a + self.waiting.b > WAITING_MAX {
            let Some((_, (side, queue))) = self.by_intent.pop_first() else { return };
            self.in_vain(side, queue, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use ringfence_core::decision::{Decision, DecisionKind};
    use ringfence_core::ids::{LegId, LegKey, Seq, StrategyId, TimeNs};
    use ringfence_core::intent::IntentKind;
    use ringfence_journal::reader::Input;

    use super::*;

    /// `1a` = intent 1 says a.
    fn placed(word: &str) -> Placed {
        let (intent, said) = word.split_at(word.len() - 1);
        let intent = IntentId(intent.parse().expect("a number"));
        let key = LegKey { strategy: StrategyId(1), intent, leg: LegId(0) };
        let said = said.as_bytes()[0];
        let decision = Decision { key, kind: DecisionKind::Emitted(IntentKind::WakeAt(TimeNs(said.into()))) };
        let input = Input::TapeRows { first_seq: Seq(1), rows: 1 };
        Placed { input, ordinal: 0, decision, notes: Vec::new(), digested: format!("{}{said}", intent.0).into_bytes() }
    }

    fn shown(found: &Differing) -> String {
        let one = |placed: &Option<Placed>| {
            placed.as_ref().map_or("-".to_owned(), |placed| {
                let DecisionKind::Emitted(IntentKind::WakeAt(said)) = placed.decision.kind else {
                    return String::new();
                };
                let said = char::from(u8::try_from(said.0).expect("a letter"));
                format!("{}{said}", placed.decision.key.intent.0)
            })
        };
        format!("{}|{}", one(&found.a), one(&found.b))
    }

    /// Both sides as words; they are read one after the other, in chunks of the other's numbers.
    #[track_caller]
    fn check(a: &str, b: &str, want: &Expect) {
        let outcomes = [(1, 1), (3, 1), (1, 3), (100, 1), (1, 100)].map(|(of_a, of_b)| {
            let (mut lane, mut list) = (Lane::default(), Vec::new());
            let mut found = |differing: Differing| list.push(shown(&differing));
            let (mut a, mut b) = (a.split_whitespace().peekable(), b.split_whitespace().peekable());
            while a.peek().is_some() || b.peek().is_some() {
                for word in a.by_ref().take(of_a) {
                    lane.take((Side::A, placed(word)), &mut found).expect("near");
                }
                for word in b.by_ref().take(of_b) {
                    lane.take((Side::B, placed(word)), &mut found).expect("near");
                }
            }
            lane.end(Side::A, &mut found);
            lane.end(Side::B, &mut found);
            assert_eq!((lane.waiting(Side::A), lane.waiting(Side::B)), (0, 0));
            list.sort();
            let first = lane.first.as_ref().map_or("none".to_owned(), shown);
            let equal_to = lane.equal_to.map_or(0, |intent| intent.0);
            let Lane { equal, differing, only, .. } = lane;
            format!(
                "{equal} equal to {equal_to}, first {first}, {differing} differ, only {} and {}: {}",
                only.a,
                only.b,
                list.join(" ")
            )
        });
        for other in &outcomes {
            assert_eq!(other, &outcomes[0], "whichever is read first");
        }
        want.assert_eq(&outcomes[0]);
    }

    #[test]
    fn equal_decisions_are_equal() {
        check("", "", &expect!["0 equal to 0, first none, 0 differ, only 0 and 0: "]);
        check("1a 1b 2a 1c", "1a 1b 2a 1c", &expect!["4 equal to 1, first none, 0 differ, only 0 and 0: "]);
    }

    #[test]
    fn one_that_differs_leaves_those_of_other_intents_equal() {
        check("1a 2a 2b 3a", "1a 2a 2x 3a", &expect!["2 equal to 2, first 2b|2x, 1 differ, only 0 and 0: 2b|2x"]);
        check("1a 2a 3a", "1a 3a", &expect!["1 equal to 1, first 2a|3a, 0 differ, only 1 and 0: 2a|-"]);
    }

    #[test]
    fn a_journal_that_ends_first_lacks_the_rest() {
        check("1a 2a 3a", "1a", &expect!["1 equal to 1, first 2a|-, 0 differ, only 2 and 0: 2a|- 3a|-"]);
        check("", "1a 1b", &expect!["0 equal to 0, first -|1a, 0 differ, only 0 and 2: -|1a -|1b"]);
    }

    #[test]
    fn the_same_in_another_order_differs_first_and_in_no_intent() {
        check("1a 2a 1b", "1a 1b 2a", &expect!["1 equal to 1, first 2a|1b, 0 differ, only 0 and 0: "]);
    }

    #[test]
    fn a_lane_that_runs_too_far_ahead_says_so() {
        let mut lane = Lane::default();
        let mut take = || lane.take((Side::A, placed("1a")), &mut |_| {});
        assert!((0..WAITING_MAX).all(|_| take().is_ok()));
        assert_eq!(take(), Err(TooFarApart));
    }

    #[test]
    fn behind_the_first_difference_the_oldest_are_let_go() {
        let (mut lane, mut count) = (Lane::default(), 0_usize);
        let mut found = |_| count += 1;
        lane.take((Side::A, placed("1a")), &mut found).expect("near");
        lane.take((Side::B, placed("1b")), &mut found).expect("near");
        for intent in 2..WAITING_MAX + 3 {
            lane.take((Side::A, placed(&format!("{intent}a"))), &mut found).expect("near");
        }
        assert_eq!((lane.waiting(Side::A), lane.only.a), (WAITING_MAX, 1));
        assert_eq!(count, 2);
    }
}
