//! Fuzz targets: whatever stands where a journal should be is read as far as it is whole, or refused with the place, and
//! neither reader, verification nor recovery panics, hangs or takes memory that nothing answers for.
//!
//! Each target begins with what the writer makes and changes it at random: see `ringfence_fuzz`. Journals are tried as they
//! are, which shows that nothing changed is believed, and with chain and checksums made right again, which shows what a
//! forger reaches.

#[path = "../common/mod.rs"]
mod common;
#[path = "../../src/wire/generators.rs"]
#[allow(dead_code, reason = "shared with the tests of the wire, which use more of it")]
mod generators;

mod beside;
mod forge;
mod journals;
mod records;

#[global_allocator]
static ALLOCATOR: ringfence_fuzz::Counting = ringfence_fuzz::Counting;
