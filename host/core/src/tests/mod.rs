//! Tests of the whole core, text in and text out: what follows from these events and these intents?
//!
//! A script has three kinds of lines. `with …` changes the configuration, `strategy 1: …` says what a strategy does in its
//! next call, and everything else is an event at a time or a question about State (`show …`). What comes out is one line
//! a command, outcome, and everything that went otherwise than asked. See [`script`] for the words.

mod ahead;
mod amending;
mod bars;
mod brackets;
mod calls;
mod closing;
mod configure;
mod conversions;
mod crosses;
mod external;
mod hostile;
mod interleavings;
mod invariants;
mod limits;
mod links;
mod losses;
mod markets;
mod names;
mod normalizing;
mod orders;
mod overtaking;
mod pacing;
mod parents;
mod permissions;
mod properties;
mod queue_fold;
mod queueing;
mod random;
mod rates;
mod reckoning;
mod reports;
mod risks;
mod schedules;
pub(crate) mod script;
mod sessions;
mod show;
mod splits;
mod statements;
mod tables;
mod triggers;
pub(crate) mod world;

use expect_test::Expect;

/// Runs a script and compares what came out.
#[track_caller]
fn check(script: &str, want: Expect) {
    want.assert_eq(&script::run(script));
}
