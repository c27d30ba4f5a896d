"""A source with faults, the same ones for the same seed: what a bad camera and network do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from types import TracebackType

import cv2
import numpy as np

from rtseg.source.base import Source, SourceInfo, close
from rtseg.source.connection import Connected, Connection
from rtseg.types import Frame, Rgb

_SCALES = (0.5, 0.75, 1.25, 1.5)
_JUMPS_SECONDS = (-5, -1, 2, 20)


@dataclass(frozen=True)
class Faults:
    """How likely each is to befall a frame, 0..1, each drawn for itself.

    drop: it is lost. stall: everything waits stall_seconds before it. corrupt: its picture is grey
    blocks, grey, black or noise. resize: its picture has another size. reorder: it comes behind
    the next. clock: the source's clock jumps, for it and all that follow. dup: it comes twice.
    """

    drop: float = 0.0
    stall: float = 0.0
    stall_seconds: float = 1.0
    corrupt: float = 0.0
    resize: float = 0.0
    reorder: float = 0.0
    clock: float = 0.0
    dup: float = 0.0
    seed: int = 0


class Chaos:
    """The frames of another source, with faults. Indices tell the truth about what became of them.

    Whether a frame is hit hangs on seed, fault and the place of the frame alone, so that one fault
    more leaves the others where they were.
    """

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source, self._faults = source, faults
        self._closed = threading.Event()

    def around(self, wrap: Callable[[Source], Source]) -> Chaos:
        """The same faults on what ``wrap`` makes of the source: a paced one, say."""
        return Chaos(wrap(self._source), self._faults)

    def __enter__(self) -> Chaos:
        self._source.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        self._source.__exit__(kind, error, trace)

    @property
    def info(self) -> SourceInfo:
        """Of the source, but not to be sought in: every run of it has the same faults."""
        info = self._source.info
        return replace(info, name=f"chaos://{info.name}", seekable=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._source.warnings

    @property
    def connection(self) -> Connection | None:
        return self._source.connection if isinstance(self._source, Connected) else None

    def __iter__(self) -> Iterator[Frame]:
        held: Frame | None = None
        for frame in self._damaged():
            if held is not None:
                yield frame
                yield held
                held = None
            elif self._draw("reorder", frame.index).random() < self._faults.reorder:
                held = frame
            else:
                yield frame
            if self._draw("dup", frame.index).random() < self._faults.dup and held is None:
                yield frame
        if held is not None:
            yield held

    def close(self) -> None:
        self._closed.set()
        close(self._source)

    def _damaged(self) -> Iterator[Frame]:
        """What is left of every frame, in its order."""
        faults, shift = self._faults, Fraction(0)
        for frame in self._source:
            index = frame.index
            stalls = self._draw("stall", index).random() < faults.stall
            if stalls and self._closed.wait(faults.stall_seconds):
                return
            clock = self._draw("clock", index)
            if clock.random() < faults.clock:
                shift += clock.choice(_JUMPS_SECONDS)
            if self._draw("drop", index).random() < faults.drop:
                continue
            picture = self._spoilt(frame.picture, index)
            yield replace(frame, picture=picture, pts=frame.pts + shift)

    def _spoilt(self, picture: Rgb, index: int) -> Rgb:
        corrupt, resize = self._draw("corrupt", index), self._draw("resize", index)
        if corrupt.random() < self._faults.corrupt:
            spoil = corrupt.choice(_SPOILERS)
            picture = spoil(picture, corrupt)
        if resize.random() < self._faults.resize:
            scale = resize.choice(_SCALES)
            height, width = (max(2, round(side * scale)) for side in picture.shape[:2])
            picture = np.asarray(cv2.resize(picture, (width, height)), np.uint8)
        return picture

    def _draw(self, fault: str, index: int) -> Random:
        return Random(f"{self._faults.seed}/{fault}/{index}")


def _grey_blocks(picture: Rgb, chance: Random) -> Rgb:
    """As after a lost packet: from some row of 16x16 blocks on, blocks are grey here and there."""
    spoilt = np.array(picture)
    for row in range(16 * chance.randrange(4), picture.shape[0], 16):
        column = 16 * chance.randrange(1 + picture.shape[1] // 16)
        spoilt[row : row + 16, column:] = 128
    return spoilt


def _grey(picture: Rgb, chance: Random) -> Rgb:
    return np.full_like(picture, 128)


def _black(picture: Rgb, chance: Random) -> Rgb:
    return np.zeros_like(picture)


def _noise(picture: Rgb, chance: Random) -> Rgb:
    values = np.random.default_rng(chance.randrange(2**32)).integers(0, 256, picture.shape)
    return np.asarray(values, np.uint8)


_SPOILERS = (_grey_blocks, _grey, _black, _noise)
