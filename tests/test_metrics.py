from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtseg.labels import IGNORE
from rtseg.metrics import Confusion


def test_a_picture_of_nine_pixels_worked_by_hand() -> None:
    truth = np.array([[0, 0, 1], [0, 1, 1], [2, 2, 2]], np.uint8)
    predicted = np.array([[0, 1, 1], [0, 1, 2], [2, 2, 0]], np.uint8)
    confusion = Confusion.of(3)
    confusion.add(truth, predicted)
    assert confusion.counts.tolist() == [[2, 1, 0], [0, 2, 1], [1, 0, 2]]
    # Each class: 2 hits, 3 true, 3 predicted: 2 / (3 + 3 - 2).
    assert confusion.iou.tolist() == [0.5, 0.5, 0.5]
    assert confusion.miou == 0.5
    assert confusion.pixel_accuracy == pytest.approx(6 / 9)


def test_ignored_pixels_never_count() -> None:
    confusion = Confusion.of(2)
    confusion.add(np.array([[0, IGNORE, IGNORE]], np.uint8), np.array([[0, 1, IGNORE]], np.uint8))
    assert confusion.counts.tolist() == [[1, 0], [0, 0]]


def test_an_absent_class_has_no_iou_and_does_not_pull_the_mean_down() -> None:
    confusion = Confusion.of(3)
    confusion.add(np.array([[0, 0, 1, 1]], np.uint8), np.array([[0, 1, 1, 1]], np.uint8))
    assert confusion.iou[:2].tolist() == [1 / 2, 2 / 3]
    assert np.isnan(confusion.iou[2])
    assert confusion.miou == pytest.approx(7 / 12)


def test_a_class_that_is_only_predicted_scores_zero() -> None:
    confusion = Confusion.of(2)
    confusion.add(np.zeros((1, 2), np.uint8), np.array([[0, 1]], np.uint8))
    assert confusion.iou.tolist() == [0.5, 0.0]


def test_pictures_are_summed_before_dividing() -> None:
    confusion = Confusion.of(2)
    confusion.add(np.array([[0]], np.uint8), np.array([[0]], np.uint8))
    confusion.add(np.array([[0, 0, 0]], np.uint8), np.array([[0, 1, 1]], np.uint8))
    assert confusion.iou.tolist() == [0.5, 0.0]  # per picture it would be (1 + 1/3) / 2


def test_nothing_labelled_is_not_a_number() -> None:
    confusion = Confusion.of(2)
    confusion.add(np.full((2, 2), IGNORE, np.uint8), np.zeros((2, 2), np.uint8))
    assert np.isnan(confusion.miou)
    assert np.isnan(confusion.pixel_accuracy)


@pytest.mark.parametrize(("truth", "predicted"), [(2, 0), (0, 2), (0, IGNORE), (1, 254)])
def test_a_class_id_out_of_range_is_refused(truth: int, predicted: int) -> None:
    confusion = Confusion.of(2)
    with pytest.raises(ValueError, match=r"outside 0\.\.1"):
        confusion.add(np.array([[truth]], np.uint8), np.array([[predicted]], np.uint8))
    assert confusion.counts.sum() == 0


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"truth is \(1, 2\), predicted is \(2, 1\)"):
        Confusion.of(2).add(np.zeros((1, 2), np.uint8), np.zeros((2, 1), np.uint8))


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, 6), st.integers(1, 30))
def test_the_counts_are_those_of_a_loop(data: st.DataObject, classes: int, pixels: int) -> None:
    ids = st.integers(0, classes - 1)
    truth = data.draw(st.lists(ids | st.just(IGNORE), min_size=pixels, max_size=pixels))
    predicted = data.draw(st.lists(ids, min_size=pixels, max_size=pixels))
    confusion = Confusion.of(classes)
    confusion.add(_column(truth), _column(predicted))
    for t in range(classes):
        for p in range(classes):
            both = sum(a == t and b == p for a, b in zip(truth, predicted, strict=True))
            assert confusion.counts[t, p] == both
    labelled = [(a, b) for a, b in zip(truth, predicted, strict=True) if a != IGNORE]
    for label in range(classes):
        union = sum(label in pair for pair in labelled)
        hits = labelled.count((label, label))
        assert np.isnan(confusion.iou[label]) if not union else confusion.iou[label] == hits / union


def _column(ids: list[int]) -> NDArray[np.uint8]:
    return np.array(ids, np.uint8)[:, None]
