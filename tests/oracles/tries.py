"""Deflated Sharpe ratios of a sweep, by other people's code.

Question: what is left of each combination's Sharpe ratio when all of them are counted as tries?
In: on standard input a JSON object a combination (annual Sharpe ratio, skew, excess kurtosis, number of returns); periods
per year.
Out: a JSON object: the expected maximum, and a list of deflated ratios in the order of the input.
Must never: share code with the host; quantiles and probabilities are scipy's.

    tries.py PERIODS_PER_YEAR
"""

import json
import sys

import numpy as np
from scipy.stats import norm


def main(periods):
    tries = [json.loads(line) for line in sys.stdin if line.strip()]
    tries = [one for one in tries if "refused" not in one]
    ratios = np.array([one["sharpe"] for one in tries if one["sharpe"] is not None]) / np.sqrt(periods)
    n = len(tries)
    quantiles = norm.isf([1.0 / n, 1.0 / (n * np.e)])
    luck = np.std(ratios, ddof=1) * ((1.0 - np.euler_gamma) * quantiles[0] + np.euler_gamma * quantiles[1])
    json.dump({"expected_maximum": luck * np.sqrt(periods), "deflated": [deflated(one, luck, periods) for one in tries]}, sys.stdout)


def deflated(one, luck, periods):
    if one["sharpe"] is None:
        return None
    ratio = one["sharpe"] / np.sqrt(periods)
    spread = 1.0 - one["skew"] * ratio + (one["kurtosis"] + 3.0 - 1.0) / 4.0 * ratio**2
    return float(norm.cdf((ratio - luck) * np.sqrt(one["periods"] - 1.0) / np.sqrt(spread)))


if __name__ == "__main__":
    main(float(sys.argv[1]))
