"""What of a bar do indicators read? Five figures as floats, in whatever unit their author likes."""

from dataclasses import dataclass

from wit_world.imports import types as wit


@dataclass(frozen=True)
class Candle:
    """A bar in floats: mantissas as they are (`Candle.of`), or money (`Candle.in_units`)."""

    open: float
    high: float
    low: float
    close: float
    volume: float

    @staticmethod
    def of(bar: wit.Bar) -> "Candle":
        """Mantissas as they are; up to 2^53 they are exact."""
        return Candle(float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume))

    @staticmethod
    def in_units(bar: wit.Bar, instrument: wit.InstrumentView) -> "Candle":
        """In money and in units, by the scales of the instrument: what a chart shows."""
        price, qty = float(10**instrument.price_scale), float(10**instrument.qty_scale)
        return Candle(bar.open / price, bar.high / price, bar.low / price, bar.close / price, bar.volume / qty)

    def typical(self) -> float:
        """The typical price: (high + low + close) / 3."""
        return (self.high + self.low + self.close) / 3.0

    def middle(self) -> float:
        """The middle: (high + low) / 2."""
        return (self.high + self.low) / 2.0

    def range(self) -> float:
        """From low to high."""
        return self.high - self.low
