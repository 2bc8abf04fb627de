//! The ringfence program: configuration, command line, sessions.
//!
//! In: arguments, files, the environment. Out: a session's result and an exit code. Must never: decide anything that a
//! layer below decides.

pub mod cli;
pub mod commands;
pub mod config;
pub mod exit;
pub mod explain;
pub mod output;
pub mod places;
pub mod secrets;
mod table;
