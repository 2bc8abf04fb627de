//! Actions: which splits and dividends does a file tell of?
//!
//! In: the `actions` of `[[instruments]]`, CSV files. Out: facts with their times. Must never: trust a file other than the
//! one whose SHA-256 is written beside it, or guess an ex time.
//!
//! The file has a first line `ts_ns,kind,numerator,denominator,cash` and a row for each action, by time: when it takes
//! effect in ns since the Unix epoch, `split`, `dividend`, `rename` or `delisting`, new units for so many old ones (splits;
//! otherwise 0), cash for each unit (dividends; otherwise 0).

use std::fmt::Write;
use std::path::Path;

use ringfence_core::config::Config;
use ringfence_core::event::{Adjustment, CorporateAction, EventKind, Report};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::Instrument;
use ringfence_core::money::{Decimal, mantissa};
use ringfence_session::script::{Fact, Scripted};
use ringfence_tape::sha256_file;

use super::build::about;
use super::checked::Table;
use super::problem::{ConfigCode, Problem, Problems};
use super::{Purpose, file_text};

const HEADER: &str = "ts_ns,kind,numerator,denominator,cash";

/// Actions of all instruments, by time. Files are read for a backtest alone; a recorded session has them in its journal.
pub(super) fn load(root: &Table, core: Option<&Config>, purpose: Purpose, problems: &mut Problems) -> Vec<Scripted> {
    let mut all = Vec::new();
    if purpose == Purpose::Again {
        return all;
    }
    for (at, table) in root.tables("instruments").enumerate() {
        let Some(path) = table.path("actions") else {
            if table.is_written("actions_sha256") && !table.is_written("actions") {
                problems.add(about(table, "actions", ConfigCode::Missing, "missing, its SHA-256 is written"));
            }
            continue;
        };
        let Some(digest) = table.text("actions_sha256") else {
            // One that is wrong is told as wrong already.
            if !table.is_written("actions_sha256") {
                let message = "missing, the hash of the configuration covers no path";
                problems.add(about(table, "actions_sha256", ConfigCode::Missing, message));
            }
            continue;
        };
        let Some(instrument) = core.and_then(|core| core.instruments.get(at)).filter(|_| purpose.has_market()) else {
            continue;
        };
        match read((&path, digest), instrument) {
            Ok(actions) => all.extend(actions),
            Err((key, message)) => {
                let value = table.path(key).map(|path| format!("{:?}", path.display().to_string()));
                let value = value.or_else(|| table.text(key).map(|text| format!("{text:?}")));
                problems.add(Problem { value, ..about(table, key, ConfigCode::File, &message) });
            }
        }
    }
    all.sort_by_key(|action: &Scripted| action.time);
    all
}

/// Actions of a file, or the key that is wrong and why.
fn read((path, digest): (&Path, &str), instrument: &Instrument) -> Result<Vec<Scripted>, (&'static str, String)> {
    let hash = sha256_file(path).map_err(|error| ("actions", error.to_string()))?;
    let found = hash.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    });
    if !found.eq_ignore_ascii_case(digest) {
        return Err(("actions_sha256", format!("the file has the SHA-256 {found}")));
    }
    let text = file_text(path).map_err(|problem| ("actions", problem.message))?;
    rows(&text, instrument).map_err(|message| ("actions", message))
}

fn rows(text: &str, instrument: &Instrument) -> Result<Vec<Scripted>, String> {
    let mut lines = text.lines().zip(1_usize..);
    if lines.next().map(|(line, _)| line) != Some(HEADER) {
        return Err(format!("line 1: expected \"{HEADER}\""));
    }
    let mut actions: Vec<Scripted> = Vec::new();
    for (line, number) in lines {
        let wrong = |what: &str| format!("line {number}: {:?}: {what}", line.chars().take(80).collect::<String>());
        let action = row(line, instrument).ok_or_else(|| wrong(EXPECTED))?;
        if actions.last().is_some_and(|last| last.time > action.time) {
            return Err(wrong("is before the row above it"));
        }
        actions.push(action);
    }
    Ok(actions)
}

const EXPECTED: &str = "expected ts_ns, a kind, two whole numbers (above 0 for splits alone) and cash at the price scale \
    (for dividends alone)";

fn row(line: &str, instrument: &Instrument) -> Option<Scripted> {
    let mut words = line.split(',');
    let time = TimeNs(words.next()?.parse().ok()?);
    let word = words.next()?;
    let kind = *Adjustment::ALL.iter().find(|kind| kind.code() == word)?;
    let (numerator, denominator) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let cash = words.next()?.parse().ok()?;
    let action = checked(kind, (numerator, denominator), cash, instrument)?;
    words.next().is_none().then_some(Scripted { time, fact: fact(action, instrument) })
}

/// An action whose numbers fit its kind.
pub(super) fn checked(
    kind: Adjustment,
    (numerator, denominator): (u64, u64),
    cash: Decimal,
    instrument: &Instrument,
) -> Option<CorporateAction> {
    let cash = mantissa(cash, instrument.price_scale).ok()?;
    let is_sound = match kind {
        Adjustment::Split => numerator > 0 && denominator > 0 && cash == 0,
        Adjustment::Dividend => (numerator, denominator) == (0, 0),
        Adjustment::Rename | Adjustment::Delisting => (numerator, denominator, cash) == (0, 0, 0),
    };
    is_sound.then_some(CorporateAction { kind, numerator, denominator, cash })
}

/// The market fact that tells of it.
pub(super) fn fact(action: CorporateAction, instrument: &Instrument) -> Fact {
    let report = Report::control(EventKind::CorporateAction(action));
    Fact::Report(Report { instrument: instrument.id, venue: instrument.venue, ..report })
}
