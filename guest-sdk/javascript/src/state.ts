/**
 * How does a strategy's state become bytes and come back?
 *
 * Every property of the strategy and of the objects in it is kept: numbers, `bigint`s, texts, flags, arrays, plain objects.
 * `setup` makes the objects of classes, so a snapshot holds values alone. Properties that a class names in `static notKept` stay
 * out of it: those that `setup` makes of parameters, so that new parameters are in force after a swap.
 *
 * In JSON what has no form of its own is an object with one key: `n` a `bigint`, `f` a float without digits, `u` undefined, `o` a
 * plain object, `c` an object of a class.
 */

const VERSION = 2;

/** The state of an object. Throws a `TypeError` for a property that cannot be kept, with its place. */
export function save(strategy: object): Uint8Array {
  return bytesOf(JSON.stringify({ version: VERSION, state: fields(strategy, "state") }));
}

/** Puts a state into an object that `setup` has just made. Throws an `Error` where it does not fit. */
export function load(strategy: object, bytes: Uint8Array): void {
  const saved: unknown = JSON.parse(textOf(bytes));
  if (!isTable(saved) || saved["version"] !== VERSION || !isTable(saved["state"])) {
    throw new TypeError("not a snapshot of this version");
  }
  into(strategy, saved["state"], "state");
}

type Table = Record<string, unknown>;

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kept(value: object): string[] {
  const leftOut = new Set<string>();
  for (let kind: unknown = value.constructor; typeof kind === "function"; kind = Object.getPrototypeOf(kind)) {
    const names: unknown = Object.hasOwn(kind, "notKept") ? (kind as unknown as Table)["notKept"] : [];
    for (const name of names as string[]) leftOut.add(name);
  }
  return Object.keys(value).filter((key) => !leftOut.has(key));
}

function fields(value: object, place: string): Table {
  const table = value as Table;
  return Object.fromEntries(kept(value).map((key) => [key, out(table[key], `${place}.${key}`)]));
}

function out(value: unknown, place: string): unknown {
  if (typeof value === "bigint") return { n: value.toString() };
  if (value === undefined) return { u: true };
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : { f: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value === "function" || typeof value === "symbol") throw new TypeError(`${place}: a ${typeof value} cannot be kept in the state`);
  if (Array.isArray(value)) return value.map((item, at) => out(item, `${place}[${at}]`));
  if (typeof value !== "object" || value === null) return value;
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind === Object.prototype || kind === null) return { o: fields(value, place) };
  if (value instanceof Map || value instanceof Set || value instanceof Date || ArrayBuffer.isView(value)) {
    throw new TypeError(`${place}: a ${value.constructor.name} cannot be kept in the state`);
  }
  return { c: fields(value, place) };
}

function back(old: unknown, saved: unknown, place: string): unknown {
  if (Array.isArray(saved)) {
    return saved.map((item, at) => back(Array.isArray(old) ? old[at] : undefined, item, `${place}[${at}]`));
  }
  if (!isTable(saved)) return saved;
  if ("n" in saved) return BigInt(saved["n"] as string);
  if ("u" in saved) return undefined;
  if ("f" in saved) return Number(saved["f"]);
  if (isTable(saved["o"])) {
    return Object.fromEntries(Object.entries(saved["o"]).map(([key, item]) => [key, back((old as Table | undefined)?.[key], item, `${place}.${key}`)]));
  }
  if (typeof old !== "object" || old === null || !isTable(saved["c"])) {
    throw new TypeError(`${place} is an object that \`setup\` does not make`);
  }
  into(old, saved["c"], place);
  return old;
}

/** `setup` has made the objects; values alone are put back. */
function into(target: object, saved: Table, place: string): void {
  const table = target as Table;
  const left = kept(target).find((key) => !Object.hasOwn(saved, key));
  if (left !== undefined) throw new TypeError(`${place} has no \`${left}\`: it is of another strategy`);
  for (const [key, value] of Object.entries(saved)) table[key] = back(table[key], value, `${place}.${key}`);
}

/** UTF-8 by hand: not every engine has TextEncoder. */
function bytesOf(text: string): Uint8Array {
  const utf8 = encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return Uint8Array.from(utf8, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  let escaped = "";
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
  return decodeURIComponent(escaped);
}
