"""The panels around the picture: where they are, which are seen, and where the keyboard is."""

from __future__ import annotations

from collections.abc import Iterator

from qtpy.QtCore import QByteArray, QSize, Qt
from qtpy.QtGui import QFont
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QScrollArea, QWidget

LAYOUT = 1
"""Of what ``save`` gives: another number makes an older one count for nothing."""

WIDTH_IN_LETTERS, HEIGHT_IN_LINES = 58, 22
"""Of the numbers and the panels below them, where there is room."""

LEAST_LETTERS, LEAST_LINES = 48, 4
"""Narrower, a panel's words are cut off; less high, it is all scroll bar."""


class Docks:
    """By name, in their order. Plots lie below the picture and are hidden until asked for."""

    def __init__(
        self, window: QMainWindow, panels: dict[str, tuple[str, QWidget]], *, plots: QDockWidget
    ) -> None:
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        for name, (title, panel) in panels.items():
            dock = QDockWidget(title, window)
            dock.setWidget(_Scrolled(panel))
            self._add(name, dock, Qt.DockWidgetArea.RightDockWidgetArea)
        _, front, *behind = self._docks.values()
        for dock in behind:
            window.tabifyDockWidget(front, dock)
        front.raise_()
        self._add("plots", plots, Qt.DockWidgetArea.BottomDockWidgetArea)
        plots.hide()
        self._first = self.save()

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def __iter__(self) -> Iterator[QDockWidget]:
        return iter(self._docks.values())

    def save(self) -> QByteArray:
        return self._window.saveState(LAYOUT)

    def restore(self, layout: object) -> None:
        """What ``save`` gave, in this run or an earlier one; anything else leaves all as it is."""
        if not isinstance(layout, QByteArray) or not self._window.restoreState(layout, LAYOUT):
            self.widen()

    def reset(self) -> None:
        """Every panel where it was at the first start."""
        self._window.restoreState(self._first, LAYOUT)
        self.widen()

    def widen(self) -> None:
        """To what their words need, in the size of text that was chosen."""
        letters = self._window.fontMetrics().averageCharWidth() * WIDTH_IN_LETTERS
        width = min(letters, self._window.width() // 2)
        height = self._window.fontMetrics().height() * HEIGHT_IN_LINES
        height = min(height, self._window.height() // 2)
        self._window.resizeDocks([self["numbers"]], [width], Qt.Orientation.Horizontal)
        self._window.resizeDocks([self["numbers"]], [height], Qt.Orientation.Vertical)

    def set_font(self, font: QFont) -> None:
        """Titles would keep the size that text had when they were made."""
        for dock in self:
            dock.setFont(font)

    def show_all(self, shown: bool) -> None:
        for name, dock in self._docks.items():
            if name != "plots" or not shown:
                dock.setVisible(shown)

    def focus_next(self, first: QWidget) -> None:
        """The keyboard goes from ``first`` through the panels that are seen, and back."""
        panels = [dock.widget() for dock in self if dock.isVisible()]
        places = [first, *(each for each in panels if each is not None)]
        focus = QApplication.focusWidget()
        here = [n for n, each in enumerate(places) if each is focus or each.isAncestorOf(focus)]
        place = places[((here or [-1])[0] + 1) % len(places)]
        dock = place.parentWidget()
        if place is first or dock is None:
            first.setFocus()
            return
        dock.raise_()
        takers = (each for each in [place, *place.findChildren(QWidget)] if _takes_focus(each))
        next(takers, first).setFocus(Qt.FocusReason.TabFocusReason)

    def _add(self, name: str, dock: QDockWidget, area: Qt.DockWidgetArea) -> None:
        dock.setObjectName(name)
        self._window.addDockWidget(area, dock)
        self._docks[name] = dock


class _Scrolled(QScrollArea):
    """A low window shows a part of the panel; without this, it could not become low."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(panel)

    def sizeHint(self) -> QSize:
        """What Qt would like of a scroll area is less than the words need."""
        return self._size(WIDTH_IN_LETTERS, HEIGHT_IN_LINES)

    def minimumSizeHint(self) -> QSize:
        return self._size(LEAST_LETTERS, LEAST_LINES)

    def _size(self, letters: int, lines: int) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * letters, metrics.height() * lines)


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled()
