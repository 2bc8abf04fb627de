// How `ringfence build` makes one module of a strategy and the SDK; imports of the interface stay imports.
import { alias } from "./alias.js";

export default {
  // Which file to begin with: `ringfence build` says.
  input: process.env.RINGFENCE_SOURCE,
  external: [/^ringfence:/],
  platform: "neutral",
  resolve: { alias },
  tsconfig: false,
};
