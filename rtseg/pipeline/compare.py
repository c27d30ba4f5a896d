"""How far two engines say the same of footage that nobody labelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rtseg.engine.base import Engine
from rtseg.labels import IGNORE, translation
from rtseg.metrics import Confusion
from rtseg.pipeline.segment import segment
from rtseg.pipeline.worst import Worst
from rtseg.stretch import stretched
from rtseg.types import Frame, LabelMap

APART_SECONDS = 1.0
"""Between two of the worst frames."""


@dataclass(frozen=True)
class Pair:
    """A frame and the label maps of the first and the second engine, of the same size.

    second: in the ids of the first engine's label set; IGNORE where that has no such class.
    """

    frame: Frame
    first: LabelMap
    second: LabelMap


@dataclass(frozen=True)
class FrameAgreement:
    """agreement: share of the compared pixels with the same label; NaN where none was."""

    index: int
    pts: Fraction
    agreement: float


class Comparison:
    """What is known of two engines after some frames; the first one's labels are the rows.

    confusion: over the pixels of which both speak. pixels: all of them. worst: of the frames that
    differ those with the lowest agreement, a second apart, kept in memory with their label maps.
    """

    def __init__(self, classes: int, *, worst: int = 0) -> None:
        self.confusion = Confusion.of(classes)
        self.frames: list[FrameAgreement] = []
        self.pixels = 0
        self.worst: Worst[Pair] = Worst(worst, apart=APART_SECONDS)

    def add(self, pair: Pair) -> None:
        alone = Confusion.of(len(self.confusion.counts))
        comparable = np.where(pair.second == IGNORE, np.uint8(IGNORE), pair.first)
        alone.add(comparable, pair.second)
        self.confusion.counts += alone.counts
        self.pixels += pair.first.size
        agreement = alone.pixel_accuracy
        self.frames.append(FrameAgreement(pair.frame.index, pair.frame.pts, agreement))
        if agreement < 1:
            self.worst.offer(agreement, pair, at=float(pair.frame.pts))

    @property
    def agreement(self) -> float:
        """Share of the compared pixels with the same label; NaN where nothing was compared."""
        return self.confusion.pixel_accuracy

    @property
    def compared(self) -> float:
        """Share of all pixels that could be compared: 1 for engines of one label set."""
        return float(self.confusion.counts.sum() / self.pixels) if self.pixels else float("nan")


def compare(frames: Iterable[Frame], first: Engine, second: Engine) -> Iterator[Pair]:
    """Both open, nothing in flight. Raises UsageError where their label sets share no class."""
    ids = translation(second.spec.labels, first.spec.labels)
    for frame in frames:
        a, b = segment(frame, first).labels, segment(frame, second).labels
        if a.shape != b.shape:
            height, width = frame.size
            a, b = stretched(a, height, width), stretched(b, height, width)
        yield Pair(frame, a, ids[b])
