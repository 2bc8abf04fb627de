//! Subscriptions: which events wake which strategy?
//!
//! In: what a strategy declared at setup. Out: a checked plan and its canonical bytes. Must never: grow without bound.

use alloc::vec::Vec;

use crate::canonical::{Read, Reader, Writer};
use crate::coded_enum;
use crate::event::EventKind;
use crate::ids::InstrumentId;

coded_enum! {
    /// Families of events a strategy can subscribe to.
    Topic {
        /// Trades.
        Trade = 0 "trade",
        /// Touch changes from quotes.
        Quote = 1 "quote",
        /// Book level changes.
        Book = 2 "book",
        /// Bars.
        Bar = 3 "bar",
        /// Mark prices.
        MarkPrice = 4 "mark-price",
        /// Funding rates.
        Funding = 5 "funding",
        /// Trading status.
        Status = 6 "status",
        /// Feed stale or recovered.
        Feed = 7 "feed",
        /// Corporate actions.
        CorporateAction = 8 "corporate-action",
        /// Everything about the strategy's own orders.
        Order = 9 "order",
        /// Values from outside (instrument 0).
        Signal = 10 "signal",
        /// Trading enabled or disabled (instrument 0).
        Trading = 11 "trading",
    }
}

coded_enum! {
    /// Which changes count.
    ChangeFilter {
        /// Every event.
        Every = 0 "every",
        /// Only when a touch price changed.
        TouchPrice = 1 "touch-price",
        /// Only when the touch changed in price or quantity.
        Touch = 2 "touch",
        /// Only when a touch price changed, or anything of the strategy's own since the last one delivered.
        TouchPriceOrOwn = 3 "touch-price-or-own",
    }
}

/// When a bar closes. The core builds them from trades (see [`crate::bars`]); a feed brings some by time itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarSpec {
    /// After so many ns, aligned to the epoch.
    TimeNs(u64),
    /// After so many trades.
    Ticks(u32),
    /// After so much quantity, a mantissa at the quantity scale.
    Volume(i64),
    /// After so much value in the quote currency, a mantissa at the price scale.
    Value(i64),
    /// When buys and sells differ by so many trades.
    TickImbalance(u32),
    /// When buys and sells differ by so much quantity.
    VolumeImbalance(i64),
    /// When buys and sells differ by so much value.
    ValueImbalance(i64),
    /// When one side has so many trades.
    TickRuns(u32),
    /// When one side has so much quantity.
    VolumeRuns(i64),
    /// When one side has so much value.
    ValueRuns(i64),
    /// With each brick of so much price.
    Renko(i64),
    /// When high and low are so far apart in price.
    Range(i64),
}

/// One subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Instrument; 0 for signals and trading.
    pub instrument: InstrumentId,
    /// Family of events.
    pub topic: Topic,
    /// Which changes count.
    pub filter: ChangeFilter,
    /// For bars: which; `None` = every bar that the feed brings.
    pub bars: Option<BarSpec>,
    /// So many events of this subscription are delivered with emit refused.
    pub warm_up: u32,
}

/// All subscriptions of a strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// At most [`SUBSCRIPTIONS_MAX`], of them at most [`BAR_SPECS_MAX`] with a bar specification.
    pub subscriptions: Vec<Subscription>,
}

/// Most subscriptions a strategy may have: a bound on what an untrusted guest can make the host keep.
pub const SUBSCRIPTIONS_MAX: usize = 4096;

/// Most of them that name a bar specification: each makes the host build and keep bars (4 MiB together), and is looked at
/// with every trade of its instrument.
pub const BAR_SPECS_MAX: usize = 64;

/// Bits of a bar's size, so that kind and size together fit a word ([`BarSpec::code`]); in ns they are 36 years.
pub const BAR_SIZE_BITS: u32 = 60;

impl BarSpec {
    /// Number of the kind, from 1: in canonical bytes.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            BarSpec::TimeNs(_) => 1,
            BarSpec::Ticks(_) => 2,
            BarSpec::Volume(_) => 3,
            BarSpec::Value(_) => 4,
            BarSpec::TickImbalance(_) => 5,
            BarSpec::VolumeImbalance(_) => 6,
            BarSpec::ValueImbalance(_) => 7,
            BarSpec::TickRuns(_) => 8,
            BarSpec::VolumeRuns(_) => 9,
            BarSpec::ValueRuns(_) => 10,
            BarSpec::Renko(_) => 11,
            BarSpec::Range(_) => 12,
        }
    }

    /// Size in the unit of the kind; 0 where it is below that.
    #[must_use]
    pub fn size(self) -> u64 {
        match self {
            BarSpec::TimeNs(ns) => ns,
            BarSpec::Ticks(count) | BarSpec::TickImbalance(count) | BarSpec::TickRuns(count) => u64::from(count),
            BarSpec::Volume(size)
            | BarSpec::Value(size)
            | BarSpec::VolumeImbalance(size)
            | BarSpec::ValueImbalance(size)
            | BarSpec::VolumeRuns(size)
            | BarSpec::ValueRuns(size)
            | BarSpec::Renko(size)
            | BarSpec::Range(size) => u64::try_from(size).unwrap_or(0),
        }
    }

    /// Length in ns of bars by time; `None` of all others.
    #[must_use]
    pub const fn length_ns(self) -> Option<u64> {
        if let BarSpec::TimeNs(ns) = self { Some(ns) } else { None }
    }

    /// True where bars can be built like this: the size is above 0 and has at most [`BAR_SIZE_BITS`].
    #[must_use]
    pub fn is_possible(self) -> bool {
        let size = self.size();
        size > 0 && size >> BAR_SIZE_BITS == 0
    }

    /// Kind and size in one word, which a bar carries as its `interval_ns`: of bars by time it is their length, of others
    /// the number of the kind less 1 stands in the highest four bits.
    #[must_use]
    pub fn code(self) -> u64 {
        u64::from(self.number() - 1) << BAR_SIZE_BITS | self.size()
    }

    /// The specification with this number and size; `None` where there is none, or it is not possible.
    #[must_use]
    pub fn new(number: u8, size: u64) -> Option<BarSpec> {
        let (count, signed) = (u32::try_from(size), i64::try_from(size));
        let spec = match number {
            1 => BarSpec::TimeNs(size),
            2 => BarSpec::Ticks(count.ok()?),
            3 => BarSpec::Volume(signed.ok()?),
            4 => BarSpec::Value(signed.ok()?),
            5 => BarSpec::TickImbalance(count.ok()?),
            6 => BarSpec::VolumeImbalance(signed.ok()?),
            7 => BarSpec::ValueImbalance(signed.ok()?),
            8 => BarSpec::TickRuns(count.ok()?),
            9 => BarSpec::VolumeRuns(signed.ok()?),
            10 => BarSpec::ValueRuns(signed.ok()?),
            11 => BarSpec::Renko(signed.ok()?),
            12 => BarSpec::Range(signed.ok()?),
            _ => return None,
        };
        spec.is_possible().then_some(spec)
    }
}

impl Topic {
    /// Topic of an event, where it is delivered by subscription.
    #[must_use]
    pub const fn of(kind: &EventKind) -> Option<Topic> {
        match kind {
            EventKind::Trade(_) => Some(Topic::Trade),
            EventKind::Quote(_) => Some(Topic::Quote),
            EventKind::BookLevel(_) | EventKind::BookOrder(_) => Some(Topic::Book),
            EventKind::Bar(_) => Some(Topic::Bar),
            EventKind::MarkPrice(_) => Some(Topic::MarkPrice),
            EventKind::FundingRate(_) => Some(Topic::Funding),
            EventKind::InstrumentStatus(_) => Some(Topic::Status),
            EventKind::FeedStale | EventKind::FeedRecovered => Some(Topic::Feed),
            EventKind::CorporateAction(_) => Some(Topic::CorporateAction),
            EventKind::OrderAccepted(_)
            | EventKind::OrderRejected(..)
            | EventKind::OrderFilled(_)
            | EventKind::OrderCanceled(..)
            | EventKind::CancelRejected(..)
            | EventKind::OrderAmended(..)
            | EventKind::AmendRejected(..)
            | EventKind::OrderExpired(..)
            | EventKind::OutcomeUnknown(_)
            | EventKind::FillBusted(_)
            | EventKind::TransmitRefused(..)
            | EventKind::OrderReported(_) => Some(Topic::Order),
            EventKind::Signal(..) => Some(Topic::Signal),
            EventKind::TradingEnabled | EventKind::TradingDisabled => Some(Topic::Trading),
            EventKind::InstrumentDefined(_)
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
            | EventKind::ClockAdjusted(_)
            | EventKind::OperatorCommand(_)
            | EventKind::ReloadRefused(..)
            | EventKind::TimeAdvanced => None,
        }
    }
}

impl Plan {
    /// Subscriptions that name a bar specification; at most [`BAR_SPECS_MAX`].
    #[must_use]
    pub fn bar_specs(&self) -> usize {
        self.subscriptions.iter().filter(|subscription| subscription.bars.is_some()).count()
    }

    /// Canonical bytes.
    pub fn put(&self, w: &mut Writer) {
        w.list(&self.subscriptions, |w, s| {
            w.u32(s.instrument.0);
            w.u8(s.topic.number());
            w.u8(s.filter.number());
            w.option(s.bars, put_bars);
            w.u32(s.warm_up);
        });
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`DecodeError`](crate::canonical::DecodeError) when bytes are missing or unknown.
    pub fn take(r: &mut Reader<'_>) -> Read<Plan> {
        let subscriptions = r.list(|r| {
            Ok(Subscription {
                instrument: InstrumentId(r.u32()?),
                topic: Topic::take(r)?,
                filter: ChangeFilter::take(r)?,
                bars: r.option(take_bars)?,
                warm_up: r.u32()?,
            })
        })?;
        let plan = Plan { subscriptions };
        if plan.subscriptions.len() > SUBSCRIPTIONS_MAX || plan.bar_specs() > BAR_SPECS_MAX {
            return Err(r.invalid("plan"));
        }
        Ok(plan)
    }
}

pub(crate) fn put_bars(w: &mut Writer, bars: BarSpec) {
    w.u8(bars.number());
    w.u64(bars.size());
}

fn take_bars(r: &mut Reader<'_>) -> Read<BarSpec> {
    let (number, size) = (r.u8()?, r.u64()?);
    BarSpec::new(number, size).ok_or_else(|| r.invalid("bar specification"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_bar_has_a_number_a_size_and_a_word() {
        for number in 1..=12 {
            let spec = BarSpec::new(number, 7).expect("a kind");
            assert_eq!((spec.number(), spec.size()), (number, 7));
            assert_eq!(spec.code(), u64::from(number - 1) << 60 | 7);
        }
        assert_eq!(BarSpec::new(0, 7), None);
        assert_eq!(BarSpec::new(13, 7), None);
    }

    #[test]
    fn a_size_is_above_0_and_has_60_bits() {
        assert_eq!(BarSpec::new(1, 0), None);
        assert_eq!(BarSpec::new(1, 1 << 60), None);
        assert_eq!(BarSpec::new(1, (1 << 60) - 1).map(BarSpec::code), Some((1 << 60) - 1));
        assert_eq!(BarSpec::new(2, 1 << 32), None, "trades are counted in 32 bits");
        assert!(!BarSpec::Renko(-1).is_possible() && !BarSpec::Ticks(0).is_possible());
    }

    fn read_back(plan: &Plan) -> Read<Plan> {
        let mut w = Writer::new();
        plan.put(&mut w);
        Reader::whole(w.bytes(), Plan::take)
    }

    #[test]
    fn a_plan_comes_back_from_its_bytes_with_at_most_64_bar_specifications() {
        let bars = |size| Subscription {
            instrument: InstrumentId(1),
            topic: Topic::Bar,
            filter: ChangeFilter::Every,
            bars: BarSpec::new(11, size),
            warm_up: 2,
        };
        let most = Plan { subscriptions: (1..=64).map(bars).collect() };
        assert_eq!(read_back(&most), Ok(most.clone()));
        let more = Plan { subscriptions: (1..=65).map(bars).collect() };
        assert!(read_back(&more).is_err());
    }
}
