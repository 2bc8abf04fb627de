//! On which side of the market, by the cross of two exponential moving averages of trade prices?
//!
//! Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come.

use ringfence_sdk::indicators::Ema;
use ringfence_sdk::{Archive, Ctx, Handled, Instrument, Params, Plan, Qty, SetupError, Strategy, Trade};

/// Parameters: `fast` and `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).
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

    /// What a restart keeps.
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

ringfence_sdk::export!(EmaCross);

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_sdk::harness::Harness;

    /// The same script runs natively: `cargo test`.
    #[test]
    fn it_is_silent_one_trade_before_the_slow_average_is_full() {
        let harness = Harness::new("SPY 2 0").param("fast", 1).param("slow", 3).param("qty", 100);
        assert_eq!(harness.run::<EmaCross>("1s trade SPY 10 1\n2s trade SPY 9 1"), "");
        assert_eq!(harness.plan::<EmaCross>(), "trade SPY\n");
    }
}
