"""Every icon, drawn by code in the colour of the text beside it: sharp at any size and scale."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import (
    QColor,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
)
from qtpy.QtWidgets import QApplication

from rtseg.viewer.icon_shapes import GRID, ICONS, Shape


def icon(name: str) -> QIcon:
    """Paints itself in the application's palette of the moment. KeyError for an unknown name."""
    return QIcon(_Engine(ICONS[name], name))


class _Engine(QIconEngine):
    """Keeps no pixmap: a change of theme or of screen needs no telling."""

    def __init__(self, draw: Callable[[Shape], None], name: str) -> None:
        super().__init__()
        self._draw, self._name = draw, name
        self._shape = Shape()
        draw(self._shape)

    def clone(self) -> QIconEngine:
        return _Engine(self._draw, self._name)

    def paint(  # noqa: PLR0917  Qt calls it so
        self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        assert painter is not None
        color = _color(self._name, mode, state)
        side = min(rect.width(), rect.height())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(
            rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2
        )
        painter.scale(side / GRID, side / GRID)
        painter.fillPath(self._shape.fills, color)
        cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(color, 2, Qt.PenStyle.SolidLine, cap, join))
        painter.drawPath(self._shape.strokes)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return pixmap


def _color(name: str, mode: QIcon.Mode, state: QIcon.State) -> QColor:
    palette = QApplication.palette()
    if mode == QIcon.Mode.Disabled:
        return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
    if name == "record":
        return palette.color(QPalette.ColorRole.BrightText)
    if state == QIcon.State.On:
        return palette.color(QPalette.ColorRole.Link)
    return palette.color(QPalette.ColorRole.ButtonText)
