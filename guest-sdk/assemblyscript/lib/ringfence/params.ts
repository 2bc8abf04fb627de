/** What was the strategy configured with? Typed and checked; what is wrong says which parameter, its value and range. */

import { NOT_A_MANTISSA, decimalToMantissa } from "./numbers";
import { Instrument } from "./types";

/**
 * Parameters by name. The first thing that is wrong refuses the session, whatever `setup` does after it: the answer is then
 * some value in range.
 */
export class Params {
  private keys: string[] = [];
  private values: string[] = [];
  private isRead: bool[] = [];
  /** Why the session is refused; empty while it is not. */
  reason: string = "";

  add(key: string, value: string): void {
    this.keys.push(key);
    this.values.push(value);
    this.isRead.push(false);
  }

  /** Refuses the session; the text is shown to whoever wrote the configuration. */
  refuse(reason: string): void {
    if (this.reason.length == 0) this.reason = reason;
  }

  has(key: string): bool {
    return this.keys.includes(key);
  }

  /** A text. */
  text(key: string): string {
    const at = this.keys.indexOf(key);
    if (at < 0) {
      this.refuse("parameter `" + key + "` is missing");
      return "";
    }
    this.isRead[at] = true;
    return this.values[at];
  }

  /** A text, `otherwise` where it is not given. */
  textOr(key: string, otherwise: string): string {
    return this.has(key) ? this.text(key) : otherwise;
  }

  /** A whole number from `least` to `most`, `otherwise` where it is not given. */
  count(key: string, otherwise: u32, least: u32 = 1, most: u32 = 100_000): u32 {
    if (!this.has(key)) return otherwise;
    const text = this.text(key);
    const value = isDigits(text) ? decimalToMantissa(text, 0) : NOT_A_MANTISSA;
    if (value >= (least as i64) && value <= (most as i64)) return value as u32;
    return this.wanted(key, text, "a whole number from " + least.toString() + " to " + most.toString()) as u32;
  }

  /** A quantity above 0, as a mantissa at the instrument's quantity scale. */
  qty(key: string, instrument: Instrument): i64 {
    return this.positive(key, instrument.qtyScale, "a quantity");
  }

  /** A price above 0, as a mantissa at the instrument's price scale. */
  price(key: string, instrument: Instrument): i64 {
    return this.positive(key, instrument.priceScale, "a price");
  }

  /** A parameter that nothing asked for is a mistake in the configuration. */
  checkAllRead(): void {
    const at = this.isRead.indexOf(false);
    if (at >= 0) this.refuse("unknown parameter `" + this.keys[at] + "`");
  }

  private positive(key: string, scale: u8, what: string): i64 {
    if (!this.has(key)) {
      this.text(key);
      return 1;
    }
    const text = this.text(key);
    const value = decimalToMantissa(text, scale);
    if (value > 0) return value;
    return this.wanted(key, text, what + " above 0 with at most " + scale.toString() + " digits after the point");
  }

  private wanted(key: string, text: string, want: string): i64 {
    this.refuse("parameter `" + key + "` = `" + text + "`: want " + want);
    return 1;
  }
}

function isDigits(text: string): bool {
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter < 0x30 || letter > 0x39) return false;
  }
  return text.length > 0;
}
