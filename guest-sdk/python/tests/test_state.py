"""What does a restart keep, what do series and bars of trades hold?"""

import pytest

from ringfence import (
    Bar,
    BarSeries,
    Candle,
    Ctx,
    Instrument,
    Params,
    Plan,
    Resampler,
    Series,
    Side,
    Strategy,
    Trade,
    TradeBars,
    exact,
    state,
)
from ringfence.indicators import Adx, Bollinger, Ema, Sma, SmaF64
from ringfence.testing import Harness

MINUTE = 60_000_000_000


class Holds(Strategy):
    """Everything that can be kept."""

    not_kept = ("qty",)

    def setup(self, params: Params, instruments: list[Instrument]) -> Plan:
        self.qty = params.count("qty", 1)
        self.bars = BarSeries(3)
        self.making = TradeBars(MINUTE)
        self.average, self.exact, self.adx = SmaF64(params.count("length", 2)), Sma(2), Adx(2)
        self.sides: list[Side] = []
        self.by_name: dict[str, tuple[int, float | None]] = {}
        self.last: Trade | None = None
        return Plan().trades(instruments[0].id)

    def on_trade(self, ctx: Ctx, trade: Trade) -> None:
        self.last = trade
        self.sides.append(trade.aggressor or Side.BUY)
        self.exact.update(trade.price)
        self.by_name = {**dict(list(self.by_name.items())[-1:]), f"{ctx.time}": (trade.price, self.average.update(trade.price))}
        bar = self.making.update(ctx.time, trade)
        if bar is not None:
            self.bars.push(bar)
            self.adx.update(Candle.of(bar))
        if self.average.window.values[-1] > 1000:
            ctx.note(f"{self.bars.highest(3)} {len(self.sides)} {self.sides[-1]} {self.by_name} {self.last} {self.exact.sum} {self.adx.adx}")


SCRIPT = "\n".join(f"{at}m trade SPY {9 + at % 3}.{at:02} {at} {'sell' if at % 2 else 'buy'}" for at in range(1, 12))


def test_a_restart_before_any_event_changes_nothing() -> None:
    harness = Harness(Holds, "SPY 2 0")
    harness.check_restarts(SCRIPT)
    assert harness.run(SCRIPT).count("note") == 8, "and there is something to change"


def test_parameters_are_those_of_the_new_session_and_a_shorter_window_keeps_the_newest() -> None:
    old = Harness(Holds, "SPY 2 0", qty=5, length=4).start()
    old.feed("1s trade SPY 1 1\n2s trade SPY 2 1\n3s trade SPY 3 1\n4s trade SPY 4 1")
    new = Harness(Holds, "SPY 2 0", qty=7, length=2).start().strategy
    state.load(new, state.save(old.strategy))
    assert isinstance(new, Holds)
    assert (new.qty, new.average.update(500)) == (7, 450.0)


class Made:
    """An object of an author."""

    def __init__(self) -> None:
        self.inner: object = 1


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({1: 2}, "state.inner: keys of a dictionary in the state must be texts"),
        ({1}, "state.inner: a set cannot be kept in the state"),
        (print, "state.inner: a builtin_function_or_method cannot be kept in the state"),
    ],
)
def test_what_cannot_be_kept_is_named(value: object, error: str) -> None:
    made = Made()
    made.inner = value
    with pytest.raises(TypeError, match=error):
        state.save(made)


def test_bytes_that_do_not_fit_are_refused() -> None:
    one, other = Made(), Made()
    one.inner = Made()
    with pytest.raises(ValueError, match="state.inner is an object that `setup` does not make"):
        state.load(other, state.save(one))
    one.inner = "text"
    with pytest.raises(ValueError, match="state.inner is a str"):
        state.load(other, state.save(one))
    for bad in (b"", b"{}", b"[]", b"\xff", b'{"version":1,"state":{}}'):
        with pytest.raises(ValueError):
            state.load(other, bad)
    with pytest.raises(ValueError, match="state has other fields"):
        state.load(other, b'{"version":2,"state":{}}')


def test_a_series_counts_back_from_now() -> None:
    series: Series[int] = Series(3)
    for value in range(10, 20):
        series.push(value)
    assert (series[0], series[2], series.get(3), len(series), list(series)) == (19, 17, None, 3, [19, 18, 17])
    with pytest.raises(IndexError, match="3 values, and none of age 3"):
        series[3]
    assert BarSeries(2).highest(5) is None


def bar(start: int, low: int, high: int) -> Bar:
    return Bar(low, high, low, high, 1, start * MINUTE, MINUTE)


def test_trades_and_short_bars_make_longer_ones() -> None:
    made = TradeBars(MINUTE)
    assert [made.update(time * MINUTE // 2, Trade(price, 2, None)) for time, price in ((0, 5), (1, 9), (5, 7))] == [
        None,
        None,
        Bar(5, 9, 5, 9, 4, 0, MINUTE),
    ]
    assert (made.until(3 * MINUTE - 1), made.until(3 * MINUTE)) == (None, Bar(7, 7, 7, 7, 2, 2 * MINUTE, MINUTE))
    assert made.until(9 * MINUTE) is None
    fives = Resampler(5 * MINUTE)
    assert [fives.update(bar(at, at, at + 3)) for at in range(5)][-1] == [Bar(0, 7, 0, 7, 5, 0, 5 * MINUTE)]
    assert fives.update(bar(8, 1, 2)) == []
    late = [Bar(1, 2, 1, 2, 1, 5 * MINUTE, 5 * MINUTE), Bar(3, 4, 3, 4, 1, 10 * MINUTE, 5 * MINUTE)]
    assert fives.update(bar(14, 3, 4)) == late


def test_indicators_answer_from_their_warm_up_on_and_begin_anew() -> None:
    average = SmaF64(3)
    assert (average.warm_up, average.over([1.0, 2.0, 6.0, 1.0])) == (3, [None, None, 3.0, 3.0])
    assert Ema(3).over([1.0, 2.0, 3.0]) == [1.0, 1.5, 2.25]
    band = Bollinger(2, 1.0).over([1.0, 3.0])[1]
    assert band is not None and (band.lower, band.middle, band.upper, band.place_of(3.0), band.width()) == (1, 2, 3, 1, 1)
    fast, slow = Sma(3), Sma(6)
    for value in (3, 3, 4, 3, 3, 4):
        slow.update(value)
        fast.update(value)
    assert not fast.is_above(slow) and not slow.is_above(fast) and fast.is_ready and slow.is_ready


def test_money_is_exact() -> None:
    session = Harness(Holds, "SPY 2 0", capital="1000").start()
    account = session._desk.account()
    assert (str(exact(account.cash)), str(exact(account.drawdown))) == ("1000", "0")
