//! Serving: what does the process do that is the worker?
//!
//! In: its arguments, a component on standard input. Out: an answer on standard output. Must never: read a byte of the
//! component before every limit and guard holds.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use wasmtime::Engine;

use super::answer::{Guards, Kind, attempt_line, greeting, head};
use super::guard::{self, Limits};
use crate::engine::{engine, engine_id};
use crate::machine::{MachineCode, Uncompiled};

/// The argument that asks for attempts in place of a component.
pub(super) const TRY: &str = "try";

/// The worker could not do its part; why stands on standard error.
const FAILED: u8 = 1;

pub(super) fn serve(arguments: &[OsString]) -> ExitCode {
    guard::close_inherited();
    match work(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Without standard error there is nobody to tell.
            writeln!(io::stderr(), "{why}").ok();
            ExitCode::from(FAILED)
        }
    }
}

fn work(arguments: &[OsString]) -> Result<(), String> {
    let (limits, is_try) = read(arguments).ok_or("this verb is for ringfence itself: it needs three limits")?;
    guard::limit(limits).map_err(|error| format!("the limits cannot be set: {error}"))?;
    // All that the engine wants to know about the machine is asked before the machine is out of reach.
    let engine = engine().map_err(|error| error.to_string())?;
    let not_written = |error: io::Error| format!("standard output: {error}");
    if is_try {
        let (guards, attempts) = attempts();
        return greet(&engine, guards).and_then(|()| answer(Kind::Attempts, attempts.as_bytes())).map_err(not_written);
    }
    let guards = Guards { files: guard::shut_files(), calls: guard::shut_calls() };
    greet(&engine, guards).map_err(not_written)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component).map_err(|error| format!("standard input: {error}"))?;
    let written = match MachineCode::compile(&engine, &component) {
        Ok(code) => answer(Kind::Code, code.bytes()),
        Err(Uncompiled::Refused(why)) => answer(Kind::Refused, why.as_bytes()),
        Err(Uncompiled::OutOfMemory) => answer(Kind::OutOfMemory, &[]),
    };
    written.map_err(not_written)
}

fn read(arguments: &[OsString]) -> Option<(Limits, bool)> {
    let number = |at: usize| arguments.get(at)?.to_str()?.parse::<u64>().ok();
    let limits = Limits { cpu_s: number(0)?, memory_bytes: number(1)?, file_bytes: number(2)? };
    match arguments.get(3) {
        None => Some((limits, false)),
        Some(word) => (word == TRY).then_some((limits, true)),
    }
}

fn greet(engine: &Engine, guards: Guards) -> io::Result<()> {
    write(&greeting(&engine_id(engine), guards))
}

fn answer(kind: Kind, payload: &[u8]) -> io::Result<()> {
    write(&head(kind, payload.len()))?;
    write(payload)
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Shuts itself in, and tries what must not succeed: what Landlock is to stop before seccomp does.
fn attempts() -> (Guards, String) {
    let descriptors = ("keeping a descriptor of its parent", guard::foreign_descriptors() > 0);
    let variables = ("keeping a variable of its parent", std::env::vars_os().next().is_some());
    let files = guard::shut_files();
    let opened = ("opening a file, against Landlock", guard::open_a_file().is_ok());
    let calls = guard::shut_calls();
    let tried = [
        descriptors,
        variables,
        opened,
        ("opening a file, against seccomp", guard::open_a_file().is_ok()),
        ("opening a socket, against seccomp", std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("starting a thread, against seccomp", std::thread::Builder::new().spawn(|| {}).is_ok()),
        ("starting a program, against seccomp", std::process::Command::new("/proc/self/exe").spawn().is_ok()),
    ];
    (Guards { files, calls }, tried.map(attempt_line).concat())
}
