"""Metres from pixels, if the road is flat."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Metres = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """A pinhole camera without roll over flat ground.

    size: (H, W) of the pictures that it was calibrated with; fx, fy, cx, cy: pixels of those, whole
    numbers are centres of pixels. pitch: radians, positive looks down.
    """

    above_ground_m: float
    pitch: float
    size: tuple[int, int]
    fx: float
    fy: float
    cx: float
    cy: float

    def place(
        self, rows: NDArray[np.float64], columns: NDArray[np.float64], size: tuple[int, int]
    ) -> tuple[Metres, Metres]:
        """Metres ahead of and to the right of the camera's foot; NaN on and above the horizon.

        rows, columns: pixels of pictures of this size, (H, W).
        """
        height, width = size
        down = ((rows + 0.5) * self.size[0] / height - 0.5 - self.cy) / self.fy
        right = ((columns + 0.5) * self.size[1] / width - 0.5 - self.cx) / self.fx
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        falls = sin + cos * down
        scale = np.where(falls > 0, self.above_ground_m / np.where(falls > 0, falls, 1), np.nan)
        return scale * (cos - sin * down), scale * right
