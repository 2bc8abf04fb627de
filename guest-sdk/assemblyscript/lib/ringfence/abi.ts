/**
 * How do values get to the host and back? The imports of the interface, flat, as the canonical ABI has them, and the memory
 * that the host writes lists and texts to: blocks that last until the call returns.
 */

import { Decimal, Instrument } from "./types";

@external("ringfence:strategy/view@0.1.0", "top-of-book")
export declare function viewTopOfBook(instrument: u32, out: usize): void;
@external("ringfence:strategy/view@0.1.0", "depth")
export declare function viewDepth(instrument: u32, side: u32, levels: u32, out: usize): void;
@external("ringfence:strategy/view@0.1.0", "position-of")
export declare function viewPositionOf(instrument: u32, out: usize): void;
@external("ringfence:strategy/view@0.1.0", "account")
export declare function viewAccount(out: usize): void;
@external("ringfence:strategy/view@0.1.0", "open-orders")
export declare function viewOpenOrders(instrument: u32, limit: u32, out: usize): void;
@external("ringfence:strategy/view@0.1.0", "order")
export declare function viewOrder(id: u64, out: usize): void;
@external("ringfence:strategy/view@0.1.0", "instrument")
export declare function viewInstrument(instrument: u32, out: usize): void;
@external("ringfence:strategy/view@0.1.0", "bars")
export declare function viewBars(instrument: u32, spec: u32, size: u64, count: u32, out: usize): void;
@external("ringfence:strategy/intents@0.1.0", "emit")
export declare function emitIntent(
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
  out: usize,
): void;
@external("ringfence:strategy/intents@0.1.0", "emit-order")
export declare function emitOrder(request: usize, out: usize): void;
@external("ringfence:strategy/intents@0.1.0", "emit-schedule")
export declare function emitSchedule(
  instrument: u32,
  side: u32,
  sizeKind: u32,
  size: i64,
  boundKind: u32,
  bound: i64,
  postOnly: u32,
  reduceOnly: u32,
  start: u64,
  end: u64,
  curve: u32,
  c0: u32,
  c1: u32,
  out: usize,
): void;

/** Where answers are written to: the largest is an optional instrument. */
export const OUT: usize = memory.data(112, 8);

/** Bytes before a block that hold the block made before it. */
const HEAD: usize = 16;

let last: usize = 0;

/** A block that lasts until `reset`. */
export function take(size: usize): usize {
  const block = heap.alloc(HEAD + size);
  store<usize>(block, last);
  last = block;
  return block + HEAD;
}

/** Gives every block back; what is in them is still there for the host to read. */
export function reset(): void {
  while (last != 0) {
    const next = load<usize>(last);
    heap.free(last);
    last = next;
  }
}

/** As the canonical ABI asks for it; alignments are at most 8. */
export function cabi_realloc(old: usize, oldSize: usize, _alignment: usize, size: usize): usize {
  const block = take(size);
  if (old != 0) memory.copy(block, old, oldSize);
  return block;
}

/** The text at a pointer and a length. */
export function textAt(place: usize): string {
  return String.UTF8.decodeUnsafe(load<usize>(place), load<usize>(place, 4));
}

/** A text for the host: pointer and length, in a block. */
export function putText(text: string, place: usize): void {
  const utf8 = String.UTF8.encode(text);
  const block = take(utf8.byteLength);
  memory.copy(block, changetype<usize>(utf8), utf8.byteLength);
  store<usize>(place, block);
  store<usize>(place, utf8.byteLength, 4);
}

export function decimalAt(place: usize): Decimal {
  return new Decimal(load<u64>(place), load<i64>(place, 8), load<u8>(place, 16));
}

/** Bytes of `instrument-view`. */
export const INSTRUMENT_SIZE: usize = 104;

export function instrumentAt(place: usize): Instrument {
  const instrument = new Instrument();
  instrument.id = load<u32>(place);
  instrument.symbol = textAt(place + 4);
  instrument.kind = load<u8>(place, 12);
  instrument.priceScale = load<u8>(place, 13);
  instrument.qtyScale = load<u8>(place, 14);
  instrument.tick = load<i64>(place, 16);
  instrument.lot = load<i64>(place, 24);
  instrument.qtyMin = load<i64>(place, 32);
  instrument.qtyMax = load<i64>(place, 40);
  instrument.multiplier = decimalAt(place + 48);
  instrument.base = textAt(place + 72);
  instrument.quote = textAt(place + 80);
  instrument.settlement = textAt(place + 88);
  instrument.settlementScale = load<u8>(place, 96);
  instrument.state = load<u8>(place, 97);
  return instrument;
}
