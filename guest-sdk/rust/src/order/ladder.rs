//! Question: which orders fill a quantity step by step?
//!
//! In: an order to buy or sell, the other end of the ladder, steps. Out: one limit order a step. Must never ask for more than
//! the whole, or for a price off the grid of the first one.

use super::{OrderBuilder, Way};
use crate::instrument::Instrument;
use crate::intent::{EmitError, Intent, Size, Submit};
use crate::number::{IntentId, Price, Qty};

/// Steps of one ladder. One call can emit 64 intents, and this leaves room for others.
const STEPS: core::ops::RangeInclusive<u8> = 2..=32;

impl OrderBuilder<'_> {
    /// Emits it in equal parts at prices from its limit price to `to`, evenly apart: to scale into a position, or, with
    /// [`OrderBuilder::reduce_only`], out of one. Answers the intents in that order.
    ///
    /// Parts are whole lots; what does not divide goes to the first steps, a lot each. Prices between the ends are moved
    /// towards the first one to a whole number of ticks from it.
    ///
    /// ```
    /// # use ringfence_sdk::{Ctx, Handled, Price, Qty, Trade};
    /// # fn on_trade(ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
    /// // 300 in three parts, from the last price to ten ticks below it.
    /// let id = ctx.instrument();
    /// let bids = ctx.buy(id, Qty(300)).limit(trade.price).post_only().scale(Price(trade.price.0 - 10), 3)?;
    /// assert_eq!(bids.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`OrderBuilder::send`]; `Malformed`, before anything is emitted, for less than 2 or more than 32 steps, an order
    /// without a limit price or with a trigger, an order by value, an instrument that is unknown, or a quantity of less than
    /// a lot a step. Where a later step is refused (more than 64 intents in one call), the earlier ones have been emitted.
    pub fn scale(self, to: Price, steps: u8) -> Result<Vec<IntentId>, EmitError> {
        let is_limit = self.way == Way::AtOnce;
        let (host, submit) = self.described();
        let instrument = host.instrument(submit.instrument);
        let parts = instrument.filter(|_| is_limit).and_then(|instrument| parts(&submit, &instrument, to, steps));
        let parts = parts.ok_or(EmitError::Malformed)?;
        parts.into_iter().map(|part| host.emit(Intent::Submit(part))).collect()
    }
}

fn parts(submit: &Submit, instrument: &Instrument, to: Price, steps: u8) -> Option<Vec<Submit>> {
    let (Size::Quantity(whole), Some(from)) = (submit.size, submit.limit_price) else { return None };
    let lots = whole.0.checked_div(instrument.lot.0).filter(|_| STEPS.contains(&steps))?;
    let count = i64::from(steps);
    let (each, rest) = (lots / count, lots % count);
    if each < 1 {
        return None;
    }
    let qty = |step: i64| Qty((each + i64::from(step < rest)) * instrument.lot.0);
    let price = |step: i64| price(from, to, (step, count - 1), instrument.tick);
    let part = |step| Some(Submit { size: qty(step).into(), limit_price: Some(price(step)?), ..*submit });
    (0..count).map(part).collect()
}

/// `step` of `last` steps from one price to the other, in ticks towards the first. `None` without a tick.
fn price(from: Price, to: Price, (step, last): (i64, i64), tick: Price) -> Option<Price> {
    let way = (i128::from(to.0) - i128::from(from.0)) * i128::from(step) / i128::from(last);
    let way = way.checked_div(tick.0.into())? * i128::from(tick.0);
    // Between two prices, so it fits what they fit.
    i64::try_from(i128::from(from.0) + way).ok().map(Price)
}
