"""Which frames are chosen, against all choices there are."""

from itertools import combinations

import numpy as np
import pytest

from rtseg.calibration.choosing import Candidate, choose, farthest_first
from rtseg.calibration.look import Look


def radius(features, chosen):
    apart = np.linalg.norm(features[:, None] - features[list(chosen)][None], axis=2)
    return float(apart.min(axis=1).max())


@pytest.mark.parametrize("seed", range(6))
def test_the_radius_is_at_most_twice_the_best_of_all_choices(seed):
    features = np.random.default_rng(seed).random((11, 3)).astype(np.float32)
    best = min(radius(features, each) for each in combinations(range(11), 4))
    chosen, distances = farthest_first(features, 4, seed=seed)
    assert len(set(chosen)) == 4
    assert best - 1e-6 <= radius(features, chosen) <= 2 * best
    assert float(distances.max()) == pytest.approx(radius(features, chosen))


def test_on_a_line_the_ends_come_before_the_middle():
    features = np.array([[0], [1], [2], [3], [8]], np.float32)
    first = int(np.random.default_rng(5).integers(5))
    chosen, distances = farthest_first(features, 3, seed=5)
    by_hand = {0: [0, 4, 3], 1: [1, 4, 3], 2: [2, 4, 0], 3: [3, 4, 0], 4: [4, 0, 3]}
    assert chosen == by_hand[first]
    assert float(distances.max()) <= 2


def candidate(value, *, source=0, place=0, sharpness=1.0, fault=None):
    return Candidate(source, place, Look(np.array([value, 0], np.float32), sharpness, fault))


def test_each_cause_is_counted_and_blur_is_relative_to_its_source():
    found = [
        candidate(0.0, place=0),
        candidate(0.5, place=1),
        candidate(0.5001, place=2),
        candidate(1.0, place=3, sharpness=0.4),
        candidate(1.5, place=4, fault="black"),
        candidate(2.0, source=1, sharpness=0.1),
        candidate(2.5, source=1, place=1, fault="overexposed"),
    ]
    choice = choose(found, 10, seed=0)
    places = {(each.source, each.place) for each in choice.kept}
    assert places in ({(0, 0), (0, 1), (1, 0)}, {(0, 0), (0, 2), (1, 0)})
    assert choice.drops == {
        "black": 1, "overexposed": 1, "blurred": 1, "duplicate": 1, "spare": 0
    }  # fmt: skip
    two = choose(found, 2, seed=0)
    assert len(two.kept) == 2
    assert sum(two.drops.values()) == 5


def test_the_seed_draws_the_first_one():
    found = [candidate(value, place=value) for value in range(20)]
    choices = [[each.place for each in choose(found, 3, seed=seed).kept] for seed in range(8)]
    assert choices == [
        [each.place for each in choose(found, 3, seed=seed).kept] for seed in range(8)
    ]
    assert len({tuple(each) for each in choices}) > 1


def test_nothing_usable_is_no_error_here():
    assert choose([candidate(0, fault="black")], 3, seed=0).drops["black"] == 1
