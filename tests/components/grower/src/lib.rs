//! Question: what becomes of a host whose strategy wants all memory there is?
//!
//! In: every trade of the first instrument. Out: at trade number `at` it takes memory, 64 KiB at a time, until there is no
//! more. When it asks, it notes how much it was given and goes on; when it takes, as most programs do, running out is the
//! end of it.

use ringfence_sdk::{Archive, Ctx, Handled, Instrument, Params, Plan, SetupError, Strategy, Trade};

/// Parameters: `at` (the trade at which it grows, from 1) and `how` (`asks` or `takes`).
#[derive(Debug)]
pub struct Grower {
    at: u32,
    asks: bool,
    seen: u32,
    hoard: Vec<Vec<u8>>,
}

const PIECE_BYTES: usize = 64 << 10;

/// More than any test gives; the list itself never grows.
const PIECES_MAX: usize = 1 << 10;

impl Strategy for Grower {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let at = params.count("at", 1..=1_000_000)?;
        let asks = params.choice("how", &["takes", "asks"])? == 1;
        let strategy = Self { at, asks, seen: 0, hoard: Vec::with_capacity(PIECES_MAX) };
        Ok((strategy, Plan::new().trades(instrument.id)))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.seen);
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &Trade) -> Handled {
        self.seen += 1;
        if self.seen != self.at {
            return Ok(());
        }
        while self.hoard.len() < PIECES_MAX {
            let mut piece = Vec::new();
            if self.asks && piece.try_reserve_exact(PIECE_BYTES).is_err() {
                ctx.note(format!("refused after {} pieces", self.hoard.len()))?;
                return Ok(());
            }
            piece.reserve_exact(PIECE_BYTES);
            self.hoard.push(piece);
        }
        Ok(())
    }
}

ringfence_sdk::export!(Grower);
