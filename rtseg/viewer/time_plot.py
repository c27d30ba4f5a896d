"""Some lines over time, named and coloured in a heading that wraps."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from rtseg.viewer import theme
from rtseg.viewer.clock import clock

TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000, 86400)
"""Seconds between two marks of the axis; minutes are not decimal."""

STYLES = {
    "solid": (Qt.PenStyle.SolidLine, "\N{EM DASH}"),
    "dashed": (Qt.PenStyle.DashLine, "\N{EN DASH}\u2009\N{EN DASH}"),
    "dotted": (Qt.PenStyle.DotLine, "\N{MIDDLE DOT}\N{MIDDLE DOT}\N{MIDDLE DOT}"),
}


@dataclass(frozen=True)
class Line:
    """color: ``#rrggbb``, or the name of one of the theme's. style: a key of ``STYLES``."""

    name: str
    color: str
    style: str = "solid"


class TimePlot(QWidget):
    """Lines are drawn in the order in which they are named; the axis is told in h:mm:ss. ``items``
    are pyqtgraph's: those beyond the last line are empty.
    """

    _lines: tuple[Line, ...] = ()
    _made = False

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.items: list[pg.PlotDataItem] = []
        self._heading = QLabel(title, self)
        self._heading.setWordWrap(True)
        self._heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.axis = _ClockAxis(orientation="bottom")
        self._plot = pg.PlotWidget(self, axisItems={"bottom": self.axis})
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setLimits(yMin=0)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setAccessibleName(title)
        layout = QVBoxLayout(self)
        pad = theme.space(self, 1)
        layout.setContentsMargins(pad, pad, pad, 0)
        layout.setSpacing(0)
        layout.addWidget(self._heading)
        layout.addWidget(self._plot, 1)
        self._made = True
        self._dress()

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._lines

    def name_lines(self, lines: tuple[Line, ...]) -> None:
        """Nothing is drawn until ``draw``; the same lines again cost nothing."""
        if lines == self._lines:
            return
        self._lines = lines
        for _ in range(len(lines) - len(self.items)):
            self.items.append(self._plot.plot(connect="finite", autoDownsample=True))
        for item in self.items[len(lines) :]:
            item.setData([], [])
        self._colour()

    def draw(self, seconds: NDArray[np.float64], values: list[NDArray[np.float64]]) -> None:
        """values: (n,) for each line; NaN is a gap."""
        for item, each in zip(self.items, values, strict=False):
            item.setData(seconds, each)

    def _colour(self) -> None:
        colors, marks = theme.of(self), []
        for item, line in zip(self.items, self._lines, strict=False):
            color = theme.legible(QColor(getattr(colors, line.color, line.color)), self)
            style, mark = STYLES[line.style]
            width = max(1, self.fontMetrics().height() // 14)  # Qt paints 1 several times as fast
            item.setPen(pg.mkPen(color, width=width, style=style))
            name = escape(line.name).replace(" ", "&nbsp;")
            marks.append(f"<span style='color:{color.name()}'><b>{mark}</b></span>&nbsp;{name}")
        title = f"<span style='color:{colors.muted}'>{escape(self._title)}</span>"
        self._heading.setText("&nbsp; ".join([title, *marks]))

    def _dress(self) -> None:
        """In the colours and the font of the moment."""
        colors, font = theme.of(self), self.font()
        self._plot.setBackground(colors.window)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setStyle(tickFont=font)
            axis.setPen(colors.line)
            axis.setTextPen(colors.muted)
        self._plot.getAxis("left").setWidth(self.fontMetrics().horizontalAdvance("88888"))
        self._plot.showGrid(y=True, alpha=0.2)
        self._colour()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        changes = (QEvent.Type.FontChange, QEvent.Type.PaletteChange)
        if event is not None and event.type() in changes and self._made:
            self._dress()


class _ClockAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        font = self.style["tickFont"]
        room = 8 * (font.pointSizeF() if font else 9)
        most = max(1.0, size / room)
        step = next((each for each in TICKS if (maxVal - minVal) / each <= most), TICKS[-1])
        return [(step, 0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [clock(value) for value in values]
