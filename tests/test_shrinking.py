"""The small picture that the network gets, against swscale and cv2 one after the other."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, VideoReformatter

from rtseg.shrinking import LARGEST_FACTOR, shrink
from rtseg.yuv import BT601, BT709, Matrix, planes_of


def noise(height: int, width: int, matrix: Matrix, *, full_range: bool) -> av.VideoFrame:
    """Of all levels, also those outside the limited range and outside R G B."""
    film = av.VideoFrame(width, height, "yuvj420p" if full_range else "yuv420p")
    film.colorspace = matrix.colorspace
    if full_range:
        film.color_range = ColorRange.JPEG
    random = np.random.default_rng(height)
    for plane in film.planes:
        bytes_ = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]
        bytes_[:] = random.integers(0, 256, bytes_.size, np.uint8)
    return film


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [BT601, BT709], ids=lambda matrix: matrix.name)
@pytest.mark.parametrize(
    ("height", "width", "factor"),
    [(66, 98, 1), (66, 98, 2), (66, 98, 3), (130, 66, 6), (160, 226, LARGEST_FACTOR)],
)
def test_every_bit_is_that_of_swscale_and_then_of_cv2(
    height: int, width: int, factor: int, matrix: Matrix, full_range: bool
) -> None:
    film = noise(height, width, matrix, full_range=full_range)
    rgb = VideoReformatter().reformat(film, format="rgb24").to_ndarray()
    rows, columns = height // factor, width // factor
    whole = rgb[: rows * factor, : columns * factor]
    expected = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    found = np.zeros((rows, columns, 3), np.uint8)
    shrink(planes_of(film, matrix, lambda: rgb, full_range=full_range), factor, found)
    assert len(np.unique(found)) > 200 / factor
    np.testing.assert_array_equal(found, expected)
