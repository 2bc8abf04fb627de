//! Carry: by which written rules do positions cost and earn something while they are held, and how do they end?
//!
//! In: choices, each one explicit. Out: rules the rest of the package may trust. Must never: have a default.

use ringfence_core::coded_enum;
use ringfence_core::ids::InstrumentId;
use ringfence_core::instrument::{Instrument, InstrumentKind};

coded_enum! {
    /// Where the funding of perpetuals comes from.
    FundingModel {
        /// Nothing is paid.
        Off = 1 "off",
        /// Rates and their times come with the market data, as `FundingRate` events.
        Tape = 2 "tape",
        /// The same rate at every whole multiple of an interval since the Unix epoch.
        Constant = 3 "constant",
    }
}

coded_enum! {
    /// What an account must have for the positions it holds.
    MarginModel {
        /// Nothing is asked.
        Off = 1 "off",
        /// All positions of an account share its equity.
        Cross = 2 "cross",
    }
}

coded_enum! {
    /// Price at which futures settle when they expire, and that of the underlying of options. Where the first is not
    /// known it is the second, then the middle of the touch.
    SettlementPrice {
        /// The mark price, otherwise the last trade or close.
        Mark = 1 "mark",
        /// The last trade or close, otherwise the mark price.
        Last = 2 "last",
    }
}

/// What funding perpetuals pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundingRule {
    /// None.
    Off,
    /// What `FundingRate` events say.
    Tape,
    /// The same rate again and again.
    Constant {
        /// In units of 10^-9 of the position's value; positive = longs pay.
        rate_e9: i64,
        /// At least [`FUNDING_INTERVAL_MIN_NS`].
        interval_ns: u64,
    },
}

/// What an account must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginRule {
    /// Nothing.
    Off,
    /// The margins of its instruments, shared by all positions.
    Cross {
        /// Fee of a liquidation in basis points of the value that was closed, at most 10000.
        liquidation_fee_bps: u32,
    },
}

/// Every choice about positions that are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carry {
    /// Funding of perpetuals.
    pub funding: FundingRule,
    /// Margin of accounts.
    pub margin: MarginRule,
    /// Price at expiry.
    pub settlement: SettlementPrice,
    /// Underlying of options; one without settles at its own price.
    pub underlyings: Vec<(InstrumentId, InstrumentId)>,
}

impl Carry {
    /// No funding, no margin; what expires settles at its mark, or last, price.
    pub const NONE: Carry = Carry {
        funding: FundingRule::Off,
        margin: MarginRule::Off,
        settlement: SettlementPrice::Mark,
        underlyings: Vec::new(),
    };
}

/// Shortest interval of funding: a minute. Shorter ones would fill a journal with payments nobody makes.
pub const FUNDING_INTERVAL_MIN_NS: u64 = 60_000_000_000;

/// Most that a liquidation can cost: the whole value.
pub const LIQUIDATION_FEE_BPS_MAX: u32 = 10_000;

/// A choice that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarryError {
    /// Funding too often.
    #[error("a funding interval of {0} ns is below {FUNDING_INTERVAL_MIN_NS} ns")]
    Interval(u64),
    /// More than everything.
    #[error("a liquidation fee of {0} basis points is above {LIQUIDATION_FEE_BPS_MAX}")]
    LiquidationFee(u32),
    /// An underlying of something that is no option, or one that does not exist.
    #[error("instrument {0} cannot have instrument {1} as its underlying")]
    Underlying(u32, u32),
}

impl Carry {
    pub(crate) fn check(&self, instruments: &[Instrument]) -> Result<(), CarryError> {
        if let FundingRule::Constant { interval_ns, .. } = self.funding
            && interval_ns < FUNDING_INTERVAL_MIN_NS
        {
            return Err(CarryError::Interval(interval_ns));
        }
        if let MarginRule::Cross { liquidation_fee_bps } = self.margin
            && liquidation_fee_bps > LIQUIDATION_FEE_BPS_MAX
        {
            return Err(CarryError::LiquidationFee(liquidation_fee_bps));
        }
        for (option, underlying) in &self.underlyings {
            let of = |id: InstrumentId| instruments.iter().find(|instrument| instrument.id == id);
            let is_option = of(*option).is_some_and(|it| matches!(it.kind, InstrumentKind::Option { .. }));
            if !is_option || of(*underlying).is_none() || option == underlying {
                return Err(CarryError::Underlying(option.0, underlying.0));
            }
        }
        Ok(())
    }

    /// Underlying of an instrument, as a place in the list of instruments.
    pub(crate) fn underlying(&self, id: InstrumentId) -> Option<usize> {
        let found = self.underlyings.iter().find(|(option, _)| *option == id);
        found.map(|(_, underlying)| underlying.0 as usize - 1)
    }
}
