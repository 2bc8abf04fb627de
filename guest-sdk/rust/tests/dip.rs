//! Buys the dip: bids below the average of the last trades, takes profit above it.

use ringfence_sdk::indicators::Sma;
use ringfence_sdk::{Archive, Ctx, Handled, Instrument, Params, Plan, Qty, SetupError, Strategy, Trade};

struct Dip {
    average: Sma,
    qty: Qty,
    ticks: i64,
}

impl Strategy for Dip {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let strategy = Self {
            average: Sma::new(params.count("length", 1..=10_000)?),
            qty: params.qty("qty", instrument)?,
            ticks: params.integer_or("ticks", 5, 1..=1_000)?,
        };
        Ok((strategy, Plan::new().trades(instrument.id)))
    }

    // What must survive a restart or a swap.
    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.average);
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        self.average.update(trade.price.0); // the own state first, then emit
        let (id, position) = (ctx.instrument(), ctx.position());
        let length = i128::from(self.average.length());
        let distance = i128::from(trade.price.0) * length - self.average.sum();
        let far = i128::from(self.ticks) * length;
        if self.average.is_ready() && position.is_zero() && distance < -far {
            ctx.buy(id, self.qty).limit(trade.price).ioc().send()?;
        } else if position.is_positive() && distance > far {
            ctx.sell(id, position).reduce_only().send()?;
        }
        Ok(())
    }
}

ringfence_sdk::export!(Dip);

#[test]
fn it_buys_below_and_sells_above() {
    let harness = ringfence_sdk::harness::Harness::new("SPY 2 0").param("length", 3).param("qty", 100);
    let script = "
        1s trade SPY 10.00 50
        2s trade SPY 10.00 50
        3s trade SPY 9.90 50
        3s filled 1 100 @9.90
        4s trade SPY 10.10 50";
    assert_eq!(
        harness.run::<Dip>(script),
        "3s #1 buy SPY 100 limit @9.90 ioc\n4s #2 sell SPY 100 market ioc reduce-only\n"
    );
    harness.check_restarts::<Dip>(script);
}
