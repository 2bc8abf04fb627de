//! The root of what is compiled: the guest of `pub const Strategy` in `src/strategy.zig`.

const std = @import("std");

/// A panic halts the strategy; nobody reads its text.
pub const panic = std.debug.no_panic;

comptime {
    @import("ringfence").exportStrategy(@import("strategy").Strategy);
}
