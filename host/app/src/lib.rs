//! The ringfence program: configuration, command line, sessions.
//!
//! In: arguments, files, the environment. Out: a session's result and an exit code. Must never: decide anything that a
//! layer below decides.

// Both can panic when nobody reads: results go through `Output`, everything else through `output::diagnostic`.
#![cfg_attr(not(feature = "live"), allow(dead_code, reason = "the view is what asks for some of it"))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod calendar;
pub mod cli;
pub mod commands;
mod compiler;
pub mod config;
#[cfg(feature = "control")]
mod control;
mod debug;
mod dev;
mod diff;
#[cfg(feature = "exchange")]
mod exchange;
pub mod exit;
pub mod explain;
mod full;
#[cfg(feature = "venues")]
mod gateway;
mod interrupt;
#[cfg(feature = "venues")]
mod live;
mod look;
pub mod output;
pub mod places;
mod profile;
mod progress;
mod regular;
mod reload;
mod render;
mod report;
pub mod secrets;
pub mod sessions;
mod sweep;
mod table;
mod trial;
mod versions;
mod whatif;
mod why;
