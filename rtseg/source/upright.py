"""A decoder's frame becomes an upright picture in RGB."""

from __future__ import annotations

import struct
from functools import partial
from threading import Lock
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, VideoReformatter

from rtseg.types import Rgb
from rtseg.yuv import BT601, BT709, Planes, matrix_for, planes_of

# Threads inside swscale cost more than they bring below 4K: 720p decode and conversion ran at
# 103 ... 197 frames/s with one per core, at 210 ... 292 with one. PyAV 17 made that the default.
_PYAV = int(av.__version__.split(".")[0])
_ONE_THREAD: dict[str, Any] = {"threads": 1} if _PYAV >= 17 else {}

# AVCOL_SPC_*: RGB, BT.709, FCC, BT.470BG, SMPTE 170M, SMPTE 240M, BT.2020; swscale has no others.
_KNOWN_MATRICES = frozenset({0, 1, 4, 5, 6, 7, 9})

_MATRICES = {BT709.colorspace: BT709, BT601.colorspace: BT601, 6: BT601}


class UprightRgb:
    """Of the frames of one stream, one after the other."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._lock = Lock()
        self._rotation: int | None = None
        self._matrix: tuple[int, ...] | None = None

    def given(self, frame: VideoFrame) -> Rgb | Planes:
        """Its planes as they are, where they need neither turning nor guessing."""
        _say_matrix(frame)
        matrix, turned = _MATRICES.get(frame.colorspace), self._matrix_of(frame)
        full_range = frame.color_range == ColorRange.JPEG
        plain = frame.format.name == ("yuvj420p" if full_range else "yuv420p")
        odd = frame.height % 2 or frame.width % 2
        if matrix is None or turned is not None or odd or not plain:
            return self.picture(frame)
        return planes_of(frame, matrix, partial(self._rgb, frame), full_range=full_range)

    def picture(self, frame: VideoFrame) -> Rgb:
        _say_matrix(frame)
        return upright(self._rgb(frame), display_matrix=self._matrix_of(frame))

    def _matrix_of(self, frame: VideoFrame) -> tuple[int, ...] | None:
        # Looked up again only where the rotation changes: PyAV's side data and its frame hold each
        # other, so that the frame's memory stays until the garbage collector comes by.
        if frame.rotation != self._rotation:
            self._rotation = frame.rotation
            self._matrix = _display_matrix(frame)
        return self._matrix

    def _rgb(self, frame: VideoFrame) -> Rgb:
        with self._lock:  # who shows planes asks later, on a thread of its own
            rgb = self._reformatter.reformat(frame, format="rgb24", **_ONE_THREAD)
        return np.ascontiguousarray(rgb.to_ndarray(), np.uint8)


def _say_matrix(frame: VideoFrame) -> None:
    # Nearly every HD file that does not say is BT.709, nearly every smaller one BT.601: what
    # players assume too. swscale alone would take BT.601 for all of them.
    if frame.colorspace not in _KNOWN_MATRICES:
        frame.colorspace = matrix_for(frame.height).colorspace


def upright(picture: Rgb, *, display_matrix: tuple[int, ...] | None) -> Rgb:
    """Turned and mirrored as the container asks, in quarter turns.

    display_matrix: nine numbers a b u c d v x y w; column p, row q is shown at column
    ``a p + c q + x``, row ``b p + d q + y``.
    """
    if display_matrix is None:
        return picture
    a, b, _, c, d = display_matrix[:5]
    crosswise = abs(b) > abs(a)
    across, down = (c, b) if crosswise else (a, d)
    turned: Any = cv2.transpose(picture) if crosswise else picture
    if across < 0:
        turned = cv2.flip(turned, 1)
    if down < 0:
        turned = cv2.flip(turned, 0)
    return np.ascontiguousarray(turned, np.uint8)


def _display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    side_data: Any = frame.side_data
    matrix = side_data.get("DISPLAYMATRIX")
    return None if matrix is None else struct.unpack("=9i", bytes(matrix))
