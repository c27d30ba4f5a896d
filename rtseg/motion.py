"""How pictures move: dense optical flow from each one to the one before."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.types import Motion, Prepared

Quality: TypeAlias = Literal["none", "fast", "fine"]

PRESETS = {
    "fast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fine": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
"""DIS optical flow (Kroeger et al. 2016), as OpenCV has it."""

SHRINK: dict[Quality, int] = {"none": 2, "fast": 2, "fine": 1}
"""The grid's step in pixels of the network. Flow for smoothing at half the size costs a tenth of
flow at the whole one and smoothed as well (CamVid val: 0.04 mIoU, 0.1 TC apart)."""

CUT = 0.35
"""Mean residual as a share of the picture's contrast (its standard deviation) from which on two
pictures are two scenes. Neighbours in four clips: at most 0.13; across clips: at least 0.5."""

LEAST_CONTRAST = 16.0
"""Grey levels; a picture with less is nearly one colour, and its noise is no change of scene."""

LEAST_SIDE = 16
"""Grid steps below which DIS has no room for its pyramid."""

LONGEST_LIVE_STEP = 4
"""Frames from one to the next that a live source may skip before nothing is known of the motion:
at 30 Hz they lie as far apart as two frames at 7.5 Hz."""

Grey: TypeAlias = NDArray[np.uint8]

Plane = TypeVar("Plane", NDArray[np.uint8], NDArray[np.float32])


class Tracker:
    """Fed with every frame in order, by one thread.

    quality: "none" looks for change only and gives no flow, "fast" is for smoothing, "fine" for
    measuring. longest_step: the largest difference of two frames' indices that is no gap.
    """

    def __init__(self, quality: Quality, *, longest_step: int = 1) -> None:
        self._quality = quality
        self._longest_step = longest_step
        self._dis = None if quality == "none" else cv2.DISOpticalFlow.create(PRESETS[quality])
        self._before: tuple[Prepared, Grey] | None = None

    def __call__(self, prepared: Prepared) -> Prepared:
        """The same with its motion, if it continues what came before."""
        grey = _grey(prepared, SHRINK[self._quality])
        before, self._before = self._before, (prepared, grey)
        if before is None or not self._continues(*before, prepared=prepared, grey=grey):
            return prepared
        motion = self._motion(before[1], grey)
        limit = CUT * max(float(grey.std()), LEAST_CONTRAST)
        return prepared if motion.residual.mean() > limit else replace(prepared, motion=motion)

    def _continues(
        self, before: Prepared, grey_before: Grey, *, prepared: Prepared, grey: Grey
    ) -> bool:
        step = prepared.frame.index - before.frame.index
        same_size = prepared.frame.size == before.frame.size
        return 0 < step <= self._longest_step and same_size and grey_before.shape == grey.shape

    def _motion(self, before: Grey, grey: Grey) -> Motion:
        flow: NDArray[np.float32] | None = None
        if self._dis is not None and min(grey.shape) >= LEAST_SIDE:
            flow = np.asarray(self._dis.calc(grey, before, None), np.float32)  # type: ignore[call-overload]
            before = moved(before, flow)
        return Motion(flow, cv2.absdiff(grey, before).astype(np.float32))


def moved(plane: Plane, flow: NDArray[np.float32]) -> Plane:
    """What was in the plane before, at the places where it is now. Beyond the edge: the edge."""
    across, down = sources(flow)
    found = cv2.remap(plane, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, plane.dtype)


def sources(flow: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(h, w) each: the column and the row at which every place was before."""
    height, width, _ = flow.shape
    across = np.arange(width, dtype=np.float32) + flow[..., 0]
    down = np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]
    return across, down


def resized(motion: Motion, height: int, width: int) -> Motion:
    """The motion on another grid over the same picture."""
    if motion.residual.shape == (height, width):
        return motion
    flow, (rows, columns) = motion.flow, motion.residual.shape
    if flow is not None:
        scale = np.array([width / columns, height / rows], np.float32)
        flow = np.asarray(cv2.resize(flow, (width, height)), np.float32) * scale
    return Motion(flow, np.asarray(cv2.resize(motion.residual, (width, height)), np.float32))


def _grey(prepared: Prepared, shrink: int) -> Grey:
    grey = cv2.cvtColor(prepared.tensor[0], cv2.COLOR_RGB2GRAY)
    size = (grey.shape[1] // shrink, grey.shape[0] // shrink)
    if shrink > 1:
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)
