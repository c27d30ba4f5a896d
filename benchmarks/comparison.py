"""Figures out of the rounds of `peers.py`: medians, ratios and overheads, each with its interval.

Ratios and overheads are taken round by round: a busy moment slows both sides of its round.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rtseg.bench.intervals import Interval, median_interval

Round: TypeAlias = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Figure:
    """values: one a round. interval: of the median; None for less than two rounds."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def interval(self) -> Interval | None:
        return median_interval(self.values)

    def written(self, digits: int) -> str:
        """ "12.3 (11.9 to 12.8)": the median, and where it surely lies."""
        if self.interval is None:
            return f"{self.median:.{digits}f}"
        low, high = self.interval.low, self.interval.high
        return f"{self.median:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def fps(rounds: Sequence[Round], name: str) -> Figure | None:
    return _figure([each[name]["fps"] for each in rounds if name in each])


def inference_ms(rounds: Sequence[Round], name: str) -> Figure | None:
    """By the peer's own clock; of rtseg, whose inferences overlap, the network alone."""
    return _figure([ms for each in rounds if (ms := _inference_ms(each, name)) is not None])


def overhead_ms(rounds: Sequence[Round], name: str) -> Figure | None:
    """Milliseconds of a frame that are not inference."""
    return _figure([ms for each in rounds if (ms := _overhead_ms(each, name)) is not None])


def ratio(rounds: Sequence[Round], name: str, peer: str) -> Figure | None:
    """How many times as many frames per second."""
    both = [each for each in rounds if name in each and peer in each]
    return _figure([each[name]["fps"] / each[peer]["fps"] for each in both])


def overhead_ratio(rounds: Sequence[Round], name: str, peer: str) -> Figure | None:
    pairs = [(_overhead_ms(each, name), _overhead_ms(each, peer)) for each in rounds]
    return _figure([a / b for a, b in pairs if a is not None and b is not None])


def _overhead_ms(each: Round, name: str) -> float | None:
    inference = _inference_ms(each, name)
    return None if inference is None else 1e3 / each[name]["fps"] - inference


def _inference_ms(each: Round, name: str) -> float | None:
    peer, network, _ = name.split("-")
    alone = f"benchmark_app-{network}-alone"
    if name not in each or (peer == "rtseg" and alone not in each):
        return None
    return 1e3 / each[alone]["fps"] if peer == "rtseg" else each[name].get("inference_ms")


def _figure(values: Sequence[float]) -> Figure | None:
    return Figure(values) if values else None
