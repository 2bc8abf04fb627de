// The SDK, but the strategy stops for the debugger before the method that was asked for.
import { exportStrategy as exported } from "ringfence:sdk";
import { stopping } from "./debug.host.js";

export * from "ringfence:sdk";

export function exportStrategy(strategy) {
  return exported(
    new Proxy(strategy, {
      get(target, name) {
        const method = target[name];
        if (typeof method !== "function" || !String(name).startsWith("on")) return method;
        return (...given) => {
          if (stopping.now) {
            stopping.now = false;
            // The strategy's own method comes next: step into it.
            debugger;
          }
          return method.apply(target, given);
        };
      },
    }),
    () => {},
  );
}
