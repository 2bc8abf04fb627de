/** What does an author write? `setup`, and a method for each kind of event that is wanted. The others do nothing. */

import { Ctx } from "./ctx";
import { Params } from "./params";
import { Plan } from "./plan";
import { Archive } from "./state";
import {
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
  Quote,
  Reject,
  Signal,
  Trade,
} from "./types";

export abstract class Strategy {
  /** Called once, first. Everything that the strategy keeps is made here; `params.refuse` refuses the session. */
  abstract setup(params: Params, instruments: Instrument[], plan: Plan): void;
  /** What a restart keeps: every value, by `this.x = archive.item<T>(this.x)`. */
  state(archive: Archive): void {}
  onTrade(ctx: Ctx, trade: Trade): void {}
  onQuote(ctx: Ctx, quote: Quote): void {}
  onBook(ctx: Ctx, action: BookAction): void {}
  onBar(ctx: Ctx, bar: Bar): void {}
  onMarkPrice(ctx: Ctx, price: i64): void {}
  onFunding(ctx: Ctx, funding: Funding): void {}
  onStatus(ctx: Ctx, status: InstrumentState): void {}
  onFeed(ctx: Ctx, feed: FeedState): void {}
  onCorporateAction(ctx: Ctx, action: CorporateAction): void {}
  onAccepted(ctx: Ctx, id: u64): void {}
  onRejected(ctx: Ctx, reject: Reject): void {}
  onFilled(ctx: Ctx, fill: Fill): void {}
  onCanceled(ctx: Ctx, canceled: Canceled): void {}
  onCancelRejected(ctx: Ctx, reject: Reject): void {}
  onAmended(ctx: Ctx, amended: Amended): void {}
  onAmendRejected(ctx: Ctx, reject: Reject): void {}
  onExpired(ctx: Ctx, id: u64): void {}
  onUnknown(ctx: Ctx, id: u64): void {}
  onBusted(ctx: Ctx, fill: Fill): void {}
  onOutcome(ctx: Ctx, outcome: Outcome): void {}
  onSignal(ctx: Ctx, signal: Signal): void {}
  onTrading(ctx: Ctx, isEnabled: bool): void {}
  onWake(ctx: Ctx): void {}
}
