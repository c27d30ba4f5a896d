from __future__ import annotations

from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from rtseg.errors import SourceError
from rtseg.source import gst
from rtseg.source.base import Source
from rtseg.source.gst import GStreamerPipeline


class Pipeline:
    """What cv2.VideoCapture does for a pipeline that gives two grey pictures."""

    def __init__(self) -> None:
        self.description = ""
        self.left = 2
        self.released = False

    def __call__(self, description: str, api: int, limits: tuple[int, ...]) -> Pipeline:
        assert api == cv2.CAP_GSTREAMER
        assert limits[limits.index(cv2.CAP_PROP_READ_TIMEOUT_MSEC) + 1] == 1000
        self.description = description
        return self

    def isOpened(self) -> bool:
        return "broken" not in self.description

    def get(self, key: int) -> float:
        return 29.97

    def grab(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def retrieve(self) -> tuple[bool, Any]:
        return True, np.full((4, 6), 80, np.uint8)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    pipeline = Pipeline()
    monkeypatch.setattr(gst, "open_capture", pipeline)
    monkeypatch.setattr(gst, "build_information", lambda: "    GStreamer:      YES (1.20.3)\n")
    return pipeline


def test_an_opencv_without_gstreamer_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gst, "build_information", lambda: "    GStreamer:      NO\n")
    with (
        pytest.raises(SourceError, match="sudo apt install python3-opencv"),
        GStreamerPipeline("videotestsrc"),
    ):
        pass


def test_frames_are_rgb_and_live_and_the_end_is_a_loss(pipeline: Pipeline) -> None:
    given = []
    with GStreamerPipeline("videotestsrc ! appsink") as source:
        assert isinstance(source, Source)
        assert (source.info.height, source.info.width, source.info.live) == (4, 6, True)
        assert source.info.fps == Fraction(2997, 100)
        with pytest.raises(SourceError, match="stopped giving frames after 2"):
            given.extend(source)
    assert [frame.picture.shape for frame in given] == [(4, 6, 3)] * 2
    assert pipeline.description == "videotestsrc ! appsink"
    assert pipeline.released


def test_a_pipeline_without_an_appsink_gets_one_that_drops(pipeline: Pipeline) -> None:
    with GStreamerPipeline("videotestsrc"):
        pass
    assert pipeline.description.startswith("videotestsrc ! videoconvert ! ")
    assert "appsink max-buffers=1 drop=true" in pipeline.description


def test_a_pipeline_that_does_not_open_says_how_to_try_it(pipeline: Pipeline) -> None:
    with (
        pytest.raises(SourceError, match=r"cannot open the pipeline .*gst-launch"),
        GStreamerPipeline("rtspsrc location=rtsp://u:secret@h ! broken"),
    ):
        pass
    assert pipeline.released


def test_a_password_in_a_pipeline_is_masked(pipeline: Pipeline) -> None:
    with GStreamerPipeline("rtspsrc location=rtsp://u:secret@h ! appsink") as source:
        assert "secret" not in source.info.name
        assert "u:***@h" in source.info.name
