"""Hysteresis in time: yes once something has lasted, no once it has been gone for long enough."""

from __future__ import annotations

from fractions import Fraction


class Persistence:
    """Give every frame, in order, to ``update``; ``holds`` is the state.

    after, gone: seconds. The state turns with the first frame that is so many seconds younger than
    the first of an unbroken row of frames that speak against it; 0 turns with that frame itself.
    """

    def __init__(self, after: Fraction, gone: Fraction) -> None:
        self.holds = False
        self._after, self._gone = after, gone
        self._since: Fraction | None = None

    def update(self, seen: bool, seconds: Fraction) -> bool:
        """seconds: of the frame, as ``Frame.pts``. Returns the state."""
        if seen == self.holds:
            self._since = None
            return self.holds
        # A source that starts again starts its clock again.
        self._since = seconds if self._since is None else min(self._since, seconds)
        if seconds - self._since >= (self._gone if self.holds else self._after):
            self.holds, self._since = seen, None
        return self.holds
