"""Does volume go with the price?"""

from ..candle import Candle
from .base import Indicator, Window, ratio

# The same sum of three decimal prices, added in floats, differs by less than this share.
_ROUNDING = 1e-12


def place_of_close(bar: Candle) -> float:
    """Where the close lies in the range, from -1 (at the low) to 1 (at the high); 0 for a bar without range."""
    return ratio((bar.close - bar.low) - (bar.high - bar.close), bar.range(), 0.0)


class Obv(Indicator[Candle, float]):
    """On-balance volume: begins with the first bar's volume, adds that of higher and takes that of lower closes (TA-Lib's OBV)."""

    def __init__(self) -> None:
        super().__init__()
        self.last_close: float | None = None
        self.sum = 0.0

    def update(self, value: Candle) -> float:
        """Takes the next bar; answers at once."""
        last, self.last_close = self.last_close, value.close
        if last is None or value.close > last:
            self.sum += value.volume
        elif value.close < last:
            self.sum -= value.volume
        return self.sum

    @property
    def warm_up(self) -> int:
        """1: it answers at once."""
        return 1


class AccumulationDistribution(Indicator[Candle, float]):
    """The sum of volume x the place of the close in its bar (TA-Lib's AD)."""

    def __init__(self) -> None:
        super().__init__()
        self.sum = 0.0

    def update(self, value: Candle) -> float:
        """Takes the next bar; answers at once."""
        self.sum += place_of_close(value) * value.volume
        return self.sum

    @property
    def warm_up(self) -> int:
        """1: it answers at once."""
        return 1


class ChaikinMoneyFlow(Indicator[Candle, float]):
    """Volume x the place of the close, summed over n bars and divided by their volume, -1 to 1; 20 and 21 are usual."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.flows, self.volumes = Window(length), Window(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once `length` have come."""
        self.flows.push(place_of_close(value) * value.volume)
        return ratio(self.flows.sum(), self.volumes.sum(), 0.0) if self.volumes.push(value.volume) else None

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.flows.length


class Mfi(Indicator[Candle, float]):
    """Money flow index, 0 to 100; 0 where none moved; 14 is usual (TA-Lib's MFI).

    A move below 1e-12 of the price is the rounding of decimals in floats, and none.
    """

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.last: float | None = None
        self.rises, self.falls = Window(length), Window(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once there are enough."""
        typical = value.typical()
        last, self.last = self.last, typical
        if last is None:
            return None
        money, moved, least = typical * value.volume, typical - last, _ROUNDING * abs(typical)
        self.rises.push(money if moved > least else 0.0)
        if not self.falls.push(money if moved < -least else 0.0):
            return None
        rise, fall = self.rises.sum(), self.falls.sum()
        return ratio(100.0 * rise, rise + fall, 0.0)

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.rises.length + 1
