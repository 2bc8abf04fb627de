"""Who answers a strategy's questions and takes its intents? The host of the component, or a test."""

from typing import Protocol

from componentize_py_types import Err
from wit_world.imports import intents, view
from wit_world.imports import types as wit


class Rejected(Exception):
    """The host took no intent; `error` says why. Left uncaught in an event's method, it is dropped with a note."""

    def __init__(self, error: wit.EmitError) -> None:
        super().__init__(error.name.lower().replace("_", "-"))
        self.error = error


class Host(Protocol):
    """Answers are as of the event being handled. What is emitted gets a number, or `Rejected` is raised."""

    def emit(self, intent: wit.Intent) -> int:
        """Takes an intent."""

    def emit_order(self, order: wit.OrderRequest) -> int:
        """Takes an order with what few orders ask for."""

    def emit_schedule(self, schedule: wit.Schedule) -> int:
        """Takes an order that is worked over time."""

    def top_of_book(self, instrument: int) -> wit.Quote | None:
        """The touch of an instrument; `None` = unknown, or neither side is shown."""

    def depth(self, instrument: int, side: wit.Side, levels: int) -> list[wit.Level]:
        """Levels of one side of the book, best first."""

    def position_of(self, instrument: int) -> wit.PositionView:
        """The own position; all 0 when there is none."""

    def account(self) -> wit.AccountView:
        """The own sub-account."""

    def open_orders(self, instrument: int, limit: int) -> list[wit.OrderView]:
        """Own open orders by ascending intent; instrument 0 = of all."""

    def order(self, intent: int) -> wit.OrderView | None:
        """One own order; `None` = unknown or forgotten."""

    def instrument(self, instrument: int) -> wit.InstrumentView | None:
        """The definition of an instrument as it is now."""

    def bars(self, instrument: int, spec: wit.BarSpec, count: int) -> list[wit.Bar]:
        """The last finished bars of a subscribed specification, oldest first."""


class ComponentHost:
    """The host that runs the component."""

    def emit(self, intent: wit.Intent) -> int:
        """Takes an intent."""
        try:
            return intents.emit(intent)
        except Err as error:
            raise Rejected(error.value) from None

    def emit_order(self, order: wit.OrderRequest) -> int:
        """Takes an order with what few orders ask for."""
        try:
            return intents.emit_order(order)
        except Err as error:
            raise Rejected(error.value) from None

    def emit_schedule(self, schedule: wit.Schedule) -> int:
        """Takes an order that is worked over time."""
        try:
            return intents.emit_schedule(schedule)
        except Err as error:
            raise Rejected(error.value) from None

    def top_of_book(self, instrument: int) -> wit.Quote | None:
        """The touch of an instrument."""
        return view.top_of_book(instrument)

    def depth(self, instrument: int, side: wit.Side, levels: int) -> list[wit.Level]:
        """Levels of one side of the book."""
        return view.depth(instrument, side, levels)

    def position_of(self, instrument: int) -> wit.PositionView:
        """The own position."""
        return view.position_of(instrument)

    def account(self) -> wit.AccountView:
        """The own sub-account."""
        return view.account()

    def open_orders(self, instrument: int, limit: int) -> list[wit.OrderView]:
        """Own open orders."""
        return view.open_orders(instrument, limit)

    def order(self, intent: int) -> wit.OrderView | None:
        """One own order."""
        return view.order(intent)

    def instrument(self, instrument: int) -> wit.InstrumentView | None:
        """The definition of an instrument."""
        return view.instrument(instrument)

    def bars(self, instrument: int, spec: wit.BarSpec, count: int) -> list[wit.Bar]:
        """The last finished bars."""
        return view.bars(instrument, spec, count)
