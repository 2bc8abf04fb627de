// How `ringfence debug` makes one program of a strategy, the SDK and what stands in the host's place.
import { fileURLToPath } from "node:url";

import { alias } from "./alias.js";

const own = (name) => fileURLToPath(new URL(name, import.meta.url));

export default {
  input: own("./debug.js"),
  platform: "node",
  resolve: {
    alias: {
      ...alias,
      ringfence$: own("./debug.sdk.js"),
      "ringfence:sdk": own("./src/index.ts"),
      "ringfence:source": `${process.cwd()}/${process.env.RINGFENCE_SOURCE}`,
      "ringfence:strategy/intents@0.1.0": own("./debug.intents.js"),
      "ringfence:strategy/view@0.1.0": own("./debug.view.js"),
    },
  },
  output: { sourcemap: "inline" },
  tsconfig: false,
};
