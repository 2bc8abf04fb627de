/** How widely do prices spread, and between which lines do they move? */

import type { Candle } from "../candle";
import { Rma, SeededEma } from "./averages";
import { Indicator, ratio, Window, Windowed, type Price } from "./base";
import { Extremes } from "./momentum";

/** Variance of the last n, of the population (TA-Lib's VAR). */
export class Variance extends Windowed {
  protected figure(): number {
    return this.window.variance();
  }
}

/** Standard deviation of the last n, of the population (TA-Lib's STDDEV). */
export class StdDev extends Windowed {
  protected figure(): number {
    return Math.sqrt(this.window.variance());
  }
}

/** How many standard deviations the price lies above its mean; 0 where it stands still. */
export class ZScore extends Windowed {
  protected figure(): number {
    const newest = this.window.values[this.window.values.length - 1] ?? NaN;
    return ratio(newest - this.window.mean(), Math.sqrt(this.window.variance()), 0);
  }
}

/** The smallest of the last n (TA-Lib's MIN). */
export class Minimum extends Windowed {
  protected figure(): number {
    return this.window.lowest();
  }
}

/** The largest of the last n (TA-Lib's MAX). */
export class Maximum extends Windowed {
  protected figure(): number {
    return this.window.highest();
  }
}

/** The middle of the largest and the smallest of the last n (TA-Lib's MIDPOINT). */
export class MidPoint extends Windowed {
  protected figure(): number {
    return (this.window.highest() + this.window.lowest()) / 2;
  }
}

/** Three lines: what `Bollinger`, `Keltner` and `Donchian` answer. */
export interface Band {
  lower: number;
  middle: number;
  upper: number;
}

/** Where a price lies in a band: 0 at the lower line, 1 at the upper one (%B); 0.5 where they are one. */
export function placeInBand(band: Band, price: number): number {
  return ratio(price - band.lower, band.upper - band.lower, 0.5);
}

/** From the lower to the upper line, as a share of the middle one; 0 where that is 0. */
export function widthOfBand(band: Band): number {
  return ratio(band.upper - band.lower, band.middle, 0);
}

/** Bollinger bands: the simple average, and so many standard deviations to each side; 20 and 2 are usual (TA-Lib's BBANDS). */
export class Bollinger extends Indicator<Price, Band> {
  static override notKept: readonly string[] = ["deviations"];

  readonly deviations: number;
  readonly window: Window;

  constructor(length: number, deviations: number) {
    super(length, deviations);
    this.deviations = deviations;
    this.window = new Window(length);
  }

  update(value: Price): Band | undefined {
    if (!this.window.push(Number(value))) return undefined;
    const [middle, distance] = [this.window.mean(), this.deviations * Math.sqrt(this.window.variance())];
    return { lower: middle - distance, middle, upper: middle + distance };
  }

  get warmUp(): number {
    return this.window.length;
  }
}

/** True range: the largest of high - low, |high - last close| and |low - last close| (TA-Lib's TRANGE). */
export class TrueRange extends Indicator<Candle, number> {
  lastClose: number | undefined = undefined;

  constructor() {
    super();
  }

  update(bar: Candle): number | undefined {
    const last = this.lastClose;
    this.lastClose = bar.close;
    return last === undefined ? undefined : Math.max(bar.high - bar.low, Math.abs(bar.high - last), Math.abs(bar.low - last));
  }

  get warmUp(): number {
    return 2;
  }
}

/** Average true range: Wilder's average of the `TrueRange`; 14 is usual (TA-Lib's ATR). */
export class Atr extends Indicator<Candle, number> {
  readonly range: TrueRange;
  readonly average: Rma;

  constructor(length: number) {
    super(length);
    this.range = new TrueRange();
    this.average = new Rma(length);
  }

  update(bar: Candle): number | undefined {
    const reach = this.range.update(bar);
    return reach === undefined ? undefined : this.average.update(reach);
  }

  get warmUp(): number {
    return this.average.length + 1;
  }
}

/** `Atr` in percent of the close; 0 where that is 0 (TA-Lib's NATR). */
export class Natr extends Indicator<Candle, number> {
  readonly atr: Atr;

  constructor(length: number) {
    super(length);
    this.atr = new Atr(length);
  }

  update(bar: Candle): number | undefined {
    const atr = this.atr.update(bar);
    return atr === undefined ? undefined : ratio(atr, bar.close, 0) * 100;
  }

  get warmUp(): number {
    return this.atr.warmUp;
  }
}

/** Keltner channel: the exponential average of closes, and so many average true ranges to each side; 20, 10, 2 are usual. */
export class Keltner extends Indicator<Candle, Band> {
  static override notKept: readonly string[] = ["ranges"];

  readonly ranges: number;
  readonly average: SeededEma;
  readonly range: Atr;

  constructor(length: number, rangeLength: number, ranges: number) {
    super(length, rangeLength, ranges);
    this.ranges = ranges;
    this.average = new SeededEma(length);
    this.range = new Atr(rangeLength);
  }

  update(bar: Candle): Band | undefined {
    const [middle, reach] = [this.average.update(bar.close), this.range.update(bar)];
    if (middle === undefined || reach === undefined) return undefined;
    const distance = this.ranges * reach;
    return { lower: middle - distance, middle, upper: middle + distance };
  }

  get warmUp(): number {
    return Math.max(this.average.length, this.range.warmUp);
  }
}

/** Donchian channel: lowest low, highest high and their middle, of the last n bars, the newest included; 20 is usual. */
export class Donchian extends Indicator<Candle, Band> {
  readonly range: Extremes;

  constructor(length: number) {
    super(length);
    this.range = new Extremes(length);
  }

  update(bar: Candle): Band | undefined {
    const ends = this.range.update(bar.high, bar.low);
    return ends === undefined ? undefined : { lower: ends[0], middle: (ends[0] + ends[1]) / 2, upper: ends[1] };
  }

  get warmUp(): number {
    return this.range.length;
  }
}

/** Middle of the highest high and the lowest low of the last n bars (TA-Lib's MIDPRICE). */
export class MidPrice extends Indicator<Candle, number> {
  readonly range: Extremes;

  constructor(length: number) {
    super(length);
    this.range = new Extremes(length);
  }

  update(bar: Candle): number | undefined {
    const ends = this.range.update(bar.high, bar.low);
    return ends === undefined ? undefined : (ends[0] + ends[1]) / 2;
  }

  get warmUp(): number {
    return this.range.length;
  }
}
