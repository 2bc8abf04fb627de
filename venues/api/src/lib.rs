//! Venue adapters: how does an approved command reach a venue, and how does what a venue says come back?
//!
//! In: commands that the Gate built. Out: reports, which the run loop numbers as events. Must never: judge a command,
//! reorder commands, keep derived State, or tell a session anything except by a report.

pub mod adapter;
pub mod alarm;
pub mod checks;
pub mod conformance;
pub mod desk;
pub mod query;
pub mod text;

pub use adapter::{EmergencyCancel, LivePermit, Said, VenueAdapter, not_sent};
pub use alarm::{Alarm, AlarmKind};
pub use query::{Answer, Capabilities, Query, QueryId, Rates, Setting};
