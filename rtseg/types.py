"""The words of a frame's road, in the order a picture meets them.

source ──Frame──▶ preprocess ──Prepared──▶ engine ──Segmentation──▶ overlay ──Picture──▶ sinks

``(H, W)`` is the picture, ``(h, w)`` the network. Arrays are never written after they were
handed over: whoever wants to change one copies it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtseg.yuv import Planes

Rgb: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) uint8, R G B, 0..255."""

LabelMap: TypeAlias = NDArray[np.uint8]
"""(H, W) uint8 class ids; 255 (``labels.IGNORE``) says "not labelled"."""

Scores: TypeAlias = NDArray[np.float32]
"""(C, h', w') how sure the network is of every class, 0..1; they add up to 1 at every place."""

Tensor: TypeAlias = NDArray[Any]

Precision: TypeAlias = Literal["fp32", "bf16", "fp16", "int8"]


@dataclass(frozen=True)
class Frame:
    """One picture as its source gave it.

    given: in R G B, or in the planes of a video, from which ``picture`` is made when somebody asks.
    index counts from 0 within one source; a gap means that the source itself lost frames.
    pts is the exact presentation time in seconds since the first frame of the source.
    captured_nanos is ``time.monotonic_ns()`` of the moment the picture existed: of its arrival,
    or, for a paced file, of the moment at which it was due.
    """

    given: Rgb | Planes
    index: int
    pts: Fraction
    captured_nanos: int

    @property
    def picture(self) -> Rgb:
        return self.given.rgb if isinstance(self.given, Planes) else self.given

    @property
    def size(self) -> tuple[int, int]:
        """(H, W), whatever was given."""
        height, width, _ = self.given.shape
        return height, width


@dataclass(frozen=True)
class ModelSpec:
    """What a network eats and returns. Written once, at export; read back from the manifest.

    height, width: of its input, in pixels.
    channel_order: the order in which the network wants the three channels.
    mean, std: in that same order, for values 0..255: the network sees ``(value - mean) / std``.
    labels: the name of its label set, a key of ``labels.LABEL_SETS``.
    """

    height: int
    width: int
    channel_order: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    labels: str


@dataclass(frozen=True)
class Motion:
    """How a picture moved since the one before, on a grid of its own size, coarser than (h, w).

    flow: (gh, gw, 2) float32, x y in grid steps: what is at p now was at p + flow[p] before. None
    where nobody asked for it: then things are taken to stand still.
    residual: (gh, gw) float32, 0..255: the grey levels by which the moved picture still differs.
    """

    flow: NDArray[np.float32] | None
    residual: NDArray[np.float32]


@dataclass(frozen=True)
class Prepared:
    """tensor: (1, h, w, 3) uint8, R G B, or the whole picture for an engine that takes pictures.

    Order and normalisation are folded into the engine.
    motion: None where nobody asked, and where nothing is known: at a start, cut, gap or new size.
    """

    frame: Frame
    tensor: Tensor
    motion: Motion | None = None


@dataclass(frozen=True)
class Scored:
    """labels: (h', w'), as they are without scores. scores: (C, h', w')."""

    labels: LabelMap
    scores: Scores


@dataclass(frozen=True)
class Painted:
    """labels: (h', w'), as they are without it. image: (H, W, 3), that of ``overlay.render``."""

    labels: LabelMap
    image: Rgb


@dataclass(frozen=True)
class Inferred:
    """result: labels, or scores too where something is still to be made of them, or the picture
    that the engine painted; None where the network was not asked about this frame.
    """

    frame: Frame
    result: LabelMap | Scored | Painted | None
    motion: Motion | None = None


@dataclass(frozen=True)
class Segmentation:
    """labels: (h', w') at the engine's output size; the overlay and the sinks stretch it.

    warped: the network never saw this frame; its labels were carried over from an earlier one.
    """

    frame: Frame
    labels: LabelMap
    warped: bool = False


@dataclass(frozen=True)
class Picture:
    """image: (H, W', 3) what a person looks at, in memory of its own: never the frame's.

    None where nobody asked for it: a run that writes only statistics renders nothing.
    film: what a person looks at in the planes of a video, in place of image.
    other: labels of a second engine, at its own output size, in the ids of the first one's label
    set. scores: what the labels were made of. Both None where nobody asked. label_set: the name of
    that set. faults: what the camera suffers from; None where nobody looked.
    """

    segmentation: Segmentation
    image: Rgb | None
    other: LabelMap | None = None
    scores: Scores | None = None
    label_set: str = ""
    film: Planes | None = None
    faults: tuple[str, ...] | None = None
