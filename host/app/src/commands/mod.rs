//! Commands, one module each: arguments in, results out, an exit code.

pub mod backtest;
pub mod build;
pub mod check;
pub mod config;
#[cfg(feature = "control")]
pub mod ctl;
pub mod data;
pub mod debug;
pub mod dev;
pub mod diff;
pub mod doctor;
#[cfg(feature = "exchange")]
pub mod exchange;
pub mod explain;
pub mod inspect;
pub mod key;
pub mod new;
mod number;
pub mod profile;
pub mod replay;
pub mod run;
pub mod sign;
pub mod sweep;
pub mod test;
pub mod verify;
pub mod whatif;
pub mod why;
