from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from clip_maker import noise, write_clip
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.errors import SourceError, UsageError
from rtseg.source.camera import Camera
from rtseg.source.chaos import Chaos
from rtseg.source.csi import CsiCamera
from rtseg.source.growing import GrowingFile
from rtseg.source.gst import GStreamerPipeline
from rtseg.source.images import ImageFolder
from rtseg.source.patience import Patience
from rtseg.source.road import RoadSource
from rtseg.source.steadfast import Steadfast
from rtseg.source.stream import NetworkStream
from rtseg.source.uri import open_source
from rtseg.source.video import VideoFile

KINDS = {
    Camera,
    Chaos,
    CsiCamera,
    GStreamerPipeline,
    ImageFolder,
    NetworkStream,
    RoadSource,
    VideoFile,
}


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("0", Camera),
        ("/dev/video0", Camera),
        ("v4l2:///dev/video2", Camera),
        ("v4l2:///dev/video2?size=720x1280&fps=30000/1001&fourcc=YUYV", Camera),
        ("rtsp://user:pw@10.0.0.2:554/live", NetworkStream),
        ("rtsps://10.0.0.2/live", NetworkStream),
        ("RTSP://10.0.0.2/live", NetworkStream),
        ("http://host/clip.mp4", NetworkStream),
        ("https://host/clip.mp4", NetworkStream),
        ("rtp://239.0.0.1:5004", NetworkStream),
        ("udp://127.0.0.1:5000", NetworkStream),
        ("rtspu://10.0.0.2/live", NetworkStream),
        ("csi://0", CsiCamera),
        ("csi://1?size=1080x1920&fps=30", CsiCamera),
        ("chaos://drive.mp4?drop=0.1", Chaos),
        ("gst:videotestsrc", GStreamerPipeline),
        ("videotestsrc ! appsink", GStreamerPipeline),
        ("rtspsrc location=rtsp://host/a ! decodebin ! appsink", GStreamerPipeline),
        ("test://road", RoadSource),
        ("test://road?size=240x320&fps=10&seed=3&frames=5", RoadSource),
        ("clip.mp4", VideoFile),
        ("file:///tmp/clip.mp4", VideoFile),
        ("no-extension", VideoFile),
        ("n" * 300, VideoFile),
        ("~nobody-of-that-name/clip.mp4", VideoFile),
        ("a.PNG", ImageFolder),
        ("list.txt", ImageFolder),
        ("night/*.jpg", ImageFolder),
        ("/tmp", ImageFolder),
        ("file:///tmp", ImageFolder),
    ],
)
def test_a_reference_names_the_kind_of_source(reference: str, kind: type) -> None:
    assert type(open_source(reference)) is kind


def test_a_file_url_may_be_percent_encoded(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a b.mp4", noise(2))
    with open_source(f"file://{tmp_path}/a%20b.mp4") as source:
        assert source.info.path == path


def test_a_file_with_brackets_in_its_name_is_no_pattern(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip[1].mp4", noise(2))
    with open_source(str(path)) as source:
        assert source.info.frames == 2


def test_the_query_of_the_test_road_reaches_it() -> None:
    with open_source("test://road?size=96x128&fps=10&frames=2") as source:
        assert (source.info.height, source.info.width) == (96, 128)
        assert (source.info.fps, source.info.frames) == (10, 2)


def test_pictures_play_at_the_wished_rate(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((2, 2), np.uint8))
    with open_source(str(tmp_path), fps=Fraction(5)) as source:
        assert source.info.fps == 5


def test_a_missing_camera_is_found_out_only_when_it_is_opened() -> None:
    source = open_source("99", height=480, width=640, fps=Fraction(30), fourcc="YUYV")
    with pytest.raises(SourceError, match="'/dev/video99'"), source:
        pass


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("", "no source given"),
        ("  ", "no source given"),
        ("ftp://host/a.mp4", r"nothing can open 'ftp://host/a\.mp4'; accepted: .*rtsp://"),
        ("rtsp:///live", "names no host"),
        ("rtsp://host:port/live", "no valid address"),
        ("http://[::1/a", "no valid address"),
        ("file://elsewhere/a.mp4", "another machine"),
        ("v4l2:///etc/passwd", "no camera"),
        ("v4l2:///dev/video0?seed=1", "seed"),
        ("v4l2:///dev/video0?fps=1/0", "fps '1/0'"),
        ("v4l2:///dev/video0?fourcc=JPEG2", "fourcc 'JPEG2'"),
        ("test://sea", "no test source"),
        ("test://road?speed=3", "speed"),
        ("test://road?size=720", "width ''"),
        ("test://road?size=0x10", "height '0'"),
        ("test://road?fps=fast", "fps 'fast'"),
        ("test://road?fps=", "fps ''"),
        ("test://road?seed=1&seed=2", "twice"),
        ("test://road?frames", "frames"),
        ("test://road?frames=-1", "frames '-1'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(reference: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_source(reference)
    assert "\n" not in str(caught.value)


def test_a_refusal_masks_the_password() -> None:
    with pytest.raises(UsageError, match=r"rtsp://u:\*\*\*@host:port"):
        open_source("rtsp://u:secret@host:port/")


@pytest.mark.parametrize("reference", ["clip.mp4", "rtsp://host/a", "gst:x", "test://road"])
def test_a_wish_that_would_be_ignored_is_refused(reference: str) -> None:
    with pytest.raises(UsageError, match="has its own height"):
        open_source(reference, height=480)


@settings(max_examples=60, deadline=None)
@given(scheme=st.sampled_from(["test://road?", "v4l2://", "rtsp://", "x://", ""]), rest=st.text())
def test_any_text_is_a_source_or_refused(scheme: str, rest: str) -> None:
    try:
        source = open_source(scheme + rest)
    except UsageError:
        return
    assert type(source) in KINDS


def test_a_camera_is_asked_for_one_size_only() -> None:
    with pytest.raises(UsageError, match="both ask for height"):
        open_source("v4l2:///dev/video0?size=720x1280", height=480)


@pytest.mark.parametrize("reference", ["0", "rtsp://host/x", "http://host/x", "gst:videotestsrc"])
def test_with_patience_what_is_live_comes_back(reference: str) -> None:
    assert isinstance(open_source(reference, patience=Patience()), Steadfast)


@pytest.mark.parametrize("reference", ["drive.mp4", "pictures/", "test://road"])
def test_a_file_never_comes_back(reference: str) -> None:
    assert not isinstance(open_source(reference, patience=Patience()), Steadfast)


def test_only_a_video_file_can_be_followed() -> None:
    assert isinstance(open_source("drive.mkv", follow=True), GrowingFile)
    with pytest.raises(UsageError, match="only one can be followed"):
        open_source("rtsp://host/x", follow=True)


@pytest.mark.parametrize("reference", ["csi://", "csi://left", "csi://0?size=4", "csi://0/x"])
def test_a_csi_camera_has_a_number(reference: str) -> None:
    with pytest.raises(UsageError):
        open_source(reference)
