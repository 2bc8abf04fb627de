/** Indicators that take one value at a time. Bits are equal on every machine and equal to those of the Rust SDK. */

import { Archive } from "./state";

/**
 * Exponential moving average: `v + a * (x - v)` with a = 2 / (n + 1), seeded with the first value. Product and sum are
 * rounded one by one, never fused.
 */
export class Ema {
  readonly length: u32;
  private readonly weight: f64;
  value: f64 = 0;
  seen: u64 = 0;

  constructor(length: u32) {
    this.length = max<u32>(length, 1);
    this.weight = 2.0 / ((this.length as f64) + 1.0);
  }

  /** Takes the next value; answers the average with it. */
  update(value: f64): f64 {
    this.value = this.seen == 0 ? value : this.value + this.weight * (value - this.value);
    this.seen += 1;
    return this.value;
  }

  /** True from the value on that is number `length`. */
  get isWarm(): bool {
    return this.seen >= (this.length as u64);
  }

  /** What a restart keeps; the length follows from the parameters. */
  state(archive: Archive): void {
    this.value = archive.item<f64>(this.value);
    this.seen = archive.item<u64>(this.seen);
  }
}
