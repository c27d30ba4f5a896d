from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from rtseg.errors import UsageError
from rtseg.labels import CAMVID, CITYSCAPES, IGNORE
from rtseg.pipeline.labelling import Labeller, Teacher, translated
from rtseg.types import Frame, ModelSpec, Scored

ROAD, TREE, CAR = (CAMVID.names.index(name) for name in ("road", "tree", "car"))


class Scorer:
    """Says the same of every picture, whatever is in it; notes what it was shown."""

    depth = 1

    def __init__(self, scores: np.ndarray, labels: str) -> None:
        self.spec = ModelSpec(8, 12, "rgb", (0, 0, 0), (1, 1, 1), labels)
        self.scores = scores.astype(np.float32)
        self.shown: list[np.ndarray] = []

    def submit(self, tensor: np.ndarray) -> None:
        self.shown.append(tensor)

    def collect_scored(self) -> Scored:
        return Scored(self.scores.argmax(0).astype(np.uint8), self.scores)


def everywhere(labels, **shares: float) -> np.ndarray:
    scores = np.zeros((len(labels), 4, 6))
    for name, share in shares.items():
        scores[labels.names.index(name)] = share
    return scores


def frame(height: int = 16, width: int = 24) -> Frame:
    picture = np.arange(height * width * 3, dtype=np.uint32).astype(np.uint8)
    return Frame(picture.reshape(height, width, 3), 0, Fraction(0), 0)


def test_two_teachers_are_averaged_by_their_weights() -> None:
    one = Scorer(everywhere(CAMVID, road=0.9, tree=0.1), "camvid11")
    other = Scorer(everywhere(CAMVID, road=0.0, tree=1.0), "camvid11")
    # road: (2 * 0.9 + 0) / 3 = 0.6, tree: (2 * 0.1 + 1) / 3 = 0.4
    for at_least, expected in ((0.59, ROAD), (0.61, IGNORE)):
        labeller = Labeller([Teacher(one, 2.0), Teacher(other)], "camvid11", at_least)
        labels = labeller.label(frame())
        assert labels.shape == (16, 24)
        assert set(np.unique(labels)) == {expected}


def test_a_teacher_of_another_label_set_is_translated() -> None:
    teacher = Scorer(everywhere(CITYSCAPES, car=0.3, truck=0.3, road=0.4), "cityscapes19")
    labels = Labeller([Teacher(teacher)], "camvid11", 0.55).label(frame())
    assert set(np.unique(labels)) == {CAR}  # cars and trucks together outvote the road


def test_classes_without_a_counterpart_are_left_out() -> None:
    bicyclist = everywhere(CAMVID, bicyclist=0.8, road=0.2)
    scores = translated(bicyclist.astype(np.float32), "camvid11", "cityscapes19")
    assert scores.shape == (19, 4, 6)
    assert scores.sum(0) == pytest.approx(np.full((4, 6), 0.2))


def test_a_mirrored_look_is_turned_back() -> None:
    left = everywhere(CAMVID)
    left[ROAD, :, :3], left[TREE, :, 3:] = 1.0, 1.0
    teacher = Scorer(left, "camvid11")
    once = Labeller([Teacher(teacher)], "camvid11", 0.9, mirrored=False).label(frame())
    assert set(np.unique(once[:, :8])) == {ROAD}
    assert set(np.unique(once[:, -8:])) == {TREE}
    # Mirrored, this teacher says the opposite: the mean is a half, and nobody is sure.
    twice = Labeller([Teacher(teacher)], "camvid11", 0.9).label(frame())
    assert set(np.unique(twice)) == {IGNORE}
    plain, mirrored = teacher.shown[-2:]
    assert np.array_equal(plain[:, :, ::-1], mirrored)


def test_label_sets_with_nothing_in_common_are_refused() -> None:
    teacher = Scorer(np.zeros((3, 4, 6)), "bdd_drivable3")
    with pytest.raises(UsageError, match="no class in common"):
        Labeller([Teacher(teacher)], "voc21").label(frame())
