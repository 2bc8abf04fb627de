"""How widely do prices spread, and between which lines do they move?"""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from ..candle import Candle
from .averages import Rma, SeededEma, _Windowed
from .base import Indicator, Window, ratio
from .momentum import Range


class Variance(_Windowed):
    """Variance of the last n, of the population (TA-Lib's VAR)."""

    def _figure(self) -> float:
        return self.window.variance()


class StdDev(_Windowed):
    """Standard deviation of the last n, of the population (TA-Lib's STDDEV)."""

    def _figure(self) -> float:
        return sqrt(self.window.variance())


class ZScore(_Windowed):
    """How many standard deviations the price lies above its mean; 0 where it stands still."""

    def _figure(self) -> float:
        return ratio(self.window.values[-1] - self.window.mean(), sqrt(self.window.variance()), 0.0)


class Minimum(_Windowed):
    """The smallest of the last n (TA-Lib's MIN)."""

    def _figure(self) -> float:
        return min(self.window.values)


class Maximum(_Windowed):
    """The largest of the last n (TA-Lib's MAX)."""

    def _figure(self) -> float:
        return max(self.window.values)


class MidPoint(_Windowed):
    """The middle of the largest and the smallest of the last n (TA-Lib's MIDPOINT)."""

    def _figure(self) -> float:
        return (max(self.window.values) + min(self.window.values)) / 2.0


@dataclass(frozen=True)
class Band:
    """Three lines: what `Bollinger`, `Keltner` and `Donchian` answer."""

    lower: float
    middle: float
    upper: float

    def place_of(self, price: float) -> float:
        """Where a price lies: 0 at the lower line, 1 at the upper one (%B); 0.5 where they are one."""
        return ratio(price - self.lower, self.upper - self.lower, 0.5)

    def width(self) -> float:
        """From the lower to the upper line, as a share of the middle one; 0 where that is 0."""
        return ratio(self.upper - self.lower, self.middle, 0.0)


class Bollinger(Indicator[float, Band]):
    """Bollinger bands: the simple average, and so many standard deviations to each side; 20 and 2 are usual (TA-Lib's BBANDS)."""

    not_kept: ClassVar[tuple[str, ...]] = ("deviations",)

    def __init__(self, length: int, deviations: float) -> None:
        super().__init__(length, deviations)
        self.deviations = float(deviations)
        self.window = Window(length)

    def update(self, value: float) -> Band | None:
        """Takes the next value; answers once `length` have come."""
        if not self.window.push(value):
            return None
        middle, distance = self.window.mean(), self.deviations * sqrt(self.window.variance())
        return Band(middle - distance, middle, middle + distance)

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.window.length


class TrueRange(Indicator[Candle, float]):
    """True range: the largest of high - low, |high - last close| and |low - last close| (TA-Lib's TRANGE)."""

    def __init__(self) -> None:
        super().__init__()
        self.last_close: float | None = None

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers from the second on."""
        last, self.last_close = self.last_close, value.close
        return None if last is None else max(value.range(), abs(value.high - last), abs(value.low - last))

    @property
    def warm_up(self) -> int:
        """2."""
        return 2


class Atr(Indicator[Candle, float]):
    """Average true range: Wilder's average of the `TrueRange`; 14 is usual (TA-Lib's ATR)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.range, self.average = TrueRange(), Rma(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once there are enough."""
        reach = self.range.update(value)
        return None if reach is None else self.average.update(reach)

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.average.length + 1


class Natr(Indicator[Candle, float]):
    """`Atr` in percent of the close; 0 where that is 0 (TA-Lib's NATR)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.atr = Atr(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once there are enough."""
        atr = self.atr.update(value)
        return None if atr is None else ratio(atr, value.close, 0.0) * 100.0

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.atr.warm_up


class Keltner(Indicator[Candle, Band]):
    """Keltner channel: the exponential average of closes, and so many average true ranges to each side; 20, 10, 2 are usual."""

    not_kept: ClassVar[tuple[str, ...]] = ("ranges",)

    def __init__(self, length: int, range_length: int, ranges: float) -> None:
        super().__init__(length, range_length, ranges)
        self.ranges = float(ranges)
        self.average, self.range = SeededEma(length), Atr(range_length)

    def update(self, value: Candle) -> Band | None:
        """Takes the next bar; answers once there are enough."""
        middle, reach = self.average.update(value.close), self.range.update(value)
        if middle is None or reach is None:
            return None
        distance = self.ranges * reach
        return Band(middle - distance, middle, middle + distance)

    @property
    def warm_up(self) -> int:
        """The larger of the average's length and that of the range + 1."""
        return max(self.average.length, self.range.warm_up)


class Donchian(Indicator[Candle, Band]):
    """Donchian channel: lowest low, highest high and their middle, of the last n bars, the newest included; 20 is usual."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.range = Range(length)

    def update(self, value: Candle) -> Band | None:
        """Takes the next bar; answers once `length` have come."""
        ends = self.range.update(value.high, value.low)
        return None if ends is None else Band(ends[0], (ends[0] + ends[1]) / 2.0, ends[1])

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.range.length


class MidPrice(Indicator[Candle, float]):
    """Middle of the highest high and the lowest low of the last n bars (TA-Lib's MIDPRICE)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.range = Range(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once `length` have come."""
        ends = self.range.update(value.high, value.low)
        return None if ends is None else (ends[0] + ends[1]) / 2.0

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.range.length
