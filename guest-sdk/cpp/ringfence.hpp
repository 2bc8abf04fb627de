// What authors of strategies in C++ use: the C interface (ringfence.h) with classes over it.
//
// A strategy is a class that extends `ringfence::Strategy`; `RINGFENCE_EXPORT(MyStrategy)` makes it the component's guest. There
// is no standard library, no exception and no `new`: values lie in the strategy's own members, and `ringfence::make` gives
// memory that lasts, in `setup`.
#ifndef RINGFENCE_HPP
#define RINGFENCE_HPP

#include "ringfence.h"

namespace ringfence {

using InstrumentId = rf_instrument_id_t;
using IntentId = rf_intent_id_t;
using TimeNs = rf_time_ns_t;

using Amend = rf_amend_t;
using Amended = rf_amended_t;
using Bar = rf_bar_t;
using BarSpec = rf_bar_spec_t;
using Canceled = rf_canceled_t;
using CorporateAction = rf_corporate_action_t;
using Fill = rf_fill_t;
using Funding = rf_funding_t;
using Instrument = rf_instrument_t;
using Level = rf_level_t;
using OrderRequest = rf_order_request_t;
using OrderView = rf_order_view_t;
using Outcome = rf_outcome_t;
using Position = rf_position_view_t;
using Account = rf_account_view_t;
using Quote = rf_quote_t;
using Reject = rf_reject_t;
using Schedule = rf_schedule_t;
using Signal = rf_signal_t;
using Submit = rf_submit_t;
using Trade = rf_trade_t;

enum class Side : uint8_t { buy = RF_SIDE_BUY, sell = RF_SIDE_SELL };

// Values in a row; those that the host gave last until the method returns.
template <typename T>
class List {
 public:
  constexpr List() = default;
  constexpr List(T *start, size_t count) : start_(start), count_(count) {}
  constexpr T *begin() const { return start_; }
  constexpr T *end() const { return start_ + count_; }
  constexpr size_t size() const { return count_; }
  constexpr bool empty() const { return count_ == 0; }
  // Out of range halts the strategy.
  constexpr T &operator[](size_t at) const {
    if (at >= count_) __builtin_trap();
    return start_[at];
  }

 private:
  T *start_ = nullptr;
  size_t count_ = 0;
};

// `count` values, all 0; what is made in `setup` lasts.
template <typename T>
List<T> make(size_t count) {
  static_assert(__is_trivially_copyable(T), "values without constructors alone");
  return {static_cast<T *>(rf_make(count * sizeof(T))), count};
}

// Parameters by name. The first thing that is wrong refuses the session, whatever `setup` does after it: the answer is then some
// value in range.
class Params {
 public:
  explicit Params(rf_params_t *params) : params_(params) {}
  // The text is shown to whoever wrote the configuration.
  void refuse(const char *reason) { rf_refuse(params_, reason); }
  bool text(const char *key, rf_text_t &text) { return rf_param(params_, key, &text); }
  // A whole number from `least` to `most`, `otherwise` where it is not given.
  uint32_t count(const char *key, uint32_t otherwise, uint32_t least = 1, uint32_t most = 100000) {
    return rf_param_count(params_, key, otherwise, least, most);
  }
  // A quantity above 0, as a mantissa at the instrument's quantity scale.
  int64_t qty(const char *key, const Instrument &instrument) { return rf_param_qty(params_, key, &instrument); }
  // A price above 0, as a mantissa at the instrument's price scale.
  int64_t price(const char *key, const Instrument &instrument) { return rf_param_price(params_, key, &instrument); }

 private:
  rf_params_t *params_;
};

// Which events does it want? Each call adds a subscription.
class Plan {
 public:
  explicit Plan(rf_plan_t *plan) : plan_(plan) {}
  Plan &trades(InstrumentId instrument) { return rf_plan_trades(plan_, instrument), *this; }
  Plan &quotes(InstrumentId instrument, rf_change_filter_t filter = RF_CHANGE_FILTER_EVERY) {
    return rf_plan_quotes(plan_, instrument, filter), *this;
  }
  Plan &books(InstrumentId instrument, rf_change_filter_t filter = RF_CHANGE_FILTER_EVERY) {
    return rf_plan_books(plan_, instrument, filter), *this;
  }
  // Bars that the feed brings.
  Plan &bars(InstrumentId instrument) { return rf_plan_bars(plan_, instrument, nullptr), *this; }
  // Bars that the host builds.
  Plan &bars(InstrumentId instrument, const BarSpec &spec) { return rf_plan_bars(plan_, instrument, &spec), *this; }
  Plan &other(rf_event_kind_t kind, InstrumentId instrument = 0) { return rf_plan_other(plan_, kind, instrument), *this; }
  // Nothing may be emitted before so many events of the subscription that was added last.
  Plan &warm_up(uint32_t events) { return rf_plan_warm_up(plan_, events), *this; }

 private:
  rf_plan_t *plan_;
};

// The event's time, instrument, touch and position; ways to ask and to emit. A wish answers the number of its intent, or 0 where
// the host took none; what was refused and not asked for with `take_refusal` is noted in the journal.
class Ctx {
 public:
  explicit Ctx(rf_ctx_t *ctx) : ctx_(ctx) {}
  // When the host received the event; this is "now".
  TimeNs time() const { return ctx_->time; }
  TimeNs venue_time() const { return ctx_->venue_time; }
  InstrumentId instrument() const { return ctx_->instrument; }
  // The own net position in that instrument.
  int64_t position() const { return ctx_->context.position; }
  // Touch of that instrument.
  Quote touch() const {
    return {ctx_->context.bid_price, ctx_->context.bid_qty, ctx_->context.ask_price, ctx_->context.ask_qty};
  }

  IntentId buy(int64_t qty) { return rf_buy(ctx_, qty); }
  IntentId sell(int64_t qty) { return rf_sell(ctx_, qty); }
  IntentId buy_limit(int64_t qty, int64_t price) { return rf_buy_limit(ctx_, qty, price); }
  IntentId sell_limit(int64_t qty, int64_t price) { return rf_sell_limit(ctx_, qty, price); }
  IntentId submit(const Submit &order) { return rf_submit(ctx_, &order); }
  IntentId submit(const OrderRequest &request) { return rf_submit_order(ctx_, &request); }
  IntentId submit(const Schedule &schedule) { return rf_submit_schedule(ctx_, &schedule); }
  IntentId cancel(IntentId id) { return rf_cancel(ctx_, id); }
  IntentId amend_price(IntentId id, int64_t price) { return rf_amend_price(ctx_, id, price); }
  IntentId amend_qty(IntentId id, int64_t qty) { return rf_amend_qty(ctx_, id, qty); }
  IntentId amend(const Amend &change) { return rf_amend(ctx_, &change); }
  // Of one instrument, or (0) of all.
  IntentId cancel_all(InstrumentId instrument = 0) { return rf_cancel_all(ctx_, instrument); }
  IntentId flatten(InstrumentId instrument = 0) { return rf_flatten(ctx_, instrument); }
  IntentId wake_at(TimeNs time) { return rf_wake_at(ctx_, time); }
  IntentId note(const char *text) { return rf_note(ctx_, text); }
  bool take_refusal(rf_emit_error_t *why = nullptr) { return rf_take_refusal(ctx_, why); }

  // False = unknown instrument, or neither side is shown.
  bool top_of_book(InstrumentId instrument, Quote &quote) const { return rf_view_top_of_book(instrument, &quote); }
  // Levels of one side of the book, best first.
  List<Level> depth(InstrumentId instrument, Side side, uint8_t levels) const {
    rf_view_list_level_t list;
    rf_view_depth(instrument, static_cast<rf_side_t>(side), levels, &list);
    return {list.ptr, list.len};
  }
  Position position_of(InstrumentId instrument) const {
    Position position;
    rf_view_position_of(instrument, &position);
    return position;
  }
  Account account() const {
    Account account;
    rf_view_account(&account);
    return account;
  }
  // Own orders that are not done, by ascending intent; instrument 0 = of all.
  List<OrderView> open_orders(InstrumentId instrument, uint16_t limit) const {
    rf_view_list_order_view_t list;
    rf_view_open_orders(instrument, limit, &list);
    return {list.ptr, list.len};
  }
  bool order(IntentId id, OrderView &order) const { return rf_view_order(id, &order); }
  bool instrument_of(InstrumentId id, Instrument &instrument) const { return rf_view_instrument(id, &instrument); }
  // The last finished bars of a specification, oldest first.
  List<Bar> bars(InstrumentId instrument, BarSpec spec, uint16_t count) const {
    rf_view_list_bar_t list;
    rf_view_bars(instrument, &spec, count, &list);
    return {list.ptr, list.len};
  }

 private:
  rf_ctx_t *ctx_;
};

// A snapshot that is written or read: one method names the values for both ways.
class Archive {
 public:
  explicit Archive(rf_archive_t *archive) : archive_(archive) {}
  template <typename T>
  void keep(T &value) {
    static_assert(__is_trivially_copyable(T), "values without pointers, constructors or virtual methods alone");
    rf_keep(archive_, &value, sizeof value);
  }
  template <typename T>
  void keep(List<T> &list) {
    for (T &value : list) keep(value);
  }

 private:
  rf_archive_t *archive_;
};

// Exponential moving average: see `rf_ema`. Bits are those of the Rust SDK.
class Ema {
 public:
  explicit Ema(uint32_t length = 1) : ema_(rf_ema(length)) {}
  // Takes the next value; answers the average with it.
  double update(double value) { return rf_ema_update(&ema_, value); }
  double value() const { return ema_.value; }
  // True from the value on that is number `length`.
  bool is_warm() const { return rf_ema_is_warm(&ema_); }

 private:
  rf_ema_t ema_;
};

// What an author writes: `setup`, and a method for each kind of event that is wanted. The others do nothing.
class Strategy {
 public:
  // Called once, first.
  virtual void setup(Params &, List<const Instrument>, Plan &) {}
  // What a restart keeps.
  virtual void state(Archive &) {}
  virtual void on_trade(Ctx &, const Trade &) {}
  virtual void on_quote(Ctx &, const Quote &) {}
  virtual void on_book(Ctx &, rf_book_action_t) {}
  virtual void on_bar(Ctx &, const Bar &) {}
  virtual void on_mark_price(Ctx &, int64_t) {}
  virtual void on_funding(Ctx &, const Funding &) {}
  virtual void on_status(Ctx &, rf_instrument_state_t) {}
  virtual void on_feed(Ctx &, rf_feed_state_t) {}
  virtual void on_corporate_action(Ctx &, const CorporateAction &) {}
  virtual void on_accepted(Ctx &, IntentId) {}
  virtual void on_rejected(Ctx &, const Reject &) {}
  virtual void on_filled(Ctx &, const Fill &) {}
  virtual void on_canceled(Ctx &, const Canceled &) {}
  virtual void on_cancel_rejected(Ctx &, const Reject &) {}
  virtual void on_amended(Ctx &, const Amended &) {}
  virtual void on_amend_rejected(Ctx &, const Reject &) {}
  virtual void on_expired(Ctx &, IntentId) {}
  virtual void on_unknown(Ctx &, IntentId) {}
  virtual void on_busted(Ctx &, const Fill &) {}
  virtual void on_outcome(Ctx &, const Outcome &) {}
  virtual void on_signal(Ctx &, const Signal &) {}
  virtual void on_trading(Ctx &, bool) {}
  virtual void on_wake(Ctx &) {}
};

// Where the one strategy of a component lies. It is made when `setup` is called: nothing runs before that.
template <typename S>
class Guest {
 public:
  static S &self() { return *reinterpret_cast<S *>(bytes_); }

  static void setup(rf_params_t *params, const rf_instruments_t *instruments, rf_plan_t *plan);
  static void state(rf_archive_t *archive) {
    Archive own(archive);
    self().S::state(own);
  }

 private:
  alignas(16) static inline unsigned char bytes_[sizeof(S)];
};

}  // namespace ringfence

inline void *operator new(size_t, void *place, ringfence::Strategy *) noexcept { return place; }

namespace ringfence {

template <typename S>
void Guest<S>::setup(rf_params_t *params, const rf_instruments_t *instruments, rf_plan_t *plan) {
  S *made = new (bytes_, static_cast<Strategy *>(nullptr)) S();
  Params own_params(params);
  Plan own_plan(plan);
  made->S::setup(own_params, List<const Instrument>(instruments->ptr, instruments->len), own_plan);
}

}  // namespace ringfence

// A function of the table: a method of the author's class, called without a detour by its table of virtual methods.
#define RINGFENCE_BY_POINTER(S, method, T)                         \
  [](rf_ctx_t *ctx, const T *value) {                              \
    ringfence::Ctx own(ctx);                                       \
    ringfence::Guest<S>::self().S::method(own, *value);            \
  }
#define RINGFENCE_BY_VALUE(S, method, T)                           \
  [](rf_ctx_t *ctx, T value) {                                     \
    ringfence::Ctx own(ctx);                                       \
    ringfence::Guest<S>::self().S::method(own, value);             \
  }

// Makes a class the component's guest; once, at the end of src/strategy.cpp.
#define RINGFENCE_EXPORT(S)                                                                       \
  extern "C" constinit const rf_strategy_t rf_strategy = {                                                 \
      .setup = ringfence::Guest<S>::setup,                                                        \
      .state = ringfence::Guest<S>::state,                                                        \
      .on_trade = RINGFENCE_BY_POINTER(S, on_trade, rf_trade_t),                                  \
      .on_quote = RINGFENCE_BY_POINTER(S, on_quote, rf_quote_t),                                  \
      .on_book = RINGFENCE_BY_VALUE(S, on_book, rf_book_action_t),                                \
      .on_bar = RINGFENCE_BY_POINTER(S, on_bar, rf_bar_t),                                        \
      .on_mark_price = RINGFENCE_BY_VALUE(S, on_mark_price, int64_t),                             \
      .on_funding = RINGFENCE_BY_POINTER(S, on_funding, rf_funding_t),                            \
      .on_status = RINGFENCE_BY_VALUE(S, on_status, rf_instrument_state_t),                       \
      .on_feed = RINGFENCE_BY_VALUE(S, on_feed, rf_feed_state_t),                                 \
      .on_corporate_action = RINGFENCE_BY_POINTER(S, on_corporate_action, rf_corporate_action_t), \
      .on_accepted = RINGFENCE_BY_VALUE(S, on_accepted, rf_intent_id_t),                          \
      .on_rejected = RINGFENCE_BY_POINTER(S, on_rejected, rf_reject_t),                           \
      .on_filled = RINGFENCE_BY_POINTER(S, on_filled, rf_fill_t),                                 \
      .on_canceled = RINGFENCE_BY_POINTER(S, on_canceled, rf_canceled_t),                         \
      .on_cancel_rejected = RINGFENCE_BY_POINTER(S, on_cancel_rejected, rf_reject_t),             \
      .on_amended = RINGFENCE_BY_POINTER(S, on_amended, rf_amended_t),                            \
      .on_amend_rejected = RINGFENCE_BY_POINTER(S, on_amend_rejected, rf_reject_t),               \
      .on_expired = RINGFENCE_BY_VALUE(S, on_expired, rf_intent_id_t),                            \
      .on_unknown = RINGFENCE_BY_VALUE(S, on_unknown, rf_intent_id_t),                            \
      .on_busted = RINGFENCE_BY_POINTER(S, on_busted, rf_fill_t),                                 \
      .on_outcome = RINGFENCE_BY_POINTER(S, on_outcome, rf_outcome_t),                            \
      .on_signal = RINGFENCE_BY_POINTER(S, on_signal, rf_signal_t),                               \
      .on_trading = RINGFENCE_BY_VALUE(S, on_trading, bool),                                      \
      .on_wake = [](rf_ctx_t *ctx) {                                                              \
        ringfence::Ctx own(ctx);                                                                  \
        ringfence::Guest<S>::self().S::on_wake(own);                                              \
      },                                                                                          \
  }

#endif
