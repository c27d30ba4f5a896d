"""Labels for pictures that nobody labelled: what several models together are sure of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.engine.base import ScoringEngine
from rtseg.labels import IGNORE, label_set, translation
from rtseg.preprocess import prepare
from rtseg.types import Frame, LabelMap


@dataclass(frozen=True)
class Teacher:
    """An open engine that scores, and how much its word weighs beside the others'."""

    engine: ScoringEngine
    weight: float = 1.0


@dataclass(frozen=True)
class Labeller:
    """labels: name of the label set to speak. at_least: 0..1, the joint score below which a
    pixel stays IGNORE. mirrored: whether teachers also see the picture mirrored, which costs as
    much again and makes them surer where they are right.

    A class of a teacher that the label set lacks keeps its share of the score: with one teacher,
    and ``at_least`` 0.5 or more, a pixel where it wins is nobody's.
    """

    teachers: Sequence[Teacher]
    labels: str
    at_least: float = 0.5
    mirrored: bool = True

    def label(self, frame: Frame) -> LabelMap:
        """(H, W), on the thread that opened the engines."""
        height, width = frame.size
        total = sum(teacher.weight for teacher in self.teachers)
        joint = np.zeros((height, width, len(label_set(self.labels))), np.float32)
        for teacher in self.teachers:
            scores = self._scores(teacher.engine, frame)
            grown = cv2.resize(scores.transpose(1, 2, 0), (width, height))
            joint += np.float32(teacher.weight / total) * grown
        best = joint.argmax(2)
        sure = np.take_along_axis(joint, best[..., None], 2)[..., 0] >= self.at_least
        return np.where(sure, best, IGNORE).astype(np.uint8)

    def _scores(self, engine: ScoringEngine, frame: Frame) -> NDArray[np.float32]:
        """(C, h, w) in the classes of ``labels``."""
        tensor = prepare(frame, engine.spec).tensor
        engine.submit(tensor)
        scores = engine.collect_scored().scores
        if self.mirrored:
            engine.submit(np.ascontiguousarray(tensor[:, :, ::-1]))
            scores = np.float32(0.5) * (scores + engine.collect_scored().scores[:, :, ::-1])
        return translated(scores, engine.spec.labels, self.labels)


def translated(scores: NDArray[np.float32], source: str, target: str) -> NDArray[np.float32]:
    """(C, h, w) -> (C', h, w): classes that become one class add up, others are left out."""
    table = translation(source, target)
    result = np.zeros((len(label_set(target)), *scores.shape[1:]), np.float32)
    for before, after in enumerate(table[: len(scores)]):
        if after != IGNORE:
            result[after] += scores[before]
    return result
