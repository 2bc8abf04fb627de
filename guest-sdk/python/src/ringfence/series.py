"""What were the last values, counted back from now?"""

from collections.abc import Iterator
from typing import Generic, TypeVar

from .types import Bar

T = TypeVar("T")


class Series(Generic[T]):
    """The newest values, at most `capacity` (0 counts as 1): `series[0]` is the newest, `series[1]` the one before.

    It is kept over a restart where its values can be: numbers, texts, flags, bars and other values of the interface.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = max(capacity, 1)
        # Oldest first, so that taking a value moves nothing until there are twice as many as asked for.
        self.values: list[T] = []

    def push(self, value: T) -> None:
        """Takes a value; the oldest makes room."""
        self.values.append(value)
        if len(self.values) >= 2 * self.capacity:
            del self.values[: -self.capacity]

    def get(self, age: int) -> T | None:
        """The value that came `age` values ago (0 = the newest); `None` where there is none."""
        return self[age] if 0 <= age < len(self) else None

    def clear(self) -> None:
        """Forgets all values."""
        self.values = []

    @property
    def is_full(self) -> bool:
        """True once it holds as many as it was made for."""
        return len(self.values) >= self.capacity

    def __len__(self) -> int:
        """How many values there are."""
        return min(len(self.values), self.capacity)

    def __getitem__(self, age: int) -> T:
        """The value of this age. Raises `IndexError` where there is none."""
        if not 0 <= age < len(self):
            raise IndexError(f"{len(self)} values, and none of age {age}")
        return self.values[-1 - age]

    def __iter__(self) -> Iterator[T]:
        """All values, newest first."""
        return (self[age] for age in range(len(self)))


class BarSeries(Series[Bar]):
    """The newest bars."""

    def highest(self, count: int) -> int | None:
        """The highest price of the newest `count` bars (of all, where there are fewer); `None` without any."""
        return max((self[age].high for age in range(min(count, len(self)))), default=None)

    def lowest(self, count: int) -> int | None:
        """The lowest price of the newest `count` bars (of all, where there are fewer); `None` without any."""
        return min((self[age].low for age in range(min(count, len(self)))), default=None)
