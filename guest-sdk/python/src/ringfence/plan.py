"""Which events does a strategy want?"""

from wit_world.imports import types as wit


class Plan:
    """Subscriptions, each added by a call: `Plan().trades(1).quotes(1)`."""

    def __init__(self) -> None:
        self._subscriptions: list[wit.Subscription] = []

    def trades(self, instrument: int, warm_up: int = 0) -> "Plan":
        """Every public trade; the first `warm_up` of them come before anything may be emitted."""
        return self._add(instrument, wit.EventKind.TRADE, wit.ChangeFilter.EVERY, None, warm_up)

    def quotes(self, instrument: int, filter: wit.ChangeFilter = wit.ChangeFilter.EVERY, warm_up: int = 0) -> "Plan":
        """Changes of best bid and best ask."""
        return self._add(instrument, wit.EventKind.QUOTE, filter, None, warm_up)

    def books(self, instrument: int, filter: wit.ChangeFilter = wit.ChangeFilter.EVERY, warm_up: int = 0) -> "Plan":
        """Changes of the book."""
        return self._add(instrument, wit.EventKind.BOOK, filter, None, warm_up)

    def bars(self, instrument: int, spec: wit.BarSpec | None = None, warm_up: int = 0) -> "Plan":
        """Bars that the feed brings, or with `spec` (`TimeBars(60_000_000_000)`, `TickBars(100)` …) those that the host builds."""
        return self._add(instrument, wit.EventKind.BAR, wit.ChangeFilter.EVERY, spec, warm_up)

    def other(self, kind: wit.EventKind, instrument: int = 0) -> "Plan":
        """Any other kind of event; those of no instrument have number 0."""
        return self._add(instrument, kind, wit.ChangeFilter.EVERY, None, 0)

    def to_wit(self) -> wit.Plan:
        """As the interface takes it."""
        return wit.Plan(self._subscriptions)

    def _add(
        self,
        instrument: int,
        kind: wit.EventKind,
        filter: wit.ChangeFilter,
        bars: wit.BarSpec | None,
        warm_up: int,
    ) -> "Plan":
        self._subscriptions.append(wit.Subscription(instrument, kind, filter, bars, warm_up))
        return self
