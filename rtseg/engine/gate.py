"""The acceptance gate: no engine is kept that does not agree with its FP32 reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rtseg.engine.base import Engine
from rtseg.errors import ThresholdError
from rtseg.labels import label_set
from rtseg.metrics import Confusion
from rtseg.types import Tensor

LEAST_CLASSES = 5
"""Agreement on a picture of two classes proves nothing."""


@dataclass(frozen=True)
class Agreement:
    """share: of pixels with the same label, 0..1. classes: that the reference found in all.

    overlap: IoU of the two, class by class; NaN for one that neither says.
    """

    share: float
    classes: int
    pictures: int
    overlap: tuple[float, ...] = ()


def compare(
    reference: Engine,
    candidate: Engine,
    tensors: Iterable[Tensor],
    *,
    given: Iterable[Tensor] | None = None,
) -> Agreement:
    """Both open, nothing in flight; tensors as ``Prepared.tensor``.

    given: what the candidate gets of the same frames, where it is something else.
    """
    same = total = pictures = 0
    seen: set[int] = set()
    confusion = Confusion.of(len(label_set(reference.spec.labels)))
    pairs = (
        ((each, each) for each in tensors) if given is None else zip(tensors, given, strict=True)
    )
    for tensor, its_own in pairs:
        reference.submit(tensor)
        candidate.submit(its_own)
        expected, found = reference.collect(), candidate.collect()
        same += int(np.count_nonzero(expected == found))
        total += expected.size
        pictures += 1
        seen.update(np.unique(expected).tolist())
        confusion.add(expected, found)
    share = same / total if total else 0.0
    return Agreement(share, len(seen), pictures, tuple(confusion.overlap.tolist()))


def accept(agreement: Agreement, *, at_least: float, of_classes: int) -> None:
    """Raise ThresholdError unless the agreement is high and says something.

    of_classes: the length of the label set; a short one has fewer classes to show.
    """
    needed = min(LEAST_CLASSES, of_classes)
    if agreement.classes < needed:
        raise ThresholdError(
            f"the reference found only {agreement.classes} classes in {agreement.pictures} "
            f"pictures: at least {needed} are needed for its agreement to mean anything"
        )
    if agreement.share < at_least:
        raise ThresholdError(
            f"labels agree on {agreement.share:.2%} of pixels, expected at least {at_least:.2%}: "
            "calibrate with more varied pictures, or keep fp32"
        )
