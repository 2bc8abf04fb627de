//! `ringfence profile`: where does a strategy's fuel go?
//!
//! In: a configuration, market data. Out: a file for speedscope and a picture, of functions by the fuel that they use. Must
//! never: show another sum than the session counts.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use ringfence_core::config::Config;
use ringfence_core::ids::StrategyId;
use ringfence_sandbox::{Profile, Profiler};
use ringfence_session::results::Results;
use ringfence_tape::Extent;
use serde_json::json;

use crate::commands::backtest::exit;
use crate::commands::config::Source;
use crate::config::{Purpose, Request, load};
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic, hex};
use crate::profile::{Frame, flame, frames, speedscope};
use crate::progress::Line;
use crate::report::results::grouped;
use crate::sessions::backtest::{Identity, Order, prepare};
use crate::sessions::strategies::strategy_of;

/// Run a backtest and write where a strategy's fuel goes: function by function, below each kind of event.
///
/// Fuel is counted, not sampled: the sum of all functions is the fuel that the session counts, to the unit, and the same run
/// gives the same bytes. Names of functions are those of the component; `ringfence build --names` keeps them. The run takes
/// ten to a hundred times as long as a backtest: --limit bounds it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence build strategies/ema-cross --names --out target/named.wasm
  ringfence profile --config config/w1_ema_cross.toml --data trades.csv.zst --limit 20000 --out target/profile
  ringfence profile --config config/w1_ema_cross.toml --set strategies.ema.component=target/named.wasm --data trades.csv --out p")]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Market data: FILE, or NAME=FILE with the name of a tape or VENUE:SYMBOL. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<String>,
    /// Control events with their times, as for `ringfence backtest`.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Feed at most so many rows.
    #[arg(long, value_name = "ROWS", value_parser = super::number::rows)]
    limit: Option<u64>,
    /// Whose fuel: name or number. [default: the only strategy]
    #[arg(long, value_name = "ID")]
    strategy: Option<String>,
    /// Folder for profile.speedscope.json and profile.svg, made where there is none; files of these names are replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Lines of the table that is printed.
const SHOWN: usize = 15;

/// Runs the command.
///
/// # Errors
/// Problems of the configuration, faults of files, an interruption.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    let Source { config, set } = &args.source;
    // What a call costs is known where each is made by itself.
    let sets: Vec<String> = set.iter().cloned().chain(["execution.delivery=single".to_owned()]).collect();
    let events = args.events.as_deref();
    let loaded = load(&Request { file: config, sets: &sets, data: &args.data, events, purpose: Purpose::Backtest })?;
    let strategy = chosen(&loaded.core, args.strategy.as_deref())?;
    let name = loaded.core.strategy(strategy).map_or("", |slot| slot.name.as_str()).to_owned();
    let profiler = Profiler::new(strategy);
    let extent = Extent { rows_max: args.limit, passes: NonZeroU32::MIN };
    let order = Order {
        loaded: &loaded,
        extent,
        journal: None,
        signing: None,
        identity: Identity::Inputs,
        label: &[],
        profiler: Some(profiler.clone()),
    };
    let prepared = prepare(order)?;
    let line = Line::start("profile", args.limit);
    let results = prepared.run(&mut |now| line.moved(now), None);
    line.end();
    let (results, deaths) = results?;
    deaths.iter().for_each(diagnostic);
    let profile = profiler.profile();
    let counted = results.strategies.iter().find(|result| result.id == strategy).map_or(0, |result| result.fuel);
    let sum: u64 = profile.nodes.iter().map(|node| node.fuel).sum();
    if (profile.fuel, sum) != (counted, counted) {
        let message = format!(
            "the functions of {name} add up to {sum} fuel, and the session counted {counted}: the profile is wrong"
        );
        return Err(Failure::Outside(Fault::new(message).fixed_by("report it with the component")));
    }
    if !profile.has_names {
        diagnostic("note: the component has no names of functions; `ringfence build --names` keeps them");
    }
    let files = write(&args.out, &profile, &name)?;
    print((&profile, &results), (&name, &files), out);
    Ok(exit(&results))
}

fn chosen(config: &Config, name: Option<&str>) -> Result<StrategyId, Failure> {
    match (name, config.strategies.len()) {
        (Some(name), _) => strategy_of(name, config),
        (None, 1) => Ok(StrategyId(1)),
        (None, count) => {
            let names: Vec<&str> = config.strategies.iter().map(|slot| slot.name.as_str()).collect();
            let fault = Fault::new(format!("the configuration has {count} strategies"));
            Err(Failure::Usage(fault.fixed_by(format!("--strategy says whose fuel: {}", names.join(", ")))))
        }
    }
}

fn write(folder: &Path, profile: &Profile, name: &str) -> Result<[PathBuf; 2], Failure> {
    let files = ["profile.speedscope.json", "profile.svg"].map(|file| folder.join(file));
    let fault = |path: &Path, error: std::io::Error| Failure::outside(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    let texts = [format!("{}\n", speedscope(profile, name)), flame(profile, name)];
    for (path, text) in files.iter().zip(texts) {
        std::fs::write(path, text).map_err(|error| fault(path, error))?;
    }
    Ok(files)
}

fn print((profile, results): (&Profile, &Results), (strategy, files): (&str, &[PathBuf; 2]), out: &mut Output) {
    let functions = by_function(profile);
    let paths = files.each_ref().map(|path| path.display().to_string());
    match out.form() {
        Form::Json => {
            let shown = functions.iter().take(SHOWN);
            let shown: Vec<_> =
                shown.map(|(name, own, calls)| json!({ "name": name, "fuel": own, "calls": calls })).collect();
            out.json(&json!({
                "strategy": strategy, "fuel": profile.fuel, "calls": profile.calls, "files": paths, "functions": shown,
                "decision_digest": hex(&results.decision_digest), "fuel_digest": hex(&results.fuel_digest),
            }));
        }
        Form::Text => {
            let (fuel, calls) = (grouped(profile.fuel), grouped(profile.calls));
            out.line(format_args!(
                "{strategy}: {fuel} fuel in {calls} calls\n\n        own fuel  share        calls  function"
            ));
            for (name, own, calls) in functions.iter().take(SHOWN) {
                let share = u128::from(*own) * 1_000 / u128::from(profile.fuel.max(1));
                let share = format!("{}.{}%", share / 10, share % 10);
                out.line(format_args!("{:>16}  {share:>5}  {:>11}  {name}", grouped(*own), grouped(*calls)));
            }
            out.line(format_args!("\n{}\n{}", paths[0], paths[1]));
        }
    }
}

/// Each function with its own fuel and its calls, wherever it is called from; what used most first.
fn by_function(profile: &Profile) -> Vec<(String, u64, u64)> {
    let names = crate::profile::names(profile);
    let mut sums = vec![(0_u64, 0_u64); names.len()];
    for Frame { path, own, calls, .. } in frames(profile) {
        if let Some(name) = path.last().filter(|_| path.len() > 1) {
            sums[*name] = (sums[*name].0 + own, sums[*name].1 + calls);
        }
    }
    let functions = names.into_iter().zip(sums).filter(|(_, (_, calls))| *calls > 0);
    let mut functions: Vec<_> = functions.map(|(name, (own, calls))| (name, own, calls)).collect();
    functions.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    functions
}
