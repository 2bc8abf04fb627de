//! Normalizer: is the intent well formed, and exactly how much at what price?
//!
//! In: an intent and State. Out: legs with final quantities and prices on the instrument's grid, or a malformed answer.
//! Must never: judge policy (Risk does), or change State.

pub mod form;
pub(crate) mod held;
mod schedule;

use alloc::vec::Vec;

use crate::decision::{Malformed, MalformedCode, Normalised};
use crate::ids::{InstrumentId, IntentId, LegId, LegKey, StrategyId};
use crate::instrument::{Instrument, Side};
use crate::intent::{
    Action, Amend, AmendTerms, CancelTerms, Intent, IntentKind, OrderTerms, OrderType, Size, Submit, TimeInForce,
};
use crate::money::{Decimal, Notional, Price, Qty, round_down_to_step};
use crate::order::Asked;
use crate::queue::Queue;
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::market::InstrumentMarket;

pub(crate) use schedule::{Whole, normalise_schedule};

/// Largest slippage bound, in basis points: half the price.
pub const SLIPPAGE_BPS_MAX: u32 = 5_000;

const BPS_PER_ONE: i128 = 10_000;

/// Most legs one intent becomes; a leg number has 15 bits and a step must stay bounded.
pub const LEGS_MAX: usize = 1024;

/// A leg and what became of it.
pub type Leg = (LegKey, Result<Normalised, Malformed>);

/// Turns one intent into legs: one for a submit, cancel or amend; one per order or position for the collective kinds.
pub fn normalise(state: &State, queue: &Queue, intent: &Intent, legs: &mut Vec<Leg>) {
    legs.clear();
    let key = intent.key;
    match intent.kind {
        IntentKind::Submit(submit) => legs.push((key, normalise_submit(state, &submit))),
        IntentKind::Cancel(order) => cancel_intent(state, queue, (key, order), legs),
        IntentKind::Amend(amend) => legs.push((key, normalise_amend(state, key, &amend))),
        IntentKind::CancelAll(only) => cancel_all((state, queue), (key, only), legs),
        IntentKind::Flatten(only) => flatten((state, queue), (key, only), legs),
        // These concern no order.
        IntentKind::WakeAt(_) | IntentKind::Note(_) => {}
        // Its orders are made when they are due.
        IntentKind::Schedule(_) => {}
    }
}

pub(crate) fn malformed(code: MalformedCode, value: i64, limit: i64) -> Malformed {
    Malformed { code, value, limit }
}

/// One part of a split or flatten, judged like any submit.
///
/// # Errors
/// The rule of form that it breaks.
pub(crate) fn normalise_part(state: &State, submit: &Submit) -> Result<Normalised, Malformed> {
    normalise_submit(state, submit)
}

/// Quantity of an order that waits to be sent, with everything of it checked as it would be now.
///
/// # Errors
/// The rule of form that it breaks.
pub(crate) fn whole_qty(state: &State, submit: &Submit) -> Result<Qty, Malformed> {
    match normalise_submit(state, submit)?.action {
        Action::Submit(terms) => Ok(terms.qty),
        Action::Cancel(_) | Action::Amend(_) => unreachable!("a submit is normalised to a submit"),
    }
}

/// Total quantity of a submit that is larger than its instrument allows; `None` where one order will do.
///
/// # Errors
/// The rule of form that the whole breaks, whatever its parts are.
pub(crate) fn oversize(state: &State, submit: &Submit) -> Result<Option<Qty>, Malformed> {
    let Some(market) = state.market(submit.instrument) else { return Ok(None) };
    let instrument = &market.instrument;
    let total = match submit.size {
        Size::Quantity(qty) => qty,
        Size::Notional(value) => {
            let bounded = slippage_limit(submit, market)?;
            let reference = submit.limit_price.or_else(|| market.reference(submit.side));
            qty_of_value(instrument, value, bounded.or(reference))?
        }
    };
    if total.0 <= instrument.qty_max.0 {
        return Ok(None);
    }
    if submit.tif == TimeInForce::Fok {
        return Err(malformed(MalformedCode::QtyMax, total.0, instrument.qty_max.0));
    }
    if total.0 % instrument.lot != 0 {
        return Err(malformed(MalformedCode::Lot, total.0, instrument.lot));
    }
    Ok(Some(total))
}

/// Total quantity of a submit that shows a part of itself at a time; `None` where that part is all of it.
///
/// # Errors
/// The rule of form that the whole breaks, or its part.
pub(crate) fn shown_in_parts(state: &State, submit: &Submit) -> Result<Option<Qty>, Malformed> {
    let display = submit.extras.display_qty;
    let Some(market) = state.market(submit.instrument).filter(|_| display != Qty(0)) else { return Ok(None) };
    let instrument = &market.instrument;
    form::check(submit, state.time())?;
    if display.0 % instrument.lot != 0 || display < instrument.qty_min || display > instrument.qty_max {
        return Err(malformed(MalformedCode::Display, display.0, instrument.lot));
    }
    let total = match submit.size {
        Size::Quantity(qty) => qty,
        Size::Notional(value) => qty_of_value(instrument, value, submit.limit_price)?,
    };
    if total.0 % instrument.lot != 0 {
        return Err(malformed(MalformedCode::Lot, total.0, instrument.lot));
    }
    Ok((total > display).then_some(total))
}

fn normalise_submit(state: &State, submit: &Submit) -> Result<Normalised, Malformed> {
    let id = i64::from(submit.instrument.0);
    let market = state.market(submit.instrument).ok_or(malformed(MalformedCode::Instrument, id, 0))?;
    let instrument = &market.instrument;
    form::check(submit, state.time())?;
    check_price(instrument, submit.limit_price)?;
    check_price(instrument, submit.stop_price)?;
    let reference = submit.limit_price.or_else(|| market.reference(submit.side));
    let bounded = slippage_limit(submit, market)?;
    let qty = match submit.size {
        Size::Quantity(qty) => qty,
        Size::Notional(value) => qty_of_value(instrument, value, bounded.or(reference))?,
    };
    check_qty(instrument, qty)?;
    let terms = OrderTerms {
        instrument: submit.instrument,
        side: submit.side,
        qty,
        order_type: if bounded.is_some() { OrderType::Limit } else { sent_type(submit) },
        limit_price: bounded.or(submit.limit_price),
        stop_price: submit.stop_price,
        tif: if bounded.is_some() { TimeInForce::Ioc } else { sent_tif(submit) },
        post_only: submit.post_only,
        reduce_only: submit.reduce_only,
        position_side: submit.position_side,
        reference: bounded.or(reference).ok_or(malformed(MalformedCode::Reference, id, 0))?,
    };
    check_notional(instrument, terms.reference.times(terms.qty), terms.reduce_only)?;
    let used_reference = bounded.is_some() || matches!(submit.size, Size::Notional(_));
    let reference = if used_reference { reference.unwrap_or_default() } else { Price(0) };
    Ok(Normalised { action: Action::Submit(terms), reference })
}

/// What a venue is asked for first: the remainder of a market-to-limit order follows.
const fn sent_type(submit: &Submit) -> OrderType {
    match submit.order_type {
        OrderType::MarketToLimit => OrderType::Market,
        OrderType::Market
        | OrderType::Limit
        | OrderType::StopMarket
        | OrderType::StopLimit
        | OrderType::MarketIfTouched
        | OrderType::LimitIfTouched
        | OrderType::TrailingStopMarket
        | OrderType::TrailingStopLimit => submit.order_type,
    }
}

/// How long a venue is asked to keep it: an end by date is Execution Control's.
const fn sent_tif(submit: &Submit) -> TimeInForce {
    if matches!(submit.order_type, OrderType::MarketToLimit) {
        return TimeInForce::Ioc;
    }
    match submit.tif {
        TimeInForce::Gtd => TimeInForce::Gtc,
        TimeInForce::Gtc
        | TimeInForce::Ioc
        | TimeInForce::Fok
        | TimeInForce::Day
        | TimeInForce::AtOpen
        | TimeInForce::AtClose => submit.tif,
    }
}

fn check_price(instrument: &Instrument, price: Option<Price>) -> Result<(), Malformed> {
    match price {
        Some(price) if price.0 % instrument.tick != 0 => Err(malformed(MalformedCode::Tick, price.0, instrument.tick)),
        Some(_) | None => Ok(()),
    }
}

fn check_qty(instrument: &Instrument, qty: Qty) -> Result<(), Malformed> {
    if qty.0 < instrument.qty_min.0 {
        return Err(malformed(MalformedCode::QtyMin, qty.0, instrument.qty_min.0));
    }
    if qty.0 > instrument.qty_max.0 {
        return Err(malformed(MalformedCode::QtyMax, qty.0, instrument.qty_max.0));
    }
    if qty.0 % instrument.lot != 0 {
        return Err(malformed(MalformedCode::Lot, qty.0, instrument.lot));
    }
    Ok(())
}

/// The value must be computable, and not below the instrument's smallest; both are shown in whole units of the quote
/// currency, the smallest rounded up.
fn check_notional(instrument: &Instrument, notional: Notional, only_reduces: bool) -> Result<(), Malformed> {
    let range = malformed(MalformedCode::Range, 0, 0);
    instrument.value(notional).ok_or(range)?;
    if instrument.notional_min == Decimal::ZERO || only_reduces {
        return Ok(());
    }
    let value = instrument.value_decimal(notional).map_err(|_| range)?.abs();
    if value < instrument.notional_min {
        let whole = |amount: Decimal| i64::try_from(amount).unwrap_or(i64::MAX);
        return Err(malformed(MalformedCode::NotionalMin, whole(value.floor()), whole(instrument.notional_min.ceil())));
    }
    Ok(())
}

/// A market intent with a slippage bound becomes an IOC limit at reference x (1 ± bps), rounded to the passive tick: a buy
/// never pays more, a sell never takes less than the bound.
fn slippage_limit(submit: &Submit, market: &InstrumentMarket) -> Result<Option<Price>, Malformed> {
    let Some(bps) = submit.max_slippage_bps else { return Ok(None) };
    let instrument = i64::from(submit.instrument.0);
    let reference = market.reference(submit.side).ok_or(malformed(MalformedCode::Reference, instrument, 0))?;
    let shift = i128::from(reference.0.unsigned_abs()) * i128::from(bps) * i128::from(submit.side.sign());
    let bound = i128::from(reference.0) * BPS_PER_ONE + shift;
    let step = i128::from(market.instrument.tick) * BPS_PER_ONE;
    let ticks = match submit.side {
        Side::Buy => bound.div_euclid(step),
        Side::Sell => -(-bound).div_euclid(step),
    };
    let price = i64::try_from(ticks * i128::from(market.instrument.tick));
    price.map(|price| Some(Price(price))).map_err(|_| malformed(MalformedCode::Range, reference.0, 0))
}

/// Largest quantity on the lot grid whose value at `price` is not above `value` (a mantissa at the price scale).
fn qty_of_value(instrument: &Instrument, value: i64, price: Option<Price>) -> Result<Qty, Malformed> {
    let id = i64::from(instrument.id.0);
    let price = price.filter(|price| price.0 > 0).ok_or(malformed(MalformedCode::Reference, id, 0))?;
    let range = malformed(MalformedCode::Range, value, 0);
    let multiplier = instrument.multiplier;
    let unit = i128::from(instrument.qty_scale.unit()) * i128::from(multiplier.scale.unit());
    // A negative value buys nothing; the smallest quantity of the instrument then says no.
    let above = i128::from(value.max(0)).checked_mul(unit).ok_or(range)?;
    let below = i128::from(price.0) * i128::from(multiplier.mantissa);
    let qty = i64::try_from(above / below).map_err(|_| range)?;
    Ok(Qty(round_down_to_step(qty, instrument.lot)))
}

fn normalise_amend(state: &State, key: LegKey, amend: &Amend) -> Result<Normalised, Malformed> {
    let missing = malformed(MalformedCode::Order, to_i64(amend.order.0), 0);
    // The orders of a schedule are its own, and so are those of the host.
    if state.schedules.find(key.strategy, amend.order).is_some() || !key.intent.may_touch(amend.order) {
        return Err(missing);
    }
    let order = state.order(key.strategy, amend.order).filter(|order| !order.state.is_terminal()).ok_or(missing)?;
    // What has gone out waits for no price any more.
    if let Some(trigger) = amend.trigger {
        return Err(malformed(MalformedCode::StopPrice, trigger.0, 0));
    }
    let market = state.market(order.terms.instrument).ok_or(missing)?;
    // What an amend leaves out stays as it was asked for last, be the answer of the venue under way or not.
    let newest = order.newest().ok_or(malformed(MalformedCode::Amend, to_i64(amend.order.0), 0))?;
    let (price, qty) = (amend.price.unwrap_or(newest.price), amend.qty.unwrap_or(newest.qty));
    check_price(&market.instrument, Some(price))?;
    check_qty(&market.instrument, qty)?;
    if qty <= order.filled {
        return Err(malformed(MalformedCode::Amend, qty.0, order.filled.0));
    }
    // An amend whose outcome was never told may be asked for again.
    if (Asked { price, qty }) == newest && !order.has_lost_amend() {
        return Err(malformed(MalformedCode::Amend, qty.0, newest.qty.0));
    }
    check_notional(&market.instrument, price.times(qty), order.terms.reduce_only)?;
    let terms = AmendTerms { order: order.key, instrument: order.terms.instrument, side: order.terms.side, price, qty };
    Ok(Normalised { action: Action::Amend(terms), reference: Price(0) })
}

/// Every live or queued leg of one intent; the first cancel keeps leg 0. A strategy has no intents of the host to name.
fn cancel_intent(state: &State, queue: &Queue, (key, order): (LegKey, IntentId), legs: &mut Vec<Leg>) {
    if !key.intent.may_touch(order) {
        return legs.push((key, Err(malformed(MalformedCode::Order, to_i64(order.0), 0))));
    }
    let live = state.execution.orders.of_intent(key.strategy, order).filter(|order| !order.state.is_terminal());
    for order in live {
        push_cancel(Some(next_leg(key, legs.len())), order.key, order.terms.instrument, legs);
    }
    for (leg, terms) in queue.submits_of(key.strategy).filter(|(leg, _)| leg.intent == order) {
        push_cancel(Some(next_leg(key, legs.len())), leg, terms.instrument, legs);
    }
    // A split or schedule between two orders, or what waits for its parent, has nothing out, and is canceled all the same.
    let goes_on = || {
        state.parents.splits(key.strategy, order)
            || state.schedules.find(key.strategy, order).is_some()
            || state.links.held_of(key.strategy, order).is_some()
    };
    if legs.is_empty() && !goes_on() {
        legs.push((key, Err(malformed(MalformedCode::Order, to_i64(order.0), 0))));
    }
}

/// Cancels of every leg of one intent, live or queued, that has no cancel yet.
pub(crate) fn cancel_legs(
    (state, queue): (&State, &Queue),
    (strategy, intent): (StrategyId, IntentId),
    mut next: impl FnMut() -> Option<LegKey>,
    legs: &mut Vec<Leg>,
) {
    for order in state.execution.orders.of_intent(strategy, intent).filter(|order| order.can_be_canceled()) {
        push_cancel(next(), order.key, order.terms.instrument, legs);
    }
    for (leg, terms) in queue.submits_of(strategy).filter(|(leg, _)| leg.intent == intent) {
        push_cancel(next(), leg, terms.instrument, legs);
    }
}

/// Which orders are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    /// Those of its strategy that it may touch.
    pub(crate) by: LegKey,
    /// In this instrument; `None` = in all.
    pub(crate) only: Option<InstrumentId>,
    /// But not those of the intent itself.
    pub(crate) spares_own: bool,
}

impl Scope {
    pub(crate) fn means(&self, order: LegKey) -> bool {
        self.by.intent.may_touch(order.intent) && !(self.spares_own && order.intent == self.by.intent)
    }
}

/// Cancels of everything open, live or queued, that has no cancel yet; those that `next` has no leg for are left alone.
pub(crate) fn cancel_open(
    (state, queue): (&State, &Queue),
    scope: Scope,
    mut next: impl FnMut() -> Option<LegKey>,
    legs: &mut Vec<Leg>,
) {
    let live = state.execution.orders.open(scope.by.strategy, scope.only);
    for order in live.filter(|order| scope.means(order.key) && order.can_be_canceled()) {
        push_cancel(next(), order.key, order.terms.instrument, legs);
    }
    let wanted = |instrument: InstrumentId| scope.only.is_none_or(|id| id == instrument);
    let queued = queue.submits_of(scope.by.strategy);
    for (leg, terms) in queued.filter(|(leg, terms)| scope.means(*leg) && wanted(terms.instrument)) {
        push_cancel(next(), leg, terms.instrument, legs);
    }
}

fn cancel_all(of: (&State, &Queue), (key, only): (LegKey, Option<InstrumentId>), legs: &mut Vec<Leg>) {
    if let Some(unknown) = only.filter(|id| of.0.market(*id).is_none()) {
        return legs.push((key, Err(malformed(MalformedCode::Instrument, i64::from(unknown.0), 0))));
    }
    let scope = Scope { by: key, only, spares_own: false };
    let mut count = 0;
    let next = || {
        count += 1;
        (count <= LEGS_MAX).then(|| next_leg(key, count - 1))
    };
    cancel_open(of, scope, next, legs);
    if count > LEGS_MAX {
        let (count, limit) = (i64::try_from(count).unwrap_or(i64::MAX), i64::try_from(LEGS_MAX).unwrap_or(i64::MAX));
        legs.push((next_leg(key, LEGS_MAX), Err(malformed(MalformedCode::Legs, count, limit))));
    }
}

/// Cancels what is open; closing what is held is the work of the parent that is opened beside.
fn flatten(of: (&State, &Queue), (key, only): (LegKey, Option<InstrumentId>), legs: &mut Vec<Leg>) {
    let held = of.0.execution.positions(Holder::Strategy(key.strategy));
    let is_held = held.into_iter().any(|(id, _, position)| position.qty != 0 && only.is_none_or(|only| only == id));
    let waits = of.0.held.of(key.strategy).iter().any(|held| only.is_none_or(|only| only == held.submit.instrument));
    let is_under_way = of.0.parents.flattens(key, only);
    if is_under_way {
        return legs.push((key, Err(malformed(MalformedCode::NothingToFlatten, 0, 0))));
    }
    cancel_all(of, (key, only), legs);
    let has_orders = of.0.execution.orders.open(key.strategy, only).next().is_some();
    let has_more = waits || of.0.schedules.has(key.strategy, only) || of.0.links.has_held(key.strategy, only);
    if legs.is_empty() && !is_held && !has_orders && !has_more {
        legs.push((key, Err(malformed(MalformedCode::NothingToFlatten, 0, 0))));
    }
}

fn push_cancel(leg: Option<LegKey>, order: LegKey, instrument: InstrumentId, legs: &mut Vec<Leg>) {
    if let Some(leg) = leg {
        let action = Action::Cancel(CancelTerms { order, instrument });
        legs.push((leg, Ok(Normalised { action, reference: Price(0) })));
    }
}

fn next_leg(key: LegKey, count: usize) -> LegKey {
    LegKey { leg: LegId(u16::try_from(count).unwrap_or(u16::MAX)), ..key }
}

fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
