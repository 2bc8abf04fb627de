//! On which side of the market, by the cross of two exponential moving averages of trade prices?
//!
//! Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come.
//! Parameters: `fast` and `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).

const rf = @import("ringfence");

pub const Strategy = struct {
    fast: rf.Ema,
    slow: rf.Ema,
    size: i64,

    pub fn setup(params: *rf.Params, instruments: []const rf.Instrument, plan: *rf.Plan) rf.SetupError!Strategy {
        if (instruments.len == 0) return params.refuse("needs one instrument");
        const instrument = instruments[0];
        plan.trades(instrument.id);
        return .{
            .fast = .init(try params.count("fast", 50)),
            .slow = .init(try params.count("slow", 200)),
            .size = try params.qty("qty", instrument),
        };
    }

    pub fn onTrade(self: *Strategy, ctx: *rf.Ctx, trade: rf.Trade) rf.EmitError!void {
        const price: f64 = @floatFromInt(trade.price);
        const is_up = self.fast.update(price) >= self.slow.update(price);
        if (!self.slow.isWarm()) return;
        const size = if (ctx.position == 0) self.size else 2 * self.size;
        if (is_up and ctx.position <= 0) {
            _ = try ctx.buy(size);
        } else if (!is_up and ctx.position >= 0) {
            _ = try ctx.sell(size);
        }
    }
};
