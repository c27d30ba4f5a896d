"""How unsure a network is at every place, from its scores.

Margin: one minus the distance between the best class and the second best. Entropy: Shannon's, as
a share of the largest that so many classes can have. Importing this file imports numba.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from rtseg.types import Scores

Measure: TypeAlias = Literal["margin", "entropy"]

MOST = 254
"""The value of complete doubt: 255 stays "not labelled"."""

_STEPS = 4096
_P = np.arange(_STEPS) / (_STEPS - 1)
_SURPRISE = (-_P * np.log(np.maximum(_P, 1e-12))).astype(np.float32)
"""-p log p of 4096 probabilities: a logarithm a class and place would take ten times as long."""


def doubt(scores: Scores, measure: Measure) -> NDArray[np.uint8]:
    """(h', w') 0..254. Needs at least two classes."""
    classes, height, width = scores.shape
    unsure = np.empty((height, width), np.uint8)
    planes = np.ascontiguousarray(scores)
    if measure == "margin":
        _margin(planes, unsure)
    else:
        _entropy(planes, _SURPRISE, np.float32(np.log(classes)), unsure)
    return unsure


def _njit(kernel: Any) -> Any:
    return numba.njit(kernel, nogil=True, cache=True)


@_njit
def _margin(scores, unsure):  # type: ignore[no-untyped-def]
    classes, height, width = scores.shape
    best = np.empty(width, np.float32)
    second = np.empty(width, np.float32)
    for y in range(height):
        best[:] = 0
        second[:] = 0
        for label in range(classes):
            line = scores[label, y]
            for x in range(width):
                second[x] = max(second[x], min(best[x], line[x]))
                best[x] = max(best[x], line[x])
        for x in range(width):
            share = min(max(1 - best[x] + second[x], np.float32(0)), np.float32(1))
            unsure[y, x] = np.uint8(share * np.float32(254) + np.float32(0.5))


@_njit
def _entropy(scores, surprise, largest, unsure):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    classes, height, width = scores.shape
    total = np.empty(width, np.float32)
    for y in range(height):
        total[:] = 0
        for label in range(classes):
            line = scores[label, y]
            for x in range(width):
                step = np.int32(line[x] * np.float32(4095) + np.float32(0.5))
                total[x] += surprise[min(max(step, 0), 4095)]
        for x in range(width):
            share = min(total[x] / largest, np.float32(1))
            unsure[y, x] = np.uint8(share * np.float32(254) + np.float32(0.5))
