//! How do values get to the host and back? The imports of the interface, flat, as the canonical ABI has them.
//!
//! The host writes lists and texts into memory that it asks `cabi_realloc` for. That memory is an arena: what is made during
//! `setup` lasts, what is made during another call lasts until that call returns.

const std = @import("std");
const types = @import("types.zig");

/// A list in memory.
pub fn List(comptime T: type) type {
    return extern struct {
        ptr: [*]T,
        len: usize,

        pub fn slice(self: @This()) []T {
            return if (self.len == 0) &.{} else self.ptr[0..self.len];
        }
    };
}

/// An optional value in memory.
pub fn Option(comptime T: type) type {
    return extern struct {
        is_some: u8,
        value: T,

        pub fn get(self: @This()) ?T {
            return if (self.is_some != 0) self.value else null;
        }
    };
}

pub const view = struct {
    const module = "ringfence:strategy/view@0.1.0";
    pub extern "ringfence:strategy/view@0.1.0" fn @"top-of-book"(instrument: u32, out: *Option(types.Quote)) void;
    pub extern "ringfence:strategy/view@0.1.0" fn depth(instrument: u32, side: u32, levels: u32, out: *List(types.Level)) void;
    pub extern "ringfence:strategy/view@0.1.0" fn @"position-of"(instrument: u32, out: *types.Position) void;
    pub extern "ringfence:strategy/view@0.1.0" fn account(out: *types.Account) void;
    pub extern "ringfence:strategy/view@0.1.0" fn @"open-orders"(instrument: u32, limit: u32, out: *List(types.Order)) void;
    pub extern "ringfence:strategy/view@0.1.0" fn order(id: u64, out: *Option(types.Order)) void;
    pub extern "ringfence:strategy/view@0.1.0" fn instrument(instrument: u32, out: *Option(types.Instrument)) void;
    pub extern "ringfence:strategy/view@0.1.0" fn bars(instrument: u32, spec: u32, size: u64, count: u32, out: *List(types.Bar)) void;
};

const intents = struct {
    extern "ringfence:strategy/intents@0.1.0" fn emit(
        kind: u32,
        a0: u64,
        a1: u32,
        a2: u64,
        a3: u64,
        a4: u64,
        a5: u32,
        a6: u64,
        a7: u32,
        a8: u64,
        a9: u32,
        a10: u32,
        a11: u32,
        a12: u32,
        a13: u32,
        out: *Emitted,
    ) void;
    extern "ringfence:strategy/intents@0.1.0" fn @"emit-order"(request: *const FlatRequest, out: *Emitted) void;
    extern "ringfence:strategy/intents@0.1.0" fn @"emit-schedule"(
        instrument: u32,
        side: u32,
        size_kind: u32,
        size: i64,
        bound_kind: u32,
        bound: i64,
        post_only: u32,
        reduce_only: u32,
        start: u64,
        end: u64,
        curve_kind: u32,
        c0: u32,
        c1: u32,
        out: *Emitted,
    ) void;
};

/// Answer of every emit: the number of the intent, or which error in its lowest byte.
const Emitted = extern struct {
    is_error: u8 = 0,
    word: u64 = 0,

    fn get(self: Emitted) types.EmitError!types.IntentId {
        if (self.is_error == 0) return self.word;
        return switch (@as(u8, @truncate(self.word))) {
            0 => error.Warmup,
            1 => error.TooMany,
            2 => error.Malformed,
            3 => error.NoteTooLong,
            else => error.NotNow,
        };
    }
};

/// `order-request` in memory.
const FlatRequest = extern struct {
    instrument: u32,
    side: u8,
    size_kind: u8 align(8),
    size: i64,
    order_type: u8,
    has_limit: u8 align(8),
    limit: i64,
    has_stop: u8 align(8),
    stop: i64,
    tif: u8,
    has_slippage: u8 align(4),
    slippage: u32,
    post_only: u8,
    reduce_only: u8,
    expire_at: u64,
    display_qty: i64,
    has_trail: u8,
    trail_offset: i64,
    trail_unit: u8,
    trail_limit_offset: i64,
    trigger_by: u8,
    parent: u64,
    group: u64,
    group_kind: u8,
};

comptime {
    std.debug.assert(@sizeOf(types.Instrument) == 104 and @offsetOf(types.Instrument, "multiplier") == 48);
    std.debug.assert(@sizeOf(types.Position) == 88 and @sizeOf(types.Account) == 96);
    std.debug.assert(@sizeOf(types.Order) == 48 and @offsetOf(types.Order, "state") == 13);
    std.debug.assert(@sizeOf(types.Bar) == 56 and @sizeOf(types.Level) == 16);
    std.debug.assert(@sizeOf(FlatRequest) == 160 and @offsetOf(FlatRequest, "expire_at") == 80);
    std.debug.assert(@offsetOf(FlatRequest, "has_slippage") == 68 and @offsetOf(FlatRequest, "trail_offset") == 104);
    std.debug.assert(@sizeOf(Emitted) == 16 and @sizeOf(Option(types.Quote)) == 40);
}

fn bits(value: i64) u64 {
    return @bitCast(value);
}

fn size_of(size: types.Size) i64 {
    return switch (size) {
        .quantity, .notional => |value| value,
    };
}

/// Hands an intent to the host.
pub fn emit(intent: types.Intent) types.EmitError!types.IntentId {
    const kind: u32 = @backingInt(intent);
    var out: Emitted = .{};
    switch (intent) {
        .submit => |order| intents.emit(
            kind,
            order.instrument,
            @backingInt(order.side),
            @backingInt(order.size),
            bits(size_of(order.size)),
            @backingInt(order.order_type),
            @intFromBool(order.limit_price != null),
            bits(order.limit_price orelse 0),
            @intFromBool(order.stop_price != null),
            bits(order.stop_price orelse 0),
            @backingInt(order.tif),
            @intFromBool(order.max_slippage_bps != null),
            order.max_slippage_bps orelse 0,
            @intFromBool(order.post_only),
            @intFromBool(order.reduce_only),
            &out,
        ),
        .amend => |change| intents.emit(
            kind,
            change.id,
            @intFromBool(change.price != null),
            bits(change.price orelse 0),
            @intFromBool(change.qty != null),
            bits(change.qty orelse 0),
            @intFromBool(change.trigger != null),
            bits(change.trigger orelse 0),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            &out,
        ),
        .cancel, .wake_at => |word| short(kind, word, 0, &out),
        .cancel_all, .flatten => |one| short(kind, @intFromBool(one != null), one orelse 0, &out),
        .note => |text| short(kind, @intFromPtr(text.ptr), text.len, &out),
    }
    return out.get();
}

fn short(kind: u32, a0: u64, a1: u32, out: *Emitted) void {
    intents.emit(kind, a0, a1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, out);
}

/// Hands an order with more than the usual to the host.
pub fn emitOrder(request: types.OrderRequest) types.EmitError!types.IntentId {
    const order = request.order;
    const trail: types.Trail = request.trail orelse .{ .offset = 0, .unit = .price };
    const flat: FlatRequest = .{
        .instrument = order.instrument,
        .side = @backingInt(order.side),
        .size_kind = @backingInt(order.size),
        .size = size_of(order.size),
        .order_type = @backingInt(order.order_type),
        .has_limit = @intFromBool(order.limit_price != null),
        .limit = order.limit_price orelse 0,
        .has_stop = @intFromBool(order.stop_price != null),
        .stop = order.stop_price orelse 0,
        .tif = @backingInt(order.tif),
        .has_slippage = @intFromBool(order.max_slippage_bps != null),
        .slippage = order.max_slippage_bps orelse 0,
        .post_only = @intFromBool(order.post_only),
        .reduce_only = @intFromBool(order.reduce_only),
        .expire_at = request.expire_at,
        .display_qty = request.display_qty,
        .has_trail = @intFromBool(request.trail != null),
        .trail_offset = trail.offset,
        .trail_unit = @backingInt(trail.unit),
        .trail_limit_offset = trail.limit_offset,
        .trigger_by = @backingInt(request.trigger_by),
        .parent = request.parent,
        .group = request.group,
        .group_kind = @backingInt(request.group_kind),
    };
    var out: Emitted = .{};
    intents.@"emit-order"(&flat, &out);
    return out.get();
}

/// Hands a schedule to the host.
pub fn emitSchedule(schedule: types.Schedule) types.EmitError!types.IntentId {
    const bound: i64 = switch (schedule.bound) {
        .limit => |price| price,
        .slippage => |bps| bps,
    };
    const c0: u32, const c1: u32 = switch (schedule.curve) {
        .even => |slices| .{ slices, 0 },
        .profile => |weights| .{ @intFromPtr(weights.ptr), weights.len },
        .volume => |part| .{ part.slices, part.bps },
    };
    var out: Emitted = .{};
    intents.@"emit-schedule"(
        schedule.instrument,
        @backingInt(schedule.side),
        @backingInt(schedule.size),
        size_of(schedule.size),
        @backingInt(schedule.bound),
        bound,
        @intFromBool(schedule.post_only),
        @intFromBool(schedule.reduce_only),
        schedule.start,
        schedule.end,
        @backingInt(schedule.curve),
        c0,
        c1,
        &out,
    );
    return out.get();
}

/// Memory of a strategy, from the end of its data on.
pub const arena = struct {
    extern const __heap_base: u8;

    var base: usize = 0;
    var top: usize = 0;

    fn start() usize {
        if (base == 0) {
            base = @intFromPtr(&__heap_base);
            top = base;
        }
        return top;
    }

    /// `size` bytes. No room left ends the strategy with a trap.
    pub fn take(size: usize, alignment: usize) [*]u8 {
        const from = std.mem.alignForward(usize, start(), alignment);
        const end = from + size;
        const have = @wasmMemorySize(0) * 65536;
        if (end > have) {
            const pages = (end - have + 65535) / 65536;
            if (@wasmMemoryGrow(0, pages) == -1) @trap();
        }
        top = end;
        return @ptrFromInt(from);
    }

    /// `count` values, not yet written.
    pub fn slice(comptime T: type, count: usize) []T {
        const bytes = take(@sizeOf(T) * count, @alignOf(T));
        return @as([*]T, @ptrCast(@alignCast(bytes)))[0..count];
    }

    /// What there is now lasts.
    pub fn keep() void {
        base = start();
    }

    /// What was made since `keep` is gone, once the host has read what is returned to it.
    pub fn reset() void {
        _ = start();
        top = base;
    }

    /// As the canonical ABI asks for it.
    pub fn realloc(old: ?[*]u8, old_size: usize, alignment: usize, size: usize) callconv(.c) [*]u8 {
        const new = take(size, alignment);
        if (old) |bytes| @memcpy(new[0..old_size], bytes[0..old_size]);
        return new;
    }
};
