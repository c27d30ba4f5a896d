"""A drawing of lines, dots and words, which becomes an SVG for a page and pixels for a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

import cv2
import numpy as np

from rtseg.types import Rgb

Color = tuple[int, int, int]
Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

INK, PALE = (90, 102, 117), (223, 228, 234)
FONT, FONT_HEIGHT = cv2.FONT_HERSHEY_SIMPLEX, 30.0
"""FONT_HEIGHT: of a line of it at scale 1, in pixels; its letters are ASCII alone."""

SHIFT = 4
"""Bits behind the point of coordinates that are given to OpenCV."""


@dataclass
class Drawing:
    """Coordinates are pixels from the left and the top; what is drawn later covers the earlier."""

    width: int
    height: int
    _lines: list[tuple[Sequence[Point], Color, float]] = field(default_factory=list)
    _dots: list[tuple[Point, Color, float]] = field(default_factory=list)
    _words: list[tuple[Point, str, Anchor, Color, float]] = field(default_factory=list)

    def line(self, points: Sequence[Point], color: Color = PALE, width: float = 1.0) -> None:
        self._lines.append((points, color, width))

    def dot(self, at: Point, color: Color, radius: float = 5.0) -> None:
        self._dots.append((at, color, radius))

    def text(
        self,
        at: Point,
        words: str,
        anchor: Anchor = "start",
        *,
        color: Color = INK,
        size: float = 13.0,
    ) -> None:
        """at: of the end of the baseline that ``anchor`` names."""
        self._words.append((at, words, anchor, color, size))

    def svg(self, what: str) -> str:
        """what: said to those who cannot see it."""
        lines = "".join(
            f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" '
            f'stroke="rgb{color}" stroke-width="{width:g}"/>'
            for points, color, width in self._lines
        )
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="rgb{color}"/>'
            for (x, y), color, radius in self._dots
        )
        words = "".join(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="rgb{color}" '
            f'font-size="{size:g}">{escape(text)}</text>'
            for (x, y), text, anchor, color, size in self._words
        )
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{escape(what)}">{lines}{dots}{words}</svg>'
        )

    def picture(self) -> Rgb:
        """(height, width, 3) on white."""
        image = np.full((self.height, self.width, 3), 255, np.uint8)
        for points, color, width in self._lines:
            corners = [np.array([_fixed(x, y) for x, y in points], np.int32)]
            thickness = max(1, round(width))
            cv2.polylines(image, corners, False, color, thickness, cv2.LINE_AA, SHIFT)
        for (x, y), color, radius in self._dots:
            where = _fixed(x, y)
            cv2.circle(image, where, round(radius * 2**SHIFT), color, -1, cv2.LINE_AA, SHIFT)
        for (x, y), text, anchor, color, size in self._words:
            scale = size / FONT_HEIGHT
            (length, _), _ = cv2.getTextSize(text, FONT, scale, 1)
            left = x - {"start": 0.0, "middle": length / 2, "end": length}[anchor]
            place = (round(left), round(y))
            cv2.putText(image, text, place, FONT, scale, color, 1, cv2.LINE_AA)
        return image


def _fixed(x: float, y: float) -> tuple[int, int]:
    return round(x * 2**SHIFT), round(y * 2**SHIFT)
