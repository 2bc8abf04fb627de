//! Kinds: which number and name has each kind of event, and what is it about?
//!
//! In: a kind. Out: what is stable of it. Must never: give a number twice, or reuse one; they are on disk.

use super::{Adjustment, BookLevel, EventKind};
use crate::ids::LegKey;
use crate::instrument::InstrumentStatus;

/// Whose fact an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A market's.
    Market,
    /// An order's.
    Order,
    /// An account's, or that of the link to its venue.
    Account,
    /// The session's: its strategies, operators, and time.
    Control,
}

impl EventKind {
    /// True for facts about a market: the simulated venue sees these before the core does.
    #[must_use]
    pub const fn is_market(&self) -> bool {
        self.number() < 100
    }

    /// Whose fact it is.
    #[must_use]
    pub const fn family(&self) -> Family {
        match (self.number(), self.order()) {
            (..100, _) => Family::Market,
            (_, Some(_)) => Family::Order,
            (100..200, None) => Family::Account,
            (200.., None) => Family::Control,
        }
    }

    /// The order a fact is about; `None` for facts about anything else.
    #[must_use]
    pub const fn order(&self) -> Option<LegKey> {
        match self {
            EventKind::OrderAccepted(key)
            | EventKind::OrderRejected(key, _)
            | EventKind::OrderCanceled(key, ..)
            | EventKind::CancelRejected(key, _)
            | EventKind::OrderAmended(key, ..)
            | EventKind::AmendRejected(key, _)
            | EventKind::OrderExpired(key, _)
            | EventKind::OutcomeUnknown(key)
            | EventKind::TransmitRefused(key, ..) => Some(*key),
            EventKind::OrderFilled(fill) | EventKind::FillBusted(fill) => Some(fill.order),
            EventKind::OrderReported(said) => Some(said.order),
            EventKind::Trade(_)
            | EventKind::Quote(_)
            | EventKind::BookLevel(_)
            | EventKind::Bar(_)
            | EventKind::MarkPrice(_)
            | EventKind::FundingRate(_)
            | EventKind::InstrumentDefined(_)
            | EventKind::InstrumentStatus(_)
            | EventKind::FeedStale
            | EventKind::FeedRecovered
            | EventKind::CorporateAction(_)
            | EventKind::BookOrder(_)
            | EventKind::TradingDay(_)
            | EventKind::BalanceReported(_)
            | EventKind::BalanceAdjusted(_)
            | EventKind::PositionReported(_)
            | EventKind::LeverageReported(_)
            | EventKind::MarginModeReported(_)
            | EventKind::ReconcileStarted
            | EventKind::ReconcileFinished(_)
            | EventKind::VenueUp
            | EventKind::VenueDown
            | EventKind::SessionOpened(..)
            | EventKind::SessionClosed
            | EventKind::ConfigChanged(_)
            | EventKind::TradingEnabled
            | EventKind::TradingDisabled
            | EventKind::KillSwitch(..)
            | EventKind::StrategyAttached(..)
            | EventKind::StrategyDetached(_)
            | EventKind::StrategySwapped(..)
            | EventKind::StrategyCheckpointed(..)
            | EventKind::StrategyHalted(..)
            | EventKind::StrategyResumed(..)
            | EventKind::ParametersChanged(..)
            | EventKind::FlattenRequested(_)
            | EventKind::ExternalIntent(_)
            | EventKind::Signal(..)
            | EventKind::ClockAdjusted(_)
            | EventKind::OperatorCommand(_)
            | EventKind::ReloadRefused(..)
            | EventKind::TimeAdvanced => None,
        }
    }

    /// Stable number on the wire: market 1.., execution 100.., control 200.., time 300...
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.row().0
    }

    /// Stable name in text and JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.row().1
    }

    const fn row(&self) -> (u16, &'static str) {
        match self {
            EventKind::Trade(_) => (1, "Trade"),
            EventKind::Quote(_) => (2, "Quote"),
            EventKind::BookLevel(_) => (3, "BookLevel"),
            EventKind::Bar(_) => (4, "Bar"),
            EventKind::MarkPrice(_) => (5, "MarkPrice"),
            EventKind::FundingRate(_) => (6, "FundingRate"),
            EventKind::InstrumentDefined(_) => (7, "InstrumentDefined"),
            EventKind::InstrumentStatus(_) => (8, "InstrumentStatus"),
            EventKind::FeedStale => (9, "FeedStale"),
            EventKind::FeedRecovered => (10, "FeedRecovered"),
            EventKind::CorporateAction(_) => (11, "CorporateAction"),
            EventKind::BookOrder(_) => (12, "BookOrder"),
            EventKind::TradingDay(_) => (13, "TradingDay"),
            EventKind::OrderAccepted(_) => (100, "OrderAccepted"),
            EventKind::OrderRejected(..) => (101, "OrderRejected"),
            EventKind::OrderFilled(_) => (102, "OrderFilled"),
            EventKind::OrderCanceled(..) => (103, "OrderCanceled"),
            EventKind::CancelRejected(..) => (104, "CancelRejected"),
            EventKind::OrderAmended(..) => (105, "OrderAmended"),
            EventKind::AmendRejected(..) => (106, "AmendRejected"),
            EventKind::OrderExpired(..) => (107, "OrderExpired"),
            EventKind::OutcomeUnknown(_) => (108, "OutcomeUnknown"),
            EventKind::FillBusted(_) => (109, "FillBusted"),
            EventKind::TransmitRefused(..) => (110, "TransmitRefused"),
            EventKind::BalanceReported(_) => (111, "BalanceReported"),
            EventKind::BalanceAdjusted(_) => (112, "BalanceAdjusted"),
            EventKind::PositionReported(_) => (113, "PositionReported"),
            EventKind::OrderReported(_) => (114, "OrderReported"),
            EventKind::LeverageReported(_) => (115, "LeverageReported"),
            EventKind::MarginModeReported(_) => (116, "MarginModeReported"),
            EventKind::ReconcileStarted => (117, "ReconcileStarted"),
            EventKind::ReconcileFinished(_) => (118, "ReconcileFinished"),
            EventKind::VenueUp => (119, "VenueUp"),
            EventKind::VenueDown => (120, "VenueDown"),
            EventKind::SessionOpened(..) => (200, "SessionOpened"),
            EventKind::SessionClosed => (201, "SessionClosed"),
            EventKind::ConfigChanged(_) => (202, "ConfigChanged"),
            EventKind::TradingEnabled => (203, "TradingEnabled"),
            EventKind::TradingDisabled => (204, "TradingDisabled"),
            EventKind::KillSwitch(..) => (205, "KillSwitch"),
            EventKind::StrategyAttached(..) => (206, "StrategyAttached"),
            EventKind::StrategyDetached(_) => (207, "StrategyDetached"),
            EventKind::StrategySwapped(..) => (208, "StrategySwapped"),
            EventKind::StrategyCheckpointed(..) => (209, "StrategyCheckpointed"),
            EventKind::StrategyHalted(..) => (210, "StrategyHalted"),
            EventKind::StrategyResumed(..) => (211, "StrategyResumed"),
            EventKind::ParametersChanged(..) => (212, "ParametersChanged"),
            EventKind::FlattenRequested(_) => (213, "FlattenRequested"),
            EventKind::ExternalIntent(_) => (214, "ExternalIntent"),
            EventKind::Signal(..) => (215, "Signal"),
            EventKind::ClockAdjusted(_) => (216, "ClockAdjusted"),
            EventKind::OperatorCommand(_) => (217, "OperatorCommand"),
            EventKind::ReloadRefused(..) => (218, "ReloadRefused"),
            EventKind::TimeAdvanced => (300, "TimeAdvanced"),
        }
    }
}

impl EventKind {
    /// What a record of a book changes of a level; `None` for every other kind.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is no record of a book")]
    pub const fn book_level(&self) -> Option<BookLevel> {
        match self {
            EventKind::BookLevel(level) => Some(*level),
            EventKind::BookOrder(order) => Some(order.as_level()),
            _ => None,
        }
    }

    /// True where quantities and prices of an instrument mean something else from now on, or nothing any more.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else leaves an instrument what it is")]
    pub(crate) fn gives_new_meaning(&self) -> bool {
        match self {
            EventKind::CorporateAction(action) => matches!(action.kind, Adjustment::Split | Adjustment::Delisting),
            EventKind::InstrumentStatus(status) => *status == InstrumentStatus::Settled,
            _ => false,
        }
    }
}
