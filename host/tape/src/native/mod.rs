//! Native tapes: how do market events lie in a file that needs no parsing?
//!
//! In: events of one instrument, or the first bytes of a file. Out: a header and records of one width per file, little
//! endian, 8-aligned, so that the file can be mapped as it is. Must never: hold a number that depends on the machine, have
//! two byte forms for one event, or read a record that says more than its layout has.
//!
//! The file is [`HEADER_BYTES`] of header, then records, nothing behind them. A layout is as narrow as what it holds:
//!
//! | layout | bytes | words of 8 bytes, in order |
//! |---|---|---|
//! | `trades` | 24 | time, price, quantity |
//! | `quotes` | 48 | time, tag, and for a quote bid price, bid quantity, ask price, ask quantity, for a trade price, quantity |
//! | `bars` | 64 | time (close), open time, interval, open, high, low, close, volume |
//! | `market` | 56 | time, venue time, tag, and four words by kind |
//! | `orders` | 56 | the same; an order has its number, its price, a quantity and what stands at the price |
//!
//! The tag is (kind, detail 1, detail 2, detail 3, 0, 0, 0, 0) as bytes; words and bytes without meaning are 0.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;

mod read;
mod record;
mod write;

pub(crate) use read::{Factors, Line, RecordFault, Records, RecordsError};
pub use record::NativeFault;
pub use write::{NativeWriteError, NativeWriter};

/// First bytes of a native tape. The line ends show at once when a transfer changed line ends.
pub(crate) const MAGIC: [u8; 8] = *b"RFTAPE\r\n";

/// Version of header and records that this program writes and reads.
pub const VERSION: u16 = 1;

/// Length of the header, a multiple of 8: records begin there.
pub const HEADER_BYTES: usize = 160;

/// Longest name of an instrument in bytes.
pub const SYMBOL_BYTES_MAX: usize = 64;

/// Which kinds of events the records of a native tape can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordLayout {
    /// Trades whose aggressor is not known, one time each.
    Trades,
    /// Quotes and trades, one time each.
    Quotes,
    /// Bars.
    Bars,
    /// Every market event but bars and orders, with the venue's time.
    Market,
    /// The same, and what became of each order in the book.
    Orders,
}

impl RecordLayout {
    /// Every layout, in order of its number.
    pub const ALL: [RecordLayout; 5] =
        [RecordLayout::Trades, RecordLayout::Quotes, RecordLayout::Bars, RecordLayout::Market, RecordLayout::Orders];

    /// Number in the header.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            RecordLayout::Trades => 1,
            RecordLayout::Quotes => 2,
            RecordLayout::Bars => 3,
            RecordLayout::Market => 4,
            RecordLayout::Orders => 5,
        }
    }

    /// Width of a record, a multiple of 8.
    #[must_use]
    pub const fn record_bytes(self) -> usize {
        match self {
            RecordLayout::Trades => record::TRADE_BYTES,
            RecordLayout::Quotes => record::QUOTE_BYTES,
            RecordLayout::Bars => record::BAR_BYTES,
            RecordLayout::Market | RecordLayout::Orders => record::MARKET_BYTES,
        }
    }

    /// Stable name in text and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            RecordLayout::Trades => "trades",
            RecordLayout::Quotes => "quotes",
            RecordLayout::Bars => "bars",
            RecordLayout::Market => "market",
            RecordLayout::Orders => "orders",
        }
    }
}

impl std::fmt::Display for RecordLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// What a native tape says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeHeader {
    /// Layout of every record.
    pub layout: RecordLayout,
    /// Digits behind the point of prices.
    pub price_scale: Scale,
    /// Digits behind the point of quantities.
    pub qty_scale: Scale,
    /// `VENUE:SYMBOL`, at most [`SYMBOL_BYTES_MAX`] bytes; empty = not named.
    pub symbol: String,
    /// SHA-256, as stored, of the tape with the same rows that this one was made from: it stands for the rows in the id of a
    /// session, so that a run does not depend on the format. `None` where there is no such tape.
    pub origin: Option<Sha256Hash>,
    /// Records.
    pub rows: u64,
    /// Time of the first record, ns; 0 without records.
    pub first: u64,
    /// Time of the last record, ns; 0 without records.
    pub last: u64,
}

impl NativeHeader {
    /// The header in its one byte form.
    #[must_use]
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let width = u32::try_from(self.layout.record_bytes()).expect("widths are below 100");
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &MAGIC);
        put(8, &VERSION.to_le_bytes());
        put(10, &u16::try_from(HEADER_BYTES).expect("160 fits").to_le_bytes());
        put(12, &[self.layout.number(), self.price_scale.digits(), self.qty_scale.digits()]);
        put(16, &width.to_le_bytes());
        put(24, &self.rows.to_le_bytes());
        put(32, &self.first.to_le_bytes());
        put(40, &self.last.to_le_bytes());
        put(48, &self.origin.unwrap_or_default());
        put(80, self.symbol.as_bytes());
        bytes
    }

    /// Reads a header; the magic number was seen already.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub(crate) fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<NativeHeader, String> {
        let word = |at: usize| u64::from_le_bytes(*bytes[at..].first_chunk().expect("inside the header"));
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        if short(8) != VERSION {
            return Err(format!("version {} is not known; allowed is {VERSION}", short(8)));
        }
        let layout = RecordLayout::ALL.into_iter().find(|layout| layout.number() == bytes[12]);
        let layout = layout.ok_or_else(|| format!("layout {} is not known; allowed are 1 to 5", bytes[12]))?;
        let scale = |at: usize| Scale::new(bytes[at]).ok_or_else(|| format!("scale {} is not in 0..=18", bytes[at]));
        let origin: Sha256Hash = *bytes[48..].first_chunk().expect("inside the header");
        let header = NativeHeader {
            layout,
            price_scale: scale(13)?,
            qty_scale: scale(14)?,
            symbol: symbol(&bytes[80..80 + SYMBOL_BYTES_MAX])?,
            origin: (origin != Sha256Hash::default()).then_some(origin),
            rows: word(24),
            first: word(32),
            last: word(40),
        };
        if header.rows == 0 && (header.first, header.last) != (0, 0) {
            return Err("without records it has a time".to_owned());
        }
        if header.encode() == *bytes { Ok(header) } else { Err("bytes without meaning are not 0".to_owned()) }
    }
}

fn symbol(padded: &[u8]) -> Result<String, String> {
    let text = padded.split(|byte| *byte == 0).next().unwrap_or_default();
    let is_plain = text.iter().all(|byte| (0x21..0x7f).contains(byte));
    let shown = || format!("instrument \"{}\" is no plain name", text.escape_ascii());
    if is_plain { String::from_utf8(text.to_vec()).map_err(|_| shown()) } else { Err(shown()) }
}

/// Number of a side in a tag; 0 = none.
const fn side_number(side: Option<Side>) -> u8 {
    match side {
        None => 0,
        Some(side) => side.number(),
    }
}

#[cfg(test)]
mod tests;
