"""Rates, latency and areas over time: the last minute, or the whole run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from rtseg.labels import LabelSet
from rtseg.viewer import theme
from rtseg.viewer.history import LATENCIES, RATES, History, Rows
from rtseg.viewer.language import tr
from rtseg.viewer.time_plot import Line, TimePlot

DRAWN_CLASSES = 12
"""The largest ones that are not hidden: more lines cannot be told apart."""


class Plots(QWidget):
    """Importing this file loads pyqtgraph, some 0.3 seconds: make it when it is first shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rates = TimePlot(tr("Frames per second"), self)
        self._latency = TimePlot(tr("Latency, ms"), self)
        self._areas = TimePlot(tr("Area, %"), self)
        self._labels: LabelSet | None = None
        self._hidden: frozenset[str] = frozenset()
        self._history: History | None = None
        self._drawn = -1
        self._due: list[Callable[[Rows], None]] = []
        self._rates.name_lines(
            (
                Line(tr("Captured"), "muted", "dotted"),
                Line(tr("Processed"), "accent"),
                Line(tr("Displayed"), "warning", "dashed"),
            )
        )
        self._latency.name_lines((Line("p50", "accent"), Line("p99", "warning", "dashed")))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._buttons())
        for plot in (self._rates, self._latency, self._areas):
            layout.addWidget(plot, 1)

    @property
    def whole_run(self) -> bool:
        return self._whole.isChecked()

    def show_history(self, history: History) -> None:
        """Costs next to nothing while there is no new row in it; of a new one, the three plots are
        drawn by three calls, so that none holds up the window for long.
        """
        if history is not self._history:
            self._history, self._drawn = history, history.revision
            self._draw()
            return
        if history.revision != self._drawn:
            self._drawn = history.revision
            self._due = [self._draw_rates, self._draw_latency, self._draw_areas]
        if self._due:
            self._due.pop(0)(self._rows(history))

    def show_classes(self, labels: LabelSet, *, hidden: frozenset[str] = frozenset()) -> None:
        self._labels, self._hidden = labels, hidden
        self._draw()

    def show_whole_run(self, whole: bool) -> None:
        """False: the last minute."""
        (self._whole if whole else self._minute).setChecked(True)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        pad = theme.space(self, 1)
        row.setContentsMargins(pad, pad, pad, pad)
        group = QButtonGroup(self)
        self._minute, self._whole = _choice(tr("Last minute")), _choice(tr("Whole run"))
        for button in (self._minute, self._whole):
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._minute.setChecked(True)
        self._whole.toggled.connect(self._draw)
        return row

    def _draw(self) -> None:
        if self._history is not None:
            rows = self._rows(self._history)
            for draw in (self._draw_rates, self._draw_latency, self._draw_areas):
                draw(rows)

    def _rows(self, history: History) -> Rows:
        return history.whole_run() if self.whole_run else history.last_minute()

    def _draw_rates(self, rows: Rows) -> None:
        self._rates.draw(rows.values["seconds"], [rows.values[name] for name in RATES])

    def _draw_latency(self, rows: Rows) -> None:
        self._latency.draw(rows.values["seconds"], [rows.values[name] for name in LATENCIES])

    def _draw_areas(self, rows: Rows) -> None:
        if self._labels is None or rows.areas.shape[1] != len(self._labels):
            return
        shown = _largest(rows, self._labels, self._hidden)
        colors = [QColor(*self._labels.colors[each].tolist()).name() for each in shown]
        names = [self._labels.names[each] for each in shown]
        self._areas.name_lines(tuple(map(Line, names, colors)))
        self._areas.draw(rows.values["seconds"], [100 * rows.areas[:, each] for each in shown])


def _choice(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setAutoRaise(True)
    return button


def _largest(rows: Rows, labels: LabelSet, hidden: frozenset[str]) -> list[int]:
    """Ids of the classes to draw, in the label set's order, so that headings keep still."""
    total = np.nansum(rows.areas, axis=0)
    total[np.array([name in hidden for name in labels.names], bool)] = 0
    order = np.argsort(-total, kind="stable")[:DRAWN_CLASSES].tolist()
    return sorted(each for each in order if total[each] > 0)
