//! Question: are orders that are worked over time the same natively and in a component?
//!
//! In: every trade of the first instrument and everything about its own orders. Out: a fixed round of schedules of every
//! kind and of orders tied to each other, or of the orders that the host holds and carries out, and a note of what comes of
//! them.

use ringfence_sdk::{
    Archive, Ctx, Fill, GroupKind, Handled, Instrument, IntentId, Outcome, Params, Plan, Price, Qty, SetupError,
    Strategy, TimeNs, Trade,
};

/// Parameters: `qty` of one order; `orders`: `worked` (the default) or `held`.
#[derive(Debug)]
pub struct Worker {
    qty: Qty,
    is_held: bool,
    seen: u64,
    newest: IntentId,
}

/// Trades in one round.
const ROUND: u64 = 250;
/// Trades in one round of orders that are held.
const HELD_ROUND: u64 = 60;

impl Strategy for Worker {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let is_held = params.optional("orders").is_some() && params.choice("orders", &["worked", "held"])? == 1;
        let strategy = Self { qty: params.qty("qty", instrument)?, is_held, seen: 0, newest: IntentId(0) };
        Ok((strategy, Plan::new().trades(instrument.id).orders(instrument.id)))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.seen);
        archive.item(&mut self.newest);
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        self.seen += 1;
        if self.is_held {
            return self.hold(ctx, trade);
        }
        let (id, qty) = (ctx.instrument(), Qty(self.qty.0 * 10));
        let near = |steps: i64| Price(trade.price.0 + steps);
        let now = ctx.time();
        let until = |ms: u64| TimeNs(now.0 + ms * 1_000_000);
        match self.seen % ROUND {
            5 => {
                let end = until(2_000);
                self.newest = ctx.buy(id, qty).slippage_bps_max(20).twap(end, 4).send()?;
            }
            60 => {
                let end = until(3_000);
                self.newest = ctx.sell(id, qty).limit(near(2)).vwap(end, [3, 0, 5, 2]).send()?;
            }
            110 => {
                let end = until(3_000);
                self.newest = ctx.buy(id, qty).slippage_bps_max(20).participate(end, 10, 1_000).send()?;
            }
            150 => {
                let (start, end) = (until(1_000), until(600_000));
                self.newest = ctx.sell(id, qty).limit(near(-5)).twap(end, 60).from(start).send()?;
            }
            75 => drop(ctx.buy(id, qty).limit(near(0)).bracket(near(3), near(-3))?),
            90 => {
                let entry = ctx.sell(id, qty).limit(near(0)).send()?;
                let first =
                    ctx.buy(id, qty).reduce_only().limit(near(-2)).after(entry).group(GroupKind::Ouo, None).send()?;
                ctx.buy(id, qty).reduce_only().limit(near(-4)).after(entry).group(GroupKind::Ouo, first).send()?;
            }
            130 => {
                let first = ctx.buy(id, qty).limit(near(-2)).group(GroupKind::Oco, None).send()?;
                ctx.sell(id, qty).limit(near(2)).group(GroupKind::Oco, first).send()?;
            }
            20 => drop(ctx.buy(id, qty).limit(near(-900)).twap(until(500), 2).send()?),
            160 => drop(ctx.buy(id, qty).twap(until(60_000), 3).send()),
            170 => drop(ctx.buy(id, qty).limit(near(0)).twap(now, 3).send()?),
            200 => drop(ctx.cancel(self.newest)?),
            240 => drop(ctx.flatten(None)?),
            _ => {}
        }
        Ok(())
    }

    fn on_filled(&mut self, ctx: &mut Ctx<'_>, fill: &Fill) -> Handled {
        ctx.note(format!("filled {fill:?}")).map(drop)
    }

    fn on_outcome(&mut self, ctx: &mut Ctx<'_>, outcome: &Outcome) -> Handled {
        ctx.note(format!("outcome {} {}", outcome.id, outcome.code.name())).map(drop)
    }
}

impl Worker {
    /// A round of every order that waits for a price or a time, or that is told bit by bit.
    fn hold(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        let (id, qty) = (ctx.instrument(), self.qty);
        let near = |steps: i64| Price(trade.price.0 + steps);
        let end = ctx.time().plus_seconds(300);
        let order = match self.seen % HELD_ROUND {
            2 => ctx.buy(id, qty).if_touched(near(-10)),
            4 => ctx.sell(id, qty).if_touched(near(10)).limit(near(8)),
            6 => ctx.sell(id, qty).trailing(Price(15)),
            8 => ctx.buy(id, qty).trailing_ticks(12).limit_offset(3),
            10 => ctx.sell(id, qty).trailing_bps(5),
            12 => ctx.buy(id, qty).market_to_limit(),
            14 => ctx.buy(id, qty).limit(near(-900)).good_till(end),
            16 => ctx.sell(id, Qty(qty.0 * 3)).limit(near(2)).display(qty),
            18 => ctx.buy(id, qty).at_open(),
            20 => ctx.sell(id, qty).limit(near(-50)).at_close(),
            _ => return Ok(()),
        };
        order.send().map(drop)
    }
}

ringfence_sdk::export!(Worker);
