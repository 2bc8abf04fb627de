//! Run: how often is a target tried, with what, and what is left of an input that fails?
//!
//! In: a target and its corpus. Out: how many inputs there were, and the slowest. Must never: lose an input that failed.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::mutate::{Random, mutated};

/// Changed inputs of a usual run.
const ROUNDS: u64 = 300;
/// What a single input may take in a long run. As a rule it is a millisecond; now and then a component is compiled, and the
/// machine may have other things to do. What hangs takes longer than this.
const SLOW: Duration = Duration::from_secs(60);

/// Tries a target with its corpus, with `more` beside it, and with what is made of both.
pub(crate) fn fuzz(target: &str, more: Vec<Vec<u8>>, mut run: impl FnMut(&[u8])) {
    let mut corpus = corpus(target);
    corpus.extend(more);
    assert!(!corpus.is_empty(), "{target}: no corpus");
    let seconds = variable("RINGFENCE_FUZZ_SECONDS");
    let seed = variable("RINGFENCE_FUZZ_SEED").unwrap_or_else(|| if seconds.is_some() { fresh_seed() } else { 1 });
    println!("{target}: seed {seed}");
    let mut random = Random::new(seed);
    let begin = now();
    let (mut tried, mut slowest) = (0_u64, Duration::ZERO);
    let mut one = |input: &[u8]| {
        let start = now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(input))) {
            println!("{target}: seed {seed}, failing input kept in {}", keep(target, input).display());
            resume_unwind(panic);
        }
        slowest = slowest.max(start.elapsed());
        let is_in_time = seconds.is_none() || start.elapsed() < SLOW;
        assert!(is_in_time, "{target}: an input took {:?}, kept in {}", start.elapsed(), keep(target, input).display());
    };
    corpus.iter().for_each(|input| one(input));
    loop {
        let is_over = match seconds {
            Some(seconds) => begin.elapsed() >= Duration::from_secs(seconds),
            None => tried >= ROUNDS,
        };
        if is_over {
            break;
        }
        one(&mutated(&mut random, &corpus));
        tried += 1;
    }
    println!("{target}: {tried} inputs in {:?}, the slowest took {slowest:?}", begin.elapsed());
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("it reads")).collect()
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

#[expect(
    clippy::disallowed_methods,
    reason = "a long run is as long as the clock says, and begins elsewhere each time"
)]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "another seed for each long run; it is printed")]
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    since.as_secs() ^ u64::from(since.subsec_nanos()) << 32
}
