/**
 * On which side of the market, by the cross of two exponential moving averages of trade prices?
 *
 * Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come.
 * Parameters: `fast` and `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).
 */

import { Archive, Ctx, Ema, Instrument, Params, Plan, Strategy, Trade, exportStrategy } from "ringfence";

class EmaCross extends Strategy {
  private fast: Ema = new Ema(50);
  private slow: Ema = new Ema(200);
  private size: i64 = 0;

  setup(params: Params, instruments: Instrument[], plan: Plan): void {
    if (instruments.length == 0) return params.refuse("needs one instrument");
    const instrument = instruments[0];
    this.fast = new Ema(params.count("fast", 50));
    this.slow = new Ema(params.count("slow", 200));
    this.size = params.qty("qty", instrument);
    plan.trades(instrument.id);
  }

  state(archive: Archive): void {
    this.fast.state(archive);
    this.slow.state(archive);
  }

  onTrade(ctx: Ctx, trade: Trade): void {
    const price = trade.price as f64;
    const isUp = this.fast.update(price) >= this.slow.update(price);
    if (!this.slow.isWarm) return;
    const size = ctx.position == 0 ? this.size : 2 * this.size;
    if (isUp && ctx.position <= 0) ctx.buy(size);
    else if (!isUp && ctx.position >= 0) ctx.sell(size);
  }
}

exportStrategy(new EmaCross());
