//! Plan: what does a guest of this version want to see?
//!
//! In: subscriptions made by hostile code. Out: a core plan that names only what this strategy was shown. Must never:
//! grow without bound, or hold two subscriptions to the same.

use std::collections::BTreeSet;

use ringfence_core::config::StrategySlot;
use ringfence_core::ids::InstrumentId;
use ringfence_core::plan::{BarSpec, ChangeFilter, Plan, SUBSCRIPTIONS_MAX, Subscription, Topic};

use super::types;

/// Checks a plan; the error says which subscription and why.
pub(super) fn plan(wanted: &types::Plan, slot: &StrategySlot) -> Result<Plan, String> {
    let count = wanted.subscriptions.len();
    if count > SUBSCRIPTIONS_MAX {
        return Err(format!("{count} subscriptions; at most {SUBSCRIPTIONS_MAX}"));
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
    let (kind, size) = match subscription.bars {
        None => (0, 0),
        Some(BarSpec::TimeNs(ns)) => (1, ns),
        Some(BarSpec::Ticks(count)) => (2, u64::from(count)),
        Some(BarSpec::Volume(qty)) => (3, qty.unsigned_abs()),
    };
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
    let bars = wish.bars.map(bar_spec).transpose()?;
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

fn bar_spec(spec: types::BarSpec) -> Result<BarSpec, String> {
    match spec {
        types::BarSpec::TimeNs(0) => Err("bars of length 0".to_owned()),
        types::BarSpec::TimeNs(ns) => Ok(BarSpec::TimeNs(ns)),
        types::BarSpec::Ticks(_) | types::BarSpec::Volume(_) => {
            Err("bars by ticks or volume are not built by this host".to_owned())
        }
    }
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
