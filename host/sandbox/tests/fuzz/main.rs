//! Fuzz targets: whatever a stranger hands over, as a file, as a signature, as values across the interface or as saved state,
//! is answered, and the host neither panics nor hangs.
//!
//! Each target begins with the inputs in `tests/corpus/TARGET` and changes them at random, a few hundred times in a usual
//! run. `RINGFENCE_FUZZ_SECONDS=600` has each go on for so long, from another seed each time; `RINGFENCE_FUZZ_SEED` repeats a
//! run. An input that fails is kept, and the message says where: put into the corpus it becomes a test for good.

#[path = "../sandbox/guest.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod guest;
mod mutate;
mod puppet;
#[path = "../sandbox/rig.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod rig;
mod run;
mod targets;
