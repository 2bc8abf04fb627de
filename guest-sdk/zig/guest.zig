//! How does a struct become the component's guest?

const std = @import("std");
const abi = @import("abi.zig");
const state = @import("state.zig");
const types = @import("types.zig");
const Ctx = @import("ctx.zig").Ctx;
const Params = @import("params.zig").Params;
const Param = @import("params.zig").Param;
const Plan = @import("plan.zig").Plan;
const Subscription = @import("plan.zig").Subscription;

/// Exports the guest of a strategy.
pub fn exportStrategy(comptime Strategy: type) void {
    const Guest = Exports(Strategy);
    const guest = "ringfence:strategy/guest@0.1.0#";
    @export(&abi.arena.realloc, .{ .name = "cabi_realloc" });
    @export(&Guest.setup, .{ .name = guest ++ "setup" });
    @export(&Guest.onEvent, .{ .name = guest ++ "on-event" });
    @export(&Guest.snapshot, .{ .name = guest ++ "snapshot" });
    @export(&Guest.restore, .{ .name = guest ++ "restore" });
    for (@typeInfo(Strategy).@"struct".decl_names) |declared| {
        if (std.mem.startsWith(u8, declared, "on") and !isMethod(declared)) {
            @compileError("`" ++ declared ++ "` is no event's method; the methods are " ++ known());
        }
    }
}

/// Methods of events, in the order of the interface.
const methods = [_][]const u8{
    "onTrade",    "onQuote",          "onBook",            "onBar",           "onMarkPrice", "onFunding",
    "onStatus",   "onFeed",           "onCorporateAction", "onAccepted",      "onRejected",  "onFilled",
    "onCanceled", "onCancelRejected", "onAmended",         "onAmendRejected", "onExpired",   "onUnknown",
    "onBusted",   "onOutcome",        "onSignal",          "onTrading",       "onWake",
};

fn isMethod(name: []const u8) bool {
    for (methods) |method| if (std.mem.eql(u8, method, name)) return true;
    return false;
}

fn known() []const u8 {
    var text: []const u8 = methods[0];
    for (methods[1..]) |method| text = text ++ ", " ++ method;
    return text;
}

/// A result in memory: whether it is an error, and a list or a text.
const Answer = extern struct { is_error: u8 = 0, ptr: usize = 0, len: usize = 0 };
var answer: Answer = .{};
var list: abi.List(u8) = undefined;

fn failed(text: []const u8) *const Answer {
    answer = .{ .is_error = 1, .ptr = @intFromPtr(text.ptr), .len = text.len };
    return &answer;
}

fn Exports(comptime Strategy: type) type {
    return struct {
        var running: ?Strategy = null;

        fn setup(
            params_ptr: [*]const Param,
            params_len: usize,
            instruments_ptr: [*]const types.Instrument,
            instruments_len: usize,
        ) callconv(.c) *const Answer {
            running = null;
            // What the host wrote is part of what lasts.
            var params: Params = .init(params_ptr[0..params_len]);
            var plan: Plan = .{};
            running = Strategy.setup(&params, instruments_ptr[0..instruments_len], &plan) catch return failed(params.reason);
            params.checkAllRead() catch return failed(params.reason);
            abi.arena.keep();
            answer = .{ .ptr = @intFromPtr(plan.list.ptr), .len = plan.len };
            return &answer;
        }

        fn snapshot() callconv(.c) *const abi.List(u8) {
            const bytes = state.save(&running.?);
            list = .{ .ptr = @constCast(bytes.ptr), .len = bytes.len };
            abi.arena.reset();
            return &list;
        }

        fn restore(bytes: [*]const u8, len: usize) callconv(.c) *const Answer {
            answer = .{};
            state.load(&running.?, bytes[0..len]) catch |problem| {
                running = null;
                return failed(switch (problem) {
                    error.OtherStrategy => "restore: not a snapshot of this strategy",
                    error.Cut => "restore: the snapshot ends too early",
                    error.TooLong => "restore: the snapshot goes on behind its end",
                    error.OtherLength => "restore: a list has another length than setup made it",
                });
            };
            abi.arena.reset();
            return &answer;
        }

        fn onEvent(
            time: u64,
            venue_time: u64,
            instrument: u32,
            kind: u32,
            w0: u64,
            w1: u64,
            w2: u64,
            w3: u64,
            w4: u64,
            w5: u64,
            w6: u64,
            bid_price: i64,
            bid_qty: i64,
            ask_price: i64,
            ask_qty: i64,
            position: i64,
        ) callconv(.c) void {
            var ctx: Ctx = .{
                .time = time,
                .venue_time = venue_time,
                .instrument = instrument,
                .touch = .{ .bid_price = bid_price, .bid_qty = bid_qty, .ask_price = ask_price, .ask_qty = ask_qty },
                .position = position,
            };
            deliver(&ctx, kind, .{ w0, w1, w2, w3, w4, w5, w6 }) catch |refusal| note(refusal);
            abi.arena.reset();
        }

        inline fn call(comptime method: []const u8, ctx: *Ctx, payload: anytype) types.EmitError!void {
            if (!@hasDecl(Strategy, method)) return;
            const self = if (running) |*strategy| strategy else @trap();
            return @call(.auto, @field(Strategy, method), .{ self, ctx } ++ payload);
        }

        inline fn deliver(ctx: *Ctx, kind: u32, w: [7]u64) types.EmitError!void {
            return switch (kind) {
                0 => call("onTrade", ctx, .{types.Trade{
                    .price = signed(w[0]),
                    .qty = signed(w[1]),
                    .aggressor = if (w[2] != 0) case(types.Side, w[3]) else null,
                }}),
                1 => call("onQuote", ctx, .{types.Quote{
                    .bid_price = signed(w[0]),
                    .bid_qty = signed(w[1]),
                    .ask_price = signed(w[2]),
                    .ask_qty = signed(w[3]),
                }}),
                2 => call("onBook", ctx, .{case(types.BookAction, w[0])}),
                3 => call("onBar", ctx, .{types.Bar{
                    .open = signed(w[0]),
                    .high = signed(w[1]),
                    .low = signed(w[2]),
                    .close = signed(w[3]),
                    .volume = signed(w[4]),
                    .open_time = w[5],
                    .interval_ns = w[6],
                }}),
                4 => call("onMarkPrice", ctx, .{signed(w[0])}),
                5 => call("onFunding", ctx, .{types.Funding{ .rate_e9 = signed(w[0]), .next_time = w[1] }}),
                6 => call("onStatus", ctx, .{case(types.InstrumentState, w[0])}),
                7 => call("onFeed", ctx, .{case(types.FeedState, w[0])}),
                8 => call("onCorporateAction", ctx, .{types.CorporateAction{
                    .kind = case(types.Adjustment, w[0]),
                    .numerator = w[1],
                    .denominator = w[2],
                    .cash = signed(w[3]),
                }}),
                9 => call("onAccepted", ctx, .{w[0]}),
                10 => call("onRejected", ctx, .{reject(w)}),
                11 => call("onFilled", ctx, .{fill(w)}),
                12 => call("onCanceled", ctx, .{types.Canceled{
                    .id = w[0],
                    .leaves = signed(w[1]),
                    .reason = case(types.CancelReason, w[2]),
                }}),
                13 => call("onCancelRejected", ctx, .{reject(w)}),
                14 => call("onAmended", ctx, .{types.Amended{ .id = w[0], .price = signed(w[1]), .qty = signed(w[2]) }}),
                15 => call("onAmendRejected", ctx, .{reject(w)}),
                16 => call("onExpired", ctx, .{w[0]}),
                17 => call("onUnknown", ctx, .{w[0]}),
                18 => call("onBusted", ctx, .{fill(w)}),
                19 => call("onOutcome", ctx, .{types.Outcome{ .id = w[0], .code = case(types.OutcomeCode, w[1]) }}),
                20 => call("onSignal", ctx, .{types.Signal{
                    .source = @truncate(w[0]),
                    .name = @truncate(w[1]),
                    .value = signed(w[2]),
                }}),
                21 => call("onTrading", ctx, .{w[0] != 0}),
                22 => call("onWake", ctx, .{}),
                else => @trap(),
            };
        }
    };
}

/// As the Rust SDK: an intent that was not taken is noted, but during warm-up, where that is the rule.
fn note(refusal: types.EmitError) void {
    const text = switch (refusal) {
        error.Warmup => return,
        error.TooMany => "emit refused: too-many",
        error.Malformed => "emit refused: malformed",
        error.NoteTooLong => "emit refused: note-too-long",
        error.NotNow => "emit refused: not-now",
    };
    // Notes may be refused too; then the host's own record of the limit is all there is.
    _ = abi.emit(.{ .note = text }) catch return;
}

inline fn signed(word: u64) i64 {
    return @bitCast(word);
}

inline fn case(comptime Enum: type, word: u64) Enum {
    return @fromBackingInt(@intCast(word));
}

inline fn reject(w: [7]u64) types.Reject {
    return .{ .id = w[0], .reason = case(types.RejectReason, w[1]) };
}

inline fn fill(w: [7]u64) types.Fill {
    return .{
        .id = w[0],
        .price = signed(w[1]),
        .qty = signed(w[2]),
        .leaves = signed(w[3]),
        .fee = signed(w[4]),
        .side = case(types.Side, w[5]),
        .liquidity = case(types.Liquidity, w[6]),
    };
}
