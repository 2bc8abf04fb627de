// The strategy without a component: `npm test`. `ringfence test` runs the scripts in the component.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { Harness, play } from "ringfence/testing";
import { EmaCross } from "../src/strategy";

const make = (): EmaCross => new EmaCross();
const harness = new Harness(make, ["SPY 2 0"], { fast: 1, slow: 3, qty: 100 });

test("it is silent one trade before the slow average is full", () => {
  const session = harness.start();
  assert.deepEqual(session.feed("1s trade SPY 10 1\n2s trade SPY 9 1"), []);
  assert.deepEqual(session.feed("3s trade SPY 8 1"), ["3s #1 sell SPY 100 market ioc"]);
});

test("a restart changes nothing", () => {
  harness.checkRestarts("1s trade SPY 10 1\n2s trade SPY 9 1\n3s trade SPY 8 1\n4s trade SPY 11 1");
});

test("the scripts give the intents beside them", () => {
  for (const name of readdirSync("fixtures").filter((file) => file.endsWith(".script"))) {
    const script = readFileSync(`fixtures/${name}`, "utf8");
    const intents = readFileSync(`fixtures/${name.replace(".script", ".intents")}`, "utf8");
    assert.equal(play(make, script), intents, name);
  }
});
