"""Frame -> Prepared: the only place where a picture becomes what a network eats."""

from __future__ import annotations

import cv2
import numpy as np

from rtseg.types import Frame, ModelSpec, Prepared


def prepare(frame: Frame, spec: ModelSpec) -> Prepared:
    """Stretch the picture to (h, w), bilinear; INTER_AREA where it shrinks to less than half.

    Colour order and ``(value - mean) / std`` are left to the engine, which has them in its graph.
    """
    height, width = frame.picture.shape[:2]
    if (height, width) == (spec.height, spec.width):
        return Prepared(frame, frame.picture[None])
    # Bilinear taps miss pixels beyond a factor of two; averaging does not.
    shrinks = height > 2 * spec.height and width > 2 * spec.width
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(frame.picture, (spec.width, spec.height), interpolation=method)
    return Prepared(frame, np.asarray(resized)[None])
