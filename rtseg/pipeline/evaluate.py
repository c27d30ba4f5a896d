"""Accuracy through the very road that users' frames take."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from rtseg.boundary import BoundaryScore
from rtseg.engine.base import Engine
from rtseg.labels import label_set
from rtseg.metrics import Confusion
from rtseg.pipeline.segment import segment
from rtseg.pipeline.worst import Worst
from rtseg.source.sample import Sample
from rtseg.stretch import stretched
from rtseg.types import Frame, LabelMap


@dataclass(frozen=True)
class Judged:
    """A sample with its truth and what the engine says of it, both (H, W)."""

    sample: Sample
    truth: LabelMap
    predicted: LabelMap


class Evaluation:
    """What is known of an engine after some labelled pictures.

    confusion: over all of them. boundary: None unless asked for. worst: pictures with the lowest
    mIoU of their own, whose label maps are kept in memory.
    """

    def __init__(self, classes: int, *, worst: int = 0, boundary: bool = False) -> None:
        self.confusion = Confusion.of(classes)
        self.boundary = BoundaryScore.of(classes) if boundary else None
        self.worst: Worst[Judged] = Worst(worst)
        self.pictures = 0

    def add(self, judged: Judged) -> None:
        alone = Confusion.of(len(self.confusion.counts))
        alone.add(judged.truth, judged.predicted)
        self.confusion.counts += alone.counts
        if self.boundary is not None:
            self.boundary.add(judged.truth, judged.predicted)
        self.worst.offer(alone.miou, judged, at=self.pictures)
        self.pictures += 1


def label_sample(sample: Sample, engine: Engine) -> LabelMap:
    """(H, W): what the open engine says of the sample's picture, at the size of its truth."""
    picture = sample.picture()
    frame = Frame(picture, 0, Fraction(0), time.monotonic_ns())
    return stretched(segment(frame, engine).labels, *picture.shape[:2])


def judge(samples: Iterable[Sample], engine: Engine) -> Iterator[Judged]:
    """One sample after the other, none of them kept."""
    for sample in samples:
        yield Judged(sample, sample.truth(), label_sample(sample, engine))


def evaluate(samples: Iterable[Sample], engine: Engine) -> Confusion:
    """Compare the labels with the truth, pixel by pixel at the truth's size."""
    confusion = Confusion.of(len(label_set(engine.spec.labels)))
    for judged in judge(samples, engine):
        confusion.add(judged.truth, judged.predicted)
    return confusion
