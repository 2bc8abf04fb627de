/** What is known at this event, and how is something asked for? */

import { signed, unsigned } from "./engine";
import { Rejected, type Host } from "./host";
import { isPlain, otherSide, request, sizeOf, stepsOf, type Bracket, type OrderOptions, type Size } from "./orders";
import type {
  Account,
  Bar,
  BarSpec,
  Instrument,
  Intent,
  Level,
  OrderRequest,
  OrderState,
  OrderView,
  Position,
  Quote,
  Schedule,
  Side,
  WitContext,
  WitEvent,
} from "./types";

/** Terms of an order that is worked over time: `limit` or `slippageBps` is needed, and not both. */
export interface ScheduleOptions {
  /** When it is over. */
  end: bigint;
  /** When it begins; what is past is now. */
  start?: bigint | undefined;
  /** Its orders are limit orders at this price. */
  limit?: bigint | undefined;
  /** Its orders are market orders that give up this much at most, in 1/10000, 1 to 5000. */
  slippageBps?: number | undefined;
  /** Rejected rather than crossing. */
  postOnly?: boolean | undefined;
  /** Never opens or enlarges a position. */
  reduceOnly?: boolean | undefined;
  /** Another instrument. */
  instrument?: number | undefined;
}

const DONE: readonly OrderState[] = ["filled", "canceled", "rejected", "expired"];

/**
 * The event's time, instrument, touch and position, and ways to emit. What emits answers the number of the intent, or throws
 * `Rejected`; what Risk and the venue say comes as later events.
 */
export class Ctx {
  #host: Host;
  #event: WitEvent;
  #context: WitContext;

  constructor(host: Host, event: WitEvent, context: WitContext) {
    this.#host = host;
    this.#event = event;
    this.#context = context;
  }

  /** When the host received the event, in nanoseconds since the Unix epoch. This is now. */
  get time(): bigint {
    return unsigned(this.#event.time, "event.time");
  }

  /** The venue's own time stamp, if it gave one. */
  get venueTime(): bigint | undefined {
    const time = unsigned(this.#event.venueTime, "event.venueTime");
    return time === 0n ? undefined : time;
  }

  /** Instrument of the event; 0 = none, as in `onOutcome`. */
  get instrument(): number {
    return this.#event.instrument;
  }

  /** The strategy's own net position in that instrument: a mantissa at its quantity scale, below 0 = short. */
  get position(): bigint {
    return signed(this.#context.position, "context.position");
  }

  /** Best bid of that instrument; 0 where there is none. */
  get bidPrice(): bigint {
    return signed(this.#context.bidPrice, "context.bidPrice");
  }

  /** Quantity at the best bid; 0 where there is none. */
  get bidQty(): bigint {
    return signed(this.#context.bidQty, "context.bidQty");
  }

  /** Best ask of that instrument; 0 where there is none. */
  get askPrice(): bigint {
    return signed(this.#context.askPrice, "context.askPrice");
  }

  /** Quantity at the best ask; 0 where there is none. */
  get askQty(): bigint {
    return signed(this.#context.askQty, "context.askQty");
  }

  /** The touch of any instrument given to `setup`; none = unknown, or neither side is shown. */
  topOfBook(instrument: number): Quote | undefined {
    return this.#host.topOfBook(instrument);
  }

  /** Levels of one side of the book, best first. */
  depth(side: Side, levels: number, instrument: number = this.instrument): Level[] {
    return this.#host.depth(instrument, side, levels);
  }

  /** The own position in any instrument, with its cost; `exact` makes texts of its money. */
  positionOf(instrument: number): Position {
    return this.#host.positionOf(instrument);
  }

  /** The own sub-account; `exact` makes texts of its money. */
  account(): Account {
    return this.#host.account();
  }

  /** Own open orders by ascending intent, at most `limit`; instrument 0 = of all instruments. */
  openOrders(instrument = 0, limit = 65_535): OrderView[] {
    return this.#host.openOrders(instrument, limit);
  }

  /** One own order; none = unknown or forgotten. */
  order(intent: bigint): OrderView | undefined {
    return this.#host.order(intent);
  }

  /** The definition of an instrument as it is now. */
  definition(instrument: number): Instrument | undefined {
    return this.#host.instrument(instrument);
  }

  /** The last `count` finished bars of a subscribed specification, oldest first. */
  bars(instrument: number, spec: BarSpec, count: number): Bar[] {
    return this.#host.bars(instrument, spec, count);
  }

  /** Wants to buy: at once at any price, or as the options say. */
  buy(size: Size, options: OrderOptions = {}): bigint {
    return this.emitOrder(request(this.instrument, "buy", size, options));
  }

  /** Wants to sell: at once at any price, or as the options say. */
  sell(size: Size, options: OrderOptions = {}): bigint {
    return this.emitOrder(request(this.instrument, "sell", size, options));
  }

  /**
   * Wants an entry, and on its other side a limit order at `takeProfit` and a stop-market order at `stopLoss`: they wait until
   * the entry fills, only reduce the position, and a fill of one takes its quantity from the other. Where a later one of the
   * three is refused, the earlier ones have been emitted.
   */
  bracket(side: Side, qty: bigint, exits: { takeProfit: bigint; stopLoss: bigint }, options: OrderOptions = {}): Bracket {
    const order = request(this.instrument, side, qty, options);
    const entry = this.emitOrder(order);
    const out: OrderOptions = { instrument: order.order.instrument, reduceOnly: true, after: entry, groupKind: "ouo" };
    const other = otherSide(side);
    const takeProfit = this.emitOrder(request(this.instrument, other, qty, { ...out, limit: exits.takeProfit }));
    const stopLoss = this.emitOrder(request(this.instrument, other, qty, { ...out, stop: exits.stopLoss, group: takeProfit }));
    return { entry, takeProfit, stopLoss };
  }

  /**
   * Wants it in equal parts at prices from `limit` to `to`, evenly apart: scales in, or out with `reduceOnly`. Parts are whole
   * lots, prices whole ticks from the first one. `Rejected` (malformed), before anything is emitted, for less than 2 or more
   * than 32 steps, no `limit`, a trigger, an unknown instrument, or less than a lot a step.
   */
  scale(side: Side, qty: bigint, ladder: { to: bigint; steps: number }, options: OrderOptions): bigint[] {
    const order = request(this.instrument, side, qty, options);
    const parts = stepsOf(order, this.#host.instrument(order.order.instrument), ladder.to, ladder.steps);
    return parts.map((part) => this.emitOrder(part));
  }

  /** Wants the own net position closed, reduce-only. None when there is none. Own orders stay: see `flatten`. */
  close(options: OrderOptions = {}): bigint | undefined {
    return this.#toward(-this.#held(options.instrument), { ...options, reduceOnly: true });
  }

  /** Wants the own net position turned into as much on the other side. None when there is none. */
  reverse(options: OrderOptions = {}): bigint | undefined {
    return this.#toward(-2n * this.#held(options.instrument), options);
  }

  /**
   * Wants the own net position to become `qty` (below 0 = short), given what own orders will add if they fill. Reduce-only where
   * it cannot cross 0. None when position and orders add up to the target already. Orders that are held for a trigger do not
   * count.
   */
  target(qty: bigint, options: OrderOptions = {}): bigint | undefined {
    const held = this.#held(options.instrument);
    const change = qty - held - this.#coming(options.instrument ?? this.instrument);
    const reduces = held > 0n !== change > 0n && size(change) <= size(held);
    return this.#toward(change, reduces ? { ...options, reduceOnly: true } : options);
  }

  /** Wants it worked in equal slices until `end`. */
  twap(side: Side, quantity: Size, slices: number, options: ScheduleOptions): bigint {
    return this.#schedule(side, quantity, options, { tag: "even", val: slices });
  }

  /** Wants it worked until `end` in a slice for each weight, as large as its weight says. */
  vwap(side: Side, quantity: Size, weights: readonly number[], options: ScheduleOptions): bigint {
    return this.#schedule(side, quantity, options, { tag: "profile", val: Uint16Array.from(weights) });
  }

  /** Wants slices of at most `bps` / 10000 of what the market traded in the interval before. */
  participate(side: Side, quantity: Size, part: { slices: number; bps: number }, options: ScheduleOptions): bigint {
    return this.#schedule(side, quantity, options, { tag: "volume", val: { slices: part.slices, bps: part.bps } });
  }

  /** Wants a working order changed: its limit price, its whole quantity (filled included), its trigger. */
  amend(intent: bigint, change: { price?: bigint; qty?: bigint; trigger?: bigint }): bigint {
    const { price, qty, trigger } = change;
    return this.emit({ tag: "amend", val: { id: intent, price, qty, trigger } });
  }

  /** Wants the order of an intent canceled. */
  cancel(intent: bigint): bigint {
    return this.emit({ tag: "cancel", val: intent });
  }

  /** Wants every own order canceled, of one instrument or of all. */
  cancelAll(instrument?: number): bigint {
    return this.emit({ tag: "cancel-all", val: instrument });
  }

  /** Wants no own order and no position, in one instrument or in all. */
  flatten(instrument?: number): bigint {
    return this.emit({ tag: "flatten", val: instrument });
  }

  /** Wants `onWake` called at a time, 1 ms from now at the earliest. */
  wakeAt(time: bigint): bigint {
    return this.emit({ tag: "wake-at", val: time });
  }

  /** Writes a line into the journal. */
  note(text: string): bigint {
    return this.emit({ tag: "note", val: text });
  }

  /** Any intent of the interface. */
  emit(intent: Intent): bigint {
    return this.#host.emit(intent);
  }

  /** Any order of the interface. */
  emitOrder(order: OrderRequest): bigint {
    return isPlain(order) ? this.#host.emit({ tag: "submit", val: order.order }) : this.#host.emitOrder(order);
  }

  #held(instrument: number | undefined): bigint {
    const isHere = instrument === undefined || instrument === this.instrument;
    return isHere ? this.position : this.#host.positionOf(instrument).qty;
  }

  #coming(instrument: number): bigint {
    let coming = 0n;
    for (const order of this.#host.openOrders(instrument, 65_535)) {
      if (DONE.includes(order.state) || order.state === "held") continue;
      const leaves = order.qty - order.filled;
      coming += order.side === "buy" ? leaves : -leaves;
    }
    return coming;
  }

  #toward(change: bigint, options: OrderOptions): bigint | undefined {
    if (change === 0n) return undefined;
    return this.emitOrder(request(this.instrument, change > 0n ? "buy" : "sell", size(change), options));
  }

  #schedule(side: Side, quantity: Size, options: ScheduleOptions, curve: Schedule["curve"]): bigint {
    const { limit, slippageBps } = options;
    if ((limit === undefined) === (slippageBps === undefined)) throw new Rejected("malformed");
    return this.#host.emitSchedule({
      instrument: options.instrument ?? this.instrument,
      side,
      size: sizeOf(quantity),
      bound: limit === undefined ? { tag: "slippage", val: slippageBps ?? 0 } : { tag: "limit", val: limit },
      postOnly: options.postOnly ?? false,
      reduceOnly: options.reduceOnly ?? false,
      start: options.start ?? 0n,
      end: options.end,
      curve,
    });
  }
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}
