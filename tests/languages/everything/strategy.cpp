// Notes every event with all of its fields, and wants and asks everything: by the quantity of a trade.

#include "ringfence.hpp"

#include <string.h>

namespace rf = ringfence;

// A line of words.
class Line {
  char text_[400] = {};
  size_t len_ = 0;

 public:
  explicit Line(const char *what) { word(what, strlen(what)); }

  Line &word(const char *more, size_t len) {
    if (len_ != 0) text_[len_++] = ' ';
    memcpy(text_ + len_, more, len);
    len_ += len;
    return *this;
  }
  Line &text(rf_text_t more) { return word(reinterpret_cast<const char *>(more.ptr), more.len); }
  Line &decimal(int64_t value, uint8_t scale) {
    char digits[RF_DECIMAL_MAX];
    return word(digits, rf_mantissa_to_decimal(value, scale, digits));
  }
  Line &exact(rf_decimal_t value) { return decimal(static_cast<int64_t>(value.lo), value.scale); }
  template <typename... T>
  Line &numbers(T... values) {
    (decimal(static_cast<int64_t>(values), 0), ...);
    return *this;
  }
  void to(rf::Ctx &ctx) { ctx.note(text_); }
};

class Everything : public rf::Strategy {
  uint64_t seen_ = 0;
  rf::InstrumentId spy_ = 0, qqq_ = 0;
  rf_text_t text_ = {};
  int64_t limit_ = 0;
  rf::List<int64_t> kept_;

  void orders(rf::Ctx &ctx) {
    ctx.buy_limit(7, 1001);
    ctx.sell_limit(8000, 2002);
    rf::Submit order = rf_market(spy_, RF_SIDE_SELL, 9000);
    order.max_slippage_bps = {true, 25};
    order.reduce_only = true;
    ctx.submit(order);
    order = rf_limit(qqq_, RF_SIDE_BUY, 0, limit_);
    order.size.tag = RF_SIZE_NOTIONAL;
    order.size.val.notional = 30000;
    order.post_only = true;
    order.tif = RF_TIME_IN_FORCE_DAY;
    ctx.submit(order);
    order = rf_market(spy_, RF_SIDE_SELL, 5);
    order.order_type = RF_ORDER_TYPE_STOP_MARKET;
    order.stop_price = {true, 900};
    order.tif = RF_TIME_IN_FORCE_GTC;
    ctx.submit(order);
  }

  void changes(rf::Ctx &ctx) {
    ctx.amend_price(5, 1002);
    ctx.amend_qty(5, 9);
    rf::Amend change = {};
    change.id = 9;
    change.trigger = {true, 901};
    ctx.amend(change);
    ctx.cancel(9);
    ctx.cancel_all();
    ctx.cancel_all(spy_);
    ctx.flatten(qqq_);
    ctx.flatten();
  }

  void requests(rf::Ctx &ctx) {
    rf::OrderRequest request = {};
    request.order = rf_limit(spy_, RF_SIDE_BUY, 11, 1000);
    request.order.tif = RF_TIME_IN_FORCE_GTD;
    request.expire_at = ctx.time() + 60000000000u;
    request.display_qty = 2;
    ctx.submit(request);
    request = {};
    request.order = rf_market(spy_, RF_SIDE_SELL, 12);
    request.order.order_type = RF_ORDER_TYPE_TRAILING_STOP_LIMIT;
    request.order.tif = RF_TIME_IN_FORCE_GTC;
    request.trail = {true, {50, RF_TRAIL_UNIT_BPS, 3}};
    request.trigger_by = RF_TRIGGER_BY_TOUCH;
    request.group_kind = RF_GROUP_KIND_OUO;
    ctx.submit(request);
  }

  void schedules(rf::Ctx &ctx) {
    uint16_t weights[] = {1, 20, 300};
    rf::Schedule schedule = {};
    schedule.instrument = spy_;
    schedule.side = RF_SIDE_SELL;
    schedule.size.val.quantity = 900;
    schedule.bound.val.limit = 1005;
    schedule.post_only = true;
    schedule.start = ctx.time();
    schedule.end = ctx.time() + 30000000000u;
    schedule.curve.tag = RF_CURVE_PROFILE;
    schedule.curve.val.profile = {weights, 3};
    ctx.submit(schedule);
    schedule.post_only = false;
    schedule.reduce_only = true;
    schedule.bound.tag = RF_BOUND_SLIPPAGE;
    schedule.bound.val.slippage = 40;
    schedule.curve.tag = RF_CURVE_VOLUME;
    schedule.curve.val.volume = {5, 2500};
    ctx.submit(schedule);
  }

  void views(rf::Ctx &ctx) {
    rf::Quote quote = {};
    const bool is_shown = ctx.top_of_book(spy_, quote);
    Line("top").numbers(is_shown, quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty).to(ctx);
    Line("top").numbers(ctx.top_of_book(99, quote)).to(ctx);
    for (const rf::Level &level : ctx.depth(spy_, rf::Side::sell, 5)) Line("level").numbers(level.price, level.qty).to(ctx);
    const rf::Position position = ctx.position_of(spy_);
    Line("position").numbers(position.side, position.qty).exact(position.cost).exact(position.fees).to(ctx);
    const rf::Account account = ctx.account();
    Line("account").exact(account.cash).exact(account.equity).exact(account.capital).exact(account.drawdown).to(ctx);
    for (const rf::OrderView &open : ctx.open_orders(0, 3)) {
      Line line("open");
      line.numbers(open.id, open.instrument, open.side, open.state, open.price, open.qty, open.filled, open.trigger).to(ctx);
    }
    rf::OrderView order = {};
    const bool is_there = ctx.order(5, order);
    Line("order").numbers(is_there, order.id, order.filled).to(ctx);
    Line("order").numbers(ctx.order(1, order)).to(ctx);
    rf::Instrument instrument = {};
    Line line("instrument");
    line.numbers(ctx.instrument_of(qqq_, instrument));
    line.text(instrument.symbol).text(instrument.base).text(instrument.quote).text(instrument.settlement);
    line.numbers(instrument.kind, instrument.price_scale, instrument.qty_scale, instrument.tick, instrument.lot);
    line.numbers(instrument.qty_min, instrument.qty_max).exact(instrument.multiplier);
    line.numbers(instrument.settlement_scale, instrument.state).to(ctx);
    for (const rf::Bar &bar : ctx.bars(spy_, three_ticks(), 2)) {
      Line("past").numbers(bar.open, bar.close, bar.volume, bar.open_time).to(ctx);
    }
  }

  static rf::BarSpec three_ticks() {
    rf::BarSpec spec = {};
    spec.tag = RF_BAR_SPEC_TICKS;
    spec.val.ticks = 3;
    return spec;
  }

 public:
  void setup(rf::Params &params, rf::List<const rf::Instrument> instruments, rf::Plan &plan) override {
    if (!params.text("text", text_)) return params.refuse("needs a text");
    limit_ = params.price("limit", instruments[0]);
    spy_ = instruments[0].id;
    qqq_ = instruments[1].id;
    kept_ = rf::make<int64_t>(3);
    plan.trades(spy_).quotes(spy_, RF_CHANGE_FILTER_TOUCH).bars(spy_).bars(spy_, three_ticks());
    plan.other(RF_EVENT_KIND_MARK_PRICE, spy_).other(RF_EVENT_KIND_STATUS, spy_).other(RF_EVENT_KIND_FEED, spy_);
    plan.other(RF_EVENT_KIND_ORDER, spy_).other(RF_EVENT_KIND_TRADING);
  }

  void state(rf::Archive &archive) override {
    archive.keep(seen_);
    archive.keep(kept_);
  }

  void on_trade(rf::Ctx &ctx, const rf::Trade &trade) override {
    seen_ += 1;
    // Counted in the list too, which a restart keeps.
    kept_[2] += 1;
    if (kept_[2] != static_cast<int64_t>(seen_)) __builtin_trap();
    const rf::Quote touch = ctx.touch();
    Line line("trade");
    line.numbers(seen_, ctx.time(), ctx.instrument(), trade.price, trade.qty, trade.aggressor.is_some);
    line.numbers(trade.aggressor.is_some ? trade.aggressor.val : 0, touch.bid_price, touch.bid_qty);
    line.numbers(touch.ask_price, touch.ask_qty, ctx.position()).to(ctx);
    switch (trade.qty) {
      case 1: return Line("text").text(text_).to(ctx);
      case 2: return orders(ctx);
      case 3: return changes(ctx);
      case 4: ctx.wake_at(ctx.time() + 2000000000u); return;
      case 5: return requests(ctx);
      case 6: return schedules(ctx);
      case 7: return views(ctx);
      default: ctx.buy(0);
    }
  }

  void on_quote(rf::Ctx &ctx, const rf::Quote &quote) override {
    Line("quote").numbers(quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty).to(ctx);
  }
  void on_bar(rf::Ctx &ctx, const rf::Bar &bar) override {
    Line("bar").numbers(bar.open, bar.high, bar.low, bar.close, bar.volume, bar.open_time, bar.interval_ns).to(ctx);
  }
  void on_mark_price(rf::Ctx &ctx, int64_t price) override { Line("mark").numbers(price).to(ctx); }
  void on_status(rf::Ctx &ctx, rf_instrument_state_t now) override { Line("status").numbers(now).to(ctx); }
  void on_feed(rf::Ctx &ctx, rf_feed_state_t now) override { Line("feed").numbers(now).to(ctx); }
  void on_accepted(rf::Ctx &ctx, rf::IntentId id) override { Line("accepted").numbers(id).to(ctx); }
  void on_rejected(rf::Ctx &ctx, const rf::Reject &reject) override {
    Line("rejected").numbers(reject.id, reject.reason).to(ctx);
  }
  void on_filled(rf::Ctx &ctx, const rf::Fill &fill) override {
    Line line("filled");
    line.numbers(fill.id, fill.price, fill.qty, fill.leaves, fill.fee, fill.side, fill.liquidity).to(ctx);
  }
  void on_outcome(rf::Ctx &ctx, const rf::Outcome &outcome) override {
    Line("outcome").numbers(outcome.id, outcome.code).to(ctx);
  }
  void on_trading(rf::Ctx &ctx, bool is_enabled) override { Line("trading").numbers(is_enabled).to(ctx); }
  void on_wake(rf::Ctx &ctx) override { Line("wake").numbers(ctx.time()).to(ctx); }
};

RINGFENCE_EXPORT(Everything);
