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
        "backward" => format!("backward: {count}, {first}, at most {}", length_text(most)),
        "duplicates" => format!("duplicates: {count}, {first}"),
        "gaps" if most == 0 => format!("gaps: {count}, {first}"),
        "gaps" => format!("gaps: {count}, {first}, at most {most} missing"),
        "missing_bars" => format!("missing bars: {count} times, {first}, at most {most} at once"),
        "overlapping_bars" => format!("overlapping bars: {count}, {first}, at most {}", length_text(most)),
        "crossed" => format!("crossed quotes: {count}, {first}"),
        "crossed_books" => format!("crossed books: {count} times, {first}"),
        "locked" => format!("locked quotes: {count}, {first}"),
        _ => format!("stale: {count} times, {first}, longest {}", length_text(most)),
    }
}

/// A length of time in its largest unit, exact; from a minute on in its two largest.
fn length_text(ns: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let seconds = ns / SECOND_NS;
    for (place, (length, name)) in UNITS.into_iter().enumerate() {
        if seconds >= length {
            let (whole, rest) = (seconds / length, seconds % length);
            return match UNITS.get(place + 1) {
                Some((small, small_name)) => format!("{whole} {name} {} {small_name}", rest / small),
                None => format!("{whole} {name} {} s", decimal(rest * SECOND_NS + ns % SECOND_NS, 9)),
            };
        }
    }
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} us", decimal(ns, 3)),
        1_000_000..SECOND_NS => format!("{} ms", decimal(ns, 6)),
        _ => format!("{} s", decimal(ns, 9)),
    }
}

const SECOND_NS: u64 = 1_000_000_000;

/// `value / 10^digits` without zeros at the end.
fn decimal(value: u64, digits: u32) -> String {
    let unit = 10_u64.pow(digits);
    let text = format!("{}.{:0width$}", value / unit, value % unit, width = digits as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// RFC 3339 with nanoseconds; a time beyond that calendar as ns.
fn time_text(ns: u64) -> String {
    match Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => format!("{time:.9}"),
        Err(_) => format!("{ns} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_told_in_units_that_people_read() {
        let all = [0, 999, 1_000, 1_500_000, 999_999_999, 1_000_000_000, 59_999_999_999, 60_000_000_000];
        let want = ["0 ns", "999 ns", "1 us", "1.5 ms", "999.999999 ms", "1 s", "59.999999999 s", "1 min 0 s"];
        assert_eq!(all.map(length_text), want);
        let all = [2_556_478_000_000, 3_600_000_000_000, 86_399_000_000_000, 183_600_000_000_000, u64::MAX];
        let want = ["42 min 36.478 s", "1 h 0 min", "23 h 59 min", "2 d 3 h", "213503 d 23 h"];
        assert_eq!(all.map(length_text), want);
    }
}
