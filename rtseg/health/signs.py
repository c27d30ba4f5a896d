"""What one small picture says of the camera that took it: a few numbers, without memory."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.types import Rgb

ROWS, COLUMNS = 144, 192
"""The size at which a picture is judged, whatever it was."""

CELLS = (12, 16)
"""Rows and columns of the grid in which texture and motion are told apart."""

COARSE = 4
"""Pixels to a side of the squares that are averaged before texture is judged: a sensor's noise is
gone then, while tarmac and clouds still differ from one square to the next."""

CLIPPED = 250
CHANGED = 2
NEAR, WIDE = 1, 4
"""Pixels between the two places whose difference is a fine and a coarse edge."""

CONCEALED = (118, 140)
"""What decoders paint where they know nothing: chroma 128, luma 128, in full or video range."""

TINT = 50

Grey = NDArray[np.uint8]
Cells = NDArray[np.float32]


@dataclass(frozen=True)
class Signs:
    """Shares are of the picture, 0..1; cells are (12, 16) in grey levels.

    brightest: the grey level that one pixel of a hundred exceeds. clipped: share of 250 and more.
    sharpness: energy of edges one pixel wide over that of edges four wide: 1 is noise, 0.25 the
    mean of the outdoors, 1/16 a picture without any detail. contrast: the latter energy.
    changed: share that differs from the picture before by more than the grey levels of CHANGED;
    1 where there was none.
    concealed: share that is flat mid-grey. tinted: share whose mean colour is a green or a magenta
    which nothing on a road has.
    brightness, texture: of each cell: the mean, and the mean step from square to square.
    """

    grey: Grey
    brightest: int
    clipped: float
    sharpness: float
    contrast: float
    changed: float
    concealed: float
    tinted: float
    brightness: Cells
    texture: Cells


def signs(picture: Rgb, before: Signs | None = None) -> Signs:
    """picture: any size; (h, w) of a network is plenty. before: of the frame before, if any."""
    # Whoever shrank the picture has averaged it; here single pixels are enough.
    small = np.asarray(
        cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST), np.uint8
    )
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    below = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum() / grey.size
    size = (COLUMNS // COARSE, ROWS // COARSE)
    # In float32: eight bits would round the faint texture of a road away.
    coarse = cv2.resize(np.asarray(grey, np.float32), size, interpolation=cv2.INTER_AREA)
    contrast = _edge_energy(grey, WIDE)
    return Signs(
        grey=grey,
        brightest=int(np.searchsorted(below, 0.99)),
        clipped=float(1 - below[CLIPPED - 1]),
        sharpness=_edge_energy(grey, NEAR) / max(contrast, 1e-9),
        contrast=contrast,
        changed=1.0 if before is None else _changed(grey, before.grey),
        concealed=_concealed(small, _steps(grey)),
        tinted=_tinted(small),
        brightness=_cells(coarse),
        texture=_cells(_steps(coarse)),
    )


def _steps(grey: cv2.typing.MatLike) -> cv2.typing.MatLike:
    """One row and one column fewer: the larger of the differences to the right and downwards."""
    corner = grey[:-1, :-1]
    return cv2.max(cv2.absdiff(grey[:-1, 1:], corner), cv2.absdiff(grey[1:, :-1], corner))


def _edge_energy(grey: Grey, apart: int) -> float:
    """Mean square of the differences between pixels so far apart, both ways."""
    across = cv2.norm(grey[:, apart:], grey[:, :-apart], cv2.NORM_L2SQR)
    down = cv2.norm(grey[apart:], grey[:-apart], cv2.NORM_L2SQR)
    return (across + down) / grey.size


def _changed(grey: Grey, before: Grey) -> float:
    return np.count_nonzero(cv2.absdiff(grey, before) > CHANGED) / grey.size


def _concealed(small: Rgb, steps: cv2.typing.MatLike) -> float:
    low, high = CONCEALED
    inside = cv2.inRange(small, (low, low, low), (high, high, high))[:-1, :-1]
    return np.count_nonzero((inside > 0) & (steps == 0)) / steps.size


def _tinted(small: Rgb) -> float:
    """Green or magenta beyond both other channels: what is left when chroma is lost or swapped."""
    size = (COLUMNS // 8, ROWS // 8)
    means = cv2.resize(small, size, interpolation=cv2.INTER_AREA).astype(np.int16)
    red, green, blue = means[..., 0], means[..., 1], means[..., 2]
    strange = (green - np.maximum(red, blue) > TINT) | (np.minimum(red, blue) - green > TINT)
    return float(strange.mean())


def _cells(coarse: cv2.typing.MatLike) -> Cells:
    rows, columns = CELLS
    return np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
