"""What every loop counts alike: the moments at which frames are finished, and the inferences.

Only the standard library: the environments of the peers import this too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any


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
        """The last frame is done only now: what wrote it worked behind the loop."""
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
