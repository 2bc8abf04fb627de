//! `ringfence data import`, `convert`, `inspect`: files of other programs.
//!
//! In: a file, and what it does not say itself. Out: a tape, and what was found. Must never: hide what was left out.

pub(super) mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use ringfence_data::{
    Backward, BookForm, DataError, Duplicates, Existing, Format, Kind, Map, Number, OnGap, Options, Output as Target,
    OutputForm, QuoteBar, Request, Statistics, Wanted,
};
use ringfence_tape::Stamp;

use crate::commands::number::whole;
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::output::{Form, Output};
use crate::progress::Line;

/// Make a tape of another program's file.
///
/// Formats: raw websocket captures (Binance, OKX, Coinbase, Hyperliquid; also cryptofeed's), LEAN zips, Databento DBN,
/// Binance's public archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Parquet, and any table with --map. Nothing is rounded, moved or
/// dropped unless an option says so, and everything that is left out is counted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence data inspect capture.gz
  ringfence data import capture.gz --symbol BTCUSDT --kinds quotes,trades --backward clamp --out btc.tape
  ringfence data import BTCUSDT-trades-2024-08-*.zip --out btc.tape
  ringfence data import aapl.zip --zone America/New_York --interval 1h --out aapl.tape
  ringfence data import prices.csv --map ts=Date:iso,open=Open,high=High,low=Low,close=Close,volume=Volume \\
      --zone UTC --interval 1d --stamp open --out prices.csv.tape")]
pub(super) struct Import {
    #[command(flatten)]
    reading: Reading,
    /// Instrument, as the file names it. Needed where it holds several.
    #[arg(long, value_name = "NAME")]
    symbol: Option<String>,
    /// Kinds of rows. Without it: everything but bars, or bars where there is nothing else.
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    kinds: Vec<Kind>,
    /// What becomes of rows that are dated before the one above them.
    #[arg(long, value_enum, default_value_t = BackwardArg::Refuse)]
    backward: BackwardArg,
    /// What becomes of rows that repeat the one above of their kind, or carry a number that was passed already.
    #[arg(long, value_enum, default_value_t = DuplicatesArg::Keep)]
    duplicates: DuplicatesArg,
    /// Leave out rows that cannot be read; they are counted.
    #[arg(long)]
    skip_bad: bool,
    /// What becomes of a gap in the updates of a book.
    #[arg(long, value_enum, default_value_t = OnGapArg::Report)]
    on_gap: OnGapArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Write a tape in another form: native records, text, or a Parquet table.
///
/// A run on a native tape has the digests of a run on the text that it was made from.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence data convert trades.csv.zst --out trades.tape
  ringfence data convert trades.tape --to csv --out trades.csv
  ringfence data convert market.tape --to csv --kinds quotes,trades --out market.csv
  ringfence data convert trades.tape --out trades.parquet
  ringfence data convert bars.csv --interval 1d --stamp open --out bars.tape")]
pub(super) struct Convert {
    /// Tape to read.
    file: PathBuf,
    /// Length of bars in a text, such as 1d.
    #[arg(long, value_name = "LENGTH")]
    interval: Option<String>,
    /// Which end of a bar its time names, in a text.
    #[arg(long, value_enum)]
    stamp: Option<StampArg>,
    /// Kinds of rows that are kept. [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    kinds: Vec<Kind>,
    #[command(flatten)]
    target: TargetArgs,
}

/// Say what a file holds: instruments, kinds, spans, gaps, duplicates, backward times, crossed quotes, stale stretches.
///
/// Reads every format that can be imported. Exit code 1 when rows cannot be read, or, with --strict, when anything was found.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence data inspect capture.gz
  ringfence data inspect trades.tape --stale 10s --json
  ringfence data inspect prices.csv --map ts=time:ms,price=Close,qty=Size --strict")]
pub(super) struct Inspect {
    #[command(flatten)]
    reading: Reading,
    /// Count stretches without a row that are longer than this.
    #[arg(long, value_name = "LENGTH", default_value = "1m")]
    stale: String,
    /// Exit with 1 when anything was found.
    #[arg(long)]
    strict: bool,
    /// Say how the market behaves, too: spread by time, quantity by level, memory of trades' signs, clustering of arrivals.
    #[arg(long)]
    statistics: bool,
}

/// The file, and what it does not say itself.
#[derive(Debug, clap::Args)]
struct Reading {
    /// File to read: plain, gzip, zstd, or a zip with one file in it. Several of one format are read as one, in order of their
    /// first rows.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Its format. Without it: told by its first bytes.
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// Time zone of local times, such as UTC or America/New_York.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Day of a file that counts from midnight and does not name it, such as 2013-10-07.
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
    /// Length of bars, such as 1m, 1h or 1d.
    #[arg(long, value_name = "LENGTH")]
    interval: Option<String>,
    /// Which end of a bar its time names.
    #[arg(long, value_enum)]
    stamp: Option<StampArg>,
    /// Prices are whole numbers with so many digits behind a point that is not written (4 in LEAN equities).
    #[arg(long, value_name = "DIGITS", value_parser = whole(0..=18_u8))]
    price_digits: Option<u8>,
    /// Only rows of this exchange, in files of several.
    #[arg(long, value_name = "CODE")]
    exchange: Option<String>,
    /// Quantity that stands for the missing one of quotes without quantities.
    #[arg(long, value_name = "QTY", value_parser = number)]
    quote_size: Option<Number>,
    /// Which bar is made of a bid bar and an ask bar.
    #[arg(long, value_enum, default_value_t = QuoteBarArg::Mid)]
    quote_bar: QuoteBarArg,
    /// What a book of orders (Databento mbo) becomes.
    #[arg(long, value_enum, default_value_t = LevelArg::L2)]
    level: LevelArg,
    /// Columns of a table: FIELD=COLUMN, with commas between. Fields are ts, venue_ts (with :s, :ms, :us, :ns, :iso or, in Parquet, :typed),
    /// symbol, price, qty, side (or side=COLUMN:buyer-made), bid, bid_qty, ask, ask_qty, open, high, low, close, volume.
    /// A column is its name in the header, or #3 for the third.
    #[arg(long, value_name = "MAP", value_parser = Map::parse)]
    map: Option<Map>,
    /// Character between two columns of a table.
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = delimiter)]
    delimiter: u8,
    /// The first line of a table is a row.
    #[arg(long)]
    no_header: bool,
}

/// Where a tape goes.
#[derive(Debug, clap::Args)]
struct TargetArgs {
    /// File to write. It takes its name when it is whole.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a regular file of this name.
    #[arg(long)]
    overwrite: bool,
    /// Form of the tape. [default: parquet where --out ends so, otherwise native]
    #[arg(long, value_enum)]
    to: Option<FormArg>,
    /// In Parquet: prices and quantities as doubles, for programs without decimals. They may not be exact.
    #[arg(long)]
    floats: bool,
    /// Digits behind the point of prices. Without it: as many as are needed.
    #[arg(long, value_name = "DIGITS", value_parser = whole(0..=18_u8))]
    price_scale: Option<u8>,
    /// Digits behind the point of quantities. Without it: as many as are needed.
    #[arg(long, value_name = "DIGITS", value_parser = whole(0..=18_u8))]
    qty_scale: Option<u8>,
    /// VENUE:SYMBOL for the header of a native tape; a session then takes it for this instrument only.
    #[arg(long, value_name = "VENUE:SYMBOL", default_value = "")]
    instrument: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum StampArg {
    Open,
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum BackwardArg {
    /// There must be none.
    Refuse,
    /// They get the time of the row above.
    Clamp,
    /// They are left out.
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DuplicatesArg {
    /// They stay, and are reported.
    Keep,
    /// They are left out, and counted.
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OnGapArg {
    /// It is reported.
    Report,
    /// And the tape says that the feed is stale there, until the next snapshot; nothing is traded on it in between.
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LevelArg {
    /// Levels, summed over the orders at a price.
    L2,
    /// Each order: for the queue model l3-fifo.
    L3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum QuoteBarArg {
    /// The exact middle of each price.
    Mid,
    /// The bid bar.
    Bid,
    /// The ask bar.
    Ask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FormArg {
    /// Fixed-width records: fastest, and the only form for books.
    Native,
    /// Text with one of the three headers.
    Csv,
    /// A table: times as timestamps in ns, UTC, numbers as decimals.
    Parquet,
}

impl From<StampArg> for Stamp {
    fn from(stamp: StampArg) -> Stamp {
        match stamp {
            StampArg::Open => Stamp::Open,
            StampArg::Close => Stamp::Close,
        }
    }
}

pub(super) fn import(args: &Import, out: &mut Output) -> Result<Exit, Failure> {
    let wanted = Wanted {
        symbol: args.symbol.clone(),
        kinds: chosen(&args.kinds),
        backward: match args.backward {
            BackwardArg::Refuse => Backward::Refuse,
            BackwardArg::Clamp => Backward::Clamp,
            BackwardArg::Drop => Backward::Drop,
        },
        duplicates: match args.duplicates {
            DuplicatesArg::Keep => Duplicates::Keep,
            DuplicatesArg::Drop => Duplicates::Drop,
        },
        skips_bad: args.skip_bad,
        on_gap: match args.on_gap {
            OnGapArg::Report => OnGap::Report,
            OnGapArg::Stale => OnGap::Stale,
        },
    };
    write(&args.reading.request(Some(STALE_NS)), &wanted, &args.target, out)
}

fn chosen(kinds: &[Kind]) -> Option<BTreeSet<Kind>> {
    (!kinds.is_empty()).then(|| kinds.iter().copied().collect())
}

/// Stretches without a row that an import reports: a minute.
const STALE_NS: u64 = 60_000_000_000;

pub(super) fn convert(args: &Convert, out: &mut Output) -> Result<Exit, Failure> {
    let options = Options { interval: args.interval.clone(), stamp: args.stamp.map(Stamp::from), ..Options::default() };
    let format = if is_parquet(&args.file) { Format::Parquet } else { Format::Tape };
    let paths = vec![args.file.clone()];
    let request = Request { paths, format: Some(format), options, stale_ns: Some(STALE_NS) };
    let wanted = Wanted { kinds: chosen(&args.kinds), ..Wanted::default() };
    write(&request, &wanted, &args.target, out).map_err(of_import)
}

/// What a conversion advises where only an import has the options for it.
fn of_import(failure: Failure) -> Failure {
    if let Failure::Outside(fault) = &failure
        && fault.code.is_some_and(|code| IMPORTED.contains(&code))
    {
        let fix = "`convert` takes whole tapes; see `ringfence data import --help`";
        return Failure::Outside(fault.clone().fixed_by(fix));
    }
    failure
}

/// Faults whose advice names options of an import.
const IMPORTED: [&str; 3] = ["I-FORMAT", "I-ROW", "I-BACKWARD"];

/// A tape in this form comes back from it.
fn is_parquet(path: &Path) -> bool {
    let mut head = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *b"PAR1"
}

fn write(request: &Request, wanted: &Wanted, args: &TargetArgs, out: &mut Output) -> Result<Exit, Failure> {
    refuse_name(&args.instrument)?;
    let target = Target {
        path: args.out.clone(),
        existing: existing(args.overwrite),
        form: target_form(args)?,
        price_scale: args.price_scale,
        qty_scale: args.qty_scale,
        symbol: args.instrument.clone(),
    };
    for path in &request.paths {
        refuse_same_file(path, &target.path)?;
    }
    let imported = watched("import", request, |watch| ringfence_data::import(request, wanted, &target, watch))?;
    match out.form() {
        Form::Json => out.json(&shown::imported_json(&imported, &target.path)),
        Form::Text => shown::imported_text(&imported, &target.path, out),
    }
    Ok(Exit::Fine)
}

pub(super) fn existing(is_overwritten: bool) -> Existing {
    if is_overwritten { Existing::Replace } else { Existing::Refuse }
}

/// A session looks for VENUE:SYMBOL, and would not find any other name.
fn refuse_name(name: &str) -> Result<(), Failure> {
    let has_both = name.split_once(':').is_some_and(|(venue, symbol)| !venue.is_empty() && !symbol.is_empty());
    if name.is_empty() || has_both {
        return Ok(());
    }
    Err(Failure::usage(format!("--instrument {name}: allowed is VENUE:SYMBOL, such as BINANCE:BTCUSDT")))
}

/// The tape would take the place of what it is made from.
fn refuse_same_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let same = |one: &Path, other: &Path| Some(one.canonicalize().ok()? == other.canonicalize().ok()?);
    if same(from, to) == Some(true) {
        return Err(Failure::usage(format!("--out {}: is the file that is read", to.display())));
    }
    Ok(())
}

pub(super) fn inspect(args: &Inspect, out: &mut Output) -> Result<Exit, Failure> {
    let stale_ns = ringfence_data::length_ns(&args.stale).ok_or_else(|| {
        Failure::usage(format!("--stale {}: allowed are lengths such as 500ms, 10s or 1h", args.stale))
    })?;
    let request = args.reading.request(Some(stale_ns));
    let (format, survey) = watched("inspect", &request, |watch| ringfence_data::inspect(&request, watch))?;
    let statistics = if args.statistics { measured(&request)? } else { BTreeMap::new() };
    match out.form() {
        Form::Json => {
            let mut object = shown::survey_json(format, &survey);
            if args.statistics {
                object["statistics"] = statistics.iter().map(shown::named_statistics).collect();
            }
            out.json(&object);
        }
        Form::Text => {
            out.line(format_args!("{format}: {}", survey.to_string().trim_end()));
            for (symbol, statistics) in &statistics {
                let name = if symbol.is_empty() { "(instrument not named)" } else { symbol };
                out.line(format_args!("{name} behaves:{statistics}"));
            }
        }
    }
    let is_odd = survey.instruments.values().any(|instrument| !instrument.findings().is_empty());
    let fails = survey.bad.count > 0 || (args.strict && is_odd);
    Ok(if fails { Exit::DoesNotHold } else { Exit::Fine })
}

/// How the market of each instrument behaves.
pub(super) fn measured(request: &Request) -> Result<BTreeMap<String, Statistics>, Failure> {
    watched("measure", request, |watch| ringfence_data::statistics(request, watch))
}

/// The form that was named, or the one that the ending of the file means.
pub(super) fn form(named: Option<FormArg>, path: &Path) -> OutputForm {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match (named, ending.as_deref()) {
        (Some(FormArg::Native), _) => OutputForm::Native,
        (Some(FormArg::Csv), _) => OutputForm::Csv,
        (Some(FormArg::Parquet), _) | (None, Some("parquet")) => OutputForm::Parquet { has_floats: false },
        (None, _) => OutputForm::Native,
    }
}

fn target_form(args: &TargetArgs) -> Result<OutputForm, Failure> {
    match (form(args.to, &args.out), args.floats) {
        (OutputForm::Parquet { .. }, has_floats) => Ok(OutputForm::Parquet { has_floats }),
        (OutputForm::Native | OutputForm::Csv, true) => Err(Failure::usage("--floats: belongs to Parquet")),
        (form @ (OutputForm::Native | OutputForm::Csv), false) => Ok(form),
    }
}

/// Runs with a progress bar over the bytes of the files.
fn watched<T>(
    what: &'static str,
    request: &Request,
    work: impl FnOnce(ringfence_data::Watch<'_>) -> Result<T, DataError>,
) -> Result<T, Failure> {
    interrupt::watch();
    let line = Line::over_bytes(
        what,
        request.paths.iter().map(|path| std::fs::metadata(path).map_or(0, |file| file.len())).sum(),
    );
    let result = work(&mut |bytes| line.moved_to(bytes));
    line.end();
    result.map_err(|error| failure(&error))
}

/// What is to be chosen otherwise is the user's; everything else is the file's or the disk's.
pub(super) fn failure(error: &DataError) -> Failure {
    let plain = Fault::new(error.to_string()).coded(error.code());
    let fault = plain.clone().fixed_by(error.fix());
    match error {
        // It says itself what is allowed.
        DataError::Option { .. } => Failure::Usage(plain),
        DataError::Nothing { .. } | DataError::Unfit { .. } | DataError::Taken { .. } | DataError::NoParquet { .. } => {
            Failure::Usage(fault)
        }
        DataError::Interrupted => Failure::Interrupted(fault),
        DataError::Tape(_)
        | DataError::Format { .. }
        | DataError::Read { .. }
        | DataError::Limit { .. }
        | DataError::Bad { .. }
        | DataError::Backward { .. }
        | DataError::Write { .. } => Failure::Outside(fault),
    }
}

impl Reading {
    fn request(&self, stale_ns: Option<u64>) -> Request {
        let options = Options {
            zone: self.zone.clone(),
            date: self.date.clone(),
            interval: self.interval.clone(),
            stamp: self.stamp.map(Stamp::from),
            price_digits: self.price_digits,
            exchange: self.exchange.clone(),
            quote_size: self.quote_size,
            quote_bar: match self.quote_bar {
                QuoteBarArg::Mid => QuoteBar::Mid,
                QuoteBarArg::Bid => QuoteBar::Bid,
                QuoteBarArg::Ask => QuoteBar::Ask,
            },
            book: match self.level {
                LevelArg::L2 => BookForm::Levels,
                LevelArg::L3 => BookForm::Orders,
            },
            map: self.map.clone(),
            delimiter: Some(self.delimiter),
            has_no_header: self.no_header,
            is_strict: false,
        };
        Request { paths: self.files.clone(), format: self.format, options, stale_ns }
    }
}

fn format(text: &str) -> Result<Format, String> {
    let names = || Format::ALL.iter().map(|format| format.code()).collect::<Vec<_>>().join(", ");
    let found = Format::ALL.iter().copied().find(|format| format.code() == text);
    found.ok_or_else(|| format!("allowed are {}", names()))
}

pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let names = || Kind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", ");
    Kind::ALL.iter().copied().find(|kind| kind.code() == text).ok_or_else(|| format!("allowed are {}", names()))
}

pub(super) fn number(text: &str) -> Result<Number, String> {
    Number::parse(text.as_bytes()).ok_or_else(|| "a decimal is needed, such as 0.01".to_owned())
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ if text == "\\t" => Ok(b'\t'),
        _ => Err("one character, or \\t, is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests;
