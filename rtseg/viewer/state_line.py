"""How the run is doing, in words, with a mark whose shape says the same as its colour."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from rtseg.viewer import theme
from rtseg.viewer.language import tr
from rtseg.viewer.verdict import Level, Verdict


class StateLine(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = _Mark(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space(self, 2))
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)
        self.setAccessibleName(tr("State"))
        self.show_verdict(Verdict("idle", tr("Nothing is open")))

    def show_verdict(self, verdict: Verdict) -> None:
        if verdict.text != self._text.text():
            self._text.setText(verdict.text)
            self._text.setToolTip(verdict.text)
            self.setAccessibleDescription(verdict.text)
        self._mark.show_level(verdict.level)


class _Mark(QWidget):
    """A disc while all is well, a triangle for a warning, a square for trouble, a ring for idle."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._level: Level = "idle"

    def show_level(self, level: Level) -> None:
        if level != self._level:
            self._level = level
            self.update()

    def sizeHint(self) -> QSize:
        height = self.fontMetrics().height()
        return QSize(height, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme.of(self)
        color = {
            "good": colors.good,
            "warning": colors.warning,
            "bad": colors.bad,
            "idle": colors.muted,
        }[self._level]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        side = min(self.width(), self.height()) * 0.7
        box = QRectF(0, 0, side, side)
        box.moveCenter(QPointF(self.width() / 2, self.height() / 2))
        if self._level == "good":
            painter.drawEllipse(box)
        elif self._level == "warning":
            top = QPointF(box.center().x(), box.top())
            painter.drawPolygon(QPolygonF([top, box.bottomRight(), box.bottomLeft()]))
        elif self._level == "bad":
            painter.drawRect(box)
        else:
            painter.setPen(QColor(color))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(box.adjusted(1, 1, -1, -1))
