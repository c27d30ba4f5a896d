"""A road of plain parts, any of which can be made slow."""

from __future__ import annotations

import time
from collections import deque
from fractions import Fraction

import numpy as np

from rtseg.engine.base import EngineInfo
from rtseg.source.base import SourceInfo
from rtseg.types import Frame, ModelSpec

SPEC = ModelSpec(8, 16, "rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "camvid11")


class SlowSource:
    """live: a frame every ``pause`` seconds, whoever is there to take it."""

    warnings = ()

    def __init__(self, count, *, pause=0.0, live=False):
        self.count, self.pause = count, pause
        self.info = SourceInfo("slow", 24, 32, Fraction(50), live, frames=count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __iter__(self):
        for index in range(self.count):
            time.sleep(self.pause)
            picture = np.full((24, 32, 3), index % 11, np.uint8)
            yield Frame(picture, index, Fraction(index, 50), time.monotonic_ns())


class SlowEngine:
    """Every pixel's label is its red value."""

    takes_pictures = False
    spec = SPEC
    info = EngineInfo("slow", "test", "fp32", {"fp32": 1}, "cpu", "1")

    def __init__(self, *, pause=0.0, depth=1):
        self.pause, self.depth = pause, depth
        self.flying = deque()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, tensor):
        assert len(self.flying) < self.depth
        self.flying.append(tensor)

    def collect(self):
        time.sleep(self.pause)
        return np.array(self.flying.popleft()[0, ..., 0])


class SlowSink:
    wants_image = True
    outputs = warnings = ()

    def __init__(self, *, pause=0.0):
        self.pause, self.images = pause, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def write(self, picture):
        time.sleep(self.pause)
        self.images += picture.image is not None
