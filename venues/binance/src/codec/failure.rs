//! Failures: what became of a request that was not answered with what it asked for?
//!
//! In: status and body of an answer. Out: its fate: did it do something, did it certainly not, does nobody know?
//! Must never: judge by the HTTP status where the body says more, or call anything certain that the venue does not.

use ringfence_core::event::RejectReason;

use crate::codec::json::{Limits, parse};
use crate::codec::read::Fields;

/// Which family of venues is asked; they differ in what a server error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Binance spot.
    Spot,
    /// Binance USD-M futures, Aster.
    UsdM,
}

/// An answer that is a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status.
    pub status: u16,
    /// Code of the venue; 0 where it gives none.
    pub code: i64,
    /// Words of the venue, cut at [`WORDS_MAX`] characters and without control characters.
    pub words: String,
    /// What became of the request.
    pub fate: Fate,
}

/// Longest words of the venue that are kept.
pub const WORDS_MAX: usize = 200;

/// What became of a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody knows whether it did something.
    Unknown,
    /// It certainly did nothing, because the venue could not take it now.
    Unavailable,
    /// It certainly did nothing: its time stamp was off.
    Clock,
    /// It certainly did nothing: too many requests. More of them lead to a ban.
    TooMany,
    /// It certainly did nothing: this address is banned for some time.
    Banned,
    /// The venue refused it.
    Rejected(RejectReason),
    /// The venue says that it has an order of this client id, which is to be asked about.
    Duplicate,
    /// The venue says that it has no such order, which is to be asked about.
    UnknownOrder,
    /// The instrument's rules forbid it: ours may be old.
    Rules,
    /// There is no such key of a user stream.
    NoListenKey,
    /// Canceling and placing in one request came half or not at all; the body says more.
    HalfReplaced,
    /// Nothing had to be changed.
    NoChange,
    /// The key or its signature is not accepted.
    Credentials,
}

impl Failure {
    /// Judges an answer whose status is not 2xx.
    #[must_use]
    pub fn of(product: Product, status: u16, body: &[u8]) -> Failure {
        let (code, words) = said(body).unwrap_or_else(|| (0, readable(&String::from_utf8_lossy(body))));
        let fate = fate(product, status, (code, &words));
        Failure { status, code, words, fate }
    }
}

/// Code and words of an error body.
fn said(body: &[u8]) -> Option<(i64, String)> {
    let json = parse(body, Limits::ANSWER).ok()?;
    let fields = Fields::of("error", &json).ok()?;
    let words = fields.text_if("msg").ok()?.unwrap_or("");
    Some((fields.signed("code").ok()?, readable(words)))
}

/// What may be shown of a stranger's words.
fn readable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(WORDS_MAX).collect()
}

fn fate(product: Product, status: u16, (code, words): (i64, &str)) -> Fate {
    match status {
        418 => return Fate::Banned,
        429 => return Fate::TooMany,
        // The firewall in front of the venue.
        403 if code == 0 => return Fate::TooMany,
        _ => {}
    }
    if let Some(fate) = by_code(code, words) {
        return fate;
    }
    match (product, status) {
        (Product::UsdM, 503) => futures_503(words),
        (_, 400..=499) if code != 0 => Fate::Rejected(RejectReason::Unknown),
        _ => Fate::Unknown,
    }
}

/// Why an order was refused, by the code and words of a refusal within an answer.
pub(crate) fn reject_reason(code: i64, words: &str) -> RejectReason {
    match by_code(code, words) {
        Some(Fate::Rejected(reason)) => reason,
        Some(_) | None => RejectReason::Unknown,
    }
}

/// The three texts of a futures server error.
fn futures_503(words: &str) -> Fate {
    let has = |part: &str| words.to_ascii_lowercase().contains(part);
    if has("service unavailable") || has("internal error; unable to process") {
        Fate::Unavailable
    } else {
        Fate::Unknown
    }
}

/// What a code says whatever the status is.
fn by_code(code: i64, words: &str) -> Option<Fate> {
    let has = |part: &str| words.to_ascii_lowercase().contains(part);
    Some(match code {
        -1006 | -1007 => Fate::Unknown,
        -1003 if has("banned") => Fate::Banned,
        -1003 | -1015 | -1034 => Fate::TooMany,
        -1021 => Fate::Clock,
        -1002 | -1022 | -2014 | -2015 => Fate::Credentials,
        -1125 => Fate::NoListenKey,
        -1013 if has("market is closed") => Fate::Rejected(RejectReason::MarketClosed),
        -1013 | -1111 | -4003..=-4001 | -4004 | -4005 | -4013 | -4014 | -4023 | -4164 => Fate::Rules,
        -2021 | -2022 if has("cancel-replace") => Fate::HalfReplaced,
        -2010 | -2011 | -1010 | -2038 => by_words(&words.to_ascii_lowercase()),
        -2013 => Fate::UnknownOrder,
        -4046 | -4059 | -5027 => Fate::NoChange,
        -4116 | -4015 if has("duplicate") => Fate::Duplicate,
        -4116 => Fate::Duplicate,
        -2018 | -2019 | -2027 | -4050 | -4051 => Fate::Rejected(RejectReason::InsufficientBalance),
        -5022 | -2021 => Fate::Rejected(RejectReason::WouldTake),
        -2022 => Fate::Rejected(RejectReason::ReduceOnly),
        -4016 | -4024 | -4131 | -4183 | -4184 | -5026 => Fate::Rejected(RejectReason::PriceOutOfBand),
        -1112 | -2020 | -5021 => Fate::Rejected(RejectReason::NoLiquidity),
        -4108 | -4109 | -4140..=-4138 | -4192 => Fate::Rejected(RejectReason::MarketClosed),
        _ => return None,
    })
}

/// The matching engine's refusals share a code and differ in their words.
fn by_words(words: &str) -> Fate {
    let has = |part: &str| words.contains(part);
    if has("unknown order") {
        return Fate::UnknownOrder;
    }
    if has("duplicate order") {
        return Fate::Duplicate;
    }
    Fate::Rejected(if has("insufficient balance") {
        RejectReason::InsufficientBalance
    } else if has("immediately match") || has("trigger immediately") {
        RejectReason::WouldTake
    } else if has("market is closed") {
        RejectReason::MarketClosed
    } else if has("cancel restrictions") {
        RejectReason::TooLate
    } else if has("percent_price") || has("price range") {
        RejectReason::PriceOutOfBand
    } else if has("filter failure") || has("zero or less") {
        return Fate::Rules;
    } else {
        RejectReason::Unknown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate_of(product: Product, status: u16, body: &str) -> Fate {
        Failure::of(product, status, body.as_bytes()).fate
    }

    #[test]
    fn the_three_texts_of_a_503_are_told_apart_by_the_body() {
        let futures = |body| fate_of(Product::UsdM, 503, body);
        assert_eq!(
            futures("{\"code\":-1000,\"msg\":\"Unknown error, please check your request or try again later.\"}"),
            Fate::Unknown
        );
        assert_eq!(futures("{\"code\":-1016,\"msg\":\"Service Unavailable.\"}"), Fate::Unavailable);
        assert_eq!(
            futures("{\"code\":-1001,\"msg\":\"Internal error; unable to process your request. Please try again.\"}"),
            Fate::Unavailable
        );
        assert_eq!(futures("<html>upstream</html>"), Fate::Unknown);
        assert_eq!(futures(""), Fate::Unknown);
    }

    #[test]
    fn every_server_error_of_spot_is_unknown() {
        for (status, body) in [
            (500, ""),
            (502, "<html>"),
            (503, "{\"code\":-1001,\"msg\":\"Internal error; unable to process your request. Please try again.\"}"),
            (504, "Service Unavailable"),
        ] {
            assert_eq!(fate_of(Product::Spot, status, body), Fate::Unknown, "{status} {body}");
        }
    }

    #[test]
    fn codes_of_unknown_execution_count_whatever_the_status() {
        for status in [200, 400, 503] {
            assert_eq!(fate_of(Product::UsdM, status, "{\"code\":-1007,\"msg\":\"Timeout\"}"), Fate::Unknown);
            assert_eq!(fate_of(Product::Spot, status, "{\"code\":-1006,\"msg\":\"\"}"), Fate::Unknown);
        }
    }

    #[test]
    fn refusals_of_the_matching_engine_are_told_apart_by_their_words() {
        let spot =
            |code: i64, words: &str| fate_of(Product::Spot, 400, &format!("{{\"code\":{code},\"msg\":\"{words}\"}}"));
        assert_eq!(spot(-2011, "Unknown order sent."), Fate::UnknownOrder);
        assert_eq!(spot(-2010, "Duplicate order sent."), Fate::Duplicate);
        assert_eq!(
            spot(-2010, "Account has insufficient balance for requested action."),
            Fate::Rejected(RejectReason::InsufficientBalance)
        );
        assert_eq!(spot(-2010, "Order would immediately match and take."), Fate::Rejected(RejectReason::WouldTake));
        assert_eq!(spot(-2013, "Order does not exist."), Fate::UnknownOrder);
        assert_eq!(spot(-1013, "Filter failure: LOT_SIZE"), Fate::Rules);
        assert_eq!(spot(-1013, "Market is closed."), Fate::Rejected(RejectReason::MarketClosed));
        assert_eq!(spot(-2021, "Order cancel-replace partially failed."), Fate::HalfReplaced);
        assert_eq!(spot(-9999, "anything"), Fate::Rejected(RejectReason::Unknown));
    }

    #[test]
    fn an_order_that_cannot_fill_whole_found_too_little() {
        let words = "Due to the order could not be filled immediately, the FOK order has been rejected.";
        let body = format!("{{\"code\":-5021,\"msg\":\"{words}\"}}");
        assert_eq!(fate_of(Product::UsdM, 400, &body), Fate::Rejected(RejectReason::NoLiquidity));
    }

    #[test]
    fn the_limits_of_requests_are_known_by_status_and_by_code() {
        assert_eq!(fate_of(Product::Spot, 429, ""), Fate::TooMany);
        assert_eq!(fate_of(Product::Spot, 418, "{}"), Fate::Banned);
        assert_eq!(
            fate_of(
                Product::Spot,
                400,
                "{\"code\":-1003,\"msg\":\"Way too much request weight used; IP banned until 1\"}"
            ),
            Fate::Banned
        );
        assert_eq!(fate_of(Product::UsdM, 400, "{\"code\":-1021,\"msg\":\"\"}"), Fate::Clock);
    }

    #[test]
    fn words_of_the_venue_are_short_and_on_one_line() {
        let failure = Failure::of(Product::Spot, 400, "a\nb\u{1b}[0m".repeat(100).as_bytes());
        assert_eq!(failure.words.chars().count(), WORDS_MAX);
        assert!(!failure.words.contains('\n'));
    }
}
