//! Limits: how much may a strategy use?
//!
//! In: a strategy's place in the configuration. Out: the budget of its calls and the limits of its store. Must never:
//! leave anything without a limit that a guest can make larger.

use ringfence_core::config::{GuestProfile, StrategySlot};
use wasmtime::{StoreLimits, StoreLimitsBuilder};

use crate::admission::Rules;
use crate::room::Totals;

/// Bytes one crossing may copy between guest and host: bounds notes, plans and snapshots.
pub const HOSTCALL_BYTES_MAX: usize = 1 << 20;

/// Largest snapshot of a strategy in bytes.
pub const SNAPSHOT_BYTES_MAX: usize = HOSTCALL_BYTES_MAX;

/// Fuel of instantiation. Fixed, and never recorded: what start-up costs depends on the platform.
pub(crate) const INSTANTIATE_FUEL: u64 = 400_000_000;

/// Fuel of `setup`, `snapshot` and `restore`, each. Fixed and never recorded.
pub(crate) const SETUP_FUEL: u64 = 2_000_000_000;

/// Fuel of a call that a batch does not get: what handing over one event may cost more than reading it from a batch, a
/// hundred times over.
pub(crate) const AHEAD_FUEL_RESERVE: u64 = 40_000;

/// Least fuel of a call with which events come in batches; with less a batch would be of few.
pub(crate) const AHEAD_FUEL_MIN: u64 = 400_000;

/// Fuel that an event of a batch is taken to need, until batches tell.
pub(crate) const AHEAD_FUEL_AN_EVENT: u64 = 40_000;

/// Time between two ticks of the safety net.
pub(crate) const TICK_NS: u64 = 10_000_000;

/// The safety net below fuel: how long a call may take by the clock. Where it decides, a run cannot be reproduced, so it
/// must stay far above what fuel allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// Shortest net in ns: longer than a loaded machine leaves a thread waiting.
    pub ns_min: u64,
    /// Time allowed for a unit of fuel in ns.
    pub ns_per_fuel: u64,
}

impl WallClock {
    /// Five seconds at least. A unit of fuel takes a tenth of a nanosecond as a rule and some nanoseconds for a guest that makes
    /// the host miss its caches at every operator; 250 leaves that guest a machine that is twenty times too busy.
    pub const SAFE: WallClock = WallClock { ns_min: 5_000_000_000, ns_per_fuel: 250 };

    /// The net of a call with this much fuel, in ns.
    pub(crate) fn ns(self, fuel: u64) -> u64 {
        fuel.saturating_mul(self.ns_per_fuel).max(self.ns_min)
    }

    /// Ticks until it closes; one more, because the tick that is running has begun already.
    pub(crate) fn ticks(self, fuel: u64) -> u64 {
        self.ns(fuel) / TICK_NS + 1
    }
}

/// What the calls of a strategy may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Fuel of one call.
    pub(crate) per_call: u64,
    /// Fuel of all calls; `None` = off.
    pub(crate) total: Option<u64>,
    /// The safety net.
    pub(crate) clock: WallClock,
    /// Bytes of all linear memories.
    pub(crate) memory_bytes: u64,
}

impl Budget {
    pub(crate) fn of(slot: &StrategySlot, clock: WallClock) -> Budget {
        let per_call = slot.fuel_per_call;
        let (total, memory_bytes) = (slot.fuel_total, slot.memory_bytes_max);
        Budget { per_call, total, clock, memory_bytes }
    }

    /// Fuel of the next call: its own budget, or what is left of the total.
    pub(crate) fn next(&self, used_total: u64) -> u64 {
        let left = self.total.map_or(u64::MAX, |total| total.saturating_sub(used_total));
        self.per_call.min(left)
    }
}

/// What a strategy's store may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// What its component holds.
    pub(crate) profile: GuestProfile,
    /// Bytes of all linear memories.
    pub(crate) memory_bytes: u64,
}

impl Bounds {
    pub(crate) fn of(slot: &StrategySlot) -> Bounds {
        Bounds { profile: slot.profile, memory_bytes: slot.memory_bytes_max }
    }

    /// How many memories there may be.
    pub(crate) fn memories(&self) -> u64 {
        Rules::of(self.profile).structure.memories
    }

    /// Limits of all memories and of all tables together.
    pub(crate) fn totals(&self) -> Totals {
        let table_elements = Rules::of(self.profile).structure.table_elements;
        Totals { memory_bytes: size(self.memory_bytes), table_elements: size(table_elements) }
    }

    /// Limits of the store: what admission lets a component have, it may have while it runs.
    pub(crate) fn store_limits(&self) -> StoreLimits {
        let structure = Rules::of(self.profile).structure;
        StoreLimitsBuilder::new()
            .memory_size(self.totals().memory_bytes)
            .table_elements(self.totals().table_elements)
            .instances(size(structure.instances))
            .tables(size(structure.tables))
            .memories(size(structure.memories))
            .trap_on_grow_failure(false)
            .build()
    }
}

fn size(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(total: Option<u64>) -> Budget {
        Budget { per_call: 100, total, clock: WallClock::SAFE, memory_bytes: 1 }
    }

    #[test]
    fn a_call_gets_its_budget_or_what_is_left_of_the_total() {
        assert_eq!(budget(None).next(u64::MAX), 100);
        assert_eq!(budget(Some(1_000)).next(900), 100);
        assert_eq!(budget(Some(1_000)).next(901), 99);
        assert_eq!(budget(Some(1_000)).next(2_000), 0);
    }

    #[test]
    fn the_safety_net_is_far_above_fuel_and_never_short() {
        assert_eq!(WallClock::SAFE.ns(1), WallClock::SAFE.ns_min);
        assert_eq!(WallClock::SAFE.ns(20_000_000), WallClock::SAFE.ns_min);
        assert_eq!(WallClock::SAFE.ns(20_000_001), 5_000_000_250);
        assert_eq!(WallClock { ns_min: 10 * TICK_NS, ns_per_fuel: 0 }.ticks(1), 11);
    }
}
