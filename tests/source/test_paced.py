from __future__ import annotations

import threading
import time
from fractions import Fraction
from pathlib import Path

import pytest
from clip_maker import MILLIS, noise, write_clip

from rtseg.errors import SourceError
from rtseg.source.base import Source
from rtseg.source.paced import Paced
from rtseg.source.video import VideoFile

STAMPS = [0, 30, 60, 180, 200]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "a.mkv", noise(5), stamps=STAMPS, time_base=MILLIS)


def test_no_frame_comes_before_it_is_due_and_each_carries_its_due_time(clip: Path) -> None:
    with Paced(VideoFile(clip)) as source:
        given = [(frame, time.monotonic_ns()) for frame in source]
    began = given[0][0].captured_nanos
    assert [frame.captured_nanos - began for frame, _ in given] == [s * 10**6 for s in STAMPS]
    assert all(now >= frame.captured_nanos for frame, now in given)
    assert [frame.index for frame, _ in given] == [0, 1, 2, 3, 4]
    assert given[3][0].pts == Fraction(180, 1000)


def test_a_late_frame_keeps_its_due_time_and_comes_at_once(clip: Path) -> None:
    with Paced(VideoFile(clip)) as source:
        frames = iter(source)
        began = next(frames).captured_nanos
        time.sleep(0.25)
        asked = time.monotonic_ns()
        rest = list(frames)
        waited = time.monotonic_ns() - asked
    assert [frame.captured_nanos - began for frame in rest] == [s * 10**6 for s in STAMPS[1:]]
    assert waited < 150 * 10**6


def test_it_says_of_itself_what_the_file_says_but_is_live(clip: Path) -> None:
    with Paced(VideoFile(clip)) as source:
        assert isinstance(source, Source)
        assert source.info.live
        assert (source.info.height, source.info.path) == (48, clip)
        assert source.warnings == ()


def test_closing_from_another_thread_ends_a_wait(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", noise(2), stamps=[0, 60_000], time_base=MILLIS)
    with Paced(VideoFile(path)) as source:
        closing = threading.Timer(0.1, source.close)
        closing.start()
        began = time.monotonic()
        given = list(source)
        waited = time.monotonic() - began
        closing.join()
    assert len(given) == 1
    assert waited < 10


def test_what_cannot_be_opened_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file"), Paced(VideoFile(tmp_path / "a.mp4")):
        pass
