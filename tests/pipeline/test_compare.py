from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from plain_parts import SPEC, CountingSource, ReadingEngine

from rtseg.errors import UsageError
from rtseg.labels import CAMVID, CITYSCAPES, IGNORE
from rtseg.pipeline.compare import Comparison, compare


class ShiftedEngine(ReadingEngine):
    """Reads like its parent, but calls the left quarter of every picture class 0."""

    def collect(self):
        labels = super().collect()
        labels[:, : labels.shape[1] // 4] = 0
        return labels


def compared(first, second, *, frames=4):
    comparison = Comparison(11, worst=2)
    with CountingSource(frames) as source, first, second:
        for pair in compare(source, first, second):
            comparison.add(pair)
    return comparison


def test_an_engine_agrees_with_itself_in_everything() -> None:
    comparison = compared(ReadingEngine(), ReadingEngine(), frames=11)
    assert comparison.agreement == 1
    assert comparison.compared == 1
    assert comparison.confusion.overlap.tolist() == [1] * 11


def test_agreement_worked_by_hand() -> None:
    comparison = compared(ReadingEngine(), ShiftedEngine())
    # Frame 0 is all class 0 and agrees; of frames 1 to 3 a quarter differs.
    assert [each.agreement for each in comparison.frames] == [1, 0.75, 0.75, 0.75]
    assert [each.index for each in comparison.frames] == [0, 1, 2, 3]
    assert comparison.frames[3].pts == Fraction(3, 30)
    assert comparison.agreement == 13 / 16
    # Class 0: frame 0 in both, three quarters of a frame more in the second. Class 1: 3/4.
    assert comparison.confusion.overlap[:2].tolist() == [1 / 1.75, 0.75]
    assert np.isnan(comparison.confusion.overlap[4])


def test_of_one_second_only_one_frame_is_among_the_worst() -> None:
    comparison = compared(ReadingEngine(), ShiftedEngine(), frames=70)
    kept = comparison.worst.kept
    assert [each.score for each in kept] == [0.75, 0.75]
    assert abs(kept[0].at - kept[1].at) >= 1


def test_labels_of_two_sizes_meet_at_the_size_of_the_picture() -> None:
    class Halving(ReadingEngine):
        def collect(self):
            return super().collect()[::2, ::2]

    comparison = compared(ReadingEngine(), Halving())
    assert comparison.agreement == 1
    assert comparison.pixels == 4 * 24 * 32


def test_the_second_engine_is_translated_into_the_labels_of_the_first() -> None:
    class Cityscapes(ReadingEngine):
        """Road (0) left, terrain (9), for which CamVid has no word of its own, right."""

        def __init__(self):
            super().__init__()
            self.spec = replace(SPEC, labels=CITYSCAPES.name)

        def collect(self):
            labels = np.full_like(super().collect(), CITYSCAPES.names.index("train"))
            labels[:, :8] = CITYSCAPES.names.index("road")
            return labels

    class Road(ReadingEngine):
        def collect(self):
            return np.full_like(super().collect(), CAMVID.names.index("road"))

    with CountingSource(1) as source:
        (pair,) = compare(source, Road(), Cityscapes())
    assert set(pair.second[:, :8].ravel()) == {CAMVID.names.index("road")}
    comparison = Comparison(11)
    comparison.add(pair)
    unknown = pair.second[:, 8:] == IGNORE
    assert comparison.compared == 1 - unknown.mean() / 2


def test_engines_without_a_class_in_common_are_refused() -> None:
    drivable = ReadingEngine()
    drivable.spec = replace(SPEC, labels="voc21")
    other = ReadingEngine()
    other.spec = replace(SPEC, labels="bdd_drivable3")
    with (
        CountingSource(1) as source,
        pytest.raises(UsageError, match="no class in common"),
    ):
        next(compare(source, drivable, other))
