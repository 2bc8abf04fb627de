//! Configuration: by which written rules does the simulated venue answer?
//!
//! In: choices, each one explicit. Out: rules the rest of the package may trust. Must never: have a default.

use ringfence_core::coded_enum;
use ringfence_core::ids::{AccountId, CurrencyId, VenueId};
use ringfence_core::instrument::Instrument;
use ringfence_core::money::Decimal;

coded_enum! {
    /// Which market event of its instrument an order meets first, counted from its arrival at the venue. Accepts, rejects
    /// and cancels are answered on arrival in every case. While the instrument does not trade, orders wait for the first
    /// event after that.
    FillMoment {
        /// The last one: what can be taken as it is when the order arrives. That is the opposite touch where quotes or a
        /// book have shown one, otherwise the last trade, or the last bar's close. Without latency, for a command that an
        /// event of its own instrument caused, it is that event's market.
        SameEvent = 1 "same-event",
        /// The next trade, quote, book change or bar, before the core sees it. Of a bar that opened before the order came it
        /// meets the close, otherwise the open.
        NextEvent = 2 "next-event",
        /// The open of the next bar that opens when or after it came; trades and quotes in between do not count.
        NextOpen = 3 "next-open",
    }
}

coded_enum! {
    /// Rounding of each fill's fee.
    CommissionRounding {
        /// None: the exact product.
        Exact = 1 "exact",
        /// To two digits behind the point, half away from zero.
        Cents = 2 "cents",
    }
}

coded_enum! {
    /// When a resting order fills. In every model it fills whole, at its own price, as maker; the opposite touch reaching
    /// its price or a trade through its price fills it, and displayed size is not used up.
    QueueModel {
        /// Nothing else fills it: a trade at its price does not.
        TradeThrough = 1 "trade-through",
        /// It joins behind the size displayed at its price. Trades at the price (by a seller for bids, by a buyer for
        /// asks) use up what is ahead, which the displayed size caps while the touch is at the price; a trade larger
        /// than what is ahead fills it.
        BehindTouch = 2 "behind-touch",
    }
}

/// Fees of every fill, bought or sold, in basis points of its value; negative = rebate. Paid in the settlement currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// For fills of resting orders.
    pub maker_bps: Decimal,
    /// For fills of orders that took liquidity.
    pub taker_bps: Decimal,
    /// Rounding of each fill's fee.
    pub rounding: CommissionRounding,
}

/// An account at the simulated venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimAccount {
    /// Its id, from 1, in order and without gaps.
    pub account: AccountId,
    /// Venue it belongs to.
    pub venue: VenueId,
    /// Currency of its cash.
    pub currency: CurrencyId,
    /// Cash at the start; may be negative. Nothing is rejected for want of cash: limits are Risk's.
    pub cash: Decimal,
}

/// Every choice of the simulated venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimConfig {
    /// Which market event an order meets first.
    pub fill: FillMoment,
    /// Fees.
    pub fees: Fees,
    /// Time from dispatch to arrival of every command, in ns. Answers take no time.
    pub latency_ns: u64,
    /// When resting orders fill.
    pub queue: QueueModel,
    /// `AccountId(n)` is entry n - 1.
    pub accounts: Vec<SimAccount>,
    /// `InstrumentId(n)` is entry n - 1.
    pub instruments: Vec<Instrument>,
}

/// A configuration the simulated venue cannot work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// Ids must be the place in the list.
    #[error("account {0} stands at place {1} of the accounts")]
    AccountOrder(u16, usize),
    /// Ids must be the place in the list.
    #[error("instrument {0} stands at place {1} of the instruments")]
    InstrumentOrder(u32, usize),
    /// Fees beyond what a fill can cost.
    #[error("a fee of {0} basis points is outside -10000..=10000")]
    FeeRange(Decimal),
    /// Fees finer than 8 digits.
    #[error("a fee of {0} basis points has more than 8 digits behind the point")]
    FeeTooFine(Decimal),
}

impl SimConfig {
    pub(crate) fn check(&self) -> Result<(), SimError> {
        for (account, place) in self.accounts.iter().zip(1_usize..) {
            if usize::from(account.account.0) != place {
                return Err(SimError::AccountOrder(account.account.0, place));
            }
        }
        for (instrument, place) in self.instruments.iter().zip(1_usize..) {
            if instrument.id.0 as usize != place {
                return Err(SimError::InstrumentOrder(instrument.id.0, place));
            }
        }
        [self.fees.maker_bps, self.fees.taker_bps].into_iter().try_for_each(check_bps)
    }
}

fn check_bps(bps: Decimal) -> Result<(), SimError> {
    if bps.abs() > BPS_MAX {
        return Err(SimError::FeeRange(bps));
    }
    if bps.normalize().scale() > BPS_SCALE_MAX {
        return Err(SimError::FeeTooFine(bps));
    }
    Ok(())
}

/// A whole fill's value.
const BPS_MAX: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);
/// Finer than any venue's table, and fees stay within 128 bits.
const BPS_SCALE_MAX: u32 = 8;
