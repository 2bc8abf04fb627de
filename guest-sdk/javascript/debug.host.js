// What stands in the host's place: the recorded answers, as long as the source asks and emits what its component did.

/** True once the next method of the strategy is the one to stop at. */
export const stopping = { now: false };

/** The source did something else. */
export class Difference extends Error {}

const told = { schema: undefined, wide: BigInt, left: [], difference: undefined };

/** What the types of the interface are, and what 64 bits are in this engine. */
export function begin(schema, wide) {
  told.schema = schema;
  told.wide = wide;
}

/** The recorded calls of imports of the call that comes. */
export function expect(imports) {
  told.left = imports;
}

/** What came otherwise than recorded in this call, whatever the source did with the error; what is recorded and was not
 * asked, unless the call was cut short. */
export function different(isCutShort) {
  if (told.difference !== undefined || told.left.length === 0 || isCutShort) return told.difference;
  return difference(told.left[0], undefined);
}

/** Answers an import. */
export function answer(name, given) {
  const { params, result } = told.schema.functions[name];
  const asked = params.map((type, at) => written(type, given[at]));
  const recorded = told.left.shift();
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  if (recorded === undefined || recorded[0] !== name || !same(recorded[1] ?? [], asked)) {
    told.difference ??= difference(recorded, [name, asked]);
    throw new Difference(told.difference);
  }
  const value = recorded[2][0];
  if (result.result === undefined) return read(result, value);
  if ("Err" in value) throw Object.assign(new Error("emit"), { payload: read(result.result.err, value.Err) });
  return read(result.result.ok, value.Ok);
}

function difference(recorded, source) {
  const said = (call) => (call === undefined ? "nothing more" : `${call[0]}${JSON.stringify(call[1] ?? [])}`);
  return `first difference\n  recorded  ${said(recorded)}\n  source    ${said(source)}`;
}

const WIDE = new Set(["u64", "s64"]);
const NARROW = new Set(["u8", "u16", "u32", "s8", "s16", "s32", "f32", "f64"]);

/** `touch-price` is `touchPrice`, and `TouchPrice` as a case. */
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replaceAll("-", "_");
const pascal = (name) => camel(`-${name}`);

/** A value of the interface from a transcript's JSON, in which numbers are texts. */
export function read(type, value) {
  if (typeof type === "string") {
    if (WIDE.has(type)) return told.wide(value);
    return NARROW.has(type) ? Number(value) : value;
  }
  if (type.name !== undefined) return read(told.schema.types[type.name], value);
  if (type.option !== undefined) return value === null ? undefined : read(type.option, value);
  if (type.list !== undefined) return value.map((item) => read(type.list, item));
  if (type.enum !== undefined) return type.enum.find((name) => pascal(name) === value);
  if (type.record !== undefined) {
    return Object.fromEntries(type.record.map(([name, inner]) => [camel(name), read(inner, value[snake(name)])]));
  }
  const [found, inner] = typeof value === "string" ? [value, undefined] : Object.entries(value)[0];
  const [tag, payload] = type.variant.find(([name]) => pascal(name) === found);
  return payload === null ? { tag } : { tag, val: read(payload, inner) };
}

/** A transcript's JSON of a value. */
export function written(type, value) {
  if (typeof type === "string") return WIDE.has(type) || NARROW.has(type) ? String(value) : value;
  if (type.name !== undefined) return written(told.schema.types[type.name], value);
  if (type.option !== undefined) return value === undefined || value === null ? null : written(type.option, value);
  if (type.list !== undefined) return Array.from(value, (item) => written(type.list, item));
  if (type.enum !== undefined) return pascal(value);
  if (type.record !== undefined) {
    return Object.fromEntries(type.record.map(([name, inner]) => [snake(name), written(inner, value[camel(name)])]));
  }
  const [name, payload] = type.variant.find(([tag]) => tag === value.tag);
  return payload === null ? pascal(name) : { [pascal(name)]: written(payload, value.val) };
}
