//! Question: which two orders earn the spread, one at the best bid and one at the best ask?
//!
//! In: quotes of the first instrument that move its touch, or that follow a change of the own orders; the own position
//! and open orders. Out: post-only orders at the touch, and
//! cancels of orders that are not at the touch any more, or whose fill would leave the position beyond its bound.

use ringfence_sdk::{
    ChangeFilter, Ctx, EmitError, Handled, Instrument, Level, OrderState, OrderView, Params, Plan, Qty, Quote,
    SetupError, Side, Strategy,
};

/// Parameters: `qty` of each order, `position_max` on either side (both in units of the instrument).
#[derive(Debug)]
pub struct TouchMaker {
    qty: Qty,
    position_max: Qty,
}

/// Most open orders looked at: two stand, and two more may be on their way out.
const ORDERS_MAX: u16 = 16;

impl Strategy for TouchMaker {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let strategy =
            Self { qty: params.qty("qty", instrument)?, position_max: params.qty("position_max", instrument)? };
        Ok((strategy, Plan::new().quotes(instrument.id).filter(ChangeFilter::TouchPriceOrOwn)))
    }

    fn on_quote(&mut self, ctx: &mut Ctx<'_>, _quote: &Quote) -> Handled {
        let orders = ctx.open_orders(ctx.instrument(), ORDERS_MAX);
        let (long, short) = (ctx.position() + self.qty, self.qty - ctx.position());
        let bid = ctx.bid().filter(|_| long <= self.position_max);
        let ask = ctx.ask().filter(|_| short <= self.position_max);
        self.stand(ctx, (Side::Buy, bid), &orders)?;
        self.stand(ctx, (Side::Sell, ask), &orders)
    }
}

impl TouchMaker {
    /// Leaves one order of a side standing at `wanted`, or none.
    fn stand(
        &self,
        ctx: &mut Ctx<'_>,
        (side, wanted): (Side, Option<Level>),
        orders: &[OrderView],
    ) -> Result<(), EmitError> {
        let mut stands = false;
        for order in orders.iter().filter(|order| order.side == side && order.state != OrderState::PendingCancel) {
            if !stands && wanted.is_some_and(|level| level.price == order.price) {
                stands = true;
            } else {
                ctx.cancel(order.id)?;
            }
        }
        let Some(level) = wanted.filter(|_| !stands) else { return Ok(()) };
        let order = match side {
            Side::Buy => ctx.buy(ctx.instrument(), self.qty),
            Side::Sell => ctx.sell(ctx.instrument(), self.qty),
        };
        order.limit(level.price).post_only().send()?;
        Ok(())
    }
}

ringfence_sdk::export!(TouchMaker);

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_sdk::harness::Harness;

    fn harness() -> Harness {
        Harness::new("BTC 1 3").param("qty", "0.01").param("position_max", "0.02")
    }

    #[track_caller]
    fn check(script: &str, want: &str) {
        let want: String = want.lines().map(|line| line.trim().to_owned() + "\n").collect();
        assert_eq!(harness().run::<TouchMaker>(script), want);
        harness().check_restarts::<TouchMaker>(script);
    }

    const BOTH: &str =
        "1s #1 buy BTC 0.010 limit @100.0 gtc post-only\n1s #2 sell BTC 0.010 limit @101.0 gtc post-only\n";

    /// What comes after the first two orders stand at 100.0 and 101.0.
    #[track_caller]
    fn check_after_both(script: &str, want: &str) {
        let opening = "1s quote BTC 100 1 101 1\n1s accepted 1\n1s accepted 2\n";
        check(&format!("{opening}{script}"), &format!("{BOTH}{want}"));
    }

    #[test]
    fn it_stands_at_both_touches_while_nothing_changes() {
        check_after_both("2s quote BTC 100 2 101 3\n3s quote BTC 100 1 101 1", "");
    }

    #[test]
    fn an_order_that_was_not_answered_counts_as_standing() {
        check("1s quote BTC 100 1 101 1\n2s quote BTC 100 1 101 1", BOTH);
    }

    #[test]
    fn it_follows_the_touch_with_a_cancel_and_a_new_order_in_one_call() {
        check_after_both(
            "2s quote BTC 100.1 1 101 1\n3s quote BTC 100.1 2 101 1",
            "2s #3 cancel #1
             2s #4 buy BTC 0.010 limit @100.1 gtc post-only",
        );
    }

    #[test]
    fn a_filled_order_is_replaced_at_the_next_quote_and_not_before() {
        check_after_both(
            "2s filled 2 0.01 @101 maker\n2s trade BTC 101 5 buy\n3s quote BTC 100 1 101 1",
            "3s #3 sell BTC 0.010 limit @101.0 gtc post-only",
        );
    }

    #[test]
    fn at_its_bound_it_wants_one_side_only_and_one_order_less_both() {
        check_after_both(
            "2s filled 1 0.01 @100 maker
             3s quote BTC 100 1 101 1
             3s filled 3 0.01 @100 maker
             4s quote BTC 100 1 101 1
             5s filled 2 0.01 @101 maker
             6s quote BTC 100 1 101 1",
            "3s #3 buy BTC 0.010 limit @100.0 gtc post-only
             6s #4 buy BTC 0.010 limit @100.0 gtc post-only
             6s #5 sell BTC 0.010 limit @101.0 gtc post-only",
        );
    }

    #[test]
    fn a_side_whose_fill_would_go_beyond_the_bound_is_taken_away() {
        // A fill in part leaves a rest that would carry the position beyond the bound.
        check_after_both(
            "2s filled 1 0.01 @100 maker
             3s quote BTC 100 1 101 1
             4s filled 3 0.005 @100 maker
             5s quote BTC 100 1 101 1",
            "3s #3 buy BTC 0.010 limit @100.0 gtc post-only
             5s #4 cancel #3",
        );
    }

    #[test]
    fn an_empty_side_of_the_book_has_no_order() {
        check_after_both("2s quote BTC 0 0 101 1", "2s #3 cancel #1");
    }

    #[test]
    fn parameters_are_checked() {
        let setup = |qty: &str, max: &str| {
            Harness::new("BTC 1 3").param("qty", qty).param("position_max", max).run::<TouchMaker>("")
        };
        assert_eq!(setup("0.001", "0.001"), "");
        let want = "want a quantity above 0 with at most 3 digits after the point";
        assert_eq!(setup("0.0001", "1"), format!("setup error: parameter `qty` = `0.0001`: {want}\n"));
        assert_eq!(setup("1", "0"), format!("setup error: parameter `position_max` = `0`: {want}\n"));
    }
}
