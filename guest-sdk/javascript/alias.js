// Where the modules of the SDK lie.
import { fileURLToPath } from "node:url";

const place = (file) => fileURLToPath(new URL(`./src/${file}`, import.meta.url));

export const alias = {
  "ringfence/indicators": place("indicators/index.ts"),
  "ringfence/testing": place("testing/index.ts"),
  ringfence$: place("index.ts"),
};

export const noHost = place("testing/no-host.ts");
