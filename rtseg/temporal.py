"""How steady labels are from frame to frame, with and without a truth to hold them against."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.labels import IGNORE
from rtseg.metrics import Confusion
from rtseg.motion import sources
from rtseg.stretch import stretched
from rtseg.types import LabelMap, Motion

EXPLAINED = 20.0
"""Grey levels of residual below which a pixel is taken to be the one that the flow says it was."""


@dataclass
class Consistency:
    """Labels against those of the frame before, moved along by the flow, over all frames.

    Only pixels count that the flow explains and that come from inside the picture. The truth
    itself stays below 1: the flow errs at borders, and things turn up from behind others.
    """

    confusion: Confusion
    _before: LabelMap | None = None

    @classmethod
    def of(cls, classes: int) -> Consistency:
        return cls(Confusion.of(classes))

    def add(self, labels: LabelMap, motion: Motion | None) -> None:
        """labels: of any size; motion: on the grid at which labels are compared, from a "fine"
        ``Tracker``. None at a start or cut: there is nothing to compare with.
        """
        before, self._before = self._before, labels
        if before is None or motion is None:
            return
        expected = _moved_labels(stretched(before, *motion.residual.shape), motion)
        found = stretched(labels, *motion.residual.shape)
        expected[(motion.residual >= EXPLAINED) | (found == IGNORE)] = IGNORE
        self.confusion.add(expected, np.where(found == IGNORE, 0, found).astype(np.uint8))

    @property
    def tc(self) -> float:
        """Temporal consistency: mIoU of each frame with the one before; NaN of less than two."""
        return self.confusion.miou

    @property
    def flicker(self) -> float:
        """Share of the pixels that change their label; NaN of less than two frames."""
        return 1 - self.confusion.pixel_accuracy


@dataclass
class Steadiness:
    """VC_n of VSPW (Miao et al. 2021): of the pixels whose truth stays the same over ``length``
    frames, the share that is labelled right in all of them; the mean over all such windows.
    """

    length: int
    _shares: list[float] = field(default_factory=list)
    _truth: LabelMap | None = None
    _same: NDArray[np.int32] | None = None
    _right: NDArray[np.int32] | None = None

    def add(self, truth: LabelMap, labels: LabelMap) -> None:
        """truth: (H, W); labels: of any size. Frames in their order."""
        labels = stretched(labels, *truth.shape)
        known, right = truth != IGNORE, truth == labels
        if self._truth is None or self._same is None or self._right is None:
            self._same = np.zeros(truth.shape, np.int32)
            self._right = np.zeros(truth.shape, np.int32)
            self._truth = truth
        self._same = np.where(known, np.where(truth == self._truth, self._same, 0) + 1, 0)
        self._right = np.where(right, self._right + 1, 0)
        self._truth = truth
        constant = self._same >= self.length
        if constant.any():
            self._shares.append(float((self._right[constant] >= self.length).mean()))

    def cut(self) -> None:
        """What follows is another scene: no window reaches over the cut."""
        self._truth = self._same = self._right = None

    @property
    def vc(self) -> float:
        """0..1; NaN where no pixel kept its truth for so long."""
        return float(np.mean(self._shares)) if self._shares else float("nan")


def _moved_labels(labels: LabelMap, motion: Motion) -> LabelMap:
    """A new map; IGNORE where a pixel was outside the picture before."""
    if motion.flow is None:
        return np.array(labels)
    across, down = sources(motion.flow)
    found = cv2.remap(
        labels,
        across,
        down,
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(IGNORE,),
    )
    return np.asarray(found, np.uint8)
