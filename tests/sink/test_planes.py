from __future__ import annotations

import numpy as np
import pytest

from rtseg.sink.planes import yuv420
from rtseg.yuv import BT601, BT709, Matrix, matrix_for

# SMPTE colour bars at 100 %, limited range, as tabled in ITU-R BT.601 and BT.709.
BARS = [
    (BT601, (255, 0, 0), (81, 90, 240)),
    (BT601, (0, 255, 0), (145, 54, 34)),
    (BT601, (0, 0, 255), (41, 240, 110)),
    (BT709, (255, 0, 0), (63, 102, 240)),
    (BT709, (0, 255, 0), (173, 42, 26)),
    (BT709, (0, 0, 255), (32, 240, 118)),
    (BT709, (0, 0, 0), (16, 128, 128)),
    (BT709, (255, 255, 255), (235, 128, 128)),
]


@pytest.mark.parametrize(("matrix", "rgb", "expected"), BARS)
def test_colour_bars_have_their_tabled_values(
    matrix: Matrix, rgb: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    frame = yuv420(np.full((2, 2, 3), rgb, np.uint8), matrix)
    assert tuple(bytes(plane)[0] for plane in frame.planes) == expected


def test_no_grey_has_a_tint() -> None:
    grays = np.repeat(np.arange(256, dtype=np.uint8), 4).reshape(2, 512, 1).repeat(3, axis=2)
    frame = yuv420(grays, BT709)
    for plane in frame.planes[1:]:
        assert set(np.frombuffer(plane, np.uint8).reshape(1, -1)[0, :256].tolist()) == {128}


def test_chroma_is_the_mean_of_its_four_pixels() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0] = 255, 0, 0
    frame = yuv420(image, BT601)
    # A quarter of pure red's distance from 128: (90 - 128) / 4 and (240 - 128) / 4.
    assert [bytes(plane)[0] for plane in frame.planes[1:]] == [119, 156]


def test_it_agrees_with_ffmpeg_on_noise() -> None:
    import av

    image = np.random.default_rng(3).integers(0, 256, (46, 78, 3), np.uint8)
    ours = yuv420(image, BT709).to_ndarray(format="yuv420p").astype(int)
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    theirs = frame.reformat(format="yuv420p", dst_colorspace="ITU709").to_ndarray()
    luma_lines = 46
    assert np.abs(ours[:luma_lines] - theirs[:luma_lines]).max() <= 1


def test_small_pictures_are_bt601_and_large_ones_bt709() -> None:
    assert [matrix_for(height) for height in (360, 718, 720, 2160)] == [BT601, BT601, BT709, BT709]
