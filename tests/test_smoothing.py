from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from rtseg.errors import UsageError
from rtseg.smoothing import (
    ADAPTIVE,
    LONGEST_WARP,
    LONGEST_WAY,
    WORST_RESIDUAL,
    KeyFrames,
    Smoother,
    Smoothing,
    blended,
    parse_keyframe,
)
from rtseg.types import Frame, Inferred, Motion, Scored

FRAME = Frame(np.zeros((4, 4, 3), np.uint8), 7, Fraction(0), 0)


def scored(*values):
    """One pixel with these scores."""
    scores = np.array(values, np.float32).reshape(-1, 1, 1)
    return Scored(scores.argmax(0).astype(np.uint8), scores)


def still(residual=0.0, shape=(1, 1)):
    return Motion(None, np.full(shape, residual, np.float32))


def moving(across, shape=(20, 40), residual=0.0):
    flow = np.zeros((*shape, 2), np.float32)
    flow[..., 0] = across
    return Motion(flow, np.full(shape, residual, np.float32))


@pytest.mark.parametrize("mode", ["ema", "flow"])
def test_the_past_counts_by_half_and_less_where_the_picture_changed(mode):
    # at rest: (0.9 + 0.4) / 2 = 0.65 against 0.35;
    # ten grey levels off: 0.4 + 0.5 / e * (0.9 - 0.4) = 0.492 against 0.508
    for residual, expected in ((0.0, 0), (10.0, 1)):
        smoother = Smoother(Smoothing(mode, 0.5))
        smoother(Inferred(FRAME, scored(0.9, 0.1)))
        found = smoother(Inferred(FRAME, scored(0.4, 0.6), still(residual)))
        assert found.labels.tolist() == [[expected]]
        assert not found.warped


def test_nothing_of_before_counts_where_no_motion_is_known():
    smoother = Smoother(Smoothing("flow", 0.1))
    smoother(Inferred(FRAME, scored(1.0, 0.0)))
    assert smoother(Inferred(FRAME, scored(0.4, 0.6))).labels.tolist() == [[1]]
    # and the memory starts anew: with 0.9 of the past, (1, 0) would still win here
    assert smoother(Inferred(FRAME, scored(0.45, 0.55), still())).labels.tolist() == [[1]]


def test_scores_that_came_in_are_never_written_over():
    smoother = Smoother(Smoothing("flow", 0.5))
    given_scores = [scored(0.9, 0.1), scored(0.2, 0.8), scored(0.3, 0.7)]
    copies = [each.scores.copy() for each in given_scores]
    for each in given_scores:
        smoother(Inferred(FRAME, each, still()))
    smoother(Inferred(FRAME, None, still()))
    for each, copy in zip(given_scores, copies, strict=True):
        np.testing.assert_array_equal(each.scores, copy)


def test_between_key_frames_the_labels_follow_the_flow():
    labels = np.random.default_rng(0).integers(0, 3, (20, 40)).astype(np.uint8)
    scores = np.ascontiguousarray(np.eye(3, dtype=np.float32)[labels].transpose(2, 0, 1))
    smoother = Smoother(Smoothing("off", keyframe=3))
    assert smoother(Inferred(FRAME, Scored(labels, scores))).labels is labels
    for number in (1, 2):
        found = smoother(Inferred(FRAME, None, moving(-2)))
        np.testing.assert_array_equal(found.labels[:, 2 * number :], labels[:, : -2 * number])
        assert (found.labels[:, : 2 * number] == labels[:, :1]).all()
        assert found.warped
    np.testing.assert_array_equal(scores.argmax(0), labels)


@settings(max_examples=15, deadline=None)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 30),
    reach=st.sampled_from([0.4, 3.0, 40.0]),
    seed=st.integers(0, 99),
)
def test_carrying_is_bilinear_and_repeats_the_edge(height, width, reach, seed):
    draw = np.random.default_rng(seed)
    scores = draw.random((2, height, width), np.float32)
    flow = draw.uniform(-reach, reach, (height, width, 2)).astype(np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    places = [rows + flow[..., 1], columns + flow[..., 0]]
    expected = [map_coordinates(plane, places, order=1, mode="nearest") for plane in scores]
    smoother = Smoother(Smoothing(keyframe=2))
    smoother(Inferred(FRAME, Scored(scores.argmax(0).astype(np.uint8), scores)))
    motion = Motion(flow, np.zeros((height, width), np.float32))
    found = smoother(Inferred(FRAME, None, motion)).labels
    clear = np.abs(expected[0] - expected[1]) > 1e-4
    np.testing.assert_array_equal(found[clear], np.argmax(expected, 0)[clear])


def test_a_frame_that_nobody_saw_needs_a_past():
    with pytest.raises(ValueError, match="frame 7: it must be inferred"):
        Smoother(Smoothing(keyframe=2))(Inferred(FRAME, None, still()))


@settings(max_examples=20, deadline=None)
@given(
    classes=st.integers(2, 21),
    height=st.integers(1, 9),
    width=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_blending_is_the_formula_and_the_first_of_equals_wins(classes, height, width, seed):
    draw = np.random.default_rng(seed)
    past = draw.integers(0, 4, (classes, height, width)).astype(np.float32) / 4
    scores = draw.integers(0, 4, (classes, height, width)).astype(np.float32) / 4
    keep = draw.integers(0, 3, (height, width)).astype(np.float32) / 2
    expected = scores + keep * (past - scores)
    labels = blended(past, scores, keep)
    np.testing.assert_array_equal(past, expected)
    np.testing.assert_array_equal(labels, expected.argmax(0))


def test_every_third_frame_is_a_key_frame_and_every_frame_without_motion():
    is_key = KeyFrames(Smoothing(keyframe=3))
    motions = [None, *[still()] * 6, None, *[still()] * 3]
    found = [is_key(motion) for motion in motions]
    assert found == [True, False, False, True, False, False, True, True, False, False, True]


def test_without_a_wish_every_frame_is_a_key_frame():
    is_key = KeyFrames(Smoothing("flow"))
    assert all(is_key(motion) for motion in (None, still(), still()))


def test_adaptive_key_frames_come_by_rest_by_way_and_by_residual():
    def frames_until_key(motion):
        is_key = KeyFrames(Smoothing(keyframe=ADAPTIVE))
        assert is_key(None)
        return next(number for number in range(1, 100) if is_key(motion))

    assert frames_until_key(moving(0)) == LONGEST_WARP
    assert frames_until_key(moving(40 * LONGEST_WAY * 0.6)) == 2
    assert frames_until_key(moving(40 * LONGEST_WAY * 1.1)) == 1
    assert frames_until_key(moving(0, residual=WORST_RESIDUAL * 0.4)) == 3


def test_key_frames_are_written_as_a_number_or_a_word():
    assert [parse_keyframe(text) for text in ("1", "12", "adaptive")] == [1, 12, ADAPTIVE]
    for text in ("0", "-1", "two", "1.5", "", "²"):
        with pytest.raises(UsageError, match="1, 2, 3"):
            parse_keyframe(text)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"mode": "blur"}, "there are: off, ema, flow"),
        ({"mode": "flow", "weight": 0.0}, r"must be above 0 and at most 1, not 0"),
        ({"mode": "flow", "weight": 1.5}, "not 1.5"),
        ({"mode": "ema", "keyframe": 2}, "use --smooth flow or off"),
        ({"keyframe": -3}, "not -3"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(wish, words):
    with pytest.raises(UsageError, match=words):
        Smoothing(**wish)


def test_what_was_asked_for_can_be_read():
    assert Smoothing().words == "off"
    assert Smoothing("flow", keyframe=3).words == "flow 0.5, key frames every 3"
    assert Smoothing(keyframe=ADAPTIVE).words == "off, key frames adaptive"
    assert [Smoothing().active, Smoothing("ema").active, Smoothing(keyframe=2).active] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("off", None, "1"), {"smooth": "off", "smooth_weight": None, "keyframe": 1}),
        (("flow", None, "3"), {"smooth": "flow", "smooth_weight": 0.5, "keyframe": 3}),
        (
            ("flow", 0.7, "adaptive"),
            {"smooth": "flow", "smooth_weight": 0.7, "keyframe": "adaptive"},
        ),
    ],
)
def test_what_was_asked_for_in_words_is_told_in_them(words, facts):
    assert Smoothing.asked(*words).facts == facts
