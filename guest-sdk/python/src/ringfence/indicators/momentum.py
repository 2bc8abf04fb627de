"""How fast does the price go, and where in its range does it stand?"""

from dataclasses import dataclass

from ..candle import Candle
from .averages import Chain, Rma, SeededEma, SmaF64
from .base import Delay, Indicator, Window, ratio, total


class Momentum(Indicator[float, float]):
    """The price less that of n values ago (TA-Lib's MOM)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.earlier = Delay(length)

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once `length` came before it."""
        earlier = self.earlier.push(value)
        return None if earlier is None else float(value) - earlier

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.earlier.length + 1


class Roc(Indicator[float, float]):
    """Rate of change since n values ago, in percent; 0 where that value was 0 (TA-Lib's ROC)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.earlier = Delay(length)

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once `length` came before it."""
        earlier = self.earlier.push(value)
        return None if earlier is None else ratio(float(value) - earlier, earlier, 0.0) * 100.0

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.earlier.length + 1


class _Moves(Indicator[float, float]):
    """Smoothed gains and losses from one price to the next, and a figure of both."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.last: float | None = None
        self.gains, self.losses = Rma(length), Rma(length)

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once `length` changes have come."""
        last, self.last = self.last, float(value)
        if last is None:
            return None
        change = self.last - last
        gain = self.gains.update(change if change > 0.0 else 0.0)
        loss = self.losses.update(-change if change < 0.0 else 0.0)
        return None if gain is None or loss is None else self._figure(gain, loss)

    @property
    def warm_up(self) -> int:
        """n + 1."""
        return self.gains.length + 1

    def _figure(self, gain: float, loss: float) -> float:
        raise NotImplementedError


class Rsi(_Moves):
    """Relative strength index, 0 to 100; 0 where nothing moved (TA-Lib's RSI)."""

    def _figure(self, gain: float, loss: float) -> float:
        return ratio(100.0 * gain, gain + loss, 0.0)


class Cmo(_Moves):
    """Chande momentum oscillator, -100 to 100; 0 where nothing moved (TA-Lib's CMO)."""

    def _figure(self, gain: float, loss: float) -> float:
        return ratio(100.0 * (gain - loss), gain + loss, 0.0)


@dataclass(frozen=True)
class MacdLines:
    """What `Macd` answers: fast less slow average, the average of that, and the difference of the two."""

    macd: float
    signal: float
    histogram: float


class Macd(Indicator[float, MacdLines]):
    """Moving average convergence divergence; 12, 26 and 9 are usual (TA-Lib's MACD)."""

    def __init__(self, fast: int, slow: int, signal: int) -> None:
        super().__init__(fast, slow, signal)
        self.fast, self.slow, self.signal = SeededEma(min(fast, slow)), SeededEma(max(fast, slow)), SeededEma(signal)
        # Values that the fast average still leaves out.
        self.left_out = self.slow.length - self.fast.length

    def update(self, value: float) -> MacdLines | None:
        """Takes the next value; answers once there are enough."""
        slow = self.slow.update(value)
        if self.left_out > 0:
            self.left_out -= 1
            return None
        fast = self.fast.update(value)
        if fast is None or slow is None:
            return None
        signal = self.signal.update(fast - slow)
        return None if signal is None else MacdLines(fast - slow, signal, fast - slow - signal)

    @property
    def warm_up(self) -> int:
        """slow + signal - 1."""
        return self.slow.length + self.signal.length - 1


class Ppo(Indicator[float, float]):
    """Percentage price oscillator: the fast exponential average over the slow one, less one, in percent (TA-Lib's PPO)."""

    def __init__(self, fast: int, slow: int) -> None:
        super().__init__(fast, slow)
        self.fast, self.slow = SeededEma(min(fast, slow)), SeededEma(max(fast, slow))

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once there are enough."""
        fast, slow = self.fast.update(value), self.slow.update(value)
        return None if fast is None or slow is None else ratio(fast - slow, slow, 0.0) * 100.0

    @property
    def warm_up(self) -> int:
        """The longer of the two lengths."""
        return self.slow.length


class Trix(Indicator[float, float]):
    """Rate of change, from one value to the next and in percent, of an average of an average of an average (TA-Lib's TRIX)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.chain = Chain(length, 3)
        self.last: float | None = None

    def update(self, value: float) -> float | None:
        """Takes the next value; answers once there are enough."""
        values = self.chain.update(value)
        if values is None:
            return None
        last, self.last = self.last, values[2]
        return None if last is None else ratio(values[2] - last, last, 0.0) * 100.0

    @property
    def warm_up(self) -> int:
        """3n - 1."""
        return self.chain.warm_up + 1


class Range:
    """Lowest low and highest high of the last `length`."""

    def __init__(self, length: int) -> None:
        self.highs, self.lows = Window(length), Window(length)

    def update(self, high: float, low: float) -> tuple[float, float] | None:
        """Lowest and highest, once there are `length`."""
        self.highs.push(high)
        return (min(self.lows.values), max(self.highs.values)) if self.lows.push(low) else None

    @property
    def length(self) -> int:
        """Over how many."""
        return self.lows.length


@dataclass(frozen=True)
class StochasticLines:
    """What `Stochastic` and `StochRsi` answer, 0 to 100: the place in the range, and its simple average."""

    k: float
    d: float


class Stochastic(Indicator[Candle, StochasticLines]):
    """Stochastic oscillator; 14, 3 and 3 are usual, a `smooth` of 1 is the fast one (TA-Lib's STOCH)."""

    def __init__(self, length: int, smooth: int, d: int) -> None:
        super().__init__(length, smooth, d)
        self.range, self.k, self.d = Range(length), SmaF64(smooth), SmaF64(d)

    def update(self, value: Candle) -> StochasticLines | None:
        """Takes the next bar; answers once there are enough."""
        return self.take(value.high, value.low, value.close)

    def take(self, high: float, low: float, close: float) -> StochasticLines | None:
        """Takes the next three prices."""
        ends = self.range.update(high, low)
        if ends is None:
            return None
        lowest, highest = ends
        k = self.k.update(ratio(100.0 * (close - lowest), highest - lowest, 0.0))
        d = None if k is None else self.d.update(k)
        return None if k is None or d is None else StochasticLines(k, d)

    @property
    def warm_up(self) -> int:
        """length + smooth + d - 2."""
        return self.range.length + self.k.warm_up + self.d.warm_up - 2


class StochRsi(Indicator[float, StochasticLines]):
    """Stochastic of the relative strength index; 14, 14 and 3 are usual (TA-Lib's STOCHRSI)."""

    def __init__(self, rsi: int, length: int, d: int) -> None:
        super().__init__(rsi, length, d)
        self.rsi, self.place = Rsi(rsi), Stochastic(length, 1, d)

    def update(self, value: float) -> StochasticLines | None:
        """Takes the next value; answers once there are enough."""
        rsi = self.rsi.update(value)
        return None if rsi is None else self.place.take(rsi, rsi, rsi)

    @property
    def warm_up(self) -> int:
        """rsi + length + d - 1."""
        return self.rsi.warm_up - 1 + self.place.warm_up


class WilliamsR(Indicator[Candle, float]):
    """Williams' %R, -100 to 0; 0 where there is no range (TA-Lib's WILLR)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.range = Range(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once `length` have come."""
        ends = self.range.update(value.high, value.low)
        if ends is None:
            return None
        lowest, highest = ends
        return ratio(100.0 * (value.close - highest), highest - lowest, 0.0)

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.range.length


class Cci(Indicator[Candle, float]):
    """Commodity channel index; 0 where the price stands still (TA-Lib's CCI)."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.window = Window(length)

    def update(self, value: Candle) -> float | None:
        """Takes the next bar; answers once `length` have come."""
        typical = value.typical()
        if not self.window.push(typical):
            return None
        mean = self.window.mean()
        spread = total([abs(one - mean) for one in self.window.values])
        return ratio(typical - mean, 0.015 * (spread / self.window.length), 0.0)

    @property
    def warm_up(self) -> int:
        """`length`."""
        return self.window.length
