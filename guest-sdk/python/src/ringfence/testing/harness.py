"""How is a strategy run against a script?"""

from wit_world.imports import types as wit

from .. import state
from ..numbers import decimal_to_mantissa
from ..params import Params
from ..strategy import Strategy, deliver, set_up
from .delivery import Delivery, is_own
from .desk import Desk
from .render import subscription
from .script import Script, Step, read_head


class Harness:
    """Runs a strategy against scripts, each time from the beginning.

    `instruments` are `SYMBOL PRICE_SCALE QTY_SCALE`, as in `SPY 2 0`: equities in USD whose tick and lot are one unit of the
    scales; change them in `self.instruments`. `params` are the strategy's parameters.
    """

    def __init__(self, strategy: type[Strategy], *instruments: str, capital: str = "1000000", **params: object) -> None:
        self.strategy = strategy
        self.instruments = [_example(number, text) for number, text in enumerate(instruments, 1)]
        self.params = {key: str(value) for key, value in params.items()}
        self.capital = capital

    def start(self) -> "Session":
        """A strategy that has been set up, to be fed line by line. Raises `SetupError` where it refuses."""
        return Session(self)

    def run(self, script: str) -> str:
        """Runs a script; answers one line an intent. Raises `SetupError`, and `ValueError` for a line that is malformed."""
        session = self.start()
        session.feed(script)
        return session.text

    def check_restarts(self, script: str) -> None:
        """Runs a script once for each of its lines with a restart before it: finds what a restart does not keep."""
        lines = [line for line in script.splitlines() if line.partition("#")[0].strip()]
        want = self.run(script)
        for at, line in enumerate(lines):
            restarted = [*lines[:at], f"{line.split()[0]} restart", *lines[at:]]
            got = self.run("\n".join(restarted))
            assert got == want, f"with a restart before `{line.strip()}`:\n{got}\ninstead of:\n{want}"

    def plan(self) -> str:
        """The subscriptions that `setup` answers, one a line."""
        plan = set_up(self.strategy(), Params(self.params), self.instruments)
        return "".join(f"{subscription(wish, self.instruments)}\n" for wish in plan.subscriptions)


class Session:
    """One strategy in one script. What it wanted so far is `text`, one line an intent."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self.strategy, plan = self._fresh()
        self._delivery = Delivery(plan)
        self._desk = Desk(harness.instruments, decimal_to_mantissa(harness.capital, 8))
        self._script = Script()

    @property
    def text(self) -> str:
        """Every intent so far."""
        return "".join(f"{line}\n" for line in self._desk.output)

    def feed(self, script: str) -> list[str]:
        """Takes lines of a script; answers the intents that they led to."""
        before = len(self._desk.output)
        for step in self._script.read(script, self._harness.instruments):
            self._take(step)
        return self._desk.output[before:]

    def _take(self, step: Step) -> None:
        while (due := self._desk.take_wake(step.time)) is not None:
            self._desk.advance(due)
            self._deliver(0, wit.Payload_Wake())
        self._desk.advance(step.time)
        if step.word == "restart":
            self._restart()
            return
        happened = self._desk.apply(step)
        if happened is None:
            return
        instrument, payload = happened
        if self._delivery.wants(instrument, payload):
            self._deliver(instrument, payload)
            self._delivery.count(instrument, payload)
        if is_own(payload):
            self._delivery.own_changed()

    def _deliver(self, instrument: int, payload: wit.Payload) -> None:
        event = wit.Event(self._desk.time, 0, instrument, payload)
        context = wit.Context(0, 0, 0, 0, 0) if isinstance(payload, wit.Payload_Outcome) else self._desk.context(instrument)
        self._desk.open_call(self._delivery.is_warming_up())
        try:
            deliver(self.strategy, self._desk, event, context)
        finally:
            self._desk.close_call()
        if self._desk.take_own_change():
            self._delivery.own_changed()

    def _restart(self) -> None:
        saved = state.save(self.strategy)
        self.strategy, _ = self._fresh()
        state.load(self.strategy, saved)

    def _fresh(self) -> tuple[Strategy, wit.Plan]:
        strategy = self._harness.strategy()
        return strategy, set_up(strategy, Params(self._harness.params), list(self._harness.instruments))


def play(strategy: type[Strategy], script: str) -> str:
    """Runs a script that begins with the lines `instrument`, `param` and `capital`, as those in `fixtures/` do."""
    head = read_head(script)
    harness = Harness(strategy, *head.instruments, capital=head.capital, **head.params)
    return harness.run(head.rest)


def _example(number: int, text: str) -> wit.InstrumentView:
    words = text.split()
    if len(words) != 3:
        raise ValueError(f"an instrument is `SYMBOL PRICE_SCALE QTY_SCALE`, like `SPY 2 0`, not `{text}`")
    symbol, price_scale, qty_scale = words[0], int(words[1]), int(words[2])
    one, state_now = wit.Decimal(1, 0, 0), wit.InstrumentState.TRADING
    kind = wit.InstrumentKind.EQUITY
    scales = (price_scale, qty_scale, 1, 1, 1, 2**63 - 1)
    return wit.InstrumentView(number, symbol, kind, *scales, one, symbol, "USD", "USD", 8, state_now)

