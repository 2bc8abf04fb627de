//! JSON pieces: numbers and levels as venues write them.
//!
//! In: JSON strings or numbers. Out: exact decimals. Must never: go through a double where the text is at hand.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use crate::decimal::Number;

/// A number in quotation marks or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Number);

/// Price and quantity of a level: the first two of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair(pub(crate) Number, pub(crate) Number);

/// A whole number in quotation marks or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) i64);

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal of at most 18 digits behind the point that fits 64 bits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Number::parse(text.as_bytes()).map(Text).ok_or_else(|| {
            let short: String = text.chars().take(40).collect();
            E::invalid_value(serde::de::Unexpected::Str(&short), &self)
        })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Text, E> {
        let number = i64::try_from(value).ok().and_then(|value| Number::new(value, 0));
        number.map(Text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Text, E> {
        Number::new(value, 0).map(Text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Text, E> {
        Number::from_double(value).map(Text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Float(value), &self))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct PairVisitor;

impl<'de> Visitor<'de> for PairVisitor {
    type Value = Pair;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of price and quantity")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pair, A::Error> {
        let missing = |at| A::Error::invalid_length(at, &PairVisitor);
        let Text(price) = list.next_element()?.ok_or_else(|| missing(0))?;
        let Text(qty) = list.next_element()?.ok_or_else(|| missing(1))?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Pair(price, qty))
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pair, D::Error> {
        deserializer.deserialize_seq(PairVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Whole, E> {
        text.parse().map(Whole).map_err(|_| E::custom("a whole number is needed"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Whole, E> {
        i64::try_from(value).map(Whole).map_err(|_| E::custom("a whole number of 63 bits is needed"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Whole, E> {
        Ok(Whole(value))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Whole, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

impl Whole {
    /// Milliseconds as ns; 0 for what is no time.
    pub(crate) fn millis_ns(self) -> u64 {
        u64::try_from(self.0).ok().and_then(|ms| ms.checked_mul(1_000_000)).unwrap_or(0)
    }

    /// As a count, where it is one.
    pub(crate) fn count(self) -> Option<u64> {
        u64::try_from(self.0).ok()
    }
}
