//! Indicators that take one value at a time. Bits are equal on every machine and equal to those of the Rust SDK.

/// Exponential moving average: `v + a * (x - v)` with a = 2 / (n + 1), seeded with the first value. Product and sum are
/// rounded one by one, never fused.
pub const Ema = struct {
    length: u32,
    weight: f64,
    value: f64 = 0,
    seen: u64 = 0,

    pub fn init(length: u32) Ema {
        const whole = @max(length, 1);
        return .{ .length = whole, .weight = 2.0 / (@as(f64, @floatFromInt(whole)) + 1.0) };
    }

    /// Takes the next value; answers the average with it.
    pub fn update(self: *Ema, value: f64) f64 {
        self.value = if (self.seen == 0) value else self.value + self.weight * (value - self.value);
        self.seen += 1;
        return self.value;
    }

    /// True from the value on that is number `length`.
    pub fn isWarm(self: Ema) bool {
        return self.seen >= self.length;
    }
};
