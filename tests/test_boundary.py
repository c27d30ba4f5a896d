from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtseg.boundary import TOLERANCE, BoundaryScore
from rtseg.labels import IGNORE

Ids = NDArray[np.uint8]


def test_a_picture_is_perfect_against_itself() -> None:
    score = BoundaryScore.of(3)
    score.add(_halves(10), _halves(10))
    assert score.f_score[:2].tolist() == [1, 1]
    assert np.isnan(score.f_score[2])
    assert score.mean == 1


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (3, 1.0), (4, 0.0)])
def test_a_border_may_be_off_by_the_tolerance(shift: int, expected: float) -> None:
    # 30 x 40 has a diagonal of 50; 0.06 of it is 3 pixels.
    score = BoundaryScore.of(2, tolerance=0.06)
    score.add(_halves(10), _halves(10 + shift))
    assert score.f_score.tolist() == [expected, expected]


def test_precision_and_recall_worked_by_hand() -> None:
    # Class 1 is a square of 4 x 4 (12 border pixels, all 4-neighbours of class 0) and is found,
    # but so is another one far away: precision 1/2, recall 1.
    truth = np.zeros((30, 40), np.uint8)
    truth[5:9, 5:9] = 1
    predicted = truth.copy()
    predicted[20:24, 30:34] = 1
    score = BoundaryScore.of(2, tolerance=0.01)
    score.add(truth, predicted)
    assert score.f_score[1] == pytest.approx(2 / 3)


def test_a_border_that_nobody_predicted_scores_zero() -> None:
    score = BoundaryScore.of(2)
    score.add(_halves(10), np.zeros((30, 40), np.uint8))
    assert score.f_score.tolist() == [0, 0]


def test_only_pictures_with_a_true_border_of_the_class_count() -> None:
    score = BoundaryScore.of(2)
    score.add(_halves(10), _halves(10))
    score.add(np.zeros((30, 40), np.uint8), _halves(10))
    assert score.f_score.tolist() == [1, 1]
    assert score.pictures.tolist() == [1, 1]


def test_next_to_what_nobody_labelled_no_border_is_judged() -> None:
    truth = _halves(10)
    truth[:, 8:12] = IGNORE  # the true border is somewhere in there
    truth[20:, 30:] = 1 - truth[20:, 30:]  # and a second one far from it
    predicted = truth.copy()
    predicted[:, :8], predicted[:, 8:20] = 0, 1
    score = BoundaryScore.of(2, tolerance=0.03)
    score.add(truth, predicted)
    assert score.f_score.tolist() == [1, 1]
    stray = predicted.copy()
    stray[:, 2] = 1
    score = BoundaryScore.of(2, tolerance=0.03)
    score.add(truth, stray)
    assert 0 < score.f_score.max() < 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.11, 0.2]))
def test_the_score_is_that_of_a_loop(seed: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, (4, 5), np.uint8).repeat(2, 0).repeat(2, 1)
    predicted = np.where(rng.random(truth.shape) < 0.8, truth, 0).astype(np.uint8)
    truth[rng.random(truth.shape) < 0.03] = IGNORE
    score = BoundaryScore.of(3, tolerance=tolerance)
    score.add(truth, predicted)
    for label in range(3):
        expected = _looped(truth, predicted, label, tolerance * np.hypot(*truth.shape))
        assert score.f_score[label] == pytest.approx(expected, nan_ok=True)


def test_the_tolerance_is_that_of_the_paper() -> None:
    assert TOLERANCE == 0.0075  # 4.5 pixels on CamVid's 360 x 480


def _halves(column: int) -> Ids:
    """(30, 40): class 0 left of the column, class 1 from it on."""
    ids = np.zeros((30, 40), np.uint8)
    ids[:, column:] = 1
    return ids


def _looped(truth: Ids, predicted: Ids, label: int, reach: float) -> float:
    true, given_ = _border_pixels(truth, label), _border_pixels(predicted, label)
    ignored = list(map(tuple, np.argwhere(truth == IGNORE)))
    judged_true = [p for p in true if not _within(p, ignored, reach)]
    judged_given = [p for p in given_ if not _within(p, ignored, reach)]
    if not judged_true:
        return float("nan")
    found = sum(_within(p, given_, reach) for p in judged_true)
    right = sum(_within(p, true, reach) for p in judged_given)
    recall = found / len(judged_true)
    precision = right / len(judged_given) if judged_given else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _border_pixels(ids: Ids, label: int) -> list[tuple[int, int]]:
    height, width = ids.shape
    return [
        (y, x)
        for y, x in np.ndindex(height, width)
        if ids[y, x] == label
        and any(
            ids[b, a] not in (label, IGNORE)
            for b, a in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
            if 0 <= b < height and 0 <= a < width
        )
    ]


def _within(pixel: tuple[int, int], others: list[tuple[int, int]], reach: float) -> bool:
    return any(np.hypot(pixel[0] - y, pixel[1] - x) <= reach for y, x in others)
