from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from plain_parts import ReadingEngine

from rtseg.labels import IGNORE
from rtseg.pipeline.evaluate import Evaluation, evaluate, judge
from rtseg.source.dataset import Dataset, open_dataset

ROAD, PAVEMENT, CAR = 3, 4, 8


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Three pictures of 8 x 16 whose red value is the label that the engine will read:

    a: all road, and so is its truth. b: all road, but the right half is truly pavement. c: all
    car, but only a quarter is labelled, and that is road.
    """
    pictures = {"a": ROAD, "b": ROAD, "c": CAR}
    truths = {name: np.full((8, 16), ROAD, np.uint8) for name in pictures}
    truths["b"][:, 8:] = PAVEMENT
    truths["c"][:, 4:] = IGNORE
    (tmp_path / "test").mkdir()
    (tmp_path / "testannot").mkdir()
    for name, red in pictures.items():
        cv2.imwrite(str(tmp_path / "test" / f"{name}.png"), np.full((8, 16, 3), (0, 0, red), "u1"))
        cv2.imwrite(str(tmp_path / "testannot" / f"{name}.png"), truths[name])
    return open_dataset(f"camvid:{tmp_path}", "test")


def test_the_confusion_of_three_pictures_worked_by_hand(dataset: Dataset) -> None:
    confusion = evaluate(dataset.samples, ReadingEngine())
    expected = np.zeros((11, 11), np.int64)
    expected[ROAD, ROAD] = 128 + 64
    expected[PAVEMENT, ROAD] = 64
    expected[ROAD, CAR] = 32
    assert confusion.counts.tolist() == expected.tolist()
    assert confusion.iou[ROAD] == 192 / 288
    assert confusion.iou[PAVEMENT] == 0
    assert np.isnan(confusion.iou[CAR])


def test_an_evaluation_counts_the_same_and_names_the_worst_pictures(dataset: Dataset) -> None:
    evaluation = Evaluation(11, worst=2, boundary=True)
    for judged in judge(dataset.samples, ReadingEngine()):
        evaluation.add(judged)
    assert evaluation.pictures == 3
    expected = evaluate(dataset.samples, ReadingEngine())
    assert evaluation.confusion.counts.tolist() == expected.counts.tolist()
    # Alone: a 1, b (64/128 + 0) / 2, c 0.
    found = [(each.item.sample.name, each.score) for each in evaluation.worst.kept]
    assert found == [("c", 0.0), ("b", 0.25)]
    assert evaluation.boundary is not None
    assert evaluation.boundary.pictures[[ROAD, PAVEMENT, CAR]].tolist() == [1, 1, 0]


def test_labels_are_stretched_to_the_size_of_the_truth(dataset: Dataset) -> None:
    class Halving(ReadingEngine):
        def collect(self):  # type: ignore[no-untyped-def]
            return super().collect()[::2, ::2]

    confusion = evaluate(dataset.samples, Halving())
    assert confusion.counts.sum() == 128 + 128 + 32
