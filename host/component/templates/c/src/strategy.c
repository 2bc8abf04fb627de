/* On which side of the market, by the cross of two exponential moving averages of trade prices?
 *
 * Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come.
 * Parameters: `fast` and `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).
 */

#include "ringfence.h"

static struct {
  rf_ema_t fast, slow;
  int64_t size;
} self;

static void setup(rf_params_t *params, const rf_instruments_t *instruments, rf_plan_t *plan) {
  if (instruments->len == 0) {
    rf_refuse(params, "needs one instrument");
    return;
  }
  const rf_instrument_t *instrument = &instruments->ptr[0];
  self.fast = rf_ema(rf_param_count(params, "fast", 50, 1, 100000));
  self.slow = rf_ema(rf_param_count(params, "slow", 200, 1, 100000));
  self.size = rf_param_qty(params, "qty", instrument);
  rf_plan_trades(plan, instrument->id);
}

/* What a restart keeps. */
static void state(rf_archive_t *archive) {
  RF_KEEP(archive, self);
}

static void on_trade(rf_ctx_t *ctx, const rf_trade_t *trade) {
  double price = (double)trade->price;
  double fast = rf_ema_update(&self.fast, price), slow = rf_ema_update(&self.slow, price);
  if (!rf_ema_is_warm(&self.slow)) return;
  int64_t position = ctx->context.position;
  int64_t size = position == 0 ? self.size : 2 * self.size;
  if (fast >= slow && position <= 0) {
    rf_buy(ctx, size);
  } else if (fast < slow && position >= 0) {
    rf_sell(ctx, size);
  }
}

const rf_strategy_t rf_strategy = {
    .setup = setup,
    .state = state,
    .on_trade = on_trade,
};
