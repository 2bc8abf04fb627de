//! Figures: how is a statistic shown to people?
//!
//! In: a value and its unit. Out: text. Must never: show a figure that is not defined as a number.

/// A statistic with its name and formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Key in `statistics.json`.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// Its value; `None` = not defined for this run.
    pub value: Option<f64>,
    /// What the value counts.
    pub unit: Unit,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A fraction, shown as per cent.
    Share,
    /// A number without a unit.
    Ratio,
    /// An amount in the base currency.
    Money,
    /// A count.
    Count,
    /// Seconds.
    Seconds,
    /// Basis points.
    Bps,
    /// Periods of the series.
    Periods,
}

impl Figure {
    /// The value for people; an en dash where it is not defined.
    #[must_use]
    pub fn text(&self) -> String {
        self.value.map_or("–".to_owned(), |value| shown(value, self.unit))
    }
}

/// A value for people.
#[must_use]
pub fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => format!("{} %", grouped(value * 100.0, share_digits(value * 100.0))),
        Unit::Ratio => grouped(value, 3),
        Unit::Money => grouped(value, 2),
        Unit::Count | Unit::Periods => grouped(value, 0),
        Unit::Seconds => duration(value),
        Unit::Bps => format!("{} bp", grouped(value, 2)),
    }
}

/// Two digits behind the point, more where a small number has nothing before them, unless it has nothing there either.
pub(crate) fn share_digits(per_cent: f64) -> usize {
    match per_cent.abs() {
        size if size >= 0.095 => 2,
        size if size >= 0.000_95 => 4,
        size if size >= 0.000_000_5 => 6,
        _ => 2,
    }
}

/// Digits in groups of three, `digits` behind the point, with a minus that is as wide as a plus.
#[must_use]
pub fn grouped(value: f64, digits: usize) -> String {
    let plain = format!("{:.digits$}", value.abs());
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let is_zero = plain.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let mut text = String::from(if value < 0.0 && !is_zero { "−" } else { "" });
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// A length of time in its two largest units.
fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str, f64, &str); 3] =
        [(86_400.0, "d", 3_600.0, "h"), (3_600.0, "h", 60.0, "min"), (60.0, "min", 1.0, "s")];
    for (large, large_name, small, small_name) in UNITS {
        if seconds >= large {
            let rest = ((seconds % large) / small).floor();
            return format!("{} {large_name} {rest:.0} {small_name}", grouped((seconds / large).floor(), 0));
        }
    }
    format!("{seconds:.3} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_in_their_units() {
        let all = [
            shown(-0.012_345, Unit::Share),
            shown(0.000_95, Unit::Share),
            shown(0.000_94, Unit::Share),
            shown(-0.000_001_5, Unit::Share),
            shown(-0.000_000_000_1, Unit::Share),
            shown(1_234_567.891, Unit::Money),
            shown(-999.0, Unit::Count),
            shown(1.5, Unit::Seconds),
            shown(59.9999, Unit::Seconds),
            shown(60.0, Unit::Seconds),
            shown(90_061.0, Unit::Seconds),
            shown(-0.000_1, Unit::Money),
            shown(2.0, Unit::Bps),
        ];
        let want = [
            "−1.23 %",
            "0.10 %",
            "0.0940 %",
            "−0.000150 %",
            "0.00 %",
            "1,234,567.89",
            "−999",
            "1.500 s",
            "60.000 s",
            "1 min 0 s",
            "1 d 1 h",
            "0.00",
            "2.00 bp",
        ];
        assert_eq!(all, want);
    }
}
