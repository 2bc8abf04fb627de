//! Mutate: what does an input look like that is nearly another one?
//!
//! In: inputs, a seed. Out: one of them changed in a few places. Must never: depend on anything but the seed.

/// A generator of numbers that a seed determines (`SplitMix64`).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which is above 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a size")
    }
}

/// Largest input: what is longer says nothing new.
const BYTES_MAX: usize = 64 << 10;
/// Numbers at which checks turn over.
const EDGES: [u64; 12] =
    [0, 1, 2, 64, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];

/// One of the inputs, changed in one to eight places.
pub(crate) fn mutated(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        change(random, &mut bytes, corpus);
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    if bytes.is_empty() {
        bytes.push(0);
    }
    let at = random.below(bytes.len());
    let span = at..(at + 1 + random.below(32)).min(bytes.len());
    match random.below(8) {
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
            let from = random.below(other.len().max(1)).min(other.len());
            let to = (from + random.below(64)).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        _cut => bytes.truncate(at),
    }
}

/// Writes a number at an edge over what is there, as four or eight bytes.
fn edge(random: &mut Random, bytes: &mut [u8]) {
    let number = EDGES[random.below(EDGES.len())].to_le_bytes();
    let wide = if random.below(2) == 0 { 4 } else { 8 };
    for (byte, new) in bytes.iter_mut().zip(&number[..wide]) {
        *byte = *new;
    }
}
