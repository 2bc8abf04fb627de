//! Importers: which market events do files of other programs hold, and what is odd in them?
//!
//! In: captures, archives and tables of other programs. Out: tapes, and a report of gaps, duplicates, backward times, crossed
//! books and everything that was left out. Must never: guess silently, use a float where the source has none, hold a whole
//! file in memory, or know strategies, venues and sessions.

mod decimal;
mod error;
mod row;

mod lines;
mod source;

mod formats;
mod generated;
mod import;
mod report;
mod statistics;
mod survey;
mod time;
mod unfinished;
mod write;

#[cfg(feature = "parquet")]
mod parquet;

pub use decimal::Number;
pub use error::{DataCode, DataError};
pub use formats::{BookForm, Format, Map, Options, QuoteBar};
pub use generated::{Extent, MarketRequest, generate};
pub use import::{Backward, Duplicates, Imported, OnGap, Request, Wanted, Watch, import, inspect, statistics};
pub use lines::LINE_BYTES_MAX;
pub use row::{Kind, Row, What};
pub use statistics::{LAGS, LEVELS, Statistics};
pub use survey::{Finding, InstrumentSurvey, Survey};
pub use time::length as length_ns;
pub use unfinished::{Existing, Unfinished};
pub use write::{Output, OutputForm};
