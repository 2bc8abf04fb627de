/** What does the strategy see, and what did it want? Answers nothing that the script did not say: no matching, no Risk. */

import { Rejected, type Host } from "../host";
import { decimalToMantissa } from "../numbers";
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
  OrderState,
  OrderView,
  Payload,
  Position,
  Quote,
  Schedule,
  Side,
  Submit,
  WitContext,
} from "../types";
import * as render from "./render";
import type { FillLine, Step } from "./script";

const INTENTS_MAX = 64;
const NOTE_BYTES_MAX = 512;
const WAKES_MAX = 64;
const WAKE_DELAY_NS_MIN = 1_000_000n;
const SLIPPAGE_BPS_MAX = 5_000;
const WEIGHTS_MAX = 96;
const INTENT_ID_MAX = 2n ** 45n - 1n;
/** Money is counted at this scale. */
const MONEY = 28;
const DONE: readonly OrderState[] = ["filled", "canceled", "rejected", "expired"];
const NO_TOUCH: Quote = { bidPrice: 0n, bidQty: 0n, askPrice: 0n, askQty: 0n };

/** One instrument's position; money at 28 digits after the point. */
class Holding {
  qty = 0n;
  cost = 0n;
  realised = 0n;
  fees = 0n;
  last: bigint | undefined;
  mark: bigint | undefined;
  touch: Quote = NO_TOUCH;
  /** Money that a mantissa of price times one of quantity is. */
  readonly unit: bigint;

  constructor(scale: number) {
    this.unit = 10n ** BigInt(MONEY - scale);
  }

  /** What goes against the position closes it first; what is left over opens the other side. */
  take(qty: bigint, price: bigint): void {
    const value = qty * price * this.unit;
    const held = this.qty;
    this.qty += qty;
    if (held === 0n || held > 0n === qty > 0n) {
      this.cost += value;
      return;
    }
    const closing = size(held) < size(qty) ? size(held) : size(qty);
    const costOut = this.#share(this.cost, closing, size(held));
    const valueOut = this.#share(value, closing, size(qty));
    this.realised -= valueOut + costOut;
    this.cost += value - valueOut - costOut;
  }

  /** Value of what is open: at the mark, the middle of the touch, or the last price. */
  worth(): bigint {
    const { bidPrice, bidQty, askPrice, askQty } = this.touch;
    const middle = bidQty > 0n && askQty > 0n ? bidPrice + askPrice : undefined;
    const doubled = (price: bigint | undefined): bigint | undefined => (price === undefined ? undefined : 2n * price);
    const double = doubled(this.mark) ?? middle ?? doubled(this.last);
    return double === undefined ? this.cost : (this.qty * double * this.unit) / 2n;
  }

  /** Towards zero in the last digit that values have. */
  #share(amount: bigint, part: bigint, whole: bigint): bigint {
    return (((amount / this.unit) * part) / whole) * this.unit;
  }
}

/** Everything around the strategy; a `Host` in a test. */
export class Desk implements Host {
  /** Now. */
  time = 0n;
  /** One line an intent. */
  readonly output: string[] = [];
  readonly #instruments: Instrument[];
  readonly #holdings: Map<number, Holding>;
  readonly #bars: [number, Bar][] = [];
  readonly #orders = new Map<bigint, OrderView>();
  readonly #wakes = new Set<bigint>();
  readonly #capital: bigint;
  #peak: bigint;
  #intents = 0n;
  #emitted: number | undefined;
  #isWarmingUp = false;
  #ownChanged = false;

  constructor(instruments: readonly Instrument[], capitalE8: bigint) {
    this.#instruments = instruments.map((instrument) => ({ ...instrument }));
    this.#holdings = new Map(instruments.map((one) => [one.id, new Holding(one.priceScale + one.qtyScale)]));
    this.#capital = this.#peak = capitalE8 * 10n ** BigInt(MONEY - 8);
  }

  /** Time goes on. */
  advance(time: bigint): void {
    if (time > this.time) this.time = time;
  }

  /** The earliest wake that is due at `time`, once. */
  takeWake(time: bigint): bigint | undefined {
    const due = [...this.#wakes].reduce<bigint | undefined>((first, one) => (first === undefined || one < first ? one : first), undefined);
    if (due === undefined || due > time) return undefined;
    this.#wakes.delete(due);
    return due;
  }

  /** The strategy may emit while `call` runs. */
  during(isWarmingUp: boolean, call: () => void): void {
    this.#emitted = 0;
    this.#isWarmingUp = isWarmingUp;
    try {
      call();
    } finally {
      this.#emitted = undefined;
    }
  }

  /** True once when an intent other than a note was emitted. */
  takeOwnChange(): boolean {
    const changed = this.#ownChanged;
    this.#ownChanged = false;
    return changed;
  }

  /** Touch and position of an instrument. */
  context(instrument: number): WitContext {
    const holding = this.#holdings.get(instrument);
    return { ...(holding?.touch ?? NO_TOUCH), position: holding?.qty ?? 0n };
  }

  /** Takes in what happened; answers the event, or nothing when only time passed. */
  apply(step: Step): [number, Payload] | undefined {
    switch (step.what) {
      case "time":
      case "restart":
        return undefined;
      case "filled":
        return this.#filled(step.fill, 1n);
      case "busted":
        return this.#filled(step.fill, -1n);
      case "amended":
        return this.#amended(step.id, step.price, step.qty);
      case "event":
        return this.#happened(step.instrument, step.payload);
    }
  }

  emit(intent: Intent): bigint {
    const of = intent.tag === "amend" ? this.#orders.get(intent.val.id)?.instrument : undefined;
    const id = this.#admit(render.intent(intent, of ?? 0, this.#instruments), this.#refusal(intent));
    if (intent.tag === "wake-at" && !this.#addWake(intent.val)) {
      this.output.push(`${this.output.pop()} (malformed: ${WAKES_MAX} wakes are pending)`);
    }
    if (intent.tag === "submit") this.#orders.set(id, submitted(id, intent.val, false));
    if (intent.tag === "cancel") this.#markPending(intent.val, "pending-cancel");
    if (intent.tag === "amend") this.#markPending(intent.val.id, "pending-amend");
    if (intent.tag !== "note") this.#ownChanged = true;
    return id;
  }

  emitOrder(order: OrderRequest): bigint {
    const { trail } = order;
    const canExist = (id: bigint): boolean => id >= 0n && id <= INTENT_ID_MAX;
    const isGood = (trail === undefined || (trail.offset > 0n && trail.limitOffset >= 0n)) && order.displayQty >= 0n && canExist(order.parent) && canExist(order.group);
    const refusal = isGood ? this.#refusal({ tag: "submit", val: order.order }) : "malformed";
    const id = this.#admit(render.request(order, this.#instruments), refusal);
    this.#orders.set(id, submitted(id, order.order, trail !== undefined));
    this.#ownChanged = true;
    return id;
  }

  emitSchedule(schedule: Schedule): bigint {
    const { bound, curve } = schedule;
    const isBound = bound.tag === "limit" || (bound.val >= 1 && bound.val <= SLIPPAGE_BPS_MAX);
    const fits = curve.tag !== "profile" || curve.val.length <= WEIGHTS_MAX;
    const isGood = isBound && fits && schedule.size.val > 0n && this.instrument(schedule.instrument) !== undefined;
    const id = this.#admit(render.schedule(schedule, this.#instruments), isGood ? undefined : "malformed");
    const qty = schedule.size.tag === "quantity" ? schedule.size.val : 0n;
    const price = bound.tag === "limit" ? bound.val : 0n;
    const { instrument, side } = schedule;
    this.#orders.set(id, { id, instrument, side, state: "submitted", price, qty, filled: 0n, trigger: 0n });
    this.#ownChanged = true;
    return id;
  }

  topOfBook(instrument: number): Quote | undefined {
    const touch = this.#holdings.get(instrument)?.touch ?? NO_TOUCH;
    return touch.bidQty > 0n || touch.askQty > 0n ? touch : undefined;
  }

  depth(instrument: number, side: Side, levels: number): Level[] {
    const touch = this.#holdings.get(instrument)?.touch ?? NO_TOUCH;
    const level = side === "buy" ? { price: touch.bidPrice, qty: touch.bidQty } : { price: touch.askPrice, qty: touch.askQty };
    return level.qty > 0n && levels > 0 ? [level] : [];
  }

  positionOf(instrument: number): Position {
    const { qty, cost, realised, fees } = this.#holdings.get(instrument) ?? new Holding(0);
    return { side: "net", qty, cost: decimal(cost), realised: decimal(realised), fees: decimal(fees) };
  }

  account(): Account {
    const flow = [...this.#holdings.values()].reduce((sum, held) => sum + held.realised - held.cost - held.fees, 0n);
    const equity = this.#equity();
    const peak = equity > this.#peak ? equity : this.#peak;
    return { cash: decimal(this.#capital + flow), equity: decimal(equity), capital: decimal(this.#capital), drawdown: decimal(peak - equity) };
  }

  openOrders(instrument: number, limit: number): OrderView[] {
    const isAsked = (one: OrderView): boolean => !DONE.includes(one.state) && (instrument === 0 || one.instrument === instrument);
    return [...this.#orders.values()].filter(isAsked).slice(0, limit).map((order) => ({ ...order }));
  }

  order(intent: bigint): OrderView | undefined {
    const order = this.#orders.get(intent);
    return order && { ...order };
  }

  instrument(instrument: number): Instrument | undefined {
    return this.#instruments.find((one) => one.id === instrument);
  }

  bars(instrument: number, spec: BarSpec, count: number): Bar[] {
    const isAsked = ([of, bar]: [number, Bar]): boolean => of === instrument && spec.tag === "time-ns" && bar.intervalNs === spec.val;
    return count < 1 ? [] : this.#bars.filter(isAsked).slice(-count).map(([, bar]) => bar);
  }

  #equity(): bigint {
    const holdings = [...this.#holdings.values()];
    return holdings.reduce((sum, held) => sum + held.realised - held.cost + held.worth() - held.fees, this.#capital);
  }

  #happened(instrument: number, payload: Payload): [number, Payload] {
    const holding = this.#holdings.get(instrument);
    const settle = (id: bigint, state: OrderState): [number, Payload] => [this.#order(id, state).instrument, payload];
    switch (payload.tag) {
      case "accepted":
        return settle(payload.val, "working");
      case "expired":
        return settle(payload.val, "expired");
      case "unknown":
        return settle(payload.val, "unknown");
      case "rejected":
        return settle(payload.val.id, "rejected");
      case "cancel-rejected":
      case "amend-rejected":
        return settle(payload.val.id, "working");
      case "canceled": {
        const order = this.#order(payload.val.id, "canceled");
        return [order.instrument, { tag: "canceled", val: { ...payload.val, leaves: leaves(order) } }];
      }
      case "outcome":
        this.#orders.delete(payload.val.id);
        return [0, payload];
      case "status": {
        const known = this.instrument(instrument);
        if (known !== undefined) known.state = payload.val;
        return [instrument, payload];
      }
      case "bar":
        this.#bars.push([instrument, payload.val]);
        if (holding !== undefined) holding.last = payload.val.close;
        return [instrument, payload];
      case "trade":
        if (holding !== undefined) holding.last = payload.val.price;
        return [instrument, payload];
      case "mark-price":
        if (holding !== undefined) holding.mark = payload.val;
        return [instrument, payload];
      case "quote":
        if (holding !== undefined) holding.touch = payload.val;
        return [instrument, payload];
      default:
        return [instrument, payload];
    }
  }

  #filled(line: FillLine, sign: bigint): [number, Payload] {
    const order = this.#order(line.id, "partially-filled");
    const [definition, holding] = this.#of(order);
    const qty = decimalToMantissa(line.qty, definition.qtyScale);
    const price = decimalToMantissa(line.price, definition.priceScale);
    const fee = sign * decimalToMantissa(line.fee, definition.settlementScale);
    holding.take(order.side === "buy" ? sign * qty : -sign * qty, price);
    holding.fees += fee * 10n ** BigInt(MONEY - definition.settlementScale);
    const equity = this.#equity();
    if (equity > this.#peak) this.#peak = equity;
    order.filled += sign * qty;
    if (leaves(order) === 0n) order.state = "filled";
    const val = { id: line.id, price, qty, leaves: leaves(order), fee, side: order.side, liquidity: line.liquidity };
    return [order.instrument, { tag: sign > 0n ? "filled" : "busted", val }];
  }

  #amended(id: bigint, price: string, qty: string): [number, Payload] {
    const order = this.#order(id, "working");
    const [definition] = this.#of(order);
    order.price = decimalToMantissa(price, definition.priceScale);
    order.qty = decimalToMantissa(qty, definition.qtyScale);
    return [order.instrument, { tag: "amended", val: { id, price: order.price, qty: order.qty } }];
  }

  /** Orders of known instruments alone are taken. */
  #of(order: OrderView): [Instrument, Holding] {
    const [definition, holding] = [this.instrument(order.instrument), this.#holdings.get(order.instrument)];
    if (definition === undefined || holding === undefined) throw new Error(`no instrument ${order.instrument}`);
    return [definition, holding];
  }

  /** The order of an intent, in its new state. */
  #order(id: bigint, state: OrderState): OrderView {
    const order = this.#orders.get(id);
    if (order === undefined) throw new RangeError(`the script names intent ${id}, which is no order`);
    order.state = state;
    return order;
  }

  #admit(text: string, refusal: EmitError | undefined): bigint {
    let why = refusal;
    if (this.#emitted === undefined) why = "not-now";
    else if (why === undefined && this.#isWarmingUp) why = "warmup";
    else if (why === undefined && this.#emitted >= INTENTS_MAX) why = "too-many";
    if (why !== undefined) {
      this.output.push(`${render.time(this.time)} refused ${why}: ${text}`);
      throw new Rejected(why);
    }
    this.#emitted = (this.#emitted ?? 0) + 1;
    this.#intents += 1n;
    this.output.push(`${render.time(this.time)} #${this.#intents} ${text}`);
    return this.#intents;
  }

  #refusal(intent: Intent): EmitError | undefined {
    switch (intent.tag) {
      case "note":
        return encodeURIComponent(intent.val).replace(/%../g, "x").length > NOTE_BYTES_MAX ? "note-too-long" : undefined;
      case "submit": {
        const bps = intent.val.maxSlippageBps;
        const isBound = bps === undefined || (bps >= 1 && bps <= SLIPPAGE_BPS_MAX);
        return isBound && intent.val.size.val > 0n && this.instrument(intent.val.instrument) !== undefined ? undefined : "malformed";
      }
      case "amend": {
        const { id, price, qty, trigger } = intent.val;
        const changes = price !== undefined || qty !== undefined || trigger !== undefined;
        return changes && (qty === undefined || qty > 0n) && id >= 1n && id <= INTENT_ID_MAX ? undefined : "malformed";
      }
      case "cancel":
        return intent.val >= 1n && intent.val <= INTENT_ID_MAX ? undefined : "malformed";
      case "cancel-all":
      case "flatten":
        return intent.val === undefined || this.instrument(intent.val) !== undefined ? undefined : "malformed";
      case "wake-at":
        return undefined;
    }
  }

  /** False when too many are pending. The past and the present are a moment from now: time must move on. */
  #addWake(at: bigint): boolean {
    const soonest = this.time + WAKE_DELAY_NS_MIN;
    const due = at > soonest ? at : soonest;
    if (this.#wakes.size >= WAKES_MAX && !this.#wakes.has(due)) return false;
    this.#wakes.add(due);
    return true;
  }

  #markPending(id: bigint, state: OrderState): void {
    const order = this.#orders.get(id);
    if (order !== undefined && !DONE.includes(order.state)) order.state = state;
  }
}

function submitted(id: bigint, order: Submit, trails: boolean): OrderView {
  const { instrument, side, limitPrice: price = 0n, stopPrice: trigger = 0n } = order;
  const state = order.stopPrice !== undefined || trails ? "held" : "submitted";
  const qty = order.size.tag === "quantity" ? order.size.val : 0n;
  return { id, instrument, side, state, price, qty, filled: 0n, trigger };
}

function leaves(order: OrderView): bigint {
  return order.qty > order.filled ? order.qty - order.filled : 0n;
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function decimal(money: bigint): Decimal {
  let [mantissa, scale] = [money, MONEY];
  while (scale > 0 && mantissa % 10n === 0n) [mantissa, scale] = [mantissa / 10n, scale - 1];
  return { lo: BigInt.asUintN(64, mantissa), hi: mantissa >> 64n, scale };
}
