/** Does volume go with the price? */

import { typical, type Candle } from "../candle";
import { Indicator, ratio, Window } from "./base";

/** The same sum of three decimal prices, added in floats, differs by less than this share. */
const ROUNDING = 1e-12;

/** Where the close lies in the range, from -1 (at the low) to 1 (at the high); 0 for a bar without range. */
function placeOfClose(bar: Candle): number {
  return ratio(bar.close - bar.low - (bar.high - bar.close), bar.high - bar.low, 0);
}

/** On-balance volume: begins with the first bar's volume, adds that of higher and takes that of lower closes (TA-Lib's OBV). */
export class Obv extends Indicator<Candle, number> {
  lastClose: number | undefined = undefined;
  sum = 0;

  constructor() {
    super();
  }

  update(bar: Candle): number {
    const last = this.lastClose;
    this.lastClose = bar.close;
    if (last === undefined || bar.close > last) this.sum += bar.volume;
    else if (bar.close < last) this.sum -= bar.volume;
    return this.sum;
  }

  get warmUp(): number {
    return 1;
  }
}

/** The sum of volume x the place of the close in its bar (TA-Lib's AD). */
export class AccumulationDistribution extends Indicator<Candle, number> {
  sum = 0;

  constructor() {
    super();
  }

  update(bar: Candle): number {
    this.sum += placeOfClose(bar) * bar.volume;
    return this.sum;
  }

  get warmUp(): number {
    return 1;
  }
}

/** Volume x the place of the close, summed over n bars and divided by their volume, -1 to 1; 20 and 21 are usual. */
export class ChaikinMoneyFlow extends Indicator<Candle, number> {
  readonly flows: Window;
  readonly volumes: Window;

  constructor(length: number) {
    super(length);
    this.flows = new Window(length);
    this.volumes = new Window(length);
  }

  update(bar: Candle): number | undefined {
    this.flows.push(placeOfClose(bar) * bar.volume);
    return this.volumes.push(bar.volume) ? ratio(this.flows.sum(), this.volumes.sum(), 0) : undefined;
  }

  get warmUp(): number {
    return this.flows.length;
  }
}

/**
 * Money flow index, 0 to 100; 0 where none moved; 14 is usual (TA-Lib's MFI). A move below 1e-12 of the price is the rounding of
 * decimals in floats, and none.
 */
export class Mfi extends Indicator<Candle, number> {
  last: number | undefined = undefined;
  readonly rises: Window;
  readonly falls: Window;

  constructor(length: number) {
    super(length);
    this.rises = new Window(length);
    this.falls = new Window(length);
  }

  update(bar: Candle): number | undefined {
    const price = typical(bar);
    const last = this.last;
    this.last = price;
    if (last === undefined) return undefined;
    const [money, moved, least] = [price * bar.volume, price - last, ROUNDING * Math.abs(price)];
    this.rises.push(moved > least ? money : 0);
    if (!this.falls.push(moved < -least ? money : 0)) return undefined;
    const [rise, fall] = [this.rises.sum(), this.falls.sum()];
    return ratio(100 * rise, rise + fall, 0);
  }

  get warmUp(): number {
    return this.rises.length + 1;
  }
}
