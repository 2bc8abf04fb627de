"""What does the strategy see, and what did it want? Answers nothing that the script did not say: no matching, no Risk."""

from dataclasses import dataclass, field, replace

from wit_world.imports import types as wit

from ..host import Rejected
from ..numbers import decimal_to_mantissa
from . import render
from .script import FillLine, Step

_INTENTS_MAX = 64
_NOTE_BYTES_MAX = 512
_WAKES_MAX = 64
_WAKE_DELAY_NS_MIN = 1_000_000
_SLIPPAGE_BPS_MAX = 5_000
_WEIGHTS_MAX = 96
_INTENT_ID_MAX = 2**45 - 1
# Money is counted at this scale.
_MONEY = 28
_DONE = (wit.OrderState.FILLED, wit.OrderState.CANCELED, wit.OrderState.REJECTED, wit.OrderState.EXPIRED)


@dataclass
class _Holding:
    """One instrument's position; money at 28 digits after the point."""

    scale: int
    qty: int = 0
    cost: int = 0
    realised: int = 0
    fees: int = 0
    last: int | None = None
    mark: int | None = None
    touch: wit.Quote = field(default_factory=lambda: wit.Quote(0, 0, 0, 0))

    def take(self, qty: int, price: int) -> None:
        """What goes against the position closes it first; what is left over opens the other side."""
        value = qty * price * _ten_to(_MONEY - self.scale)
        held, self.qty = self.qty, self.qty + qty
        if held == 0 or (held > 0) == (qty > 0):
            self.cost += value
            return
        closing = min(abs(held), abs(qty))
        cost_out, value_out = self._share(self.cost, closing, abs(held)), self._share(value, closing, abs(qty))
        self.realised -= value_out + cost_out
        self.cost += value - value_out - cost_out

    def worth(self) -> int:
        """Value of what is open: at the mark, the middle of the touch, or the last price."""
        touch, double = self.touch, None
        if self.mark is not None:
            double = 2 * self.mark
        elif touch.bid_qty > 0 and touch.ask_qty > 0:
            double = touch.bid_price + touch.ask_price
        elif self.last is not None:
            double = 2 * self.last
        return self.cost if double is None else self.qty * double * _ten_to(_MONEY - self.scale) // 2

    def _share(self, amount: int, part: int, whole: int) -> int:
        """Towards zero in the last digit that values have."""
        unit = _ten_to(_MONEY - self.scale)
        share = abs(amount) // unit * part // whole * unit
        return share if amount >= 0 else -share


class Desk:
    """Everything around the strategy; a `Host` in a test."""

    def __init__(self, instruments: list[wit.InstrumentView], capital_e8: int) -> None:
        self.instruments = [replace(instrument) for instrument in instruments]
        self.time = 0
        self.output: list[str] = []
        self._capital = self._peak = capital_e8 * _ten_to(_MONEY - 8)
        self._holdings = {one.id: _Holding(one.price_scale + one.qty_scale) for one in instruments}
        self._bars: list[tuple[int, wit.Bar]] = []
        self._orders: dict[int, wit.OrderView] = {}
        self._wakes: set[int] = set()
        self._intents = 0
        self._emitted: int | None = None
        self._is_warming_up = False
        self._own_changed = False

    def advance(self, time: int) -> None:
        """Time goes on."""
        self.time = max(self.time, time)

    def take_wake(self, time: int) -> int | None:
        """The earliest wake that is due at `time`, once."""
        due = min(self._wakes, default=None)
        if due is None or due > time:
            return None
        self._wakes.discard(due)
        return due

    def open_call(self, is_warming_up: bool) -> None:
        """The strategy may emit from now on."""
        self._emitted, self._is_warming_up = 0, is_warming_up

    def close_call(self) -> None:
        """The strategy may not emit any more."""
        self._emitted = None

    def take_own_change(self) -> bool:
        """True once when an intent other than a note was emitted."""
        changed, self._own_changed = self._own_changed, False
        return changed

    def context(self, instrument: int) -> wit.Context:
        """Touch and position of an instrument."""
        holding = self._holdings.get(instrument)
        if holding is None:
            return wit.Context(0, 0, 0, 0, 0)
        touch = holding.touch
        return wit.Context(touch.bid_price, touch.bid_qty, touch.ask_price, touch.ask_qty, holding.qty)

    def apply(self, step: Step) -> tuple[int, wit.Payload] | None:
        """Takes in what happened; answers the event, or `None` when only time passed."""
        if step.fill is not None:
            return self._filled(step.fill, 1 if step.word == "filled" else -1)
        if step.terms is not None:
            return self._amended(*step.terms)
        if step.payload is None:
            return None
        return self._happened(step.instrument, step.payload)

    def emit(self, intent: wit.Intent) -> int:
        """Takes an intent."""
        named = intent.value.id if isinstance(intent, wit.Intent_Amend) else 0
        order = self._orders.get(named)
        text = render.intent(intent, 0 if order is None else order.instrument, self.instruments)
        id = self._admit(text, self._refusal(intent))
        if isinstance(intent, wit.Intent_WakeAt) and not self._add_wake(intent.value):
            self.output[-1] += f" (malformed: {_WAKES_MAX} wakes are pending)"
        elif isinstance(intent, wit.Intent_Submit):
            self._orders[id] = _submitted(id, intent.value, False)
        elif isinstance(intent, wit.Intent_Cancel):
            self._mark_pending(intent.value, wit.OrderState.PENDING_CANCEL)
        elif isinstance(intent, wit.Intent_Amend):
            self._mark_pending(intent.value.id, wit.OrderState.PENDING_AMEND)
        self._own_changed |= not isinstance(intent, wit.Intent_Note)
        return id

    def emit_order(self, order: wit.OrderRequest) -> int:
        """Takes an order with what few orders ask for."""
        refusal = self._refusal(wit.Intent_Submit(order.order))
        trail = order.trail
        is_good = trail is None or (trail.offset > 0 and trail.limit_offset >= 0)
        is_good &= order.display_qty >= 0 and 0 <= order.parent <= _INTENT_ID_MAX and 0 <= order.group <= _INTENT_ID_MAX
        id = self._admit(render.request(order, self.instruments), refusal if is_good else wit.EmitError.MALFORMED)
        self._orders[id] = _submitted(id, order.order, trail is not None)
        self._own_changed = True
        return id

    def emit_schedule(self, schedule: wit.Schedule) -> int:
        """Takes an order that is worked over time: one order of its whole quantity here."""
        bound, curve = schedule.bound, schedule.curve
        is_good = isinstance(bound, wit.Bound_Limit) or 1 <= bound.value <= _SLIPPAGE_BPS_MAX
        is_good &= not isinstance(curve, wit.Curve_Profile) or len(curve.value) <= _WEIGHTS_MAX
        is_good &= self.instrument(schedule.instrument) is not None and schedule.size.value > 0
        id = self._admit(render.schedule(schedule, self.instruments), None if is_good else wit.EmitError.MALFORMED)
        limit = bound.value if isinstance(bound, wit.Bound_Limit) else 0
        qty = schedule.size.value if isinstance(schedule.size, wit.Size_Quantity) else 0
        state = wit.OrderState.SUBMITTED
        self._orders[id] = wit.OrderView(id, schedule.instrument, schedule.side, state, limit, qty, 0, 0)
        self._own_changed = True
        return id

    def top_of_book(self, instrument: int) -> wit.Quote | None:
        """The touch of an instrument."""
        holding = self._holdings.get(instrument)
        is_shown = holding is not None and (holding.touch.bid_qty > 0 or holding.touch.ask_qty > 0)
        return holding.touch if holding is not None and is_shown else None

    def depth(self, instrument: int, side: wit.Side, levels: int) -> list[wit.Level]:
        """The touch, as a book."""
        touch = self.context(instrument)
        is_buy = side is wit.Side.BUY
        level = wit.Level(touch.bid_price, touch.bid_qty) if is_buy else wit.Level(touch.ask_price, touch.ask_qty)
        return [level] if level.qty > 0 and levels > 0 else []

    def position_of(self, instrument: int) -> wit.PositionView:
        """The own position."""
        held = self._holdings.get(instrument) or _Holding(0)
        money = (_exact(held.cost), _exact(held.realised), _exact(held.fees))
        return wit.PositionView(wit.PositionSide.NET, held.qty, *money)

    def account(self) -> wit.AccountView:
        """The own sub-account."""
        flow = sum(held.realised - held.cost - held.fees for held in self._holdings.values())
        equity = self._equity()
        drawdown = max(self._peak, equity) - equity
        return wit.AccountView(_exact(self._capital + flow), _exact(equity), _exact(self._capital), _exact(drawdown))

    def open_orders(self, instrument: int, limit: int) -> list[wit.OrderView]:
        """Own open orders."""
        is_open = [one for one in self._orders.values() if one.state not in _DONE and instrument in (0, one.instrument)]
        return [replace(order) for order in is_open[:limit]]

    def order(self, intent: int) -> wit.OrderView | None:
        """One own order."""
        order = self._orders.get(intent)
        return None if order is None else replace(order)

    def instrument(self, instrument: int) -> wit.InstrumentView | None:
        """The definition of an instrument."""
        return next((one for one in self.instruments if one.id == instrument), None)

    def bars(self, instrument: int, spec: wit.BarSpec, count: int) -> list[wit.Bar]:
        """The last finished bars by time."""
        if not isinstance(spec, wit.BarSpec_TimeNs) or count < 1:
            return []
        return [bar for of, bar in self._bars if of == instrument and bar.interval_ns == spec.value][-count:]

    def _equity(self) -> int:
        holdings = self._holdings.values()
        return self._capital + sum(held.realised - held.cost + held.worth() - held.fees for held in holdings)

    def _happened(self, instrument: int, payload: wit.Payload) -> tuple[int, wit.Payload]:
        states = wit.OrderState
        holding = self._holdings.get(instrument)
        if isinstance(payload, wit.Payload_Accepted):
            return self._order(payload.value, states.WORKING).instrument, payload
        if isinstance(payload, wit.Payload_Expired):
            return self._order(payload.value, states.EXPIRED).instrument, payload
        if isinstance(payload, wit.Payload_Unknown):
            return self._order(payload.value, states.UNKNOWN).instrument, payload
        if isinstance(payload, wit.Payload_Rejected):
            return self._order(payload.value.id, states.REJECTED).instrument, payload
        if isinstance(payload, (wit.Payload_CancelRejected, wit.Payload_AmendRejected)):
            return self._order(payload.value.id, states.WORKING).instrument, payload
        if isinstance(payload, wit.Payload_Canceled):
            order = self._order(payload.value.id, states.CANCELED)
            left = replace(payload.value, leaves=max(order.qty - order.filled, 0))
            return order.instrument, wit.Payload_Canceled(left)
        if isinstance(payload, wit.Payload_Outcome):
            self._orders.pop(payload.value.id, None)
            return 0, payload
        if isinstance(payload, wit.Payload_Status):
            for known in self.instruments:
                known.state = payload.value if known.id == instrument else known.state
        if holding is not None:
            if isinstance(payload, wit.Payload_Trade):
                holding.last = payload.value.price
            elif isinstance(payload, wit.Payload_MarkPrice):
                holding.mark = payload.value
            elif isinstance(payload, wit.Payload_Quote):
                holding.touch = payload.value
            elif isinstance(payload, wit.Payload_Bar):
                holding.last = payload.value.close
                self._bars.append((instrument, payload.value))
        return instrument, payload

    def _filled(self, line: FillLine, sign: int) -> tuple[int, wit.Payload]:
        order = self._order(line.id, wit.OrderState.PARTIALLY_FILLED)
        definition, holding = self.instrument(order.instrument), self._holdings[order.instrument]
        assert definition is not None, "orders of known instruments alone are taken"
        qty = decimal_to_mantissa(line.qty, definition.qty_scale)
        price = decimal_to_mantissa(line.price, definition.price_scale)
        fee = sign * decimal_to_mantissa(line.fee, definition.settlement_scale)
        holding.take(qty * sign if order.side is wit.Side.BUY else -qty * sign, price)
        holding.fees += fee * _ten_to(_MONEY - definition.settlement_scale)
        self._peak = max(self._peak, self._equity())
        order.filled += sign * qty
        leaves = max(order.qty - order.filled, 0)
        if leaves == 0:
            order.state = wit.OrderState.FILLED
        fill = wit.Fill(line.id, price, qty, leaves, fee, order.side, line.liquidity)
        return order.instrument, wit.Payload_Filled(fill) if sign > 0 else wit.Payload_Busted(fill)

    def _amended(self, id: int, price: str, qty: str) -> tuple[int, wit.Payload]:
        order = self._order(id, wit.OrderState.WORKING)
        definition = self.instrument(order.instrument)
        assert definition is not None, "orders of known instruments alone are taken"
        order.price = decimal_to_mantissa(price, definition.price_scale)
        order.qty = decimal_to_mantissa(qty, definition.qty_scale)
        return order.instrument, wit.Payload_Amended(wit.Amended(id, order.price, order.qty))

    def _order(self, id: int, state: wit.OrderState) -> wit.OrderView:
        if id not in self._orders:
            raise ValueError(f"the script names intent {id}, which is no order")
        self._orders[id].state = state
        return self._orders[id]

    def _admit(self, text: str, refusal: wit.EmitError | None) -> int:
        if self._emitted is None:
            refusal = wit.EmitError.NOT_NOW
        elif refusal is None and self._is_warming_up:
            refusal = wit.EmitError.WARMUP
        elif refusal is None and self._emitted >= _INTENTS_MAX:
            refusal = wit.EmitError.TOO_MANY
        if refusal is not None:
            self.output.append(f"{render.time(self.time)} refused {render.name(refusal)}: {text}")
            raise Rejected(refusal)
        self._emitted = (self._emitted or 0) + 1
        self._intents += 1
        self.output.append(f"{render.time(self.time)} #{self._intents} {text}")
        return self._intents

    def _refusal(self, intent: wit.Intent) -> wit.EmitError | None:
        if isinstance(intent, wit.Intent_Note):
            return wit.EmitError.NOTE_TOO_LONG if len(intent.value.encode()) > _NOTE_BYTES_MAX else None
        return None if self._is_well_formed(intent) else wit.EmitError.MALFORMED

    def _is_well_formed(self, intent: wit.Intent) -> bool:
        if isinstance(intent, wit.Intent_Submit):
            order, bps = intent.value, intent.value.max_slippage_bps
            is_bound = bps is None or 1 <= bps <= _SLIPPAGE_BPS_MAX
            return is_bound and order.size.value > 0 and self.instrument(order.instrument) is not None
        if isinstance(intent, wit.Intent_Cancel):
            return 1 <= intent.value <= _INTENT_ID_MAX
        if isinstance(intent, wit.Intent_Amend):
            change = intent.value
            changes = (change.price, change.qty, change.trigger) != (None, None, None)
            is_positive = change.qty is None or change.qty > 0
            return changes and is_positive and 1 <= change.id <= _INTENT_ID_MAX
        if isinstance(intent, (wit.Intent_CancelAll, wit.Intent_Flatten)):
            return intent.value is None or self.instrument(intent.value) is not None
        return True

    def _add_wake(self, at: int) -> bool:
        """False when too many are pending. The past and the present are a moment from now: time must move on."""
        at = max(at, self.time + _WAKE_DELAY_NS_MIN)
        if len(self._wakes) >= _WAKES_MAX and at not in self._wakes:
            return False
        self._wakes.add(at)
        return True

    def _mark_pending(self, id: int, state: wit.OrderState) -> None:
        order = self._orders.get(id)
        if order is not None and order.state not in _DONE:
            order.state = state


def _submitted(id: int, order: wit.Submit, trails: bool) -> wit.OrderView:
    waits = order.stop_price is not None or trails
    state = wit.OrderState.HELD if waits else wit.OrderState.SUBMITTED
    qty = order.size.value if isinstance(order.size, wit.Size_Quantity) else 0
    price, trigger = order.limit_price or 0, order.stop_price or 0
    return wit.OrderView(id, order.instrument, order.side, state, price, qty, 0, trigger)


def _exact(money: int) -> wit.Decimal:
    scale = _MONEY
    while scale > 0 and money % 10 == 0:
        money, scale = money // 10, scale - 1
    return wit.Decimal(money & (2**64 - 1), money >> 64, scale)


def _ten_to(power: int) -> int:
    return int(10**power)
