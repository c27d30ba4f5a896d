"""Steady labels: what the network was sure of a frame ago counts a little longer.

The scores of the frames before, carried along by optical flow, are averaged into those of the
frame at hand; where the picture is not what the flow expects, the past does not count. On frames
that the network skips, the carried scores are all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numba
import numpy as np
from numpy.typing import NDArray

from rtseg.errors import UsageError
from rtseg.motion import LONGEST_LIVE_STEP, Tracker, resized, sources
from rtseg.types import Inferred, LabelMap, Motion, Scored, Scores, Segmentation

Mode: TypeAlias = Literal["off", "ema", "flow"]

WEIGHT = 0.5
"""Of the frame at hand. Of 0.5, 0.6 and 0.7 it gave the fewest changes of label on every clip, and
the best mIoU on CamVid val, which the model was trained on (docs/video.md)."""

GATE = 10.0
"""Grey levels of residual at which the past counts e times less."""

ADAPTIVE = 0
"""``Smoothing.keyframe`` where the picture decides."""

LONGEST_WARP = 5
"""Frames after which even a picture at rest is given to the network again, when adaptive."""

LONGEST_WAY = 0.02
"""Share of the picture's width by which it may have moved, in the mean, since the last key frame,
when adaptive."""

WORST_RESIDUAL = 6.0
"""Mean residual in grey levels, summed since the last key frame, when adaptive."""


@dataclass(frozen=True)
class Smoothing:
    """What was asked for.

    mode: "flow" carries the past along with the picture, "ema" takes the picture to stand still.
    weight: of the frame at hand, above 0 and up to 1.
    keyframe: the network sees every Nth frame, and ADAPTIVE lets the motion decide.
    """

    mode: Mode = "off"
    weight: float = WEIGHT
    keyframe: int = 1

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise UsageError(
                f"no smoothing named {self.mode!r}; there are: {', '.join(get_args(Mode))}"
            )
        if not 0 < self.weight <= 1:
            raise UsageError(
                f"the weight of a frame must be above 0 and at most 1, not {self.weight:g}"
            )
        if self.keyframe < 0:
            raise UsageError(f"key frames come every 1, 2, ... frames, not {self.keyframe}")
        if self.mode == "ema" and self.keyframe != 1:
            raise UsageError(
                "between key frames the labels follow the flow, which --smooth ema leaves out: "
                "use --smooth flow or off with --keyframe"
            )

    @classmethod
    def asked(cls, mode: str, weight: float | None, keyframe: str) -> Smoothing:
        """From a user's words, whatever they are. weight: None: WEIGHT."""
        wanted: Any = mode
        return cls(wanted, WEIGHT if weight is None else weight, parse_keyframe(keyframe))

    @property
    def active(self) -> bool:
        return self.mode != "off" or self.keyframe != 1

    @property
    def words(self) -> str:
        """For people: "flow 0.5, key frames every 3"."""
        mode = self.mode if self.mode == "off" else f"{self.mode} {self.weight:g}"
        if self.keyframe == 1:
            return mode
        return f"{mode}, key frames {'adaptive' if not self.keyframe else f'every {self.keyframe}'}"

    @property
    def facts(self) -> dict[str, str | float | None]:
        """The same for JSON, by the names of the options."""
        return {
            "smooth": self.mode,
            "smooth_weight": self.weight if self.mode != "off" else None,
            "keyframe": self.keyframe or "adaptive",
        }

    def tracker(self, *, live: bool = False) -> Tracker:
        quality: Literal["none", "fast"] = "none" if self.mode == "ema" else "fast"
        return Tracker(quality, longest_step=LONGEST_LIVE_STEP if live else 1)


def parse_keyframe(text: str) -> int:
    """What stands behind ``--keyframe``: a number from 1 on, or "adaptive"."""
    if text == "adaptive":
        return ADAPTIVE
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise UsageError(f"--keyframe takes 1, 2, 3, ... or adaptive, not {text!r}")
    return int(text)


class KeyFrames:
    """Which frames the network sees. Asked once for every frame in order, by one thread."""

    def __init__(self, smoothing: Smoothing) -> None:
        self._every = smoothing.keyframe
        self._since = 0
        self._way = self._residual = 0.0

    def __call__(self, motion: Motion | None) -> bool:
        """Always, where nothing is known of the motion: there is nothing to carry on."""
        self._since += 1
        if motion is None or (self._worn(motion) if not self._every else self._due()):
            self._since, self._way, self._residual = 0, 0.0, 0.0
            return True
        return False

    def _due(self) -> bool:
        return self._since >= self._every

    def _worn(self, motion: Motion) -> bool:
        flow = motion.flow
        if flow is not None:
            self._way += float(np.hypot(flow[..., 0], flow[..., 1]).mean()) / flow.shape[1]
        self._residual += float(motion.residual.mean())
        return (
            self._since >= LONGEST_WARP
            or self._way > LONGEST_WAY
            or self._residual > WORST_RESIDUAL
        )


class Smoother:
    """Inferences in, steady labels out. Fed with every frame in order, by one thread."""

    def __init__(self, smoothing: Smoothing) -> None:
        self._alone = smoothing.mode == "off"
        self._past = 1 - smoothing.weight
        self._memory: Scores | None = None

    @property
    def scores(self) -> Scores | None:
        """What the last labels were made of; never written again."""
        return self._memory

    def __call__(self, inferred: Inferred) -> Segmentation:
        """inferred.result: Scored, or None for a frame that the network has not seen."""
        frame, scored = inferred.frame, inferred.result
        if isinstance(scored, Scored):
            return Segmentation(frame, self._seen(scored, inferred.motion))
        if self._memory is None or inferred.motion is None:
            raise ValueError(f"nothing can be carried to frame {frame.index}: it must be inferred")
        self._memory = _carried(self._memory, inferred.motion)
        nothing = np.zeros(self._memory.shape[1:], np.float32)
        return Segmentation(frame, blended(self._memory, self._memory, nothing), warped=True)

    def _seen(self, scored: Scored, motion: Motion | None) -> LabelMap:
        memory, scores = self._memory, scored.scores
        if self._alone or memory is None or motion is None:
            self._memory = scores
            return scored.labels
        motion = resized(motion, *scores.shape[1:])
        self._memory = _carried(memory, motion)
        keep = np.float32(self._past) * np.exp(motion.residual / np.float32(-GATE))
        return blended(self._memory, scores, keep)


def blended(past: Scores, scores: Scores, keep: NDArray[np.float32]) -> LabelMap:
    """(h, w) the best class of ``scores + keep * (past - scores)``, which overwrites ``past``.

    keep: (h, w), 0..1. Of equal scores the first class wins, as in every engine.
    """
    labels: LabelMap = np.empty(keep.shape, np.uint8)
    _blend(past, np.ascontiguousarray(scores), keep, labels)
    return labels


def _carried(memory: Scores, motion: Motion) -> Scores:
    """A new array, also where nothing moved."""
    flow = resized(motion, *memory.shape[1:]).flow
    if flow is None:
        return np.array(memory)
    carried: Scores = np.empty(memory.shape, np.float32)
    _carry(np.ascontiguousarray(memory), *sources(flow), carried)
    return carried


def _njit(kernel: Any) -> Any:
    return numba.njit(kernel, nogil=True, cache=True)


@_njit
def _blend(past, scores, keep, labels):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Line by line and class by class, so that every inner loop is vector code."""
    classes, height, width = scores.shape
    best = np.empty(width, np.float32)
    first = np.empty(width, np.int32)
    for y in range(height):
        best[:] = -1
        first[:] = 0
        for label in range(classes):
            for x in range(width):
                now = scores[label, y, x]
                value = now + keep[y, x] * (past[label, y, x] - now)
                past[label, y, x] = value
                better = value > best[x]
                best[x] = value if better else best[x]
                first[x] = label if better else first[x]
        labels[y] = first


@_njit
def _carry(memory, across, down, carried):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Bilinear with repeated edges. ``cv2.remap`` does the same, but splits every plane between
    threads, which wait for each other while the network has the cores: beside it that took 1.6
    times as long in the median and 7 times in every fourth frame.
    """
    classes, height, width = memory.shape
    last_column, last_row = np.float32(width - 1), np.float32(height - 1)
    one = np.float32(1)
    right = np.empty(width, np.float32)
    below = np.empty(width, np.float32)
    place = np.empty(width, np.uint32)
    next_column, next_row = np.uint32(min(1, width - 1)), np.uint32(min(1, height - 1) * width)
    for y in range(height):
        for x in range(width):
            column = min(max(across[y, x], np.float32(0)), last_column)
            row = min(max(down[y, x], np.float32(0)), last_row)
            whole_column = np.uint32(max(min(column, last_column - one), np.float32(0)))
            whole_row = np.uint32(max(min(row, last_row - one), np.float32(0)))
            right[x] = column - np.float32(whole_column)
            below[x] = row - np.float32(whole_row)
            place[x] = whole_row * np.uint32(width) + whole_column
        for label in range(classes):
            plane = memory[label].ravel()
            for x in range(width):
                here = place[x]
                under = here + next_row
                upper = plane[here] + right[x] * (plane[here + next_column] - plane[here])
                lower = plane[under] + right[x] * (plane[under + next_column] - plane[under])
                carried[label, y, x] = upper + below[x] * (lower - upper)
