"""Which values does an event carry? The types of the interface, under the names that authors use.

Prices and quantities in them are mantissas at the instrument's scales, times are nanoseconds since the Unix epoch.
"""

from decimal import Decimal

from wit_world.imports.types import (
    AccountView,
    Adjustment,
    Amended,
    Bar,
    BarSpec,
    BookAction,
    Canceled,
    CancelReason,
    ChangeFilter,
    CorporateAction,
    EmitError,
    EventKind,
    FeedState,
    Fill,
    Funding,
    GroupKind,
    InstrumentKind,
    InstrumentState,
    Level,
    Liquidity,
    OrderState,
    OrderType,
    OrderView,
    Outcome,
    OutcomeCode,
    PositionSide,
    PositionView,
    Quote,
    Reject,
    RejectReason,
    Side,
    Signal,
    TimeInForce,
    Trade,
    TriggerBy,
)
from wit_world.imports.types import BarSpec_Range as RangeBars
from wit_world.imports.types import BarSpec_Renko as RenkoBars
from wit_world.imports.types import BarSpec_TickImbalance as TickImbalanceBars
from wit_world.imports.types import BarSpec_TickRuns as TickRunsBars
from wit_world.imports.types import BarSpec_Ticks as TickBars
from wit_world.imports.types import BarSpec_TimeNs as TimeBars
from wit_world.imports.types import BarSpec_Value as ValueBars
from wit_world.imports.types import BarSpec_ValueImbalance as ValueImbalanceBars
from wit_world.imports.types import BarSpec_ValueRuns as ValueRunsBars
from wit_world.imports.types import BarSpec_Volume as VolumeBars
from wit_world.imports.types import BarSpec_VolumeImbalance as VolumeImbalanceBars
from wit_world.imports.types import BarSpec_VolumeRuns as VolumeRunsBars
from wit_world.imports.types import Decimal as ExactDecimal
from wit_world.imports.types import InstrumentView as Instrument
from wit_world.imports.types import Size_Notional as Notional


def exact(value: ExactDecimal) -> Decimal:
    """An amount of money of the interface (`account`, `position_of`) as Python's `decimal.Decimal`, exactly."""
    mantissa = (value.hi << 64) + value.lo
    digits = tuple(int(digit) for digit in str(abs(mantissa)))
    return Decimal((1 if mantissa < 0 else 0, digits, -value.scale))


__all__ = [
    "AccountView",
    "Adjustment",
    "Amended",
    "Bar",
    "BarSpec",
    "BookAction",
    "CancelReason",
    "Canceled",
    "ChangeFilter",
    "CorporateAction",
    "EmitError",
    "EventKind",
    "ExactDecimal",
    "FeedState",
    "Fill",
    "Funding",
    "GroupKind",
    "Instrument",
    "InstrumentKind",
    "InstrumentState",
    "Level",
    "Liquidity",
    "Notional",
    "OrderState",
    "OrderType",
    "OrderView",
    "Outcome",
    "OutcomeCode",
    "PositionSide",
    "PositionView",
    "Quote",
    "RangeBars",
    "Reject",
    "RejectReason",
    "RenkoBars",
    "Side",
    "Signal",
    "TickBars",
    "TickImbalanceBars",
    "TickRunsBars",
    "TimeBars",
    "TimeInForce",
    "Trade",
    "TriggerBy",
    "ValueBars",
    "ValueImbalanceBars",
    "ValueRunsBars",
    "VolumeBars",
    "VolumeImbalanceBars",
    "VolumeRunsBars",
    "exact",
]
