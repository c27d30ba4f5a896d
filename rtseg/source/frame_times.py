"""Which frame of a file is on at what time, known without decoding."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

_JUST_BEFORE = Fraction(1, 1000)
"""Of a frame's time: that a moment may be early, for having been rounded, and still mean it."""


class FrameTimes(Protocol):
    """within: a frame's time is at most that far from what ``time_of`` says."""

    @property
    def within(self) -> Fraction: ...

    def time_of(self, index: int) -> Fraction:
        """In seconds since the first frame; after the end: of the last one."""
        ...

    def nearest(self, pts: Fraction) -> int:
        """The index of the frame that has this time."""
        ...

    def at(self, seconds: Fraction) -> int:
        """The index of the frame that is on at that moment; after the end: of the last one."""
        ...


@dataclass(frozen=True)
class EvenTimes:
    """frames: None where they never end."""

    fps: Fraction
    frames: int | None

    @property
    def within(self) -> Fraction:
        return 1 / (2 * self.fps)

    def time_of(self, index: int) -> Fraction:
        return self._existing(index) / self.fps

    def nearest(self, pts: Fraction) -> int:
        return round(pts * self.fps)

    def at(self, seconds: Fraction) -> int:
        return self._existing(int(seconds * self.fps + _JUST_BEFORE))

    def _existing(self, index: int) -> int:
        return max(0, index if self.frames is None else min(index, self.frames - 1))


@dataclass(frozen=True)
class ListedTimes:
    """times: of all frames, in seconds since the first, ascending; at least one."""

    times: Sequence[Fraction]
    within: Fraction = Fraction(0)

    def time_of(self, index: int) -> Fraction:
        return self.times[max(0, min(index, len(self.times) - 1))]

    def nearest(self, pts: Fraction) -> int:
        return bisect_left(self.times, pts)

    def at(self, seconds: Fraction) -> int:
        return max(0, bisect_right(self.times, seconds + _JUST_BEFORE / 1000) - 1)
