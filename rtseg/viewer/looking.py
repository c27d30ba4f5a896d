"""From a shot to the screen: what is asked of the renderer, and what is made of its answer."""

from __future__ import annotations

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QLabel, QWidget

from rtseg.labels import LabelSet
from rtseg.viewer.actions import Actions
from rtseg.viewer.canvas import Canvas
from rtseg.viewer.class_table import ClassTable
from rtseg.viewer.composition import SCORED, pane_count
from rtseg.viewer.look_panel import LookPanel
from rtseg.viewer.look_state import LookState
from rtseg.viewer.player import Player
from rtseg.viewer.renderer import Request
from rtseg.viewer.spot import Spot

PAN_SHARE = 0.1
"""Of the pane, for a key that moves the picture."""

CLASS_KEYS = 9


class Looking(QObject):
    """shown: a ``Painted`` that has just come to the canvas."""

    shown = Signal(object)

    def __init__(self, player: Player, canvas: Canvas, look: LookState, *, parent: QWidget) -> None:
        super().__init__(parent)
        self._player, self._canvas, self._look = player, canvas, look
        self.panel = LookPanel(look)
        self.spot = QLabel()
        self._compared = False
        player.painted.connect(self._show)
        canvas.moved.connect(self._ask)
        canvas.divided.connect(lambda share: look.change(divider=share))
        canvas.pointed.connect(self._tell_spot)
        look.changed.connect(self._follow)
        self._follow()

    def follow_classes(self, table: ClassTable) -> None:
        """The table decides which classes are shown, and how they are coloured."""
        table.model.hidden_changed.connect(lambda hidden: self._look.change(hidden=hidden))
        table.model.labels_changed.connect(self._take_colors)
        for number in range(CLASS_KEYS):
            shortcut = QShortcut(QKeySequence(str(number + 1)), self.parent())
            shortcut.activated.connect(lambda class_id=number: table.toggle(class_id))

    def obey(self, actions: Actions) -> None:
        canvas, look = self._canvas, self._look
        actions.on("cycle", look.cycle)
        actions.on("next_mode", look.next_mode)
        actions.on("less", lambda: look.nudge(-1))
        actions.on("more", lambda: look.nudge(1))
        actions.on_checked("contours", lambda drawn: look.change(contours=drawn))
        actions.on_checked("legend", canvas.set_legend)
        actions.on("zoom_in", lambda: canvas.zoom(1.25))
        actions.on("zoom_out", lambda: canvas.zoom(0.8))
        actions.on("fit", canvas.fit)
        actions.on("pixels", canvas.show_pixels)
        actions.on("pan_left", lambda: self._pan(1, 0))
        actions.on("pan_right", lambda: self._pan(-1, 0))
        actions.on("pan_up", lambda: self._pan(0, 1))
        actions.on("pan_down", lambda: self._pan(0, -1))
        look.changed.connect(lambda: actions.mark("contours", look.appearance.contours))

    def _pan(self, right: int, down: int) -> None:
        """Where there is nothing to move, the divider moves."""
        height, width = self._canvas.pane
        if self._canvas.wanted_scale is None and self._look.appearance.mode == "swipe":
            divider = self._look.appearance.divider - 0.05 * right
            self._look.change(divider=min(max(divider, 0.0), 1.0))
            return
        self._canvas.pan(right * width * PAN_SHARE, down * height * PAN_SHARE)

    def _follow(self) -> None:
        appearance = self._look.appearance
        self._canvas.set_panes(pane_count(appearance.mode))
        self._canvas.set_divider(appearance.divider if appearance.mode == "swipe" else None)
        self._player.change(scores=appearance.mode in SCORED)
        self.panel.set_known(compared=self._compared)
        self._ask()

    def _ask(self) -> None:
        canvas = self._canvas
        self._player.show_as(
            Request(self._look.appearance, canvas.pane, canvas.wanted_scale, canvas.centre)
        )

    def _show(self) -> None:
        failure, self._player.renderer.failure = self._player.renderer.failure, None
        if failure is not None:
            raise failure
        painted = self._player.renderer.take()
        if painted is None:
            return
        self._player.clock(painted.nanos)
        self._canvas.show_painted(painted)
        self.shown.emit(painted)
        compared = painted.shot.other is not None
        if compared != self._compared:
            self._compared = compared
            self.panel.set_known(compared=compared)

    def _tell_spot(self, spot: Spot | None) -> None:
        self.spot.setText("" if spot is None else spot.words())

    def _take_colors(self, labels: LabelSet) -> None:
        colors = dict(zip(labels.names, map(tuple, labels.colors.tolist()), strict=True))
        self._look.change(colors=colors)
