"""Accuracy through the very road that users' frames take."""

from __future__ import annotations

import time
from collections.abc import Iterable
from fractions import Fraction

from rtseg.engine.base import Engine
from rtseg.labels import label_set
from rtseg.metrics import Confusion
from rtseg.pipeline.segment import segment
from rtseg.source.dataset import Sample
from rtseg.stretch import stretched
from rtseg.types import Frame, LabelMap


def label_sample(sample: Sample, engine: Engine) -> LabelMap:
    """(H, W): what the open engine says of the sample's picture, at the size of its truth."""
    picture = sample.picture()
    frame = Frame(picture, 0, Fraction(0), time.monotonic_ns())
    return stretched(segment(frame, engine).labels, *picture.shape[:2])


def evaluate(samples: Iterable[Sample], engine: Engine) -> Confusion:
    """Compare the labels with the truth, pixel by pixel at the truth's size."""
    confusion = Confusion.of(len(label_set(engine.spec.labels)))
    for sample in samples:
        confusion.add(sample.truth(), label_sample(sample, engine))
    return confusion
