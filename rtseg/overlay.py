"""Colours over the picture: stretching, colouring and blending in one pass over the pixels.

Importing this file imports numba (about half a second), so import it where pictures are rendered,
not where options are parsed. Nothing compiles before the first call, and numba keeps what it
compiled on disk.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, TypeAlias, get_args

import numba
import numpy as np
from numpy.typing import NDArray

from rtseg.errors import UsageError
from rtseg.labels import IGNORE, LABEL_SETS, LabelSet
from rtseg.stretch import nearest
from rtseg.types import Frame, Rgb, Segmentation

Mode: TypeAlias = Literal["overlay", "mask", "side", "contours"]


BLENDED: tuple[Mode, ...] = ("overlay", "mask")
"""Modes that ``weights`` says all about: a blend of each pixel with a colour."""


@dataclass(frozen=True)
class Look:
    """How a person wants to see a segmentation.

    mode: "overlay" blends the class colours over the picture, "mask" shows the colours alone
    (black where nothing is labelled), "side" is the picture left and its mask right, twice as
    wide, "contours" draws only the borders between classes.
    opacity: 0 shows the picture, 1 the colours; of "overlay" only.
    legend: for the caller of ``legend.draw_legend``, who knows the shares; ``render`` draws none.
    hidden: names of classes that are left uncoloured.
    """

    mode: Mode = "overlay"
    opacity: float = 0.5
    legend: bool = False
    hidden: AbstractSet[str] = frozenset()

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise UsageError(f"no look named {self.mode!r}; there are: {', '.join(get_args(Mode))}")
        if not 0 <= self.opacity <= 1:
            raise UsageError(f"opacity must be between 0 and 1, not {self.opacity:g}")

    @property
    def plain(self) -> Look:
        """What costs least of the same size: an overlay in place of contours, and no legend."""
        mode: Mode = "overlay" if self.mode == "contours" else self.mode
        return replace(self, mode=mode, legend=False)


def render(segmentation: Segmentation, labels: LabelSet, look: Look) -> Rgb:
    """A new (H, W, 3) picture, or (H, 2 W, 3) for "side".

    Labels are stretched as ``stretch.nearest`` says.
    """
    picture = _read_only(segmentation.frame.picture)
    height, width, _ = picture.shape
    left = width if look.mode == "side" else 0
    image = np.empty((height, left + width, 3), np.uint8)
    image[:, :left] = picture[:, :left]
    label_map = _read_only(segmentation.labels)
    rows = nearest(height, label_map.shape[0])
    columns = nearest(width, label_map.shape[1])
    if look.mode == "contours":
        visible = visible_classes(labels, look.hidden)
        colors = np.zeros((256, 3), np.uint8)
        colors[: len(labels)] = labels.colors
        _outline(picture, label_map, rows, columns, visible, colors, _thickness(height), image)
    else:
        keep, add = weights(labels, look)
        starts = np.searchsorted(columns, np.arange(label_map.shape[1] + 1))
        _paint(picture, label_map, rows, starts, keep, add, left, image)
    return image


def visible_classes(labels: LabelSet, hidden: AbstractSet[str]) -> NDArray[np.bool_]:
    """(256,) by class id. Raises UsageError for a name that the label set does not have."""
    unknown = sorted(hidden - set(labels.names))
    if unknown:
        raise UsageError(f"no class named {unknown[0]!r}; there are: {', '.join(labels.names)}")
    visible = np.zeros(256, np.bool_)
    visible[: len(labels)] = [name not in hidden for name in labels.names]
    return visible


def weights(labels: LabelSet, look: Look) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """(256,) keep and (256, 3) add of ``(picture * keep + add) >> 8``; at most 65408.

    Raises UsageError for a hidden name that the label set does not have.
    """
    visible = visible_classes(labels, look.hidden)
    opacity = round(256 * look.opacity) if look.mode == "overlay" else 256
    uncoloured = 256 if look.mode == "overlay" else 0
    keep = np.where(visible, 256 - opacity, uncoloured).astype(np.uint16)
    add = np.full((256, 3), 128, np.uint16)
    add[: len(labels)] += labels.colors.astype(np.uint16) * np.uint16(opacity)
    add[~visible] = 128
    return keep, add


def warm_up() -> None:
    """Compiles every kernel, or loads it from numba's cache: the first frame is not late then."""
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 0, Fraction(0), 0)
    segmentation = Segmentation(frame, np.zeros((1, 1), np.uint8))
    for mode in get_args(Mode):
        render(segmentation, LABEL_SETS["camvid11"], Look(mode))


def _read_only(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One memory layout for all callers: numba compiles once for every kind of array it meets."""
    view: NDArray[np.uint8] = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _thickness(height: int) -> int:
    return min(3, 1 + height // 480)


def _njit(kernel: Any) -> Any:
    return numba.njit(kernel, nogil=True, cache=True)


@_njit
def _paint(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    picture, labels, rows, starts, keep, add, left, image
):
    """Weights are spread over one line, again only where a label differs from the line above.

    Then every line is one straight loop without table or branch, which becomes 16-bit vector code.
    """
    height, width, _ = picture.shape
    spread = np.full(labels.shape[1], IGNORE, np.uint8)
    keep_line = np.full(3 * width, keep[IGNORE], np.uint16)
    add_line = np.full(3 * width, add[IGNORE, 0], np.uint16)
    for y in range(height):
        here = labels[rows[y]]
        if y == 0 or rows[y] != rows[y - 1]:
            for column in range(spread.size):
                label = here[column]
                if label != spread[column]:
                    spread[column] = label
                    for x in range(starts[column], starts[column + 1]):
                        for channel in range(3):
                            keep_line[3 * x + channel] = keep[label]
                            add_line[3 * x + channel] = add[label, channel]
        source = picture[y].ravel()
        target = image[y].ravel()[3 * left :]
        for i in range(3 * width):
            kept = np.uint16(np.uint16(source[i]) * keep_line[i])
            target[i] = np.uint8(np.uint16(kept + add_line[i]) >> np.uint16(8))


@_njit
def _outline(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    picture, labels, rows, columns, visible, colors, thickness, image
):
    """A pixel is border where the label ``thickness`` pixels to its right or below is another."""
    height, width, _ = picture.shape
    for y in range(height):
        here = labels[rows[y]]
        below = labels[rows[min(y + thickness, height - 1)]]
        for x in range(width):
            label = here[columns[x]]
            other = here[columns[min(x + thickness, width - 1)]]
            if other == label:
                other = below[columns[x]]
            drawn = label if visible[label] else other
            for channel in range(3):
                if other != label and visible[drawn]:
                    image[y, x, channel] = colors[drawn, channel]
                else:
                    image[y, x, channel] = picture[y, x, channel]
