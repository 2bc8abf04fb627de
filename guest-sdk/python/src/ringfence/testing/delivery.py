"""Which events does the strategy get? Those that it subscribed to, through its filters, as from a host."""

from dataclasses import dataclass

from wit_world.imports import types as wit

_KINDS: dict[type[object], wit.EventKind] = {
    wit.Payload_Trade: wit.EventKind.TRADE,
    wit.Payload_Quote: wit.EventKind.QUOTE,
    wit.Payload_Book: wit.EventKind.BOOK,
    wit.Payload_Bar: wit.EventKind.BAR,
    wit.Payload_MarkPrice: wit.EventKind.MARK_PRICE,
    wit.Payload_Funding: wit.EventKind.FUNDING,
    wit.Payload_Status: wit.EventKind.STATUS,
    wit.Payload_Feed: wit.EventKind.FEED,
    wit.Payload_CorporateAction: wit.EventKind.CORPORATE_ACTION,
    wit.Payload_Accepted: wit.EventKind.ORDER,
    wit.Payload_Rejected: wit.EventKind.ORDER,
    wit.Payload_Filled: wit.EventKind.ORDER,
    wit.Payload_Canceled: wit.EventKind.ORDER,
    wit.Payload_CancelRejected: wit.EventKind.ORDER,
    wit.Payload_Amended: wit.EventKind.ORDER,
    wit.Payload_AmendRejected: wit.EventKind.ORDER,
    wit.Payload_Expired: wit.EventKind.ORDER,
    wit.Payload_Unknown: wit.EventKind.ORDER,
    wit.Payload_Busted: wit.EventKind.ORDER,
    wit.Payload_Signal: wit.EventKind.SIGNAL,
    wit.Payload_Trading: wit.EventKind.TRADING,
}

# What a quote changed against the one before.
_NOTHING, _QUANTITY, _PRICE = 0, 1, 2


@dataclass
class _Route:
    wish: wit.Subscription
    warm_up_left: int
    own_changed: bool = True

    def matches(self, instrument: int, kind: wit.EventKind, payload: wit.Payload) -> bool:
        if self.wish.kind is not kind or self.wish.instrument != instrument:
            return False
        if isinstance(payload, wit.Payload_Bar) and isinstance(self.wish.bars, wit.BarSpec_TimeNs):
            return payload.value.interval_ns == self.wish.bars.value
        # A script brings bars by time alone.
        return not isinstance(payload, wit.Payload_Bar) or self.wish.bars is None

    def passes(self, change: int) -> bool:
        filter = self.wish.filter
        if filter is wit.ChangeFilter.TOUCH:
            return change != _NOTHING
        if filter is wit.ChangeFilter.TOUCH_PRICE:
            return change == _PRICE
        if filter is wit.ChangeFilter.TOUCH_PRICE_OR_OWN:
            return change == _PRICE or self.own_changed
        return True


class Delivery:
    """The plan at work."""

    def __init__(self, plan: wit.Plan) -> None:
        self._routes = [_Route(wish, wish.warm_up) for wish in plan.subscriptions]
        self._touches: dict[int, wit.Quote] = {}

    def is_warming_up(self) -> bool:
        """True while any subscription has warm-up events left."""
        return any(route.warm_up_left > 0 for route in self._routes)

    def wants(self, instrument: int, payload: wit.Payload) -> bool:
        """True when some subscription wants the event. Remembers the touch for filters."""
        kind = _KINDS.get(type(payload))
        if kind is None:
            return True
        change = self._change(instrument, payload)
        wanted = [route for route in self._routes if route.matches(instrument, kind, payload) and route.passes(change)]
        for route in wanted:
            route.own_changed = False
        return bool(wanted)

    def count(self, instrument: int, payload: wit.Payload) -> None:
        """Counts a delivered event towards the warm-up."""
        kind = _KINDS.get(type(payload))
        for route in self._routes:
            if kind is not None and route.matches(instrument, kind, payload):
                route.warm_up_left = max(route.warm_up_left - 1, 0)

    def own_changed(self) -> None:
        """Something of the strategy's own changed: it emitted, or a fact or an outcome about its orders came."""
        for route in self._routes:
            route.own_changed = True

    def _change(self, instrument: int, payload: wit.Payload) -> int:
        if not isinstance(payload, wit.Payload_Quote):
            return _PRICE
        now, before = payload.value, self._touches.get(instrument)
        self._touches[instrument] = now
        if before == now:
            return _NOTHING
        is_same = before is not None and (before.bid_price, before.ask_price) == (now.bid_price, now.ask_price)
        return _QUANTITY if is_same else _PRICE


def is_own(payload: wit.Payload) -> bool:
    """True for facts after which a strategy's orders or position may be others."""
    if isinstance(payload, (wit.Payload_Outcome, wit.Payload_CorporateAction)):
        return True
    return _KINDS.get(type(payload)) is wit.EventKind.ORDER
