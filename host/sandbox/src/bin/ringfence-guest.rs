//! Guest program: what can a program start that embeds the sandbox and cannot be started again itself?
//!
//! In: the arguments of a host. Out: a compile worker, or a guest process. Must never: be of another build than its host.

use std::process::ExitCode;

/// Started by something else than a host.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    ringfence_sandbox::serve_if_asked(&arguments).unwrap_or(ExitCode::from(USAGE))
}
