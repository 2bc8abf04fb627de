/**
 * Which values does an event carry? Whole numbers with 64 bits are `bigint`s: prices and quantities are mantissas at the
 * instrument's scales, so that 145.07 at price scale 4 is 1450700n, and times are nanoseconds since the Unix epoch.
 */

/** Direction of an order, a fill or an aggressor. */
export type Side = "buy" | "sell";
/** How long an order lives. */
export type TimeInForce = "gtc" | "ioc" | "fok" | "day" | "gtd" | "at-open" | "at-close";
/** What makes an order active and what limits its price. */
export type OrderType =
  | "market"
  | "limit"
  | "stop-market"
  | "stop-limit"
  | "market-if-touched"
  | "limit-if-touched"
  | "trailing-stop-market"
  | "trailing-stop-limit"
  | "market-to-limit";
/** Which price a trigger looks at. */
export type TriggerBy = "last" | "touch" | "mark";
/** What the offsets of a trail are counted in: mantissas of a price, 1/10000 of the best price, ticks. */
export type TrailUnit = "price" | "bps" | "ticks";
/** What the orders of a group do to each other: nothing, one cancels the others, one takes its fills from the others. */
export type GroupKind = "none" | "oco" | "ouo";
/** Which changes of a quote or book subscription are delivered. */
export type ChangeFilter = "every" | "touch-price" | "touch" | "touch-price-or-own";
/** Whether and how an instrument trades. */
export type InstrumentState = "trading" | "auction" | "halted" | "closed" | "settled";
/** Whether market data of an instrument can be trusted to be current. */
export type FeedState = "live" | "stale";
/** What happened to a book. */
export type BookAction = "changed" | "cleared";
/** Role of an order in a fill. */
export type Liquidity = "maker" | "taker" | "none";
/** Where an order stands. */
export type OrderState =
  | "submitted"
  | "working"
  | "partially-filled"
  | "pending-cancel"
  | "pending-amend"
  | "filled"
  | "canceled"
  | "rejected"
  | "expired"
  | "unknown"
  | "held";
/** What can be subscribed to. */
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
/** Why an intent was refused before it became one. */
export type EmitError = "warmup" | "too-many" | "malformed" | "note-too-long" | "not-now";

/** An exact decimal: (hi * 2^64 + lo) / 10^scale. `exact` makes a text of it. */
export interface Decimal {
  lo: bigint;
  hi: bigint;
  scale: number;
}

/** A public trade. */
export interface Trade {
  price: bigint;
  qty: bigint;
  /** Who crossed; none = the feed does not say. */
  aggressor?: Side | undefined;
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
  /** Start of the bar. */
  openTime: bigint;
  /** Length of bars by time; for others see the interface's `bar`. */
  intervalNs: bigint;
}

/** Funding of a perpetual. */
export interface Funding {
  /** Rate of this period times 10^9; above 0 = long positions pay. */
  rateE9: bigint;
  /** When it is paid next; 0 = unknown. */
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
  /** The intent that the order came from. */
  id: bigint;
  price: bigint;
  qty: bigint;
  /** What is still open of the order. */
  leaves: bigint;
  /** At the settlement currency's scale; below 0 = a rebate. */
  fee: bigint;
  side: Side;
  liquidity: Liquidity;
}

/** A venue's refusal of a submit, a cancel or an amend. */
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

/** An order works under new terms: its limit price, its whole quantity. */
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
  /** `VENUE:SYMBOL`. */
  symbol: string;
  kind: "spot" | "perpetual" | "future" | "option" | "equity" | "fx-pair";
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

/** The own position in one instrument. */
export interface Position {
  side: "net" | "long" | "short";
  qty: bigint;
  cost: Decimal;
  realised: Decimal;
  fees: Decimal;
}

/** The own sub-account. */
export interface Account {
  cash: Decimal;
  equity: Decimal;
  capital: Decimal;
  drawdown: Decimal;
}

/** An own order. */
export interface OrderView {
  id: bigint;
  instrument: number;
  side: Side;
  state: OrderState;
  /** Limit price; 0 for an order without one. */
  price: bigint;
  qty: bigint;
  filled: bigint;
  /** Price that triggers it while it is held; otherwise 0. */
  trigger: bigint;
}

/** Which bars the host builds. */
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

/** How much: a quantity, or a value in the quote currency. */
export type WitSize = { tag: "quantity" | "notional"; val: bigint };

/** An order that is wanted. */
export interface Submit {
  instrument: number;
  side: Side;
  size: WitSize;
  orderType: OrderType;
  limitPrice?: bigint | undefined;
  stopPrice?: bigint | undefined;
  tif: TimeInForce;
  maxSlippageBps?: number | undefined;
  postOnly: boolean;
  reduceOnly: boolean;
}

/** An order that is wanted, with what few orders ask for. */
export interface OrderRequest {
  order: Submit;
  expireAt: bigint;
  displayQty: bigint;
  trail?: { offset: bigint; unit: TrailUnit; limitOffset: bigint } | undefined;
  triggerBy: TriggerBy;
  parent: bigint;
  group: bigint;
  groupKind: GroupKind;
}

/** An order that is wanted to be worked over time. */
export interface Schedule {
  instrument: number;
  side: Side;
  size: WitSize;
  bound: { tag: "limit"; val: bigint } | { tag: "slippage"; val: number };
  postOnly: boolean;
  reduceOnly: boolean;
  start: bigint;
  end: bigint;
  curve:
    | { tag: "even"; val: number }
    | { tag: "profile"; val: number[] | Uint16Array }
    | { tag: "volume"; val: { slices: number; bps: number } };
}

/** A change of a working order. */
export interface Amend {
  id: bigint;
  price?: bigint | undefined;
  qty?: bigint | undefined;
  trigger?: bigint | undefined;
}

/** What can be emitted. */
export type Intent =
  | { tag: "submit"; val: Submit }
  | { tag: "cancel" | "wake-at"; val: bigint }
  | { tag: "amend"; val: Amend }
  | { tag: "cancel-all" | "flatten"; val?: number | undefined }
  | { tag: "note"; val: string };

/** What happened. */
export type Payload =
  | { tag: "trade"; val: Trade }
  | { tag: "quote"; val: Quote }
  | { tag: "book"; val: BookAction }
  | { tag: "bar"; val: Bar }
  | { tag: "mark-price" | "accepted" | "expired" | "unknown"; val: bigint }
  | { tag: "funding"; val: Funding }
  | { tag: "status"; val: InstrumentState }
  | { tag: "feed"; val: FeedState }
  | { tag: "corporate-action"; val: CorporateAction }
  | { tag: "rejected" | "cancel-rejected" | "amend-rejected"; val: Reject }
  | { tag: "filled" | "busted"; val: Fill }
  | { tag: "canceled"; val: Canceled }
  | { tag: "amended"; val: Amended }
  | { tag: "outcome"; val: Outcome }
  | { tag: "signal"; val: Signal }
  | { tag: "trading"; val: boolean }
  | { tag: "wake"; val?: undefined };

/** A number with 64 bits as the engine has it; `Ctx` makes a `bigint` of it. */
export type Raw = bigint | number;

/** One event. */
export interface WitEvent {
  time: Raw;
  venueTime: Raw;
  instrument: number;
  kind: Payload;
}

/** The touch of the event's instrument and the own position in it. */
export interface WitContext {
  bidPrice: Raw;
  bidQty: Raw;
  askPrice: Raw;
  askQty: Raw;
  position: Raw;
}

/** A wish to be called. */
export interface Subscription {
  instrument: number;
  kind: EventKind;
  filter: ChangeFilter;
  bars?: BarSpec | undefined;
  warmUp: number;
}
