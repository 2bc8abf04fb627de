"""What was the strategy configured with? Typed and checked; what is wrong says which parameter, its value and range."""

from .numbers import decimal_to_mantissa
from .types import Instrument


class SetupError(Exception):
    """Refuses the session; the text is shown to whoever wrote the configuration."""


class Params:
    """Parameters by name, as the configuration gives them."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        value = self._values.get(key, default)
        if value is None:
            raise SetupError(f"parameter `{key}` is missing")
        return value

    def count(self, key: str, default: int | None = None, least: int = 1, most: int = 100_000) -> int:
        """A whole number from `least` to `most`."""
        if key not in self._values and default is not None:
            return default
        text = self.text(key)
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise SetupError(f"parameter `{key}` = `{text}`: want a whole number from {least} to {most}")
        return int(text)

    def qty(self, key: str, instrument: Instrument) -> int:
        """A quantity above 0, as a mantissa at the instrument's quantity scale."""
        return self._positive(key, instrument.qty_scale, "quantity")

    def price(self, key: str, instrument: Instrument) -> int:
        """A price above 0, as a mantissa at the instrument's price scale."""
        return self._positive(key, instrument.price_scale, "price")

    def _positive(self, key: str, scale: int, what: str) -> int:
        text = self.text(key)
        try:
            value = decimal_to_mantissa(text, scale)
        except ValueError:
            value = 0
        if value <= 0:
            want = f"want a {what} above 0 with at most {scale} digits after the point"
            raise SetupError(f"parameter `{key}` = `{text}`: {want}")
        return value
