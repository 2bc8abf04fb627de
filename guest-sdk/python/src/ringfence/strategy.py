"""How does a class become the component's guest?"""

from typing import Any

from componentize_py_types import Err
from wit_world.exports import Guest as GuestProtocol
from wit_world.imports import types as wit

from . import state
from .ctx import Ctx
from .host import ComponentHost, Host, Rejected
from .last_words import last_words
from .params import Params, SetupError
from .plan import Plan
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
    Signal,
    Trade,
)


class Strategy:
    """What an author writes: `setup`, and a method for each kind of event that is wanted. The others do nothing."""

    def setup(self, params: Params, instruments: list[Instrument]) -> Plan:
        """Called once, first. Everything that the strategy keeps is made here. Raises `SetupError` to refuse."""
        raise NotImplementedError

    def on_trade(self, ctx: Ctx, trade: Trade) -> None:
        """A public trade."""

    def on_quote(self, ctx: Ctx, quote: Quote) -> None:
        """Best bid or best ask changed."""

    def on_book(self, ctx: Ctx, action: BookAction) -> None:
        """The book changed; ask `ctx.depth`."""

    def on_bar(self, ctx: Ctx, bar: Bar) -> None:
        """A bar is finished."""

    def on_mark_price(self, ctx: Ctx, price: int) -> None:
        """The venue's mark price."""

    def on_funding(self, ctx: Ctx, funding: Funding) -> None:
        """Funding of a perpetual."""

    def on_status(self, ctx: Ctx, status: InstrumentState) -> None:
        """Whether and how the instrument trades."""

    def on_feed(self, ctx: Ctx, feed: FeedState) -> None:
        """Whether market data are current."""

    def on_corporate_action(self, ctx: Ctx, action: CorporateAction) -> None:
        """A change of the instrument itself."""

    def on_accepted(self, ctx: Ctx, intent: int) -> None:
        """The order works."""

    def on_rejected(self, ctx: Ctx, reject: Reject) -> None:
        """The venue refused the order."""

    def on_filled(self, ctx: Ctx, fill: Fill) -> None:
        """A fill."""

    def on_canceled(self, ctx: Ctx, canceled: Canceled) -> None:
        """The order left the market."""

    def on_cancel_rejected(self, ctx: Ctx, reject: Reject) -> None:
        """The venue refused to cancel."""

    def on_amended(self, ctx: Ctx, amended: Amended) -> None:
        """The order works under new terms."""

    def on_amend_rejected(self, ctx: Ctx, reject: Reject) -> None:
        """The venue refused to amend."""

    def on_expired(self, ctx: Ctx, intent: int) -> None:
        """The order's time is over."""

    def on_unknown(self, ctx: Ctx, intent: int) -> None:
        """Nobody knows what became of the order; it counts as open."""

    def on_busted(self, ctx: Ctx, fill: Fill) -> None:
        """A fill was taken back."""

    def on_outcome(self, ctx: Ctx, outcome: Outcome) -> None:
        """What became of an intent that did not reach a venue."""

    def on_signal(self, ctx: Ctx, signal: Signal) -> None:
        """Outside data."""

    def on_trading(self, ctx: Ctx, is_enabled: bool) -> None:
        """Trading was switched on or off."""

    def on_wake(self, ctx: Ctx) -> None:
        """A time that was asked for has come."""


_METHODS: dict[type[Any], str] = {
    wit.Payload_Trade: "on_trade",
    wit.Payload_Quote: "on_quote",
    wit.Payload_Book: "on_book",
    wit.Payload_Bar: "on_bar",
    wit.Payload_MarkPrice: "on_mark_price",
    wit.Payload_Funding: "on_funding",
    wit.Payload_Status: "on_status",
    wit.Payload_Feed: "on_feed",
    wit.Payload_CorporateAction: "on_corporate_action",
    wit.Payload_Accepted: "on_accepted",
    wit.Payload_Rejected: "on_rejected",
    wit.Payload_Filled: "on_filled",
    wit.Payload_Canceled: "on_canceled",
    wit.Payload_CancelRejected: "on_cancel_rejected",
    wit.Payload_Amended: "on_amended",
    wit.Payload_AmendRejected: "on_amend_rejected",
    wit.Payload_Expired: "on_expired",
    wit.Payload_Unknown: "on_unknown",
    wit.Payload_Busted: "on_busted",
    wit.Payload_Outcome: "on_outcome",
    wit.Payload_Signal: "on_signal",
    wit.Payload_Trading: "on_trading",
}


def set_up(strategy: Strategy, params: Params, instruments: list[Instrument]) -> wit.Plan:
    """The first call. Raises `SetupError` where the strategy refuses, or has a parameter that it did not ask for."""
    plan = strategy.setup(params, instruments).to_wit()
    params.check_all_read()
    return plan


def deliver(strategy: Strategy, host: Host, event: wit.Event, context: wit.Context) -> None:
    """Calls the method for an event; a refusal that it leaves becomes a note."""
    ctx = Ctx(host, event, context)
    kind = event.kind
    try:
        if isinstance(kind, wit.Payload_Wake):
            strategy.on_wake(ctx)
        else:
            getattr(strategy, _METHODS[type(kind)])(ctx, kind.value)
    except Rejected as error:
        _note(host, error)


def export(strategy: type[Strategy]) -> type[GuestProtocol]:
    """The guest of a strategy: `Guest = export(MyStrategy)` at the end of the module that is built."""

    # The component model knows one instance; whether its class is instantiated once or at each call is the tool's affair.
    running = strategy()
    host = ComponentHost()

    class Guest(GuestProtocol):
        def setup(self, params: list[wit.Param], instruments: list[wit.InstrumentView]) -> wit.Plan:
            values = {param.key: param.value for param in params}
            try:
                return set_up(running, Params(values), instruments)
            except SetupError as error:
                raise Err(str(error)) from None
            except Exception as error:
                raise Err(last_words(error).replace("\n", "; ")) from None

        def on_event(self, e: wit.Event, c: wit.Context) -> None:
            try:
                deliver(running, host, e, c)
            except BaseException as error:
                mourn(host, error)
                raise

        def snapshot(self) -> bytes:
            return state.save(running)

        def restore(self, b: bytes) -> None:
            try:
                state.load(running, b)
            except (ValueError, KeyError, TypeError) as error:
                raise Err(f"restore: {error}") from None
            except Exception as error:
                raise Err(f"restore: {last_words(error)}".replace("\n", "; ")) from None

    return Guest


def mourn(host: Host, error: BaseException) -> None:
    """Notes what ends the strategy. The host shows the last note of a call that ended it, taken or not."""
    _say(host, last_words(error))


def _note(host: Host, refusal: Rejected) -> None:
    """As the Rust SDK: an intent that was not taken is noted, but during warm-up, where that is the rule."""
    if refusal.error is not wit.EmitError.WARMUP:
        _say(host, f"emit refused: {refusal}")


def _say(host: Host, text: str) -> None:
    try:
        host.emit(wit.Intent_Note(text))
    except Rejected:
        pass  # Notes are refused too: the host's own record of the limit is all there is.
