"""Qt's Fusion, with marks and icons that grow with the text and tick boxes that show when dark."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QFontMetrics, QPainter, QPalette, QPen, QPolygonF
from qtpy.QtWidgets import QApplication, QDockWidget, QProxyStyle, QStyle, QStyleOption, QWidget

Primitive = QStyle.PrimitiveElement
Control = QStyle.ControlElement
Metric = QStyle.PixelMetric

LINES = {
    Metric.PM_SmallIconSize: 1.2,
    Metric.PM_ButtonIconSize: 1.2,
    Metric.PM_ListViewIconSize: 1.2,
    Metric.PM_ToolBarIconSize: 1.5,
    Metric.PM_IndicatorWidth: 1.0,
    Metric.PM_IndicatorHeight: 1.0,
    Metric.PM_SliderThickness: 1.0,
    Metric.PM_SliderLength: 1.0,
}
"""Sizes in heights of a line of the application's text. Fusion gives them in pixels."""


class Style(QProxyStyle):
    def __init__(self) -> None:
        super().__init__("Fusion")

    def pixelMetric(
        self, metric: Metric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        if metric in LINES:
            return round(LINES[metric] * QFontMetrics(QApplication.font()).height())
        return super().pixelMetric(metric, option, widget)

    def drawPrimitive(  # noqa: PLR0917  Qt calls it so
        self,
        element: Primitive,
        option: QStyleOption | None,
        painter: QPainter | None,
        widget: QWidget | None = None,
    ) -> None:
        ticks = (Primitive.PE_IndicatorCheckBox, Primitive.PE_IndicatorItemViewItemCheck)
        if element in ticks and option is not None and painter is not None:
            _draw_tick_box(option, painter)
        else:
            super().drawPrimitive(element, option, painter, widget)

    def drawControl(  # noqa: PLR0917  Qt calls it so
        self,
        element: Control,
        option: QStyleOption | None,
        painter: QPainter | None,
        widget: QWidget | None = None,
    ) -> None:
        if element == Control.CE_HeaderSection and option is not None and painter is not None:
            painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Window))
            painter.setPen(option.palette.color(QPalette.ColorRole.Mid))
            painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        elif element == Control.CE_DockWidgetTitle and isinstance(widget, QDockWidget):
            assert painter is not None, "Qt paints with one"
            self._draw_title(option, painter, widget)
        else:
            super().drawControl(element, option, painter, widget)

    def _draw_title(
        self, option: QStyleOption | None, painter: QPainter, dock: QDockWidget
    ) -> None:
        """In the dock's own font: Fusion's stays as small as it was at the start."""
        place = self.subElementRect(QStyle.SubElement.SE_DockWidgetTitleBarText, option, dock)
        metrics = QFontMetrics(dock.font())
        title = metrics.elidedText(dock.windowTitle(), Qt.TextElideMode.ElideRight, place.width())
        painter.setFont(dock.font())
        painter.setPen(dock.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)


def _draw_tick_box(option: QStyleOption, painter: QPainter) -> None:
    """The border is in the colour of a quiet text: Fusion's own is lost on a dark ground."""
    palette = option.palette
    enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
    group = QPalette.ColorGroup.Active if enabled else QPalette.ColorGroup.Disabled
    side = min(option.rect.width(), option.rect.height())
    box = QRectF(0, 0, side - 2, side - 2)
    box.moveCenter(QRectF(option.rect).center())
    ticked = bool(option.state & QStyle.StateFlag.State_On)
    half = bool(option.state & QStyle.StateFlag.State_NoChange)
    ground = QPalette.ColorRole.Highlight if ticked or half else QPalette.ColorRole.Base
    border = QPalette.ColorRole.Highlight if ticked or half else QPalette.ColorRole.PlaceholderText
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(palette.color(group, ground))
    painter.setPen(QPen(palette.color(group, border), 1))
    painter.drawRoundedRect(box, side / 6, side / 6)
    pen = QPen(palette.color(group, QPalette.ColorRole.HighlightedText), max(1.5, side / 8))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    if ticked:
        painter.drawPolyline(_within(box, (0.22, 0.52), (0.42, 0.72), (0.78, 0.3)))
    elif half:
        painter.drawPolyline(_within(box, (0.25, 0.5), (0.75, 0.5)))
    painter.restore()


def _within(box: QRectF, *points: tuple[float, float]) -> QPolygonF:
    left, top, side = box.left(), box.top(), box.width()
    return QPolygonF([QPointF(left + x * side, top + y * side) for x, y in points])
