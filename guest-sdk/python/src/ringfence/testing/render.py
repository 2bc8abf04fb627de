"""How do intents and subscriptions read as text? As in `ringfence test`."""

import json
from enum import Enum

from wit_world.imports import types as wit

from ..numbers import mantissa_to_decimal

Instruments = list[wit.InstrumentView]


def time(value: int) -> str:
    """A moment in seconds, without zeros that say nothing: `1.5s`."""
    return mantissa_to_decimal(value, 9).rstrip("0").rstrip(".") + "s"


def name(case: Enum) -> str:
    """A case as the interface calls it."""
    return case.name.lower().replace("_", "-")


def intent(wish: wit.Intent, of_order: int, instruments: Instruments) -> str:
    """One intent; `of_order` is the instrument of the order that an amend means."""
    if isinstance(wish, wit.Intent_Submit):
        return submit(wish.value, instruments)
    if isinstance(wish, wit.Intent_Cancel):
        return f"cancel #{wish.value}"
    if isinstance(wish, wit.Intent_Amend):
        return _amend(wish.value, of_order, instruments)
    if isinstance(wish, wit.Intent_WakeAt):
        return f"wake-at {time(wish.value)}"
    if isinstance(wish, wit.Intent_Note):
        return f"note {json.dumps(wish.value, ensure_ascii=False)}"
    word = "cancel-all" if isinstance(wish, wit.Intent_CancelAll) else "flatten"
    return word if wish.value is None else f"{word} {symbol(wish.value, instruments)}"


def submit(order: wit.Submit, instruments: Instruments) -> str:
    """An order."""
    words = [name(order.side), symbol(order.instrument, instruments), size(order.size, order.instrument, instruments)]
    words.append(name(order.order_type))
    if order.limit_price is not None:
        words.append(f"@{price(order.limit_price, order.instrument, instruments)}")
    if order.stop_price is not None:
        words.append(f"stop @{price(order.stop_price, order.instrument, instruments)}")
    words.append(name(order.tif))
    if order.max_slippage_bps is not None:
        words.append(f"slippage {order.max_slippage_bps}bps")
    return " ".join(words + _flags(order.post_only, order.reduce_only))


def request(order: wit.OrderRequest, instruments: Instruments) -> str:
    """An order with what few orders ask for."""
    id = order.order.instrument
    words = [submit(order.order, instruments)]
    if order.trail is not None:
        words.append(f"trail {_offset(order.trail.offset, order.trail.unit, id, instruments)}")
        if order.trail.limit_offset != 0:
            words.append(f"limit-offset {_offset(order.trail.limit_offset, order.trail.unit, id, instruments)}")
    if order.trigger_by is not wit.TriggerBy.LAST:
        words.append(f"by {name(order.trigger_by)}")
    if order.expire_at != 0:
        words.append(f"until {time(order.expire_at)}")
    if order.display_qty != 0:
        words.append(f"display {qty(order.display_qty, id, instruments)}")
    if order.parent != 0:
        words.append(f"after #{order.parent}")
    if order.group_kind is not wit.GroupKind.NONE:
        words.append(name(order.group_kind))
    if order.group != 0:
        words.append(f"#{order.group}")
    return " ".join(words)


def schedule(wish: wit.Schedule, instruments: Instruments) -> str:
    """An order that is worked over time."""
    id = wish.instrument
    words = ["schedule", name(wish.side), symbol(id, instruments), size(wish.size, id, instruments)]
    if isinstance(wish.bound, wit.Bound_Limit):
        words.append(f"@{price(wish.bound.value, id, instruments)}")
    else:
        words.append(f"slippage {wish.bound.value}bps")
    if isinstance(wish.curve, wit.Curve_Even):
        words.append(f"even {wish.curve.value}")
    elif isinstance(wish.curve, wit.Curve_Profile):
        words.append(f"profile {wish.curve.value}")
    else:
        words.append(f"volume {wish.curve.value.slices} {wish.curve.value.bps}bps")
    if wish.start != 0:
        words.append(f"from {time(wish.start)}")
    words.append(f"to {time(wish.end)}")
    return " ".join(words + _flags(wish.post_only, wish.reduce_only))


def subscription(wish: wit.Subscription, instruments: Instruments) -> str:
    """A subscription."""
    words = [name(wish.kind)]
    if wish.instrument != 0:
        words.append(symbol(wish.instrument, instruments))
    if isinstance(wish.bars, wit.BarSpec_TimeNs):
        words.append(time(wish.bars.value))
    elif wish.bars is not None:
        words.append(f"{type(wish.bars).__name__.removeprefix('BarSpec_')} {wish.bars.value}")
    if wish.filter is not wit.ChangeFilter.EVERY:
        words.append(name(wish.filter))
    if wish.warm_up > 0:
        words.append(f"warm-up {wish.warm_up}")
    return " ".join(words)


def symbol(id: int, instruments: Instruments) -> str:
    """The symbol of an instrument."""
    found = _find(id, instruments)
    return "?" if found is None else found.symbol


def price(value: int, id: int, instruments: Instruments) -> str:
    """A price at the instrument's scale."""
    found = _find(id, instruments)
    return mantissa_to_decimal(value, 0 if found is None else found.price_scale)


def qty(value: int, id: int, instruments: Instruments) -> str:
    """A quantity at the instrument's scale."""
    found = _find(id, instruments)
    return mantissa_to_decimal(value, 0 if found is None else found.qty_scale)


def size(value: wit.Size, id: int, instruments: Instruments) -> str:
    """A quantity, or a value in money."""
    if isinstance(value, wit.Size_Quantity):
        return qty(value.value, id, instruments)
    return f"notional {price(value.value, id, instruments)}"


def _find(id: int, instruments: Instruments) -> wit.InstrumentView | None:
    return next((one for one in instruments if one.id == id), None)


def _flags(post_only: bool, reduce_only: bool) -> list[str]:
    return (["post-only"] if post_only else []) + (["reduce-only"] if reduce_only else [])


def _offset(value: int, unit: wit.TrailUnit, id: int, instruments: Instruments) -> str:
    return price(value, id, instruments) if unit is wit.TrailUnit.PRICE else f"{value}{name(unit)}"


def _amend(change: wit.Amend, id: int, instruments: Instruments) -> str:
    words = [f"amend #{change.id}"]
    if change.price is not None:
        words.append(f"@{price(change.price, id, instruments)}")
    if change.qty is not None:
        words.append(f"qty {qty(change.qty, id, instruments)}")
    if change.trigger is not None:
        words.append(f"trigger @{price(change.trigger, id, instruments)}")
    return " ".join(words)
