"""The rungs of a ladder: one model's sizes and precisions, from the best to the fastest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rtseg.engine.package import FASTEST_FIRST, ModelPackage
from rtseg.engine.resizing import parsed
from rtseg.errors import UsageError

STEP = 32
"""Pixels of which sides are multiples: what the deepest features of most networks shrink by."""

SMALLER = 0.7
"""Share of its pixels that a rung has at most of the one above: less would not be worth a move."""

SMALLEST = 0.25
"""Share of the model's own pixels below which there is no rung."""

COST: Mapping[str, float] = {"fp32": 2.0, "bf16": 1.5, "fp16": 1.5}
"""Beside INT8, and beside "auto", which is the fastest that there is. A guess for the first climb:
the ladder finds out, and takes its time, where it was wrong."""

PLAIN_SAVES = 0.15
"""Of an inference, about: what scores, smoothing, contours and a legend cost. A guess, too."""


@dataclass(frozen=True)
class LadderWish:
    """target_fps: distinct frames a second that shall be processed. sizes: HxW by commas, of the
    rungs; "" leaves them to ``sizes_below``. Raises UsageError for what is no rate."""

    target_fps: float
    sizes: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.target_fps) and self.target_fps > 0):
            raise UsageError(
                f"--target-fps must be a number above 0, e.g. 30, not {self.target_fps:g}"
            )

    @classmethod
    def asked(cls, target_fps: float | None, sizes: str) -> LadderWish | None:
        """None where nobody asked for a ladder."""
        if target_fps is not None:
            return cls(target_fps, sizes)
        if sizes:
            raise UsageError("--ladder says how --target-fps is held: give that, too")
        return None

    def rungs(self, package: ModelPackage, precision: str, *, full: bool) -> list[Rung]:
        """Never empty. precision: as asked for. full: whether more is wanted than plain labels in
        a plain overlay; then only the first rung gives it."""
        spec = package.spec
        sizes = _parsed(self.sizes) if self.sizes else sizes_below(spec.height, spec.width)
        first = Rung(*sizes[0], precision, full=full)
        rungs = [first, replace(first, full=False)]
        fastest = next(each for each in FASTEST_FIRST if each in package.manifest.files)
        if COST.get(fastest, 1.0) < COST.get(precision, 1.0):
            rungs.append(Rung(*sizes[0], fastest))
        rungs += [replace(rungs[-1], height=height, width=width) for height, width in sizes[1:]]
        return list(dict.fromkeys(rungs))


@dataclass(frozen=True)
class Rung:
    """(height, width): of the network. full: with smoothing, contours and legend as asked for."""

    height: int
    width: int
    precision: str
    full: bool = False

    @property
    def cost(self) -> float:
        """Of an inference: pixels, more in wider numbers."""
        full = 1.0 + PLAIN_SAVES if self.full else 1.0
        return self.height * self.width * COST.get(self.precision, 1.0) * full

    def __str__(self) -> str:
        precision = f" {self.precision}" if self.precision != "auto" else ""
        return f"{self.height}x{self.width}{precision}{' full' if self.full else ''}"


def sizes_below(height: int, width: int) -> list[tuple[int, int]]:
    """(h, w) of a model and smaller ones of about its proportions, the largest first."""
    sizes = [(height, width)]
    for rows in range(height // STEP * STEP, 0, -STEP):
        size = rows, STEP * max(1, round(rows * width / height / STEP))
        if math.prod(size) < SMALLEST * height * width:
            break
        if math.prod(size) <= SMALLER * math.prod(sizes[-1]):
            sizes.append(size)
    return sizes


def _parsed(sizes: str) -> list[tuple[int, int]]:
    shapes = (parsed(each.strip(), option="--ladder") for each in sizes.split(","))
    return sorted({(each.height, each.width) for each in shapes}, key=math.prod, reverse=True)
