"""Indicators of a series of bars, by other people's code.

Question: what does TA-Lib make of the same bars that guest-sdk/rust reads?
In: a CSV file with columns open, high, low, close, volume and other (a second series of prices).
Out: one JSON object: for each line of each indicator as many numbers as there are bars, null before the first.
Must never: share a formula with guest-sdk/rust; what TA-Lib lacks is written out here from its definition, on arrays and with
TA-Lib's averages, extremes and sums.

    indicators.py FILE
"""

import json
import sys

import numpy as np
import pandas as pd
import talib as t


def main(path):
    table = pd.read_csv(path).astype(float)
    o, h, l, c, v, x = (table[name].to_numpy() for name in ("open", "high", "low", "close", "volume", "other"))
    out = {}
    out.update(averages(h, l, c, v))
    out.update(momentum(o, h, l, c))
    out.update(volatility(h, l, c))
    out.update(trend(h, l, c))
    out.update(volume(h, l, c, v))
    out.update(statistics(h, l, c, x))
    json.dump({name: [None if np.isnan(one) else float(one) for one in line] for name, line in out.items()}, sys.stdout)


def averages(h, l, c, v):
    typical = (h + l + c) / 3
    return {
        "SmaF64": t.SMA(c, 20),
        "SeededEma": t.EMA(c, 20),
        "Rma": wilder(c, 14),
        "Wma": t.WMA(c, 20),
        "Dema": t.DEMA(c, 20),
        "Tema": t.TEMA(c, 20),
        "T3": t.T3(c, 5, 0.7),
        "Trima": t.TRIMA(c, 20),
        "Hma": late(t.WMA, 2 * t.WMA(c, 8) - t.WMA(c, 16), 4),
        "Alma": bell(c, 9, 0.85, 6.0),
        "Kama": t.KAMA(c, 10),
        "Vwma": t.SUM(c * v, 20) / t.SUM(v, 20),
        "Vwap": np.cumsum(typical * v) / np.cumsum(v),
    }


def momentum(o, h, l, c):
    macd, signal, histogram = t.MACD(c, 12, 26, 9)
    k, d = t.STOCH(h, l, c, 14, 3, 0, 3, 0)
    rsi_k, rsi_d = t.STOCHRSI(c, 14, 14, 3, 0)
    middle = t.MEDPRICE(h, l)
    change = np.diff(c, prepend=np.nan)
    twice = lambda line: late(t.EMA, late(t.EMA, line, 25), 13)
    fisher = transform(middle, 9)
    return {
        "Rsi": t.RSI(c, 14),
        "Stochastic.k": k,
        "Stochastic.d": d,
        "StochRsi.k": rsi_k,
        "StochRsi.d": rsi_d,
        "Macd.macd": macd,
        "Macd.signal": signal,
        "Macd.histogram": histogram,
        "Ppo": t.PPO(c, 12, 26, 1),
        "Roc": t.ROC(c, 10),
        "Momentum": t.MOM(c, 10),
        "Cci": t.CCI(h, l, c, 20),
        "WilliamsR": t.WILLR(h, l, c, 14),
        "Tsi": 100 * twice(change) / twice(np.abs(change)),
        "UltimateOscillator": t.ULTOSC(h, l, c, 7, 14, 28),
        "Cmo": t.CMO(c, 14),
        "AwesomeOscillator": t.SMA(middle, 5) - t.SMA(middle, 34),
        "Trix": t.TRIX(c, 15),
        "Fisher.fisher": fisher,
        "Fisher.signal": np.where(np.isnan(fisher), np.nan, np.nan_to_num(shift(fisher, 1))),
        "BalanceOfPower": t.BOP(o, h, l, c),
    }


def volatility(h, l, c):
    upper, middle, lower = t.BBANDS(c, 20, 2, 2)
    keltner, range_ = t.EMA(c, 20), t.ATR(h, l, c, 10)
    low, high = t.MIN(l, 20), t.MAX(h, 20)
    once = t.EMA(h - l, 9)
    below = np.minimum(100 * (c - t.MAX(c, 14)) / t.MAX(c, 14), 0)
    return {
        "TrueRange": t.TRANGE(h, l, c),
        "Atr": t.ATR(h, l, c, 14),
        "Natr": t.NATR(h, l, c, 14),
        "Variance": t.VAR(c, 20),
        "StdDev": t.STDDEV(c, 20),
        "Bollinger.lower": lower,
        "Bollinger.middle": middle,
        "Bollinger.upper": upper,
        "Keltner.lower": keltner - 2 * range_,
        "Keltner.middle": keltner,
        "Keltner.upper": keltner + 2 * range_,
        "Donchian.lower": low,
        "Donchian.middle": (low + high) / 2,
        "Donchian.upper": high,
        "ChaikinVolatility": late(t.ROC, t.EMA(h - l, 10), 10),
        "MassIndex": late(t.SUM, once / late(t.EMA, once, 9), 25),
        "UlcerIndex": np.sqrt(late(t.SMA, below * below, 14)),
    }


def trend(h, l, c):
    down, up = t.AROON(h, l, 25)
    range_ = t.SUM(t.TRANGE(h, l, c)[1:], 14)
    way = lambda one, other: np.append(np.nan, t.SUM(np.abs(one[1:] - other[:-1]), 14) / range_)
    line, is_up = supertrend(h, l, c, 10, 3.0)
    conversion, base = t.MIDPRICE(h, l, 9), t.MIDPRICE(h, l, 26)
    warm = lambda values: np.where(np.isnan(t.MIDPRICE(h, l, 52)), np.nan, values)
    return {
        "DirectionalMovement.plus": t.PLUS_DI(h, l, c, 14),
        "DirectionalMovement.minus": t.MINUS_DI(h, l, c, 14),
        "DirectionalMovement.index": t.DX(h, l, c, 14),
        "Adx.adx": t.ADX(h, l, c, 14),
        "Adxr": t.ADXR(h, l, c, 14),
        "Vortex.plus": way(h, l),
        "Vortex.minus": way(l, h),
        "Aroon.up": up,
        "Aroon.down": down,
        "Aroon.oscillator": t.AROONOSC(h, l, 25),
        "ParabolicSar": t.SAR(h, l, 0.02, 0.2),
        "Supertrend.line": line,
        "Supertrend.is_up": is_up,
        "Ichimoku.conversion": warm(conversion),
        "Ichimoku.base": warm(base),
        "Ichimoku.leading_a": warm((conversion + base) / 2),
        "Ichimoku.leading_b": t.MIDPRICE(h, l, 52),
    }


def volume(h, l, c, v):
    # The place of the close in its bar.
    place = np.nan_to_num(np.divide((c - l) - (h - c), h - l, out=np.zeros_like(c), where=h > l))
    change = np.diff(c, prepend=np.nan)
    moved = np.diff(t.MEDPRICE(h, l), prepend=np.nan)
    return {
        "Obv": t.OBV(c, v),
        "AccumulationDistribution": t.AD(h, l, c, v),
        "ChaikinOscillator": t.ADOSC(h, l, c, v, 3, 10),
        "ChaikinMoneyFlow": t.SUM(place * v, 20) / t.SUM(v, 20),
        "Mfi": t.MFI(h, l, c, v, 14),
        "Pvt": np.append(np.nan, np.cumsum(v[1:] * change[1:] / c[:-1])),
        "ForceIndex": late(t.EMA, change * v, 13),
        "EaseOfMovement": late(t.SMA, moved * (h - l) / (v / 1e8), 14),
    }


def statistics(h, l, c, x):
    windows = np.lib.stride_tricks.sliding_window_view
    last = lambda n, values: np.append(np.full(n - 1, np.nan), values)
    score = lambda w: np.divide(w[:, -1] - w.mean(1), w.std(1), out=np.zeros(len(w)), where=np.ptp(w, 1) > 0)
    before = windows(c[:-1], 100)
    return {
        "ZScore": last(20, score(windows(c, 20))),
        "Correlation": t.CORREL(c, x, 30),
        "Beta": t.BETA(x, c, 5),
        "LinearRegression.start": t.LINEARREG_INTERCEPT(c, 14),
        "LinearRegression.slope": t.LINEARREG_SLOPE(c, 14),
        "LinearRegression.end": t.LINEARREG(c, 14),
        "LinearRegression.forecast": t.TSF(c, 14),
        "LinearRegression.fit": last(14, [fit(w) for w in windows(c, 14)]),
        "Minimum": t.MIN(c, 20),
        "Maximum": t.MAX(c, 20),
        "MidPoint": t.MIDPOINT(c, 14),
        "MidPrice": t.MIDPRICE(h, l, 14),
        "Median": last(20, np.median(windows(c, 20), 1)),
        "PercentRank": last(101, (before <= c[100:, None]).mean(1) * 100),
    }


def fit(values):
    return 0.0 if np.ptp(values) == 0 else np.corrcoef(np.arange(len(values)), values)[0, 1] ** 2


def shift(line, by):
    return np.append(np.full(by, np.nan), line[:-by])


def late(function, line, *rest):
    """A function of TA-Lib of a line that begins with nulls."""
    start = int(np.argmax(~np.isnan(line)))
    return np.append(np.full(start, np.nan), function(line[start:], *rest))


def wilder(line, n):
    """An exponential average with weight 1/n that begins with the mean of the first n."""
    seeded = np.append(line[:n].mean(), line[n:])
    return np.append(np.full(n - 1, np.nan), pd.Series(seeded).ewm(alpha=1 / n, adjust=False).mean().to_numpy())


def bell(line, n, offset, sigma):
    weights = np.exp(-((np.arange(n) - offset * (n - 1)) ** 2) / (2 * (n / sigma) ** 2))
    return np.append(np.full(n - 1, np.nan), np.convolve(line, (weights / weights.sum())[::-1], "valid"))


def transform(middle, n):
    low, high = t.MIN(middle, n), t.MAX(middle, n)
    line, value, last = np.full(len(middle), np.nan), 0.0, 0.0
    for i in range(n - 1, len(middle)):
        place = 0.5 if high[i] == low[i] else (middle[i] - low[i]) / (high[i] - low[i])
        value = np.clip(0.33 * 2 * (place - 0.5) + 0.67 * value, -0.999, 0.999)
        line[i] = last = np.arctanh(value) + 0.5 * last
    return line


def supertrend(h, l, c, n, ranges):
    middle, distance = (h + l) / 2, ranges * t.ATR(h, l, c, n)
    upper, lower = middle + distance, middle - distance
    line, side = np.full(len(c), np.nan), np.full(len(c), np.nan)
    up = True
    for i in range(n, len(c)):
        if i > n:
            if upper[i] > upper[i - 1] and c[i - 1] <= upper[i - 1]:
                upper[i] = upper[i - 1]
            if lower[i] < lower[i - 1] and c[i - 1] >= lower[i - 1]:
                lower[i] = lower[i - 1]
            if up and c[i] < lower[i - 1]:
                up = False
            elif not up and c[i] > upper[i - 1]:
                up = True
        line[i], side[i] = (lower[i] if up else upper[i]), float(up)
    return line, side


main(sys.argv[1])
