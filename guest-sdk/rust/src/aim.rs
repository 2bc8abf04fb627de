//! Question: which order brings the position where it should be?
//!
//! In: the position now, what rests at a venue, where it should be. Out: an order, described and not sent. Must never send.

use crate::ctx::Ctx;
use crate::event::Side;
use crate::number::{InstrumentId, Qty};
use crate::order::OrderBuilder;
use crate::view::{Host, OrderState};

impl Ctx<'_> {
    /// Starts the order that closes the own net position: the other side, all of it, reduce-only; a market order unless a
    /// price is given. `None` when there is none. Own orders stay: [`Ctx::flatten`] cancels them as well.
    ///
    /// ```
    /// # use ringfence_sdk::{Ctx, Handled, Trade};
    /// # fn on_trade(ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
    /// if let Some(order) = ctx.close(ctx.instrument()) {
    ///     order.limit(trade.price).ioc().send()?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "an order is emitted by `send`"]
    pub fn close(&mut self, instrument: InstrumentId) -> Option<OrderBuilder<'_>> {
        let held = self.held(instrument);
        self.toward(instrument, negated(held)?).map(OrderBuilder::reduce_only)
    }

    /// Starts the order that turns the own net position into as much on the other side: twice its quantity. `None` when
    /// there is none (or twice of it is no quantity).
    #[must_use = "an order is emitted by `send`"]
    pub fn reverse(&mut self, instrument: InstrumentId) -> Option<OrderBuilder<'_>> {
        let change = negated(self.held(instrument))?.checked_times(2)?;
        self.toward(instrument, change)
    }

    /// Starts the order that makes the own net position `target` (below 0 = short), given what own orders at a venue will
    /// add if they fill: called again while they do, it asks for nothing twice. Reduce-only where it cannot cross 0. `None`
    /// when position and orders add up to the target already (or the difference is no quantity).
    ///
    /// Orders that are held for a trigger do not count; exits that rest (the take-profit of a bracket) do, so this is for
    /// strategies that trade by targets alone. It asks the host for the open orders, which `export!(…, batch)` rules out.
    ///
    /// ```
    /// # use ringfence_sdk::{Ctx, Handled, Qty, Trade};
    /// # fn on_trade(ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
    /// // Short 100, whatever it is now.
    /// if let Some(order) = ctx.target(ctx.instrument(), Qty(-100)) {
    ///     order.send()?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "an order is emitted by `send`"]
    pub fn target(&mut self, instrument: InstrumentId, target: Qty) -> Option<OrderBuilder<'_>> {
        let held = self.held(instrument);
        let change = target.checked_sub(held)?.checked_sub(coming(self.host, instrument)?)?;
        let reduces = held.is_positive() != change.is_positive() && change.abs() <= held.abs();
        let order = self.toward(instrument, change)?;
        Some(if reduces { order.reduce_only() } else { order })
    }

    /// The own net position: that of the event's instrument is known without asking.
    fn held(&self, instrument: InstrumentId) -> Qty {
        if instrument == self.instrument { self.context.position } else { self.host.position_of(instrument).qty }
    }

    fn toward(&mut self, instrument: InstrumentId, change: Qty) -> Option<OrderBuilder<'_>> {
        let side = if change.is_positive() { Side::Buy } else { Side::Sell };
        (!change.is_zero()).then(|| OrderBuilder::new(self.host, instrument, side, change.abs().into()))
    }
}

/// As much on the other side; `None` for the one quantity that has none.
fn negated(qty: Qty) -> Option<Qty> {
    Qty::ZERO.checked_sub(qty)
}

/// What own orders at a venue will add to the position; `None` when that is no quantity.
fn coming(host: &dyn Host, instrument: InstrumentId) -> Option<Qty> {
    let orders = host.open_orders(instrument, u16::MAX);
    let mut open = orders.iter().filter(|order| order.state.is_open() && order.state != OrderState::Held);
    open.try_fold(Qty::ZERO, |sum, order| {
        let leaves = order.qty.checked_sub(order.filled)?;
        match order.side {
            Side::Buy => sum.checked_add(leaves),
            Side::Sell => sum.checked_sub(leaves),
        }
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::harness::Harness;
    use crate::{Handled, Instrument, Params, Plan, SetupError, Strategy, Trade};

    /// Does what the quantity of a trade says: 1 closes, 2 reverses, 3 closes the second instrument, 4 buys of it, above 1000
    /// aims at that much less 2000.
    struct Told;

    impl Strategy for Told {
        fn setup(_: &Params, all: &[Instrument]) -> Result<(Self, Plan), SetupError> {
            Ok((Self, Plan::new().trades(all[0].id)))
        }

        fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
            let (id, price) = (ctx.instrument(), trade.price);
            let order = match trade.qty.0 {
                1 => ctx.close(id),
                2 => ctx.reverse(id),
                3 => ctx.close(InstrumentId(2)),
                4 => Some(ctx.buy(InstrumentId(2), Qty(7))),
                qty => ctx.target(id, Qty(qty - 2000)),
            };
            match order {
                Some(order) => order.limit(price).send().map(drop),
                None => ctx.note("nothing").map(drop),
            }
        }
    }

    #[track_caller]
    fn check(script: &str, want: Expect) {
        want.assert_eq(&Harness::new("SPY 2 0").and("QQQ 2 0").run::<Told>(script));
    }

    #[test]
    fn closing_is_the_whole_other_side_and_only_reduces() {
        check(
            "1s trade SPY 10.00 1\n2s trade SPY 10.00 2100\n2s accepted 2\n2s filled 2 40 @10\n2s filled 2 60 @10\n3s trade SPY 10.10 1",
            expect![[r#"
                1s #1 note "nothing"
                2s #2 buy SPY 100 limit @10.00 gtc
                3s #3 sell SPY 100 limit @10.10 gtc reduce-only
            "#]],
        );
    }

    #[test]
    fn reversing_is_twice_the_position() {
        check(
            "1s trade SPY 10.00 2\n2s trade SPY 10.00 1900\n2s filled 2 100 @10\n3s trade SPY 10.10 2",
            expect![[r#"
                1s #1 note "nothing"
                2s #2 sell SPY 100 limit @10.00 gtc
                3s #3 buy SPY 200 limit @10.10 gtc
            "#]],
        );
    }

    #[test]
    fn a_target_counts_what_is_on_its_way() {
        check(
            "1s trade SPY 10 2100
             1s accepted 1
             1s filled 1 30 @10
             2s trade SPY 10 2100 # 30 held, 70 on their way
             3s trade SPY 10 2150
             3s canceled 1
             4s trade SPY 10 2150 # 30 held, 50 on their way
             5s trade SPY 10 2000",
            expect![[r#"
                1s #1 buy SPY 100 limit @10.00 gtc
                2s #2 note "nothing"
                3s #3 buy SPY 50 limit @10.00 gtc
                4s #4 buy SPY 70 limit @10.00 gtc
                5s #5 sell SPY 150 limit @10.00 gtc
            "#]],
        );
    }

    #[test]
    fn a_target_on_the_way_to_nothing_only_reduces_and_one_beyond_does_not() {
        check(
            "1s trade SPY 10 2100
             1s filled 1 100 @10
             2s trade SPY 10 2040
             2s filled 2 60 @10
             3s trade SPY 10 2000
             3s canceled 3
             4s trade SPY 10 1990",
            expect![[r#"
                1s #1 buy SPY 100 limit @10.00 gtc
                2s #2 sell SPY 60 limit @10.00 gtc reduce-only
                3s #3 sell SPY 40 limit @10.00 gtc reduce-only
                4s #4 sell SPY 50 limit @10.00 gtc
            "#]],
        );
    }

    #[test]
    fn another_instrument_is_asked_for() {
        check(
            "1s trade SPY 10 3\n2s trade SPY 10 4\n2s filled 2 7 @10\n3s trade SPY 10 3\n4s trade SPY 10 1",
            expect![[r#"
                1s #1 note "nothing"
                2s #2 buy QQQ 7 limit @10.00 gtc
                3s #3 sell QQQ 7 limit @10.00 gtc reduce-only
                4s #4 note "nothing"
            "#]],
        );
    }
}
