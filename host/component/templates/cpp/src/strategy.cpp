// On which side of the market, by the cross of two exponential moving averages of trade prices?
//
// Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come.
// Parameters: `fast` and `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).

#include "ringfence.hpp"

namespace rf = ringfence;

class EmaCross : public rf::Strategy {
  rf::Ema fast_, slow_;
  int64_t size_ = 0;

 public:
  void setup(rf::Params &params, rf::List<const rf::Instrument> instruments, rf::Plan &plan) override {
    if (instruments.empty()) return params.refuse("needs one instrument");
    const rf::Instrument &instrument = instruments[0];
    fast_ = rf::Ema(params.count("fast", 50));
    slow_ = rf::Ema(params.count("slow", 200));
    size_ = params.qty("qty", instrument);
    plan.trades(instrument.id);
  }

  // What a restart keeps.
  void state(rf::Archive &archive) override {
    archive.keep(fast_);
    archive.keep(slow_);
  }

  void on_trade(rf::Ctx &ctx, const rf::Trade &trade) override {
    const auto price = static_cast<double>(trade.price);
    const double fast = fast_.update(price), slow = slow_.update(price);
    if (!slow_.is_warm()) return;
    const int64_t size = ctx.position() == 0 ? size_ : 2 * size_;
    if (fast >= slow && ctx.position() <= 0) {
      ctx.buy(size);
    } else if (fast < slow && ctx.position() >= 0) {
      ctx.sell(size);
    }
  }
};

RINGFENCE_EXPORT(EmaCross);
