"""Doubt of hand-made scores."""

from __future__ import annotations

import numpy as np
import pytest

from rtseg.confidence import MOST, doubt


def scores_of(*places):
    """(C, 1, places) from one tuple of scores a place."""
    return np.array(places, np.float32).T[:, None, :]


def test_the_margin_is_the_distance_of_the_best_two():
    scores = scores_of((1, 0, 0), (0.5, 0.5, 0), (0.2, 0.7, 0.1), (1 / 3, 1 / 3, 1 / 3))
    assert doubt(scores, "margin").tolist() == [[0, MOST, round(0.5 * MOST), MOST]]


def test_entropy_is_a_share_of_the_largest_there_can_be():
    scores = scores_of((1, 0, 0, 0), (0.25, 0.25, 0.25, 0.25), (0.5, 0.5, 0, 0))
    # Two equal classes of four: log 2 / log 4 is a half.
    np.testing.assert_allclose(doubt(scores, "entropy"), [[0, MOST, MOST / 2]], atol=1)


@pytest.mark.parametrize("measure", ["margin", "entropy"])
def test_many_places_are_as_numpy_computes_them(measure):
    rng = np.random.default_rng(1)
    scores = rng.dirichlet(np.full(11, 0.3), (20, 30)).transpose(2, 0, 1).astype(np.float32)
    if measure == "margin":
        ordered = np.sort(scores, axis=0)
        expected = 1 - (ordered[-1] - ordered[-2])
    else:
        expected = -(scores * np.log(np.maximum(scores, 1e-12))).sum(0) / np.log(11)
    np.testing.assert_allclose(doubt(scores, measure), expected * MOST, atol=1.5)


def test_scores_a_little_above_one_do_not_overflow():
    assert doubt(scores_of((1.001, 0.0), (1.001, 1.001)), "margin").tolist() == [[0, MOST]]
    assert doubt(scores_of((1.001, -0.001)), "entropy").tolist() == [[0]]
