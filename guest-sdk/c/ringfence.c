/* How does a table of functions become the component's guest? Over the generated bindings: memory without a standard library,
 * parameters, the plan, wishes, snapshots. */

#include "ringfence.h"

#include <stdlib.h>
#include <string.h>

/* ---- Memory: from the end of the data on ------------------------------------------------------------------------------ */

extern unsigned char __heap_base;

#define PAGE 65536u

static uintptr_t base;
static uintptr_t top;

static void *take(size_t size, size_t align) {
  if (base == 0) base = top = (uintptr_t)&__heap_base;
  uintptr_t from = (top + align - 1) & ~(uintptr_t)(align - 1);
  if (size > UINTPTR_MAX - PAGE - from) __builtin_trap();
  uintptr_t end = from + size;
  uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > have) {
    uintptr_t pages = (end - have + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
  }
  top = end;
  return (void *)from;
}

/* What there is now lasts. */
static void keep_all(void) { base = top; }

/* What was made since is gone, once the host has read what is returned to it. */
static void reset(void) { top = base; }

void *rf_make(size_t size) { return memset(take(size, 16), 0, size); }

void *malloc(size_t size) { return take(size, 16); }

/* The bindings never enlarge: a new block is a new one. */
void *realloc(void *old, size_t size) { return old ? memmove(take(size, 16), old, size) : take(size, 16); }

void free(void *old) { (void)old; }

void abort(void) { __builtin_trap(); }

size_t strlen(const char *text) {
  size_t len = 0;
  while (text[len] != 0) len++;
  return len;
}

__attribute__((__export_name__("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  void *block = take(size, align);
  if (old_size != 0) memcpy(block, old, old_size < size ? old_size : size);
  return block;
}

/* The bindings ask for the object file with the description of the world; `ringfence build` puts that in. */
void __component_type_object_force_link_strategy(void);
void __component_type_object_force_link_strategy(void) {}

/* ---- Texts and numbers -------------------------------------------------------------------------------------------------- */

static rf_text_t joined(const char *const *parts, size_t count) {
  size_t size = 0;
  for (size_t at = 0; at < count; at++) size += strlen(parts[at]);
  uint8_t *all = take(size, 1);
  size_t to = 0;
  for (size_t at = 0; at < count; at++) {
    size_t len = strlen(parts[at]);
    memcpy(all + to, parts[at], len);
    to += len;
  }
  return (rf_text_t){.ptr = all, .len = size};
}

/* With a 0 at its end. */
static const char *ended(rf_text_t text) {
  char *copy = take(text.len + 1, 1);
  memcpy(copy, text.ptr, text.len);
  copy[text.len] = 0;
  return copy;
}

static bool push_digit(uint64_t *value, unsigned digit) {
  if (*value > ((uint64_t)INT64_MAX - digit) / 10) return false;
  *value = *value * 10 + digit;
  return true;
}

bool rf_decimal_to_mantissa(const char *text, size_t len, uint8_t scale, int64_t *mantissa) {
  bool is_negative = len > 0 && text[0] == '-';
  bool is_signed = is_negative || (len > 0 && text[0] == '+');
  bool is_after = false;
  unsigned seen = 0, digits = 0;
  uint64_t value = 0;
  for (size_t at = is_signed; at < len; at++) {
    if (text[at] == '.' && !is_after) {
      is_after = true;
      continue;
    }
    if (text[at] < '0' || text[at] > '9') return false;
    seen++;
    if (is_after && digits == scale) {
      if (text[at] != '0') return false;
      continue;
    }
    digits += is_after;
    if (!push_digit(&value, (unsigned)(text[at] - '0'))) return false;
  }
  if (seen == 0 || text[len - 1] == '.') return false;
  for (; digits < scale; digits++) {
    if (!push_digit(&value, 0)) return false;
  }
  *mantissa = is_negative ? -(int64_t)value : (int64_t)value;
  return true;
}

size_t rf_mantissa_to_decimal(int64_t mantissa, uint8_t scale, char text[RF_DECIMAL_MAX]) {
  uint64_t rest = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
  char backwards[RF_DECIMAL_MAX];
  size_t len = 0;
  for (unsigned digits = 0; rest != 0 || digits <= scale; digits++) {
    if (digits == scale && scale != 0) backwards[len++] = '.';
    backwards[len++] = (char)('0' + rest % 10);
    rest /= 10;
  }
  if (mantissa < 0) backwards[len++] = '-';
  for (size_t at = 0; at < len; at++) text[at] = backwards[len - 1 - at];
  text[len] = 0;
  return len;
}

/* ---- Parameters ----------------------------------------------------------------------------------------------------------- */

static void refuse_with(rf_params_t *params, rf_text_t reason) {
  if (params->reason.ptr == NULL) params->reason = reason;
}

void rf_refuse(rf_params_t *params, const char *reason) { refuse_with(params, joined(&reason, 1)); }

bool rf_param(rf_params_t *params, const char *key, rf_text_t *text) {
  size_t len = strlen(key);
  for (size_t at = 0; at < params->len; at++) {
    const rf_param_t *param = &params->values[at];
    if (param->key.len == len && memcmp(param->key.ptr, key, len) == 0) {
      params->is_read[at] = true;
      *text = param->value;
      return true;
    }
  }
  return false;
}

static void refuse_value(rf_params_t *params, const char *key, rf_text_t given, const char *const want[5]) {
  const char *parts[] = {"parameter `", key, "` = `", ended(given), "`: want ", want[0], want[1], want[2], want[3], want[4]};
  refuse_with(params, joined(parts, sizeof parts / sizeof *parts));
}

static bool is_digits(rf_text_t text) {
  for (size_t at = 0; at < text.len; at++) {
    if (text.ptr[at] < '0' || text.ptr[at] > '9') return false;
  }
  return text.len != 0;
}

uint32_t rf_param_count(rf_params_t *params, const char *key, uint32_t otherwise, uint32_t least, uint32_t most) {
  rf_text_t given;
  int64_t value = 0;
  if (!rf_param(params, key, &given)) return otherwise;
  bool is_number = is_digits(given) && rf_decimal_to_mantissa((const char *)given.ptr, given.len, 0, &value);
  if (is_number && value >= (int64_t)least && value <= (int64_t)most) return (uint32_t)value;
  char low[RF_DECIMAL_MAX], high[RF_DECIMAL_MAX];
  rf_mantissa_to_decimal(least, 0, low);
  rf_mantissa_to_decimal(most, 0, high);
  refuse_value(params, key, given, (const char *[]){"a whole number from ", low, " to ", high, ""});
  return least;
}

static int64_t positive(rf_params_t *params, const char *key, uint8_t scale, const char *what) {
  rf_text_t given;
  int64_t value = 0;
  if (!rf_param(params, key, &given)) {
    const char *parts[] = {"parameter `", key, "` is missing"};
    refuse_with(params, joined(parts, 3));
    return 1;
  }
  if (rf_decimal_to_mantissa((const char *)given.ptr, given.len, scale, &value) && value > 0) return value;
  char digits[RF_DECIMAL_MAX];
  rf_mantissa_to_decimal(scale, 0, digits);
  refuse_value(params, key, given, (const char *[]){what, " above 0 with at most ", digits, " digits after the point", ""});
  return 1;
}

int64_t rf_param_qty(rf_params_t *params, const char *key, const rf_instrument_t *instrument) {
  return positive(params, key, instrument->qty_scale, "a quantity");
}

int64_t rf_param_price(rf_params_t *params, const char *key, const rf_instrument_t *instrument) {
  return positive(params, key, instrument->price_scale, "a price");
}

/* A parameter that nothing asked for is a mistake in the configuration. */
static void check_all_read(rf_params_t *params) {
  for (size_t at = 0; at < params->len; at++) {
    if (params->is_read[at]) continue;
    const char *parts[] = {"unknown parameter `", ended(params->values[at].key), "`"};
    refuse_with(params, joined(parts, 3));
  }
}

/* ---- Plan -------------------------------------------------------------------------------------------------------------------- */

static void add(rf_plan_t *plan, rf_subscription_t subscription) {
  size_t len = plan->subscriptions.len;
  /* Grows where the number is a power of two. */
  if ((len & (len - 1)) == 0) {
    rf_subscription_t *larger = take((len == 0 ? 1 : 2 * len) * sizeof *larger, 8);
    if (len != 0) memcpy(larger, plan->subscriptions.ptr, len * sizeof *larger);
    plan->subscriptions.ptr = larger;
  }
  plan->subscriptions.ptr[len] = subscription;
  plan->subscriptions.len = len + 1;
}

void rf_plan_trades(rf_plan_t *plan, rf_instrument_id_t instrument) { rf_plan_other(plan, RF_EVENT_KIND_TRADE, instrument); }

void rf_plan_quotes(rf_plan_t *plan, rf_instrument_id_t instrument, rf_change_filter_t filter) {
  add(plan, (rf_subscription_t){.instrument = instrument, .kind = RF_EVENT_KIND_QUOTE, .filter = filter});
}

void rf_plan_books(rf_plan_t *plan, rf_instrument_id_t instrument, rf_change_filter_t filter) {
  add(plan, (rf_subscription_t){.instrument = instrument, .kind = RF_EVENT_KIND_BOOK, .filter = filter});
}

void rf_plan_bars(rf_plan_t *plan, rf_instrument_id_t instrument, const rf_bar_spec_t *spec) {
  rf_subscription_t subscription = {.instrument = instrument, .kind = RF_EVENT_KIND_BAR};
  if (spec != NULL) {
    subscription.bars.is_some = true;
    subscription.bars.val = *spec;
  }
  add(plan, subscription);
}

void rf_plan_other(rf_plan_t *plan, rf_event_kind_t kind, rf_instrument_id_t instrument) {
  add(plan, (rf_subscription_t){.instrument = instrument, .kind = kind});
}

void rf_plan_warm_up(rf_plan_t *plan, uint32_t events) {
  if (plan->subscriptions.len != 0) plan->subscriptions.ptr[plan->subscriptions.len - 1].warm_up = events;
}

/* ---- Wishes --------------------------------------------------------------------------------------------------------------------- */

static rf_intent_id_t answered(rf_ctx_t *ctx, bool is_taken, rf_intent_id_t id, rf_emit_error_t refusal) {
  if (is_taken) return id;
  ctx->has_refusal = true;
  ctx->refusal = refusal;
  return 0;
}

rf_intent_id_t rf_emit(rf_ctx_t *ctx, const rf_intent_t *intent) {
  rf_intent_id_t id = 0;
  rf_emit_error_t refusal = 0;
  /* The bindings read it alone. */
  bool is_taken = rf_intents_emit((rf_intent_t *)intent, &id, &refusal);
  return answered(ctx, is_taken, id, refusal);
}

rf_submit_t rf_market(rf_instrument_id_t instrument, rf_side_t side, int64_t qty) {
  rf_submit_t order = {.instrument = instrument, .side = side};
  order.size.tag = RF_SIZE_QUANTITY;
  order.size.val.quantity = qty;
  order.order_type = RF_ORDER_TYPE_MARKET;
  order.tif = RF_TIME_IN_FORCE_IOC;
  return order;
}

rf_submit_t rf_limit(rf_instrument_id_t instrument, rf_side_t side, int64_t qty, int64_t price) {
  rf_submit_t order = rf_market(instrument, side, qty);
  order.order_type = RF_ORDER_TYPE_LIMIT;
  order.limit_price.is_some = true;
  order.limit_price.val = price;
  order.tif = RF_TIME_IN_FORCE_GTC;
  return order;
}

rf_intent_id_t rf_submit(rf_ctx_t *ctx, const rf_submit_t *order) {
  rf_intent_t intent = {.tag = RF_INTENT_SUBMIT};
  intent.val.submit = *order;
  return rf_emit(ctx, &intent);
}

rf_intent_id_t rf_buy(rf_ctx_t *ctx, int64_t qty) {
  rf_submit_t order = rf_market(ctx->instrument, RF_SIDE_BUY, qty);
  return rf_submit(ctx, &order);
}

rf_intent_id_t rf_sell(rf_ctx_t *ctx, int64_t qty) {
  rf_submit_t order = rf_market(ctx->instrument, RF_SIDE_SELL, qty);
  return rf_submit(ctx, &order);
}

rf_intent_id_t rf_buy_limit(rf_ctx_t *ctx, int64_t qty, int64_t price) {
  rf_submit_t order = rf_limit(ctx->instrument, RF_SIDE_BUY, qty, price);
  return rf_submit(ctx, &order);
}

rf_intent_id_t rf_sell_limit(rf_ctx_t *ctx, int64_t qty, int64_t price) {
  rf_submit_t order = rf_limit(ctx->instrument, RF_SIDE_SELL, qty, price);
  return rf_submit(ctx, &order);
}

rf_intent_id_t rf_cancel(rf_ctx_t *ctx, rf_intent_id_t id) {
  rf_intent_t intent = {.tag = RF_INTENT_CANCEL};
  intent.val.cancel = id;
  return rf_emit(ctx, &intent);
}

rf_intent_id_t rf_amend(rf_ctx_t *ctx, const rf_amend_t *change) {
  rf_intent_t intent = {.tag = RF_INTENT_AMEND};
  intent.val.amend = *change;
  return rf_emit(ctx, &intent);
}

rf_intent_id_t rf_amend_price(rf_ctx_t *ctx, rf_intent_id_t id, int64_t price) {
  rf_amend_t change = {.id = id, .price = {.is_some = true, .val = price}};
  return rf_amend(ctx, &change);
}

rf_intent_id_t rf_amend_qty(rf_ctx_t *ctx, rf_intent_id_t id, int64_t qty) {
  rf_amend_t change = {.id = id, .qty = {.is_some = true, .val = qty}};
  return rf_amend(ctx, &change);
}

rf_intent_id_t rf_cancel_all(rf_ctx_t *ctx, rf_instrument_id_t instrument) {
  rf_intent_t intent = {.tag = RF_INTENT_CANCEL_ALL};
  intent.val.cancel_all = (rf_option_instrument_id_t){.is_some = instrument != 0, .val = instrument};
  return rf_emit(ctx, &intent);
}

rf_intent_id_t rf_flatten(rf_ctx_t *ctx, rf_instrument_id_t instrument) {
  rf_intent_t intent = {.tag = RF_INTENT_FLATTEN};
  intent.val.flatten = (rf_option_instrument_id_t){.is_some = instrument != 0, .val = instrument};
  return rf_emit(ctx, &intent);
}

rf_intent_id_t rf_wake_at(rf_ctx_t *ctx, rf_time_ns_t time) {
  rf_intent_t intent = {.tag = RF_INTENT_WAKE_AT};
  intent.val.wake_at = time;
  return rf_emit(ctx, &intent);
}

rf_intent_id_t rf_note(rf_ctx_t *ctx, const char *text) {
  rf_intent_t intent = {.tag = RF_INTENT_NOTE};
  intent.val.note = (rf_text_t){.ptr = (uint8_t *)text, .len = strlen(text)};
  return rf_emit(ctx, &intent);
}

rf_intent_id_t rf_submit_order(rf_ctx_t *ctx, const rf_order_request_t *request) {
  rf_intent_id_t id = 0;
  rf_emit_error_t refusal = 0;
  bool is_taken = rf_intents_emit_order((rf_order_request_t *)request, &id, &refusal);
  return answered(ctx, is_taken, id, refusal);
}

rf_intent_id_t rf_submit_schedule(rf_ctx_t *ctx, const rf_schedule_t *schedule) {
  rf_intent_id_t id = 0;
  rf_emit_error_t refusal = 0;
  bool is_taken = rf_intents_emit_schedule((rf_schedule_t *)schedule, &id, &refusal);
  return answered(ctx, is_taken, id, refusal);
}

bool rf_take_refusal(rf_ctx_t *ctx, rf_emit_error_t *why) {
  bool had = ctx->has_refusal;
  if (had && why != NULL) *why = ctx->refusal;
  ctx->has_refusal = false;
  return had;
}

/* ---- State ------------------------------------------------------------------------------------------------------------------------ */

void rf_keep(rf_archive_t *archive, void *value, size_t size) {
  if (archive->is_loading) {
    if (archive->is_cut || archive->len - archive->at < size) {
      archive->is_cut = true;
      return;
    }
    memcpy(value, archive->bytes + archive->at, size);
  } else {
    if (archive->bytes == NULL) archive->bytes = take(0, 1);
    /* It is the last block, so it grows in place. */
    take(size, 1);
    memcpy(archive->bytes + archive->at, value, size);
    archive->len += size;
  }
  archive->at += size;
}

/* ---- The guest --------------------------------------------------------------------------------------------------------------------- */

/* A failed `setup` or `restore` ends the strategy. */
static bool is_set_up;

static void need_setup(void) {
  if (!is_set_up) __builtin_trap();
}

bool exports_rf_guest_setup(exports_rf_guest_list_param_t *params, exports_rf_guest_list_instrument_view_t *instruments,
                            exports_rf_guest_plan_t *plan, strategy_string_t *reason) {
  rf_params_t given = {.values = params->ptr, .len = params->len, .is_read = rf_make(params->len)};
  *plan = (rf_plan_t){0};
  rf_strategy.setup(&given, instruments, plan);
  check_all_read(&given);
  keep_all();
  *reason = given.reason;
  is_set_up = given.reason.ptr == NULL;
  return is_set_up;
}

void exports_rf_guest_snapshot(strategy_list_u8_t *bytes) {
  need_setup();
  rf_archive_t archive = {0};
  if (rf_strategy.state) rf_strategy.state(&archive);
  *bytes = (strategy_list_u8_t){.ptr = archive.bytes, .len = archive.len};
  reset();
}

bool exports_rf_guest_restore(strategy_list_u8_t *bytes, strategy_string_t *reason) {
  need_setup();
  rf_archive_t archive = {.bytes = bytes->ptr, .len = bytes->len, .is_loading = true};
  if (rf_strategy.state) rf_strategy.state(&archive);
  const char *problem = archive.is_cut ? "restore: the snapshot ends too early" : "restore: the snapshot goes on behind its end";
  is_set_up = !archive.is_cut && archive.at == archive.len;
  if (!is_set_up) *reason = joined(&problem, 1);
  reset();
  return is_set_up;
}

/* As the Rust SDK: an intent that was not taken is noted, but during warm-up, where that is the rule. */
static void note_refusal(rf_ctx_t *ctx) {
  if (ctx->refusal == RF_EMIT_ERROR_WARMUP) return;
  const char *name = ctx->refusal == RF_EMIT_ERROR_TOO_MANY        ? "emit refused: too-many"
                     : ctx->refusal == RF_EMIT_ERROR_MALFORMED     ? "emit refused: malformed"
                     : ctx->refusal == RF_EMIT_ERROR_NOTE_TOO_LONG ? "emit refused: note-too-long"
                                                                   : "emit refused: not-now";
  /* The note may be refused too; then the host's own record of the limit is all there is. */
  rf_note(ctx, name);
}

#define CALL(method, ...)                                  \
  do {                                                     \
    if (rf_strategy.method) rf_strategy.method(__VA_ARGS__); \
  } while (0)

static inline void deliver(rf_ctx_t *ctx, const rf_payload_t *payload) {
  switch (payload->tag) {
    case RF_PAYLOAD_TRADE: CALL(on_trade, ctx, &payload->val.trade); break;
    case RF_PAYLOAD_QUOTE: CALL(on_quote, ctx, &payload->val.quote); break;
    case RF_PAYLOAD_BOOK: CALL(on_book, ctx, payload->val.book); break;
    case RF_PAYLOAD_BAR: CALL(on_bar, ctx, &payload->val.bar); break;
    case RF_PAYLOAD_MARK_PRICE: CALL(on_mark_price, ctx, payload->val.mark_price); break;
    case RF_PAYLOAD_FUNDING: CALL(on_funding, ctx, &payload->val.funding); break;
    case RF_PAYLOAD_STATUS: CALL(on_status, ctx, payload->val.status); break;
    case RF_PAYLOAD_FEED: CALL(on_feed, ctx, payload->val.feed); break;
    case RF_PAYLOAD_CORPORATE_ACTION: CALL(on_corporate_action, ctx, &payload->val.corporate_action); break;
    case RF_PAYLOAD_ACCEPTED: CALL(on_accepted, ctx, payload->val.accepted); break;
    case RF_PAYLOAD_REJECTED: CALL(on_rejected, ctx, &payload->val.rejected); break;
    case RF_PAYLOAD_FILLED: CALL(on_filled, ctx, &payload->val.filled); break;
    case RF_PAYLOAD_CANCELED: CALL(on_canceled, ctx, &payload->val.canceled); break;
    case RF_PAYLOAD_CANCEL_REJECTED: CALL(on_cancel_rejected, ctx, &payload->val.cancel_rejected); break;
    case RF_PAYLOAD_AMENDED: CALL(on_amended, ctx, &payload->val.amended); break;
    case RF_PAYLOAD_AMEND_REJECTED: CALL(on_amend_rejected, ctx, &payload->val.amend_rejected); break;
    case RF_PAYLOAD_EXPIRED: CALL(on_expired, ctx, payload->val.expired); break;
    case RF_PAYLOAD_UNKNOWN: CALL(on_unknown, ctx, payload->val.unknown); break;
    case RF_PAYLOAD_BUSTED: CALL(on_busted, ctx, &payload->val.busted); break;
    case RF_PAYLOAD_OUTCOME: CALL(on_outcome, ctx, &payload->val.outcome); break;
    case RF_PAYLOAD_SIGNAL: CALL(on_signal, ctx, &payload->val.signal); break;
    case RF_PAYLOAD_TRADING: CALL(on_trading, ctx, payload->val.trading); break;
    case RF_PAYLOAD_WAKE: CALL(on_wake, ctx); break;
    default: __builtin_trap();
  }
}

void exports_rf_guest_on_event(exports_rf_guest_event_t *event, exports_rf_guest_context_t *context) {
  need_setup();
  rf_ctx_t ctx = {.time = event->time, .venue_time = event->venue_time, .instrument = event->instrument, .context = *context};
  deliver(&ctx, &event->kind);
  if (ctx.has_refusal) note_refusal(&ctx);
  reset();
}
