"""The same road on threads: five stages, bounded channels, one way to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
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
from rtseg.pipeline.order import Order
from rtseg.sink.base import Sink
from rtseg.sink.statistics import class_counts
from rtseg.smoothing import Smoothing
from rtseg.source.base import Source, SourceInfo, close
from rtseg.stats import RunStats
from rtseg.types import Frame, Picture, Rgb, Segmentation
from rtseg.yuv import Planes

Render = Callable[[Segmentation, RunStats], "Rgb | Planes"]
"""Runs on the overlay thread; the statistics are there for who writes the FPS into the picture."""

Watched = Callable[[Rgb, Fraction], tuple[str, ...]]
"""What the camera suffers from, by a small picture and its pts. Runs on the overlay thread."""


class Pipeline:
    """``with Pipeline(...) as run: run.wait(); run.join()``. Leaving the block ends all threads.

    The source must be open; it is read on the capture thread. The engine and the sinks are opened
    and closed on their own threads. ``source.info.live`` decides the policy: every frame in order,
    or the newest frame with the others counted as dropped. Smoothing needs a ScoringEngine; it
    looks for motion on the thread that pre-processes and averages on the one that paints.
    render: None where no sink wants a picture. painted: the engine, a PaintingEngine that was told
    how, renders in its place. limit: the frames to read, not counting those that the source itself
    lost. max_age_nanos: a frame that is older when the network would get it, or when it would be
    painted, is dropped as "stale".

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
        painted: bool = False,
        limit: int | None = None,
        max_age_nanos: int | None = None,
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
        self._max_age_nanos = max_age_nanos
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
        lineup = (
            engine
            if isinstance(engine, Lineup)
            else _alone(engine, smoothing, source.info, painted=painted)
        )
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

    @property
    def error(self) -> BaseException | None:
        """What has broken the run so far, which ``join`` will raise. Any thread."""
        died = (each.error for each in self._known() if each.error is not None)
        return self._failure[1] if self._failure else next(died, None)

    def engage(self, lineup: Lineup) -> None:
        """From the next frame on; frames on their way stay with whom they were given to.

        Engines that it neither needs nor spares are closed behind their last frame. Any thread.
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
        close(self._source)

    def stop(self) -> None:
        """End now: frames in flight are lost, sinks still close properly. Any thread."""
        self.finish()
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
        order = Order()
        frames = iter(self._source)
        while not self._finishing.is_set() and self.stats.captured.count != self._limit:
            started = time.monotonic_ns()
            frame = next(frames, None)
            if frame is None:
                break
            arrived = time.monotonic_ns()
            self.stats.captured.mark(arrived)
            if self._counted and not self._admit(frame, arrived - started, order=order):
                continue
            late = self._frames.put(frame)
            if late:
                self.stats.drop("late", late)

    def _admit(self, frame: Frame, nanos: int, *, order: Order) -> bool:
        if not self._source.info.live:
            self.stats.clock("capture", nanos)
        return order.admits(frame.index, self.stats)

    def _prepare(self) -> None:
        try:
            lineup = self._lineup
            for frame in self._newest():
                if lineup is not self._lineup:
                    lineup = self._go_over()
                self._pending.put(lineup.submit(frame, self.stats))
        finally:
            for each in self._known():
                each.close()

    def _newest(self) -> Iterator[Frame]:
        """One when the engine can take it, which to live policy is the newest of then."""
        frames = iter(self._frames)
        while True:
            self._lineup.wait_for_turn()
            frame = next(frames, None)
            if frame is None:
                return
            if not self._left_out(frame):
                yield frame

    def _show(self) -> None:
        render = self._render if any(sink.wants_image for sink in self._sinks) else None
        try:
            for pending in self._pending:
                picture = pending.lineup.settle(pending, self.stats)
                if self._left_out(pending.frame):
                    continue
                picture = self._looked_at(picture, pending.small)
                started = time.monotonic_ns()
                if render is not None and picture.image is None:
                    picture = _with(picture, render(picture.segmentation, self.stats))
                if self._render is not None:
                    self.stats.clock("overlay", time.monotonic_ns() - started)
                self._pictures.put(picture)
        finally:
            for each in self._known():
                each.abort()

    def _looked_at(self, picture: Picture, small: Rgb) -> Picture:
        if self._watch is None:
            return picture
        started = time.monotonic_ns()
        faults = self._watch(small, picture.segmentation.frame.pts)
        self.stats.clock("health", time.monotonic_ns() - started)
        return replace(picture, faults=faults)

    def _left_out(self, frame: Frame) -> bool:
        age, oldest = time.monotonic_ns() - frame.captured_nanos, self._max_age_nanos
        if frame.captured_nanos < self._since_nanos:
            self.stats.drop("seek")
        elif oldest is not None and age > oldest:
            self.stats.drop("stale")
        else:
            return False
        return True

    def _go_over(self) -> Lineup:
        with self._lock:
            lineup = self._lineup
            stay = {*lineup.inferences, *lineup.spare}
            left = [each for each in self._inferences if each not in stay]
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
        if self._counted and self.stats.unaccounted:
            self.stats.drop("unfinished", self.stats.unaccounted)

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


def _with(picture: Picture, rendered: Rgb | Planes) -> Picture:
    if isinstance(rendered, Planes):
        return replace(picture, film=rendered)
    return replace(picture, image=rendered)


def _alone(
    engine: Engine, smoothing: Smoothing | None, source: SourceInfo, *, painted: bool
) -> Lineup:
    smoothing = smoothing or Smoothing()
    inference = Inference(
        engine,
        (source.height, source.width),
        capacity=capacity_for(live=source.live),
        scored=smoothing.active,
        painted=painted,
        prompt=smoothing.keyframe != 1,
    )
    return Lineup([inference], smoothing=smoothing, live=source.live)
