//! `ringfence data`: market data.
//!
//! In: files of other programs, or a seed. Out: tapes, and reports on them. Must never: let generated data be taken for real,
//! or leave a row out without saying so.

mod outside;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use ringfence_tape::Layout;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::output::{Form, Output};

/// Import, convert, look at and generate market data.
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
    /// Write a market generated from a seed: the same bytes on every machine. It is no real data.
    #[command(after_help = "\
Example:
  ringfence data generate --seed 1 --rows 100000 --layout trades --out generated.csv")]
    Generate(Generate),
}

#[derive(Debug, clap::Args)]
struct Generate {
    /// Seed; the same seed gives the same market.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rows to write, without the header.
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
    /// Columns.
    #[arg(long, visible_alias = "kind", value_enum, default_value_t = Columns::Trades)]
    layout: Columns,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Columns {
    /// ts_ns,price,qty
    Trades,
    /// ts_ns,kind,p1,q1,p2,q2
    Quotes,
    /// ts_ns,open,high,low,close,volume; one minute, stamped at the open
    Bars,
}

impl From<Columns> for Layout {
    fn from(columns: Columns) -> Layout {
        match columns {
            Columns::Trades => Layout::Trades,
            Columns::Quotes => Layout::Quotes,
            Columns::Bars => Layout::Bars,
        }
    }
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
        Command::Generate(wanted) => generate(wanted, out),
    }
}

fn generate(wanted: &Generate, out: &mut Output) -> Result<Exit, Failure> {
    let most = ringfence_tape::generate::rows_max(wanted.layout.into());
    if wanted.rows > most {
        return Err(Failure::usage(format!("--rows {}: allowed are at most {most} in this layout", wanted.rows)));
    }
    write(wanted).map_err(|error| Failure::outside(format!("{}: {error}", wanted.out.display())))?;
    let (layout, path) = (Layout::from(wanted.layout), wanted.out.display().to_string());
    match out.form() {
        Form::Json => out.json(&json!({
            "generated": true, "seed": wanted.seed, "rows": wanted.rows, "layout": layout.to_string(), "path": path,
        })),
        Form::Text => out.line(format!(
            "{path}: {} rows of {layout}, GENERATED from seed {}; this is no real market data",
            wanted.rows, wanted.seed
        )),
    }
    Ok(Exit::Fine)
}

fn write(wanted: &Generate) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(&wanted.out)?);
    ringfence_tape::generate::generate(wanted.seed, wanted.rows, wanted.layout.into(), &mut file)?;
    file.flush()
}
