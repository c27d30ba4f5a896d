"""How sure a median of a few rounds is: intervals that assume nothing of how times are spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """coverage: how often, 0..1, intervals made this way hold the true value: the confidence that
    was asked for, or as much as so few rounds can give.
    """

    low: float
    high: float
    coverage: float

    def rounded(self, digits: int = 2) -> dict[str, float]:
        low, high = round(self.low, digits), round(self.high, digits)
        return {"low": low, "high": high, "coverage": round(self.coverage, 4)}


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Between two order statistics, the k-th from either end; None for less than two values.

    Each value is above the true median as a coin falls: Thompson 1936.
    """
    count, ordered = len(values), sorted(values)
    tails = _running([math.comb(count, below) for below in range(count // 2 + 1)], 2**count)
    return _narrowest(ordered, tails[: count // 2], confidence)


def ratio_interval(
    new: Sequence[float], old: Sequence[float], confidence: float = CONFIDENCE
) -> Interval | None:
    """Of new over old, where both are spread alike but for that factor; None for one and one.

    Between the k-th lowest and highest of all ratios of one of each: Moses' interval, the rank sum
    test of Mann and Whitney 1947 turned round. The values must be above 0.
    """
    ratios = sorted(a / b for a in new for b in old)
    ways = _rank_sums(len(new), len(old))
    tails = _running(ways, sum(ways))
    return _narrowest(ratios, tails[: len(ratios) // 2], confidence)


def ratio_of_medians(new: Sequence[float], old: Sequence[float]) -> float:
    return statistics.median(new) / statistics.median(old)


def variation(values: Sequence[float]) -> float | None:
    """The coefficient of variation: deviation over mean; None for less than two values."""
    if len(values) < 2:
        return None
    mean = statistics.fmean(values)
    return statistics.stdev(values) / mean if mean > 0 else None


def _narrowest(
    ordered: Sequence[float], tails: Sequence[float], confidence: float
) -> Interval | None:
    """tails: by k, how likely the true value lies beyond the (k + 1)-th lowest."""
    found = None
    for k, tail in enumerate(tails):
        coverage = 1 - 2 * tail
        if coverage > 0 and (found is None or coverage >= confidence):
            found = Interval(ordered[k], ordered[-1 - k], coverage)
    return found


def _running(counts: Sequence[int], total: int) -> list[float]:
    sums, sum_ = [], 0
    for count in counts:
        sum_ += count
        sums.append(sum_ / total)
    return sums


def _rank_sums(n: int, m: int) -> list[int]:
    """By u: the orders of n and m values in which u pairs are the other way round.

    The coefficients of the Gaussian binomial of n + m over n.
    """
    ways = [1] + [0] * (n * m)
    for i in range(1, n + 1):
        for u in range(n * m, m + i - 1, -1):
            ways[u] -= ways[u - m - i]
        for u in range(i, n * m + 1):
            ways[u] += ways[u - i]
    return ways
