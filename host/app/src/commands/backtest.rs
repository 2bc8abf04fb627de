//! `ringfence backtest`: tapes through the whole chain.
//!
//! In: a configuration, market data. Out: results, and a journal where one is wanted. Must never: run on a default that
//! nobody wrote.

use std::num::NonZeroU32;
use std::path::PathBuf;

use ringfence_session::clock::Stopwatch;
use ringfence_session::results::Results;
use ringfence_tape::Extent;

use crate::commands::config::Source;
use crate::config::{Loaded, Purpose, Request, load};
use crate::exit::{Exit, Failure};
use crate::output::{Form, Output, diagnostic, terminal_columns};
use crate::progress::Line;
use crate::report::chart::{self, Ink};
use crate::report::files;
use crate::report::results::Shown;
use crate::sessions::backtest::{Order, prepare};
use crate::sessions::new_journal;
use crate::{interrupt, secrets};

/// Run strategies on recorded market data.
///
/// Equal inputs give equal results, digests and journal bytes. Exit code 3 when a strategy was halted; the run itself goes
/// on without it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence backtest --config config/w1_ema_cross.toml --data trades.csv.zst --journal run1
  ringfence replay run1 --verify --data trades.csv.zst
  ringfence backtest --config config/w1_ema_cross.toml --data trades.csv.zst --events config/events/kill_switch.toml")]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Market data: FILE, or NAME=FILE with the name of a tape or VENUE:SYMBOL. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<String>,
    /// Control events with their times, as TOML [[events]] with `at` (date and time with offset, or ns since 1970) and
    /// `kind`: trading-enabled, trading-disabled, kill (level, strategy), flatten (strategy), config (set), signal (source,
    /// name, value), parameters (strategy, params), instrument-status (instrument, status), feed-stale, feed-recovered
    /// (instrument), venue-down, venue-up (venue). At equal times they come behind timers and before the row.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Feed at most so many rows.
    #[arg(long, value_name = "ROWS")]
    limit: Option<u64>,
    /// Play the tapes so often, each time shifted behind the last.
    #[arg(long, value_name = "TIMES", default_value = "1")]
    repeat: NonZeroU32,
    /// Folder for results.json, equity.csv and the resolved configuration; it must hold none of them yet.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Folder for the journal, new or empty.
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Problems of the configuration, faults of files, an interruption.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    let mut starting = Stopwatch::default();
    let loaded = starting.time(|| loaded(args))?;
    let journal = args.journal.as_deref().or(loaded.journal.as_deref());
    // A run may take hours: what would keep its outcome from being written is told before it.
    journal.map_or(Ok(()), new_journal)?;
    args.report.as_deref().map_or(Ok(()), files::claim)?;
    let extent = Extent { rows_max: args.limit, passes: args.repeat };
    let order = Order { loaded: &loaded, extent, journal };
    let prepared = starting.time(|| prepare(&order))?;
    for alarm in prepared.alarms() {
        diagnostic(format_args!("warning: {alarm}"));
    }
    let line = Line::start("backtest", args.limit);
    let results = prepared.run(&mut |now| line.moved(now));
    line.end();
    let (results, deaths) = results?;
    deaths.iter().for_each(diagnostic);
    let shown = Shown { results: &results, config: &loaded.core, startup_seconds: starting.seconds() };
    print(&shown, out);
    args.report.as_deref().map_or(Ok(()), |folder| files::write(folder, &shown, &loaded))?;
    Ok(exit(&results))
}

fn loaded(args: &Args) -> Result<Loaded, Failure> {
    let Source { config, set } = &args.source;
    let events = args.events.as_deref();
    Ok(load(&Request { file: config, sets: set, data: &args.data, events, purpose: Purpose::Backtest })?)
}

fn print(shown: &Shown<'_>, out: &mut Output) {
    match out.form() {
        Form::Json => out.json(&shown.json()),
        Form::Text => {
            out.line(shown.text());
            let ink = Ink::of(&secrets::process_environment);
            let currency = shown.config.currency(shown.config.base_currency).map_or("", |c| c.code.as_str());
            let title = format!("equity, {currency}");
            let picture = chart::draw(&shown.results.curve, &title, terminal_columns().unwrap_or(WIDTH), ink);
            if !picture.is_empty() {
                out.line(format!("\n{picture}"));
            }
        }
    }
}

/// Columns where there is no terminal.
const WIDTH: usize = 100;

fn exit(results: &Results) -> Exit {
    let halted = results.strategies.iter().any(|strategy| strategy.halt.is_some());
    if halted { Exit::Halted } else { Exit::Fine }
}
