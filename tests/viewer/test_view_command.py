"""``rtseg view`` from the outside: what ends it, and with which code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from xvfb import display

from rtseg.commands import main


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_closes_the_window(tmp_path, number, code):
    ours = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    with display() as name:
        environment = {**ours, "DISPLAY": name, "XDG_CONFIG_HOME": str(tmp_path)}
        command = [sys.executable, "-c", SIGNALLED.format(number=int(number))]
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert ended.returncode == code, ended.stderr


SIGNALLED = """
import os, sys, threading
from rtseg.commands import main
from rtseg.viewer import application
from qtpy.QtCore import QTimer
view = application.view
def signalled(reference, wish, *, ahead, opened):
    def ready(window):
        opened(window)
        QTimer.singleShot(200, lambda: os.kill(os.getpid(), {number}))
    return view(reference, wish, ahead=ahead, opened=ready)
application.view = signalled
sys.exit(main(["view"]))
"""


def test_a_mode_that_does_not_exist_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert main(["view", "drive.mp4", "--mode", "fast"]) == 2
    assert "no mode named 'fast'" in capsys.readouterr().err
