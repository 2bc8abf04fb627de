/** What authors of strategies in TypeScript use. Whole numbers with 64 bits are `bigint`s. */

export type Side = "buy" | "sell";
export type TimeInForce = "gtc" | "ioc" | "fok" | "day" | "gtd" | "at-open" | "at-close";
export type ChangeFilter = "every" | "touch-price" | "touch" | "touch-price-or-own";
export type InstrumentState = "trading" | "auction" | "halted" | "closed" | "settled";
export type FeedState = "live" | "stale";
export type BookAction = "changed" | "cleared";
export type EventKind =
  | "trade"
  | "quote"
  | "book"
  | "bar"
  | "mark-price"
  | "funding"
  | "status"
  | "feed"
  | "corporate-action"
  | "order"
  | "signal"
  | "trading";

/** An exact decimal: (hi * 2^64 + lo) / 10^scale. */
export interface Decimal {
  lo: bigint;
  hi: bigint;
  scale: number;
}

/** A public trade. */
export interface Trade {
  price: bigint;
  qty: bigint;
  aggressor?: Side;
}

/** The touch; a side with quantity 0 is empty. */
export interface Quote {
  bidPrice: bigint;
  bidQty: bigint;
  askPrice: bigint;
  askQty: bigint;
}

/** One finished bar. */
export interface Bar {
  open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  volume: bigint;
  openTime: bigint;
  intervalNs: bigint;
}

/** Funding of a perpetual. */
export interface Funding {
  rateE9: bigint;
  nextTime: bigint;
}

/** A change of the instrument itself. */
export interface CorporateAction {
  kind: "split" | "dividend" | "rename" | "delisting";
  numerator: bigint;
  denominator: bigint;
  cash: bigint;
}

/** A fill of an order of this strategy. */
export interface Fill {
  id: bigint;
  price: bigint;
  qty: bigint;
  leaves: bigint;
  fee: bigint;
  side: Side;
  liquidity: "maker" | "taker" | "none";
}

/** A venue's refusal. */
export interface Reject {
  id: bigint;
  reason: string;
}

/** An order left the market before it was filled. */
export interface Canceled {
  id: bigint;
  leaves: bigint;
  reason: string;
}

/** An order works under new terms. */
export interface Amended {
  id: bigint;
  price: bigint;
  qty: bigint;
}

/** What became of an intent that did not reach a venue. */
export interface Outcome {
  id: bigint;
  code: string;
}

/** Outside data. */
export interface Signal {
  source: number;
  name: number;
  value: bigint;
}

/** An instrument, as `setup` is told. */
export interface Instrument {
  id: number;
  symbol: string;
  kind: string;
  priceScale: number;
  qtyScale: number;
  tick: bigint;
  lot: bigint;
  qtyMin: bigint;
  qtyMax: bigint;
  multiplier: Decimal;
  base: string;
  quote: string;
  settlement: string;
  settlementScale: number;
  state: InstrumentState;
}

/** A level of the book. */
export interface Level {
  price: bigint;
  qty: bigint;
}

/** Size of the bars that the host builds. */
export type BarSpec =
  | { tag: "time-ns"; val: bigint }
  | { tag: "ticks" | "tick-imbalance" | "tick-runs"; val: number }
  | {
      tag:
        | "volume"
        | "value"
        | "volume-imbalance"
        | "value-imbalance"
        | "volume-runs"
        | "value-runs"
        | "renko"
        | "range";
      val: bigint;
    };

/** An order that is wanted. */
export interface Submit {
  instrument: number;
  side: Side;
  size: { tag: "quantity" | "notional"; val: bigint };
  orderType: string;
  limitPrice?: bigint;
  stopPrice?: bigint;
  tif: TimeInForce;
  maxSlippageBps?: number;
  postOnly: boolean;
  reduceOnly: boolean;
}

/** What can be emitted. */
export type Intent =
  | { tag: "submit"; val: Submit }
  | { tag: "cancel" | "wake-at"; val: bigint }
  | { tag: "amend"; val: { id: bigint; price?: bigint; qty?: bigint; trigger?: bigint } }
  | { tag: "cancel-all" | "flatten"; val?: number }
  | { tag: "note"; val: string };

export class SetupError extends Error {}

export class Rejected extends Error {
  readonly reason: string;
  constructor(reason: string);
}

export function decimalToMantissa(text: string, scale: number): bigint;
export function mantissaToDecimal(value: bigint, scale: number): string;

export class Params {
  text(key: string, otherwise?: string): string;
  count(key: string, otherwise?: number, least?: number, most?: number): number;
  qty(key: string, instrument: Instrument): bigint;
  price(key: string, instrument: Instrument): bigint;
}

export class Plan {
  trades(instrument: number, warmUp?: number): this;
  quotes(instrument: number, filter?: ChangeFilter, warmUp?: number): this;
  books(instrument: number, filter?: ChangeFilter, warmUp?: number): this;
  bars(instrument: number, spec?: BarSpec, warmUp?: number): this;
  other(kind: EventKind, instrument?: number): this;
}

/** How an order is wanted: without `limit` it is a market order. */
export interface OrderOptions {
  limit?: bigint;
  tif?: TimeInForce;
  postOnly?: boolean;
}

export class Ctx {
  readonly time: bigint;
  readonly instrument: number;
  readonly position: bigint;
  readonly bidPrice: bigint;
  readonly askPrice: bigint;
  buy(qty: bigint, options?: OrderOptions): bigint;
  sell(qty: bigint, options?: OrderOptions): bigint;
  cancel(intent: bigint): bigint;
  flatten(instrument?: number): bigint;
  wakeAt(time: bigint): bigint;
  note(text: string): bigint;
  emit(intent: Intent): bigint;
  depth(side: Side, levels: number, instrument?: number): Level[];
}

export class Ema {
  constructor(length: number);
  readonly value: number;
  readonly seen: number;
  readonly isWarm: boolean;
  update(value: number | bigint): number;
}

export class Sma {
  constructor(length: number);
  readonly isWarm: boolean;
  update(value: number | bigint): number;
}

export class Strategy {
  setup(params: Params, instruments: Instrument[]): Plan;
  onTrade(ctx: Ctx, trade: Trade): void;
  onQuote(ctx: Ctx, quote: Quote): void;
  onBook(ctx: Ctx, action: BookAction): void;
  onBar(ctx: Ctx, bar: Bar): void;
  onMarkPrice(ctx: Ctx, price: bigint): void;
  onFunding(ctx: Ctx, funding: Funding): void;
  onStatus(ctx: Ctx, status: InstrumentState): void;
  onFeed(ctx: Ctx, feed: FeedState): void;
  onCorporateAction(ctx: Ctx, action: CorporateAction): void;
  onAccepted(ctx: Ctx, intent: bigint): void;
  onRejected(ctx: Ctx, reject: Reject): void;
  onFilled(ctx: Ctx, fill: Fill): void;
  onCanceled(ctx: Ctx, canceled: Canceled): void;
  onCancelRejected(ctx: Ctx, reject: Reject): void;
  onAmended(ctx: Ctx, amended: Amended): void;
  onAmendRejected(ctx: Ctx, reject: Reject): void;
  onExpired(ctx: Ctx, intent: bigint): void;
  onUnknown(ctx: Ctx, intent: bigint): void;
  onBusted(ctx: Ctx, fill: Fill): void;
  onOutcome(ctx: Ctx, outcome: Outcome): void;
  onSignal(ctx: Ctx, signal: Signal): void;
  onTrading(ctx: Ctx, isEnabled: boolean): void;
  onWake(ctx: Ctx): void;
}

/** What the world `strategy` exports. */
export interface Guest {
  setup(params: { key: string; value: string }[], instruments: Instrument[]): object;
  onEvent(event: object, context: object): void;
  snapshot(): Uint8Array;
  restore(bytes: Uint8Array): void;
}

export function exportStrategy(strategy: Strategy): Guest;
