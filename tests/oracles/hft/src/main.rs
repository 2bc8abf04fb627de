//! What does hftbacktest make of this market and these orders?
//!
//! In: options as `key=value` (see [`setting`]), lines on standard input (see [`input`]). Out: JSON lines: each fill as
//! the exchange made it, the end of each order, a sum. Must never: share code with the simulation that it is compared
//! with, or judge.

mod feed;
mod input;
mod maker;
mod orders;
mod setting;
mod venue;

use std::process::ExitCode;

use setting::{Run, Setting};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let setting = Setting::read(std::env::args().skip(1))?;
    let text = std::io::read_to_string(std::io::stdin()).map_err(|error| error.to_string())?;
    let lines = input::read(&text)?;
    let mut venue = venue::open(&setting, feed::events(&setting, &lines))?;
    match setting.run {
        Run::Orders => orders::run(&setting, &lines, &mut venue),
        Run::Maker { qty, position_max } => maker::run(&setting, &lines, (qty, position_max), &mut venue),
    }
}
