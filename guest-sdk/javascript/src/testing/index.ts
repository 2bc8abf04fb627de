/**
 * What does a strategy do when this happens? Runs it here, in an ordinary test, without a component and without a host.
 *
 * ```ts
 * import { Harness } from "ringfence/testing";
 *
 * const harness = new Harness(() => new BuyOnce(), ["X:SPY 2 0"], { qty: 100 });
 * assert.equal(harness.run("1s trade X:SPY 145.07 300"), "1s #1 buy X:SPY 100 market ioc\n");
 * ```
 *
 * Scripts and answers are those of `ringfence test` and of the Rust SDK's harness: a line is a time (`1.5s`, `250ms`, `2h`), a
 * word and its fields; `#` starts a comment. Nothing is judged or filled: the script says what the venue does.
 *
 * | line | meaning |
 * |---|---|
 * | `trade SPY 145.07 100 [buy]` | price, quantity, aggressor |
 * | `quote SPY 145.06 200 145.08 300` | bid and ask, each price and quantity; `0 0` = that side is empty |
 * | `book SPY changed` | or `cleared` |
 * | `bar SPY 145` or `bar SPY 144 146 143 145 900 [1m]` | close alone, or open high low close volume; one day unless said |
 * | `mark SPY 145.05` | mark price |
 * | `funding SPY 0.0001 [8h]` | rate, next time |
 * | `status SPY halted`, `feed SPY stale` | states by their names |
 * | `split SPY 2 1`, `dividend SPY 0.55`, `rename SPY`, `delisting SPY` | corporate actions |
 * | `accepted 1`, `expired 1`, `unknown 1` | the order of intent 1 |
 * | `filled 1 100 @145.08 [fee 0.14] [maker]`, `busted 1 100 @145.08` | fill, reversal |
 * | `rejected 1 would-take`, `cancel-rejected 1 too-late`, `amend-rejected 1 unknown` | with the reason |
 * | `canceled 1 [asked]`, `amended 1 @145 50` | new terms: price and whole quantity |
 * | `outcome 1 denied-position` | what became of an intent |
 * | `signal 3 7 1500`, `trading on` | source, name, value; on or off |
 * | `time` | nothing happens; wakes that are due are delivered (as before every line) |
 * | `restart` | snapshot, new strategy, setup, restore |
 */

export { Harness, play, Session } from "./harness";
