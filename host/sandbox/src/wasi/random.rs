//! Random: which bytes does a guest get that asks for random ones?
//!
//! In: session, strategy, how many it got before. Out: the next ones of a fixed sequence. Must never: ask the machine, or be
//! taken for a source of secrets: whoever knows the session id knows all of it.
//!
//! The sequence is SHA-256 in counter mode: block n is the hash of [`LABEL`], the session id, the number of the strategy
//! and n, each as it stands in the journal. During instantiation and `setup` the session id is not known yet and is zeros.
//! A fresh instance of a strategy begins with block 0 again.

use ringfence_core::blob::sha256;
use ringfence_core::ids::{SessionId, StrategyId};
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use super::{Wasi, WasiTrap, instance, pay};
use crate::price;
use crate::room::Room;

type Store<'a> = StoreContextMut<'a, Room>;

/// Names the sequence; another sequence has another label.
const LABEL: &[u8] = b"ringfence wasi random@1";

/// Most bytes one call gives: seeds and keys are some dozens.
pub(super) const BYTES_MAX: u64 = 64 << 10;

/// Bytes of a block.
const BLOCK_BYTES: u64 = 32;

pub(super) fn link(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    for (interface, bytes, number) in [
        ("wasi:random/random", "get-random-bytes", "get-random-u64"),
        ("wasi:random/insecure", "get-insecure-random-bytes", "get-insecure-random-u64"),
    ] {
        let mut random = instance(linker, interface)?;
        random.func_wrap(bytes, |store, (len,): (u64,)| Ok((many(store, len)?,)))?;
        random.func_wrap(number, |store, (): ()| Ok((two(store)?.0,)))?;
    }
    instance(linker, "wasi:random/insecure-seed")?.func_wrap("insecure-seed", |store, (): ()| Ok((two(store)?,)))
}

fn many(mut store: Store<'_>, len: u64) -> wasmtime::Result<Vec<u8>> {
    if len > BYTES_MAX {
        return Err(WasiTrap::RandomBytes(len).into());
    }
    let blocks = len.div_ceil(BLOCK_BYTES);
    pay(&mut store, price::RANDOM * blocks + price::BYTE * len)?;
    let strategy = store.data().strategy();
    let wasi = store.data_mut().wasi_now();
    let mut bytes: Vec<u8> = (0..blocks).flat_map(|_| next(wasi, strategy)).collect();
    bytes.truncate(usize::try_from(len).expect("at most BYTES_MAX"));
    Ok(bytes)
}

fn two(mut store: Store<'_>) -> wasmtime::Result<(u64, u64)> {
    pay(&mut store, price::RANDOM)?;
    let strategy = store.data().strategy();
    let block = next(store.data_mut().wasi_now(), strategy);
    let number = |at: usize| u64::from_le_bytes(block[at..at + 8].try_into().expect("eight of 32 bytes"));
    Ok((number(0), number(8)))
}

fn next(wasi: &mut Wasi, strategy: StrategyId) -> [u8; 32] {
    let number = wasi.blocks;
    wasi.blocks += 1;
    block(wasi.session, strategy, number)
}

fn block(session: SessionId, strategy: StrategyId, number: u64) -> [u8; 32] {
    let parts = [LABEL, &session.0, &strategy.0.to_le_bytes(), &number.to_le_bytes()];
    sha256(&parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::hex;

    /// Old journals mean this sequence; checked with `sha256sum` over the same bytes.
    #[test]
    fn the_sequence_is_what_its_label_says() {
        let first = block(SessionId([7; 16]), StrategyId(1), 0);
        expect_test::expect!["49d4543675f66a8256489dc2dabc5ddf8d17ab00d3b6afe2f4a528ee0aceaab6"]
            .assert_eq(&hex(&first));
    }

    #[test]
    fn session_strategy_and_place_each_change_it() {
        let all = [([7; 16], 1, 0), ([8; 16], 1, 0), ([7; 16], 2, 0), ([7; 16], 1, 1)];
        let blocks = all.map(|(session, strategy, number)| block(SessionId(session), StrategyId(strategy), number));
        for (at, one) in blocks.iter().enumerate() {
            assert!(!blocks[..at].contains(one), "{at}");
        }
    }
}
