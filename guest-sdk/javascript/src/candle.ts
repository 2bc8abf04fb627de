/** What of a bar do indicators read? Five figures as floats, in whatever unit their author likes. */

import type { Bar, Instrument } from "./types";

/** A bar in floats. */
export interface Candle {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Mantissas as they are; up to 2^53 they are exact. */
export function candle(bar: Bar): Candle {
  const [open, high, low, close] = [Number(bar.open), Number(bar.high), Number(bar.low), Number(bar.close)];
  return { open, high, low, close, volume: Number(bar.volume) };
}

/** In money and in units, by the scales of the instrument: what a chart shows. */
export function candleInUnits(bar: Bar, instrument: Instrument): Candle {
  const { open, high, low, close, volume } = candle(bar);
  const [price, qty] = [Number(`1e${instrument.priceScale}`), Number(`1e${instrument.qtyScale}`)];
  return { open: open / price, high: high / price, low: low / price, close: close / price, volume: volume / qty };
}

/** The typical price: (high + low + close) / 3. */
export function typical(bar: Candle): number {
  return (bar.high + bar.low + bar.close) / 3;
}

/** The middle: (high + low) / 2. */
export function middle(bar: Candle): number {
  return (bar.high + bar.low) / 2;
}
