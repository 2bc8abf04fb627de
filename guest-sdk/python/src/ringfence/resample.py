"""Which bars do trades, or shorter bars, make? No bar is made up for a time in which nothing was traded."""

from dataclasses import replace

from .types import Bar, Trade

_QTY_MAX = 2**63 - 1


class TradeBars:
    """Makes bars by time of trades. A bar begins at a multiple of `interval_ns` since 1970 in UTC, and is complete with the
    first trade at or after its end, or with `until`, from `on_wake` or another event's time.
    """

    def __init__(self, interval_ns: int) -> None:
        self.interval_ns = max(interval_ns, 1)
        self.pending: Bar | None = None

    def update(self, time: int, trade: Trade) -> Bar | None:
        """Takes the next trade at its time; answers the bar that was complete before it, if there is one."""
        complete = self.until(time)
        price, qty = trade.price, trade.qty
        if self.pending is None:
            start = time - time % self.interval_ns
            self.pending = Bar(price, price, price, price, qty, start, self.interval_ns)
        else:
            self.pending = _joined(self.pending, Bar(price, price, price, price, qty, time, 0))
        return complete

    def until(self, time: int) -> Bar | None:
        """Answers the bar that is complete at `time`, once."""
        bar = self.pending
        if bar is None or time < bar.open_time + self.interval_ns:
            return None
        self.pending = None
        return bar


class Resampler:
    """Makes longer bars of short ones. A longer bar begins at a multiple of `interval_ns` since 1970 in UTC, and is complete
    with the short bar that ends with it, or, where that is missing, with the first one that begins after it.
    """

    def __init__(self, interval_ns: int) -> None:
        self.interval_ns = max(interval_ns, 1)
        self.pending: Bar | None = None

    def update(self, bar: Bar) -> list[Bar]:
        """Takes the next short bar; answers what is complete now, oldest first: nothing, one bar, or two."""
        start = bar.open_time - bar.open_time % self.interval_ns
        complete = []
        if self.pending is not None and self.pending.open_time != start:
            complete.append(self.pending)
            self.pending = None
        whole = replace(bar, open_time=start, interval_ns=self.interval_ns)
        if self.pending is not None:
            whole = _joined(self.pending, bar)
        self.pending = whole
        if bar.open_time + bar.interval_ns >= start + self.interval_ns:
            complete.append(whole)
            self.pending = None
        return complete


def _joined(whole: Bar, bar: Bar) -> Bar:
    high, low = max(whole.high, bar.high), min(whole.low, bar.low)
    volume = min(whole.volume + bar.volume, _QTY_MAX)
    return replace(whole, high=high, low=low, close=bar.close, volume=volume)
