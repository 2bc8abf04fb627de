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

/// Which bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarSpec {
    /// Bars of so many ns.
    TimeNs(u64),
    /// Bars of so many ticks.
    Ticks(u32),
    /// Bars of so much volume, a mantissa at the quantity scale.
    Volume(i64),
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
    /// For bars: which; `None` = every bar of the tape.
    pub bars: Option<BarSpec>,
    /// So many events of this subscription are delivered with emit refused.
    pub warm_up: u32,
}

/// All subscriptions of a strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// At most [`SUBSCRIPTIONS_MAX`].
    pub subscriptions: Vec<Subscription>,
}

/// Most subscriptions a strategy may have: a bound on what an untrusted guest can make the host keep.
pub const SUBSCRIPTIONS_MAX: usize = 4096;

impl Topic {
    /// Topic of an event, where it is delivered by subscription.
    #[must_use]
    pub const fn of(kind: &EventKind) -> Option<Topic> {
        match kind {
            EventKind::Trade(_) => Some(Topic::Trade),
            EventKind::Quote(_) => Some(Topic::Quote),
            EventKind::BookLevel(_) => Some(Topic::Book),
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
            | EventKind::TimeAdvanced => None,
        }
    }
}

impl Plan {
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
        if subscriptions.len() > SUBSCRIPTIONS_MAX {
            return Err(r.invalid("plan"));
        }
        Ok(Plan { subscriptions })
    }
}

pub(crate) fn put_bars(w: &mut Writer, bars: BarSpec) {
    match bars {
        BarSpec::TimeNs(ns) => {
            w.u8(1);
            w.u64(ns);
        }
        BarSpec::Ticks(count) => {
            w.u8(2);
            w.u32(count);
        }
        BarSpec::Volume(qty) => {
            w.u8(3);
            w.i64(qty);
        }
    }
}

fn take_bars(r: &mut Reader<'_>) -> Read<BarSpec> {
    match r.u8()? {
        1 => r.u64().map(BarSpec::TimeNs),
        2 => r.u32().map(BarSpec::Ticks),
        3 => r.i64().map(BarSpec::Volume),
        _ => Err(r.invalid("bar specification")),
    }
}
