//! Question: on which side of the market, by the cross of two exponential moving averages of trade prices?
//!
//! In: every trade of the first instrument. Out: market orders. Long while the fast average is at or above the slow
//! one, short otherwise; flat before `slow` trades have come.

use ringfence_sdk::indicators::Ema;
use ringfence_sdk::{Archive, Ctx, Handled, Instrument, Params, Plan, Qty, SetupError, Strategy, Trade};

/// Parameters: `fast` and `slow` (ticks, 50 and 200 unless given), `qty` (units of the instrument).
#[derive(Debug)]
pub struct EmaCross {
    fast: Ema,
    slow: Ema,
    warm_at: u64,
    open: Qty,
    reverse: Qty,
}

impl Strategy for EmaCross {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let fast = params.count_or("fast", 50, 1..=100_000)?;
        let slow = params.count_or("slow", 200, 1..=100_000)?;
        let open = params.qty("qty", instrument)?;
        let reverse = open.checked_times(2).ok_or_else(|| SetupError::other("twice `qty` is too large"))?;
        let strategy = Self { fast: Ema::new(fast), slow: Ema::new(slow), warm_at: u64::from(slow), open, reverse };
        Ok((strategy, Plan::new().trades(instrument.id)))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.fast);
        archive.item(&mut self.slow);
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        let price = trade.price.0 as f64;
        let is_up = self.fast.update(price) >= self.slow.update(price);
        if self.slow.seen() < self.warm_at {
            return Ok(());
        }
        let (instrument, position) = (ctx.instrument(), ctx.position());
        let size = if position.is_zero() { self.open } else { self.reverse };
        if is_up && !position.is_positive() {
            ctx.buy(instrument, size).send()?;
        } else if !is_up && !position.is_negative() {
            ctx.sell(instrument, size).send()?;
        }
        Ok(())
    }
}

ringfence_sdk::export!(EmaCross, batch);

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_sdk::harness::Harness;

    fn harness() -> Harness {
        Harness::new("SPY 2 0").param("fast", 1).param("slow", 3).param("qty", 100)
    }

    /// Averages by hand: fast 10, 9, 8, 11, 11; slow (a = 1/2) 10, 9.5, 8.75, 9.875, 10.4375.
    const SCRIPT: &str = "
        1s trade SPY 10 1
        2s trade SPY 9 1
        3s trade SPY 8 1
        3s filled 1 100 @8
        4s trade SPY 11 1
        4s filled 2 200 @11
        5s trade SPY 11 1";

    #[test]
    fn it_opens_on_the_slow_tick_and_reverses_on_a_cross() {
        assert_eq!(harness().run::<EmaCross>(SCRIPT), "3s #1 sell SPY 100 market ioc\n4s #2 buy SPY 200 market ioc\n");
    }

    #[test]
    fn it_is_silent_one_tick_before() {
        assert_eq!(harness().run::<EmaCross>("1s trade SPY 10 1\n2s trade SPY 9 1"), "");
    }

    #[test]
    fn equal_averages_count_as_up() {
        let flat = "1s trade SPY 10 1\n2s trade SPY 10 1\n3s trade SPY 10 1";
        assert_eq!(harness().run::<EmaCross>(flat), "3s #1 buy SPY 100 market ioc\n");
    }

    #[test]
    fn it_asks_again_until_the_position_is_there() {
        let unfilled = "1s trade SPY 10 1\n2s trade SPY 10 1\n3s trade SPY 10 1\n4s trade SPY 10 1";
        let want = "3s #1 buy SPY 100 market ioc\n4s #2 buy SPY 100 market ioc\n";
        assert_eq!(harness().run::<EmaCross>(unfilled), want);
    }

    #[test]
    fn a_restart_changes_nothing() {
        harness().check_restarts::<EmaCross>(SCRIPT);
    }

    #[test]
    fn parameters_are_checked() {
        let setup = |key: &str, value: &str| Harness::new("SPY 2 0").param(key, value).run::<EmaCross>("");
        assert_eq!(setup("fast", "0"), "setup error: parameter `fast` = `0`: want a whole number from 1 to 100000\n");
        assert_eq!(
            setup("slow", "100001"),
            "setup error: parameter `slow` = `100001`: want a whole number from 1 to 100000\n"
        );
        assert_eq!(setup("fast", "50"), "setup error: parameter `qty` is missing\n");
        let want = "want a quantity above 0 with at most 0 digits after the point";
        assert_eq!(setup("qty", "0.5"), format!("setup error: parameter `qty` = `0.5`: {want}\n"));
        assert_eq!(setup("qty", "9223372036854775807"), "setup error: twice `qty` is too large\n");
        assert_eq!(setup("qty", "100"), "");
    }
}
