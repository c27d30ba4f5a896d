"""Whether the wall clock can be trusted."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass

from rtseg.doctor.place import Place

MARKER = "/run/systemd/timesync/synchronized"

TIME_ERROR = 5
"""What adjtimex(2) returns while nothing keeps the clock right."""

TIMEX_BYTES = 512
"""At least the size of the kernel's ``struct timex``, which is 208 on 64 bits."""


@dataclass(frozen=True)
class Moment:
    """wall, steady: nanoseconds of CLOCK_REALTIME and of CLOCK_MONOTONIC."""

    wall: int
    steady: int

    @classmethod
    def now(cls) -> Moment:
        return cls(time.time_ns(), time.monotonic_ns())


@dataclass(frozen=True)
class Clock:
    """synchronised: None where nobody can tell. stepped: how far the wall clock went ahead of the
    monotonic one while the other facts were gathered, in seconds.
    """

    year: int
    synchronised: bool | None
    stepped: float


def kernel_state() -> int | None:
    """What adjtimex(2) returns, asked without setting anything; None where it cannot be asked."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def read_clock(
    place: Place,
    began: Moment,
    ended: Moment,
    *,
    ask: Callable[[], int | None] = kernel_state,
) -> Clock:
    if place.path(MARKER).exists():
        synchronised: bool | None = True
    else:
        state = ask()
        synchronised = None if state is None else state != TIME_ERROR
    steps = (ended.wall - began.wall) - (ended.steady - began.steady)
    return Clock(time.gmtime(ended.wall // 10**9).tm_year, synchronised, round(steps / 1e9, 3))
