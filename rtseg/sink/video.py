"""The rendered pictures as a video that plays everywhere."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from rtseg.errors import SinkError, UsageError
from rtseg.sink.audio import AudioTrack
from rtseg.sink.container import Encoding, VideoFile, container_of
from rtseg.sink.planes import Films, yuv420
from rtseg.sink.stream import VideoSink
from rtseg.types import Picture, Rgb
from rtseg.yuv import BT709, Matrix, matrix_for

PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)
MAX_SIDE = 16384  # libx264 accepts no more


class OverlayVideo(VideoSink):
    """H.264, 4:2:0, limited range, tagged as what it is: BT.601 below 720 lines, else BT.709.

    path: ends in .mp4, .mov or .mkv; a file there is replaced. fps: the source's, 0 if unknown:
    it only spaces the keyframes and ends the last frame; every frame keeps its own pts.
    audio_from: a file whose sound is copied as far as the video goes. crf: 0 (lossless) to 51.
    preset: one of PRESETS. A run that is killed leaves all but the last seconds playable.
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: Fraction,
        audio_from: Path | None = None,
        crf: int = 23,
        preset: str = "veryfast",
    ) -> None:
        super().__init__(path, fps=fps)
        container_of(path)
        if not 0 <= crf <= 51:
            raise UsageError(f"crf must be between 0 (lossless) and 51 (smallest), not {crf}")
        if preset not in PRESETS:
            raise UsageError(f"no preset named {preset!r}; there are: {', '.join(PRESETS)}")
        self._audio = None if audio_from is None else AudioTrack(audio_from)
        self._options = {"crf": str(crf), "preset": preset}
        self._matrix = BT709
        self._films = Films()

    @property
    def warnings(self) -> tuple[str, ...]:
        audio = () if self._audio is None else tuple(self._audio.warnings)
        return super().warnings + audio

    def write(self, picture: Picture) -> None:
        if picture.image is None and picture.film is None:
            raise ValueError("OverlayVideo needs rendered pictures: it says so in wants_image")
        if self._file is None:
            self._file = self._begin_with(*_size(picture))
        self._file.write(self._film(picture), picture.segmentation.frame.pts)
        self._written += 1

    def _film(self, picture: Picture) -> av.VideoFrame:
        planes, image = picture.film, picture.image
        if planes is not None and planes.shape[:2] == (self._height, self._width):
            film: av.VideoFrame = planes.film
            return film
        if planes is not None:
            image = planes.rgb
        assert image is not None
        return yuv420(even(self._fitted(image)), self._matrix, self._films)

    def _begin_with(self, height: int, width: int) -> VideoFile:
        self._height, self._width = height, width
        height, width = self._height + self._height % 2, self._width + self._width % 2
        if max(height, width) > MAX_SIDE:
            raise SinkError(
                f"cannot write {str(self._path)!r}: H.264 holds up to {MAX_SIDE} pixels a side, "
                f"this picture is {self._height}x{self._width}: ask for a smaller one"
            )
        if (height, width) != (self._height, self._width):
            self._warnings.append(
                f"H.264 wants even sides: the last row or column of {self._height}x{self._width} "
                f"was repeated, the video is {height}x{width}"
            )
        self._matrix = matrix_for(height)
        encoding = Encoding("libx264", "yuv420p", {**self._options, **_tags(self._matrix)})
        file = self._begin(encoding, height=height, width=width)
        if self._audio is not None:
            file.add_audio(self._audio)
        return file

    def _fitted(self, image: Rgb) -> Rgb:
        if image.shape[:2] == (self._height, self._width):
            return image
        self._resized += 1
        size = (self._width, self._height)
        return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def even(image: Rgb) -> Rgb:
    """4:2:0 shares one colour among four pixels: an odd last row or column is repeated."""
    height, width, _ = image.shape
    if height % 2 == 0 and width % 2 == 0:
        return image
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), "edge")


def _size(picture: Picture) -> tuple[int, int]:
    """(H, W) of what was rendered."""
    rendered = picture.image if picture.film is None else picture.film
    assert rendered is not None
    height, width, _ = rendered.shape
    return height, width


def _tags(matrix: Matrix) -> dict[str, str]:
    names = dict.fromkeys(("colorspace", "color_primaries", "color_trc"), matrix.name)
    return {**names, "color_range": "tv"}
