//! Run: how often is a target tried, with what, and what is left of an input that fails?
//!
//! In: a target and its corpus. Out: how many inputs there were. Must never: lose an input that failed.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Changed inputs of a usual run.
const ROUNDS: u64 = 3_000;
/// Largest input.
const BYTES_MAX: usize = 32 << 10;
/// Pieces at which readers turn over.
const PIECES: [&str; 16] = [
    "null",
    "-1",
    "0",
    "1e999",
    "1e-40",
    "99999999999999999999",
    "\"\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\\u0000",
    "\"e\":\"trade\"",
    "0.000000000000000000001",
];

/// Numbers that a seed determines (`SplitMix64`).
struct Random(u64);

impl Random {
    /// Below `bound`, which is above 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("below a size")
    }
}

/// Tries a target with its corpus, and with what is made of it.
pub(crate) fn fuzz(target: &str, corpus: &[&str], mut run: impl FnMut(&[u8])) {
    let seconds = variable("RINGFENCE_FUZZ_SECONDS");
    let seed = variable("RINGFENCE_FUZZ_SEED").unwrap_or_else(|| if seconds.is_some() { fresh_seed() } else { 1 });
    println!("{target}: seed {seed}");
    let (mut random, begin, mut tried) = (Random(seed), now(), 0_u64);
    let mut one = |input: &[u8]| {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(input))) {
            println!("{target}: seed {seed}, failing input kept in {}", keep(target, input).display());
            resume_unwind(panic);
        }
    };
    corpus.iter().for_each(|input| one(input.as_bytes()));
    loop {
        let is_over = match seconds {
            Some(seconds) => begin.elapsed() >= Duration::from_secs(seconds),
            None => tried >= ROUNDS,
        };
        if is_over {
            break;
        }
        one(&mutated(&mut random, corpus));
        tried += 1;
    }
    println!("{target}: {tried} inputs in {:?}", begin.elapsed());
}

/// One of the inputs, changed in one to six places.
fn mutated(random: &mut Random, corpus: &[&str]) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].as_bytes().to_vec();
    for _ in 0..=random.below(6) {
        if bytes.is_empty() {
            bytes.push(b'{');
        }
        let at = random.below(bytes.len());
        let span = at..(at + 1 + random.below(24)).min(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.drain(span)),
            2 => drop(bytes.splice(span, PIECES[random.below(PIECES.len())].bytes())),
            3 => {
                let again = bytes[span].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let other = corpus[random.below(corpus.len())].as_bytes();
                let from = random.below(other.len());
                let to = (from + random.below(80)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _cut => bytes.truncate(at),
        }
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

/// Writes an input that failed to where builds go.
fn keep(target: &str, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&folder).expect("a folder");
    let hash = ringfence_core::blob::sha256(input);
    let path = folder.join(format!("{target}-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
    fs::write(&path, input).expect("written");
    path
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var_os(name)?.to_string_lossy().into_owned();
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}: want a whole number")))
}

#[expect(clippy::disallowed_methods, reason = "a long run is as long as the clock says")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "another seed for each long run; it is printed")]
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    since.as_secs() ^ u64::from(since.subsec_nanos()) << 32
}
