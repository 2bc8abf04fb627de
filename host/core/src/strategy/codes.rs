//! Codes: what became of an intent, of a call, of a strategy?
//!
//! In: nothing. Out: stable numbers and names. Must never: give a number twice, or reuse one; they are on disk.

use crate::coded_enum;

coded_enum! {
    /// What became of an intent that did not reach a venue, told to its strategy before its next event.
    OutcomeCode {
        /// The normalizer could not make an order of it.
        Malformed = 1 "malformed",
        /// A newer intent replaced it in the queue.
        Superseded = 2 "superseded",
        /// It was withdrawn from the queue.
        Withdrawn = 3 "withdrawn",
        /// Its approval expired before dispatch.
        ApprovalExpired = 4 "approval-expired",
        /// Order quantity.
        DeniedQuantity = 5 "denied-quantity",
        /// Order value.
        DeniedNotional = 6 "denied-notional",
        /// Position limit.
        DeniedPosition = 7 "denied-position",
        /// Exposure limit.
        DeniedExposure = 8 "denied-exposure",
        /// Price collar.
        DeniedPriceCollar = 9 "denied-price-collar",
        /// Too many open orders.
        DeniedOpenOrders = 10 "denied-open-orders",
        /// Not authorised.
        DeniedNotAuthorised = 11 "denied-not-authorised",
        /// Instrument does not trade.
        DeniedInstrumentStatus = 12 "denied-instrument-status",
        /// Market data is stale or missing.
        DeniedStaleMarket = 13 "denied-stale-market",
        /// Trading is disabled.
        DeniedTradingDisabled = 14 "denied-trading-disabled",
        /// Kill switch.
        DeniedKillSwitch = 15 "denied-kill-switch",
        /// Loss limit.
        DeniedLoss = 16 "denied-loss",
        /// Drawdown limit.
        DeniedDrawdown = 17 "denied-drawdown",
        /// Too many intents in a time.
        DeniedVelocity = 18 "denied-velocity",
        /// Same as another intent.
        DeniedDuplicate = 19 "denied-duplicate",
        /// Margin, leverage or balance.
        DeniedMargin = 20 "denied-margin",
        /// Any other rule.
        DeniedOther = 21 "denied-other",
        /// The gate refused it.
        Refused = 22 "refused",
        /// A schedule is over: what it has not filled it will not fill.
        Ended = 23 "ended",
        /// Its time in force ended before it was sent.
        Expired = 24 "expired",
    }
}

coded_enum! {
    /// Why a strategy was halted.
    HaltCode {
        /// One call used up its fuel. Reproduces in replay.
        Fuel = 1 "H-FUEL",
        /// All calls together used up the strategy's quota of fuel. Reproduces in replay.
        FuelTotal = 2 "H-FUEL-TOTAL",
        /// The guest trapped (unreachable, out of bounds, division by zero, …). Reproduces in replay.
        Trap = 3 "H-TRAP",
        /// Arguments or results were larger than a call may move. Reproduces in replay.
        HostcallFuel = 4 "H-HOSTCALL",
        /// The wasm stack overflowed. Specific to the engine: recorded and obeyed.
        Stack = 5 "H-STACK",
        /// The safety net of wall-clock time. Recorded and obeyed; ends a backtest.
        WallClock = 6 "H-WALL-CLOCK",
        /// The host could not give memory. Recorded and obeyed.
        HostMemory = 7 "H-HOST-MEMORY",
        /// The guest emitted in a phase where it may not. Reproduces in replay.
        Phase = 8 "H-PHASE",
        /// Any other error of a guest call. Reproduces in replay.
        Fault = 9 "H-FAULT",
        /// It was called too often at one time by nothing but its own orders and outcomes. Reproduces in replay.
        Reactions = 10 "H-REACTIONS",
        /// The process that it runs in ended, or said what no guest process says. Recorded and obeyed.
        Isolation = 11 "H-ISOLATION",
    }
}

impl HaltCode {
    /// True where something was used up, so that a halt's limit and use are in its unit. Elsewhere they are the fuel of the
    /// call: how far it got.
    #[must_use]
    pub const fn is_limit(self) -> bool {
        match self {
            HaltCode::Fuel
            | HaltCode::FuelTotal
            | HaltCode::HostcallFuel
            | HaltCode::Stack
            | HaltCode::WallClock
            | HaltCode::HostMemory
            | HaltCode::Reactions => true,
            HaltCode::Trap | HaltCode::Phase | HaltCode::Fault | HaltCode::Isolation => false,
        }
    }

    /// True where re-execution reaches the same halt; false where replay obeys the record without entering the guest.
    #[must_use]
    pub const fn is_reproducible(self) -> bool {
        match self {
            HaltCode::Fuel
            | HaltCode::FuelTotal
            | HaltCode::Trap
            | HaltCode::HostcallFuel
            | HaltCode::Phase
            | HaltCode::Fault
            | HaltCode::Reactions => true,
            HaltCode::Stack | HaltCode::WallClock | HaltCode::HostMemory | HaltCode::Isolation => false,
        }
    }
}

coded_enum! {
    /// Why `emit` took nothing; the intent has no number then.
    EmitError {
        /// The strategy is still warming up.
        Warmup = 1 "warmup",
        /// More than [`EMITS_MAX`] in one call, or than [`crate::config::EmitRates`] allows in a second.
        TooMany = 2 "too-many",
        /// A field is outside what the interface can mean.
        Malformed = 3 "malformed",
        /// A note above [`NOTE_BYTES_MAX`] bytes.
        NoteTooLong = 4 "note-too-long",
        /// Not while setting up, taking a snapshot or restoring.
        NotNow = 5 "not-now",
    }
}
