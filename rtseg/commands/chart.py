"""Lines and dots over two axes."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rtseg.commands.drawing import Color, Drawing, Point

WIDTH, HEIGHT = 1100, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 34, 46  # margins, pixels
LINE_HEIGHT = 18


def color(index: int) -> Color:
    """Of the line or dot with that number, unlike those of its neighbours."""
    hue, lightness = (0.6 + 0.382 * index) % 1, (0.48, 0.36, 0.6)[index % 3]
    r, g, b = (round(255 * each) for each in colorsys.hls_to_rgb(hue, lightness, 0.6))
    return r, g, b


@dataclass(frozen=True)
class Chart:
    """lines, dots: by name, in the units of the axes; both of one name have its colour.

    from_zero: whether the vertical axis begins there; else it spans at least ``span``, so that
    small differences look small. joined: points to join by a pale line.
    """

    title: str
    x_axis: str
    y_axis: str
    lines: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    dots: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    joined: Sequence[Point] = ()
    from_zero: bool = True
    span: float = 0.0

    def drawn(self) -> Drawing:
        names = list(dict.fromkeys((*self.lines, *self.dots)))
        rows = -(-len(names) // 2)
        drawing = Drawing(WIDTH, HEIGHT + rows * LINE_HEIGHT)
        frame = self._frame()
        self._draw_axes(drawing, frame)
        if self.joined:
            drawing.line([frame.at(each) for each in sorted(self.joined)], (170, 178, 188))
        for index, name in enumerate(names):
            own = color(index)
            if points := self.lines.get(name):
                drawing.line([frame.at(each) for each in points], own, 1.6)
            for point in self.dots.get(name, ()):
                drawing.dot(frame.at(point), own)
            left = LEFT + (index % 2) * (WIDTH - LEFT) / 2
            below = HEIGHT + (index // 2) * LINE_HEIGHT + 6
            drawing.dot((left + 6, below - 4), own)
            drawing.text((left + 18, below), name)
        return drawing

    def _frame(self) -> _Frame:
        points = [
            each for group in (self.lines, self.dots) for one in group.values() for each in one
        ]
        xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
        low, high = 0.0 if self.from_zero else min(ys), max(ys)
        spare = max(0.0, self.span - (high - low)) / 2
        return _Frame(_ticks(0.0, max(xs)), _ticks(low - spare, high + spare))

    def _draw_axes(self, drawing: Drawing, frame: _Frame) -> None:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        for tick in frame.ys:
            _, y = frame.at((0.0, tick))
            drawing.line([(LEFT, y), (right, y)])
            drawing.text((LEFT - 8, y + 4), f"{tick:g}", "end")
        for tick in frame.xs:
            x, _ = frame.at((tick, 0.0))
            drawing.line([(x, bottom), (x, bottom + 4)])
            drawing.text((x, bottom + 18), f"{tick:g}", "middle")
        drawing.text((LEFT, 18), f"{self.title}: {self.y_axis}", size=15)
        drawing.text((right, bottom + 36), self.x_axis, "end")


@dataclass(frozen=True)
class _Frame:
    """xs, ys: ticks; the first and the last are the ends of the axes."""

    xs: Sequence[float]
    ys: Sequence[float]

    def at(self, point: Point) -> Point:
        x, y = point
        across = (x - self.xs[0]) / (self.xs[-1] - self.xs[0])
        up = (y - self.ys[0]) / (self.ys[-1] - self.ys[0])
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )


def _ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers from below ``low`` to above ``high``."""
    span = max(high - low, abs(high) * 1e-3, 1e-6)
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * each for each in (1, 2, 5, 10, 20) if span / (power * each) <= most)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)
    return [round(each * step, 10) for each in range(first, last + 1)]
