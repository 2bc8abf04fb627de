//! Profiles as files: how is a tree of functions with their fuel shown?
//!
//! In: what the sandbox recorded. Out: a file for speedscope, and a picture. Must never: show another sum than was recorded,
//! or depend on anything but the profile.

mod flame;
mod frames;
mod speedscope;

pub(crate) use flame::flame;
pub(crate) use frames::{Frame, frames, names};
pub(crate) use speedscope::speedscope;
