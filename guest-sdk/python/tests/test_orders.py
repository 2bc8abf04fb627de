"""Which order follows from what was given? The lines are those of the Rust SDK for the same calls."""

import pytest

from ringfence import (
    Bracket,
    Ctx,
    EmitError,
    GroupKind,
    Instrument,
    Notional,
    OrderOptions,
    Params,
    Plan,
    Rejected,
    Side,
    Strategy,
    TimeInForce,
    Trade,
    TriggerBy,
)
from ringfence.testing import Harness

SECOND = 1_000_000_000


class Every(Strategy):
    """One order of each kind with the first trade."""

    def setup(self, params: Params, instruments: list[Instrument]) -> Plan:
        return Plan().trades(instruments[0].id)

    def on_trade(self, ctx: Ctx, trade: Trade) -> None:
        price = trade.price
        ctx.buy(5)
        ctx.buy(5, stop=price)
        ctx.buy(5, stop=price, limit=price + 1, tif=TimeInForce.DAY)
        ctx.sell(5, if_touched=price, slippage_bps=5)
        ctx.sell(5, if_touched=price, limit=price, trigger_by=TriggerBy.MARK)
        ctx.sell(5, trail=50)
        ctx.sell(5, trail_bps=25, limit_offset=5)
        ctx.sell(5, trail_ticks=3, limit_offset=2, trigger_by=TriggerBy.TOUCH)
        ctx.buy(5, market_to_limit=True)
        ctx.buy(5, limit=price, good_till=5 * SECOND, display=1)
        ctx.buy(5, tif=TimeInForce.AT_OPEN)
        ctx.buy(Notional(500), limit=price, tif=TimeInForce.AT_CLOSE)
        ctx.sell(5, stop=price, after=1, group_kind=GroupKind.OCO)
        ctx.sell(5, limit=price, group_kind=GroupKind.OUO, group=13)
        bracket = ctx.bracket(Side.BUY, 5, take_profit=price + 50, stop_loss=price - 50, limit=price)
        assert bracket == Bracket(15, 16, 17)
        ctx.twap(Side.BUY, 5, start=2 * SECOND, end=9 * SECOND, slices=4, limit=price)
        ctx.vwap(Side.SELL, 5, end=9 * SECOND, weights=[1, 2], slippage_bps=5)
        ends = {"end": 9 * SECOND, "slices": 4}
        ctx.participate(Side.SELL, 5, **ends, bps=500, limit=price, post_only=True, reduce_only=True)
        assert ctx.scale(Side.BUY, 11, limit=price, to=price - 10, steps=4, post_only=True) == [21, 22, 23, 24]
        ctx.scale(Side.SELL, 2, limit=price, to=price + 7, steps=2, reduce_only=True, tif=TimeInForce.DAY)
        self._refused(ctx, price)

    def _refused(self, ctx: Ctx, price: int) -> None:
        bad: list[tuple[int, OrderOptions, int]] = [
            (4, {"limit": price}, 0),
            (4, {"limit": price}, 1),
            (4, {"limit": price}, 5),
            (4, {"limit": price}, 33),
            (5, {}, 2),
            (5, {"limit": price, "stop": price}, 2),
            (5, {"limit": price, "instrument": 7}, 2),
        ]
        for qty, options, steps in bad:
            with pytest.raises(Rejected) as refusal:
                ctx.scale(Side.BUY, qty, to=price - 10, steps=steps, **options)
            assert refusal.value.error is EmitError.MALFORMED
        with pytest.raises(Rejected):
            ctx.twap(Side.BUY, 5, end=SECOND, slices=1)
        with pytest.raises(ValueError, match="both `stop` and `trail`"):
            ctx.buy(5, stop=price, trail=1)
        with pytest.raises(TypeError, match="no option `lmit`; known: instrument, limit"):
            ctx.buy(5, lmit=price)  # type: ignore[call-arg]


def test_the_type_follows_from_what_was_given() -> None:
    assert Harness(Every, "SPY 2 0").run("1s trade SPY 10.00 5") == (
        "1s #1 buy SPY 5 market ioc\n"
        "1s #2 buy SPY 5 stop-market stop @10.00 gtc\n"
        "1s #3 buy SPY 5 stop-limit @10.01 stop @10.00 day\n"
        "1s #4 sell SPY 5 market-if-touched stop @10.00 gtc slippage 5bps\n"
        "1s #5 sell SPY 5 limit-if-touched @10.00 stop @10.00 gtc by mark\n"
        "1s #6 sell SPY 5 trailing-stop-market gtc trail 0.50\n"
        "1s #7 sell SPY 5 trailing-stop-limit gtc trail 25bps limit-offset 5bps\n"
        "1s #8 sell SPY 5 trailing-stop-limit gtc trail 3ticks limit-offset 2ticks by touch\n"
        "1s #9 buy SPY 5 market-to-limit gtc\n"
        "1s #10 buy SPY 5 limit @10.00 gtd until 5s display 1\n"
        "1s #11 buy SPY 5 market at-open\n"
        "1s #12 buy SPY notional 5.00 limit @10.00 at-close\n"
        "1s #13 sell SPY 5 stop-market stop @10.00 gtc after #1 oco\n"
        "1s #14 sell SPY 5 limit @10.00 gtc ouo #13\n"
        "1s #15 buy SPY 5 limit @10.00 gtc\n"
        "1s #16 sell SPY 5 limit @10.50 gtc reduce-only after #15 ouo\n"
        "1s #17 sell SPY 5 stop-market stop @9.50 gtc reduce-only after #15 ouo #16\n"
        "1s #18 schedule buy SPY 5 @10.00 even 4 from 2s to 9s\n"
        "1s #19 schedule sell SPY 5 slippage 5bps profile [1, 2] to 9s\n"
        "1s #20 schedule sell SPY 5 @10.00 volume 4 500bps to 9s post-only reduce-only\n"
        "1s #21 buy SPY 3 limit @10.00 gtc post-only\n"
        "1s #22 buy SPY 3 limit @9.97 gtc post-only\n"
        "1s #23 buy SPY 3 limit @9.94 gtc post-only\n"
        "1s #24 buy SPY 2 limit @9.90 gtc post-only\n"
        "1s #25 sell SPY 1 limit @10.00 day reduce-only\n"
        "1s #26 sell SPY 1 limit @10.07 day reduce-only\n"
    )


class Told(Strategy):
    """Does what the quantity of a trade says: 1 closes, 2 reverses, 3 closes and 4 buys the second instrument, above 1000
    aims at that much less 2000."""

    def setup(self, params: Params, instruments: list[Instrument]) -> Plan:
        return Plan().trades(instruments[0].id)

    def on_trade(self, ctx: Ctx, trade: Trade) -> None:
        price = trade.price
        number: int | None
        match trade.qty:
            case 1:
                number = ctx.close(limit=price)
            case 2:
                number = ctx.reverse(limit=price)
            case 3:
                number = ctx.close(instrument=2, limit=price)
            case 4:
                number = ctx.buy(7, instrument=2, limit=price)
            case qty:
                number = ctx.target(qty - 2000, limit=price)
        if number is None:
            ctx.note("nothing")


def told(script: str) -> list[str]:
    return Harness(Told, "SPY 2 0", "QQQ 2 0").run(script).splitlines()


def test_closing_is_the_whole_other_side_and_only_reduces() -> None:
    assert told(
        "1s trade SPY 10.00 1\n2s trade SPY 10.00 2100\n2s accepted 2\n2s filled 2 40 @10\n2s filled 2 60 @10\n"
        "3s trade SPY 10.10 1"
    ) == [
        '1s #1 note "nothing"',
        "2s #2 buy SPY 100 limit @10.00 gtc",
        "3s #3 sell SPY 100 limit @10.10 gtc reduce-only",
    ]


def test_reversing_is_twice_the_position() -> None:
    assert told("1s trade SPY 10.00 2\n2s trade SPY 10.00 1900\n2s filled 2 100 @10\n3s trade SPY 10.10 2") == [
        '1s #1 note "nothing"',
        "2s #2 sell SPY 100 limit @10.00 gtc",
        "3s #3 buy SPY 200 limit @10.10 gtc",
    ]


def test_a_target_counts_what_is_on_its_way() -> None:
    assert told(
        "1s trade SPY 10 2100\n1s accepted 1\n1s filled 1 30 @10\n2s trade SPY 10 2100\n3s trade SPY 10 2150\n"
        "3s canceled 1\n4s trade SPY 10 2150\n5s trade SPY 10 2000"
    ) == [
        "1s #1 buy SPY 100 limit @10.00 gtc",
        '2s #2 note "nothing"',
        "3s #3 buy SPY 50 limit @10.00 gtc",
        "4s #4 buy SPY 70 limit @10.00 gtc",
        "5s #5 sell SPY 150 limit @10.00 gtc",
    ]


def test_a_target_on_the_way_to_nothing_only_reduces_and_one_beyond_does_not() -> None:
    assert told(
        "1s trade SPY 10 2100\n1s filled 1 100 @10\n2s trade SPY 10 2040\n2s filled 2 60 @10\n3s trade SPY 10 2000\n"
        "3s canceled 3\n4s trade SPY 10 1990"
    ) == [
        "1s #1 buy SPY 100 limit @10.00 gtc",
        "2s #2 sell SPY 60 limit @10.00 gtc reduce-only",
        "3s #3 sell SPY 40 limit @10.00 gtc reduce-only",
        "4s #4 sell SPY 50 limit @10.00 gtc",
    ]


def test_another_instrument_is_asked_for() -> None:
    assert told(
        "1s trade SPY 10 3\n2s trade SPY 10 4\n2s filled 2 7 @10\n3s trade SPY 10 3\n4s trade SPY 10 1"
    ) == [
        '1s #1 note "nothing"',
        "2s #2 buy QQQ 7 limit @10.00 gtc",
        "3s #3 sell QQQ 7 limit @10.00 gtc reduce-only",
        '4s #4 note "nothing"',
    ]
