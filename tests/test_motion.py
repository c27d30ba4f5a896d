from fractions import Fraction

import cv2
import numpy as np
import pytest

from rtseg.motion import LONGEST_LIVE_STEP, Tracker, moved, resized
from rtseg.types import Frame, Motion, Prepared


def texture(seed=0, height=96, width=128):
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def prepared(grey, index=0, *, size=(10, 10)):
    tensor = np.repeat(np.asarray(grey, np.uint8)[None, ..., None], 3, axis=3)
    return Prepared(Frame(np.zeros((*size, 3), np.uint8), index, Fraction(index), 0), tensor)


@pytest.mark.parametrize(("quality", "step"), [("fast", 2), ("fine", 1)])
def test_a_picture_that_moves_right_came_from_the_left(quality, step):
    tracker = Tracker(quality)
    assert tracker(prepared(texture())).motion is None
    motion = tracker(prepared(np.roll(texture(), 4, axis=1), 1)).motion
    inside = motion.flow[8:-8, 12:-12]
    assert np.median(inside[..., 0]) == pytest.approx(-4 / step, abs=0.2)
    assert np.median(inside[..., 1]) == pytest.approx(0, abs=0.2)
    assert motion.residual.shape == (96 // step, 128 // step)
    assert motion.residual[8:-8, 12:-12].mean() < 4


def test_without_flow_the_residual_is_the_plain_difference():
    tracker = Tracker("none")
    tracker(prepared(np.full((32, 48), 100)))
    motion = tracker(prepared(np.full((32, 48), 103), 1)).motion
    assert motion.flow is None
    np.testing.assert_array_equal(motion.residual, np.full((16, 24), 3.0))


def test_a_grid_too_small_for_flow_is_taken_to_stand_still():
    tracker = Tracker("fast")
    tracker(prepared(np.zeros((8, 12))))
    assert tracker(prepared(np.zeros((8, 12)), 1)).motion.flow is None


def test_another_scene_is_a_cut_also_between_dark_ones():
    for scale in (1.0, 0.25):
        tracker = Tracker("fast")
        one, other = texture(1) * scale, 255 * scale - texture(1) * scale
        tracker(prepared(one))
        assert tracker(prepared(np.roll(one, 1, axis=0), 1)).motion is not None
        assert tracker(prepared(np.where(other > 60 * scale, other, 0), 2)).motion is None


def test_gaps_steps_back_and_another_size_know_no_motion():
    tracker = Tracker("none")
    grey = texture()
    known = [
        tracker(prepared(grey, index, size=size)).motion is not None
        for index, size in [
            (0, (10, 10)), (1, (10, 10)), (3, (10, 10)), (4, (10, 10)),
            (4, (10, 10)), (2, (10, 10)), (3, (10, 10)), (4, (10, 12)),
        ]
    ]  # fmt: skip
    assert known == [False, True, False, True, False, False, True, False]


def test_a_live_source_may_skip_a_few_frames():
    tracker = Tracker("none", longest_step=LONGEST_LIVE_STEP)
    grey = texture()
    indices = (0, LONGEST_LIVE_STEP, 2 * LONGEST_LIVE_STEP + 1)
    known = [tracker(prepared(grey, index)).motion is not None for index in indices]
    assert known == [False, True, False]


def test_moved_planes_show_what_was_there_and_repeat_the_edge():
    plane = np.arange(12, dtype=np.float32).reshape(3, 4)
    flow = np.zeros((3, 4, 2), np.float32)
    flow[..., 0] = -1
    np.testing.assert_array_equal(moved(plane, flow), [[0, 0, 1, 2], [4, 4, 5, 6], [8, 8, 9, 10]])
    flow[..., 0], flow[..., 1] = 0.5, 1
    np.testing.assert_allclose(moved(plane, flow)[0], [4.5, 5.5, 6.5, 7])


def test_flow_on_a_finer_grid_is_longer_by_as_much():
    flow = np.full((4, 6, 2), (1.0, -2.0), np.float32)
    finer = resized(Motion(flow, np.full((4, 6), 7, np.float32)), 8, 18)
    assert finer.flow.shape == (8, 18, 2)
    np.testing.assert_allclose(finer.flow, np.full((8, 18, 2), (3.0, -4.0)))
    np.testing.assert_allclose(finer.residual, np.full((8, 18), 7.0))
