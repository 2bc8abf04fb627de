"""What is known at this event, and how is something asked for?"""

from collections.abc import Sequence
from typing import Unpack

from wit_world.imports import types as wit

from .host import Host, Rejected
from .orders import Bracket, OrderOptions, Size, is_plain, other_side, request, steps_of
from .types import (
    AccountView,
    Bar,
    BarSpec,
    Instrument,
    Level,
    OrderState,
    OrderView,
    PositionView,
    Quote,
    Side,
)

_DONE = (OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED)


class Ctx:
    """The event's time, instrument, touch and position, and ways to emit.

    What emits answers the number of the intent, or raises `Rejected`; what Risk and the venue say comes as later events.
    """

    __slots__ = ("_context", "_event", "_host")

    def __init__(self, host: Host, event: wit.Event, context: wit.Context) -> None:
        self._host = host
        self._event = event
        self._context = context

    @property
    def time(self) -> int:
        """When the host received the event, in nanoseconds since the Unix epoch. This is now."""
        return self._event.time

    @property
    def venue_time(self) -> int | None:
        """The venue's own time stamp, if it gave one."""
        return self._event.venue_time or None

    @property
    def instrument(self) -> int:
        """Instrument of the event; 0 = none, as in `on_outcome`."""
        return self._event.instrument

    @property
    def position(self) -> int:
        """The strategy's own net position in that instrument: a mantissa at its quantity scale, below 0 = short."""
        return self._context.position

    @property
    def bid_price(self) -> int:
        """Best bid of that instrument; 0 where there is none."""
        return self._context.bid_price

    @property
    def bid_qty(self) -> int:
        """Quantity at the best bid; 0 where there is none."""
        return self._context.bid_qty

    @property
    def ask_price(self) -> int:
        """Best ask of that instrument; 0 where there is none."""
        return self._context.ask_price

    @property
    def ask_qty(self) -> int:
        """Quantity at the best ask; 0 where there is none."""
        return self._context.ask_qty

    def top_of_book(self, instrument: int) -> Quote | None:
        """The touch of any instrument given to `setup`; `None` = unknown, or neither side is shown."""
        return self._host.top_of_book(instrument)

    def depth(self, side: Side, levels: int, instrument: int | None = None) -> list[Level]:
        """Levels of one side of the book, best first."""
        return self._host.depth(self.instrument if instrument is None else instrument, side, levels)

    def position_of(self, instrument: int) -> PositionView:
        """The own position in any instrument, with its cost; `exact` makes decimals of its money."""
        return self._host.position_of(instrument)

    def account(self) -> AccountView:
        """The own sub-account; `exact` makes decimals of its money."""
        return self._host.account()

    def open_orders(self, instrument: int = 0, limit: int = 65_535) -> list[OrderView]:
        """Own open orders by ascending intent, at most `limit`; instrument 0 = of all instruments."""
        return self._host.open_orders(instrument, limit)

    def order(self, intent: int) -> OrderView | None:
        """One own order; `None` = unknown or forgotten."""
        return self._host.order(intent)

    def definition(self, instrument: int) -> Instrument | None:
        """The definition of an instrument as it is now."""
        return self._host.instrument(instrument)

    def bars(self, instrument: int, spec: BarSpec, count: int) -> list[Bar]:
        """The last `count` finished bars of a subscribed specification, oldest first."""
        return self._host.bars(instrument, spec, count)

    def buy(self, size: Size, **options: Unpack[OrderOptions]) -> int:
        """Wants to buy a quantity, or a `Notional`: at once at any price, or as `OrderOptions` say."""
        return self.emit_order(request(self.instrument, Side.BUY, size, options))

    def sell(self, size: Size, **options: Unpack[OrderOptions]) -> int:
        """Wants to sell a quantity, or a `Notional`: at once at any price, or as `OrderOptions` say."""
        return self.emit_order(request(self.instrument, Side.SELL, size, options))

    def bracket(
        self, side: Side, qty: int, *, take_profit: int, stop_loss: int, **options: Unpack[OrderOptions]
    ) -> Bracket:
        """Wants an entry, and on its other side a limit order at `take_profit` and a stop-market order at `stop_loss`.

        The two wait until the entry fills, only reduce the position, and a fill of one takes its quantity from the other.
        Where a later one of the three is refused, the earlier ones have been emitted.
        """
        order = request(self.instrument, side, qty, options)
        entry = self.emit_order(order)
        out = other_side(side)
        exits: OrderOptions = {"instrument": order.order.instrument, "reduce_only": True, "after": entry}
        exits["group_kind"] = wit.GroupKind.OUO
        profit = self.emit_order(request(self.instrument, out, qty, {**exits, "limit": take_profit}))
        loss = self.emit_order(request(self.instrument, out, qty, {**exits, "stop": stop_loss, "group": profit}))
        return Bracket(entry, profit, loss)

    def scale(self, side: Side, qty: int, *, to: int, steps: int, **options: Unpack[OrderOptions]) -> list[int]:
        """Wants it in equal parts at prices from `limit` to `to`, evenly apart: scales in, or out with `reduce_only`.

        Parts are whole lots, prices whole ticks from the first one. `Rejected` (malformed), before anything is emitted, for
        less than 2 or more than 32 steps, no `limit`, a trigger, an unknown instrument, or less than a lot a step.
        """
        order = request(self.instrument, side, qty, options)
        parts = steps_of(order, self._host.instrument(order.order.instrument), to, steps)
        return [self.emit_order(part) for part in parts]

    def close(self, **options: Unpack[OrderOptions]) -> int | None:
        """Wants the own net position closed, reduce-only. `None` when there is none. Own orders stay: see `flatten`."""
        options["reduce_only"] = True
        return self._toward(-self._held(options.get("instrument")), options)

    def reverse(self, **options: Unpack[OrderOptions]) -> int | None:
        """Wants the own net position turned into as much on the other side. `None` when there is none."""
        return self._toward(-2 * self._held(options.get("instrument")), options)

    def target(self, qty: int, **options: Unpack[OrderOptions]) -> int | None:
        """Wants the own net position to become `qty` (below 0 = short), given what own orders will add if they fill.

        Reduce-only where it cannot cross 0. `None` when position and orders add up to the target already. Orders that are
        held for a trigger do not count.
        """
        instrument = options.get("instrument", self.instrument)
        held = self._held(instrument)
        change = qty - held - self._coming(instrument)
        if (held > 0) != (change > 0) and abs(change) <= abs(held):
            options["reduce_only"] = True
        return self._toward(change, options)

    def twap(
        self,
        side: Side,
        size: Size,
        *,
        end: int,
        slices: int,
        start: int = 0,
        limit: int | None = None,
        slippage_bps: int | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        instrument: int | None = None,
    ) -> int:
        """Wants it worked in equal slices until `end`, at `limit` or within `slippage_bps`: one of the two is needed."""
        terms = (limit, slippage_bps, post_only, reduce_only)
        return self._schedule(instrument, side, size, terms, (start, end), wit.Curve_Even(slices))

    def vwap(
        self,
        side: Side,
        size: Size,
        *,
        end: int,
        weights: Sequence[int],
        start: int = 0,
        limit: int | None = None,
        slippage_bps: int | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        instrument: int | None = None,
    ) -> int:
        """Wants it worked until `end` in a slice for each weight, as large as its weight says; otherwise as `twap`."""
        terms = (limit, slippage_bps, post_only, reduce_only)
        return self._schedule(instrument, side, size, terms, (start, end), wit.Curve_Profile(list(weights)))

    def participate(
        self,
        side: Side,
        size: Size,
        *,
        end: int,
        slices: int,
        bps: int,
        start: int = 0,
        limit: int | None = None,
        slippage_bps: int | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        instrument: int | None = None,
    ) -> int:
        """Wants slices of at most `bps` / 10000 of what the market traded in the interval before; otherwise as `twap`."""
        terms = (limit, slippage_bps, post_only, reduce_only)
        curve = wit.Curve_Volume(wit.Participation(slices, bps))
        return self._schedule(instrument, side, size, terms, (start, end), curve)

    def amend(
        self, intent: int, *, price: int | None = None, qty: int | None = None, trigger: int | None = None
    ) -> int:
        """Wants a working order changed: its limit price, its whole quantity (filled included), its trigger."""
        return self.emit(wit.Intent_Amend(wit.Amend(intent, price, qty, trigger)))

    def cancel(self, intent: int) -> int:
        """Wants the order of an intent canceled."""
        return self.emit(wit.Intent_Cancel(intent))

    def cancel_all(self, instrument: int | None = None) -> int:
        """Wants every own order canceled, of one instrument or of all."""
        return self.emit(wit.Intent_CancelAll(instrument))

    def flatten(self, instrument: int | None = None) -> int:
        """Wants no own order and no position, in one instrument or in all."""
        return self.emit(wit.Intent_Flatten(instrument))

    def wake_at(self, time: int) -> int:
        """Wants `on_wake` called at a time, 1 ms from now at the earliest."""
        return self.emit(wit.Intent_WakeAt(time))

    def note(self, text: str) -> int:
        """Writes a line into the journal."""
        return self.emit(wit.Intent_Note(text))

    def emit(self, intent: wit.Intent) -> int:
        """Any intent of the interface."""
        return self._host.emit(intent)

    def emit_order(self, order: wit.OrderRequest) -> int:
        """Any order of the interface."""
        return self._host.emit(wit.Intent_Submit(order.order)) if is_plain(order) else self._host.emit_order(order)

    def _held(self, instrument: int | None) -> int:
        is_here = instrument is None or instrument == self.instrument
        return self.position if is_here else self._host.position_of(instrument or 0).qty

    def _coming(self, instrument: int) -> int:
        coming = 0
        for order in self._host.open_orders(instrument, 65_535):
            if order.state not in _DONE and order.state is not OrderState.HELD:
                leaves = order.qty - order.filled
                coming += leaves if order.side is Side.BUY else -leaves
        return coming

    def _toward(self, change: int, options: OrderOptions) -> int | None:
        if change == 0:
            return None
        side = Side.BUY if change > 0 else Side.SELL
        return self.emit_order(request(self.instrument, side, abs(change), options))

    def _schedule(
        self,
        instrument: int | None,
        side: Side,
        size: Size,
        terms: tuple[int | None, int | None, bool, bool],
        time: tuple[int, int],
        curve: wit.Curve,
    ) -> int:
        limit, slippage_bps, post_only, reduce_only = terms
        bound: wit.Bound
        if limit is not None and slippage_bps is None:
            bound = wit.Bound_Limit(limit)
        elif slippage_bps is not None and limit is None:
            bound = wit.Bound_Slippage(slippage_bps)
        else:
            raise Rejected(wit.EmitError.MALFORMED)
        whole = wit.Size_Quantity(size) if isinstance(size, int) else size
        where = self.instrument if instrument is None else instrument
        wish = wit.Schedule(where, side, whole, bound, post_only, reduce_only, time[0], time[1], curve)
        return self._host.emit_schedule(wish)
