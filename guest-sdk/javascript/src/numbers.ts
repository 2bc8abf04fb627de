/** How does a decimal text become a mantissa, and back? Exact both ways; what does not fit is an error. */

import type { Decimal } from "./types";

const UNITS_NS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};

/**
 * The integer that `text` is at `scale` digits after the point: `"145.07"` at 4 is 1450700n. Throws a `RangeError` where `text`
 * is no decimal, has more digits after the point than `scale`, or is beyond 64 bits.
 */
export function decimalToMantissa(text: string, scale: number): bigint {
  const parts = /^([+-]?)([0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (parts === null || (parts[2] === "" && parts[3] === undefined)) throw new RangeError(`\`${text}\` is no decimal number`);
  const fraction = (parts[3] ?? "").replace(/0+$/, "");
  if (fraction.length > scale) throw new RangeError(`\`${text}\` has more than ${scale} digits after the point`);
  const value = BigInt(parts[2] + fraction.padEnd(scale, "0") || "0");
  if (value >= 2n ** 63n) throw new RangeError(`\`${text}\` is too large`);
  return parts[1] === "-" ? -value : value;
}

/** The decimal text of a mantissa: 1450700n at 4 is `"145.0700"`. */
export function mantissaToDecimal(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const sign = value < 0n ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/**
 * The nanoseconds of a number and its unit: `500ms`, `1.5s`, `90s`, `5m`, `8h`, `1d` (also `ns` and `us`). Throws a `RangeError`
 * where `text` is not of this form, or no whole number of nanoseconds.
 */
export function durationToNs(text: string): bigint {
  const parts = /^([0-9]+)(?:\.([0-9]+))?(ns|us|ms|s|m|h|d)$/.exec(text);
  if (parts === null) throw new RangeError(`\`${text}\` is no duration like 500ms, 90s or 1d`);
  const fraction = parts[2] ?? "";
  const whole = BigInt(`${parts[1]}${fraction}`) * (UNITS_NS[parts[3] ?? ""] ?? 0n);
  const unit = 10n ** BigInt(fraction.length);
  if (whole % unit !== 0n || whole / unit >= 2n ** 64n) {
    throw new RangeError(`\`${text}\` is no whole number of nanoseconds from 0 to 2^64 - 1`);
  }
  return whole / unit;
}

/** An amount of money of the interface (`account`, `positionOf`) as an exact decimal text: `"-12.5"`. */
export function exact(value: Decimal): string {
  const text = mantissaToDecimal((value.hi << 64n) + value.lo, value.scale);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
