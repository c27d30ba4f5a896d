"""The frame's road without threads: the single meaning of "segment a frame"."""

from __future__ import annotations

from rtseg.engine.base import Engine
from rtseg.preprocess import prepare
from rtseg.types import Frame, Segmentation


def segment(frame: Frame, engine: Engine) -> Segmentation:
    """With an open engine that has nothing in flight, on the engine's thread."""
    engine.submit(prepare(frame, engine.spec).tensor)
    return Segmentation(frame, engine.collect())
