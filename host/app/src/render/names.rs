//! Names: what can be asked for by name in a journal?
//!
//! In: a word. Out: whether a record has it as its name. Must never: lack a name that the core gives (a test compares).

/// Names of events.
pub(crate) const EVENTS: &[&str] = &[
    "Trade",
    "Quote",
    "BookLevel",
    "Bar",
    "MarkPrice",
    "FundingRate",
    "InstrumentDefined",
    "InstrumentStatus",
    "FeedStale",
    "FeedRecovered",
    "CorporateAction",
    "BookOrder",
    "TradingDay",
    "OrderAccepted",
    "OrderRejected",
    "OrderFilled",
    "OrderCanceled",
    "CancelRejected",
    "OrderAmended",
    "AmendRejected",
    "OrderExpired",
    "OutcomeUnknown",
    "FillBusted",
    "TransmitRefused",
    "BalanceReported",
    "BalanceAdjusted",
    "PositionReported",
    "OrderReported",
    "LeverageReported",
    "MarginModeReported",
    "ReconcileStarted",
    "ReconcileFinished",
    "VenueUp",
    "VenueDown",
    "SessionOpened",
    "SessionClosed",
    "ConfigChanged",
    "TradingEnabled",
    "TradingDisabled",
    "KillSwitch",
    "StrategyAttached",
    "StrategyDetached",
    "StrategySwapped",
    "StrategyCheckpointed",
    "StrategyHalted",
    "StrategyResumed",
    "ParametersChanged",
    "FlattenRequested",
    "ExternalIntent",
    "Signal",
    "ClockAdjusted",
    "OperatorCommand",
    "ReloadRefused",
    "TimeAdvanced",
];

/// Names of decisions.
pub(crate) const DECISIONS: &[&str] = &[
    "EMITTED",
    "MALFORMED",
    "NORMALISED",
    "DENIED",
    "ALLOWED",
    "QUEUED",
    "SUPERSEDED",
    "WITHDRAWN",
    "APPROVAL_EXPIRED",
    "DISPATCHED",
    "REFUSED",
    "HALTED",
    "ANOMALY",
    "SCHEDULED",
    "ENDED",
    "TIED",
    "HELD",
    "RELEASED",
    "DROPPED",
];

/// Name of a stretch of tape rows.
pub(crate) const TAPE_ROWS: &str = "TapeRows";

/// Name of records that this release does not know.
pub(crate) const UNKNOWN: &str = "Unknown";

/// Every name.
pub(crate) fn all() -> impl Iterator<Item = &'static str> + Clone {
    EVENTS.iter().chain(DECISIONS).copied().chain([TAPE_ROWS, UNKNOWN])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names in the function `row` of a source: `EventKind::Trade(_) => (1, "Trade"),`.
    fn rows(source: &'static str) -> Vec<&'static str> {
        let (_, after) = source.split_once("const fn row(&self)").expect("the source has the function");
        let (body, _) = after.split_once("\n    }\n").expect("it ends");
        body.lines().filter_map(|line| line.split_once(", \"")?.1.strip_suffix("\"),")).collect()
    }

    #[test]
    fn the_names_are_those_of_the_core() {
        assert_eq!(rows(include_str!("../../../core/src/event/kinds.rs")), EVENTS);
        assert_eq!(rows(include_str!("../../../core/src/decision.rs")), DECISIONS);
    }
}
