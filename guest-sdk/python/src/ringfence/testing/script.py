"""Which events does a text describe? A line that is not understood is an error with its number."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from wit_world.imports import types as wit

from ..numbers import decimal_to_mantissa, duration_to_ns

E = TypeVar("E", bound=Enum)

_DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class Step:
    """Something that happens. Events of orders have no instrument and fills no payload: the desk knows the rest."""

    time: int
    word: str
    instrument: int = 0
    payload: wit.Payload | None = None
    fill: "FillLine | None" = None
    terms: tuple[int, str, str] | None = None


@dataclass(frozen=True)
class FillLine:
    """What a script says of a fill."""

    id: int
    qty: str
    price: str
    fee: str
    liquidity: wit.Liquidity


@dataclass(frozen=True)
class Head:
    """What a session begins with, and the script behind it (with empty lines, so that numbers of lines stay)."""

    instruments: list[str]
    params: dict[str, str]
    capital: str
    rest: str


def read_head(text: str) -> Head:
    """Splits a fixture into what the session begins with and its events."""
    instruments, params, capital, rest = [], {}, "1000000", []
    for line in text.splitlines():
        word, _, fields = line.partition("#")[0].strip().partition(" ")
        if word == "instrument":
            instruments.append(fields)
        elif word == "param":
            key, _, value = fields.strip().partition(" ")
            params[key] = value.strip()
        elif word == "capital":
            capital = fields.strip()
        else:
            rest.append(line)
            continue
        rest.append("")
    return Head(instruments, params, capital, "\n".join(rest))


class Script:
    """Lines of a script as they come."""

    def __init__(self) -> None:
        self._time = 0

    def read(self, text: str, instruments: list[wit.InstrumentView]) -> list[Step]:
        """The steps of some lines. Raises `ValueError` with the number of the line that is not understood."""
        steps = []
        for number, line in enumerate(text.splitlines(), 1):
            line = line.partition("#")[0].strip()
            if not line:
                continue
            try:
                step = read_line(line, instruments)
                if step.time < self._time:
                    raise ValueError("time runs backwards")
            except ValueError as error:
                raise ValueError(f"script line {number}: {error} in `{line}`") from None
            self._time = step.time
            steps.append(step)
        return steps


def read_line(line: str, instruments: list[wit.InstrumentView]) -> Step:
    """One line. Raises `ValueError` where it is not understood."""
    words = _Words(line.split(), instruments)
    step = words.step()
    if words.rest:
        raise ValueError(f"`{words.rest[0]}` is too much")
    return step


class _Words:
    def __init__(self, rest: list[str], instruments: list[wit.InstrumentView]) -> None:
        self.rest = rest
        self.instruments = instruments

    def step(self) -> Step:
        time = duration_to_ns(self.next("a time"))
        word = self.next("an event")
        if word in ("time", "restart"):
            return Step(time, word)
        if word in ("filled", "busted"):
            return Step(time, word, fill=self.fill())
        if word == "amended":
            return Step(time, word, terms=(self.number("intent number"), self.order_price(), self.next("a quantity")))
        payload = self.session(word)
        if payload is not None:
            return Step(time, word, payload=payload)
        instrument = self.instrument()
        return Step(time, word, instrument.id, self.market(word, instrument, time))

    def next(self, what: str) -> str:
        if not self.rest:
            raise ValueError(f"{what} is missing")
        return self.rest.pop(0)

    def number(self, what: str) -> int:
        word = self.next(what)
        if not (word.removeprefix("-").isascii() and word.removeprefix("-").isdigit()):
            raise ValueError(f"`{word}` is no {what}")
        return int(word)

    def named(self, kind: type[E], what: str) -> E:
        word = self.next(what)
        for case in kind:
            if case.name.lower().replace("_", "-") == word:
                return case
        raise ValueError(f"`{word}` is no {what}")

    def session(self, word: str) -> wit.Payload | None:
        if word == "signal":
            return wit.Payload_Signal(wit.Signal(self.number("source"), self.number("name"), self.number("value")))
        if word == "trading":
            switch = self.next("`on` or `off`")
            if switch not in ("on", "off"):
                raise ValueError(f"`{switch}` is neither `on` nor `off`")
            return wit.Payload_Trading(switch == "on")
        if word == "accepted":
            return wit.Payload_Accepted(self.number("intent number"))
        if word == "expired":
            return wit.Payload_Expired(self.number("intent number"))
        if word == "unknown":
            return wit.Payload_Unknown(self.number("intent number"))
        if word == "outcome":
            return wit.Payload_Outcome(wit.Outcome(self.number("intent number"), self.named(wit.OutcomeCode, "outcome")))
        if word == "canceled":
            number = self.number("intent number")
            reason = self.named(wit.CancelReason, "reason") if self.rest else wit.CancelReason.ASKED
            return wit.Payload_Canceled(wit.Canceled(number, 0, reason))
        if word == "rejected":
            return wit.Payload_Rejected(self.reject())
        if word == "cancel-rejected":
            return wit.Payload_CancelRejected(self.reject())
        if word == "amend-rejected":
            return wit.Payload_AmendRejected(self.reject())
        return None

    def reject(self) -> wit.Reject:
        return wit.Reject(self.number("intent number"), self.named(wit.RejectReason, "reason"))

    def fill(self) -> FillLine:
        number, qty, price = self.number("intent number"), self.next("a quantity"), self.order_price()
        fee, liquidity = "0", wit.Liquidity.TAKER
        while self.rest:
            if self.rest[0] == "fee":
                self.next("fee")
                fee = self.next("a fee")
            else:
                liquidity = self.named(wit.Liquidity, "liquidity, and not `fee`")
        return FillLine(number, qty, price, fee, liquidity)

    def order_price(self) -> str:
        word = self.next("a price")
        if not word.startswith("@"):
            raise ValueError(f"`{word}` is no price like `@1.5`")
        return word[1:]

    def instrument(self) -> wit.InstrumentView:
        symbol = self.next("a symbol")
        for instrument in self.instruments:
            if instrument.symbol == symbol:
                return instrument
        raise ValueError(f"`{symbol}` is no instrument")

    def price(self, instrument: wit.InstrumentView) -> int:
        return decimal_to_mantissa(self.next("a price"), instrument.price_scale)

    def qty(self, instrument: wit.InstrumentView) -> int:
        return decimal_to_mantissa(self.next("a quantity"), instrument.qty_scale)

    def market(self, word: str, instrument: wit.InstrumentView, time: int) -> wit.Payload:
        if word == "trade":
            price, qty = self.price(instrument), self.qty(instrument)
            return wit.Payload_Trade(wit.Trade(price, qty, self.named(wit.Side, "side") if self.rest else None))
        if word == "quote":
            bid, bid_qty = self.price(instrument), self.qty(instrument)
            return wit.Payload_Quote(wit.Quote(bid, bid_qty, self.price(instrument), self.qty(instrument)))
        if word == "book":
            return wit.Payload_Book(self.named(wit.BookAction, "book action"))
        if word == "bar":
            return wit.Payload_Bar(self.bar(instrument, time))
        if word == "mark":
            return wit.Payload_MarkPrice(self.price(instrument))
        if word == "funding":
            rate = decimal_to_mantissa(self.next("a rate"), 9)
            return wit.Payload_Funding(wit.Funding(rate, time + duration_to_ns(self.next("a time")) if self.rest else 0))
        if word == "status":
            return wit.Payload_Status(self.named(wit.InstrumentState, "state"))
        if word == "feed":
            return wit.Payload_Feed(self.named(wit.FeedState, "state"))
        return wit.Payload_CorporateAction(self.corporate_action(word, instrument))

    def bar(self, instrument: wit.InstrumentView, time: int) -> wit.Bar:
        first = self.price(instrument)
        prices, volume, length = (first, first, first, first), 0, _DAY_NS
        if self.rest:
            prices = (first, self.price(instrument), self.price(instrument), self.price(instrument))
            volume = self.qty(instrument)
        if self.rest:
            length = duration_to_ns(self.next("a length of time"))
        return wit.Bar(*prices, volume, max(time - length, 0), length)

    def corporate_action(self, word: str, instrument: wit.InstrumentView) -> wit.CorporateAction:
        if word == "split":
            return wit.CorporateAction(wit.Adjustment.SPLIT, self.number("number"), self.number("number"), 0)
        if word == "dividend":
            cash = decimal_to_mantissa(self.next("an amount"), instrument.settlement_scale)
            return wit.CorporateAction(wit.Adjustment.DIVIDEND, 0, 0, cash)
        if word in ("rename", "delisting"):
            return wit.CorporateAction(wit.Adjustment[word.upper()], 0, 0, 0)
        raise ValueError(f"`{word}` is no event")
