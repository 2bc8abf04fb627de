//! Chance: what does a randomised test do next?
//!
//! In: a seed. Out: numbers that follow from it. Must never: be anything but repeatable.

/// Numbers from a seed: `splitmix64`.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From this seed on.
    #[must_use]
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }

    /// True in one of so many cases.
    pub fn one_in(&mut self, cases: u64) -> bool {
        self.below(cases) == 0
    }

    /// A seed for something else.
    #[must_use]
    pub fn fork(&mut self) -> Chance {
        Chance::new(self.draw())
    }
}

/// The seed that this variable holds, otherwise one of now. It is printed, so that a failure can be repeated.
///
/// # Panics
/// When the variable holds no number.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "whoever repeats a run says so by a variable")]
pub fn seed_of(variable: &str) -> u64 {
    let named = std::env::var(variable).ok().map(|text| text.parse().expect("a seed is a number"));
    let seed = named.unwrap_or_else(drawn);
    eprintln!("{variable}={seed}");
    seed
}

/// One that was not used before, without a clock: where the system puts this process's memory, and its number.
fn drawn() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish() >> 16
}
