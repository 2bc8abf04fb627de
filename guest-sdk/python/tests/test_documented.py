"""Does every name that the SDK gives away say what it is?"""

import inspect
from types import ModuleType

import ringfence
from ringfence import indicators, testing


def bare(module: ModuleType) -> list[str]:
    found = []
    for name in module.__all__:
        thing = getattr(module, name)
        if not isinstance(thing, type) or not thing.__module__.startswith("ringfence"):
            found += [name] if inspect.isfunction(thing) and not inspect.getdoc(thing) else []
            continue
        members = [(member, value) for member, value in vars(thing).items() if not member.startswith("_")]
        is_said = [(member, inspect.isfunction(value) or isinstance(value, property)) for member, value in members]
        found += [f"{name}.{member}" for member, counts in is_said if counts and not inspect.getdoc(getattr(thing, member))]
        found += [] if thing.__doc__ else [name]
    return found


def test_every_public_name_and_method_has_a_docstring() -> None:
    assert [bare(module) for module in (ringfence, indicators, testing)] == [[], [], []]
