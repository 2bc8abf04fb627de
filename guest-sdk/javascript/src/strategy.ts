/** How does a class become the component's guest? */

import { ComponentHost } from "./component";
import { Ctx } from "./ctx";
import { PrecisionError } from "./engine";
import { Rejected, type Host } from "./host";
import { lastWords } from "./last-words";
import { Params, SetupError } from "./params";
import type { Plan } from "./plan";
import { load, save } from "./state";
import type {
  Amended,
  Bar,
  BookAction,
  Canceled,
  CorporateAction,
  FeedState,
  Fill,
  Funding,
  Instrument,
  InstrumentState,
  Outcome,
  Payload,
  Quote,
  Reject,
  Signal,
  Trade,
  WitContext,
  WitEvent,
} from "./types";

/** What an author extends: `setup`, and a method for each kind of event that is wanted. The others do nothing. */
export abstract class Strategy {
  /** Called once, first. Everything that the strategy keeps is made here. Throws a `SetupError` to refuse. */
  abstract setup(params: Params, instruments: Instrument[]): Plan;

  /** A public trade. */
  onTrade(_ctx: Ctx, _trade: Trade): void {}
  /** Best bid or best ask changed. */
  onQuote(_ctx: Ctx, _quote: Quote): void {}
  /** The book changed; ask `ctx.depth`. */
  onBook(_ctx: Ctx, _action: BookAction): void {}
  /** A bar is finished. */
  onBar(_ctx: Ctx, _bar: Bar): void {}
  /** The venue's mark price. */
  onMarkPrice(_ctx: Ctx, _price: bigint): void {}
  /** Funding of a perpetual. */
  onFunding(_ctx: Ctx, _funding: Funding): void {}
  /** Whether and how the instrument trades. */
  onStatus(_ctx: Ctx, _status: InstrumentState): void {}
  /** Whether market data are current. */
  onFeed(_ctx: Ctx, _feed: FeedState): void {}
  /** A change of the instrument itself. */
  onCorporateAction(_ctx: Ctx, _action: CorporateAction): void {}
  /** The order works. */
  onAccepted(_ctx: Ctx, _intent: bigint): void {}
  /** The venue refused the order. */
  onRejected(_ctx: Ctx, _reject: Reject): void {}
  /** A fill. */
  onFilled(_ctx: Ctx, _fill: Fill): void {}
  /** The order left the market. */
  onCanceled(_ctx: Ctx, _canceled: Canceled): void {}
  /** The venue refused to cancel. */
  onCancelRejected(_ctx: Ctx, _reject: Reject): void {}
  /** The order works under new terms. */
  onAmended(_ctx: Ctx, _amended: Amended): void {}
  /** The venue refused to amend. */
  onAmendRejected(_ctx: Ctx, _reject: Reject): void {}
  /** The order's time is over. */
  onExpired(_ctx: Ctx, _intent: bigint): void {}
  /** Nobody knows what became of the order; it counts as open. */
  onUnknown(_ctx: Ctx, _intent: bigint): void {}
  /** A fill was taken back. */
  onBusted(_ctx: Ctx, _fill: Fill): void {}
  /** What became of an intent that did not reach a venue. */
  onOutcome(_ctx: Ctx, _outcome: Outcome): void {}
  /** Outside data. */
  onSignal(_ctx: Ctx, _signal: Signal): void {}
  /** Trading was switched on or off. */
  onTrading(_ctx: Ctx, _isEnabled: boolean): void {}
  /** A time that was asked for has come. */
  onWake(_ctx: Ctx): void {}
}

/** What the world `strategy` exports. */
export interface Guest {
  setup(params: { key: string; value: string }[], instruments: object[]): object;
  onEvent(event: object, context: object): void;
  snapshot(): Uint8Array;
  restore(bytes: Uint8Array): void;
}

/** The first call. Throws a `SetupError` where the strategy refuses, or has a parameter that it did not ask for. */
export function setUp(strategy: Strategy, params: Params, instruments: Instrument[]): Plan {
  const plan = strategy.setup(params, instruments);
  params.checkAllRead();
  return plan;
}

/** Calls the method for an event; a refusal that it leaves becomes a note. */
export function deliver(strategy: Strategy, host: Host, event: WitEvent, context: WitContext): void {
  try {
    call(strategy, new Ctx(host, event, context), event.kind);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    // As the Rust SDK: an intent that was not taken is noted, but during warm-up, where that is the rule.
    if (error.reason !== "warmup") note(host, `emit refused: ${error.reason}`);
  }
}

function note(host: Host, text: string): void {
  try {
    host.emit({ tag: "note", val: text });
  } catch {
    // Notes are refused too: the host's own record of the limit is all there is.
  }
}

/** Notes what ends the strategy. The host shows the last note of a call that ended it, taken or not. */
function mourned(host: Host, error: unknown): void {
  note(host, lastWords(error));
}

/**
 * The guest of a strategy: `export const guest = exportStrategy(new MyStrategy());`
 *
 * `mourn` is called with an error that ends it; a debugger shows those itself.
 */
export function exportStrategy(strategy: Strategy, mourn: (host: Host, error: unknown) => void = mourned): Guest {
  const host = new ComponentHost();
  return {
    setup(params, instruments) {
      try {
        const given = new Params(params.map(({ key, value }) => [key, value] as const));
        const { subscriptions } = setUp(strategy, given, host.instruments(instruments));
        return host.plan({ subscriptions });
      } catch (error) {
        if (error instanceof SetupError || error instanceof PrecisionError) throw error.message;
        throw lastWords(error).replaceAll("\n", "; ");
      }
    },
    onEvent(event, context) {
      try {
        deliver(strategy, host, host.event(event), context as WitContext);
      } catch (error) {
        mourn(host, error);
        throw error;
      }
    },
    snapshot: () => save(strategy),
    restore(bytes) {
      try {
        load(strategy, bytes);
      } catch (error) {
        throw `restore: ${(error as Error).message}`;
      }
    },
  };
}

function call(strategy: Strategy, ctx: Ctx, kind: Payload): void {
  switch (kind.tag) {
    case "trade":
      return strategy.onTrade(ctx, kind.val);
    case "quote":
      return strategy.onQuote(ctx, kind.val);
    case "book":
      return strategy.onBook(ctx, kind.val);
    case "bar":
      return strategy.onBar(ctx, kind.val);
    case "mark-price":
      return strategy.onMarkPrice(ctx, kind.val);
    case "funding":
      return strategy.onFunding(ctx, kind.val);
    case "status":
      return strategy.onStatus(ctx, kind.val);
    case "feed":
      return strategy.onFeed(ctx, kind.val);
    case "corporate-action":
      return strategy.onCorporateAction(ctx, kind.val);
    case "accepted":
      return strategy.onAccepted(ctx, kind.val);
    case "rejected":
      return strategy.onRejected(ctx, kind.val);
    case "filled":
      return strategy.onFilled(ctx, kind.val);
    case "canceled":
      return strategy.onCanceled(ctx, kind.val);
    case "cancel-rejected":
      return strategy.onCancelRejected(ctx, kind.val);
    case "amended":
      return strategy.onAmended(ctx, kind.val);
    case "amend-rejected":
      return strategy.onAmendRejected(ctx, kind.val);
    case "expired":
      return strategy.onExpired(ctx, kind.val);
    case "unknown":
      return strategy.onUnknown(ctx, kind.val);
    case "busted":
      return strategy.onBusted(ctx, kind.val);
    case "outcome":
      return strategy.onOutcome(ctx, kind.val);
    case "signal":
      return strategy.onSignal(ctx, kind.val);
    case "trading":
      return strategy.onTrading(ctx, kind.val);
    case "wake":
      return strategy.onWake(ctx);
  }
}
