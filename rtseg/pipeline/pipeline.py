"""The same road on threads: five stages, bounded channels, one way to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from types import TracebackType
from typing import Any

from rtseg.engine.base import Engine
from rtseg.errors import RtsegError, StageError
from rtseg.pipeline.channel import Channel, Closed
from rtseg.pipeline.inference import Inference
from rtseg.pipeline.lineup import Lineup, Pending, capacity_for
from rtseg.sink.base import Sink
from rtseg.sink.statistics import class_counts
from rtseg.smoothing import Smoothing
from rtseg.source.base import Source, SourceInfo
from rtseg.stats import RunStats
from rtseg.types import Frame, Picture, Rgb, Segmentation

Render = Callable[[Segmentation, RunStats], Rgb]
"""Runs on the overlay thread; the statistics are there for who writes the FPS into the picture."""

Watched = Callable[[Rgb, Fraction], tuple[str, ...]]
"""What the camera suffers from, by a small picture and its pts. Runs on the overlay thread."""


class Pipeline:
    """``with Pipeline(...) as run: run.wait(); run.join()``. Leaving the block ends all threads.

    The source must be open; it is read on the capture thread. The engine and the sinks are opened
    and closed on their own threads. ``source.info.live`` decides the policy: every frame in order,
    or the newest frame with the others counted as dropped. Smoothing needs a ScoringEngine; it
    looks for motion on the thread that pre-processes and averages on the one that paints.
    render: None where no sink wants a picture. limit: the frames to read, not counting those that
    the source itself lost.

    In place of an engine and its smoothing there may be a Lineup, which then has the policy too.
    counted: whether the capture is clocked and the gaps of the source are counted here.
    watch: looks at every frame. window: of the statistics. ended: called when the last stage has
    ended, on its thread.

    Whoever ends, for whatever reason, aborts what feeds it and closes what it feeds: so a lost
    source still gets its last frames written, and a full disk stops the capture.
    """

    def __init__(
        self,
        source: Source,
        engine: Engine | Lineup,
        sinks: Sequence[Sink],
        *,
        render: Render | None,
        limit: int | None = None,
        smoothing: Smoothing | None = None,
        watch: Watched | None = None,
        counted: bool = True,
        window: int | None = None,
        ended: Callable[[], None] | None = None,
    ) -> None:
        self._window = window
        self.stats = RunStats(time.monotonic_ns(), window=window)
        self._source, self._sinks = source, sinks
        self._render = render
        self._watch = watch
        self._limit = limit
        self._counted = counted
        self._ended = ended
        self._finishing = threading.Event()
        self._failure: tuple[str, BaseException] | None = None
        self._lock = threading.Lock()
        self._since_nanos = 0
        self._frames: Channel[Frame] = Channel(1)
        self._pending: Channel[Pending] = Channel(1)
        self._pictures: Channel[Picture] = Channel(1)
        self._inferences: list[Inference] = []
        lineup = engine if isinstance(engine, Lineup) else _alone(engine, smoothing, source.info)
        self.engage(lineup)
        self._threads = [
            self._thread("capture", self._capture, gives=self._frames),
            self._thread("preprocess", self._prepare, takes=self._frames, gives=self._pending),
            self._thread("overlay", self._show, takes=self._pending, gives=self._pictures),
            self._thread("sinks", self._write, takes=self._pictures),
        ]

    def __enter__(self) -> Pipeline:
        for inference in self._known():
            inference.start()
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
        self._join()

    @property
    def is_live(self) -> bool:
        """The policy of the newest line-up."""
        return self._lineup.live

    def engage(self, lineup: Lineup) -> None:
        """From the next frame on; frames on their way stay with whom they were given to.

        Engines that are no longer needed are closed behind their last frame. Any thread.
        """
        live = lineup.live
        with self._lock:
            known = [each for each in self._inferences if not each.is_over]
            self._inferences = list(dict.fromkeys((*known, *lineup.inferences)))
            self._lineup = lineup
        self._frames.reshape(1 if live else 3, latest=live)
        for channel in (self._pending, self._pictures):
            channel.reshape(capacity_for(live=live))

    def restart(self, *, forget: bool = False) -> None:
        """New statistics. forget: frames captured until now are dropped. Any thread."""
        now = time.monotonic_ns()
        self.stats = RunStats(now, window=self._window)
        if forget:
            self._since_nanos = now

    def finish(self) -> None:
        """Take no more frames, but write those already taken. Any thread, also a signal handler."""
        self._finishing.set()

    def stop(self) -> None:
        """End now: frames in flight are lost, sinks still close properly. Any thread."""
        self._finishing.set()
        for channel in (self._frames, self._pending, self._pictures):
            channel.abort()
        for inference in self._known():
            inference.abort()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Whether the last stage has ended within the time."""
        self._threads[-1].join(timeout_seconds)
        return not self._threads[-1].is_alive()

    def join(self) -> None:
        """Wait for the end; raise what broke the run, if anything did."""
        self._join()
        died = ((each.name, each.error) for each in self._inferences if each.error is not None)
        name, error = self._failure or next(died, ("", None))
        if error is None:
            return
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
            if self._counted:
                expected = self._count(frame, arrived - started, expected=expected)
            late = self._frames.put(frame)
            if late:
                self.stats.drop("late", late)

    def _count(self, frame: Frame, nanos: int, *, expected: int) -> int:
        """Returns the index that should follow."""
        if not self._source.info.live:
            self.stats.clock("capture", nanos)
        if frame.index > expected:
            self.stats.drop("source", frame.index - expected)
        return frame.index + 1

    def _prepare(self) -> None:
        try:
            lineup = self._lineup
            for frame in self._frames:
                if self._forgotten(frame):
                    continue
                if lineup is not self._lineup:
                    lineup = self._go_over()
                self._pending.put(lineup.submit(frame, self.stats))
        finally:
            for each in self._known():
                each.close()

    def _show(self) -> None:
        render = self._render if any(sink.wants_image for sink in self._sinks) else None
        try:
            for pending in self._pending:
                picture = pending.lineup.settle(pending, self.stats)
                if self._forgotten(pending.frame):
                    continue
                started = time.monotonic_ns()
                if self._watch is not None:
                    faults = self._watch(pending.small, pending.frame.pts)
                    picture = replace(picture, faults=faults)
                    self.stats.clock("health", time.monotonic_ns() - started)
                    started = time.monotonic_ns()
                if render is not None:
                    image = render(picture.segmentation, self.stats)
                    picture = replace(picture, image=image)
                self.stats.clock("overlay", time.monotonic_ns() - started)
                self._pictures.put(picture)
        finally:
            for each in self._known():
                each.abort()

    def _forgotten(self, frame: Frame) -> bool:
        if frame.captured_nanos >= self._since_nanos:
            return False
        self.stats.drop("seek")
        return True

    def _go_over(self) -> Lineup:
        with self._lock:
            lineup = self._lineup
            left = [each for each in self._inferences if each not in lineup.inferences]
        for each in left:
            each.close()
        return lineup

    def _known(self) -> list[Inference]:
        with self._lock:
            return self._inferences

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()
        for inference in self._known():
            inference.join()

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
                with self._lock:
                    self._failure = self._failure or (name, error)
            finally:
                if takes is not None:
                    takes.abort()
                if gives is not None:
                    gives.close()
                elif self._ended is not None:
                    self._ended()

        return threading.Thread(target=run, name=f"rtseg-{name}")


def _alone(engine: Engine, smoothing: Smoothing | None, source: SourceInfo) -> Lineup:
    smoothing = smoothing or Smoothing()
    inference = Inference(
        engine,
        (source.height, source.width),
        capacity=capacity_for(live=source.live),
        scored=smoothing.active,
        prompt=smoothing.keyframe != 1,
    )
    return Lineup([inference], smoothing=smoothing, live=source.live)
