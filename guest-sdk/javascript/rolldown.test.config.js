// How tests run in Node.js: one module each in `target/test`, with no host behind the interface.
import { readdirSync } from "node:fs";
import { alias, noHost } from "./alias.js";

const folder = process.env.RINGFENCE_TESTS ?? "test";
const only = process.env.RINGFENCE_TEST;
const tests = only ? [only] : readdirSync(folder).filter((name) => /\.test\.[jt]s$/.test(name));

export default {
  input: Object.fromEntries(tests.map((name) => [name.replace(/\.[jt]s$/, ""), `${folder}/${name}`])),
  external: [/^node:/],
  platform: "node",
  resolve: { alias },
  plugins: [{ name: "no-host", resolveId: (source) => (source.startsWith("ringfence:") ? noHost : null) }],
  output: { dir: "target/test", entryFileNames: "[name].js" },
  tsconfig: false,
};
