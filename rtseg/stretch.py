"""Label maps at the picture's size. One rule for all who draw, write or count them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtseg.types import LabelMap


def nearest(length: int, labels_length: int) -> NDArray[np.intp]:
    """(length,) for each pixel x the label under its centre: floor((x + 0.5) * w' / W).

    In whole numbers: cv2.INTER_NEAREST_EXACT means the same, but rounds the factor to 1/65536
    and so picks the neighbour where a centre falls on the edge between two labels.
    """
    return (2 * np.arange(length) + 1) * labels_length // (2 * length)


def stretched(labels: LabelMap, height: int, width: int) -> LabelMap:
    """(height, width) in memory of its own, or the very same map if it has that size already."""
    if labels.shape == (height, width):
        return labels
    rows = nearest(height, labels.shape[0])
    columns = nearest(width, labels.shape[1])
    return labels.take(columns, axis=1).take(rows, axis=0)
