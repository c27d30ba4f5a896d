"""Paints shots on a thread of its own, so that the event loop never waits for a picture."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.overlay import warm_up
from rtseg.pipeline.session import Shot
from rtseg.sink.statistics import class_counts
from rtseg.types import Rgb
from rtseg.viewer.composition import Appearance, compose
from rtseg.viewer.viewport import Patch, Viewport

SHORTEST_NANOS = 12_000_000
"""Between two pictures. A little less than a screen of 60 Hz needs, so that a source of 60 frames/s
that comes a little early is not left out; what comes faster than that nobody could see."""


@dataclass(frozen=True)
class Request:
    """What is to be seen of every shot from now on."""

    appearance: Appearance
    pane: tuple[int, int]
    wanted_scale: float | None = None
    centre: tuple[float, float] | None = None

    def viewport(self, shot: Shot) -> Viewport:
        height, width = shot.segmentation.frame.size
        return Viewport((height, width), self.pane, self.wanted_scale, self.centre)


@dataclass(frozen=True)
class Painted:
    """images: (h, w, 4) B G R X, one a pane, each covering ``patch.place`` of its pane; they are
    kept by whoever shows them and never written again. shares: (C,) of the picture by class.
    nanos: that painting took."""

    shot: Shot
    request: Request
    patch: Patch
    images: tuple[NDArray[np.uint8], ...]
    shares: NDArray[np.float64]
    nanos: int


PENDING = 2
"""Shots that wait at most. Two inferences at a time end at nearly the same moment: with room for
one alone, every second frame of such a pair would never be seen."""


class Renderer:
    """``with Renderer(ready): ...``: paints what is newest; older shots are left out.

    ready: called on the renderer's thread, also after a failure, and must return at once.
    """

    def __init__(self, ready: Callable[[], None]) -> None:
        self.failure: Exception | None = None
        self._ready = ready
        self._changed = threading.Condition()
        self._pending: deque[Shot] = deque(maxlen=PENDING)
        self._shot: Shot | None = None
        self._request: Request | None = None
        self._anew = False
        self._leaving = False
        self._painted: Painted | None = None
        self._thread = threading.Thread(target=self._run, name="rtseg-render")

    def __enter__(self) -> Renderer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._leaving = True
            self._changed.notify_all()
        self._thread.join()

    def show(self, shot: Shot) -> None:
        """Any thread."""
        with self._changed:
            self._pending.append(shot)
            self._changed.notify_all()

    def ask(self, request: Request) -> None:
        """Any thread. The present shot is painted anew."""
        with self._changed:
            self._request, self._anew = request, True
            self._changed.notify_all()

    def forget(self) -> None:
        """All shots: another source comes."""
        with self._changed:
            self._pending.clear()
            self._shot = self._painted = None

    def take(self) -> Painted | None:
        """What was painted last, once."""
        with self._changed:
            painted, self._painted = self._painted, None
        return painted

    def _run(self) -> None:
        # While the engine still opens: else the first picture waits for its kernels.
        warm_up()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._leaving or self._is_due())
                if self._leaving:
                    return
                if self._pending:
                    self._shot = self._pending.popleft()
                shot, request, self._anew = self._shot, self._request, False
            if shot is not None and request is not None:
                started = time.monotonic_ns()
                self._paint(shot, request)
                self._rest(started + SHORTEST_NANOS)

    def _is_due(self) -> bool:
        again = self._anew and self._shot is not None
        return self._request is not None and (bool(self._pending) or again)

    def _paint(self, shot: Shot, request: Request) -> None:
        try:
            painted = paint(shot, request)
        except Exception as error:  # noqa: BLE001 - whatever it is, a person must read it
            self.failure = error
        else:
            with self._changed:
                if self._shot is shot:
                    self._painted = painted
        self._ready()

    def _rest(self, until_nanos: int) -> None:
        left = (until_nanos - time.monotonic_ns()) / 1e9
        if left > 0:
            with self._changed:
                self._changed.wait_for(lambda: self._leaving, left)


def paint(shot: Shot, request: Request) -> Painted:
    started = time.monotonic_ns()
    patch = request.viewport(shot).patch()
    images = compose(shot, request.appearance, patch)
    labels = shot.segmentation.labels
    shares = class_counts(labels, len(shot.label_set)) / max(1, labels.size)
    ready = tuple(map(_for_screen, images))
    nanos = time.monotonic_ns() - started
    return Painted(shot, request, patch, ready, shares=shares, nanos=nanos)


def _for_screen(image: Rgb) -> NDArray[np.uint8]:
    """In the layout of QImage.Format_RGB32, which Qt copies to a screen without converting."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGRA), np.uint8)
