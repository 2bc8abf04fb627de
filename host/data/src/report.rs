//! Reports: what does a survey say to people?
//!
//! In: a survey. Out: text, a line a fact. Must never: leave out a finding.

use std::fmt;

use jiff::Timestamp;

use crate::row::Kind;
use crate::survey::{Finding, InstrumentSurvey, Survey};

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (symbol, instrument) in &self.instruments {
            let name = if symbol.is_empty() { "(instrument not named)" } else { symbol };
            writeln!(f, "{name}: {instrument}")?;
        }
        if self.instruments.is_empty() {
            writeln!(f, "no market events")?;
        }
        for what in &self.assumed {
            writeln!(f, "assumed: {what}")?;
        }
        for (why, found) in &self.left_out {
            writeln!(f, "left out: {} x {why}, first at {}", found.count, found.place)?;
        }
        if self.bad.count > 0 {
            writeln!(f, "unreadable: {}, first at {}: {}", self.bad.count, self.bad.place, self.bad_example)?;
        }
        Ok(())
    }
}

impl fmt::Display for InstrumentSurvey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = Kind::ALL.iter().filter(|kind| self.of(**kind) > 0);
        let kinds: Vec<String> = kinds.map(|kind| format!("{} {kind}", self.of(*kind))).collect();
        write!(f, "{} rows ({})", self.total(), kinds.join(", "))?;
        write!(f, ", {} to {}", time_text(self.first), time_text(self.last))?;
        write!(f, ", digits {} and {}", self.price_digits, self.qty_digits)?;
        for (name, found) in self.findings() {
            write!(f, "\n  {}", line(name, found))?;
        }
        Ok(())
    }
}

/// One finding in words.
fn line(name: &str, found: Finding) -> String {
    let Finding { count, place, time, most } = found;
    let first = format!("first at {place} ({})", time_text(time));
    match name {
        "backward" => format!("backward: {count}, {first}, at most {most} ns"),
        "duplicates" => format!("duplicates: {count}, {first}"),
        "gaps" if most == 0 => format!("gaps: {count}, {first}"),
        "gaps" => format!("gaps: {count}, {first}, at most {most} missing"),
        "missing_bars" => format!("missing bars: {count} times, {first}, at most {most} at once"),
        "overlapping_bars" => format!("overlapping bars: {count}, {first}, at most {most} ns"),
        "crossed" => format!("crossed quotes: {count}, {first}"),
        "crossed_books" => format!("crossed books: {count} times, {first}"),
        "locked" => format!("locked quotes: {count}, {first}"),
        _ => format!("stale: {count} times, {first}, longest {most} ns"),
    }
}

/// RFC 3339 with nanoseconds; a time beyond that calendar as ns.
fn time_text(ns: u64) -> String {
    match Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => format!("{time:.9}"),
        Err(_) => format!("{ns} ns"),
    }
}
