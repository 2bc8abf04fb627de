/** What were the last values, counted back from now? */

import type { Bar } from "./types";

/**
 * The newest values, at most `capacity` (0 counts as 1): `series.get(0)` is the newest, `series.get(1)` the one before. It is
 * kept over a restart where its values can be: numbers, texts, flags, bars and other plain values.
 */
export class Series<T> {
  /** What a restart takes from `setup` and not from before. */
  static notKept: readonly string[] = ["capacity"];

  /** How many it holds at most. */
  readonly capacity: number;
  /** Oldest first. */
  values: T[] = [];

  constructor(capacity: number) {
    this.capacity = Math.max(capacity, 1);
  }

  /** Takes a value; the oldest makes room. */
  push(value: T): void {
    this.values.push(value);
    if (this.values.length >= 2 * this.capacity) this.values.splice(0, this.values.length - this.capacity);
  }

  /** The value that came `age` values ago (0 = the newest); none where there is none. */
  get(age: number): T | undefined {
    return age >= 0 && age < this.length ? this.values[this.values.length - 1 - age] : undefined;
  }

  /** How many values there are. */
  get length(): number {
    return Math.min(this.values.length, this.capacity);
  }

  /** True once it holds as many as it was made for. */
  get isFull(): boolean {
    return this.values.length >= this.capacity;
  }

  /** Forgets all values. */
  clear(): void {
    this.values = [];
  }

  /** All values, newest first. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let age = 0; age < this.length; age += 1) yield this.values[this.values.length - 1 - age] as T;
  }
}

/** The newest bars. */
export class BarSeries extends Series<Bar> {
  /** The highest price of the newest `count` bars (of all, where there are fewer); none without any. */
  highest(count: number): bigint | undefined {
    return this.#best(count, (bar) => bar.high, (one, other) => one > other);
  }

  /** The lowest price of the newest `count` bars (of all, where there are fewer); none without any. */
  lowest(count: number): bigint | undefined {
    return this.#best(count, (bar) => bar.low, (one, other) => one < other);
  }

  #best(count: number, pick: (bar: Bar) => bigint, beats: (one: bigint, other: bigint) => boolean): bigint | undefined {
    const prices = [...this].slice(0, Math.max(count, 0)).map(pick);
    return prices.length === 0 ? undefined : prices.reduce((best, price) => (beats(price, best) ? price : best));
  }
}
