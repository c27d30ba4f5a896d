"""Whether something lies over the lens: parts of the picture where, for seconds, nothing shows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rtseg.health.signs import CELLS, Cells, Signs

FAINT = 1.5
"""Grey levels of texture. Nearly all tarmac shows more once in BLIND_SECONDS; what lies on the lens
is too near to be sharp."""

BLIND_SECONDS = Fraction(5)
COVERED = 0.05
"""Share of the cells; the smoothest of the clips by day have 0.02 without anything on the lens."""

NIGHT = 40.0
"""Grey levels: where three cells of four are darker, darkness hides as much as a cover would."""


class Cover:
    """Every frame, in order, to ``covers``."""

    def __init__(self) -> None:
        self._blind_since: NDArray[np.float64] = np.full(CELLS, np.inf)

    def covers(self, found: Signs, seconds: Fraction) -> bool:
        now = float(seconds)
        since = np.minimum(self._blind_since, now)
        self._blind_since = np.where(found.texture < FAINT, since, np.inf)
        if np.percentile(found.brightness, 75) < NIGHT:
            return False
        blind = now - self._blind_since >= float(BLIND_SECONDS)
        return bool((blind & ~_sky(found.brightness)).mean() >= COVERED)


def _sky(brightness: Cells) -> NDArray[np.bool_]:
    """May be sky: in the upper half, and not darker than the middle of the picture."""
    upper = np.arange(CELLS[0])[:, None] < CELLS[0] // 2
    return upper & (brightness >= np.median(brightness))
