"""Indicators of the Python SDK on a series of bars.

Question: which figures does guest-sdk/python make of the bars that guest-sdk/rust reads?
In: a CSV file with columns open, high, low, close and volume. Out: one JSON object: for each line of each indicator as many
figures as there are bars, each the bits of a float as a hexadecimal text, null before the first. Each indicator is run twice:
over the whole series, and one by one with restarts between; where the two differ the script fails.

    indicators.py FILE
"""

import csv
import dataclasses
import json
import struct
import sys

from ringfence import Candle, indicators, state

PRICES = {
    "Ema": (20,), "SmaF64": (20,), "SeededEma": (20,), "Rma": (14,), "Wma": (20,), "Dema": (20,), "Tema": (20,),
    "Trima": (20,), "Hma": (16,), "Rsi": (14,), "StochRsi": (14, 14, 3), "Macd": (12, 26, 9), "Ppo": (12, 26), "Roc": (10,),
    "Momentum": (10,), "Cmo": (14,), "Trix": (15,), "Variance": (20,), "StdDev": (20,), "Bollinger": (20, 2.0),
    "ZScore": (20,), "Minimum": (20,), "Maximum": (20,), "MidPoint": (14,),
}  # fmt: skip
BARS = {
    "Vwma": (20,), "Vwap": (), "Stochastic": (14, 3, 3), "Cci": (20,), "WilliamsR": (14,), "TrueRange": (), "Atr": (14,),
    "Natr": (14,), "Keltner": (20, 10, 2.0), "Donchian": (20,), "MidPrice": (14,), "DirectionalMovement": (14,), "Adx": (14,),
    "Aroon": (25,), "Obv": (), "AccumulationDistribution": (), "ChaikinMoneyFlow": (20,), "Mfi": (14,),
}  # fmt: skip
EXACT = "Sma"


class Holder:
    def __init__(self, name, parameters):
        self.indicator = getattr(indicators, name)(*parameters)


def main(path):
    with open(path, newline="") as file:
        bars = [Candle(*[float(row[key]) for key in ("open", "high", "low", "close", "volume")]) for row in csv.DictReader(file)]
    lines = {}
    for table, inputs in ((PRICES, [bar.close for bar in bars]), (BARS, bars)):
        for name, parameters in table.items():
            answers = figures(name, parameters, inputs)
            lines.update(lines_of(name, answers))
    offered = {name for name, kind in vars(indicators).items() if isinstance(kind, type) and hasattr(kind, "update")}
    left_out = offered - {"Indicator", EXACT} - PRICES.keys() - BARS.keys()
    assert not left_out, f"not compared: {sorted(left_out)}"
    json.dump(lines, sys.stdout)


def figures(name, parameters, inputs):
    over = getattr(indicators, name)(*parameters).over(inputs)
    assert over[: Holder(name, parameters).indicator.warm_up].count(None) == Holder(name, parameters).indicator.warm_up - 1
    holder, single = Holder(name, parameters), []
    for at, value in enumerate(inputs):
        if at in (1, 5, 19, len(inputs) // 2):
            saved, holder = state.save(holder), Holder(name, parameters)
            state.load(holder, saved)
        single.append(holder.indicator.update(value))
    assert single == over, f"{name}: a restart changes it"
    return over


def lines_of(name, answers):
    known = next(answer for answer in answers if answer is not None)
    if not dataclasses.is_dataclass(known):
        return {name: [bits(answer) for answer in answers]}
    fields = [field.name for field in dataclasses.fields(known)]
    pick = lambda field: [None if answer is None else bits(getattr(answer, field)) for answer in answers]
    return {f"{name}.{field}": pick(field) for field in fields}


def bits(value):
    return None if value is None else struct.pack(">d", value).hex()


main(sys.argv[1])
