//! A whole host under simulation: nothing lost, nothing sent twice, whatever venue, network, disk, power and operators do.
//!
//! A live session (core, Risk, Queue, Gate, journal, reconciliation, resumption) trades through the protocol machine of the
//! Binance adapter, over a network that fails, at the local exchange, on a disk that fails, for an operator who pulls the
//! brake. Each seed draws some of the kinds of faults in `kinds`; then the network is whole for minutes, a host that died is
//! started again, and what it knows is compared with what the exchange holds.
//!
//! A failing seed is printed: `RINGFENCE_SEED=n` repeats it, and prints what went over the network and into the journal.
//! `RINGFENCE_SEEDS=n` runs more of them.

mod disk;
mod each;
mod house;
mod kinds;
mod lives;
mod outcome;
mod strikes;
mod trader;

use std::collections::BTreeMap;

use house::House;
use kinds::Kind;

/// Seeds that failed once, and what they showed.
const REMEMBERED: [u64; 5] = [
    73,    // After a restart a replaced spot order was another order, which nobody knew.
    706,   // Fills of an answer without a status were booked as buys.
    881,   // A fill belonged to nobody because the answer about its order lacked the status.
    1_391, // Fills were asked for by the host's clock, which was far ahead of the venue's.
    1_477, // As 706, of an order that the host itself had sent to flatten.
];
/// Seeds of a usual run.
const SEEDS: u64 = 500;
/// What has to happen in a usual run.
const SOMETIMES: [&str; 5] =
    ["OrderFilled", "OutcomeUnknown", "resumed with an open order", "KillSwitch", "unsynced bytes lost"];

/// What seeds met, by name.
#[derive(Default)]
struct Tally {
    drawn: BTreeMap<&'static str, u64>,
    met: BTreeMap<&'static str, u64>,
    seen: BTreeMap<&'static str, u64>,
    /// Seeds that failed, and why.
    failed: Vec<(u64, String)>,
}

/// Runs a seed, and panics with everything that differs at its end.
fn check(seed: u64, is_shown: bool) -> House {
    let mut house = House::run(seed, is_shown);
    let found = house.differences();
    house.count_rules();
    if is_shown {
        println!("{}\n{}", house.pipe.shown().join("\n"), house.recorded());
    }
    assert!(found.is_empty(), "{found:#?}");
    house
}

impl Tally {
    fn run(&mut self, seed: u64, is_shown: bool) {
        let run = std::panic::catch_unwind(|| check(seed, is_shown));
        match run {
            Ok(house) => self.add(&house),
            Err(cause) => {
                let text = cause.downcast_ref::<String>().cloned();
                let text = text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                self.failed.push((seed, text.unwrap_or_default()));
            }
        }
    }

    fn add(&mut self, house: &House) {
        let network = house.pipe.met().iter().map(|(name, times)| (*name, u64::from(*times)));
        for (name, times) in house.met.iter().map(|(name, times)| (*name, *times)).chain(network) {
            *self.met.entry(name).or_default() += times;
        }
        for (all, more) in [(&mut self.drawn, &house.drawn), (&mut self.seen, &house.seen)] {
            for (name, times) in more {
                *all.entry(*name).or_default() += times;
            }
        }
    }

    fn missing(&self) -> Vec<&'static str> {
        let none = |all: &BTreeMap<&'static str, u64>, name: &&str| all.get(*name).is_none_or(|times| *times == 0);
        let names = || Kind::ALL.iter().map(|kind| kind.name());
        let mut missing: Vec<_> = names().filter(|name| none(&self.drawn, name) || none(&self.met, name)).collect();
        missing.extend(SOMETIMES.iter().filter(|name| none(&self.seen, name)));
        missing
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var_os(name)?.to_str()?.parse().ok()
}

/// Panics that end a process are part of it; nobody wants to read them.
fn quietly(run: impl FnOnce()) {
    if number("RINGFENCE_SEED").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    run();
    drop(std::panic::take_hook());
}

#[test]
fn host_and_exchange_agree_whatever_venue_network_disk_power_and_operators_do() {
    let one = number("RINGFENCE_SEED");
    let seeds = number("RINGFENCE_SEEDS").unwrap_or(SEEDS);
    let mut tally = Tally::default();
    quietly(|| match one {
        Some(seed) => tally.run(seed, true),
        None => (0..seeds).chain(REMEMBERED).for_each(|seed| tally.run(seed, false)),
    });
    let failed: Vec<String> = tally.failed.iter().map(|(seed, why)| format!("RINGFENCE_SEED={seed}: {why}")).collect();
    assert!(failed.is_empty(), "{} of {seeds} seeds fail\n{}", failed.len(), failed.join("\n"));
    println!("met {:?}\nseen {:?}", tally.met, tally.seen);
    if one.is_none() && seeds >= SEEDS {
        assert_eq!(tally.missing(), [""; 0], "drawn {:?}, met {:?}, seen {:?}", tally.drawn, tally.met, tally.seen);
    }
}

#[test]
fn a_seed_gives_the_same_journal_byte_for_byte() {
    quietly(|| {
        for seed in [3, 77, 200, 451] {
            let files = || House::run(seed, false).disk.files();
            assert!(files() == files(), "seed {seed}");
        }
    });
}

#[test]
fn there_are_many_kinds_of_faults_each_with_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
    assert!(names.len() >= 40, "{}", names.len());
}
