"""Frame -> Prepared: the only place where a picture becomes what a network eats."""

from __future__ import annotations

import cv2
import numpy as np

from rtseg.buffers import Buffers
from rtseg.types import Frame, ModelSpec, Prepared, Rgb
from rtseg.yuv import Planes

_BUFFERS = Buffers()


def prepare(frame: Frame, spec: ModelSpec) -> Prepared:
    """Stretch the picture to (h, w): whole pixels are averaged first, the rest is bilinear.

    Colour order and ``(value - mean) / std`` are left to the engine, which has them in its graph.
    """
    picture = _small(frame, spec)
    if picture.shape[:2] != (spec.height, spec.width):
        fitted = _BUFFERS.array(spec.height, spec.width, 3)
        size = (spec.width, spec.height)
        cv2.resize(picture, size, dst=fitted, interpolation=cv2.INTER_LINEAR)
        picture = fitted
    return Prepared(frame, np.ascontiguousarray(picture)[None])


def averaged(picture: Rgb, height: int, width: int) -> Rgb:
    """The picture shrunk by the largest whole factor that leaves at least height x width.

    Bilinear sampling skips pixels beyond a factor of two, and thin poles flicker. Averaging by any
    factor (cv2.INTER_AREA) would do, but takes twenty times as long as by a whole one; so a last
    row or column that does not fill a block is left out.
    """
    factor = _factor(picture.shape[:2], height, width)
    if factor < 2:
        return picture
    rows, columns = picture.shape[0] // factor, picture.shape[1] // factor
    whole = picture[: rows * factor, : columns * factor]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _small(frame: Frame, spec: ModelSpec) -> Rgb:
    """What ``averaged`` gives; out of planes, nothing as large as the picture is made for it."""
    planes = frame.given
    if isinstance(planes, Planes):
        from rtseg.shrinking import LARGEST_FACTOR, shrink  # numba takes half a second

        factor = max(1, _factor(frame.size, spec.height, spec.width))
        if factor <= LARGEST_FACTOR:
            small = _BUFFERS.array(planes.height // factor, planes.width // factor, 3)
            shrink(planes, factor, small)
            return small
    return averaged(frame.picture, spec.height, spec.width)


def _factor(size: tuple[int, int], height: int, width: int) -> int:
    return min(size[0] // height, size[1] // width)
