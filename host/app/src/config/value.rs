//! Values: does this text mean what its key allows?
//!
//! In: one written value and its kind. Out: the checked value, or which sort of mistake it is. Must never: round, guess
//! a unit, or accept a float's approximation of a decimal.

use ringfence_core::money::Decimal;
use toml::value::{Datetime, Offset};

use crate::calendar::days_since_epoch;

use super::checked::Checked;
use super::document::Value;
use super::kind::{Kind, Sign, TEXT_CHARS_MAX};
use super::problem::ConfigCode;

/// Reads a value of a kind that has no parts; lists and tables are the caller's.
///
/// # Errors
/// The sort of mistake.
pub(super) fn scalar(value: &Value, kind: &Kind) -> Result<Checked, ConfigCode> {
    match kind {
        Kind::Text => text(value).map(Checked::Text),
        Kind::Path => path(value),
        Kind::Choice(words) => choice(value, words),
        Kind::Decimal(sign) => decimal(value, *sign),
        Kind::Integer(min, max) => integer(value, *min, *max),
        Kind::Duration => duration(value),
        Kind::Time => time(value),
        Kind::Moment => moment(value),
        Kind::Sha256 => sha256(value),
        Kind::Parameter => parameter(value),
        Kind::OrOff(_) if *value == Value::Text("off".to_owned()) => Ok(Checked::Off),
        Kind::OrOff(inner) => scalar(value, inner),
        Kind::List(_) | Kind::Map(_) | Kind::Table(_) | Kind::Tables(_) => Err(ConfigCode::Type),
    }
}

/// True for names and texts that fit every message and table.
pub(super) fn is_clean(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control)
}

/// A length of time as text, in the largest unit that leaves a whole number.
#[must_use]
pub(super) fn duration_text(ns: u64) -> String {
    let fits = |(_, unit): &&(&str, u64)| ns != 0 && ns.is_multiple_of(*unit);
    let (name, unit) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
    format!("{}{name}", ns / unit)
}

fn text(value: &Value) -> Result<String, ConfigCode> {
    let Value::Text(text) = value else { return Err(ConfigCode::Type) };
    if is_clean(text) { Ok(text.clone()) } else { Err(ConfigCode::Value) }
}

/// As text, but as long as the system allows.
fn path(value: &Value) -> Result<Checked, ConfigCode> {
    let Value::Text(path) = value else { return Err(ConfigCode::Type) };
    let is_allowed = !path.is_empty() && path.len() <= PATH_BYTES_MAX && !path.chars().any(char::is_control);
    if is_allowed { Ok(Checked::Path(path.clone())) } else { Err(ConfigCode::Value) }
}

/// Longest path Linux takes.
const PATH_BYTES_MAX: usize = 4096;

fn choice(value: &Value, words: &[&str]) -> Result<Checked, ConfigCode> {
    let Value::Text(text) = value else { return Err(ConfigCode::Type) };
    if words.contains(&text.as_str()) { Ok(Checked::Text(text.clone())) } else { Err(ConfigCode::Value) }
}

fn decimal(value: &Value, sign: Sign) -> Result<Checked, ConfigCode> {
    let (Value::Text(text) | Value::Number(text)) = value else { return Err(ConfigCode::Type) };
    if !is_plain_decimal(text) {
        return Err(if has_unit(text) { ConfigCode::Unit } else { ConfigCode::Value });
    }
    let number = Decimal::from_str_exact(text.trim_start_matches('+')).map_err(|_| ConfigCode::Range)?.normalize();
    let is_allowed = match sign {
        Sign::Any => true,
        Sign::NotNegative => number >= Decimal::ZERO,
        Sign::Positive => number > Decimal::ZERO,
        Sign::Fee => number.abs() <= Decimal::from(10_000) && number.scale() <= 8,
        Sign::Amount => number.abs() <= AMOUNT_MAX && number.scale() <= 8,
        Sign::Volume => number > Decimal::ZERO && number <= AMOUNT_MAX && number.scale() <= 8,
    };
    if is_allowed { Ok(Checked::Decimal(number)) } else { Err(ConfigCode::Range) }
}

/// 10^12.
const AMOUNT_MAX: Decimal = Decimal::from_parts(0xd4a5_1000, 232, 0, false, 0);

/// Digits with at most one point between them and a sign before them: no exponent, no underscore, no infinity.
fn is_plain_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(rest)
}

/// A number with letters or signs of a currency or percentage behind it.
fn has_unit(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_alphabetic() || c == '%' || c == ' ');
    number.len() < text.len() && is_plain_decimal(number)
}

fn integer(value: &Value, min: u64, max: u64) -> Result<Checked, ConfigCode> {
    match value {
        Value::Number(digits) if is_plain_decimal(digits) && !digits.contains('.') => match digits.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(Checked::Integer(number)),
            Ok(_) | Err(_) => Err(ConfigCode::Range),
        },
        Value::Number(_) => Err(ConfigCode::Value),
        Value::Text(text) if has_unit(text) => Err(ConfigCode::Unit),
        Value::Text(_) | Value::Flag(_) | Value::Time(_) | Value::List(_) | Value::Table(_) => Err(ConfigCode::Type),
    }
}

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

fn duration(value: &Value) -> Result<Checked, ConfigCode> {
    match value {
        Value::Text(text) => duration_of(text).map(Checked::Duration),
        Value::Number(_) => Err(ConfigCode::Unit),
        Value::Flag(_) | Value::Time(_) | Value::List(_) | Value::Table(_) => Err(ConfigCode::Type),
    }
}

/// A length of time in ns, as an argument of a command states it; `None` = it does not.
pub(crate) fn duration_ns(text: &str) -> Option<u64> {
    duration_of(text).ok()
}

fn duration_of(text: &str) -> Result<u64, ConfigCode> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ConfigCode::Value);
    }
    let unit = UNITS.iter().find(|(name, _)| *name == &text[digits.len()..]).ok_or(ConfigCode::Unit)?.1;
    let ns = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
    ns.ok_or(ConfigCode::Range)
}

fn time(value: &Value) -> Result<Checked, ConfigCode> {
    let time = match value {
        Value::Time(time) => *time,
        Value::Text(text) => text.parse().map_err(|_| ConfigCode::Value)?,
        Value::Number(_) => return Err(ConfigCode::Unit),
        Value::Flag(_) | Value::List(_) | Value::Table(_) => return Err(ConfigCode::Type),
    };
    epoch_ns(&time).map(Checked::Time).ok_or(ConfigCode::Value)
}

fn moment(value: &Value) -> Result<Checked, ConfigCode> {
    match integer(value, 0, u64::MAX) {
        Ok(Checked::Integer(ns)) => Ok(Checked::Time(ns)),
        Err(code) if matches!(value, Value::Number(_)) => Err(code),
        Ok(_) | Err(_) => time(value),
    }
}

/// Nanoseconds since the Unix epoch; `None` without date, time or offset, and before 1970 or after 2554.
fn epoch_ns(at: &Datetime) -> Option<u64> {
    let (date, time, offset) = (at.date?, at.time?, at.offset?);
    let minutes_east = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let days = days_since_epoch(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let minutes = (days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute) - minutes_east;
    let seconds = minutes * 60 + i64::from(time.second.unwrap_or(0));
    let ns = i128::from(seconds) * 1_000_000_000 + i128::from(time.nanosecond.unwrap_or(0));
    u64::try_from(ns).ok()
}

fn sha256(value: &Value) -> Result<Checked, ConfigCode> {
    let Value::Text(text) = value else { return Err(ConfigCode::Type) };
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(Checked::Text(text.to_ascii_lowercase())) } else { Err(ConfigCode::Value) }
}

fn parameter(value: &Value) -> Result<Checked, ConfigCode> {
    match value {
        Value::Text(text) if is_clean(text) || text.is_empty() => Ok(Checked::Text(text.clone())),
        Value::Text(_) => Err(ConfigCode::Value),
        Value::Number(digits) => Ok(Checked::Text(digits.clone())),
        Value::Flag(flag) => Ok(Checked::Text(flag.to_string())),
        Value::Time(_) | Value::List(_) | Value::Table(_) => Err(ConfigCode::Type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::time_text;

    fn shown(kind: Kind, value: Value) -> String {
        match scalar(&value, &kind) {
            Ok(checked) => format!("{checked:?}"),
            Err(code) => code.to_string(),
        }
    }

    fn number(digits: &str) -> Value {
        Value::Number(digits.to_owned())
    }

    fn word(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_decimal_keeps_every_digit_whether_written_as_number_or_text() {
        let exact = "Decimal(0.1000000000000000000000000001)";
        assert_eq!(shown(Kind::Decimal(Sign::Any), number("0.1000000000000000000000000001")), exact);
        assert_eq!(shown(Kind::Decimal(Sign::Any), word("0.1000000000000000000000000001")), exact);
        assert_eq!(shown(Kind::Decimal(Sign::Any), number("0.10000000000000000000000000001")), "C-RANGE");
        assert_eq!(shown(Kind::Decimal(Sign::Any), word("-1.50")), "Decimal(-1.5)");
    }

    #[test]
    fn exponents_infinities_and_units_are_no_decimals() {
        for text in ["1e3", "inf", "nan", ".5", "5.", "", "-", "1_000", "abc", "1.2.3"] {
            let code = shown(Kind::Decimal(Sign::Any), word(text));
            assert_eq!(code, "C-VALUE", "{text}");
        }
        assert_eq!(shown(Kind::Decimal(Sign::Any), word("5 bps")), "C-UNIT");
        assert_eq!(shown(Kind::Decimal(Sign::Any), word("5%")), "C-UNIT");
    }

    #[test]
    fn the_sign_rule_holds_on_both_sides_of_zero() {
        let (zero, below) = (number("0"), number("-0.01"));
        assert_eq!(shown(Kind::Decimal(Sign::Positive), zero.clone()), "C-RANGE");
        assert_eq!(shown(Kind::Decimal(Sign::Positive), number("0.01")), "Decimal(0.01)");
        assert_eq!(shown(Kind::Decimal(Sign::NotNegative), zero), "Decimal(0)");
        assert_eq!(shown(Kind::Decimal(Sign::NotNegative), below.clone()), "C-RANGE");
        assert_eq!(shown(Kind::Decimal(Sign::Any), below), "Decimal(-0.01)");
    }

    #[test]
    fn a_fee_is_at_most_a_whole_value_and_8_digits_fine() {
        let fee = |digits: &str| shown(Kind::Decimal(Sign::Fee), number(digits));
        assert_eq!([fee("10000"), fee("-10000")], ["Decimal(10000)", "Decimal(-10000)"]);
        assert_eq!([fee("10000.01"), fee("-10000.01")], ["C-RANGE", "C-RANGE"]);
        assert_eq!([fee("0.00000001"), fee("0.000000001")], ["Decimal(0.00000001)", "C-RANGE"]);
    }

    #[test]
    fn an_amount_and_a_volume_are_at_most_a_million_millions_and_8_digits_fine() {
        let shown = |sign, digits: &str| shown(Kind::Decimal(sign), number(digits));
        for sign in [Sign::Amount, Sign::Volume] {
            assert_eq!(shown(sign, "1000000000000"), "Decimal(1000000000000)");
            assert_eq!(shown(sign, "1000000000000.00000001"), "C-RANGE");
            assert_eq!(shown(sign, "0.00000001"), "Decimal(0.00000001)");
            assert_eq!(shown(sign, "0.000000001"), "C-RANGE");
        }
        assert_eq!((shown(Sign::Amount, "0"), shown(Sign::Volume, "0")), ("Decimal(0)".into(), "C-RANGE".into()));
        assert_eq!(shown(Sign::Amount, "-1000000000000"), "Decimal(-1000000000000)");
        assert_eq!(shown(Sign::Amount, "-1000000000000.00000001"), "C-RANGE");
    }

    #[test]
    fn whole_numbers_pass_at_both_ends_of_their_range_and_not_past_them() {
        let kind = Kind::Integer(2, 5);
        assert_eq!(shown(kind, number("2")), "Integer(2)");
        assert_eq!(shown(kind, number("5")), "Integer(5)");
        assert_eq!(shown(kind, number("1")), "C-RANGE");
        assert_eq!(shown(kind, number("6")), "C-RANGE");
        assert_eq!(shown(kind, number("3.0")), "C-VALUE");
        assert_eq!(shown(kind, word("3")), "C-TYPE");
        assert_eq!(shown(kind, word("3ms")), "C-UNIT");
        assert_eq!(shown(kind, number("99999999999999999999999999999999999999999")), "C-RANGE");
    }

    #[test]
    fn a_length_of_time_needs_its_unit() {
        for (text, want) in [("0ns", 0), ("250us", 250_000), ("300s", 300_000_000_000), ("1d", 86_400_000_000_000)] {
            assert_eq!(shown(Kind::Duration, word(text)), format!("Duration({want})"));
            let back = duration_text(want);
            assert_eq!(shown(Kind::Duration, word(&back)), format!("Duration({want})"), "{back}");
        }
        assert_eq!(shown(Kind::Duration, number("300")), "C-UNIT");
        assert_eq!(shown(Kind::Duration, word("300")), "C-UNIT");
        assert_eq!(shown(Kind::Duration, word("3 s")), "C-VALUE");
        assert_eq!(shown(Kind::Duration, word("3 weeks")), "C-VALUE");
        assert_eq!(shown(Kind::Duration, word("3weeks")), "C-UNIT");
        assert_eq!(shown(Kind::Duration, word("999999999d")), "C-RANGE");
    }

    #[test]
    fn a_date_is_counted_from_1970_with_its_offset() {
        assert_eq!(shown(Kind::Time, word("1970-01-01T00:00:00Z")), "Time(0)");
        assert_eq!(shown(Kind::Time, word("2024-02-29T12:00:00.5+02:00")), "Time(1709200800500000000)");
        assert_eq!(shown(Kind::Time, word("2000-03-01T00:00:00Z")), "Time(951868800000000000)");
        for ns in [0, 951_868_800_000_000_000, 1_709_200_800_500_000_000, u64::MAX] {
            assert_eq!(shown(Kind::Time, word(&time_text(ns))), format!("Time({ns})"), "{}", time_text(ns));
        }
        assert_eq!(shown(Kind::Time, word("2024-02-29")), "C-VALUE");
        assert_eq!(shown(Kind::Time, word("1969-12-31T23:59:59Z")), "C-VALUE");
    }

    #[test]
    fn a_moment_is_a_date_or_nanoseconds() {
        assert_eq!(shown(Kind::Moment, word("1970-01-01T00:00:01Z")), "Time(1000000000)");
        assert_eq!(shown(Kind::Moment, number("0")), "Time(0)");
        assert_eq!(shown(Kind::Moment, number("18446744073709551615")), "Time(18446744073709551615)");
        assert_eq!(shown(Kind::Moment, number("18446744073709551616")), "C-RANGE");
        assert_eq!(shown(Kind::Moment, number("1.5")), "C-VALUE");
        assert_eq!(shown(Kind::Moment, word("2024-02-29T12:00:00")), "C-VALUE");
        assert_eq!(shown(Kind::Moment, Value::Flag(true)), "C-TYPE");
    }

    #[test]
    fn off_is_a_word_of_limits_only() {
        const INNER: Kind = Kind::Integer(1, 9);
        assert_eq!(shown(Kind::OrOff(&INNER), word("off")), "Off");
        assert_eq!(shown(Kind::OrOff(&INNER), number("9")), "Integer(9)");
        assert_eq!(shown(INNER, word("off")), "C-TYPE");
    }
}
