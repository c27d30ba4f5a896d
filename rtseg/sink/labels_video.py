"""The class ids themselves as a lossless video, for those who compute on."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from rtseg.errors import UsageError
from rtseg.sink.container import Encoding
from rtseg.sink.stream import VideoSink
from rtseg.stretch import stretched
from rtseg.types import Picture

# Slices let two threads share a frame and say where damage ends. libx264 "gray" is no choice:
# it goes through a range conversion and changes ids.
FFV1 = Encoding("ffv1", "gray", {"level": "3", "slices": "4", "color_range": "pc"})


class LabelVideo(VideoSink):
    """FFV1, one grey byte a pixel, at the frame's size: the byte is the class id, 255 is ignore.

    path: ends in .mkv, which counts time in milliseconds. fps: the source's, 0 if unknown.
    """

    wants_image = False

    def __init__(self, path: Path, *, fps: Fraction) -> None:
        super().__init__(path, fps=fps)
        if path.suffix.lower() != ".mkv":
            raise UsageError(f"cannot write labels as {path.name!r}: FFV1 video is kept in .mkv")

    def write(self, picture: Picture) -> None:
        frame = picture.segmentation.frame
        height, width = frame.size
        if self._file is None:
            self._height, self._width = height, width
            self._file = self._begin(FFV1, height=height, width=width)
        self._resized += (height, width) != (self._height, self._width)
        labels = stretched(picture.segmentation.labels, self._height, self._width)
        gray = av.VideoFrame.from_ndarray(np.ascontiguousarray(labels), format="gray")
        self._file.write(gray, frame.pts)
        self._written += 1
