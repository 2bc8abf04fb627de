//! Tapes: which file holds the market data of which instrument?
//!
//! In: `[[tapes]]` and `--data`. Out: what to read, in order of declaration, or problems. Must never: open a file, or
//! guess an instrument where more than one is possible.

use std::num::NonZeroU64;
use std::path::PathBuf;

use ringfence_core::instrument::Instrument;
use ringfence_tape::generate::BAR_STAMP;
use ringfence_tape::{BarStamp, Generation, Layout, Model, Stamp, TapeSpec};

use super::Generated;
use super::build::{about, no_such};
use super::checked::Table;
use super::problem::{ConfigCode, Origin, Problem, Problems};

/// An instrument: its symbol, and its definition where that is right.
type Known = (String, Option<Instrument>);

/// A declared tape that may still lack its file.
struct Declared {
    name: String,
    symbol: String,
    bar: Option<BarStamp>,
    file: Option<PathBuf>,
    /// Whether a file was written that is none, which is noted.
    file_is_wrong: bool,
    origin: Origin,
    key: String,
}

/// Checks `[[tapes]]` alone.
pub(super) fn check(root: &Table, problems: &mut Problems) {
    drop(declared(root, problems));
}

/// The tapes of a session. `data` are the values of `--data`: `FILE`, or `NAME=FILE` with the name of a tape or the
/// VENUE:SYMBOL of an instrument.
pub(super) fn resolve(root: &Table, instruments: &[Known], data: &[String], problems: &mut Problems) -> Vec<TapeSpec> {
    let mut tapes = declared(root, problems);
    let is_whole = !root.is_wrong("tapes") && tapes.len() == root.tables("tapes").count();
    if is_whole {
        assign(data, &mut tapes, instruments, problems);
    }
    // Which file belongs to which tape, and whether there is none, can be said only when every tape is known.
    if is_whole && tapes.is_empty() && data.is_empty() {
        problems.add(missing(Origin::File(root_file(root)), "tapes".to_owned()));
    }
    tapes.into_iter().filter_map(|tape| spec(tape, instruments, problems)).collect()
}

/// A market for each declared tape, or, where none is, for each instrument.
pub(super) fn generated(
    root: &Table,
    instruments: &[Known],
    market: Generated,
    problems: &mut Problems,
) -> Vec<TapeSpec> {
    let mut tapes = declared(root, problems);
    if tapes.is_empty() && !root.is_wrong("tapes") {
        let origin = || Origin::Flag("--generate".to_owned());
        tapes.extend(
            instruments.iter().map(|(symbol, _)| Declared::from_flag(symbol.clone(), PathBuf::new(), origin())),
        );
    }
    let seeds = (0..).map(|number| market.seed.wrapping_add(number));
    tapes.into_iter().zip(seeds).filter_map(|(tape, seed)| made(tape, (market, seed), instruments, problems)).collect()
}

fn made(
    tape: Declared,
    (market, seed): (Generated, u64),
    instruments: &[Known],
    problems: &mut Problems,
) -> Option<TapeSpec> {
    let walk = Model::Walk(if tape.bar.is_some() { Layout::Bars } else { Layout::Trades });
    let model = market.model.unwrap_or(walk);
    let (layout, most) = (model.layout(), model.rows_max());
    let problem = |message: String, fix: &str| Problem {
        origin: Origin::Flag("--generate".to_owned()),
        key: String::new(),
        value: None,
        code: ConfigCode::Tape,
        message,
        fix: Some(fix.to_owned()),
    };
    if market.rows > most {
        let message = format!("{} rows of {layout}: allowed are at most {most}", market.rows);
        problems.add(problem(message, "lower --rows"));
        return None;
    }
    if tape.bar.is_some_and(|bar| bar != BAR_STAMP) {
        let message =
            format!("generated bars last a minute and are stamped at the open, those of {} do not", tape.name);
        problems.add(problem(message, "stamp = \"open\", interval = \"1m\" in [[tapes]]"));
        return None;
    }
    let generation = Generation { model, seed, rows: market.rows };
    let (_, instrument) = instruments.iter().find(|(symbol, _)| *symbol == tape.symbol)?;
    let path = PathBuf::from(format!("generated market of {}", tape.symbol));
    let bar = tape.bar.or((layout == Layout::Bars).then_some(BAR_STAMP));
    Some(TapeSpec { path, generated: Some(generation), instrument: (*instrument)?, bar })
}

/// Gives each `--data` to its tape.
fn assign(data: &[String], tapes: &mut Vec<Declared>, instruments: &[Known], problems: &mut Problems) {
    let (named, plain): (Vec<_>, Vec<_>) =
        data.iter().map(|text| Given::of(text, tapes, instruments)).partition(Given::is_named);
    for given in named {
        given.assign(tapes, instruments, problems);
    }
    assign_plain(&plain, tapes, instruments, problems);
}

fn root_file(root: &Table) -> String {
    root.origin.to_string()
}

fn declared(root: &Table, problems: &mut Problems) -> Vec<Declared> {
    let symbols: Vec<&str> = root.tables("instruments").filter_map(|table| table.text("symbol")).collect();
    let mut tapes = Vec::new();
    for table in root.tables("tapes") {
        let bar = bar(table, problems);
        let (Some(name), Some(symbol)) = (table.text("name"), table.text("instrument")) else { continue };
        if !symbols.contains(&symbol) && root.names_all("instruments", "symbol") {
            problems.add(no_such(table, "instrument", symbol, symbols.iter().copied()));
        }
        if !symbols.contains(&symbol) {
            continue;
        }
        tapes.push(Declared {
            name: name.to_owned(),
            symbol: symbol.to_owned(),
            bar,
            file: table.path("file"),
            file_is_wrong: table.is_wrong("file"),
            origin: table.entry("file").map_or(&table.origin, |entry| &entry.origin).clone(),
            key: format!("{}.file", table.key),
        });
    }
    tapes
}

fn bar(table: &Table, problems: &mut Problems) -> Option<BarStamp> {
    let (stamp, interval) = (table.text("stamp"), table.duration("interval"));
    let lone = match (table.is_written("stamp"), table.is_written("interval")) {
        (true, false) => Some(("stamp", "a tape with a stamp holds bars and needs their interval")),
        (false, true) => Some(("interval", "a tape with an interval holds bars and needs their stamp")),
        (true, true) if interval == Some(0) => Some(("interval", "an interval is above 0")),
        (true, true) | (false, false) => None,
    };
    if let Some((key, message)) = lone {
        problems.add(about(table, key, ConfigCode::Definition, message));
    }
    let stamp = if stamp? == "open" { Stamp::Open } else { Stamp::Close };
    Some(BarStamp { stamp, interval_ns: NonZeroU64::new(interval?)? })
}

/// One `--data`.
enum Given {
    /// For the declared tape with this index.
    Tape(usize, PathBuf, Origin),
    /// For an instrument without a declared tape.
    Instrument(String, PathBuf, Origin),
    /// Names an instrument that has more than one declared tape.
    Ambiguous(Origin),
    /// For whatever is left.
    Plain(PathBuf, Origin),
}

impl Given {
    /// A name before `=` counts only when a tape or an instrument has it: file names may contain `=`.
    fn of(text: &str, tapes: &[Declared], instruments: &[Known]) -> Given {
        let origin = Origin::Flag(format!("--data {text}"));
        let Some((name, file)) = text.split_once('=') else { return Given::Plain(PathBuf::from(text), origin) };
        if let Some(at) = tapes.iter().position(|tape| tape.name == name) {
            return Given::Tape(at, PathBuf::from(file), origin);
        }
        let of_instrument: Vec<usize> = (0..tapes.len()).filter(|at| tapes[*at].symbol == name).collect();
        match (of_instrument.as_slice(), instruments.iter().any(|(symbol, _)| symbol == name)) {
            ([at], _) => Given::Tape(*at, PathBuf::from(file), origin),
            ([_, ..], _) => Given::Ambiguous(origin),
            ([], true) => Given::Instrument(name.to_owned(), PathBuf::from(file), origin),
            ([], false) => Given::Plain(PathBuf::from(text), origin),
        }
    }

    fn is_named(&self) -> bool {
        match self {
            Given::Tape(..) | Given::Instrument(..) | Given::Ambiguous(_) => true,
            Given::Plain(..) => false,
        }
    }

    fn assign(self, tapes: &mut Vec<Declared>, instruments: &[Known], problems: &mut Problems) {
        match self {
            Given::Tape(at, _, origin) if tapes[at].is_given() => problems.add(taken(origin, &tapes[at])),
            Given::Tape(at, file, origin) => tapes[at].take_file(file, origin),
            Given::Ambiguous(origin) => problems.add(ambiguous(origin, instruments)),
            Given::Instrument(symbol, file, origin) => tapes.push(Declared::from_flag(symbol, file, origin)),
            Given::Plain(..) => unreachable!("only named ones are assigned by name"),
        }
    }
}

impl Declared {
    fn take_file(&mut self, file: PathBuf, origin: Origin) {
        (self.file, self.origin, self.key) = (Some(file), origin, String::new());
    }

    fn from_flag(symbol: String, file: PathBuf, origin: Origin) -> Declared {
        let (name, key) = (String::new(), String::new());
        Declared { name, symbol, bar: None, file: Some(file), file_is_wrong: false, origin, key }
    }

    /// Whether `--data` named its file: nothing in the configuration is to be blamed for it then.
    fn is_given(&self) -> bool {
        self.key.is_empty()
    }
}

/// Files without a name: one for each declared tape that has none from a flag, or all for the only instrument.
fn assign_plain(plain: &[Given], tapes: &mut Vec<Declared>, instruments: &[Known], problems: &mut Problems) {
    if plain.is_empty() {
        return;
    }
    let open: Vec<usize> = (0..tapes.len()).filter(|at| !tapes[*at].is_given()).collect();
    let only = match instruments {
        [(symbol, _)] if open.is_empty() => Some(symbol),
        _ => None,
    };
    for (index, given) in plain.iter().enumerate() {
        let Given::Plain(file, origin) = given else { unreachable!("only plain ones are left") };
        match (open.len() == plain.len(), only) {
            (true, _) => tapes[open[index]].take_file(file.clone(), origin.clone()),
            (false, Some(symbol)) => tapes.push(Declared::from_flag(symbol.clone(), file.clone(), origin.clone())),
            (false, None) => problems.add(ambiguous(origin.clone(), instruments)),
        }
    }
}

fn taken(origin: Origin, tape: &Declared) -> Problem {
    Problem {
        origin,
        key: String::new(),
        value: None,
        code: ConfigCode::Tape,
        message: format!("the tape {} has its file from {} already", tape.name, tape.origin),
        fix: Some(
            "give each tape one file; [[tapes]] takes as many tapes of an instrument as there are files".to_owned(),
        ),
    }
}

fn ambiguous(origin: Origin, instruments: &[Known]) -> Problem {
    let symbols: Vec<&str> = instruments.iter().map(|(symbol, _)| symbol.as_str()).collect();
    Problem {
        origin,
        key: String::new(),
        value: None,
        code: ConfigCode::Tape,
        message: "the file could belong to more than one tape or instrument".to_owned(),
        fix: Some(format!("write NAME=FILE with the name of a tape or one of {}", symbols.join(", "))),
    }
}

fn spec(tape: Declared, instruments: &[Known], problems: &mut Problems) -> Option<TapeSpec> {
    let Some(path) = tape.file else {
        if !tape.file_is_wrong {
            problems.add(missing(tape.origin, tape.key));
        }
        return None;
    };
    if !path.is_file() {
        let text = path.display().to_string();
        let missing = missing(tape.origin, tape.key);
        let known: Vec<&str> = instruments.iter().map(|(symbol, _)| symbol.as_str()).collect();
        let (message, fix) = match text.split_once('=') {
            Some((name, _)) if missing.key.is_empty() => (
                format!("no such file, and no tape or instrument has the name {name}"),
                Some(format!("write NAME=FILE with the name of a tape or one of {}", known.join(", "))),
            ),
            Some(_) | None => ("no such file".to_owned(), missing.fix.clone()),
        };
        problems.add(Problem { value: Some(format!("{text:?}")), code: ConfigCode::File, message, fix, ..missing });
        return None;
    }
    let (_, instrument) = instruments.iter().find(|(symbol, _)| *symbol == tape.symbol)?;
    Some(TapeSpec { path, generated: None, instrument: (*instrument)?, bar: tape.bar })
}

fn missing(origin: Origin, key: String) -> Problem {
    Problem {
        origin,
        key,
        value: None,
        code: ConfigCode::Tape,
        message: "no market data is named".to_owned(),
        fix: Some("give --data FILE, or `file` in [[tapes]]".to_owned()),
    }
}
