/** Which events does a text describe? A line that is not understood is an error with its number. */

import { decimalToMantissa, durationToNs } from "../numbers";
import type { Bar, CorporateAction, Instrument, Liquidity, Payload, Reject, Side } from "../types";

/** What a script says of a fill; the desk knows the rest. */
export interface FillLine {
  id: bigint;
  qty: string;
  price: string;
  fee: string;
  liquidity: Liquidity;
}

/** Something that happens. */
export type Step = { time: bigint } & (
  | { what: "time" | "restart" }
  | { what: "filled" | "busted"; fill: FillLine }
  | { what: "amended"; id: bigint; price: string; qty: string }
  | { what: "event"; instrument: number; payload: Payload }
);

/** What a session begins with, and the script behind it (with empty lines, so that numbers of lines stay). */
export interface Head {
  instruments: string[];
  params: Record<string, string>;
  capital: string;
  rest: string;
}

const DAY_NS = 86_400_000_000_000n;
const NAMES = {
  side: ["buy", "sell"],
  "book action": ["changed", "cleared"],
  state: ["trading", "auction", "halted", "closed", "settled"],
  "feed state": ["live", "stale"],
  liquidity: ["maker", "taker", "none"],
  reject: [
    "unknown", "insufficient-balance", "price-out-of-band", "would-take", "duplicate", "unknown-order", "too-late", "rate-limited",
    "transmit-refused", "market-closed",
  ],
  cancel: ["asked", "ioc-remainder", "venue", "operator", "kill-switch", "self-trade"],
  outcome: [
    "malformed", "superseded", "withdrawn", "approval-expired", "denied-quantity", "denied-notional", "denied-position",
    "denied-exposure", "denied-price-collar", "denied-open-orders", "denied-not-authorised", "denied-instrument-status",
    "denied-stale-market", "denied-trading-disabled", "denied-kill-switch", "denied-loss", "denied-drawdown", "denied-velocity",
    "denied-duplicate", "denied-margin", "denied-other", "ended", "expired",
  ],
} as const;

/** Splits a fixture into what the session begins with and its events. */
export function readHead(text: string): Head {
  const head: Head = { instruments: [], params: {}, capital: "1000000", rest: "" };
  const rest = text.split("\n").map((line) => {
    const [, word = "", fields = ""] = /^(\S*)\s*(.*)$/.exec(bare(line)) ?? [];
    if (word === "instrument") head.instruments.push(fields);
    else if (word === "capital") head.capital = fields;
    else if (word === "param") {
      const [, key = "", value = ""] = /^(\S*)\s*(.*)$/.exec(fields) ?? [];
      head.params[key] = value;
    } else return line;
    return "";
  });
  return { ...head, rest: rest.join("\n") };
}

/** Lines of a script as they come. */
export class Script {
  #time = 0n;

  /** The steps of some lines. Throws a `RangeError` with the number of the line that is not understood. */
  read(text: string, instruments: readonly Instrument[]): Step[] {
    const steps: Step[] = [];
    for (const [at, line] of text.split("\n").map(bare).entries()) {
      if (line === "") continue;
      try {
        const step = readLine(line, instruments);
        if (step.time < this.#time) throw new RangeError("time runs backwards");
        this.#time = step.time;
        steps.push(step);
      } catch (error) {
        throw new RangeError(`script line ${at + 1}: ${(error as Error).message} in \`${line}\``);
      }
    }
    return steps;
  }
}

function bare(line: string): string {
  return (line.split("#")[0] ?? "").trim();
}

function readLine(line: string, instruments: readonly Instrument[]): Step {
  const words = new Words(line.split(/\s+/), instruments);
  const step = words.step();
  if (words.rest[0] !== undefined) throw new RangeError(`\`${words.rest[0]}\` is too much`);
  return step;
}

class Words {
  rest: string[];
  #instruments: readonly Instrument[];

  constructor(rest: string[], instruments: readonly Instrument[]) {
    this.rest = rest;
    this.#instruments = instruments;
  }

  step(): Step {
    const time = durationToNs(this.#next("a time"));
    const word = this.#next("an event");
    if (word === "time" || word === "restart") return { time, what: word };
    if (word === "filled" || word === "busted") return { time, what: word, fill: this.#fill() };
    if (word === "amended") return { time, what: word, id: this.#id(), price: this.#orderPrice(), qty: this.#next("a quantity") };
    const payload = this.#session(word);
    if (payload !== undefined) return { time, what: "event", instrument: 0, payload };
    const instrument = this.#instrument();
    return { time, what: "event", instrument: instrument.id, payload: this.#market(word, instrument, time) };
  }

  #next(what: string): string {
    const word = this.rest.shift();
    if (word === undefined) throw new RangeError(`${what} is missing`);
    return word;
  }

  #number(what: string): bigint {
    const word = this.#next(what);
    if (!/^-?[0-9]+$/.test(word)) throw new RangeError(`\`${word}\` is no ${what}`);
    return BigInt(word);
  }

  #id(): bigint {
    return this.#number("intent number");
  }

  #named<K extends keyof typeof NAMES>(kind: K): (typeof NAMES)[K][number] {
    const word = this.#next(kind);
    if (!(NAMES[kind] as readonly string[]).includes(word)) throw new RangeError(`\`${word}\` is no ${kind}`);
    return word as (typeof NAMES)[K][number];
  }

  #session(word: string): Payload | undefined {
    switch (word) {
      case "signal":
        return { tag: "signal", val: { source: Number(this.#number("source")), name: Number(this.#number("name")), value: this.#number("value") } };
      case "trading": {
        const flag = this.#next("`on` or `off`");
        if (flag !== "on" && flag !== "off") throw new RangeError(`\`${flag}\` is neither \`on\` nor \`off\``);
        return { tag: "trading", val: flag === "on" };
      }
      case "accepted":
      case "expired":
      case "unknown":
        return { tag: word, val: this.#id() };
      case "outcome":
        return { tag: "outcome", val: { id: this.#id(), code: this.#named("outcome") } };
      case "canceled":
        return { tag: "canceled", val: { id: this.#id(), leaves: 0n, reason: this.rest.length > 0 ? this.#named("cancel") : "asked" } };
      case "rejected":
      case "cancel-rejected":
      case "amend-rejected":
        return { tag: word, val: this.#reject() };
      default:
        return undefined;
    }
  }

  #reject(): Reject {
    return { id: this.#id(), reason: this.#named("reject") };
  }

  #fill(): FillLine {
    const fill: FillLine = { id: this.#id(), qty: this.#next("a quantity"), price: this.#orderPrice(), fee: "0", liquidity: "taker" };
    while (this.rest.length > 0) {
      if (this.rest[0] === "fee") {
        this.rest.shift();
        fill.fee = this.#next("a fee");
      } else fill.liquidity = this.#named("liquidity");
    }
    return fill;
  }

  #orderPrice(): string {
    const word = this.#next("a price");
    if (!word.startsWith("@")) throw new RangeError(`\`${word}\` is no price like \`@1.5\``);
    return word.slice(1);
  }

  #instrument(): Instrument {
    const symbol = this.#next("a symbol");
    const found = this.#instruments.find((one) => one.symbol === symbol);
    if (found === undefined) throw new RangeError(`\`${symbol}\` is no instrument`);
    return found;
  }

  #price(instrument: Instrument): bigint {
    return decimalToMantissa(this.#next("a price"), instrument.priceScale);
  }

  #qty(instrument: Instrument): bigint {
    return decimalToMantissa(this.#next("a quantity"), instrument.qtyScale);
  }

  #market(word: string, instrument: Instrument, time: bigint): Payload {
    switch (word) {
      case "trade": {
        const [price, qty] = [this.#price(instrument), this.#qty(instrument)];
        const aggressor: Side | undefined = this.rest.length > 0 ? this.#named("side") : undefined;
        return { tag: "trade", val: { price, qty, aggressor } };
      }
      case "quote": {
        const [bidPrice, bidQty] = [this.#price(instrument), this.#qty(instrument)];
        return { tag: "quote", val: { bidPrice, bidQty, askPrice: this.#price(instrument), askQty: this.#qty(instrument) } };
      }
      case "book":
        return { tag: "book", val: this.#named("book action") };
      case "bar":
        return { tag: "bar", val: this.#bar(instrument, time) };
      case "mark":
        return { tag: "mark-price", val: this.#price(instrument) };
      case "funding": {
        const rateE9 = decimalToMantissa(this.#next("a rate"), 9);
        return { tag: "funding", val: { rateE9, nextTime: this.rest.length > 0 ? time + durationToNs(this.#next("a time")) : 0n } };
      }
      case "status":
        return { tag: "status", val: this.#named("state") };
      case "feed":
        return { tag: "feed", val: this.#named("feed state") };
      default:
        return { tag: "corporate-action", val: this.#corporateAction(word, instrument) };
    }
  }

  #bar(instrument: Instrument, time: bigint): Bar {
    const open = this.#price(instrument);
    const bar: Bar = { open, high: open, low: open, close: open, volume: 0n, openTime: 0n, intervalNs: DAY_NS };
    if (this.rest.length > 0) {
      bar.high = this.#price(instrument);
      bar.low = this.#price(instrument);
      bar.close = this.#price(instrument);
      bar.volume = this.#qty(instrument);
    }
    if (this.rest.length > 0) bar.intervalNs = durationToNs(this.#next("a length of time"));
    bar.openTime = time > bar.intervalNs ? time - bar.intervalNs : 0n;
    return bar;
  }

  #corporateAction(word: string, instrument: Instrument): CorporateAction {
    const none = { numerator: 0n, denominator: 0n, cash: 0n };
    switch (word) {
      case "split":
        return { ...none, kind: word, numerator: this.#number("number"), denominator: this.#number("number") };
      case "dividend":
        return { ...none, kind: word, cash: decimalToMantissa(this.#next("an amount"), instrument.settlementScale) };
      case "rename":
      case "delisting":
        return { ...none, kind: word };
      default:
        throw new RangeError(`\`${word}\` is no event`);
    }
  }
}
