from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as cityscapes
from cityscapesscripts.helpers.labels import trainId2label
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtseg.labels import CITYSCAPES, IGNORE
from rtseg.metrics import Confusion
from rtseg.models.torchvision_import import torchvision  # noqa: F401

# isort: split
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_confusion_matrix,
    multiclass_jaccard_index,
)


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


def test_a_class_that_is_only_predicted_is_absent_and_costs_the_class_that_it_took() -> None:
    confusion = Confusion.of(2)
    confusion.add(np.zeros((1, 2), np.uint8), np.array([[0, 1]], np.uint8))
    assert confusion.iou[0] == 0.5
    assert np.isnan(confusion.iou[1])
    assert confusion.miou == 0.5
    assert confusion.overlap.tolist() == [0.5, 0.0]


def test_the_other_ratios_of_a_picture_worked_by_hand() -> None:
    confusion = Confusion(np.array([[6, 2, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    assert confusion.class_accuracy[:2].tolist() == [6 / 8, 1 / 2]
    assert np.isnan(confusion.class_accuracy[2:]).all()
    assert confusion.mean_class_accuracy == pytest.approx(5 / 8)
    # IoU 6 / 9 for 8 pixels of 10, 1 / 4 for 2.
    assert confusion.frequency_weighted_iou == pytest.approx(0.8 * 6 / 9 + 0.2 / 4)
    assert confusion.pixel_accuracy == pytest.approx(0.7)


def test_pictures_are_summed_before_dividing() -> None:
    confusion = Confusion.of(2)
    confusion.add(np.array([[0]], np.uint8), np.array([[0]], np.uint8))
    confusion.add(np.array([[0, 0, 0, 1]], np.uint8), np.array([[0, 1, 1, 1]], np.uint8))
    assert confusion.iou.tolist() == [2 / 4, 1 / 3]  # per picture, class 0 had (1 + 1/3) / 2


def test_nothing_labelled_is_not_a_number() -> None:
    confusion = Confusion.of(2)
    confusion.add(np.full((2, 2), IGNORE, np.uint8), np.zeros((2, 2), np.uint8))
    assert np.isnan(confusion.miou)
    assert np.isnan(confusion.pixel_accuracy)
    assert np.isnan(confusion.mean_class_accuracy)
    assert np.isnan(confusion.frequency_weighted_iou)


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
        assert confusion.overlap[label] == pytest.approx(
            hits / union if union else np.nan, abs=0, nan_ok=True
        )
        assert np.isnan(confusion.iou[label]) == (label not in truth)


def test_the_numbers_are_those_of_torchmetrics() -> None:
    truth, predicted = _noisy_pair(classes=7)
    confusion = Confusion.of(7)
    confusion.add(truth, predicted)
    settings_ = {"num_classes": 7, "ignore_index": IGNORE}
    pair = (torch.from_numpy(predicted).long(), torch.from_numpy(truth).long())
    counts = multiclass_confusion_matrix(*pair, **settings_)
    assert confusion.counts.tolist() == counts.tolist()
    iou = multiclass_jaccard_index(*pair, average="none", **settings_)
    assert confusion.iou == pytest.approx(iou.numpy(), abs=1e-6)
    assert len(set(iou.tolist())) == 7
    weighted = multiclass_jaccard_index(*pair, average="weighted", **settings_)
    assert confusion.frequency_weighted_iou == pytest.approx(weighted.item(), abs=1e-6)
    recall = multiclass_accuracy(*pair, average="macro", **settings_)
    assert confusion.mean_class_accuracy == pytest.approx(recall.item(), abs=1e-6)


def test_the_numbers_are_those_of_the_cityscapes_scripts(tmp_path: Path) -> None:
    confusion = Confusion.of(19)
    files: dict[str, list[str]] = {"truth": [], "predicted": []}
    for seed in (1, 2):
        truth, predicted = _noisy_pair(classes=19, seed=seed)
        confusion.add(truth, predicted)
        for name, ids in (("truth", truth), ("predicted", predicted)):
            path = tmp_path / f"x_00000{seed}_000019_{name}.png"
            cv2.imwrite(str(path), _label_ids(ids))
            files[name].append(str(path))
    args = cityscapes.args
    args.quiet, args.JSONOutput, args.evalInstLevelScore = True, False, False
    scores = cityscapes.evaluateImgLists(files["predicted"], files["truth"], args)
    expected = [scores["classScores"][name] for name in CITYSCAPES.names]
    assert len(set(expected)) == 19
    assert confusion.iou.tolist() == pytest.approx(expected, abs=1e-12)
    assert confusion.miou == pytest.approx(scores["averageScoreClasses"], abs=1e-12)


def _label_ids(train_ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As the files of Cityscapes have them; what is ignored becomes "out of roi"."""
    table = np.full(256, 3, np.uint8)
    table[:19] = [trainId2label[train_id].id for train_id in range(19)]
    return np.asarray(table[train_ids], np.uint8)


def _noisy_pair(*, classes: int, seed: int = 3) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(60, 80) truth with ignored pixels, and a prediction that is right about two times in
    three.
    """
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, (60, 80), np.uint8)
    noise = rng.integers(0, classes, (60, 80), np.uint8)
    predicted = np.where(rng.random((60, 80)) < 0.65, truth, noise)
    truth[:5, ::2] = IGNORE
    return truth, predicted


def _column(ids: list[int]) -> NDArray[np.uint8]:
    return np.array(ids, np.uint8)[:, None]
