//! Interruption: did the user ask to stop?
//!
//! In: the interrupt signal. Out: a flag that run loops look at. Must never: stop anything itself the first time; the
//! second time it does.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

use crate::output::diagnostic;

static ASKED: AtomicBool = AtomicBool::new(false);
static WATCHED: Once = Once::new();
static BEFORE_EXIT: OnceLock<fn()> = OnceLock::new();

/// Exit code of a process that was interrupted.
const INTERRUPTED: i32 = 130;

/// From now on the first interrupt sets the flag, and the second ends the process. A command with several parts may say so
/// before each.
pub(crate) fn watch() {
    WATCHED.call_once(set_handler);
}

fn set_handler() {
    let handler = || {
        if ASKED.swap(true, Ordering::Relaxed) {
            if let Some(act) = BEFORE_EXIT.get() {
                act();
            }
            std::process::exit(INTERRUPTED);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        diagnostic(format_args!("warning: an interrupt will end the process at once: {error}"));
    }
}

/// Done before the second interrupt ends the process; the first who says so is heard.
pub(crate) fn before_exit(act: fn()) {
    BEFORE_EXIT.get_or_init(|| act);
}

/// True once the user asked to stop.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Go on, or stop because the user asked to.
pub(crate) fn flow() -> ControlFlow<()> {
    if is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
