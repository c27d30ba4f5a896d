"""The overlay blended in the planes of a video: no R G B on the way from file to file.

Blending is linear, and so is the way from R G B to Y Cb Cr: colours that are converted once blend
to the same picture, but for rounding, and for values of the source that R G B cannot hold, which
stay as they are here. Importing this file imports numba.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from rtseg.labels import IGNORE, LabelSet
from rtseg.overlay import Look, visible_classes, weights
from rtseg.stretch import nearest
from rtseg.types import LabelMap, Segmentation
from rtseg.yuv import Matrix, Planes, matrix_for


def can_paint(segmentation: Segmentation, look: Look) -> bool:
    """Whether the frame came in planes that a video of its size keeps, for a look without text."""
    given = segmentation.frame.given
    return (
        isinstance(given, Planes)
        and given.matrix == matrix_for(given.height)
        and not given.full_range
        and look.mode in {"overlay", "mask"}
        and not look.legend
    )


def paint(segmentation: Segmentation, labels: LabelSet, look: Look, *, onto: Planes) -> None:
    """onto: of the frame's size. Labels are stretched as ``stretch.nearest`` says."""
    planes = segmentation.frame.given
    assert isinstance(planes, Planes), "ask can_paint before"
    label_map: LabelMap = np.ascontiguousarray(segmentation.labels)
    rows = nearest(planes.height, label_map.shape[0])
    columns = nearest(planes.width, label_map.shape[1])
    starts = np.searchsorted(columns, np.arange(label_map.shape[1] + 1))
    keep, add = plane_weights(labels, look, planes.matrix)
    source, target = (planes.luma, planes.blue, planes.red), (onto.luma, onto.blue, onto.red)
    _paint(source, label_map, rows, starts, keep, add, target)


def plane_weights(
    labels: LabelSet, look: Look, matrix: Matrix
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(256,) keep and (256, 3) add of ``(plane * keep + add) >> 8``; at most 65408."""
    keep = weights(labels, look)[0].astype(np.int32)
    colors = np.zeros((256, 3))
    colors[: len(labels)] = labels.colors
    colors[~visible_classes(labels, look.hidden)] = 0
    levels = colors / 255 @ matrix.rows.T + (16, 128, 128)
    add = np.round((256 - keep)[:, None] * levels) + 128
    return keep, add.astype(np.int32)


def _njit(kernel: Any) -> Any:
    return numba.njit(kernel, nogil=True, cache=True)


@_njit
def _paint(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    source, labels, rows, starts, keep, add, target
):
    """As ``overlay._paint``; what two neighbours add to chroma is kept beside it, line by line.

    keep_two, add_two: of two pixels side by side, in the line at hand and in the one above.
    """
    width = starts[-1]
    spread = np.full(labels.shape[1], IGNORE, np.uint8)
    keep_line = np.full(width, keep[IGNORE], np.uint16)
    add_line = np.full(width, add[IGNORE, 0], np.uint16)
    keep_two = np.full((2, width // 2), 2 * keep[IGNORE], np.int32)
    add_two = np.empty((2, 2, width // 2), np.int32)
    for channel in range(2):
        add_two[:, channel] = 2 * add[IGNORE, 1 + channel]
    for y in range(rows.size):
        here = labels[rows[y]]
        if y == 0 or rows[y] != rows[y - 1]:
            for column in range(spread.size):
                before, label = spread[column], here[column]
                if label != before:
                    spread[column] = label
                    for x in range(starts[column], starts[column + 1]):
                        keep_line[x] = keep[label]
                        add_line[x] = add[label, 0]
                        keep_two[1, x // 2] += keep[label] - keep[before]
                        for channel in range(2):
                            add_two[1, channel, x // 2] += (
                                add[label, 1 + channel] - add[before, 1 + channel]
                            )
        _blend_line(source[0][y], keep_line, add_line, target[0][y])
        if y % 2 == 0:
            keep_two[0] = keep_two[1]
            add_two[0] = add_two[1]
        else:
            for channel in range(2):
                keeps, adds = (keep_two[0], keep_two[1]), (add_two[0, channel], add_two[1, channel])
                chroma, blended = source[1 + channel][y // 2], target[1 + channel][y // 2]
                _blend_four(chroma, keeps, adds, blended)


@_njit
def _blend_line(line, keep, add, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    for x in range(keep.size):
        kept = np.uint16(np.uint16(line[x]) * keep[x])
        out[x] = np.uint8(np.uint16(kept + add[x]) >> np.uint16(8))


@_njit
def _blend_four(line, keep, add, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """The mean of the four pixels that share one sample of chroma."""
    for x in range(keep[0].size):
        kept = np.int32(line[x]) * np.int32(keep[0][x] + keep[1][x])
        out[x] = np.uint8(np.int32(kept + np.int32(add[0][x] + add[1][x])) >> np.int32(10))
