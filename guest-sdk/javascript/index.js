/**
 * What authors of strategies in JavaScript and TypeScript use.
 *
 * Whole numbers of the interface with 64 bits are `bigint`s: prices and quantities are mantissas at the instrument's
 * scales, so that 145.07 at price scale 4 is 1450700n, and times are nanoseconds since the Unix epoch.
 */

import { emit } from "ringfence:strategy/intents@0.1.0";
import { depth } from "ringfence:strategy/view@0.1.0";

/** Refuses the session; the text is shown to whoever wrote the configuration. */
export class SetupError extends Error {}

/** The host took no intent; `reason` says why. Left uncaught in an event's method, it is dropped with a note. */
export class Rejected extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** The integer that `text` is at `scale` digits after the point. Throws a `RangeError` where it is none. */
export function decimalToMantissa(text, scale) {
  const parts = /^([+-]?)([0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (parts === null || (parts[2] === "" && parts[3] === undefined)) throw new RangeError(`\`${text}\` is no decimal number`);
  const fraction = (parts[3] ?? "").replace(/0+$/, "");
  if (fraction.length > scale) throw new RangeError(`\`${text}\` has more than ${scale} digits after the point`);
  const value = BigInt(parts[2] + fraction.padEnd(scale, "0"));
  if (value >= 2n ** 63n) throw new RangeError(`\`${text}\` is too large`);
  return parts[1] === "-" ? -value : value;
}

/** The decimal text of a mantissa: 1450700n at 4 is `"145.0700"`. */
export function mantissaToDecimal(value, scale) {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const sign = value < 0n ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** What the strategy was configured with. */
export class Params {
  #values;

  constructor(values) {
    this.#values = new Map(values.map(({ key, value }) => [key, value]));
  }

  /** A text. */
  text(key, otherwise) {
    const value = this.#values.get(key) ?? otherwise;
    if (value === undefined) throw new SetupError(`parameter \`${key}\` is missing`);
    return value;
  }

  /** A whole number from `least` to `most`. */
  count(key, otherwise, least = 1, most = 100_000) {
    if (!this.#values.has(key) && otherwise !== undefined) return otherwise;
    const text = this.text(key);
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || value < least || value > most) {
      throw new SetupError(`parameter \`${key}\` = \`${text}\`: want a whole number from ${least} to ${most}`);
    }
    return value;
  }

  /** A quantity above 0, as a mantissa at the instrument's quantity scale. */
  qty(key, instrument) {
    return this.#positive(key, instrument.qtyScale, "quantity");
  }

  /** A price above 0, as a mantissa at the instrument's price scale. */
  price(key, instrument) {
    return this.#positive(key, instrument.priceScale, "price");
  }

  #positive(key, scale, what) {
    const text = this.text(key);
    let value = 0n;
    try {
      value = decimalToMantissa(text, scale);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    if (value <= 0n) {
      const want = `want a ${what} above 0 with at most ${scale} digits after the point`;
      throw new SetupError(`parameter \`${key}\` = \`${text}\`: ${want}`);
    }
    return value;
  }
}

/** Subscriptions, each added by a call: `new Plan().trades(1).quotes(1)`. */
export class Plan {
  #subscriptions = [];

  /** Every public trade; the first `warmUp` of them come before anything may be emitted. */
  trades(instrument, warmUp = 0) {
    return this.#add(instrument, "trade", "every", undefined, warmUp);
  }

  /** Changes of best bid and best ask. */
  quotes(instrument, filter = "every", warmUp = 0) {
    return this.#add(instrument, "quote", filter, undefined, warmUp);
  }

  /** Changes of the book. */
  books(instrument, filter = "every", warmUp = 0) {
    return this.#add(instrument, "book", filter, undefined, warmUp);
  }

  /** Bars that the feed brings, or with `spec` those that the host builds. */
  bars(instrument, spec = undefined, warmUp = 0) {
    return this.#add(instrument, "bar", "every", spec, warmUp);
  }

  /** Any other kind of event; those of no instrument have number 0. */
  other(kind, instrument = 0) {
    return this.#add(instrument, kind, "every", undefined, 0);
  }

  toWit() {
    return { subscriptions: this.#subscriptions };
  }

  #add(instrument, kind, filter, bars, warmUp) {
    this.#subscriptions.push({ instrument, kind, filter, bars, warmUp });
    return this;
  }
}

/** What is known at this event, and ways to emit. */
export class Ctx {
  #event;
  #context;

  constructor(event, context) {
    this.#event = event;
    this.#context = context;
  }

  get time() {
    return this.#event.time;
  }

  get instrument() {
    return this.#event.instrument;
  }

  get position() {
    return signed(this.#context.position);
  }

  get bidPrice() {
    return signed(this.#context.bidPrice);
  }

  get askPrice() {
    return signed(this.#context.askPrice);
  }

  /** Wants to buy: at once at any price, or at `limit` or better. Answers the number of the intent. */
  buy(qty, options = {}) {
    return this.#order("buy", qty, options);
  }

  /** Wants to sell: at once at any price, or at `limit` or better. Answers the number of the intent. */
  sell(qty, options = {}) {
    return this.#order("sell", qty, options);
  }

  /** Wants the order of an intent canceled. */
  cancel(intent) {
    return this.emit({ tag: "cancel", val: intent });
  }

  /** Wants no position in an instrument, or in any. */
  flatten(instrument) {
    return this.emit({ tag: "flatten", val: instrument });
  }

  /** Wants `onWake` called at a time. */
  wakeAt(time) {
    return this.emit({ tag: "wake-at", val: time });
  }

  /** Writes a line into the journal. */
  note(text) {
    return this.emit({ tag: "note", val: text });
  }

  /** Any intent of the interface. */
  emit(intent) {
    try {
      return emit(intent);
    } catch (error) {
      throw typeof error?.payload === "string" ? new Rejected(error.payload) : error;
    }
  }

  /** Levels of the book, best first. */
  depth(side, levels, instrument = this.instrument) {
    return depth(instrument, side, levels).map(signed);
  }

  #order(side, qty, { limit, tif, postOnly = false }) {
    const isMarket = limit === undefined;
    return this.emit({
      tag: "submit",
      val: {
        instrument: this.instrument,
        side,
        size: { tag: "quantity", val: qty },
        orderType: isMarket ? "market" : "limit",
        limitPrice: limit,
        stopPrice: undefined,
        tif: tif ?? (isMarket ? "ioc" : "gtc"),
        maxSlippageBps: undefined,
        postOnly,
        reduceOnly: false,
      },
    });
  }
}

/** Exponential moving average: `v + a * (x - v)` with a = 2 / (n + 1), seeded with the first value. */
export class Ema {
  constructor(length) {
    this.length = Math.max(length, 1);
    this.weight = 2 / (this.length + 1);
    this.value = 0;
    this.seen = 0;
  }

  /** Takes the next value; answers the average with it. */
  update(value) {
    const next = Number(value);
    this.value = this.seen === 0 ? next : this.value + this.weight * (next - this.value);
    this.seen += 1;
    return this.value;
  }

  /** True from the value on that is number `length`. */
  get isWarm() {
    return this.seen >= this.length;
  }
}

/** Simple moving average of the last `length` values. */
export class Sma {
  constructor(length) {
    this.length = Math.max(length, 1);
    this.values = [];
    this.next = 0;
  }

  /** Takes the next value; answers the average of those that it holds. Added up anew, so that no error grows. */
  update(value) {
    this.values[this.next] = Number(value);
    this.next = (this.next + 1) % this.length;
    return this.values.reduce((sum, one) => sum + one, 0) / this.values.length;
  }

  /** True once it holds `length` values. */
  get isWarm() {
    return this.values.length === this.length;
  }
}

/**
 * The engine hands over signed numbers of 64 bits as if they had no sign. Those that have none are below 2^63, where both are
 * the same, but for the code of a bar's kind.
 */
function signed(value) {
  if (typeof value === "bigint") return BigInt.asIntN(64, value);
  if (typeof value !== "object" || value === null) return value;
  for (const [key, field] of Object.entries(value)) {
    if (typeof field === "bigint" && key !== "intervalNs") value[key] = BigInt.asIntN(64, field);
  }
  return value;
}

const METHODS = {
  trade: "onTrade",
  quote: "onQuote",
  book: "onBook",
  bar: "onBar",
  "mark-price": "onMarkPrice",
  funding: "onFunding",
  status: "onStatus",
  feed: "onFeed",
  "corporate-action": "onCorporateAction",
  accepted: "onAccepted",
  rejected: "onRejected",
  filled: "onFilled",
  canceled: "onCanceled",
  "cancel-rejected": "onCancelRejected",
  amended: "onAmended",
  "amend-rejected": "onAmendRejected",
  expired: "onExpired",
  unknown: "onUnknown",
  busted: "onBusted",
  outcome: "onOutcome",
  signal: "onSignal",
  trading: "onTrading",
  wake: "onWake",
};

/** What an author extends: `setup`, and a method for each kind of event that is wanted. The others do nothing. */
export class Strategy {
  setup() {
    throw new SetupError("this strategy has no setup");
  }
}

for (const method of Object.values(METHODS)) Strategy.prototype[method] = () => {};

/** The guest of a strategy: `export const guest = exportStrategy(new MyStrategy());` */
export function exportStrategy(strategy) {
  return {
    setup(params, instruments) {
      try {
        return strategy.setup(new Params(params), instruments).toWit();
      } catch (error) {
        if (error instanceof SetupError) throw error.message;
        throw error;
      }
    },
    onEvent(event, context) {
      const { tag, val } = event.kind;
      try {
        strategy[METHODS[tag]](new Ctx(event, context), signed(val));
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        note(error);
      }
    },
    snapshot() {
      return bytesOf(JSON.stringify({ version: STATE_VERSION, state: out(strategy, "state") }));
    },
    restore(bytes) {
      try {
        const saved = JSON.parse(textOf(bytes));
        if (saved?.version !== STATE_VERSION) throw new TypeError("not a snapshot of this version");
        into(strategy, saved.state, "state");
      } catch (error) {
        throw `restore: ${error.message}`;
      }
    },
  };
}

/** As the Rust SDK: an intent that was not taken is noted, but during warm-up, where that is the rule. */
function note(refusal) {
  if (refusal.reason === "warmup") return;
  try {
    emit({ tag: "note", val: `emit refused: ${refusal.reason}` });
  } catch {
    // Notes are refused too: the host's own record of the limit is all there is.
  }
}

const STATE_VERSION = 1;

/** Properties of the strategy and of the objects in them, as JSON: a bigint is `{"n": "12"}`, an object `{"o": {…}}`. */
function out(value, place) {
  if (typeof value === "bigint") return { n: value.toString() };
  if (Array.isArray(value)) return value.map((item) => out(item, place));
  if (typeof value === "object" && value !== null) {
    return { o: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, out(item, `${place}.${key}`)])) };
  }
  if (value === undefined) return { u: true };
  if (typeof value === "number" && !Number.isFinite(value)) return { f: String(value) };
  if (typeof value === "function") throw new TypeError(`${place}: a function cannot be kept in the state`);
  return value;
}

function back(old, saved, place) {
  if (Array.isArray(saved)) return saved.map((item, at) => back(Array.isArray(old) ? old[at] : undefined, item, place));
  if (typeof saved !== "object" || saved === null) return saved;
  if ("n" in saved) return BigInt(saved.n);
  if ("u" in saved) return undefined;
  if ("f" in saved) return Number(saved.f);
  const target = typeof old === "object" && old !== null ? old : {};
  into(target, saved, place);
  return target;
}

/** `setup` has made the objects; values alone are put back. */
function into(target, saved, place) {
  if (typeof saved?.o !== "object") throw new TypeError(`${place} is no object`);
  for (const [key, value] of Object.entries(saved.o)) target[key] = back(target[key], value, `${place}.${key}`);
}

/** UTF-8 by hand: not every engine has TextEncoder. */
function bytesOf(text) {
  const utf8 = unescape(encodeURIComponent(text));
  return Uint8Array.from(utf8, (letter) => letter.charCodeAt(0));
}

function textOf(bytes) {
  let utf8 = "";
  for (const byte of bytes) utf8 += String.fromCharCode(byte);
  return decodeURIComponent(escape(utf8));
}
