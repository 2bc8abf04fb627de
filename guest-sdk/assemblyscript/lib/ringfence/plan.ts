/** Which events does a strategy want? */

import { BarSpec, ChangeFilter, EventKind } from "./types";

export class Subscription {
  warmUp: u32 = 0;

  constructor(
    public instrument: u32,
    public kind: EventKind,
    public filter: ChangeFilter,
    public spec: BarSpec | null,
  ) {}
}

/** Subscriptions, each added by a call. */
export class Plan {
  subscriptions: Subscription[] = [];

  /** Every public trade. */
  trades(instrument: u32): Plan {
    return this.add(instrument, EventKind.Trade, ChangeFilter.Every, null);
  }

  /** Changes of best bid and best ask. */
  quotes(instrument: u32, filter: ChangeFilter = ChangeFilter.Every): Plan {
    return this.add(instrument, EventKind.Quote, filter, null);
  }

  /** Changes of the book. */
  books(instrument: u32, filter: ChangeFilter = ChangeFilter.Every): Plan {
    return this.add(instrument, EventKind.Book, filter, null);
  }

  /** Bars that the feed brings, or with a specification those that the host builds. */
  bars(instrument: u32, spec: BarSpec | null = null): Plan {
    return this.add(instrument, EventKind.Bar, ChangeFilter.Every, spec);
  }

  /** Any other kind of event; those of no instrument have number 0. */
  other(kind: EventKind, instrument: u32 = 0): Plan {
    return this.add(instrument, kind, ChangeFilter.Every, null);
  }

  /** Nothing may be emitted before so many events of the subscription that was added last. */
  warmUp(events: u32): Plan {
    this.subscriptions[this.subscriptions.length - 1].warmUp = events;
    return this;
  }

  private add(instrument: u32, kind: EventKind, filter: ChangeFilter, spec: BarSpec | null): Plan {
    this.subscriptions.push(new Subscription(instrument, kind, filter, spec));
    return this;
  }
}
