//! Question: what does a strategy want to see?
//!
//! In: the author's wishes, in one chain of calls. Out: a checked list of subscriptions. Must never hand the host a
//! plan that contradicts itself.

use core::fmt;

use crate::named::named_enum;
use crate::number::{InstrumentId, Notional, Price, Qty};

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

/// When a bar closes. The host builds bars from trades: a bar by time holds the trades from its start up to, and without,
/// its end; one of another kind closes with the trade that completes it. A trade is a buy or a sell by its aggressor, or,
/// where none is told, by the tick rule. Every size is above 0 and below 2^60.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarSpec {
    /// After so many nanoseconds, aligned to the Unix epoch.
    TimeNs(u64),
    /// After so many trades.
    Ticks(u32),
    /// After so much traded quantity.
    Volume(Qty),
    /// After so much traded value.
    Value(Notional),
    /// When the numbers of buys and sells differ by so many.
    TickImbalance(u32),
    /// When the quantities of buys and sells differ by so much.
    VolumeImbalance(Qty),
    /// When the values of buys and sells differ by so much.
    ValueImbalance(Notional),
    /// When buys or sells are so many.
    TickRuns(u32),
    /// When the quantity of buys or of sells is so much.
    VolumeRuns(Qty),
    /// When the value of buys or of sells is so much.
    ValueRuns(Notional),
    /// With each brick of so much price; bricks turn after two, and one trade may end several.
    Renko(Price),
    /// When high and low are so far apart.
    Range(Price),
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

    /// Name of the kind, as in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimeNs(_) => "time",
            Self::Ticks(_) => "ticks",
            Self::Volume(_) => "volume",
            Self::Value(_) => "value",
            Self::TickImbalance(_) => "tick-imbalance",
            Self::VolumeImbalance(_) => "volume-imbalance",
            Self::ValueImbalance(_) => "value-imbalance",
            Self::TickRuns(_) => "tick-runs",
            Self::VolumeRuns(_) => "volume-runs",
            Self::ValueRuns(_) => "value-runs",
            Self::Renko(_) => "renko",
            Self::Range(_) => "range",
        }
    }

    /// What a host writes into [`crate::Bar::interval_ns`] for these bars: the place of the kind above the size.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn code(self) -> u64 {
        let (kind, size) = match self {
            Self::TimeNs(size) => (0, size),
            Self::Ticks(count) => (1, count.into()),
            Self::Volume(Qty(size)) => (2, size.unsigned_abs()),
            Self::Value(Notional(size)) => (3, size.unsigned_abs()),
            Self::TickImbalance(count) => (4, count.into()),
            Self::VolumeImbalance(Qty(size)) => (5, size.unsigned_abs()),
            Self::ValueImbalance(Notional(size)) => (6, size.unsigned_abs()),
            Self::TickRuns(count) => (7, count.into()),
            Self::VolumeRuns(Qty(size)) => (8, size.unsigned_abs()),
            Self::ValueRuns(Notional(size)) => (9, size.unsigned_abs()),
            Self::Renko(Price(size)) => (10, size.unsigned_abs()),
            Self::Range(Price(size)) => (11, size.unsigned_abs()),
        };
        kind << SIZE_BITS | size
    }

    /// The specification that a host wrote as this number.
    pub(crate) fn from_code(code: u64) -> Option<Self> {
        let size = code & ((1 << SIZE_BITS) - 1);
        let (count, amount) = (u32::try_from(size).ok(), size.cast_signed());
        let spec = match code >> SIZE_BITS {
            0 => Self::TimeNs(size),
            1 => Self::Ticks(count?),
            2 => Self::Volume(Qty(amount)),
            3 => Self::Value(Notional(amount)),
            4 => Self::TickImbalance(count?),
            5 => Self::VolumeImbalance(Qty(amount)),
            6 => Self::ValueImbalance(Notional(amount)),
            7 => Self::TickRuns(count?),
            8 => Self::VolumeRuns(Qty(amount)),
            9 => Self::ValueRuns(Notional(amount)),
            10 => Self::Renko(Price(amount)),
            11 => Self::Range(Price(amount)),
            _ => return None,
        };
        spec.is_possible().then_some(spec)
    }

    /// Some specification of the kind with this name.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn named(name: &str) -> Option<Self> {
        (0..16).filter_map(|kind| Self::from_code(kind << SIZE_BITS | 1)).find(|spec| spec.name() == name)
    }

    /// The same kind with another size, a mantissa or a count.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn of_size(self, size: u64) -> Self {
        Self::from_code(self.code() >> SIZE_BITS << SIZE_BITS | size).unwrap_or(self)
    }

    fn is_possible(self) -> bool {
        let fits = |size: u64| size > 0 && size >> SIZE_BITS == 0;
        let positive = |size: i64| u64::try_from(size).is_ok_and(fits);
        match self {
            Self::TimeNs(size) => fits(size),
            Self::Ticks(count) | Self::TickImbalance(count) | Self::TickRuns(count) => count > 0,
            Self::Volume(Qty(size)) | Self::VolumeImbalance(Qty(size)) | Self::VolumeRuns(Qty(size)) => positive(size),
            Self::Value(Notional(size)) | Self::ValueImbalance(Notional(size)) | Self::ValueRuns(Notional(size)) => {
                positive(size)
            }
            Self::Renko(Price(size)) | Self::Range(Price(size)) => positive(size),
        }
    }
}

/// Bits of a bar's size.
const SIZE_BITS: u32 = 60;

/// Subscriptions with a bar specification that a host takes.
const BAR_SPECS_MAX: usize = 64;

/// A wish to be called for one kind of event of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Which instrument, [`InstrumentId::NONE`] for kinds that have none.
    pub instrument: InstrumentId,
    /// Which kind of event.
    pub kind: EventKind,
    /// Which changes.
    pub filter: ChangeFilter,
    /// Which bars, for kind [`EventKind::Bar`] only; `None` = every bar that the feed brings.
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
    /// A bar specification whose size is not above 0 and below 2^60.
    BarSize(&'static str),
    /// More subscriptions with a bar specification than a host takes.
    BarSpecs(usize),
    /// The same instrument, kind and bars twice.
    Twice(EventKind),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, kind) = match self {
            Self::BarSize(kind) => return write!(f, "bars by {kind} of a size that is not above 0 and below 2^60"),
            Self::BarSpecs(count) => {
                return write!(f, "{count} subscriptions with a bar specification; at most {BAR_SPECS_MAX}");
            }
            Self::NothingToChange => ("filter or warm_up before the first subscription", None),
            Self::FilterNotPossible(kind) => ("only quotes and book can be filtered, not ", Some(kind)),
            Self::NoInstrument(kind) => ("no instrument for ", Some(kind)),
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

    /// Every bar of the instrument that the feed brings, whatever its length.
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
        let specs = self.subscriptions.iter().filter(|wish| wish.bars.is_some()).count();
        if specs > BAR_SPECS_MAX {
            return Err(PlanError::BarSpecs(specs));
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
            Some(spec) if !spec.is_possible() => Err(PlanError::BarSize(spec.name())),
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
        let size = "of a size that is not above 0 and below 2^60";
        check(&Plan::new().bars(SPY, BarSpec::TimeNs(0)), &format!("bars by time {size}"));
        check(&Plan::new().bars(SPY, BarSpec::Volume(Qty(-1))), &format!("bars by volume {size}"));
        check(&Plan::new().bars(SPY, BarSpec::Renko(Price(1 << 60))), &format!("bars by renko {size}"));
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
    fn as_many_bar_specifications_are_planned_as_a_host_takes() {
        let plan = |count: u32| (1..=count).fold(Plan::new(), |plan, size| plan.bars(SPY, BarSpec::Ticks(size)));
        check(&plan(64), "fine");
        check(&plan(65), "65 subscriptions with a bar specification; at most 64");
    }

    #[test]
    fn every_kind_of_bar_has_a_number_that_it_comes_back_from() {
        for kind in 0..12_u64 {
            let spec = BarSpec::from_code(kind << 60 | 7).expect("a kind");
            assert_eq!(spec.code(), kind << 60 | 7, "{}", spec.name());
        }
        assert_eq!(BarSpec::from_code(60_000_000_000), Some(BarSpec::minutes(1)));
        assert_eq!([0, 12 << 60 | 7, 1 << 60, 1 << 60 | 1 << 32].map(BarSpec::from_code), [None; 4]);
    }

    #[test]
    fn kinds_without_an_instrument_need_none() {
        check(&Plan::new().signals().trading().book(SPY).filter(ChangeFilter::TouchPrice), "fine");
    }
}
