"""Which frames come in their turn, and what became of the others."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from rtseg.stats import RunStats

_GAPS_REMEMBERED = 64


@dataclass(frozen=True)
class Verdict:
    """drops: frames by cause, as for ``RunStats.drop``; negative where one has come after all."""

    admitted: bool
    drops: dict[str, int] = field(default_factory=dict)


class Order:
    """Judges the indices of one source in the order in which its frames come.

    A gap is what the source lost, until one of the gap comes: late, hence dropped as "disorder".
    first: the index of the first frame; None where any may be.
    """

    def __init__(self, *, first: int | None = 0) -> None:
        self._expected = first
        self._gaps: deque[range] = deque(maxlen=_GAPS_REMEMBERED)

    def admits(self, index: int, stats: RunStats) -> bool:
        """Whether the frame comes in its turn; what was lost is counted."""
        verdict = self.judge(index)
        for cause, count in verdict.drops.items():
            stats.drop(cause, count)
        return verdict.admitted

    def judge(self, index: int) -> Verdict:
        expected = index if self._expected is None else self._expected
        if index < expected:
            return self._judge_past(index)
        gap = range(expected, index)
        self._expected = index + 1
        if not gap:
            return Verdict(admitted=True)
        self._gaps.append(gap)
        return Verdict(admitted=True, drops={"source": len(gap)})

    def _judge_past(self, index: int) -> Verdict:
        gap = next((each for each in self._gaps if index in each), None)
        if gap is None:
            return Verdict(admitted=False, drops={"duplicate": 1})
        self._gaps.remove(gap)
        parts = (range(gap.start, index), range(index + 1, gap.stop))
        self._gaps.extend(each for each in parts if each)
        return Verdict(admitted=False, drops={"disorder": 1, "source": -1})
