/**
 * How does the engine hold whole numbers with 64 bits, and does each come through as it is?
 *
 * StarlingMonkey has `bigint`s for them, QuickJS floats, which hold whole numbers up to 2^53 - 1 exactly. Strategies see
 * `bigint`s on both. What comes in beyond that may have been rounded: such a field throws when it is read. What goes out and is
 * not exactly a float throws. Nothing is rounded.
 */

import type { Raw } from "./types";

/** The largest whole number that a float from QuickJS is surely the right one for. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/** A number that this engine cannot hold exactly: which, and its value. */
export class PrecisionError extends RangeError {}

/** A signed number as it came; StarlingMonkey hands it over as if it had no sign. `place` says which it is. */
export function signed(value: Raw, place: string): bigint {
  return typeof value === "bigint" ? BigInt.asIntN(64, value) : whole(value, place);
}

/** A number without sign as it came; QuickJS hands over those from 2^63 on as if they had one. */
export function unsigned(value: Raw, place: string): bigint {
  return BigInt.asUintN(64, typeof value === "bigint" ? value : whole(value, place));
}

/** A record as it came: `fields` says which are numbers with 64 bits, and of those which have no sign. */
export function record<T extends object>(raw: object, fields: Readonly<Record<string, "s64" | "u64">>, name: string): T {
  const target = raw as Record<string, unknown>;
  for (const key in fields) {
    const value = target[key] as Raw | null | undefined;
    if (value === undefined || value === null) continue;
    const place = `${name}.${key}`;
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      // Few read the time of a bar or the largest quantity: whoever does is told.
      Object.defineProperty(target, key, { get: () => whole(value, place), enumerable: true, configurable: true });
    } else {
      target[key] = fields[key] === "s64" ? signed(value, place) : unsigned(value, place);
    }
  }
  return target as T;
}

/** A value of an intent as the engine takes it: every `bigint` in it, at any depth. */
export function outgoing<T>(value: T, hasFloats: boolean, place: string): T {
  return hasFloats ? (floats(value, place) as T) : value;
}

function whole(value: number, place: string): bigint {
  if (!Number.isSafeInteger(value)) {
    throw new PrecisionError(`${place} = ${value}: beyond ${LARGEST}, where numbers of QuickJS are not exact; build it with engine = "starlingmonkey"`);
  }
  return BigInt(value);
}

function floats(value: unknown, place: string): unknown {
  if (typeof value === "bigint") {
    const float = Number(value);
    if (BigInt(float) !== value) {
      throw new PrecisionError(`${place} = ${value}: QuickJS has no float that is exactly this; build it with engine = "starlingmonkey"`);
    }
    return float;
  }
  if (Array.isArray(value)) return value.map((item) => floats(item, place));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const inner = Object.entries(value).map(([key, item]) => [key, floats(item, key === "val" ? place : `${place}.${key}`)]);
  return Object.fromEntries(inner);
}
