"""What is kept of a frame that was looked at: a few numbers that tell it from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.preprocess import averaged
from rtseg.types import Rgb

Fault: TypeAlias = Literal["black", "overexposed"]

ROWS, COLUMNS = 240, 320
"""The size at which sharpness is judged; larger pictures are first averaged to nearly that."""

GRID = (12, 16)
"""Rows and columns of the thumbnail."""

CELLS = (6, 8)
"""Rows and columns of the cells in which edges are counted."""

BINS = 16
SMEAR = 9
"""Pixels over which a picture is blurred to judge how sharp it was."""

DARKEST, BRIGHTEST = 32, 250

SCALES = {"thumbnail": 1.0, "colours": 1.0, "edges": 1.0}


@dataclass(frozen=True)
class Look:
    """features: float32; the Euclidean distance of two says how little their frames are alike.

    sharpness: 0 to 1; to be compared within one camera: noise and compression have a part in it.
    """

    features: NDArray[np.float32]
    sharpness: float
    fault: Fault | None


def look(picture: Rgb) -> Look:
    small = averaged(picture, ROWS, COLUMNS)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.uint8)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    parts = {"thumbnail": _thumbnail(lab), "colours": _colours(lab), "edges": _edges(grey)}
    features = [SCALES[name] * part / part.size**0.5 for name, part in parts.items()]
    return Look(np.concatenate(features).astype(np.float32), _sharpness(grey), _fault(grey))


def _thumbnail(lab: Rgb) -> NDArray[np.float32]:
    """What is where."""
    rows, columns = GRID
    small = cv2.resize(lab, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(np.asarray(small, np.float32).ravel() / 255, np.float32)


def _colours(lab: Rgb) -> NDArray[np.float32]:
    """How much of what, wherever it is: roots of shares, whose distance is that of Hellinger."""
    shares = [
        cv2.calcHist([lab], [channel], None, [BINS], [0, 256]) / lab[..., 0].size
        for channel in range(3)
    ]
    return np.sqrt(np.concatenate(shares).ravel())


def _edges(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How busy each cell is; a root, so that a fence does not outweigh everything."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    rows, columns = CELLS
    energy = cv2.resize(cv2.magnitude(across, down), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(np.sqrt(energy / 255), np.float32).ravel()


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """The share of the edges' energy that blurring takes, after Crete et al. (2007).

    A sharp edge loses most of it, one that is blurred already has little to lose; so it depends
    on blur, hardly on what is seen. 0 where there is no edge at all.
    """
    sharp = grey.astype(np.float32)
    before, after = _edge_energy(sharp), _edge_energy(cv2.blur(sharp, (SMEAR, SMEAR)))
    return 1 - after / before if before > 1 else 0.0


def _edge_energy(grey: cv2.typing.MatLike) -> float:
    return sum(float(np.square(np.diff(grey, axis=axis)).mean()) for axis in (0, 1))


def _fault(grey: NDArray[np.uint8]) -> Fault | None:
    """Black: not even lamps are lit. Overexposed: most of it is clipped."""
    if np.percentile(grey, 99) < DARKEST:
        return "black"
    return "overexposed" if np.median(grey) >= BRIGHTEST else None
