"""Figures out of the rounds of `peers.py`: medians, ratios and overheads, each with its interval.

Ratios and overheads are taken round by round: a busy moment slows both sides of its round.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rtseg.bench.intervals import Interval, median_interval

ALONE, OWN = "alone_ms", "inference_ms"
"""How long an inference takes: with nothing beside it, or in the loop by the peer's own clock."""

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


def inference_ms(rounds: Sequence[Round], name: str, clock: str = ALONE) -> Figure | None:
    """clock: ALONE or OWN."""
    found = [_inference_ms(each, name, clock) for each in rounds if name in each]
    return _figure([ms for ms in found if ms is not None])


def overhead_ms(rounds: Sequence[Round], name: str, clock: str = ALONE) -> Figure | None:
    """Milliseconds of a frame that are not inference."""
    found = [_overhead_ms(each, name, clock) for each in rounds if name in each]
    return _figure([ms for ms in found if ms is not None])


def ratio(rounds: Sequence[Round], name: str, peer: str) -> Figure | None:
    """How many times as many frames per second."""
    both = [each for each in rounds if name in each and peer in each]
    return _figure([each[name]["fps"] / each[peer]["fps"] for each in both])


def overhead_ratio(rounds: Sequence[Round], name: str, peer: str, *, clock: str) -> Figure | None:
    """How many times the peer's overhead, by that clock of the peer's."""
    both = [each for each in rounds if name in each and peer in each]
    pairs = [(_overhead_ms(each, name), _overhead_ms(each, peer, clock)) for each in both]
    return _figure([a / b for a, b in pairs if a is not None and b is not None])


def _overhead_ms(each: Round, name: str, clock: str = ALONE) -> float | None:
    inference = _inference_ms(each, name, clock)
    return None if inference is None else 1e3 / each[name]["fps"] - inference


def _inference_ms(each: Round, name: str, clock: str) -> float | None:
    """rtseg has no clock of its own for inferences, which overlap: its network alone counts."""
    peer, network, _ = name.split("-")
    if peer == "rtseg":
        alone = each.get(f"benchmark_app-{network}-alone")
        return 1e3 / alone["fps"] if alone else None
    said = each[name]
    return said.get(clock, said.get(OWN))


def _figure(values: Sequence[float]) -> Figure | None:
    return Figure(values) if values else None
