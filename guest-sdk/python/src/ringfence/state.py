"""How does a strategy's state become bytes and come back?

Everything in the attributes of the strategy and of the objects in them is kept: numbers, texts, flags, lists, tuples,
dictionaries with texts as keys, values of the interface (bars, sides …) and candles. `setup` makes the objects, so a snapshot
holds values alone, and what it holds is bounded by the host. Attributes that a class names in `not_kept` stay out of it: those
that `setup` makes of parameters, so that new parameters are in force after a swap.

In JSON a list is a list, and what JSON has no form for is an object with one key: `d` a dictionary, `t` a tuple, `o` an object
that `setup` makes again, `v` a value by the name of its type.
"""

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from wit_world.imports import types as wit

from . import indicators
from .candle import Candle

_PLAIN = (bool, int, float, str, type(None))
_VERSION = 2
_VALUES: dict[str, type[Any]] = {
    name: kind
    for name, kind in vars(wit).items()
    if isinstance(kind, type) and kind.__module__ == wit.__name__ and (is_dataclass(kind) or issubclass(kind, Enum))
}
_VALUES["Candle"] = Candle
_VALUES |= {name: kind for name, kind in vars(indicators).items() if isinstance(kind, type) and is_dataclass(kind)}


def save(strategy: object) -> bytes:
    """The state of an object. Raises `TypeError` for an attribute that cannot be kept, with its place."""
    return json.dumps({"version": _VERSION, "state": _fields(strategy, "state")}, separators=(",", ":")).encode()


def load(strategy: object, data: bytes) -> None:
    """Puts a state into an object that `setup` has just made. Raises `ValueError` where it does not fit."""
    saved = json.loads(data)
    if not isinstance(saved, dict) or saved.get("version") != _VERSION:
        raise ValueError("not a snapshot of this version")
    _into(strategy, saved["state"], "state")


def _out(value: Any, place: str) -> Any:
    if isinstance(value, _PLAIN) and not isinstance(value, Enum):
        return value
    if isinstance(value, list):
        return [_out(item, place) for item in value]
    if isinstance(value, tuple):
        return {"t": [_out(item, place) for item in value]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"{place}: keys of a dictionary in the state must be texts")
        return {"d": {key: _out(item, f"{place}.{key}") for key, item in value.items()}}
    if _VALUES.get(type(value).__name__) is type(value):
        return {"v": [type(value).__name__, _content(value, place)]}
    if not hasattr(value, "__dict__") or callable(value):
        raise TypeError(f"{place}: a {type(value).__name__} cannot be kept in the state")
    return {"o": _fields(value, place)}


def _fields(value: object, place: str) -> dict[str, Any]:
    return {key: _out(item, f"{place}.{key}") for key, item in _kept(value).items()}


def _kept(value: object) -> dict[str, Any]:
    left_out = {name for kind in type(value).__mro__ for name in vars(kind).get("not_kept", ())}
    return {key: item for key, item in vars(value).items() if key not in left_out}


def _content(value: Any, place: str) -> Any:
    if isinstance(value, Enum):
        return value.name
    return [_out(getattr(value, field.name), f"{place}.{field.name}") for field in fields(value)]


def _into(target: Any, saved: Any, place: str) -> None:
    have = _kept(target)
    if not isinstance(saved, dict) or saved.keys() != have.keys():
        raise ValueError(f"{place} has other fields than this strategy")
    for key, value in saved.items():
        setattr(target, key, _back(have[key], value, f"{place}.{key}"))


def _back(old: Any, saved: Any, place: str) -> Any:
    if isinstance(saved, list):
        known = old if isinstance(old, list) else []
        return [_back(known[at] if at < len(known) else None, item, place) for at, item in enumerate(saved)]
    if not isinstance(saved, dict):
        if old is not None and saved is not None and isinstance(old, _PLAIN) and _kind(old) != _kind(saved):
            raise ValueError(f"{place} is a {type(saved).__name__}")
        return saved
    if "t" in saved:
        return tuple(_back(list(old) if isinstance(old, tuple) else [], saved["t"], place))
    if "d" in saved:
        made = old if isinstance(old, dict) else {}
        return {key: _back(made.get(key), item, f"{place}.{key}") for key, item in saved["d"].items()}
    if "v" in saved:
        return _value(saved["v"], place)
    if not hasattr(old, "__dict__"):
        raise ValueError(f"{place} is an object that `setup` does not make")
    _into(old, saved["o"], place)
    return old


def _kind(value: Any) -> str:
    return "a number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def _value(saved: Any, place: str) -> Any:
    name, content = saved
    kind = _VALUES[name]
    if issubclass(kind, Enum):
        return kind[content]
    return kind(*[_back(None, item, place) for item in content])
