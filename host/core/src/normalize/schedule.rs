//! Schedules: is the whole well formed, how much is it, and when are its slices?
//!
//! In: a schedule with the bytes of its weights, State. Out: the whole as terms that Risk judges, and how it is spread.
//! Must never: size or price one of its orders; each passes the Normalizer again, by itself.

use super::{check_notional, check_price, form, malformed, qty_of_value, slippage_limit};
use crate::decision::{Malformed, MalformedCode};
use crate::intent::{Curve, OrderTerms, SLICES_MAX, Schedule, Size, WEIGHTS_MAX};
use crate::state::State;
use crate::state::control::WAKE_DELAY_NS_MIN;
use crate::state::schedules::Pace;

/// A schedule with nothing left to work out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// The whole as one order.
    pub(crate) terms: OrderTerms,
    /// The wish, its start not before now.
    pub(crate) wish: Schedule,
    pub(crate) slices: u16,
    pub(crate) pace: Pace,
}

/// Checks a schedule and works out its quantity.
///
/// # Errors
/// The rule of form that it breaks.
pub(crate) fn normalise_schedule(state: &State, schedule: &Schedule, weights: &[u8]) -> Result<Whole, Malformed> {
    let id = i64::from(schedule.instrument.0);
    let market = state.market(schedule.instrument).ok_or(malformed(MalformedCode::Instrument, id, 0))?;
    let instrument = &market.instrument;
    let order = schedule.order(schedule.size);
    form::check(&order, state.time())?;
    check_price(instrument, order.limit_price)?;
    let bounded = slippage_limit(&order, market)?;
    let reference = bounded.or(order.limit_price).ok_or(malformed(MalformedCode::Reference, id, 0))?;
    let qty = match schedule.size {
        Size::Quantity(qty) => qty,
        Size::Notional(value) => qty_of_value(instrument, value, Some(reference))?,
    };
    if qty.0 < instrument.qty_min.0 {
        return Err(malformed(MalformedCode::QtyMin, qty.0, instrument.qty_min.0));
    }
    if qty.0 % instrument.lot != 0 {
        return Err(malformed(MalformedCode::Lot, qty.0, instrument.lot));
    }
    check_notional(instrument, reference.times(qty), schedule.reduce_only)?;
    let (slices, pace) = spread(schedule.curve, weights)?;
    let wish = Schedule { start: schedule.start.max(state.time()), ..*schedule };
    check_times(&wish, slices)?;
    let terms = OrderTerms {
        instrument: schedule.instrument,
        side: schedule.side,
        qty,
        order_type: order.order_type,
        limit_price: order.limit_price,
        stop_price: None,
        tif: order.tif,
        post_only: schedule.post_only,
        reduce_only: schedule.reduce_only,
        position_side: schedule.position_side,
        reference,
    };
    Ok(Whole { terms, wish, slices, pace })
}

fn spread(curve: Curve, weights: &[u8]) -> Result<(u16, Pace), Malformed> {
    let in_range = |slices: u16| match slices {
        1..=SLICES_MAX => Ok(slices),
        _ => Err(malformed(MalformedCode::Schedule, i64::from(slices), i64::from(SLICES_MAX))),
    };
    match curve {
        Curve::Even(slices) => Ok((in_range(slices)?, Pace::Even)),
        Curve::Volume { slices, bps: bps @ 1..=BPS_MAX } => Ok((in_range(slices)?, Pace::Volume(bps))),
        Curve::Volume { bps, .. } => Err(malformed(MalformedCode::Schedule, i64::from(bps), i64::from(BPS_MAX))),
        Curve::Profile(_) => {
            let mut profile = [0; WEIGHTS_MAX];
            let count = weights.len() / 2;
            let limit = i64::try_from(WEIGHTS_MAX).unwrap_or(i64::MAX);
            let wrong = malformed(MalformedCode::Schedule, i64::try_from(count).unwrap_or(i64::MAX), limit);
            for (place, weight) in weights.chunks_exact(2).enumerate() {
                *profile.get_mut(place).ok_or(wrong)? = u16::from_le_bytes([weight[0], weight[1]]);
            }
            // Without any weight there is nothing to spread by.
            let is_empty = profile.iter().all(|weight| *weight == 0);
            let slices = u16::try_from(count).ok().filter(|_| !is_empty).ok_or(wrong)?;
            Ok((slices, Pace::Profile(profile)))
        }
    }
}

/// Slices must not follow each other faster than a strategy could wake itself.
fn check_times(wish: &Schedule, slices: u16) -> Result<(), Malformed> {
    let least = i64::try_from(WAKE_DELAY_NS_MIN).unwrap_or(i64::MAX);
    let length = wish.end.age_of(wish.start).unwrap_or(0);
    let interval = length / u64::from(slices);
    if interval < WAKE_DELAY_NS_MIN {
        return Err(malformed(MalformedCode::Schedule, i64::try_from(interval).unwrap_or(i64::MAX), least));
    }
    Ok(())
}

/// All that is traded.
const BPS_MAX: u32 = 10_000;
