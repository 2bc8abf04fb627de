/** How do intents and subscriptions read as text? As in `ringfence test`. */

import { mantissaToDecimal } from "../numbers";
import type { Amend, Instrument, Intent, OrderRequest, Schedule, Submit, Subscription, TrailUnit, WitSize } from "../types";

type Instruments = readonly Instrument[];

/** A moment in seconds, without zeros that say nothing: `1.5s`. */
export function time(value: bigint): string {
  return `${mantissaToDecimal(value, 9).replace(/0+$/, "").replace(/\.$/, "")}s`;
}

/** One intent; `ofOrder` is the instrument of the order that an amend means. */
export function intent(wish: Intent, ofOrder: number, instruments: Instruments): string {
  switch (wish.tag) {
    case "submit":
      return submit(wish.val, instruments);
    case "cancel":
      return `cancel #${wish.val}`;
    case "amend":
      return amend(wish.val, ofOrder, instruments);
    case "wake-at":
      return `wake-at ${time(wish.val)}`;
    case "note":
      return `note ${JSON.stringify(wish.val)}`;
    case "cancel-all":
    case "flatten":
      return wish.val === undefined ? wish.tag : `${wish.tag} ${symbol(wish.val, instruments)}`;
  }
}

/** An order with what few orders ask for. */
export function request(order: OrderRequest, instruments: Instruments): string {
  const id = order.order.instrument;
  const offset = (value: bigint, unit: TrailUnit): string => (unit === "price" ? price(value, id, instruments) : `${value}${unit}`);
  const { trail } = order;
  return words(
    submit(order.order, instruments),
    trail && `trail ${offset(trail.offset, trail.unit)}`,
    trail && trail.limitOffset !== 0n && `limit-offset ${offset(trail.limitOffset, trail.unit)}`,
    order.triggerBy !== "last" && `by ${order.triggerBy}`,
    order.expireAt !== 0n && `until ${time(order.expireAt)}`,
    order.displayQty !== 0n && `display ${qty(order.displayQty, id, instruments)}`,
    order.parent !== 0n && `after #${order.parent}`,
    order.groupKind !== "none" && order.groupKind,
    order.group !== 0n && `#${order.group}`,
  );
}

/** An order that is worked over time. */
export function schedule(wish: Schedule, instruments: Instruments): string {
  const id = wish.instrument;
  const { bound, curve } = wish;
  const curveText =
    curve.tag === "even" ? `even ${curve.val}` : curve.tag === "profile" ? `profile [${[...curve.val].join(", ")}]` : `volume ${curve.val.slices} ${curve.val.bps}bps`;
  return words(
    `schedule ${wish.side} ${symbol(id, instruments)} ${size(wish.size, id, instruments)}`,
    bound.tag === "limit" ? `@${price(bound.val, id, instruments)}` : `slippage ${bound.val}bps`,
    curveText,
    wish.start !== 0n && `from ${time(wish.start)}`,
    `to ${time(wish.end)}`,
    wish.postOnly && "post-only",
    wish.reduceOnly && "reduce-only",
  );
}

/** A subscription. */
export function subscription(wish: Subscription, instruments: Instruments): string {
  const { bars } = wish;
  return words(
    wish.kind,
    wish.instrument !== 0 && symbol(wish.instrument, instruments),
    bars && (bars.tag === "time-ns" ? time(bars.val) : `${bars.tag} ${bars.val}`),
    wish.filter !== "every" && wish.filter,
    wish.warmUp > 0 && `warm-up ${wish.warmUp}`,
  );
}

function submit(order: Submit, instruments: Instruments): string {
  const id = order.instrument;
  return words(
    `${order.side} ${symbol(id, instruments)} ${size(order.size, id, instruments)} ${order.orderType}`,
    order.limitPrice !== undefined && `@${price(order.limitPrice, id, instruments)}`,
    order.stopPrice !== undefined && `stop @${price(order.stopPrice, id, instruments)}`,
    order.tif,
    order.maxSlippageBps !== undefined && `slippage ${order.maxSlippageBps}bps`,
    order.postOnly && "post-only",
    order.reduceOnly && "reduce-only",
  );
}

function amend(change: Amend, id: number, instruments: Instruments): string {
  return words(
    `amend #${change.id}`,
    change.price !== undefined && `@${price(change.price, id, instruments)}`,
    change.qty !== undefined && `qty ${qty(change.qty, id, instruments)}`,
    change.trigger !== undefined && `trigger @${price(change.trigger, id, instruments)}`,
  );
}

function words(...all: (string | false | undefined)[]): string {
  return all.filter((word) => typeof word === "string").join(" ");
}

function find(id: number, instruments: Instruments): Instrument | undefined {
  return instruments.find((one) => one.id === id);
}

function symbol(id: number, instruments: Instruments): string {
  return find(id, instruments)?.symbol ?? "?";
}

function price(value: bigint, id: number, instruments: Instruments): string {
  return mantissaToDecimal(value, find(id, instruments)?.priceScale ?? 0);
}

function qty(value: bigint, id: number, instruments: Instruments): string {
  return mantissaToDecimal(value, find(id, instruments)?.qtyScale ?? 0);
}

function size(value: WitSize, id: number, instruments: Instruments): string {
  return value.tag === "quantity" ? qty(value.val, id, instruments) : `notional ${price(value.val, id, instruments)}`;
}
