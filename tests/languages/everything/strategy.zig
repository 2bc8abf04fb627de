//! Notes every event with all of its fields, and wants and asks everything: by the quantity of a trade.

const rf = @import("ringfence");

/// A line of words.
const Line = struct {
    bytes: [400]u8 = undefined,
    len: usize = 0,

    fn of(text: []const u8) Line {
        var line: Line = .{};
        line.word(text);
        return line;
    }

    fn word(self: *Line, text: []const u8) void {
        if (self.len != 0) {
            self.bytes[self.len] = ' ';
            self.len += 1;
        }
        @memcpy(self.bytes[self.len .. self.len + text.len], text);
        self.len += text.len;
    }

    fn number(self: *Line, value: anytype) void {
        const T = @TypeOf(value);
        const whole: i64 = if (T == bool) @intFromBool(value) else switch (@typeInfo(T)) {
            .@"enum" => @intFromEnum(value),
            .int => |int| if (int.bits == 64) @bitCast(value) else value,
            else => value,
        };
        var buffer: [280]u8 = undefined;
        self.word(rf.mantissaToDecimal(&buffer, whole, 0));
    }

    fn exact(self: *Line, value: rf.Decimal) void {
        var buffer: [280]u8 = undefined;
        self.word(rf.mantissaToDecimal(&buffer, @intCast(value.mantissa()), value.scale));
    }
};

fn note(ctx: *rf.Ctx, what: []const u8, values: anytype) rf.EmitError!void {
    var line: Line = .of(what);
    inline for (values) |value| line.number(value);
    _ = try ctx.note(line.bytes[0..line.len]);
}

pub const Strategy = struct {
    seen: u64,
    spy: rf.InstrumentId,
    qqq: rf.InstrumentId,
    text: []const u8,
    limit: i64,

    pub fn setup(params: *rf.Params, instruments: []const rf.Instrument, plan: *rf.Plan) rf.SetupError!Strategy {
        const spy = instruments[0].id;
        plan.trades(spy);
        plan.quotes(spy, .touch);
        plan.bars(spy, null);
        plan.bars(spy, .{ .ticks = 3 });
        plan.other(.mark_price, spy);
        plan.other(.status, spy);
        plan.other(.feed, spy);
        plan.other(.order, spy);
        plan.other(.trading, 0);
        return .{
            .seen = 0,
            .spy = spy,
            .qqq = instruments[1].id,
            .text = try params.text("text"),
            .limit = try params.price("limit", instruments[0]),
        };
    }

    pub fn onTrade(self: *Strategy, ctx: *rf.Ctx, trade: rf.Trade) rf.EmitError!void {
        self.seen += 1;
        const side = if (trade.aggressor) |side| @intFromEnum(side) else 0;
        try note(ctx, "trade", .{
            self.seen,           ctx.time,          ctx.instrument,      trade.price,       trade.qty,    trade.aggressor != null, side,
            ctx.touch.bid_price, ctx.touch.bid_qty, ctx.touch.ask_price, ctx.touch.ask_qty, ctx.position,
        });
        switch (trade.qty) {
            1 => {
                var line: Line = .of("text");
                line.word(self.text);
                _ = try ctx.note(line.bytes[0..line.len]);
            },
            2 => try self.orders(ctx),
            3 => try self.changes(ctx),
            4 => _ = try ctx.wakeAt(ctx.time + 2_000_000_000),
            5 => try self.requests(ctx),
            6 => try self.schedules(ctx),
            7 => try self.views(ctx),
            else => _ = try ctx.buy(0),
        }
    }

    fn orders(self: *Strategy, ctx: *rf.Ctx) rf.EmitError!void {
        _ = try ctx.buyLimit(7, 1001);
        _ = try ctx.sellLimit(8000, 2002);
        var order: rf.Submit = .market(self.spy, .sell, 9000);
        order.max_slippage_bps = 25;
        order.reduce_only = true;
        _ = try ctx.submit(order);
        order = .limit(self.qqq, .buy, 0, self.limit);
        order.size = .{ .notional = 30000 };
        order.post_only = true;
        order.tif = .day;
        _ = try ctx.submit(order);
        order = .market(self.spy, .sell, 5);
        order.order_type = .stop_market;
        order.stop_price = 900;
        order.tif = .gtc;
        _ = try ctx.submit(order);
    }

    fn changes(self: *Strategy, ctx: *rf.Ctx) rf.EmitError!void {
        _ = try ctx.amend(.{ .id = 5, .price = 1002 });
        _ = try ctx.amend(.{ .id = 5, .qty = 9 });
        _ = try ctx.amend(.{ .id = 9, .trigger = 901 });
        _ = try ctx.cancel(9);
        _ = try ctx.cancelAll(null);
        _ = try ctx.cancelAll(self.spy);
        _ = try ctx.flatten(self.qqq);
        _ = try ctx.flatten(null);
    }

    fn requests(self: *Strategy, ctx: *rf.Ctx) rf.EmitError!void {
        var request: rf.OrderRequest = .{ .order = .limit(self.spy, .buy, 11, 1000) };
        request.order.tif = .gtd;
        request.expire_at = ctx.time + 60_000_000_000;
        request.display_qty = 2;
        _ = try ctx.submitOrder(request);
        request = .{ .order = .market(self.spy, .sell, 12) };
        request.order.order_type = .trailing_stop_limit;
        request.order.tif = .gtc;
        request.trail = .{ .offset = 50, .unit = .bps, .limit_offset = 3 };
        request.trigger_by = .touch;
        request.group_kind = .ouo;
        _ = try ctx.submitOrder(request);
    }

    fn schedules(self: *Strategy, ctx: *rf.Ctx) rf.EmitError!void {
        const weights = [_]u16{ 1, 20, 300 };
        var schedule: rf.Schedule = .{
            .instrument = self.spy,
            .side = .sell,
            .size = .{ .quantity = 900 },
            .bound = .{ .limit = 1005 },
            .post_only = true,
            .start = ctx.time,
            .end = ctx.time + 30_000_000_000,
            .curve = .{ .profile = &weights },
        };
        _ = try ctx.submitSchedule(schedule);
        schedule.post_only = false;
        schedule.reduce_only = true;
        schedule.bound = .{ .slippage = 40 };
        schedule.curve = .{ .volume = .{ .slices = 5, .bps = 2500 } };
        _ = try ctx.submitSchedule(schedule);
    }

    fn views(self: *Strategy, ctx: *rf.Ctx) rf.EmitError!void {
        const quote = ctx.topOfBook(self.spy).?;
        try note(ctx, "top", .{ true, quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty });
        try note(ctx, "top", .{ctx.topOfBook(99) != null});
        for (ctx.depth(self.spy, .sell, 5)) |level| try note(ctx, "level", .{ level.price, level.qty });
        const position = ctx.positionOf(self.spy);
        var line: Line = .of("position");
        line.number(position.side);
        line.number(position.qty);
        line.exact(position.cost);
        line.exact(position.fees);
        _ = try ctx.note(line.bytes[0..line.len]);
        const account = ctx.account();
        line = .of("account");
        line.exact(account.cash);
        line.exact(account.equity);
        line.exact(account.capital);
        line.exact(account.drawdown);
        _ = try ctx.note(line.bytes[0..line.len]);
        for (ctx.openOrders(0, 3)) |order| {
            try note(ctx, "open", .{ order.id, order.instrument, order.side, order.state, order.price, order.qty, order.filled, order.trigger });
        }
        const order = ctx.orderOf(5).?;
        try note(ctx, "order", .{ true, order.id, order.filled });
        try note(ctx, "order", .{ctx.orderOf(1) != null});
        const instrument = ctx.instrumentOf(self.qqq).?;
        line = .of("instrument");
        line.number(true);
        for ([_][]const u8{
            instrument.symbol.slice(),
            instrument.base.slice(),
            instrument.quote.slice(),
            instrument.settlement.slice(),
        }) |text| line.word(text);
        line.number(instrument.kind);
        line.number(instrument.price_scale);
        line.number(instrument.qty_scale);
        line.number(instrument.tick);
        line.number(instrument.lot);
        line.number(instrument.qty_min);
        line.number(instrument.qty_max);
        line.exact(instrument.multiplier);
        line.number(instrument.settlement_scale);
        line.number(instrument.state);
        _ = try ctx.note(line.bytes[0..line.len]);
        for (ctx.bars(self.spy, .{ .ticks = 3 }, 2)) |bar| {
            try note(ctx, "past", .{ bar.open, bar.close, bar.volume, bar.open_time });
        }
    }

    pub fn onQuote(_: *Strategy, ctx: *rf.Ctx, quote: rf.Quote) rf.EmitError!void {
        try note(ctx, "quote", .{ quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty });
    }

    pub fn onBar(_: *Strategy, ctx: *rf.Ctx, bar: rf.Bar) rf.EmitError!void {
        try note(ctx, "bar", .{ bar.open, bar.high, bar.low, bar.close, bar.volume, bar.open_time, bar.interval_ns });
    }

    pub fn onMarkPrice(_: *Strategy, ctx: *rf.Ctx, price: i64) rf.EmitError!void {
        try note(ctx, "mark", .{price});
    }

    pub fn onStatus(_: *Strategy, ctx: *rf.Ctx, status: rf.InstrumentState) rf.EmitError!void {
        try note(ctx, "status", .{status});
    }

    pub fn onFeed(_: *Strategy, ctx: *rf.Ctx, feed: rf.FeedState) rf.EmitError!void {
        try note(ctx, "feed", .{feed});
    }

    pub fn onAccepted(_: *Strategy, ctx: *rf.Ctx, id: rf.IntentId) rf.EmitError!void {
        try note(ctx, "accepted", .{id});
    }

    pub fn onRejected(_: *Strategy, ctx: *rf.Ctx, reject: rf.Reject) rf.EmitError!void {
        try note(ctx, "rejected", .{ reject.id, reject.reason });
    }

    pub fn onFilled(_: *Strategy, ctx: *rf.Ctx, fill: rf.Fill) rf.EmitError!void {
        try note(ctx, "filled", .{ fill.id, fill.price, fill.qty, fill.leaves, fill.fee, fill.side, fill.liquidity });
    }

    pub fn onOutcome(_: *Strategy, ctx: *rf.Ctx, outcome: rf.Outcome) rf.EmitError!void {
        try note(ctx, "outcome", .{ outcome.id, outcome.code });
    }

    pub fn onTrading(_: *Strategy, ctx: *rf.Ctx, is_enabled: bool) rf.EmitError!void {
        try note(ctx, "trading", .{is_enabled});
    }

    pub fn onWake(_: *Strategy, ctx: *rf.Ctx) rf.EmitError!void {
        try note(ctx, "wake", .{ctx.time});
    }
};
