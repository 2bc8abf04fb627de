//! What was the strategy configured with? Typed and checked; what is wrong says which parameter, its value and range.

const std = @import("std");
const abi = @import("abi.zig");
const numbers = @import("numbers.zig");
const types = @import("types.zig");

/// The session is refused; `Params` holds the text for whoever wrote the configuration.
pub const SetupError = error{Refused};

/// One parameter, as the interface has it.
pub const Param = extern struct { key: types.Text, value: types.Text };

/// Parameters by name.
pub const Params = struct {
    values: []const Param,
    is_read: []bool,
    reason: []const u8 = "",

    pub fn init(values: []const Param) Params {
        const is_read = abi.arena.slice(bool, values.len);
        @memset(is_read, false);
        return .{ .values = values, .is_read = is_read };
    }

    /// Refuses the session with a text.
    pub fn refuse(self: *Params, reason: []const u8) SetupError {
        self.reason = reason;
        return error.Refused;
    }

    /// A text, if it is there.
    pub fn find(self: *Params, key: []const u8) ?[]const u8 {
        for (self.values, self.is_read) |*param, *is_read| {
            if (std.mem.eql(u8, param.key.slice(), key)) {
                is_read.* = true;
                return param.value.slice();
            }
        }
        return null;
    }

    /// A text.
    pub fn text(self: *Params, key: []const u8) SetupError![]const u8 {
        return self.find(key) orelse self.refuse(join(&.{ "parameter `", key, "` is missing" }));
    }

    /// A whole number from 1 to 100000, `default` where it is not given.
    pub fn count(self: *Params, key: []const u8, default: u32) SetupError!u32 {
        return if (self.find(key) == null) default else self.whole(key, 1, 100_000);
    }

    /// A whole number from `least` to `most`.
    pub fn whole(self: *Params, key: []const u8, least: u32, most: u32) SetupError!u32 {
        const given = try self.text(key);
        const value = if (isDigits(given)) std.fmt.parseInt(u32, given, 10) catch null else null;
        if (value) |number| {
            if (number >= least and number <= most) return number;
        }
        const range: [2]i64 = .{ least, most };
        var buffers: [2][48]u8 = undefined;
        const low = numbers.mantissaToDecimal(&buffers[0], range[0], 0);
        const high = numbers.mantissaToDecimal(&buffers[1], range[1], 0);
        return self.wanted(key, given, join(&.{ "a whole number from ", low, " to ", high }));
    }

    /// A quantity above 0, as a mantissa at the instrument's quantity scale.
    pub fn qty(self: *Params, key: []const u8, instrument: types.Instrument) SetupError!i64 {
        return self.positive(key, instrument.qty_scale, "a quantity");
    }

    /// A price above 0, as a mantissa at the instrument's price scale.
    pub fn price(self: *Params, key: []const u8, instrument: types.Instrument) SetupError!i64 {
        return self.positive(key, instrument.price_scale, "a price");
    }

    /// A parameter that nothing asked for is a mistake in the configuration.
    pub fn checkAllRead(self: *Params) SetupError!void {
        for (self.values, self.is_read) |param, is_read| {
            if (!is_read) return self.refuse(join(&.{ "unknown parameter `", param.key.slice(), "`" }));
        }
    }

    fn positive(self: *Params, key: []const u8, scale: u8, what: []const u8) SetupError!i64 {
        const given = try self.text(key);
        const value = numbers.decimalToMantissa(given, scale) catch 0;
        if (value > 0) return value;
        var buffer: [48]u8 = undefined;
        const digits = numbers.mantissaToDecimal(&buffer, scale, 0);
        return self.wanted(key, given, join(&.{ what, " above 0 with at most ", digits, " digits after the point" }));
    }

    fn wanted(self: *Params, key: []const u8, given: []const u8, want: []const u8) SetupError {
        return self.refuse(join(&.{ "parameter `", key, "` = `", given, "`: want ", want }));
    }
};

fn isDigits(given: []const u8) bool {
    for (given) |letter| {
        if (letter < '0' or letter > '9') return false;
    }
    return given.len > 0;
}

fn join(parts: []const []const u8) []const u8 {
    var size: usize = 0;
    for (parts) |part| size += part.len;
    const all = abi.arena.slice(u8, size);
    var at: usize = 0;
    for (parts) |part| {
        @memcpy(all[at .. at + part.len], part);
        at += part.len;
    }
    return all;
}
