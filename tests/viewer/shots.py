"""A shot whose every pixel is known: eight classes in bands, a picture of another pattern."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rtseg.labels import CAMVID
from rtseg.pipeline.session import Shot
from rtseg.types import Frame, Segmentation


def bands(height=64, width=128, *, number=0, other=False, scores=False, label_shape=(16, 32)):
    """Columns of eight classes from left to right; the second engine says class 0 in the lower
    half."""
    rows, columns = label_shape
    labels = np.broadcast_to(np.arange(columns) * 8 // columns, (rows, columns)).astype(np.uint8)
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = np.arange(width) % 256
    picture[..., 1] = (np.arange(height) % 256)[:, None]
    picture[..., 2] = 90
    second = labels.copy()
    second[rows // 2 :] = 0
    return Shot(
        Segmentation(Frame(picture, number, Fraction(number, 30), 0), labels),
        second if other else None,
        sure(labels, len(CAMVID)) if scores else None,
        number=number,
        label_set=CAMVID,
    )


def sure(labels, classes):
    """0.9 for what is said and 0.1 for class 10, but a tie of the two in the top row."""
    scores = np.zeros((classes, *labels.shape), np.float32)
    rows, columns = np.indices(labels.shape)
    scores[labels, rows, columns] = 0.9
    scores[10] = 0.1
    scores[labels[0], 0, np.arange(labels.shape[1])] = 0.5
    scores[10, 0] = 0.5
    return scores
