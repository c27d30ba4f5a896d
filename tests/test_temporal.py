import numpy as np
import pytest

from rtseg.labels import IGNORE
from rtseg.temporal import Consistency, Steadiness
from rtseg.types import Motion


def still(residual):
    return Motion(None, np.array(residual, np.float32))


def rows(*lines):
    return np.array(lines, np.uint8)


def test_consistency_is_the_miou_with_the_frame_before():
    measured = Consistency.of(3)
    measured.add(rows([0, 0, 1, 1, 2]), None)
    measured.add(rows([0, 1, 1, 2, 2]), still([[0, 0, 0, 0, 0]]))
    # class 0: 1 of 2, class 1: 1 of 3, class 2: 1 of 2; two of five pixels changed
    assert measured.tc == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)
    assert measured.flicker == pytest.approx(2 / 5)


def test_pixels_that_the_flow_does_not_explain_and_unlabelled_ones_do_not_count():
    measured = Consistency.of(3)
    measured.add(rows([0, IGNORE, 1, 1, 2]), None)
    measured.add(rows([1, 0, IGNORE, 1, 1]), still([[99, 0, 0, 0, 0]]))
    assert measured.flicker == pytest.approx(1 / 2)


def test_labels_that_move_with_the_picture_do_not_flicker():
    labels = np.random.default_rng(0).integers(0, 5, (12, 16)).astype(np.uint8)
    flow = np.zeros((12, 16, 2), np.float32)
    flow[..., 0] = -3
    motion = Motion(flow, np.zeros((12, 16), np.float32))
    measured, plain = Consistency.of(5), Consistency.of(5)
    for each, step in ((measured, motion), (plain, still(np.zeros((12, 16))))):
        each.add(labels, None)
        each.add(np.roll(labels, 3, axis=1), step)
    assert (measured.tc, measured.flicker) == (1.0, 0.0)
    assert measured.confusion.counts.sum() == 12 * 13  # three columns came from outside
    assert plain.flicker > 0.5


def test_nothing_is_compared_over_a_cut():
    measured = Consistency.of(2)
    measured.add(rows([0]), None)
    measured.add(rows([1]), None)
    assert np.isnan(measured.tc)
    assert np.isnan(measured.flicker)


def test_vc_counts_what_is_right_all_along_where_the_truth_stays():
    measured = Steadiness(3)
    truths = [[0, 0, 1, 2, IGNORE], [0, 0, 1, 2, 0], [0, 0, 1, 1, 0], [0, 1, 1, 1, 0]]
    labels = [[0, 0, 1, 2, 0], [0, 1, 1, 2, 0], [0, 0, 1, 1, 0], [0, 1, 2, 1, 0]]
    for truth, found in zip(truths, labels, strict=True):
        measured.add(rows(truth), rows(found))
    # frames 0..2: the truth of pixels 0, 1, 2 stays, 0 and 2 are right: 2/3;
    # frames 1..3: it stays at 0, 2 and 4, of which 0 and 4 are right: 2/3
    assert measured.vc == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_vc_windows_do_not_reach_over_a_cut_and_labels_are_stretched():
    measured = Steadiness(2)
    measured.add(rows([0, 0]), rows([0]))
    measured.cut()
    measured.add(rows([0, 0]), rows([0]))
    assert np.isnan(measured.vc)
    measured.add(rows([0, 0]), rows([0]))
    assert measured.vc == 1.0
