//! Configuration: by which written rules does the simulated venue answer?
//!
//! In: choices, each one explicit. Out: rules the rest of the package may trust. Must never: have a default.

use ringfence_core::coded_enum;
use ringfence_core::ids::{AccountId, CurrencyId, VenueId};
use ringfence_core::instrument::Instrument;
use ringfence_core::money::Decimal;

use crate::carry::{Carry, CarryError};
use crate::latency::Latency;

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
        /// To two digits behind the point, half to the even digit.
        CentsEven = 3 "cents-even",
        /// Up to two digits behind the point: a fee never gets smaller, a rebate never larger.
        CentsUp = 4 "cents-up",
        /// Down to two digits behind the point: a fee never gets larger, a rebate never smaller.
        CentsDown = 5 "cents-down",
    }
}

coded_enum! {
    /// When a resting order fills. In every model it fills at its own price, as maker; the opposite touch reaching its
    /// price or a trade through its price fills it whole. In all but the first it joins behind the size displayed at its
    /// price, and trades at the price (by a seller for bids, by a buyer for asks) use up what is ahead; a trade larger
    /// than what is ahead fills it, see [`RestingFills`]. They differ in what a change of the displayed size does.
    QueueModel {
        /// Nothing else fills it: a trade at its price does not.
        TradeThrough = 1 "trade-through",
        /// The size displayed at the touch caps what is ahead while the touch is at the price.
        BehindTouch = 2 "behind-touch",
        /// The displayed size caps what is ahead wherever it is known: at the touch, beyond it (where it is 0), and on
        /// every level of a book.
        RiskAverse = 3 "risk-averse",
        /// And of a size that went down without a trade, the part behind is B^n / (B^n + F^n), with B behind the order
        /// and F in front of it; the rest was in front.
        PowerProb = 4 "power-prob",
        /// The part behind is B^n / (B + F)^n.
        PowerProb2 = 5 "power-prob-2",
        /// The part behind is 1 - (F / (F + B))^n.
        PowerProb3 = 6 "power-prob-3",
        /// The part behind is ln(1 + B) / (ln(1 + B) + ln(1 + F)), sizes in units of the instrument.
        LogProb = 7 "log-prob",
        /// The part behind is ln(1 + B) / ln(1 + B + F).
        LogProb2 = 8 "log-prob-2",
    }
}

coded_enum! {
    /// How much of a resting order fills when a trade at its price is larger than what stands ahead of it.
    RestingFills {
        /// All that is open.
        Whole = 1 "whole",
        /// At most what the trade has left behind those ahead; the rest stays, in front.
        Partial = 2 "partial",
    }
}

coded_enum! {
    /// How much an order that takes finds.
    TakerSize {
        /// All it wants, at the best price.
        Unlimited = 1 "unlimited",
        /// What is displayed, level by level where a book is known, at the touch alone otherwise; the next order finds
        /// the same again. Where nothing is displayed (trades or bars alone) it finds all it wants.
        Displayed = 2 "displayed",
        /// As `Displayed`, but what an order took is gone until its level is shown anew; and an order that rests finds no
        /// more where the opposite touch reaches its price.
        Consumed = 3 "consumed",
    }
}

coded_enum! {
    /// How much worse than the price it found a market order fills. Orders with a limit do not slip.
    SlippageModel {
        /// Not at all.
        Off = 1 "off",
        /// So many ticks.
        Ticks = 2 "ticks",
        /// So many basis points of the price, up to a whole tick.
        Bps = 3 "bps",
        /// So many ticks for a quantity as large as what is displayed on the best level of the other side, in proportion
        /// and up to a whole tick; where nothing is displayed, so many ticks.
        Size = 4 "size",
    }
}

/// Slippage of market orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slippage {
    /// How it is reckoned.
    pub model: SlippageModel,
    /// Ticks or basis points, at most [`SLIPPAGE_MAX`]; 0 where it is off.
    pub amount: u32,
}

/// Most ticks or basis points of slippage: the whole price.
pub const SLIPPAGE_MAX: u32 = 10_000;

/// Fees of every fill, bought or sold; negative = rebate. Paid in the settlement currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fees {
    /// What fills cost before the first tier.
    pub base: Rates,
    /// What they cost once an account has traded so much, by ascending volume; none = always the base rates.
    pub tiers: Vec<FeeTier>,
    /// For each unit (contract, share) of a fill that made liquidity, beside the basis points.
    pub maker_per_unit: Decimal,
    /// For each unit of a fill that took liquidity.
    pub taker_per_unit: Decimal,
    /// Least that an order costs once it has a fill, at least 0: the first fill pays what is missing, and later ones pay
    /// when their sum is above it.
    pub order_min: Decimal,
    /// Rounding of each fill's fee.
    pub rounding: CommissionRounding,
}

/// Rates in basis points of a fill's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// For fills of resting orders.
    pub maker_bps: Decimal,
    /// For fills of orders that took liquidity.
    pub taker_bps: Decimal,
}

/// Rates of an account that has traded a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeTier {
    /// Value that the account's fills before this one have to add up to, above 0, in settlement currencies (which are
    /// not converted).
    pub volume_from: Decimal,
    /// What fills cost from there on.
    pub rates: Rates,
}

impl Fees {
    /// Rates alone, exact.
    #[must_use]
    pub fn bps(maker_bps: Decimal, taker_bps: Decimal) -> Fees {
        Fees {
            base: Rates { maker_bps, taker_bps },
            tiers: Vec::new(),
            maker_per_unit: Decimal::ZERO,
            taker_per_unit: Decimal::ZERO,
            order_min: Decimal::ZERO,
            rounding: CommissionRounding::Exact,
        }
    }
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
    /// Cash at the start; may be negative. Nothing is rejected for want of cash but what margin asks for, where it is on.
    pub cash: Decimal,
}

/// Every choice of the simulated venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimConfig {
    /// Which market event an order meets first.
    pub fill: FillMoment,
    /// Fees.
    pub fees: Fees,
    /// How long market data, commands and answers are on their way.
    pub latency: Latency,
    /// When resting orders fill.
    pub queue: QueueModel,
    /// The power n of the three models that have one, 1 to [`QUEUE_POWER_MAX`]; `None` in the others.
    pub queue_power: Option<u8>,
    /// How much of them a trade at their price fills.
    pub resting: RestingFills,
    /// How much orders find that take.
    pub taker_size: TakerSize,
    /// Slippage of market orders.
    pub slippage: Slippage,
    /// What positions cost and earn while they are held, and how they end.
    pub carry: Carry,
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
    /// A power where the model has none, none where it has one, or one out of range.
    #[error(
        "the queue model {0} with the power {1:?}: power-prob models have one from 1 to {QUEUE_POWER_MAX}, others none"
    )]
    QueuePower(QueueModel, Option<u8>),
    /// Slippage beyond the whole price, or an amount where it is off.
    #[error("slippage {0} of {1}: at most {SLIPPAGE_MAX}, and 0 where it is off")]
    Slippage(SlippageModel, u32),
    /// A feed leg longer than a minute.
    #[error("a feed leg of {0} ns is longer than {FEED_NS_MAX} ns")]
    Feed(u64),
    /// Fees finer than 8 digits.
    #[error("a fee of {0} basis points has more than 8 digits behind the point")]
    FeeTooFine(Decimal),
    /// A fee per unit, a least fee or a volume out of range.
    #[error("an amount of {0} is outside {1}..={AMOUNT_MAX}, or has more than 8 digits behind the point")]
    Amount(Decimal, Decimal),
    /// A choice about positions that cannot be.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// Tiers ascend, and the base rates are those from 0.
    #[error("a fee tier from a volume of {0} is not above the one before it")]
    TierOrder(Decimal),
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
        self.check_queue()?;
        self.carry.check(&self.instruments)?;
        if self.latency.feed_ns > FEED_NS_MAX {
            return Err(SimError::Feed(self.latency.feed_ns));
        }
        let Slippage { model, amount } = self.slippage;
        if amount > SLIPPAGE_MAX || model == SlippageModel::Off && amount > 0 {
            return Err(SimError::Slippage(model, amount));
        }
        self.fees.check()
    }
}

impl SimConfig {
    fn check_queue(&self) -> Result<(), SimError> {
        let is_sound = match self.queue_power {
            Some(power) => self.queue.has_power() && (1..=QUEUE_POWER_MAX).contains(&power),
            None => !self.queue.has_power(),
        };
        if is_sound { Ok(()) } else { Err(SimError::QueuePower(self.queue, self.queue_power)) }
    }
}

impl QueueModel {
    /// True where the model has a power to choose.
    #[must_use]
    pub const fn has_power(self) -> bool {
        match self {
            QueueModel::PowerProb | QueueModel::PowerProb2 | QueueModel::PowerProb3 => true,
            QueueModel::TradeThrough
            | QueueModel::BehindTouch
            | QueueModel::RiskAverse
            | QueueModel::LogProb
            | QueueModel::LogProb2 => false,
        }
    }
}

/// Longest feed leg: a run keeps the rows of so long in memory.
pub const FEED_NS_MAX: u64 = 60_000_000_000;

/// Largest power of a queue model: beyond it all but the larger side counts as nothing, and rounding errors add up.
pub const QUEUE_POWER_MAX: u8 = 8;

impl Fees {
    fn check(&self) -> Result<(), SimError> {
        let rates = [self.base].into_iter().chain(self.tiers.iter().map(|tier| tier.rates));
        rates.flat_map(|rates| [rates.maker_bps, rates.taker_bps]).try_for_each(check_bps)?;
        [self.maker_per_unit, self.taker_per_unit]
            .into_iter()
            .try_for_each(|amount| check_amount(amount, -AMOUNT_MAX))?;
        check_amount(self.order_min, Decimal::ZERO)?;
        let mut last = Decimal::ZERO;
        for tier in &self.tiers {
            check_amount(tier.volume_from, Decimal::ZERO)?;
            if tier.volume_from <= last {
                return Err(SimError::TierOrder(tier.volume_from));
            }
            last = tier.volume_from;
        }
        Ok(())
    }
}

fn check_amount(amount: Decimal, min: Decimal) -> Result<(), SimError> {
    if amount < min || amount > AMOUNT_MAX || amount.normalize().scale() > BPS_SCALE_MAX {
        return Err(SimError::Amount(amount, min));
    }
    Ok(())
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
/// More than any account trades; fees stay within 128 bits.
pub(crate) const AMOUNT_MAX: Decimal = Decimal::from_parts(0xd4a5_1000, 232, 0, false, 0);
/// Finer than any venue's table, and fees stay within 128 bits.
const BPS_SCALE_MAX: u32 = 8;
