//! Question: what becomes of a host whose strategy never returns?
//!
//! In: every trade of the first instrument. Out: nothing; at trade number `at` it stays in a loop for ever.

use ringfence_sdk::{Archive, Ctx, Handled, Instrument, Params, Plan, SetupError, Strategy, Trade};

/// Parameter: `at` (the trade at which it stays, from 1).
#[derive(Debug)]
pub struct EndlessLoop {
    at: u32,
    seen: u32,
}

impl Strategy for EndlessLoop {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let at = params.count("at", 1..=1_000_000)?;
        Ok((Self { at, seen: 0 }, Plan::new().trades(instrument.id)))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.seen);
    }

    fn on_trade(&mut self, _: &mut Ctx<'_>, _: &Trade) -> Handled {
        self.seen += 1;
        if self.seen == self.at {
            let mut turns = 0_u64;
            loop {
                turns = core::hint::black_box(turns.wrapping_add(1));
            }
        }
        Ok(())
    }
}

ringfence_sdk::export!(EndlessLoop);
