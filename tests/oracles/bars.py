"""Bars of trades, written down naively.

Question: which bars do these trades make, of each kind?
In: when the recording ends (ns), lines of time in ns, price, quantity (whole numbers) and B, S or - (who took); specifications as kind=size.
Out: for each specification a line with the number of bars and the SHA-256 of them, a line each of
open high low close volume open-time and close-time.
Must never: share a formula with host/core; each kind is a loop of its own over a list of trades.

    bars.py TRADES END QUANTITY_UNIT kind=size ...

Imbalance and runs are those of M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 2, with a fixed
threshold; a trade whose aggressor is not told is signed by the tick rule.
"""

import hashlib
import sys

END = None


def read(path):
    trades, sign, last = [], 1, None
    with open(path) as file:
        for line in file:
            time, price, qty, side = line.split()
            price, qty = int(price), int(qty)
            if side in "BS":
                sign = 1 if side == "B" else -1
            elif last is not None and price != last:
                sign = 1 if price > last else -1
            last = price
            trades.append((int(time), price, qty, sign))
    return trades


def bar(trades, closed_at, open_time=None):
    prices = [price for _, price, _, _ in trades]
    start = trades[0][0] if open_time is None else open_time
    return (prices[0], max(prices), min(prices), prices[-1], sum(qty for _, _, qty, _ in trades), start, closed_at)


def by_time(trades, size):
    slots, end = {}, trades[-1][0] if END is None else END
    for trade in trades:
        slots.setdefault(trade[0] // size, []).append(trade)
    for slot in sorted(slots):
        if (slot + 1) * size <= end:
            yield bar(slots[slot], (slot + 1) * size, slot * size)


def summed(weight, judge):
    """Sums of the buys' and of the sells' weights since the last close, kept as two numbers."""

    def bars(trades, size):
        held, buys, sells = [], 0, 0
        for trade in trades:
            held.append(trade)
            if trade[3] > 0:
                buys += weight(trade)
            else:
                sells += weight(trade)
            if judge(buys, sells) >= size:
                yield bar(held, trade[0])
                held, buys, sells = [], 0, 0

    return bars


def by_range(trades, size):
    held, high, low = [], None, None
    for trade in trades:
        held.append(trade)
        high = trade[1] if high is None else max(high, trade[1])
        low = trade[1] if low is None else min(low, trade[1])
        if high - low >= size:
            yield bar(held, trade[0])
            held, high, low = [], None, None


def renko(trades, size):
    """Brick after brick: one up above the top, one down below the bottom of the last brick."""
    held, start, top, bottom = [], None, trades[0][1], trades[0][1]
    for trade in trades:
        held.append(trade)
        while trade[1] >= top + size or trade[1] <= bottom - size:
            prices = [price for _, price, _, _ in held]
            volume = sum(qty for _, _, qty, _ in held)
            start = held[0][0] if held else start
            if trade[1] >= top + size:
                low = min([top] + prices) if held else top
                yield (top, top + size, low, top + size, volume, start, trade[0])
                bottom, top = top, top + size
            else:
                high = max([bottom] + prices) if held else bottom
                yield (bottom, high, bottom - size, bottom - size, volume, start, trade[0])
                top, bottom = bottom, bottom - size
            held = []


def main(path, unit, specs):
    trades = read(path)
    weights = {"tick": lambda t: 1, "volume": lambda t: t[2], "value": lambda t: t[1] * t[2]}
    kinds = {"time": by_time, "range": by_range, "renko": renko}
    for name, weight in weights.items():
        kinds["ticks" if name == "tick" else name] = summed(weight, lambda b, s: b + s)
        kinds[name + "-imbalance"] = summed(weight, lambda b, s: abs(b - s))
        kinds[name + "-runs"] = summed(weight, max)
    for spec in specs:
        kind, size = spec.split("=")
        # A value is given at the scale of prices alone.
        size = int(size) * (unit if kind.startswith("value") else 1)
        count, digest = 0, hashlib.sha256()
        for line in kinds[kind](trades, size):
            count += 1
            digest.update((" ".join(map(str, line)) + "\n").encode())
        print(spec, count, digest.hexdigest())


if __name__ == "__main__":
    END = int(sys.argv[2])
    main(sys.argv[1], int(sys.argv[3]), sys.argv[4:])
