from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from rtseg.errors import SourceError
from rtseg.source import camera
from rtseg.source.base import Source
from rtseg.source.camera import Camera
from rtseg.source.connection import Connected
from rtseg.source.patience import Patience
from rtseg.source.uri import open_source

DEVICE = "/dev/null"  # it exists and may be opened: enough for a driver that is not real


class Driver:
    """What cv2.VideoCapture does for a camera that knows 480x640 MJPG at 30 frames/s only."""

    def __init__(self, *, pictures: int = 3, opens: bool = True) -> None:
        self.pictures = pictures
        self.opens = opens
        self.released = False
        self.asked: list[int] = []
        self.granted: dict[int, float] = {
            cv2.CAP_PROP_FRAME_WIDTH: 640,
            cv2.CAP_PROP_FRAME_HEIGHT: 480,
            cv2.CAP_PROP_FPS: 30.0,
            cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"MJPG"),
        }

    def __call__(self, device: str, api: int) -> Driver:
        assert (device, api) == (DEVICE, cv2.CAP_V4L2)
        return self

    def isOpened(self) -> bool:
        return self.opens

    def set(self, key: int, value: float) -> bool:
        self.asked.append(key)
        return self.granted.get(key) == value

    def get(self, key: int) -> float:
        return self.granted[key]

    def grab(self) -> bool:
        self.pictures -= 1
        return self.pictures >= 0

    def retrieve(self) -> tuple[bool, Any]:
        return True, np.full((480, 640, 3), (30, 20, self.pictures), np.uint8)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver()
    monkeypatch.setattr(camera, "open_capture", driver)
    return driver


def test_frames_are_rgb_and_live_and_the_end_is_a_loss(driver: Driver) -> None:
    given = []
    with Camera(DEVICE) as source:
        assert isinstance(source, Source)
        with pytest.raises(SourceError, match="stopped giving frames after 3"):
            given.extend(source)
    assert [frame.index for frame in given] == [0, 1, 2]
    assert [frame.picture[0, 0].tolist() for frame in given] == [
        [2, 20, 30],
        [1, 20, 30],
        [0, 20, 30],
    ]
    assert given[0].pts == 0
    nanos = [frame.captured_nanos for frame in given]
    assert [frame.pts for frame in given] == [Fraction(n - nanos[0], 10**9) for n in nanos]
    assert driver.released


def test_the_info_says_what_the_camera_gives(driver: Driver) -> None:
    with Camera(DEVICE) as source:
        info = source.info
    assert (info.height, info.width, info.fps, info.live) == (480, 640, 30, True)
    assert (info.frames, info.path) == (None, None)
    assert DEVICE in info.name


def test_granted_wishes_give_no_warning(driver: Driver) -> None:
    with Camera(DEVICE, width=640, height=480, fps=Fraction(30)) as source:
        assert source.warnings == ()
    assert driver.asked[0] == cv2.CAP_PROP_FOURCC
    assert cv2.CAP_PROP_BUFFERSIZE in driver.asked


def test_wishes_that_are_not_granted_are_told(driver: Driver) -> None:
    driver.granted[cv2.CAP_PROP_FOURCC] = cv2.VideoWriter.fourcc(*"YUYV")
    with Camera(DEVICE, width=1280, height=720, fps=Fraction(60)) as source:
        assert source.warnings == (
            "asked the camera for 1280 width, it gives 640",
            "asked the camera for 720 height, it gives 480",
            "asked the camera for 60 frames/s, it gives 30",
            "asked the camera for MJPG, it gives YUYV",
        )


def test_a_camera_that_is_not_there_lists_those_that_are() -> None:
    with (
        pytest.raises(SourceError, match=r"no camera '/dev/video99': (there are|this machine has)"),
        Camera("/dev/video99"),
    ):
        pass


def test_a_device_that_is_no_camera_cannot_be_opened() -> None:
    with pytest.raises(SourceError, match=r"cannot open the camera '/dev/null'"), Camera(DEVICE):
        pass


def test_a_camera_that_is_busy_says_how_to_find_out(driver: Driver) -> None:
    driver.opens = False
    with pytest.raises(SourceError, match="another program may be using it"), Camera(DEVICE):
        pass
    assert driver.released


def test_a_camera_that_gives_no_pictures_is_an_error(driver: Driver) -> None:
    driver.pictures = 0
    with pytest.raises(SourceError, match="opens but gives no pictures"), Camera(DEVICE):
        pass
    assert driver.released


class Sleeper(Driver):
    """After its pictures each grab waits for its slice and fails, but for the one at ``wakes``."""

    def __init__(
        self, *, wakes: int | None = None, asked: Callable[[], None] | None = None
    ) -> None:
        super().__init__(pictures=2)
        self.left, self.wakes = 2, wakes
        self.heard = asked or (lambda: None)

    def grab(self) -> bool:
        self.left -= 1
        if self.left >= 0 or self.left == self.wakes:
            return True
        self.heard()
        time.sleep(0.6)
        return False


def test_a_camera_that_pauses_for_a_slice_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "open_capture", Sleeper(wakes=-2))
    with Camera(DEVICE) as source:
        frames = iter(source)
        assert [next(frames).index for _ in range(3)] == [0, 1, 2]


def test_closing_is_heard_after_a_slice_and_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Camera(DEVICE)
    monkeypatch.setattr(camera, "open_capture", Sleeper(asked=source.close))
    began = time.monotonic()
    with source:
        assert len(list(source)) == 2
    assert time.monotonic() - began < 2


def test_a_camera_that_is_plugged_in_again_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    drivers = [Driver(pictures=2), Driver(pictures=0), Driver(pictures=3)]
    monkeypatch.setattr(camera, "open_capture", lambda *_: drivers.pop(0))
    patience = Patience(first_seconds=0.01, longest_seconds=0.01)
    with open_source(DEVICE, patience=patience) as source:
        frames = iter(source)
        given = [next(frames) for _ in range(5)]
        assert isinstance(source, Connected)
        assert source.connection is not None
        facts = source.connection.facts(time.monotonic_ns())
    assert [frame.index for frame in given] == [0, 1, 2, 3, 4]
    assert [frame.picture[0, 0, 0] for frame in given] == [1, 0, 2, 1, 0]
    assert (facts["reconnects"], facts["losses"]) == (1, {"lost": 1})
