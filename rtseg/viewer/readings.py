"""What the widgets are fed with ten times a second: the numbers of now and of the whole run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtseg.stats import NANOS_PER_SECOND, Meter, Percentiles, RunStats, Seen

RECENT_FRAMES = 120
"""Latency and stages are told of so many frames: some seconds, and quick to sort."""


@dataclass(frozen=True)
class Reading:
    """seconds: since the run began. stretch_seconds: since it was last started, sought or switched,
    from where on rates mean something. Rates are of the last second, in frames per second.

    latency: milliseconds over the last frames. stages: their median milliseconds by stage.
    dropped: frames by cause, since the run began.
    areas: (C,) mean share of the picture, 0..1, since the reading before; NaN without a frame.
    mean_areas: (C,) the same over the whole run. present: (C,) frames with a pixel of the class.
    """

    seconds: float
    stretch_seconds: float
    frames: int
    capture_fps: float
    processed_fps: float
    displayed_fps: float
    latency: Percentiles
    stages: dict[str, float]
    dropped: dict[str, int]
    areas: NDArray[np.float64]
    mean_areas: NDArray[np.float64]
    present: NDArray[np.int64]


@dataclass
class Reader:
    """Reads a run's statistics for one label set, also where a seek began them anew.

    One thread reads; the pipeline's threads may go on writing.
    """

    classes: int
    _stats: RunStats | None = None
    _began_nanos: int = 0
    _earlier: Seen = field(default_factory=lambda: _nothing())
    _earlier_dropped: dict[str, int] = field(default_factory=dict)
    _before: Seen = field(default_factory=lambda: _nothing())

    def read(self, stats: RunStats, displayed: Meter, now_nanos: int) -> Reading:
        if stats is not self._stats:
            self._begin(stats)
        total = _sum(self._earlier, stats.seen)
        classes = slice(self.classes)
        frames_since = total.frames - self._before.frames
        since = (total.shares - self._before.shares)[classes]
        self._before = total
        return Reading(
            seconds=(now_nanos - self._began_nanos) / NANOS_PER_SECOND,
            stretch_seconds=(now_nanos - stats.started_nanos) / NANOS_PER_SECOND,
            frames=total.frames,
            capture_fps=stats.captured.fps_now(now_nanos),
            processed_fps=stats.processed.fps_now(now_nanos),
            displayed_fps=displayed.fps_now(now_nanos),
            latency=stats.latency_of_last(RECENT_FRAMES),
            stages=stats.stages_of_last(RECENT_FRAMES),
            dropped=_add(self._earlier_dropped, stats.dropped),
            areas=since / frames_since if frames_since else np.full(self.classes, np.nan),
            mean_areas=total.shares[classes] / max(1, total.frames),
            present=total.present[classes],
        )

    def _begin(self, stats: RunStats) -> None:
        if self._stats is None:
            self._began_nanos = stats.started_nanos
        else:
            self._earlier = _sum(self._earlier, self._stats.seen)
            self._earlier_dropped = _add(self._earlier_dropped, self._stats.dropped)
            self._before = self._earlier
        self._stats = stats


def _nothing() -> Seen:
    return Seen(0, np.zeros(256), np.zeros(256, np.int64))


def _sum(one: Seen, other: Seen) -> Seen:
    return Seen(one.frames + other.frames, one.shares + other.shares, one.present + other.present)


def _add(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    other = dict(other)
    return {cause: one.get(cause, 0) + other.get(cause, 0) for cause in {**one, **other}}
