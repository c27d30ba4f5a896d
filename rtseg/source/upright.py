"""A decoder's frame becomes an upright picture in RGB."""

from __future__ import annotations

import struct
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter

from rtseg.types import Rgb

# Threads inside swscale cost more than they bring below 4K: 720p decode and conversion ran at
# 103 ... 197 frames/s with one per core, at 210 ... 292 with one. PyAV 17 made that the default.
_PYAV = int(av.__version__.split(".")[0])
_ONE_THREAD: dict[str, Any] = {"threads": 1} if _PYAV >= 17 else {}

# AVCOL_SPC_*: RGB, BT.709, FCC, BT.470BG, SMPTE 170M, SMPTE 240M, BT.2020; swscale has no others.
_KNOWN_MATRICES = frozenset({0, 1, 4, 5, 6, 7, 9})
_HD_HEIGHT = 720


class UprightRgb:
    """Of the frames of one stream, one after the other."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._rotation: int | None = None
        self._matrix: tuple[int, ...] | None = None

    def picture(self, frame: VideoFrame) -> Rgb:
        return upright(self._rgb(frame), display_matrix=self._matrix_of(frame))

    def _matrix_of(self, frame: VideoFrame) -> tuple[int, ...] | None:
        # Looked up again only where the rotation changes: PyAV's side data and its frame hold each
        # other, so that the frame's memory stays until the garbage collector comes by.
        if frame.rotation != self._rotation:
            self._rotation = frame.rotation
            self._matrix = _display_matrix(frame)
        return self._matrix

    def _rgb(self, frame: VideoFrame) -> Rgb:
        # Nearly every HD file that does not say is BT.709, nearly every smaller one BT.601: what
        # players assume too. swscale alone would take BT.601 for all of them.
        if frame.colorspace not in _KNOWN_MATRICES:
            hd = frame.height >= _HD_HEIGHT
            frame.colorspace = Colorspace.ITU709 if hd else Colorspace.ITU601
        rgb = self._reformatter.reformat(frame, format="rgb24", **_ONE_THREAD)
        return np.ascontiguousarray(rgb.to_ndarray(), np.uint8)


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
