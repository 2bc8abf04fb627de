//! Wire: which bytes does a record have?
//!
//! In: events, decisions and the journal's own facts. Out: records `{type u16, version u8, length varint, payload}` with
//! payloads in the core's canonical form, and the same values back. Must never: panic on any bytes, or accept two forms
//! of one value.
//!
//! | types | payload begins with | what |
//! |---|---|---|
//! | 1 - 999 | seq u64 | events, number = `EventKind::number()` |
//! | 1000 - 1999 | seq u64, ordinal u32 | decisions, number = `DecisionKind::number()` |
//! | 2000 - | | header, blob, tape span, fuel, commit, seal, halted call |
//!
//! A reader skips a type or a version that it does not know by its length; verification reports it. What a payload begins
//! with holds for every version, so that even a skipped event keeps its place in the stream.

pub mod decision;
pub mod event;
pub mod header;
pub mod marks;
pub mod record;
pub mod varint;

#[cfg(test)]
pub(crate) mod generators;
#[cfg(test)]
mod tests;
