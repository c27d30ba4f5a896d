"""A file played at its own speed, as if it were a camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from types import TracebackType

from rtseg.source.base import Source, SourceInfo, close
from rtseg.types import Frame


class Paced:
    """Gives each frame when it is due, counted from the first, and dates it to that moment.

    A frame that is asked for late keeps its due time, so that latency counts the delay.
    ``close`` may be called from any thread: it ends a wait, and with it the frames.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._closed = Event()

    def __enter__(self) -> Paced:
        self._source.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        self._source.__exit__(kind, error, trace)

    @property
    def info(self) -> SourceInfo:
        return replace(self._source.info, live=True)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._source.warnings

    def __iter__(self) -> Iterator[Frame]:
        began_nanos: int | None = None
        for frame in self._source:
            if began_nanos is None:
                began_nanos = time.monotonic_ns()
            due_nanos = began_nanos + round(frame.pts * 10**9)
            if self._closed.wait(max(0, due_nanos - time.monotonic_ns()) / 1e9):
                return
            yield replace(frame, captured_nanos=due_nanos)

    def close(self) -> None:
        self._closed.set()
        close(self._source)
