from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest

from rtseg.commands.footage import chosen, how_many
from rtseg.errors import UsageError
from rtseg.source.base import SourceInfo
from rtseg.types import Frame


class Recording:
    """Ten empty frames, and how many of them were taken."""

    warnings = ()

    def __init__(self, *, live=False, declared=10):
        self.info = SourceInfo("recording", 2, 2, Fraction(30), live, frames=declared)
        self.taken = 0

    def __iter__(self):
        for index in range(10):
            self.taken += 1
            picture = np.zeros((2, 2, 3), np.uint8)
            yield Frame(picture, index, Fraction(index, 30), time.monotonic_ns())


@pytest.mark.parametrize(
    ("every", "limit", "indices"),
    [(1, None, list(range(10))), (4, None, [0, 4, 8]), (4, 2, [0, 4]), (3, 9, [0, 3, 6, 9])],
)
def test_every_nth_frame_is_taken_and_no_more_than_asked_for(every, limit, indices):
    source = Recording()
    assert [frame.index for frame in chosen(source, every=every, limit=limit)] == indices
    assert how_many(source, every=every, limit=limit) == len(indices)


def test_nothing_is_read_behind_the_last_frame():
    source = Recording()
    assert len(list(chosen(source, every=4, limit=2))) == 2
    assert source.taken == 5


def test_a_source_of_unknown_length_is_as_long_as_the_limit():
    assert how_many(Recording(declared=None), every=2) is None
    assert how_many(Recording(declared=None), every=2, limit=3) == 3


def test_a_source_without_an_end_needs_a_limit():
    with pytest.raises(UsageError, match=r"recording has no end.*--limit"):
        chosen(Recording(live=True))
    assert len(list(chosen(Recording(live=True), limit=3))) == 3
