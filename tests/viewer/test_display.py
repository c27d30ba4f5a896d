"""No display, no library, no Qt: one line instead of an abort."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from xvfb import display

from rtseg.errors import RtsegError
from rtseg.viewer.display import missing, require_display


def test_no_display_is_told_with_a_way_out(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RtsegError, match=r"no display: .*rtseg run"):
        require_display()


def test_a_platform_without_display_needs_none(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    require_display()


def test_missing_libraries_are_named_by_their_packages():
    libraries = {"libc.so.6": "libc6", "libnothing.so.9": "libnothing9", "libno.so.1": "libno1"}
    assert missing(libraries) == ["libno1", "libnothing9"]


def test_a_library_that_the_window_needs_is_told_before_qt_aborts(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(
        "rtseg.viewer.display.XCB_LIBRARIES", {"libxcb-cursor.so.99": "libxcb-cursor0"}
    )
    with pytest.raises(RtsegError, match=r"sudo apt install libxcb-cursor0$"):
        require_display()


def test_a_display_at_which_nobody_answers_is_told():
    code, said = view({"DISPLAY": ":4095"})
    assert code == 1
    assert said == [
        "rtseg: no X server answers at DISPLAY=:4095: is it running, and may this user use it "
        "(`xhost`, `ssh -X`)?"
    ]


def test_a_display_at_which_somebody_answers_is_taken(monkeypatch):
    with display() as name:
        monkeypatch.setenv("DISPLAY", name)
        monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
        require_display()


def test_a_missing_extra_is_told_with_its_command(monkeypatch):
    monkeypatch.setattr("rtseg.viewer.display.find_spec", lambda name: None)
    with pytest.raises(RtsegError, match=r"pip install 'rtseg\[viewer\]'"):
        require_display()


def view(environment):
    """Exit code and lines on stderr of ``rtseg view`` there."""
    ours = {
        key: value
        for key, value in os.environ.items()
        if key not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
    }
    ended = subprocess.run(
        [sys.executable, "-m", "rtseg", "view"],
        env={**ours, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stderr.splitlines()
