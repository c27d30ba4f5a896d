"""How the canvas draws: pictures where they belong, the divider, the values of large pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen

from rtseg.viewer.viewport import Box, Viewport

NUMBERED_SCALE = 44.0
"""Physical pixels to a picture's pixel from which there is room for its value."""

BACKGROUND = QColor(18, 18, 20)
LIGHT = QColor(255, 255, 255, 220)


def borrowed(image: NDArray[np.uint8]) -> QImage:
    """(h, w, 4) B G R X, without a copy: the array must outlive what is returned."""
    height, width, _ = image.shape
    memory: Any = image.data
    return QImage(memory, width, height, 4 * width, QImage.Format.Format_RGB32)


def paint_image(painter: QPainter, image: QImage, place: Box) -> None:
    """Pixel on pixel where it has the place's size, which is all but free; else stretched."""
    if (image.width(), image.height()) == (place.width, place.height):
        painter.drawImage(place.left, place.top, image)
    else:
        painter.drawImage(_rect(place), image)


def paint_divider(painter: QPainter, x: float, *, height: int, ratio: float) -> None:
    """A line with a grip. ratio: physical pixels to a logical one."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(LIGHT, 2 * ratio))
    painter.drawLine(QPointF(x, 0), QPointF(x, height))
    painter.setBrush(BACKGROUND)
    radius = 9 * ratio
    painter.drawEllipse(QPointF(x, height / 2), radius, radius)
    for side in (-1, 1):
        tip = QPointF(x + side * radius * 0.6, height / 2)
        for up in (-1, 1):
            painter.drawLine(tip, tip + QPointF(-side, up) * (radius * 0.35))


def paint_values(painter: QPainter, picture: NDArray[np.uint8], viewport: Viewport) -> None:
    """R, G and B in every visible pixel, dark on light ones."""
    crop = viewport.patch().crop
    font = painter.font()
    font.setPixelSize(max(7, int(viewport.scale / 5)))
    painter.setFont(font)
    for y in range(crop.top, crop.bottom):
        for x in range(crop.left, crop.right):
            red, green, blue = map(int, picture[y, x])
            light = 0.299 * red + 0.587 * green + 0.114 * blue > 128
            painter.setPen(Qt.GlobalColor.black if light else Qt.GlobalColor.white)
            place = _rect(viewport.placed(Box(x, y, x + 1, y + 1)))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{red}\n{green}\n{blue}")


def _rect(box: Box) -> QRectF:
    return QRectF(box.left, box.top, box.width, box.height)
