"""Figures of a report, from its tables alone.

Question: what do orders, fills and equity of a report come to, without the host's ledger and statistics?
In: the folder of a report with one instrument; cash at the start.
Out: one JSON object of figures.
Must never: use a cost basis (between two flat moments profit is what cash moved, whatever the basis), or read a figure
of the report; of statistics.json it takes periods per year and risk-free rate.

    trades.py FOLDER START
"""

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path

import empyrical.stats as e
import numpy as np


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def main(folder, start):
    fills, orders, account = (table(folder / f"{name}.csv") for name in ("fills", "orders", "account"))
    basis = json.loads((folder / "statistics.json").read_text())["basis"]
    trades = []
    for strategy in sorted({row["strategy"] for row in fills}):
        trades += [(close, profit, held) for close, profit, held in of([r for r in fills if r["strategy"] == strategy])]
    trades.sort(key=lambda trade: trade[0])
    profits = [profit for _, profit, _ in trades]
    wins, losses = [p for p in profits if p > 0], [p for p in profits if p < 0]
    value = sum(Fraction(row["value"]) for row in fills)
    maker = sum(Fraction(row["value"]) for row in fills if row["liquidity"] == "maker")
    sign = {"buy": 1, "sell": -1}
    slippage = sum(
        (Fraction(r["price"]) - Fraction(r["dispatch_mark"])) * Fraction(r["qty"]) * sign[r["side"]] for r in fills
    )
    fees = sum(Fraction(row["fee"]) for row in fills)
    out = {
        "trades": len(trades),
        "hit_rate": Fraction(len(wins), len(trades)),
        "profit_factor": sum(wins) / -sum(losses),
        "expectancy": sum(profits) / len(trades),
        "average_win": sum(wins) / len(wins),
        "average_loss": sum(losses) / len(losses),
        "best_trade": max(profits),
        "worst_trade": min(profits),
        "losing_streak": streak(profits),
        "holding_s": Fraction(sum(held for _, _, held in trades), len(trades) * 10**9),
        "fees": fees,
        "fees_bps": fees / value * 10_000,
        "maker_share": maker / value,
        "slippage": slippage,
    }
    ordered = sum(Fraction(row["reference_price"]) * Fraction(row["qty"]) for row in orders)
    out["fill_ratio"] = value / ordered
    out.update(of_equity(account, float(value), start, basis))
    json.dump({name: float(x) for name, x in out.items()}, sys.stdout, indent=1)


def of_equity(account, traded, start, basis):
    periods, yearly = basis["periods_per_year"], basis["risk_free"]
    rate = (1.0 + yearly) ** (1.0 / periods) - 1.0
    equity = np.array([start] + [float(row["equity"]) for row in account])
    r = e.simple_returns(equity)
    held = [column for column in account[0] if column.startswith("position ")]
    return {
        "total_return": equity[-1] / start - 1.0,
        "max_drawdown": e.max_drawdown(r),
        "drawdown": (np.maximum.accumulate(equity) - equity).max(),
        "volatility": e.annual_volatility(r, annualization=periods),
        "sharpe": e.sharpe_ratio(r, risk_free=rate, annualization=periods),
        "value_at_risk": e.value_at_risk(r),
        "turnover": traded / (equity.mean() * len(r) / periods),
        "exposure": np.mean([any(float(row[column]) != 0.0 for column in held) for row in account]),
    }


def of(fills):
    """Trades as (place of the closing fill, profit after fees, ns held)."""
    held, cash, opened, found = Fraction(0), Fraction(0), 0, []
    for row in fills:
        qty = Fraction(row["qty"]) * (1 if row["side"] == "buy" else -1)
        price, fee, time = Fraction(row["price"]), Fraction(row["fee"]), int(row["ts_ns"])
        if held == 0:
            opened = time
        closing = min(abs(held), abs(qty)) if held * qty < 0 else Fraction(0)
        if closing and closing == abs(held):
            part = closing / abs(qty)
            cash += -qty * part * price - fee * part
            found.append((int(row["seq"]), cash, time - opened))
            qty, fee, held, cash, opened = qty * (1 - part), fee * (1 - part), Fraction(0), Fraction(0), time
        held += qty
        cash += -qty * price - fee
    return found


def streak(profits):
    now = most = 0
    for profit in profits:
        now = now + 1 if profit < 0 else 0
        most = max(most, now)
    return most


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
