"""How far the way is free: a profile over bearings, from the bottom of the picture upwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtseg.stretch import nearest
from rtseg.types import LabelMap
from rtseg.zones.ground import Ground
from rtseg.zones.polygon import Point


@dataclass(frozen=True)
class FreeSpace:
    """ids: classes that are free. degrees: bearings in the picture, 0 is up, positive right.

    start: where all of them begin. ground: None where there are no metres to be had.
    """

    ids: tuple[int, ...]
    degrees: tuple[float, ...]
    start: Point = (0.5, 1.0)
    ground: Ground | None = None


@dataclass(frozen=True)
class Profile:
    """One value a bearing. pixels: of the frame, from the start to the first that is not free.

    ends: False where the picture ended first. ahead, right: metres to that pixel, or to the last
    one of the picture, from the camera's foot; NaN above the horizon, None without a ground.
    """

    pixels: NDArray[np.intp]
    ends: NDArray[np.bool_]
    ahead: NDArray[np.float64] | None
    right: NDArray[np.float64] | None

    @property
    def facts(self) -> dict[str, Any]:
        """metres: along the ground; azimuths: degrees there, 0 is ahead; null above the horizon."""
        said: dict[str, Any] = {"pixels": self.pixels.tolist(), "ends": self.ends.tolist()}
        if self.ahead is not None and self.right is not None:
            metres = np.hypot(self.ahead, self.right)
            azimuths = np.degrees(np.arctan2(self.right, self.ahead))
            said |= {"metres": _listed(metres, 2), "azimuths": _listed(azimuths, 2)}
        return said


class Rays:
    """Finds the profile of label maps; what depends on their size is worked out once."""

    def __init__(self, wanted: FreeSpace) -> None:
        self._wanted = wanted
        self._free = np.zeros(256, np.bool_)
        self._free[list(wanted.ids)] = True
        self._shapes: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self._labels_at: NDArray[np.intp] = np.zeros((0, 0), np.intp)
        self._lengths: NDArray[np.intp] = np.zeros(0, np.intp)

    def __call__(self, labels: LabelMap, size: tuple[int, int]) -> Profile:
        """labels: (h', w'). size: (H, W) of the frame, in whose pixels distances are given."""
        if self._shapes != (labels.shape, size):
            self._aim(labels.shape, size)
        free = self._free[labels.ravel()[self._labels_at]]
        steps = np.arange(free.shape[1])
        blocked = ~free & (steps < self._lengths[:, None])
        ends = np.asarray(blocked.any(axis=1))
        pixels = np.where(ends, blocked.argmax(axis=1), self._lengths)
        ahead, right = self._metres(np.minimum(pixels, self._lengths - 1), size)
        return Profile(pixels, ends, ahead, right)

    def _aim(self, shape: tuple[int, ...], size: tuple[int, int]) -> None:
        """The label under every pixel that a ray passes; rays that leave stay on their border."""
        height, width = size
        rows, columns = self._pixels(np.arange(height + width)[None, :], size)
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        self._lengths = inside.sum(axis=1)
        longest = int(self._lengths.max())
        rows = rows[:, :longest].clip(0, height - 1)
        columns = columns[:, :longest].clip(0, width - 1)
        at = nearest(height, shape[0])[rows] * shape[1] + nearest(width, shape[1])[columns]
        self._labels_at, self._shapes = at, (shape, size)

    def _pixels(
        self, steps: NDArray[np.intp], size: tuple[int, int]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """(bearings, steps) row and column so many pixels along each ray; may be outside."""
        height, width = size
        x, y = self._wanted.start
        # A start on the right or lower border belongs to the last pixel.
        column, row = min(x * width - 0.5, width - 1), min(y * height - 0.5, height - 1)
        bearings = np.radians(self._wanted.degrees)[:, None]
        rows = np.floor(row - steps * np.cos(bearings) + 0.5)
        columns = np.floor(column + steps * np.sin(bearings) + 0.5)
        return rows.astype(np.intp), columns.astype(np.intp)

    def _metres(
        self, steps: NDArray[np.intp], size: tuple[int, int]
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
        if self._wanted.ground is None:
            return None, None
        rows, columns = self._pixels(steps[:, None], size)
        place = rows[:, 0].astype(np.float64), columns[:, 0].astype(np.float64)
        return self._wanted.ground.place(*place, size)


def _listed(values: NDArray[np.float64], digits: int) -> list[float | None]:
    return [None if value != value else round(value, digits) for value in values.tolist()]
