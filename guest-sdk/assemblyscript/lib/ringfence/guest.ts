/**
 * How does a class become the component's guest? The names of the exports are the ones this language can write;
 * `ringfence build` gives them those of the interface.
 */

import { INSTRUMENT_SIZE, instrumentAt, putText, reset, take, textAt } from "./abi";
import { Ctx } from "./ctx";
import { Params } from "./params";
import { Plan } from "./plan";
import { Archive } from "./state";
import { Strategy } from "./strategy";
import {
  Amended,
  Bar,
  Canceled,
  CorporateAction,
  EmitError,
  Fill,
  Funding,
  Instrument,
  Outcome,
  Quote,
  Reject,
  Signal,
  Trade,
} from "./types";

export { cabi_realloc } from "./abi";

/** A failed `setup` or `restore` ends the strategy: what is called then traps. */
let running: Strategy | null = null;
let isSetUp: bool = false;

/** Makes a strategy the guest of its component: `exportStrategy(new MyStrategy())` at the end of `src/strategy.ts`. */
export function exportStrategy(strategy: Strategy): void {
  running = strategy;
}

/** `result<plan, string>` and `result<_, string>`: whether it is an error, and a list or a text; or a list alone. */
const ANSWER: usize = memory.data(12, 4);

const PARAM_SIZE: usize = 16;
const SUBSCRIPTION_SIZE: usize = 40;

function refused(reason: string): usize {
  isSetUp = false;
  store<u8>(ANSWER, 1);
  putText(reason, ANSWER + 4);
  return ANSWER;
}

export function setup(params: usize, paramCount: usize, instruments: usize, instrumentCount: usize): usize {
  const given = new Params();
  for (let at = params; at < params + paramCount * PARAM_SIZE; at += PARAM_SIZE) {
    given.add(textAt(at), textAt(at + 8));
  }
  const all: Instrument[] = [];
  for (let at = instruments; at < instruments + instrumentCount * INSTRUMENT_SIZE; at += INSTRUMENT_SIZE) {
    all.push(instrumentAt(at));
  }
  const plan = new Plan();
  running!.setup(given, all, plan);
  given.checkAllRead();
  if (given.reason.length != 0) return refused(given.reason);
  isSetUp = true;
  putPlan(plan);
  reset();
  return ANSWER;
}

function putPlan(plan: Plan): void {
  const count = plan.subscriptions.length;
  const start = take(<usize>count * SUBSCRIPTION_SIZE);
  memory.fill(start, 0, <usize>count * SUBSCRIPTION_SIZE);
  for (let at = 0; at < count; at++) {
    const subscription = plan.subscriptions[at];
    const place = start + <usize>at * SUBSCRIPTION_SIZE;
    store<u32>(place, subscription.instrument);
    store<u8>(place, subscription.kind as u8, 4);
    store<u8>(place, subscription.filter as u8, 5);
    const spec = subscription.spec;
    if (spec) {
      store<u8>(place, 1, 8);
      store<u8>(place, spec.kind as u8, 16);
      store<u64>(place, spec.size, 24);
    }
    store<u32>(place, subscription.warmUp, 32);
  }
  store<u8>(ANSWER, 0);
  store<usize>(ANSWER, start, 4);
  store<usize>(ANSWER, count, 8);
}

export function snapshot(): usize {
  assert(isSetUp);
  const archive = Archive.saving();
  running!.state(archive);
  const bytes = archive.saved();
  const start = take(bytes.length);
  for (let at = 0; at < bytes.length; at++) store<u8>(start + at, bytes[at]);
  store<usize>(ANSWER, start);
  store<usize>(ANSWER, bytes.length, 4);
  reset();
  return ANSWER;
}

export function restore(start: usize, size: i32): usize {
  assert(isSetUp);
  const archive = Archive.loading(start, size);
  running!.state(archive);
  archive.finish();
  if (archive.reason.length != 0) return refused(archive.reason);
  store<u8>(ANSWER, 0);
  reset();
  return ANSWER;
}

const CTX = new Ctx();
const TRADE = new Trade();
const QUOTE = new Quote();
const BAR = new Bar();
const FUNDING = new Funding();
const ACTION = new CorporateAction();
const FILL = new Fill();
const REJECT = new Reject();
const CANCELED = new Canceled();
const AMENDED = new Amended();
const OUTCOME = new Outcome();
const SIGNAL = new Signal();

export function on_event(
  time: u64,
  venueTime: u64,
  instrument: u32,
  kind: u32,
  w0: u64,
  w1: u64,
  w2: u64,
  w3: u64,
  w4: u64,
  w5: u64,
  w6: u64,
  bidPrice: i64,
  bidQty: i64,
  askPrice: i64,
  askQty: i64,
  position: i64,
): void {
  assert(isSetUp);
  const ctx = CTX;
  ctx.time = time;
  ctx.venueTime = venueTime;
  ctx.instrument = instrument;
  ctx.bidPrice = bidPrice;
  ctx.bidQty = bidQty;
  ctx.askPrice = askPrice;
  ctx.askQty = askQty;
  ctx.position = position;
  deliver(ctx, kind, w0, w1, w2, w3, w4, w5, w6);
  if (ctx.takeRefusal()) note(ctx);
  reset();
}

function deliver(ctx: Ctx, kind: u32, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64, w6: u64): void {
  const strategy = running!;
  switch (kind) {
    case 0:
      TRADE.price = w0;
      TRADE.qty = w1;
      TRADE.hasAggressor = w2 != 0;
      TRADE.aggressor = w3 as i32;
      return strategy.onTrade(ctx, TRADE);
    case 1:
      QUOTE.bidPrice = w0;
      QUOTE.bidQty = w1;
      QUOTE.askPrice = w2;
      QUOTE.askQty = w3;
      return strategy.onQuote(ctx, QUOTE);
    case 2:
      return strategy.onBook(ctx, w0 as i32);
    case 3:
      BAR.open = w0;
      BAR.high = w1;
      BAR.low = w2;
      BAR.close = w3;
      BAR.volume = w4;
      BAR.openTime = w5;
      BAR.intervalNs = w6;
      return strategy.onBar(ctx, BAR);
    case 4:
      return strategy.onMarkPrice(ctx, w0);
    case 5:
      FUNDING.rateE9 = w0;
      FUNDING.nextTime = w1;
      return strategy.onFunding(ctx, FUNDING);
    case 6:
      return strategy.onStatus(ctx, w0 as i32);
    case 7:
      return strategy.onFeed(ctx, w0 as i32);
    case 8:
      ACTION.kind = w0 as i32;
      ACTION.numerator = w1;
      ACTION.denominator = w2;
      ACTION.cash = w3;
      return strategy.onCorporateAction(ctx, ACTION);
    case 9:
      return strategy.onAccepted(ctx, w0);
    case 10:
      return strategy.onRejected(ctx, reject(w0, w1));
    case 11:
      return strategy.onFilled(ctx, fill(w0, w1, w2, w3, w4, w5, w6));
    case 12:
      CANCELED.id = w0;
      CANCELED.leaves = w1;
      CANCELED.reason = w2 as i32;
      return strategy.onCanceled(ctx, CANCELED);
    case 13:
      return strategy.onCancelRejected(ctx, reject(w0, w1));
    case 14:
      AMENDED.id = w0;
      AMENDED.price = w1;
      AMENDED.qty = w2;
      return strategy.onAmended(ctx, AMENDED);
    case 15:
      return strategy.onAmendRejected(ctx, reject(w0, w1));
    case 16:
      return strategy.onExpired(ctx, w0);
    case 17:
      return strategy.onUnknown(ctx, w0);
    case 18:
      return strategy.onBusted(ctx, fill(w0, w1, w2, w3, w4, w5, w6));
    case 19:
      OUTCOME.id = w0;
      OUTCOME.code = w1 as i32;
      return strategy.onOutcome(ctx, OUTCOME);
    case 20:
      SIGNAL.source = w0 as u32;
      SIGNAL.name = w1 as u32;
      SIGNAL.value = w2;
      return strategy.onSignal(ctx, SIGNAL);
    case 21:
      return strategy.onTrading(ctx, w0 != 0);
    case 22:
      return strategy.onWake(ctx);
    default:
      unreachable();
  }
}

function reject(id: u64, reason: u64): Reject {
  REJECT.id = id;
  REJECT.reason = reason as i32;
  return REJECT;
}

function fill(id: u64, price: u64, qty: u64, leaves: u64, fee: u64, side: u64, liquidity: u64): Fill {
  FILL.id = id;
  FILL.price = price;
  FILL.qty = qty;
  FILL.leaves = leaves;
  FILL.fee = fee;
  FILL.side = side as i32;
  FILL.liquidity = liquidity as i32;
  return FILL;
}

/** As the Rust SDK: an intent that was not taken is noted, but during warm-up, where that is the rule. */
function note(ctx: Ctx): void {
  if (ctx.refusal == EmitError.Warmup) return;
  ctx.note("emit refused: " + name(ctx.refusal));
  // Notes may be refused too; then the host's own record of the limit is all there is.
  ctx.hasRefusal = false;
}

function name(error: EmitError): string {
  switch (error) {
    case EmitError.TooMany:
      return "too-many";
    case EmitError.Malformed:
      return "malformed";
    case EmitError.NoteTooLong:
      return "note-too-long";
    default:
      return "not-now";
  }
}
