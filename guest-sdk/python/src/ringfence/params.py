"""What was the strategy configured with? Typed and checked; what is wrong says which parameter, its value and range."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from .numbers import decimal_to_mantissa, duration_to_ns
from .types import Instrument

T = TypeVar("T")


class SetupError(Exception):
    """Refuses the session; the text is shown to whoever wrote the configuration."""


class Params:
    """Parameters by name, as the configuration gives them. A key that no reader asked for refuses the session."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._asked: list[str] = []

    def optional(self, key: str) -> str | None:
        """The value as it stands, or `None` when absent."""
        self._asked.append(key)
        return self._values.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """The value as it stands, or `default` when absent."""
        value = self.optional(key)
        if value is None:
            value = default
        if value is None:
            raise SetupError(f"parameter `{key}` is missing")
        return value

    def integer(self, key: str, default: int | None = None, *, least: int = -(2**63), most: int = 2**63 - 1) -> int:
        """A whole number from `least` to `most`, or `default` when absent."""
        return self._read(key, default, lambda text: _integer(text, least, most), f"a whole number from {least} to {most}")

    def count(self, key: str, default: int | None = None, least: int = 1, most: int = 100_000) -> int:
        """A count (of bars, of ticks) from `least` to `most`, or `default` when absent."""
        return self.integer(key, default, least=least, most=most)

    def number(self, key: str, default: float | None = None, *, least: float, most: float) -> float:
        """A float from `least` to `most`, as indicators take them (`0.02`, `1e-3`), or `default` when absent."""
        return self._read(key, default, lambda text: _float(text, least, most), f"a number from {least} to {most}")

    def decimal(self, key: str, default: Decimal | None = None, *, least: Decimal, most: Decimal) -> Decimal:
        """An exact decimal from `least` to `most`, or `default` when absent."""
        return self._read(key, default, lambda text: _decimal(text, least, most), f"a decimal from {least} to {most}")

    def duration_ns(self, key: str, default: int | None = None, *, least: int = 0, most: int = 2**63 - 1) -> int:
        """A duration in nanoseconds (`500ms`, `90s`, `5m`, `8h`, `1d`) from `least` to `most` of them."""
        want = f"a duration like 500ms, 90s or 1d from {least}ns to {most}ns"
        return self._read(key, default, lambda text: _within(duration_to_ns(text), least, most), want)

    def boolean(self, key: str, default: bool | None = None) -> bool:
        """`true` or `false`, or `default` when absent."""
        return self.one_of(key, {"false": False, "true": True}, default)

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of `choices`, or `default` when absent."""
        return self.one_of(key, {choice: choice for choice in choices}, default)

    def one_of(self, key: str, choices: Mapping[str, T], default: T | None = None) -> T:
        """The value of one of the names in `choices`, or `default` when absent."""
        return self._read(key, default, lambda text: choices[text], f"one of {', '.join(choices)}")

    def items(self, key: str, item: Callable[["Params"], T], *, least: int = 1, most: int = 100) -> list[T]:
        """Items with commas between them, from `least` to `most`; each is given to `item` under the same key.

        `params.items("lengths", lambda one: one.count("lengths", most=200))` reads `10, 20, 50`.
        """
        text = self.text(key)
        items = [part.strip() for part in text.split(",")] if text.strip() else []
        if not least <= len(items) <= most or "" in items:
            raise _invalid(key, text, f"{least} to {most} items with commas between them")
        return [item(Params({key: part})) for part in items]

    def instrument(self, key: str, instruments: Sequence[Instrument]) -> Instrument:
        """The instrument of a symbol, with or without the venue before the colon."""
        text = self.text(key)
        found = [one for one in instruments if text in (one.symbol, one.symbol.partition(":")[2])]
        if len(found) != 1:
            raise _invalid(key, text, f"one of {', '.join(one.symbol for one in instruments)}")
        return found[0]

    def qty(self, key: str, instrument: Instrument) -> int:
        """A quantity above 0, as a mantissa at the instrument's quantity scale."""
        scale = instrument.qty_scale
        want = f"a quantity above 0 with at most {scale} digits after the point"
        return self._read(key, None, lambda text: _within(decimal_to_mantissa(text, scale), 1, 2**63 - 1), want)

    def price(self, key: str, instrument: Instrument) -> int:
        """A price, as a mantissa at the instrument's price scale."""
        scale = instrument.price_scale
        want = f"a price with at most {scale} digits after the point"
        return self._read(key, None, lambda text: decimal_to_mantissa(text, scale), want)

    def require(self, key: str, holds: bool, want: str) -> None:
        """Says of a parameter what its range alone does not, such as that `fast` lies below `slow`."""
        if not holds:
            raise _invalid(key, self._values.get(key, "(its default)"), want)

    def check_all_read(self) -> None:
        """Refuses keys that no reader asked for; every run does this after `setup`."""
        for key in self._values:
            if key not in self._asked:
                raise SetupError(f"unknown parameter `{key}`; known: {', '.join(self._asked) or 'none'}")

    def _read(self, key: str, default: T | None, read: Callable[[str], T], want: str) -> T:
        text = self.optional(key)
        if text is None:
            if default is None:
                raise SetupError(f"parameter `{key}` is missing")
            return default
        try:
            return read(text)
        except (ValueError, KeyError, InvalidOperation):
            raise _invalid(key, text, want) from None


def _invalid(key: str, text: str, want: str) -> SetupError:
    return SetupError(f"parameter `{key}` = `{text}`: want {want}")


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError
    return value


def _integer(text: str, least: int, most: int) -> int:
    digits = text.removeprefix("-").removeprefix("+") if text[:2] not in ("-+", "+-") else ""
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError
    return _within(int(text), least, most)


def _float(text: str, least: float, most: float) -> float:
    value = float(text)
    if "_" in text or not text.isascii() or not math.isfinite(value) or not least <= value <= most:
        raise ValueError
    return value


def _decimal(text: str, least: Decimal, most: Decimal) -> Decimal:
    value = Decimal(text)
    if "_" in text or not text.isascii() or not value.is_finite() or not least <= value <= most:
        raise ValueError
    return value
