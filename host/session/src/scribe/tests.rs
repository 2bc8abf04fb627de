//! A clerk writes what whoever steps the session would have written, and never confirms what the disk has not.

use std::sync::mpsc::channel;
use std::time::Duration;

use ringfence_core::event::{EventKind, Mode, Report};
use ringfence_core::ids::{SessionId, TimeNs};
use ringfence_core::step::RULES_VERSION;
use ringfence_journal::reader::JournalReader;
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::storage::faulty::{Fault, FaultyDisk};
use ringfence_journal::wire::header::{Feed, Header};
use ringfence_journal::writer::{Beginning, Durability, Options};

use super::*;

fn journal(disk: &FaultyDisk) -> JournalWriter {
    let header = Header {
        session: SessionId([5; 16]),
        mode: Mode::Live,
        rules_version: RULES_VERSION,
        engine: "native".into(),
        operator_costs: "none".into(),
        config: [0; 32],
        components: vec![],
        tapes: vec![],
        feed: Feed { rows_max: None, repeat: 1 },
        facts: vec![],
    };
    let beginning = Beginning { header: &header, components: &[], provenance: Provenance::default() };
    JournalWriter::create_on(disk.handle(), beginning, Options::new(Durability::EveryCommit)).expect("a new journal")
}

fn step(scribe: &mut Scribe, seq: u64) -> Result<(), JournalError> {
    scribe.event(&Report::control(EventKind::TimeAdvanced).at(Seq(seq), TimeNs(seq)));
    scribe.nothing()
}

/// Events that are there after a loss of power which takes everything that the disk has not confirmed.
fn events_that_survive(disk: &FaultyDisk) -> u64 {
    let disk = disk.copy();
    disk.crash(|_, synced, _| synced.to_vec());
    let (reader, _cut) = JournalReader::open_prefix_on(disk.handle()).expect("it reads");
    reader.totals().next_seq.0 - 1
}

fn files(disk: &FaultyDisk) -> Vec<(String, Option<Vec<u8>>)> {
    disk.all_names().into_iter().map(|name| (name.clone(), disk.bytes(&name))).collect()
}

#[test]
fn a_clerk_writes_the_same_bytes_where_it_is_asked_alike() {
    let written = |is_apart: bool| {
        let disk = FaultyDisk::new();
        let clerk = if is_apart {
            let (mut scribe, clerk) = Scribe::apart(journal(&disk), Box::new(|| {}));
            let thread = std::thread::spawn(move || clerk.run());
            (1..=100).for_each(|seq| {
                step(&mut scribe, seq).expect("taken");
                if seq % 10 == 0 {
                    scribe.sync().expect("confirmed");
                }
            });
            drop(scribe);
            Some(thread)
        } else {
            let mut scribe = Scribe::from(journal(&disk));
            (1..=100).for_each(|seq| {
                step(&mut scribe, seq).expect("taken");
                if seq % 10 == 0 {
                    scribe.sync().expect("confirmed");
                }
            });
            None
        };
        clerk.into_iter().for_each(|thread| thread.join().expect("no panic"));
        files(&disk)
    };
    assert_eq!(written(true), written(false));
}

#[test]
fn nothing_is_confirmed_before_the_disk_has_it() {
    let disk = FaultyDisk::new();
    let (woken, wakes) = channel();
    let (mut scribe, clerk) = Scribe::apart(journal(&disk), Box::new(move || woken.send(()).unwrap_or(())));
    step(&mut scribe, 1).expect("taken");
    let first = scribe.ask().expect("taken");
    step(&mut scribe, 2).expect("taken");
    let second = scribe.ask().expect("taken");
    assert_eq!((first, second, scribe.confirmed().expect("no fault")), (1, 2, 0), "the clerk does not work yet");
    let thread = std::thread::spawn(move || clerk.run());
    wakes.recv_timeout(Duration::from_secs(60)).expect("it wakes the session");
    assert_eq!(scribe.confirmed().expect("no fault"), second, "wishes that wait are answered together");
    assert_eq!(events_that_survive(&disk), 2);
    drop(scribe);
    thread.join().expect("no panic");
}

#[test]
fn a_fault_of_the_disk_is_told_once_and_nothing_is_confirmed_behind_it() {
    let disk = FaultyDisk::new();
    let (mut scribe, clerk) = Scribe::apart(journal(&disk), Box::new(|| {}));
    let thread = std::thread::spawn(move || clerk.run());
    step(&mut scribe, 1).expect("taken");
    scribe.sync().expect("confirmed");
    // Behind the write comes the sync.
    disk.fail_at(disk.operations() + 1, Fault::Refused);
    step(&mut scribe, 2).expect("taken");
    assert!(matches!(scribe.sync(), Err(JournalError::Sync { .. })));
    thread.join().expect("no panic");
    assert!(matches!(step(&mut scribe, 3).and_then(|()| scribe.sync()), Err(JournalError::Stopped)));
    assert_eq!(scribe.confirmed().expect("it was told"), 1);
}

#[test]
fn a_clerk_that_never_worked_keeps_nobody_waiting() {
    let disk = FaultyDisk::new();
    let (mut scribe, clerk) = Scribe::apart(journal(&disk), Box::new(|| {}));
    drop(clerk);
    assert!(scribe.sync().is_err());
    drop(scribe);
    // The lock is free again.
    assert!(JournalWriter::open_on(disk.handle(), Options::new(Durability::EveryCommit)).is_ok());
}
