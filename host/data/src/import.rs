//! Imports: does this file make a tape, and which?
//!
//! In: a file, what is wanted of it, where the tape goes. Out: a survey, and the tape. The file is read twice: the survey
//! decides, the second pass writes. Must never: drop, move or repair a row that no option allows, or hold the file in memory.

mod sinks;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::blob::Sha256Hash;
use ringfence_core::money::Scale;
use ringfence_tape::{Layout, RecordLayout, sha256_file};

use crate::error::DataError;
use crate::formats::{self, Format, Options};
use crate::row::{Kind, Sink};
use crate::source::Meter;
use crate::statistics::Statistics;
use crate::survey::repeats::Repeats;
use crate::survey::{InstrumentSurvey, Survey};
use crate::write::{Output, OutputForm, Scales, Shape, Writer};

use sinks::{Choosing, First, Measuring, Selection, Watched, Writing};

/// What becomes of a row that is dated before an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backward {
    /// There must be none.
    #[default]
    Refuse,
    /// It gets the time of the row above.
    Clamp,
    /// It is left out.
    Drop,
}

/// What becomes of a gap in the updates of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnGap {
    /// It is reported.
    #[default]
    Report,
    /// It is reported, and the tape says `FeedStale` where updates are missing, and `FeedRecovered` behind the snapshot that
    /// makes the book whole again.
    Stale,
}

/// What becomes of a row that repeats the one before of its kind, or carries a number that was passed already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// It is kept, and reported.
    #[default]
    Keep,
    /// It is left out, and counted.
    Drop,
}

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Instrument as the file names it; `None` = the only one.
    pub symbol: Option<String>,
    /// Kinds; `None` = bars where there is nothing else, otherwise everything but bars.
    pub kinds: Option<BTreeSet<Kind>>,
    /// What becomes of backward rows.
    pub backward: Backward,
    /// What becomes of rows that stand twice.
    pub duplicates: Duplicates,
    /// Leave out what cannot be read.
    pub skips_bad: bool,
    /// What becomes of gaps.
    pub on_gap: OnGap,
}

/// Files to be read as one.
#[derive(Clone, Debug)]
pub struct Request {
    /// The files, of one format. They are read in the order of their first rows.
    pub paths: Vec<PathBuf>,
    /// Their format; `None` = told by their first bytes.
    pub format: Option<Format>,
    /// What the file does not say itself.
    pub options: Options,
    /// Report stretches without a row that are longer, ns.
    pub stale_ns: Option<u64>,
}

/// What became of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Format of the file.
    pub format: Format,
    /// Instrument.
    pub symbol: String,
    /// Rows of the tape.
    pub rows: u64,
    /// Rows of the file that were not wanted: other instruments, other kinds.
    pub not_wanted: u64,
    /// Rows whose time was moved or that were dropped because they were dated backward.
    pub backward: u64,
    /// Rows that were left out because they repeat others.
    pub duplicates: u64,
    /// Rows that say that the feed is stale or has recovered, which the file does not have.
    pub feed_rows: u64,
    /// Layout of the tape.
    pub layout: String,
    /// Digits behind the point of its prices.
    pub price_scale: u8,
    /// Digits behind the point of its quantities.
    pub qty_scale: u8,
    /// What of the events did not fit the form that was chosen.
    pub lost: Vec<&'static str>,
    /// What was found in the wanted instrument's rows.
    pub survey: Survey,
}

/// How far a reading is: bytes of the stored file. Breaking off ends it.
pub type Watch<'a> = &'a mut dyn FnMut(u64) -> ControlFlow<()>;

/// Reads the whole file and says what it holds.
///
/// # Errors
/// [`DataError`] where nothing can be said; unreadable rows are counted in the survey.
pub fn inspect(request: &Request, watch: Watch<'_>) -> Result<(Format, Survey), DataError> {
    let request = &Request { paths: in_order(request)?, ..request.clone() };
    survey(request, &Selection::everything(), watch)
}

/// Reads the whole file and says how the market of each instrument in it behaves.
///
/// # Errors
/// [`DataError`] where nothing can be said; unreadable rows are left out.
pub fn statistics(request: &Request, watch: Watch<'_>) -> Result<BTreeMap<String, Statistics>, DataError> {
    let request = &Request { paths: in_order(request)?, ..request.clone() };
    let mut measuring = Measuring::default();
    pass(request, &mut measuring, watch)?;
    Ok(measuring.0)
}

/// Makes a tape of the file.
///
/// # Errors
/// [`DataError`]; no file is left under the name of the output then.
pub fn import(request: &Request, wanted: &Wanted, output: &Output, watch: Watch<'_>) -> Result<Imported, DataError> {
    output.existing.check(&output.path)?;
    let options = Options { is_strict: true, ..request.options.clone() };
    let request = &Request { paths: in_order(request)?, options, ..request.clone() };
    let path = request.path();
    let (format, whole) = survey(request, &Selection::everything(), watch)?;
    refuse_bad(path, &whole, wanted)?;
    let symbol = symbol(path, &whole, wanted)?;
    let kinds = kinds(path, &whole, &symbol, wanted)?;
    let selection = Selection { symbol: Some(symbol.clone()), kinds, duplicates: wanted.duplicates };
    let (_, chosen) = survey(request, &selection, watch)?;
    let instrument = chosen.instruments.get(&symbol).ok_or_else(|| nothing(path, &whole))?;
    refuse_backward(path, instrument, wanted)?;
    let shape = shape(path, instrument, output, wanted.on_gap)?;
    let scales = scales(path, instrument, output)?;
    let origin = origin(request, format, &whole, instrument)?;
    let writer = Writer::new(output, shape, scales, origin, instrument.is_wide(scales))?;
    let mut writing = Writing::new(writer, &selection, wanted);
    let result = pass(request, &mut writing, watch);
    let Writing { backward, feed_rows, duplicates, writer, .. } = writing;
    // A writer that is dropped takes what it wrote with it.
    let rows = result.and_then(|_| writer.finish())?;
    Ok(Imported {
        format,
        not_wanted: whole.total() - instrument.total() - duplicates,
        lost: lost(shape, instrument),
        layout: match shape {
            Shape::Native(layout) => format!("native {layout}"),
            Shape::Csv(layout) => format!("csv {layout}"),
            Shape::Parquet(layout) => format!("parquet {layout}"),
        },
        price_scale: scales.price.digits(),
        qty_scale: scales.qty.digits(),
        symbol,
        rows,
        backward,
        duplicates,
        feed_rows,
        survey: chosen.with_faults_of(whole),
    })
}

fn survey(request: &Request, selection: &Selection, watch: Watch<'_>) -> Result<(Format, Survey), DataError> {
    let survey = Survey::new(request.stale_ns);
    let mut choosing = Choosing { survey, selection, repeats: Repeats::default() };
    let format = pass(request, &mut choosing, watch)?;
    Ok((format, choosing.survey))
}

fn pass(request: &Request, sink: &mut dyn Sink, watch: Watch<'_>) -> Result<Format, DataError> {
    let meter = Meter::default();
    let mut watched = Watched { sink, watch, meter: meter.clone(), calls: 0, file: None };
    let mut first = None;
    for path in &request.paths {
        watched.file = (request.paths.len() > 1).then(|| name_of(path));
        let format = formats::read(path, request.format, &request.options, &meter, &mut watched)?;
        if *first.get_or_insert(format) != format {
            let what = format!("is of the format {format}, and files before it are not");
            return Err(DataError::Format { path: path.clone(), what });
        }
    }
    first.ok_or(DataError::Option { option: "FILE", what: "no file is named".to_owned() })
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

impl Request {
    /// The file that stands for all of them in messages.
    fn path(&self) -> &Path {
        self.paths.first().map_or(Path::new(""), PathBuf::as_path)
    }
}

/// The files by the time of their first row; those without one last.
fn in_order(request: &Request) -> Result<Vec<PathBuf>, DataError> {
    if request.paths.len() < 2 {
        return Ok(request.paths.clone());
    }
    let mut timed = Vec::with_capacity(request.paths.len());
    for path in &request.paths {
        let mut first = First(None);
        let read = formats::read(path, request.format, &request.options, &Meter::default(), &mut first);
        match (first.0, read) {
            (Some(time), _) => timed.push((time, path.clone())),
            (None, Ok(_)) => timed.push((u64::MAX, path.clone())),
            (None, Err(error)) => return Err(error),
        }
    }
    timed.sort_by_key(|(time, _)| *time);
    Ok(timed.into_iter().map(|(_, path)| path).collect())
}

fn refuse_bad(path: &Path, whole: &Survey, wanted: &Wanted) -> Result<(), DataError> {
    if whole.bad.count == 0 || wanted.skips_bad {
        return Ok(());
    }
    let (path, example) = (path.to_owned(), whole.bad_example.clone());
    Err(DataError::Bad { path, count: whole.bad.count, place: whole.bad.place, example })
}

fn refuse_backward(path: &Path, instrument: &InstrumentSurvey, wanted: &Wanted) -> Result<(), DataError> {
    let found = instrument.backward;
    if found.count == 0 || wanted.backward != Backward::Refuse {
        return Ok(());
    }
    Err(DataError::Backward { path: path.to_owned(), count: found.count, place: found.place, ns_max: found.most })
}

fn symbol(path: &Path, whole: &Survey, wanted: &Wanted) -> Result<String, DataError> {
    let names = || whole.instruments.keys().map(String::as_str).collect::<Vec<_>>();
    match (&wanted.symbol, names().as_slice()) {
        (Some(symbol), names) if names.contains(&symbol.as_str()) => Ok(symbol.clone()),
        // A file that names no instrument holds the one that is meant.
        (Some(_) | None, [""]) => Ok(String::new()),
        (None, [only]) => Ok((*only).to_owned()),
        (None, [_, ..]) => {
            let shown: Vec<&str> = names().into_iter().take(SHOWN_MAX).collect();
            let what = format!("the file holds {} instruments, choose one of {}", names().len(), shown.join(", "));
            Err(DataError::Option { option: "--symbol", what })
        }
        (Some(_) | None, _) => Err(nothing(path, whole)),
    }
}

fn kinds(path: &Path, whole: &Survey, symbol: &str, wanted: &Wanted) -> Result<BTreeSet<Kind>, DataError> {
    let instrument = whole.instruments.get(symbol).ok_or_else(|| nothing(path, whole))?;
    let there: BTreeSet<Kind> = Kind::ALL.iter().copied().filter(|kind| instrument.of(*kind) > 0).collect();
    let chosen: BTreeSet<Kind> = match &wanted.kinds {
        Some(kinds) => kinds.intersection(&there).copied().collect(),
        None if there.iter().all(|kind| *kind == Kind::Bars) => there,
        None => there.into_iter().filter(|kind| *kind != Kind::Bars).collect(),
    };
    if chosen.is_empty() {
        return Err(nothing(path, whole));
    }
    if chosen.len() > 1 && chosen.contains(&Kind::Bars) {
        let what = "bars stand in a tape of their own; choose --kinds bars, or the other kinds".to_owned();
        return Err(DataError::Unfit { path: path.to_owned(), what });
    }
    Ok(chosen)
}

fn nothing(path: &Path, whole: &Survey) -> DataError {
    let line = |(symbol, instrument): (&String, &InstrumentSurvey)| {
        let kinds = Kind::ALL.iter().filter(|kind| instrument.of(**kind) > 0);
        let kinds: Vec<String> = kinds.map(|kind| format!("{} {kind}", instrument.of(*kind))).collect();
        format!("{}{}{}", symbol, if symbol.is_empty() { "" } else { ": " }, kinds.join(", "))
    };
    let lines: Vec<String> = whole.instruments.iter().take(SHOWN_MAX).map(line).collect();
    let there = if lines.is_empty() { "no market events".to_owned() } else { lines.join("; ") };
    DataError::Nothing { path: path.to_owned(), what: format!("none of what was asked for is there; it holds {there}") }
}

/// Instruments named in a message.
const SHOWN_MAX: usize = 12;

fn shape(path: &Path, instrument: &InstrumentSurvey, output: &Output, on_gap: OnGap) -> Result<Shape, DataError> {
    let (trades, quotes, bars) = (instrument.of(Kind::Trades), instrument.of(Kind::Quotes), instrument.of(Kind::Bars));
    let is_touch = trades + quotes == instrument.total();
    let has_sides = instrument.with_aggressor > 0;
    let is_plain = is_touch && quotes == 0 && !has_sides;
    let has_venue_time = instrument.with_venue_time > 0;
    let records = match () {
        () if bars > 0 => RecordLayout::Bars,
        () if is_plain && !has_venue_time => RecordLayout::Trades,
        () if is_touch && !has_venue_time => RecordLayout::Quotes,
        () if instrument.of(Kind::Orders) > 0 => RecordLayout::Orders,
        () => RecordLayout::Market,
    };
    match output.form {
        OutputForm::Native => Ok(Shape::Native(records)),
        OutputForm::Parquet { .. }
            if instrument.of(Kind::Orders) + instrument.of(Kind::Feed) > 0 || on_gap == OnGap::Stale =>
        {
            let what = "a Parquet table holds no orders of a book and no states of a feed; choose --kinds, leave out \
                        --on-gap stale, or --to native";
            Err(DataError::Unfit { path: path.to_owned(), what: what.to_owned() })
        }
        OutputForm::Parquet { .. } => Ok(Shape::Parquet(records)),
        OutputForm::Csv if bars > 0 => Ok(Shape::Csv(Layout::Bars)),
        OutputForm::Csv if is_plain => Ok(Shape::Csv(Layout::Trades)),
        OutputForm::Csv if is_touch && instrument.with_aggressor == trades => Ok(Shape::Csv(Layout::Quotes)),
        OutputForm::Csv => {
            let what =
                "text holds trades alone, quotes and trades that say who took, or bars; choose --kinds, or --to native";
            Err(DataError::Unfit { path: path.to_owned(), what: what.to_owned() })
        }
    }
}

fn lost(shape: Shape, instrument: &InstrumentSurvey) -> Vec<&'static str> {
    let keeps_venue_time = matches!(
        shape,
        Shape::Native(RecordLayout::Market | RecordLayout::Orders) | Shape::Parquet(RecordLayout::Market)
    );
    let mut lost = Vec::new();
    if instrument.with_venue_time > 0 && !keeps_venue_time {
        lost.push("times of the venue");
    }
    lost
}

fn scales(path: &Path, instrument: &InstrumentSurvey, output: &Output) -> Result<Scales, DataError> {
    let scale = |option: &'static str, wanted: Option<u8>, needed: u8| {
        let digits = wanted.unwrap_or(needed);
        match Scale::new(digits) {
            Some(scale) if digits >= needed => Ok(scale),
            Some(_) | None => {
                let what = format!(
                    "{digits} digits behind the point: allowed are {needed} to {}; nothing is rounded",
                    Scale::MAX
                );
                Err(DataError::Option { option, what })
            }
        }
    };
    let price = scale("--price-scale", output.price_scale, instrument.price_digits)?;
    let qty = scale("--qty-scale", output.qty_scale, instrument.qty_digits)?;
    if price.digits() + qty.digits() > Scale::MAX {
        let what = format!(
            "prices and quantities need {} and {} digits behind the point, together at most {}",
            price.digits(),
            qty.digits(),
            Scale::MAX
        );
        return Err(DataError::Unfit { path: path.to_owned(), what });
    }
    Ok(Scales { price, qty })
}

/// A native tape made of every row of a tape stands for it: a run on either has the same session and the same digests.
fn origin(
    request: &Request,
    format: Format,
    whole: &Survey,
    instrument: &InstrumentSurvey,
) -> Result<Option<Sha256Hash>, DataError> {
    let is_whole = whole.total() == instrument.total() && whole.bad.count == 0 && instrument.backward.count == 0;
    let ([path], true) = (request.paths.as_slice(), is_whole) else { return Ok(None) };
    match (formats::origin_of(format, path)?, format) {
        (Some(origin), _) => Ok(Some(origin)),
        (None, Format::Tape) => Ok(Some(sha256_file(path)?)),
        (None, _) => Ok(None),
    }
}
