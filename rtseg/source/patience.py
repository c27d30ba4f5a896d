"""How long to wait before trying again, and when to stop trying."""

from __future__ import annotations

from dataclasses import dataclass

from rtseg.errors import Cause

_LOCKING_OUT_SECONDS = 30.0
"""Cameras lock a user out who comes with a wrong password too often."""


@dataclass(frozen=True)
class Patience:
    """Waits double from the first to the longest, each made shorter by chance, by up to a half.

    Chance keeps many streams from coming back to one recorder in the same moment; the longest wait
    bounds how long a feed stays dark once its server is back. give_up_seconds: after the loss;
    None: never, 0: at once.
    """

    first_seconds: float = 0.25
    longest_seconds: float = 2.0
    give_up_seconds: float | None = None

    def wait_seconds(
        self, attempt: int, *, cause: Cause, luck: float, passed: float = 0.0
    ) -> float:
        """attempt: how many have failed in a row. luck: 0..1. passed: seconds since the loss."""
        longest = _LOCKING_OUT_SECONDS if cause == "auth failed" else self.longest_seconds
        full = min(longest, self.first_seconds * 2.0 ** min(attempt, 30))
        if cause == "auth failed":
            full = longest
        wait = full * (1 - luck / 2)
        return wait if self.give_up_seconds is None else min(wait, self.give_up_seconds - passed)

    def is_over(self, seconds: float) -> bool:
        """seconds: since the loss."""
        return self.give_up_seconds is not None and seconds >= self.give_up_seconds
