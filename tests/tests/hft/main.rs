//! The simulated venue against hftbacktest, run from its crate: on one market, with the same orders and models that mean
//! the same, do both make the same fills?
//!
//! What each test compares: every fill (time, order, price, quantity, maker or taker), and how every order ended.
//! Where both differ on purpose, a test says how; `docs/simulation.md` says why.

mod case;
mod differences;
mod maker;
mod market;
mod models;
mod ours;
mod races;
mod theirs;
