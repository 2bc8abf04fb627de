//! Run: how often is a target tried, with what, and what is left of an input that fails?
//!
//! In: a target and its corpus. Out: how many inputs there were, and the slowest. Must never: lose an input that failed.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::mutate::{Random, mutated};

/// Largest input: what is longer says nothing new.
const BYTES_MAX: usize = 64 << 10;
/// What a single input may take in a long run. As a rule it is below a millisecond, and the machine may have other things
/// to do. What hangs takes longer than this.
const SLOW: Duration = Duration::from_secs(60);

/// A decoder, or whatever else stands between a stranger's bytes and the host.
#[derive(Clone, Debug)]
pub struct Target {
    name: &'static str,
    corpus: Vec<Vec<u8>>,
    words: Vec<&'static str>,
    kept_in: PathBuf,
}

impl Target {
    /// A target of the package in the folder `package`, which builds into the folder `build`: see
    /// [`target!`](crate::target!). To `corpus` comes what lies in `tests/corpus/NAME` of the package.
    ///
    /// # Panics
    /// When there is no input at all.
    #[must_use]
    pub fn new(name: &'static str, package: &str, build: &str, corpus: Vec<Vec<u8>>) -> Target {
        let mut corpus = corpus;
        corpus.extend(kept_corpus(&Path::new(package).join("tests/corpus").join(name)));
        assert!(!corpus.is_empty(), "{name}: no corpus");
        Target { name, corpus, words: Vec::new(), kept_in: Path::new(build).join("fuzz") }
    }

    /// Words that the decoder knows, to be put where they do not belong.
    #[must_use]
    pub fn with_words(mut self, words: &[&'static str]) -> Target {
        self.words.extend(words);
        self
    }

    /// Tries the corpus and then what is made of it: `rounds` inputs in a usual run, as many as there is time for in a long
    /// one.
    ///
    /// # Panics
    /// When an input makes `run` panic, with its panic; in a long run also when it takes a minute.
    pub fn tried(&self, rounds: u64, mut run: impl FnMut(&[u8])) {
        let seconds = variable("RINGFENCE_FUZZ_SECONDS");
        let seed = variable("RINGFENCE_FUZZ_SEED").unwrap_or_else(|| if seconds.is_some() { fresh_seed() } else { 1 });
        println!("{}: seed {seed}", self.name);
        let (mut random, begin) = (Random::new(seed), now());
        let mut slowest = Duration::ZERO;
        let mut one = |input: &[u8]| slowest = slowest.max(self.one(input, seconds.is_some(), &mut run));
        self.corpus.iter().for_each(|input| one(input));
        let is_over = |tried: u64| match seconds {
            Some(seconds) => begin.elapsed() >= Duration::from_secs(seconds),
            None => tried >= rounds,
        };
        let mut tried = 0;
        while !is_over(tried) {
            one(&mutated(&mut random, &self.corpus, &self.words, BYTES_MAX));
            tried += 1;
        }
        println!("{}: {tried} inputs in {:?}, the slowest took {slowest:?}", self.name, begin.elapsed());
    }

    fn one(&self, input: &[u8], is_long: bool, run: &mut impl FnMut(&[u8])) -> Duration {
        let start = now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(input))) {
            println!("{}: failing input kept in {}", self.name, self.keep(input).display());
            resume_unwind(panic);
        }
        let took = start.elapsed();
        let is_in_time = !is_long || took < SLOW;
        assert!(is_in_time, "{}: an input took {took:?}, kept in {}", self.name, self.keep(input).display());
        took
    }

    /// Writes an input that failed to where builds go.
    fn keep(&self, input: &[u8]) -> PathBuf {
        fs::create_dir_all(&self.kept_in).expect("a folder");
        let path = self.kept_in.join(format!("{}-{:016x}", self.name, name_of(input)));
        fs::write(&path, input).expect("written");
        path
    }
}

/// Tells inputs apart in file names (FNV-1a).
fn name_of(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn kept_corpus(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("it reads")).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_that_fails_is_kept_as_it_was() {
        let build = std::env::temp_dir().join(format!("ringfence-fuzz-{}", std::process::id()));
        let target = Target::new("sums", "/nowhere", &build.to_string_lossy(), vec![b"1+1".to_vec()]);
        let failed = catch_unwind(AssertUnwindSafe(|| target.tried(10_000, |input| assert!(!input.contains(&b'9')))));
        assert!(failed.is_err(), "it is found");
        let kept = kept_corpus(&build.join("fuzz"));
        assert!(kept.len() == 1 && kept[0].contains(&b'9'), "{kept:?}");
        fs::remove_dir_all(&build).expect("removed");
    }
}
