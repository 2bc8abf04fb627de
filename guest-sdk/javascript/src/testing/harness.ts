/** How is a strategy run against a script? */

import { decimalToMantissa } from "../numbers";
import { Params } from "../params";
import { load, save } from "../state";
import { deliver, setUp, type Strategy } from "../strategy";
import type { Instrument, Payload } from "../types";
import { Delivery, isOwn } from "./delivery";
import { Desk } from "./desk";
import { subscription } from "./render";
import { readHead, Script, type Step } from "./script";

/** Values of parameters as a test writes them. */
export type Values = Record<string, string | number | bigint | boolean>;

/**
 * Runs a strategy against scripts, each time from the beginning.
 *
 * `instruments` are `SYMBOL PRICE_SCALE QTY_SCALE`, as in `SPY 2 0`: equities in USD whose tick and lot are one unit of the
 * scales; change them in `harness.instruments`.
 */
export class Harness {
  /** Makes the strategy. */
  readonly strategy: () => Strategy;
  /** What `setup` is given. */
  readonly instruments: Instrument[];
  /** The strategy's parameters. */
  readonly params: [string, string][];
  /** What it is given to trade with. */
  readonly capital: string;

  constructor(strategy: () => Strategy, instruments: readonly string[], params: Values = {}, capital = "1000000") {
    this.strategy = strategy;
    this.instruments = instruments.map((text, at) => example(at + 1, text));
    this.params = Object.entries(params).map(([key, value]) => [key, String(value)]);
    this.capital = capital;
  }

  /** A strategy that has been set up, to be fed line by line. Throws a `SetupError` where it refuses. */
  start(): Session {
    return new Session(this);
  }

  /** Runs a script; answers one line an intent. Throws a `SetupError`, and a `RangeError` for a line that is malformed. */
  run(script: string): string {
    const session = this.start();
    session.feed(script);
    return session.text;
  }

  /** Runs a script once for each of its lines with a restart before it: finds what a restart does not keep. */
  checkRestarts(script: string): void {
    const lines = script.split("\n").filter((line) => (line.split("#")[0] ?? "").trim() !== "");
    const want = this.run(script);
    for (const [at, line] of lines.entries()) {
      const time = line.trim().split(/\s+/)[0];
      const got = this.run([...lines.slice(0, at), `${time} restart`, ...lines.slice(at)].join("\n"));
      if (got !== want) throw new Error(`with a restart before \`${line.trim()}\`:\n${got}\ninstead of:\n${want}`);
    }
  }

  /** The subscriptions that `setup` answers, one a line. */
  plan(): string {
    const plan = setUp(this.strategy(), new Params(this.params), this.instruments);
    return plan.subscriptions.map((wish) => `${subscription(wish, this.instruments)}\n`).join("");
  }
}

/** One strategy in one script. What it wanted so far is `text`, one line an intent. */
export class Session {
  /** The strategy as it is now. */
  strategy: Strategy;
  #harness: Harness;
  #delivery: Delivery;
  #desk: Desk;
  #script = new Script();

  constructor(harness: Harness) {
    this.#harness = harness;
    this.strategy = harness.strategy();
    this.#delivery = new Delivery(setUp(this.strategy, new Params(harness.params), harness.instruments).subscriptions);
    this.#desk = new Desk(harness.instruments, decimalToMantissa(harness.capital, 8));
  }

  /** Every intent so far. */
  get text(): string {
    return this.#desk.output.map((line) => `${line}\n`).join("");
  }

  /** Takes lines of a script; answers the intents that they led to. */
  feed(script: string): string[] {
    const before = this.#desk.output.length;
    for (const step of this.#script.read(script, this.#harness.instruments)) this.#take(step);
    return this.#desk.output.slice(before);
  }

  #take(step: Step): void {
    for (let due = this.#desk.takeWake(step.time); due !== undefined; due = this.#desk.takeWake(step.time)) {
      this.#desk.advance(due);
      this.#deliver(0, { tag: "wake" });
    }
    this.#desk.advance(step.time);
    if (step.what === "restart") {
      const saved = save(this.strategy);
      this.strategy = this.#harness.strategy();
      setUp(this.strategy, new Params(this.#harness.params), this.#harness.instruments);
      load(this.strategy, saved);
      return;
    }
    const happened = this.#desk.apply(step);
    if (happened === undefined) return;
    const [instrument, payload] = happened;
    if (this.#delivery.wants(instrument, payload)) {
      this.#deliver(instrument, payload);
      this.#delivery.count(instrument, payload);
    }
    if (isOwn(payload)) this.#delivery.ownChanged();
  }

  #deliver(instrument: number, kind: Payload): void {
    const event = { time: this.#desk.time, venueTime: 0n, instrument, kind };
    const context = this.#desk.context(instrument);
    this.#desk.during(this.#delivery.isWarmingUp(), () => deliver(this.strategy, this.#desk, event, context));
    if (this.#desk.takeOwnChange()) this.#delivery.ownChanged();
  }
}

/** Runs a script that begins with the lines `instrument`, `param` and `capital`, as those in `fixtures/` do. */
export function play(strategy: () => Strategy, script: string): string {
  const { instruments, params, capital, rest } = readHead(script);
  return new Harness(strategy, instruments, params, capital).run(rest);
}

function example(id: number, text: string): Instrument {
  const [symbol, priceScale, qtyScale, ...more] = text.trim().split(/\s+/);
  if (symbol === undefined || priceScale === undefined || qtyScale === undefined || more.length > 0) {
    throw new RangeError(`an instrument is \`SYMBOL PRICE_SCALE QTY_SCALE\`, like \`SPY 2 0\`, not \`${text}\``);
  }
  return {
    id,
    symbol,
    kind: "equity",
    priceScale: Number(priceScale),
    qtyScale: Number(qtyScale),
    tick: 1n,
    lot: 1n,
    qtyMin: 1n,
    qtyMax: 2n ** 63n - 1n,
    multiplier: { lo: 1n, hi: 0n, scale: 0 },
    base: symbol,
    quote: "USD",
    settlement: "USD",
    settlementScale: 8,
    state: "trading",
  };
}
