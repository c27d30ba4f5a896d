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
    def overlap(self) -> NDArray[np.float64]:
        """(C,) shared over joined pixels, the same with both sides swapped; NaN for a class that
        is on neither side.
        """
        hit = np.diag(self.counts)
        return _ratio(hit, self.counts.sum(0) + self.counts.sum(1) - hit)

    @property
    def iou(self) -> NDArray[np.float64]:
        """(C,) intersection over union; NaN for a class that is nowhere true.

        A class that is predicted but never true is NaN too: there is nothing to find, and its 0
        would be the same for one stray pixel as for a million. Its pixels still count, as misses
        of the classes they took. Cityscapes' script says 0 there; the two agree wherever every
        predicted class is true somewhere, so on every complete data set.
        """
        return np.where(self.counts.any(1), self.overlap, np.nan)

    @property
    def miou(self) -> float:
        """Mean over the classes that are true somewhere; NaN when nothing was labelled."""
        return _mean(self.iou)

    @property
    def class_accuracy(self) -> NDArray[np.float64]:
        """(C,) recall: the share of a class's pixels that were found; NaN where never true."""
        return _ratio(np.diag(self.counts), self.counts.sum(1))

    @property
    def mean_class_accuracy(self) -> float:
        """Mean recall over the classes that are true somewhere; NaN when nothing was labelled."""
        return _mean(self.class_accuracy)

    @property
    def frequency_weighted_iou(self) -> float:
        """IoU of an average labelled pixel's class (Long et al. 2015); NaN as above."""
        frequency = self.counts.sum(1)
        total = frequency.sum()
        return float(np.nansum(frequency * self.iou) / total) if total else float("nan")

    @property
    def pixel_accuracy(self) -> float:
        """Share of the labelled pixels that were right; NaN when nothing was labelled."""
        total = self.counts.sum()
        return float(np.trace(self.counts) / total) if total else float("nan")


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """NaN where the whole is 0."""
    ratio: NDArray[np.float64] = np.full(len(whole), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
