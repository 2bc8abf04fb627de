//! Fuzz targets: whatever a stranger hands over, as a file, as a signature, as values across the interface or as saved state,
//! is answered, and the host neither panics nor hangs.
//!
//! Each target begins with the inputs in `tests/corpus/TARGET` and changes them at random: see `ringfence_fuzz`.

#[path = "../sandbox/guest.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod guest;
mod puppet;
#[path = "../sandbox/rig.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod rig;
mod targets;
