"""The synthetic road: a city street from a dashcam, endless, seeded, with exact ground truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType

from rtseg.errors import UsageError
from rtseg.source.base import GivenUp, SourceInfo, never
from rtseg.source.frame_times import EvenTimes
from rtseg.source.road_canvas import LabelCanvas, PictureCanvas
from rtseg.source.road_paint import Paint
from rtseg.source.road_scene import Camera, Street
from rtseg.types import Frame, LabelMap, Rgb

SMALLEST = 32  # pixels to a side: below it there is nothing to see


class RoadSource:
    """Each picture and its truth depend on size, fps, seed and index alone, whatever came before.

    fps is the step of time: the camera drives 13 m/s whatever it is. live=True gives frame i when
    i / fps seconds have passed and leaves out those that nobody came for in time. camera and
    street say which metres a pixel shows.
    """

    warnings: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        height: int = 720,
        width: int = 1280,
        fps: int = 30,
        seed: int = 1,
        frames: int | None = None,
        live: bool = False,
    ) -> None:
        _check(height, width, fps=fps, frames=frames)
        ends = ("" if frames is None else f"&frames={frames}") + ("&live=1" if live else "")
        name = f"test://road?height={height}&width={width}&fps={fps}&seed={seed}{ends}"
        self.info = SourceInfo(
            name,
            height,
            width,
            fps=Fraction(fps),
            live=live,
            frames=frames,
            seconds=None if frames is None else Fraction(frames, fps),
            seekable=not live,
        )
        self.camera = Camera(height, width)
        paint = Paint(seed)
        self.street = Street(seed, paint.houses)
        self._pictures = PictureCanvas(self.camera, self.street, paint)
        self._labels = LabelCanvas(self.camera, self.street, paint)
        self._left = threading.Event()

    def __enter__(self) -> RoadSource:
        self._left.clear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left.set()

    def __iter__(self) -> Iterator[Frame]:
        return self._from(0)

    def index_at(self, seconds: Fraction, *, given_up: GivenUp = never) -> int:
        return EvenTimes(self.info.fps, self.info.frames).at(seconds)

    def from_frame(self, index: int, *, given_up: GivenUp = never) -> Iterator[Frame]:
        return self._from(index if self.info.frames is None else min(index, self.info.frames - 1))

    def _from(self, index: int) -> Iterator[Frame]:
        start = time.monotonic_ns()
        while not self._left.is_set() and (self.info.frames is None or index < self.info.frames):
            picture = self.picture(index)
            moment = time.monotonic_ns()
            if self.info.live:
                due = start + int(index / self.info.fps * 10**9)
                if self._left.wait(max(due - moment, 0) / 1e9):
                    return
                moment = due
            yield Frame(picture, index, index / self.info.fps, moment)
            index = self._next(index, start)

    def picture(self, index: int) -> Rgb:
        """(H, W, 3), the caller's own."""
        return self._pictures.draw(float(index / self.info.fps), grain=index)

    def truth(self, index: int) -> LabelMap:
        """(H, W) ids of camvid11 for each pixel of that picture, the caller's own."""
        return self._labels.draw(float(index / self.info.fps))

    def _next(self, index: int, start: int) -> int:
        """The following frame; live: the newest that is due, as a camera's reader would find it."""
        if not self.info.live:
            return index + 1
        return max(index + 1, int((time.monotonic_ns() - start) * self.info.fps / 10**9))


def _check(height: int, width: int, *, fps: int, frames: int | None) -> None:
    if min(height, width) < SMALLEST:
        raise UsageError(
            f"the synthetic road cannot be {height}x{width}: it needs at least "
            f"{SMALLEST}x{SMALLEST} (HxW) pixels, ask for a larger picture"
        )
    if fps < 1:
        raise UsageError(f"the synthetic road cannot run at {fps} fps: ask for 1 or more")
    if frames is not None and frames < 0:
        raise UsageError(f"the synthetic road cannot have {frames} frames: ask for 0 or more")
