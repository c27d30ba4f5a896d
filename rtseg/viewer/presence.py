"""When a class was to be seen: by the source's own time, in memory that does not grow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 1024
FIRST_BIN_SECONDS = 0.25


class Presence:
    """Bins of equal length from the source's beginning. What lies beyond the last one doubles the
    length of all: 4 minutes in quarters of a second, 1 hour in spans of 4 seconds, and so on.

    A part that is played again is not counted twice: shares are means. ``add`` may be called on
    another thread than the rest; ``revision`` grows with every call that adds.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.revision = 0
        self.bin_seconds = FIRST_BIN_SECONDS
        self._shares = np.zeros((BINS, classes))
        self._frames = np.zeros(BINS, np.int64)

    def add(self, seconds: float, areas: NDArray[np.float64]) -> None:
        """areas: (C,) shares of the picture, 0..1, of what is at ``seconds``, counted from 0 at the
        source's beginning; all NaN, which says that nothing was seen, adds nothing.
        """
        if seconds < 0 or np.isnan(areas).any():
            return
        while seconds >= BINS * self.bin_seconds:
            self._double()
        at = int(seconds / self.bin_seconds)
        self._shares[at] += areas
        self._frames[at] += 1
        self.revision += 1

    @property
    def end_seconds(self) -> float:
        """Of the last bin in which something was seen; 0 before that."""
        seen = np.flatnonzero(self._frames)
        return float((seen[-1] + 1) * self.bin_seconds) if len(seen) else 0.0

    def shares(self) -> NDArray[np.float64]:
        """(n, C) means by bin, up to ``end_seconds``; NaN where nothing was played."""
        bins = round(self.end_seconds / self.bin_seconds)
        frames = self._frames[:bins, None]
        shares = self._shares[:bins] / np.maximum(frames, 1)
        return np.where(frames > 0, shares, np.nan)

    def at(self, seconds: float) -> NDArray[np.float64] | None:
        """(C,) shares at that time; None where nothing was played."""
        at = int(seconds / self.bin_seconds)
        if not 0 <= at < BINS or not self._frames[at]:
            return None
        mean: NDArray[np.float64] = self._shares[at] / self._frames[at]
        return mean

    def _double(self) -> None:
        half = BINS // 2
        shares, frames = np.zeros_like(self._shares), np.zeros_like(self._frames)
        shares[:half] = self._shares.reshape(half, 2, -1).sum(axis=1)
        frames[:half] = self._frames.reshape(half, 2).sum(axis=1)
        self.bin_seconds *= 2
        self._shares, self._frames = shares, frames
