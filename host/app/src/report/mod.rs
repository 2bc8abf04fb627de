//! Reports: how is a run's outcome shown?
//!
//! In: results of a session. Out: JSON, a table and a curve for people, files. Must never: compute what the session did
//! not say.

pub(crate) mod chart;
pub(crate) mod files;
pub(crate) mod results;
