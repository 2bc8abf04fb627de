//! How does a decimal text become a mantissa, and back? Exact both ways; what does not fit is an error.

pub const NumberError = error{ NotANumber, Inexact, TooLarge };

/// The integer that `text` is at `scale` digits after the point: "145.07" at 4 is 1450700.
pub fn decimalToMantissa(text: []const u8, scale: u8) NumberError!i64 {
    var digits = text;
    const is_negative = text.len > 0 and text[0] == '-';
    if (text.len > 0 and (text[0] == '-' or text[0] == '+')) digits = text[1..];
    var value: i128 = 0;
    var seen: usize = 0;
    var after: ?u8 = null;
    for (digits) |letter| {
        if (letter == '.' and after == null) {
            after = 0;
            continue;
        }
        if (letter < '0' or letter > '9') return error.NotANumber;
        seen += 1;
        if (after) |count| {
            if (count == scale) {
                if (letter != '0') return error.Inexact;
                continue;
            }
            after = count + 1;
        }
        value = value * 10 + (letter - '0');
        if (value > maximum) return error.TooLarge;
    }
    const ends_with_point = digits.len > 0 and digits[digits.len - 1] == '.';
    if (seen == 0 or ends_with_point) return error.NotANumber;
    var count = after orelse 0;
    while (count < scale) : (count += 1) {
        value *= 10;
        if (value > maximum) return error.TooLarge;
    }
    return @intCast(if (is_negative) -value else value);
}

/// The decimal text of a mantissa: 1450700 at 4 is "145.0700". `buffer` holds 48 bytes or more.
pub fn mantissaToDecimal(buffer: []u8, value: i64, scale: u8) []const u8 {
    var rest: u64 = @abs(value);
    var at = buffer.len;
    var digits: u8 = 0;
    while (rest != 0 or digits <= scale) : (digits += 1) {
        if (digits == scale and scale != 0) {
            at -= 1;
            buffer[at] = '.';
        }
        at -= 1;
        buffer[at] = '0' + @as(u8, @intCast(rest % 10));
        rest /= 10;
    }
    if (value < 0) {
        at -= 1;
        buffer[at] = '-';
    }
    return buffer[at..];
}

const maximum: i128 = (1 << 63) - 1;
