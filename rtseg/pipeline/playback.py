"""A source that is played: paused, stepped through, sought in, at any speed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import Literal, TypeAlias, cast

from rtseg.errors import UsageError
from rtseg.pipeline.order import Order
from rtseg.source.base import Seekable, Source, SourceInfo, close
from rtseg.stats import NANOS_PER_SECOND, RunStats
from rtseg.types import Frame

Phase: TypeAlias = Literal["playing", "paused", "ended"]

Jump: TypeAlias = tuple[int | Fraction, int]
"""Where to: an index or seconds, and so many frames on from there."""

SLACK_NANOS = {False: 100_000_000, True: 1_000_000_000}
"""By ``late``: how far behind its times a clip may fall and still catch up. Further behind, it goes
on from where it is: nobody wants a slow clip to rush, or a live one to stay late for ever."""

PAST_BYTES = 64 << 20
"""Of pictures that are kept for steps back: seven frames of 1920x1080, in planes and in R G B.
Further back, everything since the last key frame is decoded again for each of them."""


class Playback:
    """A source around an open source, which stays its opener's. Commands may come from any thread;
    frames are taken by one, which waits where there is nothing to give. Begun paused, it shows the
    first frame. ended: called on the taker's thread when the end was reached. stats: those in
    which reading is clocked and lost frames are counted.

    A frame is dated to the moment at which it was due. ``late``: keep due times also when frames
    are taken too slowly, so that they can be told from punctual ones; without it a slow taker
    makes the clip slower. A live source is never paced, and what it gives while paused is dropped.
    """

    def __init__(
        self,
        source: Source,
        *,
        paused: bool = False,
        stats: Callable[[], RunStats],
        ended: Callable[[], None],
    ) -> None:
        self.late = False
        self._source = source
        self._stats, self._ended = stats, ended
        self._changed = threading.Condition()
        self._frames: Iterator[Frame] | None = None
        self._past: deque[Frame] = deque()
        self._ahead: deque[Frame] = deque()
        self._given: Frame | None = None
        self._done: Frame | None = None
        self._playing = not paused
        self._steps = int(paused)
        self._again = False
        self._order = Order()
        self._jump: Jump | None = None
        self._speed: float | None = 1.0
        self._loop = False
        self._exhausted = self._closed = False
        self._began: tuple[int, Fraction] | None = None

    def __enter__(self) -> Playback:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._source.warnings

    @property
    def phase(self) -> Phase:
        """ "ended" only once the last frame was reported as done."""
        with self._changed:
            if self._exhausted and self._done is self._given:
                return "ended"
            return "playing" if self._playing else "paused"

    def done(self, frame: Frame) -> bool:
        """The frame has left the last stage; returns whether nothing else is on its way."""
        with self._changed:
            self._done = frame
            return not self._moving and self._done is self._given

    def play(self) -> None:
        """From the beginning, where the end was reached."""
        with self._changed:
            if self._exhausted and self._jump is None:
                self._jump = (0, 0)
            self._playing, self._steps = True, 0
            self._anew()

    def pause(self) -> None:
        with self._changed:
            self._playing, self._steps = False, 0
            self._anew()

    def step(self, frames: int) -> None:
        """Pause, and from there so many frames on, or back where the number is negative."""
        with self._changed:
            self._playing = False
            if frames > 0:
                self._steps += 0 if self._exhausted and self._jump is None else frames
            elif self.info.seekable and not self._rewound(-frames):
                place, further = self._jump or (self._given.index if self._given else 0, 0)
                self._jump, self._steps = (place, further + self._steps + frames), 0
            self._anew()

    def seek(self, seconds: float) -> None:
        """To the frame that is on at this time; before the first or after the last: to that one.

        Raises UsageError for a source that cannot go anywhere.
        """
        if not self.info.seekable:
            raise UsageError(f"{self.info.name} cannot be sought in: it only goes on")
        with self._changed:
            self._jump, self._steps = (Fraction(max(0.0, seconds)), 0), 0
            self._anew()

    def repeat(self) -> None:
        """Give the last frame once more where none follows by itself: others look at it now."""
        with self._changed:
            self._again = self._given is not None and not (self._playing and not self._exhausted)
            self._changed.notify_all()

    def set_speed(self, factor: float | None) -> None:
        """1: as the source says; None: as fast as frames are taken. Raises UsageError."""
        if factor is not None and not 0 < factor <= 1000:
            raise UsageError(f"a speed is above 0 and at most 1000, not {factor:g}")
        with self._changed:
            self._speed = factor
            self._anew()

    def set_loop(self, loop: bool) -> None:
        with self._changed:
            self._loop = loop

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        close(self._source)

    def __iter__(self) -> Iterator[Frame]:
        while self._my_turn():
            frame = self._read()
            if frame is None:
                if not self._stay():
                    return
                continue
            due = self._due(frame)
            if due is not None:
                yield due

    def _rewound(self, frames: int) -> bool:
        """Whether the frame so far back is still at hand; it comes next then."""
        if self._jump is not None or self._steps or len(self._past) <= frames:
            return False
        for _ in range(frames + 1):
            self._ahead.appendleft(self._past.pop())
        self._steps, self._exhausted = 1, False
        return True

    @property
    def _moving(self) -> bool:
        going = not self._exhausted and (self._playing or self._steps > 0)
        return going or self._jump is not None or self._again

    def _anew(self) -> None:
        self._began = None
        self._changed.notify_all()

    def _my_turn(self) -> bool:
        """Wait until a frame is wanted; False: never again."""
        live = self.info.live
        with self._changed:
            self._changed.wait_for(lambda: live or self._moving or self._closed)
            return not self._closed

    def _read(self) -> Frame | None:
        """The next frame, wherever that is; None at the end."""
        with self._changed:
            jump, self._jump = self._jump, None
            if jump is not None:
                self._past.clear()
                self._ahead.clear()
                self._exhausted = self._again = False
                self._steps += not self._playing
            elif self._again:
                return self._given
            elif self._ahead:
                return self._ahead.popleft()
        if jump is not None:
            self._frames = self._jumped(jump)
            self._order = Order(first=None)
        elif self._frames is None:
            self._frames = iter(self._source)
        return self._clocked(self._frames)

    def _clocked(self, frames: Iterator[Frame]) -> Frame | None:
        started = time.monotonic_ns()
        for frame in frames:
            if not self.info.live:
                self._stats().clock("capture", time.monotonic_ns() - started)
            if self._order.admits(frame.index, self._stats()):
                return frame
        return None

    def _jumped(self, jump: Jump) -> Iterator[Frame]:
        source = cast(Seekable, self._source)
        place, further = jump
        if not isinstance(place, int):
            place = source.index_at(place, given_up=self._turned_away)
        return source.from_frame(max(0, place + further), given_up=self._turned_away)

    def _turned_away(self) -> bool:
        """Whether a jump is no longer worth while: there is a newer one, or nobody left."""
        return self._closed or self._jump is not None

    def _stay(self) -> bool:
        """At the end: begin again, or wait for what leads back; False where nothing can."""
        with self._changed:
            if self._jump is None and self._loop and self._playing and self._given is not None:
                self._jump = (0, 0) if self.info.seekable else None
            if self._jump is not None:
                return True
            self._exhausted, self._steps = True, 0
        self._ended()
        return self.info.seekable

    def _due(self, frame: Frame) -> Frame | None:
        """Wait for the frame's time; dated to it. None where something else is wanted first."""
        with self._changed:
            while not self._closed and self._jump is None:
                now = time.monotonic_ns()
                if self._ahead and self._ahead[0].index < frame.index:
                    self._ahead.append(frame)
                    return None
                if self._again:
                    return self._repeated(frame, now)
                if not self._playing:
                    return self._in_pause(frame, now)
                due = self._due_nanos(frame, now)
                if due <= now:
                    return self._given_as(frame, due)
                self._changed.wait((due - now) / NANOS_PER_SECOND)
            return None

    def _repeated(self, frame: Frame, now: int) -> Frame | None:
        if frame is not self._given:
            self._ahead.appendleft(frame)
            return None
        self._again = False
        return self._given_as(frame, now)

    def _in_pause(self, frame: Frame, now: int) -> Frame | None:
        if self._steps:
            self._steps -= 1
            return self._given_as(frame, now)
        if self.info.live:
            self._stats().drop("paused")
        else:
            self._ahead.appendleft(frame)
        return None

    def _due_nanos(self, frame: Frame, now: int) -> int:
        if self._speed is None or self.info.live:
            return now
        if self._began is not None:
            began, pts = self._began
            due = began + round((frame.pts - pts) / Fraction(self._speed) * NANOS_PER_SECOND)
            if now - due <= SLACK_NANOS[self.late]:
                return due
        self._began = (now, frame.pts)
        return now

    def _given_as(self, frame: Frame, captured_nanos: int) -> Frame:
        dated = frame if self.info.live else replace(frame, captured_nanos=captured_nanos)
        if self.info.seekable:
            self._remember(dated, again=frame is self._given)
        self._given = dated
        return dated

    def _remember(self, frame: Frame, *, again: bool) -> None:
        if again:
            self._past.pop()
        self._past.append(frame)
        height, width = frame.size
        while len(self._past) > max(1, PAST_BYTES // (height * width * 9 // 2)):
            self._past.popleft()
