"""How does a strategy's state become bytes and come back?

Everything in the attributes of the strategy and of the objects in them is kept: numbers, texts, flags, lists, dictionaries
with texts as keys. `setup` makes the objects, so a snapshot holds values alone, and what it holds is bounded by the host.
"""

import json
from typing import Any

_PLAIN = (bool, int, float, str, type(None))
_VERSION = 1


def save(strategy: object) -> bytes:
    """The state of an object."""
    return json.dumps({"version": _VERSION, "state": _out(strategy, "state")}, separators=(",", ":")).encode()


def load(strategy: object, data: bytes) -> None:
    """Puts a state into an object that `setup` has just made. Raises `ValueError` where it does not fit."""
    saved = json.loads(data)
    if not isinstance(saved, dict) or saved.get("version") != _VERSION:
        raise ValueError("not a snapshot of this version")
    _into(strategy, saved["state"], "state")


def _out(value: Any, place: str) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple)):
        return [_out(item, place) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"{place}: keys of a dictionary in the state must be texts")
        return {key: _out(item, f"{place}.{key}") for key, item in value.items()}
    if not hasattr(value, "__dict__"):
        raise TypeError(f"{place}: a {type(value).__name__} cannot be kept in the state")
    return {key: _out(item, f"{place}.{key}") for key, item in vars(value).items()}


def _into(target: Any, saved: Any, place: str) -> None:
    fields = vars(target)
    if not isinstance(saved, dict) or saved.keys() != fields.keys():
        raise ValueError(f"{place} has other fields than this strategy")
    for key, value in saved.items():
        setattr(target, key, _back(fields[key], value, f"{place}.{key}"))


def _back(old: Any, saved: Any, place: str) -> Any:
    if hasattr(old, "__dict__"):
        _into(old, saved, place)
        return old
    if isinstance(old, list) and isinstance(saved, list) and old and hasattr(old[0], "__dict__"):
        if len(old) != len(saved):
            raise ValueError(f"{place} has another length")
        return [_back(item, value, place) for item, value in zip(old, saved)]
    if isinstance(old, tuple):
        return tuple(saved)
    if isinstance(old, bool) != isinstance(saved, bool) or (isinstance(old, str) != isinstance(saved, str)):
        if old is not None and saved is not None:
            raise ValueError(f"{place} is a {type(saved).__name__}")
    return saved
