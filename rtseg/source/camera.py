"""A camera on this machine, through Video4Linux."""

from __future__ import annotations

import glob
import os
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from types import TracebackType

import cv2
import numpy as np
from cv2.typing import MatLike

from rtseg.errors import SourceError
from rtseg.source.base import SourceInfo
from rtseg.types import Frame, Rgb

# MJPG, because raw YUYV over USB 2 is too slow for 720p at 30 frames/s: 55 of some 40 MB/s.
DEFAULT_FOURCC = "MJPG"

_READ_SECONDS = 5.0
_SLICE_SECONDS = 1
# OpenCV takes the limit of a wait from here for V4L2, in whole seconds, and else waits for ten.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(_SLICE_SECONDS))

open_capture = cv2.VideoCapture


class Camera:
    """Live. Wishes that the camera does not grant are told in ``warnings``.

    device: ``/dev/videoN``. A read waits 5 s at most, in slices of one second, after each of which
    ``close`` is heard.
    """

    def __init__(
        self,
        device: str,
        *,
        width: int | None = None,
        height: int | None = None,
        fps: Fraction | None = None,
        fourcc: str = DEFAULT_FOURCC,
    ) -> None:
        self._device = device
        self._wishes = {
            "width": (cv2.CAP_PROP_FRAME_WIDTH, width),
            "height": (cv2.CAP_PROP_FRAME_HEIGHT, height),
            "frames/s": (cv2.CAP_PROP_FPS, float(fps) if fps else None),
        }
        self._fourcc = fourcc
        self._closed = threading.Event()
        self._capture: Capture | None = None
        self._info: SourceInfo | None = None
        self._warnings: tuple[str, ...] = ()

    def __enter__(self) -> Camera:
        if not os.path.exists(self._device):
            message = f"no camera {self._device!r}: {_existing()}"
            raise SourceError(message, cause="not found")
        device = open_capture(self._device, cv2.CAP_V4L2)
        self._capture = Capture(
            device, name=f"the camera {self._device!r}", ended=self._closed.is_set
        )
        try:
            self._make_wishes(device)
            self._info = self._capture.open(_why_not(self._device))
        except SourceError:
            self._capture.close()
            raise
        self._warnings = tuple(self._refused(device))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._capture is not None:
            self._capture.close()

    @property
    def info(self) -> SourceInfo:
        assert self._info is not None, "a source says nothing of itself before it is opened"
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._warnings

    def __iter__(self) -> Iterator[Frame]:
        assert self._capture is not None, "a source gives frames only while it is open"
        return iter(self._capture)

    def close(self) -> None:
        self._closed.set()

    def _make_wishes(self, device: cv2.VideoCapture) -> None:
        # The pixel format first: which sizes and rates there are depends on it.
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*self._fourcc))
        for key, wish in self._wishes.values():
            if wish is not None:
                device.set(key, wish)
        device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        device.set(cv2.CAP_PROP_READ_TIMEOUT_MSEC, 1000 * _SLICE_SECONDS)

    def _refused(self, device: cv2.VideoCapture) -> Iterator[str]:
        for noun, (key, wish) in self._wishes.items():
            got = device.get(key)
            if wish is not None and abs(got - wish) > 0.01 * wish:
                yield f"asked the camera for {wish:g} {noun}, it gives {got:g}"
        got_fourcc = int(device.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little")
        if got_fourcc != self._fourcc.encode():
            name = got_fourcc.decode("ascii", "replace").strip("\0 ") or "an unnamed format"
            yield f"asked the camera for {self._fourcc}, it gives {name}"


class Capture:
    """A ``cv2.VideoCapture`` that gives frames until it fails: what cameras and GStreamer share.

    ended: asked after every slice of a wait.
    """

    def __init__(self, device: cv2.VideoCapture, *, name: str, ended: Callable[[], bool]) -> None:
        self._device = device
        self._name = name
        self._ended = ended
        self._first: tuple[Rgb, int] | None = None

    def open(self, why_not: str) -> SourceInfo:
        """Waits for the first picture: only then is the size certain, and that it works at all."""
        if not self._device.isOpened():
            raise SourceError(f"cannot open {self._name}: {why_not}", cause="refused")
        self._first = self._read()
        if self._first is None:
            message = f"{self._name} opens but gives no pictures: {why_not}"
            raise SourceError(message, cause="closed" if self._ended() else "timeout")
        height, width = self._first[0].shape[:2]
        declared = self._device.get(cv2.CAP_PROP_FPS)
        fps = Fraction(declared).limit_denominator(1001) if 0 < declared < 1000 else Fraction(0)
        return SourceInfo(self._name, height, width, fps=fps, live=True)

    def close(self) -> None:
        self._device.release()

    def __iter__(self) -> Iterator[Frame]:
        began: int | None = None
        index = 0
        read = self._first
        while read is not None and not self._ended():
            picture, captured_nanos = read
            began = captured_nanos if began is None else began
            yield Frame(picture, index, Fraction(captured_nanos - began, 10**9), captured_nanos)
            index += 1
            read = self._read()
        if not self._ended():
            message = f"{self._name} stopped giving frames after {index}: is it still there?"
            raise SourceError(message)

    def _read(self) -> tuple[Rgb, int] | None:
        if not self._grab():
            return None
        arrived_nanos = time.monotonic_ns()
        decoded, picture = self._device.retrieve()
        return (_rgb(picture), arrived_nanos) if decoded else None

    def _grab(self) -> bool:
        """A failure that took its time was the end of a slice; any other is one of the device."""
        began = time.monotonic()
        while not self._ended():
            asked = time.monotonic()
            if self._device.grab():
                return True
            now = time.monotonic()
            if now - asked < _SLICE_SECONDS / 2 or now - began >= _READ_SECONDS:
                return False
        return False


def _rgb(picture: MatLike) -> Rgb:
    code = cv2.COLOR_GRAY2RGB if picture.ndim == 2 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(picture, code), np.uint8)


def _existing() -> str:
    devices = sorted(glob.glob("/dev/video*"))
    return f"there are {', '.join(devices)}" if devices else "this machine has no /dev/video*"


def _why_not(device: str) -> str:
    if not os.access(device, os.R_OK | os.W_OK):
        return "no permission: add yourself to the group 'video' and log in again"
    return f"another program may be using it (`fuser {device}` tells which); {_existing()}"
