//! Numbers of the command line: which range is wanted where something else is written?
//!
//! In: a word. Out: a number, or what is allowed. Must never: answer with the words of a library that knows no range.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A whole number of this range.
pub(crate) fn whole<N>(range: RangeInclusive<N>) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: FromStr + PartialOrd + Display + Clone,
{
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(format!("a whole number from {} to {} is needed", range.start(), range.end())),
    }
}

/// At least one.
pub(super) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "a whole number from 1 on is needed".to_owned())
}

/// A count of rows or lines, none included.
pub(crate) fn rows(text: &str) -> Result<u64, String> {
    whole(0..=u64::MAX)(text)
}

/// A yearly rate; whoever computes with it judges its range.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "a number above -1 and below 10 is needed, such as 0.02 for two per cent".to_owned())
}

/// Periods of a year, likewise.
pub(super) fn periods(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "a number above 0 is needed, such as 252".to_owned())
}

/// A seed.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is needed, a whole number from 0 to {}", u64::MAX))
}

/// Number of an event.
pub(super) fn event(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("the number of an event is needed, from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_answered_with_the_range() {
        assert_eq!(threads("2").unwrap().get(), 2);
        assert_eq!(threads("0"), Err("a whole number from 1 on is needed".to_owned()));
        assert_eq!(rate("-0.5"), Ok(-0.5));
        assert!(rate("abc").is_err_and(|why| why.contains("above -1 and below 10")));
        assert!(periods("x").is_err_and(|why| why.contains("above 0")));
        assert!(rows("x").is_err_and(|why| why.contains("from 0 to 18446744073709551615")));
        assert!(seed("abc").is_err_and(|why| why.contains("from 0 to 18446744073709551615")));
        assert!(event("-1").is_err_and(|why| why.contains("from 0 to 18446744073709551615")));
    }

    #[test]
    fn both_ends_of_a_range_are_in_it() {
        let tries = whole(1..=20_u32);
        assert_eq!((tries("1"), tries("20")), (Ok(1), Ok(20)));
        for other in ["0", "21", "-1", "1.5", "", "4294967296"] {
            assert_eq!(tries(other), Err("a whole number from 1 to 20 is needed".to_owned()), "{other}");
        }
    }
}
