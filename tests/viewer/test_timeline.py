import numpy as np
import pytest

pytest.importorskip("qtpy")

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QToolTip

from rtseg.labels import BDD_DRIVABLE, CAMVID, CITYSCAPES
from rtseg.viewer import presence_strips, timeline
from rtseg.viewer.presence import Presence
from rtseg.viewer.timeline import Timeline

LEFT = Qt.MouseButton.LeftButton
GREEN, RED = "#00ff00", "#ff0000"


@pytest.fixture
def line(qtbot):
    """A hundred seconds over a hundred pixels and a border of one; without a presence yet."""
    line = Timeline()
    qtbot.addWidget(line)
    line.resize(102, 60)
    line.set_source(100.0, seekable=True)
    line.show_classes(BDD_DRIVABLE)
    return line


@pytest.fixture
def moments(monkeypatch):
    """The clock of both files, in seconds: ``moments[0]`` is now."""
    now = [1000.0]
    monkeypatch.setattr(timeline.time, "monotonic", lambda: now[0])
    assert presence_strips.time is timeline.time
    return now


@pytest.mark.parametrize(
    ("key", "seconds"),
    [
        (Qt.Key.Key_Right, 55.0),
        (Qt.Key.Key_Left, 45.0),
        (Qt.Key.Key_PageUp, 60.0),
        (Qt.Key.Key_PageDown, 40.0),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, 100.0),
    ],
)
def test_the_keyboard_seeks(line, qtbot, key, seconds):
    line.show_position(50.0, Presence(3))
    with qtbot.waitSignal(line.sought) as told:
        qtbot.keyClick(line, key)
    assert told.args == [seconds]


def test_a_click_seeks_to_where_it_is(line, qtbot):
    with qtbot.waitSignal(line.sought) as told:
        qtbot.mousePress(line, LEFT, pos=QPoint(26, 20))
    assert told.args[0] == pytest.approx(25, abs=1)


def test_while_the_mouse_is_down_the_playhead_is_the_users(line, qtbot):
    qtbot.mousePress(line, LEFT, pos=QPoint(26, 20))
    line.show_position(80.0, Presence(3))
    assert line.sliderPosition() / 1000 == pytest.approx(25, abs=1)
    qtbot.mouseRelease(line, LEFT, pos=QPoint(500, 20))
    assert line.sliderPosition() == 100_000


def test_a_drag_seeks_at_most_ten_times_a_second_and_where_it_ends(line, qtbot, moments):
    sought = []
    line.sought.connect(sought.append)
    qtbot.mousePress(line, LEFT, pos=QPoint(1, 20))
    for x in range(11, 52, 10):
        moments[0] += 0.04
        qtbot.mouseMove(line, QPoint(x, 20))
    qtbot.mouseRelease(line, LEFT, pos=QPoint(61, 20))
    assert sought == pytest.approx([0, 30, 60], abs=1)


def test_positions_from_before_a_seek_do_not_pull_the_playhead_back(line, qtbot, moments):
    qtbot.keyClick(line, Qt.Key.Key_End)
    line.show_position(3.0, Presence(3))
    assert line.value() == 100_000
    line.show_position(99.5, Presence(3))
    line.show_position(98.0, Presence(3))
    assert line.value() == 98_000


def test_a_seek_that_never_lands_is_given_up(line, qtbot, moments):
    qtbot.keyClick(line, Qt.Key.Key_End)
    moments[0] += 1.5
    line.show_position(3.0, Presence(3))
    assert line.value() == 3000


def test_of_an_unknown_duration_what_was_played_is_the_whole(line):
    line.set_source(None, seekable=True)
    presence = Presence(3)
    presence.add(40.0, np.array([1.0, 0.0, 0.0]))
    line.show_position(12.0, presence)
    assert (line.value(), line.maximum()) == (12_000, 40_250)
    line.show_position(55.0, presence)
    assert (line.value(), line.maximum()) == (55_000, 55_000)


def test_a_source_that_is_longer_than_it_declares_is_shown_in_full(line):
    line.show_position(130.0, Presence(3))
    assert (line.value(), line.maximum()) == (130_000, 130_000)


@pytest.mark.qt_log_ignore("not accepted by receiving widget")
def test_what_cannot_be_sought_cannot_be_clicked(line, qtbot):
    line.set_source(None, seekable=False)
    with qtbot.assertNotEmitted(line.sought):
        qtbot.mousePress(line, LEFT, pos=QPoint(26, 20))
        qtbot.keyClick(line, Qt.Key.Key_Right)


def test_a_class_is_coloured_where_it_was_seen_and_nowhere_else(line, moments):
    """From 20 to 40 s there is road, from 60 to 80 s a lane line."""
    line.show_position(0.0, played(((20, 40, 1), (60, 80, 2))))
    assert {colour_at(line, x) for x in (25, 30, 35)} == {GREEN}
    assert {colour_at(line, x) for x in (65, 70, 75)} == {RED}
    assert {GREEN, RED}.isdisjoint({colour_at(line, x) for x in (10, 50, 90)})


def test_a_hidden_class_has_no_strip(line, moments):
    line.show_classes(BDD_DRIVABLE, hidden=frozenset({"drivable"}))
    line.show_position(0.0, played(((20, 40, 1), (60, 80, 2))))
    assert colour_at(line, 30) != GREEN
    assert colour_at(line, 70) == RED


def test_strips_are_drawn_anew_at_most_twice_a_second(line, moments):
    presence = played(((20, 40, 1),))
    line.show_position(0.0, presence)
    for hundredth in range(300):
        presence.add(70 + hundredth / 100, np.array([0.0, 0.0, 1.0]))
    line.show_position(0.0, presence)
    assert colour_at(line, 71) != RED
    moments[0] += 0.6
    line.show_position(0.0, presence)
    assert colour_at(line, 71) == RED


def test_a_presence_of_another_label_set_is_not_drawn(line, moments):
    line.show_classes(CAMVID)
    line.show_position(0.0, played(((20, 40, 1),)))
    assert colour_at(line, 30) == colour_at(line, 90)


def test_the_mouse_is_told_the_time_and_the_largest_classes(line, qtbot, moments, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _where, text, _widget: told.append(text))
    presence = Presence(3)
    presence.add(30.0, np.array([0.25, 0.75, 0.0]))
    line.show_position(0.0, presence)
    qtbot.mouseMove(line, QPoint(31, 20))
    qtbot.mouseMove(line, QPoint(90, 20))
    assert told == ["0:30\ndrivable  75.0 %\nbackground  25.0 %", "1:29"]


def test_many_classes_leave_the_smallest_out(qtbot, moments):
    strips = presence_strips.PresenceStrips()
    strips.show_classes(CITYSCAPES, frozenset())
    presence = Presence(19)
    presence.add(0.0, np.arange(19) / 171)
    strips.show_presence(presence)
    assert [name for _, name in strips.largest(np.arange(19))][:2] == ["bicycle", "motorcycle"]
    assert strips._chosen(3) == [16, 17, 18]


def played(spans):
    presence = Presence(3)
    for begin, end, class_id in spans:
        for quarter in range(4 * begin, 4 * end):
            presence.add(quarter / 4, np.eye(3)[class_id])
    return presence


def colour_at(line, second):
    """In the middle of the topmost strip that is coloured there, of the picture on the screen."""
    image = line.grab().toImage()
    scale = image.devicePixelRatio()
    column = [image.pixelColor(int((second + 1) * scale), y).name() for y in range(image.height())]
    return next((each for each in column if each in (GREEN, RED)), column[image.height() // 2])
