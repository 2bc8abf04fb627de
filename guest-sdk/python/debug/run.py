"""Runs a strategy's source on what a recorded session brought it, and stops in its method for the last event.

`ringfence debug` starts this in the project's folder: `run.py TRANSCRIPT [--check]`. The source gets the recorded answers
to what it asks, as long as it asks and emits what its component did. It ends with 0 where that holds to the last call, and
with 1 at the first difference.
"""

import bdb
import dataclasses
import enum
import importlib
import inspect
import json
import os
import pdb
import sys
import types
import typing
from pathlib import Path
from typing import Any, Callable

from componentize_py_types import Err
from wit_world.imports import intents, view
from wit_world.imports import types as wit

FORM = 1


class Difference(BaseException):
    """The source did something else. No `Exception`, so that no strategy catches it."""


def read(hint: Any, value: Any) -> Any:
    """A value of the interface from its JSON."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union or origin is types.UnionType:
        return read_one_of(inner, value)
    if origin in (list, typing.List):
        return [read(inner[0], item) for item in value]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint[snake(value).upper()]
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{field.name: read(hints[field.name], value[field.name]) for field in dataclasses.fields(hint)})
    return value


def read_one_of(cases: tuple[Any, ...], value: Any) -> Any:
    """An option, or a variant: its cases are classes named `Variant_Case`."""
    if type(None) in cases:
        return None if value is None else read(next(case for case in cases if case is not type(None)), value)
    name, inner = (value, None) if isinstance(value, str) else next(iter(value.items()))
    case = next(case for case in cases if case.__name__.rpartition("_")[2] == name)
    if not dataclasses.fields(case):
        return case()
    return case(read(typing.get_type_hints(case)["value"], inner))


def snake(name: str) -> str:
    """`TouchPrice` is `touch_price`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


class Recorded:
    """The recorded calls of imports in one call."""

    def __init__(self) -> None:
        self.left: list[Any] = []

    def answer(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """What stands in the place of an import."""
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function)

        def answered(*arguments: Any) -> Any:
            said = (name, list(arguments))
            if not self.left:
                raise Difference(difference(None, said))
            recorded, asked, result = self.left.pop(0)
            wanted = [read(hints[key], value) for key, value in zip(signature.parameters, asked or [])]
            if (recorded, wanted) != said:
                raise Difference(difference((recorded, wanted if recorded == name else asked), said))
            return self.result(result[0], hints["return"])

        return answered

    @staticmethod
    def result(value: Any, hint: Any) -> Any:
        """Results that can be errors are raised."""
        if isinstance(value, dict) and "Err" in value:
            raise Err(read(wit.EmitError, value["Err"]))
        if isinstance(value, dict) and "Ok" in value:
            return value["Ok"]
        return read(hint, value)


def difference(recorded: tuple[str, Any] | None, source: tuple[str, Any] | None) -> str:
    """Both sides of the first difference."""

    def said(call: tuple[str, Any] | None) -> str:
        return "nothing more" if call is None else f"{call[0]}({', '.join(map(str, call[1] or []))})"

    return f"first difference\n  recorded  {said(recorded)}\n  source    {said(source)}"


def stop_in(folder: Path, call: Callable[[], None]) -> None:
    """Calls with a debugger that stops where the first function of the project's own files begins."""
    debugger = pdb.Pdb()

    def entered(frame: types.FrameType, event: str, _: Any) -> Any:
        own = Path(frame.f_code.co_filename)
        if event != "call" or not own.is_relative_to(folder) or ".ringfence" in own.parts or ".venv" in own.parts:
            return None
        debugger.set_trace(frame)
        return debugger.trace_dispatch

    if os.environ.get("PYTHONBREAKPOINT"):
        breakpoint()
        return call()
    sys.settrace(entered)
    try:
        call()
    finally:
        sys.settrace(None)


def main(transcript: dict[str, Any], is_check: bool) -> int:
    """Every call; the exit code."""
    if transcript["format"] != FORM:
        print(f"a transcript of form {transcript['format']}; this reads form {FORM}", file=sys.stderr)
        return 2
    recorded = Recorded()
    for module in (intents, view):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__:
                setattr(module, name, recorded.answer(name.replace("_", "-"), function))
    # What ends the source is Python's own to show, and no intent of it.
    importlib.import_module("ringfence.strategy").__dict__["mourn"] = lambda host, error: None
    guest = importlib.import_module("strategy").Guest()
    params, instruments = transcript["setup"]
    guest.setup([read(wit.Param, one) for one in params], [read(wit.InstrumentView, one) for one in instruments])
    if transcript["state"] is not None:
        guest.restore(bytes.fromhex(transcript["state"]))
    last = len(transcript["calls"]) - 1
    for place, call in enumerate(transcript["calls"]):
        recorded.left = call["imports"]
        event, context = read(wit.Event, call["given"][0]), read(wit.Context, call["given"][1])
        try:
            if place == last and not is_check:
                stop_in(Path.cwd(), lambda: guest.on_event(event, context))
            else:
                guest.on_event(event, context)
            if recorded.left and call["halted"] is None:
                name, asked, _ = recorded.left[0]
                raise Difference(difference((name, asked), None))
        except Difference as error:
            print(f"event {call['seq']}: {error}", file=sys.stderr)
            return 1
        except bdb.BdbQuit:
            print("left before the end of the call: what is behind was not compared", file=sys.stderr)
            return 0
    if not is_check:
        print("the source did all that is recorded", file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), "--check" in sys.argv[2:]))
    except Err as error:
        print(f"the source refuses: {error.value}", file=sys.stderr)
        sys.exit(1)
