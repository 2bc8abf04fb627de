/**
 * What do all indicators have in common, and what are they made of? Bits are equal on every machine and engine, and equal to those
 * of the Rust SDK: sums are made anew at each value, oldest first, and nothing is fused.
 */

/** One formula over a series. A length of 0 counts as 1; parameters are not kept over a restart, they come from `setup`. */
export abstract class Indicator<In, Out> {
  /** What a restart takes from `setup` and not from before. */
  static notKept: readonly string[] = ["args"];

  /** What it was made with. */
  readonly args: readonly number[];

  constructor(...args: number[]) {
    this.args = args;
  }

  /** Takes the next input; answers from number `warmUp` on, every time. */
  abstract update(value: In): Out | undefined;

  /** How many inputs the first answer takes, its own included. */
  abstract get warmUp(): number;

  /** One with the same parameters that has taken nothing. */
  fresh(): this {
    return new (this.constructor as new (...args: readonly number[]) => this)(...this.args);
  }

  /** What a fresh one answers to each of these: the same as `update` one by one, bit for bit. */
  over(values: Iterable<In>): (Out | undefined)[] {
    const indicator = this.fresh();
    return Array.from(values, (value) => indicator.update(value));
  }
}

/** A price as a float, or a mantissa. */
export type Price = number | bigint;

/** The last `length` floats, oldest first. One that is loaded into another length keeps the newest. */
export class Window {
  static notKept: readonly string[] = ["length"];

  readonly length: number;
  values: number[] = [];

  constructor(length: number) {
    this.length = Math.max(length, 1);
  }

  /** Takes a value; answers whether the window is full. */
  push(value: number): boolean {
    this.values.push(value);
    if (this.values.length > this.length) this.values.splice(0, this.values.length - this.length);
    return this.values.length === this.length;
  }

  sum(): number {
    return total(this.values);
  }

  /** The mean of a full window. */
  mean(): number {
    return total(this.values) / this.length;
  }

  /** The mean square of the distance from the mean, of a full window (of the population). */
  variance(): number {
    const mean = this.mean();
    return total(this.values.map((value) => (value - mean) * (value - mean))) / this.length;
  }

  lowest(): number {
    return this.values.reduce((best, value) => (value < best ? value : best), Infinity);
  }

  highest(): number {
    return this.values.reduce((best, value) => (value > best ? value : best), -Infinity);
  }
}

/** The value that came `length` values ago. */
export class Delay {
  static notKept: readonly string[] = ["length"];

  readonly length: number;
  values: number[] = [];

  constructor(length: number) {
    this.length = Math.max(length, 1);
  }

  /** Takes a value; answers the one that came `length` before it, if there is one. */
  push(value: number): number | undefined {
    this.values.push(value);
    const at = this.values.length - 1 - this.length;
    if (at < 0) return undefined;
    const earlier = this.values[at];
    this.values.splice(0, at + 1);
    return earlier;
  }
}

/** The sum in this order, rounded after each addition. */
export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The quotient, or `otherwise` where there is nothing to divide by. */
export function ratio(part: number, whole: number, otherwise: number): number {
  return whole === 0 ? otherwise : part / whole;
}

/** A figure of the last `length` prices. */
export abstract class Windowed extends Indicator<Price, number> {
  readonly window: Window;

  constructor(length: number) {
    super(length);
    this.window = new Window(length);
  }

  update(value: Price): number | undefined {
    return this.window.push(Number(value)) ? this.figure() : undefined;
  }

  get warmUp(): number {
    return this.window.length;
  }

  /** Of a full window. */
  protected abstract figure(): number;
}
