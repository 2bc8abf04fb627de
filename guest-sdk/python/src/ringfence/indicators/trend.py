"""Which way do bars outgrow each other, and how long ago was the extreme?"""

from dataclasses import dataclass
from typing import ClassVar

from ..candle import Candle
from .averages import Rma
from .base import Indicator, Window, ratio
from .volatility import TrueRange


class RunningSum:
    """Wilder's running sum: the plain sum of the first n - 1, then each time less its n-th part."""

    not_kept: ClassVar[tuple[str, ...]] = ("length",)

    def __init__(self, length: int) -> None:
        self.length = max(length, 1)
        self.seen = 0
        self.sum = 0.0

    def update(self, value: float) -> float | None:
        """Takes the next value; answers from the n-th on."""
        if self.seen < self.length - 1:
            self.seen += 1
            self.sum += value
            return None
        self.sum = self.sum - self.sum / self.length + value
        return self.sum


@dataclass(frozen=True)
class Directions:
    """What `DirectionalMovement` answers, each 0 to 100: upward (+DI) and downward (-DI) movement over true range."""

    plus: float
    minus: float

    def index(self) -> float | None:
        """The directional index (DX), 0 to 100; `None` where nothing moved."""
        whole = self.plus + self.minus
        return None if whole == 0.0 else 100.0 * abs(self.plus - self.minus) / whole


class DirectionalMovement(Indicator[Candle, Directions]):
    """+DI and -DI; 14 is usual (TA-Lib's PLUS_DI and MINUS_DI)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.last: Candle | None = None
        self.true_range = TrueRange()
        self.plus, self.minus, self.range = RunningSum(length), RunningSum(length), RunningSum(length)

    def update(self, value: Candle) -> Directions | None:
        """Takes the next bar; answers once there are enough."""
        reach = self.true_range.update(value)
        last, self.last = self.last, value
        if last is None or reach is None:
            return None
        up, down = value.high - last.high, last.low - value.low
        plus = self.plus.update(up if up > down and up > 0.0 else 0.0)
        minus = self.minus.update(down if down > up and down > 0.0 else 0.0)
        whole = self.range.update(reach)
        if plus is None or minus is None or whole is None:
            return None
        return Directions(ratio(100.0 * plus, whole, 0.0), ratio(100.0 * minus, whole, 0.0))

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.range.length + 1


@dataclass(frozen=True)
class AdxLines:
    """What `Adx` answers, each 0 to 100: how strong a trend is whichever way it goes, +DI and -DI."""

    adx: float
    plus: float
    minus: float


class Adx(Indicator[Candle, AdxLines]):
    """Average directional index: Wilder's average of the directional index; 14 is usual (TA-Lib's ADX).

    A bar without movement leaves it as it is (and counts as 0 among the first n).
    """

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.movement, self.average = DirectionalMovement(length), Rma(length)
        self.adx: float | None = None

    def update(self, value: Candle) -> AdxLines | None:
        """Takes the next bar; answers once there are enough."""
        directions = self.movement.update(value)
        if directions is None:
            return None
        index = directions.index()
        if index is not None or self.adx is None:
            self.adx = self.average.update(0.0 if index is None else index)
        return None if self.adx is None else AdxLines(self.adx, directions.plus, directions.minus)

    @property
    def warm_up(self) -> int:
        """2n."""
        return 2 * self.average.length


@dataclass(frozen=True)
class AroonLines:
    """What `Aroon` answers: 100 where the newest bar is the highest (`up`) or the lowest (`down`), 0 where the oldest is."""

    up: float
    down: float

    def oscillator(self) -> float:
        """`up` less `down`, -100 to 100."""
        return self.up - self.down


class Aroon(Indicator[Candle, AroonLines]):
    """Aroon, of the last n + 1 bars; of equal extremes the newest counts; 14 and 25 are usual (TA-Lib's AROON)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.highs, self.lows = Window(max(length, 1) + 1), Window(max(length, 1) + 1)

    def update(self, value: Candle) -> AroonLines | None:
        """Takes the next bar; answers once there are enough."""
        self.highs.push(value.high)
        if not self.lows.push(value.low):
            return None
        highs, lows = self.highs.values, self.lows.values
        return AroonLines(self._place(highs, max(highs)), self._place(lows, min(lows)))

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.highs.length

    def _place(self, values: list[float], extreme: float) -> float:
        newest = max(place for place, value in enumerate(values) if value == extreme)
        return 100.0 * newest / (self.highs.length - 1)
