//! Surveys: what does a file hold, and what is odd in it?
//!
//! In: rows in the order of the file. Out: counts, spans, scales, and findings with their number, first place and size. Must
//! never: change a row, or grow with the length of the file.

pub(crate) mod repeats;

use std::collections::{BTreeMap, BTreeSet};

use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;

use crate::decimal::Number;
use crate::error::DataError;
use crate::row::{Bad, Kind, Row, Sink, What};
use crate::write::Scales;

use repeats::{Repeats, Seen};

/// Most instruments of one file.
pub(crate) const SYMBOLS_MAX: usize = 4_096;

/// Longest name of an instrument in bytes.
const SYMBOL_BYTES_MAX: usize = 64;

/// Longest value of a file that is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 64;

/// Something odd: how often, where first, how large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How often.
    pub count: u64,
    /// Line or record of the first, from 1; 0 = none.
    pub place: u64,
    /// Time of the first, ns.
    pub time: u64,
    /// Largest, in ns or in missing things, by the finding.
    pub most: u64,
}

impl Finding {
    fn add(&mut self, (place, time): (u64, u64), size: u64) {
        if self.count == 0 {
            (self.place, self.time) = (place, time);
        }
        self.count += 1;
        self.most = self.most.max(size);
    }
}

/// What is known of one instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstrumentSurvey {
    /// Rows of each kind, in the order of [`Kind::ALL`].
    pub rows: [u64; Kind::ALL.len()],
    /// Time of the first row, ns.
    pub first: u64,
    /// Latest time, ns.
    pub last: u64,
    /// Digits behind the point that prices need.
    pub price_digits: u8,
    /// Digits behind the point that quantities need.
    pub qty_digits: u8,
    /// The price that is farthest from 0, without its sign.
    pub price_most: Number,
    /// The largest quantity.
    pub qty_most: Number,
    /// Trades that say who took.
    pub with_aggressor: u64,
    /// Rows with a time of the venue beside the receive time.
    pub with_venue_time: u64,
    /// Rows dated before an earlier one; `most` in ns.
    pub backward: Finding,
    /// Rows that repeat the one before of their kind, or carry a number that was passed already.
    pub duplicates: Finding,
    /// Numbers that the source left out between two rows; `most` = how many at once (0 = the source does not tell).
    pub gaps: Finding,
    /// Bars that are missing between two bars; `most` = how many at once.
    pub missing_bars: Finding,
    /// Bars that open before the one above has closed.
    pub overlapping_bars: Finding,
    /// Quotes whose bid is above their ask.
    pub crossed: Finding,
    /// Quotes whose bid is their ask.
    pub locked: Finding,
    /// Times after which the best bid of the book that the levels make is above its best ask, and was not before.
    pub crossed_books: Finding,
    /// Stretches without a row, bars aside, that are longer than asked for; `most` in ns.
    pub stale: Finding,
}

impl InstrumentSurvey {
    /// Rows of every kind.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Whether a number needs more than 18 digits at these scales.
    pub(crate) fn is_wide(&self, scales: Scales) -> bool {
        let needs = |most: Number, scale: Scale| most.at(scale).is_none_or(|mantissa| mantissa >= NARROW_MOST);
        needs(self.price_most, scales.price) || needs(self.qty_most, scales.qty)
    }

    /// Rows of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.rows[index(kind)]
    }

    /// The findings that are there, by name.
    #[must_use]
    pub fn findings(&self) -> Vec<(&'static str, Finding)> {
        let all = [
            ("backward", self.backward),
            ("duplicates", self.duplicates),
            ("gaps", self.gaps),
            ("missing_bars", self.missing_bars),
            ("overlapping_bars", self.overlapping_bars),
            ("crossed", self.crossed),
            ("locked", self.locked),
            ("crossed_books", self.crossed_books),
            ("stale", self.stale),
        ];
        all.into_iter().filter(|(_, finding)| finding.count > 0).collect()
    }
}

/// 10^18: the smallest mantissa of 19 digits.
pub(crate) const NARROW_MOST: i64 = 1_000_000_000_000_000_000;

fn index(kind: Kind) -> usize {
    usize::from(kind.number() - 1)
}

/// What a row has to be held against.
#[derive(Clone, Debug, Default)]
struct Before {
    repeats: Repeats,
    bar_end: u64,
    /// Latest time of everything but bars, and of bars.
    time: [Option<u64>; 2],
    book: Book,
}

/// Prices that levels have set: bids below zero, asks; the best of either comes first.
#[derive(Clone, Debug, Default)]
struct Book {
    sides: [BTreeSet<Number>; 2],
    is_crossed: bool,
    /// Place and time of the last level.
    at: (u64, u64),
}

/// Levels of a side that are kept; the worst is forgotten beyond that.
const BOOK_LEVELS_MAX: usize = 100_000;

impl Book {
    fn set(&mut self, side: Side, price: Number, qty: Number) {
        let (half, key) = match side {
            Side::Buy => (&mut self.sides[0], price.negated()),
            Side::Sell => (&mut self.sides[1], price),
        };
        if qty.is_zero() {
            half.remove(&key);
        } else if half.insert(key) && half.len() > BOOK_LEVELS_MAX {
            half.pop_last();
        }
    }

    /// Crossed, and not so when it was asked before.
    fn crosses(&mut self) -> bool {
        let was = self.is_crossed;
        let bid = self.sides[0].first().map(|bid| bid.negated());
        self.is_crossed = bid.zip(self.sides[1].first()).is_some_and(|(bid, ask)| bid > *ask);
        self.is_crossed && !was
    }
}

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// By name.
    pub instruments: BTreeMap<String, InstrumentSurvey>,
    /// Messages and rows that became no event: why, how often, where first.
    pub left_out: BTreeMap<&'static str, Finding>,
    /// What could not be read.
    pub bad: Finding,
    /// The first of them: column, value, what is allowed.
    pub bad_example: String,
    /// What was taken for granted because no option said so.
    pub assumed: Vec<&'static str>,
    stale_ns: Option<u64>,
    before: BTreeMap<String, Before>,
}

impl Survey {
    /// An empty one; stretches longer than `stale_ns` without a row of an instrument are findings.
    #[must_use]
    pub fn new(stale_ns: Option<u64>) -> Survey {
        Survey { stale_ns, ..Survey::default() }
    }

    /// Rows of every instrument.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.instruments.values().map(InstrumentSurvey::total).sum()
    }

    /// The same with what was left out and what could not be read of the whole file.
    #[must_use]
    pub(crate) fn with_faults_of(self, whole: Survey) -> Survey {
        let Survey { left_out, bad, bad_example, .. } = whole;
        Survey { left_out, bad, bad_example, ..self }
    }

    fn add_bad(&mut self, place: u64, bad: Bad<'_>) {
        if self.bad.count == 0 {
            let short = &bad.value[..bad.value.len().min(SHOWN_BYTES_MAX)];
            let why: String = bad.why.chars().take(200).collect();
            let column: String = bad.column.chars().take(SHOWN_BYTES_MAX).collect();
            self.bad_example = format!("{column} \"{}\": {why}", short.escape_ascii());
        }
        self.bad.add((place, 0), 0);
    }

    fn instrument(&mut self, symbol: &str) -> Option<(&mut InstrumentSurvey, &mut Before)> {
        if !self.instruments.contains_key(symbol) {
            if self.instruments.len() >= SYMBOLS_MAX || symbol.len() > SYMBOL_BYTES_MAX {
                return None;
            }
            self.instruments.insert(symbol.to_owned(), InstrumentSurvey::default());
            self.before.insert(symbol.to_owned(), Before::default());
        }
        self.instruments.get_mut(symbol).zip(self.before.get_mut(symbol))
    }
}

impl Sink for Survey {
    fn row(&mut self, row: &Row<'_>) -> Result<(), DataError> {
        if let Err(why) = check(&row.what) {
            let value = row.what.numbers();
            self.add_bad(row.place, Bad { column: row.what.kind().code(), value: value.as_bytes(), why });
            return Ok(());
        }
        let stale_ns = self.stale_ns;
        let Some((instrument, before)) = self.instrument(row.symbol) else {
            let why = "at most 4,096 instruments with names of at most 64 bytes are read";
            self.add_bad(row.place, Bad { column: "instrument", value: row.symbol.as_bytes(), why });
            return Ok(());
        };
        instrument.times(row, stale_ns, before);
        instrument.content(row);
        instrument.sequence(row, before);
        instrument.book(row, &mut before.book);
        Ok(())
    }

    fn left_out(&mut self, why: &'static str, place: u64) -> Result<(), DataError> {
        self.left_out.entry(why).or_default().add((place, 0), 0);
        Ok(())
    }

    fn bad(&mut self, place: u64, what: Bad<'_>) -> Result<(), DataError> {
        self.add_bad(place, what);
        Ok(())
    }

    fn gap(&mut self, symbol: &str, _: Kind, at: (u64, u64)) -> Result<(), DataError> {
        if let Some((instrument, _)) = self.instrument(symbol) {
            instrument.gaps.add(at, 0);
        }
        Ok(())
    }

    fn assumed(&mut self, what: &'static str) {
        if !self.assumed.contains(&what) {
            self.assumed.push(what);
        }
    }
}

impl InstrumentSurvey {
    fn times(&mut self, row: &Row<'_>, stale_ns: Option<u64>, before: &mut Before) {
        if self.total() == 0 {
            self.first = row.time;
        }
        // Bars stand in a tape of their own, at their close; they are received after that.
        let is_bar = row.what.kind() == Kind::Bars;
        let last = &mut before.time[usize::from(is_bar)];
        match row.time.checked_sub(last.unwrap_or(row.time)) {
            Some(pause) if !is_bar && stale_ns.is_some_and(|most| pause > most) => {
                self.stale.add((row.place, row.time), pause);
            }
            Some(_) => {}
            None => self.backward.add((row.place, row.time), last.unwrap_or(0) - row.time),
        }
        *last = (*last).max(Some(row.time));
        self.last = self.last.max(row.time);
        self.with_venue_time += u64::from(row.venue_time > 0);
    }

    fn content(&mut self, row: &Row<'_>) {
        self.rows[index(row.what.kind())] += 1;
        let most = |digits: u8, number: Option<Number>| digits.max(number.map_or(0, Number::digits));
        self.price_digits = row.what.prices().into_iter().fold(self.price_digits, most);
        self.qty_digits = row.what.quantities().into_iter().fold(self.qty_digits, most);
        let far = |far: Number, number: Option<Number>| number.map_or(far, |number| far.max(number.without_sign()));
        self.price_most = row.what.prices().into_iter().fold(self.price_most, far);
        self.qty_most = row.what.quantities().into_iter().fold(self.qty_most, far);
        let at = (row.place, row.time);
        match row.what {
            What::Trade { aggressor, .. } => self.with_aggressor += u64::from(aggressor.is_some()),
            What::Quote { bid, ask } if bid.1.is_positive() && ask.1.is_positive() => {
                if bid.0 > ask.0 {
                    self.crossed.add(at, 0);
                }
                if bid.0 == ask.0 {
                    self.locked.add(at, 0);
                }
            }
            What::Quote { .. }
            | What::Clear { .. }
            | What::Level { .. }
            | What::Order { .. }
            | What::Bar { .. }
            | What::Mark(_)
            | What::Funding(..)
            | What::Status(_)
            | What::Stale
            | What::Recovered => {}
        }
    }

    fn sequence(&mut self, row: &Row<'_>, before: &mut Before) {
        let at = (row.place, row.time);
        let Seen { is_repeat, missing } = before.repeats.see(row);
        if missing > 0 {
            self.gaps.add(at, missing);
        }
        if is_repeat {
            self.duplicates.add(at, 0);
        }
        if let What::Bar { open_time, interval_ns, .. } = row.what {
            if before.bar_end > 0 && interval_ns > 0 {
                self.bar_chain((open_time, interval_ns), before.bar_end, at);
            }
            before.bar_end = before.bar_end.max(row.time);
        }
    }

    /// Some sources do not say where a message ends, so a book is looked at when all levels of a time are there: at the first
    /// later one.
    fn book(&mut self, row: &Row<'_>, book: &mut Book) {
        let (side, price, qty) = match row.what {
            What::Clear { .. } => (Side::Buy, None, Number::ZERO),
            What::Level { side, price, qty, .. } => (side, Some(price), qty),
            What::Trade { .. }
            | What::Quote { .. }
            | What::Bar { .. }
            | What::Mark(_)
            | What::Funding(..)
            | What::Order { .. }
            | What::Status(_)
            | What::Stale
            | What::Recovered => return,
        };
        if row.time > book.at.1 && book.crosses() {
            self.crossed_books.add(book.at, 0);
        }
        match price {
            Some(price) => book.set(side, price, qty),
            None => book.sides = Default::default(),
        }
        book.at = (row.place, row.time);
    }

    fn bar_chain(&mut self, (open_time, interval_ns): (u64, u64), end: u64, at: (u64, u64)) {
        match open_time.checked_sub(end) {
            Some(pause) if pause >= interval_ns => self.missing_bars.add(at, pause / interval_ns),
            Some(_) => {}
            None => self.overlapping_bars.add(at, end - open_time),
        }
    }
}

/// What no tape takes.
pub(crate) fn check(what: &What) -> Result<(), &'static str> {
    if what.quantities().into_iter().flatten().any(Number::is_negative) {
        return Err("a quantity must not be below 0");
    }
    match what {
        What::Trade { qty, .. } if qty.is_zero() => Err("a traded quantity must be above 0"),
        What::Bar { prices: [open, high, low, close], .. } => {
            let holds = high >= open.max(close) && low <= open.min(close);
            if holds { Ok(()) } else { Err("low <= open, close <= high must hold in a bar") }
        }
        What::Trade { .. }
        | What::Quote { .. }
        | What::Clear { .. }
        | What::Level { .. }
        | What::Order { .. }
        | What::Mark(_)
        | What::Funding(..)
        | What::Status(_)
        | What::Stale
        | What::Recovered => Ok(()),
    }
}

#[cfg(test)]
mod tests;
