/** What is known at this event, and how is something asked for? */

import * as abi from "./abi";
import { OUT, decimalAt, instrumentAt } from "./abi";
import {
  Account,
  Bar,
  BarSpec,
  CurveKind,
  EmitError,
  Instrument,
  Level,
  Order,
  OrderView,
  Position,
  Quote,
  Schedule,
  Side,
} from "./types";

enum Kind { Submit, Cancel, Amend, CancelAll, Flatten, WakeAt, Note }

/** Of `order-request` in memory. */
const REQUEST: usize = memory.data(160, 8);
const REQUEST_SIZE: usize = 160;

/**
 * The event's time, instrument, touch and position; ways to ask and to emit. An emit answers the number of the intent, or 0
 * where the host took none: `refusal` says why. What is not looked at with `takeRefusal` is noted in the journal.
 */
export class Ctx {
  /** When the host received the event; this is "now". */
  time: u64 = 0;
  /** The venue's own time stamp, 0 = none. */
  venueTime: u64 = 0;
  /** Instrument of the event, 0 = none. */
  instrument: u32 = 0;
  /** Touch of that instrument; 0 where there is none. */
  bidPrice: i64 = 0;
  bidQty: i64 = 0;
  askPrice: i64 = 0;
  askQty: i64 = 0;
  /** The own net position in that instrument. */
  position: i64 = 0;
  hasRefusal: bool = false;
  refusal: EmitError = EmitError.Warmup;

  /** True when an emit of this event was refused; it is then not noted. */
  takeRefusal(): bool {
    const had = this.hasRefusal;
    this.hasRefusal = false;
    return had;
  }

  /** Wants to buy at once, at any price. */
  buy(qty: i64): u64 {
    return this.market(Side.Buy, qty);
  }

  /** Wants to sell at once, at any price. */
  sell(qty: i64): u64 {
    return this.market(Side.Sell, qty);
  }

  /** Wants to buy at this price or better. */
  buyLimit(qty: i64, price: i64): u64 {
    return this.submit(Order.limit(this.instrument, Side.Buy, qty, price));
  }

  /** Wants to sell at this price or better. */
  sellLimit(qty: i64, price: i64): u64 {
    return this.submit(Order.limit(this.instrument, Side.Sell, qty, price));
  }

  /** Wants an order, as it is described. */
  submit(order: Order): u64 {
    abi.emitIntent(
      Kind.Submit,
      order.instrument,
      order.side,
      order.isNotional ? 1 : 0,
      order.size,
      order.orderType,
      order.hasLimitPrice ? 1 : 0,
      order.limitPrice,
      order.hasStopPrice ? 1 : 0,
      order.stopPrice,
      order.tif,
      order.maxSlippageBps != 0 ? 1 : 0,
      order.maxSlippageBps,
      order.postOnly ? 1 : 0,
      order.reduceOnly ? 1 : 0,
      OUT,
    );
    return this.emitted();
  }

  /** Wants the order of an intent canceled. */
  cancel(id: u64): u64 {
    return this.short(Kind.Cancel, id, 0);
  }

  /** Wants another limit price for the order of an intent. */
  amendPrice(id: u64, price: i64): u64 {
    return this.amend(id, true, price, false, 0, false, 0);
  }

  /** Wants another whole quantity (filled included) for the order of an intent. */
  amendQty(id: u64, qty: i64): u64 {
    return this.amend(id, false, 0, true, qty, false, 0);
  }

  /** Wants other terms for the order of an intent; what has no flag stays. */
  amend(id: u64, hasPrice: bool, price: i64, hasQty: bool, qty: i64, hasTrigger: bool, trigger: i64): u64 {
    abi.emitIntent(Kind.Amend, id, hasPrice ? 1 : 0, price, hasQty ? 1 : 0, qty, hasTrigger ? 1 : 0, trigger, 0, 0, 0, 0, 0, 0, 0, OUT);
    return this.emitted();
  }

  /** Wants every own order canceled, of one instrument or (0) of all. */
  cancelAll(instrument: u32 = 0): u64 {
    return this.short(Kind.CancelAll, instrument != 0 ? 1 : 0, instrument);
  }

  /** Wants no position in one instrument, or (0) in any. */
  flatten(instrument: u32 = 0): u64 {
    return this.short(Kind.Flatten, instrument != 0 ? 1 : 0, instrument);
  }

  /** Wants `onWake` called at a time. */
  wakeAt(time: u64): u64 {
    return this.short(Kind.WakeAt, time, 0);
  }

  /** Writes a line into the journal. */
  note(text: string): u64 {
    abi.putText(text, OUT);
    return this.short(Kind.Note, load<u32>(OUT), load<u32>(OUT, 4));
  }

  /** Wants an order with more than the usual: trails, triggers, groups, parents, a life that ends. */
  submitOrder(order: Order): u64 {
    memory.fill(REQUEST, 0, REQUEST_SIZE);
    store<u32>(REQUEST, order.instrument);
    store<u8>(REQUEST, order.side as u8, 4);
    store<u8>(REQUEST, order.isNotional ? 1 : 0, 8);
    store<i64>(REQUEST, order.size, 16);
    store<u8>(REQUEST, order.orderType as u8, 24);
    store<u8>(REQUEST, order.hasLimitPrice ? 1 : 0, 32);
    store<i64>(REQUEST, order.limitPrice, 40);
    store<u8>(REQUEST, order.hasStopPrice ? 1 : 0, 48);
    store<i64>(REQUEST, order.stopPrice, 56);
    store<u8>(REQUEST, order.tif as u8, 64);
    store<u8>(REQUEST, order.maxSlippageBps != 0 ? 1 : 0, 68);
    store<u32>(REQUEST, order.maxSlippageBps, 72);
    store<u8>(REQUEST, order.postOnly ? 1 : 0, 76);
    store<u8>(REQUEST, order.reduceOnly ? 1 : 0, 77);
    store<u64>(REQUEST, order.expireAt, 80);
    store<i64>(REQUEST, order.displayQty, 88);
    store<u8>(REQUEST, order.trailOffset != 0 ? 1 : 0, 96);
    store<i64>(REQUEST, order.trailOffset, 104);
    store<u8>(REQUEST, order.trailUnit as u8, 112);
    store<i64>(REQUEST, order.trailLimitOffset, 120);
    store<u8>(REQUEST, order.triggerBy as u8, 128);
    store<u64>(REQUEST, order.parent, 136);
    store<u64>(REQUEST, order.group, 144);
    store<u8>(REQUEST, order.groupKind as u8, 152);
    abi.emitOrder(REQUEST, OUT);
    return this.emitted();
  }

  /** Wants many orders over time. */
  submitSchedule(schedule: Schedule): u64 {
    let c0: u32 = schedule.slices;
    let c1: u32 = schedule.bps;
    if (schedule.curve == CurveKind.Profile) {
      c0 = changetype<usize>(schedule.weights) as u32;
      c1 = schedule.weights.length;
    }
    abi.emitSchedule(
      schedule.instrument,
      schedule.side,
      schedule.isNotional ? 1 : 0,
      schedule.size,
      schedule.isSlippage ? 1 : 0,
      schedule.bound,
      schedule.postOnly ? 1 : 0,
      schedule.reduceOnly ? 1 : 0,
      schedule.start,
      schedule.end,
      schedule.curve,
      c0,
      c1,
      OUT,
    );
    return this.emitted();
  }

  /** The touch of an instrument; null = unknown, or neither side is shown. */
  topOfBook(instrument: u32): Quote | null {
    abi.viewTopOfBook(instrument, OUT);
    if (load<u8>(OUT) == 0) return null;
    const quote = new Quote();
    quote.bidPrice = load<i64>(OUT, 8);
    quote.bidQty = load<i64>(OUT, 16);
    quote.askPrice = load<i64>(OUT, 24);
    quote.askQty = load<i64>(OUT, 32);
    return quote;
  }

  /** Levels of one side of the book, best first. */
  depth(instrument: u32, side: Side, levels: u8): Level[] {
    abi.viewDepth(instrument, side, levels, OUT);
    const found: Level[] = [];
    for (let at = listStart(), end = listEnd(16); at < end; at += 16) {
      found.push(new Level(load<i64>(at), load<i64>(at, 8)));
    }
    return found;
  }

  /** The own position in any instrument. */
  positionOf(instrument: u32): Position {
    abi.viewPositionOf(instrument, OUT);
    return new Position(load<u8>(OUT), load<i64>(OUT, 8), decimalAt(OUT + 16), decimalAt(OUT + 40), decimalAt(OUT + 64));
  }

  /** The own sub-account. */
  account(): Account {
    abi.viewAccount(OUT);
    return new Account(decimalAt(OUT), decimalAt(OUT + 24), decimalAt(OUT + 48), decimalAt(OUT + 72));
  }

  /** Own orders that are not done, by ascending intent; instrument 0 = of all. */
  openOrders(instrument: u32, limit: u16): OrderView[] {
    abi.viewOpenOrders(instrument, limit, OUT);
    const found: OrderView[] = [];
    for (let at = listStart(), end = listEnd(48); at < end; at += 48) found.push(orderAt(at));
    return found;
  }

  /** One own order; null = it does not exist, or it was done long ago. */
  order(id: u64): OrderView | null {
    abi.viewOrder(id, OUT);
    return load<u8>(OUT) == 0 ? null : orderAt(OUT + 8);
  }

  /** The definition of an instrument as it is now. */
  instrumentOf(instrument: u32): Instrument | null {
    abi.viewInstrument(instrument, OUT);
    return load<u8>(OUT) == 0 ? null : instrumentAt(OUT + 8);
  }

  /** The last finished bars of a specification, oldest first. */
  bars(instrument: u32, spec: BarSpec, count: u16): Bar[] {
    abi.viewBars(instrument, spec.kind, spec.size, count, OUT);
    const found: Bar[] = [];
    for (let at = listStart(), end = listEnd(56); at < end; at += 56) found.push(barAt(at));
    return found;
  }

  private market(side: Side, qty: i64): u64 {
    // Without an object: this is the call that most strategies make.
    abi.emitIntent(Kind.Submit, this.instrument, side, 0, qty, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, OUT);
    return this.emitted();
  }

  private short(kind: u32, a0: u64, a1: u32): u64 {
    abi.emitIntent(kind, a0, a1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, OUT);
    return this.emitted();
  }

  private emitted(): u64 {
    if (load<u8>(OUT) == 0) return load<u64>(OUT, 8);
    this.hasRefusal = true;
    this.refusal = load<u8>(OUT, 8);
    return 0;
  }
}

function listStart(): usize {
  return load<usize>(OUT);
}

function listEnd(size: usize): usize {
  return load<usize>(OUT) + size * load<usize>(OUT, 4);
}

function orderAt(place: usize): OrderView {
  const order = new OrderView();
  order.id = load<u64>(place);
  order.instrument = load<u32>(place, 8);
  order.side = load<u8>(place, 12);
  order.state = load<u8>(place, 13);
  order.price = load<i64>(place, 16);
  order.qty = load<i64>(place, 24);
  order.filled = load<i64>(place, 32);
  order.trigger = load<i64>(place, 40);
  return order;
}

function barAt(place: usize): Bar {
  const bar = new Bar();
  bar.open = load<i64>(place);
  bar.high = load<i64>(place, 8);
  bar.low = load<i64>(place, 16);
  bar.close = load<i64>(place, 24);
  bar.volume = load<i64>(place, 32);
  bar.openTime = load<u64>(place, 40);
  bar.intervalNs = load<u64>(place, 48);
  return bar;
}
