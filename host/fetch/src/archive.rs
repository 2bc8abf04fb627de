//! Archives: where does the file of a day lie?
//!
//! In: market, kind, instruments, first and last day. Out: one path for each day, as Binance's public archive names them.
//! Must never: let a name leave the folder that it stands for.

use jiff::civil::Date;

/// Markets of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    /// Spot.
    Spot,
    /// Futures with margin in a stable coin.
    UsdM,
    /// Futures with margin in the coin.
    CoinM,
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every trade.
    Trades,
    /// Trades of one order at one price as one.
    AggTrades,
    /// Bars.
    Klines,
    /// Best bid and ask; futures only.
    BookTicker,
    /// Quantity within percentages of the price; futures only.
    BookDepth,
}

/// Lengths of bars that there are.
pub const INTERVALS: [&str; 15] =
    ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w"];

/// Most days of one fetch, over all instruments: ten years of one.
const FILES_MAX: usize = 3_660;

/// Longest name of an instrument.
const SYMBOL_BYTES_MAX: usize = 40;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Market.
    pub market: Market,
    /// Kind.
    pub kind: Kind,
    /// Length of bars, in [`INTERVALS`]; for bars only.
    pub interval: Option<String>,
    /// Instruments, as the venue names them.
    pub symbols: Vec<String>,
    /// First day, UTC.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Folders below the one of the archive, with slashes between.
    pub folder: String,
    /// Name.
    pub name: String,
}

/// What cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    /// A name that is none.
    #[error("{0:?} is no instrument; allowed are up to {SYMBOL_BYTES_MAX} capital letters, digits and _")]
    Symbol(String),
    /// Bars without a known length.
    #[error("bars need one of the lengths {}", INTERVALS.join(", "))]
    Interval,
    /// A length, and no bars.
    #[error("only bars have a length")]
    NoInterval,
    /// A kind that the market has not.
    #[error("spot has no such files; only futures have them")]
    Market,
    /// Days the wrong way round.
    #[error("the last day, {last}, is before the first, {first}")]
    Days {
        /// First.
        first: Date,
        /// Last.
        last: Date,
    },
    /// More than is sensible at once.
    #[error("{0} files; allowed are at most {FILES_MAX} at once")]
    Many(usize),
}

impl Archive {
    /// Path on the server and below the folder.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }
}

/// The days of a range, both ends included.
pub fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(move |day| *day <= last)
}

/// One file for each instrument and day, days in order.
///
/// # Errors
/// [`PlanFault`].
pub fn plan(wanted: &Wanted) -> Result<Vec<Archive>, PlanFault> {
    let Wanted { market, kind, interval, symbols, first, last } = wanted;
    let is_known = |interval: &String| INTERVALS.contains(&interval.as_str());
    match (kind, interval) {
        (Kind::Klines, Some(interval)) if is_known(interval) => {}
        (Kind::Klines, _) => return Err(PlanFault::Interval),
        (Kind::Trades | Kind::AggTrades | Kind::BookTicker | Kind::BookDepth, Some(_)) => {
            return Err(PlanFault::NoInterval);
        }
        (Kind::BookTicker | Kind::BookDepth, None) if *market == Market::Spot => return Err(PlanFault::Market),
        (Kind::Trades | Kind::AggTrades | Kind::BookTicker | Kind::BookDepth, None) => {}
    }
    if last < first {
        return Err(PlanFault::Days { first: *first, last: *last });
    }
    if let Some(symbol) = symbols.iter().find(|symbol| !is_symbol(symbol)) {
        return Err(PlanFault::Symbol(symbol.clone()));
    }
    let count = symbols.len().saturating_mul(days(*first, *last).take(FILES_MAX + 1).count());
    if count > FILES_MAX {
        return Err(PlanFault::Many(count));
    }
    let file = |symbol: &String, day: Date| {
        let (folder, part) = match interval {
            Some(interval) => (format!("{}/{symbol}/{interval}", folder(*market, *kind)), interval.as_str()),
            None => (format!("{}/{symbol}", folder(*market, *kind)), word(*kind)),
        };
        Archive { folder, name: format!("{symbol}-{part}-{day}.zip") }
    };
    Ok(symbols.iter().flat_map(|symbol| days(*first, *last).map(move |day| file(symbol, day))).collect())
}

fn is_symbol(symbol: &str) -> bool {
    let is_plain = symbol.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_plain && (1..=SYMBOL_BYTES_MAX).contains(&symbol.len())
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Trades => "trades",
        Kind::AggTrades => "aggTrades",
        Kind::Klines => "klines",
        Kind::BookTicker => "bookTicker",
        Kind::BookDepth => "bookDepth",
    }
}

fn folder(market: Market, kind: Kind) -> String {
    let market = match market {
        Market::Spot => "spot",
        Market::UsdM => "futures/um",
        Market::CoinM => "futures/cm",
    };
    format!("data/{market}/daily/{}", word(kind))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use jiff::civil::date;

    use super::*;

    fn wanted(market: Market, kind: Kind, interval: Option<&str>) -> Wanted {
        Wanted {
            market,
            kind,
            interval: interval.map(str::to_owned),
            symbols: vec!["BTCUSDT".to_owned(), "ETHUSDT".to_owned()],
            first: date(2024, 2, 28),
            last: date(2024, 3, 1),
        }
    }

    #[track_caller]
    fn check(wanted: &Wanted, want: Expect) {
        let text = match plan(wanted) {
            Ok(files) => files.iter().map(|file| format!("{}\n", file.path())).collect(),
            Err(fault) => fault.to_string(),
        };
        want.assert_eq(&text);
    }

    #[test]
    fn each_day_of_each_instrument_has_its_path() {
        check(
            &wanted(Market::Spot, Kind::Klines, Some("1m")),
            expect![[r#"
            data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-02-28.zip
            data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-02-29.zip
            data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-03-01.zip
            data/spot/daily/klines/ETHUSDT/1m/ETHUSDT-1m-2024-02-28.zip
            data/spot/daily/klines/ETHUSDT/1m/ETHUSDT-1m-2024-02-29.zip
            data/spot/daily/klines/ETHUSDT/1m/ETHUSDT-1m-2024-03-01.zip
        "#]],
        );
        let one = Wanted {
            symbols: vec!["BTCUSD_PERP".to_owned()],
            last: date(2024, 2, 28),
            ..wanted(Market::CoinM, Kind::AggTrades, None)
        };
        check(
            &one,
            expect![[r#"
            data/futures/cm/daily/aggTrades/BTCUSD_PERP/BTCUSD_PERP-aggTrades-2024-02-28.zip
        "#]],
        );
        let one = Wanted { market: Market::UsdM, kind: Kind::BookDepth, ..one };
        check(
            &one,
            expect![[r#"
            data/futures/um/daily/bookDepth/BTCUSD_PERP/BTCUSD_PERP-bookDepth-2024-02-28.zip
        "#]],
        );
    }

    #[test]
    fn what_there_cannot_be_is_refused_before_anybody_is_asked() {
        check(&wanted(Market::Spot, Kind::BookTicker, None), expect!["spot has no such files; only futures have them"]);
        check(&wanted(Market::Spot, Kind::Trades, Some("1m")), expect!["only bars have a length"]);
        check(
            &wanted(Market::Spot, Kind::Klines, Some("7m")),
            expect!["bars need one of the lengths 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 3d, 1w"],
        );
        let back = Wanted { last: date(2024, 2, 27), ..wanted(Market::Spot, Kind::Trades, None) };
        check(&back, expect!["the last day, 2024-02-27, is before the first, 2024-02-28"]);
        for name in ["", "btcusdt", "../X", "A/B", "A-B", &"A".repeat(41)] {
            let odd = Wanted { symbols: vec![name.to_owned()], ..wanted(Market::Spot, Kind::Trades, None) };
            assert_eq!(plan(&odd), Err(PlanFault::Symbol(name.to_owned())));
        }
        let long = Wanted { first: date(2000, 1, 1), ..wanted(Market::Spot, Kind::Trades, None) };
        check(&long, expect!["7322 files; allowed are at most 3660 at once"]);
    }
}
