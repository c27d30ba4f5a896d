"""The bar below the picture: play, step, where it is, how fast."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from rtseg.viewer import theme
from rtseg.viewer.actions import Actions
from rtseg.viewer.clock import clock
from rtseg.viewer.language import number, tr

SPEEDS: tuple[float | None, ...] = (0.25, 0.5, 1.0, 2.0, 4.0, None)
"""None: as fast as it goes."""

BUTTONS = ("step_back", "play", "step_forward", "loop")


class Transport(QWidget):
    speed_chosen = Signal(object)

    def __init__(
        self, actions: Actions, *, timeline: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._buttons: list[QToolButton] = []
        self._time = QLabel(self)
        self._time.setAccessibleName(tr("Position"))
        self._time.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.speed = QComboBox(self)
        for speed in SPEEDS:
            name = tr("max") if speed is None else f"{number(speed, 0 if speed >= 1 else 2)}x"
            self.speed.addItem(name)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.setToolTip(tr("Speed (J slower, K faster)"))
        self.speed.setAccessibleName(tr("Speed"))
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed.currentIndexChanged.connect(lambda row: self.speed_chosen.emit(SPEEDS[row]))
        layout = QHBoxLayout(self)
        pad = theme.space(self, 1)
        layout.setContentsMargins(2 * pad, pad, 2 * pad, pad)
        layout.setSpacing(pad)
        for name in BUTTONS:
            layout.addWidget(self._button(actions, name))
        layout.addWidget(timeline, 1)
        layout.addWidget(self._time)
        layout.addWidget(self.speed)
        for name in ("screenshot", "record", "full_screen"):
            layout.addWidget(self._button(actions, name))
        self._fit_icons()

    def show_time(self, seconds: float, duration: float | None) -> None:
        total = f" / {clock(duration)}" if duration is not None else ""
        text = clock(seconds) + total
        if text != self._time.text():
            self._time.setText(text)

    def nudge_speed(self, steps: int) -> None:
        row = min(max(self.speed.currentIndex() + steps, 0), len(SPEEDS) - 1)
        self.speed.setCurrentIndex(row)

    def _button(self, actions: Actions, name: str) -> QToolButton:
        """Keeps off the keyboard's focus when clicked: the picture's keys go on working."""
        button = QToolButton(self)
        button.setDefaultAction(actions[name])
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons.append(button)
        return button

    def _fit_icons(self) -> None:
        side = round(self.fontMetrics().height() * 1.2)
        for button in self._buttons:
            button.setIconSize(QSize(side, side))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit_icons()
