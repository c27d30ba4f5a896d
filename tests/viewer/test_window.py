"""The whole viewer on the drawn road, without a screen: keys, menus, sources, errors, the end."""

from __future__ import annotations

import time

import numpy as np
import pytest
from qtpy.QtCore import QSettings, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication

from rtseg.pipeline.session import Wish
from rtseg.viewer.window import ViewerWindow

ROAD = "test://road?size=180x320&frames=40"
PATIENCE = 60_000
"""Milliseconds for what takes one second on a machine with nothing else to do."""


@pytest.fixture
def window(qtbot):
    made = ViewerWindow(Wish(), QSettings("rtseg", "rtseg"))
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()


@pytest.fixture
def paused(window, qtbot):
    """At the first frame of the road."""
    window.open(ROAD, paused=True)
    qtbot.waitUntil(lambda: window.canvas.painted is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.player.session.state == "paused", timeout=PATIENCE)
    return window


def index(window):
    return window.canvas.painted.shot.segmentation.frame.index


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, key, modifier)


def test_an_empty_window_opens_and_closes(window):
    assert window.player.session is None
    assert not window.deeds["play"].isEnabled()
    assert window.deeds["open"].isEnabled()


def test_the_road_plays_and_its_frames_are_shown(window, qtbot):
    window.open(ROAD)
    qtbot.waitUntil(lambda: window.canvas.displayed.count >= 3, timeout=PATIENCE)
    labels = window.canvas.painted.shot.segmentation.labels
    assert len(np.unique(labels)) >= 5
    assert window.windowTitle() == f"{ROAD} - rtseg"
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 10


def test_space_plays_and_pauses(paused, qtbot):
    assert not paused.deeds["play"].isChecked()
    press(qtbot, paused, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: paused.deeds["play"].isChecked(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: index(paused) > 0, timeout=PATIENCE)
    press(qtbot, paused, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: paused.player.session.state == "paused", timeout=PATIENCE)


def test_full_stop_and_comma_step(paused, qtbot):
    press(qtbot, paused, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: index(paused) == 1, timeout=PATIENCE)
    press(qtbot, paused, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: index(paused) == 2, timeout=PATIENCE)
    press(qtbot, paused, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: index(paused) == 1, timeout=PATIENCE)


def test_arrows_seek_and_stop_at_both_ends(paused, qtbot):
    # 40 frames of 30 a second: five seconds on lie behind the end.
    press(qtbot, paused, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: index(paused) == 39, timeout=PATIENCE)
    press(qtbot, paused, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: index(paused) == 0, timeout=PATIENCE)


def test_tab_goes_through_overlay_mask_and_source(paused, qtbot):
    seen = []
    for _ in range(3):
        press(qtbot, paused, Qt.Key.Key_Tab)
        seen.append(paused.look.appearance.mode)
    assert seen == ["mask", "source", "overlay"]
    assert paused.canvas.hasFocus()


def test_brackets_change_the_opacity(paused, qtbot):
    press(qtbot, paused, Qt.Key.Key_BracketRight)
    press(qtbot, paused, Qt.Key.Key_BracketRight)
    press(qtbot, paused, Qt.Key.Key_BracketLeft)
    assert paused.look.appearance.opacity == pytest.approx(0.6)
    assert paused.looking.panel.opacity.value() == 60


def test_digits_hide_classes_and_zero_shows_all(paused, qtbot):
    press(qtbot, paused, Qt.Key.Key_1)
    press(qtbot, paused, Qt.Key.Key_4)
    assert paused.look.appearance.hidden == {"sky", "road"}
    press(qtbot, paused, Qt.Key.Key_1)
    assert paused.look.appearance.hidden == {"road"}
    press(qtbot, paused, Qt.Key.Key_0)
    assert paused.look.appearance.hidden == frozenset()


def test_question_mark_lists_the_keys_and_escape_leaves_the_list(paused, qtbot):
    paused.deeds["help"].trigger()
    assert paused.help.isVisible()
    press(qtbot, paused, Qt.Key.Key_Escape)
    assert not paused.help.isVisible()
    assert paused.isVisible()


def test_full_screen_shows_the_picture_alone_and_comes_back(paused, qtbot):
    press(qtbot, paused, Qt.Key.Key_F)
    assert paused.isFullScreen()
    assert not paused.docks["numbers"].isVisible()
    assert not paused.menuBar().isVisible()
    press(qtbot, paused, Qt.Key.Key_Escape)
    assert not paused.isFullScreen()
    assert paused.docks["numbers"].isVisible()
    assert paused.menuBar().isVisible()


def test_a_screenshot_is_the_picture_and_its_mask(paused, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr("rtseg.viewer.keeping._folder", lambda place: tmp_path / "shots")
    said = []
    paused.keeping.said.connect(said.append)
    press(qtbot, paused, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: len(said) == 1, timeout=PATIENCE)
    mask, picture = sorted(map(str, (tmp_path / "shots").iterdir()), key=len)[::-1]
    image = QImage(picture)
    assert (image.width(), image.height()) == (320, 180)
    ids = QImage(mask)
    expected = paused.canvas.painted.shot.segmentation.labels
    assert ids.format() == QImage.Format.Format_Indexed8
    assert {ids.pixelIndex(x, y) for x in range(320) for y in range(180)} <= set(expected.flat)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(paused, qtbot, tmp_path, monkeypatch):
    place = tmp_path / "file"
    place.write_text("no folder")
    monkeypatch.setattr("rtseg.viewer.keeping._folder", lambda _: place)
    press(qtbot, paused, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: paused.playing.notice.isVisible(), timeout=PATIENCE)
    assert str(place) in paused.playing.notice.text


def test_a_source_that_cannot_be_opened_is_told_and_another_one_opens(window, qtbot):
    window.open("/no/such/file.mp4")
    qtbot.waitUntil(lambda: window.playing.notice.isVisible(), timeout=PATIENCE)
    assert "/no/such/file.mp4" in window.playing.notice.text
    window.playing.notice.copy.click()
    assert "SourceError" in QApplication.clipboard().text()
    window.open(ROAD, paused=True)
    assert not window.playing.notice.isVisible()
    qtbot.waitUntil(lambda: window.canvas.painted is not None, timeout=PATIENCE)


def test_what_nobody_foresaw_is_shown_with_its_trace(window):
    try:
        raise ZeroDivisionError("by nobody's fault")
    except ZeroDivisionError as error:
        window.show_bug(error)
    assert window.playing.notice.isVisible()
    assert "test_window.py" in window.playing.notice.details


def test_a_password_is_neither_shown_nor_remembered(window, monkeypatch):
    opened = []
    monkeypatch.setattr(window.player, "open", lambda reference, paused: opened.append(reference))
    window.open("rtsp://me:secret@127.0.0.1:9/stream")
    assert opened == ["rtsp://me:secret@127.0.0.1:9/stream"]
    assert "secret" not in window.windowTitle()
    assert window.recent.references == ["rtsp://me:***@127.0.0.1:9/stream"]
    window.settings.sync()
    with open(window.settings.fileName(), encoding="utf-8") as file:
        assert "secret" not in file.read()


def test_the_layout_is_remembered(qtbot):
    def opened():
        made = ViewerWindow(Wish(), QSettings("rtseg", "rtseg"))
        qtbot.addWidget(made)
        with qtbot.waitExposed(made):
            made.show()
        return made

    first = opened()
    first.docks["classes"].setVisible(False)
    first.resize(700, 500)
    first.look.change(mode="mask", opacity=0.8)
    first.close()
    second = opened()
    assert not second.docks["classes"].isVisible()
    assert (second.width(), second.height()) == (700, 500)
    assert second.look.appearance.mode == "mask"
    assert second.look.appearance.opacity == pytest.approx(0.8)
    second.close()


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_either_theme_can_be_chosen_while_it_runs(paused, choice, qapp):
    palette, font = qapp.palette(), qapp.font()
    paused.settings.setValue("theme", choice)
    paused.use_theme()
    assert (qapp.palette().window().color().lightness() < 128) == (choice == "dark")
    qapp.setPalette(palette)
    qapp.setFont(font)


def test_twenty_windows_open_and_close_without_a_thread_left(qtbot):
    for _ in range(20):
        window = ViewerWindow(Wish(), QSettings("rtseg", "rtseg"))
        window.show()
        window.open(ROAD)
        window.close()
        window.deleteLater()
        QApplication.processEvents()
