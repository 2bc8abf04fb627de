//! `ringfence data`: market data.
//!
//! In: files of other programs, an archive, or a seed. Out: tapes, and reports on them. Must never: let generated data be taken for real,
//! or leave a row out without saying so.

#[cfg(feature = "fetch")]
mod fetched;
mod generated;
mod outside;

pub(crate) use generated::{Columns, Model};

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Import, convert, look at, fetch and generate market data.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Import(outside::Import),
    Convert(outside::Convert),
    Inspect(outside::Inspect),
    #[cfg(feature = "fetch")]
    Fetch(fetched::Fetch),
    Generate(generated::Generate),
}

/// Runs the command.
///
/// # Errors
/// Options that are missing or wrong, files that cannot be read or written, more rows than fit the range of times.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    match &args.command {
        Command::Import(wanted) => outside::import(wanted, out),
        Command::Convert(wanted) => outside::convert(wanted, out),
        Command::Inspect(wanted) => outside::inspect(wanted, out),
        #[cfg(feature = "fetch")]
        Command::Fetch(wanted) => fetched::run(wanted, out),
        Command::Generate(wanted) => generated::run(wanted, out),
    }
}
