/** How does an author say what order to have? The type of an order follows from the prices that it is given. */

import { Rejected } from "./host";
import type { GroupKind, Instrument, OrderRequest, OrderType, Side, TimeInForce, TrailUnit, TriggerBy, WitSize } from "./types";

/** How much: a quantity as a mantissa, or a value in the quote currency as a mantissa at the price scale. */
export type Size = bigint | { notional: bigint };

/** What an order may be given. With none of it, it is a market order in the event's instrument. */
export interface OrderOptions {
  /** Another instrument. */
  instrument?: number | undefined;
  /** At this price or better. */
  limit?: bigint | undefined;
  /** Active when the market comes to this price from its worse side. */
  stop?: bigint | undefined;
  /** Active when the market comes to this price from its better side. */
  ifTouched?: bigint | undefined;
  /** Active when the market turns by this much from its best price since. */
  trail?: bigint | undefined;
  /** As `trail`, in 1/10000 of the best price, at most 5000. */
  trailBps?: bigint | undefined;
  /** As `trail`, in ticks. */
  trailTicks?: bigint | undefined;
  /** With a trail: its limit price lies this far beyond the trigger, in the unit of the trail. */
  limitOffset?: bigint | undefined;
  /** Which price triggers; the last trade unless given. */
  triggerBy?: TriggerBy | undefined;
  /** What a market order leaves rests at the price of its last fill. */
  marketToLimit?: boolean | undefined;
  /** How long it lives: `ioc` for market orders and `gtc` for others unless given. */
  tif?: TimeInForce | undefined;
  /** Until this time. */
  goodTill?: bigint | undefined;
  /** The market may see at most this much of it at a time. */
  display?: bigint | undefined;
  /** Sent when the order of this own earlier intent has filled. */
  after?: bigint | undefined;
  /** One of a group. */
  groupKind?: GroupKind | undefined;
  /** The group's first intent. */
  group?: bigint | undefined;
  /** A market order gives up this much at most, in 1/10000, 1 to 5000. */
  slippageBps?: number | undefined;
  /** Rejected rather than crossing. */
  postOnly?: boolean | undefined;
  /** Never opens or enlarges a position. */
  reduceOnly?: boolean | undefined;
}

/** The intents of a bracket. */
export interface Bracket {
  /** Opens the position. */
  entry: bigint;
  /** Closes it at a profit. */
  takeProfit: bigint;
  /** Closes it at a loss. */
  stopLoss: bigint;
}

const OPTIONS = [
  "instrument", "limit", "stop", "ifTouched", "trail", "trailBps", "trailTicks", "limitOffset", "triggerBy", "marketToLimit",
  "tif", "goodTill", "display", "after", "groupKind", "group", "slippageBps", "postOnly", "reduceOnly",
] as const satisfies readonly (keyof OrderOptions)[];
const WAYS = ["stop", "ifTouched", "trail", "trailBps", "trailTicks", "marketToLimit"] as const;

/** The order that is described. Throws a `TypeError` for an option that there is not, or for two triggers. */
export function request(instrument: number, side: Side, size: Size, options: OrderOptions): OrderRequest {
  check(options);
  const orderType = orderTypeOf(options);
  const tif = options.tif ?? (orderType === "market" ? "ioc" : "gtc");
  return {
    order: {
      instrument: options.instrument ?? instrument,
      side,
      size: sizeOf(size),
      orderType,
      limitPrice: options.limit,
      stopPrice: options.stop ?? options.ifTouched,
      tif: options.goodTill === undefined ? tif : "gtd",
      maxSlippageBps: options.slippageBps,
      postOnly: options.postOnly ?? false,
      reduceOnly: options.reduceOnly ?? false,
    },
    expireAt: options.goodTill ?? 0n,
    displayQty: options.display ?? 0n,
    trail: trailOf(options),
    triggerBy: options.triggerBy ?? "last",
    parent: options.after ?? 0n,
    group: options.group ?? 0n,
    groupKind: options.groupKind ?? "none",
  };
}

/** A size as the interface has it. */
export function sizeOf(size: Size): WitSize {
  return typeof size === "bigint" ? { tag: "quantity", val: size } : { tag: "notional", val: size.notional };
}

/** True where `emit` says it all. */
export function isPlain(order: OrderRequest): boolean {
  const isUsual = order.trail === undefined && order.triggerBy === "last" && order.groupKind === "none";
  return isUsual && order.expireAt === 0n && order.displayQty === 0n && order.parent === 0n && order.group === 0n;
}

/** The side that closes what this one opens. */
export function otherSide(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}

const STEPS_MAX = 32;

/**
 * The orders of a ladder: equal parts at prices from the limit price to `to`, evenly apart. Parts are whole lots; what does not
 * divide goes to the first steps, a lot each. Prices between the ends are moved towards the first one to a whole number of ticks
 * from it. `Rejected` (malformed) for less than 2 or more than 32 steps, an order without a limit price or with a trigger, an
 * order by value, an unknown instrument, or less than a lot a step.
 */
export function stepsOf(order: OrderRequest, instrument: Instrument | undefined, to: bigint, steps: number): OrderRequest[] {
  const { size, limitPrice: first, orderType } = order.order;
  const isLadder = orderType === "limit" && size.tag === "quantity" && Number.isInteger(steps) && steps >= 2 && steps <= STEPS_MAX;
  if (instrument === undefined || first === undefined || !isLadder) throw new Rejected("malformed");
  const count = BigInt(steps);
  const lots = size.val / instrument.lot;
  if (lots / count < 1n) throw new Rejected("malformed");
  return Array.from({ length: steps }, (_, at) => {
    const step = BigInt(at);
    const val = (lots / count + (step < lots % count ? 1n : 0n)) * instrument.lot;
    // Division of a `bigint` goes towards zero: towards the first price.
    const way = (((to - first) * step) / (count - 1n) / instrument.tick) * instrument.tick;
    return { ...order, order: { ...order.order, size: { tag: "quantity", val }, limitPrice: first + way } };
  });
}

function check(options: OrderOptions): void {
  const unknown = Object.keys(options).find((key) => !(OPTIONS as readonly string[]).includes(key));
  if (unknown !== undefined) throw new TypeError(`an order has no option \`${unknown}\`; known: ${OPTIONS.join(", ")}`);
  const [first, second] = WAYS.filter((way) => options[way] !== undefined && options[way] !== false);
  if (second !== undefined) throw new TypeError(`an order cannot have both \`${first}\` and \`${second}\``);
}

function orderTypeOf(options: OrderOptions): OrderType {
  const isLimit = options.limit !== undefined;
  if (options.stop !== undefined) return isLimit ? "stop-limit" : "stop-market";
  if (options.ifTouched !== undefined) return isLimit ? "limit-if-touched" : "market-if-touched";
  if (trailOf(options) !== undefined) return options.limitOffset === undefined ? "trailing-stop-market" : "trailing-stop-limit";
  if (options.marketToLimit === true) return "market-to-limit";
  return isLimit ? "limit" : "market";
}

function trailOf(options: OrderOptions): OrderRequest["trail"] {
  const ways: [bigint | undefined, TrailUnit][] = [
    [options.trail, "price"],
    [options.trailBps, "bps"],
    [options.trailTicks, "ticks"],
  ];
  for (const [offset, unit] of ways) {
    if (offset !== undefined) return { offset, unit, limitOffset: options.limitOffset ?? 0n };
  }
  return undefined;
}
