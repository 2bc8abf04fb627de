//! Prices: what does an import cost a guest in fuel?
//!
//! In: the size of an import's arguments and results. Out: fuel taken before the host does the work. Must never: let a
//! guest have work done whose amount it chose without paying for it.
//!
//! One unit is worth about half a nanosecond of the host's time, as for the guest's own operators. A call of an import
//! costs the guest four operators but the host 40 to 60 ns: unpriced, a strategy could have gigabytes copied within the
//! fuel of one event. Old journals mean these prices: a change needs a new [`PRICE_LIST_ID`](crate::PRICE_LIST_ID).

use wasmtime::{StoreContextMut, Trap};

use crate::room::Room;

/// Name of this price list, recorded beside the operator costs.
pub const PRICE_LIST_ID: &str = "import-price@3";

/// Any call of an import: leaving the guest and coming back.
pub(crate) const IMPORT: u64 = 100;
/// A byte of a note, or of what is printed: copied and checked to be UTF-8, then kept in the journal.
pub(crate) const BYTE: u64 = 2;
/// A schedule: what it asks for is kept for as long as it takes.
pub(crate) const SCHEDULE: u64 = 200;
/// A block of 32 random bytes: a hash.
pub(crate) const RANDOM: u64 = 400;
/// A book level: two numbers.
pub(crate) const LEVEL: u64 = 40;
/// An order: found in an index, seven fields.
pub(crate) const ORDER: u64 = 120;
/// An order that is looked at on the way to the open ones: one access that may miss the cache.
pub(crate) const ORDER_WALKED: u64 = 20;
/// A bar: seven numbers.
pub(crate) const BAR: u64 = 80;
/// A bar that is looked at on the way to those of the length asked for; it is looked at twice.
pub(crate) const BAR_WALKED: u64 = 8;
/// A position in decimals: exact products.
pub(crate) const POSITION: u64 = 400;
/// A sub-account without its positions, each of which costs [`POSITION`].
pub(crate) const ACCOUNT: u64 = 2_000;
/// A place where a position could be, looked at for a sub-account.
pub(crate) const POSITION_WALKED: u64 = 8;
/// An instrument's definition with its names: four strings copied into the guest.
pub(crate) const INSTRUMENT: u64 = 1_000;

/// Takes `fuel` from what the guest has left.
///
/// # Errors
/// [`Trap::OutOfFuel`] when less is left: the guest has used up its budget.
pub(crate) fn charge(store: &mut StoreContextMut<'_, Room>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?;
    if let Some(profiler) = &store.data().profiler {
        profiler.recorder().charged(fuel.min(left));
    }
    match left.checked_sub(fuel) {
        Some(rest) => store.set_fuel(rest),
        None => {
            store.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}
