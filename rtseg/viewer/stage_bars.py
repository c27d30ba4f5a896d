"""Where a frame's time goes: one bar for each stage."""

from __future__ import annotations

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from rtseg.viewer import theme
from rtseg.viewer.language import number, tr
from rtseg.viewer.verdict import in_order, stage_name


class StageBars(QWidget):
    """Bars share one scale, on which a line marks the time between two frames: a stage that
    crosses it cannot keep up. Stages run side by side, so the bars do not add up to the latency.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages: dict[str, float] = {}
        self._interval_millis = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Time per stage"))
        self.setToolTip(
            tr("Median time of a frame in each stage. The line is the time between two frames.")
        )

    def show_stages(self, stages: dict[str, float], *, wanted_fps: float) -> None:
        """Milliseconds by stage; wanted_fps 0 draws no line."""
        if len(stages) != len(self._stages):
            self.updateGeometry()
        self._stages = in_order(stages)
        self._interval_millis = 1000 / wanted_fps if wanted_fps else 0.0
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = self._name_width() + self._value_width() + 10 * metrics.averageCharWidth()
        return QSize(width, max(1, len(self._stages)) * self._row_height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme.of(self)
        gap = theme.space(self, 2)
        name_width, value_width = self._name_width(), self._value_width()
        left = name_width + gap
        room = self.width() - left - value_width - gap
        scale = max([self._interval_millis, *self._stages.values(), 1e-6])
        row = self._row_height()
        for line, (stage, millis) in enumerate(self._stages.items()):
            top = line * row
            painter.setPen(QColor(colors.muted))
            name = QRectF(0, top, name_width, row)
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, stage_name(stage))
            late = 0 < self._interval_millis < millis
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.raised))
            painter.drawRoundedRect(QRectF(left, top + row * 0.3, room, row * 0.4), 2, 2)
            painter.setBrush(QColor(colors.bad if late else colors.accent))
            bar = QRectF(left, top + row * 0.3, max(2.0, room * millis / scale), row * 0.4)
            painter.drawRoundedRect(bar, 2, 2)
            painter.setPen(QColor(colors.text))
            value = QRectF(left + room, top, value_width + gap, row)
            painter.drawText(value, theme.ALIGN_RIGHT, f"{number(millis, 1)} ms")
        if self._interval_millis and self._stages:
            x = left + room * self._interval_millis / scale
            painter.setPen(QPen(QColor(colors.text), 1.5, Qt.PenStyle.DotLine))
            painter.drawLine(round(x), 0, round(x), len(self._stages) * row)

    def _row_height(self) -> int:
        return self.fontMetrics().height() + theme.space(self, 1)

    def _name_width(self) -> int:
        metrics = self.fontMetrics()
        names = [metrics.horizontalAdvance(stage_name(each)) for each in self._stages]
        return max(names, default=0)

    def _value_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(f"{number(8888.8, 1)} ms")
