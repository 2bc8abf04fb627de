//! The protocol by script: what does the machine do, line by line?

mod bench;
mod books;
mod breaks;
mod faults_of_limits;
mod faults_of_sends;
mod faults_of_streams;
mod orders;
mod sessions;
mod simulation;

use expect_test::Expect;
use ringfence_binance::codec::failure::Product;

use crate::bench::{Bench, settings};

/// Plays a script at a venue that is up.
#[track_caller]
fn check(product: Product, script: &str, want: Expect) {
    want.assert_eq(&Bench::up(settings(product)).play(script));
}
