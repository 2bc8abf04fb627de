/** Notes every event with all of its fields, and wants and asks everything: by the quantity of a trade. */

import {
  Archive,
  Bar,
  BarKind,
  BarSpec,
  ChangeFilter,
  Ctx,
  CurveKind,
  Decimal,
  EventKind,
  FeedState,
  Fill,
  GroupKind,
  Instrument,
  InstrumentState,
  Order,
  OrderType,
  Outcome,
  Params,
  Plan,
  Quote,
  Reject,
  Schedule,
  Side,
  Strategy,
  TimeInForce,
  Trade,
  TrailUnit,
  TriggerBy,
  exportStrategy,
  mantissaToDecimal,
} from "ringfence";

function note(ctx: Ctx, what: string, values: i64[]): void {
  for (let at = 0; at < values.length; at++) what += " " + mantissaToDecimal(values[at], 0);
  ctx.note(what);
}

function exact(value: Decimal): string {
  return " " + mantissaToDecimal(value.lo as i64, value.scale);
}

function number(value: i64): string {
  return " " + value.toString();
}

class Everything extends Strategy {
  private seen: u64 = 0;
  private spy: u32 = 0;
  private qqq: u32 = 0;
  private text: string = "";
  private limit: i64 = 0;

  setup(params: Params, instruments: Instrument[], plan: Plan): void {
    this.text = params.text("text");
    this.limit = params.price("limit", instruments[0]);
    this.spy = instruments[0].id;
    this.qqq = instruments[1].id;
    plan.trades(this.spy).quotes(this.spy, ChangeFilter.Touch).bars(this.spy).bars(this.spy, new BarSpec(BarKind.Ticks, 3));
    plan.other(EventKind.MarkPrice, this.spy).other(EventKind.Status, this.spy).other(EventKind.Feed, this.spy);
    plan.other(EventKind.Order, this.spy).other(EventKind.Trading);
  }

  state(archive: Archive): void {
    this.seen = archive.item<u64>(this.seen);
    const marks = archive.list<u16>([1, 2, 3]);
    assert(marks.length == 3 && marks[2] == 3 && archive.text("héllo") == "héllo");
  }

  onTrade(ctx: Ctx, trade: Trade): void {
    this.seen += 1;
    note(ctx, "trade", [
      this.seen,
      ctx.time,
      ctx.instrument,
      trade.price,
      trade.qty,
      trade.hasAggressor ? 1 : 0,
      trade.hasAggressor ? trade.aggressor : 0,
      ctx.bidPrice,
      ctx.bidQty,
      ctx.askPrice,
      ctx.askQty,
      ctx.position,
    ]);
    switch (trade.qty as i32) {
      case 1:
        ctx.note("text " + this.text);
        break;
      case 2:
        this.orders(ctx);
        break;
      case 3:
        this.changes(ctx);
        break;
      case 4:
        ctx.wakeAt(ctx.time + 2_000_000_000);
        break;
      case 5:
        this.requests(ctx);
        break;
      case 6:
        this.schedules(ctx);
        break;
      case 7:
        this.views(ctx);
        break;
      default:
        ctx.buy(0);
    }
  }

  private orders(ctx: Ctx): void {
    ctx.buyLimit(7, 1001);
    ctx.sellLimit(8000, 2002);
    let order = Order.market(this.spy, Side.Sell, 9000);
    order.maxSlippageBps = 25;
    order.reduceOnly = true;
    ctx.submit(order);
    order = Order.limit(this.qqq, Side.Buy, 30000, this.limit);
    order.isNotional = true;
    order.postOnly = true;
    order.tif = TimeInForce.Day;
    ctx.submit(order);
    order = Order.market(this.spy, Side.Sell, 5);
    order.orderType = OrderType.StopMarket;
    order.hasStopPrice = true;
    order.stopPrice = 900;
    order.tif = TimeInForce.Gtc;
    ctx.submit(order);
  }

  private changes(ctx: Ctx): void {
    ctx.amendPrice(5, 1002);
    ctx.amendQty(5, 9);
    ctx.amend(9, false, 0, false, 0, true, 901);
    ctx.cancel(9);
    ctx.cancelAll();
    ctx.cancelAll(this.spy);
    ctx.flatten(this.qqq);
    ctx.flatten();
  }

  private requests(ctx: Ctx): void {
    let order = Order.limit(this.spy, Side.Buy, 11, 1000);
    order.tif = TimeInForce.Gtd;
    order.expireAt = ctx.time + 60_000_000_000;
    order.displayQty = 2;
    ctx.submitOrder(order);
    order = Order.market(this.spy, Side.Sell, 12);
    order.orderType = OrderType.TrailingStopLimit;
    order.tif = TimeInForce.Gtc;
    order.trailOffset = 50;
    order.trailUnit = TrailUnit.Bps;
    order.trailLimitOffset = 3;
    order.triggerBy = TriggerBy.Touch;
    order.groupKind = GroupKind.Ouo;
    ctx.submitOrder(order);
  }

  private schedules(ctx: Ctx): void {
    const schedule = new Schedule(this.spy, Side.Sell, 900);
    schedule.bound = 1005;
    schedule.postOnly = true;
    schedule.start = ctx.time;
    schedule.end = ctx.time + 30_000_000_000;
    schedule.curve = CurveKind.Profile;
    schedule.weights = [1, 20, 300];
    ctx.submitSchedule(schedule);
    schedule.postOnly = false;
    schedule.reduceOnly = true;
    schedule.isSlippage = true;
    schedule.bound = 40;
    schedule.curve = CurveKind.Volume;
    schedule.slices = 5;
    schedule.bps = 2500;
    ctx.submitSchedule(schedule);
  }

  private views(ctx: Ctx): void {
    const quote = ctx.topOfBook(this.spy)!;
    note(ctx, "top", [1, quote.bidPrice, quote.bidQty, quote.askPrice, quote.askQty]);
    note(ctx, "top", [ctx.topOfBook(99) == null ? 0 : 1]);
    const levels = ctx.depth(this.spy, Side.Sell, 5);
    for (let at = 0; at < levels.length; at++) note(ctx, "level", [levels[at].price, levels[at].qty]);
    const position = ctx.positionOf(this.spy);
    ctx.note("position" + number(position.side) + number(position.qty) + exact(position.cost) + exact(position.fees));
    const account = ctx.account();
    ctx.note("account" + exact(account.cash) + exact(account.equity) + exact(account.capital) + exact(account.drawdown));
    const open = ctx.openOrders(0, 3);
    for (let at = 0; at < open.length; at++) {
      const one = open[at];
      note(ctx, "open", [one.id, one.instrument, one.side, one.state, one.price, one.qty, one.filled, one.trigger]);
    }
    const order = ctx.order(5)!;
    note(ctx, "order", [1, order.id, order.filled]);
    note(ctx, "order", [ctx.order(1) == null ? 0 : 1]);
    const instrument = ctx.instrumentOf(this.qqq)!;
    const texts = [instrument.symbol, instrument.base, instrument.quote, instrument.settlement].join(" ");
    ctx.note(
      "instrument 1 " +
        texts +
        number(instrument.kind) +
        number(instrument.priceScale) +
        number(instrument.qtyScale) +
        number(instrument.tick) +
        number(instrument.lot) +
        number(instrument.qtyMin) +
        number(instrument.qtyMax) +
        exact(instrument.multiplier) +
        number(instrument.settlementScale) +
        number(instrument.state),
    );
    const bars = ctx.bars(this.spy, new BarSpec(BarKind.Ticks, 3), 2);
    for (let at = 0; at < bars.length; at++) {
      note(ctx, "past", [bars[at].open, bars[at].close, bars[at].volume, bars[at].openTime]);
    }
  }

  onQuote(ctx: Ctx, quote: Quote): void {
    note(ctx, "quote", [quote.bidPrice, quote.bidQty, quote.askPrice, quote.askQty]);
  }

  onBar(ctx: Ctx, bar: Bar): void {
    note(ctx, "bar", [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.openTime, bar.intervalNs]);
  }

  onMarkPrice(ctx: Ctx, price: i64): void {
    note(ctx, "mark", [price]);
  }

  onStatus(ctx: Ctx, status: InstrumentState): void {
    note(ctx, "status", [status]);
  }

  onFeed(ctx: Ctx, feed: FeedState): void {
    note(ctx, "feed", [feed]);
  }

  onAccepted(ctx: Ctx, id: u64): void {
    note(ctx, "accepted", [id]);
  }

  onRejected(ctx: Ctx, reject: Reject): void {
    note(ctx, "rejected", [reject.id, reject.reason]);
  }

  onFilled(ctx: Ctx, fill: Fill): void {
    note(ctx, "filled", [fill.id, fill.price, fill.qty, fill.leaves, fill.fee, fill.side, fill.liquidity]);
  }

  onOutcome(ctx: Ctx, outcome: Outcome): void {
    note(ctx, "outcome", [outcome.id, outcome.code]);
  }

  onTrading(ctx: Ctx, isEnabled: bool): void {
    note(ctx, "trading", [isEnabled ? 1 : 0]);
  }

  onWake(ctx: Ctx): void {
    note(ctx, "wake", [ctx.time]);
  }
}

exportStrategy(new Everything());
