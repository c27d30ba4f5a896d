"""The picture: as large as fits, zoomed and panned by hand, with what is under the pointer."""

from __future__ import annotations

import time
from collections.abc import Iterator

from qtpy.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from qtpy.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from qtpy.QtWidgets import QSizePolicy, QWidget

from rtseg.stats import Meter
from rtseg.viewer.dropping import reference_in
from rtseg.viewer.language import tr
from rtseg.viewer.legend_painter import paint_legend
from rtseg.viewer.picture_painter import (
    BACKGROUND,
    LIGHT,
    NUMBERED_SCALE,
    borrowed,
    paint_divider,
    paint_image,
    paint_values,
)
from rtseg.viewer.renderer import Painted
from rtseg.viewer.spot import spot_at
from rtseg.viewer.viewport import Viewport

GAP = 2
"""Physical pixels between two panes."""

GRIP = 12
"""Distance from the divider, in logical pixels, at which a hand takes hold of it."""


class Canvas(QWidget):
    """Shows what a renderer painted; says by ``moved`` what should be painted instead.

    Until that comes, the old pictures are stretched to where they belong.
    """

    moved = Signal()
    pointed = Signal(object)
    """A ``Spot``, or None."""
    dropped = Signal(str)
    divided = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.displayed = Meter()
        self.wanted_scale: float | None = None
        self.centre: tuple[float, float] | None = None
        self._painted: Painted | None = None
        self._images: list[QImage] = []
        self._panes, self._legend = 1, False
        self._divider: float | None = None
        self._pointer: QPointF | None = None
        self._held: QPointF | None = None
        self._holds_divider, self._last_number, self._words = False, -1, ""
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(32, 24)
        self.setAccessibleName(tr("Picture"))

    @property
    def pane(self) -> tuple[int, int]:
        """(height, width) of one pane in physical pixels."""
        ratio = self.devicePixelRatioF()
        width = round(self.width() * ratio) - GAP * (self._panes - 1)
        return max(1, round(self.height() * ratio)), max(1, width // self._panes)

    @property
    def painted(self) -> Painted | None:
        return self._painted

    def set_panes(self, panes: int) -> None:
        if panes != self._panes:
            self._panes = panes
            self.moved.emit()

    def set_divider(self, divider: float | None) -> None:
        """A share of the width; None where there is none."""
        self._divider = divider
        self.update()

    def set_legend(self, shown: bool) -> None:
        self._legend = shown
        self.update()

    def show_painted(self, painted: Painted) -> None:
        """Only kept: Qt paints when the screen is ready, the newest if many came."""
        self._painted = painted
        # The array must outlive its QImage, which borrows its memory: Painted holds it.
        self._images = [borrowed(image) for image in painted.images]
        self.update()
        self._point()

    def clear(self) -> None:
        self._painted, self._images, self._last_number = None, [], -1
        self.wanted_scale = self.centre = None
        self.update()

    def say(self, words: str) -> None:
        """Where no picture is shown."""
        self._words = words
        self.update()

    def viewport(self) -> Viewport | None:
        if self._painted is None:
            return None
        height, width = self._painted.shot.segmentation.frame.size
        return Viewport((height, width), self.pane, self.wanted_scale, self.centre)

    def zoom(self, factor: float, x: float | None = None, y: float | None = None) -> None:
        """About a point of the pane in physical pixels; None: about its middle."""
        viewport, (height, width) = self.viewport(), self.pane
        if viewport is not None:
            about = width / 2 if x is None else x, height / 2 if y is None else y
            self._move(viewport.zoomed(factor, *about))

    def pan(self, dx: float, dy: float) -> None:
        """By physical pixels."""
        viewport = self.viewport()
        if viewport is not None:
            self._move(viewport.panned(dx, dy))

    def fit(self) -> None:
        self.wanted_scale = self.centre = None
        self.update()
        self.moved.emit()

    def show_pixels(self) -> None:
        """One picture pixel on one of the screen."""
        viewport = self.viewport()
        if viewport is not None:
            self.zoom(1 / viewport.scale)

    def _move(self, viewport: Viewport) -> None:
        self.wanted_scale, self.centre = viewport.wanted_scale, viewport.centre
        self.update()
        self.moved.emit()
        self._point()

    def _pane_lefts(self) -> Iterator[int]:
        """In physical pixels."""
        _, width = self.pane
        for pane in range(self._panes):
            yield pane * (width + GAP)

    def _in_pane(self, point: QPointF) -> tuple[float, float]:
        """The same point in physical pixels of the pane that it is in."""
        ratio = self.devicePixelRatioF()
        x, y = point.x() * ratio, point.y() * ratio
        left = max((each for each in self._pane_lefts() if each <= x), default=0)
        return x - left, y

    def _point(self) -> None:
        viewport, spot = self.viewport(), None
        if viewport is not None and self._painted is not None and self._pointer is not None:
            pixel = viewport.pixel(*self._in_pane(self._pointer))
            if pixel is not None:
                spot = spot_at(self._painted.shot, *pixel)
        self.pointed.emit(spot)

    # What Qt calls.

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), BACKGROUND)
        if self._painted is None:
            self._paint_words(painter)
        else:
            self._paint_picture(painter, self._painted)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        painter.setPen(LIGHT)
        box = QRectF(self.rect()).adjusted(12, 12, -12, -12)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(box, int(flags), self._words)

    def _paint_picture(self, painter: QPainter, painted: Painted) -> None:
        ratio = self.devicePixelRatioF()
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        self._paint_panes(painter)
        painter.restore()
        if self._legend:
            labels = painted.request.appearance.palette(painted.shot.label_set)
            paint_legend(painter, labels, painted.shares, height=self.height())
        if painted.shot.number != self._last_number:
            self._last_number = painted.shot.number
            self.displayed.mark(time.monotonic_ns())

    def _paint_panes(self, painter: QPainter) -> None:
        viewport, painted = self.viewport(), self._painted
        if viewport is None or painted is None:
            return
        place = viewport.placed(painted.patch.crop)
        height, width = self.pane
        images = self._images if len(self._images) >= self._panes else self._images * self._panes
        for left, image in zip(self._pane_lefts(), images, strict=False):
            painter.save()
            painter.setClipRect(QRect(left, 0, width, height))
            painter.translate(left, 0)
            paint_image(painter, image, place)
            if viewport.scale >= NUMBERED_SCALE:
                paint_values(painter, painted.shot.segmentation.frame.picture, viewport)
            painter.restore()
        if self._divider is not None and painted.shot.other is not None:
            x = place.left + self._divider * place.width
            paint_divider(painter, x, height=height, ratio=self.devicePixelRatioF())

    def _divider_x(self) -> float | None:
        """In logical pixels."""
        viewport = self.viewport()
        if self._divider is None or viewport is None or self._painted is None:
            return None
        place = viewport.placed(self._painted.patch.crop)
        return (place.left + self._divider * place.width) / self.devicePixelRatioF()

    def _divide_at(self, x: float) -> None:
        viewport = self.viewport()
        if viewport is None or self._painted is None:
            return
        place = viewport.placed(self._painted.patch.crop)
        share = (x * self.devicePixelRatioF() - place.left) / place.width
        self.divided.emit(min(max(share, 0.0), 1.0))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.moved.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None and event.angleDelta().y():
            self.zoom(1.25 ** (event.angleDelta().y() / 120), *self._in_pane(event.position()))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._held = event.position()
        divider = self._divider_x()
        self._holds_divider = divider is not None and (
            self.wanted_scale is None or abs(divider - self._held.x()) <= GRIP
        )

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        self._pointer = event.position()
        divider = self._divider_x()
        near = divider is not None and abs(divider - self._pointer.x()) <= GRIP
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.CrossCursor)
        if self._held is None:
            self._point()
        elif self._holds_divider:
            self._divide_at(self._pointer.x())
        else:
            way = (self._pointer - self._held) * self.devicePixelRatioF()
            self._held = self._pointer
            self.pan(way.x(), way.y())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        self._held, self._holds_divider = None, False

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        viewport = self.viewport()
        if event is None or viewport is None:
            return
        if self.wanted_scale is None:
            self.zoom(1 / viewport.scale, *self._in_pane(event.position()))
        else:
            self.fit()

    def leaveEvent(self, event: QEvent | None) -> None:
        self._pointer = None
        self._point()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and reference_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        reference = reference_in(event.mimeData()) if event is not None else ""
        if event is not None and reference:
            event.acceptProposedAction()
            self.dropped.emit(reference)
