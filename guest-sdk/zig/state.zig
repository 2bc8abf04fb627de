//! How does a strategy's state become bytes and come back?
//!
//! Every field of the strategy and of what is in it is kept: numbers, flags, enums, arrays, optionals and structs, and slices
//! of them, whose items are kept while their number has to be the one that `setup` made. Bytes begin with a number that
//! stands for names and types of all fields: a snapshot of another strategy is refused.

const std = @import("std");
const abi = @import("abi.zig");

pub const StateError = error{ OtherStrategy, Cut, TooLong, OtherLength };

/// The state as bytes, in the arena.
pub fn save(value: anytype) []const u8 {
    const T = @TypeOf(value.*);
    var size: usize = 4;
    walk(T, value, Count, .{ .size = &size }) catch unreachable;
    const bytes = abi.arena.slice(u8, size);
    std.mem.writeInt(u32, bytes[0..4], comptime mark(T), .little);
    var at: usize = 4;
    walk(T, value, Write, .{ .bytes = bytes, .at = &at }) catch unreachable;
    return bytes;
}

/// Puts a state into what `setup` has just made.
pub fn load(value: anytype, bytes: []const u8) StateError!void {
    const T = @TypeOf(value.*);
    if (bytes.len < 4 or std.mem.readInt(u32, bytes[0..4], .little) != comptime mark(T)) return error.OtherStrategy;
    var at: usize = 4;
    try walk(T, value, Read, .{ .bytes = bytes, .at = &at });
    if (at != bytes.len) return error.TooLong;
}

const Count = struct {
    size: *usize,

    fn word(self: Count, comptime Word: type, _: *Word) StateError!void {
        self.size.* += @sizeOf(Word);
    }
};

const Write = struct {
    bytes: []u8,
    at: *usize,

    fn word(self: Write, comptime Word: type, value: *Word) StateError!void {
        const size = @sizeOf(Word);
        std.mem.writeInt(Word, self.bytes[self.at.*..][0..size], value.*, .little);
        self.at.* += size;
    }
};

const Read = struct {
    bytes: []const u8,
    at: *usize,

    fn word(self: Read, comptime Word: type, value: *Word) StateError!void {
        const size = @sizeOf(Word);
        if (self.bytes.len - self.at.* < size) return error.Cut;
        value.* = std.mem.readInt(Word, self.bytes[self.at.*..][0..size], .little);
        self.at.* += size;
    }
};

fn walk(comptime T: type, value: *T, comptime Way: type, way: Way) StateError!void {
    switch (@typeInfo(T)) {
        .int => |int| {
            const Word = @Int(int.signedness, 8 * @sizeOf(T));
            var word: Word = value.*;
            try way.word(Word, &word);
            if (Way == Read) value.* = std.math.cast(T, word) orelse return error.OtherStrategy;
        },
        .float => |float| {
            const Word = @Int(.unsigned, float.bits);
            var word: Word = @bitCast(value.*);
            try way.word(Word, &word);
            if (Way == Read) value.* = @bitCast(word);
        },
        .bool => {
            var word: u8 = @intFromBool(value.*);
            try way.word(u8, &word);
            if (Way == Read) value.* = word != 0;
        },
        .@"enum" => {
            var word: u32 = @backingInt(value.*);
            try way.word(u32, &word);
            if (Way == Read) value.* = std.enums.fromInt(T, word) orelse return error.OtherStrategy;
        },
        .optional => |optional| {
            var word: u8 = @intFromBool(value.* != null);
            try way.word(u8, &word);
            if (Way == Read) value.* = if (word != 0) std.mem.zeroes(optional.child) else null;
            if (value.*) |*inner| try walk(optional.child, inner, Way, way);
        },
        .array => |array| for (value) |*item| try walk(array.child, item, Way, way),
        .@"struct" => |record| inline for (record.field_names, record.field_types) |name, Field| {
            try walk(Field, &@field(value, name), Way, way);
        },
        .pointer => |pointer| {
            if (pointer.size != .slice) @compileError("a " ++ @typeName(T) ++ " cannot be kept in the state");
            if (pointer.attrs.@"const") return;
            var len: u32 = @intCast(value.len);
            try way.word(u32, &len);
            if (len != value.len) return error.OtherLength;
            for (value.*) |*item| try walk(pointer.child, item, Way, way);
        },
        else => @compileError("a " ++ @typeName(T) ++ " cannot be kept in the state"),
    }
}

/// A number for names and types of all fields.
fn mark(comptime T: type) u32 {
    @setEvalBranchQuota(1_000_000);
    return std.hash.Crc32.hash(comptime shape(T));
}

fn shape(comptime T: type) []const u8 {
    return switch (@typeInfo(T)) {
        .@"struct" => |record| {
            var text: []const u8 = "{";
            for (record.field_names, record.field_types) |name, Field| text = text ++ name ++ ":" ++ shape(Field) ++ ",";
            return text ++ "}";
        },
        .array => |array| std.fmt.comptimePrint("[{d}]", .{array.len}) ++ shape(array.child),
        .optional => |optional| "?" ++ shape(optional.child),
        .pointer => |pointer| "[]" ++ shape(pointer.child),
        .@"enum" => "enum",
        else => @typeName(T),
    };
}
