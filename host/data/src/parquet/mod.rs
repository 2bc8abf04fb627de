//! Parquet: tapes as tables for programs that read columns, and such tables as tapes.
//!
//! In: events at the scales of a tape, or any flat Parquet file. Out: a Parquet file, or rows. Must never: make a float of a
//! number unless that was asked for, or hold more than a row group.

mod read;
mod schema;
mod write;

pub(crate) use read::{origin, read};
pub(crate) use write::{Head, Table};

#[cfg(test)]
mod tests;
