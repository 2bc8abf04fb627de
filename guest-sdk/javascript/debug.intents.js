// What the source imports as `ringfence:strategy/intents@0.1.0`.
import { answer } from "./debug.host.js";

export const emit = (intent) => answer("emit", [intent]);
export const emitOrder = (order) => answer("emit-order", [order]);
export const emitSchedule = (schedule) => answer("emit-schedule", [schedule]);
