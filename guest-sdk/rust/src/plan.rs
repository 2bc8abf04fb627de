//! Question: what does a strategy want to see?
//!
//! In: the author's wishes, in one chain of calls. Out: a checked list of subscriptions. Must never hand the host a
//! plan that contradicts itself.

use core::fmt;

use crate::named::named_enum;
use crate::number::{InstrumentId, Qty};

named_enum! {
    /// What can be subscribed to.
    EventKind {
        /// Public trades.
        Trade = "trade",
        /// The touch.
        Quote = "quote",
        /// Book changes.
        Book = "book",
        /// Bars.
        Bar = "bar",
        /// Mark prices.
        MarkPrice = "mark-price",
        /// Funding rates.
        Funding = "funding",
        /// Trading state of the instrument.
        Status = "status",
        /// State of the feed.
        Feed = "feed",
        /// Corporate actions.
        CorporateAction = "corporate-action",
        /// What venues say about own orders.
        Order = "order",
        /// Outside data; has no instrument.
        Signal = "signal",
        /// Trading enabled or disabled; has no instrument.
        Trading = "trading",
    }
}

named_enum! {
    /// Which changes of a quote or book subscription are delivered.
    ChangeFilter {
        /// Every event.
        Every = "every",
        /// Only when a price of the touch changed.
        TouchPrice = "touch-price",
        /// Only when a price or quantity of the touch changed.
        Touch = "touch",
        /// Only when a price of the touch changed, or when since the last one delivered something of the strategy's own
        /// may have changed: it emitted an intent (no note), one of its orders or its position changed, or an outcome waits.
        TouchPriceOrOwn = "touch-price-or-own",
    }
}

/// When a bar closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarSpec {
    /// After so many nanoseconds, aligned to the Unix epoch.
    TimeNs(u64),
    /// After so many trades.
    Ticks(u32),
    /// After so much traded quantity.
    Volume(Qty),
}

impl BarSpec {
    /// Bars of so many seconds.
    #[must_use]
    pub const fn seconds(count: u32) -> Self {
        Self::TimeNs(count as u64 * 1_000_000_000)
    }

    /// Bars of so many minutes.
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self::TimeNs(count as u64 * 60_000_000_000)
    }

    /// Bars of so many days.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self::TimeNs(count as u64 * 86_400_000_000_000)
    }

    const fn is_positive(self) -> bool {
        match self {
            Self::TimeNs(interval) => interval > 0,
            Self::Ticks(count) => count > 0,
            Self::Volume(qty) => qty.is_positive(),
        }
    }
}

/// A wish to be called for one kind of event of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Which instrument, [`InstrumentId::NONE`] for kinds that have none.
    pub instrument: InstrumentId,
    /// Which kind of event.
    pub kind: EventKind,
    /// Which changes.
    pub filter: ChangeFilter,
    /// Which bars, for kind [`EventKind::Bar`] only; `None` = every bar of the instrument.
    pub bars: Option<BarSpec>,
    /// How many of these events are only for warming up.
    pub warm_up: u32,
}

/// What a strategy wants to see. Each call adds one subscription; `filter` and `warm_up` change the one added last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Plan {
    subscriptions: Vec<Subscription>,
    fault: Option<PlanError>,
}

/// Why a plan was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// `filter` or `warm_up` before any subscription.
    NothingToChange,
    /// A filter on something other than quotes or book.
    FilterNotPossible(EventKind),
    /// A subscription of a kind that needs an instrument, with instrument 0.
    NoInstrument(EventKind),
    /// A bar specification of 0 or less.
    EmptyBar,
    /// The same instrument, kind and bars twice.
    Twice(EventKind),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, kind) = match self {
            Self::NothingToChange => ("filter or warm_up before the first subscription", None),
            Self::FilterNotPossible(kind) => ("only quotes and book can be filtered, not ", Some(kind)),
            Self::NoInstrument(kind) => ("no instrument for ", Some(kind)),
            Self::EmptyBar => ("bars of size 0", None),
            Self::Twice(kind) => ("subscribed twice: ", Some(kind)),
        };
        f.write_str(text)?;
        f.write_str(kind.map_or("", |kind| kind.name()))
    }
}

impl core::error::Error for PlanError {}

impl Plan {
    /// Nothing yet. Outcomes of own intents and `wake` come without a subscription.
    pub const fn new() -> Self {
        Self { subscriptions: Vec::new(), fault: None }
    }

    /// Public trades.
    pub fn trades(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Trade)
    }

    /// The touch.
    pub fn quotes(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Quote)
    }

    /// Book changes.
    pub fn book(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Book)
    }

    /// Every bar of the instrument, whatever its specification.
    pub fn all_bars(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Bar)
    }

    /// Bars of a specification.
    pub fn bars(mut self, instrument: InstrumentId, spec: BarSpec) -> Self {
        self = self.plus(instrument, EventKind::Bar);
        if let Some(last) = self.subscriptions.last_mut() {
            last.bars = Some(spec);
        }
        self
    }

    /// Mark prices.
    pub fn mark_prices(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::MarkPrice)
    }

    /// Funding rates.
    pub fn funding(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Funding)
    }

    /// Trading state of the instrument.
    pub fn status(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Status)
    }

    /// State of the feed.
    pub fn feed(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Feed)
    }

    /// Corporate actions.
    pub fn corporate_actions(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::CorporateAction)
    }

    /// What venues say about own orders.
    pub fn orders(self, instrument: InstrumentId) -> Self {
        self.plus(instrument, EventKind::Order)
    }

    /// Outside data.
    pub fn signals(self) -> Self {
        self.plus(InstrumentId::NONE, EventKind::Signal)
    }

    /// Trading enabled or disabled.
    pub fn trading(self) -> Self {
        self.plus(InstrumentId::NONE, EventKind::Trading)
    }

    /// Deliver only these changes of the subscription added last (quotes or book).
    pub fn filter(mut self, filter: ChangeFilter) -> Self {
        match self.subscriptions.last_mut() {
            Some(last) => last.filter = filter,
            None => self.fault = Some(PlanError::NothingToChange),
        }
        self
    }

    /// So many events of the subscription added last are only for warming up: intents are refused until every
    /// subscription has had its number.
    pub fn warm_up(mut self, events: u32) -> Self {
        match self.subscriptions.last_mut() {
            Some(last) => last.warm_up = events,
            None => self.fault = Some(PlanError::NothingToChange),
        }
        self
    }

    /// The subscriptions, in the order they were added.
    #[must_use]
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// Looks for contradictions; every run does this after `setup`.
    ///
    /// # Errors
    /// The first contradiction: see [`PlanError`].
    pub fn check(&self) -> Result<(), PlanError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        for (at, wish) in self.subscriptions.iter().enumerate() {
            wish.check()?;
            let key = |other: &Subscription| (other.instrument, other.kind, other.bars);
            if self.subscriptions.iter().take(at).any(|earlier| key(earlier) == key(wish)) {
                return Err(PlanError::Twice(wish.kind));
            }
        }
        Ok(())
    }

    fn plus(mut self, instrument: InstrumentId, kind: EventKind) -> Self {
        self.subscriptions.push(Subscription { instrument, kind, filter: ChangeFilter::Every, bars: None, warm_up: 0 });
        self
    }
}

impl Subscription {
    fn check(&self) -> Result<(), PlanError> {
        let needs_instrument = !matches!(self.kind, EventKind::Signal | EventKind::Trading);
        if needs_instrument && self.instrument == InstrumentId::NONE {
            return Err(PlanError::NoInstrument(self.kind));
        }
        let filterable = matches!(self.kind, EventKind::Quote | EventKind::Book);
        if !filterable && self.filter != ChangeFilter::Every {
            return Err(PlanError::FilterNotPossible(self.kind));
        }
        match self.bars {
            Some(spec) if !spec.is_positive() => Err(PlanError::EmptyBar),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPY: InstrumentId = InstrumentId(1);

    #[track_caller]
    fn check(plan: &Plan, want: &str) {
        let got = plan.check().map_or_else(|error| error.to_string(), |()| "fine".to_owned());
        assert_eq!(got, want);
    }

    #[test]
    fn modifiers_change_the_subscription_added_last() {
        let plan = Plan::new().trades(SPY).warm_up(5).quotes(SPY).filter(ChangeFilter::Touch);
        check(&plan, "fine");
        let seen: Vec<_> = plan.subscriptions().iter().map(|one| (one.kind, one.warm_up, one.filter)).collect();
        assert_eq!(seen, [(EventKind::Trade, 5, ChangeFilter::Every), (EventKind::Quote, 0, ChangeFilter::Touch)]);
    }

    #[test]
    fn contradictions_are_named() {
        check(&Plan::new().warm_up(5).trades(SPY), "filter or warm_up before the first subscription");
        check(&Plan::new().trades(SPY).filter(ChangeFilter::Touch), "only quotes and book can be filtered, not trade");
        check(&Plan::new().quotes(InstrumentId::NONE), "no instrument for quote");
        check(&Plan::new().bars(SPY, BarSpec::TimeNs(0)), "bars of size 0");
        check(&Plan::new().bars(SPY, BarSpec::Volume(Qty(-1))), "bars of size 0");
        check(&Plan::new().trades(SPY).quotes(SPY).trades(SPY), "subscribed twice: trade");
    }

    #[test]
    fn two_bar_sizes_of_one_instrument_are_two_subscriptions() {
        check(&Plan::new().bars(SPY, BarSpec::minutes(1)).bars(SPY, BarSpec::minutes(5)), "fine");
        check(
            &Plan::new().bars(SPY, BarSpec::minutes(1)).bars(SPY, BarSpec::TimeNs(60_000_000_000)),
            "subscribed twice: bar",
        );
    }

    #[test]
    fn kinds_without_an_instrument_need_none() {
        check(&Plan::new().signals().trading().book(SPY).filter(ChangeFilter::TouchPrice), "fine");
    }
}
