// What does a parameter that cannot be used say?
import assert from "node:assert/strict";
import test from "node:test";
import { Params, Plan, SetupError, Strategy, type Ctx, type Instrument } from "ringfence";
import { Harness } from "ringfence/testing";

/** Asks for one parameter. */
class Reads extends Strategy {
  override setup(params: Params, instruments: Instrument[]): Plan {
    params.count("length", 5);
    const id = instruments[0]?.id ?? 0;
    return new Plan().trades(id, 1).bars(id);
  }

  override onTrade(ctx: Ctx): void {
    ctx.buy(1n);
  }
}

const make = (): Reads => new Reads();
const [SPY, , QQQ] = new Harness(make, ["X:SPY 2 0", "Y:SPY 2 0", "X:QQQ 2 1"]).instruments as [Instrument, Instrument, Instrument];
const ALL = [SPY, { ...SPY, symbol: "Y:SPY" }, QQQ];

function refusal(values: Record<string, string>, read: (params: Params) => unknown): string {
  try {
    read(new Params(Object.entries(values)));
  } catch (error) {
    assert.ok(error instanceof SetupError);
    return error.message;
  }
  throw new Error("it was taken");
}

test("values are read in the author's types", () => {
  const given = { n: "7", share: "1e-3", money: "1.50", hold: "1.5s", on: "true", side: "sell", lengths: "10, 20", symbol: "QQQ", qty: "0.5", price: "-1.25" };
  const params = new Params(Object.entries(given));
  assert.deepEqual([params.count("n"), params.count("m", 9), params.number("share", { least: 0, most: 1 })], [7, 9, 0.001]);
  assert.equal(params.decimal("money", 2, { least: 0n, most: 200n }), 150n);
  assert.equal(params.durationNs("hold"), 1_500_000_000n);
  assert.deepEqual([params.boolean("on"), params.oneOf("side", { buy: 1, sell: -1 })], [true, -1]);
  assert.deepEqual(params.items("lengths", (one) => one.count("lengths", undefined, 1, 200)), [10, 20]);
  assert.equal(params.instrument("symbol", ALL).id, 3);
  assert.deepEqual([params.qty("qty", QQQ), params.price("price", SPY)], [5n, -125n]);
  params.checkAllRead();
});

test("what is wrong is named with key, value and range", () => {
  assert.equal(refusal({}, (p) => p.count("n")), "parameter `n` is missing");
  for (const bad of ["0", "11", "x", "1.5", "", "-", "--1", "\u0661", "0x5", "1e0"]) {
    const want = `parameter \`n\` = \`${bad}\`: want a whole number from 1 to 10`;
    assert.equal(refusal({ n: bad }, (p) => p.count("n", undefined, 1, 10)), want);
  }
  for (const bad of ["1.01", "NaN", "Infinity", "1_0", "x", "", "0x1"]) {
    const want = `parameter \`f\` = \`${bad}\`: want a number from 0 to 1`;
    assert.equal(refusal({ f: bad }, (p) => p.number("f", { least: 0, most: 1 })), want);
  }
  const decimal = "parameter `d` = `2.01`: want a decimal with at most 2 digits after the point, in mantissas from 0 to 200";
  assert.equal(refusal({ d: "2.01" }, (p) => p.decimal("d", 2, { least: 0n, most: 200n })), decimal);
  const duration = "parameter `t` = `90`: want a duration like 500ms, 90s or 1d from 0ns to 1000ns";
  assert.equal(refusal({ t: "90" }, (p) => p.durationNs("t", undefined, { most: 1000n })), duration);
  assert.equal(refusal({ b: "yes" }, (p) => p.boolean("b")), "parameter `b` = `yes`: want one of false, true");
  assert.equal(refusal({ c: "toString" }, (p) => p.choice("c", ["a", "b"])), "parameter `c` = `toString`: want one of a, b");
  const items = "parameter `l` = `1,,2`: want 1 to 3 items with commas between them";
  assert.equal(refusal({ l: "1,,2" }, (p) => p.items("l", (one) => one.text("l"), { most: 3 })), items);
  const symbol = "parameter `s` = `SPY`: want one of X:SPY, Y:SPY, X:QQQ";
  assert.equal(refusal({ s: "SPY" }, (p) => p.instrument("s", ALL)), symbol);
  for (const bad of ["0", "-1", "0.55", "1e3", "9999999999999999999"]) {
    const want = `parameter \`q\` = \`${bad}\`: want a quantity above 0 with at most 1 digits after the point`;
    assert.equal(refusal({ q: bad }, (p) => p.qty("q", QQQ)), want);
  }
  const fast = "parameter `fast` = `30`: want fewer than `slow`, which is 20";
  assert.equal(refusal({ fast: "30" }, (p) => p.require("fast", false, "fewer than `slow`, which is 20")), fast);
});

test("a parameter that nobody asked for refuses the session", () => {
  assert.throws(() => new Harness(make, ["SPY 2 0"], { lenght: 3 }).run("1s time"), /unknown parameter `lenght`; known: length/);
});

test("warming up refuses and says nothing", () => {
  const harness = new Harness(make, ["SPY 2 0"]);
  assert.equal(harness.plan(), "trade SPY warm-up 1\nbar SPY\n");
  const said = harness.run("1s trade SPY 10 1\n2s trade SPY 10 1");
  assert.equal(said, "1s refused warmup: buy SPY 1 market ioc\n2s #1 buy SPY 1 market ioc\n");
});
