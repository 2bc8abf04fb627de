//! The adapter trait, and the two values that guard its edges.
//!
//! In: commands, by value: each is sent once. Out: reports. Must never: offer a second way out for what a venue says.

use core::future::Future;

use ringfence_core::event::{Cause, Command, EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, ClientOrderId, InstrumentId, LegKey, SessionId, VenueId};
use ringfence_core::intent::Action;

use crate::alarm::Alarm;
use crate::query::{Answer, Capabilities, Query, QueryId, Rates, Setting};

/// One venue, as the run loop sees it.
///
/// Invariant (I11): every command ends in a report: acknowledged, rejected, [`TransmitRefused`] (it is certain that nothing
/// reached the venue) or [`OutcomeUnknown`] (it is not certain). There is no error beside these. What is unknown is asked for
/// by the adapter, with back-off, and never sent again.
///
/// No call waits for the venue: each is ready when its request has left the process or cannot leave it.
///
/// [`TransmitRefused`]: ringfence_core::event::EventKind::TransmitRefused
/// [`OutcomeUnknown`]: ringfence_core::event::EventKind::OutcomeUnknown
pub trait VenueAdapter: Send {
    /// Venue that this adapter reaches.
    fn venue(&self) -> VenueId;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Transmits a command (submit, amend or cancel), in the order of the calls. What came of it is told by
    /// [`VenueAdapter::next`]. The caller has made the frame that decided the command durable before.
    fn send(&mut self, command: VenueCommand) -> impl Future<Output = ()> + Send;

    /// Transmits a cancel that did not pass the core. For use when core or journal cannot work any more, and only then.
    fn send_emergency(&mut self, cancel: EmergencyCancel) -> impl Future<Output = ()> + Send;

    /// Asks the venue. What it states comes as reports, then one [`Said::Answered`] with this id.
    fn ask(&mut self, id: QueryId, query: Query) -> impl Future<Output = ()> + Send;

    /// Changes a setting of an account in an instrument. What is in force comes as a report, then one [`Said::Answered`].
    fn set(
        &mut self,
        id: QueryId,
        place: (AccountId, InstrumentId),
        setting: Setting,
    ) -> impl Future<Output = ()> + Send;

    /// How much of the venue's budget is used now.
    fn rates(&self) -> Rates;

    /// What an operator should hear since this was asked last, oldest first. It is no part of what a session hears; who
    /// serves the adapter asks now and then.
    fn alarms(&mut self) -> Vec<Alarm> {
        Vec::new()
    }

    /// The next thing the venue said, in the order in which it said it. Waits until there is one; `None` = the adapter has
    /// been closed and everything was delivered. Dropping the future loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Said>> + Send;

    /// Nothing more is sent: what is under way is reported as it ends, or as unknown, and [`VenueAdapter::next`] ends.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// The report about a command that was not transmitted, and never will be.
#[must_use]
pub fn not_sent(command: &VenueCommand, reason: RejectReason) -> Report {
    let (order, kind) = match command.action() {
        Action::Submit(_) => (command.key(), Command::Submit),
        Action::Cancel(terms) => (terms.order, Command::Cancel),
        Action::Amend(terms) => (terms.order, Command::Amend),
    };
    Report {
        cause: Cause::leg(command.key()),
        instrument: command.action().instrument(),
        venue: command.venue(),
        account: command.account(),
        ..Report::control(EventKind::TransmitRefused(order, kind, reason))
    }
}

/// What comes of a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A fact: it becomes an event.
    Report(Report),
    /// The end of a query or a setting.
    Answered(QueryId, Answer),
}

impl Said {
    /// The fact, if it is one.
    #[must_use]
    pub fn report(self) -> Option<Report> {
        match self {
            Said::Report(report) => Some(report),
            Said::Answered(..) => None,
        }
    }
}

/// Permission to open a transport that moves real money.
///
/// A live transport takes one by value, so that code without it cannot open one. [`checks::LiveChecks`] builds it, and only
/// when every condition of live trading holds.
///
/// [`checks::LiveChecks`]: crate::checks::LiveChecks
///
/// ```compile_fail
/// let permit = ringfence_venue::LivePermit { checked: () }; // private field, no constructor
/// ```
#[derive(Debug)]
pub struct LivePermit {
    #[expect(dead_code, reason = "a private field keeps everybody else from building one")]
    checked: (),
}

impl LivePermit {
    /// Only for [`checks`](crate::checks), when every condition holds.
    pub(crate) fn granted() -> LivePermit {
        LivePermit { checked: () }
    }
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
    /// Every order of the account in an instrument.
    Instrument(InstrumentId),
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

    /// Cancels every order of an account in an instrument.
    #[must_use]
    pub fn instrument((venue, account): (VenueId, AccountId), instrument: InstrumentId) -> EmergencyCancel {
        EmergencyCancel { venue, account, target: Target::Instrument(instrument) }
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
