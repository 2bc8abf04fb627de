/**
 * What authors of strategies in TypeScript and JavaScript use.
 *
 * A strategy is a class with `setup` and a method for each kind of event it wants; `exportStrategy` makes it the component's
 * guest. Whole numbers with 64 bits are `bigint`s: prices and quantities are mantissas at the instrument's scales, so that 145.07
 * at price scale 4 is 1450700n, and times are nanoseconds since the Unix epoch.
 */

export { candle, candleInUnits, middle, typical, type Candle } from "./candle";
export { Ctx, type ScheduleOptions } from "./ctx";
export { PrecisionError } from "./engine";
export { Rejected, type Host } from "./host";
export * from "./indicators/index";
export { decimalToMantissa, durationToNs, exact, mantissaToDecimal } from "./numbers";
export type { Bracket, OrderOptions, Size } from "./orders";
export { Params, SetupError, type Range } from "./params";
export { Plan } from "./plan";
export { Resampler, TradeBars } from "./resample";
export { BarSeries, Series } from "./series";
export { exportStrategy, Strategy, type Guest } from "./strategy";
export type * from "./types";
