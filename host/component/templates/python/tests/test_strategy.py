"""The strategy without a component: `.venv/bin/pytest`. `ringfence test` runs the scripts in the component."""

from pathlib import Path

from ringfence.testing import Harness, play
from strategy import EmaCross

FIXTURES = Path(__file__).parent.parent / "fixtures"


def test_it_is_silent_one_trade_before_the_slow_average_is_full() -> None:
    session = Harness(EmaCross, "SPY 2 0", fast=1, slow=3, qty=100).start()
    assert session.feed("1s trade SPY 10 1") == []
    assert session.feed("2s trade SPY 9 1") == []
    assert session.feed("3s trade SPY 8 1") == ["3s #1 sell SPY 100 market ioc"]


def test_a_restart_changes_nothing() -> None:
    harness = Harness(EmaCross, "SPY 2 0", fast=1, slow=3, qty=100)
    harness.check_restarts("1s trade SPY 10 1\n2s trade SPY 9 1\n3s trade SPY 8 1\n4s trade SPY 11 1")


def test_the_scripts_give_the_intents_beside_them() -> None:
    for script in sorted(FIXTURES.glob("*.script")):
        assert play(EmaCross, script.read_text()) == script.with_suffix(".intents").read_text(), script.name
