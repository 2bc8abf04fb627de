"""Indicators that take one value at a time. Bits are equal on every machine and equal to those of the Rust SDK."""


class Ema:
    """Exponential moving average: `v + a * (x - v)` with a = 2 / (n + 1), seeded with the first value."""

    def __init__(self, length: int) -> None:
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
    def is_warm(self) -> bool:
        """True from the value on that is number `length`."""
        return self.seen >= self.length


class Sma:
    """Simple moving average of the last `length` integers, as the pair (sum, count): exact, nothing is divided."""

    def __init__(self, length: int) -> None:
        self.length = max(length, 1)
        self.values: list[int] = []
        self.sum = 0
        self.next = 0

    def update(self, value: int) -> float:
        """Takes the next value; answers the average of those that it holds."""
        if len(self.values) < self.length:
            self.values.append(value)
        else:
            self.sum -= self.values[self.next]
            self.values[self.next] = value
        self.sum += value
        self.next = (self.next + 1) % self.length
        return self.sum / len(self.values)

    @property
    def is_warm(self) -> bool:
        """True once it holds `length` values."""
        return len(self.values) == self.length
