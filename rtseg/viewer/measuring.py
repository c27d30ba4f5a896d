"""What is measured, handed to the panels that show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtWidgets import QDockWidget, QFileDialog, QMainWindow

from rtseg.board import find_board
from rtseg.errors import SinkError
from rtseg.labels import CAMVID, LabelSet
from rtseg.viewer.actions import Actions
from rtseg.viewer.class_table import ClassTable
from rtseg.viewer.exports import save_picture, write_classes, write_history
from rtseg.viewer.history import History
from rtseg.viewer.language import tr
from rtseg.viewer.numbers import NumbersPanel
from rtseg.viewer.player import Player
from rtseg.viewer.presence import Presence
from rtseg.viewer.readings import Reading
from rtseg.viewer.renderer import Painted
from rtseg.viewer.timeline import Timeline

if TYPE_CHECKING:
    from rtseg.viewer.plots import Plots

BOARD_TICKS = 4
"""Readings between two of the board's sensors: once a second is enough for heat."""

PLOTS_SHARE = 3
"""Of the window's height, one in so many: what plots would like leaves no picture."""


class Measuring(QObject):
    """said, failed: one line each for the person who exports."""

    said = Signal(str)
    failed = Signal(str)

    def __init__(self, player: Player, *, parent: QMainWindow) -> None:
        super().__init__(parent)
        self._player = player
        self.numbers = NumbersPanel()
        self.classes = ClassTable(CAMVID)
        self.timeline = Timeline()
        self.plots = _PlotsDock(parent)
        self._history = History(len(CAMVID))
        self._presence = Presence(len(CAMVID))
        self._labels: LabelSet = CAMVID
        self._board, self._ticks = find_board(), 0
        self._opened = False
        self._reading: Reading | None = None
        model = self.classes.model
        model.hidden_changed.connect(lambda _: self._recolor())
        model.labels_changed.connect(lambda _: self._recolor())
        self._recolor()

    def obey(self, actions: Actions) -> None:
        actions.on("all_classes", self.classes.show_all)
        actions.on("export_table", self._export_table)
        actions.on("export_plots", self._export_plots)

    def begin(self) -> None:
        """Another source: nothing was measured yet."""
        self._reading = None
        self._history = History(len(self._labels))
        self._presence = Presence(len(self._labels))
        self._opened = False
        self.timeline.set_source(None, seekable=False)

    def take_labels(self, labels: LabelSet) -> None:
        """Other classes cannot go on in the same curves."""
        if labels.names != self._labels.names:
            self._history = History(len(labels))
            self._presence = Presence(len(labels))
            self._labels = labels
            self.classes.set_labels(labels)

    def see(self, painted: Painted) -> None:
        seconds = float(painted.shot.segmentation.frame.pts)
        if len(painted.shares) == self._presence.classes:
            self._presence.add(seconds, painted.shares)

    def read(self, reading: Reading, wanted_fps: float) -> None:
        session = self._player.session
        self._reading = reading
        self.numbers.show_reading(reading, wanted_fps=wanted_fps)
        self.numbers.show_engines(session.engines if session is not None else ())
        self.classes.show_reading(reading)
        if session is not None and session.state == "playing":
            self._history.add(reading)
        self.plots.show_history(self._history)
        if self._board is not None and self._ticks % BOARD_TICKS == 0:
            self.numbers.show_board(self._board.read())
        self._ticks += 1
        self._show_position()

    def _show_position(self) -> None:
        session = self._player.session
        info = session.source_info if session is not None else None
        if session is None or info is None:
            return
        if not self._opened:
            self._opened = True
            seconds = None if info.seconds is None else float(info.seconds)
            self.timeline.set_source(seconds, seekable=info.seekable)
        self.timeline.show_position(session.position_seconds, self._presence)

    def _recolor(self) -> None:
        labels, hidden = self.classes.model.labels, self.classes.model.hidden
        self.timeline.show_classes(labels, hidden=hidden)
        self.plots.show_classes(labels, hidden)

    def _export_table(self) -> None:
        name = self._ask(tr("Export the numbers"), "numbers.csv", "CSV (*.csv)")
        if name:
            self._keep(name, lambda: self._write_tables(Path(name)))

    def _write_tables(self, path: Path) -> None:
        """The history under the name that was asked for, the classes beside it."""
        write_history(path, self._history.whole_run(), self._labels)
        reading = self._reading
        if reading is not None and len(reading.areas) == len(self._labels):
            beside = path.with_name(f"{path.stem}_classes{path.suffix}")
            write_classes(beside, reading, self._labels)

    def _export_plots(self) -> None:
        self.plots.setVisible(True)
        name = self._ask(tr("Export the plots"), "plots.png", "PNG (*.png)")
        widget = self.plots.widget()
        if name and widget is not None:
            self._keep(name, lambda: save_picture(Path(name), widget))

    def _ask(self, title: str, name: str, kind: str) -> str:
        chosen, _ = QFileDialog.getSaveFileName(self.numbers, title, name, kind)
        return chosen

    def _keep(self, name: str, write: Callable[[], None]) -> None:
        try:
            write()
        except SinkError as error:
            self.failed.emit(str(error))
        else:
            self.said.emit(tr("Saved {names}").format(names=name))


class _PlotsDock(QDockWidget):
    """Makes its plots when it is first seen: loading pyqtgraph would delay the first picture."""

    def __init__(self, parent: QMainWindow) -> None:
        super().__init__(tr("Plots"), parent)
        self._window = parent
        self._plots: Plots | None = None
        self._labels: LabelSet = CAMVID
        self._hidden: frozenset[str] = frozenset()
        self.visibilityChanged.connect(self._make)

    def show_history(self, history: History) -> None:
        if self._plots is not None and self.isVisible():
            self._plots.show_history(history)

    def show_classes(self, labels: LabelSet, hidden: frozenset[str]) -> None:
        self._labels, self._hidden = labels, hidden
        if self._plots is not None:
            self._plots.show_classes(labels, hidden=hidden)

    def _make(self, visible: bool) -> None:
        if not visible or self._plots is not None:
            return
        from rtseg.viewer.plots import Plots

        plots = Plots(self)
        plots.show_classes(self._labels, hidden=self._hidden)
        self._plots = plots
        self.setWidget(plots)
        height = self._window.height() // PLOTS_SHARE
        self._window.resizeDocks([self], [height], Qt.Orientation.Vertical)
