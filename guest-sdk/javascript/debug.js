// Runs a strategy's source on what a recorded session brought it: `node PROGRAM TRANSCRIPT [--check]`. Ends with 0 where the
// source did all that its component did, with 1 at the first difference.
import { readFileSync } from "node:fs";

import { guest } from "ringfence:source";
import { Difference, begin, different, expect, read, stopping } from "./debug.host.js";

const FORM = "1";

function main(transcript, isCheck) {
  if (transcript.format !== FORM) {
    console.error(`a transcript of form ${transcript.format}; this reads form ${FORM}`);
    return 2;
  }
  begin(transcript.schema, transcript.wide === "number" ? Number : BigInt);
  const [params, instruments] = transcript.setup;
  const list = (name, values) => read({ list: { name } }, values);
  guest.setup(list("param", params), list("instrument-view", instruments));
  if (transcript.state !== null) guest.restore(Uint8Array.from(Buffer.from(transcript.state, "hex")));
  const last = transcript.calls.length - 1;
  for (const [place, call] of transcript.calls.entries()) {
    expect(call.imports);
    const [event, context] = [read({ name: "event" }, call.given[0]), read({ name: "context" }, call.given[1])];
    stopping.now = place === last && !isCheck;
    try {
      guest.onEvent(event, context);
    } catch (error) {
      if (!(error instanceof Difference)) throw error;
    }
    const difference = different(call.halted !== null);
    if (difference !== undefined) {
      console.error(`event ${call.seq}: ${difference}`);
      return 1;
    }
  }
  return 0;
}

process.exitCode = main(JSON.parse(readFileSync(process.argv[2], "utf8")), process.argv.includes("--check"));
