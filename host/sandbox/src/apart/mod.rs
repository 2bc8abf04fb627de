//! Apart: how does a strategy run in a process of its own, where an escape from WebAssembly gains nothing?
//!
//! In: machine code, a strategy's place in the configuration, a program that serves as guest process. Out: a strategy that
//! is called like any other. Must never: give that process a secret, a file, a socket, or anything of State but what the
//! strategy asks of its own; or believe what it says.
//!
//! The host starts its own program once more with a hidden verb, one process for each instance. Host and guest process speak
//! over one socket, in turns: the host says what a call brings, the guest process asks for what the guest looks at, and says
//! in the end what the guest wants. Both sides are in [`message`]; everything that comes from the guest process is taken for
//! the word of somebody who owns that process.

#[cfg(target_os = "linux")]
mod distant;
#[cfg(target_os = "linux")]
mod frame;
#[cfg(target_os = "linux")]
mod ledger;
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "guest processes need Linux"))]
mod line;
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "guest processes need Linux"))]
pub(crate) mod message;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
pub(crate) mod serve;
mod understood;

use std::path::PathBuf;

use ringfence_core::event::Mode;

#[cfg(target_os = "linux")]
pub(crate) use self::distant::{Distant, start};
pub(crate) use self::line::Line;
#[cfg(target_os = "linux")]
pub(crate) use self::process::Caps;
pub use self::understood::understood;
use crate::refusal::{AdmissionCode, Refusal};
#[cfg(not(target_os = "linux"))]
use crate::worker::Attempt;
use crate::worker::Guards;

/// First argument of a guest process: a verb that no user needs.
pub const GUEST_VERB: &str = "guest-process";

/// Where a strategy's code runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// In the process of the host.
    #[default]
    InProcess,
    /// In a process of its own.
    Process,
}

/// Whose component it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Nobody signed it.
    Nobody,
    /// Signed by somebody else.
    ThirdParty,
    /// Signed with a key of one's own.
    Own,
}

impl Isolation {
    /// The word of the configuration.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Isolation::InProcess => "in-process",
            Isolation::Process => "process",
        }
    }

    /// The least that a mode asks for: where orders may leave for a venue, a component that is not of one's own runs in a
    /// process of its own.
    #[must_use]
    pub const fn needed(mode: Mode, maker: Maker) -> Isolation {
        match (mode, maker) {
            (Mode::Live, Maker::Nobody | Maker::ThirdParty) => Isolation::Process,
            (Mode::Live, Maker::Own) | (Mode::Backtest | Mode::Replay | Mode::Paper | Mode::Shadow, _) => {
                Isolation::InProcess
            }
        }
    }

    /// True when it is at least what a mode asks for.
    #[must_use]
    pub const fn is_enough(self, mode: Mode, maker: Maker) -> bool {
        match (self, Isolation::needed(mode, maker)) {
            (Isolation::Process, _) | (Isolation::InProcess, Isolation::InProcess) => true,
            (Isolation::InProcess, Isolation::Process) => false,
        }
    }
}

/// A program that runs guests on behalf of this one: it must call [`serve_if_asked`](crate::serve_if_asked) first of all, and
/// be of the same build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestProgram {
    /// The program.
    pub program: PathBuf,
}

impl GuestProgram {
    /// The program that this process runs from, also when its file was replaced meanwhile. `None` = guest processes need
    /// Linux.
    #[must_use]
    pub fn of_this_program() -> Option<GuestProgram> {
        let program = PathBuf::from("/proc/self/exe");
        cfg!(target_os = "linux").then_some(GuestProgram { program })
    }
}

#[cfg(not(target_os = "linux"))]
impl GuestProgram {
    /// What a guest process tries that it must not be able to do, and how each attempt ended.
    ///
    /// # Errors
    /// `E-GUEST-PROCESS` where none runs.
    pub fn attempts(&self) -> Result<Vec<Attempt>, Refusal> {
        Err(failed("a guest process needs Linux"))
    }
}

/// What keeps a guest process shut in does not hold everywhere: the kernel is too old, or has it switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a guest process runs without {0}, which this kernel does not offer; it has no descriptor, variable or secret all the same"
)]
pub struct ApartAlarm(&'static str);

impl ApartAlarm {
    pub(crate) fn of(guards: Guards) -> Option<ApartAlarm> {
        match guards {
            Guards { files: true, calls: true } => None,
            Guards { files: false, calls: true } => Some(ApartAlarm("Landlock")),
            Guards { files: true, calls: false } => Some(ApartAlarm("seccomp")),
            Guards { files: false, calls: false } => Some(ApartAlarm("Landlock and seccomp")),
        }
    }
}

/// The guest process itself failed, or the machine did: nothing is known about the component.
pub(crate) fn failed(found: &str) -> Refusal {
    Refusal::new(
        AdmissionCode::GuestProcess,
        found,
        "a guest process that sets the strategy up",
        "run again when the machine is less busy; `ringfence doctor` tries a guest process; isolation = \"in-process\" needs none",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_live_trading_with_what_is_not_ones_own_needs_a_process() {
        for mode in [Mode::Backtest, Mode::Replay, Mode::Paper, Mode::Shadow, Mode::Live] {
            for maker in [Maker::Nobody, Maker::ThirdParty, Maker::Own] {
                let is_strict = mode == Mode::Live && maker != Maker::Own;
                assert_eq!(Isolation::InProcess.is_enough(mode, maker), !is_strict, "{mode:?} {maker:?}");
                assert!(Isolation::Process.is_enough(mode, maker));
            }
        }
    }
}
