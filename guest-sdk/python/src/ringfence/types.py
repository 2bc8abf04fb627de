"""Which values does an event carry? The types of the interface, under the names that authors use."""

from wit_world.imports.types import (
    Amended,
    Bar,
    BookAction,
    Canceled,
    CorporateAction,
    FeedState,
    Fill,
    Funding,
    InstrumentState,
    Outcome,
    Quote,
    Reject,
    Side,
    Signal,
    TimeInForce,
    Trade,
)
from wit_world.imports.types import InstrumentView as Instrument

__all__ = [
    "Amended",
    "Bar",
    "BookAction",
    "Canceled",
    "CorporateAction",
    "FeedState",
    "Fill",
    "Funding",
    "Instrument",
    "InstrumentState",
    "Outcome",
    "Quote",
    "Reject",
    "Side",
    "Signal",
    "TimeInForce",
    "Trade",
]
