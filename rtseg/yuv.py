"""4:2:0 pictures in the planes that decoders give and encoders take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL_HD_BEGINS_AT = 720
"""Players that ignore a file's colour tags take BT.601 below this height and BT.709 from it on."""

ONE = 1 << 16

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class Matrix:
    """Y'CbCr. kr, kb: luma of pure red and blue; colorspace, name: FFmpeg's, for primaries too."""

    kr: float
    kb: float
    colorspace: int
    name: str

    def weights(self) -> NDArray[np.int32]:
        """(3, 3) in 1/65536: rows Y Cb Cr, columns R G B; Y spans 219, Cb and Cr 224 levels."""
        scaled = self.rows * (ONE / 255)
        weights = np.round(scaled).astype(np.int32)
        weights[:, 1] += np.round(scaled.sum(1)).astype(np.int32) - weights.sum(1, dtype=np.int32)
        return weights

    @property
    def rows(self) -> NDArray[np.float64]:
        """(3, 3) levels of limited-range Y Cb Cr for R G B of 0..1, without their offsets."""
        luma = np.array([self.kr, 1 - self.kr - self.kb, self.kb])
        blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - self.kb))
        red = (np.array([1, 0, 0]) - luma) / (2 * (1 - self.kr))
        return np.stack([luma * 219, blue * 224, red * 224])


BT601 = Matrix(0.299, 0.114, 5, "smpte170m")
BT709 = Matrix(0.2126, 0.0722, 1, "bt709")


def matrix_for(height: int) -> Matrix:
    return BT709 if height >= FULL_HD_BEGINS_AT else BT601


@dataclass(frozen=True, eq=False)
class Planes:
    """Even (H, W). luma: (H, W or more), blue and red: (H / 2, W / 2 or more): lines are padded.

    Their memory belongs to ``film``, the ``av.VideoFrame``, and is good as long as this object is.
    full_range: 0..255 in place of 16..235. convert: makes the same picture in R G B; any thread.
    """

    height: int
    width: int
    luma: Plane
    blue: Plane
    red: Plane
    matrix: Matrix
    full_range: bool
    film: Any
    convert: Callable[[], NDArray[np.uint8]]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the picture in R G B."""
        return self.height, self.width, 3

    @cached_property
    def rgb(self) -> NDArray[np.uint8]:
        """(H, W, 3), made when it is first asked for."""
        return self.convert()


def planes_of(
    film: Any, matrix: Matrix, convert: Callable[[], NDArray[np.uint8]], *, full_range: bool = False
) -> Planes:
    """Of an ``av.VideoFrame`` in 4:2:0; nothing is copied."""
    luma, blue, red = (
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        for plane in film.planes
    )
    return Planes(
        film.height,
        film.width,
        luma,
        blue,
        red,
        matrix,
        full_range=full_range,
        film=film,
        convert=convert,
    )
