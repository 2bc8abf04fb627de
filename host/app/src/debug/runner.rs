//! Runner: does the source do what was recorded, and where does the debugger stop?
//!
//! In: a project, a transcript. Out: whether the source did all of it. Must never: take a program that failed by itself for
//! one that found a difference.

use std::process::{Command, Output};

use ringfence_component::Project;
use ringfence_component::debug::{Manner, Session, command, has_numbers_as_texts};

use super::transcript::Transcript;
use crate::commands::build::failure;
use crate::exit::Failure;
use crate::output::diagnostic;

/// Runs the source under the debugger of its language, until its user leaves it. False where it says that it did something else.
pub(crate) fn debug(project: &Project, transcript: &Transcript) -> Result<bool, Failure> {
    let mut command = ready(project, transcript, Manner::Debugger)?;
    let ended = command.status().map_err(|error| not_started(&command, &error));
    ended.map(|status| status.code() != Some(1))
}

/// Runs the source to the end of the last call; true where it did all that is recorded. What differs is told.
pub(crate) fn check(project: &Project, transcript: &Transcript) -> Result<bool, Failure> {
    let mut command = ready(project, transcript, Manner::Check)?;
    let output = command.output().map_err(|error| not_started(&command, &error))?;
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => {
            diagnostic(said(&output));
            Ok(false)
        }
        _ => {
            let program = command.get_program().to_string_lossy();
            Err(Failure::outside(format!("{program} ended without an answer:\n{}", said(&output))))
        }
    }
}

fn ready(project: &Project, transcript: &Transcript, manner: Manner) -> Result<Command, Failure> {
    let method = method(&transcript.kind());
    let session = Session { project, manner, method: &method };
    command(&session, transcript.json(has_numbers_as_texts(project.language))).map_err(|error| failure(&error))
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::outside(format!("cannot run {}: {error}", command.get_program().to_string_lossy()))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
}

/// `MarkPrice` goes to `on_mark_price`.
fn method(kind: &str) -> String {
    let mut name = "on".to_owned();
    for letter in kind.chars() {
        if letter.is_uppercase() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    #[test]
    fn methods_are_named_for_kinds() {
        assert_eq!(["Trade", "MarkPrice", "Wake"].map(super::method), ["on_trade", "on_mark_price", "on_wake"]);
    }
}
