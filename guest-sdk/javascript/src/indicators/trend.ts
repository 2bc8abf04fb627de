/** Which way do bars outgrow each other, and how long ago was the extreme? */

import type { Candle } from "../candle";
import { Rma } from "./averages";
import { Indicator, ratio, Window } from "./base";
import { TrueRange } from "./volatility";

/** Wilder's running sum: the plain sum of the first n - 1, then each time less its n-th part. */
class RunningSum {
  static notKept: readonly string[] = ["length"];

  readonly length: number;
  seen = 0;
  sum = 0;

  constructor(length: number) {
    this.length = Math.max(length, 1);
  }

  update(value: number): number | undefined {
    if (this.seen < this.length - 1) {
      this.seen += 1;
      this.sum += value;
      return undefined;
    }
    this.sum = this.sum - this.sum / this.length + value;
    return this.sum;
  }
}

/** What `DirectionalMovement` answers, each 0 to 100. */
export interface Directions {
  /** Upward movement over true range (+DI). */
  plus: number;
  /** Downward movement over true range (-DI). */
  minus: number;
}

/** The directional index (DX), 0 to 100; none where nothing moved. */
export function directionalIndex({ plus, minus }: Directions): number | undefined {
  return plus + minus === 0 ? undefined : (100 * Math.abs(plus - minus)) / (plus + minus);
}

/** +DI and -DI; 14 is usual (TA-Lib's PLUS_DI and MINUS_DI). */
export class DirectionalMovement extends Indicator<Candle, Directions> {
  last: Candle | undefined = undefined;
  readonly trueRange: TrueRange;
  readonly plus: RunningSum;
  readonly minus: RunningSum;
  readonly range: RunningSum;

  constructor(length: number) {
    super(length);
    this.trueRange = new TrueRange();
    this.plus = new RunningSum(length);
    this.minus = new RunningSum(length);
    this.range = new RunningSum(length);
  }

  update(bar: Candle): Directions | undefined {
    const reach = this.trueRange.update(bar);
    const last = this.last;
    this.last = bar;
    if (last === undefined || reach === undefined) return undefined;
    const [up, down] = [bar.high - last.high, last.low - bar.low];
    const plus = this.plus.update(up > down && up > 0 ? up : 0);
    const minus = this.minus.update(down > up && down > 0 ? down : 0);
    const whole = this.range.update(reach);
    if (plus === undefined || minus === undefined || whole === undefined) return undefined;
    return { plus: ratio(100 * plus, whole, 0), minus: ratio(100 * minus, whole, 0) };
  }

  get warmUp(): number {
    return this.range.length + 1;
  }
}

/** What `Adx` answers, each 0 to 100. */
export interface AdxLines extends Directions {
  /** How strong a trend is, whichever way it goes. */
  adx: number;
}

/**
 * Average directional index: Wilder's average of the directional index; 14 is usual (TA-Lib's ADX). A bar without movement leaves
 * it as it is (and counts as 0 among the first n).
 */
export class Adx extends Indicator<Candle, AdxLines> {
  readonly movement: DirectionalMovement;
  readonly average: Rma;
  adx: number | undefined = undefined;

  constructor(length: number) {
    super(length);
    this.movement = new DirectionalMovement(length);
    this.average = new Rma(length);
  }

  update(bar: Candle): AdxLines | undefined {
    const directions = this.movement.update(bar);
    if (directions === undefined) return undefined;
    const index = directionalIndex(directions);
    if (index !== undefined || this.adx === undefined) this.adx = this.average.update(index ?? 0);
    return this.adx === undefined ? undefined : { adx: this.adx, ...directions };
  }

  get warmUp(): number {
    return 2 * this.average.length;
  }
}

/** What `Aroon` answers. */
export interface AroonLines {
  /** 100 where the newest bar is the highest, 0 where the oldest is. */
  up: number;
  /** 100 where the newest bar is the lowest, 0 where the oldest is. */
  down: number;
}

/** Aroon, of the last n + 1 bars; of equal extremes the newest counts; 14 and 25 are usual (TA-Lib's AROON). */
export class Aroon extends Indicator<Candle, AroonLines> {
  readonly highs: Window;
  readonly lows: Window;

  constructor(length: number) {
    super(length);
    this.highs = new Window(Math.max(length, 1) + 1);
    this.lows = new Window(Math.max(length, 1) + 1);
  }

  update(bar: Candle): AroonLines | undefined {
    this.highs.push(bar.high);
    if (!this.lows.push(bar.low)) return undefined;
    const place = (window: Window, extreme: number): number => (100 * window.values.lastIndexOf(extreme)) / (window.length - 1);
    return { up: place(this.highs, this.highs.highest()), down: place(this.lows, this.lows.lowest()) };
  }

  get warmUp(): number {
    return this.highs.length;
  }
}
