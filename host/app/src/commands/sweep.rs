//! `ringfence sweep`: which values of the parameters come to what?
//!
//! In: a configuration, market data, axes of values. Out: a ranked table, files with every combination. Must never: hide
//! how many combinations the best one was chosen from.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use ringfence_report::statistics::Basis;
use ringfence_report::summary::Choices;
use ringfence_session::clock::Stopwatch;
use ringfence_tape::Extent;

use crate::commands::config::Source;
use crate::commands::number;
use crate::config::{ConfigCode, Loaded, Purpose, Report, Request, load};
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic};
use crate::sweep::axis::{Axis, COMBINATIONS_MAX, count, drawn};
use crate::sweep::ended::{self, Ended};
use crate::sweep::luck::Luck;
use crate::sweep::rank::Rank;
use crate::sweep::run::{Order, Part, RECORDED_ROWS_MAX, Stopped, Sweep, Task, Trial};
use crate::sweep::window::{Length, Plan};
use crate::sweep::{forward, walk, window};
use crate::versions::{self, Downgrade};

/// Run a backtest for every combination of values.
///
/// All cores work on it; tapes are decoded and components compiled once. The order of results does not depend on the
/// number of threads. The best of many tries looks better than it is: the deflated Sharpe ratio says how much of it is
/// more than luck, and `--walk-forward` tries each choice on data that it was not made by.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence sweep --config config/w3_sma_cross.toml --data w3_spy_daily_1998-2021.csv --grid fast=5..50:5 --grid slow=60..240:20
  ringfence sweep --config config/w3_sma_cross.toml --data bars.csv --grid fast=1..100:1 --grid slow=2..300:1 --random 500 --seed 7
  ringfence sweep --config config/w3_sma_cross.toml --data bars.csv --list simulation.fill=same-event,next-open --out results
  ringfence sweep --config config/w3_sma_cross.toml --data bars.csv --grid fast=5..50:5 --grid slow=60..240:20 --rank sharpe --walk-forward 3y:1y")]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Run signed strategies although a later version of them ran on this machine before.
    #[arg(long)]
    allow_downgrade: bool,
    /// Market data: FILE, or NAME=FILE with the name of a tape or VENUE:SYMBOL. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<String>,
    /// KEY=FROM..TO:STEP, for example fast=5..50:5. A name without a dot is a parameter of the only strategy; other keys
    /// are dotted, of strategies, risk, simulation or execution. May be repeated.
    #[arg(long, value_name = "AXIS")]
    grid: Vec<String>,
    /// KEY=VALUE,VALUE,… May be repeated, and goes with --grid.
    #[arg(long, value_name = "AXIS")]
    list: Vec<String>,
    /// Try only so many combinations, drawn by --seed, each at most once.
    #[arg(long, value_name = "COUNT", value_parser = number::whole(1..=u64::MAX))]
    random: Option<u64>,
    /// What --random draws by.
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = number::seed)]
    seed: u64,
    /// What combinations are ranked by; where values are equal, the earlier combination comes first.
    #[arg(long, value_name = "FIGURE", default_value = "final-equity")]
    rank: Rank,
    /// Show so many of the best.
    #[arg(long, value_name = "COUNT", default_value = "10", value_parser = number::whole(0..=usize::MAX))]
    top: usize,
    /// Threads; all cores where it is not given.
    #[arg(long, value_name = "COUNT", value_parser = number::threads)]
    threads: Option<NonZeroUsize>,
    /// Feed at most so many rows to each.
    #[arg(long, value_name = "ROWS", value_parser = number::rows)]
    limit: Option<u64>,
    /// Choose the best on a training window and try it on the test window behind it, again and again: TRAIN:TEST or
    /// TRAIN:TEST:STEP, each a number of rows (500), bars (500bars) or a time (15m, 4h, 30d, 6mo, 3y).
    #[arg(long, value_name = "WINDOWS", value_parser = Plan::parse)]
    walk_forward: Option<Plan>,
    /// Begin every training window with the first row.
    #[arg(long, requires = "walk_forward")]
    anchored: bool,
    /// What a strategy is shown before its test window, with trading disabled [default: the training window].
    #[arg(long, value_name = "LENGTH", requires = "walk_forward", value_parser = Length::parse)]
    warm_up: Option<Length>,
    /// Yield of a year without risk, for ratios: 0.02 is two per cent.
    #[arg(long, value_name = "RATE", default_value = "0", allow_negative_numbers = true, value_parser = number::rate)]
    risk_free: f64,
    /// Periods of returns that make a year [default: as in the report of a backtest].
    #[arg(long, value_name = "NUMBER", value_parser = number::periods)]
    periods_per_year: Option<f64>,
    /// Folder for files: results.csv, results.parquet, summary.json and, of two axes, heatmap.svg; of a walk splits.csv,
    /// equity.csv, equity.svg and walk_forward.json. It must hold none of them yet.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Problems of the configuration and the axes, faults of files, an interruption.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    let mut stopwatch = Stopwatch::default();
    let Source { config, set } = &args.source;
    let request = Request { file: config, sets: set, data: &args.data, events: None, purpose: Purpose::Backtest };
    let mut loaded = load(&request)?;
    versions::demand(&mut loaded.trust, Downgrade::of_flag(args.allow_downgrade))?;
    let axes = axes(args, &loaded).map_err(Failure::usage)?;
    refuse_unknown(&axes, &request)?;
    let combinations = count(&axes).or_else(|error| if args.random.is_some() { Ok(u64::MAX) } else { Err(error) });
    let combinations = combinations.map_err(Failure::usage)?;
    let numbers = match args.random {
        Some(wanted) => drawn(whole(&axes, combinations)?, wanted, args.seed),
        None => (0..combinations).collect(),
    };
    args.out.as_deref().map_or(Ok(()), ended::claim)?;
    let threads = args.threads.map_or_else(cores, NonZeroUsize::get);
    let extent = Extent { rows_max: args.limit, passes: NonZeroU32::MIN };
    let choices = choices(args)?;
    let order = Order { request, loaded: &loaded, extent, axes: &axes, numbers: &numbers, threads, choices: &choices };
    let sweep = stopwatch.time(|| Sweep::prepare(order))?;
    if let Some(why) = sweep.unbatched() {
        diagnostic(format_args!("warning: {why}"));
    }
    if let Some(plan) = args.walk_forward {
        return walk_forward((args, plan), &sweep, out);
    }
    let whole = Part::default();
    let tasks: Vec<Task<'_>> = numbers.iter().map(|number| Task { number: *number, part: &whole }).collect();
    let bar = progress(numbers.len() as u64);
    let trials = stopwatch.time(|| sweep.run(&tasks, &mut |done| bar.set_position(done as u64)));
    bar.finish_and_clear();
    let ended = |trials| ended((args, &axes), trials, stopwatch.seconds());
    match trials {
        Ok(trials) => {
            let ended = ended(&trials);
            let exit = ended.exit()?;
            ended.print(out);
            args.out.as_deref().map_or(Ok(()), |folder| ended.write(folder))?;
            Ok(exit)
        }
        Err(stopped) => {
            let ended = ended(&stopped.done);
            ended.print(out);
            args.out.as_deref().map_or(Ok(()), |folder| ended.write_part(folder))?;
            Err(Stopped::counted(stopped.failure, stopped.done.len(), (tasks.len(), "combinations")))
        }
    }
}

fn ended<'a>((args, axes): (&Args, &'a [Axis]), trials: &'a [Trial], seconds: f64) -> Ended<'a> {
    let (luck, has_folder) = (Luck::of(trials), args.out.is_some());
    Ended { axes, rank: args.rank, top: args.top, trials, luck, seconds, has_folder }
}

/// What figures are to rest on; told before the runs, which may take hours.
fn choices(args: &Args) -> Result<Choices, Failure> {
    let refused = |error: ringfence_report::statistics::BasisError| Failure::usage(error.to_string());
    Basis::new(args.periods_per_year.unwrap_or(1.0), args.risk_free).map_err(refused)?;
    Ok(Choices { benchmark: None, periods_per_year: args.periods_per_year, risk_free: args.risk_free })
}

fn walk_forward((args, plan): (&Args, Plan), sweep: &Sweep<'_>, out: &mut Output) -> Result<Exit, Failure> {
    let Some(rows) = sweep.rows() else {
        let fault = Fault::new(format!("--walk-forward: the tapes have more than {RECORDED_ROWS_MAX} rows"));
        return Err(Failure::Usage(fault.fixed_by("feed fewer with --limit, or make bars of them")));
    };
    let plan = Plan { is_anchored: args.anchored, warm_up: args.warm_up, ..plan };
    let splits = window::splits(&plan, rows).map_err(Failure::usage)?;
    let (order, runs) = (sweep.order(), splits.len() as u64 * (sweep.order().numbers.len() as u64 + 1));
    if runs > COMBINATIONS_MAX {
        let count = splits.len();
        return Err(Failure::usage(format!(
            "{count} splits of so many combinations are more than {COMBINATIONS_MAX} runs"
        )));
    }
    let bar = progress(runs);
    let steps = forward::walk((sweep, splits), args.rank, &mut |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let walked = walk::Walk::new(steps?, (order, args.rank))?;
    match out.form() {
        Form::Json => out.json(&walked.json()),
        Form::Text => out.line(walked.text()),
    }
    if let Some(folder) = &args.out {
        for (name, content) in walked.files() {
            ended::put(folder, name, content)?;
        }
    }
    Ok(walked.exit())
}

fn axes(args: &Args, loaded: &Loaded) -> Result<Vec<Axis>, String> {
    let grids = args.grid.iter().map(|text| Axis::grid(text, loaded));
    let lists = args.list.iter().map(|text| Axis::list(text, loaded));
    let axes = grids.chain(lists).collect::<Result<Vec<_>, String>>()?;
    if axes.is_empty() { Err("nothing to vary: give --grid or --list".to_owned()) } else { Ok(axes) }
}

/// A key that does not exist is told once, and not by every combination.
fn refuse_unknown(axes: &[Axis], request: &Request<'_>) -> Result<(), Failure> {
    let is_unknown = |code| matches!(code, ConfigCode::UnknownKey | ConfigCode::Override | ConfigCode::Reference);
    let unknown = |axis: &Axis| {
        let own = axis.assignment(&axis.values[0]);
        let sets: Vec<String> = request.sets.iter().cloned().chain([own]).collect();
        let report = load(&Request { sets: &sets, ..*request }).err();
        let problems = report.into_iter().flat_map(|report| report.problems);
        problems.filter(|problem| is_unknown(problem.code)).collect::<Vec<_>>()
    };
    let problems: Vec<_> = axes.iter().flat_map(unknown).collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::Config(Report { problems })) }
}

/// Every combination there is, for drawing from.
fn whole(axes: &[Axis], counted: u64) -> Result<u64, Failure> {
    if counted != u64::MAX {
        return Ok(counted);
    }
    let all = axes.iter().try_fold(1_u64, |all, axis| all.checked_mul(axis.values.len() as u64));
    all.ok_or_else(|| Failure::usage("more combinations than can be numbered, choose larger steps"))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn progress(count: u64) -> ProgressBar {
    let bar = ProgressBar::new(count);
    let template = "sweep {bar:30} {human_pos}/{human_len}, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).expect("the template is written above"));
    bar
}
