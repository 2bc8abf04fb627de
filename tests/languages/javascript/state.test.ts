// What does a restart keep, what do series and bars of trades hold, and which numbers does each engine hold exactly?
import assert from "node:assert/strict";
import test from "node:test";
import {
  Adx, BarSeries, Bollinger, candle, Ema, exact, Plan, Resampler, Series, Sma, SmaF64, Strategy, TradeBars, placeInBand, widthOfBand,
  type Bar, type Ctx, type Instrument, type Params, type Trade,
} from "ringfence";
import { Harness } from "ringfence/testing";
import { outgoing, PrecisionError, record, signed, unsigned } from "../../../guest-sdk/javascript/src/engine";
import { load, save } from "../../../guest-sdk/javascript/src/state";

const MINUTE = 60_000_000_000n;

/** Everything that can be kept. */
class Holds extends Strategy {
  static notKept = ["qty"];
  qty = 0;
  bars = new BarSeries(3);
  making = new TradeBars(MINUTE);
  average = new SmaF64(2);
  exact = new Sma(2);
  adx = new Adx(2);
  sides: string[] = [];
  last: Trade | undefined = undefined;
  figures: Record<string, number | undefined> = {};

  override setup(params: Params, instruments: Instrument[]): Plan {
    this.qty = params.count("qty", 1);
    this.average = new SmaF64(params.count("length", 2));
    return new Plan().trades(instruments[0]?.id ?? 0);
  }

  override onTrade(ctx: Ctx, trade: Trade): void {
    this.last = trade;
    this.sides.push(trade.aggressor ?? "none");
    this.exact.update(trade.price);
    this.figures = { average: this.average.update(trade.price), odd: NaN, zero: -0 };
    const bar = this.making.update(ctx.time, trade);
    if (bar !== undefined) {
      this.bars.push(bar);
      this.adx.update(candle(bar));
    }
    const words = [this.bars.highest(3), this.sides.length, this.figures["average"], this.figures["odd"], Object.is(this.figures["zero"], -0)];
    ctx.note([...words, this.last?.qty, this.exact.sum, this.adx.adx].join(" "));
  }
}

const LINES = Array.from({ length: 11 }, (_, at) => `${at + 1}m trade SPY ${9 + (at % 3)}.1${at % 10} ${at + 1} ${at % 2 === 0 ? "sell" : "buy"}`);

test("a restart before any event changes nothing", () => {
  const harness = new Harness(() => new Holds(), ["SPY 2 0"]);
  harness.checkRestarts(LINES.join("\n"));
  assert.match(harness.run(LINES.join("\n")), /^660s #11 note "1118 11 964\.5 NaN true 11 1929 42\.65269077924579"$/m);
});

test("parameters are those of the new session and a shorter window keeps the newest", () => {
  const old = new Harness(() => new Holds(), ["SPY 2 0"], { qty: 5, length: 4 }).start();
  old.feed("1s trade SPY 1 1\n2s trade SPY 2 1\n3s trade SPY 3 1\n4s trade SPY 4 1");
  const fresh = new Harness(() => new Holds(), ["SPY 2 0"], { qty: 7, length: 2 }).start().strategy;
  load(fresh, save(old.strategy));
  assert.ok(fresh instanceof Holds);
  assert.deepEqual([fresh.qty, fresh.average.update(500)], [7, 450]);
});

/** An object of an author. */
class Made {
  inner: unknown = 1;
}

function holding(inner: unknown): Made {
  const made = new Made();
  made.inner = inner;
  return made;
}

test("what cannot be kept is named", () => {
  assert.throws(() => save(holding(() => 1)), /state\.inner: a function cannot be kept in the state/);
  assert.throws(() => save(holding({ map: [new Map()] })), /state\.inner\.map\[0\]: a Map cannot be kept in the state/);
});

test("bytes that do not fit are refused", () => {
  assert.throws(() => load(new Made(), save(holding(new Made()))), /state\.inner is an object that `setup` does not make/);
  assert.throws(() => load(new Holds(), save(new Made())), /state has no `bars`: it is of another strategy/);
  for (const bad of ["", "{}", "[]", '{"version":1,"state":{}}', '{"version":2}']) {
    assert.throws(() => load(new Made(), new TextEncoder().encode(bad)));
  }
  assert.throws(() => load(new Made(), Uint8Array.of(255)));
  const text = holding("\u00e4 \u{1f600} %41");
  const back = new Made();
  load(back, save(text));
  assert.equal(back.inner, text.inner);
});

test("a series counts back from now", () => {
  const series = new Series<number>(3);
  for (let value = 10; value < 20; value += 1) series.push(value);
  assert.deepEqual([series.get(0), series.get(2), series.get(3), series.length, [...series]], [19, 17, undefined, 3, [19, 18, 17]]);
  assert.equal(new BarSeries(2).highest(5), undefined);
});

function bar(start: bigint, low: bigint, high: bigint): Bar {
  return { open: low, high, low, close: high, volume: 1n, openTime: start * MINUTE, intervalNs: MINUTE };
}

test("trades and short bars make longer ones", () => {
  const made = new TradeBars(MINUTE);
  const half = MINUTE / 2n;
  assert.equal(made.update(0n, { price: 5n, qty: 2n }), undefined);
  assert.equal(made.update(half, { price: 9n, qty: 2n }), undefined);
  const first = { open: 5n, high: 9n, low: 5n, close: 9n, volume: 4n, openTime: 0n, intervalNs: MINUTE };
  assert.deepEqual(made.update(5n * half, { price: 7n, qty: 2n }), first);
  assert.equal(made.until(3n * MINUTE - 1n), undefined);
  assert.equal(made.until(3n * MINUTE)?.openTime, 2n * MINUTE);
  assert.equal(made.until(9n * MINUTE), undefined);
  const fives = new Resampler(5n * MINUTE);
  const complete = [0n, 1n, 2n, 3n, 4n].map((at) => fives.update(bar(at, at, at + 3n)));
  assert.deepEqual(complete.flat(), [{ open: 0n, high: 7n, low: 0n, close: 7n, volume: 5n, openTime: 0n, intervalNs: 5n * MINUTE }]);
  assert.deepEqual(fives.update(bar(8n, 1n, 2n)), []);
  assert.deepEqual(fives.update(bar(14n, 3n, 4n)).map((one) => one.openTime), [5n * MINUTE, 10n * MINUTE]);
});

test("indicators answer from their warm-up on and begin anew", () => {
  const average = new SmaF64(3);
  assert.deepEqual([average.warmUp, average.over([1, 2, 6, 1])], [3, [undefined, undefined, 3, 3]]);
  assert.deepEqual(new Ema(3).over([1n, 2n, 3n]), [1, 1.5, 2.25]);
  const band = new Bollinger(2, 1).over([1, 3])[1] ?? { lower: 0, middle: 0, upper: 0 };
  assert.deepEqual([band, placeInBand(band, 3), widthOfBand(band)], [{ lower: 1, middle: 2, upper: 3 }, 1, 1]);
  const [fast, slow] = [new Sma(3), new Sma(6)];
  for (const value of [3n, 3n, 4n, 3n, 3n, 4n]) {
    fast.update(value);
    slow.update(value);
  }
  assert.ok(!fast.isAbove(slow) && !slow.isAbove(fast) && fast.isReady && slow.isReady);
});

test("money is exact", () => {
  assert.equal(exact({ lo: 2n ** 64n - 42n, hi: -1n, scale: 1 }), "-4.2");
  assert.equal(exact({ lo: 10n, hi: 0n, scale: 0 }), "10");
  assert.equal(exact({ lo: 0n, hi: 1n, scale: 4 }), "1844674407370955.1616");
});

const LAST = 2 ** 53 - 1;

test("numbers of both engines come in as they are, up to the last one that a float holds", () => {
  assert.deepEqual([signed(2n ** 64n - 1n, "x"), signed(-1, "x"), signed(LAST, "x"), signed(-LAST, "x")], [-1n, -1n, BigInt(LAST), -BigInt(LAST)]);
  assert.deepEqual([unsigned(2n ** 64n - 1n, "x"), unsigned(-1, "x"), unsigned(LAST, "x")], [2n ** 64n - 1n, 2n ** 64n - 1n, BigInt(LAST)]);
  for (const beyond of [LAST + 1, -LAST - 1, 1e18, NaN]) {
    assert.throws(() => signed(beyond, "trade.price"), (error) => error instanceof PrecisionError && error.message.startsWith(`trade.price = ${beyond}: beyond 9007199254740991`));
  }
});

test("a field that may have been rounded is refused when it is read, and no other", () => {
  const made = record<{ price: bigint; time: bigint }>({ price: 7, time: 1.4e18 }, { price: "s64", time: "u64" }, "bar");
  assert.equal(made.price, 7n);
  assert.throws(() => made.time, /bar\.time = 1400000000000000000: beyond/);
});

test("what goes out is exactly a float or refused with its place", () => {
  const intent = { tag: "submit", val: { limitPrice: 2n ** 53n, stopPrice: undefined, size: { tag: "quantity", val: -5n } } };
  assert.deepEqual(outgoing(intent, true, "submit"), { tag: "submit", val: { limitPrice: 2 ** 53, stopPrice: undefined, size: { tag: "quantity", val: -5 } } });
  assert.equal(outgoing(intent, false, "submit"), intent);
  intent.val.limitPrice += 1n;
  assert.throws(() => outgoing(intent, true, "submit"), /submit\.limitPrice = 9007199254740993: QuickJS has no float that is exactly this/);
  assert.throws(() => outgoing([{ tag: "time-ns", val: 2n ** 60n + 1n }], true, "bars"), /bars = 1152921504606846977/);
});
