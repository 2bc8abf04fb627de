"""What does a parameter that cannot be used say?"""

from collections.abc import Callable
from decimal import Decimal

import pytest

from ringfence import Ctx, Instrument, Params, Plan, SetupError, Strategy, Trade
from ringfence.testing import Harness

SPY = Harness(Strategy, "X:SPY 2 0", "Y:SPY 2 0", "X:QQQ 2 1").instruments


def refusal(values: dict[str, str], read: Callable[[Params], object]) -> str:
    with pytest.raises(SetupError) as error:
        read(Params(values))
    return str(error.value)


def test_values_are_read_in_the_author_s_types() -> None:
    params = Params(
        {"n": "7", "share": "1e-3", "money": "1.50", "hold": "1.5s", "on": "true", "side": "sell", "lengths": "10, 20",
         "symbol": "QQQ", "qty": "0.5", "price": "-1.25"}
    )  # fmt: skip
    assert params.count("n") == 7
    assert params.count("m", 9) == 9
    assert params.number("share", least=0.0, most=1.0) == 0.001
    assert params.decimal("money", least=Decimal(0), most=Decimal(2)) == Decimal("1.5")
    assert params.duration_ns("hold") == 1_500_000_000
    assert params.boolean("on") is True
    assert params.one_of("side", {"buy": 1, "sell": -1}) == -1
    assert params.items("lengths", lambda one: one.count("lengths", most=200)) == [10, 20]
    assert params.instrument("symbol", SPY).id == 3
    assert params.qty("qty", SPY[2]) == 5
    assert params.price("price", SPY[0]) == -125
    params.check_all_read()


def test_what_is_wrong_is_named_with_key_value_and_range() -> None:
    assert refusal({}, lambda p: p.count("n")) == "parameter `n` is missing"
    for bad in ("0", "11", "x", "1.5", "", "-", "--1", "\u0661"):
        want = f"parameter `n` = `{bad}`: want a whole number from 1 to 10"
        assert refusal({"n": bad}, lambda p: p.count("n", most=10)) == want
    for bad in ("1.01", "nan", "inf", "1_0", "x"):
        want = f"parameter `f` = `{bad}`: want a number from 0.0 to 1.0"
        assert refusal({"f": bad}, lambda p: p.number("f", least=0.0, most=1.0)) == want
    want = "parameter `d` = `2.01`: want a decimal from 0 to 2"
    assert refusal({"d": "2.01"}, lambda p: p.decimal("d", least=Decimal(0), most=Decimal(2))) == want
    want = "parameter `t` = `90`: want a duration like 500ms, 90s or 1d from 0ns to 1000ns"
    assert refusal({"t": "90"}, lambda p: p.duration_ns("t", most=1000)) == want
    assert refusal({"b": "yes"}, lambda p: p.boolean("b")) == "parameter `b` = `yes`: want one of false, true"
    assert refusal({"c": "x"}, lambda p: p.choice("c", ["a", "b"])) == "parameter `c` = `x`: want one of a, b"
    want = "parameter `l` = `1,,2`: want 1 to 3 items with commas between them"
    assert refusal({"l": "1,,2"}, lambda p: p.items("l", lambda one: one.text("l"), most=3)) == want
    want = "parameter `s` = `SPY`: want one of X:SPY, Y:SPY, X:QQQ"
    assert refusal({"s": "SPY"}, lambda p: p.instrument("s", SPY)) == want
    for bad in ("0", "-1", "0.55", "1e3", "9999999999999999999"):
        want = f"parameter `q` = `{bad}`: want a quantity above 0 with at most 1 digits after the point"
        assert refusal({"q": bad}, lambda p: p.qty("q", SPY[2])) == want
    want = "parameter `fast` = `30`: want fewer than `slow`, which is 20"
    assert refusal({"fast": "30"}, lambda p: p.require("fast", 30 < 20, "fewer than `slow`, which is 20")) == want


class Reads(Strategy):
    """Asks for one parameter."""

    def setup(self, params: Params, instruments: list[Instrument]) -> Plan:
        params.count("length", 5)
        return Plan().trades(instruments[0].id, warm_up=1).bars(instruments[0].id)

    def on_trade(self, ctx: Ctx, trade: Trade) -> None:
        ctx.buy(1)


def test_a_parameter_that_nobody_asked_for_refuses_the_session() -> None:
    with pytest.raises(SetupError, match="unknown parameter `lenght`; known: length"):
        Harness(Reads, "SPY 2 0", lenght=3).run("1s time")


def test_warming_up_refuses_and_says_nothing() -> None:
    harness = Harness(Reads, "SPY 2 0")
    assert harness.plan() == "trade SPY warm-up 1\nbar SPY\n"
    assert harness.run("1s trade SPY 10 1\n2s trade SPY 10 1") == "1s refused warmup: buy SPY 1 market ioc\n2s #1 buy SPY 1 market ioc\n"
