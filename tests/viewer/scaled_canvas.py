"""A canvas on a screen of so many physical pixels to a logical one (``QT_SCALE_FACTOR``): prints
JSON of what is painted, what is under the pointer, and where the divider goes."""

from __future__ import annotations

import json
import sys

import numpy as np
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication
from shots import bands

from rtseg.viewer.canvas import Canvas
from rtseg.viewer.composition import Appearance, compose, pane_count
from rtseg.viewer.renderer import Request, paint

WIDTH, HEIGHT = 260, 160
"""Logical pixels; a picture of 128 x 256 leaves bars of 15 above and below."""


class Scaled:
    def __init__(self, mode: str) -> None:
        self.shot, self.appearance = bands(128, 256, other=True), Appearance(mode)
        self.canvas, self.spots, self.dividers = Canvas(), [], []
        self.canvas.pointed.connect(self.spots.append)
        self.canvas.divided.connect(self.dividers.append)
        self.canvas.resize(WIDTH, HEIGHT)
        self.canvas.set_panes(pane_count(mode))
        self.canvas.set_divider(0.5 if mode == "swipe" else None)
        self.canvas.show()
        self.show()

    def show(self) -> None:
        canvas = self.canvas
        request = Request(self.appearance, canvas.pane, canvas.wanted_scale, canvas.centre)
        canvas.show_painted(paint(self.shot, request))
        QApplication.processEvents()

    def under(self, x: int, y: int) -> list[int] | None:
        self.mouse(QEvent.Type.MouseMove, x, y)
        spot = self.spots[-1]
        return None if spot is None else [spot.x, spot.y, spot.label]

    def mouse(self, kind: QEvent.Type, x: int, y: int) -> None:
        """QTest moves the pointer too, of which a platform without a screen tells another place."""
        point, button = QPointF(x, y), Qt.MouseButton.LeftButton
        keys = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(self.canvas, QMouseEvent(kind, point, point, button, button, keys))

    def is_sharp(self) -> bool:
        """Whether every physical pixel of the picture is the one that was composed for it."""
        painted = self.canvas.painted
        place = painted.patch.place
        image = self.canvas.grab().toImage()
        composed = compose(self.shot, self.appearance, painted.patch)[0]
        rows = range(0, place.height, 7)
        columns = range(0, place.width, 7)
        seen = [
            [image.pixelColor(place.left + x, place.top + y).getRgb()[:3] for x in columns]
            for y in rows
        ]
        return bool((np.array(seen) == composed[::7, ::7]).all())


def whole() -> dict[str, object]:
    scaled = Scaled("overlay")
    saw = {
        "ratio": scaled.canvas.devicePixelRatioF(),
        "pane": scaled.canvas.pane,
        "sharp": scaled.is_sharp(),
        "bands": [scaled.under(16 + 32 * band + 2, 80) for band in range(8)],
        "corners": [scaled.under(8, 20), scaled.under(251, 139), scaled.under(100, 4)],
    }
    scaled.canvas.close()
    return saw


def side() -> dict[str, object]:
    scaled = Scaled("side")
    saw = {"right_pane": scaled.under(130 + 65, 80)}
    scaled.canvas.close()
    return saw


def swipe() -> dict[str, object]:
    scaled = Scaled("swipe")
    scaled.mouse(QEvent.Type.MouseButtonPress, 130, 80)
    scaled.mouse(QEvent.Type.MouseMove, 66, 80)
    scaled.mouse(QEvent.Type.MouseButtonRelease, 66, 80)
    scaled.canvas.close()
    return {"divider": scaled.dividers[-1]}


if __name__ == "__main__":
    application = QApplication(["scaled"])
    sys.stdout.write(json.dumps({**whole(), **side(), **swipe()}) + "\n")
