/**
 * What authors of strategies in AssemblyScript use. A strategy is a class that extends `Strategy`; `exportStrategy` makes it
 * the component's guest.
 */

export { Ctx } from "./ctx";
export { exportStrategy } from "./guest";
export { Ema } from "./indicators";
export { NOT_A_MANTISSA, decimalToMantissa, mantissaToDecimal } from "./numbers";
export { Params } from "./params";
export { Plan } from "./plan";
export { Archive } from "./state";
export { Strategy } from "./strategy";
export * from "./types";
