"""What deserves a look: the few lowest scores of a long run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Candidate(Generic[T]):
    """at: where in the run it was, in seconds or pictures."""

    score: float
    at: float
    item: T


class Worst(Generic[T]):
    """Keeps the ``count`` lowest scores, of those closer than ``apart`` only the lower.

    Neighbouring frames of a video fail alike: without a distance all of them would be one moment.
    """

    def __init__(self, count: int, *, apart: float = 0.0) -> None:
        self._count = count
        self._apart = apart
        self._kept: list[Candidate[T]] = []

    @property
    def kept(self) -> tuple[Candidate[T], ...]:
        """The lowest score first."""
        return tuple(self._kept)

    def offer(self, score: float, item: T, *, at: float) -> None:
        """A score that is not a number is no candidate."""
        rivals = [each for each in self._kept if abs(each.at - at) < self._apart]
        if score != score or any(rival.score <= score for rival in rivals):
            return
        others = [each for each in self._kept if abs(each.at - at) >= self._apart]
        others.append(Candidate(score, at, item))
        self._kept = sorted(others, key=lambda each: each.score)[: self._count]
