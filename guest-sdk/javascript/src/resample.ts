/** Which bars do trades, or shorter bars, make? No bar is made up for a time in which nothing was traded. */

import type { Bar, Trade } from "./types";

const QTY_MAX = 2n ** 63n - 1n;

/**
 * Makes bars by time of trades. A bar begins at a multiple of its length since 1970 in UTC, and is complete with the first trade
 * at or after its end, or with `until`, from `onWake` or another event's time.
 */
export class TradeBars {
  /** What a restart takes from `setup` and not from before. */
  static notKept: readonly string[] = ["intervalNs"];

  /** Length of a bar. */
  readonly intervalNs: bigint;
  /** What there is of the bar that is not complete. */
  pending: Bar | undefined = undefined;

  constructor(intervalNs: bigint) {
    this.intervalNs = intervalNs < 1n ? 1n : intervalNs;
  }

  /** Takes the next trade at its time; answers the bar that was complete before it, if there is one. */
  update(time: bigint, { price, qty }: Trade): Bar | undefined {
    const complete = this.until(time);
    const one = { open: price, high: price, low: price, close: price, volume: qty };
    const openTime = time - (time % this.intervalNs);
    this.pending = this.pending === undefined ? { ...one, openTime, intervalNs: this.intervalNs } : joined(this.pending, one);
    return complete;
  }

  /** Answers the bar that is complete at `time`, once. */
  until(time: bigint): Bar | undefined {
    const bar = this.pending;
    if (bar === undefined || time < bar.openTime + this.intervalNs) return undefined;
    this.pending = undefined;
    return bar;
  }
}

/**
 * Makes longer bars of short ones. A longer bar begins at a multiple of its length since 1970 in UTC, and is complete with the
 * short bar that ends with it, or, where that is missing, with the first one that begins after it.
 */
export class Resampler {
  /** What a restart takes from `setup` and not from before. */
  static notKept: readonly string[] = ["intervalNs"];

  /** Length of a longer bar. */
  readonly intervalNs: bigint;
  /** What there is of the bar that is not complete. */
  pending: Bar | undefined = undefined;

  constructor(intervalNs: bigint) {
    this.intervalNs = intervalNs < 1n ? 1n : intervalNs;
  }

  /** Takes the next short bar; answers what is complete now, oldest first: nothing, one bar, or two. */
  update(bar: Bar): Bar[] {
    const openTime = bar.openTime - (bar.openTime % this.intervalNs);
    const complete: Bar[] = [];
    if (this.pending !== undefined && this.pending.openTime !== openTime) {
      complete.push(this.pending);
      this.pending = undefined;
    }
    const whole = this.pending === undefined ? { ...bar, openTime, intervalNs: this.intervalNs } : joined(this.pending, bar);
    this.pending = whole;
    if (bar.openTime + bar.intervalNs >= openTime + this.intervalNs) {
      complete.push(whole);
      this.pending = undefined;
    }
    return complete;
  }
}

function joined(whole: Bar, bar: Omit<Bar, "openTime" | "intervalNs">): Bar {
  const volume = whole.volume + bar.volume;
  return {
    ...whole,
    high: bar.high > whole.high ? bar.high : whole.high,
    low: bar.low < whole.low ? bar.low : whole.low,
    close: bar.close,
    volume: volume > QTY_MAX ? QTY_MAX : volume,
  };
}
