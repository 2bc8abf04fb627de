/** What was the strategy configured with? Typed and checked; what is wrong says which parameter, its value and range. */

import { decimalToMantissa, durationToNs } from "./numbers";
import type { Instrument } from "./types";

/** Refuses the session; the text is shown to whoever wrote the configuration. */
export class SetupError extends Error {}

/** The ends of a range, both allowed. */
export interface Range<T> {
  least?: T | undefined;
  most?: T | undefined;
}

/** Parameters by name, as the configuration gives them. A key that no reader asked for refuses the session. */
export class Params {
  #values: Map<string, string>;
  #asked: string[] = [];

  constructor(values: Iterable<readonly [string, string]>) {
    this.#values = new Map(values);
  }

  /** The value as it stands, or `undefined` when absent. */
  optional(key: string): string | undefined {
    this.#asked.push(key);
    return this.#values.get(key);
  }

  /** The value as it stands, or `otherwise` when absent. */
  text(key: string, otherwise?: string): string {
    const value = this.optional(key) ?? otherwise;
    if (value === undefined) throw new SetupError(`parameter \`${key}\` is missing`);
    return value;
  }

  /** A whole number in a range (without one: those that a `number` holds exactly), or `otherwise` when absent. */
  integer(key: string, otherwise?: number, { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER }: Range<number> = {}): number {
    const read = (text: string): number | undefined => {
      const value = /^[+-]?[0-9]+$/.test(text) ? Number(text) : NaN;
      return value >= least && value <= most && Number.isSafeInteger(value) ? value + 0 : undefined;
    };
    return this.#read(key, otherwise, read, `a whole number from ${least} to ${most}`);
  }

  /** A count (of bars, of ticks) from `least` to `most`, or `otherwise` when absent. */
  count(key: string, otherwise?: number, least = 1, most = 100_000): number {
    return this.integer(key, otherwise, { least, most });
  }

  /** A float in a range, as indicators take them (`0.02`, `1e-3`), or `otherwise` when absent. */
  number(key: string, range: { least: number; most: number }, otherwise?: number): number {
    const read = (text: string): number | undefined => {
      const value = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text) ? Number(text) : NaN;
      return value >= range.least && value <= range.most && Number.isFinite(value) ? value : undefined;
    };
    return this.#read(key, otherwise, read, `a number from ${range.least} to ${range.most}`);
  }

  /** An exact decimal as a mantissa with `scale` digits after the point, in a range of mantissas, or `otherwise` when absent. */
  decimal(key: string, scale: number, range: { least: bigint; most: bigint }, otherwise?: bigint): bigint {
    const { least, most } = range;
    const read = (text: string): bigint | undefined => within(attempt(() => decimalToMantissa(text, scale)), least, most);
    const want = `a decimal with at most ${scale} digits after the point, in mantissas from ${least} to ${most}`;
    return this.#read(key, otherwise, read, want);
  }

  /** A duration in nanoseconds (`500ms`, `90s`, `5m`, `8h`, `1d`) in a range of them, or `otherwise` when absent. */
  durationNs(key: string, otherwise?: bigint, { least = 0n, most = 2n ** 63n - 1n }: Range<bigint> = {}): bigint {
    const read = (text: string): bigint | undefined => within(attempt(() => durationToNs(text)), least, most);
    return this.#read(key, otherwise, read, `a duration like 500ms, 90s or 1d from ${least}ns to ${most}ns`);
  }

  /** `true` or `false`, or `otherwise` when absent. */
  boolean(key: string, otherwise?: boolean): boolean {
    return this.oneOf(key, { false: false, true: true }, otherwise);
  }

  /** One of `choices`, or `otherwise` when absent. */
  choice<T extends string>(key: string, choices: readonly T[], otherwise?: T): T {
    return this.oneOf(key, Object.fromEntries(choices.map((choice) => [choice, choice])), otherwise) as T;
  }

  /** The value of one of the names in `choices`, or `otherwise` when absent. */
  oneOf<T>(key: string, choices: Record<string, T>, otherwise?: T): T {
    const read = (text: string): T | undefined => (Object.hasOwn(choices, text) ? choices[text] : undefined);
    return this.#read(key, otherwise, read, `one of ${Object.keys(choices).join(", ")}`);
  }

  /**
   * Items with commas between them, as many as the range says; each is given to `item` under the same key:
   * `params.items("lengths", (one) => one.count("lengths"))` reads `10, 20, 50`.
   */
  items<T>(key: string, item: (one: Params) => T, { least = 1, most = 100 }: Range<number> = {}): T[] {
    const text = this.text(key);
    const items = text.trim() === "" ? [] : text.split(",").map((part) => part.trim());
    if (items.length < least || items.length > most || items.includes("")) {
      throw invalid(key, text, `${least} to ${most} items with commas between them`);
    }
    return items.map((part) => item(new Params([[key, part]])));
  }

  /** The instrument of a symbol, with or without the venue before the colon. */
  instrument(key: string, instruments: readonly Instrument[]): Instrument {
    const text = this.text(key);
    const bare = (symbol: string): string => symbol.slice(symbol.indexOf(":") + 1);
    const [found, second] = instruments.filter((one) => one.symbol === text || bare(one.symbol) === text);
    if (found === undefined || second !== undefined) {
      throw invalid(key, text, `one of ${instruments.map((one) => one.symbol).join(", ")}`);
    }
    return found;
  }

  /** A quantity above 0, as a mantissa at the instrument's quantity scale. */
  qty(key: string, instrument: Instrument): bigint {
    const scale = instrument.qtyScale;
    const read = (text: string): bigint | undefined => within(attempt(() => decimalToMantissa(text, scale)), 1n, 2n ** 63n - 1n);
    return this.#read(key, undefined, read, `a quantity above 0 with at most ${scale} digits after the point`);
  }

  /** A price, as a mantissa at the instrument's price scale. */
  price(key: string, instrument: Instrument): bigint {
    const scale = instrument.priceScale;
    const read = (text: string): bigint | undefined => attempt(() => decimalToMantissa(text, scale));
    return this.#read(key, undefined, read, `a price with at most ${scale} digits after the point`);
  }

  /** Says of a parameter what its range alone does not, such as that `fast` lies below `slow`. */
  require(key: string, holds: boolean, want: string): void {
    if (!holds) throw invalid(key, this.#values.get(key) ?? "(its default)", want);
  }

  /** Refuses keys that no reader asked for; every run does this after `setup`. */
  checkAllRead(): void {
    for (const key of this.#values.keys()) {
      if (!this.#asked.includes(key)) {
        throw new SetupError(`unknown parameter \`${key}\`; known: ${this.#asked.join(", ") || "none"}`);
      }
    }
  }

  #read<T>(key: string, otherwise: T | undefined, read: (text: string) => T | undefined, want: string): T {
    const text = this.optional(key);
    if (text === undefined && otherwise !== undefined) return otherwise;
    if (text === undefined) throw new SetupError(`parameter \`${key}\` is missing`);
    const value = read(text);
    if (value === undefined) throw invalid(key, text, want);
    return value;
  }
}

function invalid(key: string, text: string, want: string): SetupError {
  return new SetupError(`parameter \`${key}\` = \`${text}\`: want ${want}`);
}

function within(value: bigint | undefined, least: bigint, most: bigint): bigint | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
