/** How does a decimal text become a mantissa, and back? Exact both ways; what does not fit is `NOT_A_MANTISSA`. */

/** What no mantissa is: -2^63. */
export const NOT_A_MANTISSA: i64 = i64.MIN_VALUE;

/** The integer that `text` is at `scale` digits after the point, or `NOT_A_MANTISSA`: "145.07" at 4 is 1450700. */
export function decimalToMantissa(text: string, scale: u8): i64 {
  const isNegative = text.startsWith("-");
  const first = isNegative || text.startsWith("+") ? 1 : 0;
  let value: i64 = 0;
  let seen = 0;
  let after = -1;
  for (let at = first; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter == POINT && after < 0) {
      after = 0;
      continue;
    }
    if (letter < ZERO || letter > ZERO + 9) return NOT_A_MANTISSA;
    seen++;
    if (after >= 0) {
      if (after == (scale as i32)) {
        if (letter != ZERO) return NOT_A_MANTISSA;
        continue;
      }
      after++;
    }
    value = shifted(value, letter - ZERO);
    if (value == NOT_A_MANTISSA) return value;
  }
  if (seen == 0 || text.charCodeAt(text.length - 1) == POINT) return NOT_A_MANTISSA;
  for (let count = max(after, 0); count < (scale as i32); count++) {
    value = shifted(value, 0);
    if (value == NOT_A_MANTISSA) return value;
  }
  return isNegative ? -value : value;
}

/** The decimal text of a mantissa: 1450700 at 4 is "145.0700". */
export function mantissaToDecimal(value: i64, scale: u8): string {
  const size: u64 = value < 0 ? 0 - (value as u64) : (value as u64);
  const digits = size.toString().padStart(scale + 1, "0");
  const sign = value < 0 ? "-" : "";
  if (scale == 0) return sign + digits;
  return sign + digits.slice(0, digits.length - scale) + "." + digits.slice(digits.length - scale);
}

const POINT: i32 = 0x2e;
const ZERO: i32 = 0x30;

function shifted(value: i64, digit: i32): i64 {
  return value > (i64.MAX_VALUE - digit) / 10 ? NOT_A_MANTISSA : value * 10 + digit;
}
