//! Market-data files: which rows does this file hold, in which order?
//!
//! In: files in one of three column layouts, or of native records, plain or compressed. Out: blocks of core events at the instrument's scales,
//! merged over several files by (time, file). Must never: guess, skip or repair a row, use a float, read a clock, hold
//! a whole file in memory, or know strategies, venues and the journal.

mod error;
mod layout;
mod number;
mod row;

mod hash;
mod input;
mod lines;
mod native;

mod feed;
pub mod flow;
pub mod generate;
mod random;
mod tape;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

pub use error::{RowFault, TapeCode, TapeError};
pub use feed::{Block, Extent, Feed, Recording};
pub use generate::{Generation, Model};
pub use hash::sha256_file;
pub use input::{Compression, Source, open as open_file, unpack};
pub use layout::{Layout, TapeLayout};
pub use lines::LINE_BYTES_MAX;
pub use native::{
    HEADER_BYTES, NativeFault, NativeHeader, NativeWriteError, NativeWriter, RecordLayout, SYMBOL_BYTES_MAX, VERSION,
};
pub use row::{BarStamp, Stamp};
pub use tape::{BLOCK_ROWS, Tape, TapeSpec, native_header};
