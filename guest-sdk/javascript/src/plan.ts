/** Which events does a strategy want? */

import type { BarSpec, ChangeFilter, EventKind, Subscription } from "./types";

/** Subscriptions, each added by a call: `new Plan().trades(1).quotes(1)`. */
export class Plan {
  readonly subscriptions: Subscription[] = [];

  /** Every public trade; the first `warmUp` of them come before anything may be emitted. */
  trades(instrument: number, warmUp = 0): this {
    return this.#add({ instrument, kind: "trade", filter: "every", warmUp });
  }

  /** Changes of best bid and best ask. */
  quotes(instrument: number, filter: ChangeFilter = "every", warmUp = 0): this {
    return this.#add({ instrument, kind: "quote", filter, warmUp });
  }

  /** Changes of the book. */
  books(instrument: number, filter: ChangeFilter = "every", warmUp = 0): this {
    return this.#add({ instrument, kind: "book", filter, warmUp });
  }

  /** Bars that the feed brings, or with `spec` (`{ tag: "time-ns", val: 60_000_000_000n }`) those that the host builds. */
  bars(instrument: number, spec?: BarSpec, warmUp = 0): this {
    return this.#add({ instrument, kind: "bar", filter: "every", bars: spec, warmUp });
  }

  /** Any other kind of event; those of no instrument have number 0. */
  other(kind: EventKind, instrument = 0): this {
    return this.#add({ instrument, kind, filter: "every", warmUp: 0 });
  }

  #add(subscription: Subscription): this {
    this.subscriptions.push(subscription);
    return this;
  }
}
