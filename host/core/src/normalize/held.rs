//! Held: exactly how much, from which trigger on, for an order that waits?
//!
//! In: a submit that waits for a price or for its session, and State. Out: its terms as they are reserved, and its trigger;
//! or the rule of form that it breaks. Must never: judge policy, or change State.

use crate::decision::{Malformed, MalformedCode};
use crate::instrument::Side;
use crate::intent::{OrderTerms, OrderType, Size, Submit, TrailUnit, TriggerBy};
use crate::money::Price;
use crate::normalize::{check_notional, check_price, check_qty, form, malformed, qty_of_value};
use crate::state::State;
use crate::state::held::{trail_limit, trail_trigger};
use crate::state::market::InstrumentMarket;

/// A triggered order as it begins to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) terms: OrderTerms,
    /// Price that turned a value into a quantity; 0 = none was needed.
    pub(crate) reference: Price,
    pub(crate) trigger: Price,
    /// Where a trail starts from.
    pub(crate) best: Price,
}

/// What an order waits with.
///
/// # Errors
/// The rule of form that it breaks.
pub(crate) fn waiting(state: &State, submit: &Submit) -> Result<Waiting, Malformed> {
    let id = i64::from(submit.instrument.0);
    let market = state.market(submit.instrument).ok_or(malformed(MalformedCode::Instrument, id, 0))?;
    form::check(submit, state.time())?;
    check_price(&market.instrument, submit.limit_price)?;
    check_price(&market.instrument, submit.stop_price)?;
    if submit.extras.trail.unit == TrailUnit::Price {
        check_price(&market.instrument, Some(Price(submit.extras.trail.offset)))?;
        check_price(&market.instrument, Some(Price(submit.extras.trail.limit_offset)))?;
    }
    let best = current(market, submit.side, submit.extras.trigger_by);
    if submit.tif.is_of_session() {
        let valued_at = submit.limit_price.or(best).ok_or(malformed(MalformedCode::Reference, id, 0))?;
        let terms = OrderTerms { stop_price: None, ..terms(submit, valued_at, market)? };
        let reference = if matches!(submit.size, Size::Notional(_)) { terms.reference } else { Price(0) };
        return Ok(Waiting { terms, reference, trigger: Price(0), best: Price(0) });
    }
    let trigger = match submit.stop_price {
        Some(stop) => stop,
        None => {
            let best = best.ok_or(malformed(MalformedCode::Reference, id, 0))?;
            trail_trigger(submit, best, market)
        }
    };
    let terms = terms(submit, trigger, market)?;
    let is_value = matches!(submit.size, Size::Notional(_));
    let reference = if is_value { terms.reference } else { Price(0) };
    Ok(Waiting { terms, reference, trigger, best: best.unwrap_or_default() })
}

/// Terms of a triggered order: valued at its limit, or at its trigger.
fn terms(submit: &Submit, trigger: Price, market: &InstrumentMarket) -> Result<OrderTerms, Malformed> {
    let limit_price = match submit.order_type {
        OrderType::TrailingStopLimit => Some(trail_limit(submit, trigger, market)),
        OrderType::Market
        | OrderType::Limit
        | OrderType::StopMarket
        | OrderType::StopLimit
        | OrderType::MarketIfTouched
        | OrderType::LimitIfTouched
        | OrderType::TrailingStopMarket
        | OrderType::MarketToLimit => submit.limit_price,
    };
    let reference = limit_price.unwrap_or(trigger);
    let qty = match submit.size {
        Size::Quantity(qty) => qty,
        Size::Notional(value) => qty_of_value(&market.instrument, value, Some(reference))?,
    };
    check_qty(&market.instrument, qty)?;
    check_notional(&market.instrument, reference.times(qty), submit.reduce_only)?;
    Ok(OrderTerms {
        instrument: submit.instrument,
        side: submit.side,
        qty,
        order_type: submit.order_type,
        limit_price,
        stop_price: Some(trigger),
        tif: submit.tif,
        post_only: submit.post_only,
        reduce_only: submit.reduce_only,
        position_side: submit.position_side,
        reference,
    })
}

/// The price that a trigger would be compared with now.
pub(crate) fn current(market: &InstrumentMarket, side: Side, by: TriggerBy) -> Option<Price> {
    let touch = || {
        let (price, qty) = match side {
            Side::Buy => (market.touch.ask_price, market.touch.ask_qty),
            Side::Sell => (market.touch.bid_price, market.touch.bid_qty),
        };
        (qty.0 > 0).then_some(price)
    };
    match by {
        TriggerBy::Last => market.last.or_else(touch),
        TriggerBy::Touch => touch(),
        TriggerBy::Mark => market.mark,
    }
}
