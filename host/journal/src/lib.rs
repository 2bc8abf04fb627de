//! Journal: what happened, what was decided, and has anybody changed the record since?
//!
//! In: events, tape rows, blobs, decisions and fuel of every step. Out: a folder of chained frames, the same steps read
//! back in order, digests, and a report on the whole. Must never: hold a path or a wall-clock time in anything that a hash
//! covers, decide anything about trading, or go on after a fault of the disk.
//!
//! - [`writer::JournalWriter`] writes a journal, or opens one again after a crash.
//! - [`reader::JournalReader`] reads it step by step, in bounded memory.
//! - [`verify::verify_chain`] checks all of it without changing a byte.
//! - [`checkpoint`] signs how far a journal is, so that a line kept elsewhere shows any rewrite of what stood before.
//! - [`digest`] has the digests of decisions and fuel.
//!
//! The byte format is in `docs/adr/0002-journal-format.md`; [`frame`] and [`wire`] repeat it beside the code.

pub mod checkpoint;
pub mod codes;
pub mod digest;
pub mod frame;
pub mod reader;
mod recovery;
mod scan;
pub mod sidecar;
pub mod storage;
pub mod verify;
pub mod wire;
pub mod writer;
