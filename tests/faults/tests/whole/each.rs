//! Each: what does a live session do when one operation of its disk fails, whichever it is?
//!
//! In: a short session that trades, the number of an operation of its disk, a fault. Out: everything that should not be. Must
//! never: leave an operation out; those of a run without faults are counted first.
//!
//! The session begins, trades for some seconds and is left by its host when the disk fails: then the brake is pulled, as the
//! program does, and a little later a new process goes on over what is left of the journal.

use std::collections::BTreeSet;

use ringfence_core::decision::DecisionKind;
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::LegKey;
use ringfence_core::intent::Action;
use ringfence_session::error::SessionError;
use ringfence_session::live::Ending;
use serde_json::Value;

use crate::disk::DiskFault;
use crate::house::{ACCOUNT, House, S, Then};
use crate::lives::Life;
use crate::outcome::{each_step, recorded};

/// Seeds whose sessions trade from the beginning: of futures and spot.
const SEEDS: [u64; 2] = [3, 4];
/// How long a session trades.
const BRIEF_NS: u64 = 14 * S;
/// After a failure: how long strategies trade again, and how long nothing is sent.
const FAIR_NS: u64 = 8 * S;
const STILL_NS: u64 = 60 * S;
/// What an operation meets, and how many in a hundred of the bytes that no sync has confirmed are left then.
const FAULTS: [(DiskFault, u64); 3] = [(DiskFault::Write, 100), (DiskFault::Short(60), 0), (DiskFault::Full, 41)];

/// What is looked at when something leaves.
#[derive(Default)]
pub(crate) struct Watch {
    /// Legs whose dispatch stands in a frame that a sync has confirmed.
    confirmed: BTreeSet<LegKey>,
    odd: Vec<String>,
    sent: u64,
}

impl House {
    /// A command leaves now: its decision is on the disk, and the disk has not failed.
    pub(crate) fn watch(&mut self, command: &VenueCommand) {
        let Some(mut watch) = self.watch.take() else { return };
        let key = command.key();
        watch.sent += 1;
        if !watch.confirmed.contains(&key) {
            each_step(self.disk.confirmed(), |step| {
                let out = step.decisions.iter().filter(|it| matches!(it.kind, DecisionKind::Dispatched(..)));
                watch.confirmed.extend(out.map(|decision| decision.key));
            });
        }
        if !watch.confirmed.contains(&key) {
            watch.odd.push(format!("{key} leaves before the disk has confirmed its decision"));
        }
        if self.disk.has_failed() && !matches!(command.action(), Action::Cancel(_)) {
            watch.odd.push(format!("{key} leaves although the disk has failed"));
        }
        self.watch = Some(watch);
    }

    /// A house whose session trades a little. Nothing goes wrong but with its disk.
    fn brief(seed: u64) -> House {
        let mut house = House::new(seed);
        house.watch = Some(Watch::default());
        house.ending = Ending::Suspend;
        house.plan(0, Then::Market);
        house.ends_at = house.clock() + BRIEF_NS;
        house
    }

    /// The session could not go on: no new order leaves any more, and what rests is canceled. Later its host starts again.
    fn is_stranded(&mut self, error: &SessionError, (usual, keep): (&str, u64)) {
        let sent = self.pipe.orders().len();
        self.strand(error);
        if self.pipe.orders().len() != sent {
            self.notes("an order leaves after the session has ended".to_owned());
        }
        let open = open_orders(&self.pipe.ledger(ACCOUNT));
        if open != 0 {
            self.notes(format!("{open} orders rest although the brake was pulled"));
        }
        self.disk.take_met();
        self.disk.heal();
        self.come_back_with(keep);
        // A journal without a header is that of a session that never began.
        if self.disk.recovered().is_ok_and(|journal| !usual.starts_with(&recorded(journal))) {
            self.notes("what is left of the journal is no beginning of it".to_owned());
        }
        self.plan(0, Then::Calm);
        self.plan(FAIR_NS, Then::Disarm);
        self.ends_at = self.clock() + FAIR_NS + STILL_NS;
    }

    fn notes(&mut self, odd: String) {
        self.watch.as_mut().expect("its disk is watched").odd.push(odd);
    }
}

fn open_orders(ledger: &Value) -> usize {
    let orders = ledger["orders"].as_array().into_iter().flatten();
    orders.filter(|order| matches!(order["status"].as_str(), Some("NEW" | "PARTIALLY_FILLED"))).count()
}

/// A session without faults: its operations and its journal.
fn usual(seed: u64) -> (u64, String) {
    let mut house = House::brief(seed);
    house.start();
    assert!(matches!(house.live(), Life::Over), "seed {seed}");
    let watch = house.watch.take().expect("its disk is watched");
    assert!(watch.odd.is_empty() && watch.sent >= 4, "seed {seed}: {} commands, {:#?}", watch.sent, watch.odd);
    (house.disk.operations(), house.recorded())
}

/// Everything that should not be when the operation of this number meets this fault.
fn odd(seed: u64, (number, fault, keep): (u64, DiskFault, u64), usual: &str) -> Vec<String> {
    let mut house = House::brief(seed);
    house.disk.plan_numbered(number, fault);
    for life in 1.. {
        house.start();
        match (life, house.live()) {
            (2, Life::Over) => break,
            (1, Life::Stranded(error)) => house.is_stranded(&error, (usual, keep)),
            (_, other) => return vec![format!("life {life} ends as {other:?}")],
        }
    }
    let watch = house.watch.take().expect("its disk is watched");
    watch.odd.into_iter().chain(house.differences()).collect()
}

#[test]
fn whichever_operation_of_its_disk_fails_a_session_stops_in_time_and_its_host_goes_on_from_what_is_left() {
    let mut failed = Vec::new();
    for seed in SEEDS {
        let (operations, usual) = usual(seed);
        assert!(operations > 100, "seed {seed}: {operations} operations");
        for number in 0..operations {
            for (fault, keep) in FAULTS {
                let odd = odd(seed, (number, fault, keep), &usual);
                failed
                    .extend(odd.into_iter().map(|what| format!("seed {seed}, operation {number}, {fault:?}: {what}")));
            }
        }
        println!("seed {seed}: {operations} operations, each with {} faults", FAULTS.len());
    }
    assert!(failed.is_empty(), "{} differences\n{}", failed.len(), failed.join("\n"));
}
