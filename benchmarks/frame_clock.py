"""What every loop counts alike: when frames are finished, and how long inferences take.

Only the standard library: the environments of the peers import this too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

ALONE = 20


class FrameClock:
    """fps is (n - 1) / seconds from the first finished frame to the last; warm-up is before."""

    def __init__(self) -> None:
        self._done: list[float] = []
        self._inferences: list[float] = []

    @contextmanager
    def inference(self) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.infer(time.perf_counter() - started)

    def infer(self, seconds: float) -> None:
        self._inferences.append(seconds)

    @property
    def frames(self) -> int:
        return len(self._done)

    def finish(self) -> None:
        """One frame more is done."""
        self._done.append(time.perf_counter())

    def finish_late(self) -> None:
        """The last frame is done only now: the file that it is in is closed."""
        self._done[-1] = time.perf_counter()

    def report(self, *packages: str) -> dict[str, Any]:
        """inference_ms: the mean over the frames that the fps counts, the second to the last.

        packages: whose versions are told.
        """
        if self.frames < 2:
            sys.exit(f"{self.frames} frames were finished; two at least are needed to measure")
        seconds = self._done[-1] - self._done[0]
        counted = self._inferences[-(self.frames - 1) :]
        return {
            "frames": self.frames,
            "seconds": seconds,
            "fps": (self.frames - 1) / seconds,
            "inference_ms": 1e3 * sum(counted) / len(counted),
            "versions": {package: version(package) for package in packages},
        }


def alone_ms(infer: Callable[[], object]) -> float:
    """The mean of some inferences while nothing else runs; the loop has warmed them up."""
    started = time.perf_counter()
    for _ in range(ALONE):
        infer()
    return 1e3 * (time.perf_counter() - started) / ALONE
