"""What a running pipeline says of itself, in the words of the measurement vocabulary.

capture_fps: frames that arrived. processed_fps: distinct frames that the network saw and that left
the last sink (the headline). written_fps: frames that left the last sink, also those whose labels
were carried over from a key frame. latency: from a frame's capture to its leaving the last sink.
Nothing is smoothed and no outlier is removed.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NANOS_PER_SECOND = 1_000_000_000

_NOT_CAPTURED = ("source", "recording")
"""Causes of drops that no captured frame of its own stands for."""


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds; NaN where nothing was measured."""

    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of_nanos(cls, nanos: Sequence[int]) -> Percentiles:
        if not len(nanos):
            return cls(*(float("nan"),) * 4)
        millis = np.asarray(nanos, np.float64) / 1e6
        p50, p95, p99 = np.percentile(millis, (50, 95, 99)).tolist()
        return cls(p50, p95, p99, float(millis.max()))

    def rounded(self) -> dict[str, float | None]:
        values = {"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.max}
        return {key: None if value != value else round(value, 3) for key, value in values.items()}


@dataclass
class Meter:
    """Moments at which something happened; one thread marks, any thread reads."""

    first_nanos: int = 0
    last_nanos: int = 0
    count: int = 0
    _recent: deque[int] = field(default_factory=lambda: deque(maxlen=256))

    def mark(self, nanos: int) -> None:
        if self.count == 0:
            self.first_nanos = nanos
        self.last_nanos = nanos
        self.count += 1
        self._recent.append(nanos)

    @property
    def fps(self) -> float:
        """(n - 1) / elapsed: n moments have n - 1 intervals between them. 0 below two."""
        elapsed = self.last_nanos - self.first_nanos
        return (self.count - 1) * NANOS_PER_SECOND / elapsed if elapsed > 0 else 0.0

    def fps_now(self, now_nanos: int, *, window_nanos: int = NANOS_PER_SECOND) -> float:
        """Over the window that ends now, so that it falls to 0 when nothing comes any more."""
        recent = [each for each in list(self._recent) if each > now_nanos - window_nanos]
        if len(recent) < 2:
            return 0.0
        return (len(recent) - 1) * NANOS_PER_SECOND / max(now_nanos - recent[0], 1)


@dataclass(frozen=True)
class Seen:
    """What the label maps of so many ``frames`` showed; all arrays are (256,), by class id.

    shares: sums over the frames of a class's share of the picture, 0..frames.
    present: frames with at least one pixel of the class.
    """

    frames: int
    shares: NDArray[np.float64]
    present: NDArray[np.int64]


@dataclass(frozen=True)
class Summary:
    """One run's numbers. latency and stages: milliseconds by name. dropped: frames by cause.

    areas: (256,) mean share of the picture, 0..1, of every class id over the frames written.
    frames_warped: those of frames_written that the network never saw.
    """

    frames_read: int
    frames_written: int
    frames_warped: int
    dropped: dict[str, int]
    capture_fps: float
    processed_fps: float
    written_fps: float
    latency: Percentiles
    stages: dict[str, Percentiles]
    areas: NDArray[np.float64]
    first_frame_seconds: float


class RunStats:
    """Filled by the pipeline's threads, each its own part; read by anyone at any time.

    Readers work on copies: an array whose memory numpy looks at cannot grow, so that a frame which
    is finished at that moment would end its thread with a BufferError.

    window: of how many of the newest frames latencies and stages are kept; None: of all.
    dropped: frames by cause: "source" lost them itself, "late" ones were overtaken by newer ones,
    "disorder" came behind a later frame and "duplicate" once more, "stale" ones were older than was
    allowed, "seek" were on their way when another place was asked for, "paused" came from a live
    source in a pause, "recording" were shown but came too fast for the film, and "unfinished" were
    on their way when the run was broken off. So captured is written and dropped, but for "source"
    and "recording".
    """

    def __init__(self, started_nanos: int, *, window: int | None = None) -> None:
        self._window = window
        self.started_nanos = started_nanos
        self.captured = Meter()
        self.written = Meter()
        self.processed = Meter()
        self.dropped: dict[str, int] = {}
        self._seen = Seen(0, np.zeros(256), np.zeros(256, np.int64))
        self._latencies = self._series()
        self._stages: dict[str, deque[int] | array[int]] = {}
        self._lock = threading.Lock()

    def clock(self, stage: str, nanos: int) -> None:
        """One frame spent this long in ``stage``, waiting not included."""
        series = self._stages.get(stage)
        if series is None:
            series = self._stages.setdefault(stage, self._series())
        series.append(nanos)

    @property
    def stage_nanos(self) -> dict[str, list[int]]:
        """Every value given to ``clock``, in its order; once the run is over."""
        return {name: list(each) for name, each in self._stages.items()}

    def drop(self, cause: str, count: int = 1) -> None:
        with self._lock:
            self.dropped[cause] = self.dropped.get(cause, 0) + count
            if not self.dropped[cause]:
                del self.dropped[cause]

    @property
    def unaccounted(self) -> int:
        """Frames that were captured, and neither written nor dropped: those on their way."""
        with self._lock:
            lost = sum(count for cause, count in self.dropped.items() if cause not in _NOT_CAPTURED)
        return self.captured.count - self.written.count - lost

    def finish(self, captured_nanos: int, done_nanos: int, *, warped: bool = False) -> None:
        """A frame has left the last sink. warped: the network never saw it."""
        self.written.mark(done_nanos)
        if not warped:
            self.processed.mark(done_nanos)
        self._latencies.append(done_nanos - captured_nanos)

    def see(self, counts: NDArray[np.int64]) -> None:
        """counts: (256,) labels of each id in one frame's label map."""
        before = self._seen
        shares = before.shares + counts / max(1, counts.sum())
        self._seen = Seen(before.frames + 1, shares, before.present + (counts > 0))

    @property
    def seen(self) -> Seen:
        return self._seen

    def latency_of_last(self, frames: int) -> Percentiles:
        return Percentiles.of_nanos(_newest(self._latencies, frames))

    def stages_of_last(self, frames: int) -> dict[str, float]:
        """The median milliseconds of every stage, in the order in which they were first met."""
        recent = {name: sorted(_newest(each, frames)) for name, each in list(self._stages.items())}
        return {name: each[len(each) // 2] / 1e6 for name, each in recent.items()}

    def summary(self) -> Summary:
        first = self.written.first_nanos - self.started_nanos if self.written.count else 0
        return Summary(
            frames_read=self.captured.count,
            frames_written=self.written.count,
            frames_warped=self.written.count - self.processed.count,
            dropped=dict(self.dropped),
            capture_fps=self.captured.fps,
            processed_fps=self.processed.fps,
            written_fps=self.written.fps,
            latency=Percentiles.of_nanos(list(self._latencies)),
            stages={
                name: Percentiles.of_nanos(list(each)) for name, each in list(self._stages.items())
            },
            areas=self._seen.shares / max(1, self.written.count),
            first_frame_seconds=first / NANOS_PER_SECOND,
        )

    def _series(self) -> deque[int] | array[int]:
        return array("q") if self._window is None else deque(maxlen=self._window)


def _newest(series: deque[int] | array[int], count: int) -> list[int] | array[int]:
    return series[-count:] if isinstance(series, array) else list(series)[-count:]
