// Which order follows from what was given? The lines are those of the Rust SDK for the same calls.
import assert from "node:assert/strict";
import test from "node:test";
import { Plan, Rejected, Strategy, type Ctx, type Instrument, type OrderOptions, type Params, type Trade } from "ringfence";
import { Harness } from "ringfence/testing";

const SECOND = 1_000_000_000n;

/** One order of each kind with the first trade. */
class Every extends Strategy {
  override setup(_params: Params, instruments: Instrument[]): Plan {
    return new Plan().trades(instruments[0]?.id ?? 0);
  }

  override onTrade(ctx: Ctx, { price }: Trade): void {
    ctx.buy(5n);
    ctx.buy(5n, { stop: price });
    ctx.buy(5n, { stop: price, limit: price + 1n, tif: "day" });
    ctx.sell(5n, { ifTouched: price, slippageBps: 5 });
    ctx.sell(5n, { ifTouched: price, limit: price, triggerBy: "mark" });
    ctx.sell(5n, { trail: 50n });
    ctx.sell(5n, { trailBps: 25n, limitOffset: 5n });
    ctx.sell(5n, { trailTicks: 3n, limitOffset: 2n, triggerBy: "touch" });
    ctx.buy(5n, { marketToLimit: true });
    ctx.buy(5n, { limit: price, goodTill: 5n * SECOND, display: 1n });
    ctx.buy(5n, { tif: "at-open" });
    ctx.buy({ notional: 500n }, { limit: price, tif: "at-close" });
    ctx.sell(5n, { stop: price, after: 1n, groupKind: "oco" });
    ctx.sell(5n, { limit: price, groupKind: "ouo", group: 13n });
    const bracket = ctx.bracket("buy", 5n, { takeProfit: price + 50n, stopLoss: price - 50n }, { limit: price });
    assert.deepEqual(bracket, { entry: 15n, takeProfit: 16n, stopLoss: 17n });
    ctx.twap("buy", 5n, 4, { start: 2n * SECOND, end: 9n * SECOND, limit: price });
    ctx.vwap("sell", 5n, [1, 2], { end: 9n * SECOND, slippageBps: 5 });
    ctx.participate("sell", 5n, { slices: 4, bps: 500 }, { end: 9n * SECOND, limit: price, postOnly: true, reduceOnly: true });
    const rungs = ctx.scale("buy", 11n, { to: price - 10n, steps: 4 }, { limit: price, postOnly: true });
    assert.deepEqual(rungs, [21n, 22n, 23n, 24n]);
    ctx.scale("sell", 2n, { to: price + 7n, steps: 2 }, { limit: price, reduceOnly: true, tif: "day" });
    refused(ctx, price);
  }
}

function refused(ctx: Ctx, price: bigint): void {
  const malformed = (error: unknown): boolean => error instanceof Rejected && error.reason === "malformed";
  const bad: [bigint, OrderOptions, number][] = [
    [4n, { limit: price }, 0],
    [4n, { limit: price }, 1],
    [4n, { limit: price }, 5],
    [4n, { limit: price }, 33],
    [4n, { limit: price }, 2.5],
    [5n, {}, 2],
    [5n, { limit: price, stop: price }, 2],
    [5n, { limit: price, instrument: 7 }, 2],
  ];
  for (const [qty, options, steps] of bad) {
    assert.throws(() => ctx.scale("buy", qty, { to: price - 10n, steps }, options), malformed);
  }
  assert.throws(() => ctx.twap("buy", 5n, 1, { end: SECOND }), malformed);
  assert.throws(() => ctx.buy(5n, { stop: price, trail: 1n }), /both `stop` and `trail`/);
  // @ts-expect-error There is no such option.
  assert.throws(() => ctx.buy(5n, { lmit: price }), /no option `lmit`; known: instrument, limit/);
}

test("the type follows from what was given", () => {
  assert.equal(
    new Harness(() => new Every(), ["SPY 2 0"]).run("1s trade SPY 10.00 5"),
    `1s #1 buy SPY 5 market ioc
1s #2 buy SPY 5 stop-market stop @10.00 gtc
1s #3 buy SPY 5 stop-limit @10.01 stop @10.00 day
1s #4 sell SPY 5 market-if-touched stop @10.00 gtc slippage 5bps
1s #5 sell SPY 5 limit-if-touched @10.00 stop @10.00 gtc by mark
1s #6 sell SPY 5 trailing-stop-market gtc trail 0.50
1s #7 sell SPY 5 trailing-stop-limit gtc trail 25bps limit-offset 5bps
1s #8 sell SPY 5 trailing-stop-limit gtc trail 3ticks limit-offset 2ticks by touch
1s #9 buy SPY 5 market-to-limit gtc
1s #10 buy SPY 5 limit @10.00 gtd until 5s display 1
1s #11 buy SPY 5 market at-open
1s #12 buy SPY notional 5.00 limit @10.00 at-close
1s #13 sell SPY 5 stop-market stop @10.00 gtc after #1 oco
1s #14 sell SPY 5 limit @10.00 gtc ouo #13
1s #15 buy SPY 5 limit @10.00 gtc
1s #16 sell SPY 5 limit @10.50 gtc reduce-only after #15 ouo
1s #17 sell SPY 5 stop-market stop @9.50 gtc reduce-only after #15 ouo #16
1s #18 schedule buy SPY 5 @10.00 even 4 from 2s to 9s
1s #19 schedule sell SPY 5 slippage 5bps profile [1, 2] to 9s
1s #20 schedule sell SPY 5 @10.00 volume 4 500bps to 9s post-only reduce-only
1s #21 buy SPY 3 limit @10.00 gtc post-only
1s #22 buy SPY 3 limit @9.97 gtc post-only
1s #23 buy SPY 3 limit @9.94 gtc post-only
1s #24 buy SPY 2 limit @9.90 gtc post-only
1s #25 sell SPY 1 limit @10.00 day reduce-only
1s #26 sell SPY 1 limit @10.07 day reduce-only
`,
  );
});

/**
 * Does what the quantity of a trade says: 1 closes, 2 reverses, 3 closes and 4 buys the second instrument, above 1000 aims at that
 * much less 2000.
 */
class Told extends Strategy {
  override setup(_params: Params, instruments: Instrument[]): Plan {
    return new Plan().trades(instruments[0]?.id ?? 0);
  }

  override onTrade(ctx: Ctx, { price: limit, qty }: Trade): void {
    const actions: Record<string, () => bigint | undefined> = {
      "1": () => ctx.close({ limit }),
      "2": () => ctx.reverse({ limit }),
      "3": () => ctx.close({ limit, instrument: 2 }),
      "4": () => ctx.buy(7n, { limit, instrument: 2 }),
    };
    const action = actions[qty.toString()] ?? ((): bigint | undefined => ctx.target(qty - 2000n, { limit }));
    if (action() === undefined) ctx.note("nothing");
  }
}

function told(...script: string[]): string[] {
  return new Harness(() => new Told(), ["SPY 2 0", "QQQ 2 0"]).start().feed(script.join("\n"));
}

test("closing is the whole other side and only reduces", () => {
  const script = ["1s trade SPY 10.00 1", "2s trade SPY 10.00 2100", "2s accepted 2", "2s filled 2 40 @10", "2s filled 2 60 @10", "3s trade SPY 10.10 1"];
  assert.deepEqual(told(...script), [
    '1s #1 note "nothing"',
    "2s #2 buy SPY 100 limit @10.00 gtc",
    "3s #3 sell SPY 100 limit @10.10 gtc reduce-only",
  ]);
});

test("reversing is twice the position", () => {
  assert.deepEqual(told("1s trade SPY 10.00 2", "2s trade SPY 10.00 1900", "2s filled 2 100 @10", "3s trade SPY 10.10 2"), [
    '1s #1 note "nothing"',
    "2s #2 sell SPY 100 limit @10.00 gtc",
    "3s #3 buy SPY 200 limit @10.10 gtc",
  ]);
});

test("a target counts what is on its way", () => {
  const first = ["1s trade SPY 10 2100", "1s accepted 1", "1s filled 1 30 @10", "2s trade SPY 10 2100", "3s trade SPY 10 2150"];
  assert.deepEqual(told(...first, "3s canceled 1", "4s trade SPY 10 2150", "5s trade SPY 10 2000"), [
    "1s #1 buy SPY 100 limit @10.00 gtc",
    '2s #2 note "nothing"',
    "3s #3 buy SPY 50 limit @10.00 gtc",
    "4s #4 buy SPY 70 limit @10.00 gtc",
    "5s #5 sell SPY 150 limit @10.00 gtc",
  ]);
});

test("a target on the way to nothing only reduces and one beyond does not", () => {
  const first = ["1s trade SPY 10 2100", "1s filled 1 100 @10", "2s trade SPY 10 2040", "2s filled 2 60 @10"];
  assert.deepEqual(told(...first, "3s trade SPY 10 2000", "3s canceled 3", "4s trade SPY 10 1990"), [
    "1s #1 buy SPY 100 limit @10.00 gtc",
    "2s #2 sell SPY 60 limit @10.00 gtc reduce-only",
    "3s #3 sell SPY 40 limit @10.00 gtc reduce-only",
    "4s #4 sell SPY 50 limit @10.00 gtc",
  ]);
});

test("another instrument is asked for", () => {
  assert.deepEqual(told("1s trade SPY 10 3", "2s trade SPY 10 4", "2s filled 2 7 @10", "3s trade SPY 10 3", "4s trade SPY 10 1"), [
    '1s #1 note "nothing"',
    "2s #2 buy QQQ 7 limit @10.00 gtc",
    "3s #3 sell QQQ 7 limit @10.00 gtc reduce-only",
    '4s #4 note "nothing"',
  ]);
});
