/** What does the host of the component say? Its answers as `bigint`s, whatever the engine has. */

import * as intents from "ringfence:strategy/intents@0.1.0";
import * as view from "ringfence:strategy/view@0.1.0";

import { outgoing, record, unsigned } from "./engine";
import { Rejected, type Host } from "./host";
import type {
  Account,
  Bar,
  BarSpec,
  Decimal,
  EmitError,
  Instrument,
  Intent,
  Level,
  OrderRequest,
  OrderView,
  Position,
  Quote,
  Raw,
  Schedule,
  Side,
  WitEvent,
} from "./types";

const QUOTE = { bidPrice: "s64", bidQty: "s64", askPrice: "s64", askQty: "s64" } as const;
const LEVEL = { price: "s64", qty: "s64" } as const;
const DECIMAL = { lo: "u64", hi: "s64" } as const;
const BAR = { open: "s64", high: "s64", low: "s64", close: "s64", volume: "s64", openTime: "u64", intervalNs: "u64" } as const;
const INSTRUMENT = { tick: "s64", lot: "s64", qtyMin: "s64", qtyMax: "s64" } as const;
const ORDER = { id: "u64", price: "s64", qty: "s64", filled: "s64", trigger: "s64" } as const;
const FILL = { id: "u64", price: "s64", qty: "s64", leaves: "s64", fee: "s64" } as const;

/** Numbers with 64 bits in each kind of payload; a word for a payload that is such a number. */
const PAYLOADS: Record<string, "s64" | "u64" | Readonly<Record<string, "s64" | "u64">>> = {
  trade: LEVEL,
  quote: QUOTE,
  bar: BAR,
  "mark-price": "s64",
  funding: { rateE9: "s64", nextTime: "u64" },
  "corporate-action": { numerator: "u64", denominator: "u64", cash: "s64" },
  accepted: "u64",
  rejected: { id: "u64" },
  filled: FILL,
  canceled: { id: "u64", leaves: "s64" },
  "cancel-rejected": { id: "u64" },
  amended: { id: "u64", ...LEVEL },
  "amend-rejected": { id: "u64" },
  expired: "u64",
  unknown: "u64",
  busted: FILL,
  outcome: { id: "u64" },
  signal: { value: "s64" },
};

/** The host that runs the component. */
export class ComponentHost implements Host {
  /** Whether the engine has floats for numbers with 64 bits. */
  #hasFloats = false;

  emit(intent: Intent): bigint {
    return this.#emitted(() => intents.emit(outgoing(intent, this.#hasFloats, intent.tag)));
  }

  emitOrder(order: OrderRequest): bigint {
    return this.#emitted(() => intents.emitOrder(outgoing(order, this.#hasFloats, "order")));
  }

  emitSchedule(schedule: Schedule): bigint {
    return this.#emitted(() => intents.emitSchedule(outgoing(schedule, this.#hasFloats, "schedule")));
  }

  topOfBook(instrument: number): Quote | undefined {
    const quote = view.topOfBook(instrument);
    return quote == null ? undefined : record(quote, QUOTE, "quote");
  }

  depth(instrument: number, side: Side, levels: number): Level[] {
    return view.depth(instrument, side, levels).map((level) => record(level, LEVEL, "level"));
  }

  positionOf(instrument: number): Position {
    const position = record<Position>(view.positionOf(instrument), { qty: "s64" }, "position");
    return decimals(position, ["cost", "realised", "fees"], "position");
  }

  account(): Account {
    return decimals(view.account() as Account, ["cash", "equity", "capital", "drawdown"], "account");
  }

  openOrders(instrument: number, limit: number): OrderView[] {
    return view.openOrders(instrument, limit).map((order) => record(order, ORDER, "order"));
  }

  order(intent: bigint): OrderView | undefined {
    const order = view.order(outgoing(intent, this.#hasFloats, "intent"));
    return order == null ? undefined : record(order, ORDER, "order");
  }

  instrument(instrument: number): Instrument | undefined {
    const found = view.instrument(instrument);
    return found == null ? undefined : instrumentOf(found);
  }

  bars(instrument: number, spec: BarSpec, count: number): Bar[] {
    return view.bars(instrument, outgoing(spec, this.#hasFloats, "bars"), count).map((bar) => record(bar, BAR, "bar"));
  }

  /** The instruments of `setup`; tells which numbers the engine has. */
  instruments(raw: object[]): Instrument[] {
    this.#hasFloats = raw.some((one) => typeof (one as { tick: Raw }).tick === "number");
    return raw.map(instrumentOf);
  }

  /** The answer of `setup` as the engine takes it. */
  plan<T>(plan: T): T {
    return outgoing(plan, this.#hasFloats, "plan");
  }

  /** An event as it came: its payload at once, its times when they are asked for. */
  event(raw: object): WitEvent {
    const event = raw as WitEvent;
    this.#hasFloats = typeof event.time === "number";
    const kind = event.kind as { tag: string; val: unknown };
    const fields = PAYLOADS[kind.tag];
    if (fields === undefined) return event;
    if (typeof fields === "string") {
      // A payload that is nothing but a number is refused at once.
      kind.val = record<{ val: bigint }>({ val: kind.val }, { val: fields }, kind.tag).val;
    } else {
      record(kind.val as object, fields, kind.tag);
      if (kind.tag === "trade") missing(kind.val as { aggressor?: unknown });
    }
    return event;
  }

  #emitted(emit: () => Raw): bigint {
    try {
      return unsigned(emit(), "intent");
    } catch (error) {
      const reason = reasonOf(error);
      throw reason === undefined ? error : new Rejected(reason);
    }
  }
}

const REASONS: readonly string[] = ["warmup", "too-many", "malformed", "note-too-long", "not-now"];

/** Engines differ in how they throw the error of the interface: as it is, or within another. */
function reasonOf(error: unknown): EmitError | undefined {
  const found = error as { payload?: unknown; message?: unknown } | null | undefined;
  const reason = [error, found?.payload, found?.message].find((one) => typeof one === "string" && REASONS.includes(one));
  return reason as EmitError | undefined;
}

function missing(trade: { aggressor?: unknown }): void {
  if (trade.aggressor === null) trade.aggressor = undefined;
}

function instrumentOf(raw: object): Instrument {
  return decimals(record<Instrument>(raw, INSTRUMENT, "instrument"), ["multiplier"], "instrument");
}

function decimals<T extends object>(target: T, keys: readonly (keyof T & string)[], name: string): T {
  for (const key of keys) record<Decimal>(target[key] as object, DECIMAL, `${name}.${key}`);
  return target;
}
