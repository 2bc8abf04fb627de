//! Fuzz: does a decoder stand whatever a stranger hands it?
//!
//! In: a target's name, inputs as the product writes them, a function that tries one. Out: how many inputs were tried, the
//! slowest, and where one that failed is kept. Must never: lose an input that failed, or depend on anything but the seed in
//! a usual run.
//!
//! A usual run changes the corpus a fixed number of times from a fixed seed. `RINGFENCE_FUZZ_SECONDS=600` has each target go
//! on for so long, from another seed each time, which is printed; `RINGFENCE_FUZZ_SEED` repeats a run. Files in
//! `tests/corpus/TARGET` of the package are part of the corpus: an input that failed becomes a test for good there.
//!
//! ```
//! let corpus = vec![b"a = 1".to_vec()];
//! ringfence_fuzz::target!("lines", corpus).tried(20, |input| {
//!     let lines = input.split(|byte| *byte == b'\n').count();
//!     assert!(lines <= input.len() + 1);
//! });
//! ```

mod memory;
mod mutate;
mod run;

pub use memory::{Counting, largest_of};
pub use mutate::{Random, mutated};
pub use run::Target;

/// A [`Target`] of the package that names it: its corpus is in that package, what fails is kept in its build folder.
#[macro_export]
macro_rules! target {
    ($name:expr, $corpus:expr) => {
        $crate::Target::new(
            $name,
            env!("CARGO_MANIFEST_DIR"),
            option_env!("CARGO_TARGET_TMPDIR").unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tmp")),
            $corpus,
        )
    };
}
