//! Control events: in which mode does a session run, and who was stopped?
//!
//! In: modes, kill levels, halts. Out: values of a few numbers. Must never: say why somebody wanted it.

use crate::coded_enum;
use crate::strategy::HaltCode;

/// A halt: which limit, how much was allowed, how much was used; or what else, and how far it got ([`HaltCode::is_limit`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt {
    /// Why.
    pub code: HaltCode,
    /// What was allowed, in the unit of the code (fuel, bytes, count); 0 where there is no number.
    pub limit: u64,
    /// What was used.
    pub used: u64,
}

coded_enum! {
    /// Where market events come from and where orders go.
    Mode {
        /// Tape files, simulated venue.
        Backtest = 1 "backtest",
        /// A journal and its tapes, no venue.
        Replay = 2 "replay",
        /// Live feed, simulated venue.
        Paper = 3 "paper",
        /// Live feed read-only, simulated venue at real prices.
        Shadow = 4 "shadow",
        /// Live feed, real venue.
        Live = 5 "live",
    }
}

coded_enum! {
    /// Kill switch level; each includes the ones before it. Latched until set to `off`. What waits in the queue is
    /// withdrawn; canceling (L3) and closing (L4) are intents that the host makes for each strategy.
    KillLevel {
        /// Not engaged.
        Off = 0 "off",
        /// One strategy's submissions stop.
        L1 = 1 "L1",
        /// All new orders stop.
        L2 = 2 "L2",
        /// And all open orders are canceled.
        L3 = 3 "L3",
        /// And positions of strategies are closed: the host's own closing orders pass.
        L4 = 4 "L4",
    }
}
