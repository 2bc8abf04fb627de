//! Containment through the built binary: does the host go on, name what happened, and leave neighbours as they were?

mod floods;
mod halts;
mod refusals;
mod wasi;
