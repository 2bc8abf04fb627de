/** Who answers a strategy's questions and takes its intents? The host of the component, or a test. */

import type {
  Account,
  Bar,
  BarSpec,
  EmitError,
  Instrument,
  Intent,
  Level,
  OrderRequest,
  OrderView,
  Position,
  Quote,
  Schedule,
  Side,
} from "./types";

/** The host took no intent; `reason` says why. Left uncaught in an event's method, it is dropped with a note. */
export class Rejected extends Error {
  /** Why. */
  readonly reason: EmitError;

  constructor(reason: EmitError) {
    super(reason);
    this.reason = reason;
  }
}

/** Answers are as of the event being handled. What is emitted gets a number, or `Rejected` is thrown. */
export interface Host {
  /** Takes an intent. */
  emit(intent: Intent): bigint;
  /** Takes an order with what few orders ask for. */
  emitOrder(order: OrderRequest): bigint;
  /** Takes an order that is worked over time. */
  emitSchedule(schedule: Schedule): bigint;
  /** The touch of an instrument; none = unknown, or neither side is shown. */
  topOfBook(instrument: number): Quote | undefined;
  /** Levels of one side of the book, best first. */
  depth(instrument: number, side: Side, levels: number): Level[];
  /** The own position; all 0 when there is none. */
  positionOf(instrument: number): Position;
  /** The own sub-account. */
  account(): Account;
  /** Own open orders by ascending intent; instrument 0 = of all. */
  openOrders(instrument: number, limit: number): OrderView[];
  /** One own order; none = unknown or forgotten. */
  order(intent: bigint): OrderView | undefined;
  /** The definition of an instrument as it is now. */
  instrument(instrument: number): Instrument | undefined;
  /** The last finished bars of a subscribed specification, oldest first. */
  bars(instrument: number, spec: BarSpec, count: number): Bar[];
}
