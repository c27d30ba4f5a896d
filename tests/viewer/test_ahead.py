"""A session that begins before Qt is there."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rtseg.pipeline.session import Wish
from rtseg.viewer.ahead import Ahead

sys.path.append(str(Path(__file__).parents[1] / "commands"))
from channel_model import channel_model

ROAD = "test://road?size=90x160&frames=4"
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def wish(tmp_path_factory):
    return Wish(model=str(channel_model(tmp_path_factory.mktemp("models") / "channels")))


def test_who_adopts_it_is_shown_the_first_frame_and_goes_on_from_there(wish):
    came, indices = threading.Semaphore(0), []

    def shown(shot):
        indices.append(shot.segmentation.frame.index)
        came.release()

    with Ahead(ROAD, wish) as ahead:
        wait_for_first_frame(ahead.session)
        session = ahead.adopt(ROAD, shown=shown, changed=lambda: None)
        try:
            assert indices == [0]
            session.set_speed(None)
            session.play()
            for _ in range(4):
                assert came.acquire(timeout=PATIENCE_SECONDS)
        finally:
            session.__exit__()
    assert indices == [0, 1, 2, 3]


def test_another_source_does_not_get_it_and_it_ends_with_the_block(wish):
    with Ahead(ROAD, wish) as ahead:
        session = ahead.session
        assert ahead.adopt("other.mp4", shown=print, changed=print) is None
        assert session.state != "closed"
    assert session.state == "closed"
    assert ahead.adopt(ROAD, shown=print, changed=print) is None


def wait_for_first_frame(session):
    until = time.monotonic() + PATIENCE_SECONDS
    while session.stats.written.count == 0:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_needs_no_qt():
    code = (
        "import sys, rtseg.viewer.ahead;"
        "sys.exit(any(name.partition('.')[0] in ('qtpy', 'PyQt6', 'PySide6')"
        " for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
