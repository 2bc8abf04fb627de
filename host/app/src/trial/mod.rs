//! Trials: a component in the real sandbox, on a script of events.

mod answer;
mod fixture;
mod run;
mod script;

pub(crate) use answer::difference;
pub(crate) use fixture::{Fixture, fixtures};
pub(crate) use run::{Subject, run};
pub(crate) use script::Flaw;
