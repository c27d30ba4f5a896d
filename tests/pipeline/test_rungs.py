"""From a model and a wish to the rungs of its ladder."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.errors import UsageError
from rtseg.pipeline.rungs import LadderWish, sizes_below

PACKAGE = find_package(DEFAULT_MODEL)


def words(sizes="", precision="auto", *, full=False):
    rungs = LadderWish(30, sizes).rungs(PACKAGE, precision, full=full)
    costs = [each.cost for each in rungs]
    assert costs == sorted(costs, reverse=True)
    return [str(each) for each in rungs]


def test_the_default_model_has_four_sizes():
    assert words() == ["352x480", "288x384", "224x320", "192x256"]


def test_only_the_first_rung_gives_what_is_dearer_than_a_plain_overlay():
    assert words("352x480,96x128", full=True) == ["352x480 full", "352x480", "96x128"]


def test_a_slow_precision_comes_before_the_fastest_of_the_package():
    assert words("192x256,96x128", "fp32") == ["192x256 fp32", "192x256 int8", "96x128 int8"]
    assert words("192x256,96x128", "int8") == ["192x256 int8", "96x128 int8"]


def test_sizes_are_taken_from_the_largest_to_the_smallest_and_once():
    assert words("96x128, 352x480,96x128") == ["352x480", "96x128"]


@given(st.integers(32, 2048), st.integers(32, 2048))
def test_every_rung_is_clearly_smaller_and_has_about_the_proportions(height, width):
    sizes = sizes_below(height, width)
    assert sizes[0] == (height, width)
    for (rows, columns), (fewer_rows, fewer_columns) in pairwise(sizes):
        assert 10 * fewer_rows * fewer_columns <= 7 * rows * columns
        assert fewer_rows % 32 == fewer_columns % 32 == 0
        assert fewer_rows * fewer_columns >= 0.25 * height * width
        assert abs(fewer_columns - fewer_rows * width / height) <= 32
    assert len(sizes) <= 5


@pytest.mark.parametrize("rate", [math.nan, math.inf, 0.0, -15.0])
def test_what_is_no_rate_is_refused(rate):
    with pytest.raises(UsageError, match="must be a number above 0"):
        LadderWish.asked(rate, "")


def test_without_a_target_there_is_no_ladder():
    assert LadderWish.asked(None, "") is None
    with pytest.raises(UsageError, match="give that, too"):
        LadderWish.asked(None, "96x128")


def test_what_is_no_size_is_refused():
    with pytest.raises(UsageError, match="--ladder '96' is not HxW"):
        words("352x480,96")
