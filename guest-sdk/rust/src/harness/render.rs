//! Question: how do intents and plans read as text?
//!
//! In: an intent. Out: one line, numbers at the instrument's scales.

use std::fmt::Write;

use crate::decimal::mantissa_text;
use crate::instrument::Instrument;
use crate::intent::{Amend, Bound, Curve, Extras, GroupKind, Intent, Schedule, Size, Submit, TrailUnit, TriggerBy};
use crate::number::{InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::plan::{BarSpec, ChangeFilter, Plan, Subscription};

/// A moment in seconds, without zeros that say nothing: `1.5s`.
pub(super) fn time(time: TimeNs) -> String {
    let text = mantissa_text(i128::from(time.0), 9);
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// One intent; `of_order` knows the instrument of the order that an amend means.
pub(super) fn intent(
    intent: &Intent,
    of_order: impl Fn(IntentId) -> InstrumentId,
    instruments: &[Instrument],
) -> String {
    let scoped = |word: &str, scope: &Option<InstrumentId>| match scope {
        Some(id) => format!("{word} {}", symbol(*id, instruments)),
        None => word.to_owned(),
    };
    match intent {
        Intent::Submit(order) => submit(order, instruments),
        Intent::Cancel(id) => format!("cancel #{id}"),
        Intent::Amend(change) => amend(change, of_order(change.id), instruments),
        Intent::CancelAll(scope) => scoped("cancel-all", scope),
        Intent::Flatten(scope) => scoped("flatten", scope),
        Intent::WakeAt(at) => format!("wake-at {}", time(*at)),
        Intent::Note(text) => format!("note {text:?}"),
        Intent::Schedule(wish) => schedule(wish, instruments),
    }
}

/// One line a subscription.
pub(super) fn plan(plan: &Plan, instruments: &[Instrument]) -> String {
    plan.subscriptions().iter().map(|wish| subscription(wish, instruments) + "\n").collect()
}

fn size(size: Size, instrument: InstrumentId, instruments: &[Instrument]) -> String {
    match size {
        Size::Quantity(value) => qty(value, instrument, instruments),
        Size::Notional(value) => format!("notional {}", price(Price(value.0), instrument, instruments)),
    }
}

fn schedule(wish: &Schedule, instruments: &[Instrument]) -> String {
    let size = size(wish.size, wish.instrument, instruments);
    let mut line = format!("schedule {} {} {size}", wish.side.name(), symbol(wish.instrument, instruments));
    match wish.bound {
        Bound::Limit(limit) => push(&mut line, &format!("@{}", price(limit, wish.instrument, instruments))),
        Bound::Slippage(bps) => push(&mut line, &format!("slippage {bps}bps")),
    }
    match &wish.curve {
        Curve::Even(slices) => push(&mut line, &format!("even {slices}")),
        Curve::Profile(weights) => push(&mut line, &format!("profile {weights:?}")),
        Curve::Volume { slices, bps } => push(&mut line, &format!("volume {slices} {bps}bps")),
    }
    if wish.start != TimeNs(0) {
        push(&mut line, &format!("from {}", time(wish.start)));
    }
    push(&mut line, &format!("to {}", time(wish.end)));
    if wish.post_only {
        push(&mut line, "post-only");
    }
    if wish.reduce_only {
        push(&mut line, "reduce-only");
    }
    line
}

fn submit(order: &Submit, instruments: &[Instrument]) -> String {
    let size = size(order.size, order.instrument, instruments);
    let mut line = format!("{} {} {size}", order.side.name(), symbol(order.instrument, instruments));
    push(&mut line, order.order_type.name());
    if let Some(limit) = order.limit_price {
        push(&mut line, &format!("@{}", price(limit, order.instrument, instruments)));
    }
    if let Some(stop) = order.stop_price {
        push(&mut line, &format!("stop @{}", price(stop, order.instrument, instruments)));
    }
    push(&mut line, order.tif.name());
    if let Some(bps) = order.slippage_bps_max {
        push(&mut line, &format!("slippage {bps}bps"));
    }
    if order.post_only {
        push(&mut line, "post-only");
    }
    if order.reduce_only {
        push(&mut line, "reduce-only");
    }
    extras(&mut line, &order.extras, order.instrument, instruments);
    line
}

/// What few orders ask for.
fn extras(line: &mut String, extras: &Extras, instrument: InstrumentId, instruments: &[Instrument]) {
    if let Some(trail) = extras.trail {
        let offset = |value: i64| match trail.unit {
            TrailUnit::Price => price(Price(value), instrument, instruments),
            TrailUnit::Bps | TrailUnit::Ticks => format!("{value}{}", trail.unit.name()),
        };
        push(line, &format!("trail {}", offset(trail.offset)));
        if trail.limit_offset != 0 {
            push(line, &format!("limit-offset {}", offset(trail.limit_offset)));
        }
    }
    if extras.trigger_by != TriggerBy::Last {
        push(line, &format!("by {}", extras.trigger_by.name()));
    }
    if let Some(end) = extras.expire_at {
        push(line, &format!("until {}", time(end)));
    }
    if let Some(shown) = extras.display_qty {
        push(line, &format!("display {}", qty(shown, instrument, instruments)));
    }
    if let Some(parent) = extras.parent {
        push(line, &format!("after #{parent}"));
    }
    if extras.group_kind != GroupKind::None {
        push(line, extras.group_kind.name());
    }
    if let Some(group) = extras.group {
        push(line, &format!("#{group}"));
    }
}

fn amend(change: &Amend, instrument: InstrumentId, instruments: &[Instrument]) -> String {
    let mut line = format!("amend #{}", change.id);
    if let Some(value) = change.price {
        push(&mut line, &format!("@{}", price(value, instrument, instruments)));
    }
    if let Some(value) = change.qty {
        push(&mut line, &format!("qty {}", qty(value, instrument, instruments)));
    }
    if let Some(value) = change.trigger {
        push(&mut line, &format!("trigger @{}", price(value, instrument, instruments)));
    }
    line
}

fn subscription(wish: &Subscription, instruments: &[Instrument]) -> String {
    let mut line = wish.kind.name().to_owned();
    if wish.instrument != InstrumentId::NONE {
        push(&mut line, symbol(wish.instrument, instruments));
    }
    match wish.bars {
        None => {}
        Some(BarSpec::TimeNs(interval)) => push(&mut line, &time(TimeNs(interval))),
        Some(BarSpec::Ticks(count)) => push(&mut line, &format!("{count} ticks")),
        Some(spec) => push(&mut line, &format!("{} {}", spec.name(), bar_size(spec, wish.instrument, instruments))),
    }
    if wish.filter != ChangeFilter::Every {
        push(&mut line, wish.filter.name());
    }
    if wish.warm_up > 0 {
        write!(line, " warm-up {}", wish.warm_up).expect("a string takes everything");
    }
    line
}

fn bar_size(spec: BarSpec, id: InstrumentId, instruments: &[Instrument]) -> String {
    match spec {
        BarSpec::TimeNs(interval) => time(TimeNs(interval)),
        BarSpec::Ticks(count) | BarSpec::TickImbalance(count) | BarSpec::TickRuns(count) => count.to_string(),
        BarSpec::Volume(value) | BarSpec::VolumeImbalance(value) | BarSpec::VolumeRuns(value) => {
            qty(value, id, instruments)
        }
        BarSpec::Value(value) | BarSpec::ValueImbalance(value) | BarSpec::ValueRuns(value) => {
            price(Price(value.0), id, instruments)
        }
        BarSpec::Renko(value) | BarSpec::Range(value) => price(value, id, instruments),
    }
}

fn push(line: &mut String, word: &str) {
    line.push(' ');
    line.push_str(word);
}

fn find(id: InstrumentId, instruments: &[Instrument]) -> Option<&Instrument> {
    instruments.iter().find(|instrument| instrument.id == id)
}

fn symbol(id: InstrumentId, instruments: &[Instrument]) -> &str {
    find(id, instruments).map_or("?", |instrument| instrument.symbol.as_str())
}

fn price(value: Price, id: InstrumentId, instruments: &[Instrument]) -> String {
    value.to_text(find(id, instruments).map_or(0, |instrument| instrument.price_scale))
}

fn qty(value: Qty, id: InstrumentId, instruments: &[Instrument]) -> String {
    value.to_text(find(id, instruments).map_or(0, |instrument| instrument.qty_scale))
}
