"""How well the borders of a class are met: the boundary F-score, class by class."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.labels import IGNORE
from rtseg.types import LabelMap

TOLERANCE = 0.0075
"""Of the picture's diagonal: how far a border may be off (Csurka et al. 2013, section 3.2)."""

Mask = NDArray[np.bool_]


@dataclass
class BoundaryScore:
    """Boundary F-scores of the pictures added so far, per class.

    Csurka et al. 2013, "What is a good evaluation measure for semantic segmentation?": in each
    picture, precision is the share of a class's predicted border pixels that lie within the
    tolerance of a true one, recall the reverse, F their harmonic mean; then the mean over the
    pictures in which the class has a true border. A border pixel is one of the class with
    a labelled pixel of another class above, below, left or right.

    sums, pictures: (C,) of F, and how many pictures it was summed over.
    """

    sums: NDArray[np.float64]
    pictures: NDArray[np.int64]
    tolerance: float

    @classmethod
    def of(cls, classes: int, *, tolerance: float = TOLERANCE) -> BoundaryScore:
        return cls(np.zeros(classes), np.zeros(classes, np.int64), tolerance)

    def add(self, truth: LabelMap, predicted: LabelMap) -> None:
        """Both (H, W). Border pixels within the tolerance of IGNORE are not judged: the true
        border may run anywhere in what nobody labelled.
        """
        reach = self.tolerance * float(np.hypot(*truth.shape))
        judged = ~_near(truth == IGNORE, reach)
        true_borders, given_borders = _borders(truth), _borders(predicted)
        for label in range(len(self.sums)):
            true = true_borders & (truth == label)
            if (true & judged).any():
                given = given_borders & (predicted == label)
                self.sums[label] += _f_score(true, given, judged=judged, reach=reach)
                self.pictures[label] += 1

    @property
    def f_score(self) -> NDArray[np.float64]:
        """(C,) 0..1; NaN for a class that has no true border anywhere."""
        score: NDArray[np.float64] = np.full(len(self.sums), np.nan)
        np.divide(self.sums, self.pictures, out=score, where=self.pictures > 0)
        return score

    @property
    def mean(self) -> float:
        """Over the classes that have true borders; NaN where none has."""
        known = self.f_score[self.pictures > 0]
        return float(known.mean()) if known.size else float("nan")


def _borders(labels: LabelMap) -> Mask:
    """Pixels with a neighbour of another class; a neighbour that is IGNORE proves nothing."""
    borders = np.zeros(labels.shape, np.bool_)
    for axis in (0, 1):
        before = labels.take(range(labels.shape[axis] - 1), axis)
        after = labels.take(range(1, labels.shape[axis]), axis)
        differs = (before != after) & (before != IGNORE) & (after != IGNORE)
        padding = np.zeros_like(labels.take([0], axis), np.bool_)
        borders |= np.concatenate([differs, padding], axis)
        borders |= np.concatenate([padding, differs], axis)
    return borders


def _f_score(true: Mask, given: Mask, *, judged: Mask, reach: float) -> float:
    counted = given & judged
    precision = float(_near(true, reach)[counted].mean()) if counted.any() else 1.0
    recall = float(_near(given, reach)[true & judged].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _near(mask: Mask, reach: float) -> Mask:
    """Pixels at most ``reach`` pixels, centre to centre, from one of the mask."""
    if not mask.any():
        return mask
    apart = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near: Mask = apart <= reach
    return near
