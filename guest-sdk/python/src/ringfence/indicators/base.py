"""What do all indicators have in common, and what are they made of?

Bits are equal on every machine and equal to those of the Rust SDK: sums are made anew at each value, oldest first and one
addition after the other (Python's `sum` compensates its rounding, which gives other bits), and nothing is fused.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

Input = TypeVar("Input", contravariant=True)
Output = TypeVar("Output", covariant=True)


class Indicator(ABC, Generic[Input, Output]):
    """One formula over a series. A length of 0 counts as 1; parameters are not kept over a restart, they come from `setup`."""

    not_kept: ClassVar[tuple[str, ...]] = ("args",)

    def __init__(self, *args: float) -> None:
        self.args = args

    @abstractmethod
    def update(self, value: Input) -> Output | None:
        """Takes the next input; answers from number `warm_up` on, every time."""

    @property
    @abstractmethod
    def warm_up(self) -> int:
        """How many inputs the first answer takes, its own included."""

    def fresh(self) -> "Indicator[Input, Output]":
        """One with the same parameters that has taken nothing."""
        return type(self)(*self.args)

    def over(self, values: Iterable[Input]) -> list[Output | None]:
        """What a fresh one answers to each of these: the same as `update` one by one, bit for bit."""
        indicator = self.fresh()
        return [indicator.update(value) for value in values]


class Window:
    """The last `length` floats, oldest first. One that is loaded into another length keeps the newest."""

    not_kept: ClassVar[tuple[str, ...]] = ("length",)

    def __init__(self, length: int) -> None:
        self.length = max(length, 1)
        self.values: list[float] = []

    def push(self, value: float) -> bool:
        """Takes a value; answers whether the window is full."""
        self.values.append(float(value))
        if len(self.values) > self.length:
            del self.values[: -self.length]
        return len(self.values) == self.length

    def sum(self) -> float:
        """The sum, oldest first."""
        return total(self.values)

    def mean(self) -> float:
        """The mean of a full window."""
        return total(self.values) / self.length

    def variance(self) -> float:
        """The mean square of the distance from the mean, of a full window (of the population)."""
        mean = self.mean()
        return total([(value - mean) * (value - mean) for value in self.values]) / self.length


class Delay:
    """The value that came `length` values ago."""

    not_kept: ClassVar[tuple[str, ...]] = ("length",)

    def __init__(self, length: int) -> None:
        self.length = max(length, 1)
        self.values: list[float] = []

    def push(self, value: float) -> float | None:
        """Takes a value; answers the one that came `length` before it, if there is one."""
        self.values.append(float(value))
        if len(self.values) <= self.length:
            return None
        earlier = self.values[-1 - self.length]
        del self.values[: -self.length]
        return earlier


def total(values: Iterable[float]) -> float:
    """The sum in this order, rounded after each addition."""
    result = 0.0
    for value in values:
        result += value
    return result


def ratio(part: float, whole: float, otherwise: float) -> float:
    """The quotient, or `otherwise` where there is nothing to divide by."""
    return otherwise if whole == 0.0 else part / whole
