"""What is chosen in the dialog, as a reference."""

from __future__ import annotations

from fractions import Fraction

import pytest

pytest.importorskip("qtpy")

from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QLineEdit

from rtseg.source.cameras import CameraInfo, Format
from rtseg.source.masking import needs_password
from rtseg.source.uri import open_source
from rtseg.viewer.recent import MOST, Recent
from rtseg.viewer.source_dialog import SourceDialog, address, camera_reference

WEBCAM = CameraInfo("/dev/video2", "HD Webcam", (Format("MJPG", 720, 1280, Fraction(30)),))


def test_a_camera_with_a_format_is_an_address_that_opens_it():
    reference = camera_reference(WEBCAM, WEBCAM.formats[0])
    assert reference == "v4l2:///dev/video2?size=720x1280&fps=30&fourcc=MJPG"
    camera = open_source(reference)
    assert camera._wishes["width"][1] == 1280
    assert camera._wishes["frames/s"][1] == 30.0
    assert camera._fourcc == "MJPG"
    assert camera_reference(WEBCAM, None) == "/dev/video2"


@pytest.mark.parametrize(
    ("url", "user", "password", "expected"),
    [
        ("rtsp://host/a", "", "", "rtsp://host/a"),
        ("rtsp://host:554/a", "me", "p@ss/word", "rtsp://me:p%40ss%2Fword@host:554/a"),
        ("rtsp://old:one@host/a", "me", "", "rtsp://me@host/a"),
        ("rtsp://old:one@host/a", "", "", "rtsp://old:one@host/a"),
    ],
)
def test_user_and_password_become_part_of_the_address(url, user, password, expected):
    assert address(url, user, password) == expected


def test_a_masked_address_asks_for_its_password_again(qtbot):
    dialog = SourceDialog("rtsp://me:***@host/a")
    qtbot.addWidget(dialog)
    page = dialog.pages[2]
    assert dialog.tabs.currentIndex() == 2
    assert (page.url.text(), page.user.text(), page.password.text()) == ("rtsp://host/a", "me", "")
    assert page.password.echoMode() == QLineEdit.EchoMode.Password
    page.password.setText("secret")
    assert dialog.reference == "rtsp://me:secret@host/a"


def test_the_drawn_road_is_described_by_its_fields(qtbot):
    dialog = SourceDialog()
    qtbot.addWidget(dialog)
    dialog.tabs.setCurrentIndex(3)
    assert dialog.reference == "test://road?size=720x1280&fps=30&seed=1"
    dialog.pages[3].frames.setValue(60)
    open_source(dialog.reference)
    assert dialog.reference.endswith("&frames=60")


def test_a_machine_without_camera_says_so(qtbot, monkeypatch):
    monkeypatch.setattr("rtseg.viewer.source_dialog.cameras", list)
    dialog = SourceDialog()
    qtbot.addWidget(dialog)
    dialog.tabs.setCurrentIndex(1)
    assert dialog.reference == ""


def test_the_formats_are_those_of_the_chosen_camera(qtbot, monkeypatch):
    monkeypatch.setattr("rtseg.viewer.source_dialog.cameras", lambda: [WEBCAM])
    dialog = SourceDialog()
    qtbot.addWidget(dialog)
    dialog.tabs.setCurrentIndex(1)
    assert dialog.reference == "/dev/video2"
    dialog.pages[1].format.setCurrentIndex(1)
    assert dialog.reference == camera_reference(WEBCAM, WEBCAM.formats[0])


def test_recent_sources_are_few_and_each_is_there_once(tmp_path):
    recent = Recent(QSettings(str(tmp_path / "a.ini"), QSettings.Format.IniFormat))
    assert recent.references == []
    recent.add("first.mp4")
    assert recent.references == ["first.mp4"]
    for number in range(MOST + 3):
        recent.add(f"{number}.mp4")
    recent.add("5.mp4")
    assert len(recent.references) == MOST
    assert recent.references[:2] == ["5.mp4", f"{MOST + 2}.mp4"]


def test_a_masked_address_cannot_be_opened_as_it_is(tmp_path):
    recent = Recent(QSettings(str(tmp_path / "a.ini"), QSettings.Format.IniFormat))
    recent.add("rtsp://me:secret@host/a")
    assert needs_password(recent.references[0])
    assert not needs_password("rtsp://me@host/a")
