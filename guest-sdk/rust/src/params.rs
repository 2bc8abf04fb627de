//! Question: what did the configuration say, in the author's types?
//!
//! In: keys and values as text. Out: numbers, choices and texts within the range that the author names, or an error
//! that names key, value and range. Must never let a misspelt key pass in silence.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::ops::RangeInclusive;

use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::number::{Price, Qty};
use crate::plan::PlanError;

/// Why a strategy cannot start. Shown to whoever wrote the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// A parameter without a default is absent.
    Missing {
        /// The parameter's name.
        key: String,
    },
    /// A parameter has a value that cannot be used.
    Invalid {
        /// The parameter's name.
        key: String,
        /// What the configuration says.
        value: String,
        /// What it could be.
        wanted: String,
    },
    /// The configuration has parameters that the strategy did not ask for.
    Unknown {
        /// The first such name.
        key: String,
        /// All names that the strategy asked for, in order.
        known: String,
    },
    /// The plan contradicts itself.
    Plan(PlanError),
    /// Anything else, in the author's words.
    Other(String),
}

impl SetupError {
    /// An error in the author's words.
    #[must_use]
    pub fn other(text: impl Into<String>) -> Self {
        Self::Other(text.into())
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { key } => write!(f, "parameter `{key}` is missing"),
            Self::Invalid { key, value, wanted } => write!(f, "parameter `{key}` = `{value}`: want {wanted}"),
            Self::Unknown { key, known } => write!(f, "unknown parameter `{key}`; known: {known}"),
            Self::Plan(fault) => write!(f, "plan: {fault}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl core::error::Error for SetupError {}

impl From<PlanError> for SetupError {
    fn from(fault: PlanError) -> Self {
        Self::Plan(fault)
    }
}

/// The parameters of one strategy. Each reader notes the key as known, so that [`Params::check_all_read`] finds
/// keys that nobody asked for.
#[derive(Clone, Debug, Default)]
pub struct Params {
    entries: Vec<Entry>,
    asked: RefCell<Vec<String>>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    value: String,
    read: Cell<bool>,
}

impl Params {
    /// From keys and values in the order of the configuration; of a key given twice the first counts.
    pub fn new<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let entry = |(key, value): (K, V)| Entry { key: key.into(), value: value.into(), read: Cell::new(false) };
        Self { entries: pairs.into_iter().map(entry).collect(), asked: RefCell::default() }
    }

    /// Keys and values in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str()))
    }

    /// The value as it stands.
    ///
    /// # Errors
    /// Absent.
    pub fn text(&self, key: &str) -> Result<&str, SetupError> {
        self.optional(key).ok_or_else(|| SetupError::Missing { key: key.to_owned() })
    }

    /// The value as it stands, or `None` when absent.
    pub fn optional(&self, key: &str) -> Option<&str> {
        self.asked.borrow_mut().push(key.to_owned());
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        entry.read.set(true);
        Some(&entry.value)
    }

    /// A whole number in `range`.
    ///
    /// # Errors
    /// Absent, no whole number, out of range.
    pub fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Result<i64, SetupError> {
        integer(key, self.text(key)?, &range)
    }

    /// A whole number in `range`, or `default` when absent.
    ///
    /// # Errors
    /// No whole number, out of range.
    pub fn integer_or(&self, key: &str, default: i64, range: RangeInclusive<i64>) -> Result<i64, SetupError> {
        self.optional(key).map_or(Ok(default), |value| integer(key, value, &range))
    }

    /// A count (of bars, of ticks) in `range`.
    ///
    /// # Errors
    /// Absent, no whole number, out of range.
    pub fn count(&self, key: &str, range: RangeInclusive<u32>) -> Result<u32, SetupError> {
        count(key, self.text(key)?, &range)
    }

    /// A count in `range`, or `default` when absent.
    ///
    /// # Errors
    /// No whole number, out of range.
    pub fn count_or(&self, key: &str, default: u32, range: RangeInclusive<u32>) -> Result<u32, SetupError> {
        self.optional(key).map_or(Ok(default), |value| count(key, value, &range))
    }

    /// An exact decimal in `range`.
    ///
    /// # Errors
    /// Absent, no decimal, out of range.
    pub fn decimal(&self, key: &str, range: RangeInclusive<Decimal>) -> Result<Decimal, SetupError> {
        let value = self.text(key)?;
        let wanted = || format!("a decimal from {} to {}", range.start(), range.end());
        match value.parse() {
            Ok(decimal) if range.contains(&decimal) => Ok(decimal),
            Ok(_) | Err(_) => Err(invalid(key, value, wanted())),
        }
    }

    /// A quantity above 0 in units of the instrument (`0.5`), exact at its quantity scale.
    ///
    /// # Errors
    /// Absent, no decimal, 0 or less, more digits than the scale.
    pub fn qty(&self, key: &str, instrument: &Instrument) -> Result<Qty, SetupError> {
        let value = self.text(key)?;
        let wanted = || format!("a quantity above 0 with at most {} digits after the point", instrument.qty_scale);
        match instrument.qty(value) {
            Ok(qty) if qty.is_positive() => Ok(qty),
            Ok(_) | Err(_) => Err(invalid(key, value, wanted())),
        }
    }

    /// A price of the instrument, exact at its price scale.
    ///
    /// # Errors
    /// Absent, no decimal, more digits than the scale.
    pub fn price(&self, key: &str, instrument: &Instrument) -> Result<Price, SetupError> {
        let value = self.text(key)?;
        let wanted = || format!("a price with at most {} digits after the point", instrument.price_scale);
        instrument.price(value).map_err(|_| invalid(key, value, wanted()))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// Absent, anything else.
    pub fn boolean(&self, key: &str) -> Result<bool, SetupError> {
        self.choice(key, &["false", "true"]).map(|at| at == 1)
    }

    /// One of `choices`; answers its place in the list.
    ///
    /// # Errors
    /// Absent, anything else.
    pub fn choice(&self, key: &str, choices: &[&str]) -> Result<usize, SetupError> {
        let value = self.text(key)?;
        let place = choices.iter().position(|choice| *choice == value);
        place.ok_or_else(|| invalid(key, value, format!("one of {}", choices.join(", "))))
    }

    /// Looks for keys that nobody asked for; every run does this after `setup`.
    ///
    /// # Errors
    /// There is one: [`SetupError::Unknown`].
    pub fn check_all_read(&self) -> Result<(), SetupError> {
        match self.entries.iter().find(|entry| !entry.read.get()) {
            None => Ok(()),
            Some(entry) if self.asked.borrow().contains(&entry.key) => {
                Err(invalid(&entry.key, &entry.value, "the parameter once, not twice".to_owned()))
            }
            Some(entry) => {
                let asked = self.asked.borrow();
                let known = if asked.is_empty() { "none".to_owned() } else { asked.join(", ") };
                Err(SetupError::Unknown { key: entry.key.clone(), known })
            }
        }
    }
}

fn integer(key: &str, value: &str, range: &RangeInclusive<i64>) -> Result<i64, SetupError> {
    match value.parse::<i64>() {
        Ok(number) if range.contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(invalid(key, value, format!("a whole number from {} to {}", range.start(), range.end()))),
    }
}

fn count(key: &str, value: &str, range: &RangeInclusive<u32>) -> Result<u32, SetupError> {
    let wide = i64::from(*range.start())..=i64::from(*range.end());
    integer(key, value, &wide).map(|number| number as u32)
}

fn invalid(key: &str, value: &str, wanted: String) -> SetupError {
    SetupError::Invalid { key: key.to_owned(), value: value.to_owned(), wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &'static str) -> Params {
        Params::new(text.split_whitespace().filter_map(|pair| pair.split_once('=')))
    }

    #[track_caller]
    fn check<T: fmt::Debug>(got: Result<T, SetupError>, want: &str) {
        assert_eq!(got.map_or_else(|error| error.to_string(), |value| format!("{value:?}")), want);
    }

    #[test]
    fn an_error_names_key_value_and_range() {
        let want = |value| format!("parameter `fast` = `{value}`: want a whole number from 1 to 10000");
        for value in ["0", "10001", "5.0", "five", "", "99999999999999999999"] {
            check(Params::new([("fast", value)]).integer("fast", 1..=10_000), &want(value));
            check(Params::new([("fast", value)]).count("fast", 1..=10_000), &want(value));
        }
    }

    #[test]
    fn both_ends_of_a_range_belong_to_it() {
        check(params("fast=1").count("fast", 1..=10_000), "1");
        check(params("fast=10000").integer("fast", 1..=10_000), "10000");
    }

    #[test]
    fn absent_is_an_error_unless_there_is_a_default() {
        check(params("").integer("fast", 1..=9), "parameter `fast` is missing");
        check(params("").integer_or("fast", 5, 1..=9), "5");
        check(params("fast=10").count_or("fast", 5, 1..=9), "parameter `fast` = `10`: want a whole number from 1 to 9");
    }

    #[test]
    fn decimals_and_choices_are_checked_too() {
        let half: Decimal = "0.5".parse().expect("a decimal");
        check(params("k=0.50").decimal("k", Decimal::ZERO..=half), "Decimal { mantissa: 50, scale: 2 }");
        check(
            params("k=0.51").decimal("k", Decimal::ZERO..=half),
            "parameter `k` = `0.51`: want a decimal from 0 to 0.5",
        );
        check(params("k=true").boolean("k"), "true");
        check(params("k=yes").boolean("k"), "parameter `k` = `yes`: want one of false, true");
        check(params("k=b").choice("k", &["a", "b"]), "1");
    }

    #[test]
    fn a_key_that_nobody_asked_for_is_found() {
        let given = params("fast=5 slwo=9");
        check(given.integer("fast", 1..=9), "5");
        check(given.integer_or("slow", 9, 1..=9), "9");
        check(given.check_all_read(), "unknown parameter `slwo`; known: fast, slow");
        check(params("a=1").check_all_read(), "unknown parameter `a`; known: none");
    }

    #[test]
    fn a_key_given_twice_is_found() {
        let given = params("fast=5 fast=6");
        check(given.integer("fast", 1..=9), "5");
        check(given.check_all_read(), "parameter `fast` = `6`: want the parameter once, not twice");
    }
}
