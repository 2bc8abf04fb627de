//! `ringfence sweep`: which values of the parameters come to what?
//!
//! In: a configuration, market data, axes of values. Out: a ranked table, files with every combination. Must never: hide
//! how many combinations the best one was chosen from.

use std::fs;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use ringfence_session::clock::Stopwatch;
use ringfence_tape::Extent;

use crate::commands::config::Source;
use crate::config::{Loaded, Purpose, Request, load};
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic};
use crate::sweep::axis::{Axis, count, drawn};
use crate::sweep::heat::{Heat, SIDE_MAX};
use crate::sweep::run::{Order, Trial, run as run_all};
use crate::sweep::show::{Rank, csv, json, ranked, table};

/// Run a backtest for every combination of values.
///
/// All cores work on it; tapes are decoded and components compiled once. The order of results does not depend on the
/// number of threads. The best of many tries looks better than it is: the number of tries is shown with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence sweep --config config/w3_sma_cross.toml --data w3_spy_daily_1998-2021.csv --grid fast=5..50:5 --grid slow=60..240:20
  ringfence sweep --config config/w3_sma_cross.toml --data bars.csv --grid fast=1..100:1 --grid slow=2..300:1 --random 500 --seed 7
  ringfence sweep --config config/w3_sma_cross.toml --data bars.csv --list simulation.fill=same-event,next-open --out results")]
pub struct Args {
    #[command(flatten)]
    source: Source,
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
    #[arg(long, value_name = "COUNT")]
    random: Option<u64>,
    /// What --random draws by.
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    seed: u64,
    /// What combinations are ranked by.
    #[arg(long, value_name = "FIGURE", default_value = "final-equity")]
    rank: Rank,
    /// Show so many of the best.
    #[arg(long, value_name = "COUNT", default_value = "10")]
    top: usize,
    /// Threads; all cores where it is not given.
    #[arg(long, value_name = "COUNT")]
    threads: Option<NonZeroUsize>,
    /// Feed at most so many rows to each.
    #[arg(long, value_name = "ROWS")]
    limit: Option<u64>,
    /// Folder for results.csv and, of two axes, heatmap.svg; it must hold neither yet.
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
    let loaded = load(&request)?;
    let axes = axes(args, &loaded).map_err(Failure::usage)?;
    let combinations = count(&axes).or_else(|error| if args.random.is_some() { Ok(u64::MAX) } else { Err(error) });
    let combinations = combinations.map_err(Failure::usage)?;
    let numbers = match args.random {
        Some(wanted) => drawn(whole(&axes, combinations)?, wanted, args.seed),
        None => (0..combinations).collect(),
    };
    args.out.as_deref().map_or(Ok(()), claim)?;
    let threads = args.threads.map_or_else(cores, NonZeroUsize::get);
    let extent = Extent { rows_max: args.limit, passes: NonZeroU32::MIN };
    let order = Order { request, loaded: &loaded, extent, axes: &axes, numbers: &numbers, threads };
    let bar = progress(numbers.len() as u64);
    let trials = stopwatch.time(|| run_all(&order, &mut |done| bar.set_position(done as u64)));
    bar.finish_and_clear();
    let shown = Shown { args, axes: &axes, trials: &trials?, seconds: stopwatch.seconds() };
    shown.print(out);
    args.out.as_deref().map_or(Ok(()), |folder| shown.write(folder))?;
    Ok(shown.exit())
}

fn axes(args: &Args, loaded: &Loaded) -> Result<Vec<Axis>, String> {
    let grids = args.grid.iter().map(|text| Axis::grid(text, loaded));
    let lists = args.list.iter().map(|text| Axis::list(text, loaded));
    let axes = grids.chain(lists).collect::<Result<Vec<_>, String>>()?;
    if axes.is_empty() { Err("nothing to vary: give --grid or --list".to_owned()) } else { Ok(axes) }
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

const RESULTS: &str = "results.csv";
const HEATMAP: &str = "heatmap.svg";

fn claim(folder: &Path) -> Result<(), Failure> {
    if let Some(name) = [RESULTS, HEATMAP].into_iter().find(|name| folder.join(name).symlink_metadata().is_ok()) {
        let fault = Fault::new(format!("{} holds a {name} already", folder.display()));
        return Err(Failure::Usage(fault.fixed_by("name another folder, or move the old one away")));
    }
    fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::outside(format!("the results cannot be written: {}: {error}", path.display()))
}

/// A sweep that ended.
struct Shown<'a> {
    args: &'a Args,
    axes: &'a [Axis],
    trials: &'a [Trial],
    seconds: f64,
}

impl Shown<'_> {
    fn print(&self, out: &mut Output) {
        let places = ranked(self.trials, self.args.rank);
        if out.form() == Form::Json {
            places.iter().for_each(|place| out.json(&json(self.axes, &self.trials[*place])));
            return;
        }
        out.line(table(self.axes, self.trials, (&places, self.args.top)));
        self.heat(|heat| out.line(format!("\n{}", heat.text())));
        let refused = self.trials.iter().filter(|trial| trial.outcome.is_err()).count();
        out.line(format!("\n{} tried, {refused} refused, {:.2} s", self.trials.len(), self.seconds));
        out.line("the best of so many is likely to do worse on data that it was not chosen by");
    }

    fn write(&self, folder: &Path) -> Result<(), Failure> {
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| not_written(&path, &error))
        };
        write(RESULTS, csv(self.axes, self.trials))?;
        let mut picture = None;
        self.heat(|heat| picture = Some(heat.svg()));
        picture.map_or(Ok(()), |svg| write(HEATMAP, svg))
    }

    /// A picture, where there are two axes, all of both was tried, and it fits.
    fn heat(&self, mut draw: impl FnMut(&Heat<'_>)) {
        let [rows, columns] = self.axes else { return };
        let is_whole = rows.values.len() * columns.values.len() == self.trials.len();
        if !is_whole || rows.values.len() > SIDE_MAX || columns.values.len() > SIDE_MAX {
            return;
        }
        let figure = |trial: &Trial| trial.outcome.as_ref().ok().map(|results| self.args.rank.of(results));
        let figures: Vec<_> = self.trials.iter().map(figure).collect();
        let title =
            clap::ValueEnum::to_possible_value(&self.args.rank).map_or(String::new(), |v| v.get_name().to_owned());
        draw(&Heat { axes: [rows, columns], figures: &figures, title: &title });
    }

    fn exit(&self) -> Exit {
        let done = || self.trials.iter().filter_map(|trial| trial.outcome.as_ref().ok());
        let halted = done().flat_map(|results| &results.strategies).any(|strategy| strategy.halt.is_some());
        if done().next().is_none() {
            diagnostic("warning: every combination was refused");
            return Exit::DoesNotHold;
        }
        if halted { Exit::Halted } else { Exit::Fine }
    }
}
