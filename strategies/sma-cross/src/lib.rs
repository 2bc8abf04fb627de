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

ringfence_sdk::export!(SmaCross);
