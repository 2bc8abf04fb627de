/* What authors of strategies in C use.
 *
 * A strategy is `const rf_strategy_t rf_strategy`: a table of functions, those of events that it wants and NULL for the rest.
 * Prices and quantities are `int64_t`: mantissas at the instrument's scales, so that 145.07 at price scale 4 is 1450700. Times
 * are nanoseconds since the Unix epoch. Types and constants of the interface, and the functions `rf_view_…` that ask the host,
 * are in bindings/strategy.h, which is generated from the interface.
 *
 * Memory: what is made during `setup` lasts, what is made during another call, texts and lists of the host among it, lasts
 * until that call returns. There is no `free` to call.
 */
#ifndef RINGFENCE_H
#define RINGFENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bindings/strategy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A text: pointer and length, without a 0 at its end. */
typedef strategy_string_t rf_text_t;
/* Definition of an instrument. */
typedef rf_instrument_view_t rf_instrument_t;
/* Instruments, as `setup` is told. */
typedef exports_rf_guest_list_instrument_view_t rf_instruments_t;

/* ---- Parameters ---------------------------------------------------------------------------------------------------- */

/* Parameters by name. The first thing that is wrong refuses the session, whatever `setup` does after it: the answer is then
 * some value in range. */
typedef struct rf_params {
  const rf_param_t *values;
  size_t len;
  bool *is_read;
  rf_text_t reason;
} rf_params_t;

/* Refuses the session; the text is shown to whoever wrote the configuration. */
void rf_refuse(rf_params_t *params, const char *reason);
/* A text; false = it is not given, which refuses nothing. */
bool rf_param(rf_params_t *params, const char *key, rf_text_t *text);
/* A whole number from `least` to `most`, `otherwise` where it is not given. */
uint32_t rf_param_count(rf_params_t *params, const char *key, uint32_t otherwise, uint32_t least, uint32_t most);
/* A quantity above 0, as a mantissa at the instrument's quantity scale. */
int64_t rf_param_qty(rf_params_t *params, const char *key, const rf_instrument_t *instrument);
/* A price above 0, as a mantissa at the instrument's price scale. */
int64_t rf_param_price(rf_params_t *params, const char *key, const rf_instrument_t *instrument);

/* ---- Plan: which events does it want? ------------------------------------------------------------------------------- */

/* Every public trade. */
void rf_plan_trades(rf_plan_t *plan, rf_instrument_id_t instrument);
/* Changes of best bid and best ask. */
void rf_plan_quotes(rf_plan_t *plan, rf_instrument_id_t instrument, rf_change_filter_t filter);
/* Changes of the book. */
void rf_plan_books(rf_plan_t *plan, rf_instrument_id_t instrument, rf_change_filter_t filter);
/* Bars that the feed brings (NULL), or those that the host builds. */
void rf_plan_bars(rf_plan_t *plan, rf_instrument_id_t instrument, const rf_bar_spec_t *spec);
/* Any other kind of event; those of no instrument have number 0. */
void rf_plan_other(rf_plan_t *plan, rf_event_kind_t kind, rf_instrument_id_t instrument);
/* Nothing may be emitted before so many events of the subscription that was added last. */
void rf_plan_warm_up(rf_plan_t *plan, uint32_t events);

/* ---- Events --------------------------------------------------------------------------------------------------------- */

/* What is known at this event. */
typedef struct rf_ctx {
  /* When the host received the event; this is "now". */
  rf_time_ns_t time;
  /* The venue's own time stamp, 0 = none. */
  rf_time_ns_t venue_time;
  /* Instrument of the event, 0 = none. */
  rf_instrument_id_t instrument;
  /* Touch of that instrument and the own net position in it. */
  rf_context_t context;
  bool has_refusal;
  rf_emit_error_t refusal;
} rf_ctx_t;

/* An order at once, at any price. */
rf_submit_t rf_market(rf_instrument_id_t instrument, rf_side_t side, int64_t qty);
/* An order at this price or better, until canceled. */
rf_submit_t rf_limit(rf_instrument_id_t instrument, rf_side_t side, int64_t qty, int64_t price);

/* Each wish answers the number of its intent, or 0 where the host took none. What was refused and not asked for with
 * `rf_take_refusal` is noted in the journal. */
rf_intent_id_t rf_buy(rf_ctx_t *ctx, int64_t qty);
rf_intent_id_t rf_sell(rf_ctx_t *ctx, int64_t qty);
rf_intent_id_t rf_buy_limit(rf_ctx_t *ctx, int64_t qty, int64_t price);
rf_intent_id_t rf_sell_limit(rf_ctx_t *ctx, int64_t qty, int64_t price);
/* An order, as it is described. */
rf_intent_id_t rf_submit(rf_ctx_t *ctx, const rf_submit_t *order);
/* The order of an intent canceled, or under other terms. */
rf_intent_id_t rf_cancel(rf_ctx_t *ctx, rf_intent_id_t id);
rf_intent_id_t rf_amend_price(rf_ctx_t *ctx, rf_intent_id_t id, int64_t price);
rf_intent_id_t rf_amend_qty(rf_ctx_t *ctx, rf_intent_id_t id, int64_t qty);
rf_intent_id_t rf_amend(rf_ctx_t *ctx, const rf_amend_t *change);
/* Every own order canceled, of one instrument or (0) of all. */
rf_intent_id_t rf_cancel_all(rf_ctx_t *ctx, rf_instrument_id_t instrument);
/* No position in one instrument, or (0) in any. */
rf_intent_id_t rf_flatten(rf_ctx_t *ctx, rf_instrument_id_t instrument);
/* `on_wake` called at a time. */
rf_intent_id_t rf_wake_at(rf_ctx_t *ctx, rf_time_ns_t time);
/* A line in the journal. */
rf_intent_id_t rf_note(rf_ctx_t *ctx, const char *text);
/* An order with more than the usual: trails, triggers, groups, parents, a life that ends. */
rf_intent_id_t rf_submit_order(rf_ctx_t *ctx, const rf_order_request_t *request);
/* Many orders over time. */
rf_intent_id_t rf_submit_schedule(rf_ctx_t *ctx, const rf_schedule_t *schedule);
/* Any intent of the interface. */
rf_intent_id_t rf_emit(rf_ctx_t *ctx, const rf_intent_t *intent);
/* True when a wish of this event was refused, and why; it is then not noted. */
bool rf_take_refusal(rf_ctx_t *ctx, rf_emit_error_t *why);

/* ---- State ---------------------------------------------------------------------------------------------------------- */

/* A snapshot that is written or read. */
typedef struct rf_archive {
  uint8_t *bytes;
  size_t len;
  size_t at;
  bool is_loading;
  bool is_cut;
} rf_archive_t;

/* Keeps the bytes of a value: one function names the values for both ways. No pointers: they lead nowhere after a restart. */
void rf_keep(rf_archive_t *archive, void *value, size_t size);
#define RF_KEEP(archive, value) rf_keep((archive), &(value), sizeof(value))

/* Memory of 0 bytes; what is made in `setup` lasts. */
void *rf_make(size_t size);

/* ---- Indicators and numbers ------------------------------------------------------------------------------------------ */

/* Exponential moving average: `v + a * (x - v)` with a = 2 / (n + 1), seeded with the first value. Product and sum are rounded
 * one by one, never fused: bits are equal on every machine and equal to those of the Rust SDK. */
typedef struct rf_ema {
  double weight;
  double value;
  uint64_t seen;
  uint32_t length;
} rf_ema_t;

static inline rf_ema_t rf_ema(uint32_t length) {
  rf_ema_t ema;
  ema.value = 0.0;
  ema.seen = 0;
  ema.length = length > 1 ? length : 1;
  ema.weight = 2.0 / ((double)ema.length + 1.0);
  return ema;
}

/* Takes the next value; answers the average with it. */
static inline double rf_ema_update(rf_ema_t *ema, double value) {
  ema->value = ema->seen == 0 ? value : ema->value + ema->weight * (value - ema->value);
  ema->seen += 1;
  return ema->value;
}

/* True from the value on that is number `length`. */
static inline bool rf_ema_is_warm(const rf_ema_t *ema) { return ema->seen >= ema->length; }

/* The integer that a text is at `scale` digits after the point: "145.07" at 4 is 1450700. False = it is none, has more digits
 * or is too large. */
bool rf_decimal_to_mantissa(const char *text, size_t len, uint8_t scale, int64_t *mantissa);

/* Room that every decimal text has. */
#define RF_DECIMAL_MAX 280
/* The decimal text of a mantissa, with a 0 at its end; answers its length. 1450700 at 4 is "145.0700". */
size_t rf_mantissa_to_decimal(int64_t mantissa, uint8_t scale, char text[RF_DECIMAL_MAX]);

/* ---- The strategy ----------------------------------------------------------------------------------------------------- */

typedef struct rf_strategy {
  /* Called once, first. */
  void (*setup)(rf_params_t *params, const rf_instruments_t *instruments, rf_plan_t *plan);
  /* What a restart keeps, by RF_KEEP. */
  void (*state)(rf_archive_t *archive);
  void (*on_trade)(rf_ctx_t *ctx, const rf_trade_t *trade);
  void (*on_quote)(rf_ctx_t *ctx, const rf_quote_t *quote);
  void (*on_book)(rf_ctx_t *ctx, rf_book_action_t action);
  void (*on_bar)(rf_ctx_t *ctx, const rf_bar_t *bar);
  void (*on_mark_price)(rf_ctx_t *ctx, int64_t price);
  void (*on_funding)(rf_ctx_t *ctx, const rf_funding_t *funding);
  void (*on_status)(rf_ctx_t *ctx, rf_instrument_state_t state);
  void (*on_feed)(rf_ctx_t *ctx, rf_feed_state_t state);
  void (*on_corporate_action)(rf_ctx_t *ctx, const rf_corporate_action_t *action);
  void (*on_accepted)(rf_ctx_t *ctx, rf_intent_id_t id);
  void (*on_rejected)(rf_ctx_t *ctx, const rf_reject_t *reject);
  void (*on_filled)(rf_ctx_t *ctx, const rf_fill_t *fill);
  void (*on_canceled)(rf_ctx_t *ctx, const rf_canceled_t *canceled);
  void (*on_cancel_rejected)(rf_ctx_t *ctx, const rf_reject_t *reject);
  void (*on_amended)(rf_ctx_t *ctx, const rf_amended_t *amended);
  void (*on_amend_rejected)(rf_ctx_t *ctx, const rf_reject_t *reject);
  void (*on_expired)(rf_ctx_t *ctx, rf_intent_id_t id);
  void (*on_unknown)(rf_ctx_t *ctx, rf_intent_id_t id);
  void (*on_busted)(rf_ctx_t *ctx, const rf_fill_t *fill);
  void (*on_outcome)(rf_ctx_t *ctx, const rf_outcome_t *outcome);
  void (*on_signal)(rf_ctx_t *ctx, const rf_signal_t *signal);
  void (*on_trading)(rf_ctx_t *ctx, bool is_enabled);
  void (*on_wake)(rf_ctx_t *ctx);
} rf_strategy_t;

/* What the author defines. */
extern const rf_strategy_t rf_strategy;

#ifdef __cplusplus
}
#endif

#endif
