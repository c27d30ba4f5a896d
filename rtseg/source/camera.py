"""A camera on this machine, through Video4Linux."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Iterator
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
_READ_TIMEOUT_MILLIS = 5000

open_capture = cv2.VideoCapture


class Camera:
    """Live. Wishes that the camera does not grant are told in ``warnings``.

    device: ``/dev/videoN``. A read waits at most 10 s, the limit inside OpenCV's V4L2 code, or
    5 s where OpenCV lets it be set.
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
        self._capture: Capture | None = None
        self._info: SourceInfo | None = None
        self._warnings: tuple[str, ...] = ()

    def __enter__(self) -> Camera:
        if not os.path.exists(self._device):
            raise SourceError(f"no camera {self._device!r}: {_existing()}")
        device = open_capture(self._device, cv2.CAP_V4L2)
        self._capture = Capture(device, name=f"the camera {self._device!r}")
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

    def _make_wishes(self, device: cv2.VideoCapture) -> None:
        # The pixel format first: which sizes and rates there are depends on it.
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*self._fourcc))
        for key, wish in self._wishes.values():
            if wish is not None:
                device.set(key, wish)
        device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        device.set(cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MILLIS)

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
    """A ``cv2.VideoCapture`` that gives frames until it fails: what cameras and GStreamer share."""

    def __init__(self, device: cv2.VideoCapture, *, name: str) -> None:
        self._device = device
        self._name = name
        self._first: tuple[Rgb, int] | None = None

    def open(self, why_not: str) -> SourceInfo:
        """Waits for the first picture: only then is the size certain, and that it works at all."""
        if not self._device.isOpened():
            raise SourceError(f"cannot open {self._name}: {why_not}")
        self._first = self._read()
        if self._first is None:
            raise SourceError(f"{self._name} opens but gives no pictures: {why_not}")
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
        while read is not None:
            picture, captured_nanos = read
            began = captured_nanos if began is None else began
            yield Frame(picture, index, Fraction(captured_nanos - began, 10**9), captured_nanos)
            index += 1
            read = self._read()
        raise SourceError(f"{self._name} stopped giving frames after {index}: is it still there?")

    def _read(self) -> tuple[Rgb, int] | None:
        if not self._device.grab():
            return None
        arrived_nanos = time.monotonic_ns()
        decoded, picture = self._device.retrieve()
        return (_rgb(picture), arrived_nanos) if decoded else None


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
