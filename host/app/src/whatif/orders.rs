//! Orders of a session that ran by a clock: what came between which rows of its market?
//!
//! In: a journal. Out: other components and parameters that were asked for, each with the number of rows before it; and a pace
//! that gives them to another run at the same places. Must never: take for asked what follows from a halt.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::EventKind;
use ringfence_core::ids::{BlobId, Seq, StrategyId, TimeNs};
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::wire::header::ComponentRef;
use ringfence_session::pace::{Next, Notice, Pace, Turn};
use ringfence_session::script::Fact;

use crate::exit::Failure;
use crate::sessions::journal_failure;

/// Largest component that a journal can hold.
const COMPONENT_BYTES_MAX: u64 = ringfence_sandbox::INTERPRETER_BYTES_MAX;

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// Rows that were fed before it.
    pub(crate) rows: u64,
    /// Its time.
    pub(crate) time: TimeNs,
    /// What.
    pub(crate) fact: Fact,
}

/// An event of the looking-after of strategies, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Halted,
    Resumed,
    Swapped(Sha256Hash),
    Parameters(Vec<u8>),
}

struct Line {
    rows: u64,
    time: TimeNs,
    seq: Seq,
    strategy: StrategyId,
    told: Told,
}

/// What was asked for in a session, in order; nothing of the strategies in `replaced` but their parameters.
pub(crate) fn recorded(journal: &Path, replaced: &[StrategyId]) -> Result<Vec<Order>, Failure> {
    let fault = |error| journal_failure(&error);
    let mut reader = JournalReader::open(journal).map_err(fault)?;
    let began = reader.header().components.iter().map(|component| (component.strategy, component.sha256)).collect();
    let mut orders = Vec::new();
    for (line, fact) in asked(&lines(&mut reader)?, began) {
        let fact = match fact {
            Asked::Parameters(bytes) => Fact::Parameters(line.strategy, bytes),
            Asked::Component(_) if replaced.contains(&line.strategy) => continue,
            Asked::Component(sha256) => {
                let component = ComponentRef { strategy: line.strategy, sha256 };
                let bytes = reader.component(&component, COMPONENT_BYTES_MAX).map_err(fault)?;
                Fact::Swap(line.strategy, sha256, bytes)
            }
        };
        orders.push(Order { rows: line.rows, time: line.time, fact });
    }
    Ok(orders)
}

fn lines(reader: &mut JournalReader) -> Result<Vec<Line>, Failure> {
    reader.ignore_fuel();
    let (mut step, mut lines, mut rows) = (Step::new(), Vec::new(), 0);
    let mut blobs: BTreeMap<BlobId, Vec<u8>> = BTreeMap::new();
    while reader.next_step(&mut step).map_err(|error| journal_failure(&error))? {
        let event = match step.input {
            Input::TapeRows { rows: more, .. } => {
                rows += more;
                continue;
            }
            Input::Event(event) => event,
            Input::Unknown { .. } => continue,
        };
        // Hashes come again by the id that they had first; states and plans are large, and none of them is a hash.
        blobs.extend(step.blobs.iter().filter(|(_, bytes)| bytes.len() == 32).cloned());
        let bytes = |id: BlobId| step.blobs.iter().find(|(known, _)| *known == id).map(|(_, bytes)| bytes.clone());
        #[expect(clippy::wildcard_enum_match_arm, reason = "no other kind looks after strategies")]
        let (strategy, told) = match event.kind {
            EventKind::StrategyHalted(strategy, _) => (strategy, Told::Halted),
            EventKind::StrategyResumed(strategy, _) => (strategy, Told::Resumed),
            EventKind::ParametersChanged(strategy, id) => (strategy, Told::Parameters(bytes(id).unwrap_or_default())),
            EventKind::StrategySwapped(strategy, id, ..) => {
                let hash = blobs.get(&id).and_then(|bytes| Sha256Hash::try_from(bytes.as_slice()).ok());
                let damaged = || Failure::outside(format!("event {} names bytes that are not there", event.seq.0));
                (strategy, Told::Swapped(hash.ok_or_else(damaged)?))
            }
            _ => continue,
        };
        lines.push(Line { rows, time: event.time, seq: event.seq, strategy, told });
    }
    Ok(lines)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Component(Sha256Hash),
    Parameters(Vec<u8>),
}

/// What is known of a strategy on the way.
#[derive(Default)]
struct Known {
    is_halted: bool,
    component: Sha256Hash,
    /// The component before the last swap.
    before: Option<Sha256Hash>,
}

/// Leaves out what follows from a halt: the component before comes back, or the same begins anew.
fn asked(lines: &[Line], began: BTreeMap<StrategyId, Sha256Hash>) -> Vec<(&Line, Asked)> {
    let mut known: BTreeMap<StrategyId, Known> = BTreeMap::new();
    for (strategy, component) in began {
        known.entry(strategy).or_default().component = component;
    }
    let mut found = Vec::new();
    for (line, next) in lines.iter().zip(lines.iter().skip(1).map(Some).chain([None])) {
        let of = known.entry(line.strategy).or_default();
        let next = next.filter(|next| next.strategy == line.strategy && next.seq.0 == line.seq.0 + 1);
        let next = next.map(|next| &next.told);
        match &line.told {
            Told::Halted => of.is_halted = true,
            Told::Resumed => of.is_halted = false,
            Told::Parameters(bytes) => {
                let comes_back = of.is_halted
                    && matches!((next, of.before), (Some(Told::Swapped(hash)), Some(before)) if *hash == before);
                if !comes_back {
                    found.push((line, Asked::Parameters(bytes.clone())));
                    // The swap that follows is a part of it.
                    of.before = Some(of.component);
                }
            }
            Told::Swapped(hash) => {
                let begins_anew = next == Some(&Told::Resumed);
                let is_back = of.is_halted && of.before == Some(*hash);
                if !begins_anew && !is_back && *hash != of.component {
                    found.push((line, Asked::Component(*hash)));
                    of.before = Some(of.component);
                }
                of.component = *hash;
                of.is_halted = false;
            }
        }
    }
    found
}

/// Gives a run what was asked for, each at its place, and ends it where the session ended.
#[derive(Debug)]
pub(crate) struct Reciting {
    orders: VecDeque<Order>,
    rows: u64,
    rows_max: u64,
}

impl Reciting {
    /// `rows_max` = the rows that the session was fed.
    pub(crate) fn new(orders: Vec<Order>, rows_max: u64) -> Reciting {
        Reciting { orders: orders.into(), rows: 0, rows_max }
    }
}

impl Pace for Reciting {
    fn next(&mut self, next: Next) -> Turn {
        if let Some(order) = self.orders.pop_front_if(|order| order.rows == self.rows) {
            return Turn::First(order.time, order.fact);
        }
        if self.rows == self.rows_max {
            return Turn::End;
        }
        self.rows += u64::from(next.due.is_none());
        Turn::Next
    }

    fn told(&mut self, _: &Notice) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Sha256Hash = [1; 32];
    const B: Sha256Hash = [2; 32];

    /// Events of strategy 1, one after the other, and which of them were asked for.
    fn check(told: &[Told], want: &[Asked]) {
        let line = |(at, told): (u64, &Told)| Line {
            rows: at,
            time: TimeNs(at),
            seq: Seq(at),
            strategy: StrategyId(1),
            told: told.clone(),
        };
        let lines: Vec<Line> = (1..).zip(told).map(line).collect();
        let found = asked(&lines, [(StrategyId(1), A)].into());
        let found: Vec<Asked> = found.into_iter().map(|(_, asked)| asked).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn what_follows_from_a_halt_was_not_asked_for() {
        let params = || vec![7];
        check(&[Told::Swapped(B)], &[Asked::Component(B)]);
        check(&[Told::Swapped(B), Told::Halted, Told::Swapped(A)], &[Asked::Component(B)]);
        check(&[Told::Halted, Told::Swapped(A), Told::Resumed, Told::Halted, Told::Resumed], &[]);
        check(&[Told::Halted, Told::Swapped(B)], &[Asked::Component(B)]);
        check(&[Told::Parameters(params()), Told::Swapped(A)], &[Asked::Parameters(params())]);
        let back =
            [Told::Parameters(params()), Told::Swapped(A), Told::Halted, Told::Parameters(vec![]), Told::Swapped(A)];
        check(&back, &[Asked::Parameters(params())]);
    }

    #[test]
    fn orders_come_before_the_row_that_they_came_before_and_the_run_ends_where_the_session_did() {
        let order = Order { rows: 1, time: TimeNs(5), fact: Fact::Parameters(StrategyId(1), vec![]) };
        let mut pace = Reciting::new(vec![order], 2);
        let mut turn = |due| match pace.next(Next { row: TimeNs(9), due }) {
            Turn::Next => "next",
            Turn::First(..) => "first",
            Turn::End => "end",
        };
        let due = Some(TimeNs(3));
        assert_eq!(
            [turn(None), turn(due), turn(due), turn(None), turn(None)],
            ["next", "first", "next", "next", "end"]
        );
    }
}
