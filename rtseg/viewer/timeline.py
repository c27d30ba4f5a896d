"""Where in the source we are, and when which class was to be seen: click, drag or use the keys."""

from __future__ import annotations

import time

from qtpy.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from rtseg.labels import LabelSet
from rtseg.viewer import theme
from rtseg.viewer.clock import clock
from rtseg.viewer.language import number, tr
from rtseg.viewer.presence import Presence
from rtseg.viewer.presence_strips import PresenceStrips

STEP_SECONDS = 5
LANDING_SECONDS = 1.0
"""So long after a seek, positions from before it are not shown."""

DRAG_SECONDS = 0.1
"""Between two seeks of one drag."""


class Timeline(QAbstractSlider):
    """Its value is the position in milliseconds. Of an unknown duration, what was played so far
    is the whole.
    """

    sought = Signal(float)
    """The user wants to be at so many seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration: float | None = None
        self._presence = Presence(0)
        self._strips = PresenceStrips()
        self._sought_at = self._emitted_at = 0.0
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setSingleStep(1000 * STEP_SECONDS)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Timeline"))
        self.actionTriggered.connect(self._act)

    def set_source(self, duration_seconds: float | None, *, seekable: bool) -> None:
        """Another source, at its beginning. None: nobody knows how long it is."""
        self._duration = duration_seconds
        self._sought_at = 0.0
        self.setEnabled(seekable)
        self.setRange(0, round(1000 * (duration_seconds or 0.0)))
        self.setPageStep(max(1000 * STEP_SECONDS, self.maximum() // 10))
        self.setValue(0)
        self.update()

    def show_classes(self, labels: LabelSet, *, hidden: frozenset[str] = frozenset()) -> None:
        """How the strips are coloured, and which are left out."""
        self._strips.show_classes(labels, hidden)
        self.update()

    def show_position(self, seconds: float, presence: Presence) -> None:
        """presence: of the classes that ``show_classes`` was told of."""
        self._presence = presence
        if self._strips.show_presence(presence):
            self.update()
        millis = round(1000 * seconds)
        if self._duration is None or millis > self.maximum():
            self.setMaximum(max(millis, round(1000 * presence.end_seconds)))
        if self.isSliderDown() or self._is_landing(millis):
            return
        if millis != self.value():
            self.setValue(millis)

    def _is_landing(self, millis: int) -> bool:
        if time.monotonic() - self._sought_at > LANDING_SECONDS:
            return False
        landed = abs(millis - self.sliderPosition()) < 1000 * LANDING_SECONDS
        if landed:
            self._sought_at = 0.0
        return not landed

    def _act(self, action: int) -> None:
        """Keys and the wheel; the new position is not the value yet."""
        if QAbstractSlider.SliderAction(action) != QAbstractSlider.SliderAction.SliderMove:
            self._seek()

    def _seek(self) -> None:
        self._sought_at = self._emitted_at = time.monotonic()
        self.sought.emit(self.sliderPosition() / 1000)

    def _track(self) -> QRect:
        return self.rect().adjusted(1, 1, -1, -1)

    def _x_of(self, millis: float) -> float:
        track = self._track()
        return track.left() + track.width() * millis / max(1, self.maximum())

    def _millis_at(self, x: float) -> int:
        track = self._track()
        share = (x - track.left()) / max(1, track.width())
        return round(self.maximum() * min(1.0, max(0.0, share)))

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(20 * line, 3 * line)

    def minimumSizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(4 * line, 2 * line)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        colors, track = theme.of(self), self._track()
        painter.fillRect(track, QColor(colors.raised))
        right = self._x_of(1000 * self._presence.end_seconds)
        self._strips.paint(
            painter, QRectF(track.left(), track.top(), right - track.left(), track.height())
        )
        self._paint_playhead(painter, track, colors)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colors.accent), 2))
            painter.drawRect(track)

    def _paint_playhead(self, painter: QPainter, track: QRect, colors: theme.Theme) -> None:
        x = round(self._x_of(self.sliderPosition()))
        half = max(1, theme.space(self, 1) // 3)
        painter.fillRect(
            x - half - 1, track.top(), 2 * half + 2, track.height(), QColor(colors.base)
        )
        painter.fillRect(x - half, track.top(), 2 * half, track.height(), QColor(colors.text))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self._millis_at(event.position().x()))
            self._seek()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        at = self._millis_at(event.position().x())
        self._tell(event.globalPosition().toPoint(), at)
        if self.isSliderDown():
            self.setSliderPosition(at)
            self.update()
            if time.monotonic() - self._emitted_at > DRAG_SECONDS:
                self._seek()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self.isSliderDown():
            self.setSliderPosition(self._millis_at(event.position().x()))
            self.setSliderDown(False)
            self._seek()

    def _tell(self, where: QPoint, millis: int) -> None:
        """The time under the mouse, and the largest classes of it."""
        shares = self._presence.at(millis / 1000)
        lines = [clock(millis / 1000)]
        if shares is not None:
            lines += [
                f"{name}  {number(100 * shares[class_id], 1)} %"
                for class_id, name in self._strips.largest(shares)
            ]
        QToolTip.showText(where, "\n".join(lines), self)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
