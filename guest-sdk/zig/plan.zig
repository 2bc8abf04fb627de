//! Which events does a strategy want?

const abi = @import("abi.zig");
const types = @import("types.zig");

/// As the interface has it.
pub const Subscription = extern struct {
    instrument: u32,
    kind: types.EventKind,
    filter: types.ChangeFilter,
    has_bars: u8 align(8),
    spec: u8 align(8),
    size: u64,
    warm_up: u32,
};

comptime {
    const ok = @sizeOf(Subscription) == 40 and @offsetOf(Subscription, "has_bars") == 8 and
        @offsetOf(Subscription, "spec") == 16 and @offsetOf(Subscription, "warm_up") == 32;
    if (!ok) @compileError("`subscription` lies otherwise in the canonical ABI");
}

/// Subscriptions, each added by a call.
pub const Plan = struct {
    list: []Subscription = &.{},
    len: usize = 0,

    /// Every public trade.
    pub fn trades(self: *Plan, instrument: types.InstrumentId) void {
        self.add(instrument, .trade, .every, null, 0);
    }

    /// Changes of best bid and best ask.
    pub fn quotes(self: *Plan, instrument: types.InstrumentId, filter: types.ChangeFilter) void {
        self.add(instrument, .quote, filter, null, 0);
    }

    /// Changes of the book.
    pub fn books(self: *Plan, instrument: types.InstrumentId, filter: types.ChangeFilter) void {
        self.add(instrument, .book, filter, null, 0);
    }

    /// Bars that the feed brings, or with a specification those that the host builds.
    pub fn bars(self: *Plan, instrument: types.InstrumentId, spec: ?types.BarSpec) void {
        self.add(instrument, .bar, .every, spec, 0);
    }

    /// Any other kind of event; those of no instrument have number 0.
    pub fn other(self: *Plan, kind: types.EventKind, instrument: types.InstrumentId) void {
        self.add(instrument, kind, .every, null, 0);
    }

    /// Nothing may be emitted before so many events of the subscription that was added last.
    pub fn warmUp(self: *Plan, events: u32) void {
        self.list[self.len - 1].warm_up = events;
    }

    fn add(
        self: *Plan,
        instrument: types.InstrumentId,
        kind: types.EventKind,
        filter: types.ChangeFilter,
        spec: ?types.BarSpec,
        warm_up: u32,
    ) void {
        if (self.len == self.list.len) {
            const larger = abi.arena.slice(Subscription, 2 * self.len + 8);
            @memcpy(larger[0..self.len], self.list[0..self.len]);
            self.list = larger;
        }
        self.list[self.len] = .{
            .instrument = instrument,
            .kind = kind,
            .filter = filter,
            .has_bars = @intFromBool(spec != null),
            .spec = if (spec) |bar| @backingInt(bar) else 0,
            .size = if (spec) |bar| bar.word() else 0,
            .warm_up = warm_up,
        };
        self.len += 1;
    }
};
