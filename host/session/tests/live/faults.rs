//! Faults: lives drawn from a seed.
//!
//! In: a seed. Out: a house after several lives under faults of network, power and disk, and a quiet one. Must never: depend
//! on anything but the seed.

use ringfence_journal::storage::faulty::Fault;

use crate::house::{House, Life, Then, arm, quote, trade};
use crate::support::natives::Native;
use crate::support::remote::Trouble;

/// Draws numbers that a seed fixes (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

pub(crate) const TROUBLES: [Trouble; 10] = [
    Trouble::LostAck,
    Trouble::LostSubmit,
    Trouble::Refused,
    Trouble::Twice,
    Trouble::Swapped,
    Trouble::Late,
    Trouble::Cut,
    Trouble::Deaf,
    Trouble::Foreign,
    Trouble::Bust,
];

/// A life of faults: some market events, each with trouble now and then, ended by a crash or in order.
fn faults(draw: &mut Draw) -> Vec<Then> {
    let mut steps = vec![arm()];
    for _ in 0..draw.next(20) {
        if draw.next(3) == 0 {
            steps.push(Then::Trouble(TROUBLES[usize::try_from(draw.next(10)).expect("small")]));
        }
        let price = 1_000_000 + i64::try_from(draw.next(20)).expect("small") * 100;
        steps.push(Then::Market(if draw.next(2) == 0 { trade(price) } else { quote(price) }));
        if draw.next(12) == 0 {
            steps.push(Then::Compare);
        }
    }
    steps.push(Then::Die);
    steps
}

/// Several lives under faults of network, power and disk, then a quiet one.
pub(crate) fn simulate(seed: u64) -> House {
    let mut draw = Draw(seed);
    let mut house = House::new(vec![Native::Greedy, Native::Maker]);
    for _ in 0..=draw.next(4) {
        house.script = faults(&mut draw).into();
        if draw.next(2) == 0 {
            let fault = match draw.next(3) {
                0 => Fault::Refused,
                1 => Fault::Short(usize::try_from(draw.next(400)).expect("small")),
                _ => Fault::PowerLoss,
            };
            house.disk.fail_at(house.disk.operations() + draw.next(120), fault);
        }
        // Faults of the disk end a session; that is what they should do.
        let _ended = house.live();
        let keep = draw.next(3);
        house.disk.crash(|_, synced, seen| match keep {
            0 => synced.to_vec(),
            1 => seen.to_vec(),
            _ => [synced, &seen[synced.len().min(seen.len())..seen.len().midpoint(synced.len().min(seen.len()))]]
                .concat(),
        });
        house.remote.hang_up();
    }
    house.script = [Then::Market(trade(1_000_000)), Then::Compare, Then::Market(trade(1_000_000))].into();
    let ended = house.live();
    assert_eq!(ended.expect("the last life is quiet"), Life::Ended, "seed {seed}");
    house
}

/// Seeds: one that is named by `RINGFENCE_SEED`, or so many from 0 (`RINGFENCE_SEEDS`, 500).
pub(crate) fn seeds() -> std::ops::Range<u64> {
    let number = |name| std::env::var_os(name)?.to_str()?.parse::<u64>().ok();
    match number("RINGFENCE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RINGFENCE_SEEDS").unwrap_or(500),
    }
}
