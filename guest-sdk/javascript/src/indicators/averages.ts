/** What is the average now? */

import { typical, type Candle } from "../candle";
import { Indicator, ratio, Window, Windowed, type Price } from "./base";

/** Simple moving average of integers, kept as an exact `sum`. Crosses compare without division: see `isAbove`. */
export class Sma {
  static notKept: readonly string[] = ["length"];

  readonly length: number;
  values: bigint[] = [];

  constructor(length: number) {
    this.length = Math.max(length, 1);
  }

  /** Takes the next value. */
  update(value: bigint): void {
    this.values.push(value);
    if (this.values.length > this.length) this.values.splice(0, this.values.length - this.length);
  }

  /** Sum of the values in the window, exactly. */
  get sum(): bigint {
    return this.values.reduce((sum, value) => sum + value, 0n);
  }

  /** True once `length` values have come. */
  get isReady(): boolean {
    return this.values.length >= this.length;
  }

  /** Exactly: is this mean above the other one? Meaningful once both are ready. */
  isAbove(other: Sma): boolean {
    return this.sum * BigInt(other.length) > other.sum * BigInt(this.length);
  }
}

/** Exponential moving average: `v + a * (x - v)` with a = 2 / (n + 1), begun with the first value. Answers at once. */
export class Ema extends Indicator<Price, number> {
  static override notKept: readonly string[] = ["length", "weight"];

  readonly length: number;
  readonly weight: number;
  /** The average now; 0 before the first value. */
  value = 0;
  /** How many values it has taken. */
  seen = 0;

  constructor(length: number) {
    super(length);
    this.length = Math.max(length, 1);
    this.weight = 2 / (this.length + 1);
  }

  update(value: Price): number {
    const next = Number(value);
    this.value = this.seen === 0 ? next : this.value + this.weight * (next - this.value);
    this.seen += 1;
    return this.value;
  }

  get warmUp(): number {
    return 1;
  }

  /** True from value number `length` on. */
  get isWarm(): boolean {
    return this.seen >= this.length;
  }
}

/** An average that begins with the mean of the first `length` values. */
export abstract class Seeded extends Indicator<Price, number> {
  static override notKept: readonly string[] = ["length"];

  readonly length: number;
  seen = 0;
  sum = 0;
  value: number | undefined = undefined;

  constructor(length: number) {
    super(length);
    this.length = Math.max(length, 1);
  }

  update(value: Price): number | undefined {
    const next = Number(value);
    if (this.value !== undefined) {
      this.value = this.step(this.value, next);
    } else {
      this.sum += next;
      this.seen += 1;
      if (this.seen >= this.length) this.value = this.sum / this.length;
    }
    return this.value;
  }

  get warmUp(): number {
    return this.length;
  }

  protected abstract step(average: number, value: number): number;
}

/** Exponential moving average that begins with the mean of the first n values, as most charts do (TA-Lib's EMA). */
export class SeededEma extends Seeded {
  static override notKept: readonly string[] = ["weight"];

  readonly weight: number;

  constructor(length: number) {
    super(length);
    this.weight = 2 / (this.length + 1);
  }

  protected step(average: number, value: number): number {
    return average + this.weight * (value - average);
  }
}

/** Wilder's moving average: begins with the mean of the first n values, then `(v * (n - 1) + x) / n`. */
export class Rma extends Seeded {
  protected step(average: number, value: number): number {
    return (average * (this.length - 1) + value) / this.length;
  }
}

/** Simple moving average in floats: the window is summed anew, so no rounding error is carried on (TA-Lib's SMA). */
export class SmaF64 extends Windowed {
  protected figure(): number {
    return this.window.mean();
  }
}

/** Linearly weighted moving average: weights 1 to n, the newest the heaviest (TA-Lib's WMA). */
export class Wma extends Windowed {
  protected figure(): number {
    let [sum, weight] = [0, 0];
    for (const value of this.window.values) {
      weight += 1;
      sum += weight * value;
    }
    return sum / ((weight * (weight + 1)) / 2);
  }
}

/** Triangular moving average: weights rise by one to the middle of the window and fall again (TA-Lib's TRIMA). */
export class Trima extends Windowed {
  protected figure(): number {
    let [sum, weights, place] = [0, 0, 0];
    for (const value of this.window.values) {
      place += 1;
      const weight = Math.min(place, this.window.length + 1 - place);
      sum += weight * value;
      weights += weight;
    }
    return sum / weights;
  }
}

/** Hull moving average: a weighted average over the root of n, of twice that over half of n less that over n. */
export class Hma extends Indicator<Price, number> {
  readonly half: Wma;
  readonly whole: Wma;
  readonly last: Wma;

  constructor(length: number) {
    super(length);
    this.half = new Wma(Math.floor(length / 2));
    this.whole = new Wma(length);
    this.last = new Wma(Math.floor(Math.sqrt(length)));
  }

  update(value: Price): number | undefined {
    const [half, whole] = [this.half.update(value), this.whole.update(value)];
    return half === undefined || whole === undefined ? undefined : this.last.update(2 * half - whole);
  }

  get warmUp(): number {
    return this.whole.warmUp + this.last.warmUp - 1;
  }
}

/** Exponential averages in a row, each of the one before. */
export class Chain {
  readonly averages: SeededEma[];

  constructor(length: number, count: number) {
    this.averages = Array.from({ length: count }, () => new SeededEma(length));
  }

  /** All averages, the plainest first, once the last of them is there. */
  update(value: Price): number[] | undefined {
    const values: number[] = [];
    let next = Number(value);
    for (const average of this.averages) {
      const answer = average.update(next);
      if (answer === undefined) return undefined;
      values.push(answer);
      next = answer;
    }
    return values;
  }

  get warmUp(): number {
    return ((this.averages[0]?.length ?? 1) - 1) * this.averages.length + 1;
  }
}

/** Double exponential moving average: `2 e1 - e2`, where e2 is the average of e1 (TA-Lib's DEMA). */
export class Dema extends Indicator<Price, number> {
  readonly chain: Chain;

  constructor(length: number) {
    super(length);
    this.chain = new Chain(length, 2);
  }

  update(value: Price): number | undefined {
    const [first, second] = this.chain.update(value) ?? [];
    return first === undefined || second === undefined ? undefined : 2 * first - second;
  }

  get warmUp(): number {
    return this.chain.warmUp;
  }
}

/** Triple exponential moving average: `3 e1 - 3 e2 + e3` (TA-Lib's TEMA). */
export class Tema extends Indicator<Price, number> {
  readonly chain: Chain;

  constructor(length: number) {
    super(length);
    this.chain = new Chain(length, 3);
  }

  update(value: Price): number | undefined {
    const [first, second, third] = this.chain.update(value) ?? [];
    if (first === undefined || second === undefined || third === undefined) return undefined;
    return 3 * first - 3 * second + third;
  }

  get warmUp(): number {
    return this.chain.warmUp;
  }
}

/** Volume-weighted moving average of closes; the close where nothing was traded. */
export class Vwma extends Indicator<Candle, number> {
  readonly money: Window;
  readonly volume: Window;

  constructor(length: number) {
    super(length);
    this.money = new Window(length);
    this.volume = new Window(length);
  }

  update(bar: Candle): number | undefined {
    this.money.push(bar.close * bar.volume);
    return this.volume.push(bar.volume) ? ratio(this.money.sum(), this.volume.sum(), bar.close) : undefined;
  }

  get warmUp(): number {
    return this.volume.length;
  }
}

/** Volume-weighted average of the typical price since the start; make a new one where a session begins. */
export class Vwap extends Indicator<Candle, number> {
  money = 0;
  volume = 0;

  constructor() {
    super();
  }

  update(bar: Candle): number {
    this.money += typical(bar) * bar.volume;
    this.volume += bar.volume;
    return ratio(this.money, this.volume, typical(bar));
  }

  get warmUp(): number {
    return 1;
  }
}
