"""The whole viewer on the drawn road, without a screen: keys, menus, sources, errors, the end."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QRect, QSettings, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication

from rtseg.pipeline.session import Wish
from rtseg.viewer.window import ViewerWindow

sys.path.append(str(Path(__file__).parents[1] / "commands"))
from channel_model import channel_model
from road_clip import decoded, road_clip

PATIENCE = 60_000
"""Milliseconds for what takes one second on a machine with nothing else to do."""

LONGEST_END = 10.0
"""Seconds. Two are promised; a machine that does five other things as well takes longer."""


@pytest.fixture(scope="module")
def wish(tmp_path_factory):
    """A network so small that opening it takes no time; its labels are the largest channel."""
    return Wish(model=str(channel_model(tmp_path_factory.mktemp("models") / "channels")))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """40 frames of the drawn road, 30 a second."""
    path = tmp_path_factory.mktemp("clips") / "road.mp4"
    return str(road_clip(path, frames=40, height=180, width=320))


@pytest.fixture
def make_window(qtbot, wish, tmp_path):
    """Windows that remember things in the same place, and are closed in the end."""
    made = []

    def make():
        settings = QSettings(str(tmp_path / "viewer.ini"), QSettings.Format.IniFormat)
        window = ViewerWindow(wish, settings)
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        made.append(window)
        return window

    yield make
    for window in made:
        window.close()
        window.player.close(PATIENCE / 1000)


@pytest.fixture
def window(make_window):
    return make_window()


@pytest.fixture
def paused(window, qtbot, clip):
    """At the first frame of the clip."""
    window.open(clip, paused=True)
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


def test_the_road_plays_and_its_frames_are_shown(window, qtbot, clip):
    window.deeds["loop"].setEnabled(True)
    window.deeds["loop"].trigger()
    window.open(clip)
    qtbot.waitUntil(lambda: window.canvas.displayed.count >= 3, timeout=PATIENCE)
    assert window.windowTitle() == f"{clip} - rtseg"
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < LONGEST_END


def test_the_default_model_shows_many_classes_on_the_road(make_window, qtbot, clip):
    window = make_window()
    window.player.wish = Wish()
    window.open(clip, paused=True)
    qtbot.waitUntil(lambda: window.canvas.painted is not None, timeout=PATIENCE)
    labels = window.canvas.painted.shot.segmentation.labels
    assert len(np.unique(labels)) >= 5
    qtbot.waitUntil(lambda: window.measuring.classes.model.rowCount() == 11, timeout=PATIENCE)


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


def test_the_bars_tell_how_long_painting_took_in_place_of_a_stage_that_does_nothing(paused, qtbot):
    readings = []
    paused.playing.read.connect(lambda reading, _: readings.append(reading))
    qtbot.waitUntil(lambda: any("painting" in each.stages for each in readings), timeout=PATIENCE)
    stages = readings[-1].stages
    assert {"preprocess", "inference", "sinks"} < set(stages)
    assert "overlay" not in stages
    assert stages["painting"] > 0.01


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
    assert str(place) in paused.playing.notice.said


def test_a_source_that_cannot_be_opened_is_told_and_another_one_opens(window, qtbot, clip):
    window.open("/no/such/file.mp4")
    qtbot.waitUntil(lambda: window.playing.notice.isVisible(), timeout=PATIENCE)
    assert "/no/such/file.mp4" in window.playing.notice.said
    window.playing.notice.copy.click()
    assert "SourceError" in QApplication.clipboard().text()
    window.open(clip, paused=True)
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
    assert "secret" not in Path(window.settings.fileName()).read_text("utf-8")


def test_the_layout_is_remembered(make_window):
    first = make_window()
    first.docks["classes"].setVisible(False)
    first.resize(700, 500)
    first.look.change(mode="mask", opacity=0.8)
    first.close()
    second = make_window()
    assert not second.docks["classes"].isVisible()
    assert (second.width(), second.height()) == (700, 500)
    assert second.look.appearance.mode == "mask"
    assert second.look.appearance.opacity == pytest.approx(0.8)


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_either_theme_can_be_chosen_while_it_runs(paused, choice, qapp):
    palette, font = qapp.palette(), qapp.font()
    paused.settings.setValue("theme", choice)
    paused.use_theme()
    assert (qapp.palette().window().color().lightness() < 128) == (choice == "dark")
    qapp.setPalette(palette)
    qapp.setFont(font)


def test_titles_of_panels_grow_with_the_text(make_window, restored_look):
    window = make_window()
    heights = []
    for percent in (100, 200):
        window.settings.setValue("percent", percent)
        window.use_theme()
        dock = window.docks["engine"]
        dock.setFloating(False)
        dock.raise_()
        QApplication.processEvents()
        image = dock.grab(QRect(0, 0, 60, dock.widget().y())).toImage()
        ground = image.pixel(0, 0)
        rows = [
            y
            for y in range(image.height())
            if any(image.pixel(x, y) != ground for x in range(image.width()))
        ]
        heights.append(rows[-1] - rows[0])
    assert heights[1] > 1.5 * heights[0]


def test_twenty_windows_open_and_close_without_a_thread_left(make_window, clip):
    for _ in range(20):
        window = make_window()
        window.open(clip)
        began = time.monotonic()
        window.close()
        assert time.monotonic() - began < LONGEST_END


def test_two_engines_are_compared_on_the_same_frames(paused, qtbot, tmp_path):
    other = channel_model(tmp_path / "turned", order="bgr")
    paused.player.change(compare=(str(other), "auto", "auto"))
    paused.look.change(mode="swipe")
    qtbot.waitUntil(lambda: paused.canvas.painted.shot.other is not None, timeout=PATIENCE)
    shot = paused.canvas.painted.shot
    # Red and blue change their places, green stays; of equal channels each takes its first.
    assert (shot.other == 2 - shot.segmentation.labels).mean() > 0.8
    assert (shot.other != shot.segmentation.labels).mean() > 0.5
    assert paused.looking.panel.hint.isHidden()
    assert len(paused.player.session.engines) == 2


def test_doubt_is_shown_once_its_scores_are_there(paused, qtbot):
    paused.look.change(mode="margin")
    qtbot.waitUntil(lambda: paused.canvas.painted.shot.scores is not None, timeout=PATIENCE)
    assert paused.canvas.painted.request.appearance.shown_mode(paused.canvas.painted.shot)


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_running(paused, qtbot):
    wished = paused.player.wish
    paused.player.change(model="no-such-model")
    qtbot.waitUntil(lambda: paused.playing.notice.isVisible(), timeout=PATIENCE)
    assert "no-such-model" in paused.playing.notice.said
    assert paused.player.wish == wished
    press(qtbot, paused, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: index(paused) == 1, timeout=PATIENCE)


def test_a_recording_plays_and_has_what_was_seen(paused, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr("rtseg.viewer.keeping._folder", lambda _: tmp_path / "videos")
    press(qtbot, paused, Qt.Key.Key_R)
    assert paused.deeds["record"].isChecked()
    for frame in (1, 2, 3):
        press(qtbot, paused, Qt.Key.Key_Period)
        qtbot.waitUntil(lambda frame=frame: index(paused) == frame, timeout=PATIENCE)
    press(qtbot, paused, Qt.Key.Key_R)
    assert not paused.deeds["record"].isChecked()
    paused.close()
    (video,) = (tmp_path / "videos").iterdir()
    assert len(decoded(video)) == 3


@pytest.mark.parametrize("size", [(359, 641), (320, 180)])
def test_odd_and_portrait_videos_of_two_frames_end_well(window, qtbot, tmp_path, size):
    video = road_clip(tmp_path / "two.mp4", frames=2, height=size[0], width=size[1])
    window.open(str(video))
    qtbot.waitUntil(lambda: window.player.session.state == "ended", timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.canvas.painted is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.deeds["back"].isEnabled(), timeout=PATIENCE)
    press(qtbot, window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: index(window) == 0, timeout=PATIENCE)


@pytest.mark.parametrize("size", [(200, 150), (3840, 2160)])
def test_tiny_and_huge_windows_show_the_picture(paused, qtbot, size):
    paused.resize(*size)
    QApplication.processEvents()
    qtbot.waitUntil(
        lambda: paused.canvas.painted.request.pane == paused.canvas.pane, timeout=PATIENCE
    )
