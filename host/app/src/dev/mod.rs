//! Working on a strategy: what does somebody see who edits it while it runs?
//!
//! In: a source folder, a paper session. Out: builds, swaps and the session's course, as a view or as lines. Must never:
//! touch the session but through its observer, its pace and the files that it watches.

pub(crate) mod board;
pub(crate) mod builder;
pub(crate) mod news;
#[cfg(feature = "live")]
pub(crate) mod screen;
pub(crate) mod spectator;
#[cfg(feature = "live")]
mod view;
