/* Notes every event with all of its fields, and wants and asks everything: by the quantity of a trade. */

#include "ringfence.h"

#include <string.h>

static uint64_t seen;
static rf_instrument_id_t spy, qqq;
static rf_text_t text;
static int64_t limit;

static char line[400];
static size_t used;

static void word(const char *more, size_t len) {
  if (used != 0) line[used++] = ' ';
  memcpy(line + used, more, len);
  used += len;
  line[used] = 0;
}

static void number(int64_t value) {
  char digits[RF_DECIMAL_MAX];
  word(digits, rf_mantissa_to_decimal(value, 0, digits));
}

static void exact(rf_decimal_t value) {
  char digits[RF_DECIMAL_MAX];
  word(digits, rf_mantissa_to_decimal((int64_t)value.lo, value.scale, digits));
}

static void begin(const char *what) {
  used = 0;
  word(what, strlen(what));
}

#define NOTE(ctx, what, ...)                                               \
  do {                                                                     \
    const int64_t values[] = {__VA_ARGS__};                                \
    begin(what);                                                           \
    for (size_t at = 0; at < sizeof values / 8; at++) number(values[at]);  \
    rf_note(ctx, line);                                                    \
  } while (0)

static void setup(rf_params_t *params, const rf_instruments_t *instruments, rf_plan_t *plan) {
  if (!rf_param(params, "text", &text)) return rf_refuse(params, "needs a text");
  limit = rf_param_price(params, "limit", &instruments->ptr[0]);
  spy = instruments->ptr[0].id;
  qqq = instruments->ptr[1].id;
  rf_plan_trades(plan, spy);
  rf_plan_quotes(plan, spy, RF_CHANGE_FILTER_TOUCH);
  rf_plan_bars(plan, spy, NULL);
  rf_bar_spec_t spec = {.tag = RF_BAR_SPEC_TICKS, .val = {.ticks = 3}};
  rf_plan_bars(plan, spy, &spec);
  rf_plan_other(plan, RF_EVENT_KIND_MARK_PRICE, spy);
  rf_plan_other(plan, RF_EVENT_KIND_STATUS, spy);
  rf_plan_other(plan, RF_EVENT_KIND_FEED, spy);
  rf_plan_other(plan, RF_EVENT_KIND_ORDER, spy);
  rf_plan_other(plan, RF_EVENT_KIND_TRADING, 0);
}

static void state(rf_archive_t *archive) { RF_KEEP(archive, seen); }

static void orders(rf_ctx_t *ctx) {
  rf_buy_limit(ctx, 7, 1001);
  rf_sell_limit(ctx, 8000, 2002);
  rf_submit_t order = rf_market(spy, RF_SIDE_SELL, 9000);
  order.max_slippage_bps = (strategy_option_u32_t){.is_some = true, .val = 25};
  order.reduce_only = true;
  rf_submit(ctx, &order);
  order = rf_limit(qqq, RF_SIDE_BUY, 0, limit);
  order.size = (rf_size_t){.tag = RF_SIZE_NOTIONAL, .val = {.notional = 30000}};
  order.post_only = true;
  order.tif = RF_TIME_IN_FORCE_DAY;
  rf_submit(ctx, &order);
  order = rf_market(spy, RF_SIDE_SELL, 5);
  order.order_type = RF_ORDER_TYPE_STOP_MARKET;
  order.stop_price = (strategy_option_s64_t){.is_some = true, .val = 900};
  order.tif = RF_TIME_IN_FORCE_GTC;
  rf_submit(ctx, &order);
}

static void changes(rf_ctx_t *ctx) {
  rf_amend_price(ctx, 5, 1002);
  rf_amend_qty(ctx, 5, 9);
  rf_amend_t change = {.id = 9, .trigger = {.is_some = true, .val = 901}};
  rf_amend(ctx, &change);
  rf_cancel(ctx, 9);
  rf_cancel_all(ctx, 0);
  rf_cancel_all(ctx, spy);
  rf_flatten(ctx, qqq);
  rf_flatten(ctx, 0);
}

static void requests(rf_ctx_t *ctx) {
  rf_order_request_t request = {.order = rf_limit(spy, RF_SIDE_BUY, 11, 1000)};
  request.order.tif = RF_TIME_IN_FORCE_GTD;
  request.expire_at = ctx->time + 60000000000u;
  request.display_qty = 2;
  rf_submit_order(ctx, &request);
  request = (rf_order_request_t){.order = rf_market(spy, RF_SIDE_SELL, 12)};
  request.order.order_type = RF_ORDER_TYPE_TRAILING_STOP_LIMIT;
  request.order.tif = RF_TIME_IN_FORCE_GTC;
  request.trail = (rf_option_trail_t){.is_some = true, .val = {.offset = 50, .unit = RF_TRAIL_UNIT_BPS, .limit_offset = 3}};
  request.trigger_by = RF_TRIGGER_BY_TOUCH;
  request.group_kind = RF_GROUP_KIND_OUO;
  rf_submit_order(ctx, &request);
}

static void schedules(rf_ctx_t *ctx) {
  uint16_t weights[] = {1, 20, 300};
  rf_schedule_t schedule = {.instrument = spy, .side = RF_SIDE_SELL, .post_only = true};
  schedule.size = (rf_size_t){.tag = RF_SIZE_QUANTITY, .val = {.quantity = 900}};
  schedule.bound = (rf_bound_t){.tag = RF_BOUND_LIMIT, .val = {.limit = 1005}};
  schedule.start = ctx->time;
  schedule.end = ctx->time + 30000000000u;
  schedule.curve = (rf_curve_t){.tag = RF_CURVE_PROFILE, .val = {.profile = {.ptr = weights, .len = 3}}};
  rf_submit_schedule(ctx, &schedule);
  schedule.post_only = false;
  schedule.reduce_only = true;
  schedule.bound = (rf_bound_t){.tag = RF_BOUND_SLIPPAGE, .val = {.slippage = 40}};
  schedule.curve = (rf_curve_t){.tag = RF_CURVE_VOLUME, .val = {.volume = {.slices = 5, .bps = 2500}}};
  rf_submit_schedule(ctx, &schedule);
}

static void views(rf_ctx_t *ctx) {
  rf_quote_t quote = {0};
  bool is_there = rf_view_top_of_book(spy, &quote);
  NOTE(ctx, "top", is_there, quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty);
  NOTE(ctx, "top", rf_view_top_of_book(99, &quote));
  rf_view_list_level_t levels;
  rf_view_depth(spy, RF_SIDE_SELL, 5, &levels);
  for (size_t at = 0; at < levels.len; at++) NOTE(ctx, "level", levels.ptr[at].price, levels.ptr[at].qty);
  rf_position_view_t position;
  rf_view_position_of(spy, &position);
  begin("position");
  number(position.side);
  number(position.qty);
  exact(position.cost);
  exact(position.fees);
  rf_note(ctx, line);
  rf_account_view_t account;
  rf_view_account(&account);
  begin("account");
  exact(account.cash);
  exact(account.equity);
  exact(account.capital);
  exact(account.drawdown);
  rf_note(ctx, line);
  rf_view_list_order_view_t open;
  rf_view_open_orders(0, 3, &open);
  for (size_t at = 0; at < open.len; at++) {
    const rf_order_view_t *order = &open.ptr[at];
    NOTE(ctx, "open", (int64_t)order->id, order->instrument, order->side, order->state, order->price, order->qty, order->filled, order->trigger);
  }
  rf_order_view_t order;
  is_there = rf_view_order(5, &order);
  NOTE(ctx, "order", is_there, (int64_t)order.id, order.filled);
  NOTE(ctx, "order", rf_view_order(1, &order));
  rf_instrument_t instrument;
  is_there = rf_view_instrument(qqq, &instrument);
  begin("instrument");
  number(is_there);
  word((char *)instrument.symbol.ptr, instrument.symbol.len);
  word((char *)instrument.base.ptr, instrument.base.len);
  word((char *)instrument.quote.ptr, instrument.quote.len);
  word((char *)instrument.settlement.ptr, instrument.settlement.len);
  number(instrument.kind);
  number(instrument.price_scale);
  number(instrument.qty_scale);
  number(instrument.tick);
  number(instrument.lot);
  number(instrument.qty_min);
  number(instrument.qty_max);
  exact(instrument.multiplier);
  number(instrument.settlement_scale);
  number(instrument.state);
  rf_note(ctx, line);
  rf_view_list_bar_t bars;
  rf_bar_spec_t spec = {.tag = RF_BAR_SPEC_TICKS, .val = {.ticks = 3}};
  rf_view_bars(spy, &spec, 2, &bars);
  for (size_t at = 0; at < bars.len; at++) NOTE(ctx, "past", bars.ptr[at].open, bars.ptr[at].close, bars.ptr[at].volume, (int64_t)bars.ptr[at].open_time);
}

static void on_trade(rf_ctx_t *ctx, const rf_trade_t *trade) {
  seen += 1;
  NOTE(ctx, "trade", (int64_t)seen, (int64_t)ctx->time, ctx->instrument, trade->price, trade->qty, trade->aggressor.is_some,
       trade->aggressor.is_some ? trade->aggressor.val : 0, ctx->context.bid_price, ctx->context.bid_qty,
       ctx->context.ask_price, ctx->context.ask_qty, ctx->context.position);
  switch (trade->qty) {
    case 1:
      begin("text");
      word((char *)text.ptr, text.len);
      rf_note(ctx, line);
      break;
    case 2: orders(ctx); break;
    case 3: changes(ctx); break;
    case 4: rf_wake_at(ctx, ctx->time + 2000000000u); break;
    case 5: requests(ctx); break;
    case 6: schedules(ctx); break;
    case 7: views(ctx); break;
    default: rf_buy(ctx, 0); break;
  }
}

static void on_quote(rf_ctx_t *ctx, const rf_quote_t *quote) { NOTE(ctx, "quote", quote->bid_price, quote->bid_qty, quote->ask_price, quote->ask_qty); }
static void on_bar(rf_ctx_t *ctx, const rf_bar_t *bar) {
  NOTE(ctx, "bar", bar->open, bar->high, bar->low, bar->close, bar->volume, (int64_t)bar->open_time, (int64_t)bar->interval_ns);
}
static void on_mark_price(rf_ctx_t *ctx, int64_t price) { NOTE(ctx, "mark", price); }
static void on_status(rf_ctx_t *ctx, rf_instrument_state_t now) { NOTE(ctx, "status", now); }
static void on_feed(rf_ctx_t *ctx, rf_feed_state_t now) { NOTE(ctx, "feed", now); }
static void on_accepted(rf_ctx_t *ctx, rf_intent_id_t id) { NOTE(ctx, "accepted", (int64_t)id); }
static void on_rejected(rf_ctx_t *ctx, const rf_reject_t *reject) { NOTE(ctx, "rejected", (int64_t)reject->id, reject->reason); }
static void on_filled(rf_ctx_t *ctx, const rf_fill_t *fill) {
  NOTE(ctx, "filled", (int64_t)fill->id, fill->price, fill->qty, fill->leaves, fill->fee, fill->side, fill->liquidity);
}
static void on_outcome(rf_ctx_t *ctx, const rf_outcome_t *outcome) { NOTE(ctx, "outcome", (int64_t)outcome->id, outcome->code); }
static void on_trading(rf_ctx_t *ctx, bool is_enabled) { NOTE(ctx, "trading", is_enabled); }
static void on_wake(rf_ctx_t *ctx) { NOTE(ctx, "wake", (int64_t)ctx->time); }

const rf_strategy_t rf_strategy = {
    .setup = setup,
    .state = state,
    .on_trade = on_trade,
    .on_quote = on_quote,
    .on_bar = on_bar,
    .on_mark_price = on_mark_price,
    .on_status = on_status,
    .on_feed = on_feed,
    .on_accepted = on_accepted,
    .on_rejected = on_rejected,
    .on_filled = on_filled,
    .on_outcome = on_outcome,
    .on_trading = on_trading,
    .on_wake = on_wake,
};
