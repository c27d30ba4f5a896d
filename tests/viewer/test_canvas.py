"""The picture under mouse and keys."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent, QImage, QWheelEvent
from shots import bands

from rtseg.viewer.canvas import Canvas
from rtseg.viewer.composition import Appearance, compose_whole, pane_count
from rtseg.viewer.renderer import Request, paint


class Shown:
    """A canvas that gets what it asks for at once."""

    def __init__(self, qtbot, shot, appearance, *, size=(256, 128)):
        self.shot, self.appearance = shot, appearance
        self.canvas = Canvas()
        qtbot.addWidget(self.canvas)
        self.canvas.resize(*size)
        self.canvas.set_panes(pane_count(appearance.mode))
        self.canvas.moved.connect(self.answer)
        with qtbot.waitExposed(self.canvas):
            self.canvas.show()
        self.answer()

    def answer(self):
        canvas = self.canvas
        request = Request(self.appearance, canvas.pane, canvas.wanted_scale, canvas.centre)
        self.canvas.show_painted(paint(self.shot, request))

    def pixels(self):
        image = self.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        height, width, stride = image.height(), image.width(), image.bytesPerLine()
        bits = image.constBits()
        if hasattr(bits, "setsize"):
            bits.setsize(height * stride)
        flat = np.frombuffer(bits, np.uint8).reshape(height, stride)
        return flat[:, : 3 * width].reshape(height, width, 3).copy()


def wheel(canvas, x, y, steps):
    canvas.wheelEvent(
        QWheelEvent(
            QPointF(x, y),
            QPointF(x, y),
            QPoint(0, 0),
            QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
    )


def test_the_screen_shows_the_very_pixels_that_were_composed(qtbot):
    shot = bands(128, 256)
    shown = Shown(qtbot, shot, Appearance("overlay"))
    np.testing.assert_array_equal(shown.pixels(), compose_whole(shot, Appearance("overlay")))


def test_bars_keep_the_aspect_of_a_narrow_picture(qtbot):
    shown = Shown(qtbot, bands(128, 64), Appearance("mask"))
    pixels = shown.pixels()
    assert (pixels[:, :96] == (18, 18, 20)).all()
    assert (pixels[:, 160:] == (18, 18, 20)).all()
    assert not (pixels[:, 96:160] == (18, 18, 20)).all(axis=2).any()


def test_the_wheel_zooms_about_the_pointer(qtbot):
    shown = Shown(qtbot, bands(128, 256), Appearance("mask"))
    before = shown.canvas.viewport().point(200, 100)
    wheel(shown.canvas, 200, 100, 6)
    assert shown.canvas.viewport().scale == pytest.approx(1.25**6)
    assert shown.canvas.viewport().point(200, 100) == pytest.approx(before)


def test_the_spot_names_pixel_and_class(qtbot):
    shown, spots = Shown(qtbot, bands(128, 256), Appearance("mask")), []
    shown.canvas.pointed.connect(spots.append)
    qtbot.mouseMove(shown.canvas, QPoint(1, 1))
    qtbot.mouseMove(shown.canvas, QPoint(100, 30))
    qtbot.waitUntil(lambda: spots and spots[-1] is not None and spots[-1].x == 100)
    # 256 columns hold eight classes: column 100 is the fourth, "road".
    assert spots[-1].words() == "100, 30   #641e5a   road"


def test_dragging_moves_the_picture_and_a_double_click_fits_it(qtbot):
    shown = Shown(qtbot, bands(128, 256), Appearance("mask"))
    shown.canvas.zoom(4.0)
    left, top = shown.canvas.viewport().origin
    qtbot.mousePress(shown.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    qtbot.mouseMove(shown.canvas, QPoint(130, 50))
    qtbot.mouseRelease(shown.canvas, Qt.MouseButton.LeftButton, pos=QPoint(130, 50))
    assert shown.canvas.viewport().origin == pytest.approx((left + 30, top - 10))
    qtbot.mouseDClick(shown.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    assert shown.canvas.wanted_scale is None


def test_the_divider_follows_the_hand(qtbot):
    shown = Shown(qtbot, bands(128, 256, other=True), Appearance("swipe"))
    shown.canvas.set_divider(0.5)
    shares = []
    shown.canvas.divided.connect(shares.append)
    qtbot.mousePress(shown.canvas, Qt.MouseButton.LeftButton, pos=QPoint(128, 60))
    qtbot.mouseMove(shown.canvas, QPoint(64, 60))
    qtbot.mouseMove(shown.canvas, QPoint(-40, 60))
    qtbot.mouseRelease(shown.canvas, Qt.MouseButton.LeftButton, pos=QPoint(-40, 60))
    assert shares == [0.25, 0.0]


def test_large_pixels_show_their_values(qtbot):
    shown = Shown(qtbot, bands(128, 256), Appearance("source"))
    shown.canvas.zoom(50.0)
    pixels = shown.pixels()
    # Without numbers a pixel of the picture is one colour: x red, y green, 90 blue.
    assert (pixels[..., 2] != 90).any()


def test_what_is_dropped_is_a_path_or_an_address(qtbot):
    canvas, dropped = Canvas(), []
    qtbot.addWidget(canvas)
    canvas.dropped.connect(dropped.append)
    for url in ("file:///tmp/a b.mp4", "rtsp://host/stream"):
        data = QMimeData()
        data.setUrls([QUrl(url)])
        canvas.dropEvent(
            QDropEvent(
                QPointF(1, 1),
                Qt.DropAction.CopyAction,
                data,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
        )
    assert dropped == ["/tmp/a b.mp4", "rtsp://host/stream"]


def test_each_distinct_shot_counts_once_as_displayed(qtbot):
    shown = Shown(qtbot, bands(128, 256), Appearance("mask"))
    for _ in range(3):
        shown.canvas.repaint()
    assert shown.canvas.displayed.count == 1
    shown.shot = bands(128, 256, number=1)
    shown.answer()
    shown.canvas.repaint()
    assert shown.canvas.displayed.count == 2


@pytest.mark.parametrize("size", [(32, 24), (200, 150), (1200, 60)])
def test_any_size_of_the_window_shows_two_panes(qtbot, size):
    shown = Shown(qtbot, bands(359, 641), Appearance("side"), size=size)
    assert shown.pixels().shape == (size[1], size[0], 3)


def test_an_empty_canvas_says_what_to_do(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 200)
    canvas.say("Open something")
    image = canvas.grab().toImage()
    colors = {image.pixel(x, y) for x in range(400) for y in range(200)}
    assert len(colors) > 2
