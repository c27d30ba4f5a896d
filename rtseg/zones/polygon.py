"""A polygon in fractions of the picture, and the pixels whose centres it holds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""x to the right, y downwards, each 0..1 of the picture."""


@dataclass(frozen=True)
class Polygon:
    """Its last point is joined to its first. Raises ValueError where it is no simple polygon."""

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.points) < 3:
            raise ValueError(f"a polygon needs 3 points or more, not {len(self.points)}")
        for x, y in self.points:
            if not (0 <= x <= 1 and 0 <= y <= 1):
                raise ValueError(
                    f"the point [{x:g}, {y:g}] is outside the picture: x and y are fractions, 0..1"
                )
        for (first, one), (second, other) in combinations(enumerate(self.edges()), 2):
            neighbours = second - first in (1, len(self.points) - 1)
            if one[0] == one[1] or other[0] == other[1]:
                raise ValueError("two points in a row are the same: leave one out")
            if not neighbours and _meet(one, other):
                raise ValueError(
                    f"its edges {_words(one)} and {_words(other)} cross: "
                    "list the points in the order of its outline"
                )
        if self.area == 0:
            raise ValueError("it has no area: its points are on one line")

    @property
    def area(self) -> float:
        """Share of the picture, 0..1; by the shoelace formula."""
        return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in self.edges())) / 2

    def edges(self) -> Iterator[tuple[Point, Point]]:
        return zip(self.points, (*self.points[1:], self.points[0]), strict=True)

    def mask(self, height: int, width: int) -> NDArray[np.uint8]:
        """(height, width) 1 where a pixel's centre is inside, by the even-odd rule."""
        xs = (np.arange(width) + 0.5) / width
        ys = ((np.arange(height) + 0.5) / height)[:, None]
        inside = np.zeros((height, width), np.bool_)
        for (ax, ay), (bx, by) in self.edges():
            if ay != by:
                crosses = (ay > ys) != (by > ys)
                inside ^= crosses & (xs < ax + (ys - ay) * (bx - ax) / (by - ay))
        return inside.astype(np.uint8)


def _meet(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Whether two edges share a point."""
    (a, b), (c, d) = one, other
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] != sides[1] and sides[2] != sides[3]:
        return True
    touches = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(side == 0 and _within(*touch) for side, touch in zip(sides, touches, strict=True))


def _side(a: Point, b: Point, c: Point) -> float:
    """On which side of a-b c is: -1, 1, or 0 on the line."""
    cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return math.copysign(1, cross) if cross else 0


def _within(a: Point, b: Point, c: Point) -> bool:
    """Whether c, on the line a-b, is between the two."""
    return all(min(a[i], b[i]) <= c[i] <= max(a[i], b[i]) for i in (0, 1))


def _words(edge: Sequence[Point]) -> str:
    return "-".join(f"[{x:g}, {y:g}]" for x, y in edge)
