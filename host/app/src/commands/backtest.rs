//! `ringfence backtest`: tapes through the whole chain.
//!
//! In: a configuration, market data. Out: results, and a journal where one is wanted. Must never: run on a default that
//! nobody wrote.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use ringfence_journal::checkpoint::CHECKPOINTS_NAME;
use ringfence_report::statistics::{Basis, BasisError};
use ringfence_report::summary::Choices;
use ringfence_session::clock::Stopwatch;
use ringfence_session::latency::Latency;
use ringfence_session::observer::Observer;
use ringfence_session::results::Results;
use ringfence_tape::Extent;

use crate::commands::config::Source;
use crate::commands::key;
use crate::commands::number;
use crate::config::{Loaded, Purpose, Report, Request, load};
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic, terminal_columns};
use crate::progress::Line;
use crate::report::chart::{self, Ink};
use crate::report::files::{self, Content};
use crate::report::results::Shown;
use crate::sessions::backtest::{Identity, Order, Signing, prepare};
use crate::sessions::new_journal;
use crate::versions::{self, Downgrade};
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
    /// Run signed strategies although a later version of them ran on this machine before.
    #[arg(long)]
    allow_downgrade: bool,
    /// Market data: FILE, or NAME=FILE with the name of a tape or VENUE:SYMBOL. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<String>,
    /// Control events with their times, as TOML [[events]] with `at` (date and time with offset, or ns since 1970) and
    /// `kind`: trading-enabled, trading-disabled, kill (level, strategy), flatten (strategy), config (set), signal (source,
    /// name, value), parameters (strategy, params), swap (strategy, component), instrument-status (instrument, status),
    /// feed-stale, feed-recovered (instrument), venue-down, venue-up (venue), mark-price (instrument, price), funding-rate
    /// (instrument, rate, next), corporate-action (instrument, action, numerator, denominator, cash). At equal times they come
    /// behind timers and before the row.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Feed at most so many rows.
    #[arg(long, value_name = "ROWS", value_parser = number::rows)]
    limit: Option<u64>,
    /// Play the tapes so often, each time shifted behind the last.
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = number::whole(NonZeroU32::MIN..=NonZeroU32::MAX))]
    repeat: NonZeroU32,
    /// Folder for the report: tear sheet (report.html), results and statistics as JSON, orders, fills, positions and
    /// account as CSV and Parquet, charts as SVG, the resolved configuration; it must hold none of them yet.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Instrument that the report compares with buying and holding, or `none` [default: the first one].
    #[arg(long, value_name = "VENUE:SYMBOL", requires = "report")]
    benchmark: Option<String>,
    /// Yield of a year without risk, for the report: 0.02 is two per cent.
    #[arg(long, value_name = "RATE", default_value = "0", allow_negative_numbers = true, value_parser = number::rate)]
    risk_free: f64,
    /// Periods of the report's returns that make a year [default: 252 trading days, or 365 where an instrument is spot or
    /// perpetual, and so many periods of a day].
    #[arg(long, value_name = "NUMBER", requires = "report", value_parser = number::periods)]
    periods_per_year: Option<f64>,
    /// Folder for the journal, new or empty.
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// Sign checkpoints of the journal with the audit key in this file. They stand in the journal's file `checkpoints`;
    /// a copy kept elsewhere proves later that nothing was changed.
    #[arg(long, value_name = "FILE")]
    audit_key: Option<PathBuf>,
    /// Measure how long each command took from the row that was taken up last until it was approved, signed and past the
    /// Gate, and print quantiles. Reads the clock at every row, so the run itself is slower. Not with --report, and not with a
    /// feed leg.
    #[arg(long, conflicts_with = "report")]
    latency: bool,
}

/// Runs the command.
///
/// # Errors
/// Problems of the configuration, faults of files, an interruption.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    let mut starting = Stopwatch::default();
    let mut loaded = starting.time(|| loaded(args))?;
    versions::demand(&mut loaded.trust, Downgrade::of_flag(args.allow_downgrade))?;
    refuse_latency(args, &loaded)?;
    let journal = args.journal.as_deref().or(loaded.journal.as_deref());
    // A run may take hours: what would keep its outcome from being written is told before it.
    journal.map_or(Ok(()), new_journal)?;
    let choices = choices(args, &loaded)?;
    args.report.as_deref().map_or(Ok(()), files::claim)?;
    let extent = Extent { rows_max: args.limit, passes: args.repeat };
    let signing = signing_key(args.audit_key.as_deref(), &loaded, journal)?;
    let signer = signing.as_ref().map(|signing| signing.key.id());
    let order =
        Order { loaded: &loaded, extent, journal, signing, identity: Identity::Inputs, label: &[], profiler: None };
    let prepared = starting.time(|| prepare(order))?;
    for alarm in prepared.alarms() {
        diagnostic(format_args!("warning: {alarm}"));
    }
    if let Some(why) = prepared.unbatched() {
        diagnostic(format_args!("warning: {why}"));
    }
    let mut recorder = args.report.as_deref().map(|folder| files::recorder(folder, &loaded)).transpose()?;
    let mut latency = args.latency.then(Latency::default);
    let line = Line::start("backtest", args.limit);
    let recorders = recorder.as_mut().map(|recorder| recorder as &mut dyn Observer);
    let observer = recorders.or(latency.as_mut().map(|latency| latency as &mut dyn Observer));
    let has_bars = prepared.has_bars();
    let results = prepared.run(&mut |now| line.moved(now), observer);
    line.end();
    if let (Err(_), Some(folder)) = (&results, args.report.as_deref()) {
        diagnostic(files::unfinished(folder));
    }
    let (results, deaths) = results?;
    deaths.iter().for_each(diagnostic);
    if let (Some(signer), Some(folder)) = (signer, journal) {
        let file = folder.join(CHECKPOINTS_NAME);
        diagnostic(format_args!("note: signed by audit key {signer}; keep a copy of {} elsewhere", file.display()));
    }
    let startup_seconds = starting.seconds();
    let shown = Shown { results: &results, config: &loaded.core, startup_seconds, has_bars, latency: latency.as_ref() };
    print(&shown, out);
    if let Some((recorder, folder)) = recorder.zip(args.report.as_deref()) {
        let recorded = recorder.finish().map_err(|error| Failure::outside(format!("the report: {error}")))?;
        files::write(folder, &Content { shown: &shown, loaded: &loaded, recorded: &recorded, choices: &choices })?;
    }
    Ok(exit(&results))
}

/// With a feed leg the venue meets a row long before the core does: nothing could be said of its way.
fn refuse_latency(args: &Args, loaded: &Loaded) -> Result<(), Failure> {
    let feed_ns = loaded.simulation.as_ref().map_or(0, |rules| rules.latency.feed_ns);
    if !args.latency || feed_ns == 0 {
        return Ok(());
    }
    let fault = Fault::new(format!(
        "--latency measures where rows reach the core at once, and simulation.latency.feed is {feed_ns} ns"
    ));
    Err(Failure::Usage(fault.fixed_by("--set simulation.latency.feed=\"0s\"")))
}

/// What the report is to rest on; told before the run, which may take hours.
fn choices(args: &Args, loaded: &Loaded) -> Result<Choices, Failure> {
    let refused = |error: BasisError| Failure::usage(error.to_string());
    Basis::new(args.periods_per_year.unwrap_or(1.0), args.risk_free).map_err(refused)?;
    let core = &loaded.core;
    let ids = || core.instruments.iter().map(|instrument| instrument.id);
    let benchmark = match args.benchmark.as_deref() {
        None => ids().next(),
        Some("none") => None,
        Some(symbol) => Some(ids().find(|id| core.symbol(*id) == symbol).ok_or_else(|| {
            let known: Vec<&str> = ids().map(|id| core.symbol(id)).collect();
            let fault = Fault::new(format!("--benchmark {symbol} is no instrument of this configuration"));
            Failure::Usage(fault.fixed_by(format!("known: {}, none", known.join(", "))))
        })?),
    };
    Ok(Choices { benchmark, periods_per_year: args.periods_per_year, risk_free: args.risk_free })
}

fn loaded(args: &Args) -> Result<Loaded, Failure> {
    let Source { config, set } = &args.source;
    let events = args.events.as_deref();
    Ok(load(&Request { file: config, sets: set, data: &args.data, events, purpose: Purpose::Backtest })?)
}

/// The key that signs, where a journal is recorded: read before the run, because a journal is signed from its start.
pub(super) fn signing_key(
    audit_key: Option<&Path>,
    loaded: &Loaded,
    journal: Option<&Path>,
) -> Result<Option<Signing>, Failure> {
    let key = match (audit_key, journal) {
        (Some(_), None) => {
            let fault = Fault::new("--audit-key signs a journal, and none is recorded");
            return Err(Failure::Usage(fault.fixed_by("name a folder with --journal DIR")));
        }
        (Some(path), Some(_)) => Some(key::read(path).map_err(|fault| fault.failure())?),
        (None, None) => None,
        (None, Some(_)) => {
            let refused = |fault: key::KeyFault| loaded.audit_key_refused(&fault.to_string());
            let read = loaded.audit_key.as_deref().map(key::read).transpose();
            read.map_err(|fault| Failure::Config(Report { problems: vec![refused(fault)] }))?
        }
    };
    Ok(key.map(|key| Signing { key, every_frames: loaded.checkpoint_every }))
}

pub(super) fn print(shown: &Shown<'_>, out: &mut Output) {
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

pub(super) fn exit(results: &Results) -> Exit {
    let halted = results.strategies.iter().any(|strategy| !strategy.halts.is_empty());
    if halted { Exit::Halted } else { Exit::Fine }
}
