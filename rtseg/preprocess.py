"""Frame -> Prepared: the only place where a picture becomes what a network eats."""

from __future__ import annotations

import cv2
import numpy as np

from rtseg.types import Frame, ModelSpec, Prepared, Rgb


def prepare(frame: Frame, spec: ModelSpec) -> Prepared:
    """Stretch the picture to (h, w): whole pixels are averaged first, the rest is bilinear.

    Colour order and ``(value - mean) / std`` are left to the engine, which has them in its graph.
    """
    picture = averaged(frame.picture, spec.height, spec.width)
    if picture.shape[:2] != (spec.height, spec.width):
        size = (spec.width, spec.height)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return Prepared(frame, np.ascontiguousarray(picture)[None])


def averaged(picture: Rgb, height: int, width: int) -> Rgb:
    """The picture shrunk by the largest whole factor that leaves at least height x width.

    Bilinear sampling skips pixels beyond a factor of two, and thin poles flicker. Averaging by any
    factor (cv2.INTER_AREA) would do, but takes twenty times as long as by a whole one; so a last
    row or column that does not fill a block is left out.
    """
    factor = min(picture.shape[0] // height, picture.shape[1] // width)
    if factor < 2:
        return picture
    rows, columns = picture.shape[0] // factor, picture.shape[1] // factor
    whole = picture[: rows * factor, : columns * factor]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
