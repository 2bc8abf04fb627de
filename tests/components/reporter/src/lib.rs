//! Question: does a strategy see the same world natively and in a component?
//!
//! In: every trade of the first instrument and everything about its own orders. Out: a fixed round of every kind of
//! intent, and a note of everything it is shown or answered.

use core::fmt::Debug;

use ringfence_sdk::{
    Amended, Archive, Bar, BarSpec, Canceled, Ctx, EmitError, Fill, Handled, Instrument, InstrumentId, IntentId,
    Notional, Outcome, Params, Plan, Price, Qty, Reject, SetupError, Side, Strategy, Trade,
};

/// Parameters: `qty` (of ordinary orders) and `too_much` (of orders that Risk shall deny).
#[derive(Debug)]
pub struct Reporter {
    qty: Qty,
    too_much: Qty,
    seen: u64,
    resting: IntentId,
    is_warm: bool,
}

/// Trades in one round.
const ROUND: u64 = 50;

/// Bars of three kinds, one by time.
const SERIES: [BarSpec; 3] = [BarSpec::seconds(20), BarSpec::TickImbalance(15), BarSpec::Renko(Price(25))];

/// Longest note that the host takes.
const NOTE_BYTES: usize = 512;

impl Strategy for Reporter {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let (qty, too_much) = (params.qty("qty", instrument)?, params.qty("too_much", instrument)?);
        let strategy = Self { qty, too_much, seen: 0, resting: IntentId(0), is_warm: false };
        let plan = Plan::new().trades(instrument.id).warm_up(3).quotes(instrument.id).orders(instrument.id);
        Ok((strategy, SERIES.iter().fold(plan, |plan, spec| plan.bars(instrument.id, *spec))))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.seen);
        archive.item(&mut self.resting);
        archive.item(&mut self.is_warm);
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        self.seen += 1;
        if !self.is_warm {
            // The first thing that is taken shows that the warm-up is over.
            self.is_warm = note(ctx, "warm at", &(self.seen, ctx.time(), ctx.venue_time())).is_ok();
        }
        match self.act(ctx, trade) {
            Ok(()) => {}
            Err(EmitError::Warmup) => return Ok(()),
            Err(refusal) => note(ctx, "refused", &refusal).map(drop)?,
        }
        if self.seen.is_multiple_of(10) { self.look(ctx, trade) } else { Ok(()) }
    }

    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) -> Handled {
        let kept = bar.spec().map(|spec| ctx.bars(ctx.instrument(), spec, 2));
        note(ctx, "bar", &(ctx.time(), bar, bar.spec(), kept)).map(drop)
    }

    fn on_accepted(&mut self, ctx: &mut Ctx<'_>, id: IntentId) -> Handled {
        note(ctx, "accepted", &(id, ctx.order(id))).map(drop)
    }

    fn on_rejected(&mut self, ctx: &mut Ctx<'_>, reject: &Reject) -> Handled {
        note(ctx, "rejected", reject).map(drop)
    }

    fn on_filled(&mut self, ctx: &mut Ctx<'_>, fill: &Fill) -> Handled {
        note(ctx, "filled", &(fill, ctx.position(), ctx.venue_time())).map(drop)
    }

    fn on_canceled(&mut self, ctx: &mut Ctx<'_>, canceled: &Canceled) -> Handled {
        note(ctx, "canceled", &(canceled, ctx.order(canceled.id))).map(drop)
    }

    fn on_cancel_rejected(&mut self, ctx: &mut Ctx<'_>, reject: &Reject) -> Handled {
        note(ctx, "cancel rejected", reject).map(drop)
    }

    fn on_amended(&mut self, ctx: &mut Ctx<'_>, amended: &Amended) -> Handled {
        note(ctx, "amended", amended).map(drop)
    }

    fn on_amend_rejected(&mut self, ctx: &mut Ctx<'_>, reject: &Reject) -> Handled {
        note(ctx, "amend rejected", reject).map(drop)
    }

    fn on_outcome(&mut self, ctx: &mut Ctx<'_>, outcome: &Outcome) -> Handled {
        note(ctx, "outcome", &(outcome, self.seen)).map(drop)
    }

    fn on_wake(&mut self, ctx: &mut Ctx<'_>) -> Handled {
        note(ctx, "woken", &ctx.time()).map(drop)
    }
}

impl Reporter {
    /// The next intent of the round.
    fn act(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        let instrument = ctx.instrument();
        let definition = ctx.definition(instrument);
        let tick = definition.as_ref().map_or(1, |found| found.tick.0);
        let near = |steps: i64| ringfence_sdk::Price(trade.price.0 + steps * tick);
        match self.seen % ROUND {
            5 => self.resting = ctx.buy(instrument, self.qty).limit(near(-400)).send()?,
            10 => drop(ctx.amend(self.resting).price(near(-300)).qty(self.qty + self.qty).send()?),
            15 => drop(ctx.cancel(self.resting)?),
            18 => drop(ctx.cancel(IntentId(1 << 40))?),
            20 => drop(ctx.buy(instrument, Notional(trade.price.0 * 3)).send()?),
            22 => drop(ctx.sell(instrument, self.qty).slippage_bps_max(25).send()?),
            24 => drop(ctx.buy(instrument, self.too_much).send()?),
            26 => drop(ctx.buy(instrument, Qty(0)).send()?),
            28 => drop(ctx.sell(instrument, self.qty).limit(near(5)).post_only().day().send()?),
            30 => drop(ctx.wake_at(ctx.time().plus_seconds(1))?),
            32 => drop(ctx.cancel_all(instrument)?),
            34 => drop(ctx.buy(instrument, self.qty).limit(near(-1)).fok().send()?),
            36 => drop(ctx.sell(instrument, self.qty).reduce_only().send()?),
            38 => drop(ctx.buy(InstrumentId(7), self.qty).send()?),
            40 => drop(ctx.flatten(None)?),
            42 => drop(ctx.buy(instrument, self.qty).stop(near(50)).send()?),
            _ => {}
        }
        Ok(())
    }

    /// Every question there is.
    fn look(&self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        let instrument = ctx.instrument();
        note(ctx, "trade", &(self.seen, trade, ctx.touch(), ctx.bid(), ctx.ask()))?;
        note(ctx, "top", &(ctx.top_of_book(instrument), ctx.top_of_book(InstrumentId(7))))?;
        note(ctx, "depth", &(ctx.depth(instrument, Side::Buy, 3), ctx.depth(instrument, Side::Sell, 3)))?;
        note(ctx, "position", &ctx.position_of(instrument))?;
        note(ctx, "account", &ctx.account())?;
        note(ctx, "open", &ctx.open_orders(instrument, 2))?;
        note(ctx, "order", &(ctx.order(self.resting), ctx.order(IntentId(1 << 40))))?;
        note(ctx, "instrument", &ctx.definition(instrument))?;
        note(ctx, "bars", &ctx.bars(instrument, BarSpec::minutes(1), 3)).map(drop)
    }
}

/// Writes down a value, cut to what a note may hold.
fn note(ctx: &mut Ctx<'_>, what: &str, value: &dyn Debug) -> Result<IntentId, EmitError> {
    let mut text = format!("{what} {value:?}");
    text.truncate(NOTE_BYTES);
    ctx.note(text)
}

ringfence_sdk::export!(Reporter);
