//! Question: in the market or out of it, by the cross of two simple moving averages of closing prices?
//!
//! In: every bar of the first instrument. Out: market orders. Long while the fast average is above the slow one, flat
//! while it is below; nothing before `slow` bars have come. Averages are compared as integers, without division.

use ringfence_sdk::indicators::Sma;
use ringfence_sdk::{Archive, Bar, Ctx, Handled, Instrument, Params, Plan, Qty, SetupError, Strategy};

/// Parameters: `fast` and `slow` (bars, `fast` below `slow`), `qty` (units of the instrument).
#[derive(Debug)]
pub struct SmaCross {
    fast: Sma,
    slow: Sma,
    qty: Qty,
}

impl Strategy for SmaCross {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let slow = params.count("slow", 2..=10_000)?;
        let fast = params.count("fast", 1..=slow - 1)?;
        let qty = params.qty("qty", instrument)?;
        let strategy = Self { fast: Sma::new(fast), slow: Sma::new(slow), qty };
        Ok((strategy, Plan::new().all_bars(instrument.id)))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.fast);
        archive.item(&mut self.slow);
    }

    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) -> Handled {
        self.fast.update(bar.close.0);
        self.slow.update(bar.close.0);
        if !self.slow.is_ready() {
            return Ok(());
        }
        let (instrument, position) = (ctx.instrument(), ctx.position());
        if self.fast.is_above(&self.slow) && position.is_zero() {
            ctx.buy(instrument, self.qty).send()?;
        } else if self.slow.is_above(&self.fast) && position.is_positive() {
            ctx.sell(instrument, position).send()?;
        }
        Ok(())
    }
}

ringfence_sdk::export!(SmaCross, batch);

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_sdk::harness::Harness;

    fn harness() -> Harness {
        Harness::new("SPY 2 0").param("fast", 1).param("slow", 3).param("qty", 100)
    }

    /// Means by hand: slow 11, 11.67, 11.67, 10.33 from the third bar on; fast 12, 12, 11, 8.
    const SCRIPT: &str = "
        1d bar SPY 10
        2d bar SPY 11
        3d bar SPY 12
        3d filled 1 100 @12
        4d bar SPY 12
        5d bar SPY 11
        5d filled 2 100 @11
        6d bar SPY 8";

    #[test]
    fn it_buys_on_the_slow_bar_and_sells_on_the_cross() {
        let want = "259200s #1 buy SPY 100 market ioc\n432000s #2 sell SPY 100 market ioc\n";
        assert_eq!(harness().run::<SmaCross>(SCRIPT), want);
    }

    #[test]
    fn it_is_silent_one_bar_before() {
        assert_eq!(harness().run::<SmaCross>("1d bar SPY 10\n2d bar SPY 12"), "");
    }

    #[test]
    fn equal_means_do_nothing() {
        assert_eq!(harness().run::<SmaCross>("1d bar SPY 10\n2d bar SPY 10\n3d bar SPY 10"), "");
        let long = "1d bar SPY 10\n2d bar SPY 11\n3d bar SPY 12\n3d filled 1 100 @12\n4d bar SPY 11.50";
        let bought = "259200s #1 buy SPY 100 market ioc\n";
        assert_eq!(harness().run::<SmaCross>(long), bought);
    }

    #[test]
    fn it_never_goes_short() {
        assert_eq!(harness().run::<SmaCross>("1d bar SPY 12\n2d bar SPY 11\n3d bar SPY 10\n4d bar SPY 9"), "");
    }

    #[test]
    fn a_restart_changes_nothing() {
        harness().check_restarts::<SmaCross>(SCRIPT);
        let two_bars = Harness::new("SPY 2 0").param("fast", 2).param("slow", 3).param("qty", 100);
        two_bars.check_restarts::<SmaCross>(SCRIPT);
    }

    #[test]
    fn parameters_are_checked() {
        let setup = |fast: u32, slow: u32| {
            Harness::new("SPY 2 0").param("fast", fast).param("slow", slow).param("qty", 1).run::<SmaCross>("")
        };
        assert_eq!(setup(9_999, 10_000), "");
        assert_eq!(setup(3, 3), "setup error: parameter `fast` = `3`: want a whole number from 1 to 2\n");
        assert_eq!(setup(0, 3), "setup error: parameter `fast` = `0`: want a whole number from 1 to 2\n");
        assert_eq!(setup(1, 10_001), "setup error: parameter `slow` = `10001`: want a whole number from 2 to 10000\n");
    }
}
