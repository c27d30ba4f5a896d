"""Labels of every frame alone and smoothed, measured side by side on the same inferences."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from rtseg.engine.base import ScoringEngine
from rtseg.labels import label_set
from rtseg.metrics import Confusion
from rtseg.motion import Tracker
from rtseg.preprocess import prepare
from rtseg.smoothing import KeyFrames, Smoother, Smoothing
from rtseg.stretch import stretched
from rtseg.temporal import Consistency, Steadiness
from rtseg.types import Frame, Inferred, LabelMap, Motion

WINDOWS = (8, 16)
"""Frames: the lengths for which VSPW reports VC."""


@dataclass
class Figures:
    """What is measured of one series of label maps."""

    accuracy: Confusion
    consistency: Consistency
    steadiness: tuple[Steadiness, ...]

    @classmethod
    def of(cls, classes: int) -> Figures:
        windows = tuple(Steadiness(length) for length in WINDOWS)
        return cls(Confusion.of(classes), Consistency.of(classes), windows)

    def add(self, labels: LabelMap, motion: Motion | None, *, truth: LabelMap | None) -> None:
        self.consistency.add(labels, motion)
        if truth is None:
            return
        self.accuracy.add(truth, stretched(labels, *truth.shape))
        for each in self.steadiness:
            if motion is None:
                each.cut()
            each.add(truth, labels)

    @property
    def fractions(self) -> dict[str, float]:
        """By name, 0..1; NaN where nothing was there to measure."""
        return {
            "miou": self.accuracy.miou,
            "tc": self.consistency.tc,
            "flicker": self.consistency.flicker,
            **{f"vc{each.length}": each.vc for each in self.steadiness},
        }


class SideBySide:
    """With an open engine that has nothing in flight, on the engine's thread.

    The network sees every frame, for the labels of the frame alone; from frames that are not key
    frames the smoother gets nothing.
    """

    def __init__(self, engine: ScoringEngine, smoothing: Smoothing) -> None:
        classes = len(label_set(engine.spec.labels))
        self.alone, self.steady = Figures.of(classes), Figures.of(classes)
        self.truth = Consistency.of(classes)
        self.frames = self.warped = 0
        self._engine = engine
        self._fine, self._tracker = Tracker("fine"), smoothing.tracker()
        self._is_key, self._smoother = KeyFrames(smoothing), Smoother(smoothing)
        self._nanos: dict[str, list[int]] = {"network": [], "motion": [], "smooth": []}

    def add(self, frame: Frame, truth: LabelMap | None) -> None:
        """Frames of one source in their order. truth: (H, W) where the frame is labelled."""
        prepared = prepare(frame, self._engine.spec)
        began = time.monotonic_ns()
        tracked = self._tracker(prepared)
        moved = time.monotonic_ns()
        self._engine.submit(tracked.tensor)
        scored = self._engine.collect_scored()
        seen = time.monotonic_ns()
        result = scored if self._is_key(tracked.motion) else None
        steady = self._smoother(Inferred(frame, result, tracked.motion))
        done = time.monotonic_ns()
        self._clock(network=seen - moved, motion=moved - began, smooth=done - seen)
        self.frames += 1
        self.warped += steady.warped
        motion = self._fine(prepared).motion
        self.alone.add(scored.labels, motion, truth=truth)
        self.steady.add(steady.labels, motion, truth=truth)
        if truth is not None:
            self.truth.add(truth, motion)

    @property
    def costs(self) -> dict[str, float]:
        """Median milliseconds per frame, one after the other on this thread."""
        return {name: median(nanos) / 1e6 for name, nanos in self._nanos.items()}

    def _clock(self, **nanos: int) -> None:
        for name, each in nanos.items():
            self._nanos[name].append(each)
