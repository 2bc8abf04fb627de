/**
 * How does a strategy's state become bytes and come back?
 *
 * One method names the values, for both ways: `this.count = archive.item<u32>(this.count)` answers the same value while a
 * snapshot is taken, and the saved one while it is read.
 */

const VERSION: u32 = 1;

export class Archive {
  private bytes: Array<u8> = [];
  private at: i32 = 0;
  private isLoading: bool = false;
  /** What does not fit; empty while all does. */
  reason: string = "";

  static saving(): Archive {
    const archive = new Archive();
    archive.item<u32>(VERSION);
    return archive;
  }

  static loading(start: usize, size: i32): Archive {
    const archive = new Archive();
    for (let at = 0; at < size; at++) archive.bytes.push(load<u8>(start + at));
    archive.isLoading = true;
    if (archive.item<u32>(0) != VERSION) archive.refuse("not a snapshot of this version");
    return archive;
  }

  /** A number or a flag. */
  item<T>(value: T): T {
    const size = sizeof<T>() as i32;
    const cell = CELL;
    if (!this.isLoading) {
      store<T>(cell, value);
      for (let at = 0; at < size; at++) this.bytes.push(load<u8>(cell + at));
      return value;
    }
    if (this.bytes.length - this.at < size) {
      this.refuse("the snapshot ends too early");
      return value;
    }
    for (let at = 0; at < size; at++) store<u8>(cell + at, this.bytes[this.at + at]);
    this.at += size;
    return load<T>(cell);
  }

  /** A text. */
  text(value: string): string {
    const utf8 = Uint8Array.wrap(String.UTF8.encode(value));
    const size = this.item<u32>(utf8.length) as i32;
    if (!this.isLoading) {
      for (let at = 0; at < size; at++) this.bytes.push(utf8[at]);
      return value;
    }
    if (this.bytes.length - this.at < size || size < 0) {
      this.refuse("the snapshot ends too early");
      return value;
    }
    const saved = new Uint8Array(size);
    for (let at = 0; at < size; at++) saved[at] = this.bytes[this.at + at];
    this.at += size;
    return String.UTF8.decode(saved.buffer);
  }

  /** A list of numbers, which may have another length than the saved one. */
  list<T>(values: T[]): T[] {
    const size = this.item<u32>(values.length) as i32;
    if (!this.isLoading) {
      for (let at = 0; at < size; at++) this.item<T>(values[at]);
      return values;
    }
    if ((this.bytes.length - this.at) / (sizeof<T>() as i32) < size || size < 0) {
      this.refuse("the snapshot ends too early");
      return values;
    }
    const saved: T[] = [];
    for (let at = 0; at < size; at++) saved.push(this.item<T>(0 as T));
    return saved;
  }

  refuse(reason: string): void {
    if (this.reason.length == 0) this.reason = "restore: " + reason;
  }

  /** The snapshot. */
  saved(): Array<u8> {
    return this.bytes;
  }

  /** What is left over was not written by this strategy. */
  finish(): void {
    if (this.at != this.bytes.length) this.refuse("the snapshot goes on behind its end");
  }
}

const CELL: usize = memory.data(8, 8);
