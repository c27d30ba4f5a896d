"""What one round of measuring wrote down: raw moments, nothing averaged and nothing left out."""

from __future__ import annotations

import resource
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from rtseg.source.base import Source, SourceInfo
from rtseg.types import Frame, Picture, Prepared, Tensor

TENSORS = 16
"""Different pictures that the engine alone is fed, again and again."""

COLUMNS = ("frame", "captured_nanos", "done_nanos", "warped", "cpu_nanos")


@dataclass(frozen=True)
class Recording:
    """Times are ``time.monotonic_ns()``.

    facts: what ran, as the source and the engine say it. counts: of the whole run.
    frames: columns of COLUMNS, one row a frame, in the order in which they left the last sink.
    stages: nanoseconds by stage, one a frame. engine: ``submitted_nanos`` and ``collected_nanos``
    of each inference of the engine alone. arrivals: ``frame`` and ``nanos`` of all frames that the
    source gave, also of those that were dropped. readings: as ``Sensors.read`` gives them.
    warm_up: how many frames, and how many inferences of the engine alone, come before those that
    count.
    """

    facts: dict[str, Any]
    counts: dict[str, Any]
    warm_up: int
    frames: dict[str, list[int]] = field(default_factory=dict)
    stages: dict[str, list[int]] = field(default_factory=dict)
    engine: dict[str, list[int]] = field(default_factory=dict)
    arrivals: dict[str, list[int]] = field(default_factory=dict)
    readings: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """``Recording(**as_json())`` is the same again."""
        return asdict(self)


class Recorder:
    """The last sink of a run that is measured; calls ``enough`` once ``seconds`` are over.

    prepared: makes of a frame what the engine gets. seconds: counted from the last frame of the
    warm-up on. tensors: of the frames of the warm-up; making them costs no frame that counts.
    """

    wants_image = True
    outputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(
        self,
        prepared: Callable[[Frame], Prepared],
        *,
        warm_up: int,
        seconds: float,
        enough: Callable[[], None],
    ) -> None:
        self.tensors: list[Tensor] = []
        self._columns = {name: array("q") for name in COLUMNS}
        self._prepared, self._warm_up = prepared, warm_up
        self._nanos, self._enough = round(seconds * 1e9), enough

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to close."""

    def write(self, picture: Picture) -> None:
        done = time.monotonic_ns()
        segmentation = picture.segmentation
        frame = segmentation.frame
        row = (frame.index, frame.captured_nanos, done, segmentation.warped, cpu_nanos())
        for column, value in zip(self._columns.values(), row, strict=True):
            column.append(value)
        moments = self._columns["done_nanos"]
        if len(moments) <= max(1, self._warm_up) and len(self.tensors) < TENSORS:
            self.tensors.append(self._prepared(frame).tensor)
        if len(moments) > self._warm_up and done - moments[self._warm_up] >= self._nanos:
            self._enough()

    @property
    def columns(self) -> dict[str, list[int]]:
        return {name: column.tolist() for name, column in self._columns.items()}


class Arriving:
    """An open source whose frames are written down as they come."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._columns = {"frame": array("q"), "nanos": array("q")}

    def __enter__(self) -> Arriving:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whoever opened the source closes it."""

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._source.warnings

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._source:
            self._columns["nanos"].append(time.monotonic_ns())
            self._columns["frame"].append(frame.index)
            yield frame

    @property
    def columns(self) -> dict[str, list[int]]:
        return {name: column.tolist() for name, column in self._columns.items()}


def cpu_nanos() -> int:
    """User and system time of this process, its threads, and its children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(sum(each.ru_utime + each.ru_stime for each in usages) * 1e9)
