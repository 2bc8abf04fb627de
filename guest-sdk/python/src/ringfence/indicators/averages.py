"""What is the average now?"""

from math import isqrt
from typing import ClassVar

from ..candle import Candle
from .base import Indicator, Window, ratio


class Sma:
    """Simple moving average of integers, kept as an exact `sum`. Crosses compare without division: see `is_above`."""

    not_kept: ClassVar[tuple[str, ...]] = ("length",)

    def __init__(self, length: int) -> None:
        self.length = max(length, 1)
        self.values: list[int] = []

    def update(self, value: int) -> None:
        """Takes the next value."""
        self.values.append(value)
        if len(self.values) > self.length:
            del self.values[: -self.length]

    @property
    def sum(self) -> int:
        """Sum of the values in the window, exactly."""
        return sum(self.values)

    @property
    def is_ready(self) -> bool:
        """True once `length` values have come."""
        return len(self.values) >= self.length

    def is_above(self, other: "Sma") -> bool:
        """Exactly: is this mean above the other one? Meaningful once both are ready."""
        return self.sum * other.length > other.sum * self.length


class Ema(Indicator[float, float]):
    """Exponential moving average: `v + a * (x - v)` with a = 2 / (n + 1), begun with the first value. Answers at once."""

    not_kept: ClassVar[tuple[str, ...]] = ("length", "weight")

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = max(length, 1)
        self.weight = 2.0 / (self.length + 1.0)
        self.value = 0.0
        self.seen = 0

    def update(self, value: float) -> float:
        """Takes the next value; answers the average with it."""
        value = float(value)
        self.value = value if self.seen == 0 else self.value + self.weight * (value - self.value)
        self.seen += 1
        return self.value

    @property
    def warm_up(self) -> int:
        """1: it answers at once."""
        return 1

    @property
    def is_warm(self) -> bool:
        """True from value number `length` on."""
        return self.seen >= self.length


class _Seeded(Indicator[float, float]):
    """An average that begins with the mean of the first `length` values."""

    not_kept: ClassVar[tuple[str, ...]] = ("length",)

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = max(length, 1)
        self.seen = 0
        self.sum = 0.0
        self.value: float | None = None

    def update(self, value: float) -> float | None:
        """Takes the next value; answers the average once `length` have come."""
        value = float(value)
        if self.value is not None:
            self.value = self._step(self.value, value)
        else:
            self.sum += value
            self.seen += 1
            if self.seen >= self.length:
                self.value = self.sum / self.length
        return self.value

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.length

    def _step(self, average: float, value: float) -> float:
        raise NotImplementedError


class SeededEma(_Seeded):
    """Exponential moving average that begins with the mean of the first n values, as most charts do (TA-Lib's EMA)."""

    not_kept: ClassVar[tuple[str, ...]] = ("weight",)

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.weight = 2.0 / (self.length + 1.0)

    def _step(self, average: float, value: float) -> float:
        return average + self.weight * (value - average)


class Rma(_Seeded):
    """Wilder's moving average: begins with the mean of the first n values, then `(v * (n - 1) + x) / n`."""

    def _step(self, average: float, value: float) -> float:
        return (average * (self.length - 1.0) + value) / self.length


class _Windowed(Indicator[float, float]):
    """A figure of the last `length` values."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.window = Window(length)

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once `length` have come."""
        return self._figure() if self.window.push(value) else None

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.window.length

    def _figure(self) -> float:
        raise NotImplementedError


class SmaF64(_Windowed):
    """Simple moving average in floats: the window is summed anew, so no rounding error is carried on (TA-Lib's SMA)."""

    def _figure(self) -> float:
        return self.window.mean()


class Wma(_Windowed):
    """Linearly weighted moving average: weights 1 to n, the newest the heaviest (TA-Lib's WMA)."""

    def _figure(self) -> float:
        result, weight = 0.0, 0.0
        for value in self.window.values:
            weight += 1.0
            result += weight * value
        return result / (weight * (weight + 1.0) / 2.0)


class Trima(_Windowed):
    """Triangular moving average: weights rise by one to the middle of the window and fall again (TA-Lib's TRIMA)."""

    def _figure(self) -> float:
        result, weights = 0.0, 0.0
        for place, value in enumerate(self.window.values, 1):
            weight = float(min(place, self.window.length + 1 - place))
            result += weight * value
            weights += weight
        return result / weights


class Hma(Indicator[float, float]):
    """Hull moving average: a weighted average over the root of n, of twice that over half of n less that over n."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.half, self.whole, self.last = Wma(length // 2), Wma(length), Wma(isqrt(length))

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once there are enough."""
        half, whole = self.half.update(value), self.whole.update(value)
        if half is None or whole is None:
            return None
        return self.last.update(2.0 * half - whole)

    @property
    def warm_up(self) -> int:
        """`length` and the root of it, less 1."""
        return self.whole.warm_up + self.last.warm_up - 1


class Chain:
    """Exponential averages in a row, each of the one before."""

    def __init__(self, length: int, count: int) -> None:
        self.averages = [SeededEma(length) for _ in range(count)]

    def update(self, value: float) -> list[float] | None:
        """All averages, the plainest first, once the last of them is there."""
        values: list[float] = []
        for average in self.averages:
            answer = average.update(value)
            if answer is None:
                return None
            values.append(answer)
            value = answer
        return values

    @property
    def warm_up(self) -> int:
        """Inputs until the last of them answers."""
        return (self.averages[0].length - 1) * len(self.averages) + 1


class Dema(Indicator[float, float]):
    """Double exponential moving average: `2 e1 - e2`, where e2 is the average of e1 (TA-Lib's DEMA)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.chain = Chain(length, 2)

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once there are enough."""
        values = self.chain.update(value)
        return None if values is None else 2.0 * values[0] - values[1]

    @property
    def warm_up(self) -> int:
        """2n - 1."""
        return self.chain.warm_up


class Tema(Indicator[float, float]):
    """Triple exponential moving average: `3 e1 - 3 e2 + e3` (TA-Lib's TEMA)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.chain = Chain(length, 3)

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once there are enough."""
        values = self.chain.update(value)
        return None if values is None else 3.0 * values[0] - 3.0 * values[1] + values[2]

    @property
    def warm_up(self) -> int:
        """3n - 2."""
        return self.chain.warm_up


class Vwma(Indicator[Candle, float]):
    """Volume-weighted moving average of closes; the close where nothing was traded."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.money, self.volume = Window(length), Window(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once `length` have come."""
        self.money.push(value.close * value.volume)
        is_full = self.volume.push(value.volume)
        return ratio(self.money.sum(), self.volume.sum(), value.close) if is_full else None

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.volume.length


class Vwap(Indicator[Candle, float]):
    """Volume-weighted average of the typical price since the start; make a new one where a session begins."""

    def __init__(self) -> None:
        super().__init__()
        self.money = 0.0
        self.volume = 0.0

    def update(self, value: Candle) -> float:
        """Takes the next bar; answers at once."""
        self.money += value.typical() * value.volume
        self.volume += value.volume
        return ratio(self.money, self.volume, value.typical())

    @property
    def warm_up(self) -> int:
        """1: it answers at once."""
        return 1

