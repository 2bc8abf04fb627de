//! Plan: what does a guest of this version want to see?
//!
//! In: subscriptions made by hostile code. Out: a core plan that names only what this strategy was shown. Must never:
//! grow without bound, or hold two subscriptions to the same.

use std::collections::BTreeSet;

use ringfence_core::config::StrategySlot;
use ringfence_core::ids::InstrumentId;
use ringfence_core::plan::{
    BAR_SIZE_BITS, BAR_SPECS_MAX, BarSpec, ChangeFilter, Plan, SUBSCRIPTIONS_MAX, Subscription, Topic,
};

use super::types;

/// Checks a plan; the error says which subscription and why.
pub(super) fn plan(wanted: &types::Plan, slot: &StrategySlot) -> Result<Plan, String> {
    let count = wanted.subscriptions.len();
    if count > SUBSCRIPTIONS_MAX {
        return Err(format!("{count} subscriptions; at most {SUBSCRIPTIONS_MAX}"));
    }
    let bars = wanted.subscriptions.iter().filter(|wish| wish.bars.is_some()).count();
    if bars > BAR_SPECS_MAX {
        return Err(format!("{bars} subscriptions with a bar specification; at most {BAR_SPECS_MAX}"));
    }
    let mut seen = BTreeSet::new();
    let mut subscriptions = Vec::with_capacity(count);
    for (at, wish) in wanted.subscriptions.iter().enumerate() {
        let named = |why: String| format!("subscription {} ({why})", at + 1);
        let subscription = subscription(wish, slot).map_err(named)?;
        if !seen.insert(identity(&subscription)) {
            return Err(named(format!("instrument {}, {} twice", wish.instrument, subscription.topic.code())));
        }
        subscriptions.push(subscription);
    }
    Ok(Plan { subscriptions })
}

/// (instrument, kind, bars) as numbers, to find doubles.
fn identity(subscription: &Subscription) -> (u32, u8, u8, u64) {
    let (kind, size) = subscription.bars.map_or((0, 0), |spec| (spec.number(), spec.size()));
    (subscription.instrument.0, subscription.topic.number(), kind, size)
}

fn subscription(wish: &types::Subscription, slot: &StrategySlot) -> Result<Subscription, String> {
    let topic = topic(wish.kind);
    let filter = filter(wish.filter);
    let instrument = InstrumentId(wish.instrument);
    check_instrument(topic, instrument, slot)?;
    if filter != ChangeFilter::Every && !matches!(topic, Topic::Quote | Topic::Book) {
        return Err(format!("{} has no filter {}", topic.code(), filter.code()));
    }
    if wish.bars.is_some() && topic != Topic::Bar {
        return Err(format!("{} with a bar specification", topic.code()));
    }
    let bars = wish.bars.map(|spec| bar_spec(spec).ok_or_else(|| bad_size(spec))).transpose()?;
    Ok(Subscription { instrument, topic, filter, bars, warm_up: wish.warm_up })
}

fn check_instrument(topic: Topic, instrument: InstrumentId, slot: &StrategySlot) -> Result<(), String> {
    let has_none = matches!(topic, Topic::Signal | Topic::Trading);
    if has_none != (instrument == InstrumentId::NONE) {
        let wanted = if has_none { "instrument 0" } else { "an instrument" };
        return Err(format!("{} of instrument {}; it takes {wanted}", topic.code(), instrument.0));
    }
    if has_none || slot.instruments.contains(&instrument) {
        return Ok(());
    }
    Err(format!("instrument {} is not one of those given to setup", instrument.0))
}

/// The specification; `None` where its size is out of range.
pub(super) fn bar_spec(spec: types::BarSpec) -> Option<BarSpec> {
    use types::BarSpec as S;
    let spec = match spec {
        S::TimeNs(ns) => BarSpec::TimeNs(ns),
        S::Ticks(count) => BarSpec::Ticks(count),
        S::Volume(size) => BarSpec::Volume(size),
        S::Value(size) => BarSpec::Value(size),
        S::TickImbalance(count) => BarSpec::TickImbalance(count),
        S::VolumeImbalance(size) => BarSpec::VolumeImbalance(size),
        S::ValueImbalance(size) => BarSpec::ValueImbalance(size),
        S::TickRuns(count) => BarSpec::TickRuns(count),
        S::VolumeRuns(size) => BarSpec::VolumeRuns(size),
        S::ValueRuns(size) => BarSpec::ValueRuns(size),
        S::Renko(size) => BarSpec::Renko(size),
        S::Range(size) => BarSpec::Range(size),
    };
    spec.is_possible().then_some(spec)
}

fn bad_size(spec: types::BarSpec) -> String {
    format!("bars of a size that is not above 0 and below 2^{BAR_SIZE_BITS}: {spec:?}")
}

fn topic(kind: types::EventKind) -> Topic {
    match kind {
        types::EventKind::Trade => Topic::Trade,
        types::EventKind::Quote => Topic::Quote,
        types::EventKind::Book => Topic::Book,
        types::EventKind::Bar => Topic::Bar,
        types::EventKind::MarkPrice => Topic::MarkPrice,
        types::EventKind::Funding => Topic::Funding,
        types::EventKind::Status => Topic::Status,
        types::EventKind::Feed => Topic::Feed,
        types::EventKind::CorporateAction => Topic::CorporateAction,
        types::EventKind::Order => Topic::Order,
        types::EventKind::Signal => Topic::Signal,
        types::EventKind::Trading => Topic::Trading,
    }
}

fn filter(filter: types::ChangeFilter) -> ChangeFilter {
    match filter {
        types::ChangeFilter::Every => ChangeFilter::Every,
        types::ChangeFilter::TouchPrice => ChangeFilter::TouchPrice,
        types::ChangeFilter::Touch => ChangeFilter::Touch,
        types::ChangeFilter::TouchPriceOrOwn => ChangeFilter::TouchPriceOrOwn,
    }
}
