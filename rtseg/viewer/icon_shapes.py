"""What the icons look like: shapes on a square of ``GRID`` units, with lines 2 units wide."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF
from qtpy.QtGui import QPainterPath, QPolygonF

GRID = 24


class Shape:
    """Lines and areas in grid units; what an icon's function draws into."""

    def __init__(self) -> None:
        self.strokes = QPainterPath()
        self.fills = QPainterPath()

    def line(self, *points: tuple[float, float]) -> None:
        self.strokes.addPolygon(QPolygonF([QPointF(*each) for each in points]))

    def area(self, *points: tuple[float, float]) -> None:
        self.fills.addPolygon(QPolygonF([QPointF(*each) for each in points]))
        self.fills.closeSubpath()

    def ring(self, x: float, y: float, *, radius: float) -> None:
        self.strokes.addEllipse(QPointF(x, y), radius, radius)

    def disc(self, x: float, y: float, *, radius: float) -> None:
        self.fills.addEllipse(QPointF(x, y), radius, radius)

    def box(self, left: float, top: float, *, width: float, height: float) -> None:
        self.strokes.addRoundedRect(QRectF(left, top, width, height), 2, 2)

    def block(self, left: float, top: float, *, width: float, height: float) -> None:
        self.fills.addRect(QRectF(left, top, width, height))

    def arc(self, box: QRectF, *, start: float, sweep: float) -> None:
        """Degrees, counted against the clock from three o'clock."""
        self.strokes.arcMoveTo(box, start)
        self.strokes.arcTo(box, start, sweep)


def _play(shape: Shape) -> None:
    shape.area((7, 4), (20, 12), (7, 20))


def _pause(shape: Shape) -> None:
    shape.block(6, 4, width=4, height=16)
    shape.block(14, 4, width=4, height=16)


def _stop(shape: Shape) -> None:
    shape.block(5, 5, width=14, height=14)


def _step_forward(shape: Shape) -> None:
    shape.area((5, 5), (15, 12), (5, 19))
    shape.block(16, 5, width=3, height=14)


def _step_back(shape: Shape) -> None:
    shape.area((19, 5), (9, 12), (19, 19))
    shape.block(5, 5, width=3, height=14)


def _loop(shape: Shape) -> None:
    shape.line((4, 12), (4, 9), (6, 7), (19, 7))
    shape.line((16, 4), (19, 7), (16, 10))
    shape.line((20, 12), (20, 15), (18, 17), (5, 17))
    shape.line((8, 14), (5, 17), (8, 20))


def _open(shape: Shape) -> None:
    shape.line((3, 18), (3, 5), (9, 5), (11, 8), (19, 8), (19, 11))
    shape.line((3, 19), (7, 11), (22, 11), (18, 19), (3, 19))


def _camera(shape: Shape) -> None:
    shape.box(2, 6, width=13, height=12)
    shape.line((15, 11), (21, 7), (21, 17), (15, 13))


def _overlay(shape: Shape) -> None:
    shape.box(3, 5, width=18, height=14)
    shape.area((3, 17), (10, 10), (14, 14), (17, 11), (21, 15), (21, 19), (3, 19))


def _mask(shape: Shape) -> None:
    shape.block(3, 5, width=8, height=6)
    shape.box(13, 5, width=8, height=6)
    shape.box(3, 13, width=8, height=6)
    shape.block(13, 13, width=8, height=6)


def _source(shape: Shape) -> None:
    shape.box(3, 5, width=18, height=14)
    shape.ring(9, 10, radius=1.5)
    shape.line((4, 18), (11, 13), (14, 15), (17, 12), (20, 15))


def _side(shape: Shape) -> None:
    shape.box(3, 5, width=18, height=14)
    shape.line((12, 5), (12, 19))
    shape.block(12, 5, width=8, height=14)


def _swipe(shape: Shape) -> None:
    shape.line((12, 3), (12, 21))
    shape.area((9, 8), (4, 12), (9, 16))
    shape.area((15, 8), (20, 12), (15, 16))


def _difference(shape: Shape) -> None:
    shape.ring(9, 12, radius=6)
    shape.ring(15, 12, radius=6)


def _confidence(shape: Shape) -> None:
    shape.arc(QRectF(3, 6, 18, 18), start=0, sweep=180)
    shape.line((12, 15), (16, 9))
    shape.disc(12, 15, radius=2)


def _contours(shape: Shape) -> None:
    shape.line((3, 17), (8, 9), (12, 14), (16, 6), (21, 12))
    shape.line((3, 21), (21, 21))


def _screenshot(shape: Shape) -> None:
    shape.line((3, 19), (3, 8), (7, 8), (9, 5), (15, 5), (17, 8), (21, 8), (21, 19), (3, 19))
    shape.ring(12, 13, radius=3)


def _record(shape: Shape) -> None:
    shape.disc(12, 12, radius=7)


def _full_screen(shape: Shape) -> None:
    for x, y, across, down in ((4, 4, 5, 5), (20, 4, -5, 5), (4, 20, 5, -5), (20, 20, -5, -5)):
        shape.line((x + across, y), (x, y), (x, y + down))


def _legend(shape: Shape) -> None:
    for y in (4, 10, 16):
        shape.block(3, y, width=4, height=4)
        shape.line((11, y + 2), (20, y + 2))


def _table(shape: Shape) -> None:
    shape.box(3, 4, width=18, height=16)
    shape.line((3, 10), (21, 10))
    shape.line((3, 15), (21, 15))
    shape.line((10, 10), (10, 20))


def _plots(shape: Shape) -> None:
    shape.line((3, 3), (3, 21), (21, 21))
    shape.line((7, 16), (11, 10), (14, 13), (20, 6))


def _numbers(shape: Shape) -> None:
    shape.block(4, 12, width=4, height=8)
    shape.block(10, 4, width=4, height=16)
    shape.block(16, 8, width=4, height=12)


def _export(shape: Shape) -> None:
    shape.line((4, 14), (4, 20), (20, 20), (20, 14))
    shape.line((12, 15), (12, 3))
    shape.line((8, 7), (12, 3), (16, 7))


def _palette(shape: Shape) -> None:
    shape.ring(12, 12, radius=9)
    for x, y in ((8, 9), (12, 7), (16, 9), (16.5, 14)):
        shape.disc(x, y, radius=1.6)


def _solo(shape: Shape) -> None:
    shape.ring(12, 12, radius=8)
    shape.disc(12, 12, radius=3.5)


def _settings(shape: Shape) -> None:
    for y, knob in ((6, 15), (12, 8), (18, 14)):
        shape.line((3, y), (21, y))
        shape.disc(knob, y, radius=3)


def _help(shape: Shape) -> None:
    shape.ring(12, 12, radius=9)
    shape.arc(QRectF(9, 6.5, 6, 6), start=180, sweep=-225)
    shape.line((12, 13), (12, 14))
    shape.disc(12, 17.5, radius=1.3)


def _close(shape: Shape) -> None:
    shape.line((6, 6), (18, 18))
    shape.line((18, 6), (6, 18))


def _copy(shape: Shape) -> None:
    shape.box(8, 8, width=12, height=12)
    shape.line((16, 4), (6, 4), (4, 6), (4, 16))


ICONS: dict[str, Callable[[Shape], None]] = {
    "play": _play,
    "pause": _pause,
    "stop": _stop,
    "step_forward": _step_forward,
    "step_back": _step_back,
    "loop": _loop,
    "open": _open,
    "camera": _camera,
    "overlay": _overlay,
    "mask": _mask,
    "source": _source,
    "side": _side,
    "swipe": _swipe,
    "difference": _difference,
    "confidence": _confidence,
    "contours": _contours,
    "screenshot": _screenshot,
    "record": _record,
    "full_screen": _full_screen,
    "legend": _legend,
    "table": _table,
    "plots": _plots,
    "numbers": _numbers,
    "export": _export,
    "palette": _palette,
    "solo": _solo,
    "settings": _settings,
    "help": _help,
    "close": _close,
    "copy": _copy,
}
