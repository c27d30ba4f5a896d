"""A road made of plain parts, whose every number is known in advance."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from fractions import Fraction

import numpy as np

from rtseg.engine.base import EngineInfo
from rtseg.source.base import SourceInfo
from rtseg.types import Frame, ModelSpec, Scored

SPEC = ModelSpec(8, 16, "rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "camvid11")


class CountingSource:
    """Frame i is filled with the value i % 11; ``fail_at`` raises, ``skip`` leaves gaps."""

    def __init__(self, count, *, live=False, fail_at=None, error=None, pause=0.0, step=1):
        self.count, self.live, self.pause, self.step = count, live, pause, step
        self.fail_at, self.error = fail_at, error
        self.warnings = ()
        self.closed = False
        self.info = SourceInfo("counting", 24, 32, Fraction(30), live, frames=count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def __iter__(self):
        for index in range(0, self.count * self.step, self.step):
            if index == self.fail_at:
                raise self.error
            if self.pause:
                time.sleep(self.pause)
            picture = np.full((24, 32, 3), index % 11, np.uint8)
            yield Frame(picture, index, Fraction(index, 30), time.monotonic_ns())


class SoughtSource(CountingSource):
    """The same in any order, at 30 frames a second."""

    def __init__(self, count, **options):
        super().__init__(count, **options)
        self.info = replace(self.info, seekable=True)
        self.begun = []

    def __iter__(self):
        return self.from_frame(0)

    def index_at(self, seconds, *, given_up=None):
        return min(int(seconds * 30), self.count - 1)

    def from_frame(self, index, *, given_up=None):
        self.begun.append(index)
        for each in range(min(index, self.count - 1), self.count):
            picture = np.full((24, 32, 3), each % 11, np.uint8)
            yield Frame(picture, each, Fraction(each, 30), time.monotonic_ns())


class ReadingEngine:
    """Every pixel's label is its red value: what went in can be read off what comes out."""

    takes_pictures = False

    def __init__(self, *, depth=1, fail_at=None, error=None, pause=0.0):
        self.spec, self.depth = SPEC, depth
        self.fail_at, self.error, self.pause = fail_at, error, pause
        self.info = EngineInfo("reading", "test", "fp32", {}, "cpu", "1")
        self.flying = deque()
        self.most_flying = self.inferred = 0
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def submit(self, tensor):
        self.flying.append(tensor)
        self.most_flying = max(self.most_flying, len(self.flying))

    def collect(self):
        tensor = self.flying.popleft()
        if self.inferred == self.fail_at:
            raise self.error
        self.inferred += 1
        if self.pause:
            time.sleep(self.pause)
        return np.array(tensor[0, ..., 0])


class ResizingEngine(ReadingEngine):
    """Takes whole pictures, and takes every other row and column; ``shapes`` of what it got."""

    takes_pictures = True

    def __init__(self, **options):
        super().__init__(**options)
        self.shapes = []

    def submit(self, tensor):
        self.shapes.append(tensor.shape)
        super().submit(tensor[:, ::2, ::2])


class KeepingSink:
    def __init__(self, *, wants_image=True, fail_at=None, error=None, fail_closing=None):
        self.wants_image, self.fail_at, self.error = wants_image, fail_at, error
        self.fail_closing = fail_closing
        self.pictures = []
        self.outputs = self.warnings = ()
        self.opened = self.closed = False

    def __enter__(self):
        self.opened = True
        return self

    def __exit__(self, *_):
        self.closed = True
        if self.fail_closing:
            raise self.fail_closing

    def write(self, picture):
        if len(self.pictures) == self.fail_at:
            raise self.error
        self.pictures.append(picture)

    @property
    def indices(self):
        return [picture.segmentation.frame.index for picture in self.pictures]


def negative(segmentation, stats):
    return 255 - segmentation.frame.picture


class SureEngine(ReadingEngine):
    """As certain as can be of the red value, of 11 classes."""

    def collect_scored(self):
        labels = self.collect()
        scores = np.eye(11, dtype=np.float32)[labels].transpose(2, 0, 1)
        return Scored(labels, np.ascontiguousarray(scores))
