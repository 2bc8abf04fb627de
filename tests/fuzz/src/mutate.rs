//! Mutate: what does an input look like that is nearly another one?
//!
//! In: inputs, words of their language, a seed. Out: one of them changed in a few places. Must never: depend on anything
//! but the seed.

/// A generator of numbers that a seed determines (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator that follows from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // What is below a size is one.
        usize::try_from(self.next_number() % (bound.max(1) as u64)).unwrap_or(0)
    }
}

/// Numbers at which checks turn over.
const EDGES: [u64; 14] = [
    0,
    1,
    2,
    64,
    0x7f,
    0x80,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// Pieces at which readers of text turn over.
const TEXT: [&str; 25] = [
    "null",
    "true",
    "-1",
    "0",
    "-0",
    "1e999",
    "1e-40",
    "NaN",
    "99999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "0.000000000000000000001",
    "\"\"",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\n",
    "\\u0000",
    "\u{feff}",
    "\u{e9}",
    "%00",
];

/// One of the inputs, changed in one to eight places, at most `bytes_max` long. `words` are pieces that the decoder knows.
#[must_use]
pub fn mutated(random: &mut Random, corpus: &[Vec<u8>], words: &[&str], bytes_max: usize) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        change(random, &mut bytes, corpus, words);
    }
    bytes.truncate(bytes_max);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
    if bytes.is_empty() {
        bytes.push(0);
    }
    let at = random.below(bytes.len());
    let span = at..(at + 1 + random.below(32)).min(bytes.len());
    match random.below(11) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = u8::try_from(random.below(256)).expect("a byte"),
        2 => edge(random, &mut bytes[at..]),
        3 => bytes[at] = bytes[at].wrapping_add(1),
        4 => drop(bytes.drain(span)),
        5 => {
            let again = bytes[span].to_vec();
            bytes.splice(at..at, again);
        }
        6 => {
            let other = &corpus[random.below(corpus.len())];
            let from = random.below(other.len());
            let to = (from + random.below(80)).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        7 => drop(bytes.splice(span, word(random, words).bytes())),
        8 => drop(bytes.splice(at..at, word(random, words).bytes())),
        9 => digits(random, bytes, at),
        _cut => bytes.truncate(at),
    }
}

fn word<'a>(random: &mut Random, words: &[&'a str]) -> &'a str {
    if words.is_empty() || random.below(2) == 0 {
        TEXT[random.below(TEXT.len())]
    } else {
        words[random.below(words.len())]
    }
}

/// Writes a number at an edge over what is there, as one to eight bytes of either order.
fn edge(random: &mut Random, bytes: &mut [u8]) {
    let number = EDGES[random.below(EDGES.len())];
    let wide = 1 << random.below(4);
    let (little, big) = (number.to_le_bytes(), number.to_be_bytes());
    let chosen = if random.below(4) == 0 { &big[8 - wide..] } else { &little[..wide] };
    for (byte, new) in bytes.iter_mut().zip(chosen) {
        *byte = *new;
    }
}

/// Another digit for the first one from `at` on: text that keeps its form and says something else.
fn digits(random: &mut Random, bytes: &mut [u8], at: usize) {
    let digit = b'0' + u8::try_from(random.below(10)).expect("a digit");
    if let Some(byte) = bytes[at..].iter_mut().find(|byte| byte.is_ascii_digit()) {
        *byte = digit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_inputs_and_another_one_others() {
        let corpus = vec![b"one and two".to_vec(), Vec::new(), vec![0xff; 40]];
        let of = |seed| {
            let mut random = Random::new(seed);
            (0..500).map(|_| mutated(&mut random, &corpus, &["word"], 64)).collect::<Vec<_>>()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(1).iter().all(|input| input.len() <= 64));
        assert!(of(1).iter().any(|input| input.windows(4).any(|part| part == b"word")), "words are used");
    }
}
