"""What is known at this event, and how is something asked for?"""

from componentize_py_types import Err
from wit_world.imports import intents, view
from wit_world.imports import types as wit

from .types import Side, TimeInForce


class Rejected(Exception):
    """The host took no intent; `error` says why. Left uncaught in an event's method, it is dropped with a note."""

    def __init__(self, error: wit.EmitError) -> None:
        super().__init__(error.name.lower().replace("_", "-"))
        self.error = error


class Ctx:
    """The event's time, instrument, touch and position, and ways to emit."""

    __slots__ = ("_context", "_event")

    def __init__(self, event: wit.Event, context: wit.Context) -> None:
        self._event = event
        self._context = context

    @property
    def time(self) -> int:
        """When the host received the event, in nanoseconds since the Unix epoch."""
        return self._event.time

    @property
    def instrument(self) -> int:
        """Instrument of the event; 0 = none."""
        return self._event.instrument

    @property
    def position(self) -> int:
        """The strategy's own net position in that instrument: a mantissa at its quantity scale."""
        return self._context.position

    @property
    def bid_price(self) -> int:
        """Best bid of that instrument; 0 where there is none."""
        return self._context.bid_price

    @property
    def ask_price(self) -> int:
        """Best ask of that instrument; 0 where there is none."""
        return self._context.ask_price

    def buy(self, qty: int, *, limit: int | None = None, tif: TimeInForce | None = None, post_only: bool = False) -> int:
        """Wants to buy: at once at any price, or at `limit` or better. Answers the number of the intent."""
        return self._order(Side.BUY, qty, limit, tif, post_only)

    def sell(self, qty: int, *, limit: int | None = None, tif: TimeInForce | None = None, post_only: bool = False) -> int:
        """Wants to sell: at once at any price, or at `limit` or better. Answers the number of the intent."""
        return self._order(Side.SELL, qty, limit, tif, post_only)

    def cancel(self, intent: int) -> int:
        """Wants the order of an intent canceled."""
        return self.emit(wit.Intent_Cancel(intent))

    def flatten(self, instrument: int | None = None) -> int:
        """Wants no position in an instrument, or in any."""
        return self.emit(wit.Intent_Flatten(instrument))

    def wake_at(self, time: int) -> int:
        """Wants `on_wake` called at a time."""
        return self.emit(wit.Intent_WakeAt(time))

    def note(self, text: str) -> int:
        """Writes a line into the journal."""
        return self.emit(wit.Intent_Note(text))

    def emit(self, intent: wit.Intent) -> int:
        """Any intent of the interface."""
        try:
            return intents.emit(intent)
        except Err as error:
            raise Rejected(error.value) from None

    def depth(self, side: Side, levels: int, instrument: int | None = None) -> list[wit.Level]:
        """Levels of the book, best first."""
        return view.depth(self.instrument if instrument is None else instrument, side, levels)

    def _order(self, side: Side, qty: int, limit: int | None, tif: TimeInForce | None, post_only: bool) -> int:
        is_market = limit is None
        kind = wit.OrderType.MARKET if is_market else wit.OrderType.LIMIT
        tif = tif or (TimeInForce.IOC if is_market else TimeInForce.GTC)
        size = wit.Size_Quantity(qty)
        order = wit.Submit(self.instrument, side, size, kind, limit, None, tif, None, post_only, False)
        return self.emit(wit.Intent_Submit(order))
