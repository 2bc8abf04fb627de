//! Question: what becomes of intents whose call never returned?
//!
//! In: every trade of the first instrument. Out: one order to buy at the first trade; at trade number `at` two orders and
//! a note, then a panic.

use ringfence_sdk::{Archive, Ctx, Handled, Instrument, Params, Plan, Qty, SetupError, Strategy, Trade};

/// Parameter: `at` (the trade at which it panics, from 1).
#[derive(Debug)]
pub struct Trapper {
    at: u32,
    seen: u32,
    lot: Qty,
}

impl Strategy for Trapper {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let at = params.count("at", 1..=1_000_000)?;
        Ok((Self { at, seen: 0, lot: instrument.lot }, Plan::new().trades(instrument.id)))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.seen);
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &Trade) -> Handled {
        self.seen += 1;
        let instrument = ctx.instrument();
        if self.seen == 1 {
            ctx.buy(instrument, self.lot).send()?;
        }
        if self.seen == self.at {
            ctx.buy(instrument, self.lot).send()?;
            ctx.sell(instrument, self.lot).send()?;
            ctx.note("last words")?;
            panic!("after three intents");
        }
        Ok(())
    }
}

ringfence_sdk::export!(Trapper, batch);
