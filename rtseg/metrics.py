"""How right a segmentation is: confusion counts in exact integers, and the ratios made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtseg.labels import IGNORE
from rtseg.types import LabelMap


@dataclass
class Confusion:
    """counts[t, p]: pixels of true class t that were given class p, summed over all pictures.

    Summed first and divided once, as Cityscapes and PASCAL VOC do (Everingham et al. 2010); the
    mean of per-picture scores is another, usually higher, number.
    """

    counts: NDArray[np.int64]

    @classmethod
    def of(cls, classes: int) -> Confusion:
        return cls(np.zeros((classes, classes), np.int64))

    def add(self, truth: LabelMap, predicted: LabelMap) -> None:
        """Both (H, W). Pixels whose truth is IGNORE do not count, whatever was predicted."""
        if truth.shape != predicted.shape:
            raise ValueError(f"truth is {truth.shape}, predicted is {predicted.shape}")
        classes = len(self.counts)
        labelled = truth != IGNORE
        true, given = truth[labelled], predicted[labelled]
        if true.size and max(true.max(), given.max()) >= classes:
            raise ValueError(f"a class id is outside 0..{classes - 1}")
        pairs = true.astype(np.int64) * classes + given
        self.counts += np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)

    @property
    def iou(self) -> NDArray[np.float64]:
        """(C,) intersection over union; NaN for a class that is neither true nor predicted."""
        hit = np.diag(self.counts).astype(np.float64)
        union = self.counts.sum(0) + self.counts.sum(1) - hit
        iou: NDArray[np.float64] = np.full(len(hit), np.nan)
        np.divide(hit, union, out=iou, where=union > 0)
        return iou

    @property
    def miou(self) -> float:
        """Mean over the classes that occur; NaN when nothing was labelled."""
        iou = self.iou
        return float(np.nanmean(iou)) if not np.isnan(iou).all() else float("nan")

    @property
    def pixel_accuracy(self) -> float:
        """Share of the labelled pixels that were right; NaN when nothing was labelled."""
        total = self.counts.sum()
        return float(np.trace(self.counts) / total) if total else float("nan")
