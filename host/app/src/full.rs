//! Full: what happens to a session whose files may not grow?
//!
//! In: the limit that the system sets on the length of files. Out: writes that fail like those to a full disk. Must never: let
//! a session die of it without its cancels.

/// From now on a write beyond the limit fails, in this thread and those that it starts. Otherwise the signal for it ends the
/// process, and nobody cancels what rests at the venues.
#[cfg(target_os = "linux")]
pub(crate) fn fail_writes() {
    use nix::sys::signal::{SigSet, Signal};
    let blocked = SigSet::from(Signal::SIGXFSZ).thread_block();
    if let Err(error) = blocked {
        crate::output::diagnostic(format_args!(
            "warning: a limit on the length of files will end the process: {error}"
        ));
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn fail_writes() {}
