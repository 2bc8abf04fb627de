// What the source imports as `ringfence:strategy/view@0.1.0`.
import { answer } from "./debug.host.js";

export const topOfBook = (i) => answer("top-of-book", [i]);
export const depth = (i, side, levels) => answer("depth", [i, side, levels]);
export const positionOf = (i) => answer("position-of", [i]);
export const account = () => answer("account", []);
export const openOrders = (i, limit) => answer("open-orders", [i, limit]);
export const order = (id) => answer("order", [id]);
export const instrument = (i) => answer("instrument", [i]);
export const bars = (i, spec, n) => answer("bars", [i, spec, n]);
