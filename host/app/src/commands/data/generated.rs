//! `ringfence data generate`: markets from a seed.
//!
//! In: a seed, a model and its parameters. Out: tapes, and what they are like. Must never: let generated data be taken for
//! real.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ringfence_core::money::Scale;
use ringfence_data::{
    DataError, Extent, Kind, MarketRequest, Number, Options, Output as Target, OutputForm, Request, Unfinished,
};
use ringfence_tape::flow::{self, Flow, FlowFault, Placement};
use ringfence_tape::{Layout, SYMBOL_BYTES_MAX};
use serde_json::json;

use super::outside::{self, FormArg};
use crate::commands::number;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::output::{Form, Output};
use crate::progress::Line;

/// Write a market generated from a seed: the same bytes on every machine. It is no real data.
///
/// Model `trades` is a random walk of trades, quotes or bars. Model `flow` is a limit order book with orders that come in
/// clusters, cancels and market orders; it ends with what the market is like.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence data generate --seed 1 --rows 100000 --layout trades --out generated.csv
  ringfence data generate --model flow --duration 1h --out market.tape
  ringfence data generate --model flow --rows 200000 --kinds quotes,trades --to csv --out market.csv
  ringfence data generate --model flow --instruments SIM:A,SIM:B --correlation 80 --rows 100000 --out pair.tape")]
pub(super) struct Generate {
    /// Seed; the same seed gives the same market.
    #[arg(long, default_value_t = 1, value_parser = number::seed)]
    seed: u64,
    /// Rows to write, without the header. [default: 100000, or what --duration holds]
    #[arg(long, value_parser = number::rows)]
    rows: Option<u64>,
    /// What makes the market.
    #[arg(long, value_enum, default_value_t = Model::Trades)]
    model: Model,
    /// Columns, in model trades. [default: trades]
    #[arg(long, visible_alias = "kind", value_enum)]
    layout: Option<Columns>,
    /// File to write. With several instruments, the symbol of each stands before the ending.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a regular file of this name.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    flow: FlowArgs,
}

/// What makes a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Model {
    /// A random walk: trades, quotes or bars as text.
    Trades,
    /// Order flow: a book, its quotes and trades.
    Flow,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Columns {
    /// ts_ns,price,qty
    Trades,
    /// ts_ns,kind,p1,q1,p2,q2
    Quotes,
    /// ts_ns,open,high,low,close,volume; one minute, stamped at the open
    Bars,
}

/// Parameters of the order flow.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Order flow (--model flow)")]
struct FlowArgs {
    /// Time that the market goes on, such as 10m or 1d.
    #[arg(long, value_name = "LENGTH")]
    duration: Option<String>,
    /// VENUE:SYMBOL of each instrument. [default: SIM:FLOW]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    instruments: Vec<String>,
    /// How far the values of two instruments move together, in percent. [default: 0]
    #[arg(long, value_name = "PERCENT", value_parser = number::whole(0..=100_u8))]
    correlation: Option<u8>,
    /// Smallest step of prices. [default: 0.01]
    #[arg(long, value_name = "PRICE", value_parser = outside::number)]
    tick: Option<Number>,
    /// Smallest step of quantities. [default: 1]
    #[arg(long, value_name = "QTY", value_parser = outside::number)]
    lot: Option<Number>,
    /// Price at the start, a multiple of the tick. [default: 10,000 ticks]
    #[arg(long, value_name = "PRICE", value_parser = outside::number)]
    price: Option<Number>,
    /// Orders and cancels a second, in the mean. [default: 100]
    #[arg(long, value_name = "NUMBER", value_parser = outside::number)]
    rate: Option<Number>,
    /// Market orders among them, in percent, at most 30. [default: 6]
    #[arg(long, value_name = "PERCENT", value_parser = outside::number)]
    takers: Option<Number>,
    /// Arrivals that answer earlier ones, in percent: 0 = independent, at most 95. [default: 70]
    #[arg(long, value_name = "PERCENT", value_parser = number::whole(0..=95_u8))]
    clustering: Option<u8>,
    /// Orders that rest on each side, in the mean. [default: 150]
    #[arg(long, value_name = "NUMBER", value_parser = number::whole(10..=100_000_u64))]
    depth: Option<u64>,
    /// Farthest distance of a limit order from the other side, in ticks. [default: 60]
    #[arg(long, value_name = "TICKS", value_parser = number::whole(5..=1_000_u32))]
    levels: Option<u32>,
    /// Where limit orders are put: power:EXPONENT, or exponential:TICKS in which they halve. [default: power:0.8]
    #[arg(long, value_name = "LAW", value_parser = law)]
    placement: Option<Placement>,
    /// Standard deviation of the fundamental value in a minute, in ticks. [default: 10]
    #[arg(long, value_name = "TICKS", value_parser = outside::number)]
    volatility: Option<Number>,
    /// Half-life of the value's distance from the start. [default: 1h]
    #[arg(long, value_name = "LENGTH")]
    reversion: Option<String>,
    /// Kinds of rows: trades, quotes, depth. [default: all, and quotes and trades in text]
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = outside::kind)]
    kinds: Vec<Kind>,
    /// Form of the tape. [default: by the ending of --out]
    #[arg(long, value_enum)]
    to: Option<FormArg>,
}

impl FlowArgs {
    /// An option that is set.
    fn set(&self) -> Option<&'static str> {
        let all = [
            ("--duration", self.duration.is_some()),
            ("--instruments", !self.instruments.is_empty()),
            ("--correlation", self.correlation.is_some()),
            ("--tick", self.tick.is_some()),
            ("--lot", self.lot.is_some()),
            ("--price", self.price.is_some()),
            ("--rate", self.rate.is_some()),
            ("--takers", self.takers.is_some()),
            ("--clustering", self.clustering.is_some()),
            ("--depth", self.depth.is_some()),
            ("--levels", self.levels.is_some()),
            ("--placement", self.placement.is_some()),
            ("--volatility", self.volatility.is_some()),
            ("--reversion", self.reversion.is_some()),
            ("--kinds", !self.kinds.is_empty()),
            ("--to", self.to.is_some()),
        ];
        all.into_iter().find(|(_, is_set)| *is_set).map(|(name, _)| name)
    }
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

/// Rows where nothing says how many.
const ROWS: u64 = 100_000;

/// Most instruments of a market.
const INSTRUMENTS_MAX: usize = 64;

pub(super) fn run(wanted: &Generate, out: &mut Output) -> Result<Exit, Failure> {
    match (wanted.model, wanted.flow.set(), wanted.layout) {
        (Model::Trades, Some(option), _) => Err(Failure::usage(format!("{option}: belongs to --model flow"))),
        (Model::Trades, None, layout) => walk(wanted, layout.unwrap_or(Columns::Trades), out),
        (Model::Flow, _, Some(_)) => Err(Failure::usage("--layout: belongs to --model trades; see --kinds")),
        (Model::Flow, _, None) => order_flow(wanted, out),
    }
}

fn walk(wanted: &Generate, columns: Columns, out: &mut Output) -> Result<Exit, Failure> {
    let (layout, rows) = (Layout::from(columns), wanted.rows.unwrap_or(ROWS));
    let most = ringfence_tape::generate::rows_max(layout);
    if rows > most {
        return Err(Failure::usage(format!("--rows {rows}: allowed are at most {most} in this layout")));
    }
    interrupt::watch();
    let existing = outside::existing(wanted.overwrite);
    let (unfinished, file) = Unfinished::create(&wanted.out, existing).map_err(|error| outside::failure(&error))?;
    let mut file = Stopping(BufWriter::new(file));
    let written = ringfence_tape::generate::generate(wanted.seed, rows, layout, &mut file).and_then(|()| file.flush());
    let fault = |error: std::io::Error| match interrupt::is_asked() {
        true => DataError::Interrupted,
        false => DataError::Write { path: wanted.out.clone(), reason: error.to_string() },
    };
    let named = written.map_err(fault).and_then(|()| unfinished.finish());
    named.map_err(|error| outside::failure(&error))?;
    let path = wanted.out.display().to_string();
    match out.form() {
        Form::Json => out.json(&json!({
            "generated": true, "seed": wanted.seed, "rows": rows, "layout": layout.to_string(), "path": path,
        })),
        Form::Text => out.line(format!(
            "{path}: {rows} rows of {layout}, GENERATED from seed {}; this is no real market data",
            wanted.seed
        )),
    }
    Ok(Exit::Fine)
}

/// Takes no more once the user asked to stop.
struct Stopping<W>(W);

impl<W: Write> Write for Stopping<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if interrupt::is_asked() {
            return Err(std::io::Error::other("interrupted"));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn order_flow(wanted: &Generate, out: &mut Output) -> Result<Exit, Failure> {
    let names = names(&wanted.flow.instruments)?;
    if wanted.flow.correlation.is_some() && names.len() < 2 {
        return Err(Failure::usage("--correlation: needs two --instruments or more"));
    }
    let (request, form) = request(wanted)?;
    request.flow.check().map_err(|fault| outside_range(&fault, &request))?;
    let paths: Vec<PathBuf> = names.iter().map(|name| path_of(&wanted.out, name, names.len())).collect();
    let existing = outside::existing(wanted.overwrite);
    for path in &paths {
        existing.check(path).map_err(|error| outside::failure(&error))?;
    }
    for (number, (name, path)) in (0..).zip(names.iter().zip(&paths)) {
        let request = MarketRequest { flow: Flow { instrument: number, ..request.flow }, ..request.clone() };
        let (path, symbol) = (path.clone(), (*name).to_owned());
        let target = Target { path, existing, form, price_scale: None, qty_scale: None, symbol };
        interrupt::watch();
        let line = Line::start("generate", wanted.rows);
        let made = ringfence_data::generate(&request, &target, &mut |rows| line.moved_to(rows));
        line.end();
        let rows = made.map_err(|error| outside::failure(&error))?;
        told(wanted.seed, rows, &target.path, out)?;
    }
    Ok(Exit::Fine)
}

/// A parameter outside its range, under the name and in the unit of its option.
fn outside_range(fault: &FlowFault, request: &MarketRequest) -> Failure {
    let (price, qty) = (request.price_scale.digits(), request.qty_scale.digits());
    let ticks = i128::from(request.flow.tick);
    let (option, factor, digits, unit) = match fault.name {
        "start in ticks" => ("--price", ticks, price, ""),
        "tick" => ("--tick", 1, price, ""),
        "lot" => ("--lot", 1, qty, ""),
        "rate in thousandths" => ("--rate", 1, 3, " a second"),
        "takers in thousandths" => ("--takers", 1, 1, " percent"),
        "resting orders" => ("--depth", 1, 0, " orders"),
        "exponent of placement in hundredths" => ("--placement power", 1, 2, ""),
        "half distance of placement" => ("--placement exponential", 1, 0, " ticks"),
        "levels" => ("--levels", 1, 0, " ticks"),
        "volatility in thousandths of a tick" => ("--volatility", 1, 3, " ticks"),
        "reversion in seconds" => ("--reversion", 1, 0, " s"),
        name => (name, 1, 0, ""),
    };
    let shown = |value: i128| {
        let number = i64::try_from(value * factor).ok().and_then(|mantissa| Number::new(mantissa, digits));
        number.map_or_else(|| value.to_string(), |number| number.to_string())
    };
    let FlowFault { value, least, most, .. } = *fault;
    Failure::usage(format!("{option} {}: allowed are {} to {}{unit}", shown(value), shown(least), shown(most)))
}

/// What was made, and what it is like.
fn told(seed: u64, rows: u64, path: &Path, out: &mut Output) -> Result<(), Failure> {
    let request = Request { paths: vec![path.to_owned()], format: None, options: Options::default(), stale_ns: None };
    let statistics = outside::measured(&request)?;
    let shown = path.display().to_string();
    match out.form() {
        Form::Json => out.json(&json!({
            "generated": true, "model": "flow", "seed": seed, "rows": rows, "path": shown,
            "statistics": statistics.values().map(outside::shown::statistics_json).collect::<Vec<_>>(),
        })),
        Form::Text => {
            out.line(format_args!(
                "{shown}: {rows} rows of order flow, GENERATED from seed {seed}; this is no real market data"
            ));
            for statistics in statistics.values() {
                out.line(statistics.to_string().trim_start_matches('\n'));
            }
        }
    }
    Ok(())
}

fn names(wanted: &[String]) -> Result<Vec<&str>, Failure> {
    if wanted.is_empty() {
        return Ok(vec!["SIM:FLOW"]);
    }
    let is_name = |name: &str| {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":._-".contains(&byte));
        let parts = name.split_once(':').is_some_and(|(venue, symbol)| !venue.is_empty() && !symbol.is_empty());
        plain && parts && name.len() <= SYMBOL_BYTES_MAX
    };
    let distinct: BTreeSet<&str> = wanted.iter().map(|name| symbol_of(name)).collect();
    if wanted.len() > INSTRUMENTS_MAX || distinct.len() < wanted.len() || !wanted.iter().all(|name| is_name(name)) {
        return Err(Failure::usage(format!(
            "--instruments {}: allowed are up to {INSTRUMENTS_MAX} names VENUE:SYMBOL with different symbols",
            wanted.join(",")
        )));
    }
    Ok(wanted.iter().map(String::as_str).collect())
}

fn symbol_of(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, symbol)| symbol)
}

/// `market.tape`, or `market-A.tape` where there are several.
fn path_of(out: &Path, name: &str, count: usize) -> PathBuf {
    if count == 1 {
        return out.to_owned();
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let ending = out.extension().map_or(String::new(), |ending| format!(".{}", ending.to_string_lossy()));
    out.with_file_name(format!("{stem}-{}{ending}", symbol_of(name).replace(':', "-")))
}

fn request(wanted: &Generate) -> Result<(MarketRequest, OutputForm), Failure> {
    let args = &wanted.flow;
    let form = outside::form(args.to, &wanted.out);
    let one = |digits| Number::new(1, digits).expect("few digits");
    let (tick, lot) = (args.tick.unwrap_or(one(2)), args.lot.unwrap_or(one(0)));
    let scale = |number: Number| Scale::new(number.digits()).expect("a number has at most 18 digits");
    let mantissa = |number: Number| number.at(scale(number)).expect("its own digits");
    let price = match args.price {
        None => flow::STANDARD.start,
        Some(price) => {
            let ticks = price.at(scale(tick)).filter(|price| tick.is_positive() && price % mantissa(tick) == 0);
            let fault = || Failure::usage(format!("--price {price}: allowed are multiples of the tick, {tick}"));
            ticks.ok_or_else(fault)? / mantissa(tick)
        }
    };
    let standard = flow::STANDARD;
    let flow = Flow {
        seed: wanted.seed,
        start: price,
        tick: mantissa(tick),
        lot: mantissa(lot),
        rate_milli: args.rate.map_or(Ok(standard.rate_milli), |rate| milli("--rate", rate))?,
        clustering: args.clustering.map_or(standard.clustering, |percent| u64::from(percent) * 10),
        takers: args
            .takers
            .map_or(Ok(standard.takers), |percent| milli("--takers", percent).map(|milli| milli / 100))?,
        resting: args.depth.unwrap_or(standard.resting),
        placement: args.placement.unwrap_or(standard.placement),
        levels: args.levels.unwrap_or(standard.levels),
        volatility_milli: args
            .volatility
            .map_or(Ok(standard.volatility_milli), |ticks| milli("--volatility", ticks))?,
        reversion_s: match &args.reversion {
            Some(text) => length("--reversion", text)? / 1_000_000_000,
            None => standard.reversion_s,
        },
        correlation: u64::from(args.correlation.unwrap_or(0)) * 10,
        ..standard
    };
    let kinds = match (args.kinds.is_empty(), form) {
        (false, _) => args.kinds.iter().copied().collect(),
        (true, OutputForm::Csv) => BTreeSet::from([Kind::Trades, Kind::Quotes]),
        (true, OutputForm::Native | OutputForm::Parquet { .. }) => {
            BTreeSet::from([Kind::Trades, Kind::Quotes, Kind::Depth])
        }
    };
    let duration_ns = args.duration.as_deref().map(|text| length("--duration", text)).transpose()?;
    let rows_max = wanted.rows.unwrap_or(if duration_ns.is_some() { u64::MAX } else { ROWS });
    let extent = Extent { rows_max, duration_ns };
    Ok((MarketRequest { flow, price_scale: scale(tick), qty_scale: scale(lot), kinds, extent }, form))
}

/// Thousandths, exactly.
fn milli(option: &str, number: Number) -> Result<u64, Failure> {
    let scale = Scale::new(3).expect("in range");
    let found = number.at(scale).and_then(|milli| u64::try_from(milli).ok());
    found.ok_or_else(|| Failure::usage(format!("{option} {number}: allowed are at most three digits behind the point")))
}

fn length(option: &str, text: &str) -> Result<u64, Failure> {
    let found = ringfence_data::length_ns(text);
    found.ok_or_else(|| Failure::usage(format!("{option} {text}: allowed are lengths such as 10s, 30m or 1d")))
}

fn law(text: &str) -> Result<Placement, String> {
    let allowed =
        || "allowed are power:EXPONENT, such as power:0.8, and exponential:TICKS, such as exponential:5".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(allowed)?;
    match name {
        "power" => {
            let hundredths = Number::parse(value.as_bytes()).and_then(|number| number.at(Scale::new(2)?));
            let exponent = hundredths.and_then(|value| u32::try_from(value).ok()).ok_or_else(allowed)?;
            Ok(Placement::Power { exponent })
        }
        "exponential" => Ok(Placement::Exponential { half: value.parse().map_err(|_| allowed())? }),
        _ => Err(allowed()),
    }
}
