"""A GStreamer pipeline, where OpenCV was built with GStreamer."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from types import TracebackType

import cv2

from rtseg.errors import SourceError
from rtseg.source.base import SourceInfo
from rtseg.source.camera import Capture
from rtseg.source.masking import masked
from rtseg.types import Frame

_INSTALL = (
    "this OpenCV was built without GStreamer (wheels from PyPI are): `sudo apt install "
    "python3-opencv`, then work in `python3 -m venv --system-site-packages` without "
    "opencv-python-headless"
)
# One picture waits at most: a live source may lose pictures, never lag.
_SINK = " ! videoconvert ! video/x-raw,format=BGR ! appsink max-buffers=1 drop=true sync=false"

# A read ends after each second, so that closing is heard; OpenCV would wait for 30 s.
_TIME_LIMITS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 10_000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 1000)

open_capture = cv2.VideoCapture
build_information = cv2.getBuildInformation


class GStreamerPipeline:
    """Live. description: as for ``gst-launch-1.0``; an appsink is added where it has none."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._closed = threading.Event()
        self._capture: Capture | None = None
        self._info: SourceInfo | None = None

    def __enter__(self) -> GStreamerPipeline:
        if not re.search(r"GStreamer:\s+YES", build_information()):
            raise SourceError(f"cannot open a GStreamer pipeline: {_INSTALL}")
        sink = "" if "appsink" in self._description else _SINK
        device = open_capture(self._description + sink, cv2.CAP_GSTREAMER, _TIME_LIMITS)
        self._capture = Capture(
            device,
            name=f"the pipeline {masked(self._description)!r}",
            ended=self._closed.is_set,
        )
        try:
            self._info = self._capture.open("try the same text with `gst-launch-1.0`")
        except SourceError:
            self._capture.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._capture is not None:
            self._capture.close()

    @property
    def info(self) -> SourceInfo:
        assert self._info is not None, "a source says nothing of itself before it is opened"
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        return ()

    def __iter__(self) -> Iterator[Frame]:
        assert self._capture is not None, "a source gives frames only while it is open"
        return iter(self._capture)

    def close(self) -> None:
        self._closed.set()
