// Indicators of the TypeScript SDK on a series of bars: the counterpart of `indicators.py`, with the same lines for the same file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as sdk from "ringfence/indicators";
import type { Candle } from "ringfence";
import { load, save } from "../../../guest-sdk/javascript/src/state";

const PRICES: Record<string, number[]> = {
  Ema: [20], SmaF64: [20], SeededEma: [20], Rma: [14], Wma: [20], Dema: [20], Tema: [20], Trima: [20], Hma: [16], Rsi: [14],
  StochRsi: [14, 14, 3], Macd: [12, 26, 9], Ppo: [12, 26], Roc: [10], Momentum: [10], Cmo: [14], Trix: [15], Variance: [20],
  StdDev: [20], Bollinger: [20, 2], ZScore: [20], Minimum: [20], Maximum: [20], MidPoint: [14],
};
const BARS: Record<string, number[]> = {
  Vwma: [20], Vwap: [], Stochastic: [14, 3, 3], Cci: [20], WilliamsR: [14], TrueRange: [], Atr: [14], Natr: [14],
  Keltner: [20, 10, 2], Donchian: [20], MidPrice: [14], DirectionalMovement: [14], Adx: [14], Aroon: [25], Obv: [],
  AccumulationDistribution: [], ChaikinMoneyFlow: [20], Mfi: [14],
};

type Kind = new (...parameters: number[]) => sdk.Indicator<unknown, unknown>;
type Line = (string | null)[];

const table: Candle[] = readFileSync(process.argv[2] ?? "", "utf8").trim().split("\n").slice(1).map((row) => {
  const [open = NaN, high = NaN, low = NaN, close = NaN, volume = NaN] = row.split(",").map(Number);
  return { open, high, low, close, volume };
});
const lines: Record<string, Line> = {};
for (const [name, parameters] of Object.entries(PRICES)) add(name, parameters, table.map((bar) => bar.close));
for (const [name, parameters] of Object.entries(BARS)) add(name, parameters, table);
const offered = Object.entries(sdk).filter(([, kind]) => typeof kind === "function" && "prototype" in kind && "update" in kind.prototype);
const leftOut = offered.map(([name]) => name).filter((name) => !(name in PRICES) && !(name in BARS) && !["Sma", "Indicator"].includes(name));
assert.deepEqual(leftOut, [], "not compared");
process.stdout.write(JSON.stringify(lines));

function add(name: string, parameters: number[], inputs: unknown[]): void {
  const make = (): { indicator: sdk.Indicator<unknown, unknown> } => ({ indicator: new ((sdk as unknown as Record<string, Kind>)[name] as Kind)(...parameters) });
  const over = make().indicator.over(inputs);
  const { warmUp } = make().indicator;
  assert.equal(over.slice(0, warmUp).filter((answer) => answer === undefined).length, warmUp - 1, name);
  let holder = make();
  const single = inputs.map((value, at) => {
    if ([1, 5, 19, inputs.length >> 1].includes(at)) {
      const saved = save(holder);
      holder = make();
      load(holder, saved);
    }
    return holder.indicator.update(value);
  });
  assert.deepEqual(single, over, `${name}: a restart changes it`);
  const known = over.find((answer) => answer !== undefined);
  if (typeof known === "number") lines[name] = over.map((answer) => bits(answer as number | undefined));
  else for (const field of Object.keys(known as object)) lines[`${name}.${field}`] = over.map((answer) => bits((answer as Record<string, number> | undefined)?.[field]));
}

function bits(value: number | undefined): string | null {
  if (value === undefined) return null;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}
