from fractions import Fraction
from itertools import islice

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.preprocess import averaged, prepare
from rtseg.source.video import VideoFile
from rtseg.types import Frame, ModelSpec
from rtseg.yuv import Planes


def spec(height, width):
    return ModelSpec(height, width, "rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "camvid11")


def frame(picture):
    return Frame(picture, 0, Fraction(0), 0)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_a_picture_of_the_right_size_is_passed_on_without_a_copy():
    picture = noise(8, 16)
    tensor = prepare(frame(picture), spec(8, 16)).tensor
    assert tensor.shape == (1, 8, 16, 3)
    assert np.shares_memory(tensor, picture)


def test_blocks_of_two_by_two_are_averaged():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:2, :2, 0] = [[10, 20], [30, 40]]
    picture[2:, 2:, 2] = 200
    expected = np.zeros((2, 2, 3), np.uint8)
    expected[0, 0, 0], expected[1, 1, 2] = 25, 200
    np.testing.assert_array_equal(averaged(picture, 2, 2), expected)


def test_less_than_twice_as_large_is_plain_bilinear():
    picture = noise(90, 120)
    tensor = prepare(frame(picture), spec(64, 96)).tensor
    expected = cv2.resize(picture, (96, 64), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(tensor[0], expected)


def test_a_thin_pole_does_not_vanish_when_a_large_picture_shrinks():
    for column in range(400, 420):
        picture = np.zeros((720, 1280, 3), np.uint8)
        picture[:, column] = 255
        tensor = prepare(frame(picture), spec(352, 480)).tensor
        assert tensor[0, 100, :, 0].sum() > 60


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 300), width=st.integers(1, 300), level=st.integers(0, 255))
def test_every_size_fits_and_a_flat_picture_stays_flat(height, width, level):
    tensor = prepare(frame(np.full((height, width, 3), level, np.uint8)), spec(32, 48)).tensor
    assert tensor.shape == (1, 32, 48, 3)
    assert tensor.dtype == np.uint8
    assert tensor.flags.c_contiguous
    assert (tensor == level).all()


@pytest.mark.parametrize("shape", [(1, 1), (4320, 8192), (641, 359)])
def test_extreme_sizes_fit_too(shape):
    assert prepare(frame(np.zeros((*shape, 3), np.uint8)), spec(352, 480)).tensor.shape == (
        1,
        352,
        480,
        3,
    )


@pytest.mark.parametrize(
    "clip",
    [
        "highway_640x360_23.976fps.mp4",
        "us123_road_1280x720_30fps_reencoded.mp4",
        "night_rural_1920x1080_mpeg4.mp4",
    ],
)
def test_the_network_sees_the_same_out_of_planes_as_out_of_rgb(shared, clip):
    """On x86, where swscale's arithmetic is the one that ``shrinking`` repeats."""
    with VideoFile(shared / "videos" / clip) as source:
        for given in islice(source, 3):
            assert isinstance(given.given, Planes)
            tensor = prepare(given, spec(352, 480)).tensor
            assert tensor.std() > 5
            expected = prepare(frame(given.picture), spec(352, 480)).tensor
            np.testing.assert_array_equal(tensor, expected)
