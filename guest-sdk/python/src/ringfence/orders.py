"""How does an author say what order to have? The type of an order follows from the prices that it is given."""

from dataclasses import dataclass, replace
from typing import TypedDict

from wit_world.imports import types as wit

from .host import Rejected

Size = int | wit.Size_Notional


class OrderOptions(TypedDict, total=False):
    """What an order may be given by name. With none of it, it is a market order in the event's instrument.

    `instrument`: another instrument. `limit`: at this price or better. `stop`: active when the market comes to this price
    from its worse side. `if_touched`: active when it comes from the better side. `trail`, `trail_bps`, `trail_ticks`:
    active when the market turns by this much from its best price since; with `limit_offset`, it then has a limit this far
    beyond the trigger. `trigger_by`: which price triggers. `market_to_limit`: what a market order leaves rests at the price
    of its last fill. `tif`: how long it lives (`IOC` for market orders and `GTC` for others unless given). `good_till`:
    until this time. `display`: the market may see this much at a time. `after`: sent when the order of this own earlier
    intent has filled. `group_kind` and `group`: one of a group, and the group's first intent. `slippage_bps`: a market order
    gives up this much at most, 1 to 5000. `post_only`: rejected rather than crossing. `reduce_only`: never opens or enlarges
    a position.
    """

    instrument: int
    limit: int
    stop: int
    if_touched: int
    trail: int
    trail_bps: int
    trail_ticks: int
    limit_offset: int
    trigger_by: wit.TriggerBy
    market_to_limit: bool
    tif: wit.TimeInForce
    good_till: int
    display: int
    after: int
    group_kind: wit.GroupKind
    group: int
    slippage_bps: int
    post_only: bool
    reduce_only: bool


@dataclass(frozen=True)
class Bracket:
    """The intents of a bracket: what opens the position, what closes it at a profit, what closes it at a loss."""

    entry: int
    take_profit: int
    stop_loss: int


_WAYS = ("stop", "if_touched", "trail", "trail_bps", "trail_ticks", "market_to_limit")


def request(instrument: int, side: wit.Side, size: Size, options: OrderOptions) -> wit.OrderRequest:
    """The order that is described. Raises `TypeError` for an option that there is not, `ValueError` for two triggers."""
    _check(options)
    order_type = _order_type(options)
    good_till = options.get("good_till")
    tif = options.get("tif")
    if tif is None:
        tif = wit.TimeInForce.IOC if order_type is wit.OrderType.MARKET else wit.TimeInForce.GTC
    submit = wit.Submit(
        options.get("instrument", instrument),
        side,
        wit.Size_Quantity(size) if isinstance(size, int) else size,
        order_type,
        options.get("limit"),
        options.get("stop", options.get("if_touched")),
        tif if good_till is None else wit.TimeInForce.GTD,
        options.get("slippage_bps"),
        options.get("post_only", False),
        options.get("reduce_only", False),
    )
    return wit.OrderRequest(
        submit,
        good_till or 0,
        options.get("display", 0),
        _trail(options),
        options.get("trigger_by", wit.TriggerBy.LAST),
        options.get("after", 0),
        options.get("group", 0),
        options.get("group_kind", wit.GroupKind.NONE),
    )


def is_plain(order: wit.OrderRequest) -> bool:
    """True where `emit` says it all."""
    extras = (order.expire_at, order.display_qty, order.parent, order.group)
    is_usual = order.trigger_by is wit.TriggerBy.LAST and order.group_kind is wit.GroupKind.NONE
    return order.trail is None and is_usual and not any(extras)


def other_side(side: wit.Side) -> wit.Side:
    """The side that closes what this one opens."""
    return wit.Side.SELL if side is wit.Side.BUY else wit.Side.BUY


_STEPS_MAX = 32


def steps_of(order: wit.OrderRequest, instrument: wit.InstrumentView | None, to: int, steps: int) -> list[wit.OrderRequest]:
    """The orders of a ladder: equal parts at prices from the limit price to `to`, evenly apart.

    Parts are whole lots; what does not divide goes to the first steps, a lot each. Prices between the ends are moved towards
    the first one to a whole number of ticks from it. `Rejected` (malformed) for less than 2 or more than 32 steps, an order
    without a limit price or with a trigger, an order by value, an unknown instrument, or less than a lot a step.
    """
    whole, first = order.order.size, order.order.limit_price
    is_limit = order.order.order_type is wit.OrderType.LIMIT and first is not None and isinstance(whole, wit.Size_Quantity)
    if instrument is None or first is None or not is_limit or not 2 <= steps <= _STEPS_MAX:
        raise Rejected(wit.EmitError.MALFORMED)
    each, rest = divmod(whole.value // instrument.lot, steps)
    if each < 1:
        raise Rejected(wit.EmitError.MALFORMED)
    parts = []
    for step in range(steps):
        size = wit.Size_Quantity((each + (1 if step < rest else 0)) * instrument.lot)
        way = abs(to - first) * step // (steps - 1) // instrument.tick * instrument.tick
        price = first + way if to > first else first - way
        parts.append(replace(order, order=replace(order.order, size=size, limit_price=price)))
    return parts


def _check(options: OrderOptions) -> None:
    unknown = sorted(options.keys() - OrderOptions.__annotations__.keys())
    if unknown:
        raise TypeError(f"an order has no option `{unknown[0]}`; known: {', '.join(OrderOptions.__annotations__)}")
    ways = [way for way in _WAYS if options.get(way) not in (None, False)]
    if len(ways) > 1:
        raise ValueError(f"an order cannot have both `{ways[0]}` and `{ways[1]}`")


def _order_type(options: OrderOptions) -> wit.OrderType:
    is_limit = options.get("limit") is not None
    if options.get("stop") is not None:
        return wit.OrderType.STOP_LIMIT if is_limit else wit.OrderType.STOP_MARKET
    if options.get("if_touched") is not None:
        return wit.OrderType.LIMIT_IF_TOUCHED if is_limit else wit.OrderType.MARKET_IF_TOUCHED
    if _trail(options) is not None:
        has_offset = options.get("limit_offset") is not None
        return wit.OrderType.TRAILING_STOP_LIMIT if has_offset else wit.OrderType.TRAILING_STOP_MARKET
    if options.get("market_to_limit", False):
        return wit.OrderType.MARKET_TO_LIMIT
    return wit.OrderType.LIMIT if is_limit else wit.OrderType.MARKET


def _trail(options: OrderOptions) -> wit.Trail | None:
    offset, unit = options.get("trail"), wit.TrailUnit.PRICE
    if offset is None:
        offset, unit = options.get("trail_bps"), wit.TrailUnit.BPS
    if offset is None:
        offset, unit = options.get("trail_ticks"), wit.TrailUnit.TICKS
    if offset is None:
        return None
    return wit.Trail(offset, unit, options.get("limit_offset", 0))
