/**
 * Indicators that take one value or bar at a time, under the names and with the bits of the Rust SDK. `update` answers nothing
 * until it has taken `warmUp` inputs; `over` answers for a whole series, bit for bit the same. As properties of the strategy they
 * go on after a restart where they were. What each one is stands in `docs/indicators.md`.
 */

export { Dema, Ema, Hma, Rma, SeededEma, Sma, SmaF64, Tema, Trima, Vwap, Vwma, Wma } from "./averages";
export { Indicator, type Price } from "./base";
export { Cci, Cmo, Macd, Momentum, Ppo, Roc, Rsi, Stochastic, StochRsi, Trix, WilliamsR } from "./momentum";
export type { MacdLines, StochasticLines } from "./momentum";
export { Adx, Aroon, DirectionalMovement, directionalIndex } from "./trend";
export type { AdxLines, AroonLines, Directions } from "./trend";
export { Atr, Bollinger, Donchian, Keltner, Maximum, MidPoint, MidPrice, Minimum, Natr, placeInBand, StdDev, TrueRange, Variance, widthOfBand, ZScore } from "./volatility";
export type { Band } from "./volatility";
export { AccumulationDistribution, ChaikinMoneyFlow, Mfi, Obv } from "./volume";
