//! Rows: what did another program's file say?
//!
//! In: decoded messages. Out: one value per market event, with numbers as they were written. Must never: know the scale of
//! an instrument.

use ringfence_core::coded_enum;
use ringfence_core::event::BookOrderAction;
use ringfence_core::instrument::{InstrumentStatus, Side};

use crate::decimal::Number;

/// A market event of an outside file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Name of the instrument as the file has it; empty where the file names none.
    pub symbol: &'a str,
    /// Time of the event, ns: where it was received, if the file tells, otherwise the venue's.
    pub time: u64,
    /// Time the venue gave beside it, ns; 0 = none.
    pub venue_time: u64,
    /// What happened.
    pub what: What,
    /// Number that goes up by one from event to event of this kind and instrument, where the source has one.
    pub count: Option<u64>,
    /// Line or record, from 1.
    pub place: u64,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A trade.
    Trade {
        /// Price.
        price: Number,
        /// Quantity.
        qty: Number,
        /// Who took, where the source tells.
        aggressor: Option<Side>,
    },
    /// Best bid and ask; quantity 0 = no such side.
    Quote {
        /// Price and quantity.
        bid: (Number, Number),
        /// Price and quantity.
        ask: (Number, Number),
    },
    /// The book is emptied, a snapshot follows.
    Clear {
        /// Last of its time.
        is_last: bool,
    },
    /// One level is set; quantity 0 removes it.
    Level {
        /// Buy = bids.
        side: Side,
        /// Price.
        price: Number,
        /// New quantity.
        qty: Number,
        /// Last of its message.
        is_last: bool,
    },
    /// What became of one order in the book.
    Order {
        /// What happened to it.
        action: BookOrderAction,
        /// Buy = bids.
        side: Side,
        /// Number of the order.
        order: u64,
        /// Price it stands at.
        price: Number,
        /// How much joined, was taken away, left, or was traded.
        qty: Number,
        /// What stands at the price now.
        level: Number,
        /// Last of its message.
        is_last: bool,
    },
    /// A bar; the row's time is its close.
    Bar {
        /// Open, high, low, close.
        prices: [Number; 4],
        /// Volume.
        volume: Number,
        /// Start, ns.
        open_time: u64,
        /// Length, ns.
        interval_ns: u64,
    },
    /// Mark price.
    Mark(Number),
    /// Funding rate in 10^-9 of notional, and the time of the next payment (0 = unknown).
    Funding(i64, u64),
    /// Trading status.
    Status(InstrumentStatus),
    /// What is known of the market can no longer be trusted.
    Stale,
    /// It can be trusted again.
    Recovered,
}

coded_enum! {
    /// Kind of a row, as it is chosen and counted.
    Kind {
        /// Trades.
        Trades = 1 "trades",
        /// Best bid and ask.
        Quotes = 2 "quotes",
        /// Levels of the book.
        Depth = 3 "depth",
        /// Bars.
        Bars = 4 "bars",
        /// Mark prices.
        Marks = 5 "marks",
        /// Funding rates.
        Funding = 6 "funding",
        /// Changes of trading status.
        Status = 7 "status",
        /// Feed stale or recovered.
        Feed = 8 "feed",
        /// Orders in the book.
        Orders = 9 "orders",
    }
}

impl What {
    /// Kind of the row.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            What::Trade { .. } => Kind::Trades,
            What::Quote { .. } => Kind::Quotes,
            What::Clear { .. } | What::Level { .. } => Kind::Depth,
            What::Bar { .. } => Kind::Bars,
            What::Mark(_) => Kind::Marks,
            What::Funding(..) => Kind::Funding,
            What::Status(_) => Kind::Status,
            What::Stale | What::Recovered => Kind::Feed,
            What::Order { .. } => Kind::Orders,
        }
    }

    /// Its numbers, prices first, for messages.
    pub(crate) fn numbers(&self) -> String {
        let all = self.prices().into_iter().chain(self.quantities()).flatten();
        all.map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// Every price in it.
    pub(crate) fn prices(&self) -> [Option<Number>; 4] {
        match *self {
            What::Trade { price, .. } | What::Level { price, .. } | What::Order { price, .. } | What::Mark(price) => {
                [Some(price), None, None, None]
            }
            What::Quote { bid, ask } => [Some(bid.0), Some(ask.0), None, None],
            What::Bar { prices, .. } => prices.map(Some),
            What::Clear { .. } | What::Funding(..) | What::Status(_) | What::Stale | What::Recovered => [None; 4],
        }
    }

    /// Every quantity in it.
    pub(crate) fn quantities(&self) -> [Option<Number>; 2] {
        match *self {
            What::Trade { qty, .. } | What::Level { qty, .. } => [Some(qty), None],
            What::Order { qty, level, .. } => [Some(qty), Some(level)],
            What::Quote { bid, ask } => [Some(bid.1), Some(ask.1)],
            What::Bar { volume, .. } => [Some(volume), None],
            What::Clear { .. }
            | What::Mark(_)
            | What::Funding(..)
            | What::Status(_)
            | What::Stale
            | What::Recovered => [None; 2],
        }
    }
}

/// Where rows go. A reader calls it in the order of the file and goes on after what it could not read; whoever listens
/// decides what that means.
pub(crate) trait Sink {
    /// A market event. An error ends the reading.
    fn row(&mut self, row: &Row<'_>) -> Result<(), crate::DataError>;
    /// A message or row that is no market event, or one that the events cannot carry.
    fn left_out(&mut self, why: &'static str, place: u64) -> Result<(), crate::DataError>;
    /// Something that ought to be readable and is not: column or field, value as written, what is allowed.
    fn bad(&mut self, place: u64, what: Bad<'_>) -> Result<(), crate::DataError>;
    /// Messages are missing before this one, by the source's own numbering.
    fn gap(&mut self, symbol: &str, kind: Kind, at: (u64, u64)) -> Result<(), crate::DataError>;
    /// Something was taken for granted because no option said so.
    fn assumed(&mut self, what: &'static str);
}

/// What could not be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bad<'a> {
    /// Column or field.
    pub(crate) column: &'a str,
    /// As written.
    pub(crate) value: &'a [u8],
    /// What is wrong, and what is allowed.
    pub(crate) why: &'a str,
}
