/** How fast does the price go, and where in its range does it stand? */

import { typical, type Candle } from "../candle";
import { Chain, Rma, SeededEma, SmaF64 } from "./averages";
import { Delay, Indicator, ratio, total, Window, type Price } from "./base";

/** The price less that of n values ago (TA-Lib's MOM). */
export class Momentum extends Indicator<Price, number> {
  readonly earlier: Delay;

  constructor(length: number) {
    super(length);
    this.earlier = new Delay(length);
  }

  update(value: Price): number | undefined {
    const earlier = this.earlier.push(Number(value));
    return earlier === undefined ? undefined : Number(value) - earlier;
  }

  get warmUp(): number {
    return this.earlier.length + 1;
  }
}

/** Rate of change since n values ago, in percent; 0 where that value was 0 (TA-Lib's ROC). */
export class Roc extends Indicator<Price, number> {
  readonly earlier: Delay;

  constructor(length: number) {
    super(length);
    this.earlier = new Delay(length);
  }

  update(value: Price): number | undefined {
    const earlier = this.earlier.push(Number(value));
    return earlier === undefined ? undefined : ratio(Number(value) - earlier, earlier, 0) * 100;
  }

  get warmUp(): number {
    return this.earlier.length + 1;
  }
}

/** Smoothed gains and losses from one price to the next, and a figure of both. */
abstract class Moves extends Indicator<Price, number> {
  last: number | undefined = undefined;
  readonly gains: Rma;
  readonly losses: Rma;

  constructor(length: number) {
    super(length);
    this.gains = new Rma(length);
    this.losses = new Rma(length);
  }

  update(value: Price): number | undefined {
    const last = this.last;
    const next = Number(value);
    this.last = next;
    if (last === undefined) return undefined;
    const change = next - last;
    const gain = this.gains.update(change > 0 ? change : 0);
    const loss = this.losses.update(change < 0 ? -change : 0);
    return gain === undefined || loss === undefined ? undefined : this.figure(gain, loss);
  }

  get warmUp(): number {
    return this.gains.length + 1;
  }

  protected abstract figure(gain: number, loss: number): number;
}

/** Relative strength index, 0 to 100; 0 where nothing moved (TA-Lib's RSI). */
export class Rsi extends Moves {
  protected figure(gain: number, loss: number): number {
    return ratio(100 * gain, gain + loss, 0);
  }
}

/** Chande momentum oscillator, -100 to 100; 0 where nothing moved (TA-Lib's CMO). */
export class Cmo extends Moves {
  protected figure(gain: number, loss: number): number {
    return ratio(100 * (gain - loss), gain + loss, 0);
  }
}

/** What `Macd` answers. */
export interface MacdLines {
  /** Fast average less slow average. */
  macd: number;
  /** Exponential average of `macd`. */
  signal: number;
  /** `macd` less `signal`. */
  histogram: number;
}

/** Moving average convergence divergence; 12, 26 and 9 are usual (TA-Lib's MACD). */
export class Macd extends Indicator<Price, MacdLines> {
  readonly fast: SeededEma;
  readonly slow: SeededEma;
  readonly signal: SeededEma;
  /** Values that the fast average still leaves out. */
  leftOut: number;

  constructor(fast: number, slow: number, signal: number) {
    super(fast, slow, signal);
    this.fast = new SeededEma(Math.min(fast, slow));
    this.slow = new SeededEma(Math.max(fast, slow));
    this.signal = new SeededEma(signal);
    this.leftOut = this.slow.length - this.fast.length;
  }

  update(value: Price): MacdLines | undefined {
    const slow = this.slow.update(value);
    if (this.leftOut > 0) {
      this.leftOut -= 1;
      return undefined;
    }
    const fast = this.fast.update(value);
    if (fast === undefined || slow === undefined) return undefined;
    const macd = fast - slow;
    const signal = this.signal.update(macd);
    return signal === undefined ? undefined : { macd, signal, histogram: macd - signal };
  }

  get warmUp(): number {
    return this.slow.length + this.signal.length - 1;
  }
}

/** Percentage price oscillator: the fast exponential average over the slow one, less one, in percent (TA-Lib's PPO). */
export class Ppo extends Indicator<Price, number> {
  readonly fast: SeededEma;
  readonly slow: SeededEma;

  constructor(fast: number, slow: number) {
    super(fast, slow);
    this.fast = new SeededEma(Math.min(fast, slow));
    this.slow = new SeededEma(Math.max(fast, slow));
  }

  update(value: Price): number | undefined {
    const [fast, slow] = [this.fast.update(value), this.slow.update(value)];
    return fast === undefined || slow === undefined ? undefined : ratio(fast - slow, slow, 0) * 100;
  }

  get warmUp(): number {
    return this.slow.length;
  }
}

/** Rate of change, from one value to the next and in percent, of an average of an average of an average (TA-Lib's TRIX). */
export class Trix extends Indicator<Price, number> {
  readonly chain: Chain;
  last: number | undefined = undefined;

  constructor(length: number) {
    super(length);
    this.chain = new Chain(length, 3);
  }

  update(value: Price): number | undefined {
    const third = this.chain.update(value)?.[2];
    if (third === undefined) return undefined;
    const last = this.last;
    this.last = third;
    return last === undefined ? undefined : ratio(third - last, last, 0) * 100;
  }

  get warmUp(): number {
    return this.chain.warmUp + 1;
  }
}

/** Lowest low and highest high of the last `length`. */
export class Extremes {
  readonly highs: Window;
  readonly lows: Window;

  constructor(length: number) {
    this.highs = new Window(length);
    this.lows = new Window(length);
  }

  /** Lowest and highest, once there are `length`. */
  update(high: number, low: number): [number, number] | undefined {
    this.highs.push(high);
    return this.lows.push(low) ? [this.lows.lowest(), this.highs.highest()] : undefined;
  }

  get length(): number {
    return this.lows.length;
  }
}

/** What `Stochastic` and `StochRsi` answer, 0 to 100. */
export interface StochasticLines {
  /** The place in the range, smoothed if asked for. */
  k: number;
  /** Simple average of `k`. */
  d: number;
}

/** Stochastic oscillator; 14, 3 and 3 are usual, a `smooth` of 1 is the fast one (TA-Lib's STOCH). */
export class Stochastic extends Indicator<Candle, StochasticLines> {
  readonly range: Extremes;
  readonly k: SmaF64;
  readonly d: SmaF64;

  constructor(length: number, smooth: number, d: number) {
    super(length, smooth, d);
    this.range = new Extremes(length);
    this.k = new SmaF64(smooth);
    this.d = new SmaF64(d);
  }

  update(bar: Candle): StochasticLines | undefined {
    return this.take(bar.high, bar.low, bar.close);
  }

  /** Takes the next three prices. */
  take(high: number, low: number, close: number): StochasticLines | undefined {
    const ends = this.range.update(high, low);
    if (ends === undefined) return undefined;
    const [lowest, highest] = ends;
    const k = this.k.update(ratio(100 * (close - lowest), highest - lowest, 0));
    const d = k === undefined ? undefined : this.d.update(k);
    return k === undefined || d === undefined ? undefined : { k, d };
  }

  get warmUp(): number {
    return this.range.length + this.k.warmUp + this.d.warmUp - 2;
  }
}

/** Stochastic of the relative strength index; 14, 14 and 3 are usual (TA-Lib's STOCHRSI). */
export class StochRsi extends Indicator<Price, StochasticLines> {
  readonly rsi: Rsi;
  readonly place: Stochastic;

  constructor(rsi: number, length: number, d: number) {
    super(rsi, length, d);
    this.rsi = new Rsi(rsi);
    this.place = new Stochastic(length, 1, d);
  }

  update(value: Price): StochasticLines | undefined {
    const rsi = this.rsi.update(value);
    return rsi === undefined ? undefined : this.place.take(rsi, rsi, rsi);
  }

  get warmUp(): number {
    return this.rsi.warmUp - 1 + this.place.warmUp;
  }
}

/** Williams' %R, -100 to 0; 0 where there is no range (TA-Lib's WILLR). */
export class WilliamsR extends Indicator<Candle, number> {
  readonly range: Extremes;

  constructor(length: number) {
    super(length);
    this.range = new Extremes(length);
  }

  update(bar: Candle): number | undefined {
    const ends = this.range.update(bar.high, bar.low);
    return ends === undefined ? undefined : ratio(100 * (bar.close - ends[1]), ends[1] - ends[0], 0);
  }

  get warmUp(): number {
    return this.range.length;
  }
}

/** Commodity channel index; 0 where the price stands still (TA-Lib's CCI). */
export class Cci extends Indicator<Candle, number> {
  readonly window: Window;

  constructor(length: number) {
    super(length);
    this.window = new Window(length);
  }

  update(bar: Candle): number | undefined {
    const price = typical(bar);
    if (!this.window.push(price)) return undefined;
    const mean = this.window.mean();
    const spread = total(this.window.values.map((value) => Math.abs(value - mean)));
    return ratio(price - mean, 0.015 * (spread / this.window.length), 0);
  }

  get warmUp(): number {
    return this.window.length;
  }
}
