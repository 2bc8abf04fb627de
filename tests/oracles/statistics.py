"""Statistics of a series of prices, by other people's code.

Question: what does empyrical (numpy, scipy, pandas) make of the same series that host/report reads?
In: a CSV file with columns `value` and `benchmark`, periods per year, yearly risk-free rate.
Out: one JSON object, a number or null for each statistic.
Must never: share a formula with host/report; where empyrical has none, the definition is written out here on arrays.

    statistics.py FILE PERIODS_PER_YEAR RISK_FREE
"""

import json
import sys

import empyrical.stats as e
import numpy as np
import pandas as pd
from scipy import stats


def main(path, periods, yearly):
    table = pd.read_csv(path)
    value, benchmark = table["value"].astype(float), table["benchmark"].astype(float)
    r, b = e.simple_returns(value), e.simple_returns(benchmark)
    rate = (1.0 + yearly) ** (1.0 / periods) - 1.0
    out = {}
    out.update(of_returns(r, rate, periods))
    out.update(of_drawdowns(r, rate, periods, yearly))
    out.update(of_tails(r))
    out.update(of_benchmark(r, b, rate, periods))
    out.update(of_chance(r - rate))
    out.update(of_tries(r.to_numpy() - rate))
    out.update(of_trades(value.diff().iloc[1:].round(9).to_numpy()))
    json.dump({name: number(x) for name, x in out.items()}, sys.stdout, indent=1, sort_keys=True)


def number(x):
    x = float(x)
    return x if np.isfinite(x) else None


def of_returns(r, rate, periods):
    return {
        "total": e.cum_returns_final(r),
        "growth": e.cum_returns_final(r, starting_value=1.0),
        "cagr": e.annual_return(r, annualization=periods),
        "average": r.mean(),
        "volatility": e.annual_volatility(r, annualization=periods),
        "downside": e.downside_risk(r, required_return=rate, annualization=periods),
        "best": r.max(),
        "worst": r.min(),
        "positive_share": (r > 0).mean(),
        "stability": e.stability_of_timeseries(r),
        "sharpe": e.sharpe_ratio(r, risk_free=rate, annualization=periods),
        "sortino": e.sortino_ratio(r, required_return=rate, annualization=periods),
        "omega": e.omega_ratio(r, risk_free=rate),
        "calmar": e.calmar_ratio(r, annualization=periods),
        "gain_to_pain": r.sum() / -r[r < 0].sum(),
        "rolling_sharpe_last": e.sharpe_ratio(r.iloc[-63:], risk_free=rate, annualization=periods),
    }


def of_drawdowns(r, rate, periods, yearly):
    wealth = np.concatenate([[1.0], np.cumprod(1.0 + r.to_numpy())])
    below = pd.Series(wealth / np.maximum.accumulate(wealth) - 1.0)
    # A run of points below the peak; the peak is the point before it.
    runs = (below >= 0).cumsum()[below < 0]
    depths = below[below < 0].groupby(runs).min()
    lengths = below[below < 0].groupby(runs).size()
    recovered = [end + 1 < len(below) for end in below[below < 0].groupby(runs).apply(lambda g: g.index[-1])]
    longest = max((n + (1 if back else 0) for n, back in zip(lengths, recovered)), default=0)
    ulcer = np.sqrt(np.mean(np.square(below.iloc[1:])))
    return {
        "deepest": e.max_drawdown(r),
        "average_drawdown": depths.mean(),
        "longest": longest,
        "under_water": (below < 0).sum() / len(r),
        "ulcer": ulcer,
        "recovery": e.cum_returns_final(r) / -e.max_drawdown(r),
        "martin": (e.annual_return(r, annualization=periods) - yearly) / ulcer,
    }


def of_tails(r):
    return {
        "value_at_risk": e.value_at_risk(r, cutoff=0.05),
        "conditional_value_at_risk": e.conditional_value_at_risk(r, cutoff=0.05),
        "tail_ratio": e.tail_ratio(r),
        "skew": stats.skew(r),
        "kurtosis": stats.kurtosis(r),
    }


def of_benchmark(r, b, rate, periods):
    up, down = b > 0, b < 0
    annual = lambda x: e.annual_return(x, annualization=periods)
    alpha, beta = e.alpha_beta_aligned(r.to_numpy(), b.to_numpy(), risk_free=rate, annualization=periods)
    return {
        "alpha": alpha,
        "beta": beta,
        "correlation": np.corrcoef(r, b)[0, 1],
        "information": e.excess_sharpe(r, b) * np.sqrt(periods),
        "tracking_error": e.annual_volatility(r - b, annualization=periods),
        "treynor": (r - rate).mean() * periods / beta,
        "up_capture": annual(r[up]) / annual(b[up]),
        "down_capture": annual(r[down]) / annual(b[down]),
    }


def significance(x, threshold):
    """Numerator and denominator of Bailey and Lopez de Prado's statistic: moments by scipy, the kurtosis not in excess."""
    ratio = x.mean() / x.std(ddof=1)
    spread = 1.0 - stats.skew(x) * ratio + (stats.kurtosis(x, fisher=False) - 1.0) / 4.0 * ratio**2
    return (ratio - threshold) * np.sqrt(len(x) - 1.0), np.sqrt(spread), ratio


def of_chance(x):
    up, down, ratio = significance(x.to_numpy(), 0.0)
    length = 1.0 + (down * stats.norm.ppf(0.95) / ratio) ** 2 if ratio > 0 else np.nan
    return {"probabilistic_sharpe": stats.norm.cdf(up / down), "track_record_min": length}


TRIES = 10


def of_tries(x):
    """Ten stretches of the series stand for ten tries; the best of them is deflated."""
    length = len(x) // TRIES
    tries = [x[at * length : (at + 1) * length] for at in range(TRIES)]
    ratios = np.array([significance(one, 0.0)[2] for one in tries])
    quantiles = stats.norm.ppf([1.0 - 1.0 / TRIES, 1.0 - 1.0 / (TRIES * np.e)])
    luck = ratios.std(ddof=1) * ((1.0 - np.euler_gamma) * quantiles[0] + np.euler_gamma * quantiles[1])
    up, down, _ = significance(tries[int(ratios.argmax())], luck)
    return {"expected_maximum_sharpe": luck, "deflated_sharpe": stats.norm.cdf(up / down)}


def of_trades(profits):
    """Differences of prices stand for profits of trades of one second each."""
    wins, losses = profits[profits > 0], profits[profits < 0]
    hit = len(wins) / len(profits)
    payoff = wins.mean() / -losses.mean()
    streak = longest = 0
    for profit in profits:
        streak = streak + 1 if profit < 0 else 0
        longest = max(longest, streak)
    return {
        "hit_rate": hit,
        "profit_factor": wins.sum() / -losses.sum(),
        "expectancy": profits.mean(),
        "average_win": wins.mean(),
        "average_loss": losses.mean(),
        "payoff": payoff,
        "kelly": hit - (1.0 - hit) / payoff,
        "system_quality": stats.ttest_1samp(profits, 0.0).statistic,
        "best_trade": profits.max(),
        "worst_trade": profits.min(),
        "losing_streak": longest,
        "holding_s": 1.0,
    }


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
