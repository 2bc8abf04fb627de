/** Which events does the strategy get? Those that it subscribed to, through its filters, as from a host. */

import type { EventKind, Payload, Quote, Subscription } from "../types";

const KINDS: Partial<Record<Payload["tag"], EventKind>> = {
  trade: "trade",
  quote: "quote",
  book: "book",
  bar: "bar",
  "mark-price": "mark-price",
  funding: "funding",
  status: "status",
  feed: "feed",
  "corporate-action": "corporate-action",
  accepted: "order",
  rejected: "order",
  filled: "order",
  canceled: "order",
  "cancel-rejected": "order",
  amended: "order",
  "amend-rejected": "order",
  expired: "order",
  unknown: "order",
  busted: "order",
  signal: "signal",
  trading: "trading",
};

/** What a quote changed against the one before. */
type Change = "nothing" | "quantity" | "price";

interface Route {
  wish: Subscription;
  warmUpLeft: number;
  ownChanged: boolean;
}

/** The plan at work. */
export class Delivery {
  #routes: Route[];
  #touches = new Map<number, Quote>();

  constructor(subscriptions: readonly Subscription[]) {
    this.#routes = subscriptions.map((wish) => ({ wish, warmUpLeft: wish.warmUp, ownChanged: true }));
  }

  /** True while any subscription has warm-up events left. */
  isWarmingUp(): boolean {
    return this.#routes.some((route) => route.warmUpLeft > 0);
  }

  /** True when some subscription wants the event. Remembers the touch for filters. */
  wants(instrument: number, payload: Payload): boolean {
    if (KINDS[payload.tag] === undefined) return true;
    const change = this.#change(instrument, payload);
    const wanted = this.#routes.filter((route) => matches(route, instrument, payload) && passes(route, change));
    for (const route of wanted) route.ownChanged = false;
    return wanted.length > 0;
  }

  /** Counts a delivered event towards the warm-up. */
  count(instrument: number, payload: Payload): void {
    for (const route of this.#routes) {
      if (matches(route, instrument, payload)) route.warmUpLeft = Math.max(route.warmUpLeft - 1, 0);
    }
  }

  /** Something of the strategy's own changed: it emitted, or a fact or an outcome about its orders came. */
  ownChanged(): void {
    for (const route of this.#routes) route.ownChanged = true;
  }

  #change(instrument: number, payload: Payload): Change {
    if (payload.tag !== "quote") return "price";
    const [now, before] = [payload.val, this.#touches.get(instrument)];
    this.#touches.set(instrument, now);
    if (before === undefined || before.bidPrice !== now.bidPrice || before.askPrice !== now.askPrice) return "price";
    return before.bidQty === now.bidQty && before.askQty === now.askQty ? "nothing" : "quantity";
  }
}

/** True for facts after which a strategy's orders or position may be others. */
export function isOwn(payload: Payload): boolean {
  return payload.tag === "outcome" || payload.tag === "corporate-action" || KINDS[payload.tag] === "order";
}

function matches({ wish }: Route, instrument: number, payload: Payload): boolean {
  if (wish.kind !== KINDS[payload.tag] || wish.instrument !== instrument) return false;
  if (payload.tag !== "bar" || wish.bars === undefined) return true;
  // A script brings bars by time alone.
  return wish.bars.tag === "time-ns" && wish.bars.val === payload.val.intervalNs;
}

function passes({ wish, ownChanged }: Route, change: Change): boolean {
  switch (wish.filter) {
    case "every":
      return true;
    case "touch":
      return change !== "nothing";
    case "touch-price":
      return change === "price";
    case "touch-price-or-own":
      return change === "price" || ownChanged;
  }
}
