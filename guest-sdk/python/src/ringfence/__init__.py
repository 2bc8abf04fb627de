"""What authors of strategies in Python use.

A strategy is a class with `setup` and a method for each kind of event it wants; `export` makes it the component's guest.
Prices and quantities are integers: mantissas at the instrument's scales, so that 145.07 at price scale 4 is 1450700.
"""

from .ctx import Ctx, Rejected
from .numbers import decimal_to_mantissa, mantissa_to_decimal
from .params import Params, SetupError
from .plan import Plan
from .strategy import Strategy, export
from .types import (
    Amended,
    Bar,
    BookAction,
    Canceled,
    CorporateAction,
    FeedState,
    Fill,
    Funding,
    Instrument,
    InstrumentState,
    Outcome,
    Quote,
    Reject,
    Side,
    Signal,
    TimeInForce,
    Trade,
)

__all__ = [
    "Amended",
    "Bar",
    "BookAction",
    "Canceled",
    "CorporateAction",
    "Ctx",
    "FeedState",
    "Fill",
    "Funding",
    "Instrument",
    "InstrumentState",
    "Outcome",
    "Params",
    "Plan",
    "Quote",
    "Reject",
    "Rejected",
    "SetupError",
    "Side",
    "Signal",
    "Strategy",
    "TimeInForce",
    "Trade",
    "decimal_to_mantissa",
    "export",
    "mantissa_to_decimal",
]
