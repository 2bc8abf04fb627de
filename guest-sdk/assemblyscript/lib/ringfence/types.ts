/**
 * Which values cross the interface? Prices and quantities are `i64`: mantissas at the instrument's scales, so that 145.07 at
 * price scale 4 is 1450700. Times are nanoseconds since the Unix epoch. Objects of events are used again for the next one:
 * what is to last is copied.
 */

export enum Side { Buy, Sell }
export enum PositionSide { Net, Long, Short }
export enum OrderType {
  Market,
  Limit,
  StopMarket,
  StopLimit,
  MarketIfTouched,
  LimitIfTouched,
  TrailingStopMarket,
  TrailingStopLimit,
  MarketToLimit,
}
export enum TimeInForce { Gtc, Ioc, Fok, Day, Gtd, AtOpen, AtClose }
export enum TriggerBy { Last, Touch, Mark }
export enum TrailUnit { Price, Bps, Ticks }
export enum GroupKind { None, Oco, Ouo }
export enum InstrumentState { Trading, Auction, Halted, Closed, Settled }
export enum FeedState { Live, Stale }
export enum Adjustment { Split, Dividend, Rename, Delisting }
export enum BookAction { Changed, Cleared }
export enum Liquidity { Maker, Taker, None }
export enum RejectReason {
  Unknown,
  InsufficientBalance,
  PriceOutOfBand,
  WouldTake,
  Duplicate,
  UnknownOrder,
  TooLate,
  RateLimited,
  TransmitRefused,
  MarketClosed,
}
export enum CancelReason { Asked, IocRemainder, Venue, Operator, KillSwitch, SelfTrade }
export enum OutcomeCode {
  Malformed,
  Superseded,
  Withdrawn,
  ApprovalExpired,
  DeniedQuantity,
  DeniedNotional,
  DeniedPosition,
  DeniedExposure,
  DeniedPriceCollar,
  DeniedOpenOrders,
  DeniedNotAuthorised,
  DeniedInstrumentStatus,
  DeniedStaleMarket,
  DeniedTradingDisabled,
  DeniedKillSwitch,
  DeniedLoss,
  DeniedDrawdown,
  DeniedVelocity,
  DeniedDuplicate,
  DeniedMargin,
  DeniedOther,
  Ended,
  Expired,
}
export enum EventKind {
  Trade,
  Quote,
  Book,
  Bar,
  MarkPrice,
  Funding,
  Status,
  Feed,
  CorporateAction,
  Order,
  Signal,
  Trading,
}
export enum ChangeFilter { Every, TouchPrice, Touch, TouchPriceOrOwn }
export enum InstrumentKind { Spot, Perpetual, Future, Option, Equity, FxPair }
export enum OrderState {
  Submitted,
  Working,
  PartiallyFilled,
  PendingCancel,
  PendingAmend,
  Filled,
  Canceled,
  Rejected,
  Expired,
  Unknown,
  Held,
}
/** Why the host took no intent. */
export enum EmitError { Warmup, TooMany, Malformed, NoteTooLong, NotNow }

/** A public trade; `hasAggressor` is false where the feed does not say who crossed. */
export class Trade {
  price: i64 = 0;
  qty: i64 = 0;
  hasAggressor: bool = false;
  aggressor: Side = Side.Buy;
}

/** The touch; a side with quantity 0 is empty. */
export class Quote {
  bidPrice: i64 = 0;
  bidQty: i64 = 0;
  askPrice: i64 = 0;
  askQty: i64 = 0;
}

/** One finished bar. */
export class Bar {
  open: i64 = 0;
  high: i64 = 0;
  low: i64 = 0;
  close: i64 = 0;
  volume: i64 = 0;
  openTime: u64 = 0;
  intervalNs: u64 = 0;
}

/** Funding of a perpetual: rate times 10^9, above 0 = long positions pay. */
export class Funding {
  rateE9: i64 = 0;
  nextTime: u64 = 0;
}

/** A change of the instrument itself. */
export class CorporateAction {
  kind: Adjustment = Adjustment.Split;
  numerator: u64 = 0;
  denominator: u64 = 0;
  cash: i64 = 0;
}

/** A fill, or its reversal. */
export class Fill {
  id: u64 = 0;
  price: i64 = 0;
  qty: i64 = 0;
  leaves: i64 = 0;
  fee: i64 = 0;
  side: Side = Side.Buy;
  liquidity: Liquidity = Liquidity.None;
}

/** A venue's refusal. */
export class Reject {
  id: u64 = 0;
  reason: RejectReason = RejectReason.Unknown;
}

/** An order left the market before it was filled. */
export class Canceled {
  id: u64 = 0;
  leaves: i64 = 0;
  reason: CancelReason = CancelReason.Asked;
}

/** An order works under new terms. */
export class Amended {
  id: u64 = 0;
  price: i64 = 0;
  qty: i64 = 0;
}

/** What became of an intent that did not reach a venue. */
export class Outcome {
  id: u64 = 0;
  code: OutcomeCode = OutcomeCode.Malformed;
}

/** Outside data. */
export class Signal {
  source: u32 = 0;
  name: u32 = 0;
  value: i64 = 0;
}

/** An exact decimal: (hi * 2^64 + lo) / 10^scale. */
export class Decimal {
  constructor(public lo: u64, public hi: i64, public scale: u8) {}
}

/** Definition of an instrument. */
export class Instrument {
  id: u32 = 0;
  symbol: string = "";
  kind: InstrumentKind = InstrumentKind.Spot;
  priceScale: u8 = 0;
  qtyScale: u8 = 0;
  tick: i64 = 0;
  lot: i64 = 0;
  qtyMin: i64 = 0;
  qtyMax: i64 = 0;
  multiplier: Decimal = new Decimal(1, 0, 0);
  base: string = "";
  quote: string = "";
  settlement: string = "";
  settlementScale: u8 = 0;
  state: InstrumentState = InstrumentState.Trading;
}

/** One price level of a book. */
export class Level {
  constructor(public price: i64, public qty: i64) {}
}

/** The own position in one instrument. */
export class Position {
  constructor(
    public side: PositionSide,
    public qty: i64,
    public cost: Decimal,
    public realised: Decimal,
    public fees: Decimal,
  ) {}
}

/** The own sub-account. */
export class Account {
  constructor(public cash: Decimal, public equity: Decimal, public capital: Decimal, public drawdown: Decimal) {}
}

/** An order of this strategy. */
export class OrderView {
  id: u64 = 0;
  instrument: u32 = 0;
  side: Side = Side.Buy;
  state: OrderState = OrderState.Submitted;
  price: i64 = 0;
  qty: i64 = 0;
  filled: i64 = 0;
  trigger: i64 = 0;
}

/** When a bar closes; sizes as the WIT file says, cases in its order. */
export enum BarKind {
  TimeNs,
  Ticks,
  Volume,
  Value,
  TickImbalance,
  VolumeImbalance,
  ValueImbalance,
  TickRuns,
  VolumeRuns,
  ValueRuns,
  Renko,
  Range,
}
export class BarSpec {
  constructor(public kind: BarKind, public size: u64) {}
}

/**
 * A wish to have an order. `market` and `limit` make the usual ones; every field may be changed after that. Fields from
 * `expireAt` on are what few orders ask for: `Ctx.submitOrder` takes them.
 */
export class Order {
  isNotional: bool = false;
  hasLimitPrice: bool = false;
  limitPrice: i64 = 0;
  hasStopPrice: bool = false;
  stopPrice: i64 = 0;
  tif: TimeInForce = TimeInForce.Ioc;
  /** 0 = no bound. */
  maxSlippageBps: u32 = 0;
  postOnly: bool = false;
  reduceOnly: bool = false;
  expireAt: u64 = 0;
  displayQty: i64 = 0;
  /** 0 = it does not trail. */
  trailOffset: i64 = 0;
  trailUnit: TrailUnit = TrailUnit.Price;
  trailLimitOffset: i64 = 0;
  triggerBy: TriggerBy = TriggerBy.Last;
  parent: u64 = 0;
  group: u64 = 0;
  groupKind: GroupKind = GroupKind.None;

  constructor(public instrument: u32, public side: Side, public size: i64, public orderType: OrderType) {}

  /** At once, at any price. */
  static market(instrument: u32, side: Side, qty: i64): Order {
    return new Order(instrument, side, qty, OrderType.Market);
  }

  /** At this price or better, until canceled. */
  static limit(instrument: u32, side: Side, qty: i64, price: i64): Order {
    const order = new Order(instrument, side, qty, OrderType.Limit);
    order.hasLimitPrice = true;
    order.limitPrice = price;
    order.tif = TimeInForce.Gtc;
    return order;
  }
}

/** How a schedule spreads its quantity. */
export enum CurveKind { Even, Profile, Volume }

/** A wish for many orders over time. */
export class Schedule {
  isNotional: bool = false;
  /** A limit price; or, with `isSlippage`, market orders that give up so many 1/10000 at most. */
  bound: i64 = 0;
  isSlippage: bool = false;
  postOnly: bool = false;
  reduceOnly: bool = false;
  start: u64 = 0;
  end: u64 = 0;
  curve: CurveKind = CurveKind.Even;
  /** Of `Even` and `Volume`. */
  slices: u16 = 1;
  /** Of `Volume`: part of what the market trades. */
  bps: u32 = 0;
  /** Of `Profile`. */
  weights: StaticArray<u16> = new StaticArray<u16>(0);

  constructor(public instrument: u32, public side: Side, public size: i64) {}
}
