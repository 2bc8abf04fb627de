//! The adapter trait, and the two values that guard its edges.
//!
//! In: commands, by value: each is sent once. Out: reports. Must never: offer a second way out for what a venue says.

use core::future::Future;

use ringfence_core::event::Report;
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, ClientOrderId, InstrumentId, LegKey, SessionId, VenueId};

/// One venue, as the run loop sees it.
///
/// Invariant (I11): every command ends in a report: acknowledged, rejected, [`TransmitRefused`] (it is certain that nothing
/// reached the venue) or [`OutcomeUnknown`] (it is not certain). There is no error beside these.
///
/// [`TransmitRefused`]: ringfence_core::event::EventKind::TransmitRefused
/// [`OutcomeUnknown`]: ringfence_core::event::EventKind::OutcomeUnknown
pub trait VenueAdapter {
    /// Venue that this adapter reaches.
    fn venue(&self) -> VenueId;

    /// Transmits a command, in the order of the calls. Ready when it has left the process or cannot leave it; what came of
    /// it is told by [`VenueAdapter::next`]. The caller has made the frame that decided the command durable before.
    fn send(&mut self, command: VenueCommand) -> impl Future<Output = ()> + Send;

    /// Transmits a cancel that did not pass the core. For use when core or journal cannot work any more, and only then.
    fn send_emergency(&mut self, cancel: EmergencyCancel) -> impl Future<Output = ()> + Send;

    /// The next thing the venue said, in the order in which it said it. Waits until there is one; `None` = the adapter has
    /// been closed and everything was delivered. Dropping the future loses no report.
    fn next(&mut self) -> impl Future<Output = Option<Report>> + Send;
}

/// Permission to open a transport that moves real money.
///
/// A live transport takes one by value, so that code without it cannot open one. It is built only by the live start-up
/// checks (environment switch, account, keys, leverage and margin mode confirmed, no risk profile), which do not exist yet:
/// today nobody can build one, and nothing can trade live.
///
/// ```compile_fail
/// let permit = ringfence_venue::LivePermit { checked: () }; // private field, no constructor
/// ```
#[derive(Debug)]
pub struct LivePermit {
    #[expect(dead_code, reason = "a private field keeps everybody else from building one")]
    checked: (),
}

/// A cancel that goes straight to an adapter. It can only lower exposure, so anybody may build one; it is journalled as
/// soon as a journal can take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmergencyCancel {
    venue: VenueId,
    account: AccountId,
    target: Target,
}

/// What an emergency cancel is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One order: its key, its instrument, and the client id the venue knows it by.
    Order(LegKey, InstrumentId, ClientOrderId),
    /// Every order of the account at the venue.
    Account,
}

impl EmergencyCancel {
    /// Cancels one order of a session.
    #[must_use]
    pub fn order(
        (venue, account): (VenueId, AccountId),
        session: SessionId,
        (order, instrument): (LegKey, InstrumentId),
    ) -> EmergencyCancel {
        let target = Target::Order(order, instrument, ClientOrderId::new(session, order));
        EmergencyCancel { venue, account, target }
    }

    /// Cancels every order of an account at a venue.
    #[must_use]
    pub fn account(venue: VenueId, account: AccountId) -> EmergencyCancel {
        EmergencyCancel { venue, account, target: Target::Account }
    }

    /// Venue it goes to.
    #[must_use]
    pub fn venue(&self) -> VenueId {
        self.venue
    }

    /// Account it is for.
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        self.account
    }

    /// What it cancels.
    #[must_use]
    pub fn target(&self) -> Target {
        self.target
    }
}
