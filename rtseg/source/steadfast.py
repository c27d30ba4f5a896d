"""A live source that comes back: connects, watches, and connects again."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from fractions import Fraction
from types import TracebackType

from rtseg.errors import SourceError
from rtseg.source.base import Source, SourceInfo, close
from rtseg.source.connection import Connection
from rtseg.source.patience import Patience
from rtseg.source.timeline import Timeline
from rtseg.types import Frame

STEADY_NANOS = 2 * 10**9
"""A connection that held so long ended a row of failures: the next wait is a short one again."""

_WARNINGS_KEPT = 8
"""Of connections that are over: a feed that runs for days must not collect them."""

_HOPELESS = ("auth failed", "codec unsupported", "closed")
"""What no patience mends while a source was never there."""


class Steadfast:
    """Gives the frames of the source that ``make`` makes, of a new one whenever it is lost.

    Indices count on over a loss: nobody knows how many frames there were; none is made up. Times
    go on by the clock of arrival. A source that is not live is given as it is: a file that breaks
    stays broken. The first opening must succeed, unless patience says for how long to try.
    told: called with one sentence for every loss and return, on the thread that reads.
    now, luck, pause: the clock in nanoseconds, 0..1, and ``Event.wait``.
    """

    def __init__(
        self,
        make: Callable[[], Source],
        *,
        patience: Patience | None = None,
        told: Callable[[str], None] | None = None,
        now: Callable[[], int] = time.monotonic_ns,
        luck: Callable[[], float] = random.random,
        pause: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self.told = told or _nobody_listens
        self._make = make
        self._patience = patience or Patience()
        self._now, self._luck, self._pause = now, luck, pause
        self._closed = threading.Event()
        self._source = make()
        self._info: SourceInfo | None = None
        self._connection: Connection | None = None
        self._timeline = Timeline()
        self._first = self._next = 0
        self._failures = 0
        self._warnings: tuple[str, ...] = ()

    def __enter__(self) -> Steadfast:
        began = self._now()
        try:
            self._source.__enter__()
        except SourceError as error:
            if not self._patience.give_up_seconds or error.cause in _HOPELESS:
                raise
            self.told(f"{error}; trying for {self._patience.give_up_seconds:g} s")
            if not self._connect(error, since=began):
                raise
        self._info = self._source.info
        if self._info.live:
            self._connection = Connection(self._now())
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
        assert self._info is not None, "a source says nothing of itself before it is opened"
        return self._info

    @property
    def connection(self) -> Connection | None:
        """None before it is open, and for a source that cannot be lost."""
        return self._connection

    @property
    def warnings(self) -> tuple[str, ...]:
        said = (*self._warnings, *self._source.warnings)
        lost = self._connection.losses if self._connection else {}
        if not lost:
            return said
        causes = ", ".join(f"{count} {cause}" for cause, count in lost.items())
        times = "once" if sum(lost.values()) == 1 else f"{sum(lost.values())} times"
        return (*said, f"the connection was lost {times}: {causes}")

    def __iter__(self) -> Iterator[Frame]:
        if self._connection is None:
            yield from self._source
            return
        while True:
            opened = self._now()
            loss = yield from self._until_lost(self._connection)
            if self._closed.is_set():
                return
            self._failures = 0 if self._now() - opened >= STEADY_NANOS else self._failures
            self._connection.lose(loss.cause, self._now())
            if not self._come_back(loss):
                return
            seconds = self._connection.regain(self._now()) / 1e9
            self.told(f"{self.info.name} is back after {seconds:.1f} s")

    def close(self) -> None:
        """Ends the frames, also while nobody is there to send any. Any thread."""
        self._closed.set()
        close(self._source)

    def _until_lost(self, connection: Connection) -> Generator[Frame, None, SourceError]:
        """Returns what the source was lost of."""
        pause_nanos = _pause_nanos(self._source.info.fps)
        self._timeline.restart()
        self._first = self._next
        last: int | None = None
        try:
            for frame in self._source:
                arrived = frame.captured_nanos
                if last is not None and arrived - last > pause_nanos:
                    connection.stall(last, arrived)
                last = arrived
                yield self._placed(frame)
        except SourceError as error:
            return error
        return SourceError(f"lost {self.info.name}: its frames just ended")

    def _placed(self, frame: Frame) -> Frame:
        index = self._first + frame.index
        self._next = index + 1
        pts = self._timeline.place(frame.pts, frame.captured_nanos)
        return replace(frame, index=index, pts=pts)

    def _come_back(self, loss: SourceError) -> bool:
        lost_at = self._now()
        if not self._patience.is_over(0):
            self.told(f"{loss}; trying again")
        self._warnings = (*self._warnings, *self._source.warnings)[-_WARNINGS_KEPT:]
        self._source.__exit__(None, None, None)
        # PyAV's pictures whose rotation was asked for hang in a circle, each some megabytes that
        # the collector does not see.
        gc.collect()
        return self._connect(loss, since=lost_at)

    def _connect(self, loss: SourceError, *, since: int) -> bool:
        """False where it was closed meanwhile. Raises SourceError where patience is over."""
        while True:
            passed = (self._now() - since) / 1e9
            if self._patience.is_over(passed):
                raise SourceError(f"{loss}; given up after {passed:.1f} s", cause=loss.cause)
            wait = self._patience.wait_seconds(
                self._failures, passed=passed, cause=loss.cause, luck=self._luck()
            )
            if self._pause(self._closed, wait):
                return False
            self._failures += 1
            self._source = self._make()
            if self._closed.is_set():
                return False
            try:
                self._source.__enter__()
            except SourceError as error:
                loss = error
            else:
                return True


def _pause_nanos(fps: Fraction) -> int:
    """Above which a gap is a stall: a second, or five frames of a slow camera."""
    return round(10**9 * max(Fraction(1), 5 / fps if fps else Fraction(1)))


def _nobody_listens(sentence: str) -> None:
    pass
