//! `ringfence run`: a session that runs by the clock.
//!
//! In: a configuration, a recorded market. Out: fills of the simulated venue as they would have come, a journal, results at the
//! end. Must never: send anything anywhere.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use ringfence_core::config::{Config, Lane};
use ringfence_core::event::Mode;
use ringfence_core::ids::SessionId;
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::risk::approval::KeyId;
use ringfence_sandbox::Workshop;
use ringfence_session::backtest::Paced;
use ringfence_session::clock::Stopwatch;
use ringfence_session::pace::{Notice, NoticeKind};
use ringfence_session::script::Fact;
use ringfence_tape::Extent;

use crate::commands::backtest::{exit, print, signing_key};
use crate::commands::config::Source;
use crate::config::{Loaded, Purpose, Request, load};
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Output, diagnostic};
use crate::progress::Line;
use crate::reload::{Reloader, Task, absolute};
use crate::report::results::Shown;
use crate::sessions::backtest::{Order, prepare};
use crate::sessions::new_journal;
use crate::sessions::paper::{Pacer, Speed};
use crate::versions::{self, Downgrade};
use crate::{interrupt, secrets};

/// Run strategies on a market that comes by the clock, with the simulated venue: paper trading.
///
/// The market is a recorded tape, or one that `ringfence data generate` made. Interrupt it to end it: the journal is sealed
/// then, and `ringfence replay` executes the session again, reloads included.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence run --mode paper --config config/w1_ema_cross.toml --data trades.csv.zst --speed 60 --watch --journal paper1
  ringfence replay paper1 --verify --data trades.csv.zst")]
pub struct Args {
    /// What is real: in `paper` nothing but the market.
    #[arg(long, value_enum)]
    mode: ModeArg,
    #[command(flatten)]
    source: Source,
    /// Run signed strategies although a later version of them ran on this machine before.
    #[arg(long)]
    allow_downgrade: bool,
    /// Market data: FILE, or NAME=FILE with the name of a tape or VENUE:SYMBOL. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<String>,
    /// Control events with their times, as for `ringfence backtest`.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// How many times faster than it was recorded the market comes, or `max`.
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = speed)]
    speed: Speed,
    /// Longest time of the market without a row that is waited for, such as 1m; longer ones are cut to it [default: none].
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    gap_max: Option<u64>,
    /// End after this time by the clock, such as 10s or 1h.
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    duration: Option<u64>,
    /// Feed at most so many rows.
    #[arg(long, value_name = "ROWS")]
    limit: Option<u64>,
    /// Reload components and parameters when their files change.
    #[arg(long)]
    watch: bool,
    /// Folder for the journal, new or empty.
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// Sign checkpoints of the journal with the audit key in this file.
    #[arg(long, value_name = "FILE")]
    audit_key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ModeArg {
    /// Simulated fills, no key needed.
    Paper,
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Unbound);
    }
    let times = text.parse::<f64>().ok().filter(|times| (1e-3..=1e9).contains(times));
    times.map(Speed::Times).ok_or_else(|| "want a number from 0.001 to 1000000000, or `max`".to_owned())
}

fn length(text: &str) -> Result<u64, String> {
    let ns = crate::config::duration_ns(text);
    ns.ok_or_else(|| "want a length of time with its unit (ns, us, ms, s, m, h, d), such as 90s".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Problems of the configuration, faults of files.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    let ModeArg::Paper = args.mode;
    let mut starting = Stopwatch::default();
    let mut loaded = starting.time(|| read(args))?;
    versions::demand(&mut loaded.trust, Downgrade::of_flag(args.allow_downgrade))?;
    let journal = args.journal.as_deref().or(loaded.journal.as_deref());
    journal.map_or(Ok(()), new_journal)?;
    if journal.is_none() {
        diagnostic("note: nothing is recorded, and the session cannot be replayed; --journal DIR records it");
    }
    lanes(&loaded.core);
    let signing = signing_key(args.audit_key.as_deref(), &loaded, journal)?;
    let (session, keys) = (drawn_session()?, approval_keys()?);
    let extent = Extent { rows_max: args.limit, passes: std::num::NonZeroU32::MIN };
    let order = Order { loaded: &loaded, extent, journal, signing, drawn: Some((Mode::Paper, session)), label: &[] };
    let prepared = starting.time(|| prepare(order))?;
    prepared.alarms().iter().for_each(|alarm| diagnostic(format_args!("warning: {alarm}")));
    let (sender, orders) = channel();
    let reloader = args.watch.then(|| reloader(args, &loaded, prepared.components(), prepared.workshop()?, sender));
    let reloader = reloader.transpose()?;
    let watching = if args.watch { ", watching its files" } else { "" };
    diagnostic(format_args!("paper session {session} runs{watching}; Ctrl-C ends it"));
    let has_bars = prepared.has_bars();
    let line = Line::start("paper", args.limit);
    let mut told = |notice: &Notice| {
        // A state that is kept, as often as that is configured, is nothing to look at.
        if !matches!(notice.kind, NoticeKind::Kept(_)) {
            line.above(&shown(&loaded.core, notice));
        }
    };
    let pace = (args.speed, args.gap_max.unwrap_or(u64::MAX));
    let mut pacer = Pacer::new(pace, args.duration.map(Duration::from_nanos), orders, &mut told);
    let paced = Paced { mode: Mode::Paper, keys, pace: &mut pacer };
    // The pacer looks at interrupts, and ends the session where it is: the journal is sealed then.
    let results = prepared.run_at(
        Some(paced),
        &mut |now| {
            let _asked = line.moved(now);
            std::ops::ControlFlow::Continue(())
        },
        None,
    );
    line.end();
    drop(reloader);
    let (results, deaths) = results?;
    deaths.iter().for_each(diagnostic);
    let startup_seconds = starting.seconds();
    let shown = Shown { results: &results, config: &loaded.core, startup_seconds, has_bars, latency: None };
    print(&shown, out);
    Ok(exit(&results))
}

fn read(args: &Args) -> Result<Loaded, Failure> {
    let Source { config, set } = &args.source;
    let events = args.events.as_deref();
    Ok(load(&Request { file: config, sets: set, data: &args.data, events, purpose: Purpose::Backtest })?)
}

/// A strategy whose lane ends before this mode would see all its orders denied: told at once.
fn lanes(config: &Config) {
    for slot in config.strategies.iter().filter(|slot| slot.lane == Lane::Simulation) {
        diagnostic(format_args!(
            "warning: strategy {} has lane \"simulation\", so its orders are denied in paper mode; lane = \"paper\" permits them",
            slot.name
        ));
    }
}

/// An identity that no session had before.
fn drawn_session() -> Result<SessionId, Failure> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| Failure::outside(format!("no random numbers: {error}")))?;
    Ok(SessionId(id))
}

/// The secret that is configured, or one for this session alone.
fn approval_keys() -> Result<ApprovalKeys, Failure> {
    let refused = |message: String| Failure::Usage(Fault::new(message).coded("C-SECRET"));
    let secret = secrets::read(secrets::RISK_HMAC, &secrets::process_environment);
    if let Some(secret) = secret.map_err(|error| refused(error.to_string()))? {
        return ApprovalKeys::new(KeyId(1), secret.expose()).map_err(|error| refused(error.to_string()));
    }
    diagnostic(format_args!(
        "note: {} is not set, approvals are signed with a key of this session",
        secrets::RISK_HMAC
    ));
    let mut drawn = [0; 32];
    getrandom::fill(&mut drawn).map_err(|error| Failure::outside(format!("no random numbers: {error}")))?;
    ApprovalKeys::new(KeyId(1), &drawn).map_err(|error| Failure::outside(error.to_string()))
}

fn reloader(
    args: &Args,
    loaded: &Loaded,
    hashes: Vec<ringfence_core::blob::Sha256Hash>,
    workshop: Workshop,
    orders: std::sync::mpsc::Sender<Fact>,
) -> Result<Reloader, Failure> {
    let Source { config: file, set } = &args.source;
    let (file, set, data) = (file.clone(), set.clone(), args.data.clone());
    let again = file.clone();
    let read = move || {
        let request = Request { file: &again, sets: &set, data: &data, events: None, purpose: Purpose::Backtest };
        let loaded = load(&request).map_err(|report| report.to_string())?;
        Ok((loaded.core, loaded.components.iter().map(|path| absolute(path)).collect()))
    };
    let components = loaded.components.iter().map(|path| absolute(path)).zip(hashes).collect();
    let task = Task {
        workshop,
        config: loaded.core.clone(),
        components,
        file: absolute(&file),
        read: Box::new(read),
        orders,
        say: Box::new(|text| diagnostic(text)),
    };
    Reloader::start(task).map_err(Failure::outside)
}

fn shown(config: &Config, notice: &Notice) -> String {
    let name = config.strategy(notice.strategy).map_or("", |slot| slot.name.as_str());
    format!("event {}: strategy {} {name} {}", notice.seq.0, notice.strategy.0, notice.kind)
}
