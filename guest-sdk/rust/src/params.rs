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
        decimal(key, self.text(key)?, &range)
    }

    /// An exact decimal in `range`, or `default` when absent.
    ///
    /// # Errors
    /// No decimal, out of range.
    pub fn decimal_or(
        &self,
        key: &str,
        default: Decimal,
        range: RangeInclusive<Decimal>,
    ) -> Result<Decimal, SetupError> {
        self.optional(key).map_or(Ok(default), |value| decimal(key, value, &range))
    }

    /// A float in `range`, as indicators take them: `0.02`, `-1.5`, `1e-3`.
    ///
    /// # Errors
    /// Absent, no number, infinite, out of range.
    pub fn float(&self, key: &str, range: RangeInclusive<f64>) -> Result<f64, SetupError> {
        float(key, self.text(key)?, &range)
    }

    /// A float in `range`, or `default` when absent.
    ///
    /// # Errors
    /// No number, infinite, out of range.
    pub fn float_or(&self, key: &str, default: f64, range: RangeInclusive<f64>) -> Result<f64, SetupError> {
        self.optional(key).map_or(Ok(default), |value| float(key, value, &range))
    }

    /// A duration in nanoseconds: a whole number and its unit, `500ms`, `90s`, `5m`, `8h`, `1d` (also `ns` and `us`), in
    /// `range`, whose ends are given in nanoseconds.
    ///
    /// # Errors
    /// Absent, not of this form, out of range.
    pub fn duration_ns(&self, key: &str, range: RangeInclusive<u64>) -> Result<u64, SetupError> {
        duration_ns(key, self.text(key)?, &range)
    }

    /// A duration in nanoseconds, or `default` when absent.
    ///
    /// # Errors
    /// Not of the form of [`Params::duration_ns`], out of range.
    pub fn duration_ns_or(&self, key: &str, default: u64, range: RangeInclusive<u64>) -> Result<u64, SetupError> {
        self.optional(key).map_or(Ok(default), |value| duration_ns(key, value, &range))
    }

    /// A list: items with commas between them, each read by `item` and as many as `count` allows. An item is given to `item`
    /// as a [`Params`] of its own under the same key, so that every reader serves.
    ///
    /// ```
    /// use ringfence_sdk::Params;
    ///
    /// let params = Params::new([("lengths", "10, 20, 50")]);
    /// let lengths = params.list("lengths", 1..=5, |one| one.count("lengths", 1..=200));
    /// assert_eq!(lengths, Ok(vec![10, 20, 50]));
    /// let error = params.list("lengths", 1..=2, |one| one.count("lengths", 1..=200)).unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `lengths` = `10, 20, 50`: want 1 to 2 items with commas between them");
    /// ```
    ///
    /// # Errors
    /// Absent, another number of items, an item that `item` refuses.
    pub fn list<T>(
        &self,
        key: &str,
        count: RangeInclusive<usize>,
        item: impl Fn(&Self) -> Result<T, SetupError>,
    ) -> Result<Vec<T>, SetupError> {
        let value = self.text(key)?;
        let items: Vec<&str> = value.split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
        let is_list = count.contains(&items.len()) && items.len() == value.split(',').count().max(1);
        if !(is_list || (value.trim().is_empty() && count.contains(&0))) {
            let wanted = format!("{} to {} items with commas between them", count.start(), count.end());
            return Err(invalid(key, value, wanted));
        }
        items.into_iter().map(|text| item(&Self::new([(key, text)]))).collect()
    }

    /// An instrument by its symbol, with or without the venue before the colon.
    ///
    /// # Errors
    /// Absent, none of `instruments`, or one that two venues have.
    pub fn instrument<'i>(&self, key: &str, instruments: &'i [Instrument]) -> Result<&'i Instrument, SetupError> {
        let value = self.text(key)?;
        let bare = |symbol: &'i str| symbol.split_once(':').map_or(symbol, |(_, bare)| bare);
        let mut found = instruments.iter().filter(|one| one.symbol == value || bare(&one.symbol) == value);
        match (found.next(), found.next()) {
            (Some(instrument), None) => Ok(instrument),
            (None, _) | (Some(_), Some(_)) => {
                let symbols: Vec<&str> = instruments.iter().map(|one| one.symbol.as_str()).collect();
                Err(invalid(key, value, format!("one of {}", symbols.join(", "))))
            }
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
        choice(key, self.text(key)?, choices)
    }

    /// `true` or `false`, or `default` when absent.
    ///
    /// # Errors
    /// Anything else.
    pub fn boolean_or(&self, key: &str, default: bool) -> Result<bool, SetupError> {
        self.optional(key).map_or(Ok(default), |value| choice(key, value, &["false", "true"]).map(|at| at == 1))
    }

    /// One of named values.
    ///
    /// ```
    /// use ringfence_sdk::{Params, Side};
    ///
    /// let params = Params::new([("open_with", "sell")]);
    /// assert_eq!(params.one_of("open_with", &[("buy", Side::Buy), ("sell", Side::Sell)]), Ok(Side::Sell));
    /// ```
    ///
    /// # Errors
    /// Absent, none of the names.
    pub fn one_of<T: Clone>(&self, key: &str, choices: &[(&str, T)]) -> Result<T, SetupError> {
        one_of(key, self.text(key)?, choices)
    }

    /// One of named values, or `default` when absent.
    ///
    /// # Errors
    /// None of the names.
    pub fn one_of_or<T: Clone>(&self, key: &str, default: T, choices: &[(&str, T)]) -> Result<T, SetupError> {
        self.optional(key).map_or(Ok(default), |value| one_of(key, value, choices))
    }

    /// Says of a parameter what its range alone does not, such as that `fast` lies below `slow`: an error with `wanted`
    /// unless it `holds`.
    ///
    /// ```
    /// use ringfence_sdk::Params;
    ///
    /// let params = Params::new([("fast", "30"), ("slow", "20")]);
    /// let error = params.require("fast", 30 < 20, "fewer than `slow`, which is 20").unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `fast` = `30`: want fewer than `slow`, which is 20");
    /// ```
    ///
    /// # Errors
    /// It does not hold.
    pub fn require(&self, key: &str, holds: bool, wanted: &str) -> Result<(), SetupError> {
        if holds {
            return Ok(());
        }
        let given = self.entries.iter().find(|entry| entry.key == key);
        Err(invalid(key, given.map_or("(its default)", |entry| &entry.value), wanted.to_owned()))
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

fn decimal(key: &str, value: &str, range: &RangeInclusive<Decimal>) -> Result<Decimal, SetupError> {
    match value.parse() {
        Ok(decimal) if range.contains(&decimal) => Ok(decimal),
        Ok(_) | Err(_) => Err(invalid(key, value, format!("a decimal from {} to {}", range.start(), range.end()))),
    }
}

fn choice(key: &str, value: &str, choices: &[&str]) -> Result<usize, SetupError> {
    let place = choices.iter().position(|choice| *choice == value);
    place.ok_or_else(|| invalid(key, value, format!("one of {}", choices.join(", "))))
}

fn one_of<T: Clone>(key: &str, value: &str, choices: &[(&str, T)]) -> Result<T, SetupError> {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let place = choice(key, value, &names)?;
    let chosen = choices.get(place).map(|(_, chosen)| chosen.clone());
    Ok(chosen.expect("a place in the list"))
}

fn float(key: &str, value: &str, range: &RangeInclusive<f64>) -> Result<f64, SetupError> {
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() && range.contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(invalid(key, value, format!("a number from {} to {}", range.start(), range.end()))),
    }
}

/// Units of durations with their nanoseconds, the longest last.
const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

fn duration_ns(key: &str, value: &str, range: &RangeInclusive<u64>) -> Result<u64, SetupError> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let nanoseconds = number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    nanoseconds.filter(|found| range.contains(found)).ok_or_else(|| {
        let [from, to] = [range.start(), range.end()].map(|end| duration_text(*end));
        invalid(key, value, format!("a duration such as 500ms, 90s, 5m, 8h or 1d, from {from} to {to}"))
    })
}

/// In the longest unit that divides it.
fn duration_text(nanoseconds: u64) -> String {
    let fits = |(_, factor): &&(&str, u64)| nanoseconds.is_multiple_of(*factor) && nanoseconds >= *factor;
    let (unit, factor) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[3]);
    format!("{}{unit}", nanoseconds / factor)
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
    fn floats_are_finite_and_in_range() {
        check(params("k=0.02").float("k", 0.0..=1.0), "0.02");
        check(params("k=1e-3").float_or("k", 0.5, 0.0..=1.0), "0.001");
        check(params("").float_or("k", 0.5, 0.0..=1.0), "0.5");
        for value in ["1.01", "-0.1", "nan", "inf", "x", ""] {
            let want = format!("parameter `k` = `{value}`: want a number from 0 to 1");
            check(Params::new([("k", value)]).float("k", 0.0..=1.0), &want);
        }
    }

    #[test]
    fn durations_have_a_unit() {
        let day = 86_400_000_000_000;
        for (text, want) in [("7ns", 7), ("3us", 3_000), ("500ms", 500_000_000), ("2m", 120_000_000_000), ("1d", day)] {
            check(Params::new([("k", text)]).duration_ns("k", 1..=day), &want.to_string());
        }
        check(params("").duration_ns_or("k", 5, 1..=day), "5");
        for value in ["5", "s", "1.5s", "0ms", "25h", "-1s", "99999999999999999999d"] {
            let want =
                format!("parameter `k` = `{value}`: want a duration such as 500ms, 90s, 5m, 8h or 1d, from 1s to 1d");
            check(Params::new([("k", value)]).duration_ns("k", 1_000_000_000..=day), &want);
        }
        assert_eq!([0, 90_000_000_000, 1_500].map(duration_text), ["0s", "90s", "1500ns"]);
    }

    #[test]
    fn a_list_has_so_many_items_and_each_is_checked() {
        let lengths = |text| Params::new([("k", text)]).list("k", 2..=3, |one| one.count("k", 1..=9));
        check(lengths("1,2"), "[1, 2]");
        check(lengths(" 1 , 2, 3 "), "[1, 2, 3]");
        for text in ["1", "1,2,3,4", "1,,2", "1,2,", "", ","] {
            check(lengths(text), &format!("parameter `k` = `{text}`: want 2 to 3 items with commas between them"));
        }
        check(lengths("1,10"), "parameter `k` = `10`: want a whole number from 1 to 9");
        check(Params::new([("k", " ")]).list("k", 0..=3, |one| one.count("k", 1..=9)), "[]");
        check(params("").list("k", 0..=3, |one| one.count("k", 1..=9)), "parameter `k` is missing");
    }

    #[test]
    fn named_values_instruments_and_defaults() {
        check(params("k=b").one_of("k", &[("a", 1), ("b", 2)]), "2");
        check(params("k=c").one_of_or("k", 9, &[("a", 1), ("b", 2)]), "parameter `k` = `c`: want one of a, b");
        check(params("").one_of_or("k", 9, &[("a", 1)]), "9");
        check(params("").boolean_or("k", true), "true");
        check(params("k=no").boolean_or("k", true), "parameter `k` = `no`: want one of false, true");
        check(params("").decimal_or("k", Decimal::ONE, Decimal::ZERO..=Decimal::ONE).map(|d| d.to_string()), "\"1\"");
        check(
            params("k=2").decimal_or("k", Decimal::ONE, Decimal::ZERO..=Decimal::ONE),
            "parameter `k` = `2`: want a decimal from 0 to 1",
        );
        let harness = crate::harness::Harness::new("A:SPY 2 0").and("A:QQQ 2 0").and("B:QQQ 2 0");
        let symbol =
            |text| Params::new([("k", text)]).instrument("k", harness.instruments()).map(|instrument| instrument.id.0);
        check(symbol("SPY"), "1");
        check(symbol("B:QQQ"), "3");
        for text in ["QQQ", "C:SPY", ""] {
            check(symbol(text), &format!("parameter `k` = `{text}`: want one of A:SPY, A:QQQ, B:QQQ"));
        }
    }

    #[test]
    fn what_parameters_have_to_do_with_each_other_is_told() {
        check(params("fast=5").require("fast", true, "fewer than `slow`"), "()");
        check(
            params("fast=5").require("fast", false, "fewer than `slow`"),
            "parameter `fast` = `5`: want fewer than `slow`",
        );
        check(params("").require("fast", false, "x"), "parameter `fast` = `(its default)`: want x");
    }

    #[test]
    fn each_key_is_named_once_among_the_known_ones() {
        let given = params("a=1 b=true c=x d=1 e=5 typo=1");
        check(given.decimal_or("a", Decimal::ONE, Decimal::ONE..=Decimal::ONE).map(|one| one.scale()), "0");
        check(given.boolean_or("b", false), "true");
        check(given.one_of_or("c", 1, &[("x", 2)]), "2");
        check(given.list("d", 1..=1, |one| one.count("d", 1..=1)), "[1]");
        check(given.count("e", 1..=9).and_then(|count| given.require("e", count < 9, "less")), "()");
        check(given.check_all_read(), "unknown parameter `typo`; known: a, b, c, d, e");
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
