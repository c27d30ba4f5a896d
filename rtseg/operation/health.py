"""Whether frames flow, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtseg.errors import UsageError
from rtseg.source.masking import masked
from rtseg.stats import NANOS_PER_SECOND, RunStats

State: TypeAlias = Literal["starting", "flowing", "stalled", "stopping", "failed"]


@dataclass(frozen=True)
class Health:
    """reason: one sentence, passwords masked."""

    state: State
    reason: str

    @property
    def good(self) -> bool:
        return self.state == "flowing"


STARTING = Health("starting", "no frame has left the last sink yet")
STOPPING = Health("stopping", "the run was asked to end")


@dataclass(frozen=True)
class StallLimit:
    """For how long after a frame has left the last sink the next one is waited for."""

    seconds: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.seconds < float("inf"):
            raise UsageError(f"--stall-after {self.seconds:g} is no time: expected seconds above 0")

    def health(self, stats: RunStats, now_nanos: int) -> Health:
        written = stats.written
        if not written.count:
            return STARTING
        waited = (now_nanos - written.last_nanos) / NANOS_PER_SECOND
        if waited > self.seconds:
            return Health("stalled", f"no frame for {waited:.1f} s, {written.count} before that")
        return Health("flowing", f"{written.count} frames, the last one {waited:.1f} s ago")


def failed(error: BaseException) -> Health:
    return Health("failed", masked(str(error)) or type(error).__name__)
