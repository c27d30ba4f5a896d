"""Times of live frames on one axis, whatever happens to the clock of their source."""

from __future__ import annotations

from fractions import Fraction

SLACK_SECONDS = 15
"""How far a source's own times may be from those of arrival. Frames that waited in a network's
buffers come in a burst, seconds late, with good times; a clock that was set is further off."""

_LEAST_STEP = Fraction(1, 1000)


class Timeline:
    """Keeps steps of the source's clock while it runs evenly; else takes the time of arrival.

    Times given back grow strictly from 0 and stay within the slack of real time. One thread.
    """

    def __init__(self) -> None:
        self._origin_nanos: int | None = None
        self._source = Fraction(0)
        self._placed = Fraction(0)
        self._anew = False

    def restart(self) -> None:
        """The next time is of another clock than those before."""
        self._anew = True

    def place(self, pts: Fraction, arrived_nanos: int) -> Fraction:
        if self._origin_nanos is None:
            self._origin_nanos = arrived_nanos
            placed = Fraction(0)
        else:
            real = Fraction(arrived_nanos - self._origin_nanos, 10**9)
            placed = self._placed + pts - self._source
            if self._anew or pts <= self._source or abs(placed - real) > SLACK_SECONDS:
                placed = max(real, self._placed + _LEAST_STEP)
        self._anew = False
        self._source, self._placed = pts, placed
        return placed
