"""The same road on threads: five stages, four bounded channels, one way to end."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import chain
from types import TracebackType
from typing import Any, cast

import numpy as np

from rtseg.engine.base import Engine, ScoringEngine
from rtseg.errors import RtsegError, StageError
from rtseg.pipeline.channel import Channel, Closed
from rtseg.pipeline.segment import prepared_for
from rtseg.preprocess import prepare
from rtseg.sink.base import Sink
from rtseg.sink.statistics import class_counts
from rtseg.smoothing import KeyFrames, Smoother, Smoothing
from rtseg.source.base import Source
from rtseg.stats import RunStats
from rtseg.types import Frame, Inferred, LabelMap, Picture, Prepared, Rgb, Scored, Segmentation

Render = Callable[[Segmentation, RunStats], Rgb]
"""Runs on the overlay thread; the statistics are there for who writes the FPS into the picture."""


class Pipeline:
    """``with Pipeline(...) as run: run.wait(); run.join()``. Leaving the block ends all threads.

    The source must be open; it is read on the capture thread. The engine and the sinks are opened
    and closed on their own threads. ``source.info.live`` decides the policy: every frame in order,
    or the newest frame with the others counted as dropped. Smoothing needs a ScoringEngine; it
    looks for motion on the thread that pre-processes and averages on the one that paints.
    limit: the frames to read, not counting those that the source itself lost.

    Whoever ends, for whatever reason, aborts what feeds it and closes what it feeds: so a lost
    source still gets its last frames written, and a full disk stops the capture.
    """

    def __init__(
        self,
        source: Source,
        engine: Engine,
        sinks: Sequence[Sink],
        *,
        render: Render,
        limit: int | None = None,
        smoothing: Smoothing | None = None,
    ) -> None:
        self.stats = RunStats(time.monotonic_ns())
        self._source, self._engine, self._sinks = source, engine, sinks
        self._render = render
        self._limit = limit
        self._finishing = threading.Event()
        self._failure: tuple[str, BaseException] | None = None
        self._failure_lock = threading.Lock()
        live = source.info.live
        self._smoothing = smoothing if smoothing and smoothing.active else None
        self._frames: Channel[Frame] = Channel(1 if live else 3, latest=live)
        self._prepared: Channel[Prepared] = Channel(1 if live else 2)
        self._inferred: Channel[Inferred] = Channel(1 if live else 2)
        self._pictures: Channel[Picture] = Channel(1 if live else 2)
        self._threads = [
            self._thread("capture", self._capture, gives=self._frames),
            self._thread("preprocess", self._prepare, takes=self._frames, gives=self._prepared),
            self._thread("inference", self._infer, takes=self._prepared, gives=self._inferred),
            self._thread("overlay", self._show, takes=self._inferred, gives=self._pictures),
            self._thread("sinks", self._write, takes=self._pictures),
        ]

    def __enter__(self) -> Pipeline:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()

    def finish(self) -> None:
        """Take no more frames, but write those already taken. Any thread, also a signal handler."""
        self._finishing.set()

    def stop(self) -> None:
        """End now: frames in flight are lost, sinks still close properly. Any thread."""
        self._finishing.set()
        for channel in (self._frames, self._prepared, self._inferred, self._pictures):
            channel.abort()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Whether the last stage has ended within the time."""
        self._threads[-1].join(timeout_seconds)
        return not self._threads[-1].is_alive()

    def join(self) -> None:
        """Wait for the end; raise what broke the run, if anything did."""
        for thread in self._threads:
            thread.join()
        if self._failure is None:
            return
        name, error = self._failure
        if isinstance(error, RtsegError):
            raise error
        raise StageError(
            f"the {name} thread died of {type(error).__name__}: {error}; "
            "this is a bug in rtseg: --debug shows where"
        ) from error

    def _capture(self) -> None:
        expected = 0
        frames = iter(self._source)
        while not self._finishing.is_set() and self.stats.captured.count != self._limit:
            started = time.monotonic_ns()
            frame = next(frames, None)
            if frame is None:
                break
            arrived = time.monotonic_ns()
            self.stats.captured.mark(arrived)
            if not self._source.info.live:
                self.stats.clock("capture", arrived - started)
            if frame.index > expected:
                self.stats.drop("source", frame.index - expected)
            expected = frame.index + 1
            self._frames.put(frame)

    def _prepare(self) -> None:
        live = self._source.info.live
        engine = self._engine
        tracker = self._smoothing.tracker(live=live) if self._smoothing else None
        for frame in self._frames:
            started = time.monotonic_ns()
            # The tracker looks for motion in what is as small as the network.
            prepared = prepare(frame, engine.spec) if tracker else prepared_for(engine, frame)
            done = time.monotonic_ns()
            self.stats.clock("preprocess", done - started)
            if tracker is not None:
                prepared = tracker(prepared)
                self.stats.clock("motion", time.monotonic_ns() - done)
            self._prepared.put(prepared)

    def _infer(self) -> None:
        with self._engine as engine:
            info = self._source.info
            warm_up(engine, (info.height, info.width))
            is_key = KeyFrames(self._smoothing or Smoothing())
            flying: deque[tuple[Prepared, int | None]] = deque()
            for prepared in self._prepared:
                submitted_nanos = None
                if is_key(prepared.motion):
                    submitted_nanos = time.monotonic_ns()
                    engine.submit(prepared.tensor)
                flying.append((prepared, submitted_nanos))
                if len(flying) == engine.depth:
                    self._collect(*flying.popleft())
            while flying:
                self._collect(*flying.popleft())

    def _collect(self, prepared: Prepared, submitted_nanos: int | None) -> None:
        """submitted_nanos: None for a frame that the network does not see."""
        result: LabelMap | Scored | None = None
        if submitted_nanos is not None:
            scoring = cast(ScoringEngine, self._engine)
            result = scoring.collect_scored() if self._smoothing else scoring.collect()
            self.stats.clock("inference", time.monotonic_ns() - submitted_nanos)
        self._inferred.put(Inferred(prepared.frame, result, prepared.motion))

    def _show(self) -> None:
        wanted = any(sink.wants_image for sink in self._sinks)
        smoother = Smoother(self._smoothing or Smoothing())
        for inferred in self._inferred:
            segmentation = self._settle(inferred, smoother)
            started = time.monotonic_ns()
            image = self._render(segmentation, self.stats) if wanted else None
            self.stats.clock("overlay", time.monotonic_ns() - started)
            self._pictures.put(Picture(segmentation, image))

    def _settle(self, inferred: Inferred, smoother: Smoother) -> Segmentation:
        if self._smoothing is None and isinstance(inferred.result, np.ndarray):
            return Segmentation(inferred.frame, inferred.result)
        started = time.monotonic_ns()
        segmentation = smoother(inferred)
        self.stats.clock("smooth", time.monotonic_ns() - started)
        return segmentation

    def _write(self) -> None:
        pictures = iter(self._pictures)
        # Sinks open with the first picture: a run that gets nowhere leaves earlier results alone.
        first = next(pictures, None)
        if first is None:
            return
        with ExitStack() as stack:
            for sink in self._sinks:
                stack.enter_context(sink)
            for picture in chain([first], pictures):
                started = time.monotonic_ns()
                for sink in self._sinks:
                    sink.write(picture)
                done = time.monotonic_ns()
                self.stats.clock("sinks", done - started)
                segmentation = picture.segmentation
                captured = segmentation.frame.captured_nanos
                self.stats.finish(captured, done, warped=segmentation.warped)
                self.stats.see(class_counts(segmentation.labels, 256))

    def _thread(
        self,
        name: str,
        body: Callable[[], None],
        *,
        takes: Channel[Any] | None = None,
        gives: Channel[Any] | None = None,
    ) -> threading.Thread:
        def run() -> None:
            try:
                body()
            except Closed:
                pass
            except BaseException as error:  # noqa: BLE001 - a thread's last line, kept for join()
                with self._failure_lock:
                    self._failure = self._failure or (name, error)
            finally:
                if takes is not None:
                    self._count_late(takes)
                    takes.abort()
                if gives is not None:
                    gives.close()

        return threading.Thread(target=run, name=f"rtseg-{name}")

    def _count_late(self, channel: Channel[Any]) -> None:
        if channel.dropped:
            self.stats.drop("late", channel.dropped)


def warm_up(engine: Engine, picture_shape: tuple[int, int], times: int = 2) -> None:
    """Infer an empty picture, so that no frame pays for the runtime's first allocations.

    picture_shape: (H, W) of the frames to come.
    """
    shape = picture_shape if engine.takes_pictures else (engine.spec.height, engine.spec.width)
    empty = np.zeros((1, *shape, 3), np.uint8)
    for _ in range(times):
        engine.submit(empty)
        engine.collect()
