"""The frame's road without threads: the single meaning of "segment a frame"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rtseg.engine.base import Engine, ScoringEngine
from rtseg.preprocess import prepare
from rtseg.smoothing import KeyFrames, Smoother, Smoothing
from rtseg.types import Frame, Inferred, Prepared, Segmentation


def prepared_for(engine: Engine, frame: Frame) -> Prepared:
    """As the engine takes it: the picture itself, uncopied, where it resizes on its own."""
    if engine.takes_pictures:
        return Prepared(frame, frame.picture[None])
    return prepare(frame, engine.spec)


def segment(frame: Frame, engine: Engine) -> Segmentation:
    """With an open engine that has nothing in flight, on the engine's thread."""
    engine.submit(prepared_for(engine, frame).tensor)
    return Segmentation(frame, engine.collect())


def segment_steadily(
    frames: Iterable[Frame], engine: ScoringEngine, smoothing: Smoothing
) -> Iterator[Segmentation]:
    """Frames of one source in their order; otherwise as ``segment``."""
    tracker, is_key = smoothing.tracker(), KeyFrames(smoothing)
    smoother = Smoother(smoothing)
    for frame in frames:
        prepared = tracker(prepare(frame, engine.spec))
        scored = None
        if is_key(prepared.motion):
            engine.submit(prepared.tensor)
            scored = engine.collect_scored()
        yield smoother(Inferred(frame, scored, prepared.motion))
