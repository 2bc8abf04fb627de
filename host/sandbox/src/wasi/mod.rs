//! WASI: what does a guest get that was built with a standard library?
//!
//! In: calls of WASI 0.2 imports. Out: answers that are equal on every machine and in every replay. Must never: reach the
//! machine (its clock, files, sockets, environment, randomness), wait, or hold more for a guest than it is allowed.
//!
//! These are our own; nothing of wasmtime's implementations is linked. A guest finds:
//!
//! | what | how it is |
//! |---|---|
//! | clocks, both of them | the time of the event; before the first one, the Unix epoch |
//! | random, also "secure" and "insecure" | a fixed sequence for session and strategy (`random.rs`): no source of secrets |
//! | environment, arguments, working folder | empty |
//! | folders that were opened for it | none, so that no path leads anywhere |
//! | stdin | closed |
//! | stdout, stderr | lines become notes of the call, few and short (`printed.rs`); outside of calls they are dropped |
//! | waiting for a stream | over at once |
//! | waiting for a time, sleeping, exiting | a trap |
//! | sockets, HTTP | not there: admission refuses the component |

mod clock;
mod known;
mod never;
mod printed;
mod random;
mod streams;
mod surroundings;

use ringfence_core::ids::{SessionId, TimeNs};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, LinkerInstance};

pub(crate) use self::known::{Known, is_resource, known};
use self::printed::Printed;
use crate::price::{self, charge};
use crate::room::Room;

/// Version that the linker names; the engine matches every 0.2.x with it.
const VERSION: &str = "0.2.0";

/// Registers all of it.
pub(crate) fn link(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    never::link(linker)?;
    clock::link(linker)?;
    random::link(linker)?;
    streams::link(linker)?;
    surroundings::link(linker)
}

fn instance<'l>(linker: &'l mut Linker<Room>, interface: &str) -> wasmtime::Result<LinkerInstance<'l, Room>> {
    linker.instance(&format!("{interface}@{VERSION}"))
}

/// Every call of these imports is paid for before it does anything; `more` beside the call itself.
fn pay(store: &mut StoreContextMut<'_, Room>, more: u64) -> wasmtime::Result<()> {
    charge(store, price::IMPORT + more)
}

/// What one guest's WASI has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Wasi {
    /// Time of the last call in which it asked.
    time: TimeNs,
    /// Session, once a call has told it; zeros before.
    session: SessionId,
    /// Random blocks handed out.
    blocks: u64,
    /// Handles of streams that it has not dropped.
    streams: u32,
    /// Lines written in this call.
    pub(crate) printed: Printed,
}

impl Wasi {
    /// What State says while it is lent.
    pub(crate) fn told(&mut self, (time, session): (TimeNs, SessionId)) {
        (self.time, self.session) = (time, session);
    }
}

/// Why an import of WASI ends the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WasiTrap {
    /// It would wait, or needs something that there is not.
    #[error("the strategy called {0}, which does not exist in a sandbox: nothing waits, and there are no files")]
    Never(&'static str),
    /// It ended itself.
    #[error("the strategy called exit")]
    Exit,
    /// More than [`streams::HANDLES_MAX`].
    #[error("the strategy holds more than {} handles of streams", streams::HANDLES_MAX)]
    Handles,
    /// More than [`random::BYTES_MAX`] at once.
    #[error("the strategy asked for {0} random bytes at once, at most {max} are given", max = random::BYTES_MAX)]
    RandomBytes(u64),
}
