//! Queries: what may a session ask of a venue, and how does it know that it has been answered?
//!
//! In: questions with numbers of the asker's own. Out: what the venue states comes as reports, and behind the last of them
//! one [`Answer`]. Must never: carry a statement of the venue itself; those are reports, and become events.

use ringfence_core::ids::{AccountId, ClientOrderId, InstrumentId, LegKey, TimeNs};

/// Number of a query, given by whoever asks; unique while it is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u64);

/// A question. What the venue states to it comes as reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// Every open order of the account: an `OrderReported` each. Orders that are not of this session have keys of strategy
    /// 0 with numbers that follow from the venue's own, so that the same order has the same key again.
    OpenOrders(AccountId),
    /// One order: an `OrderReported`; or `TransmitRefused` where it is certain that the venue never had it.
    Order {
        /// Account it was sent for.
        account: AccountId,
        /// Instrument it is in.
        instrument: InstrumentId,
        /// Its key.
        key: LegKey,
        /// The id the venue knows it by.
        client_id: ClientOrderId,
        /// It went out at least so long ago, ns; 0 = that is not known.
        sent_ago_ns: u64,
    },
    /// Fills of the account in an instrument from a time of the venue on: an `OrderFilled` each, those that were reported
    /// before as well (their trade ids are the same).
    FillsSince {
        /// Account.
        account: AccountId,
        /// Instrument.
        instrument: InstrumentId,
        /// Time of the venue, that moment included.
        since: TimeNs,
    },
    /// Positions of the account: a `PositionReported` for every instrument of the session, those of 0 as well.
    Positions(AccountId),
    /// Balances of the account: a `BalanceReported` for each of its currencies that the session knows.
    Balances(AccountId),
    /// Leverage and margin mode of the account in an instrument: `LeverageReported` and `MarginModeReported`.
    Margin {
        /// Account.
        account: AccountId,
        /// Instrument.
        instrument: InstrumentId,
    },
    /// Definitions and trading status of the session's instruments: an `InstrumentStatus` each. One whose tick, lot or
    /// limits are not those of the session is reported as halted.
    Instruments,
    /// The venue's clock; the adapter corrects its own time stamps by it. No report.
    Time,
}

/// The end of a query; everything that the venue stated to it was reported before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The venue has answered in full.
    Complete,
    /// The venue does not offer this.
    NotOffered,
    /// There is no answer, and why: the venue's words, without anything secret. Asking again may help.
    Failed(String),
}

/// A change of an account's settings; what came of it is told by `LeverageReported` or `MarginModeReported`, and where the
/// venue refuses, by the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Leverage of an instrument in hundredths (500 = 5x).
    Leverage(u32),
    /// Margin mode of an instrument.
    MarginMode(ringfence_core::event::MarginMode),
}

/// How much of the venue's budget for requests is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Weight used in the venue's window, by its own account where it tells.
    pub used: u32,
    /// Weight allowed in the window; 0 = the venue names none.
    pub limit: u32,
    /// Part of the limit that only cancels and queries may use.
    pub reserve: u32,
    /// Nothing but cancels goes out before this time; 0 = no such wait.
    pub held_until: TimeNs,
}

/// What an adapter can do; the conformance suite asks of it what it declares, and sessions refuse to start without what
/// they need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Amends change a resting order in one request.
    pub amend: bool,
    /// One request cancels all orders of an instrument.
    pub cancel_all: bool,
    /// Market data comes from the venue.
    pub market_data: bool,
    /// What happens to orders is told without being asked for.
    pub user_stream: bool,
    /// Leverage and margin mode exist.
    pub margin: bool,
    /// Reduce-only is the venue's to enforce.
    pub reduce_only: bool,
    /// Queries are answered.
    pub queries: bool,
    /// The venue cancels everything when it has not heard of us for some time.
    pub dead_man: bool,
}
