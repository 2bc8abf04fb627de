/**
 * On which side of the market, by the cross of two exponential moving averages of trade prices?
 *
 * Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come.
 * Parameters: `fast` and `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).
 */

import { Ema, Plan, SetupError, Strategy, exportStrategy } from "ringfence";
import type { Ctx, Instrument, Params, Trade } from "ringfence";

export class EmaCross extends Strategy {
  // Made of parameters: not kept over a restart, so that new ones are in force after a swap.
  static notKept: readonly string[] = ["size"];

  private fast = new Ema(50);
  private slow = new Ema(200);
  private size = 0n;

  override setup(params: Params, instruments: Instrument[]): Plan {
    const [instrument] = instruments;
    if (instrument === undefined) throw new SetupError("needs one instrument");
    this.fast = new Ema(params.count("fast", 50));
    this.slow = new Ema(params.count("slow", 200));
    this.size = params.qty("qty", instrument);
    return new Plan().trades(instrument.id);
  }

  override onTrade(ctx: Ctx, trade: Trade): void {
    const isUp = this.fast.update(trade.price) >= this.slow.update(trade.price);
    if (!this.slow.isWarm) return;
    const size = ctx.position === 0n ? this.size : 2n * this.size;
    if (isUp && ctx.position <= 0n) ctx.buy(size);
    else if (!isUp && ctx.position >= 0n) ctx.sell(size);
  }
}

export const guest = exportStrategy(new EmaCross());
